"""The limited child process that reads one uploaded file; speaks JSON lines on standard output.

Messages: {"rows": […]} in batches, at the end {"report": {…}}, or {"refused": [sentence, values]}.
It never sees a key, the database or the environment of its parent.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from domain import identity
from domain.identity import InvalidIdentityNumber
from domain.text import Text
from domain.text import gettext as _
from sources import headings, rows, tables
from sources.categories import READABLE, Category
from sources.faults import Refusal
from sources.limits import limit
from sources.tables import Sheet
from sources.values import Cell, is_blank, to_text

BATCH = 500
MOST_FAULTS = 1000
PREVIEWED = 5
DELIMITERS = (",", "\t", ";", "|")
_NO_HEADINGS = _(
    "No heading row was found in the first %(rows)s rows. A %(category)s file has headings such as %(labels)s."
)


def main() -> None:
    """Read standard input as told by the JSON in the second argument."""
    order = json.loads(sys.argv[2])
    limit(order["memory"], order["cpu"])
    reading = _Reading(READABLE[order["category"]], order["demonstration"])
    try:
        for sheet in _sheets(sys.stdin.buffer, reading, order):
            reading.read_sheet(sheet)
        reading.finish()
    except Refusal as refusal:
        _say({"refused": _packed(refusal.text)})
    except MemoryError:
        _say({"refused": _packed(_("The file needs more memory than allowed. Split it and send the parts."))})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=True, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _packed(text: Text) -> list[Any]:
    return [text.source, text.values]


def _sheets(stream: BinaryIO, reading: _Reading, order: dict[str, Any]) -> Iterator[Sheet]:
    head = stream.read(tables.CHUNK)
    if not head:
        raise Refusal(_("The file is empty."))
    if tables.is_old_workbook(head):
        raise Refusal(_("This is an old XLS workbook or it has a password. Save it as XLSX without a password."))
    if tables.is_archive(head):
        content = head + stream.read(order["bytes"])
        if len(content) > order["bytes"]:
            raise tables.too_large(order["bytes"])
        tables.check_archive(content, order["inflated"])
        reading.encoding = "XLSX"
        yield from tables.xlsx_sheets(content)
        return
    decoder = tables.Decoder()
    lines = tables.lines(stream, decoder, head, order["bytes"])
    first = list(itertools.islice(lines, headings.SEARCHED_ROWS * 2))
    delimiter = max(DELIMITERS, key=lambda sign: _promise(first, sign, reading.category))
    yield Sheet(1, "", tables.csv_rows(itertools.chain(first, lines), delimiter))
    reading.encoding = decoder.encoding


def _promise(first: list[str], delimiter: str, category: Category) -> int:
    """How well the first lines look like this category when cut at `delimiter`."""
    with suppress(Refusal):
        found = headings.find(list(tables.csv_rows(first, delimiter)), category)
        return found.complete_score if found else 0
    return 1  # headings are there, but something is wrong with them: the reading proper says what


class _Reading:
    """Counts, faults and the batch in hand while the sheets of one file are read."""

    def __init__(self, category: Category, demonstration: bool) -> None:
        self.category = category
        self.encoding = ""
        self._demonstration = demonstration
        self._batch: list[Any] = []
        self._faults: list[Any] = []
        self._preview: list[list[str]] = []
        self._sheets: list[Any] = []
        self._counts = dict.fromkeys(("total", "accepted", "rejected", "skipped", "by_name", "faults_left_out"), 0)
        self._last: headings.Headings | None = None

    def read_sheet(self, sheet: Sheet) -> None:
        first = list(itertools.islice(sheet.rows, headings.SEARCHED_ROWS))
        found = headings.find(first, self.category)
        start = found.last + 1 if found else 0
        if found is None and self._continues(first):
            found = self._last
        if found is None:
            self._sheets.append([sheet.number, sheet.title, None, [], []])
            return
        self._last = found
        titled = found.last + 1 if start else None
        mapped = [[c.index + sheet.first_column, c.heading, c.field.code] for c in found.columns]
        self._sheets.append([sheet.number, sheet.title, titled, mapped, list(found.ignored)])
        for number, cells in enumerate(itertools.chain(first, sheet.rows), 1):
            if number > start:
                self._read_row(cells, found, sheet, number)

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
        self._flush()
        report = self._counts | {
            "encoding": self.encoding,
            "sheets": self._sheets,
            "faults": self._faults,
            "preview": self._preview,
        }
        _say({"report": report})

    def _continues(self, first: list[list[Cell]]) -> bool:
        """True when a sheet without headings goes on with the table of the sheet before: same width, same contents."""
        if self._last is None:
            return False
        for cells in first[:PREVIEWED]:
            outcome = rows.read(cells, self._last, self.category, sheet=1, row=1, demonstration=self._demonstration)
            if outcome.row is not None:
                return True
        return False

    def _read_row(self, cells: list[Cell], found: headings.Headings, sheet: Sheet, number: int) -> None:
        outcome = rows.read(
            cells, found, self.category, sheet=sheet.number, row=number, demonstration=self._demonstration
        )
        if outcome.skipped:
            self._counts["skipped"] += 1
            return
        if len(self._preview) < PREVIEWED:
            self._preview.append([_shown(cell) for cell in cells[: found.width]])
        self._counts["total"] += 1
        self._counts["rejected" if outcome.row is None else "accepted"] += 1
        for fault in outcome.faults:
            self._note(fault, sheet, number, kept=outcome.row is not None)
        if outcome.row is not None:
            self._keep(outcome.row)

    def _note(self, fault: rows.CellFault, sheet: Sheet, number: int, *, kept: bool) -> None:
        if len(self._faults) >= MOST_FAULTS:
            self._counts["faults_left_out"] += 1
            return
        index = fault.column.index + sheet.first_column if fault.column else None
        heading = fault.column.heading if fault.column else ""
        self._faults.append([sheet.number, number, index, heading, _packed(fault.sentence), kept])

    def _keep(self, row: rows.SourceRow) -> None:
        subjects = [[s.number, s.name, s.role, s.notes] for s in row.subjects]
        if subjects and not any(s.number for s in row.subjects):
            self._counts["by_name"] += 1
        self._batch.append([row.sheet, row.row, subjects, row.values, row.dated])
        if len(self._batch) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._batch:
            _say({"rows": self._batch})
            self._batch = []


def _shown(cell: Cell) -> str:
    """A cell for the preview; identity numbers are masked before they leave the child."""
    text = "" if is_blank(cell) else to_text(cell)
    try:
        return identity.mask(identity.check(text, demonstration=True).number)
    except InvalidIdentityNumber:
        digits = identity.normalise(text)
        return identity.mask(digits) if len(digits) in (15, 18) and digits[:15].isdigit() else text[:80]
