"""The limited child process that reads one delivered file; speaks JSON lines on standard output.

Messages: {"rows": […]} in batches, {"at": bytes, "rows_read": n} now and then, at the end {"report": {…}} or
{"refused": [sentence, values]}. It never sees a key, the database or the environment of its parent.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from domain.text import Text
from domain.text import gettext as _
from sources import headings, masks, rows, titles, wire
from sources.categories import DECLARATIONS, Category
from sources.faults import Refusal
from sources.house_kinds import kind_of
from sources.limits import limit
from sources.tables import Caps, Delivered, Sheet, footers
from sources.tables.sheet import Readable
from sources.values import Cell, to_text
from sources.watching import TOO_MUCH_MEMORY

BATCH = 500
MOST_FAULTS = 1000
MOST_IGNORED = 200
LONGEST_HEADING = 80
PREVIEWED = 5
PROGRESS_ROWS = 20_000
NICENESS = 10
_NO_HEADINGS = _(
    "No heading row was found in the first %(rows)s rows. A %(category)s file has headings such as %(labels)s."
)
_LIKE_IDENTITY = re.compile(r"(?<![0-9])(?:[0-9]{17}[0-9Xx]|[0-9]{15})(?![0-9])")

Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Read standard input as told by the JSON in the second argument."""
    order = json.loads(sys.argv[2])
    os.nice(NICENESS)
    limit(order["address_space"], order["cpu"], data=order["memory"])
    read(sys.stdin.buffer, order, _say)


def read(stream: Readable, order: dict[str, Any], say: Say) -> None:
    """Read the file and say what is in it; the last message is the report or the refusal.

    order: category, demonstration, bytes, inflated, saved, every_fault as `sources.reading` gives them.
    """
    caps = Caps(order["bytes"], order["inflated"], headings.SEARCHED_ROWS * 2)
    saved = {signature: {int(i): code for i, code in said} for signature, said in order.get("saved", ())}
    reading = _Reading(
        kind_of(order["category"]), order["demonstration"], say, saved, every_fault=bool(order.get("every_fault"))
    )
    file = Delivered(stream, caps, reading.promise)
    reading.file = file
    try:
        for sheet in file.sheets():
            reading.read_sheet(sheet)
        reading.finish()
    except Refusal as refusal:
        say({"refused": _packed(refusal.text)} | reading.unread(refusal))
    except MemoryError:
        say({"refused": _packed(TOO_MUCH_MEMORY)})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(wire.packed(message))
    sys.stdout.buffer.flush()


def _packed(text: Text) -> list[Any]:
    return [text.source, text.values]


