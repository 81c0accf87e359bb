"""Step kinds: what SpiffWorkflow 3.2.0 does at each node of a diagram, made to follow the standard.

Specs are built once per definition and never changed afterwards, so that threads may share them.
They keep no history: a token that is done leaves the tree at once (`spiff_case`), hence two thousand
rounds of a loop cost the same each, and no join can mistake an old round's token for a new one.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.control import SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.util.task import TaskState

from workflows.spiff_events import Condition, Escalation, Failure, Message, Signal, Terminate, Timer, Trigger

MAX_INSTANCES = 1_000


class NoWay(Exception):  # noqa: N818 - said to the caller as the cause of a failed step
    """A gateway has no flow to take: no condition was true and there is no default."""


class TooManyInstances(Exception):  # noqa: N818
    """A multi-instance step would open more than 1,000 instances."""


class NotAList(Exception):  # noqa: N818
    """The collection of a multi-instance step is not a list."""


class Lazy:
    """Children are made when a token leaves, not foretold: prediction doubles the tree at every parallel block."""

    def _predict(self, my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        return None

    def test(self) -> None:
        # SpiffWorkflow checks at each step that a spec has inputs; the lint did that once, at deployment.
        return None


class Step(Lazy, BpmnSpecMixin):
    """A node of the drawing. `details` is the engine's `StepSpec` for activities, None for events and gateways."""

    def __init__(self, wf_spec: Any, bpmn_id: str, details: Any = None, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.bpmn_id = bpmn_id
        self.details = details


class Pass(Step):
    """An empty event or an empty task: the token goes through."""


class HumanStep(Step):
    """Waits READY for a person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = True


class ScriptStep(Step):
    def __init__(self, *args: Any, script: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.script = script

    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.run_script(my_task, self.script)
        return True


class ServiceStep(Step):
    """Calls an operation; a long one leaves the step STARTED."""

    def _run_hook(self, my_task: Any) -> bool | None:
        return my_task.workflow.top_workflow.run_service(my_task)


class DecisionStep(Step):
    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.run_decision(my_task)
        return True


# --- gateways ----------------------------------------------------------------------------------------------------


class Choosing(Step, MultiChoice):
    """Base of gateways with conditions; `cond_task_specs` holds (FEEL text or None for the default, target)."""

    def connect_outgoing_if(self, condition: str | None, taskspec: Any) -> None:
        self.connect_if(condition, taskspec)

    def _predict_hook(self, my_task: Any) -> None:
        return None


class ExclusiveGateway(Choosing):
    def _run_hook(self, my_task: Any) -> bool:
        chosen = next(self._matching(my_task), None) or self._default()
        my_task._sync_children([self._wf_spec.task_specs[chosen]], TaskState.FUTURE)
        return True

    def _matching(self, my_task: Any) -> Iterator[str]:
        holds = my_task.workflow.top_workflow.holds
        return (name for text, name in self.cond_task_specs if text is not None and holds(my_task, text))

    def _default(self) -> str:
        for text, name in self.cond_task_specs:
            if text is None:
                return str(name)
        raise NoWay(self.bpmn_id)


class Joining(Step):
    """Base of gateways that wait: a token that arrived and may not go on yet stays WAITING."""

    def _update_hook(self, my_task: Any) -> bool:
        if len(self._inputs) < 2:
            return True
        my_task.internal_data["via"] = my_task.parent.task_spec.name
        return self._arrived(my_task)

    def _arrived(self, my_task: Any) -> bool:
        raise NotImplementedError

    def arrivals(self, workflow: Any) -> dict[str, Any]:
        """The oldest waiting token of each incoming flow that has one."""
        found: dict[str, Any] = {}
        for token in workflow.tasks.values():
            if token.task_spec is self and token._state == TaskState.WAITING:
                found.setdefault(token.internal_data["via"], token)
        return found

    def merge(self, tokens: Iterable[Any], into: Any) -> None:
        """Consume one token of each incoming flow; excess tokens stay for the next time, as BPMN says."""
        for token in tokens:
            if token is not into:
                token.discard()


class ParallelGateway(Joining):
    def _arrived(self, my_task: Any) -> bool:
        my_task._set_state(TaskState.WAITING)
        found = self.arrivals(my_task.workflow)
        if not all(name in found for name in self._inputs):
            return False
        # The oldest token of this flow goes on; when an excess one was waiting, that is not the newcomer.
        into = found[my_task.internal_data["via"]]
        self.merge(found.values(), into)
        if into is my_task:
            return True
        into._ready()
        return False


class InclusiveGateway(Choosing, Joining):
    def _arrived(self, my_task: Any) -> bool:
        my_task._set_state(TaskState.WAITING)
        return False

    def settle(self, workflow: Any) -> bool:
        """Let a waiting group go when no token elsewhere can still reach an empty incoming flow.

        Source: BPMN 2.0.2, 13.4.3, table on the inclusive gateway.
        """
        found = self.arrivals(workflow)
        if not found:
            return False
        empty = frozenset(self._inputs) - found.keys()
        for token in workflow.tasks.values():
            if token.task_spec is self or token._state >= TaskState.COMPLETED or token._state < TaskState.WAITING:
                continue
            reach = self._wf_spec.reach_of(token.task_spec.name, self.name)
            if reach & empty and not reach & found.keys():
                return False
        into = next(iter(found.values()))
        self.merge(list(found.values()), into)
        into._ready()
        return True

    def _run_hook(self, my_task: Any) -> bool:
        holds = my_task.workflow.top_workflow.holds
        chosen = [name for text, name in self.cond_task_specs if text is not None and holds(my_task, text)]
        chosen = chosen or [name for text, name in self.cond_task_specs if text is None]
        if not chosen:
            raise NoWay(self.bpmn_id)
        my_task._sync_children([self._wf_spec.task_specs[name] for name in chosen], TaskState.FUTURE)
        return True


class RaceGateway(Step):
    """Event-based gateway: its events wait side by side, the first one ends the others' wait."""

    keeps_children = True


# --- events ------------------------------------------------------------------------------------------------------


class CatchEvent(Step):
    def __init__(self, *args: Any, trigger: Trigger, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trigger = trigger

    def _update_hook(self, my_task: Any) -> bool:
        self.trigger.arm(my_task)
        my_task._set_state(TaskState.WAITING)
        return False

    def fire(self, my_task: Any, payload: Any = None) -> None:
        """The event happened: the token may go on. A payload is kept under the event's id."""
        if payload is not None:
            my_task.internal_data["payload"] = payload
        parent = my_task.parent
        if parent is not None and isinstance(parent.task_spec, RaceGateway):
            for sibling in [child for child in parent.children if child is not my_task]:
                sibling.discard()
        my_task._ready()

    def _run_hook(self, my_task: Any) -> bool:
        if "payload" in my_task.internal_data:
            my_task.put({self.bpmn_id: my_task.internal_data["payload"]})
        return True


class BoundaryEvent(CatchEvent):
    def __init__(self, *args: Any, interrupting: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.interrupting = interrupting

    def fire(self, my_task: Any, payload: Any = None) -> None:
        split = my_task.parent
        if self.interrupting:
            for sibling in [child for child in split.children if child is not my_task]:
                sibling.discard()
        elif self.trigger.rearms:
            again = split._add_child(self, TaskState.FUTURE)
            self.trigger.rearm(again, my_task)
            again._set_state(TaskState.WAITING)
        super().fire(my_task, payload)


class Guarded(Lazy, SimpleBpmnTask):
    """Placed before an activity with boundary events: the activity and its events start together."""

    keeps_children = True

    def leave(self, token: Any) -> None:
        """The activity is done: its boundary events stop waiting."""
        for sibling in list(token.parent.children):
            if isinstance(sibling.task_spec, BoundaryEvent) and sibling._state == TaskState.WAITING:
                sibling.discard()


class ThrowEvent(Step):
    def __init__(self, *args: Any, trigger: Trigger, ends: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trigger = trigger
        self.ends = ends

    def _run_hook(self, my_task: Any) -> bool:
        case = my_task.workflow.top_workflow
        trigger = self.trigger
        if isinstance(trigger, Message):
            case.throw_message(my_task, trigger, self)
        elif isinstance(trigger, Signal):
            case.throw_signal(my_task, trigger.name, self)
        elif isinstance(trigger, Escalation):
            case.throw_escalation(my_task, trigger.code)
        return True

    def after(self, my_task: Any) -> None:
        """What an end event does to its scope, once its own token is done."""
        if isinstance(self.trigger, Terminate):
            my_task.workflow.terminate()
        elif isinstance(self.trigger, Failure):
            my_task.workflow.top_workflow.fail_scope(my_task.workflow, self.trigger.code)


# --- several instances, loops, subprocesses ----------------------------------------------------------------------


class SubProcess(Step):
    def __init__(self, *args: Any, scope: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = scope

    def _update_hook(self, my_task: Any) -> bool:
        my_task._set_state(TaskState.STARTED)
        my_task.workflow.top_workflow.open_scope(my_task, self.spec)
        return False


class Repeated(Step):
    """Base of loops and multi-instance: a STARTED token whose children are the instances."""

    def __init__(self, *args: Any, child: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task_spec = child

    def _open(self, my_task: Any, local: dict[str, Any] | None) -> None:
        child = my_task._add_child(self._wf_spec.task_specs[self.task_spec], TaskState.FUTURE)
        child.triggered = True
        if local is not None:
            child.internal_data["local"] = local
        child.task_spec._update(child)

    def merged(self, my_task: Any, child: Any) -> None:
        """An instance is done; `my_task` is the repeated step's own token."""
        raise NotImplementedError

    def _finish(self, my_task: Any) -> None:
        for child in [c for c in my_task.children if c.triggered]:
            child.discard()
        my_task._set_state(TaskState.READY)


class LoopStep(Repeated):
    """Standard loop: one instance after the other in the same variables."""

    def __init__(self, *args: Any, condition: str, test_before: bool, maximum: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.condition, self.test_before, self.maximum = condition, test_before, maximum

    def _update_hook(self, my_task: Any) -> bool:
        my_task.internal_data["rounds"] = 0
        if self.test_before and not self._again(my_task):
            return True
        my_task._set_state(TaskState.STARTED)
        self._open(my_task, None)
        return False

    def _again(self, my_task: Any) -> bool:
        if self.maximum is not None and my_task.internal_data["rounds"] >= self.maximum:
            return False
        return not self.condition or my_task.workflow.top_workflow.holds(my_task, self.condition)

    def merged(self, my_task: Any, child: Any) -> None:
        my_task.internal_data["rounds"] += 1
        if self._again(my_task):
            self._open(my_task, None)
        else:
            self._finish(my_task)


class MultiStep(Repeated):
    """Multi-instance: every instance has variables of its own above the scope's; what each one set is
    collected, in the order of the collection, as a list under the step's id."""

    def __init__(
        self, *args: Any, collection: str, element: str, cardinality: str, until: str, sequential: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.collection, self.element, self.cardinality = collection, element, cardinality
        self.until, self.sequential = until, sequential

    def _update_hook(self, my_task: Any) -> bool:
        items = self._items(my_task)
        my_task.internal_data.update(items=items, next=0, results=[None] * len(items), done=0)
        if not items:
            return True
        my_task._set_state(TaskState.STARTED)
        for _ in range(1 if self.sequential else len(items)):
            self._next(my_task)
        return False

    def _items(self, my_task: Any) -> list[Any]:
        case = my_task.workflow.top_workflow
        if self.cardinality:
            number = case.value(my_task, self.cardinality)
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise NotAList(self.bpmn_id)
            items: Any = range(number) if number <= MAX_INSTANCES else range(MAX_INSTANCES + 1)
        else:
            items = case.value(my_task, self.collection)
        if not isinstance(items, list | range):
            raise NotAList(self.bpmn_id)
        if len(items) > MAX_INSTANCES:
            raise TooManyInstances(self.bpmn_id)
        return list(items)

    def _next(self, my_task: Any) -> None:
        kept = my_task.internal_data
        index = kept["next"]
        kept["next"] = index + 1
        own = {self.element: kept["items"][index]} if self.element else {}
        self._open(my_task, {**own, "loopCounter": index})

    def merged(self, my_task: Any, child: Any) -> None:
        kept = my_task.internal_data
        local = dict(child.internal_data["local"])
        index = local.pop("loopCounter")
        local.pop(self.element, None)
        kept["results"][index] = local[self.bpmn_id] if list(local) == [self.bpmn_id] else local
        kept["done"] += 1
        if kept["done"] == len(kept["items"]) or self._enough(my_task):
            self._finish(my_task)
        elif self.sequential:
            self._next(my_task)

    def _enough(self, my_task: Any) -> bool:
        if not self.until:
            return False
        kept = my_task.internal_data
        counted = {
            "nrOfInstances": len(kept["items"]),
            "nrOfCompletedInstances": kept["done"],
            self.bpmn_id: kept["results"],
        }
        return my_task.workflow.top_workflow.holds(my_task, self.until, counted)

    def _run_hook(self, my_task: Any) -> bool:
        my_task.put({self.bpmn_id: my_task.internal_data["results"]})
        return True


__all__ = [
    "BoundaryEvent",
    "CatchEvent",
    "Condition",
    "DecisionStep",
    "ExclusiveGateway",
    "Guarded",
    "HumanStep",
    "InclusiveGateway",
    "LoopStep",
    "MultiStep",
    "NoWay",
    "ParallelGateway",
    "Pass",
    "RaceGateway",
    "ScriptStep",
    "ServiceStep",
    "Step",
    "SubProcess",
    "ThrowEvent",
    "Timer",
]
