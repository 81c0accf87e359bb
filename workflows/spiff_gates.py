"""The complex gateway: goes on when its condition on the flows that have come is true, then swallows the rest.

SpiffWorkflow 3.2.0 refuses it. Source: BPMN 2.0.2, 13.4.5.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.spiff_specs import InclusiveGateway, NoWay

_CAME = "came"  # on the token that stands for "waiting for reset": the flows that have given their token


class ComplexGateway(InclusiveGateway):
    """activation: FEEL over `activationCount`, how many incoming flows have a token, and the case's variables.

    After it went on it waits until every other flow gave its token or cannot any more; what comes is swallowed.
    Conditions on its outgoing flows may ask `waitingForStart`; those that hold at the reset get a token, too.
    """

    def __init__(self, *args: Any, activation: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.activation = activation

    def _arrived(self, my_task: Any) -> bool:
        my_task._set_state(TaskState.WAITING)
        if self._resetting(my_task.workflow) is not None:
            return False
        # the flow that gave the last token goes on, so that the way it came is still noted
        into = self._activate(my_task.workflow, my_task.internal_data["via"])
        if into is not None and into is not my_task:
            into._ready()
        return into is my_task

    def arrivals(self, workflow: Any) -> dict[str, Any]:
        found = super().arrivals(workflow)
        found.pop(_CAME, None)
        return found

    def _resetting(self, workflow: Any) -> Any:
        tokens = workflow.tasks.values()
        waiting = (t for t in tokens if t.task_spec is self and t._state == TaskState.WAITING)
        return next((t for t in waiting if _CAME in t.internal_data), None)

    def _activate(self, workflow: Any, via: str = "") -> Any:
        """The token that goes on, of the flow `via` or of the oldest; None while the condition does not hold."""
        found = self.arrivals(workflow)
        if not found:
            return None
        into = found.get(via) or next(iter(found.values()))
        lent = {"activationCount": len(found), "waitingForStart": True}
        if not workflow.top_workflow.holds(into, self.activation, lent):
            return None
        self.merge(list(found.values()), into)
        marker = workflow.task_tree._add_child(self, TaskState.FUTURE)
        marker.internal_data.update({"via": _CAME, _CAME: sorted(found)})
        marker._set_state(TaskState.WAITING)
        return into

    def settle(self, workflow: Any) -> bool:
        """Begin anew when no flow that is still waited for can give a token any more."""
        marker = self._resetting(workflow)
        if marker is None:
            into = self._activate(workflow)
            if into is not None:
                into._ready()
            return into is not None
        came = set(marker.internal_data[_CAME])
        late = {name: token for name, token in self.arrivals(workflow).items() if name not in came}
        missing = frozenset(self._inputs) - came - late.keys()
        have = frozenset(came | late.keys())
        for token in workflow.tasks.values():
            if token.task_spec is self or not TaskState.WAITING <= token._state < TaskState.COMPLETED:
                continue
            reach = self._wf_spec.reach_of(token.task_spec.name, self.name)
            if reach & missing and not reach & have:
                return False
        for token in late.values():
            token.discard()
        if any(text is not None for text, _name in self.cond_task_specs):
            marker._ready()
        else:
            scope = marker.workflow
            marker.discard()
            scope.top_workflow.close_if_empty(scope)
        return True

    def _run_hook(self, my_task: Any) -> bool:
        starts = _CAME not in my_task.internal_data
        holds, lent = my_task.workflow.top_workflow.holds, {"waitingForStart": starts}
        chosen = [name for text, name in self.cond_task_specs if text is not None and holds(my_task, text, lent)]
        if starts:
            chosen = chosen or [name for text, name in self.cond_task_specs if text is None]
            if not chosen:
                raise NoWay(self.bpmn_id)
        my_task._sync_children([self._wf_spec.task_specs[name] for name in chosen], TaskState.FUTURE)
        return True
