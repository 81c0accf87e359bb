"""One row of a department file: who it speaks of and what it says, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial

from domain import identity
from domain.identity import InvalidIdentityNumber, Note
from domain.text import Text
from domain.text import gettext as _
from sources import values
from sources.categories import AMOUNT, CERTIFICATE, DATE, IDENTITY, MONTH, NUMBER, Category, SubjectColumns
from sources.headings import Column, Headings, fold_label
from sources.identify import joint, plain, verdicts
from sources.identify.candidates import ROUNDED as ROUNDED_END
from sources.identify.candidates import KnownPeople
from sources.values import Cell, ValueFault

TOTALS = frozenset({"合计", "总计", "小计", "共计", "累计", "本页合计", "本页小计"})
_NOTES = re.compile(
    r"共[0-9]+[条人户笔行]|(制表|审核|复核|填表|经办|打印|导出|报送|统计)[人员]?(日期|时间|单位)?[:]|(说明|备注|注)[:]"
)
# what a total or a note begins with, once blanks are gone
_REMARKS_BEGIN = frozenset(word[0] for word in TOTALS) | frozenset("共制审复填经打导报统说备注")
_NOTE_CELLS = 2  # a note at the end of a table stands alone, or beside a day
LONGEST_CELL = 2000
_NOTES_KEPT = frozenset(note.value for note in Note)

_ANY_REST = "19900101000"  # a birth and an order that say nothing of themselves

MISSING = _("This must not be empty.")
TOO_LONG = _("The cell is too long.")
TOO_WIDE = _(
    "The row has more cells than there are headings; a comma inside a value may have shifted it. Quote the value."
)
NOBODY = _("The row names nobody: neither identity number nor name.")
ROUNDED = _(
    "The identity number ends in 000; a spreadsheet may have rounded it. The row is kept; ask for the number as text."
)
MAYBE_ROUNDED = "maybe_rounded"
COUNTS_DIFFER = _("There are not as many names as identity numbers; a person must tell whose is whose.")
_NOBODY = KnownPeople(())  # whom a row is held against is not known while it is read


@dataclass(frozen=True, slots=True)
class Subject:
    """A person a row speaks of. number: sound 18 characters, or "" when unusable (then only the name is known)."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    role: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A usable row.

    sheet, row: 1-based place; values: field code to normalised text, empty ones left out; dated: day or month
    the row speaks of, "" when it does not say.
    """

    sheet: int
    row: int
    subjects: tuple[Subject, ...]
    values: dict[str, str] = field(repr=False)
    dated: str = ""

    @property
    def row_no(self) -> str:
        """Physical place: "17", or "2!17" on the second sheet."""
        return f"{self.sheet}!{self.row}" if self.sheet > 1 else str(self.row)


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault before its row is known: mapped column (None: the whole row) and sentence."""

    column: Column | None
    sentence: Text


@dataclass(slots=True)
class Outcome:
    """What became of one row: usable (row set) or rejected (row None), with its faults; or skipped."""

    row: SourceRow | None = None
    faults: list[CellFault] = field(default_factory=list)
    skipped: bool = False


_READERS: dict[str, Callable[[Cell], str]] = {
    DATE: values.to_date,
    MONTH: values.to_month,
    NUMBER: values.to_number,
}


def is_skipped(cells: Sequence[Cell], headings: Headings) -> bool:
    """True for a blank row, a total row, a note at the table's end and a heading row printed again."""
    if not (cells and surely_counts(cells)):
        filled = next((cell for cell in cells if not values.is_blank(cell)), None)
        if filled is None:
            return True
        if isinstance(filled, str) and not filled[:1].isdigit() and _is_remark(filled, cells):
            return True
    for cell in cells:
        if isinstance(cell, str) and "0" <= cell[:1] <= "9":
            return False  # no heading begins with a figure; this tells most rows apart at once
    return all(c.index < len(cells) and fold_label(cells[c.index]) == c.heading for c in headings.columns)


def surely_counts(cells: Sequence[Cell]) -> bool:
    """True when a glance at the first cell tells that a row is neither blank nor a remark; False tells nothing.

    Most first cells are figures or begin with a Chinese character, which stays the first however the cell is folded.
    """
    first = cells[0]
    if type(first) is not str:
        return False
    begin = first[:1]
    return "0" <= begin <= "9" or ("\u4e00" <= begin <= "\u9fff" and begin not in _REMARKS_BEGIN)


def _is_remark(filled: str, cells: Sequence[Cell]) -> bool:
    text = "".join(values.to_text(filled).split())
    first = text.rstrip(":：")
    if first in TOTALS or any(first.startswith(word + "(") for word in TOTALS):
        return True
    return bool(_NOTES.match(text)) and sum(not values.is_blank(cell) for cell in cells) <= _NOTE_CELLS


