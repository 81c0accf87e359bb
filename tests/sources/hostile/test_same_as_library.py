"""Our streaming reader of XLSX gives what the library gives, for every workbook both understand."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sources.tables import xlsx
from sources.values import Cell

TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)
NUMBERS = st.integers(-(10**15), 10**15) | st.floats(-1e12, 1e12).filter(lambda n: n == 0 or abs(n) > 1e-9)
DAYS = st.dates(date(1900, 3, 1), date(2100, 1, 1))
INSTANTS = st.datetimes(datetime(1900, 3, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))
TIMES = st.times(time(0, 0, 1)).map(lambda at: at.replace(microsecond=0)).filter(lambda at: at > time(0))
CELLS = (
    st.none() | TEXT.filter(lambda text: not text.startswith("=")) | NUMBERS | DAYS | INSTANTS | TIMES | st.booleans()
)


def trimmed(rows: Iterable[Sequence[Cell]]) -> list[list[Cell]]:
    """Rows without the blanks at their ends, and without blank rows at the table's end."""
    kept: list[list[Cell]] = []
    for row in rows:
        cells: list[Cell] = ["" if cell is None else cell for cell in row]
        while cells and cells[-1] == "":
            cells.pop()
        kept.append(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept


@settings(max_examples=30)
@given(st.lists(st.lists(CELLS, max_size=6), min_size=1, max_size=8))
def test_a_workbook_reads_as_the_library_reads_it(table: list[list[Cell]]) -> None:
    book = openpyxl.Workbook()
    for number, row in enumerate(table, 1):
        for column, cell in enumerate(row, 1):
            if cell is not None:
                book.worksheets[0].cell(number, column, cell)
    held = io.BytesIO()
    book.save(held)
    theirs = CalamineWorkbook.from_filelike(io.BytesIO(held.getvalue())).get_sheet_by_index(0)

    (ours,) = xlsx.sheets(held, 1 << 30)

    first = theirs.start[1] if theirs.start else 0
    expected = [[None] * first + row for row in theirs.iter_rows()]
    assert trimmed(ours.rows) == trimmed(expected)
