"""One department's file: its rows judged one after the other, verdicts and facts handed on."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import HouseError
from domain.text import gettext as _
from sources import rows
from sources.categories import CATEGORIES
from sources.faults import Refusal
from sources.headings import SEARCHED_ROWS, Column
from sources.identify.candidates import Known
from sources.identify.subjects import JudgedSubject, RowJudge
from sources.identify.verdicts import Verdict, read
from sources.matching import cells, kinds
from sources.matching.cells import SheetRows
from sources.matching.facts import DATED, WANTED, Row
from sources.matching.kinds import Table
from sources.values import Cell, ValueFault, to_text

CONTINUED = 5  # rows looked at to tell whether a sheet without headings goes on with the one before
_FOUND = (Verdict.MATCH, Verdict.DOUBT)


@dataclass(slots=True)
class Judgement:
    """What became of one row.

    sheet, row: 1-based place; verdicts: (0-based column or None, verdict, number or ""); found: (number, fact row) of
    everybody the row counts for; dated: (kind of file, day or month) the row speaks of, None when it says nothing;
    people: those the verdicts are of, with their grounds.
    """

    sheet: int
    row: int
    verdicts: list[tuple[int | None, Verdict, str]] = field(repr=False)
    found: list[tuple[str, Row]] = field(default_factory=list, repr=False)
    dated: tuple[str, str] | None = None
    people: Sequence[JudgedSubject] = ()


class FileMatcher:
    """Judges the rows of files against declared people. `unread` counts cells of facts that could not be read."""

    def __init__(self, known: Known, *, demonstration: bool) -> None:
        self._known = known
        self._demonstration = demonstration
        self.unread = 0

    def judgements(self, path: Path, skip: Callable[[int, int], bool]) -> Iterator[Judgement]:
        """Every row under the headings of every sheet, in order.

        skip: for a sheet and row, whether it was judged in an earlier run; such rows are read and not judged.

        Raises:
            Refusal: the file cannot be read, or is of no known kind; also in the middle.
        """
        table: Table | None = None
        with cells.reading(path, "departments") as sheets:
            for sheet in sheets:
                first = list(itertools.islice(sheet.rows, SEARCHED_ROWS))
                found = self._table(first, table)
                if found is None:
                    continue
                start, table = found
                if sheet.hidden:
                    raise _hidden(sheet)
                yield from self._sheet(sheet, first, table, start, skip)
        if table is None:
            raise Refusal(
                _("No heading row of a known kind of file was found in the first %(rows)s rows.", rows=SEARCHED_ROWS)
            )

    def _table(self, first: list[list[Cell]], before: Table | None) -> tuple[int, Table] | None:
        """The rows to leave out and the kind of a sheet; None for a sheet that holds no table of ours."""
        found = kinds.detect(first, CATEGORIES.values())
        if found is not None:
            return found.headings.last + 1, found
        if before is not None and any(self._continues(row, before) for row in first[:CONTINUED]):
            return 0, before
        return None

    def _continues(self, row: Sequence[Cell], table: Table) -> bool:
        numbers = {who.number for who in table.category.subjects}
        for column in table.headings.columns:
            if column.field.code in numbers and column.index < len(row):
                with suppress(HouseError):
                    read(row[column.index], demonstration=self._demonstration)
                    return True
        return False

    def _sheet(
        self, sheet: SheetRows, first: list[list[Cell]], table: Table, start: int, skip: Callable[[int, int], bool]
    ) -> Iterator[Judgement]:
        judge = RowJudge(table.headings, table.category, self._known, demonstration=self._demonstration)
        values = _Values(table, self)
        before: Sequence[Cell] | None = None
        offset = sheet.first_column
        number, row = 0, first[0]
        for number, row in enumerate(itertools.chain(first, sheet.rows), 1):
            if number <= start:
                continue
            skipped = rows.is_skipped(row, table.headings)
            if not skip(sheet.number, number):
                if skipped:
                    yield Judgement(sheet.number, number, [(None, Verdict.SKIP, "")])
                else:
                    people = judge.judge(row)
                    repeated = before is not None and same(row, before)
                    yield _judgement(sheet.number, number, offset, people, values, row, repeated)
            if not skipped:
                before = row
        if sheet.unfinished and number > start and len(row) < table.headings.width:
            raise _cut_off(number)


class _Values:
    """The cells of a row that facts are made of, in their one form."""

    def __init__(self, table: Table, matcher: FileMatcher) -> None:
        self.kind = table.category.code
        wanted = WANTED.get(self.kind, ())
        self._columns = [column for column in table.headings.columns if column.field.code in wanted]
        self._dated = next((c for c in self._columns if c.field.code == DATED.get(self.kind)), None)
        self._matcher = matcher
        self.needed = bool(wanted)

    def of(self, row: Sequence[Cell]) -> dict[str, str]:
        """Field code -> value; a cell that cannot be read is left out and counted."""
        found: dict[str, str] = {}
        for column in self._columns:
            value = self._value(row, column)
            if value:
                found[column.field.code] = value
        return found

    def dated(self, row: Sequence[Cell]) -> tuple[str, str] | None:
        """Of which day or month a row speaks."""
        value = self._value(row, self._dated) if self._dated is not None else ""
        return (self.kind, value) if value else None

    def _value(self, row: Sequence[Cell], column: Column) -> str:
        try:
            return rows.value_of(row[column.index], column) if column.index < len(row) else ""
        except ValueFault:
            self._matcher.unread += 1
            return ""


def _hidden(sheet: SheetRows) -> Refusal:
    return Refusal(
        _(
            "Sheet %(sheet)s is hidden and holds a table. Show the sheet, or delete it, and match again.",
            sheet=sheet.number,
        )
    )


def _cut_off(row: int) -> Refusal:
    return Refusal(
        _("The file ends in the middle of row %(row)s: only a part of it arrived. Export and send it again.", row=row)
    )


def same(row: Sequence[Cell], before: Sequence[Cell]) -> bool:
    """True when two rows say the same in every cell."""
    if row == before:
        return True
    for left, right in itertools.zip_longest(row, before):
        if left != right and to_text(left) != to_text(right):
            return False
    return True


def _judgement(
    sheet: int, number: int, offset: int, people: list[JudgedSubject], values: _Values, row: Sequence[Cell],
    repeated: bool,
) -> Judgement:  # fmt: skip
    if repeated:
        people = [JudgedSubject(p.column, p.role, p.name, p.judged.repeated()) for p in people]
    verdicts: list[tuple[int | None, Verdict, str]] = [
        (p.column + offset, p.judged.verdict, p.judged.number) for p in people
    ]
    made = Judgement(sheet, number, verdicts, people=people)
    if not values.needed or repeated:
        return made
    made.dated = values.dated(row)
    counted = [p for p in people if p.judged.number and p.judged.verdict in _FOUND]
    if counted:
        read = values.of(row)
        for person in counted:
            other = next((p for p in people if p.role and p.role != person.role), None)
            beside = (other.judged.number, other.name) if other else ("", "")
            made.found.append((person.judged.number, Row(values.kind, read, *beside)))
    return made


def dates(judgement: Judgement, seen: dict[str, Counter[str]]) -> None:
    """Count the day or month a row speaks of."""
    if judgement.dated is not None:
        kind, value = judgement.dated
        seen.setdefault(kind, Counter())[value] += 1
