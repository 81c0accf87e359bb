"""The tree of a FEEL expression: values, names, operators, paths, filters and invocations.

Every node evaluates itself; `parts` are the nodes below it, `height` bounds the recursion.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from decisions.feel.operators import arithmetic, comparison, negate, within
from decisions.feel.types import AllowedType, Type
from decisions.feel.values import MAX_NESTING, Function, Range, State, Stop, Value, compare, kind, take_in

MAX_DEPTH = 250  # heights of all function bodies being evaluated inside one another
MISSING = object()


class TooDeep(Exception):
    """A tree higher than MAX_NESTING."""


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
            if name in here.names:
                return here.names[name]
            if here.source is not None and name in here.source:
                value = here.names[name] = take_in(here.source[name], state)
                return value
            here = here.outer
        return MISSING


@contextmanager
def deeper(state: State, by: int) -> Iterator[None]:
    """Guard an invocation: the sum of heights inside one another stays bounded."""
    state.depth += by
    try:
        if state.depth > MAX_DEPTH:
            raise Stop("Functions call one another too deeply.")
        yield
    finally:
        state.depth -= by


class Node(ABC):
    """One construct of the grammar."""

    __slots__ = ("height", "known_free", "parts")

    def __init__(self, *parts: Node) -> None:
        self.parts = parts
        self.known_free: frozenset[str] | None = None
        self.height: int = 1 + max((part.height for part in parts), default=0)
        if self.height > MAX_NESTING:
            raise TooDeep

    @abstractmethod
    def evaluate(self, state: State, scope: Scope) -> Value:
        """The value in `scope`; what cannot be computed is null, with a note in `state`."""

    def free(self) -> frozenset[str]:
        """Names this construct takes from around itself."""
        if self.known_free is None:
            self.known_free = self._free()
        return self.known_free

    def _free(self) -> frozenset[str]:
        return frozenset().union(*(part.free() for part in self.parts))


class Const(Node):
    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value

    def evaluate(self, state: State, scope: Scope) -> Value:
        return self.value


class Name(Node):
    __slots__ = ("name",)
    built_ins: Mapping[str, Function] = {}

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        value = scope.find(self.name, state)
        if value is MISSING:
            value = self.built_ins.get(self.name)
            if value is None:
                state.note(f"The name '{self.name}' is not known here.")
        return value

    def _free(self) -> frozenset[str]:
        return frozenset((self.name,))


class ListLiteral(Node):
    __slots__ = ()

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick(1 + len(self.parts) // 4)
        return state.sized([part.evaluate(state, scope) for part in self.parts])


class RangeLiteral(Node):
    __slots__ = ("high_closed", "low_closed")

    def __init__(self, low: Node, high: Node, low_closed: bool, high_closed: bool) -> None:
        super().__init__(low, high)
        self.low_closed = low_closed
        self.high_closed = high_closed

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        low, high = self.parts[0].evaluate(state, scope), self.parts[1].evaluate(state, scope)
        if low is None or high is None or compare(low, high) is None:
            state.note(f"A range cannot go from a {kind(low)} to a {kind(high)}.")
            return None
        return Range(low, high, self.low_closed, self.high_closed)


class Arithmetic(Node):
    """A run of operators of one strength, from left to right."""

    __slots__ = ("operators",)

    def __init__(self, operators: Sequence[str], operands: Sequence[Node]) -> None:
        super().__init__(*operands)
        self.operators = tuple(operators)

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick(len(self.parts))
        value = self.parts[0].evaluate(state, scope)
        for operator, part in zip(self.operators, self.parts[1:], strict=True):
            value = arithmetic(operator, value, part.evaluate(state, scope), state)
        return value


class Negation(Node):
    __slots__ = ()

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        return negate(self.parts[0].evaluate(state, scope), state)


class Logic(Node):
    """Three-valued `and` (deciding=False) or `or` (deciding=True) of any number of operands."""

    __slots__ = ("deciding",)

    def __init__(self, deciding: bool, operands: Sequence[Node]) -> None:
        super().__init__(*operands)
        self.deciding = deciding

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        result: bool | None = not self.deciding
        for part in self.parts:
            value = part.evaluate(state, scope)
            if value is self.deciding:
                return value
            if type(value) is not bool:
                if value is not None:
                    state.note(f"A {kind(value)} stands where true or false is needed.")
                result = None
        return result


class Comparison(Node):
    __slots__ = ("operator",)

    def __init__(self, operator: str, left: Node, right: Node) -> None:
        super().__init__(left, right)
        self.operator = operator

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        left, right = self.parts
        return comparison(self.operator, left.evaluate(state, scope), right.evaluate(state, scope), state)


class Between(Node):
    __slots__ = ()

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        value, low, high = (part.evaluate(state, scope) for part in self.parts)
        above, below = comparison(">=", value, low, state), comparison("<=", value, high, state)
        if above is None or below is None:
            return None
        return above and below


class In(Node):
    __slots__ = ()

    def evaluate(self, state: State, scope: Scope) -> Value:
        """true when any test holds, else null when any cannot be told, else false."""
        state.tick()
        value = self.parts[0].evaluate(state, scope)
        inner = Scope({"?": value}, scope)
        result: bool | None = False
        for test in self.parts[1:]:
            held = passes(test, value, state, inner)
            if held is True:
                return True
            if held is None:
                result = None
        return result

    def _free(self) -> frozenset[str]:
        tests = frozenset().union(*(part.free() for part in self.parts[1:]))
        return self.parts[0].free() | (tests - {"?"})


class OperatorTest(Node):
    """`< 5` and its kin: a test of the value in force, or the range (list, for !=) of what passes it."""

    __slots__ = ("operator",)

    def __init__(self, operator: str, bound: Node) -> None:
        super().__init__(bound)
        self.operator = operator

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        bound = self.parts[0].evaluate(state, scope)
        if bound is None or (self.operator != "=" and compare(bound, bound) is None):
            state.note(f"A {kind(bound)} cannot bound a range.")
            return None
        if self.operator == "=":
            return Range(bound, bound, True, True)
        closed = self.operator in ("<=", ">=")
        upward = self.operator in (">", ">=")
        return Range(bound, None, closed, False) if upward else Range(None, bound, False, closed)

    def holds(self, value: Value, state: State, scope: Scope) -> bool | None:
        state.tick()
        return comparison(self.operator, value, self.parts[0].evaluate(state, scope), state)


def passes(test: Node, value: Value, state: State, scope: Scope) -> bool | None:
    """Whether `value`, in scope as `?`, passes one positive unary test (grammar rule 7)."""
    if isinstance(test, OperatorTest):
        return test.holds(value, state, scope)
    found = test.evaluate(state, scope)
    if found is None and isinstance(test, RangeLiteral):
        return None
    if type(found) is bool and not isinstance(test, Const):
        # An expression about `?`, or about other names, answers for itself; a boolean value is compared.
        if "?" in test.free() or type(value) not in (bool, list):
            return found
    return within(value, found, state)


class InstanceOf(Node):
    __slots__ = ("type",)

    def __init__(self, value: Node, type_: TypeName) -> None:
        super().__init__(value)
        self.type = type_

    def evaluate(self, state: State, scope: Scope) -> Value:
        state.tick()
        value = self.parts[0].evaluate(state, scope)
        wanted = self.type.resolve(state)
        if wanted is None:
            state.note("The type asked for by 'instance of' is not known.")
            return None
        if isinstance(wanted, AllowedType):  # a type's constraint restricts variables, not what a value is
            wanted = wanted.base
        return value is not None and wanted.holds(value, state)


class TypeName(ABC):
    """A type as written; resolved when it is needed, as it may be an item definition of a model."""

    @abstractmethod
    def resolve(self, state: State) -> Type | None:
        """The type, None when nothing is called so."""
