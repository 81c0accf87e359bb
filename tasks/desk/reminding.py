"""Reminding whoever holds a task, or those who may take it: once a task and day, however often somebody presses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from domain.cases import Case
from domain.errors import Conflict, NotPermitted
from domain.parties import rights
from domain.parties.accounts import Account
from domain.parties.rights import Rights
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, held, life
from tasks.bonds import Bond
from tasks.rows.models import CANDIDATE, EXCLUDED, READY, HumanTask, TaskPerson
from tasks.rows.notice_rows import Notification
from tasks.rules import held_task
from tasks.terms import notifications

KIND = "task.reminded"
People = Mapping[int, tuple[Account, Rights]]


def remind(work: Work, ref: str) -> int:
    """Tell the holder, or those who may take it. Returns how many people. The head's.

    Raises NotFound, NotPermitted, Conflict where nobody is there or they were reminded today.
    """
    task, case, _state = held_task(work, ref)
    told = may_remind(work, task, case, bonds.of(work, task, case), rights.of_office(work, task.org_id))
    return notifications.notify(work, told, KIND, key=key_of(work, task), task=task, case_ref=case.ref)


def may_remind(
    work: Work, task: HumanTask, case: Case, bond: Bond, people: People, told: frozenset[str] | None = None
) -> Sequence[int]:
    """Whom to tell. people: of the task's office; told: keys told today, None to ask. NotPermitted, Conflict."""
    held.must_go_on(case)
    if life.SUPERVISOR not in bond.relations:
        raise NotPermitted(_("Reminding somebody is for the head of the office."), task=task.ref)
    whom = [one for one in _whom(work, task, people) if one != work.actor.user_id]
    if not whom:
        raise Conflict(_("There is nobody to remind."), task=task.ref)
    known = told_today(work, [task]) if told is None else told
    if key_of(work, task) in known:
        raise Conflict(_("They were reminded today already."), task=task.ref)
    return whom


def told_today(work: Work, tasks: Sequence[HumanTask]) -> frozenset[str]:
    """Keys of today's reminders of these tasks. Uses ix_notification_task_id."""
    wanted = select(Notification.key).where(
        Notification.task_id.in_([one.id for one in tasks]), Notification.kind == KIND
    )
    return frozenset(work.session.scalars(wanted)) & {key_of(work, one) for one in tasks}


def key_of(work: Work, task: HumanTask) -> str:
    """Once a task and day."""
    return f"reminded:{task.ref}:{work.today.isoformat()}"


def _whom(work: Work, task: HumanTask, people: People) -> list[int]:
    if task.assignee_id is not None:
        return [task.assignee_id] if task.state != READY else []
    if task.state != READY:
        return []
    named = _named(work, task) if task.people else {}
    found = []
    for key, (person, held_by) in people.items():
        kinds = named.get(key, frozenset())
        if bonds.potential(task, held_by.roles, person.org_id, held_by.skills, held_by.towns) or EXCLUDED in kinds:
            continue
        if not task.narrowed or CANDIDATE in kinds:
            found.append(key)
    return found


def _named(work: Work, task: HumanTask) -> Mapping[int, frozenset[str]]:
    known: Mapping[int, frozenset[str]] | None = work.memory.get(bonds.foreseen(task))
    if known is not None:
        return known
    found: dict[int, set[str]] = {}
    wanted = select(TaskPerson.account_id, TaskPerson.kind).where(TaskPerson.task_id == task.id)
    for account_id, kind in work.session.execute(wanted):
        found.setdefault(account_id, set()).add(kind)
    return {account_id: frozenset(kinds) for account_id, kinds in found.items()}
