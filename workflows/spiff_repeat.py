"""Steps that happen several times: standard loops and multi-instance."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.spiff_specs import Step

MAX_INSTANCES = 1_000


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
