"""What can still become of the tokens of one scope: whether they can all end, and at which joins some may be left.

A token game over the drawing alone: every condition may turn out either way, every person and job comes to an end,
an interrupting boundary event may happen or not. What is found here is a possibility, never a prediction. Choices of
different tokens do not disturb one another in a drawing, so only one token's choice is opened at a time.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from workflows import spiff_specs as kinds
from workflows.spiff_case import WAITING
from workflows.spiff_events import Failure, Terminate
from workflows.spiff_gates import ComplexGateway
from workflows.spiff_repeat import Repeated
from workflows.spiff_triggers import Cancel, events_in

MOST_MARKINGS = 3_000
MOST_TOKENS = 60
MOST_STEPS = 20_000

# (name of the spec where a token stands, "" or the flow it came by while it waits at a join)
Stand = tuple[str, str]
Marking = frozenset[tuple[Stand, int]]


@dataclass(frozen=True)
class Outlook:
    """hangs: ids of joins where a token may be left for ever; ends: some way leads to the end; known: False when
    there is too much to look through, then nothing is claimed."""

    hangs: frozenset[str] = frozenset()
    ends: bool = True
    known: bool = True


class _TooMuch(Exception):  # noqa: N818 - never leaves this module
    pass


def outlook(scope: Any) -> Outlook:
    """What can become of the tokens that stand in a running scope now."""
    return _outlook(scope.spec, Counter(_stands(scope, frozenset())))


def outlook_after(scope: Any, ended: Iterable[Any], at: str) -> Outlook:
    """The same without some of its units (`surgery.unit_of`) and with a token at the spec `at`."""
    tokens = Counter(_stands(scope, frozenset(unit.id for unit in ended)))
    tokens[at, ""] += 1
    return _outlook(scope.spec, tokens)


def lost(after: Outlook, before: Outlook) -> frozenset[str]:
    """Ids of the joins at which tokens may be left now and could not before; empty when nothing is made worse."""
    if not after.known or not before.known:
        return frozenset()
    return after.hangs if before.ends and not after.ends else after.hangs - before.hangs


def forward(spec: Any, start: str) -> frozenset[str]:
    """A node and everything drawn behind it; the ways that close a loop are not followed."""
    back, order, path = set(), set(), set()
    todo: list[tuple[str, bool]] = [(spec.start.name, False)]
    while todo:
        name, done = todo.pop()
        if done:
            path.discard(name)
        elif name not in order:
            order.add(name)
            path.add(name)
            todo.append((name, True))
            for target in spec.task_specs[name]._outputs:
                if target in path:
                    back.add((name, target))
                else:
                    todo.append((target, False))
    seen, open_ends = {start}, [start]
    while open_ends:
        name = open_ends.pop()
        ahead = [t for t in spec.task_specs[name]._outputs if (name, t) not in back and t not in seen]
        seen.update(ahead)
        open_ends += ahead
    return frozenset(seen)


def _outlook(spec: Any, tokens: Counter[Stand]) -> Outlook:
    if any(isinstance(one, ComplexGateway) or _counts(one) for one in spec.task_specs.values()):
        return Outlook(known=False)
    game = _Game(spec)
    if any(game.stops(name) for name, via in tokens if not via):
        return Outlook()
    try:
        return game.play(tokens)
    except _TooMuch:
        return Outlook(known=False)


def _counts(spec: Any) -> bool:
    """Whether a step takes or gives several tokens at once."""
    return getattr(spec, "needs", 1) > 1 or getattr(spec, "quantity", 1) > 1


def _stands(scope: Any, without: frozenset[Any]) -> Iterator[Stand]:
    """Where the tokens of a scope stand; an activity with its boundary events and a race are one place each."""
    races: set[Any] = set()
    for token in scope.live():
        spec, parent = token.task_spec, token.parent
        around = parent.task_spec if parent is not None else None
        if isinstance(around, Repeated) or _only_watches(token) or {token.id, token._parent} & without:
            continue
        if isinstance(around, kinds.RaceGateway) and token._state == WAITING:
            if parent.id not in races:
                races.add(parent.id)
                yield around.name, ""
        elif isinstance(around, kinds.Guarded) and not isinstance(spec, kinds.BoundaryEvent):
            yield around.name, ""
        else:
            waits = isinstance(spec, kinds.Joining) and token._state == WAITING
            yield spec.name, token.internal_data["via"] if waits else ""


def _only_watches(token: Any) -> bool:
    waiting = token._state == WAITING
    return waiting and isinstance(token.task_spec, kinds.BoundaryEvent | kinds.EventSubProcess)


class _Game:
    def __init__(self, spec: Any) -> None:
        self.spec = spec
        self.steps = 0
        self.hangs: set[str] = set()
        self.ends = False

    def play(self, tokens: Counter[Stand]) -> Outlook:
        seen: set[Marking] = set()
        todo = [tokens]
        while todo:
            now = self._settled(todo.pop())
            key = frozenset(now.items())
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > MOST_MARKINGS:
                raise _TooMuch
            if not now:
                self.ends = True
                continue
            following = list(self._choices(now)) or list(self._inclusive(now))
            todo.extend(following)
            if not following:
                self.hangs |= {self._id(name) for name, _via in now}
        return Outlook(frozenset(self.hangs), self.ends)

    def _settled(self, tokens: Counter[Stand]) -> Counter[Stand]:
        """Every token that has one way only is moved along until nothing but choices and joins are left."""
        moved = True
        while moved:
            moved = False
            for stand in list(tokens):
                self._count(tokens)
                if stand not in tokens:
                    continue
                ways = self._ways(stand[0]) if not stand[1] else None
                if ways is not None and len(ways) == 1:
                    _take(tokens, stand)
                    if not self._arrive(tokens, stand[0], ways[0]):
                        return Counter()
                    moved = True
            moved = self._joined(tokens) or moved
        return tokens

    def _count(self, tokens: Counter[Stand]) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS or sum(tokens.values()) > MOST_TOKENS:
            raise _TooMuch

    def _arrive(self, tokens: Counter[Stand], source: str, targets: tuple[str, ...]) -> bool:
        """False: the way ends the whole scope."""
        for name in targets:
            if self.stops(name):
                return False
            spec = self.spec.task_specs[name]
            waits = isinstance(spec, kinds.Joining) and len(spec._inputs) > 1
            tokens[name, source if waits else ""] += 1
        return True

    def stops(self, name: str) -> bool:
        """Whether a node ends its whole scope when a token comes there."""
        spec = self.spec.task_specs[name]
        return isinstance(spec, kinds.ThrowEvent) and any(
            isinstance(event, Terminate | Failure | Cancel) for event in events_in(spec.trigger)
        )

    def _joined(self, tokens: Counter[Stand]) -> bool:
        """Let each parallel join go that has a token of every incoming flow."""
        moved = False
        for name in {name for name, via in tokens if via}:
            spec = self.spec.task_specs[name]
            if isinstance(spec, kinds.InclusiveGateway) or not isinstance(spec, kinds.Joining):
                continue
            arrivals = [(name, via) for via in dict.fromkeys(spec._inputs)]
            while all(tokens[stand] for stand in arrivals):
                for stand in arrivals:
                    _take(tokens, stand)
                tokens[name, ""] += 1
                moved = True
            for stand in arrivals:
                if not tokens[stand]:
                    del tokens[stand]
        return moved

    def _choices(self, tokens: Counter[Stand]) -> Iterator[Counter[Stand]]:
        """Every outcome of the first token that has a choice."""
        for stand in sorted(tokens):
            ways = () if stand[1] else self._ways(stand[0])
            if len(ways) < 2:
                continue
            for way in ways:
                after = Counter(tokens)
                _take(after, stand)
                yield after if self._arrive(after, stand[0], way) else Counter()
            return

    def _inclusive(self, tokens: Counter[Stand]) -> Iterator[Counter[Stand]]:
        """The first inclusive join that nothing else can reach any more goes on."""
        for name in sorted({name for name, via in tokens if via}):
            spec = self.spec.task_specs[name]
            if not isinstance(spec, kinds.InclusiveGateway):
                continue
            here = {via for at, via in tokens if at == name}
            empty = frozenset(spec._inputs) - here
            reaches = [self.spec.reach_of(at, name) for at, _via in tokens if at != name]
            if any(reach & empty and not reach & here for reach in reaches):
                continue
            after = Counter(tokens)
            for via in here:
                _take(after, (name, via))
            after[name, ""] += 1
            yield after
            return

    def _ways(self, name: str) -> list[tuple[str, ...]]:
        """The alternatives of a token that leaves a node: each the nodes it then stands at."""
        spec = self.spec.task_specs[name]
        outputs = tuple(spec._outputs)
        if isinstance(spec, kinds.Guarded):
            return self._around(outputs)
        if isinstance(spec, kinds.RaceGateway):
            return [tuple(self.spec.task_specs[event]._outputs) for event in outputs]
        if isinstance(spec, kinds.InclusiveGateway) and len(outputs) > 1:
            most = len(outputs) if len(outputs) <= 5 else 1
            some = [way for size in range(1, most + 1) for way in combinations(outputs, size)]
            return some if most > 1 else [*some, outputs]
        if isinstance(spec, kinds.Choosing) and len(outputs) > 1:
            return [(target,) for target in outputs]
        return [outputs]

    def _around(self, outputs: tuple[str, ...]) -> list[tuple[str, ...]]:
        """An activity ends, or one of its interrupting events ends it; what beside it happens ends by itself."""
        ways: list[tuple[str, ...]] = []
        for name in outputs:
            spec = self.spec.task_specs[name]
            if not isinstance(spec, kinds.BoundaryEvent):
                ways.extend(self._ways(name))
            elif spec.interrupting:
                ways.append(tuple(spec._outputs))
        return list(dict.fromkeys(ways))

    def _id(self, name: str) -> str:
        return str(getattr(self.spec.task_specs[name], "bpmn_id", None) or name)


def _take(tokens: Counter[Stand], stand: Stand) -> None:
    tokens[stand] -= 1
    if tokens[stand] <= 0:
        del tokens[stand]
