"""Data arrows at work: what a step is given when it begins, and what is kept of it when it ends."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflows.data_flow import Copy, StepData

GIVEN, MADE = "given", "made"
_NOTHING = object()


def give(my_task: Any, io: StepData) -> None:
    """The step begins: copy what its incoming arrows carry. What has no value yet is null."""
    given: dict[str, Any] = {}
    for copy in io.reads:
        if not copy.assignments and not copy.transformation:
            given[copy.target] = my_task.data.get(copy.source)
        else:
            _assign(my_task, copy, given)
    my_task.internal_data[GIVEN] = given


def _assign(my_task: Any, copy: Copy, into: dict[str, Any], more: Mapping[str, Any] | None = None) -> None:
    case = my_task.workflow.top_workflow
    if copy.transformation:
        into[copy.target] = case.value(my_task, copy.transformation, {**(more or {}), **into})
    for text, name in copy.assignments:
        into[name] = case.value(my_task, text, {**(more or {}), **into})


def set_aside(my_task: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a step sets: the values of its data outputs are held for the arrows; returns the rest."""
    io: StepData | None = getattr(my_task.task_spec, "io", None)
    if io is None or not io.writes:
        return dict(values)
    made = my_task.internal_data.setdefault(MADE, {})
    own = getattr(my_task.task_spec, "bpmn_id", "")
    made.update({name: value for name, value in values.items() if name in io.outputs or name == own})
    return {name: value for name, value in values.items() if name not in io.outputs}


def keep(my_task: Any, io: StepData) -> None:
    """The step ends: copy what its outgoing arrows carry. An output that was not set leaves its target alone."""
    made = my_task.internal_data.pop(MADE, {})
    result = made.get(my_task.task_spec.bpmn_id)
    seen = {**(result if isinstance(result, dict) else {}), **made}
    kept: dict[str, Any] = {}
    for copy in io.writes:
        if copy.assignments or copy.transformation:
            _assign(my_task, copy, kept, seen)
            continue
        value = _found(copy.source, seen, result, io)
        if value is not _NOTHING:
            kept[copy.target] = value
    if kept:
        my_task.put_through(kept)


def _found(source: str, seen: Mapping[str, Any], result: Any, io: StepData) -> Any:
    if source in seen:
        return seen[source]
    if result is None or len(io.outputs) != 1:
        return _NOTHING
    # one output and one result, whatever the step calls it: a message's single value, or the result itself
    return next(iter(result.values())) if isinstance(result, dict) and len(result) == 1 else result
