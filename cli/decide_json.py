"""JSON to FEEL values and back, without loss: numbers are decimals, dates and durations are texts.

JSON knows no dates. A text is read as a date, time or duration only where the model declares the input as one
(in a structure or a list too); everything else stays what JSON says it is.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from decimal import Decimal, DecimalException
from pathlib import Path

from decisions.feel.printing import number_text, text_of
from decisions.feel.temporal import read_any
from decisions.feel.values import State, Value
from domain.errors import Conflict
from domain.text import gettext as _

MAX_INPUT = 10 * 1024 * 1024
PRINTING_STEPS = 10_000_000


def read_object(option: str, text: str) -> dict[str, Value]:
    """The JSON object in `text`, in the file after `@`, or on standard input for `-`."""
    source = _source(option, text)
    try:
        found = json.loads(source, parse_float=_number, parse_int=_number, parse_constant=_number)
    except (ValueError, RecursionError) as fault:
        where = f" ({fault.msg}: line {fault.lineno}, column {fault.colno})" if isinstance(fault, _JSON) else ""
        raise Conflict(
            _(
                'What %(option)s gives is not JSON%(where)s. Write an object such as {"income": 700}.',
                option=option,
                where=where,
            )
        ) from None
    if not isinstance(found, dict):
        raise Conflict(_('%(option)s needs a JSON object such as {"income": 700}.', option=option))
    return found


_JSON = json.JSONDecodeError


def read_value(option: str, text: str) -> Value:
    """One JSON value; a text that is not JSON is the string itself, and @"2026-06-01" a date as FEEL writes it."""
    if text.startswith('@"') and text.endswith('"'):
        return read_any(text[2:-1])
    try:
        return json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_number)
    except _JSON:
        return text
    except (ValueError, RecursionError):
        raise Conflict(_('%(option)s needs a JSON value such as 700 or "text".', option=option)) from None


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except DecimalException:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not finite")
    return number


def _source(option: str, text: str) -> str:
    try:
        if text == "-":
            return sys.stdin.read(MAX_INPUT)
        if text.startswith("@"):
            with Path(text[1:]).open(encoding="utf-8") as file:
                return file.read(MAX_INPUT)
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "UTF-8"
        raise Conflict(
            _("The file of %(option)s cannot be read (%(why)s). Check its path.", option=option, why=why)
        ) from None
    return text


def written(value: Value, now: datetime) -> str:
    """`value` as one line of JSON; what JSON has no form for is the text that FEEL gives it."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Decimal):
        return number_text(value) if abs(value.adjusted()) < 40 else str(value)
    if isinstance(value, list):
        return "[" + ", ".join(written(one, now) for one in value) + "]"
    if isinstance(value, dict):
        entries = (f"{json.dumps(name, ensure_ascii=False)}: {written(one, now)}" for name, one in value.items())
        return "{" + ", ".join(entries) + "}"
    return json.dumps(text_of(value, State(now, PRINTING_STEPS)), ensure_ascii=False)
