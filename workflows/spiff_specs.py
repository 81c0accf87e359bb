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

from workflows.data_flow import StepData
from workflows.keyed import Keyed
from workflows.spiff_data import GIVEN, give
from workflows.spiff_events import Escalation, Failure, Message, Signal, Terminate, Trigger
from workflows.spiff_starts import brought, happened
from workflows.spiff_triggers import Cancel, Compensate, events_in


class NoWay(Exception):  # noqa: N818 - said to the caller as the cause of a failed step
    """A gateway has no flow to take: no condition was true and there is no default."""


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
        self.io: StepData | None = None  # what data arrows carry here
        self.quantity = 1  # completionQuantity

    def _predict_hook(self, my_task: Any) -> None:
        my_task._sync_children(self.outputs * self.quantity, TaskState.FUTURE)

    def _update(self, my_task: Any) -> None:
        if self.io is not None and self.io.reads and GIVEN not in my_task.internal_data:
            give(my_task, self.io)
        super()._update(my_task)


class Pass(Step):
    """An empty event or an empty task: the token goes through."""


class StartStep(Pass):
    """A start event; what came with the event that it is for is kept under its id. keyed: the message's key."""

    keyed: Keyed | None = None

    def _run_hook(self, my_task: Any) -> bool:
        if happened(my_task, self.bpmn_id) and brought(my_task) is not None:
            if self.keyed is not None:
                self.keyed.remember(my_task, self.keyed.of_message(my_task, brought(my_task)))
            my_task.put({self.bpmn_id: brought(my_task)})
        elif self.io is not None and self.bpmn_id in my_task.data:
            my_task.put({self.bpmn_id: my_task.data[self.bpmn_id]})  # of an event subprocess: what its event brought
        return True


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
    """Asks a table; where nobody can ask it now the step stays STARTED."""

    def _run_hook(self, my_task: Any) -> bool | None:
        return my_task.workflow.top_workflow.run_decision(my_task)


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
    settles = True

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
        if happened(my_task, self.bpmn_id):
            if isinstance(self.trigger, Message):
                self.trigger.taken(my_task, brought(my_task), None)
            self.fire(my_task, brought(my_task))
            return False
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
    """Placed before an activity with boundary events: the activity and its events start together.

    needs: `startQuantity`, how many tokens must have come before the activity starts once.
    """

    keeps_children = True

    def __init__(self, *args: Any, needs: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needs = needs

    def _update_hook(self, my_task: Any) -> bool:
        if self.needs == 1:
            return True
        my_task._set_state(TaskState.WAITING)
        tokens = my_task.workflow.tasks.values()
        come = [t for t in tokens if t.task_spec is self and t._state == TaskState.WAITING]
        if len(come) < self.needs:
            return False
        for token in come[: self.needs]:
            if token is not my_task:
                token.discard()
        return True

    def leave(self, token: Any) -> None:
        """The activity is done: its boundary events stop waiting."""
        for sibling in list(token.parent.children):
            if isinstance(sibling.task_spec, BoundaryEvent) and sibling._state == TaskState.WAITING:
                sibling.discard()


class ThrowEvent(Step):
    """Throws every event it is defined by, in the order of the drawing."""

    def __init__(self, *args: Any, trigger: Trigger, ends: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trigger = trigger
        self.ends = ends

    def _run_hook(self, my_task: Any) -> bool | None:
        kept, thrown = my_task.internal_data, events_in(self.trigger)
        for number in range(kept.get("thrown", 0), len(thrown)):
            if not self._throw(my_task, thrown[number]):
                return None  # it runs again when everything is undone
            kept["thrown"] = number + 1
            if my_task._state == TaskState.CANCELLED:
                return None  # what it threw was caught by something that ended it
        return True

    def _throw(self, my_task: Any, trigger: Trigger) -> bool:
        case = my_task.workflow.top_workflow
        if isinstance(trigger, Message):
            case.throw_message(my_task, trigger, self)
        elif isinstance(trigger, Signal):
            case.throw_signal(my_task, trigger.name, self)
        elif isinstance(trigger, Escalation):
            case.throw_escalation(my_task, trigger.code)
        elif isinstance(trigger, Compensate):
            return bool(case.compensate(my_task, trigger))
        return True

    def after(self, my_task: Any) -> None:
        """What an end event does to its scope, once its own token is done."""
        for trigger in events_in(self.trigger):
            if isinstance(trigger, Terminate):
                my_task.workflow.terminate()
            elif isinstance(trigger, Failure):
                my_task.workflow.top_workflow.fail_scope(my_task.workflow, trigger.code)
            elif isinstance(trigger, Cancel):
                my_task.workflow.top_workflow.cancel_transaction(my_task.workflow)


# --- subprocesses -------------------------------------------------------------------------------------------------


class SubProcess(Step):
    def __init__(self, *args: Any, scope: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = scope

    def _update_hook(self, my_task: Any) -> bool:
        my_task._set_state(TaskState.STARTED)
        my_task.workflow.top_workflow.open_scope(my_task, self.spec)
        return False


class Transaction(SubProcess):
    """A subprocess that a cancel end event may call off."""


class EventSubProcess(SubProcess):
    """Waits beside its scope from the scope's beginning; an interrupting one ends everything else there."""

    def __init__(self, *args: Any, trigger: Trigger, interrupting: bool, event_id: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trigger, self.interrupting, self.event_id = trigger, interrupting, event_id

    def _update_hook(self, my_task: Any) -> bool:
        self.trigger.arm(my_task)
        my_task._set_state(TaskState.WAITING)
        return False

    def fire(self, my_task: Any, payload: Any = None) -> None:
        """The event happened: the subprocess begins. A payload is kept under the id of its start event."""
        scope = my_task.workflow
        if self.interrupting:
            for other in list(scope.live()):
                if other is not my_task and other.id in scope.tasks:
                    other.discard()
        elif self.trigger.rearms:
            again = scope.task_tree._add_child(self, TaskState.FUTURE)
            self.trigger.rearm(again, my_task)
            again._set_state(TaskState.WAITING)
        if payload is not None:
            my_task.put({self.event_id: payload})
        my_task._set_state(TaskState.STARTED)
        scope.top_workflow.open_scope(my_task, self.spec)
