"""Built-in functions on numbers, booleans and ranges (DMN 1.5, 10.3.4.2, 10.3.4.5 to 10.3.4.7)."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)

from decisions.feel import temporal
from decisions.feel.printing import scalar_text
from decisions.feel.signatures import Call, Library, Unfit
from decisions.feel.values import MAX_NESTING, NUMBERS, Range, State, Stop, Value, compare, contains, equal, kind

LIBRARY = Library()
add = LIBRARY.add

# Wide enough that a scale asked for never costs digits the number has.
_WIDE = Context(prec=12_400, Emin=-6_200, Emax=6_200)


@add("not", "negand:boolean!")
def _not(state: State, value: bool | None) -> Value:
    return None if value is None else not value


def _rounder(mode: str) -> Call:
    def rounded(state: State, number: Decimal, scale: Decimal | None = None) -> Decimal:
        digits = Decimal(0) if scale is None else scale
        if not -6111 <= digits <= 6176:
            raise Unfit("the scale must lie between -6111 and 6176.")
        exact = number.quantize(Decimal(1).scaleb(-int(digits)), rounding=mode, context=_WIDE)
        return NUMBERS.plus(exact)

    return rounded


for _name, _mode in (("floor", ROUND_FLOOR), ("ceiling", ROUND_CEILING)):
    add(_name, "n:number, scale?:number")(_rounder(_mode))
for _name, _mode in (
    ("decimal", ROUND_HALF_EVEN),
    ("round up", ROUND_UP),
    ("round down", ROUND_DOWN),
    ("round half up", ROUND_HALF_UP),
    ("round half down", ROUND_HALF_DOWN),
):
    add(_name, "n:number, scale:number")(_rounder(_mode))


@add("abs", "n:number")
def _abs(state: State, number: Decimal) -> Decimal:
    return NUMBERS.abs(number)


@add("abs", "n:duration")
def _abs_duration(state: State, duration: Value) -> Value:
    return temporal.absolute(duration)


@add("modulo", "dividend:number, divisor:number")
def _modulo(state: State, dividend: Decimal, divisor: Decimal) -> Decimal:
    if not divisor:
        raise Unfit("the divisor is zero.")
    rest = _WIDE.remainder(dividend, divisor)
    if rest and (rest < 0) != (divisor < 0):
        rest += divisor
    return NUMBERS.plus(rest)


@add("sqrt", "number:number")
def _sqrt(state: State, number: Decimal) -> Decimal:
    return NUMBERS.sqrt(number)


@add("log", "number:number")
def _log(state: State, number: Decimal) -> Decimal:
    if number <= 0:
        raise Unfit("the number must be positive.")
    state.tick(3)
    return NUMBERS.ln(number)


@add("exp", "number:number")
def _exp(state: State, number: Decimal) -> Decimal:
    state.tick(3)
    return NUMBERS.exp(number)


@add("odd", "number:number")
def _odd(state: State, number: Decimal) -> bool | None:
    return _parity(number) == 1


@add("even", "number:number")
def _even(state: State, number: Decimal) -> bool | None:
    return _parity(number) == 0


def _parity(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise Unfit("the number is not whole.")
    return int(abs(_WIDE.remainder(number, Decimal(2))))


@add("is", "value1:any, value2:any")
def _is(state: State, a: Value, b: Value) -> bool:
    """The same element of the domain (10.3.2.2); equal times with other offsets or fractions are not."""
    return _identical(a, b, state, 0)


def _identical(a: Value, b: Value, state: State, depth: int) -> bool:
    state.tick()
    if depth > MAX_NESTING:
        raise Stop("What is compared is nested too deeply.", "depth")
    name = kind(a)
    if name != kind(b):
        return False
    if name in ("time", "date and time"):
        return scalar_text(a) == scalar_text(b)
    if name == "list":
        return len(a) == len(b) and all(_identical(x, y, state, depth + 1) for x, y in zip(a, b, strict=True))
    if name == "context":
        return a.keys() == b.keys() and all(_identical(a[key], b[key], state, depth + 1) for key in a)
    return equal(a, b, state) is True


# --- ranges and points


def _order(a: Value, b: Value) -> int:
    order = compare(a, b)
    if order is None:
        raise Unfit("the values have no order.")
    return order


def _start(a: Range, b: Range) -> int:
    """Order of two starts: an open one lies just after its value."""
    return _order(a.low, b.low) or int(b.low_closed) - int(a.low_closed)


def _end(a: Range, b: Range) -> int:
    return _order(a.high, b.high) or int(a.high_closed) - int(b.high_closed)


def _touch(a: Range, b: Range) -> int:
    """Order of a's end and b's start; 0 only when both take in the same value."""
    return _order(a.high, b.low) or (0 if a.high_closed and b.low_closed else -1)


def _as_range(value: Value) -> Range:
    return value if type(value) is Range else Range(value, value, True, True)


def _before(state: State, a: Value, b: Value) -> bool:
    return _touch(_as_range(a), _as_range(b)) < 0


def _meets(state: State, a: Range, b: Range) -> bool:
    return _touch(a, b) == 0


def _overlaps(state: State, a: Range, b: Range) -> bool:
    return _touch(a, b) >= 0 and _touch(b, a) >= 0


def _overlaps_before(state: State, a: Range, b: Range) -> bool:
    return _start(a, b) < 0 and _touch(a, b) >= 0 and _end(a, b) <= 0


def _finishes(state: State, a: Value, b: Range) -> bool:
    if type(a) is not Range:
        return b.high_closed and _order(a, b.high) == 0
    return _end(a, b) == 0 and _start(a, b) >= 0


def _starts(state: State, a: Value, b: Range) -> bool:
    if type(a) is not Range:
        return b.low_closed and _order(a, b.low) == 0
    return _start(a, b) == 0 and _end(a, b) <= 0


def _includes(state: State, a: Range, b: Value) -> bool:
    if type(b) is not Range:
        inside = contains(a, b)
        if inside is None:
            raise Unfit("the values have no order.")
        return inside
    return _start(a, b) <= 0 and _end(a, b) >= 0


def _coincides(state: State, a: Value, b: Value) -> bool:
    return _start(_as_range(a), _as_range(b)) == 0 and _end(_as_range(a), _as_range(b)) == 0


def _swapped(call: Call) -> Call:
    return lambda state, a, b: call(state, b, a)


_POINTS = "point1:point, point2:point"
_RANGES = "range1:range, range2:range"
_POINT_IN = ("point:point, range:range", _RANGES)
_RANGE_OF = ("range:range, point:point", _RANGES)
for _name, _call, *_forms in (
    ("before", _before, _POINTS, *_POINT_IN, _RANGE_OF[0]),
    ("after", _swapped(_before), _POINTS, *_POINT_IN, _RANGE_OF[0]),
    ("meets", _meets, _RANGES),
    ("met by", _swapped(_meets), _RANGES),
    ("overlaps", _overlaps, _RANGES),
    ("overlaps before", _overlaps_before, _RANGES),
    ("overlaps after", _swapped(_overlaps_before), _RANGES),
    ("finishes", _finishes, *_POINT_IN),
    ("finished by", _swapped(_finishes), *_RANGE_OF),
    ("includes", _includes, *_RANGE_OF),
    ("during", _swapped(_includes), *_POINT_IN),
    ("starts", _starts, *_POINT_IN),
    ("started by", _swapped(_starts), *_RANGE_OF),
    ("coincides", _coincides, _POINTS, _RANGES),
):
    add(_name, *_forms)(_call)
