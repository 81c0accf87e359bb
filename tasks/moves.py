"""Every way a case moves. One transaction a move: the engine's tokens, the human tasks, the agenda and the journal
change together or not at all (engine rule 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from domain import agenda, journal, numbers
from domain.cases import CANCELLED, DONE, Case
from domain.errors import Conflict, InvalidAnswers, Stale
from domain.oversight.campaigns import ACCEPTED, catch_up
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, failures, form_facts, held, inbox_columns, incidents, life, line, pinned_forms, rules
from tasks.bonds import Bond
from tasks.rows.models import COMPLETED, HELD, OVER, READY, HumanTask
from tasks.services import MoveServices
from workflows import engine, instances
from workflows.definitions import Definition
from workflows.forms import FormSpec
from workflows.instances import Instance
from workflows.moments import MOVED, Act


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move brought: refs of tasks it opened, the next instant the case wakes by itself (aware UTC).

    broken: the task could not be completed for a technical reason and stands in error; nothing else happened.
    """

    case_ref: str
    opened: tuple[str, ...]
    next_wake: datetime | None
    completed: bool
    broken: bool = False


def start_case(
    work: Work,
    case: Case,
    definition: Definition,
    data: Mapping[str, Any],
    *,
    at: str = "",
    payload: Mapping[str, Any] | None = None,
) -> Moved:
    """Begin the process of a case whose row is written. `data` joins {"case": …} as routing variables.

    at: the start event that happened, and what it brought; "" for the plain start.

    Raises what the first operations refuse to a person (Conflict, ...); a failure is an incident of the case.
    """
    services = MoveServices(work, case, definition)
    about = {"ref": case.ref, "kind": case.kind, "programme": case.programme}
    services.begun = {**data, "case": {**about, **data.get("case", {})}}
    services.begun_at, services.begun_with = at, payload
    instance = instances.begin(work, case, definition, services.begun, services, at=at, payload=payload)
    services.run = instance.run
    journal.of_case(work, case.ref, "case.started", case.ref, {"process": case.process, "version": definition.number})
    return _carry_on(work, instance, Act("started"), services, lambda _run: None)


def case_number(work: Work, org_id: int, mark: str) -> str:
    """The next case number of an office, e.g. 平核〔2027〕0391."""
    return case_numbers(work, org_id, mark, 1)[0]


def case_numbers(work: Work, org_id: int, mark: str, count: int) -> list[str]:
    """The next so many case numbers of an office, taken together."""
    last = numbers.take(work, org_id, "case", count=count)
    return [numbers.document_number(f"{mark}核", work.today.year, value) for value in range(last - count + 1, last + 1)]


def complete_task(work: Work, ref: str, *, version: int, answers: Mapping[str, Any]) -> Moved:
    """Complete a human task and carry its case on until people or time are needed.

    version: the one the person was looking at; answers: field name -> value as the form gave it.

    Raises NotFound (no such task, or the actor may not see it), NotPermitted (role or separation of duties), Stale
    (somebody changed the task after `version`), InvalidAnswers (nothing was written), Conflict (a legal rule forbids
    it, with its clause).

    Where the step itself cannot be left for a technical reason, the task stands in error with its answers as the draft
    (`Moved.broken`). When a later step fails the act is kept and that step waits for repair (decision 0022).
    """
    task, case, state = rules.held_task(work, ref)
    bond = bonds.of(work, task, case)
    rules.must_complete(work, task, case, bond)
    held.must_go_on(case)
    must_be_held(work, task, version, bond)
    work = bonds.in_the_role(work, task, bond)
    services = MoveServices(work, case)
    instance = instances.taken(work, case, state, services)
    services.bind(instance)

    form = pinned_forms.form_of(work, task, instance.definition)
    clean = form.clean(answers, now=form_facts.instant(work), files=form_facts.of_case(work, task.case_id, form))
    rules.must_own_files(work, task, form, clean)
    routing = form.routing(clean)
    try:
        with _Reported():
            instance.run.complete(task.token, routing)
    except failures.FAILURES as problem:
        if not failures.waits_for_repair(work, problem):
            raise
        return _break(work, task, case, clean, problem)
    _record_answers(work, task, form, clean, bond.stand_in.account_id if bond.stand_in is not None else None)
    instance.settled.add(task.token)
    represented = {"for": bond.stand_in.ref} if bond.stand_in is not None else {}
    body = {"step": task.step_id, "fields": sorted(clean), "form": task.form_digest, **represented}
    journal.of_case(work, case.ref, "task.completed", task.ref, body)
    act = Act("completed", task.step_id, task.ref)
    return _carry_on(work, instance, act, services, lambda run: run.complete(task.token, routing))


def cancel_case(work: Work, case_ref: str, reason: str) -> None:
    """End a case where it stands, with a reason (LN-27). Raises NotFound, NotPermitted, Conflict."""
    case = rules.visible_case(work, case_ref)
    rules.must_cancel(work, case)
    work.session.refresh(case, with_for_update=True)  # whoever ended it meanwhile was first
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Say why the case ends here.")})
    if case.state in (DONE, CANCELLED):
        raise Conflict(_("This case is closed already."))
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    instance.run.cancel()
    instances.save(work, instance, stopped=True, act=Act("cancelled"))
    line.bring_into_line(work, instance)
    incidents.settle(work, case, instance)
    case.state, case.closed_at = CANCELLED, work.now
    body = {"reason": line.add_case_note(work, case, reason)}
    journal.of_case(work, case.ref, "case.cancelled", case.ref, body)


