"""process.toml as text: the pages edit it as a form, so the product writes it too. Reading is tomllib's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def written(sheet: Mapping[str, Any]) -> bytes:
    """The sheet as TOML in UTF-8, in its own order: values first, then tables, then lists of tables.

    Reads back as the same data. Raises TypeError for what TOML has no word for.
    """
    return ("\n".join(_lines(sheet, ())).strip("\n") + "\n").encode("utf-8")


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    inner = {name: value for name, value in table.items() if isinstance(value, Mapping) or _is_rows(value)}
    for name, value in table.items():
        if name not in inner:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in inner.items():
        where = (*path, name)
        heading = ".".join(map(_key, where))
        if isinstance(value, Mapping):
            yield from ("", f"[{heading}]", *_lines(value, where))
        else:
            for row in value:
                yield from ("", f"[[{heading}]]", *_lines(row, where))


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"TOML has no word for {type(value).__name__}")


def _text(text: str) -> str:
    return '"' + "".join(_SHORT.get(sign) or (sign if _plain(sign) else f"\\u{ord(sign):04X}") for sign in text) + '"'


def _plain(sign: str) -> bool:
    return ord(sign) >= 0x20 and sign != "\x7f"
