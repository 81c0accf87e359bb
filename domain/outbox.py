"""What leaves the house is first a row, written in the transaction of the act (walls 15).

A message that was tried as often as its transport tries, or that the receiver will never take, is a dead letter: it
stays, is shown, and goes out again only when somebody says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from domain import agenda, journal
from domain.base import Base, Key, Ref, Sealed, insert_once, new_ref
from domain.errors import Conflict, NotFound
from domain.parties import permissions
from domain.text import gettext as _
from domain.work import Work

ERROR_MOST = 64


class OutboxMessage(Base):
    """One message on its way out. `key` is stable, so that a receiver can drop a repeat.

    refused_at: the receiving side will never take it; it is not tried again. dead_at: nobody tries it any more.
    last_error: a code, never a sentence with names. package_digest: hash of the bytes that were sent last.
    receipt: the receiver's signed word that exactly those came.
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
        Index(
            "ix_outbox_message_dead",
            "dead_at",
            "id",
            sqlite_where=text("dead_at IS NOT NULL"),
            postgresql_where=text("dead_at IS NOT NULL"),
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
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(ERROR_MOST), default="", server_default=text("''"))
    package_digest: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    receipt: Mapped[bytes | None]

    @property
    def open(self) -> bool:
        """Whether somebody still tries to bring it out."""
        return self.sent_at is None and self.refused_at is None and self.dead_at is None


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


def by_key(work: Work, key: str) -> OutboxMessage | None:
    """Uses uq_outbox_message_key."""
    return work.session.scalars(select(OutboxMessage).where(OutboxMessage.key == key)).first()


def by_ref(work: Work, ref: str, *, lock: bool = False) -> OutboxMessage | None:
    """Uses uq_outbox_message_ref."""
    wanted = select(OutboxMessage).where(OutboxMessage.ref == ref)
    return work.session.scalars(wanted.with_for_update() if lock else wanted).first()


def body_of(work: Work, row: OutboxMessage) -> object:
    """What it says (S3). Raises Unreadable."""
    return work.home.vault.open_json("outbox_message.body", row.ref, row.body)


def died(work: Work, row: OutboxMessage, code: str, *, refused: bool = False) -> None:
    """Give a message up; refused: the receiver will never take it."""
    row.dead_at, row.last_error = work.now, code[:ERROR_MOST]
    if refused:
        row.refused_at = work.now
    journal.record(work, "outbox.died", row.ref, {"kind": row.kind, "code": row.last_error}, stream=("home", "home"))


def dead(work: Work, *, most: int) -> Sequence[OutboxMessage]:
    """Dead letters, the newest first. Uses ix_outbox_message_dead. Raises NotPermitted."""
    permissions.must(work.actor, "exchange.read")
    wanted = select(OutboxMessage).where(OutboxMessage.dead_at.is_not(None))
    return work.session.scalars(
        wanted.order_by(OutboxMessage.dead_at.desc(), OutboxMessage.id.desc()).limit(most)
    ).all()


def revive(work: Work, ref: str, duty: str) -> None:
    """Bring a dead letter out again, as often as a new one. duty: the kind of the agenda that carries it out.

    Raises NotPermitted, NotFound, Conflict for a message that is not dead.
    """
    permissions.must(work.actor, "exchange.retry")
    row = by_ref(work, ref, lock=True)
    if row is None:
        raise NotFound(_("There is no such message."))
    if row.dead_at is None:
        raise Conflict(_("This message is not given up; it was sent or is still tried."))
    row.dead_at, row.refused_at, row.last_error, row.attempts = None, None, "", 0
    work.session.flush()
    agenda.put_again(work, duty, f"{duty}:{ref}", work.now, subject=ref)
    journal.record(work, "outbox.revived", ref, {"kind": row.kind})
