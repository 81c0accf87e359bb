"""Tokens of one scope that run side by side, and what would come twice were one led to where the other stands."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from workflows import spiff_specs as kinds
from workflows.spiff_case import WAITING
from workflows.spiff_repeat import Repeated


def twice(scope: Any, back: Mapping[str, str], was: Any, to: Callable[[str], str]) -> str:
    """The first spec that other tokens would come to while or after one stands there, joins observed; "" for none.

    scope: as it stands on its new spec; was: the spec it had, where the same is no news. back: new name -> old name;
    to: the way round.
    """
    waiting = _arrived(scope)
    counted = Counter(_units(scope))
    for name in sorted(counted):
        others = [other for other in counted if other != name]
        if counted[name] > 1 and name not in back:
            return name
        if name not in _ahead(scope.spec, others, name, waiting):
            continue
        before = [back[other] for other in others if other in back]
        arrived = {(back.get(join, join), back.get(via, via)) for join, via in waiting}
        if name not in back or back[name] not in _ahead(was, before, back[name], arrived):
            return name
    return ""


def _arrived(scope: Any) -> set[tuple[str, str]]:
    """(join, flow it came by) of the tokens that wait at joins."""
    return {
        (token.task_spec.name, token.internal_data["via"])
        for token in scope.live()
        if isinstance(token.task_spec, kinds.Joining) and token._state == WAITING
    }


def _units(scope: Any) -> Iterator[str]:
    """Names of the specs where tokens stand that are independent of one another, but for those that wait at a join."""
    races: set[Any] = set()
    for token in scope.live():
        spec, parent = token.task_spec, token.parent
        around = parent.task_spec if parent is not None else None
        waits = token._state == WAITING
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


def _ahead(spec: Any, starts: Iterable[str], stays: str, waiting: set[tuple[str, str]]) -> set[str]:
    """Names that tokens at `starts` can come to while one stays at `stays`.

    A parallel join lets them through when each of its flows can be reached or has somebody waiting; an inclusive one
    also when the one that stays cannot come to it.
    """
    seen: set[str] = set()
    came: set[tuple[str, str]] = set(waiting)
    held = _plain(spec, stays)
    todo = list(starts)
    while todo:
        source = todo.pop()
        if source not in spec.task_specs:
            continue
        for name in spec.task_specs[source]._outputs:
            came.add((name, source))
            target = spec.task_specs[name]
            if name in seen or not _goes_through(target, came, held):
                continue
            seen.add(name)
            todo.append(name)
    return seen


def _goes_through(target: Any, came: set[tuple[str, str]], held: set[str]) -> bool:
    if not isinstance(target, kinds.Joining) or len(target._inputs) < 2:
        return True
    if isinstance(target, kinds.InclusiveGateway) and target.name not in held:
        return True
    return all((target.name, via) in came for via in target._inputs)


def _plain(spec: Any, start: str) -> set[str]:
    """Everything drawn behind a node."""
    seen, todo = set(), [start]
    while todo:
        for name in spec.task_specs[todo.pop()]._outputs:
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen
