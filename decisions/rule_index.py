"""The rules of a table by the values they match, so that most cells need no evaluation (8.3.3 of DMN 1.3).

A cell is simple when it compares the value in force with constants: `-`, "a", "a","b", not("a"), < 5, [1..10],
null, date("2020-01-01"). A column of such cells is an index from the value to the rules whose cell holds, as the bits
of an int; the columns are joined with `&`. Every other cell is evaluated, for the rules that are left.

The index tells exactly what evaluating every cell would tell (the tests compare the two).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from decisions.feel.values import Range, Value
from decisions.simple_cells import INDEXED, SimpleCell

MAX_INDEX = 1024 * 1024  # bytes of ready-made masks in one index of a column


def bits(mask: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def mask_of(rules: Iterable[int]) -> int:
    mask = 0
    for rule in rules:
        mask |= 1 << rule
    return mask


class Points:
    """Constant -> the rules that name it."""

    def __init__(self, rules: int) -> None:
        self._rules = rules
        self._listed: dict[Value, list[int]] = {}
        self._masks: dict[Value, int] | None = None

    def add(self, value: Value, rule: int) -> None:
        self._listed.setdefault(value, []).append(rule)

    def close(self) -> None:
        if len(self._listed) * self._rules <= MAX_INDEX * 8:
            self._masks = {value: mask_of(rules) for value, rules in self._listed.items()}

    def find(self, value: Value) -> int:
        if self._masks is not None:
            return self._masks.get(value, 0)
        return mask_of(self._listed.get(value, ()))


class Spans:
    """Value -> the rules one of whose ranges it lies in.

    The bounds cut the order of values into slots: bound number i is the slot 2 i + 1, what lies before it is 2 i.
    From slot to slot the rules of `_turns` enter or leave; every `_stride` slots the mask is kept ready.
    """

    def __init__(self, spans: Sequence[tuple[Sequence[Range], int]], rules: int) -> None:
        ends = {end for ranges, _ in spans for one in ranges for end in (one.low, one.high) if end is not None}
        self._bounds: list[Any] = sorted(ends)
        slots = 2 * len(self._bounds) + 1
        self._turns: dict[int, list[int]] = {}
        for ranges, rule in spans:
            for first, last in self._united(ranges):
                self._turns.setdefault(first, []).append(rule)
                self._turns.setdefault(last + 1, []).append(rule)
        self._stride = 1 + slots * rules // (MAX_INDEX * 8)
        self._ready: list[int] = []
        mask = 0
        for slot in range(slots):
            mask = self._turned(mask, slot)
            if slot % self._stride == 0:
                self._ready.append(mask)

    def find(self, value: Value) -> int:
        place = bisect_left(self._bounds, value)
        slot = 2 * place + (place < len(self._bounds) and self._bounds[place] == value)
        ready = slot // self._stride
        mask = self._ready[ready]
        for between in range(ready * self._stride + 1, slot + 1):
            mask = self._turned(mask, between)
        return mask

    def _turned(self, mask: int, slot: int) -> int:
        for rule in self._turns.get(slot, ()):
            mask ^= 1 << rule
        return mask

    def _united(self, ranges: Sequence[Range]) -> Iterator[tuple[int, int]]:
        """The slots of the ranges of one cell, first and last, without overlaps."""
        spans = sorted(span for span in map(self._slots, ranges) if span[0] <= span[1])
        here: tuple[int, int] | None = None
        for first, last in spans:
            if here is None:
                here = first, last
            elif first <= here[1] + 1:
                here = here[0], max(here[1], last)
            else:
                yield here
                here = first, last
        if here is not None:
            yield here

    def _slots(self, one: Range) -> tuple[int, int]:
        first, last = 0, 2 * len(self._bounds)
        if one.low is not None:
            first = 2 * bisect_left(self._bounds, one.low) + (1 if one.low_closed else 2)
        if one.high is not None:
            last = 2 * bisect_left(self._bounds, one.high) + (1 if one.high_closed else 0)
        return first, last


class Kind:
    """The cells of one column, for the values of one Python class."""

    def __init__(self, cls: type, cells: Sequence[tuple[SimpleCell, int]], always: int, rules: int) -> None:
        self.always = always
        self._points = Points(rules)
        self._excluded = Points(rules)
        self._excluding = 0
        spans: list[tuple[Sequence[Range], int]] = []
        for cell, rule in cells:
            for point in cell.points:
                if type(point) is cls:
                    self._points.add(point, rule)
            if cell.excluded and type(cell.excluded[0]) is cls:
                self._excluding |= 1 << rule
                for point in set(cell.excluded):
                    self._excluded.add(point, rule)
            ranges = [one for one in cell.spans if type(one.high if one.low is None else one.low) is cls]
            if ranges:
                spans.append((ranges, rule))
        self._points.close()
        self._excluded.close()
        self._spans = Spans(spans, rules) if spans else None

    def find(self, value: Value) -> int:
        found = self.always | self._points.find(value)
        if self._spans is not None:
            found |= self._spans.find(value)
        if self._excluding:
            found |= self._excluding & ~self._excluded.find(value)
        return found


class Column:
    """One column: `evaluated` are the rules whose cell is not simple; they pass here and are evaluated later."""

    def __init__(self, cells: Sequence[SimpleCell | None]) -> None:
        simple = [(cell, rule) for rule, cell in enumerate(cells) if cell is not None]
        self.evaluated = mask_of(rule for rule, cell in enumerate(cells) if cell is None)
        self.dashes = mask_of(rule for cell, rule in simple if cell.dash)
        self._null = self.evaluated | mask_of(rule for cell, rule in simple if cell.null)
        self._other = self.evaluated | mask_of(rule for cell, rule in simple if cell.present)
        classes = {cls for cell, _ in simple for cls in cell.classes}
        self._kinds = {cls: Kind(cls, simple, self._other, len(cells)) for cls in classes}
        self._noting = {cls for cell, _ in simple for cls in cell.noting}

    def find(self, value: Value) -> int:
        """The rules that may match `value`, a value of one of the classes that are indexed."""
        if value is None:
            return self._null
        kind = self._kinds.get(type(value))
        return self._other if kind is None else kind.find(value)

    def notes(self, value: Value) -> bool:
        """Whether comparing `value` with a cell is worth a reason (another kind than the cell's)."""
        return value is not None and any(cls is not type(value) for cls in self._noting)


class RuleIndex:
    """All columns of a table; columns and rules are counted from 0, sets of rules are the bits of an int."""

    def __init__(self, columns: Sequence[Sequence[SimpleCell | None]], rules: int) -> None:
        self._columns = [Column(cells) for cells in columns]
        self.all = (1 << rules) - 1

    def passing(self, at: int, value: Value) -> int:
        """The rules whose cell holds for `value`, or must be evaluated to tell."""
        return self._columns[at].find(value) if type(value) in INDEXED else self.all

    def evaluated(self, at: int, value: Value, *, noting: bool = False) -> int:
        """The rules whose cell must be evaluated for `value`; with `noting`, also those worth it for their reasons."""
        column = self._columns[at]
        if type(value) not in INDEXED or (noting and column.notes(value)):
            return self.all & ~column.dashes
        return column.evaluated

    def notes(self, at: int, value: Value) -> bool:
        return self._columns[at].notes(value)
