"""Reading an uploaded file: rows stream out of a limited child process, then a report says what became of all.

The child has caps on memory, processor time and files, no environment, and is killed at a wall limit; a
hostile file costs one child and never this process (threats T5, T6).
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from domain.text import Text
from domain.text import gettext as _
from sources.categories import READABLE
from sources.faults import FileRefused, RowFault
from sources.rows import SourceRow, Subject

_ROOT = Path(__file__).resolve().parent.parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from sources.child import main; main()"
_CHUNK = 1 << 20
_STOPPED = _("The file took too much time or memory to read. Split it, or save it again as CSV, and send that.")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: bytes uploaded, bytes inside an archive, memory (bytes), processor and wall seconds."""

    bytes: int = 512 << 20
    inflated: int = 600 << 20
    memory: int = 1536 << 20
    cpu_seconds: int = 300
    wall_seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class SheetReport:
    """How one sheet was understood.

    heading_row: 1-based last row of the headings, None when the sheet has none;
    columns: (0-based index, heading, field code); ignored: headings without a meaning for us.
    """

    number: int
    title: str
    heading_row: int | None
    columns: tuple[tuple[int, str, str], ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What became of a file; accepted + rejected = total, blank and total rows are counted as skipped.

    by_name: accepted rows whose number is unusable, kept under the name alone. faults: the first 1000, the
    rest counted in faults_left_out. preview: first rows as read, identity numbers masked (grade S3).
    """

    category: str
    encoding: str
    total: int
    accepted: int
    rejected: int
    skipped: int
    by_name: int
    faults: tuple[RowFault, ...]
    faults_left_out: int
    sheets: tuple[SheetReport, ...]
    preview: tuple[tuple[str, ...], ...] = field(repr=False)

    @property
    def rejections(self) -> tuple[RowFault, ...]:
        """Faults that cost the row its place."""
        return tuple(fault for fault in self.faults if not fault.kept)


class Reading:
    """One reading in progress: iterate for the rows, then ask for the report."""

    def __init__(self, child: subprocess.Popen[bytes], category: str) -> None:
        self._child = child
        self._category = category
        self._report: ReadReport | None = None

    def __iter__(self) -> Iterator[SourceRow]:
        """Usable rows in file order. Raises FileRefused, also in the middle."""
        for line in cast(BinaryIO, self._child.stdout):
            if not line.endswith(b"\n"):
                break  # killed in the middle of a line; its exit code says the rest
            message = json.loads(line)
            if "refused" in message:
                raise FileRefused(Text(*message["refused"]))
            if "report" in message:
                self._report = _report(self._category, message["report"])
            for row in message.get("rows", ()):
                yield _row(row)
        if self._child.wait() != 0 or self._report is None:
            raise FileRefused(_STOPPED, code=self._child.returncode)

    @property
    def report(self) -> ReadReport:
        """What became of the file; only after all rows were taken."""
        if self._report is None:
            raise RuntimeError("the rows must be read to the end before the report exists")
        return self._report


@contextmanager
def reading(
    stream: BinaryIO, category: str, *, demonstration: bool = False, limits: Limits | None = None
) -> Iterator[Reading]:
    """Read `stream` as a file of `category` in a child process.

    Args:
        stream: the uploaded bytes; read once, by a thread of its own.
        category: a code of `sources.categories.READABLE`.
        demonstration: accept identity numbers of division 99xxxx.

    Raises:
        KeyError: no such category.
        FileRefused: while iterating; nothing read so far may be used.
    """
    limits = limits or Limits()
    order = {
        "category": READABLE[category].code,
        "demonstration": demonstration,
        "bytes": limits.bytes,
        "inflated": limits.inflated,
        "memory": limits.memory,
        "cpu": limits.cpu_seconds,
    }
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and our own constant program
        [sys.executable, "-I", "-c", _START, str(_ROOT), json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback could repeat what stands in the file
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    )
    alarm = threading.Timer(limits.wall_seconds, child.kill)
    alarm.daemon = True
    pump = threading.Thread(target=_feed, args=(stream, child), daemon=True)
    alarm.start()
    pump.start()
    try:
        yield Reading(child, category)
    finally:
        alarm.cancel()
        child.kill()
        child.wait()
        pump.join()
        for end in (child.stdin, child.stdout):
            if end is not None:
                with suppress(BrokenPipeError):  # the child may end before it has read everything
                    end.close()


def read_all(
    stream: BinaryIO, category: str, *, demonstration: bool = False, limits: Limits | None = None
) -> tuple[list[SourceRow], ReadReport]:
    """All rows of a small file, and the report. Raises FileRefused."""
    with reading(stream, category, demonstration=demonstration, limits=limits) as going:
        found = list(going)
    return found, going.report


def _feed(stream: BinaryIO, child: subprocess.Popen[bytes]) -> None:
    into = cast(BinaryIO, child.stdin)
    with suppress(BrokenPipeError, ValueError):  # a child that refused early stops listening; its message says why
        while chunk := stream.read(_CHUNK):
            into.write(chunk)
        into.close()


def _row(packed: list[Any]) -> SourceRow:
    sheet, number, subjects, values, dated = packed
    people = tuple(Subject(no, name, role, tuple(notes)) for no, name, role, notes in subjects)
    return SourceRow(sheet, number, people, values, dated)


def _report(category: str, packed: dict[str, Any]) -> ReadReport:
    faults = tuple(RowFault(s, r, i, c, Text(*text), kept) for s, r, i, c, text, kept in packed["faults"])
    sheets = tuple(
        SheetReport(number, title, row, tuple((i, h, code) for i, h, code in columns), tuple(ignored))
        for number, title, row, columns, ignored in packed["sheets"]
    )
    return ReadReport(
        category,
        packed["encoding"],
        packed["total"],
        packed["accepted"],
        packed["rejected"],
        packed["skipped"],
        packed["by_name"],
        faults,
        packed["faults_left_out"],
        sheets,
        tuple(tuple(line) for line in packed["preview"]),
    )
