"""Every way a case moves. One transaction a move: the engine's tokens, the human tasks, the agenda and the journal
change together or not at all (engine rule 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from domain import agenda, journal, numbers
from domain.cases import CANCELLED, DONE, Case
from domain.errors import Conflict, InvalidAnswers, Stale
from domain.oversight.campaigns import ACCEPTED, catch_up
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, failures, form_facts, held, inbox_columns, incidents, life, line, pinned_forms, rules
from tasks.bonds import Bond
from tasks.rows.models import COMPLETED, EXITED, HELD, OVER, READY, HumanTask
from tasks.services import MoveServices
from workflows import engine, instances, registry
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

    Args:
        work: who acts, when, in which transaction.
        ref: public reference of the task.
        version: the version the person was looking at.
        answers: field name -> value as the form gave it.

    Raises:
        NotFound: no such task, or the actor may not see it. NotPermitted: role or separation of duties.
        Stale: somebody changed the task after `version`. InvalidAnswers: nothing was written.
        Conflict: a legal rule forbids it (with its clause).

    Where the step itself cannot be left for a technical reason, the task stands in error with its answers as the draft
    (`Moved.broken`). When a later step fails the act is kept and that step waits for repair (decision 0022).
    """
    task, case, state = rules.held_task(work, ref)
    bond = bonds.of(work, task, case)
    rules.must_complete(work, task, case, bond)
    held.must_go_on(case)
    must_be_held(work, task, version, bond)
    for_whom = bond.stand_in.account_id if bond.stand_in is not None else None
    work = bonds.in_the_role(work, task, bond)
    services = MoveServices(work, case)
    instance = instances.taken(work, case, state, services)
    services.bind(instance)

    form = pinned_forms.form_of(work, task, instance.definition)
    facts = form_facts.of_case(work, task.case_id, form)
    clean = form.clean(answers, now=form_facts.instant(work), files=facts)
    rules.must_own_files(work, task, form, clean)
    routing = form.routing(clean)
    try:
        with _Reported():
            instance.run.complete(task.token, routing)
    except failures.FAILURES as problem:
        if not failures.waits_for_repair(work, problem):
            raise
        return _break(work, task, case, clean, problem)
    _record_answers(work, task, form, clean, for_whom)
    instance.settled.add(task.token)
    body = {"step": task.step_id, "fields": sorted(clean), "form": task.form_digest}
    if bond.stand_in is not None:
        body["for"] = bond.stand_in.ref
    journal.of_case(work, case.ref, "task.completed", task.ref, body)
    act = Act("completed", task.step_id, task.ref)
    return _carry_on(work, instance, act, services, lambda run: run.complete(task.token, routing))


def finish_job(work: Work, case_ref: str, token: str, result: Any) -> Moved | None:
    """Record what a slow operation brought and carry the case on. None when the step no longer waits for it."""
    case = _open_case(work, case_ref)
    if case is None:
        return None
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    job = next((j for j in instance.run.jobs() if j.token == token), None)
    if job is None:
        return None
    call = services.call_of(instance.definition.diagram.steps[job.step_id], dict(job.inputs), token)
    outcome = registry.get(job.topic).run.record(call, result)
    with _Reported():
        instance.run.finish_job(token, outcome)
    journal.of_case(work, case.ref, "job.finished", case.ref, {"step": job.step_id, "operation": job.topic})
    return _carry_on(work, instance, Act("job", job.step_id), services, lambda run: run.finish_job(token, outcome))


def retry_step(work: Work, case_ref: str, token: str) -> Moved | None:
    """Try a step in error again. None when the case is over or the step is not in error any more.

    Raises StepFailed, BudgetExceeded, DataTooLarge when it fails again.
    """
    case = _open_case(work, case_ref)
    if case is None or held.keep(work, case, "step.retry", {"token": token}):
        return None
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    step = dict(instance.run.failed()).get(token)
    if step is None:
        return None
    instance.run.retry(token)
    journal.of_case(work, case.ref, "step.retried", case.ref, {"step": step})
    return _carry_on(work, instance, Act("retried", step), services, lambda run: run.retry(token), retried=token)


