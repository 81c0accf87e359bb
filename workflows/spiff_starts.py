"""The beginning of a scope: which of its starts an instance came from, and what that start brought."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.util.task import TaskState

from workflows.starts import StartSpec

ROOT = ".start"


class Begin(BpmnStartTask):
    """The root of a scope. Its token keeps `at`, the start that happened, and `payload`, what came with it."""

    def __init__(self, wf_spec: Any) -> None:
        super().__init__(wf_spec, ROOT)
        self.entries: dict[str, list[str]] = {}  # id of a start -> names of the steps that begin with it
        self.plain: list[str] = []  # what begins when nobody says at which start

    def add(self, start: StartSpec, names: list[str]) -> None:
        """A start of the scope and the steps that begin with it."""
        for name in names:
            spec = self._wf_spec.task_specs[name]
            if name not in self._outputs:
                self.connect(spec)
        self.entries[start.id] = names
        if start.kind == "none":
            self.plain += names

    def _predict_hook(self, my_task: Any) -> None:
        at = my_task.internal_data.get("at")
        names = self.entries[at] if at else self.plain or list(self._outputs)
        my_task._sync_children([self._wf_spec.task_specs[name] for name in names], TaskState.FUTURE)

    def _run_hook(self, my_task: Any) -> bool:
        at = my_task.internal_data.get("at")
        for name in self._wf_spec.task_specs[at]._inputs if at in self._wf_spec.task_specs else ():
            # A gateway that creates the instance is passed with the event behind it.
            gateway = getattr(self._wf_spec.task_specs[name], "bpmn_id", None)
            if gateway and getattr(self._wf_spec.task_specs[name], "keeps_children", False):
                case = my_task.workflow.top_workflow
                case.done[gateway] = case.done.get(gateway, 0) + 1
                case.taken[gateway, at] = None
        return True


def happened(my_task: Any, bpmn_id: str) -> bool:
    """Whether the instance began with the event at `my_task`, which is then not waited for again."""
    root = my_task.parent
    return root is not None and isinstance(root.task_spec, Begin) and root.internal_data.get("at") == bpmn_id


def brought(my_task: Any) -> Any:
    """What the event brought with which the instance began, or None."""
    return my_task.parent.internal_data.get("payload")
