"""Notices as rows: one a person and thing, and how many somebody has not read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, bindparam, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.base import Base, BigKey, Key, Ref
from domain.prepared import Prepared

MANY = 99  # more are counted as "99+"
_UNREAD = text("read_at IS NULL")
NEARING = frozenset({"term.reminder", "term.today"})  # speak of a due day that has not come
# ask for something to be done with a task, so they are settled when it is over
SETTLED_BY_END = NEARING | {
    "term.overdue", "term.escalated", "term.supervised", "term.stopped", "term.resumed", "term.extended", "term.asked",
    "task.assigned", "task.delegated", "task.handed_back", "task.named", "task.returned", "task.resumed",
    "task.reminded", "draft.handed_over",
}  # fmt: skip


class Notification(Base):
    """One thing told to one person. key: of what happened, once a person. facts: of its sentence."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notification_account_id_id", "account_id", "id"),
        Index("ix_notification_unread", "account_id", "id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
        Index("ix_notification_task_id", "task_id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(48))
    task_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("human_task.id"))
    case_ref: Mapped[str] = mapped_column(String(26), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


def unread_of(session: Session, account_id: int) -> int:
    """How many notices somebody has not read, at most MANY + 1. Uses ix_notification_unread."""
    session.flush()
    found = _unread().first(session.connection(), {"account": account_id})
    return int(found[0]) if found is not None else 0


@cache
def _unread() -> Prepared:
    """Asked by every page, so written once: composing it costs more than sending it."""
    return Prepared(some_unread(bindparam("account")))


def some_unread(account_id: object) -> Select[int]:
    """The same as a question, to be asked along with another."""
    some = (
        select(Notification.id)
        .where(Notification.account_id == account_id, Notification.read_at.is_(None))
        .limit(MANY + 1)
    )
    return select(func.count()).select_from(some.subquery())


def settle(
    session: Session, now: datetime, tasks: Collection[int] | Select[int], kinds: Collection[str], *, but: str = ""
) -> None:
    """Note as read, for everybody, what of these kinds was told about some tasks; not what was told under a key (but).

    What somebody reads at this moment is left to them, so that nobody waits. Uses ix_notification_task_id.
    """
    wanted = (
        select(Notification.id)
        .where(Notification.task_id.in_(tasks), Notification.read_at.is_(None), Notification.kind.in_(sorted(kinds)),
               Notification.key != but)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    settled = update(Notification).where(Notification.id.in_(wanted)).values(read_at=now)
    session.execute(settled.execution_options(synchronize_session=False))
