"""The door to SpiffWorkflow: start a case of a drawing, move it, save it. Plain values go in and out.

A `Run` belongs to one thread and one move. A `Diagram` (`workflows.diagrams`) is immutable and shared by all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from domain.errors import Conflict, OperationFailed
from domain.text import gettext as _
from workflows import alike, spiff_codec
from workflows.diagrams import Diagram, read_all, read_diagram
from workflows.run_looking import ASKING, Looking
from workflows.spiff_case import ERROR, READY, STARTED, WAITING, Case, Token
from workflows.spiff_codec import CODEC
from workflows.spiff_events import Message
from workflows.spiff_feel import PENDING, BusinessError, Pending, Runner
from workflows.spiff_specs import DecisionStep
from workflows.spiff_specs import HumanStep as HumanSpec
from workflows.starts import StartSpec
from workflows.step_failures import place_of, why_of
from workflows.steps import Flow, Lane, StepSpec
from workflows.waits import HumanStep, Job, MessageWait, Thrown, TimerWait

MAX_DATA = 64 * 1024
MAX_STATE = 1024 * 1024
MAX_STEPS = 20_000
MAX_SECONDS = 10.0
FEEL_BUDGET = 100_000


class StepFailed(OperationFailed):
    """A step could not be carried out. `step_id` and `token` say which, `__cause__` why.

    The run is then as far as it got and must not be saved, unless `retryable`: then the step stands
    in error, may be saved so, and `Run.retry(token)` tries it again. `why` is a sentence for people, without values of
    the case, where the drawing itself or one of its tables is the cause; None else.
    """

    def __init__(self, step_id: str, token: str, cause: BaseException, *, retryable: bool) -> None:
        self.why = why_of(cause)
        sentence = _("The step %(step)s could not be carried out.", step=step_id)
        if self.why is not None:
            sentence = _("The step %(step)s could not be carried out: %(why)s", step=step_id, why=self.why)
        super().__init__(sentence, step=step_id)
        self.step_id, self.token, self.cause, self.retryable = step_id, token, cause, retryable


class BudgetExceeded(OperationFailed):
    """A move ran more steps or seconds than one move may; the run must not be saved."""


class DataTooLarge(Conflict):
    """The case's routing values exceed 64 kB; what is that large belongs into a table or a file."""


class Services(Protocol):
    """What a case asks of the outside while it moves. All of it must be quick: nothing here may do I/O
    except in the transaction of the move."""

    def call(self, step: StepSpec, inputs: dict[str, Any], token: str) -> Mapping[str, Any] | Pending:
        """Carry out `step.topic`. PENDING: a job was noted, the step stays open until `finish_job`.

        Raises:
            BusinessError: a named error that an error boundary event may catch.
        """

    def decide(self, step: StepSpec, data: dict[str, Any]) -> Any:
        """Evaluate `step.decision` over `data`: what the case keeps under the step's id or `step.result`.
        PENDING: nobody can say it now, the step stays open until `finish_job`."""

    def names(self, step: StepSpec) -> Mapping[str, Any]:
        """Values lent to every FEEL expression at `step`; the case's own variables win over them."""


def start(
    diagram: Diagram,
    data: Mapping[str, Any],
    *,
    now: datetime,
    services: Services,
    at: str = "",
    payload: Mapping[str, Any] | None = None,
) -> Run:
    """A new case at its start; nothing has run yet. `data` must be JSON-able and at most 64 kB.

    at: id of one of `diagram.starts`, or of an event of a multiple one's start: that event has happened, with
    `payload`, which is kept under its id. "" is the start without event, or the only one there is.

    Raises:
        ValueError: `now` is naive. Conflict: the process does not begin there. DataTooLarge.
    """
    case = _case(diagram, now, services)
    brought = None if payload is None else orjson.loads(orjson.dumps(dict(payload)))
    place = _place_of_start(diagram, at)
    case.begin(orjson.loads(orjson.dumps(dict(data))), place, brought)
    condition = next((one.text for one in diagram.starts if one.id == place and one.kind == "conditional"), "")
    if condition and case.script_engine.value_over(case.task_tree, condition, case.data, needed=False) is not True:
        raise Conflict(_("The condition with which the process begins does not hold."), process=diagram.process_id)
    run = Run(diagram, case)
    run._check_size()
    return run


