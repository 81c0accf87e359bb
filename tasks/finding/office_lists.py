"""What the head of an office sees: the open tasks of its people, and how much each of them has in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, union_all

from domain.cases import Case
from domain.parties import permissions, rights
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.parties.roles import ROLES
from domain.work import Work
from tasks.finding import branches, filters, queues
from tasks.finding.branches import IS_OPEN, Where
from tasks.finding.filters import Filter
from tasks.finding.paging import Page
from tasks.finding.queues import DEEPEST, MOST_COUNTED, PAGE, TaskRow
from tasks.line import TOWN_ROLES
from tasks.rows.models import IN_PROGRESS, OPEN, SUSPENDED, WORKABLE, HumanTask


@dataclass(frozen=True, slots=True)
class Load:
    """Open tasks in somebody's hands. working: those begun; aside: put off."""

    ref: str
    name: str
    open: int
    working: int
    overdue: int
    aside: int


def supervised(work: Work, asked: Filter, *, size: int = PAGE) -> Page[TaskRow]:
    """Open tasks of the people whose head the actor is, most pressing first, counted up to 1,000.

    Read branch by branch from ix_human_task_inbox, or from ix_human_task_assignee of one person. Raises NotPermitted.
    """
    permissions.must(work.actor, "task.supervise", permissions.OFFICE)
    asked = asked.checked()
    ways, narrowed = _ways(work, asked), filters.narrowed(work, asked)
    number = min(asked.page, DEEPEST)
    wanted = branches.fronts(ways, narrowed, number * size).limit(size).offset((number - 1) * size)
    keys = list(work.session.scalars(wanted))
    leading = filters.leading(work, asked)
    found = branches.some(ways, narrowed, MOST_COUNTED + 1, leading).limit(MOST_COUNTED + 1).subquery()
    total = work.session.scalar(select(func.count()).select_from(found)) or 0
    return Page(queues.task_rows(work, keys), min(total, MOST_COUNTED), number, size, total > MOST_COUNTED, DEEPEST)


def _ways(work: Work, asked: Filter) -> list[Where]:
    """The branches of `rules.supervised`, one an office, role and state."""
    actor = work.actor
    if asked.holder:
        held = select(Account.id).where(Account.ref == asked.holder, Account.org_id == actor.org_id).scalar_subquery()
        return [(IS_OPEN, HumanTask.assignee_id == held, HumanTask.org_id == actor.org_id)]
    states = (asked.state,) if asked.state else {"free": ("READY",)}.get(asked.owner, WORKABLE)
    roles = sorted(one.id for one in ROLES.values() if actor.org_kind in one.kinds)
    found = [_way(HumanTask.org_id == actor.org_id, role, state) for role in roles for state in states]
    if actor.org_kind == "department":
        towns = select(Organisation.id).where(Organisation.parent_id == actor.org_id, Organisation.kind == "town_post")
        of_cases = Case.department_id == actor.org_id
        for town in work.session.scalars(towns):
            at = HumanTask.org_id == town
            found += [(*_way(at, role, state), of_cases) for role in TOWN_ROLES for state in states]
    return found


def _way(office: ColumnElement[bool], role: str, state: str) -> Where:
    return (IS_OPEN, office, HumanTask.role == role, HumanTask.state == state)


def steps(work: Work) -> Sequence[tuple[str, str, str]]:
    """Steps at which open tasks of the office stand: id and both names. Two SELECTs, one of ix_human_task_inbox."""
    ways = [
        branches.narrow(select(HumanTask.step_id, func.max(HumanTask.id).label("newest")), where).group_by(
            HumanTask.step_id
        )
        for where in _ways(work, Filter())
    ]
    newest: dict[str, int] = {row[0]: row[1] for row in work.session.execute(union_all(*ways))}
    named = select(HumanTask.step_id, HumanTask.name, HumanTask.name_en).where(HumanTask.id.in_(newest.values()))
    return sorted((step, name, name_en) for step, name, name_en in work.session.execute(named))


def loads(work: Work, office: int | None = None) -> Sequence[Load]:
    """Everybody of an office (default: the actor's own), who has most first. Three SELECTs.

    Uses ix_human_task_assignee.
    """
    people = rights.of_office(work, office or work.actor.org_id or 0)
    now = filters.edges(work).now
    rows = work.session.execute(
        select(
            HumanTask.assignee_id,
            func.count(),
            func.count().filter(HumanTask.state == IN_PROGRESS),
            func.count().filter(HumanTask.due_at < now),
            func.count().filter(HumanTask.state == SUSPENDED),
        )
        .where(HumanTask.assignee_id.in_(list(people)), HumanTask.state.in_(OPEN))
        .group_by(HumanTask.assignee_id)
    )
    held = {key: tuple(counts) for key, *counts in rows}
    found = [Load(one.ref, one.name, *held.get(key, (0, 0, 0, 0))) for key, (one, _rights) in people.items()]
    return sorted(found, key=lambda one: (-one.open, one.name))
