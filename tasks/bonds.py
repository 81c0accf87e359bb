"""What binds a person to a task: they hold it, may claim it, delegated it, supervise it, follow it, or none of these.

Somebody who stands in for an absent colleague has that colleague's bonds besides their own, from the first to the last
day; what they then do counts as done by both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from domain.cases import Case
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.work import Actor, StandIn, Work
from tasks import life
from tasks.assigning import potential as potential
from tasks.line import TOWN_ROLES
from tasks.rows.models import CANDIDATE, EXCLUDED, STAKEHOLDER, HumanTask, TaskPerson

# roles whose people supervise tasks
HEADS = permissions.roles_of("task.supervise")


@dataclass(frozen=True, slots=True)
class Bond:
    """relations: of `tasks.life`. stand_in: whom the actor represents by holding or claiming it; None for oneself.

    excluded: named as one who may never do it. missing: what keeps somebody of the role and office from claiming it:
    "skill", "town", "candidate", or "".
    """

    relations: frozenset[str]
    stand_in: StandIn | None = None
    excluded: bool = False
    missing: str = ""


def of(work: Work, task: HumanTask, case: Case) -> Bond:
    """What binds the actor to a task. One SELECT where people are named on it, else none."""
    actor = work.actor
    if actor.user_id is None:
        return Bond(frozenset({life.SYSTEM}))
    named = _named(work, task, actor) if task.people else {}
    found: set[str] = set()
    stand_in = _holding(task, actor, found)
    missing = ""
    if life.HOLDER not in found:
        stand_in, missing = _claiming(task, actor, named, found)
    if task.owner_id == actor.user_id:
        found.add(life.OWNER)
    if supervises(actor, task, case):
        found.add(life.SUPERVISOR)
    mine = named.get(actor.user_id, frozenset())
    if STAKEHOLDER in mine:
        found.add(life.STAKEHOLDER)
    excluded = EXCLUDED in mine or (stand_in is not None and EXCLUDED in named.get(stand_in.account_id, frozenset()))
    return Bond(frozenset(found), stand_in, excluded, missing)


def foreseen(task: HumanTask) -> tuple[str, ...]:
    """Where a work that looks at many tasks has put by who is named on this one."""
    return ("named", task.ref)


def represented(task: HumanTask, bond: Bond, actor: Actor) -> list[int | None]:
    """Everybody the separation rules are judged of when the actor works on a task."""
    return [actor.user_id, bond.stand_in.account_id if bond.stand_in is not None else None, task.held_for]


def in_the_role(work: Work, task: HumanTask, bond: Bond) -> Work:
    """The work with the role of the one represented, for this one act: the operations behind it ask for it."""
    if bond.stand_in is None or work.actor.has(task.role):
        return work
    return work.acting(replace(work.actor, roles=work.actor.roles | {task.role}))


def supervises(actor: Actor, task: HumanTask, case: Case) -> bool:
    """The head of the office whose people do it; a town's tasks are supervised by the department of the case."""
    if not permissions.may(actor, "task.supervise", permissions.OFFICE):
        return False
    if task.org_id == actor.org_id:
        return True
    return task.role in TOWN_ROLES and case.department_id == actor.org_id and actor.org_kind == "department"


def candidates(work: Work, task: HumanTask) -> list[str]:
    """Names of those who were named for a task. Uses uq_task_person_task_id_account_id_kind."""
    wanted = (
        select(Account.name)
        .join(TaskPerson, TaskPerson.account_id == Account.id)
        .where(TaskPerson.task_id == task.id, TaskPerson.kind == CANDIDATE)
        .order_by(Account.name)
    )
    return list(work.session.scalars(wanted))


def _holding(task: HumanTask, actor: Actor, found: set[str]) -> StandIn | None:
    """Whether the actor holds it, and for whom. Who holds it for somebody whose absence is over holds it no more."""
    if task.assignee_id is None:
        return None
    by_account = {one.account_id: one for one in actor.stands_for if one.covers(task.process)}
    if task.assignee_id == actor.user_id:
        if task.held_for is None:
            found.add(life.HOLDER)
            return None
        stand_in = by_account.get(task.held_for)
        if stand_in is not None:
            found.add(life.HOLDER)
        return stand_in
    stand_in = by_account.get(task.assignee_id)
    if stand_in is not None:
        found.add(life.HOLDER)
    return stand_in


def _claiming(
    task: HumanTask, actor: Actor, named: dict[int, frozenset[str]], found: set[str]
) -> tuple[StandIn | None, str]:
    """Whether the actor may claim it, for whom, and what is missing."""
    missing = potential(task, actor.roles, actor.org_id, actor.skills, actor.towns)
    if not missing and task.narrowed and CANDIDATE not in named.get(actor.user_id or 0, frozenset()):
        missing = "candidate"
    if not missing:
        found.add(life.QUEUE)
        return None, ""
    for one in actor.stands_for:
        # what somebody was trained for, and the towns they know, are not lent with their work
        open_to = not potential(task, one.roles, one.org_id, actor.skills | {""}, ()) and one.covers(task.process)
        if open_to and (not task.narrowed or CANDIDATE in named.get(one.account_id, frozenset())):
            found.add(life.QUEUE)
            return one, ""
    return None, missing if missing in ("skill", "town", "candidate") else ""


def _named(work: Work, task: HumanTask, actor: Actor) -> dict[int, frozenset[str]]:
    """Kinds by account, of the actor and of those represented. Uses uq_task_person_task_id_account_id_kind."""
    known: dict[int, frozenset[str]] | None = work.memory.get(foreseen(task))
    if known is not None:
        return known
    asked = [actor.user_id, *(one.account_id for one in actor.stands_for)]
    found: dict[int, set[str]] = {}
    rows = work.session.execute(
        select(TaskPerson.account_id, TaskPerson.kind).where(
            TaskPerson.task_id == task.id, TaskPerson.account_id.in_(asked)
        )
    )
    for account_id, kind in rows:
        found.setdefault(account_id, set()).add(kind)
    return {account_id: frozenset(kinds) for account_id, kinds in found.items()}
