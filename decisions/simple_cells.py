"""Input cells that compare the value in force with constants, read from their trees for the index of rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from decisions.feel.access import Call
from decisions.feel.flow import UnaryTests
from decisions.feel.nodes import Const, ListLiteral, Name, Negation, Node, OperatorTest, RangeLiteral, Scope
from decisions.feel.values import Range, State, Stop, Value, YearsMonths, compare

INDEXED = frozenset((type(None), bool, Decimal, str, date, timedelta, YearsMonths))
SPANNED = frozenset((Decimal, str, date, timedelta, YearsMonths))
PURE = frozenset(("date", "duration"))  # of constants they give constants
MAX_CONSTANT = 200  # nodes


@dataclass(frozen=True, slots=True)
class SimpleCell:
    """The values that pass: those in `points` and `spans`; with `excluded`, those of its class that are not in it.

    `null`: null passes; `present`: whatever is not null passes; `noting`: classes of the bounds of comparisons, which
    leave a reason when they meet a value of another class.
    """

    points: tuple[Value, ...] = ()
    spans: tuple[Range, ...] = ()
    excluded: tuple[Value, ...] = ()
    null: bool = False
    present: bool = False
    noting: tuple[type, ...] = ()

    @property
    def dash(self) -> bool:
        return self.null and self.present

    @property
    def classes(self) -> set[type]:
        """The classes that the cell tells apart from others."""
        ends = [end for one in self.spans for end in (one.low, one.high) if end is not None]
        return {type(value) for value in (*self.points, *ends, *self.excluded)}


def simple_cell(test: Node) -> SimpleCell | None:
    """The cell as constants to compare with, None when it is not simple."""
    if not isinstance(test, UnaryTests):
        return None
    if not test.parts:
        return SimpleCell(null=True, present=True)
    if test.negated:
        return _negated(test.parts)
    if len(test.parts) == 1:
        return _one(test.parts[0])
    found = [_one(part) for part in test.parts]
    cells = [cell for cell in found if cell is not None and not cell.excluded and not cell.present]
    return _united(cells) if len(cells) == len(found) else None


def _united(cells: Sequence[SimpleCell]) -> SimpleCell:
    return SimpleCell(
        points=tuple(point for cell in cells for point in cell.points),
        spans=tuple(span for cell in cells for span in cell.spans),
        null=any(cell.null for cell in cells),
        noting=tuple(cls for cell in cells for cls in cell.noting),
    )


def _one(test: Node) -> SimpleCell | None:
    if isinstance(test, OperatorTest):
        return _compared(test.operator, test.parts[0])
    found = constant(test)
    if found is None:
        return None
    (value,) = found
    return _members(value) if type(value) is list else _member(value)


def _compared(operator: str, bound: Node) -> SimpleCell | None:
    found = constant(bound)
    if found is None or type(found[0]) not in INDEXED:
        return None
    value = found[0]
    if value is None:
        return SimpleCell(null=operator == "=", present=operator == "!=")
    cls = type(value)
    if operator == "=":
        return SimpleCell(points=(value,), noting=(cls,))
    if operator == "!=":
        return SimpleCell(excluded=(value,), null=True, noting=(cls,))
    if cls not in SPANNED:
        return None
    closed = operator in ("<=", ">=")
    span = Range(value, None, closed, False) if operator in (">", ">=") else Range(None, value, False, closed)
    return SimpleCell(spans=(span,), noting=(cls,))


def _member(value: Value) -> SimpleCell | None:
    """What equals a constant, or lies in a range of constants."""
    if value is None:
        return SimpleCell(null=True)
    if type(value) is not Range:
        return SimpleCell(points=(value,)) if type(value) in INDEXED else None
    ends = {type(end) for end in (value.low, value.high) if end is not None}
    return SimpleCell(spans=(value,)) if len(ends) == 1 and ends <= SPANNED else None


def _members(values: list[Value]) -> SimpleCell | None:
    cells = [_member(value) for value in values]
    known = [cell for cell in cells if cell is not None]
    return _united(known) if len(known) == len(cells) else None


def _negated(tests: Sequence[Node]) -> SimpleCell | None:
    """not(...) of constants of one class, or of one range: a value of another class is neither in nor out."""
    if len(tests) == 1 and (isinstance(tests[0], (OperatorTest, RangeLiteral))):
        return _outside(tests[0])
    found = [constant(test) for test in tests]
    values = [one[0] for one in found if one is not None]
    excluded = tuple(value for value in values if value is not None)
    classes = {type(value) for value in excluded}
    if len(values) != len(found) or len(classes) > 1 or not classes <= INDEXED:
        return None
    null = len(excluded) == len(values)
    return SimpleCell(excluded=excluded, null=null) if excluded else SimpleCell(present=True)


def _outside(test: Node) -> SimpleCell | None:
    cell = _one(test)
    if cell is None or len(cell.spans) != 1 or cell.points or cell.excluded:
        return None
    (span,) = cell.spans
    if span.low is not None and span.high is not None and compare(span.low, span.high) == 1:
        return None  # it holds nothing, so that its ends do not bound the rest
    below = [] if span.low is None else [Range(None, span.low, False, not span.low_closed)]
    above = [] if span.high is None else [Range(span.high, None, not span.high_closed, False)]
    return SimpleCell(spans=(*below, *above), noting=cell.noting)


# --- constants


def constant(node: Node) -> tuple[Value] | None:
    """The value of a tree that is the same wherever it stands, None for any other."""
    if isinstance(node, Const):
        return (node.value,)
    if not _constant_shape(node):
        return None
    state = State(datetime(2000, 1, 1, tzinfo=UTC), 10 * MAX_CONSTANT)
    try:
        value = node.run(state, Scope({}))
    except Stop:
        return None
    return None if state.problems else (value,)


def _constant_shape(node: Node) -> bool:
    stack, size = [node], 0
    while stack:
        one = stack.pop()
        size += 1
        if isinstance(one, Call):
            if one.names or not isinstance(one.parts[0], Name) or one.parts[0].name not in PURE:
                return False
            stack.extend(one.parts[1:])
        elif isinstance(one, (Negation, RangeLiteral, ListLiteral)):
            stack.extend(one.parts)
        elif not isinstance(one, Const):
            return False
    return size <= MAX_CONSTANT


def constant_names(node: Node) -> frozenset[str]:
    """The built-in functions that a constant rests on."""
    return node.free() & PURE
