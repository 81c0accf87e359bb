"""FEEL values as text: string() of 10.3.4.1 and literals that read back as the same value."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from decisions.feel.calendar import (
    FarDate,
    FarDateTime,
    FineDuration,
    FineTime,
    clock_of,
    date_text,
    day_of,
    duration_text,
    time_text,
)
from decisions.feel.tokens import KEYWORDS
from decisions.feel.values import MAX_NESTING, NUMBERS, Range, State, Stop, Value, YearsMonths, kind

_AT_LITERALS = frozenset((date, datetime, time, timedelta, YearsMonths, FarDate, FarDateTime, FineTime, FineDuration))
_PLAIN_KEY = re.compile(r"[^\W\d]\w*")


def text_of(value: Value, state: State) -> str:
    """string(value): a string is itself, everything else its literal form without the @-sign."""
    if type(value) is str:
        return value
    return _print(value, state, 0, literal=False)


def literal(value: Value, state: State) -> str:
    """A FEEL literal that evaluates to `value`."""
    return _print(value, state, 0, literal=True)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def number_text(value: Decimal) -> str:
    return format(value.normalize(NUMBERS), "f") if value else "0"


def _print(value: Value, state: State, depth: int, *, literal: bool) -> str:
    state.tick()
    if depth > MAX_NESTING:
        raise Stop("A value is nested too deeply to be printed.", "depth")
    cls = type(value)
    if cls is str:
        state.sized(value)
        return quoted(value)
    if cls is list:
        return _sized("[" + ", ".join(_print(item, state, depth + 1, literal=literal) for item in value) + "]", state)
    if cls is dict:
        entries = (f"{_key(name)}: {_print(item, state, depth + 1, literal=literal)}" for name, item in value.items())
        return _sized("{" + ", ".join(entries) + "}", state)
    if cls is Range:
        return _range(value, state, depth, literal=literal)
    text = scalar_text(value)
    return f'@"{text}"' if literal and cls in _AT_LITERALS else text


def _sized(text: str, state: State) -> str:
    state.sized(text)
    return text


def _range(value: Range, state: State, depth: int, *, literal: bool) -> str:
    low, high = (
        "" if end is None else _print(end, state, depth + 1, literal=literal) for end in (value.low, value.high)
    )
    if value.exact:
        return f"(= {low})"
    if value.low is None:
        return f"({'<=' if value.high_closed else '<'} {high})"
    if value.high is None:
        return f"({'>=' if value.low_closed else '>'} {low})"
    return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) and name not in KEYWORDS else quoted(name)


def scalar_text(value: Value) -> str:
    """The text of a value that holds no other values."""
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is Decimal:
        return number_text(value)
    if isinstance(value, (datetime, FarDateTime)):
        return f"{date_text(day_of(value))}T{time_text(clock_of(value))}"
    if isinstance(value, (date, FarDate)):
        return date_text(value)
    if isinstance(value, (time, FineTime)):
        return time_text(value)
    if isinstance(value, (timedelta, FineDuration)):
        return duration_text(value)
    return str(value) if type(value) in (YearsMonths, str) else kind(value)
