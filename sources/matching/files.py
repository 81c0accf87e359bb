"""One department's file: its rows judged one after the other, verdicts and facts handed on."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import HouseError
from domain.text import gettext as _
from sources import rows
from sources.categories import CATEGORIES
from sources.faults import Refusal
from sources.headings import SEARCHED_ROWS
from sources.identify.candidates import Known
from sources.identify.subjects import JudgedSubject, RowJudge
from sources.identify.verdicts import Verdict, read
from sources.matching import cells, kinds
from sources.matching.cells import SheetRows
from sources.matching.facts import DATED, WANTED, Row
from sources.matching.glance import Glance
from sources.matching.kinds import Table
from sources.values import Cell, ValueFault, to_text

BLOCK = 500  # rows looked at together
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


@dataclass(slots=True)
class PlainRows:
    """Rows of a sheet that were told at a glance, in order; none repeats the row before it.

    sheet: 1-based; column: 0-based, of the number; rows: 1-based place, verdict, number or ""; found, dated: as of a
    `Judgement`, of all of them.
    """

    sheet: int
    column: int
    rows: list[tuple[int, str, str]] = field(default_factory=list, repr=False)
    found: list[tuple[str, Row]] = field(default_factory=list, repr=False)
    dated: list[tuple[str, str]] = field(default_factory=list, repr=False)


class FileMatcher:
    """Judges the rows of files against declared people. `unread` counts cells of facts that could not be read."""

    def __init__(self, known: Known, *, demonstration: bool) -> None:
        self.known = known
        self.demonstration = demonstration
        self.unread = 0

    def judgements(self, path: Path, skip: Callable[[int, int], bool]) -> Iterator[Judgement]:
        """Every row under the headings of every sheet, in order, with its grounds.

        skip: for a sheet and row, whether it was judged in an earlier run; such rows are read and not judged.

        Raises:
            Refusal: the file cannot be read, or is of no known kind; also in the middle.
        """
        for judged in self._sheets(path, skip, quick=False):
            if isinstance(judged, Judgement):
                yield judged

    def together(self, path: Path, skip: Callable[[int, int], bool]) -> Iterator[Judgement | PlainRows]:
        """As `judgements`; rows that are told at a glance come many at once and without grounds.

        skip: as for `judgements`; once it said no, it says so of every row behind.
        """
        return self._sheets(path, skip, quick=True)

    def _sheets(self, path: Path, skip: Callable[[int, int], bool], *, quick: bool) -> Iterator[Judgement | PlainRows]:
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
                judge = _SheetJudge(sheet, start, table, self, skip, quick=quick)
                yield from judge.rows(itertools.chain(first, sheet.rows))
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
                    read(row[column.index], demonstration=self.demonstration)
                    return True
        return False


class _SheetJudge:
    """Judges the rows of one sheet: many at once as far as they are plain, else one by one."""

    def __init__(
        self, sheet: SheetRows, start: int, table: Table, matcher: FileMatcher, skip: Callable[[int, int], bool], *,
        quick: bool,
    ) -> None:  # fmt: skip
        self._sheet = sheet
        self._start = start
        self._table = table
        self._skip = skip
        self._values = _Values(table, matcher)
        self._judge = RowJudge(table.headings, table.category, matcher.known, demonstration=matcher.demonstration)
        self._glance = Glance.at(table, matcher.known, demonstration=matcher.demonstration) if quick else None
        self._before: Sequence[Cell] | None = None
        self._key: Cell = None  # the number in the row before, when that was plain
        self._number = 0

    def rows(self, coming: Iterator[list[Cell]]) -> Iterator[Judgement | PlainRows]:
        """Every row under the headings. Raises Refusal when the last one is cut off."""
        heading = list(itertools.islice(coming, self._start))
        self._number = len(heading)
        row = heading[-1] if heading else []
        while block := list(itertools.islice(coming, BLOCK)):
            row = block[-1]
            if self._glance is None or self._skip(self._sheet.number, self._number + 1):
                yield from self._one_by_one(block)
            else:
                yield from self._at_once(block, self._glance)
        if self._sheet.unfinished and self._number > self._start and len(row) < self._table.headings.width:
            raise _cut_off(self._number)

    def _one_by_one(self, block: list[list[Cell]]) -> Iterator[Judgement]:
        for row in block:
            self._number += 1
            judged = self._judged(row)
            if judged is not None:
                yield judged

    def _at_once(self, block: list[list[Cell]], glance: Glance) -> Iterator[Judgement | PlainRows]:
        """Rows that are not plain are judged by themselves, in their places."""
        verdict_of = glance.verdict
        plain = self._plain()
        for row in block:
            verdict = verdict_of(row)
            if verdict is not None and not self._repeats(row, glance):
                self._number += 1
                self._before, self._key = row, row[glance.column]
                self._take(plain, row, verdict, glance)
                continue
            if plain.rows:
                yield plain
                plain = self._plain()
            yield from self._one_by_one([row])
        if plain.rows:
            yield plain

    def _repeats(self, row: list[Cell], glance: Glance) -> bool:
        """Whether a plain row says the same as the row before; of two plain rows the numbers mostly tell."""
        if self._key is not None and self._key != row[glance.column]:
            return False
        return self._before is not None and same(row, self._before)

    def _plain(self) -> PlainRows:
        column = self._glance.column if self._glance else 0
        return PlainRows(self._sheet.number, column + self._sheet.first_column)

    def _take(self, plain: PlainRows, row: list[Cell], verdict: Verdict, glance: Glance) -> None:
        found = verdict in _FOUND
        number = str(row[glance.column]) if found else ""
        plain.rows.append((self._number, verdict.value, number))
        values = self._values
        if values.needed:
            dated = values.dated(row)
            if dated is not None:
                plain.dated.append(dated)
            if found:
                plain.found.append((number, Row(values.kind, values.of(row))))

    def _judged(self, row: list[Cell]) -> Judgement | None:
        """The judgement of the row in hand, None when it was judged in an earlier run."""
        number = self._number
        skipped = rows.is_skipped(row, self._table.headings)
        judged: Judgement | None = None
        if not self._skip(self._sheet.number, number):
            if skipped:
                judged = Judgement(self._sheet.number, number, [(None, Verdict.SKIP, "")])
            else:
                people = self._judge.judge(row)
                repeated = self._before is not None and same(row, self._before)
                offset = self._sheet.first_column
                judged = _judgement(self._sheet.number, number, offset, people, self._values, row, repeated)
        if not skipped:
            self._before, self._key = row, None
        return judged


class _Values:
    """The cells of a row that facts are made of, in their one form."""

    def __init__(self, table: Table, matcher: FileMatcher) -> None:
        self.kind = table.category.code
        wanted = WANTED.get(self.kind, ())
        columns = [column for column in table.headings.columns if column.field.code in wanted]
        self._columns = [(column.index, column.field.code, rows.reader_of(column)) for column in columns]
        self._dated = next((column for column in self._columns if column[1] == DATED.get(self.kind)), None)
        self._matcher = matcher
        self.needed = bool(wanted)

    def of(self, row: Sequence[Cell]) -> dict[str, str]:
        """Field code -> value; a cell that cannot be read is left out and counted."""
        found: dict[str, str] = {}
        for index, code, read_cell in self._columns:
            value = self._value(row, index, read_cell)
            if value:
                found[code] = value
        return found

    def dated(self, row: Sequence[Cell]) -> tuple[str, str] | None:
        """Of which day or month a row speaks."""
        if self._dated is None:
            return None
        value = self._value(row, self._dated[0], self._dated[2])
        return (self.kind, value) if value else None

    def _value(self, row: Sequence[Cell], index: int, read_cell: Callable[[Cell], str]) -> str:
        try:
            return read_cell(row[index]) if index < len(row) else ""
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


def dates(said: Iterable[tuple[str, str]], seen: dict[str, Counter[str]]) -> None:
    """Count the days and months that rows speak of."""
    for kind, value in said:
        seen.setdefault(kind, Counter())[value] += 1
