"""Lines below a table that say how many rows it has: they prove a file is whole, and are no rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.text import gettext as _
from sources.faults import Refusal
from sources.values import Cell, is_blank, to_text

_PROMISED = re.compile(r"(?:合计|总计|以上|全表)?[:,,]?共计?([0-9]{1,9})(?:条|行|笔)(?:记录|数据|信息)?[。.!]?")


def promised(cells: Sequence[Cell]) -> int | None:
    """How many rows a line such as 共20条记录 says there are above it; None when it is no such line."""
    filled: list[Cell] = []
    for cell in cells:
        if not is_blank(cell):
            filled.append(cell)
            if len(filled) > 1:
                return None
    if not filled:
        return None
    found = _PROMISED.fullmatch("".join(to_text(filled[0]).split()))
    return int(found[1]) if found else None


def must_be_all(said: int, rows: int, row: int) -> None:
    """Raises Refusal when the line in `row` speaks of more or fewer rows than there were."""
    if said != rows:
        raise Refusal(
            _(
                "Row %(row)s says that there are %(said)s rows, but %(rows)s stand above it: a part of the file is"
                " missing or too much. Export it again.",
                row=row,
                said=said,
                rows=rows,
            )
        )
