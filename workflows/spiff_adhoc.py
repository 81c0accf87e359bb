"""Ad-hoc subprocesses: what is offered, and when it is over. The rules are in decision 0018.

SpiffWorkflow 3.2.0 wants a data object inside, knows no order and runs every step at once.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.spiff_repeat import Repeated
from workflows.spiff_specs import EventSubProcess
from workflows.steps import ACTIVITY_KINDS, StepSpec

_OPEN = frozenset((TaskState.WAITING, TaskState.READY, TaskState.STARTED, TaskState.ERROR))


@dataclass(frozen=True)
class AdHoc:
    """The rules of one ad-hoc subprocess, kept in its spec.

    entries: names of the steps that nothing leads to. one_by_one: each is offered when nothing else is open.
    condition: FEEL text, "" when it is over as soon as nothing is left to do. stops: what is open then is ended.
    """

    entries: tuple[str, ...]
    one_by_one: bool
    condition: str
    stops: bool

    def offer(self, scope: Any) -> bool:
        """Open the next step of a scope in which nothing is open; False when there is none."""
        kept = scope.task_tree.internal_data
        number = kept.get("offered", 1 if self.one_by_one else len(self.entries))
        if "over" in kept or number >= len(self.entries):
            return False
        kept["offered"] = number + 1
        token = scope.task_tree._add_child(scope.spec.task_specs[self.entries[number]], TaskState.FUTURE)
        token.task_spec._update(token)
        return True

    def left(self, token: Any, following: list[Any]) -> None:
        """A token of the scope is done with its step; `following`: the tokens that go on from there."""
        scope, kept = token.workflow, token.workflow.task_tree.internal_data
        if _is_activity(token.task_spec) and "over" not in kept:
            kept["done"] = kept.get("done", 0) + 1
            if self.condition and self._holds(token, kept):
                kept["over"] = True
                if self.stops:
                    scope.clear()
        if "over" in kept:
            for child in following:
                if child.id in scope.tasks:
                    child.discard()

    def _holds(self, token: Any, kept: dict[str, Any]) -> bool:
        scope = token.workflow
        open_ = {t.task_spec.bpmn_id for t in scope.tasks.values() if t._state in _OPEN and _is_activity(t.task_spec)}
        watching = {spec.bpmn_id for spec in scope.spec.watchers}
        offered = kept.get("offered", 1 if self.one_by_one else len(self.entries))
        lent = {
            "nrOfCompletedInstances": kept["done"],
            "nrOfActiveInstances": len(open_ - watching) + len(self.entries) - offered,
        }
        return bool(scope.top_workflow.holds(token, self.condition, lent))


def _is_activity(spec: Any) -> bool:
    details = getattr(spec, "details", None)
    if isinstance(spec, EventSubProcess) or not isinstance(details, StepSpec):
        return False
    return details.kind in ACTIVITY_KINDS or isinstance(spec, Repeated)
