"""The period a title line names: “2025年6月养老金发放明细”, “2025年第二季度”, “2025年上半年”, “2025年度”."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from sources.values import Cell, to_text

_ORDINALS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
# a day behind the month makes it a day of printing or of the figures, not a period
_MONTHS = re.compile(r"(20\d\d)年(\d{1,2})月?(?:份)?(?:至|到|-|~|—)(?:\1年)?(\d{1,2})月(?!\d{1,2}日)")
_MONTH = re.compile(r"(20\d\d)(?:年(\d{1,2})月|[-./](\d{2}))(?!\d|[-./]\d|\d{1,2}日)")
_QUARTER = re.compile(r"(20\d\d)年第?([一二三四1-4])季度?")
_HALF = re.compile(r"(20\d\d)年(上|下)半年")
_YEAR = re.compile(r"(20\d\d)(?:年度|年全年)")
LONGEST = 200


def periods(sheet: int, title: str, rows: Sequence[Sequence[Cell]]) -> Iterator[list[object]]:
    """[sheet, 1-based row (0: the name of the sheet), first month, last month] of each period named above a table.

    Months are counted from the year 0: year × 12 + month − 1.
    """
    for number, cells in enumerate([[title], *rows]):
        for cell in cells:
            found = named(to_text(cell)) if isinstance(cell, str) else None
            if found is not None:
                yield [sheet, number, *found]


def named(text: str) -> tuple[int, int] | None:
    """First and last month of the period a line names, None when it names none, or one that cannot be."""
    line = "".join(unicodedata.normalize("NFKC", text[:LONGEST]).split())
    if found := _MONTHS.search(line):
        return _sound(int(found[1]), int(found[2]), int(found[3]))
    if found := _QUARTER.search(line):
        last = _ORDINALS[found[2]] * 3
        return _sound(int(found[1]), last - 2, last)
    if found := _HALF.search(line):
        last = 6 if found[2] == "上" else 12
        return _sound(int(found[1]), last - 5, last)
    if found := _MONTH.search(line):
        month = int(found[2] or found[3])
        return _sound(int(found[1]), month, month)
    if found := _YEAR.search(line):
        return _sound(int(found[1]), 1, 12)
    return None


def _sound(year: int, first: int, last: int) -> tuple[int, int] | None:
    if not 1 <= first <= last <= 12:
        return None
    return year * 12 + first - 1, year * 12 + last - 1
