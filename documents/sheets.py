"""Lists as spreadsheet files. A cell never becomes a formula, a link or a number that its writer did not mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from domain.errors import Conflict
from domain.text import gettext as _

Cell = str | int | Decimal | date | bool | None

_ROWS_MOST = 1_048_576
_LETTERS_MOST = 32_767
_STARTERS = "=+-@\t\r\n＝＋－＠"
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
# the file carries no clock: the same list gives the same bytes
_MADE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def write_csv(
    head: Sequence[str], rows: Iterable[Sequence[Cell]], *, encoding: Literal["utf-8-sig", "gb18030"] = "utf-8-sig"
) -> bytes:
    """A CSV file with CRLF lines. A text that a spreadsheet might run as a formula gets a leading apostrophe.

    Numbers are written plain; only texts are guarded, so -640 stays a number and "-640" does not.
    """
    page = io.StringIO(newline="")
    pen = csv.writer(page)
    pen.writerow([_guarded(name) for name in head])
    for row in rows:
        pen.writerow([_csv_cell(cell) for cell in row])
    return page.getvalue().encode(encoding)


def write_xlsx(title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet with a frozen, filterable head; texts stay texts (identity numbers keep every digit).

    Args:
        title: name of the sheet; characters a sheet name forbids become spaces, 31 are kept.
        head: column names. rows: as many cells each; days become real dates, Decimal real numbers.

    Raises Conflict where a sheet cannot hold the list: too many rows, or a text over 32,767 characters.
    """
    page = io.BytesIO()
    book = xlsxwriter.Workbook(
        page,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": _MADE})
    sheet = book.add_worksheet(title.translate(_NOT_IN_TITLES).strip()[:31] or "Sheet1")
    day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True, "bg_color": "#F3F3F3"})
    widths = [_width(name) for name in head]
    for column, name in enumerate(head):
        _put_text(sheet, 0, column, name, bold)
    last = 0
    for last, row in enumerate(rows, start=1):
        if last >= _ROWS_MOST:
            raise Conflict(_("The list is longer than a sheet can be. Narrow the selection, or take the CSV file."))
        for column, cell in enumerate(row):
            _put(sheet, last, column, cell, day)
            if column < len(widths):
                widths[column] = max(widths[column], _width(cell))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, 60))
    sheet.freeze_panes(1, 0)
    if head:
        sheet.autofilter(0, 0, last, len(head) - 1)
    book.close()
    return page.getvalue()


def _csv_cell(cell: Cell) -> str | int | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, date):
        return cell.isoformat()
    return _guarded(cell) if isinstance(cell, str) else cell


def _guarded(text: str) -> str:
    # programs drop blanks and invisible characters before they look at the first one
    bare = text.lstrip(" \u00a0\u200b\u3000\ufeff")
    return f"'{text}" if bare.startswith(tuple(_STARTERS)) or text.startswith(tuple(_STARTERS)) else text


def _put(sheet: Worksheet, row: int, column: int, cell: Cell, day: Format) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, str):
        _put_text(sheet, row, column, cell, None)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, day)
    else:
        sheet.write_number(row, column, cell)


def _put_text(sheet: Worksheet, row: int, column: int, text: str, style: Format | None) -> None:
    # the writer would drop a longer text without a word
    if len(text) > _LETTERS_MOST:
        raise Conflict(_("A text in row %(row)s is longer than a cell can hold. Take the CSV file.", row=row + 1))
    sheet.write_string(row, column, text, style)


def _width(cell: Cell) -> int:
    return sum(2 if ord(one) > 0x2E7F else 1 for one in str(cell or "")[:60]) + 3
