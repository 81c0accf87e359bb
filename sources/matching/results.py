"""The two files that come out. No cell of theirs is a formula to a spreadsheet program."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from domain.errors import Conflict
from domain.text import gettext as _

RESULT_COLUMNS = ("file", "row", "column", "verdict", "id")
DOUBT_COLUMNS = ("household", "rule")
_ALIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# a quotation mark, an end of a line, or a cell that begins as a formula does
_SPECIAL = re.compile(r'["\r\n]|(?:^|,)[=+\-@\t＝＋－＠]')


def lifeless(text: str) -> str:
    """A text that no spreadsheet program takes for a formula: an apostrophe stands before one that it might."""
    return "'" + text if text.startswith(_ALIVE) else text


def csv_line(cells: Iterable[str]) -> str:
    """One line of CSV (RFC 4180), its end included."""
    cells = list(cells)
    text = ",".join(cells)
    if text.count(",") == len(cells) - 1 and not _SPECIAL.search(text):
        return text + "\r\n"
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([lifeless(cell) for cell in cells])
    return out.getvalue()


def plain_lines(file: str, sheet: int, column: int) -> Callable[[int, str, str], str]:
    """`csv_line` of RESULT_COLUMNS for many rows of one file: row, verdict and number make a line.

    Only the name of a file can need quotation marks; a number here is one as on the card, or "".
    """
    end = ",0,none,\r\n"
    begin = csv_line((file, place(sheet, 0), "0", "none", "")).removesuffix("0" + end)

    def line(row: int, verdict: str, number: str) -> str:
        return f"{begin}{row},{column},{verdict},{number}\r\n"

    return line


def place(sheet: int, row: int) -> str:
    """Physical row, 1-based: "17", or "2!17" on the second sheet."""
    return f"{sheet}!{row}" if sheet > 1 else str(row)


def must_be_writable(path: Path) -> None:
    """Raises Conflict when a result could not be put there in the end; nothing is written."""
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Conflict(_("%(path)s cannot be written. Name a file in a folder that exists.", path=path))


def publish(finished: Path, path: Path) -> None:
    """Put a finished file in its place, whole. Raises Conflict."""
    try:
        finished.replace(path)
    except OSError as problem:
        raise Conflict(_("%(path)s cannot be written (%(why)s).", path=path, why=problem.strerror)) from problem
