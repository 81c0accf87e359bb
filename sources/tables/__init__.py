"""Tables out of delivered bytes: CSV, XLSX, XLS, ODS and ZIP archives of them.

Runs in the limited child only: hostile files meet this code first. `Delivered` says what a file is and gives its
sheets; each kind has a module. Rows stand where a spreadsheet shows them, and what cannot be read so is a `Refusal`.
The functions below are for a reader that takes CSV and XLSX apart in steps of its own.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from sources.tables import xlsx
from sources.tables.archive import Archive
from sources.tables.delimited import records
from sources.tables.detect import ARCHIVES, OLD_WORKBOOK, Caps, Delivered
from sources.tables.sheet import CHUNK, Readable, Sheet, too_large
from sources.tables.text import Decoder, lines
from sources.values import Cell

__all__ = ["CHUNK", "Caps", "Decoder", "Delivered", "Readable", "Sheet", "lines", "too_large"]
_MOST_INFLATED = 600 << 20


def is_archive(head: bytes) -> bool:
    """True when the bytes begin like an XLSX file."""
    return head.startswith(ARCHIVES)


def is_old_workbook(head: bytes) -> bool:
    """True when the bytes begin like an XLS file (before 2007) or a password-protected workbook."""
    return head.startswith(OLD_WORKBOOK)


def check_archive(content: bytes, most_inflated: int) -> None:
    """Look at an XLSX archive before anything parses it. Raises Refusal."""
    Archive(io.BytesIO(content), most_inflated, xlsx.is_workbook)


def xlsx_sheets(content: bytes) -> Iterator[Sheet]:
    """Sheets of a workbook, in order. Raises Refusal when it cannot be opened."""
    return xlsx.sheets(io.BytesIO(content), _MOST_INFLATED)


def csv_rows(text: Iterable[str], delimiter: str) -> Iterator[list[Cell]]:
    """Records as lists of text. Raises Refusal with the record's number when quoting is broken."""
    return records(text, delimiter, Sheet(1, "", iter(())))
