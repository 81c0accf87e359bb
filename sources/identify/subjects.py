"""The people a row speaks of, each with its verdict, whatever becomes of the row's other cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sources import values
from sources.categories import Category, SubjectColumns
from sources.headings import Column, Headings
from sources.identify import joint
from sources.identify.candidates import Known
from sources.identify.verdicts import Judged, judge
from sources.values import Cell


@dataclass(frozen=True, slots=True)
class JudgedSubject:
    """One person in a row: 0-based column of the number (within the table), role, name as written, verdict."""

    column: int
    role: str
    name: str = field(repr=False)
    judged: Judged


class RowJudge:
    """Judges the identity cells of the rows of one table."""

    def __init__(self, headings: Headings, category: Category, known: Known, *, demonstration: bool = False) -> None:
        by_code: dict[str, Column] = {column.field.code: column for column in headings.columns}
        self._subjects: list[tuple[SubjectColumns, int, int]] = []
        for who in category.subjects:
            named = by_code.get(who.name)
            self._subjects.append((who, by_code[who.number].index, named.index if named else -1))
        self._known = known
        self._demonstration = demonstration

    def judge(self, cells: Sequence[Cell]) -> list[JudgedSubject]:
        """A verdict for every identity cell, in the order of the columns' roles and of the places in a cell."""
        judged: list[JudgedSubject] = []
        for who, at, named_at in self._subjects:
            cell = cells[at] if at < len(cells) else None
            name = cells[named_at] if 0 <= named_at < len(cells) else None
            text = name if isinstance(name, str) else values.to_text(name)
            for number, its_name in self._split(who, cell, text):
                found = judge(number, its_name, self._known, demonstration=self._demonstration)
                judged.append(JudgedSubject(at, who.role, its_name, found))
        return judged

    def _split(self, who: SubjectColumns, cell: Cell, name: str) -> list[tuple[Cell, str]]:
        if not who.several or not isinstance(cell, str):
            return [(cell, name)]
        numbers = joint.split_numbers(cell, len(joint.split_names(name)))
        return list(zip(numbers, joint.assign(numbers, name, self._known), strict=True))
