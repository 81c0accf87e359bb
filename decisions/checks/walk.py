"""The walk over a tree that tells what is known of every construct and reports what can never be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from decisions.checks.kinds import UNKNOWN, Fact, restrictions, type_of
from decisions.checks.names import Names
from decisions.checks.report import Desk
from decisions.errors import FeelSyntaxError
from decisions.feel.nodes import Node, Scope
from decisions.feel.types import Type
from decisions.feel.values import MAX_LIST, State, Stop, Value

# what all constant parts of a model may cost together; what comes after is taken as unknown
CONSTANT_STEPS = 400_000
SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)

Handler = Callable[["Walk", Any, Names], Fact]


class Model:
    """What the texts of one model share: its types, the names it has anywhere, steps left for constants.

    `homes` are names of elements -> how they are called in a requirement.
    """

    def __init__(self, find_type: Callable[[str], Type | None] | None = None, homes: frozenset[str] = frozenset()):
        self.find_type = find_type
        self.homes = homes
        self.steps = CONSTANT_STEPS

    def state(self) -> State:
        state = State(SOME_DAY, min(10_000, self.steps))
        state.types = self.find_type
        return state

    def evaluated(self, node: Node, names: Mapping[str, Value] | None = None) -> tuple[Value, Sequence[str]]:
        """The value of a construct that rests on `names` alone, with the reasons for a null.

        Raises:
            Stop: it costs more than is spent on it.
        """
        return self.run(lambda state: node.evaluate(state, Scope(dict(names or {}))))

    def run(self, work: Callable[[State], Value]) -> tuple[Value, Sequence[str]]:
        """As `evaluated`, for any work that takes a state."""
        state = self.state()
        if self.steps <= 0:
            raise Stop("The constants cost too much.", "steps")
        before = state.left
        try:
            return work(state), state.problems
        finally:
            self.steps -= before - max(state.left, 0) + 1

    def allows(self, type_: Type, value: Value) -> bool:
        """Whether a value passes what its type declares; true when it costs too much to tell."""
        for allowed in restrictions(type_):
            try:
                if self.run(partial(allowed, value))[0] is False:
                    return False
            except Stop:
                return True
        return True


class Walk:
    """One text being walked: `desk` takes the findings, `owner` is the element it belongs to."""

    def __init__(self, desk: Desk, model: Model, handlers: Mapping[type[Node], Handler], owner: str = "") -> None:
        self.desk = desk
        self.model = model
        self.owner = owner
        self._handlers = handlers

    def fact(self, node: Node, names: Names) -> Fact:
        """What is known of `node` where `names` are in force. As deep as the tree is high."""
        handler = self._handlers.get(type(node))
        if handler is None:
            for part in node.parts:
                self.fact(part, names)
            return UNKNOWN
        return handler(self, node, names)

    def type(self, node: Node, names: Names) -> Type:
        return self.fact(node, names).type

    def constant(self, node: Node, fallback: Type, remedy: str) -> Fact:
        """The value of `node`, all of whose parts are constant; one that is null for a reason is reported."""
        try:
            value, problems = self.model.evaluated(node)
        except Stop:
            return Fact(fallback)
        except FeelSyntaxError as fault:  # of a text that a function reads as FEEL
            value, problems = None, (str(fault),)
        if value is None and problems:
            self.desk.add(node, f"'{self.desk.quote(node)}' has no value.", remedy, "unreadable-cell")
            return UNKNOWN
        if type(value) is list and len(value) > MAX_LIST // 100:
            return Fact(type_of(value))
        return Fact(type_of(value), True, value)
