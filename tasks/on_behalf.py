"""A step done on somebody's behalf: by the head of the office whose step it is, for a colleague who may do it.

The four-eyes rules are judged of both, the answers are cleaned as the colleague's would be, the journal names both, and
both count as having done the step from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from domain import journal
from domain.blobs import StoredBlob
from domain.cases import Case
from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound, Stale
from domain.files import StoredFile
from domain.parties import permissions
from domain.parties.accounts import Account, roles_in_force
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import form_facts, held, line, moves, pinned_forms, repair_rules, rules
from tasks.desk import desk
from tasks.pages import pages
from tasks.pages.pages import TaskPage
from tasks.rows.models import HELD, OPEN, HumanTask
from tasks.services import MoveServices
from workflows import definitions, instances
from workflows.definitions import Definition
from workflows.forms import FormSpec
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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A colleague who may do such a step. why: what speaks against it in this case, None for nothing."""

    ref: str
    name: str
    why: Text | None


@dataclass(frozen=True, slots=True)
class BehalfPage:
    """The step with its form, and for whom it may be done. refusal: why the actor cannot do it for anybody."""

    task: TaskPage
    people: Sequence[Candidate]
    refusal: Text | None


def page(work: Work, ref: str, *, english: bool) -> BehalfPage:
    """What the page shows. Raises NotFound for a task of others, NotPermitted for one that is over."""
    task, case = task_of_office(work, ref)
    definition = _definition(work, task)
    people = [_candidate(work, case, definition, task, one) for one in _who_may(work, task)]
    refusal = _refusal(work, case, definition, task, people)
    # the page of the step is drawn for the role that does it; what belongs to that role alone stays off this one
    return BehalfPage(pages.task_page(_in_the_role(work, task), ref, english=english), people, refusal)


def form_of(work: Work, ref: str) -> tuple[FormSpec, int]:
    """The form of such a task and the key of its case. Raises NotFound, NotPermitted."""
    task, _case = task_of_office(work, ref)
    return pinned_forms.form_of(work, task), task.case_id


def attach(work: Work, ref: str, blob: StoredBlob, *, name: str, media: str, field: str) -> StoredFile:
    """Hand in a file with a step done for somebody. Raises NotFound, NotPermitted, Conflict."""
    task, case = task_of_office(work, ref, lock=True)
    held.must_go_on(case)
    return desk.hand_in(work, task, blob, name=name, media=media, field=field)


def colleagues(work: Work, task: HumanTask) -> Sequence[Account]:
    """Whom it may be done for: who holds it, or everybody of the office who may; never the actor."""
    return [one for one in _who_may(work, task) if task.state not in HELD or one.id == task.assignee_id]


def _who_may(work: Work, task: HumanTask) -> Sequence[Account]:
    """Everybody else of the office who has the step's role today."""
    wanted = select(Account).where(Account.org_id == task.org_id, Account.state == "ACTIVE").order_by(Account.name)
    return [
        one
        for one in work.session.scalars(wanted)
        if one.id != work.actor.user_id and task.role in roles_in_force(work, one.id)
    ]


def _candidate(work: Work, case: Case, definition: Definition, task: HumanTask, one: Account) -> Candidate:
    if task.state in HELD and one.id != task.assignee_id:
        who = moves.name_of(work, task.assignee_id)
        why = _("%(who)s holds the task: it is done for %(who)s, or given back first.", who=who)
        return Candidate(one.ref, one.name, why)
    try:
        repair_rules.must_be_apart(work, case, definition, task.step_id, one.id)
    except HouseError as refusal:
        return Candidate(one.ref, one.name, _said(refusal))
    return Candidate(one.ref, one.name, None)


def _refusal(
    work: Work, case: Case, definition: Definition, task: HumanTask, people: Sequence[Candidate]
) -> Text | None:
    try:
        held.must_go_on(case)
        repair_rules.must_hold_nothing(work, case)
        repair_rules.must_be_apart(work, case, definition, task.step_id, work.actor.user_id)
    except HouseError as refusal:
        return _said(refusal)
    if all(one.why is not None for one in people):
        return _("There is no colleague for whom you could complete this step.")
    return None


def _said(refusal: HouseError) -> Text:
    found = refusal.args[0]
    return found if isinstance(found, Text) else _("%(why)s", why=refusal.message)


def _definition(work: Work, task: HumanTask) -> Definition:
    return definitions.by_id(work, work.session.get_one(CaseState, task.case_id).definition_id)


def _in_the_role(work: Work, task: HumanTask) -> Work:
    """The step's own role for this one act: the operations behind it ask for it."""
    return work.acting(replace(work.actor, roles=work.actor.roles | {task.role}))


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
    if task.state in HELD and task.assignee_id == work.actor.user_id:
        raise Conflict(_("You hold this task yourself; do it at your desk."))
    repair_rules.must_hold_nothing(work, case)
    person = next((one for one in colleagues(work, task) if one.ref == account), None)
    if person is None:
        raise InvalidAnswers({"account": _("Choose a colleague who may do this step.")})
    mine = _in_the_role(work, task)
    services = MoveServices(mine, case)
    instance = instances.load(mine, case, services)
    services.bind(instance)
    for one in (work.actor.user_id, person.id):
        repair_rules.must_be_apart(work, case, instance.definition, task.step_id, one)
    return _complete(mine, task, case, instance, person, answers, why)


def _complete(
    work: Work, task: HumanTask, case: Case, instance: Instance, person: Account, answers: Mapping[str, Any], why: str
) -> moves.Moved:
    form = pinned_forms.form_of(work, task, instance.definition)
    facts = form_facts.of_case(work, task.case_id, form)
    clean = form.clean(answers, now=form_facts.instant(work), files=facts)
    rules.must_own_files(work, task, form, clean)
    moves.record_answers(work, task, form, clean, person.id)
    instance.settled.add(task.token)
    with moves.Reported():
        instance.run.complete(task.token, form.routing(clean))
    body = {
        "step": task.step_id, "fields": sorted(clean), "form": task.form_digest, "for": person.ref,
        "reason": line.add_case_note(work, case, why),
    }  # fmt: skip
    journal.of_case(work, case.ref, "task.completed_for", task.ref, body)
    return moves.carry_on(work, instance, Act("completed", task.step_id, task.ref))
