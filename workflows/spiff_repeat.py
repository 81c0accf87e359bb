"""Steps that happen several times: standard loops and multi-instance."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.spiff_events import Trigger
from workflows.spiff_specs import Step

MAX_INSTANCES = 1_000
FIRST = ".first"


class TooManyInstances(Exception):  # noqa: N818
    """A multi-instance step would open more than 1,000 instances."""


class NotAList(Exception):  # noqa: N818
    """The collection of a multi-instance step is not a list."""


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


@dataclass(frozen=True)
class Many:
    """What a drawing says about a multi-instance step; texts are FEEL.

    element: the variable of one item of the `collection`. gathered: the variable that gets the list of what the
    instances left in `left_in`. announces: what is thrown when an instance is done, each with its condition: "" for
    every one, `FIRST` for the first alone.
    """

    collection: str = ""
    element: str = ""
    cardinality: str = ""
    until: str = ""
    sequential: bool = False
    gathered: str = ""
    left_in: str = ""
    announces: tuple[tuple[str, Trigger], ...] = ()


class MultiStep(Repeated):
    """Multi-instance: every instance has variables of its own above the scope's; what each one set is
    collected, in the order of the collection, as a list under the step's id."""

    def __init__(self, *args: Any, many: Many, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.many = many
        self.collection, self.element, self.cardinality = many.collection, many.element, many.cardinality
        self.until, self.sequential = many.until, many.sequential

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
        result = local[self.bpmn_id] if list(local) == [self.bpmn_id] else local
        kept["results"][index] = local.get(self.many.left_in) if self.many.left_in else result
        kept["done"] += 1
        if not self._announced(my_task):
            return  # an event that was thrown ended the step
        if kept["done"] == len(kept["items"]) or self._enough(my_task):
            self._finish(my_task)
        elif self.sequential:
            self._next(my_task)

    def _announced(self, my_task: Any) -> bool:
        """Throw what the drawing says about an instance that is done; False when that ended the step."""
        case, done = my_task.workflow.top_workflow, my_task.internal_data["done"]
        for condition, trigger in self.many.announces:
            wanted = done == 1 if condition == FIRST else True
            if wanted and condition not in ("", FIRST):
                wanted = case.holds(my_task, condition, self._counted(my_task))
            if not wanted:
                continue
            case.announce(my_task, trigger)
            if my_task._state == TaskState.CANCELLED:
                return False
        return True

    def _counted(self, my_task: Any) -> dict[str, Any]:
        kept = my_task.internal_data
        done, opened = kept["done"], kept["next"]
        return {
            "nrOfInstances": len(kept["items"]),
            "nrOfCompletedInstances": done,
            "nrOfActiveInstances": opened - done,
            # the names of BPMN 2.0.2, table 10.30
            "numberOfInstances": opened,
            "numberOfCompletedInstances": done,
            "numberOfActiveInstances": opened - done,
            "numberOfTerminatedInstances": 0,
            self.bpmn_id: kept["results"],
        }

    def _enough(self, my_task: Any) -> bool:
        if not self.until:
            return False
        return my_task.workflow.top_workflow.holds(my_task, self.until, self._counted(my_task))

    def _run_hook(self, my_task: Any) -> bool:
        results = my_task.internal_data["results"]
        my_task.put({self.bpmn_id: results, **({self.many.gathered: results} if self.many.gathered else {})})
        return True
