"""What a person is told: a row a person and key, so that nobody is told twice however often it is said.

A row holds references, codes and numbers; names and sentences are put together when it is read, by whoever may still
see what it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.base import new_ref
from domain.errors import NotFound, OperationFailed
from domain.parties.accounts import Account
from domain.parties.reach import NoticeChoice
from domain.text import gettext as _
from domain.work import Work
from tasks.rows import notice_rows
from tasks.rows.models import HumanTask
from tasks.rows.notice_rows import Notification, unread_of
from tasks.terms import mails
from tasks.terms.notice_kinds import KINDS, MAIL, NONE, PAGE, Kind

ACTIVE = "ACTIVE"
KEPT, SWEPT = timedelta(days=180), 1_000  # how long what was read is kept; how much goes at a time
# what a fact may look like: a reference, a code, a day, a number; never a name
FACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:+/@-]{0,63}|")


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
    wishes = _wishes(work, people, known, kind)
    reached = [person for person in _living(work, people) if wishes.get(person, known.channel) != NONE]
    common = {"key": key, "kind": kind, "task_id": task.id if task is not None else None, "case_ref": case_ref,
              "facts": dict(facts), "made_at": work.now, "read_at": None}  # fmt: skip
    new = _write(work, [{"ref": new_ref(), "account_id": person, **common} for person in reached])
    if new and task is not None and known.replaces:
        notice_rows.settle(work.session, work.now, [task.id], known.replaces, but=key)
    mails.announce(work, {ref: person for person, ref in new if wishes.get(person, known.channel) == MAIL})
    return len(new)


def _wishes(work: Work, people: Iterable[int], known: Kind, kind: str) -> dict[int, str]:
    """Where people chose to be told of this kind; what nobody may switch off is told all the same.

    Uses uq_notice_choice_account_id_kind.
    """
    rows = work.session.execute(
        select(NoticeChoice.account_id, NoticeChoice.channel).where(
            NoticeChoice.account_id.in_(sorted(people)), NoticeChoice.kind == kind
        )
    )
    return {person: PAGE if known.mandatory and channel == NONE else channel for person, channel in rows}


def _living(work: Work, people: Iterable[int]) -> list[int]:
    """Those of these accounts that are in use; in the order of their keys, so that two tellers never wait in a ring."""
    wanted = select(Account.id).where(Account.id.in_(sorted(people)), Account.state == ACTIVE).order_by(Account.id)
    return list(work.session.scalars(wanted))


def _write(work: Work, rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """The accounts to whom it was new, with the ref of their row. Uses uq_notification_account_id_key."""
    if not rows:
        return []
    work.session.flush()
    made = (postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert)(Notification)
    new = made.values(rows).on_conflict_do_nothing(index_elements=["account_id", "key"]).returning(
        Notification.account_id, Notification.ref
    )  # fmt: skip
    return [(person, ref) for person, ref in work.session.execute(new)]


def unread(work: Work) -> int:
    """How many notices the actor has not read, at most MANY + 1."""
    return unread_of(work.session, work.actor.user_id) if work.actor.user_id is not None else 0


def own(work: Work, ref: str) -> Notification:
    """A notice of the actor's. Raises NotFound."""
    found = work.session.scalars(
        select(Notification).where(Notification.ref == ref, Notification.account_id == work.actor.person())
    ).first()
    if found is None:
        raise NotFound(_("There is no such notice."))
    return found


def read(work: Work, ref: str) -> Notification:
    """Note that the actor has read a notice of theirs. Raises NotFound."""
    found = own(work, ref)
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


def sweep(work: Work) -> int:
    """Forget what was read long ago, a part at a time. Returns how many rows. Uses pk_notification."""
    old = select(Notification.id).where(Notification.read_at < work.now - KEPT).order_by(Notification.id).limit(SWEPT)
    keys = list(work.session.scalars(old))
    if keys:
        work.session.execute(delete(Notification).where(Notification.id.in_(keys)))
    return len(keys)
