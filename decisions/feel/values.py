"""The values of FEEL (DMN 1.5, 10.3.2) and what holds between them: kind, equality, order, text.

number = Decimal (34 digits), string = str, boolean = bool, null = None, list = list, context = dict,
date, time, date and time = their `datetime` classes, days and time duration = timedelta (what those cannot hold:
the classes of `calendar`), years and months duration = YearsMonths, range = Range, function = Function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from typing import Any
from zoneinfo import ZoneInfo

from decisions.feel import calendar
from decisions.feel.calendar import FarDate, FarDateTime, FineDuration, FineTime

Value = Any  # one of the classes above; FEEL is dynamically typed

# decimal128 of IEEE 754-2008, as the specification asks (10.3.2.3.1)
NUMBERS = Context(prec=34, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow])
MAX_MONTHS = 20_000_000_000
MAX_STRING = 256 * 1024
MAX_LIST = 10_000
MAX_NESTING = 100
MAX_DEPTH = 300  # frames of the host that functions being evaluated inside one another may stand on
MAX_RESULT = 100_000


class Stop(Exception):
    """The evaluation is given up. Its text is the reason, `limit` what ran out: "steps", "size" or "depth"."""

    def __init__(self, reason: str, limit: str = "size") -> None:
        super().__init__(reason)
        self.limit = limit


class State:
    """What one evaluation has left and has noted. `now` is aware and given from outside."""

    # Most evaluations never change these, and are too short to pay for setting them.
    depth = 0
    limit = ""  # what ran out, when the evaluation was given up
    problems: tuple[str, ...] = ()
    types: Callable[[str], object] | None = None

    def __init__(self, now: datetime, budget: int) -> None:
        self.now = now
        self.left = budget

    def tick(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise Stop("The evaluation needs more steps than it is allowed.", "steps")

    def enter(self, height: int) -> None:
        """Count what is about to be evaluated inside everything that is being; it leaves by itself."""
        self.depth += height
        if self.depth > MAX_DEPTH:
            raise Stop("Functions call one another too deeply.", "depth")

    def note(self, problem: str) -> None:
        """Keep a reason for a null; never with a value in it."""
        if len(self.problems) < 20 and problem not in self.problems:
            self.problems = (*self.problems, problem)

    def sized(self, value: Value) -> Value:
        """`value`, after charging for its size, so that all an evaluation can hold stays below 20 MB."""
        cls = type(value)
        if cls is str:
            if len(value) > MAX_STRING:
                raise Stop(f"A text grew beyond {MAX_STRING} characters.")
            self.tick(len(value) // 400)
        elif cls is list:
            if len(value) > MAX_LIST:
                raise Stop(f"A list grew beyond {MAX_LIST} items.")
            self.tick(len(value) // 10)
        return value


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration, counted in months."""

    months: int

    def __post_init__(self) -> None:
        if abs(self.months) > MAX_MONTHS:
            raise OverflowError("too many months")

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-P" if self.months < 0 else "P") + text


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """From `low` to `high`; a bound of None is open-ended. `exact`: written as `= low`, which `[low..low]` is not."""

    low: Value
    high: Value
    low_closed: bool
    high_closed: bool
    exact: bool = False


class Function:
    """Something FEEL can invoke; `call` gets (state, positional, named) and returns a value."""

    __slots__ = ("call", "name", "parameters", "type")

    def __init__(
        self,
        name: str,
        parameters: Sequence[str],
        call: Callable[[State, list[Value], dict[str, Value]], Value],
        type: object = None,
    ) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self.call = call
        self.type = type


KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    date: "date",
    datetime: "date and time",
    time: "time",
    timedelta: "days and time duration",
    YearsMonths: "years and months duration",
    Range: "range",
    Function: "function",
    FarDate: "date",
    FarDateTime: "date and time",
    FineTime: "time",
    FineDuration: "days and time duration",
}


def kind(value: Value) -> str:
    return KINDS.get(type(value), "unknown")


_OWN = (FarDate, FarDateTime, FineTime, FineDuration)
_AS_THEY_ARE = frozenset((type(None), bool, str, date, timedelta, YearsMonths, Range, Function, *_OWN))


