"""Names in force while an expression is evaluated, and how deep evaluations may stand inside one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, DecimalException

from decisions.feel.values import NUMBERS, Function, State, Value, take_in

MISSING = object()
BUILT_INS: dict[str, Function] = {}  # filled by the package, once all of them are declared


class Scope:
    """Names in force; the outermost scope takes its values in from the caller on first use."""

    __slots__ = ("names", "outer", "source")

    def __init__(
        self, names: dict[str, Value], outer: Scope | None = None, source: Mapping[str, object] | None = None
    ) -> None:
        self.names = names
        self.outer = outer
        self.source = source

    def find(self, name: str, state: State) -> Value:
        """The value of `name`, MISSING when nothing in force is called so."""
        here: Scope | None = self
        while here is not None:
            names = here.names
            if name in names:
                return names[name]
            source = here.source
            if source is not None and name in source:
                value = names[name] = taken(source[name], state)
                return value
            here = here.outer
        return MISSING


class Evaluation(Scope, State):
    """One evaluation of a text, which is its own outermost scope."""

    __slots__ = ()

    def __init__(self, now: datetime, budget: int, source: Mapping[str, object]) -> None:
        if now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
        self.now = now
        self.left = budget
        self.names = {}
        self.outer = None
        self.source = source


Run = Callable[[State, Scope], Value]


def taken(value: Value, state: State) -> Value:
    """`take_in`, with the kind that conditions meet most tried first."""
    if type(value) is Decimal:
        try:
            number = NUMBERS.plus(value)
        except DecimalException:
            return take_in(value, state)
        return number if number.is_finite() else take_in(value, state)
    return take_in(value, state)


@contextmanager
def deeper(state: State, by: int) -> Iterator[None]:
    """Guard an invocation: the sum of heights inside one another stays bounded."""
    state.enter(by)
    try:
        yield
    finally:
        state.depth -= by