def task_for_system(work: Work, ref: str) -> HumanTask | None:
    """The task, locked with its case in everybody's order, for what the agenda does to it; None when there is none."""
    case_id = work.session.scalar(select(HumanTask.case_id).where(HumanTask.ref == ref))
    if case_id is None:
        return None
    work.session.scalars(select(Case).where(Case.id == case_id).with_for_update()).one()
    wanted = select(HumanTask).where(HumanTask.ref == ref).with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(wanted).first()


def must_be_held(work: Work, task: HumanTask, version: int, bond: Bond) -> None:
    """The task is open, at the version the person saw, and held by the actor. Raises Stale, Conflict."""
    must_be_free_of_others(work, task, bond)
    if task.state == READY:
        raise Conflict(_("Claim the task first."), task=task.ref)
    life.must(life.COMPLETE, task.state, bond.relations)
    if task.version != version:
        raise Stale(_("This task changed while you were looking at it. Open it again."), task=task.ref)


def must_be_free_of_others(work: Work, task: HumanTask, bond: Bond) -> None:
    """Nobody was faster: the task is not over, and no colleague holds it. Raises Stale, which says who and when."""
    if task.state == COMPLETED:
        raise Stale(
            _(
                "%(who)s completed this task at %(time)s.",
                who=name_of(work, task.completed_by),
                time=line.local_time(task.completed_at),
            ),
            task=task.ref,
        )
    if task.state in OVER:
        raise Stale(_("The case moved on; this task is not needed any more."), task=task.ref)
    if task.state in HELD and life.HOLDER not in bond.relations:
        raise Stale(
            _(
                "%(who)s took this task at %(time)s.",
                who=name_of(work, task.assignee_id),
                time=line.local_time(task.claimed_at),
            ),
            task=task.ref,
        )


def name_of(work: Work, account_id: int | None) -> str:
    """The name of a member of staff, for sentences that say who was faster."""
    found = work.session.get(Account, account_id) if account_id is not None else None
    return found.name if found is not None else "?"


def _record_answers(
    work: Work, task: HumanTask, form: FormSpec, clean: Mapping[str, Any], for_whom: int | None = None
) -> None:
    inbox_columns.keep(work, task, form, clean, whole_case=True)
    sealed = work.home.vault.seal_json("human_task.answers", task.ref, dict(clean))
    line.change(
        work,
        task,
        state=COMPLETED,
        assignee_id=None,
        held_for=None,
        owner_id=None,
        completed_by=work.actor.user_id,
        completed_at=work.now,
        done_for=for_whom,
        answers=sealed,
        draft=None,
    )


def _break(work: Work, task: HumanTask, case: Case, clean: Mapping[str, Any], problem: Exception) -> Moved:
    """Let a task stand in error with what was answered as its draft: the run in hand is thrown away."""
    row = life.must(life.BREAK, task.state, {life.SYSTEM})
    sealed = work.home.vault.seal_json("human_task.draft", task.ref, dict(clean))
    line.change(
        work, task, state=life.target(row, task.state, ""), draft=sealed, draft_at=work.now, draft_page="",
        draft_by=work.actor.user_id, draft_revision=(task.draft_revision or 0) + 1,
    )  # fmt: skip
    incidents.stand_in_error(work, case, task, problem)
    return Moved(case.ref, (), None, False, broken=True)


_CASE = select(Case).where(Case.ref == bindparam("ref")).with_for_update().execution_options(populate_existing=True)


def open_case(work: Work, case_ref: str) -> Case | None:
    case = work.session.scalars(_CASE, {"ref": case_ref}).first()
    return None if case is None or case.state in (DONE, CANCELLED) else case


def _carry_on(
    work: Work,
    instance: Instance,
    act: Act = MOVED,
    services: MoveServices | None = None,
    again: failures.Begun | None = None,
    *,
    retried: str = "",
) -> Moved:
    """Advance, save, and bring tasks, agenda and case row into line with what the process now waits for.

    With `services` and `again` a step that fails is left in error and the rest of the move is kept (`failures`).
    """
    instance, stopped, problem = failures.advance(work, instance, services, again, retried=retried)
    run, case = instance.run, instance.case
    instances.save(work, instance, act=act)
    opened = line.bring_into_line(work, instance)
    _post_thrown(work, instance)
    _not_too_late(work, instance)
    if run.completed:
        case.state, case.closed_at = DONE, work.now
        journal.of_case(work, case.ref, "case.completed", case.ref, {})
    if problem is not None:
        incidents.stand(work, case, stopped, problem)
    incidents.settle(work, case, instance, own="job" if act.verb == "job" else "")
    work.session.flush()
    return Moved(case.ref, tuple(task.ref for task in opened), run.next_wake(), run.completed)


def _post_thrown(work: Work, instance: Instance) -> None:
    for count, thrown in enumerate(instance.run.thrown()):
        key = f"message:{instance.case.ref}:{instance.state.version}:{count}"
        payload = {"kind": thrown.kind, "name": thrown.name, "payload": dict(thrown.payload)}
        payload["correlation"] = str(thrown.correlation or "")
        agenda.put(work, "message.deliver", key, work.now, subject=instance.case.ref, payload=payload)


def _not_too_late(work: Work, instance: Instance) -> None:
    """A case of a review that waits for a commission accepted already is told of it too (BX-25)."""
    case = instance.case
    if case.campaign_id is not None and any(waiting.name == ACCEPTED for waiting in instance.run.messages()):
        catch_up(work, case.campaign_id, f"{case.ref}-{instance.state.version}")


class _Reported:
    """Turns the engine's StepFailed back into the rule's own refusal, so that the person reads its sentence."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        if isinstance(problem, engine.StepFailed):
            said = failures.refusal(problem)
            if said is not problem:
                raise said from problem


# shared with what goes on by itself (`tasks.waking`) and the repairs (`tasks.repair.repairs`, `tasks.on_behalf`)
carry_on, record_answers, Reported = _carry_on, _record_answers, _Reported
