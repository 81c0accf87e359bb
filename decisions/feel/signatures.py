"""How built-in functions are declared and how an invocation finds the form it means.

A form is written as in the specification's tables: "string:string, start position:number, length?:number".
`?` marks what may be left out, `*` a name that takes any number of values; kinds may be joined by `|`,
`any` takes everything, null too. A kind ending in `!` takes null besides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import DecimalException
from typing import Any

from decisions.feel.values import Function, State, Value, kind

Call = Callable[..., Value]
POINTS = ("number", "string", "date", "time", "date and time", "days and time duration", "years and months duration")
GROUPS = {
    "point": POINTS,
    "day": ("date", "date and time"),
    "duration": ("days and time duration", "years and months duration"),
}
CALLING_BACK = 6  # frames of the host between a built-in's invocation and the function it was given
_UNFIT = object()


class Unfit(Exception):
    """A built-in has no result for these values; the text says why, without them."""


class Parameter:
    __slots__ = ("anything", "kinds", "many", "name", "optional")

    def __init__(self, name: str, kinds: frozenset[str], optional: bool, many: bool) -> None:
        self.name = name
        self.kinds = kinds
        self.optional = optional
        self.many = many
        self.anything = "any" in kinds

    @property
    def nullable(self) -> bool:
        return "any" in self.kinds or "null" in self.kinds

    def fit(self, value: Value) -> Value:
        """`value`, or its implicit conversion (10.3.2.9.4), when it has one of the kinds; else _UNFIT."""
        if "any" in self.kinds or kind(value) in self.kinds:
            return value
        if type(value) is list and len(value) == 1 and kind(value[0]) in self.kinds:
            return value[0]
        return [value] if "list" in self.kinds and value is not None else _UNFIT


class Form:
    """One way to invoke a built-in: by position between `least` and `most` values."""

    __slots__ = ("call", "least", "most", "parameters")

    def __init__(self, parameters: tuple[Parameter, ...], call: Call) -> None:
        self.parameters = parameters
        self.call = call
        self.least = sum(not parameter.optional for parameter in parameters)
        self.most: float = math.inf if parameters and parameters[-1].many else len(parameters)

    def fit(self, values: list[Value], named: dict[str, Value]) -> list[Value] | None:
        """The arguments in order, or None when this is not the form that is meant."""
        return self._by_name(named) if named else self._by_position(values)

    def _by_position(self, values: list[Value]) -> list[Value] | None:
        if not self.least <= len(values) <= self.most:
            return None
        fitted: list[Value] = []
        parameters = self.parameters
        for at, value in enumerate(values):
            parameter = parameters[at] if at < len(parameters) else parameters[-1]
            if not parameter.anything and kind(value) not in parameter.kinds:
                value = parameter.fit(value)
                if value is _UNFIT:
                    return None
            fitted.append(value)
        return fitted

    def _by_name(self, named: dict[str, Value]) -> list[Value] | None:
        """What is not supplied is null (10.3.2.13.5); a name that takes many values takes one."""
        known = {parameter.name for parameter in self.parameters}
        if not named.keys() <= known or any(each.many and each.name not in named for each in self.parameters):
            return None
        if any(not (each.optional or each.nullable or each.name in named) for each in self.parameters):
            return None
        given = [parameter for parameter in self.parameters if parameter.name in named]
        fitted = _all_fit(tuple(given), [named[parameter.name] for parameter in given])
        if fitted is None:
            return None
        by_name = dict(zip((parameter.name for parameter in given), fitted, strict=True))
        return [by_name.get(parameter.name) for parameter in self.parameters]


def _all_fit(parameters: tuple[Parameter, ...], values: list[Value]) -> list[Value] | None:
    fitted = [parameter.fit(value) for parameter, value in zip(parameters, values, strict=False)]
    return None if any(value is _UNFIT for value in fitted) else fitted


def _parameter(text: str) -> Parameter:
    name, _, kinds = text.partition(":")
    allowed: set[str] = set()
    for word in kinds.rstrip("!").split("|"):
        allowed.update(GROUPS.get(word, (word,)))
    if kinds.endswith("!"):
        allowed.add("null")
    return Parameter(name.strip("*?"), frozenset(allowed), name.endswith("?"), name.startswith("*"))


class Library:
    """Built-in functions by name."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self._forms: dict[str, list[Form]] = {}

    def forms(self, name: str) -> tuple[Form, ...]:
        """The forms `name` can be invoked in; none when this library has no such function."""
        return tuple(self._forms.get(name, ()))

    def add(self, name: str, *forms: str) -> Callable[[Call], Call]:
        """Declare `name` with these forms, all answered by the decorated function (state, *arguments)."""

        def declare(call: Call) -> Call:
            own = self._forms.setdefault(name, [])
            for form in forms:
                parameters = tuple(_parameter(part.strip()) for part in form.split(",") if part.strip())
                own.append(Form(parameters, call))
            names = [parameter.name for parameter in own[0].parameters]
            self.functions[name] = Function(name, names, _dispatch(name, own))
            return call

        return declare


def _as_written(forms: list[Form], named: dict[str, Value]) -> list[Form]:
    """before(point, range) and before(range, point) have the same names: the order in which they stand decides."""
    names = tuple(named)
    return sorted(forms, key=lambda form: tuple(parameter.name for parameter in form.parameters) != names)


def _dispatch(name: str, forms: list[Form]) -> Callable[[State, list[Value], dict[str, Value]], Value]:
    def call(state: State, values: list[Value], named: dict[str, Value]) -> Value:
        for form in _as_written(forms, named) if named else forms:
            fitted = form.fit(values, named)
            if fitted is not None:
                return _invoke(name, form.call, state, fitted)
        kinds = ", ".join(kind(value) for value in (named.values() if named else values))
        state.note(f"The function '{name}' does not take ({kinds}).")
        return None

    def call_that_calls(state: State, values: list[Value], named: dict[str, Value]) -> Value:
        state.enter(CALLING_BACK)
        try:
            return call(state, values, named)
        finally:
            state.depth -= CALLING_BACK

    calls = any("function" in parameter.kinds for form in forms for parameter in form.parameters)
    return call_that_calls if calls else call


def _invoke(name: str, call: Call, state: State, arguments: list[Any]) -> Value:
    for argument in arguments:
        if type(argument) in (str, list):
            state.tick(len(argument) // 1000 if type(argument) is str else len(argument) // 10)
    try:
        return state.sized(call(state, *arguments))
    except Unfit as reason:
        state.note(f"The function '{name}': {reason}")
    except (DecimalException, ArithmeticError, ValueError):
        state.note(f"The function '{name}' has no result for these values.")
    return None
