"""Work begun, interrupted, put off, taken up again, skipped or given up; and how pressing it is.

Legal terms run on while a task is put off: the page says so, and a date before which it must be done is the latest day
it can be put off to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from domain import agenda, journal
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, held, incidents, life, line, moves, repair_rules, rules, separation
from tasks.bonds import Bond
from tasks.rows.models import READY, SUSPENDED, HumanTask
from tasks.services import MoveServices
from workflows import failed_steps, instances, surgery
from workflows.instances import CaseState, Instance
from workflows.moments import Act
from workflows.steps import StepSpec

LONGEST = timedelta(days=366)
# what a step must say so that people may skip it; giving up needs an error event drawn on it
SKIPPABLE = "skippable"
RESUME_DUTY = "task.resume"


def start(work: Work, ref: str) -> HumanTask:
    """Begin the work on a task; claims it where nobody holds it. Raises NotFound, NotPermitted, Conflict, Stale."""
    task, case, bond, _state = _opened(work, ref)
    row = life.must(life.START, task.state, bond.relations)
    values: dict[str, Any] = {"state": life.target(row, task.state, ""), "started_at": work.now}
    if task.assignee_id is None:
        rules.must_claim(work, task, case, bond)
        values |= rules.holding(work, bond)
    line.change(work, task, **values)
    _journal(work, task, case, "task.started")
    return task


def stop(work: Work, ref: str) -> HumanTask:
    """Interrupt the work; the task stays with whoever holds it. Raises NotFound, NotPermitted, Conflict."""
    task, case, bond, _state = _opened(work, ref)
    row = life.must(life.STOP, task.state, bond.relations)
    line.change(work, task, state=life.target(row, task.state, ""), started_at=None)
    _journal(work, task, case, "task.stopped")
    return task


def suspend(work: Work, ref: str, until: datetime | None, reason: str) -> HumanTask:
    """Put a task off until an instant, when it comes back by itself.

    Raises NotFound, NotPermitted, Conflict, InvalidAnswers for a day that has passed or lies after the due day.
    """
    why = repair_rules.reason_of(reason)
    task, case, bond, _state = _opened(work, ref)
    state, until = may_suspend(work, task, bond, until)
    line.change(work, task, state=state, prior_state=task.state, suspended_until=until)
    plan_resume(work, task, until)
    _journal(work, task, case, "task.suspended", until=until.isoformat(), reason=line.add_case_note(work, case, why))
    return task


def day_of(work: Work, ref: str, until: datetime | None) -> datetime:
    """The instant until which a task may be put off, before anything is written.

    Raises NotFound, NotPermitted, Conflict, InvalidAnswers as `suspend` does.
    """
    task, _case, bond, _state = _opened(work, ref)
    return may_suspend(work, task, bond, until)[1]


def may_suspend(work: Work, task: HumanTask, bond: Bond, until: datetime | None) -> tuple[str, datetime]:
    """The state of a task put off, and until when. Raises NotPermitted, Conflict, InvalidAnswers."""
    row = life.must(life.SUSPEND, task.state, bond.relations)
    fault = _wrong_day(work, task, until)
    if fault is not None or until is None:
        raise InvalidAnswers({"until": fault})
    return life.target(row, task.state, ""), until


def plan_resume(work: Work, task: HumanTask, until: datetime) -> None:
    """Let a task that was put off come back by itself."""
    agenda.put(work, RESUME_DUTY, f"resume:{task.ref}:{task.version}", until, subject=task.ref)


def resume(work: Work, ref: str) -> HumanTask:
    """Take a task up again before its day. Raises NotFound, NotPermitted, Conflict."""
    task, case, bond, _state = _opened(work, ref)
    _resume(work, task, case, life.must(life.RESUME, task.state, bond.relations))
    return task


def resume_due(work: Work, ref: str) -> bool:
    """The agenda's: a task whose day has come. False when it was taken up before, put off again, or is over."""
    task = moves.task_for_system(work, ref)
    if task is None or task.state != SUSPENDED or task.suspended_until is None or task.suspended_until > work.now:
        return False
    case = work.session.get_one(Case, task.case_id)
    _resume(work, task, case, life.must(life.RESUME, task.state, {life.SYSTEM}))
    return True


def mend(work: Work, ref: str) -> HumanTask:
    """What kept a task in error is gone: whoever held it may complete it again. Raises NotFound, NotPermitted."""
    task, case, bond, _state = _opened(work, ref)
    life.must(life.MEND, task.state, bond.relations)
    incidents.mended(work, case, task)
    return task


def set_priority(work: Work, ref: str, priority: int) -> HumanTask:
    """How pressing it is, 0 (first) to 10 (last). Raises NotFound, NotPermitted, InvalidAnswers."""
    if not 0 <= priority <= 10:
        raise InvalidAnswers({"priority": _("A priority lies between 0 (first) and 10 (last).")})
    task, case, bond, _state = _opened(work, ref)
    life.must(life.PRIORITY, task.state, bond.relations)
    was = task.priority
    line.change(work, task, priority=priority)
    _journal(work, task, case, "task.priority_set", was=was, priority=priority)
    return task


