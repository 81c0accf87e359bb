"""Records out of lines of text (CSV after RFC 4180), so that no line is ever lost inside another."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from domain.text import gettext as _
from sources.faults import Refusal
from sources.tables.sheet import MOST_COLUMNS, Sheet, too_many_columns
from sources.values import Cell

DELIMITERS = (",", "\t", ";", "|")
MOST_LINES = 5
_TRIED_CHARACTERS = 256 << 10

Promise = Callable[[Sequence[Sequence[Cell]]], int]


class _Swallowed(Exception):
    """More lines than a record may have stand behind one quotation mark."""


class _Lines:
    """The lines of the record in hand. A reader that asks for more than one line is inside a quotation."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.taken: list[str] = []
        self.over = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES:
            raise _Swallowed
        try:
            line = next(self._lines)
        except StopIteration:
            self.over = True
            raise
        self.taken.append(line)
        return line


def sheet(number: int, title: str, lines: Iterator[str], rows: int, promise: Promise) -> Sheet:
    """The table in `lines`, cut where its headings are found best.

    rows: how far down headings are looked for; promise: how well the first rows look cut so, 0 not at all.
    """
    first: list[str] = []
    size = 0
    for line in lines:
        first.append(line)
        size += len(line)
        if len(first) >= rows or size > _TRIED_CHARACTERS:
            break
    delimiter = max(DELIMITERS, key=lambda sign: promise(_tried(first, sign)))
    found = Sheet(number, title, iter(()))
    found.rows = _records(itertools.chain(first, lines), delimiter, found)
    return found


def _tried(first: list[str], delimiter: str) -> list[list[Cell]]:
    """The first lines cut at `delimiter`, as far as that goes."""
    tried: list[list[Cell]] = []
    with suppress(csv.Error):  # the reading proper says where
        tried.extend([*record] for record in csv.reader(first, delimiter=delimiter) if len(record) <= MOST_COLUMNS)
    return tried


def _records(text: Iterable[str], delimiter: str, sheet: Sheet) -> Iterator[list[Cell]]:
    """Records as lists of text. Raises Refusal with the record's number when quoting is broken."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=False)
    number = columns = 0
    while True:
        number += 1
        lines.taken.clear()
        try:
            record = next(reader)
        except StopIteration:
            return
        except _Swallowed:
            raise _open_quotation(number) from None
        except csv.Error as problem:
            raise Refusal(_("Row %(row)s cannot be read as CSV; look at its quotation marks.", row=number)) from problem
        if lines.over:  # the end of the file was reached looking for the closing mark
            raise _open_quotation(number)
        if len(lines.taken) > 1:
            _must_be_one(record, lines.taken, delimiter, columns, number)
        else:
            columns = len(record)
        if len(record) > MOST_COLUMNS and any(cell.strip() for cell in record[MOST_COLUMNS:]):
            raise too_many_columns(number)
        sheet.unfinished = not lines.taken[-1].endswith("\n")
        yield [*record[:MOST_COLUMNS]]


def _must_be_one(record: list[str], taken: list[str], delimiter: str, columns: int, number: int) -> None:
    """A record of several lines is believed only when it is quoted to the letter and no line of the table is in it."""
    try:
        again = list(csv.reader(taken, delimiter=delimiter, strict=True))
    except csv.Error:
        raise _open_quotation(number) from None
    most = max(1, columns - 1)
    if len(again) != 1 or any("\n" in cell and cell.count(delimiter) >= most for cell in record):
        raise _open_quotation(number)


def _open_quotation(row: int) -> Refusal:
    return Refusal(
        _(
            "A quotation mark in row %(row)s opens and is not closed there, so the lines behind it cannot be told"
            " apart. Remove it, or write it twice inside quotation marks, and send the file again.",
            row=row,
        )
    )
