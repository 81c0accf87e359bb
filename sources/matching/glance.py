"""Rows told at a glance, because their number is written as on the card. Everything else is judged in full.

A glance judges nothing by other rules than `sources.identify.verdicts`; it says None where those would have to look
closer. That both say the same of any row is tried in `tests/sources/matching/test_glance.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sources import rows, values
from sources.headings import Headings
from sources.identify import plain
from sources.identify.candidates import ROUNDED, Known, likeness
from sources.identify.verdicts import Verdict, declared
from sources.matching.kinds import Table
from sources.values import Cell


class Glance:
    """Looks at the rows of a table with one person a row. column: 0-based, of the number."""

    def __init__(self, headings: Headings, column: int, named_at: int, known: Known, *, demonstration: bool) -> None:
        """named_at: 0-based column of the name, -1 for none."""
        self.column = column
        self._headings = headings
        self._named_at = named_at
        self._known = known
        self._sound = plain.sound(demonstration=demonstration)

    @classmethod
    def at(cls, table: Table, known: Known, *, demonstration: bool) -> Glance | None:
        """A glance at the rows of a table; None for one whose rows speak of two people."""
        if len(table.category.subjects) != 1:
            return None
        (who,) = table.category.subjects
        columns = {column.field.code: column.index for column in table.headings.columns}
        return cls(table.headings, columns[who.number], columns.get(who.name, -1), known, demonstration=demonstration)

    def verdict(self, row: Sequence[Cell]) -> Verdict | None:
        """The verdict on a row's number as on the card; DOUBT: of somebody else's name. None: look closer."""
        cell = row[self.column] if self.column < len(row) else None
        if type(cell) is not str or len(cell) != plain.LENGTH:
            return None
        found: Verdict | None = None
        if self._known.names(cell):
            name = row[self._named_at] if 0 <= self._named_at < len(row) else None
            found = declared(likeness(name if isinstance(name, str) else values.to_text(name), cell, self._known))
        elif self._sound(cell) and not cell.endswith(ROUNDED):
            found = Verdict.NONE
        if found is not None and not rows.surely_counts(row) and rows.is_skipped(row, self._headings):
            return None
        return found
