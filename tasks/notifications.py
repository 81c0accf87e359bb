"""What a person is told: a row a person and key, so that nobody is told twice however often it is said.

A row holds references, codes and numbers; names and sentences are put together when it is read, by whoever may still
see what it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, new_ref
from domain.errors import NotFound, OperationFailed
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work
from tasks.models import HumanTask
from tasks.notice_kinds import KINDS

ACTIVE = "ACTIVE"
MANY = 99  # more are counted as "99+"
# what a fact may look like: a reference, a code, a day, a number; never a name
FACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:+/@-]{0,63}|")
_UNREAD = text("read_at IS NULL")


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


def notify(
    work: Work,
    account_ids: Iterable[int],
    kind: str,
    *,
    key: str,
    task: HumanTask | None = None,
    case_ref: str = "",
    **facts: str | int,
) -> int:
    """Tell people something; returns to how many it is new. Told before under this key, a person is not told again.

    key: of what happened (`f"delegated:{task.ref}:{task.version}"`). facts: places of the kind's sentence; `by` (a
    person's account ref) is the acting person unless given. Whoever acts is not told of their own act.
    Raises OperationFailed for an unknown kind or a fact that is no reference, code or number.
    """
    known = KINDS.get(kind)
    bad = [name for name, value in facts.items() if not isinstance(value, int) and not FACT.fullmatch(value)]
    if known is None or bad:
        raise OperationFailed(_("Nothing can be told this way."), kind=kind, facts=",".join(bad))
    people = set(account_ids) - ({work.actor.user_id} if known.of_others else set())
    if work.actor.user_id is not None:
        facts.setdefault("by", work.actor.ref)
    reached = _living(work, people)
    common = {"key": key, "kind": kind, "task_id": task.id if task is not None else None, "case_ref": case_ref,
              "facts": dict(facts), "made_at": work.now, "read_at": None}  # fmt: skip
    return len(_write(work, [{"ref": new_ref(), "account_id": person, **common} for person in reached]))


def _living(work: Work, people: Iterable[int]) -> list[int]:
    """Those of these accounts that are in use; in the order of their keys, so that two tellers never wait in a ring."""
    wanted = select(Account.id).where(Account.id.in_(sorted(people)), Account.state == ACTIVE).order_by(Account.id)
    return list(work.session.scalars(wanted))


def _write(work: Work, rows: list[dict[str, Any]]) -> list[int]:
    """The accounts to whom it was new. Uses uq_notification_account_id_key."""
    if not rows:
        return []
    work.session.flush()
    made = (postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert)(Notification)
    new = made.values(rows).on_conflict_do_nothing(index_elements=["account_id", "key"]).returning(
        Notification.account_id
    )  # fmt: skip
    return list(work.session.scalars(new))


def unread(work: Work) -> int:
    """How many notices the actor has not read, at most MANY + 1. Uses ix_notification_unread."""
    if work.actor.user_id is None:
        return 0
    some = (
        select(Notification.id)
        .where(Notification.account_id == work.actor.user_id, Notification.read_at.is_(None))
        .limit(MANY + 1)
    )
    return work.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def read(work: Work, ref: str) -> Notification:
    """Note that the actor has read a notice of theirs. Raises NotFound."""
    found = work.session.scalars(
        select(Notification).where(Notification.ref == ref, Notification.account_id == work.actor.person())
    ).first()
    if found is None:
        raise NotFound(_("There is no such notice."))
    if found.read_at is None:
        found.read_at = work.now
    return found


def read_all(work: Work) -> int:
    """Note that the actor has read everything they were told. Uses ix_notification_unread."""
    done = work.session.execute(
        update(Notification)
        .where(Notification.account_id == work.actor.person(), Notification.read_at.is_(None))
        .values(read_at=work.now)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
