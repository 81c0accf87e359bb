"""What a decision saw and said as JSON can keep it, and back again: for the record that stays with a case.

Text, truth, null, lists and contexts stand as they are; a number is {"$number": "12.50"}, so that no digit is lost, and
a date, a time or a duration is {"$feel": the literal that stands for it}; a context that has such a name itself is
{"$context": [[name, value]]}. What FEEL has no literal for is kept as null.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from decisions import feel
from decisions.feel.calendar import FarDate, FarDateTime, FineDuration, FineTime

NUMBER, LITERAL, CONTEXT = "$number", "$feel", "$context"
MARKS = frozenset({NUMBER, LITERAL, CONTEXT})
MOST = 200  # entries of a list or context that are worth keeping


def packed(value: Any) -> Any:
    """A FEEL value, or one handed to FEEL, as JSON."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float | Decimal):
        return {NUMBER: str(value)}
    if isinstance(value, Mapping):
        kept = {str(key): packed(one) for key, one in list(value.items())[:MOST]}
        # what a message brought must not be taken for a mark of ours, least of all for an expression
        return {CONTEXT: [list(pair) for pair in kept.items()]} if kept.keys() & MARKS else kept
    if isinstance(value, list | tuple):
        return [packed(one) for one in value[:MOST]]
    if isinstance(value, date | time | timedelta | feel.YearsMonths | FarDate | FarDateTime | FineTime | FineDuration):
        return {LITERAL: f'@"{text(value)}"'}
    return None


def unpacked(kept: Any, now: datetime) -> Any:
    """The value that `packed` kept. now: aware; no literal asks for it, an evaluation does."""
    if isinstance(kept, list):
        return [unpacked(one, now) for one in kept]
    if not isinstance(kept, dict):
        return kept
    if set(kept) == {NUMBER}:
        return _number(str(kept[NUMBER]))
    if set(kept) == {LITERAL}:
        return feel.compile(str(kept[LITERAL])).evaluate({}, now=now).value
    pairs = kept[CONTEXT] if set(kept) == {CONTEXT} else kept.items()
    return {key: unpacked(one, now) for key, one in pairs}


def text(value: Any) -> str:
    """A value as a person reads it: figures in groups of three, texts without quotes, null as a dash."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return _figure(Decimal(str(value)))
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {text(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(text(one) for one in value) or "—"
    return value.isoformat() if isinstance(value, date | time) else str(value) or '""'


def _number(written: str) -> Decimal | None:
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def _figure(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    whole = value == value.to_integral_value()
    return format(value.quantize(Decimal(1)) if whole and abs(value) < Decimal(10) ** 20 else value.normalize(), ",f")


def _duration(value: timedelta) -> str:
    sign, left = ("-", -value) if value < timedelta() else ("", value)
    hours, rest = divmod(left.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{left.microseconds:06d}".rstrip("0") if left.microseconds else ""
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    days = f"{left.days}D" if left.days else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"
