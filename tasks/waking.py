"""How a case goes on without a person's step: time came, a message, the result of a slow operation, a repair.

Each is a move like any other (`tasks.moves`): one transaction, and what it began is kept when a later step fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import update

from domain import journal
from domain.work import Work
from tasks import failures, held, line, moves
from tasks.moves import Moved
from tasks.rows.models import EXITED, READY, HumanTask
from tasks.services import MoveServices
from workflows import engine, instances, registry
from workflows.instances import Instance
from workflows.moments import Act


def job_of(services: MoveServices, instance: Instance, token: str) -> tuple[engine.Job, registry.Call] | None:
    """The slow operation that a step waits for, with what it is called with; None when it waits no longer."""
    job = next((one for one in instance.run.jobs() if one.token == token), None)
    if job is None:
        return None
    return job, services.call_of(instance.definition.diagram.steps[job.step_id], dict(job.inputs), token)


def finish_job(work: Work, case_ref: str, token: str, result: Any) -> Moved | None:
    """Record what a slow operation brought and carry the case on. None when the step no longer waits for it."""
    case = moves.open_case(work, case_ref)
    if case is None:
        return None
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    asked = job_of(services, instance, token)
    if asked is None:
        return None
    job, call = asked
    outcome = registry.get(job.topic).run.record(call, result)
    with moves.Reported():
        instance.run.finish_job(token, outcome)
    journal.of_case(work, case.ref, "job.finished", case.ref, {"step": job.step_id, "operation": job.topic})
    return moves.carry_on(work, instance, Act("job", job.step_id), services, lambda run: run.finish_job(token, outcome))


def retry_step(work: Work, case_ref: str, token: str) -> Moved | None:
    """Try a step in error again. None when the case is over or the step is not in error any more.

    Raises StepFailed, BudgetExceeded, DataTooLarge when it fails again.
    """
    case = moves.open_case(work, case_ref)
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
    return moves.carry_on(work, instance, Act("retried", step), services, lambda run: run.retry(token), retried=token)


def set_right(work: Work, case_ref: str) -> bool:
    """Write anew what a case waits for, from its own state: rows that were lost are there again, tasks included.

    False when it waits for nothing even so. Raises what a step that can go on fails with.
    """
    case = moves.open_case(work, case_ref)
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
    moved = moves.carry_on(work, instance, Act("set_right"), services)
    run = instance.run
    return bool(moved.completed or run.human_steps() or instances.standing(run).waits)


def wake_case(work: Work, case_ref: str) -> Moved | None:
    """Fire the timers of a case that are due now. None when the case is over."""
    case = moves.open_case(work, case_ref)
    if case is None or held.keep(work, case, "case.wake", {}):
        return None
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    return _wake(work, instance, services)


def _wake(work: Work, instance: Instance, services: MoveServices, until: datetime | None = None) -> Moved:
    """Fire what is due, now or until an earlier instant, and carry on."""
    with moves.Reported():
        instance.run.wake(until)
    woken = instance.run.woken()
    happened = sorted({one.step_id for one in woken if one.happened})
    if woken:
        journal.of_case(work, instance.case.ref, "timer.fired" if happened else "timer.passed_over",
                        instance.case.ref, line.of_timers(work, woken))  # fmt: skip
    act = Act("timer", happened[0] if len(happened) == 1 else "")
    return moves.carry_on(work, instance, act, services, lambda run: _again(run, until))


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
    case = moves.open_case(work, case_ref)
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
    with moves.Reported():
        taken = instance.run.deliver(name, payload, correlation)
    if not taken:
        return False
    journal.of_case(work, case.ref, "message.delivered", case.ref, {"message": name})
    again: failures.Begun = lambda run: _deliver(run, name, payload, correlation)  # noqa: E731  a name for its type
    moves.carry_on(work, instance, Act("message"), services, again)
    return True


def _deliver(run: engine.Run, name: str, payload: Mapping[str, Any], correlation: str) -> None:
    run.deliver(name, payload, correlation)