def set_right(work: Work, case_ref: str) -> bool:
    """Write anew what a case waits for, from its own state: rows that were lost are there again, tasks included.

    False when it waits for nothing even so. Raises what a step that can go on fails with.
    """
    case = _open_case(work, case_ref)
    if case is None or case.suspended_at is not None:
        return True
    services = MoveServices(work, case)
    instance = replace(instances.load(work, case, services), before=None)
    services.bind(instance)
    waiting = sorted(step.token for step in instance.run.human_steps())
    work.session.execute(
        update(HumanTask)
        .where(HumanTask.case_id == case.id, HumanTask.token.in_(waiting), HumanTask.state == EXITED)
        .values(state=READY, assignee_id=None, version=HumanTask.version + 1)
    )
    moved = _carry_on(work, instance, Act("set_right"), services)
    run = instance.run
    return bool(moved.completed or run.human_steps() or instances.standing(run).waits)


def wake_case(work: Work, case_ref: str) -> Moved | None:
    """Fire the timers of a case that are due now. None when the case is over."""
    case = _open_case(work, case_ref)
    if case is None or held.keep(work, case, "case.wake", {}):
        return None
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    return _wake(work, instance, services)


def _wake(work: Work, instance: Instance, services: MoveServices, until: datetime | None = None) -> Moved:
    """Fire what is due, now or until an earlier instant, and carry on."""
    with _Reported():
        instance.run.wake(until)
    woken = instance.run.woken()
    happened = sorted({one.step_id for one in woken if one.happened})
    if woken:
        journal.of_case(work, instance.case.ref, "timer.fired" if happened else "timer.passed_over",
                        instance.case.ref, line.of_timers(work, woken))  # fmt: skip
    act = Act("timer", happened[0] if len(happened) == 1 else "")
    return _carry_on(work, instance, act, services, lambda run: _again(run, until))


def _again(run: engine.Run, until: datetime | None) -> None:
    run.wake(until)


def deliver_message(
    work: Work,
    case_ref: str,
    name: str,
    correlation: str,
    payload: Mapping[str, Any],
    *,
    sent_at: datetime | None = None,
) -> bool:
    """Hand a message to a case. False when it does not wait for it (any more).

    sent_at: its instant (default: now). A timer of the case that was due until then comes first, also when nobody
    carried it out in time: what waits for whichever comes first goes by the instants, not by who was late.
    """
    case = _open_case(work, case_ref)
    if case is None:
        return False
    sent = (sent_at or work.now).isoformat()
    message = {"name": name, "correlation": correlation, "payload": dict(payload), "sent_at": sent}
    if held.keep(work, case, "case.deliver", message):
        return True
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    until = sent_at or work.now
    awaited = any(one.name == name for one in instance.run.messages())
    if awaited and any(timer.due_at <= until for timer in instance.run.timers()):
        _wake(work, instance, services, until)
        services = MoveServices(work, case)
        instance = instances.load(work, case, services)
        services.bind(instance)
    with _Reported():
        taken = instance.run.deliver(name, payload, correlation)
    if not taken:
        return False
    journal.of_case(work, case.ref, "message.delivered", case.ref, {"message": name})
    again: failures.Begun = lambda run: _deliver(run, name, payload, correlation)  # noqa: E731  a name for its type
    _carry_on(work, instance, Act("message"), services, again)
    return True


def _deliver(run: engine.Run, name: str, payload: Mapping[str, Any], correlation: str) -> None:
    run.deliver(name, payload, correlation)


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


def _open_case(work: Work, case_ref: str) -> Case | None:
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


# what the verbs of repair share with a move (`tasks.repair.repairs`, `tasks.on_behalf`)
carry_on, record_answers, Reported = _carry_on, _record_answers, _Reported
