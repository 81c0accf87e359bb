"""What a case throws and who catches it: messages, signals, escalations, errors, times and conditions."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.spiff_events import Escalation, Failure, Message, Signal, Timer, Trigger, read_instant
from workflows.spiff_repeat import Repeated
from workflows.spiff_specs import BoundaryEvent, EventSubProcess, Guarded
from workflows.spiff_triggers import Multiple, all_legs


class Hearing:
    """The part of a `spiff_case.Case` that brings events to those who wait for them."""

    thrown: list[dict[str, Any]]
    woken: list[tuple[str, datetime, int, str, bool]]
    failed_with: str | None
    now: datetime
    completed: bool
    script_engine: Any
    tokens: Any
    value: Any
    clear: Any

    def throw_message(self, token: Any, trigger: Message, spec: Any) -> None:
        payload = self.script_engine.inputs(token)
        key = self.value(token, trigger.correlation) if trigger.correlation else None
        if key is None and trigger.keyed is not None:
            key = trigger.keyed.of_message(token, payload, needed=True)
            trigger.keyed.remember(token, key)
        self.thrown.append(
            {"kind": "message", "name": trigger.name, "step_id": spec.bpmn_id, "correlation": key, "payload": payload}
        )

    def throw_signal(self, token: Any, name: str, spec: Any) -> None:
        payload = self.script_engine.inputs(token)
        self.thrown.append(
            {"kind": "signal", "name": name, "step_id": spec.bpmn_id, "correlation": None, "payload": payload}
        )
        self.catch_signal(name, payload or None)

    def catch_signal(self, name: str, payload: Any) -> int:
        waiting = [t for t in self.waiting_for(Signal) if t.task_spec.trigger.name == name]
        for token in waiting:
            if token._state == TaskState.WAITING:
                token.task_spec.fire(token, payload)
        return len(waiting)

    def waiting_for(self, kind: type[Trigger]) -> list[Any]:
        """The tokens that wait for an event of this kind; of a multiple event one leg for each such event."""
        found: list[Any] = []
        for token in self.tokens():
            trigger = getattr(token.task_spec, "trigger", None) if token._state == TaskState.WAITING else None
            if isinstance(trigger, Multiple):
                found += [leg for leg in all_legs([token]) if isinstance(leg.task_spec.trigger, kind)]
            elif isinstance(trigger, kind):
                found.append(token)
        return found

    def timers(self) -> list[tuple[datetime, Any]]:
        """Waiting timers with their due instants, earliest first."""
        due = ((token.task_spec.trigger.due(token), token) for token in self.waiting_for(Timer))
        return sorted(((at, token) for at, token in due if at is not None), key=lambda pair: pair[0])

    def wake(self, until: datetime | None = None) -> int:
        """Fire every timer that is due, one after the other: the first may end the wait of the next."""
        fired = 0
        for at, token in self.timers():
            if at > (until or self.now) or token._state != TaskState.WAITING:
                continue
            trigger, name = token.task_spec.trigger, getattr(token.task_spec, "event_id", "") or token.task_spec.bpmn_id
            happens = trigger.happens(token, self.now)
            planned = read_instant(token.internal_data.get("planned") or token.internal_data["due"]) if happens else at
            self.woken.append((name, planned, token.internal_data.pop("missed", 0), trigger.catch_up, happens))
            if happens:
                token.task_spec.fire(token)
                fired += 1
        return fired

    def announce(self, token: Any, trigger: Trigger) -> None:
        """Throw an event that a multi-instance step announces; its own boundary events may catch it."""
        if isinstance(trigger, Message):
            self.throw_message(token, trigger, token.task_spec)
        elif isinstance(trigger, Signal):
            self.throw_signal(token, trigger.name, token.task_spec)
        elif isinstance(trigger, Escalation):
            catcher = self._at(token, Escalation, trigger.code)
            catcher = catcher or self._catcher(token.workflow, Escalation, trigger.code)
            if catcher is not None:
                catcher.task_spec.fire(catcher)

    def throw_escalation(self, token: Any, code: str | None) -> None:
        catcher = self._catcher(token.workflow, Escalation, code)
        if catcher is not None:
            catcher.task_spec.fire(catcher)

    def fail_at(self, token: Any, code: str) -> bool:
        """A business error at a step: the nearest boundary event that catches it; False when none does."""
        catcher = self._at(token, Failure, code) or self._catcher(token.workflow, Failure, code)
        if catcher is None:
            return False
        catcher.task_spec.fire(catcher, {"code": code})
        return True

    def fail_scope(self, scope: Any, code: str | None) -> None:
        """An error end event: a boundary event further out catches it, or the whole case ends with it."""
        catcher = self._catcher(scope, Failure, code)
        if catcher is not None:
            catcher.task_spec.fire(catcher, {"code": code})
            return
        self.clear()
        self.completed, self.failed_with = True, code or "error"

    def _catcher(self, scope: Any, kind: type[Trigger], code: str | None) -> Any:
        while True:
            watching = self._named([t for t in scope.live() if isinstance(t.task_spec, EventSubProcess)], kind, code)
            if watching is not None or scope is self:
                return watching
            token = scope.parent_workflow.tasks.get(scope.parent_task_id)
            if token is None:
                return None
            found = self._at(token, kind, code)
            if found is not None:
                return found
            scope = scope.parent_workflow

    def _at(self, token: Any, kind: type[Trigger], code: str | None) -> Any:
        parent = token.parent
        if parent is not None and isinstance(parent.task_spec, Repeated):
            token, parent = parent, parent.parent
        if parent is None or not isinstance(parent.task_spec, Guarded):
            return None
        return self._named([s for s in parent.children if isinstance(s.task_spec, BoundaryEvent)], kind, code)

    def _named(self, events: list[Any], kind: type[Trigger], code: str | None) -> Any:
        waiting = all_legs(event for event in events if event._state == TaskState.WAITING)
        caught = [leg for leg in waiting if isinstance(leg.task_spec.trigger, kind)]
        named = [s for s in caught if s.task_spec.trigger.code == code]
        return next(iter(named or [s for s in caught if s.task_spec.trigger.code is None]), None)
