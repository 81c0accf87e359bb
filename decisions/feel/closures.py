"""What the commonest nodes do, as closures over what their parts do.

A node makes its closure once, when it is made. Each has a short way for numbers and texts and leaves everything else
to `operators`, so that the short way never has to be right about more than it takes.
"""

from __future__ import annotations

import operator as of
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, DecimalException

from decisions.feel.operators import NUMERIC, arithmetic, comparison, member, within
from decisions.feel.scope import BUILT_INS, MISSING, Run, Scope, taken
from decisions.feel.values import NUMBERS, Range, State, Value, kind

Test = Callable[[State, Scope, Value], bool | None]
HELD: dict[str, Callable[[Value, Value], bool]] = {
    "=": of.eq,
    "!=": of.ne,
    "<": of.lt,
    "<=": of.le,
    ">": of.gt,
    ">=": of.ge,
}
SCALARS = (Decimal, str)
ORDERED = frozenset((Decimal, str, date))  # kinds that Python compares as FEEL does
_rounded = NUMBERS.plus


def name_run(name: str) -> Run:
    def run(state: State, scope: Scope) -> Value:
        source = scope.source
        if source is not None and name in source:
            value = source[name]
            if type(value) is Decimal and value.is_finite():
                return _rounded(value)
            if type(value) is str:
                return value
        elif name in scope.names:
            return scope.names[name]
        value = scope.find(name, state)
        if value is MISSING:
            value = BUILT_INS.get(name)
            if value is None:
                state.note(f"The name '{name}' is not known here.")
        return value

    return run


def path_run(inner: Run, name: str) -> Run:
    def run(state: State, scope: Scope) -> Value:
        value = inner(state, scope)
        if type(value) is dict and name in value:
            return value[name]
        return member(value, name, state)

    return run


def path_of_name_run(base: str, inner: Run, name: str) -> Run:
    """base.name: of a context the caller gave, only the entry that is asked for is taken in."""

    def run(state: State, scope: Scope) -> Value:
        source = scope.source
        if source is not None and base not in scope.names and base in source:
            value = source[base]
            if type(value) is dict and name in value:
                return taken(value[name], state)
        value = inner(state, scope)
        if type(value) is dict and name in value:
            return value[name]
        return member(value, name, state)

    return run


def comparison_run(operator: str, left: Run, right: Run) -> Run:
    held = HELD[operator]

    def run(state: State, scope: Scope) -> Value:
        a, b = left(state, scope), right(state, scope)
        if type(a) is type(b) and type(a) in ORDERED:
            return held(a, b)
        return comparison(operator, a, b, state)

    return run


def comparison_with_run(operator: str, left: Run, constant: Value, name: str = "") -> Run:
    """left `operator` constant; `name` when that is what stands left."""
    held, cls = HELD[operator], type(constant)
    if cls not in SCALARS and (cls is not bool or operator not in ("=", "!=")):
        return comparison_run(operator, left, constant_run(constant))

    def run_of_name(state: State, scope: Scope) -> Value:
        source = scope.source
        if source is not None and name in source:
            value: Value = source[name]
            if type(value) is cls and (cls is not Decimal or value.is_finite()):
                return held(value, constant)
        value = scope.names[name] if name in scope.names else left(state, scope)
        if type(value) is cls:
            return held(value, constant)
        return comparison(operator, value, constant, state)

    def run(state: State, scope: Scope) -> Value:
        value = left(state, scope)
        if type(value) is cls:
            return held(value, constant)
        return comparison(operator, value, constant, state)

    return run_of_name if name else run


def constant_run(constant: Value) -> Run:
    return lambda state, scope: constant


def unless_shadowed_run(name: str, constant: Value, otherwise: Run) -> Run:
    """What a built-in made of constants, as long as nothing else is called like it."""

    def run(state: State, scope: Scope) -> Value:
        source = scope.source
        if source is not None and name not in source and not scope.names:
            return constant
        return constant if scope.find(name, state) is MISSING else otherwise(state, scope)

    return run


def arithmetic_run(operator: str, left: Run, right: Run) -> Run:
    compute = NUMERIC[operator]

    def run(state: State, scope: Scope) -> Value:
        a, b = left(state, scope), right(state, scope)
        if type(a) is Decimal and type(b) is Decimal:
            try:
                return compute(a, b)
            except DecimalException:
                pass  # said below, where every other refusal is
        return arithmetic(operator, a, b, state)

    return run


def arithmetic_with_run(operator: str, left: Run, constant: Decimal) -> Run:
    """left `operator` constant."""
    compute = NUMERIC[operator]

    def run(state: State, scope: Scope) -> Value:
        value = left(state, scope)
        if type(value) is Decimal:
            try:
                return compute(value, constant)
            except DecimalException:
                pass  # said below, where every other refusal is
        return arithmetic(operator, value, constant, state)

    return run


def chain_run(operators: Sequence[str], operands: Sequence[Run]) -> Run:
    """Operators of one strength, from left to right."""
    first, rest = operands[0], tuple(zip(operators, operands[1:], strict=True))

    def run(state: State, scope: Scope) -> Value:
        value = first(state, scope)
        for operator, operand in rest:
            value = arithmetic(operator, value, operand(state, scope), state)
        return value

    return run


