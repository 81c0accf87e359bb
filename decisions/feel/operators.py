"""What the operators of FEEL do with values (DMN 1.3, 10.3.2.13 to 10.3.2.15)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException, DivisionByZero

from decisions.feel import temporal
from decisions.feel.values import NUMBERS, Range, State, Value, YearsMonths, compare, contains, equal, kind

VERBS = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided", "**": "raised to a power"}


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if not exponent:
        return Decimal(1)  # of zero, too, as the limit of x ** x
    found = NUMBERS.power(base, exponent)
    if not found.is_finite():
        raise DivisionByZero  # the context signals nothing for 0 ** -1
    return found


NUMERIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "**": _power,
}


def arithmetic(operator: str, a: Value, b: Value, state: State) -> Value:
    """a `operator` b; null with a reason when it has no meaning or no result."""
    try:
        if type(a) is Decimal and type(b) is Decimal:
            if operator == "**":
                state.tick(3)
            return NUMERIC[operator](a, b)
        if operator == "+" and type(a) is str and type(b) is str:
            return state.sized(a + b)
        if a is not None and b is not None:
            value = _temporal(operator, a, b)
            if value is not None:
                return value
    except (DecimalException, ArithmeticError):
        state.note(
            f"A {kind(a)} and a {kind(b)} cannot be {VERBS[operator]}: the result does not exist or is too large."
        )
        return None
    state.note(f"A {kind(a)} and a {kind(b)} cannot be {VERBS[operator]}.")
    return None


def _temporal(operator: str, a: Value, b: Value) -> Value:
    if operator == "+":
        return temporal.add(a, b)
    if operator == "-":
        return temporal.subtract(a, b)
    durations = {"days and time duration", "years and months duration"}
    if operator == "*":
        if type(b) is Decimal and kind(a) in durations:
            return temporal.scale(a, b)
        return temporal.scale(b, a) if type(a) is Decimal and kind(b) in durations else None
    if operator == "/" and kind(a) in durations:
        return temporal.divide(a, b)
    return None


def negate(value: Value, state: State) -> Value:
    if type(value) is Decimal:
        return NUMBERS.minus(value)
    if type(value) is YearsMonths or kind(value) == "days and time duration":
        return temporal.negative(value)
    state.note(f"A {kind(value)} has no negative.")
    return None


def comparison(operator: str, a: Value, b: Value, state: State) -> bool | None:
    """a `operator` b for = != < > <= >=; null between kinds that cannot be compared."""
    if operator in ("=", "!="):
        same = equal(a, b, state)
        if same is None:
            state.note(f"A {kind(a)} is compared with a {kind(b)}.")
            return None
        return same if operator == "=" else not same
    order = compare(a, b)
    if order is None:
        if a is not None and b is not None:
            state.note(f"A {kind(a)} and a {kind(b)} have no order.")
        return None
    if operator == "<":
        return order < 0
    if operator == ">":
        return order > 0
    return order <= 0 if operator == "<=" else order >= 0


def within(value: Value, tested: Value, state: State) -> bool | None:
    """`value in tested`: in the range, among the list's members or ranges, or equal."""
    if type(tested) is Range and type(value) is not Range:
        return contains(tested, value)
    if type(tested) is list:
        return _among(value, tested, state)
    return equal(value, tested, state)


def _among(value: Value, members: list[Value], state: State) -> bool:
    state.tick(len(members) // 10)
    for member in members:
        if type(member) is Range and type(value) is not Range:
            if contains(member, value):
                return True
        elif equal(value, member, state):
            return True
    return type(value) is list and equal(value, members, state) is True


def member(value: Value, name: str, state: State) -> Value:
    """value.name: an entry of a context, a property, or the list of it from every element."""
    if type(value) is dict:
        if name not in value:
            state.note(f"There is no entry '{name}'.")
        return value.get(name)
    if type(value) is list:
        state.tick(len(value))
        if any(type(item) is list for item in value):
            return None
        return [member(item, name, state) for item in value]
    found = range_properties(value) if type(value) is Range else temporal.properties(value)
    if found is None or name not in found:
        if value is not None:
            state.note(f"A {kind(value)} has no property '{name}'.")
        return None
    return found[name]


def range_properties(value: Range) -> dict[str, Value]:
    return {
        "start": value.low,
        "end": value.high,
        "start included": value.low_closed,
        "end included": value.high_closed,
    }


def element(items: list[Value], index: Decimal, state: State) -> Value:
    if index != index.to_integral_value() or not 1 <= abs(index) <= len(items):
        state.note("An index lies outside its list.")
        return None
    return items[int(index) - 1 if index > 0 else int(index)]
