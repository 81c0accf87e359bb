"""The tree of a FEEL expression: values, names, operators and tests.

Every node makes the closure that evaluates it, `run`, when it is made, from its parts' own: nothing walks the tree to
evaluate it. `height` bounds the frames of the host that `run` may stand on; `cost` is charged once by whoever enters
the tree (an expression, a function's body, a round of an iteration), not node by node.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from decisions.feel import closures
from decisions.feel.operators import negate
from decisions.feel.scope import BUILT_INS, MISSING, Run, Scope, deeper
from decisions.feel.types import AllowedType, NullType, Type
from decisions.feel.values import MAX_NESTING, NUMBERS, Function, Range, State, Value, compare, kind

__all__ = [
    "MISSING",
    "Arithmetic",
    "Between",
    "Comparison",
    "Const",
    "In",
    "InstanceOf",
    "ListLiteral",
    "Logic",
    "Name",
    "Negation",
    "Node",
    "OperatorTest",
    "RangeLiteral",
    "Run",
    "Scope",
    "TooDeep",
    "TypeName",
    "constant_of",
    "deeper",
    "passes",
    "tester",
]


class TooDeep(Exception):
    """A tree higher than MAX_NESTING."""


class Node:
    """One construct of the grammar. A subclass sets `run` in its constructor, or overrides `evaluate`."""

    __slots__ = ("cost", "height", "known_free", "parts", "run")
    frames: ClassVar[int] = 1  # frames of the host between this node's run and its parts'

    run: Run

    def __init__(self, *parts: Node) -> None:
        self.parts = parts
        self.known_free: frozenset[str] | None = None
        self.cost: int = 1
        self.height: int = self.frames
        for part in parts:
            part.free()  # known here, so that finding those of a deep tree never recurses
            self.cost += part.cost
            self.height = max(self.height, part.height + self.frames)
        if self.height > MAX_NESTING:
            raise TooDeep
        if type(self).evaluate is not Node.evaluate:
            self.run = self.evaluate

    def evaluate(self, state: State, scope: Scope) -> Value:
        """The value in `scope`; what cannot be computed is null, with a note in `state`. The cost is not charged."""
        return self.run(state, scope)

    def free(self) -> frozenset[str]:
        """Names this construct takes from around itself."""
        if self.known_free is None:
            self.known_free = self._free()
        return self.known_free

    def _free(self) -> frozenset[str]:
        return frozenset().union(*(part.free() for part in self.parts))


def constant_of(node: Node) -> Value:
    """The value of a literal or a negated number, MISSING for everything else."""
    if isinstance(node, Const):
        return node.value
    if isinstance(node, Negation) and isinstance(node.parts[0], Const) and type(node.parts[0].value) is Decimal:
        return NUMBERS.minus(node.parts[0].value)
    return MISSING


class Const(Node):
    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value
        self.cost = 0
        self.run = closures.constant_run(value)


class Name(Node):
    __slots__ = ("name",)
    built_ins: ClassVar[Mapping[str, Function]] = BUILT_INS

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.run = closures.name_run(name)

    def _free(self) -> frozenset[str]:
        return frozenset((self.name,))


class ListLiteral(Node):
    __slots__ = ()

    def __init__(self, *parts: Node) -> None:
        super().__init__(*parts)
        self.cost += len(parts) // 4
        constants = [constant_of(part) for part in parts]
        if MISSING in constants:
            self.run = closures.list_run([part.run for part in parts])
        else:
            self.run = lambda state, scope: constants.copy()


class RangeLiteral(Node):
    __slots__ = ("high_closed", "low_closed")

    def __init__(self, low: Node, high: Node, low_closed: bool, high_closed: bool) -> None:
        super().__init__(low, high)
        self.low_closed = low_closed
        self.high_closed = high_closed
        self.run = self._range_run(low.run, high.run)

    def _range_run(self, from_: Run, to: Run) -> Run:
        def run(state: State, scope: Scope) -> Value:
            low, high = from_(state, scope), to(state, scope)
            if low is None or high is None or compare(low, high) is None:
                state.note(f"A range cannot go from a {kind(low)} to a {kind(high)}.")
                return None
            return Range(low, high, self.low_closed, self.high_closed)

        return run


class Arithmetic(Node):
    """A run of operators of one strength, from left to right."""

    __slots__ = ("operators",)

    def __init__(self, operators: Sequence[str], operands: Sequence[Node]) -> None:
        super().__init__(*operands)
        self.operators = tuple(operators)
        self.cost += len(operators) - 1 + 3 * self.operators.count("**")
        left, right = operands[0].run, operands[1]
        constant = constant_of(right)
        if len(operands) > 2:
            self.run = closures.chain_run(self.operators, [part.run for part in operands])
        elif type(constant) is Decimal:
            self.run = closures.arithmetic_with_run(operators[0], left, constant)
        else:
            self.run = closures.arithmetic_run(operators[0], left, right.run)


class Negation(Node):
    __slots__ = ()

    def __init__(self, value: Node) -> None:
        super().__init__(value)
        inner = value.run
        constant = constant_of(self)
        if constant is MISSING:
            self.run = lambda state, scope: negate(inner(state, scope), state)
        else:
            self.run = closures.constant_run(constant)


class Logic(Node):
    """Three-valued `and` (deciding=False) or `or` (deciding=True) of any number of operands."""

    __slots__ = ("deciding",)

    def __init__(self, deciding: bool, operands: Sequence[Node]) -> None:
        super().__init__(*operands)
        self.cost += len(operands) // 4
        self.deciding = deciding
        runs = [part.run for part in operands]
        self.run = closures.logic_of_two_run(deciding, *runs) if len(runs) == 2 else closures.logic_run(deciding, runs)


class Comparison(Node):
    __slots__ = ("operator",)

    def __init__(self, operator: str, left: Node, right: Node) -> None:
        super().__init__(left, right)
        self.operator = operator
        constant = constant_of(right)
        if constant is MISSING:
            self.run = closures.comparison_run(operator, left.run, right.run)
        else:
            name = left.name if isinstance(left, Name) else ""
            self.run = closures.comparison_with_run(operator, left.run, constant, name)


class Between(Node):
    __slots__ = ()

    def __init__(self, value: Node, low: Node, high: Node) -> None:
        super().__init__(value, low, high)
        self.run = closures.between_run(value.run, low.run, high.run)


class In(Node):
    """true when any test holds, else null when any cannot be told, else false."""

    __slots__ = ()
    frames = 3

    def __init__(self, value: Node, *tests: Node) -> None:
        super().__init__(value, *tests)
        tested, holds = value.run, tester(tests)

        def run(state: State, scope: Scope) -> Value:
            return holds(state, scope, tested(state, scope))

        def run_with_name(state: State, scope: Scope) -> Value:
            found = tested(state, scope)
            return holds(state, Scope({"?": found}, scope), found)

        self.run = run_with_name if any("?" in test.free() for test in tests) else run

    def _free(self) -> frozenset[str]:
        tests = frozenset().union(*(part.free() for part in self.parts[1:]))
        return self.parts[0].free() | (tests - {"?"})


class OperatorTest(Node):
    """`< 5` and its kin: a test of the value in force, or (but for !=) the range of what passes it."""

    __slots__ = ("holds", "operator")

    def __init__(self, operator: str, bound: Node) -> None:
        super().__init__(bound)
        self.operator = operator
        self.holds = closures.operator_test(operator, bound.run, constant_of(bound))
        self.run = self._range_run(bound.run)

    def _range_run(self, bounded: Run) -> Run:
        operator = self.operator
        closed, upward = operator in ("<=", ">="), operator in (">", ">=")

        def run(state: State, scope: Scope) -> Value:
            bound = bounded(state, scope)
            if bound is None or operator == "!=" or (operator != "=" and compare(bound, bound) is None):
                state.note(f"A {kind(bound)} cannot bound a range.")
                return None
            if operator == "=":
                return Range(bound, bound, True, True, exact=True)
            return Range(bound, None, closed, False) if upward else Range(None, bound, False, closed)

        return run


def passes(test: Node, value: Value, state: State, scope: Scope) -> bool | None:
    """Whether `value`, in scope as `?`, passes one positive unary test (grammar rule 7)."""
    return _test_of(test)(state, scope, value)


def tester(tests: Sequence[Node]) -> closures.Test:
    """Whether a value, in scope as `?` where the tests speak of it, passes any of these."""
    constants = [constant_of(test) for test in tests]
    kinds = {type(constant) for constant in constants}
    made = closures.any_test([_test_of(test) for test in tests])
    if len(tests) > 1 and len(kinds) == 1 and kinds <= set(closures.SCALARS):
        return closures.members_test(frozenset(constants), made)
    return made if len(tests) != 1 else _test_of(tests[0])


def _test_of(test: Node) -> closures.Test:
    if isinstance(test, OperatorTest):
        return test.holds
    constants = [constant_of(part) for part in (test.parts if isinstance(test, (RangeLiteral, ListLiteral)) else ())]
    if isinstance(test, Const):
        return closures.constant_test(test.value)
    if isinstance(test, RangeLiteral) and all(type(constant) is Decimal for constant in constants):
        return closures.range_test(Range(constants[0], constants[1], test.low_closed, test.high_closed))
    if isinstance(test, ListLiteral) and MISSING not in constants:
        return closures.constant_test(constants)
    return closures.value_test(test.run, "?" in test.free(), isinstance(test, RangeLiteral))


class InstanceOf(Node):
    __slots__ = ("type",)

    def __init__(self, value: Node, type_: TypeName) -> None:
        super().__init__(value)
        self.type = type_
        inner = value.run

        def run(state: State, scope: Scope) -> Value:
            found = inner(state, scope)
            wanted = type_.resolve(state)
            if wanted is None:
                state.note("The type asked for by 'instance of' is not known.")
                return None
            if isinstance(wanted, AllowedType):  # a type's constraint restricts variables, not what a value is
                wanted = wanted.base
            if found is None:
                return isinstance(wanted, NullType)
            return wanted.holds(found, state)

        self.run = run


class TypeName(ABC):
    """A type as written; resolved when it is needed, as it may be an item definition of a model."""

    @abstractmethod
    def resolve(self, state: State) -> Type | None:
        """The type, None when nothing is called so."""
