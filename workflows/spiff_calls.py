"""Call activities at work: a called process has variables of its own, and is given and gives back what is named."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workflows.calls import Call, Handover
from workflows.spiff_data import GIVEN
from workflows.spiff_specs import SubProcess

Evaluate = Callable[[str], Any]


class CallStep(SubProcess):
    """Opens the called process as a scope that sees nothing of the caller but what it is given."""

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, scope=call.called, **kwargs)
        self.call = call

    def given(self, my_task: Any) -> dict[str, Any]:
        """The variables the called process begins with."""
        found = _handed(self.call.given, my_task.data, lambda text: _value(my_task, text))
        return {**found, **my_task.internal_data.get(GIVEN, {})}

    def _run_hook(self, my_task: Any) -> bool:
        # The called process is over; its variables stand in its scope until this step is left.
        case = my_task.workflow.top_workflow
        inner = case.subprocesses[my_task.id].data
        found = _handed(self.call.taken, inner, lambda text: case.script_engine.value_over(my_task, text, inner))
        if self.io is not None:  # the data outputs of the called process, by their names
            found.update({name: inner[name] for name in self.io.outputs if name in inner})
        if found:
            my_task.put(found)
        return True


def _value(my_task: Any, text: str) -> Any:
    return my_task.workflow.top_workflow.value(my_task, text)


def _handed(handovers: tuple[Handover, ...], source: Mapping[str, Any], evaluate: Evaluate) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in handovers:
        if one.everything:
            found.update(source)
        elif one.expression:
            found[one.target] = evaluate(one.expression)
        else:
            found[one.target] = source.get(one.source)
    return found