class _Reading:
    """Counts, faults and the batch in hand while the sheets of one file are read."""

    def __init__(
        self, category: Category, demonstration: bool, say: Say, saved: headings.Saved, *, every_fault: bool
    ) -> None:
        self.category = category
        self.file: Delivered | None = None
        self._demonstration = demonstration
        self._say = say
        self._saved = saved
        self._every: list[Any] | None = [] if every_fault else None
        self._likeliest: headings.Headings | None = None
        self._periods: list[Any] = []
        self._batch: list[Any] = []
        self._faults: list[Any] = []
        self._preview: list[list[str]] = []
        self._sheets: list[Any] = []
        names = ("total", "accepted", "rejected", "skipped", "aside", "by_name", "faults_left_out")
        self._counts = dict.fromkeys(names, 0)
        self._last: headings.Headings | None = None
        self._lost: Refusal | None = None  # said only when the file has headings elsewhere

    def promise(self, first: Sequence[Sequence[Cell]]) -> int:
        """How well the first rows look like this category."""
        try:
            found = headings.find(first, self.category, self._saved)
        except Refusal:
            return 1  # headings are there, but something is wrong with them: the reading proper says what
        return found.complete_score if found else 0

    def read_sheet(self, sheet: Sheet) -> None:
        first = list(itertools.islice(sheet.rows, headings.SEARCHED_ROWS))
        found = headings.find(first, self.category, self._saved)
        start = found.last + 1 if found else 0
        if found is None and self._continues(first):
            found = self._last
        if found is None or sheet.hidden:
            self._leave_aside(sheet, first, found)
            return
        self._last = found
        self._periods += titles.periods(sheet.number, sheet.title, first[: found.first if start else 0])
        mapped = [[c.index + sheet.first_column, _short(c.heading), c.field.code] for c in found.columns]
        ignored = [_short(label) for label in found.ignored[:MOST_IGNORED]]
        self._sheets.append([sheet.number, sheet.title, start or None, mapped, ignored, start, sheet.hidden])
        self._counts["aside"] += start
        before = self._counts["total"]
        cells: list[Cell] = []
        number = 0
        reader = rows.RowReader(found, self.category, demonstration=self._demonstration)
        for number, cells in enumerate(itertools.chain(first, sheet.rows), 1):
            if number > start:
                self._read_row(cells, reader, found, sheet, number, before)
        if sheet.unfinished and number > start and len(cells) < found.width:
            raise _cut_off(number)

    def _leave_aside(self, sheet: Sheet, first: list[list[Cell]], found: headings.Headings | None) -> None:
        """A sheet that is no table of ours holds explanations or lists of words; never people."""
        number = 0
        if self._likeliest is None and not sheet.hidden:
            self._likeliest = headings.likeliest(first, self.category)
        for number, cells in enumerate(itertools.chain(first, sheet.rows), 1):
            if self._lost is None and any(c is not None and _LIKE_IDENTITY.search(to_text(c)) for c in cells):
                self._lost = _would_be_lost(sheet, number)
        if self._lost is None and found is not None and number > found.last + 1:
            self._lost = _would_be_lost(sheet, found.last + 2)
        if self._lost is not None and sheet.hidden:
            raise self._lost
        self._counts["aside"] += number
        self._sheets.append([sheet.number, sheet.title, None, [], [], number, sheet.hidden])

    def finish(self) -> None:
        if self._last is None:
            labels = "、".join(field.labels[0] for field in self.category.fields[:6])
            raise Refusal(
                _(
                    _NO_HEADINGS.source,
                    rows=headings.SEARCHED_ROWS,
                    category=self.category.chinese,
                    labels=labels,
                )
            )
        if self._lost is not None:
            raise self._lost
        if not self._counts["total"] and self.category.code not in DECLARATIONS:
            raise Refusal(_("The file has headings but not one row below them. Look at how it was exported."))
        self._flush()
        self._tell()
        report = self._counts | {
            "encoding": self.file.encoding if self.file else "",
            "sheets": self._sheets,
            "faults": self._faults,
            "preview": self._preview,
            "periods": self._periods[:MOST_IGNORED],
            "signature": self._last.signature,
            "labels": [_short(label) for label in self._last.labels[: min(self._last.width, MOST_IGNORED)]],
        }
        self._say({"report": report})

    def unread(self, refusal: Refusal) -> dict[str, Any]:
        """The headings of a file refused for them, so that somebody may say what they mean; else nothing."""
        found = refusal.headings if isinstance(refusal, headings.HeadingsRefused) else None
        if found is None and self._last is None:
            found = self._likeliest
        if found is None:
            return {}
        columns = [[column.index, column.field.code] for column in found.columns]
        labels = [_short(label) for label in found.labels[: min(found.width, MOST_IGNORED)]]
        return {"unread": {"row": found.last + 1, "signature": found.signature, "labels": labels, "columns": columns}}

    def _continues(self, first: list[list[Cell]]) -> bool:
        """True when a sheet without headings goes on with the table of the sheet before: same width, same contents."""
        if self._last is None:
            return False
        for cells in first:
            outcome = rows.read(cells, self._last, self.category, sheet=1, row=1, demonstration=self._demonstration)
            if outcome.row is not None:
                return True
        return False

    def _read_row(
        self,
        cells: list[Cell],
        reader: rows.RowReader,
        found: headings.Headings,
        sheet: Sheet,
        number: int,
        before: int,
    ) -> None:
        if number % PROGRESS_ROWS == 0:
            self._tell()
        said = footers.promised(cells)
        if said is not None:
            footers.must_be_all(said, self._counts["total"] - before, number)
            self._counts["skipped"] += 1
            return
        outcome = reader.read(cells, sheet.number, number)
        if outcome.skipped:
            self._counts["skipped"] += 1
            return
        if len(self._preview) < PREVIEWED:
            self._preview.append(masks.row(cells[: found.width], found))
        self._counts["total"] += 1
        self._counts["rejected" if outcome.row is None else "accepted"] += 1
        if outcome.faults and self._is_heading(cells):
            raise _second_table(number)
        for fault in outcome.faults:
            self._note(fault, sheet, number, kept=outcome.row is not None)
        if outcome.row is not None:
            self._keep(outcome.row)

    def _is_heading(self, cells: list[Cell]) -> bool:
        """True for the headings of a second table, whose columns stand elsewhere."""
        try:
            return headings.find([cells], self.category) is not None
        except Refusal:
            return True

    def _note(self, fault: rows.CellFault, sheet: Sheet, number: int, *, kept: bool) -> None:
        index = fault.column.index + sheet.first_column if fault.column else None
        heading = _short(fault.column.heading) if fault.column else ""
        said = [sheet.number, number, index, heading, _packed(fault.sentence), kept]
        if self._every is not None:
            self._every.append(said)
            if len(self._every) >= BATCH:
                self._flush()
        if len(self._faults) >= MOST_FAULTS:
            self._counts["faults_left_out"] += 1
            return
        self._faults.append(said)

    def _keep(self, row: rows.SourceRow) -> None:
        subjects = [[s.number, s.name, s.role, s.notes] for s in row.subjects]
        if subjects and not any(s.number for s in row.subjects):
            self._counts["by_name"] += 1
        self._batch.append([row.sheet, row.row, subjects, row.values, row.dated])
        if len(self._batch) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._every:
            self._say({"faults": self._every})
            self._every = []
        if self._batch:
            self._say({"rows": self._batch})
            self._batch = []

    def _tell(self) -> None:
        read = self._counts["total"] + self._counts["skipped"] + self._counts["aside"]
        self._say({"at": self.file.taken if self.file else 0, "rows_read": read})


def _short(heading: str) -> str:
    return heading[:LONGEST_HEADING]


def _cut_off(row: int) -> Refusal:
    return Refusal(
        _("The file ends in the middle of row %(row)s: only a part of it arrived. Export and send it again.", row=row)
    )


def _second_table(row: int) -> Refusal:
    return Refusal(
        _(
            "Row %(row)s holds headings again, in other columns than above: a second table begins there. Put each table"
            " on a sheet of its own.",
            row=row,
        )
    )


def _would_be_lost(sheet: Sheet, row: int) -> Refusal:
    if sheet.hidden:
        return Refusal(
            _(
                "Sheet %(sheet)s (%(title)s) is hidden and holds rows, the first of them in row %(row)s."
                " Show the sheet, or delete it, and send the file again.",
                sheet=sheet.number,
                title=_short(sheet.title),
                row=row,
            )
        )
    return Refusal(
        _(
            "Sheet %(sheet)s (%(title)s) has an identity number in row %(row)s but no headings that say what"
            " its columns are. Put the headings above it, or send it as a file of its own.",
            sheet=sheet.number,
            title=_short(sheet.title),
            row=row,
        )
    )
