"""Tokens of one scope that run side by side, and what would come twice were one led to where the other stands."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows import spiff_specs as kinds
from workflows.spiff_repeat import Repeated


def twice(scope: Any, back: Mapping[str, str], was: Any, to: Callable[[str], str]) -> str:
    """The first spec that a token would come to, with no join between, while or after another one does; "" for none.

    scope: as it stands on its new spec; was: the spec it had, where the same is no news. back: new name -> old name;
    to: the way round.
    """
    counted = Counter(_units(scope))
    for name in sorted(counted):
        if counted[name] > 1 and name not in back:
            return name
        ahead = _before_joins(scope.spec, name)
        old = {to(one) for one in _before_joins(was, back[name])} if name in back else set()
        for other in sorted(counted):
            if other != name and other in ahead and other not in old:
                return other
    return ""


def _units(scope: Any) -> Iterator[str]:
    """Names of the specs where tokens stand that are independent of one another, but for those that wait at a join."""
    races: set[Any] = set()
    for token in scope.live():
        spec, parent = token.task_spec, token.parent
        around = parent.task_spec if parent is not None else None
        waits = token._state == TaskState.WAITING
        if isinstance(around, Repeated) or (waits and isinstance(spec, _LISTENING)):
            continue
        if isinstance(around, kinds.RaceGateway) and waits:
            if parent.id not in races:
                races.add(parent.id)
                yield around.name
        elif isinstance(around, kinds.Guarded) and not isinstance(spec, kinds.BoundaryEvent):
            yield around.name
        elif not (isinstance(spec, kinds.Joining) and waits):
            yield spec.name


_LISTENING = kinds.BoundaryEvent | kinds.EventSubProcess


def _before_joins(spec: Any, start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for name in spec.task_specs[todo.pop()]._outputs:
            if name in seen:
                continue
            seen.add(name)
            target = spec.task_specs[name]
            if not (isinstance(target, kinds.Joining) and len(target._inputs) > 1):
                todo.append(name)
    return seen
