"""What leaves the house is first a row, written in the transaction of the act (walls 15)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, Key, Ref, Sealed, insert_once, new_ref
from domain.work import Work


class OutboxMessage(Base):
    """One message on its way out. `key` is stable, so that a receiver can drop a repeat.

    refused_at: the receiving side will never take it; it is not tried again.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index(
            "ix_outbox_message_waiting",
            "kind",
            "address",
            sqlite_where=text("sent_at IS NULL AND refused_at IS NULL"),
            postgresql_where=text("sent_at IS NULL AND refused_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(48))
    address: Mapped[str] = mapped_column(String(160), default="")
    body: Mapped[Sealed]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    refused_at: Mapped[datetime | None]


def post(work: Work, kind: str, key: str, body: object, *, address: str = "") -> bool:
    """Write a message once. False when one with this key exists already. The body (JSON) is sealed."""
    ref = new_ref()
    sealed = work.home.vault.seal_json("outbox_message.body", ref, body)
    return insert_once(
        work.session,
        OutboxMessage,
        "key",
        ref=ref,
        key=key,
        kind=kind,
        address=address,
        body=sealed,
        created_at=work.now,
    )
