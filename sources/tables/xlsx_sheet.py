"""The rows of one XLSX sheet, streamed: a million rows cost no more memory than one (ECMA-376 part 1, 18.3.1).

Formulas are never read, only what they last gave; addresses are honoured, `dimension` is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from domain.text import gettext as _
from sources.faults import Refusal
from sources.tables import markup
from sources.tables.sheet import DAMAGED, MOST_COLUMNS, too_many_columns
from sources.values import Cell

MOST_ROWS = 1_048_576
LONGEST_CELL = 1 << 20
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]{1,3})?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_SERIAL = 2_958_466  # the day after 9999-12-31
_LEAP_DAY_THAT_NEVER_WAS = 60
_MIDNIGHT = datetime.combine(date(1900, 1, 1), time())
_BLANK: list[Cell] = []


class Strings(Protocol):
    """Shared strings by their number."""

    def __getitem__(self, index: int, /) -> str:
        """The string."""

    def __len__(self) -> int:
        """How many there are."""


@dataclass(frozen=True, slots=True)
class Book:
    """What the sheets of a workbook share: strings, styles that show dates, and whether days count from 1904."""

    strings: Strings
    dates: frozenset[int]
    from_1904: bool


def rows(part: Iterable[bytes], book: Book) -> Iterator[list[Cell]]:
    """Every physical row from the first on, [] for one that is not written down.

    Raises:
        Refusal: broken XML, rows or cells out of order, a formula without its result, text or columns without end.
    """
    sheet = _Sheet(book)
    next_row = 1
    for _piece in markup.feed(part, sheet.start, sheet.end, sheet.text):
        for number, cells in sheet.done:
            while next_row < number:
                yield _BLANK
                next_row += 1
            yield cells
            next_row += 1
        sheet.done.clear()


class _Sheet:
    """The cell and the row in hand while the parser goes through a sheet."""

    def __init__(self, book: Book) -> None:
        self.done: list[tuple[int, list[Cell]]] = []
        self._book = book
        self._names: dict[str, str] = {}
        self._row = 0
        self._cells: list[Cell] = []
        self._inside = False
        self._column = 0
        self._row_written = ""
        self._columns: dict[str, int] = {}
        self._kind = ""
        self._style = ""
        self._text: list[str] = []
        self._size = 0
        self._keeps = False
        self._spoken = 0
        self._formula = self._valued = False

    def start(self, name: str, given: dict[str, str]) -> None:
        kind = self._names.get(name) or self._names.setdefault(name, markup.local(name))
        if kind == "c":
            self._begin_cell(given)
        elif kind == "v":
            self._keeps = self._valued = True
        elif kind == "t":
            self._keeps = not self._spoken
            self._valued = True
        elif kind == "f":
            self._formula = True
        elif kind == "row":
            self._begin_row(given)
        elif kind == "sheetData":
            self._inside = True
        elif kind == "rPh":
            self._spoken += 1

    def end(self, name: str) -> None:
        kind = self._names.get(name, "")
        self._keeps = False
        if kind == "c" and self._inside:
            self._end_cell()
        elif kind == "row" and self._inside:
            self.done.append((self._row, self._cells))
        elif kind == "sheetData":
            self._inside = False
        elif kind == "rPh":
            self._spoken -= 1

    def text(self, text: str) -> None:
        if self._keeps:
            self._text.append(text)
            self._size += len(text)
            if self._size > LONGEST_CELL:
                raise Refusal(
                    _("A cell in row %(row)s is longer than a million characters. Shorten it.", row=self._row)
                )

    def _begin_row(self, given: dict[str, str]) -> None:
        if not self._inside:
            raise Refusal(DAMAGED)
        written = given.get("r")
        number = self._row + 1 if written is None else int(written[:8]) if written.isdecimal() else 0
        if not self._row < number <= MOST_ROWS:
            raise self._out_of_order(number or self._row + 1)
        self._row, self._cells, self._column = number, [], -1
        self._row_written = str(number)

    def _begin_cell(self, given: dict[str, str]) -> None:
        written = given.get("r")
        column = self._column + 1 if written is None else self._column_of(written)
        if column <= self._column:
            raise self._out_of_order(self._row)
        self._column, self._kind, self._style = column, given.get("t", "n"), given.get("s", "")
        self._text.clear()
        self._size = 0
        self._formula = self._valued = False

    def _column_of(self, written: str) -> int:
        row = self._row_written
        letters = written[: -len(row)] if written.endswith(row) else ""
        column = self._columns.get(letters)
        if column is None:
            address = _ADDRESS.fullmatch(written)
            if address is None or int(address[2]) != self._row:
                raise self._out_of_order(self._row)
            column = 0
            for sign in address[1]:
                column = column * 26 + ord(sign) - 64
            column -= 1
            if letters == address[1]:
                self._columns[letters] = column
        return column

    def _end_cell(self) -> None:
        if not self._valued:
            if self._formula:
                raise Refusal(
                    _(
                        "A formula in row %(row)s has no result. Open the file in a spreadsheet program, save it there,"
                        " and send it again.",
                        row=self._row,
                    )
                )
            return
        value = self._value("".join(self._text))
        if value is None or value == "":
            return
        if self._column >= MOST_COLUMNS:
            raise too_many_columns(self._row)
        self._cells.extend([None] * (self._column - len(self._cells)))
        self._cells.append(value)

    def _value(self, text: str) -> Cell:
        if self._kind == "s":
            if not text.isdecimal() or len(text) > 9 or int(text) >= len(self._book.strings):
                raise Refusal(DAMAGED)
            return _plain(self._book.strings[int(text)])
        if self._kind == "b":
            return text.strip() in ("1", "true")
        if self._kind != "n" or not _NUMBER.fullmatch(text.strip()):
            return _plain(text)
        number = float(text)
        if self._style.isdecimal() and len(self._style) < 7 and int(self._style) in self._book.dates:
            return _dated(number, self._book.from_1904)
        return number

    def _out_of_order(self, row: int) -> Refusal:
        return Refusal(
            _(
                "Row %(row)s stands out of order in the workbook. Open the file in a spreadsheet program, save it"
                " there, and send it again.",
                row=row,
            )
        )


def _plain(text: str) -> str:
    """Text without the escapes of ST_Xstring (22.9.2.19); a control character so written is a blank."""
    return _ESCAPED.sub(_unescaped, text) if "_x" in text else text


def _unescaped(found: re.Match[str]) -> str:
    sign = chr(int(found[1], 16))
    return sign if sign.isprintable() else " "


def _dated(serial: float, from_1904: bool) -> Cell:
    """A serial number as the day, instant or time of day it is shown as; a number that is none stays one."""
    if 0 <= serial < 1:
        return (_MIDNIGHT + timedelta(seconds=round(serial * 86400))).time() if serial else serial
    if not 1 <= serial < _LAST_SERIAL or (int(serial) == _LEAP_DAY_THAT_NEVER_WAS and not from_1904):
        return serial
    zero = date(1904, 1, 1) if from_1904 else date(1899, 12, 30 if serial > _LEAP_DAY_THAT_NEVER_WAS else 31)
    try:
        day = zero + timedelta(days=int(serial))
    except OverflowError:
        return serial
    seconds = round((serial % 1) * 86400)
    return datetime.combine(day, time()) + timedelta(seconds=seconds) if seconds else day
