"""The agenda: rows for everything that is due at an instant. APScheduler only knocks; these rows are the truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, Key, insert_once
from domain.work import Work


class AgendaItem(Base):
    """One thing to do at `due_at` (legal time). `key` makes it exist once. Leases are in machine time."""

    __tablename__ = "agenda_item"
    __table_args__ = (
        # what was given up stands in an index of its own, so that it costs those nothing who look for what is due
        Index(
            "ix_agenda_item_due",
            "due_at",
            "id",
            sqlite_where=text("done_at IS NULL AND parked IS 0"),
            postgresql_where=text("done_at IS NULL AND parked IS false"),
        ),
        Index(
            "ix_agenda_item_parked",
            "due_at",
            "id",
            sqlite_where=text("done_at IS NULL AND parked IS 1"),
            postgresql_where=text("done_at IS NULL AND parked IS true"),
        ),
        Index("ix_agenda_item_subject", "subject"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(48))
    key: Mapped[str] = mapped_column(String(160), unique=True)
    subject: Mapped[str] = mapped_column(String(64), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    # machine time from here on
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(500), default="")
    parked: Mapped[bool] = mapped_column(default=False)
    # grows with every claim: whoever holds an older number has lost the item and may record nothing
    fence: Mapped[int] = mapped_column(default=0, server_default=text("0"))


def put(
    work: Work,
    kind: str,
    key: str,
    due_at: datetime,
    *,
    subject: str = "",
    payload: Mapping[str, Any] | None = None,
) -> bool:
    """Plan something once. False when an item with this key was planned before (done or not): it stays as it is."""
    return insert_once(
        work.session,
        AgendaItem,
        "key",
        kind=kind,
        key=key,
        due_at=due_at,
        subject=subject,
        payload=dict(payload or {}),
    )


def put_again(work: Work, kind: str, key: str, due_at: datetime, *, subject: str = "") -> None:
    """Plan something, or open it again when an item with this key is done: for what is still waited for."""
    if put(work, kind, key, due_at, subject=subject):
        return
    work.session.execute(
        update(AgendaItem)
        .where(AgendaItem.key == key)
        .values(
            due_at=due_at, done_at=None, claimed_by=None, claimed_until=None, attempts=0, parked=False, subject=subject
        )
    )


def drop(work: Work, key: str) -> None:
    """Forget a planned item that is not done; one that a worker carries out at this moment is left to it."""
    free = select(AgendaItem.id).where(AgendaItem.key == key, AgendaItem.done_at.is_(None))
    for found in work.session.scalars(free.with_for_update(skip_locked=True)).all():
        work.session.execute(delete(AgendaItem).where(AgendaItem.id == found))


def drop_subject(work: Work, kind: str, subject: str) -> None:
    """Forget the open items of one kind about one subject. Uses ix_agenda_item_subject."""
    work.session.execute(
        delete(AgendaItem).where(AgendaItem.subject == subject, AgendaItem.kind == kind, AgendaItem.done_at.is_(None))
    )