class RowReader:
    """Reads the rows of one table; what its headings say of each cell is worked out once."""

    def __init__(self, headings: Headings, category: Category, *, demonstration: bool) -> None:
        """demonstration: accept numbers of division 99xxxx."""
        self._headings = headings
        self._category = category
        self._demonstration = demonstration
        self._sound = plain.sound(demonstration=demonstration)
        by_code = {column.field.code: column for column in headings.columns}
        self._subjects = [(who, by_code[who.number], by_code.get(who.name)) for who in category.subjects]
        self._readers = [
            (column.index, column, reader_of(column))
            for column in headings.columns
            if column.field.kind not in (IDENTITY, CERTIFICATE)  # these are read later
        ]

    def read(self, cells: Sequence[Cell], sheet: int, row: int) -> Outcome:
        """Judge one row; sheet and row are 1-based."""
        if is_skipped(cells, self._headings):
            return Outcome(skipped=True)
        outcome = Outcome()
        if any(not values.is_blank(cell) for cell in cells[self._headings.width :]):
            outcome.faults.append(CellFault(None, TOO_WIDE))
            return outcome
        found: dict[str, str] = {}
        sound = True
        for index, column, read_cell in self._readers:
            try:
                value = read_cell(cells[index] if index < len(cells) else None)
                if value:
                    found[column.field.code] = value
                elif column.field.required:
                    raise ValueFault(MISSING)
            except ValueFault as problem:
                outcome.faults.append(CellFault(column, problem.text))
                sound &= not column.field.required
        return self._with_subjects(cells, SourceRow(sheet, row, (), found), outcome) if sound else outcome

    def _with_subjects(self, cells: Sequence[Cell], read: SourceRow, outcome: Outcome) -> Outcome:
        subjects: list[Subject] = []
        for who, column, named in self._subjects:
            subjects += self._of(cells, who, column, named, outcome)
        if self._subjects and not subjects:
            if not outcome.faults:
                outcome.faults.append(CellFault(None, NOBODY))
            return outcome
        dated = read.values.get(self._category.dated_by, "")
        outcome.row = SourceRow(read.sheet, read.row, tuple(subjects), read.values, dated)
        return outcome

    def _of(
        self, cells: Sequence[Cell], who: SubjectColumns, column: Column, named: Column | None, outcome: Outcome
    ) -> list[Subject]:
        cell = cells[column.index] if column.index < len(cells) else None
        name = values.to_text(cells[named.index]) if named and named.index < len(cells) else ""
        if isinstance(cell, str) and self._sound(cell):
            return [_kept(cell, _notes_of(cell[: plain.DIVISION]), name, who, column, outcome)]
        people: list[tuple[Cell, str]] = [(cell, name)]
        if who.several and isinstance(cell, str):
            numbers = joint.split_numbers(cell, len(joint.split_names(name)))
            names = joint.assign(numbers, name, _NOBODY)
            if len(numbers) > 1 and name and names[0] == name:
                outcome.faults.append(CellFault(named or column, COUNTS_DIFFER))
            people = list(zip(numbers, names, strict=True))
        subjects = []
        for one, its_name in people:
            try:
                number, grounds = verdicts.read(one, demonstration=self._demonstration)
                notes = tuple(note for note in grounds if note in _NOTES_KEPT)
                subjects.append(_kept(number, notes, its_name, who, column, outcome))
            except InvalidIdentityNumber as problem:
                outcome.faults.append(CellFault(column, identity.SENTENCES[problem.reason]))
                if its_name:
                    subjects.append(Subject("", its_name, who.role, (problem.reason.value,)))
        return subjects


def _kept(
    number: str, notes: tuple[str, ...], name: str, who: SubjectColumns, column: Column, outcome: Outcome
) -> Subject:
    if number.endswith(ROUNDED_END):
        # One number in eleven that a spreadsheet rounded still fits its check character.
        outcome.faults.append(CellFault(column, ROUNDED))
        notes = (*notes, MAYBE_ROUNDED)
    return Subject(number, name, who.role, notes)


@lru_cache(4096)
def _notes_of(division: str) -> tuple[str, ...]:
    """What is noticed of a number of eighteen characters: its division says it all."""
    first17 = division + _ANY_REST
    found = identity.check(first17 + identity.check_character(first17), demonstration=True)
    return tuple(note.value for note in found.notes)


def read(
    cells: Sequence[Cell], headings: Headings, category: Category, *, sheet: int, row: int, demonstration: bool
) -> Outcome:
    """Judge one row. sheet and row are 1-based; demonstration: accept numbers of division 99xxxx."""
    return RowReader(headings, category, demonstration=demonstration).read(cells, sheet, row)


def value_of(cell: Cell, column: Column) -> str:
    """The cell in its field's one form, "" for nothing. Raises ValueFault."""
    return reader_of(column)(cell)


@lru_cache(4096)
def reader_of(column: Column) -> Callable[[Cell], str]:
    """What brings the cells of a column into their field's one form, as `value_of` does."""
    kind = column.field.kind
    if kind in (DATE, MONTH):
        remembered = _remembered(kind)

        def read_cell(cell: Cell) -> str:
            if not isinstance(cell, str):
                return _READERS[kind](cell)
            _must_be_short(cell)
            return remembered(cell)

    else:
        of_kind = (
            partial(values.to_amount, factor=column.factor) if kind == AMOUNT else _READERS.get(kind, values.to_text)
        )

        def read_cell(cell: Cell) -> str:
            if isinstance(cell, str):
                _must_be_short(cell)
            return of_kind(cell)

    return read_cell


@cache
def _remembered(kind: str) -> Callable[[str], str]:
    return lru_cache(4096)(_READERS[kind])  # a file says the same day again and again


def _must_be_short(cell: str) -> None:
    if len(cell) > LONGEST_CELL:
        raise ValueFault(TOO_LONG)
