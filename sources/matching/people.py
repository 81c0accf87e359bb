"""What was declared: who is looked for, in which household, and what the household says of itself.

Names and numbers stay in memory, everything else goes to the scratch files of the household's range.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from domain.errors import Conflict
from domain.identity import InvalidIdentityNumber
from domain.text import Text
from domain.text import gettext as _
from sources import rows, values
from sources.categories import DECLARATIONS, Category
from sources.faults import Refusal
from sources.headings import SEARCHED_ROWS, Headings
from sources.identify.candidates import KnownPeople
from sources.identify.verdicts import read as read_number
from sources.matching import cells, kinds
from sources.matching.scratch import Line
from sources.values import Cell, ValueFault

HOUSEHOLD, MEMBER = "household", "member"
_NEEDED = ("HOUSEHOLDS", "MEMBERS")
Say = Callable[[Text], None]


@dataclass(slots=True)
class Declared:
    """Everything declared that must be at hand while files are read.

    households: their numbers, as written, by ordinal; homes: identity number -> ordinals of the households it is a
    member of (a supporter is looked for, and is member of none).
    """

    known: KnownPeople
    households: list[str]
    homes: dict[str, tuple[int, ...]] = field(repr=False)


class Lines(Protocol):
    """Where households' declared lines go (`scratch.Buckets`)."""

    def add(self, household: int, line: Line) -> None:
        """Take one line of a household, by its ordinal."""


@dataclass(slots=True)
class _Table:
    path: Path
    category: Category
    headings: Headings


class Reader:
    """Reads the declared folder. `say` hears what could not be used."""

    def __init__(self, folder: Path, files: Iterable[Path], say: Say, *, demonstration: bool) -> None:
        self._tables = _tables(folder, files)
        self._say = say
        self._demonstration = demonstration
        self._ordinals: dict[str, int] = {}
        self._programmes: list[str] = []
        self._homes: dict[str, tuple[int, ...]] = {}
        self._alone: dict[int, tuple[int, ...]] = {}
        self._faults = 0

    def households(self) -> int:
        """How many households there are; read them first."""
        for table in self._of("HOUSEHOLDS"):
            for row, found in _records(table):
                code = found.get("household", "")
                if not code or code in self._ordinals:
                    self._fault(table, row)
                    continue
                self._ordinals[code] = len(self._ordinals)
                self._programmes.append(sys.intern(found.get("programme", "")))
        return len(self._ordinals)

    def rest(self, buckets: Lines) -> Declared:
        """Members and supporters; what they say of themselves goes to the buckets."""
        for ordinal, programme in enumerate(self._programmes):
            buckets.add(ordinal, [HOUSEHOLD, programme])
        known = KnownPeople(self._people(buckets))
        if self._faults:
            self._say(_("Declared rows that could not be used: %(count)s.", count=self._faults))
        return Declared(known, list(self._ordinals), self._homes)

    def _people(self, buckets: Lines) -> Iterator[tuple[str, str]]:
        for kind in ("MEMBERS", "SUPPORTERS"):
            for table in self._of(kind):
                for row, found in _records(table):
                    number = self._number(found.get("number", ""))
                    if kind == "MEMBERS":
                        self._enrol(table, row, number, found, buckets)
                    elif not number:
                        self._fault(table, row)
                    if number:
                        yield number, found.get("name", "")

    def _enrol(self, table: _Table, row: int, number: str, found: dict[str, str], buckets: Lines) -> None:
        ordinal = self._ordinals.get(found.get("household", ""))
        if ordinal is None or not number:
            self._fault(table, row)
        if ordinal is None:
            return
        line: Line = [MEMBER, number, *(found.get(code, "") for code in MEMBER_FIELDS)]
        buckets.add(ordinal, line)
        before = self._homes.get(number, ())
        if number and ordinal not in before:
            self._homes[number] = (*before, ordinal) if before else self._alone.setdefault(ordinal, (ordinal,))

    def _number(self, written: str) -> str:
        with suppress(InvalidIdentityNumber):
            return read_number(written, demonstration=self._demonstration)[0]
        return ""

    def _of(self, code: str) -> Iterator[_Table]:
        return (table for table in self._tables if table.category.code == code)

    def _fault(self, table: _Table, row: int) -> None:
        self._faults += 1
        if self._faults <= SHOWN:
            self._say(
                _(
                    "%(file)s: row %(row)s has no sound identity number, or no household, or one named before.",
                    file=table.path.name,
                    row=row,
                )
            )


