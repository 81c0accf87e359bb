"""The tree of a FEEL expression: conditions, loops, contexts, functions and unary tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from decisions.feel.access import bind
from decisions.feel.nodes import Node, Scope, TypeName, deeper, passes
from decisions.feel.types import (
    ANY,
    ContextType,
    FunctionType,
    ListType,
    RangeType,
    Type,
    named,
)
from decisions.feel.values import MAX_LIST, Function, Range, State, Stop, Value, kind


class If(Node):
    __slots__ = ()

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        condition, then, otherwise = self.parts
        held = condition.evaluate(state, scope)
        if type(held) is not bool and held is not None:
            state.note(f"A {kind(held)} stands where true or false is needed.")
            return None
        return (then if held is True else otherwise).evaluate(state, scope)


class Steps(Node):
    """`a..b` after `in` of an iteration: every whole number (or day) from a to b, either way."""

    __slots__ = ()

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        low, high = (part.evaluate(state, scope) for part in self.parts)
        if type(low) is not type(high) or type(low) not in (Decimal, date):
            state.note(f"An iteration cannot go from a {kind(low)} to a {kind(high)}.")
            return None
        return Range(low, high, True, True)


def elements(value: Value, state: State, *, backwards: bool) -> list[Value] | Iterator[Value] | None:
    """What an iteration runs over; None when `value` cannot be iterated."""
    if type(value) is list:
        return value
    if type(value) is Range:
        return _span(value, state, backwards=backwards)
    return None if value is None else [value]


def _span(interval: Range, state: State, *, backwards: bool) -> Iterator[Value] | None:
    low, high = interval.low, interval.high
    if type(low) is date and type(high) is date:
        first, last = low.toordinal(), high.toordinal()
    elif type(low) is Decimal and type(high) is Decimal and max(abs(low), abs(high)) < Decimal(10) ** 15:
        if low != low.to_integral_value() or high != high.to_integral_value():
            state.note("An iteration needs whole numbers.")
            return None
        first, last = int(low), int(high)
    else:
        state.note("A range without whole ends cannot be iterated.")
        return None
    step = 1 if last >= first else -1
    if step < 0 and not backwards:
        state.note("A range that ends before it starts cannot be iterated.")
        return None
    first += 0 if interval.low_closed else step
    last -= 0 if interval.high_closed else step
    make = date.fromordinal if type(low) is date else Decimal
    return (make(number) for number in range(first, last + step, step))


class Iteration(Node):
    """What `for`, `some` and `every` share: names that run over lists."""

    __slots__ = ("variables",)

    def __init__(self, variables: Sequence[str], lists: Sequence[Node], body: Node) -> None:
        super().__init__(*lists, body)
        self.variables = tuple(variables)

    @property
    def body(self) -> Node:
        return self.parts[-1]

    def rounds(self, state: State, scope: Scope, index: int = 0) -> Iterator[Scope | None]:
        """One scope a round, the last variable running fastest; None when a list cannot be iterated."""
        if index == len(self.variables):
            yield scope
            return
        listed = self.parts[index]
        items = elements(listed.evaluate(state, scope), state, backwards=isinstance(listed, Steps))
        if items is None:
            yield None
            return
        for item in items:
            state.tick()
            yield from self.rounds(state, Scope({self.variables[index]: item}, scope), index + 1)

    def _free(self) -> frozenset[str]:
        found: frozenset[str] = self.body.free()
        for variable, items in reversed(list(zip(self.variables, self.parts, strict=False))):
            found = (found - {variable}) | items.free()
        return found


class For(Iteration):
    __slots__ = ("partial",)

    def __init__(self, variables: Sequence[str], lists: Sequence[Node], body: Node) -> None:
        super().__init__(variables, lists, body)
        self.partial = "partial" in body.free()

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        results: list[Value] = []
        for inner in self.rounds(state, scope):
            if inner is None:
                return None
            if self.partial:
                state.tick(len(results) // 100)
                inner = Scope({"partial": list(results)}, inner)
            results.append(self.body.evaluate(state, inner))
            if len(results) > MAX_LIST:
                raise Stop(f"A list grew beyond {MAX_LIST} items.")
        return results

    def _free(self) -> frozenset[str]:
        return super()._free() - {"partial"}


class Quantified(Iteration):
    """`some` (deciding=True) and `every` (deciding=False), three-valued."""

    __slots__ = ("deciding",)

    def __init__(self, deciding: bool, variables: Sequence[str], lists: Sequence[Node], body: Node) -> None:
        super().__init__(variables, lists, body)
        self.deciding = deciding

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        result: bool | None = not self.deciding
        for inner in self.rounds(state, scope):
            if inner is None:
                return None
            found = self.body.evaluate(state, inner)
            if found is self.deciding:
                return found
            if type(found) is not bool:
                if found is not None:
                    state.note(f"A {kind(found)} stands where true or false is needed.")
                    return None
                result = None
        return result


class ContextLiteral(Node):
    __slots__ = ("names",)

    def __init__(self, names: Sequence[str], values: Sequence[Node]) -> None:
        super().__init__(*values)
        self.names = tuple(names)

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick(1 + len(self.parts) // 4)
        entries: dict[str, Value] = {}
        inner = Scope(entries, scope)
        for name, part in zip(self.names, self.parts, strict=True):
            entries[name] = part.evaluate(state, inner)
        return dict(entries)

    def _free(self) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for name, part in reversed(list(zip(self.names, self.parts, strict=True))):
            found = (found - {name}) | part.free()
        return found


class FunctionLiteral(Node):
    __slots__ = ("parameters", "types")

    def __init__(self, parameters: Sequence[str], types: Sequence[TypeName | None], body: Node) -> None:
        super().__init__(body)
        self.parameters = tuple(parameters)
        self.types = tuple(types)

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        types = [ANY if type_ is None else type_.resolve(state) or ANY for type_ in self.types]
        return closure("function", self.parameters, types, self.parts[0], scope)

    def _free(self) -> frozenset[str]:
        return self.parts[0].free() - set(self.parameters)


def closure(name: str, parameters: Sequence[str], types: Sequence[Type], body: Node, scope: Scope) -> Function:
    """A function whose body is evaluated in `scope` with its parameters bound."""

    def call(state: State, values: list[Value], given: dict[str, Value]) -> Value:
        bound = bind(made, types, values, given, state)
        if bound is None:
            return None
        state.tick()
        with deeper(state, body.height):
            return body.evaluate(state, Scope(bound, scope))

    made = Function(name, parameters, call, FunctionType(tuple(types), ANY))
    return made


class UnaryTests(Node):
    """An input entry: any of the tests (or none, when negated); without tests it always holds."""

    __slots__ = ("negated",)

    def __init__(self, negated: bool, tests: Sequence[Node]) -> None:
        super().__init__(*tests)
        self.negated = negated

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        if not self.parts:
            return True
        value = scope.find("?", state)
        held: bool | None = False
        for test in self.parts:
            found = passes(test, value, state, scope)
            if found is True:
                held = True
                break
            held = None if found is None else held
        if self.negated:
            return None if held is None else not held
        return held


@dataclass(frozen=True)
class WrittenType(TypeName):
    """A type as the grammar's rule 66 writes it."""

    name: str
    arguments: tuple[WrittenType, ...] = ()
    entries: tuple[tuple[str, WrittenType], ...] = ()
    result: WrittenType | None = None

    def resolve(self, state: State) -> Type | None:
        if self.result is not None:
            return FunctionType(tuple(self._each(state)), self.result.resolve(state) or ANY)
        if self.name == "list" and self.arguments:
            return ListType(self._each(state)[0])
        if self.name == "range" and self.arguments:
            return RangeType(self._each(state)[0])
        if self.name == "context" and self.entries:
            return ContextType({name: entry.resolve(state) or ANY for name, entry in self.entries})
        own = state.types(self.name) if state.types else None
        return own if isinstance(own, Type) else named(self.name)

    def _each(self, state: State) -> list[Type]:
        return [argument.resolve(state) or ANY for argument in self.arguments]
