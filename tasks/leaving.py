"""What becomes of somebody's open work when their rights change: a role ends, they move, an absence is over.

Whatever they may not do any more goes back to the queue at once, with what was typed; what they delegated and are not
here to take back stays with whom it was given to, for good.
"""

from __future__ import annotations

from sqlalchemy import select

from domain import journal
from domain.cases import Case
from domain.parties import rights
from domain.parties.accounts import Account
from domain.parties.rights import Rights
from domain.work import Work
from tasks import bonds, line, moves
from tasks.models import OPEN, HumanTask

ACCOUNT, ROLE, SUBSTITUTION = "account", "role", "substitution"


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
    count = 0
    for ref in work.session.scalars(wanted.order_by(HumanTask.case_id, HumanTask.id)).all():
        task = moves.task_for_system(work, ref)
        if task is None or task.state not in OPEN or task.assignee_id != account.id:
            continue
        why = why_not_any_more(task, account, held)
        if why:
            _give_back(work, task, account, why)
            count += 1
    if account.state != "ACTIVE":
        _let_go(work, account)
    return count


def why_not_any_more(task: HumanTask, account: Account, held: Rights) -> str:
    """Why the holder of a task may not do it any more: ACCOUNT, ROLE, SUBSTITUTION, or "" when they may."""
    if account.state != "ACTIVE":
        return ACCOUNT
    if task.held_for is not None:
        lent = (one for one in held.stands_for if one.account_id == task.held_for and one.covers(task.process))
        return "" if any(task.role in one.roles for one in lent) else SUBSTITUTION
    # who was given a task by name keeps it when the towns are divided anew
    missing = bonds.potential(task, held.roles, account.org_id, held.skills, ())
    return ROLE if missing else ""


def _give_back(work: Work, task: HumanTask, account: Account, why: str) -> None:
    line.change(work, task, **line.freed(task))
    case = work.session.get_one(Case, task.case_id)
    body = {"step": task.step_id, "from": account.ref, "because": why}
    journal.of_case(work, case.ref, "task.rerouted", task.ref, body)


def _let_go(work: Work, account: Account) -> None:
    """What somebody who left had delegated belongs to whoever has it."""
    refs = select(HumanTask.ref).where(HumanTask.owner_id == account.id).order_by(HumanTask.case_id, HumanTask.id)
    for ref in work.session.scalars(refs).all():
        task = moves.task_for_system(work, ref)
        if task is not None and task.owner_id == account.id:
            line.change(work, task, owner_id=None)
