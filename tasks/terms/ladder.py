"""The ladder of responsibility: who answers for a task, from its holder up to the offices above (NM-22)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from domain.cases import Case
from domain.parties import rights
from domain.parties.accounts import Account, RoleGrant, granted
from domain.parties.organisations import Organisation
from domain.work import Work
from tasks import bonds
from tasks.line import TOWN_ROLES
from tasks.rows.models import CANDIDATE, EXCLUDED, HumanTask, TaskPerson

HEADS = ("department_head", "agency_head", "supplier_leader")
ABOVE = (*HEADS, "oversight")
LONGEST = 6  # offices above one another


def heads(work: Work, task: HumanTask, case: Case) -> list[int]:
    """Who supervises the people of a task: the heads of its office; of a town's task those of the department."""
    if task.role in TOWN_ROLES:
        return of_offices(work, [case.department_id], HEADS)
    return of_offices(work, [task.org_id], HEADS)


def above(work: Work, org_id: int, rungs: int) -> list[int]:
    """The people of the office so many rungs above this one that has anybody who answers; [] beyond the top."""
    for place in chain(work, org_id):
        people = of_offices(work, [place], ABOVE)
        if people:
            rungs -= 1
            if not rungs:
                return people
    return []


def chain(work: Work, org_id: int) -> list[int]:
    """The offices above an office, the nearest first."""
    found: list[int] = []
    here = work.session.get(Organisation, org_id)
    while here is not None and here.parent_id is not None and len(found) < LONGEST and here.parent_id not in found:
        found.append(here.parent_id)
        here = work.session.get(Organisation, here.parent_id)
    return found


def of_offices(work: Work, offices: Sequence[int], roles: Sequence[str]) -> list[int]:
    """The accounts in use of some offices that hold one of these roles today."""
    wanted = (
        select(Account.id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(Account.org_id.in_(offices), Account.state == "ACTIVE", RoleGrant.role.in_(roles), granted(work.today))
        .distinct()
        .order_by(Account.id)
    )
    return list(work.session.scalars(wanted))


def holders(work: Work, task: HumanTask) -> list[int]:
    """Who has a task in hand; where nobody has, those who may claim it."""
    if task.assignee_id is not None:
        return [task.assignee_id]
    kept = work.memory.setdefault(("ladder.office", str(task.org_id)), None) or rights.of_office(work, task.org_id)
    work.memory["ladder.office", str(task.org_id)] = kept
    may = [
        person.id
        for person, held in kept.values()
        if not bonds.potential(task, held.roles, person.org_id, held.skills, held.towns)
    ]
    if not task.people:
        return may
    rows = work.session.execute(
        select(TaskPerson.account_id, TaskPerson.kind).where(
            TaskPerson.task_id == task.id, TaskPerson.kind.in_((CANDIDATE, EXCLUDED))
        )
    ).all()
    excluded = {key for key, kind in rows if kind == EXCLUDED}
    named = {key for key, kind in rows if kind == CANDIDATE}
    return [key for key in may if key not in excluded and (not task.narrowed or key in named)]
