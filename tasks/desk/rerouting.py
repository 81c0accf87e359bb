"""What becomes of somebody's open work when their rights change: a role ends, they move, an absence is over.

Whatever they may not do any more goes back to the queue at once, with what was typed; what they delegated and are not
here to take back stays with whom it was given to, for good.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from domain import agenda, journal
from domain.cases import Case
from domain.parties import kin, rights
from domain.parties.accounts import ACTIVE, DISABLED, LOCKED, RIGHTS_CHANGED, Account, RoleGrant, granted
from domain.parties.rights import Rights
from domain.parties.substitutes import Substitution, in_force
from domain.work import Work
from tasks import assigning, bonds, line, moves
from tasks.rows.models import OPEN, READY, RESERVED, HumanTask
from workflows import definitions
from workflows.instances import CaseState

RIGHTS_OF_THE_DAY = "rights.day"
ACCOUNT, ROLE, SUBSTITUTION, KIN = "account", "role", "substitution", "kin"


def reroute(work: Work, account_ref: str) -> int:
    """Give back what somebody holds and may not do any more; the agenda's. Returns how many tasks.

    Uses ix_human_task_assignee, ix_human_task_owner.
    """
    account = work.session.scalars(select(Account).where(Account.ref == account_ref)).first()
    if account is None:
        return 0
    held = rights.of_account(work, account.id)
    wanted = select(HumanTask.ref).where(HumanTask.assignee_id == account.id, HumanTask.state.in_(OPEN))
    # in the order of the cases, as everybody locks them
    count, near = 0, _too_near(work, account)
    for ref in work.session.scalars(wanted.order_by(HumanTask.case_id, HumanTask.id)).all():
        task = moves.task_for_system(work, ref)
        if task is None or task.state not in OPEN or task.assignee_id != account.id:
            continue
        why = KIN if task.ref in near else why_not_any_more(task, account, held)
        if why:
            _give_back(work, task, account, why)
            count += 1
    if account.state == DISABLED:
        _let_go(work, account)
    return count


def whose_rights_ended(work: Work) -> list[str]:
    """At the change of the office day: refs of everybody who holds work and has no right to it any more.

    Found from the rows alone, so that nothing is missed when the house stood still on the day it ended.
    Uses ix_human_task_assignee, uq_role_grant_account_id_role, ix_substitution_substitute_id.
    """
    holder = aliased(Account)
    lent = exists().where(
        Substitution.substitute_id == HumanTask.assignee_id, Substitution.absent_id == HumanTask.held_for,
        in_force(work.today),
    )  # fmt: skip
    own = exists().where(
        RoleGrant.account_id == HumanTask.assignee_id, RoleGrant.role == HumanTask.role, granted(work.today)
    )
    over = or_(
        and_(HumanTask.held_for.is_not(None), ~lent), and_(HumanTask.held_for.is_(None), ~own),
        holder.state.not_in((ACTIVE, LOCKED)), holder.org_id != HumanTask.org_id,
    )  # fmt: skip
    found = (
        select(holder.ref)
        .join(HumanTask, HumanTask.assignee_id == holder.id)
        .where(HumanTask.assignee_id.is_not(None), HumanTask.state.in_(OPEN), over)
        .distinct()
    )
    return sorted(work.session.scalars(found))


def plan_ended(work: Work, refs: Sequence[str]) -> None:
    """Let the work of each of these people be looked at, once a day and each in a transaction of its own."""
    for ref in refs:
        agenda.put(work, RIGHTS_CHANGED, f"rights:{ref}:{work.today.isoformat()}", work.now, subject=ref)


def why_not_any_more(task: HumanTask, account: Account, held: Rights) -> str:
    """Why the holder of a task may not do it any more: ACCOUNT, ROLE, SUBSTITUTION, or "" when they may."""
    if account.state not in (ACTIVE, LOCKED):
        return ACCOUNT
    if task.held_for is not None:
        lent = (one for one in held.stands_for if one.account_id == task.held_for and one.covers(task.process))
        return "" if any(task.role in one.roles for one in lent) else SUBSTITUTION
    # who was given a task by name keeps it when the towns are divided anew
    missing = bonds.potential(task, held.roles, account.org_id, held.skills, ())
    return ROLE if missing else ""


def _too_near(work: Work, account: Account) -> frozenset[str]:
    """Refs of what they hold in cases of their own household or of a near relative's."""
    near = kin.near(account.id, Case.household_id)
    wanted = (
        select(HumanTask.ref)
        .join(Case, Case.id == HumanTask.case_id)
        .where(HumanTask.assignee_id == account.id, HumanTask.state.in_(OPEN), Case.household_id.is_not(None), near)
    )
    return frozenset(work.session.scalars(wanted))


def _give_back(work: Work, task: HumanTask, account: Account, why: str) -> None:
    """To the queue, and from there to whom the drawing sends it by itself."""
    case = work.session.get_one(Case, task.case_id)
    line.change(work, task, **line.freed(task))
    body = {"step": task.step_id, "from": account.ref, "because": why}
    journal.of_case(work, case.ref, "task.rerouted", task.ref, body)
    if task.state != READY:
        return
    state = work.session.get_one(CaseState, task.case_id)
    steps = definitions.by_id(work, state.definition_id).diagram.steps
    anew = assigning.anew(work, case, steps, task, account.id)
    if anew is None:
        return
    found, told = anew
    if found.account_id is not None:
        line.change(work, task, state=RESERVED, assignee_id=found.account_id, claimed_at=work.now)
    assigning.journal_all(work, case.ref, [(task.ref, told)])


def _let_go(work: Work, account: Account) -> None:
    """What somebody who left had delegated belongs to whoever has it."""
    refs = select(HumanTask.ref).where(HumanTask.owner_id == account.id).order_by(HumanTask.case_id, HumanTask.id)
    for ref in work.session.scalars(refs).all():
        task = moves.task_for_system(work, ref)
        if task is not None and task.owner_id == account.id:
            line.change(work, task, owner_id=None)