SHOWN = 20
MEMBER_FIELDS = ("name", "relation", "marital", "disability", "income")


def files_of(folder: Path, ours: Collection[Path] = ()) -> list[Path]:
    """The files of a folder in the order of their names, hidden ones and `ours` left out. Raises Conflict."""
    try:
        found = sorted(p for p in folder.iterdir() if p.is_file() and _counts(p) and p.resolve() not in ours)
    except OSError as problem:
        raise Conflict(
            _("The folder %(folder)s cannot be read (%(why)s). Check its path.", folder=folder, why=problem.strerror)
        ) from problem
    if not found:
        raise Conflict(_("The folder %(folder)s holds no files. Check its path.", folder=folder))
    return found


def _counts(path: Path) -> bool:
    return not path.name.startswith((".", "~$"))  # hidden, or left by a spreadsheet program that has the file open


def declared_files(folder: Path, ours: Collection[Path] = ()) -> list[Path]:
    """The files of the declared folder that count: those called declared_… when there are such, else all."""
    found = files_of(folder, ours)
    return [path for path in found if path.name.startswith("declared_")] or found


def _tables(folder: Path, files: Iterable[Path]) -> list[_Table]:
    tables = [_table(path) for path in files]
    have = {table.category.code for table in tables}
    missing = [DECLARATIONS[code] for code in _NEEDED if code not in have]
    if missing:
        raise Conflict(
            _(
                "The folder %(folder)s has no file of %(kind)s (headings such as %(labels)s). Add it.",
                folder=folder,
                kind=missing[0].chinese,
                labels="、".join(f.labels[0] for f in missing[0].fields[:4]),
            )
        )
    return tables


def _table(path: Path) -> _Table:
    try:
        with cells.reading(path, "declared") as sheets:
            for sheet in sheets:
                first = [row for _n, row in zip(range(SEARCHED_ROWS), sheet.rows, strict=False)]
                table = kinds.detect(first, DECLARATIONS.values())
                if table is not None:
                    return _Table(path, table.category, table.headings)
                break
    except Refusal as refusal:
        raise _refused(path, refusal.text) from None
    raise _refused(path, _("No headings of a declaration were found in it."))


def _refused(path: Path, why: Text) -> Conflict:
    return Conflict(_("%(file)s: %(why)s", file=path.name, why=why))


def _records(table: _Table) -> Iterator[tuple[int, dict[str, str]]]:
    """(physical row, field code -> value) of the first sheet's rows; a cell that cannot be read is left out."""
    readers = [(column.index, column.field.code, rows.reader_of(column)) for column in table.headings.columns]
    try:
        with cells.reading(table.path, "declared") as sheets:
            for sheet in sheets:
                for number, row in enumerate(sheet.rows, 1):
                    if number > table.headings.last + 1 and not rows.is_skipped(row, table.headings):
                        yield number, _read(row, readers)
                return
    except Refusal as refusal:
        raise _refused(table.path, refusal.text) from None


def _read(row: Sequence[Cell], readers: Iterable[tuple[int, str, Callable[[Cell], str]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for index, code, read_cell in readers:
        cell = row[index] if index < len(row) else None
        if cell == "" or values.is_blank(cell):
            continue
        try:
            found[code] = read_cell(cell)
        except ValueFault:
            continue
    return found
