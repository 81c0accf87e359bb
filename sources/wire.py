"""Lines of JSON between a reading child and whoever started it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import orjson

from sources.values import Cell, to_text


def packed(message: dict[str, Any]) -> bytes:
    """One line, its end included; days and times are written as `sources.values.to_text` does."""
    try:
        return orjson.dumps(message, default=to_text, option=_AS_TEXT)
    except TypeError:
        return slowly_packed(message)  # half a character, or a number too long for the fast writer


def packed_rows(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Raw rows as one line. A number without end, which a workbook can hold, stays one."""
    message = {"rows": rows}
    endless = any(type(cell) is float and not math.isfinite(cell) for cells in rows for cell in cells)
    return slowly_packed(message) if endless else packed(message)


def slowly_packed(message: dict[str, Any]) -> bytes:
    """The same line by the writer that can write everything; a blank before it asks for the reader that can read it."""
    return _SLOWLY + json.dumps(message, ensure_ascii=True, separators=(",", ":"), default=to_text).encode() + b"\n"


def unpacked(line: bytes) -> dict[str, Any]:
    """The message of a line. Raises ValueError when it is none."""
    message: dict[str, Any] = json.loads(line) if line.startswith(_SLOWLY) else orjson.loads(line)
    return message


_SLOWLY = b" "
_AS_TEXT = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME
