"""A step done on somebody's behalf: by the head of the office whose step it is, for a colleague who may do it.

The four-eyes rules are judged of both, the answers are cleaned as the colleague's would be, the journal names both, and
both count as having done the step from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from domain import journal
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound, Stale
from domain.parties import permissions, sessions
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work
from tasks import form_facts, held, line, moves, repair_rules, rules
from tasks.models import OPEN, RESERVED, HumanTask
from tasks.services import MoveServices
from workflows import instances
from workflows.instances import CaseState, Instance
from workflows.moments import Act


def task_of_office(work: Work, ref: str, *, lock: bool = False) -> tuple[HumanTask, Case]:
    """An open task of the actor's office in a case they may read. Raises NotFound, NotPermitted.

    Locked in everybody's order: case, state, task.
    """
    found = work.session.execute(
        select(HumanTask, Case)
        .join(Case, Case.id == HumanTask.case_id)
        .where(HumanTask.ref == ref, HumanTask.org_id == work.actor.org_id, permissions.case_scope(work.actor))
    ).first()
    if found is None:
        raise NotFound(_("There is no such task for you."))
    task, case = found
    if lock:
        work.session.refresh(case, with_for_update=True)
        work.session.scalars(select(CaseState).where(CaseState.case_id == case.id).with_for_update()).one()
        work.session.refresh(task, with_for_update=True)
    permissions.must(work.actor, "task.complete_for", permissions.OFFICE, rules.state_of(task))
    return task, case


def colleagues(work: Work, task: HumanTask) -> Sequence[Account]:
    """Whom it may be done for: who holds it, or everybody of the office who may; never the actor."""
    wanted = select(Account).where(Account.org_id == task.org_id, Account.state == "ACTIVE").order_by(Account.name)
    if task.state == RESERVED:
        wanted = wanted.where(Account.id == task.assignee_id)
    return [
        one
        for one in work.session.scalars(wanted)
        if one.id != work.actor.user_id and task.role in sessions.roles_in_force(work, one.id)
    ]


def complete_for(
    work: Work, ref: str, *, version: int, account: str, answers: Mapping[str, Any], reason: str
) -> moves.Moved:
    """Complete a task on behalf of the colleague with this account ref.

    Raises what `moves.complete_task` raises, NotPermitted when four eyes forbid it to either of the two, and
    InvalidAnswers without a reason or with somebody who may not do the step.
    """
    why = repair_rules.reason_of(reason)
    task, case = task_of_office(work, ref, lock=True)
    held.must_go_on(case)
    if task.state not in OPEN or task.version != version:
        raise Stale(_("This task changed while you were looking at it. Open it again."), task=task.ref)
    if task.state == RESERVED and task.assignee_id == work.actor.user_id:
        raise Conflict(_("You hold this task yourself; do it at your desk."))
    person = next((one for one in colleagues(work, task) if one.ref == account), None)
    if person is None:
        raise InvalidAnswers({"account": _("Choose a colleague who may do this step.")})
    # the step's own role for this one act: the operations behind it ask for it
    mine = work.acting(replace(work.actor, roles=work.actor.roles | {task.role}))
    services = MoveServices(mine, case)
    instance = instances.load(mine, case, services)
    services.bind(instance)
    for one in (work.actor.user_id, person.id):
        repair_rules.must_be_apart(work, case, instance.definition, task.step_id, one)
    return _complete(mine, task, case, instance, person, answers, why)


def _complete(
    work: Work, task: HumanTask, case: Case, instance: Instance, person: Account, answers: Mapping[str, Any], why: str
) -> moves.Moved:
    form = instance.definition.form(task.form_key)
    facts = form_facts.of_case(work, task.case_id, form)
    clean = form.clean(answers, now=form_facts.instant(work), files=facts)
    rules.must_own_files(work, task, form, clean)
    if task.state == RESERVED:
        line.change(work, task, state="READY", assignee_id=None, claimed_at=None)
    moves.record_answers(work, task, clean)
    task.done_for = person.id
    work.session.flush()
    instance.settled.add(task.token)
    with moves.Reported():
        instance.run.complete(task.token, form.routing(clean))
    body = {
        "step": task.step_id, "fields": sorted(clean), "form": task.form_digest, "for": person.ref,
        "reason": line.add_case_note(work, case, why),
    }  # fmt: skip
    journal.of_case(work, case.ref, "task.completed_for", task.ref, body)
    return moves.carry_on(work, instance, Act("completed", task.step_id, task.ref))
