"""What a cell of a decision table asks, as far as it can be told without evaluating the model.

Analysed are cells that compare the value of their column with constants alone:
- `-`; constants; lists and ranges of constants, open or closed; `< <= > >= = !=` before a constant; several of these;
  `not(...)` around them; null;
- `?` in a comparison, `between`, `in`, `and`, `or` and `not()` with constants, or alone;
- a constant is a literal (also @-literals), arithmetic of constants, or a built-in function of constants, such as
  date("2024-01-01"); never now() or today().
Everything else (names, functions of `?`, paths, loops, a constant that has no value) is not known: such a cell may
hold anywhere and is certain to hold nowhere. So are the cells of a column whose values are unknown: no declared
type and constants of several kinds, lists, contexts, times that cannot be compared, a column that rests on the same
name as another one, allowed values that are not known themselves. The columns of a table are taken to be
independent of one another; null is a value of a column only where a cell speaks of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from decisions.checks.geometry_line import KINDS, Line, fresh
from decisions.feel import guarded
from decisions.feel.access import Call, Path
from decisions.feel.built_ins import BUILT_INS
from decisions.feel.flow import If, UnaryTests
from decisions.feel.nodes import (
    Arithmetic,
    Between,
    Comparison,
    Const,
    In,
    ListLiteral,
    Logic,
    Name,
    Negation,
    Node,
    OperatorTest,
    RangeLiteral,
    Scope,
    passes,
)
from decisions.feel.values import Range, Value, kind

STEADY = (Arithmetic, Between, Comparison, If, In, ListLiteral, Logic, Negation, OperatorTest, Path, RangeLiteral)
MOVING = frozenset(("now", "today"))  # built-in functions whose value is not a constant


class Unknown(Exception):
    """A cell is not one of those that are analysed."""


@dataclass(slots=True)
class Asked:
    """One test of a cell: its answer changes at `points` alone. `kinds` are those of its constants, null apart."""

    test: Node
    points: list[Value] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    null: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A cell that was read. `known` is False when it is not analysed; one without tests always holds."""

    known: bool
    negated: bool = False
    asked: tuple[Asked, ...] = ()

    @property
    def always(self) -> bool:
        return self.known and not self.asked

    @property
    def work(self) -> int:
        """About how much it takes to find its mask, in the steps of Work."""
        return sum((2 * len(one.points) + 3) * (10 + len(one.points) // 4) for one in self.asked)

    def mask(self, line: Line) -> int:
        """The pieces of `line` on which a known cell holds."""
        if not self.asked:
            return line.everything
        held = unknown = 0
        for asked in self.asked:
            true, null = test_masks(asked, line)
            held, unknown = held | true, unknown | null
        return line.everything & ~(held | unknown) if self.negated else held


def test_masks(asked: Asked, line: Line) -> tuple[int, int]:
    """The pieces where one test of a cell is true, and where it is null."""

    def ask(value: Value) -> bool | None:
        state = fresh()
        found: bool | None = guarded(lambda: passes(asked.test, value, state, Scope({"?": value})), state)
        return found

    return line.masks((point for point in asked.points if kind(point) == line.kind), ask)


UNKNOWN = Cell(False)


def read_cell(cell: Node, bound: Collection[str]) -> Cell:
    """What the unary tests `cell` ask; `bound` are the names in force around them, built-in functions apart."""
    if not isinstance(cell, UnaryTests):
        return UNKNOWN
    found: list[Asked] = []
    for test in cell.parts:
        asked = Asked(test)
        try:
            _read_test(test, asked, bound)
        except Unknown:
            return UNKNOWN
        found.append(asked)
    return Cell(True, cell.negated, tuple(found))


def _read_test(test: Node, asked: Asked, bound: Collection[str]) -> None:
    if isinstance(test, OperatorTest):
        _take(constant(test.parts[0], bound), asked)
    elif is_constant(test, bound):
        _take(constant(test, bound), asked)
    else:
        _read_condition(test, asked, bound)


def _read_condition(node: Node, asked: Asked, bound: Collection[str]) -> None:
    """A condition on `?` that is constant between its constants."""
    if _is_value(node):
        return
    if is_constant(node, bound):
        _take(constant(node, bound), asked)
    elif isinstance(node, Logic) or _negates(node, bound):
        for part in node.parts[isinstance(node, Call) :]:
            _read_condition(part, asked, bound)
    elif isinstance(node, (Comparison, Between)):
        _read_comparison(node, asked, bound)
    elif isinstance(node, In) and _is_value(node.parts[0]):
        for part in node.parts[1:]:
            _read_test(part, asked, bound)
    else:
        raise Unknown


def _negates(node: Node, bound: Collection[str]) -> bool:
    return isinstance(node, Call) and _is_built_in(node, bound) and "not" in node.parts[0].free() and not node.names


def _read_comparison(node: Node, asked: Asked, bound: Collection[str]) -> None:
    for part in node.parts:
        if not _is_value(part):
            _take(constant(part, bound), asked)


def _is_value(node: Node) -> bool:
    return isinstance(node, Name) and node.name == "?"


def _is_built_in(node: Call, bound: Collection[str]) -> bool:
    head = node.parts[0]
    known = isinstance(head, Name) and head.name in BUILT_INS
    return known and not node.parts[0].free() & (MOVING | set(bound))


def is_constant(node: Node, bound: Collection[str]) -> bool:
    if isinstance(node, Const):
        return True
    if isinstance(node, Call):
        return _is_built_in(node, bound) and all(is_constant(part, bound) for part in node.parts[1:])
    return isinstance(node, STEADY) and all(is_constant(part, bound) for part in node.parts)


def constant(node: Node, bound: Collection[str]) -> Value:
    """The value of a constant expression. Raises Unknown when it is none, or has no value."""
    if not is_constant(node, bound):
        raise Unknown
    state = fresh()
    value = guarded(lambda: node.evaluate(state, Scope({})), state)
    if state.problems:
        raise Unknown
    return value


def _take(value: Value, asked: Asked) -> None:
    """Keep the points in a constant at which a test may change."""
    stack = [value]
    while stack:
        one = stack.pop()
        if one is None:
            asked.null = True
        elif type(one) is list:
            stack.extend(one)
        elif type(one) is Range:
            stack.extend(end for end in (one.low, one.high) if end is not None)
        else:
            asked.kinds.add(kind(one))
            if kind(one) in KINDS:
                asked.points.append(one)