def take_in(value: Value, state: State, depth: int = 0) -> Value:
    """A value of the caller as FEEL sees it; what FEEL has no kind for becomes null with a reason."""
    cls = type(value)
    if cls in _AS_THEY_ARE:
        return value
    if cls is Decimal or isinstance(value, (int, float, Decimal)):
        return _number(value, state)
    if cls is dict or cls is list:
        return _take_in_many(value, state, depth)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (date, time, timedelta)):
        return _plain(value)
    if isinstance(value, (Mapping, list, tuple)):
        return _take_in_many(value, state, depth)
    state.note(f"An input of the kind {cls.__name__} has no meaning in FEEL.")
    return None


def _take_in_many(value: Mapping[object, Value] | Sequence[Value], state: State, depth: int) -> Value:
    if depth > MAX_NESTING:
        raise Stop("An input is nested too deeply.", "depth")
    state.tick(1 + len(value) // 10)
    deeper = depth + 1
    if type(value) is list or not isinstance(value, Mapping):
        return [item if type(item) in _AS_THEY_ARE else take_in(item, state, deeper) for item in value]
    taken: dict[str, Value] = {}
    for key, item in value.items():
        if isinstance(key, str):
            own = key if type(key) is str else str.__str__(key)
            taken[own] = item if type(item) in _AS_THEY_ARE else take_in(item, state, deeper)
        else:
            state.note("A name in an input is not a text.")
    return taken


def _number(value: int | float | Decimal, state: State) -> Decimal | None:
    try:
        if type(value) is Decimal:
            number = NUMBERS.plus(value)
        else:
            number = NUMBERS.create_decimal(repr(float(value)) if isinstance(value, float) else value)
    except DecimalException:
        state.note("A number of the input is too large.")
        return None
    if not number.is_finite():
        state.note("A number of the input is not finite.")
        return None
    return number


def _plain(value: date | time | timedelta) -> date | time | timedelta:
    """A value of the standard library's own classes; a fixed offset stands in for a zone that is not its own."""
    if isinstance(value, timedelta):
        return timedelta(value.days, value.seconds, value.microseconds)
    if isinstance(value, datetime):
        return datetime.combine(date(value.year, value.month, value.day), _plain_time(value))
    return _plain_time(value) if isinstance(value, time) else date(value.year, value.month, value.day)


def _plain_time(value: time | datetime) -> time:
    zone = value.tzinfo
    if zone is not None and not isinstance(zone, (timezone, ZoneInfo)):
        offset = value.utcoffset()
        zone = None if offset is None else timezone(offset)
    return time(value.hour, value.minute, value.second, value.microsecond, tzinfo=zone, fold=value.fold)


def equal(a: Value, b: Value, state: State, depth: int = 0) -> bool | None:
    """Equality of 10.3.2.13, table 53: None when the kinds differ and neither is null."""
    state.left -= 1
    if state.left < 0 or depth > MAX_NESTING:
        raise Stop("A comparison needs more steps than it is allowed.", "steps" if state.left < 0 else "depth")
    if a is None or b is None:
        return a is b
    if type(a) is not type(b):
        return _equal_instants(a, b) if kind(a) == kind(b) else None
    return a is b if type(a) is Function else _same(a, b, state, depth)


def _same(a: Value, b: Value, state: State, depth: int) -> bool:
    """Equality of two values of one kind."""
    cls = type(a)
    if cls is list:
        return len(a) == len(b) and all(equal(x, y, state, depth + 1) is True for x, y in zip(a, b, strict=True))
    if cls is dict:
        return a.keys() == b.keys() and all(equal(a[key], b[key], state, depth + 1) is True for key in a)
    if cls is Range:
        same_ends = equal(a.low, b.low, state, depth + 1) is True and equal(a.high, b.high, state, depth + 1) is True
        return same_ends and _closing(a) == _closing(b)
    if cls is str:
        state.tick(len(a) // 1000)
    if cls in _LINES:
        return _equal_instants(a, b)
    return bool(a == b)


def _closing(interval: Range) -> tuple[bool, bool, bool]:
    return interval.low_closed, interval.high_closed, interval.exact


def _equal_instants(a: Value, b: Value) -> bool:
    """A local time is equal to none that has a zone."""
    if kind(a) in ("time", "date and time") and (a.tzinfo is None) != (b.tzinfo is None):
        return False
    points = _points(a, b)
    return points is not None and points[0] == points[1]


_PLAIN = frozenset((Decimal, str, date, timedelta, YearsMonths))
_LINES = frozenset((datetime, time, *_OWN))  # ordered by a number that stands for their place on a line


def compare(a: Value, b: Value) -> int | None:
    """-1, 0 or 1; None when FEEL knows no order between the two (table 54)."""
    cls = type(a)
    if cls is type(b) and (cls in _PLAIN or (cls is datetime and _simple(a) and _simple(b) and zoned(a) == zoned(b))):
        return -1 if a < b else 1 if a > b else 0
    if (cls not in _LINES and type(b) not in _LINES) or kind(a) != kind(b):
        return None
    points = _points(a, b)
    return None if points is None else -1 if points[0] < points[1] else 1 if points[0] > points[1] else 0


def _simple(value: datetime) -> bool:
    """Whether Python's order is FEEL's: whole seconds, and no offset or one that does not vary."""
    return not value.microsecond and (value.tzinfo is None or type(value.tzinfo) is timezone)


def zoned(value: datetime) -> bool:
    return value.tzinfo is not None


def _points(a: Value, b: Value) -> tuple[int, int] | None:
    """Where two values of one temporal kind lie on their line; None when that cannot be told.

    Times count in whole seconds (10.3.2.3.4, as the compatibility kit reads it). A local time takes the offset of
    the other (table 54).
    """
    name = kind(a)
    if name == "date":
        return a.toordinal(), b.toordinal()
    if name == "days and time duration":
        return calendar.nanoseconds(a), calendar.nanoseconds(b)
    first, second = calendar.seconds(a), calendar.seconds(b)
    if a.tzinfo is None or b.tzinfo is None:
        return first, second
    ahead, behind = calendar.seconds_ahead(a), calendar.seconds_ahead(b)
    if ahead is None or behind is None:  # times in zones whose offset varies by day
        return (first, second) if a.tzinfo == b.tzinfo else None
    return first - ahead, second - behind


def contains(interval: Range, value: Value) -> bool | None:
    """Whether `value` lies in the range; None when it cannot be compared with its ends."""
    inside = True
    for bound, closed, wrong in ((interval.low, interval.low_closed, -1), (interval.high, interval.high_closed, 1)):
        if bound is None:
            continue
        order = compare(value, bound)
        if order is None:
            return None
        inside = inside and order != wrong and (order != 0 or closed)
    return inside


def key_of(value: Value, state: State, depth: int = 0) -> object:
    """Something hashable that is equal exactly when two values are `equal`."""
    state.tick()
    if depth > MAX_NESTING:
        raise Stop("A value is nested too deeply.", "depth")
    cls = type(value)
    if cls is list:
        return ("list", *(key_of(item, state, depth + 1) for item in value))
    if cls is dict:
        return ("context", frozenset((name, key_of(item, state, depth + 1)) for name, item in value.items()))
    if cls is Range:
        ends = key_of(value.low, state, depth + 1), key_of(value.high, state, depth + 1)
        return ("range", *ends, *_closing(value))
    if cls in _LINES:
        return _line_key(value)
    return (KINDS.get(cls), id(value) if cls is Function else value)


def _line_key(value: Value) -> object:
    name = kind(value)
    if name in ("date", "days and time duration"):
        return (name, value)
    ahead = calendar.seconds_ahead(value)
    zone = value.tzinfo if ahead is None else None
    return (name, value.tzinfo is None, zone, calendar.seconds(value) - (ahead or 0))


def measured(value: Value) -> Value:
    """`value`, when a caller can walk it; a part that is shared counts each time it appears."""
    if size_of(value, MAX_RESULT) > MAX_RESULT:
        raise Stop("The result is too large.")
    return value


def size_of(value: Value, limit: int) -> int:
    """How much there is to walk in `value`, counted up to `limit`. Raises Stop for a function, or nesting, inside."""
    size = 0
    stack = [([value], 0)]
    while stack and size <= limit:
        items, depth = stack.pop()
        if depth > MAX_NESTING:
            raise Stop("The result is nested too deeply.", "depth")
        size += len(items)
        for one in items:
            if type(one) is str:
                size += len(one) // 64
            elif type(one) is Function:
                raise Stop("The result is a function, not a value.", "")
            elif type(one) is list:
                stack.append((one, depth + 1))
            elif type(one) is dict:
                stack.append((list(one.values()), depth + 1))
    return size