def logic_run(deciding: bool, operands: Sequence[Run]) -> Run:
    """Three-valued: the deciding value of any operand decides, else null if any is not a boolean."""
    other = not deciding

    def run(state: State, scope: Scope) -> Value:
        result: bool | None = other
        for operand in operands:
            value = operand(state, scope)
            if value is deciding:
                return value
            if value is not other:
                result = None
                if value is not None:
                    state.note(f"A {kind(value)} stands where true or false is needed.")
        return result

    return run


def logic_of_two_run(deciding: bool, first: Run, second: Run) -> Run:
    other = not deciding

    def run(state: State, scope: Scope) -> Value:
        a = first(state, scope)
        if a is deciding:
            return deciding
        b = second(state, scope)
        if b is deciding:
            return deciding
        if a is other and b is other:
            return other
        return undecided(state, a, b)

    return run


def not_run(negated: Run) -> Run:
    def run(state: State, scope: Scope) -> Value:
        value = negated(state, scope)
        return not value if type(value) is bool else BUILT_INS["not"].call(state, [value], {})

    return run


def between_run(tested: Run, least: Run, most: Run) -> Run:
    def run(state: State, scope: Scope) -> Value:
        value, low, high = tested(state, scope), least(state, scope), most(state, scope)
        if type(value) is type(low) is type(high) is Decimal:
            return low <= value <= high
        above, below = comparison(">=", value, low, state), comparison("<=", value, high, state)
        return None if above is None or below is None else above and below

    return run


def undecided(state: State, *values: Value) -> None:
    for value in values:
        if value is not None and type(value) is not bool:
            state.note(f"A {kind(value)} stands where true or false is needed.")


def list_run(items: Sequence[Run]) -> Run:
    def run(state: State, scope: Scope) -> Value:
        values: list[Value] = []
        for item in items:
            values.append(item(state, scope))
        return values

    return run


def if_run(condition: Run, then: Run, otherwise: Run, *, strict: bool) -> Run:
    """What is not true is otherwise (10.3.2.15); `strict`: null, where a condition is neither true, false nor null."""

    def run(state: State, scope: Scope) -> Value:
        held = condition(state, scope)
        if held is True:
            return then(state, scope)
        if held is not False and held is not None:
            undecided(state, held)
            if strict:
                return None
        return otherwise(state, scope)

    return run


# --- positive unary tests (grammar rule 7): whether a value, in scope as `?`, passes


def operator_test(operator: str, bound: Run, constant: Value) -> Test:
    held, cls = HELD[operator], type(constant)

    def holds(state: State, scope: Scope, value: Value) -> bool | None:
        return comparison(operator, value, bound(state, scope), state)

    def holds_constant(state: State, scope: Scope, value: Value) -> bool | None:
        return held(value, constant) if type(value) is cls else comparison(operator, value, constant, state)

    return holds_constant if cls in SCALARS else holds


def constant_test(constant: Value) -> Test:
    cls = type(constant)
    if type(constant) is list and constant and type(constant[0]) in SCALARS:
        if all(type(one) is type(constant[0]) for one in constant):
            return members_test(frozenset(constant), lambda state, scope, value: within(value, constant, state))

    def holds(state: State, scope: Scope, value: Value) -> bool | None:
        if type(value) is cls and cls in SCALARS:
            return bool(value == constant)
        return within(value, constant, state)

    return holds


def members_test(members: frozenset[Value], otherwise: Test) -> Test:
    """Among numbers alone, or texts alone; `otherwise` tests values of other kinds."""
    cls = type(next(iter(members)))

    def holds(state: State, scope: Scope, value: Value) -> bool | None:
        return value in members if type(value) is cls else otherwise(state, scope, value)

    return holds


def range_test(interval: Range) -> Test:
    """Within a range whose ends are known numbers."""
    low, high = interval.low, interval.high
    above, below = (of.ge if interval.low_closed else of.gt), (of.le if interval.high_closed else of.lt)

    def holds(state: State, scope: Scope, value: Value) -> bool | None:
        if type(value) is Decimal:
            return bool(above(value, low) and below(value, high))
        return within(value, interval, state)

    return holds


def value_test(run: Run, answers: bool, bounds: bool) -> Test:
    """A test that is an expression. `answers`: it speaks of `?`; `bounds`: it is a range, null when it has none."""

    def holds(state: State, scope: Scope, value: Value) -> bool | None:
        found = run(state, scope)
        if found is None and (bounds or answers):
            return None  # `? > 5` is null of a null, which is not to say that null is looked for
        if type(found) is bool and (answers or type(value) not in (bool, list)):
            # About `?`, or about other names, it answers for itself; a boolean value is compared.
            return found
        return within(value, found, state)

    return holds


def any_test(tests: Sequence[Test]) -> Test:
    """true when any test holds, else null when any cannot be told, else false."""

    def holds(state: State, scope: Scope, value: Value) -> bool | None:
        result: bool | None = False
        for test in tests:
            held = test(state, scope, value)
            if held is True:
                return True
            if held is None:
                result = None
        return result

    return holds
