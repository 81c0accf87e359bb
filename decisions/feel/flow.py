"""The tree of a FEEL expression: conditions, loops, contexts, functions and unary tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from decisions.feel import closures
from decisions.feel.access import bind
from decisions.feel.calendar import day_at
from decisions.feel.nodes import MISSING, Node, Run, Scope, TypeName, tester
from decisions.feel.temporal import DAYS
from decisions.feel.types import (
    ANY,
    ContextType,
    FunctionType,
    ListType,
    RangeType,
    Type,
    written,
)
from decisions.feel.values import MAX_LIST, Function, Range, State, Stop, Value, kind


class If(Node):
    """`strict` where it stands in a box: a condition that is neither true, false nor null gives null."""

    __slots__ = ()

    def __init__(self, condition: Node, then: Node, otherwise: Node, *, strict: bool = False) -> None:
        super().__init__(condition, then, otherwise)
        self.run = closures.if_run(condition.run, then.run, otherwise.run, strict=strict)


class Steps(Node):
    """`a..b` after `in` of an iteration: every whole number (or day) from a to b, either way."""

    __slots__ = ()

    def __init__(self, low: Node, high: Node) -> None:
        super().__init__(low, high)
        from_, to = low.run, high.run

        def run(state: State, scope: Scope) -> Value:
            first, last = from_(state, scope), to(state, scope)
            if kind(first) != kind(last) or kind(first) not in ("number", "date"):
                state.note(f"An iteration cannot go from a {kind(first)} to a {kind(last)}.")
                return None
            return Range(first, last, True, True)

        self.run = run


def elements(value: Value, state: State, *, backwards: bool) -> list[Value] | Iterator[Value] | None:
    """What an iteration runs over; None when `value` cannot be iterated."""
    if type(value) is list:
        return value
    if type(value) is Range:
        return _span(value, state, backwards=backwards)
    if value is not None:
        state.note(f"An iteration runs over a list or a range, not over a {kind(value)}.")
    return None


def _span(interval: Range, state: State, *, backwards: bool) -> Iterator[Value] | None:
    low, high = interval.low, interval.high
    if type(low) in DAYS and type(high) in DAYS:
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
    make: Callable[[int], Value] = Decimal if type(low) is Decimal else day_at
    return (make(number) for number in range(first, last + step, step))


class Iteration(Node):
    """What `for`, `some` and `every` share: names that run over lists. The body is charged round by round."""

    __slots__ = ("variables",)
    frames = 2

    def __init__(self, variables: Sequence[str], lists: Sequence[Node], body: Node) -> None:
        super().__init__(*lists, body)
        self.variables = tuple(variables)
        self.cost -= body.cost

    @property
    def body(self) -> Node:
        return self.parts[-1]

    def rounds(self, state: State, scope: Scope) -> Iterator[Scope | None]:
        """One scope a round, the last variable running fastest; None when a list cannot be iterated."""
        return self._single(state, scope) if len(self.variables) == 1 else self._several(state, scope)

    def _single(self, state: State, scope: Scope) -> Iterator[Scope | None]:
        items = self.items(0, state, scope)
        if items is None:
            yield None
            return
        variable, cost = self.variables[0], 1 + self.body.cost
        for item in items:
            state.left -= cost
            if state.left < 0:
                state.tick()
            yield Scope({variable: item}, scope)

    def _several(self, state: State, scope: Scope) -> Iterator[Scope | None]:
        cost, count = self.body.cost, len(self.variables)
        scopes, running = [scope], list[Iterator[Value]]()
        while True:
            level = len(running)
            if level == count:
                state.tick(cost)
                yield scopes[-1]
            else:
                items = self.items(level, state, scopes[-1])
                if items is None:
                    yield None
                    return
                running.append(iter(items))
            while (item := next(running[-1], MISSING)) is MISSING:
                running.pop()
                if not running:
                    return
            state.tick()
            level = len(running)
            scopes[level:] = [Scope({self.variables[level - 1]: item}, scopes[level - 1])]

    def items(self, level: int, state: State, scope: Scope) -> list[Value] | Iterator[Value] | None:
        listed = self.parts[level]
        return elements(listed.run(state, scope), state, backwards=isinstance(listed, Steps))

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
        self.run = self._for_run(body.run)

    def _for_run(self, body: Run) -> Run:
        partial = self.partial

        def run(state: State, scope: Scope) -> Value:
            results: list[Value] = []
            for inner in self.rounds(state, scope):
                if inner is None:
                    return None
                if partial:
                    state.tick(len(results) // 50)
                    inner = Scope({"partial": results.copy()}, inner)
                results.append(body(state, inner))
                if len(results) > MAX_LIST:
                    raise Stop(f"A list grew beyond {MAX_LIST} items.")
            return results

        return run

    def _free(self) -> frozenset[str]:
        return super()._free() - {"partial"}


class Quantified(Iteration):
    """`some` (deciding=True) and `every` (deciding=False), three-valued.

    `strict` where it stands in a box: an answer that is neither true, false nor null gives null at once.
    """

    __slots__ = ("deciding",)

    def __init__(
        self, deciding: bool, variables: Sequence[str], lists: Sequence[Node], body: Node, *, strict: bool = False
    ) -> None:
        super().__init__(variables, lists, body)
        self.deciding = deciding
        self.run = self._quantified_run(body.run, strict=strict)

    def _quantified_run(self, body: Run, *, strict: bool) -> Run:
        deciding = self.deciding

        def run(state: State, scope: Scope) -> Value:
            result: bool | None = not deciding
            for inner in self.rounds(state, scope):
                if inner is None:
                    return None
                found = body(state, inner)
                if found is deciding:
                    return found
                if type(found) is not bool:
                    closures.undecided(state, found)
                    result = None
                    if strict and found is not None:
                        return None
            return result

        return run


class ContextLiteral(Node):
    __slots__ = ("names",)

    def __init__(self, names: Sequence[str], values: Sequence[Node]) -> None:
        super().__init__(*values)
        self.names = tuple(names)
        self.cost += len(values) // 4
        entries = tuple(zip(self.names, [part.run for part in values], strict=True))

        def run(state: State, scope: Scope) -> Value:
            made: dict[str, Value] = {}
            inner = Scope(made, scope)
            for name, part in entries:
                made[name] = part(state, inner)
            return made.copy()  # functions among the entries keep the scope itself

        self.run = run

    def _free(self) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for name, part in reversed(list(zip(self.names, self.parts, strict=True))):
            found = (found - {name}) | part.free()
        return found


class FunctionLiteral(Node):
    """The body is charged whenever the function is invoked."""

    __slots__ = ("parameters", "types")

    def __init__(self, parameters: Sequence[str], types: Sequence[TypeName | None], body: Node) -> None:
        super().__init__(body)
        self.parameters = tuple(parameters)
        self.types = tuple(types)
        self.cost = 1

        def run(state: State, scope: Scope) -> Value:
            wanted = [ANY if type_ is None else type_.resolve(state) or ANY for type_ in self.types]
            return closure("function", self.parameters, wanted, body, scope)

        self.run = run

    def _free(self) -> frozenset[str]:
        return self.parts[0].free() - set(self.parameters)


class ExternalFunction(Node):
    """A function in another language: never run. The standard lets it be null; a deployed model with one is refused."""

    __slots__ = ("parameters", "types")

    def __init__(self, parameters: Sequence[str], types: Sequence[TypeName | None], where: Node) -> None:
        super().__init__(where)
        self.parameters = tuple(parameters)
        self.types = tuple(types)

        def run(state: State, scope: Scope) -> Value:
            state.note("A function outside FEEL is not run.")

        self.run = run

    def _free(self) -> frozenset[str]:
        return frozenset()


def closure(name: str, parameters: Sequence[str], types: Sequence[Type], body: Node, scope: Scope) -> Function:
    """A function whose body is evaluated in `scope` with its parameters bound."""
    run, cost, height = body.run, 1 + body.cost, 1 + body.height

    def call(state: State, values: list[Value], given: dict[str, Value]) -> Value:
        bound = bind(made, types, values, given, state)
        if bound is None:
            return None
        state.tick(cost)
        state.enter(height)
        try:
            return run(state, Scope(bound, scope))
        finally:
            state.depth -= height

    made = Function(name, parameters, call, FunctionType(tuple(types), ANY))
    return made


class UnaryTests(Node):
    """An input entry: any of the tests (or none, when negated); without tests it always holds."""

    __slots__ = ("negated",)
    frames = 3

    def __init__(self, negated: bool, tests: Sequence[Node]) -> None:
        super().__init__(*tests)
        self.negated = negated
        holds = tester(tests)

        def run(state: State, scope: Scope) -> Value:
            return holds(state, scope, scope.find("?", state))

        def run_negated(state: State, scope: Scope) -> Value:
            held = holds(state, scope, scope.find("?", state))
            return None if held is None else not held

        self.run = (run_negated if negated else run) if tests else closures.constant_run(True)


@dataclass(frozen=True)
class WrittenType(TypeName):
    """A type as the grammar's rule 66 writes it."""

    name: str
    arguments: tuple[WrittenType, ...] = ()
    entries: tuple[tuple[str, WrittenType], ...] = ()
    result: WrittenType | None = None

    def resolve(self, state: State) -> Type | None:
        if self.result is None and not self.arguments and not self.entries:
            own = state.types(self.name) if state.types else None
            return own if isinstance(own, Type) else written(self.name)
        inner = [part.resolve(state) for part in (*self.arguments, *(entry for _, entry in self.entries))]
        result = self.result.resolve(state) if self.result is not None else ANY
        known = [part for part in inner if part is not None]
        if result is None or len(known) < len(inner):
            return None
        if self.name == "list":
            return ListType(known[0])
        if self.name == "range":
            return RangeType(known[0])
        if self.name == "context":
            return ContextType(dict(zip((name for name, _ in self.entries), known, strict=True)))
        return FunctionType(tuple(known), result)
