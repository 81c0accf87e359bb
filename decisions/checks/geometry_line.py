"""The values of one kind, cut at given points into pieces that no cell tells apart.

Numbers, date-times, times and days durations are dense; dates count in days, years durations in months;
strings are ordered by code point. A piece is a point or all that lies strictly between two neighbouring points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cmp_to_key

from decisions.feel.operators import arithmetic
from decisions.feel.printing import literal
from decisions.feel.temporal import read_any
from decisions.feel.values import State, Value, compare, key_of, kind

NOW = datetime(2000, 1, 1, tzinfo=UTC)  # nothing that is analysed asks for it
STEPS = 100_000
# a first value of each kind, and the steps that lead to a neighbour worth showing
STARTS = {
    "date": "2024-01-01",
    "date and time": "2024-01-01T00:00:00",
    "time": "12:00:00",
    "days and time duration": "P1D",
    "years and months duration": "P1M",
}
MOVES = {
    "date": ("P1D",),
    "date and time": ("P1D", "PT1H"),
    "time": ("PT1H", "PT1M"),
    "days and time duration": ("P1D", "PT1H"),
    "years and months duration": ("P1Y", "P1M"),
}
UNITS = {"date": "P1D", "years and months duration": "P1M"}
KINDS = frozenset(("number", "string", "boolean", *STARTS))


def fresh() -> State:
    """A state to evaluate something small in."""
    return State(NOW, STEPS)


@dataclass(frozen=True, slots=True)
class Piece:
    """A point (`low` is its value), or what lies strictly between `low` and `high`; None: without end."""

    low: Value
    high: Value
    sample: Value
    point: bool


NULL = Piece(None, None, None, True)


class Line:
    """All values of a kind in order, and null as the last piece."""

    def __init__(self, kind_: str, points: Iterable[Value]) -> None:
        """Raises ValueError when the points have no order among one another."""
        self.kind = kind_
        self.points = _sorted(kind_, points)
        self.pieces: list[Piece] = []
        self._at: dict[object, int] = {}
        for low, high in zip([None, *self.points], [*self.points, None], strict=True):
            if low is not None:
                self._at[key_of(low, fresh())] = len(self.pieces)
                self.pieces.append(Piece(low, low, low, True))
            sample = None if kind_ == "boolean" else between(kind_, low, high)
            if sample is not None:
                self.pieces.append(Piece(low, high, sample, False))
        self.null = 1 << len(self.pieces)
        self.pieces.append(NULL)
        self.everything = (self.null << 1) - 1

    def masks(self, points: Iterable[Value], ask: Callable[[Value], bool | None]) -> tuple[int, int]:
        """The pieces where `ask` is true, and where it is null, when its answer changes at `points` alone."""
        places = sorted({self._at[key_of(point, fresh())] for point in points})
        if self.kind == "boolean":
            places = [0, 1]
        held = unknown = start = 0
        for place in (*places, len(self.pieces) - 1):
            for first, last in ((start, place), (place, place + 1)):
                if first < last:
                    answer = ask(self.pieces[first].sample)
                    span = (1 << last) - (1 << first)
                    held |= span if answer is True else 0
                    unknown |= span if answer is None else 0
            start = place + 1
        return held, unknown

    def text(self, mask: int, domain: int, *, as_set: bool) -> str:
        """FEEL unary tests that hold on the pieces in `mask`, told apart from the others of `domain` only.

        `as_set`: a text is told by the constants, never by order.
        """
        if mask == domain:
            return "-"
        if as_set and any(not piece.point for piece in self._in(mask)):
            # null passes `not(...)` unless it is named there
            return f"not({', '.join(self._named(domain & ~mask))})"
        if as_set:
            return ", ".join(self._named(mask))
        runs = [self._run(run) for run in self._runs(mask & ~self.null)]
        return ", ".join([*runs, *(["null"] if mask & self.null else [])])

    def _named(self, mask: int) -> list[str]:
        return [written(piece.low) for piece in self._in(mask) if piece.point]

    def _in(self, mask: int) -> Iterator[Piece]:
        return (piece for at, piece in enumerate(self.pieces) if mask >> at & 1)

    def _runs(self, mask: int) -> Iterator[tuple[Piece, Piece]]:
        """First and last piece of each run of neighbours."""
        start: int | None = None
        for at in range(mask.bit_length() + 1):
            if mask >> at & 1:
                start = at if start is None else start
            elif start is not None:
                yield self.pieces[start], self.pieces[at - 1]
                start = None

    def _run(self, run: tuple[Piece, Piece]) -> str:
        first, last = run
        if first.point and first is last:
            return written(first.low)
        if self.kind == "boolean":
            return "false, true"
        low, high = first.low, last.high
        if low is None and high is None:
            return "not(null)"
        if low is None:
            return f"{'<=' if last.point else '<'} {written(high)}"
        if high is None:
            return f"{'>=' if first.point else '>'} {written(low)}"
        return self._span(low, high, first.point, last.point)

    def _span(self, low: Value, high: Value, low_closed: bool, high_closed: bool) -> str:
        unit = UNITS.get(self.kind)
        if unit is not None:  # days and months are counted, so that the ends can be named
            low = low if low_closed else arithmetic("+", low, read_any(unit), fresh())
            high = high if high_closed else arithmetic("-", high, read_any(unit), fresh())
            low_closed = high_closed = True
        if compare(low, high) == 0:
            return written(low)
        return f"{'[' if low_closed else '('}{written(low)}..{written(high)}{']' if high_closed else ')'}"


def written(value: Value) -> str:
    """The FEEL literal of a value."""
    return literal(value, fresh())


def _sorted(kind_: str, points: Iterable[Value]) -> list[Value]:
    if kind_ == "boolean":
        return [False, True]

    def order(a: Value, b: Value) -> int:
        found = compare(a, b)
        if found is None:
            raise ValueError("no order")
        return found

    unique = {key_of(point, fresh()): point for point in points}
    return sorted(unique.values(), key=cmp_to_key(order))


def between(kind_: str, low: Value, high: Value) -> Value:
    """A value strictly between two, worth showing; None when there is none. An end of None is open."""
    for value in _candidates(kind_, low, high):
        if value is not None and kind(value) == kind_ and _inside(low, value, high):
            return value
    return None


def _inside(low: Value, value: Value, high: Value) -> bool:
    return (low is None or compare(low, value) == -1) and (high is None or compare(value, high) == -1)


def _candidates(kind_: str, low: Value, high: Value) -> Iterator[Value]:
    if kind_ == "string":
        yield from ("x", *((low or "") + more for more in ("x", "0", " ", "\x00")), "")
    elif kind_ == "number":
        yield from _numbers(low, high)
    else:
        yield from _moments(kind_, low, high)


def _numbers(low: Decimal | None, high: Decimal | None) -> Iterator[Value]:
    one, two, state = Decimal(1), Decimal(2), fresh()
    if low is not None:
        yield arithmetic("+", low.to_integral_value(ROUND_FLOOR), one, state)
    if high is not None:
        yield arithmetic("-", high.to_integral_value(ROUND_CEILING), one, state)
    if low is not None and high is not None:
        yield _middle(low, high, state)
    yield Decimal(0)
    for end in (low, high):
        if end is not None:
            yield from (arithmetic("*", end, two, state), arithmetic("/", end, two, state))


def _moments(kind_: str, low: Value, high: Value) -> Iterator[Value]:
    state = fresh()
    if low is None and high is None:
        yield read_any(STARTS[kind_])
    for move in map(read_any, MOVES[kind_]):
        if low is not None:
            yield arithmetic("+", low, move, state)
        if high is not None:
            yield arithmetic("-", high, move, state)
    if kind_ == "time":
        yield from map(read_any, ("00:00:00", "23:59:59"))
    if low is not None and high is not None and kind_ not in UNITS:
        yield _middle(low, high, state)


def _middle(low: Value, high: Value, state: State) -> Value:
    half = arithmetic("/", arithmetic("-", high, low, state), Decimal(2), state)
    return arithmetic("+", low, half, state)