def skip(work: Work, ref: str, reason: str) -> moves.Moved:
    """Let the case go on without a step that the drawing lets people skip. Who skips it stands for it.

    Raises NotFound, NotPermitted, Conflict where the drawing says nothing of skipping, InvalidAnswers without a reason.
    """
    why = repair_rules.reason_of(reason)
    task, case, bond, state = _opened(work, ref)
    row = life.must(life.SKIP, task.state, bond.relations)
    instance, services = _loaded(work, case, state)
    step = instance.definition.diagram.steps[task.step_id]
    said = may_skip(step)
    if said is not None:
        raise Conflict(said, task=ref)
    _must_be_apart(work, task, case, instance, bond)
    _settle(work, task, instance, state=life.target(row, task.state, ""))
    with moves.Reported():
        surgery.skip(instance.run, task.token)
    _journal(work, task, case, "task.skipped", reason=line.add_case_note(work, case, why))
    return moves.carry_on(work, instance, Act("skipped", task.step_id, task.ref), services)


def fail(work: Work, ref: str, reason: str, *, code: str = "") -> moves.Moved:
    """Give a step up: the drawing's error event on it says what follows. Who gives it up stands for it.

    code: which error, where the drawing knows several. Raises NotFound, NotPermitted, Conflict where nothing is drawn.
    """
    why = repair_rules.reason_of(reason)
    task, case, bond, state = _opened(work, ref)
    row = life.must(life.FAIL, task.state, bond.relations)
    instance, services = _loaded(work, case, state)
    catchers = failed_steps.catchers(instance.run, task.token)
    if not catchers:
        raise Conflict(nothing_drawn(), task=ref)
    if code and all(one.code not in (code, "") for one in catchers):
        raise Conflict(_("Nothing in the drawing catches the error %(code)s here.", code=code), task=ref)
    _must_be_apart(work, task, case, instance, bond)
    _settle(work, task, instance, state=life.target(row, task.state, ""))
    with moves.Reported():
        failed_steps.give_up(instance.run, task.token, code or catchers[0].code)
    _journal(work, task, case, "task.failed", code=code or catchers[0].code,
             reason=line.add_case_note(work, case, why))  # fmt: skip
    return moves.carry_on(work, instance, Act("failed", task.step_id, task.ref), services)


def may_skip(step: StepSpec) -> Text | None:
    """None for a step that may be skipped, else why not."""
    if step.properties.get(SKIPPABLE, "") == "yes":
        return None
    return _("The drawing does not let anybody skip this step.")


def nothing_drawn() -> Text:
    """Why a step cannot be given up."""
    return _("The drawing does not say what follows when this step is given up. Give the task back, or ask its head.")


def _wrong_day(work: Work, task: HumanTask, until: datetime | None) -> Text | None:
    if until is None:
        return _("Choose the day when it comes back.")
    if until <= work.now:
        return _("This instant has passed already; choose a later one.")
    if until - work.now > LONGEST:
        return _("A task can be put off for a year at most.")
    if task.due_at is not None and task.due_at > work.now and until >= task.due_at:
        return _("The task is due on %(day)s; put it off to a day before.", day=line.local_time(task.due_at))
    return None


def _resume(work: Work, task: HumanTask, case: Case, row: life.Transition) -> None:
    back = life.target(row, task.state, task.prior_state)
    # whoever held it may have left meanwhile
    if back != READY and task.assignee_id is None:
        back = READY
    line.change(work, task, state=back, prior_state="", suspended_until=None)
    _journal(work, task, case, "task.resumed")


def _settle(work: Work, task: HumanTask, instance: Instance, *, state: str) -> None:
    line.change(
        work, task, state=state, assignee_id=None, held_for=None, owner_id=None, prior_state="", suspended_until=None,
        draft=None,
    )  # fmt: skip
    instance.settled.add(task.token)


def _loaded(work: Work, case: Case, state: CaseState) -> tuple[Instance, MoveServices]:
    services = MoveServices(work, case)
    instance = instances.taken(work, case, state, services)
    services.bind(instance)
    return instance, services


def _must_be_apart(work: Work, task: HumanTask, case: Case, instance: Instance, bond: Bond) -> None:
    people: Sequence[int | None] = bonds.represented(task, bond, work.actor)
    separation.must_be_apart(work, case, instance.definition.diagram.steps, task.step_id, people)


def _opened(work: Work, ref: str) -> tuple[HumanTask, Case, Bond, CaseState]:
    task, case, state = rules.held_task(work, ref)
    held.must_go_on(case)
    return task, case, bonds.of(work, task, case), state


def _journal(work: Work, task: HumanTask, case: Case, event: str, **body: Any) -> None:
    journal.of_case(work, case.ref, event, task.ref, {"step": task.step_id, **body})
