"""The limited child process that takes one file apart; speaks JSON lines on standard output.

Messages: {"sheet": [number, title, first column, hidden]}, {"rows": […]} in batches, {"done": [unfinished]} after each
sheet, {"end": []} at last, or {"refused": sentence}. Cells keep their kind; days are written as ISO texts.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sources import headings, wire
from sources.categories import CATEGORIES, DECLARATIONS, Category
from sources.faults import Refusal
from sources.limits import limit
from sources.matching import kinds
from sources.tables import Caps, Delivered
from sources.values import Cell
from sources.watching import TOO_MUCH_MEMORY

BATCH = 500
NICENESS = 5
KINDS: Mapping[str, Mapping[str, Category]] = {"departments": CATEGORIES, "declared": DECLARATIONS}


def main() -> None:
    """Read standard input as told by the JSON in the second argument."""
    order = json.loads(sys.argv[2])
    os.nice(NICENESS)
    limit(order["address_space"], order["cpu"], data=order["memory"])
    caps = Caps(order["bytes"], order["inflated"], headings.SEARCHED_ROWS * 2, order["held"])
    known = tuple(KINDS[order["kinds"]].values())
    try:
        for sheet in Delivered(sys.stdin.buffer, caps, lambda first: _promise(first, known)).sheets():
            _say({"sheet": [sheet.number, sheet.title, sheet.first_column, sheet.hidden]})
            while batch := list(itertools.islice(sheet.rows, BATCH)):
                _write(wire.packed_rows(batch))
            _say({"done": [sheet.unfinished]})
        _say({"end": []})
    except Refusal as refusal:
        _say({"refused": refusal.text.packed()})
    except MemoryError:
        _say({"refused": TOO_MUCH_MEMORY.packed()})


def _say(message: dict[str, Any]) -> None:
    _write(wire.packed(message))


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _promise(first: Sequence[Sequence[Cell]], known: Sequence[Category]) -> int:
    """How well the first rows look like a known kind of file."""
    try:
        table = kinds.detect(first, known)
    except Refusal:
        return 1  # headings are there, but something is wrong with them: the reading proper says what
    return table.headings.complete_score if table else 0
