"""What every kind of file is turned into, and the refusals they share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from domain.text import gettext as _
from sources.faults import Refusal
from sources.values import Cell

CHUNK = 1 << 20
MOST_COLUMNS = 2000
MOST_SHEETS = 100
DAMAGED = _("The file is damaged or is not a spreadsheet. Open it, save it again as XLSX or CSV, and send that.")
LOCKED = _("The workbook has a password. Save it without one as XLSX or CSV, and send that.")


class Readable(Protocol):
    """Bytes that are read once, from front to back; b"" at their end."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""


@dataclass(slots=True)
class Sheet:
    """One table of a file.

    number: 1-based, through all files of a bundle; title: "" for CSV; rows: cells of every physical row from the
    first on; first_column: 0-based column of the first cell; hidden: not shown by a spreadsheet program;
    unfinished: set at the last row when nothing ends it, as in a file cut off in the middle.
    """

    number: int
    title: str
    rows: Iterator[list[Cell]]
    first_column: int = 0
    hidden: bool = False
    unfinished: bool = False


def too_large(limit: int) -> Refusal:
    """The refusal of a file over the limit."""
    return Refusal(_("The file is larger than %(limit)s MB. Split it and send the parts.", limit=limit >> 20))


def too_many_columns(row: int) -> Refusal:
    """The refusal of a row that no table of a department has."""
    return Refusal(
        _(
            "Row %(row)s has more than %(most)s columns. Delete what stands far to the right of the table"
            " and send the file again.",
            row=row,
            most=MOST_COLUMNS,
        )
    )
