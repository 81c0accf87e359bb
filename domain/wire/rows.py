"""The tables of the exchange: services, devices, and what came from them (LN-31, BX-31)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Label, Ref, Sealed

HTTP, FILE = "HTTP", "FILE"
WAITING, DONE = "WAITING", "DONE"


class Peer(Base):
    """Another service. home_ref: its own reference. address: where it takes packages, "" for one that takes files.

    org_id: the unit with a system of its own that it serves, where it is one of ours (BX-02).
    """

    __tablename__ = "peer"
    __table_args__ = (
        CheckConstraint("channel IN ('HTTP','FILE')", name="channel"),
        CheckConstraint("(channel = 'HTTP') = (address <> '')", name="address"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    home_ref: Mapped[str] = mapped_column(String(26), unique=True)
    name: Mapped[Label]
    channel: Mapped[str] = mapped_column(String(4))
    address: Mapped[str] = mapped_column(String(200), default="")
    suite: Mapped[str] = mapped_column(String(32))
    org_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"), unique=True)
    added_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    added_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]


class Device(Base):
    """A device that signs and reads packages: of another service, or (peer_id null) of ours with its sealed keys.

    office: code of the office that answers for it, as its certificate says. Registered by one person, approved by
    another; withdrawn by one, at once.
    """

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("(peer_id IS NULL) = (secret IS NOT NULL)", name="ours_has_keys"),
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approved"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="second_person"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (reason = '')",
            name="withdrawn",
        ),
        Index("ix_device_peer", "peer_id", "id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    peer_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("peer.id"))
    office: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    certificate: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes | None] = mapped_column(info={"grade": "S3"})
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    proposed_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    approved_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None]
    reason: Mapped[Label] = mapped_column(default="")

    def in_force(self, at: datetime) -> bool:
        """Approved, not withdrawn, and within its certificate's time."""
        return self.approved_at is not None and self.withdrawn_at is None and self.valid_from <= at < self.valid_until


class InboxMessage(Base):
    """A package that was taken in; package_ref is the sender's and names it once (walls 15).

    digest: hash of the bytes that came, by the suite. content: keyed hash of what they say, by which the same package
    is known when it comes again in other bytes.
    """

    __tablename__ = "inbox_message"
    __table_args__ = (
        UniqueConstraint("peer_id", "package_ref"),
        CheckConstraint("state IN ('WAITING','DONE')", name="state"),
        CheckConstraint("(state = 'DONE') = (handled_at IS NOT NULL)", name="handled"),
        CheckConstraint("channel IN ('HTTP','FILE')", name="channel"),
        Index(
            "ix_inbox_message_waiting",
            "kind",
            "id",
            sqlite_where=text("state = 'WAITING'"),
            postgresql_where=text("state = 'WAITING'"),
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    peer_id: Mapped[int] = mapped_column(BigKey, ForeignKey("peer.id"))
    device_id: Mapped[int] = mapped_column(BigKey, ForeignKey("device.id"))
    package_ref: Mapped[str] = mapped_column(String(26))
    answers: Mapped[str] = mapped_column(String(26), default="")
    kind: Mapped[str] = mapped_column(String(48))
    suite: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(4))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64))
    body: Mapped[Sealed]
    made_at: Mapped[datetime]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))
    handled_at: Mapped[datetime | None]
