"""Why a row of a department's file was judged as it was: the same reading and judging again, for that row alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import Conflict, NotFound
from domain.text import gettext as _
from sources.faults import Refusal
from sources.identify.verdicts import SKIPPED, Judged
from sources.matching.files import FileMatcher
from sources.matching.people import Reader, Say, declared_files
from sources.matching.scratch import Line


@dataclass(frozen=True, slots=True)
class Grounds:
    """The verdict on one identity cell and its grounds. column: 0-based, None for a row that speaks of nobody."""

    column: int | None
    judged: Judged = field(repr=False)


class _Unkept:
    """Where declared lines go when no rule asks for them."""

    def add(self, household: int, line: Line) -> None:
        """Keep nothing."""


def why(
    declared: Path, file: Path, row: int, say: Say, *, sheet: int = 1, demonstration: bool = False
) -> list[Grounds]:
    """The grounds of every verdict on a row. declared: folder; row, sheet: 1-based, physical, as in the results.

    Raises:
        Conflict: the declared folder or the file cannot be used; the sentence says why.
        NotFound: the file has no such row under its headings.
    """
    reader = Reader(declared, declared_files(declared), say, demonstration=demonstration)
    reader.households()
    matcher = FileMatcher(reader.rest(_Unkept()).known, demonstration=demonstration)
    try:
        for judgement in matcher.judgements(file, lambda *place: place != (sheet, row)):
            columns = [column for column, _verdict, _number in judgement.verdicts]
            judged = [person.judged for person in judgement.people] or [SKIPPED]
            return [Grounds(*one) for one in zip(columns, judged, strict=True)]
    except Refusal as refusal:
        raise Conflict(_("%(file)s: %(why)s", file=file.name, why=refusal.text)) from None
    where = {"file": file.name, "row": row, "sheet": sheet}
    raise NotFound(_("%(file)s has no row %(row)s under the headings of sheet %(sheet)s.", **where))
