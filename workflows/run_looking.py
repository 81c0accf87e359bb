"""What a run tells of itself: what it waits for, where its tokens stand, what it has done. Nothing here moves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from workflows.diagrams import Diagram
from workflows.spiff_case import ERROR, READY, STARTED, Case, Token
from workflows.spiff_events import THROWN_INSIDE, Message, Signal, Timer, Trigger
from workflows.spiff_repeat import MultiStep
from workflows.spiff_specs import DecisionStep, ServiceStep
from workflows.spiff_specs import HumanStep as HumanSpec
from workflows.waits import HumanStep, Job, MessageWait, Thrown, TimerWait, Woken

ASKING = (ServiceStep, DecisionStep)  # what may stay open until an answer is handed in


class Looking:
    """The part of a run that is asked."""

    def __init__(self, diagram: Diagram, case: Case) -> None:
        self.diagram = diagram
        self._case = case

    @property
    def now(self) -> datetime:
        return self._case.now

    @property
    def data(self) -> Mapping[str, Any]:
        """The routing variables of the case, read-only."""
        return MappingProxyType(self._case.data)

    @property
    def completed(self) -> bool:
        return bool(self._case.completed)

    @property
    def error(self) -> str | None:
        """The code of the error end event that ended the case, if one did."""
        return self._case.failed_with

    def human_steps(self) -> list[HumanStep]:
        ready = (t for t in self._case.tokens() if t._state == READY and isinstance(t.task_spec, HumanSpec))
        return [HumanStep(t.id.hex, t.task_spec.bpmn_id, *_item(t)) for t in ready]

    def jobs(self) -> list[Job]:
        started = (t for t in self._case.tokens() if t._state == STARTED and isinstance(t.task_spec, ASKING))
        return [
            Job(t.id.hex, t.task_spec.bpmn_id, t.task_spec.details.topic, t.internal_data.get("inputs", {}))
            for t in started
        ]

    def item(self, token: str) -> Any:
        """The multi-instance element a token stands in, or None."""
        found = self._case.token(token)
        return None if found is None else _item(found)[0]

    def index(self, token: str) -> int | None:
        """Which of several a token stands in, counted from 0; None when it is the only one."""
        found = self._case.token(token)
        return None if found is None else _item(found)[1]

    def timers(self) -> list[TimerWait]:
        return [_timer(at, t) for at, t in self._case.timers()]

    def woken(self) -> list[Woken]:
        """Timers that came due since this run was started or restored, in order."""
        return [Woken(*one) for one in self._case.woken]

    def messages(self) -> list[MessageWait]:
        found = []
        for t in [*self._case.waiting_for(Message), *self._case.waiting_for(Signal)]:
            kind = "message" if isinstance(t.task_spec.trigger, Message) else "signal"
            key = t.internal_data.get("key")
            found.append(MessageWait(t.id.hex, t.task_spec.bpmn_id, t.task_spec.trigger.name, key, kind))
        return found

    def awaited(self) -> list[str]:
        """Ids of the events that wait for a time, a message, a signal or a condition."""
        waiting = ((t, t.task_spec.trigger) for t in self._case.waiting_for(Trigger))
        named = [
            t.task_spec
            for t, event in waiting
            if not isinstance(event, THROWN_INSIDE) and not (isinstance(event, Timer) and event.due(t) is None)
        ]
        return list(dict.fromkeys(getattr(spec, "event_id", "") or spec.bpmn_id for spec in named))

    def failed(self) -> list[tuple[str, str]]:
        """Token and step id of each step that stands in error."""
        failed = (t for t in self._case.tokens() if t._state == ERROR)
        return [(t.id.hex, str(t.task_spec.bpmn_id or t.task_spec.name)) for t in failed]

    def active(self) -> list[str]:
        """Ids of the nodes where a token stands now, for the drawing."""
        return sorted({t.task_spec.bpmn_id for t in self._case.tokens() if getattr(t.task_spec, "bpmn_id", None)})

    def next_wake(self) -> datetime | None:
        return next((at for at, _token in self._case.timers()), None)

    def thrown(self) -> list[Thrown]:
        """Messages and signals thrown since the last call; the caller puts them into the outbox."""
        found, self._case.thrown = [Thrown(**one) for one in self._case.thrown], []
        return found

    def done(self) -> Mapping[str, int]:
        """How often each node of the drawing was finished, by id, in the order of the first time."""
        return {name: times for name, times in self._case.done.items() if name in self.diagram.steps}

    def taken(self) -> tuple[str, ...]:
        """Ids of the sequence flows that tokens went along since this run was started or restored.

        Two flows between the same two nodes cannot be told apart; neither is named then.
        """
        drawn: dict[tuple[str, str], list[str]] = {}
        for flow in self.diagram.flows:
            drawn.setdefault((flow.source, flow.target), []).append(flow.id)
        ways = (drawn.get(way, []) for way in self._case.taken)
        return tuple(way[0] for way in ways if len(way) == 1 and way[0])

    def counts(self) -> Mapping[str, tuple[int, int]]:
        """Of each running multi-instance step, by id: instances done, instances in all."""
        found: dict[str, tuple[int, int]] = {}
        for token in self._case.tokens():
            if token._state == STARTED and isinstance(token.task_spec, MultiStep):
                done, total = found.get(token.task_spec.bpmn_id, (0, 0))
                kept = token.internal_data
                found[token.task_spec.bpmn_id] = (done + kept["done"], total + len(kept["items"]))
        return found


def _timer(at: datetime, token: Token) -> TimerWait:
    kept = token.internal_data
    planned = kept.get("planned")
    return TimerWait(
        token.id.hex,
        token.task_spec.bpmn_id,
        at,
        at if planned is None else datetime.fromisoformat(planned),
        kept.get("every", ""),
        kept.get("left"),
        getattr(token.task_spec.trigger, "catch_up", "") if "every" in kept else "",
    )


def _item(token: Token) -> tuple[Any, int | None]:
    """Element and number of the innermost repetition a token stands in."""
    at: Any = token
    own: Mapping[str, Any] = {}
    while at is not None:
        parent, scope = at.parent, at.workflow
        if parent is not None and isinstance(parent.task_spec, MultiStep):
            local = own or at.internal_data["local"]
            return local.get(parent.task_spec.element), local["loopCounter"]
        own = {} if getattr(scope, "called", False) else scope.data
        at = None if scope.parent_workflow is None else scope.parent_workflow.tasks.get(scope.parent_task_id)
    return None, None
