"""One row of a department file: who it speaks of and what it says, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from domain import identity
from domain.identity import InvalidIdentityNumber, Note
from domain.text import Text
from domain.text import gettext as _
from sources import values
from sources.categories import AMOUNT, CERTIFICATE, DATE, IDENTITY, MONTH, NUMBER, Category, SubjectColumns
from sources.headings import Column, Headings, fold_label
from sources.identify import joint, verdicts
from sources.identify.candidates import KnownPeople
from sources.values import Cell, ValueFault

TOTALS = frozenset({"合计", "总计", "小计", "共计", "累计", "本页合计", "本页小计"})
_NOTES = re.compile(
    r"共[0-9]+[条人户笔行]|(制表|审核|复核|填表|经办|打印|导出|报送|统计)[人员]?(日期|时间|单位)?[:]|(说明|备注|注)[:]"
)
_NOTE_CELLS = 2  # a note at the end of a table stands alone, or beside a day
LONGEST_CELL = 2000
_NOTES_KEPT = frozenset(note.value for note in Note)

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
    filled = next((cell for cell in cells if not values.is_blank(cell)), None)
    if filled is None:
        return True
    if isinstance(filled, str) and not filled[:1].isdigit() and _is_remark(filled, cells):
        return True
    if any(isinstance(cell, str) and "0" <= cell[:1] <= "9" for cell in cells):
        return False  # no heading begins with a figure; this tells most rows apart at once
    return all(c.index < len(cells) and fold_label(cells[c.index]) == c.heading for c in headings.columns)


def _is_remark(filled: str, cells: Sequence[Cell]) -> bool:
    text = "".join(values.to_text(filled).split())
    first = text.rstrip(":：")
    if first in TOTALS or any(first.startswith(word + "(") for word in TOTALS):
        return True
    return bool(_NOTES.match(text)) and sum(not values.is_blank(cell) for cell in cells) <= _NOTE_CELLS


def read(
    cells: Sequence[Cell], headings: Headings, category: Category, *, sheet: int, row: int, demonstration: bool
) -> Outcome:
    """Judge one row. sheet and row are 1-based; demonstration: accept numbers of division 99xxxx."""
    if is_skipped(cells, headings):
        return Outcome(skipped=True)
    outcome = Outcome()
    if any(not values.is_blank(cell) for cell in cells[headings.width :]):
        outcome.faults.append(CellFault(None, TOO_WIDE))
        return outcome
    found: dict[str, str] = {}
    sound = True
    for column in headings.columns:
        cell = cells[column.index] if column.index < len(cells) else None
        sound &= _read_cell(cell, column, found, outcome)
    if not sound:
        return outcome
    by_code = {column.field.code: column for column in headings.columns}
    subjects = [s for who in category.subjects for s in _subjects(cells, who, by_code, outcome, demonstration)]
    if category.subjects and not subjects:
        if not outcome.faults:
            outcome.faults.append(CellFault(None, NOBODY))
        return outcome
    outcome.row = SourceRow(sheet, row, tuple(subjects), found, found.get(category.dated_by, ""))
    return outcome


def value_of(cell: Cell, column: Column) -> str:
    """The cell in its field's one form, "" for nothing. Raises ValueFault."""
    if isinstance(cell, str) and len(cell) > LONGEST_CELL:
        raise ValueFault(TOO_LONG)
    if column.field.kind == AMOUNT:
        return values.to_amount(cell, column.factor)
    if isinstance(cell, str) and column.field.kind in (DATE, MONTH):
        return _day_or_month(column.field.kind, cell)
    return _READERS.get(column.field.kind, values.to_text)(cell)


@lru_cache(4096)
def _day_or_month(kind: str, cell: str) -> str:
    return _READERS[kind](cell)  # a file says the same day again and again


def _read_cell(cell: Cell, column: Column, found: dict[str, str], outcome: Outcome) -> bool:
    """Put the cell's value into `found`; False when the row falls with it. Identity cells are read later."""
    if column.field.kind in (IDENTITY, CERTIFICATE):
        return True
    try:
        value = value_of(cell, column)
        if column.field.required and not value:
            raise ValueFault(MISSING)
    except ValueFault as problem:
        outcome.faults.append(CellFault(column, problem.text))
        return not column.field.required
    if value:
        found[column.field.code] = value
    return True


def _subjects(
    cells: Sequence[Cell], who: SubjectColumns, by_code: dict[str, Column], outcome: Outcome, demonstration: bool
) -> list[Subject]:
    column = by_code[who.number]
    cell = cells[column.index] if column.index < len(cells) else None
    named = by_code.get(who.name)
    name = values.to_text(cells[named.index]) if named and named.index < len(cells) else ""
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
            number, grounds = verdicts.read(one, demonstration=demonstration)
            notes = [note for note in grounds if note in _NOTES_KEPT]
            if number.endswith("000"):
                # One number in eleven that a spreadsheet rounded still fits its check character.
                outcome.faults.append(CellFault(column, ROUNDED))
                notes.append(MAYBE_ROUNDED)
            subjects.append(Subject(number, its_name, who.role, tuple(notes)))
        except InvalidIdentityNumber as problem:
            outcome.faults.append(CellFault(column, identity.SENTENCES[problem.reason]))
            if its_name:
                subjects.append(Subject("", its_name, who.role, (problem.reason.value,)))
    return subjects