def restore(diagram: Diagram, snapshot: bytes, *, now: datetime, services: Services) -> Run:
    """A case as `Run.snapshot` left it. `diagram` must be the one it was saved with.

    Raises:
        ValueError: the snapshot's codec is unknown, or it names steps that the diagram lacks.
    """
    case = _case(diagram, now, services)
    spiff_codec.load(case, snapshot)
    return Run(diagram, case)


def _place_of_start(diagram: Diagram, at: str) -> str:
    plain = [one for one in diagram.starts if one.kind == "none"]
    if not at and len(plain) != 1 and len(diagram.starts) != 1:
        raise Conflict(_("The process begins in several ways. Say with which of them."), process=diagram.process_id)
    if at and at not in {one.id for one in diagram.starts}:
        raise Conflict(_("The process does not begin at %(step)s.", step=at), process=diagram.process_id)
    return at or ("" if plain else diagram.starts[0].id)


def _case(diagram: Diagram, now: datetime, services: Services) -> Case:
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    return Case(diagram._spec, diagram._scopes, Runner(services, FEEL_BUDGET), now.astimezone(UTC))


class Run(Looking):
    """One case in the hand of one move."""

    def __init__(self, diagram: Diagram, case: Case) -> None:
        super().__init__(diagram, case)
        self._broken = False
        self.ran = 0  # steps that ran by themselves since this run was started or restored

    # --- moving

    def advance(self, *, max_steps: int = MAX_STEPS, max_seconds: float = MAX_SECONDS) -> int:
        """Run everything that needs no person, no message and no time. Returns how many steps ran.

        Raises:
            StepFailed, BudgetExceeded, DataTooLarge.
        """
        began, count = time.monotonic(), 0
        while self.step():
            count += 1
            if count >= max_steps or time.monotonic() - began > max_seconds:
                self._broken = True
                raise BudgetExceeded(_("The case runs in circles. It was stopped after %(count)s steps.", count=count))
        self._check_size()
        return count

    def step(self) -> bool:
        """Run one step that needs nobody; False when there is none."""
        token: Token | None = None
        try:
            token = self._case.next_ready()
            if token is not None:
                token.run()
                self.ran += 1
        except Exception as cause:  # whatever a step raises becomes an incident with its place
            raise self._failed(token, cause) from cause
        return token is not None

    def complete(self, token: str, answers: Mapping[str, Any]) -> None:
        """A person finished a step. The answers are kept under the step's id, never merged over variables;
        of a multi-instance step as one item of the list under its id, in the order of the collection.

        Raises:
            Conflict: the step does not wait for a person (any more). StepFailed, DataTooLarge.
        """
        found = self._open(token)
        if not isinstance(found.task_spec, HumanSpec) or found._state != READY:
            raise Conflict(_("This step is not open any more. Look at the case again."), token=token)
        self._guarded(found, lambda: self._case.script_engine.keep_answers(found, answers))
        self._guarded(found, found.run)
        self._check_size()

    def share(self, token: str, values: Mapping[str, Any]) -> None:
        """Set variables of the scope that a token stands in, where a step of the drawing has not the name.

        For drawings that were made for engines which merge answers over the variables. Raises Conflict.
        """
        scope = self._open(token).workflow
        plain = orjson.loads(orjson.dumps(dict(values)))
        scope.data.update({name: value for name, value in plain.items() if name not in self.diagram.steps})

    def finish_job(self, token: str, result: Mapping[str, Any]) -> None:
        """A service or decision step that stayed open has its answer.

        Raises:
            Conflict: the step does not wait for a job (any more). StepFailed, DataTooLarge.
        """
        found = self._job(token)
        runner = self._case.script_engine
        keep = runner.keep_decision if isinstance(found.task_spec, DecisionStep) else runner.keep
        self._guarded(found, lambda: keep(found, result))
        self._guarded(found, found.complete)
        self._check_size()

    def fail_job(self, token: str, error_code: str) -> None:
        """A service step, started or in error, ends with a business error.

        Raises:
            Conflict: the step does not wait for a job. StepFailed: no boundary event catches the code.
        """
        found = self._job(token, or_error=True)
        if not self._case.fail_at(found, error_code):
            raise self._failed(found, BusinessError(error_code))

    def retry(self, token: str) -> None:
        """Make a step in error ready again; the next `advance` runs it. Raises Conflict."""
        found = self._open(token)
        if found._state != ERROR:
            raise Conflict(_("This step is not in error. Look at the case again."), token=token)
        found._set_state(READY)

    def deliver(
        self, message_name: str, payload: Mapping[str, Any] | None = None, correlation: Any = None, *, kind: str = ""
    ) -> int:
        """Hand a message to every step that waits for it with this correlation, or a signal to all.

        kind: "message" or "signal" where it is known; "" for whichever bears the name. Returns how many steps took it;
        the payload is kept under the id of the event.
        """
        payload = None if payload is None else orjson.loads(orjson.dumps(dict(payload)))
        named = self._case.waiting_for(Message) if kind != "signal" else []
        waiting = [t for t in named if t.task_spec.trigger.name == message_name]
        taken = [t for t in waiting if t.task_spec.trigger.takes(t, payload, correlation)]
        for token in taken:
            if token._state == WAITING:  # the one before may have ended its wait
                token.task_spec.trigger.taken(token, payload, correlation)
                token.task_spec.fire(token, payload)
        self._check_size()
        return len(taken) + (self._case.catch_signal(message_name, payload) if kind != "message" else 0)

    def at(self, now: datetime) -> None:
        """Go on at another instant; for a run that stays in memory while a stopped clock moves."""
        self._case.now = now.astimezone(UTC)

    def wake(self, until: datetime | None = None) -> int:
        """Fire the timers due at `now`, or `until` an earlier instant, earliest first; returns how many."""
        return self._case.wake(until)

    def cancel(self) -> None:
        """End the case where it stands."""
        self._case.clear()
        self._case.completed = True

    # --- saving

    def snapshot(self) -> bytes:
        """The state of the case, without its definition; first a codec number.

        Raises:
            RuntimeError: the run stopped in the middle of a step and must not be saved.
        """
        if self._broken:
            raise RuntimeError("a run that stopped in the middle of a step cannot be saved")
        state = spiff_codec.dump(self._case)
        if len(state) > MAX_STATE:
            raise DataTooLarge(_("The case carries too many values. Keep them in tables, not in the process."))
        return state

    def stand_for_many(self) -> None:
        """Hide the reference of a case that begins: whatever looks at it fails with `Unlike`, so that what the run
        comes to is what every case comes to that is begun with the same data but for its reference."""
        self._case.data["case"] = {**self._case.data["case"], "ref": alike.Hidden()}

    def snapshot_of(self, ref: str) -> bytes:
        """The state of the case with this reference among those that the run stands for. Raises Unlike where the
        hidden one was carried elsewhere."""
        about = self._case.data["case"]
        hidden, about["ref"] = about["ref"], ref
        try:
            self._check_size()
            state = self.snapshot()
        finally:
            about["ref"] = hidden
        if alike.MARK.encode() in state:
            raise alike.Unlike
        return state

    # --- inner

    def _open(self, token: str) -> Token:
        found = self._case.token(token)
        if found is None:
            raise Conflict(_("This step is not open any more. Look at the case again."), token=token)
        return found

    def _job(self, token: str, *, or_error: bool = False) -> Token:
        found = self._open(token)
        states = (STARTED, ERROR) if or_error else (STARTED,)
        if not isinstance(found.task_spec, ASKING) or found._state not in states:
            raise Conflict(_("This step does not wait for a result any more."), token=token)
        return found

    def _guarded(self, token: Token, act: Any) -> None:
        try:
            act()
        except Exception as cause:  # as in `step`: an incident with its place, the cause attached
            raise self._failed(token, cause) from cause

    def _failed(self, token: Token | None, cause: BaseException) -> StepFailed:
        there = token is not None and token.workflow.tasks.get(token.id) is token
        retryable = token is not None and there and token._state in (ERROR, STARTED)
        self._broken = self._broken or not retryable
        where = place_of(cause) or ("" if token is None else str(token.task_spec.bpmn_id or token.task_spec.name))
        return StepFailed(where, "" if token is None else token.id.hex, cause, retryable=retryable)

    def _check_size(self) -> None:
        size = max(len(orjson.dumps(data)) for data in self._case.kept())
        if size > MAX_DATA:
            self._broken = True
            raise DataTooLarge(_("The case carries too many values. Keep them in tables, not in the process."))


__all__ = [
    "CODEC",
    "PENDING",
    "BudgetExceeded",
    "BusinessError",
    "DataTooLarge",
    "Diagram",
    "Flow",
    "HumanStep",
    "Job",
    "Lane",
    "MessageWait",
    "Pending",
    "Run",
    "Services",
    "StartSpec",
    "StepFailed",
    "StepSpec",
    "Thrown",
    "TimerWait",
    "read_all",
    "read_diagram",
    "restore",
    "start",
]
