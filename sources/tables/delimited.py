"""Records out of lines of text (CSV after RFC 4180), so that no line is ever lost inside another."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import cast

from domain.text import gettext as _
from sources.faults import Refusal
from sources.tables.sheet import MOST_COLUMNS, Sheet, too_many_columns
from sources.values import Cell

DELIMITERS = (",", "\t", ";", "|")
MOST_LINES = 5
_AT_ONCE = 500
_BEHIND = ".\n"
_TRIED_CHARACTERS = 256 << 10

Promise = Callable[[Sequence[Sequence[Cell]]], int]


class _Swallowed(Exception):
    """More lines than a record may have stand behind one quotation mark."""


class _Lines:
    """The lines behind the last record. A reader that asks for more than one line is inside a quotation."""

    def __init__(self, pieces: Iterator[list[str]]) -> None:
        self._pieces = pieces
        self._piece: list[str] = []
        self._at = 0
        self.taken: list[str] = []
        self.over = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES:
            raise _Swallowed
        following = self.ahead(1)
        if not following:
            self.over = True
            raise StopIteration
        self.taken += following
        self._at += 1
        return following[0]

    def ahead(self, most: int) -> list[str]:
        """The next lines, at most so many and all out of one piece of the file; none at its end."""
        while self._at >= len(self._piece):
            try:
                self._piece, self._at = next(self._pieces), 0
            except StopIteration:
                return []
        return self._piece[self._at : self._at + most]

    def pass_over(self, count: int) -> None:
        """The next lines were read by somebody else."""
        self._at += count


def sheet(number: int, title: str, pieces: Iterator[list[str]], rows: int, promise: Promise) -> Sheet:
    """The table in the lines of `pieces`, cut where its headings are found best.

    rows: how far down headings are looked for; promise: how well the first rows look cut so, 0 not at all.
    """
    held: list[list[str]] = []
    first: list[str] = []
    for piece in pieces:
        held.append(piece)
        first += _searched(piece, rows - len(first), _TRIED_CHARACTERS - sum(map(len, first)))
        if len(first) >= rows or sum(map(len, first)) > _TRIED_CHARACTERS:
            break
    delimiter = max(DELIMITERS, key=lambda sign: promise(_tried(first, sign)))
    found = Sheet(number, title, iter(()))
    found.rows = _records(itertools.chain(held, pieces), delimiter, found)
    return found


def _searched(piece: list[str], rows: int, characters: int) -> list[str]:
    """The first lines of a piece: so many, or as many as are needed to pass so many characters."""
    size = 0
    for count, line in enumerate(piece[:rows], 1):
        size += len(line)
        if size > characters:
            return piece[:count]
    return piece[:rows]


def _tried(first: list[str], delimiter: str) -> list[list[Cell]]:
    """The first lines cut at `delimiter`, as far as that goes."""
    tried: list[list[Cell]] = []
    with suppress(csv.Error):  # the reading proper says where
        tried.extend([*record] for record in csv.reader(first, delimiter=delimiter) if len(record) <= MOST_COLUMNS)
    return tried


def _records(pieces: Iterator[list[str]], delimiter: str, sheet: Sheet) -> Iterator[list[Cell]]:
    """Records as lists of text. Raises Refusal with the record's number when quoting is broken."""
    lines = _Lines(pieces)
    careful = _Careful(lines, delimiter)
    while ahead := lines.ahead(_AT_ONCE):
        records = _one_a_line(ahead, delimiter)
        if records is not None:
            lines.pass_over(len(ahead))
            careful.passed(len(records), len(records[-1]))
            sheet.unfinished = not ahead[-1].endswith("\n")
            yield from records
            continue
        for _line in ahead:  # at least as many lines as were looked at
            record = careful.following()
            if record is None:
                return
            sheet.unfinished = not lines.taken[-1].endswith("\n")
            yield record


def _one_a_line(ahead: list[str], delimiter: str) -> list[list[Cell]] | None:
    """The records of lines each of which is one; None when that is not so, or one of them needs a closer look.

    A reader takes a line or more for every record. When the line put behind the others comes out as a record of its
    own and there are as many records as lines, then no quotation reached beyond its line.
    """
    try:
        records = list(csv.reader([*ahead, _BEHIND], delimiter=delimiter, strict=False))
    except csv.Error:
        return None
    if len(records) != len(ahead) + 1 or max(map(len, records)) > MOST_COLUMNS:
        return None
    records.pop()
    return cast(list[list[Cell]], records)


class _Careful:
    """Records one by one, each looked at for what its quotation marks swallow."""

    def __init__(self, lines: _Lines, delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._reader = csv.reader(lines, delimiter=delimiter, strict=False)
        self._number = self._columns = 0

    def passed(self, records: int, columns: int) -> None:
        """So many records were read otherwise; columns: of the last of them."""
        self._number += records
        self._columns = columns

    def following(self) -> list[Cell] | None:
        """The next record, None at the end. Raises Refusal."""
        lines = self._lines
        self._number += 1
        lines.taken.clear()
        try:
            record = next(self._reader)
        except StopIteration:
            return None
        except _Swallowed:
            raise _open_quotation(self._number) from None
        except csv.Error as problem:
            raise Refusal(
                _("Row %(row)s cannot be read as CSV; look at its quotation marks.", row=self._number)
            ) from problem
        if lines.over:  # the end of the file was reached looking for the closing mark
            raise _open_quotation(self._number)
        if len(lines.taken) > 1:
            _must_be_one(record, lines.taken, self._delimiter, self._columns, self._number)
        else:
            self._columns = len(record)
        if len(record) > MOST_COLUMNS and any(cell.strip() for cell in record[MOST_COLUMNS:]):
            raise too_many_columns(self._number)
        return [*record[:MOST_COLUMNS]]


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
