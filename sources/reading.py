"""Reading a delivered file: rows stream out of a limited child process, then a report says what became of all.

The child has caps on memory, processor time and files, no environment, and is watched from here; a hostile file
costs one child and never this process (threats T5, T6). A refusal is whole: nothing read before it may be used.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from domain.text import Text
from domain.text import gettext as _
from sources import wire
from sources.faults import FileRefused, ReadingCancelled, RowFault
from sources.headings import Saved
from sources.house_kinds import kind_of
from sources.rows import SourceRow, Subject
from sources.tables.sheet import Readable
from sources.watching import STOPPED, Limits, Watch

__all__ = [
    "Limits",
    "Pieces",
    "Progress",
    "ReadReport",
    "Reading",
    "SheetReport",
    "read_all",
    "reading",
    "report_of",
    "row_of",
]

_ROOT = Path(__file__).resolve().parent.parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from sources.child import main; main()"
_CHUNK = 1 << 20
_CANCELLED = _("Reading the file was called off; nothing of it was taken in.")


@dataclass(frozen=True, slots=True)
class SheetReport:
    """How one sheet was understood.

    heading_row: 1-based last row of the headings, None when the sheet has none;
    columns: (0-based index, heading, field code); ignored: headings without a meaning for us; aside: rows above and
    in the headings, or all rows of a sheet that is no table; hidden: not shown by a spreadsheet program.
    """

    number: int
    title: str
    heading_row: int | None
    columns: tuple[tuple[int, str, str], ...]
    ignored: tuple[str, ...]
    aside: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reading is: bytes of the file taken, rows read; both only grow."""

    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What became of a file: accepted + rejected = total, and total + skipped + aside = records, every row there is.

    skipped: blank rows, totals, headings printed again; aside: rows above and in headings, sheets that are no table.

    by_name: accepted rows whose number is unusable, kept under the name alone. faults: the first 1000, the
    rest counted in faults_left_out. preview: first rows, masked cell by cell. periods: (sheet, row, first month, last
    month) named by titles, months as year × 12 + month − 1. signature, labels: of the headings (`sources.headings`).
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
    aside: int = 0
    periods: tuple[tuple[int, int, int, int], ...] = ()
    signature: str = ""
    labels: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        """Physical rows of the file, each counted once."""
        return self.total + self.skipped + self.aside

    @property
    def rejections(self) -> tuple[RowFault, ...]:
        """Faults that cost the row its place."""
        return tuple(fault for fault in self.faults if not fault.kept)


class Pieces:
    """Pieces of bytes, such as the frames of a sealed file, read as a file and never held together."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def read(self, _size: int, /) -> bytes:
        """The next piece, b"" at the end. Raises whatever the pieces raise."""
        return next((piece for piece in self._pieces if piece), b"")


class Reading:
    """One reading in progress: iterate for the rows, then ask for the report."""

    def __init__(self, child: subprocess.Popen[bytes], category: str, feeding: _Feeding, notice: _Notice) -> None:
        self._child = child
        self._category = category
        self._feeding = feeding
        self._notice = notice
        self._report: ReadReport | None = None

    def __iter__(self) -> Iterator[SourceRow]:
        """Usable rows in file order. Raises FileRefused and ReadingCancelled, also in the middle."""
        for line in cast(BinaryIO, self._child.stdout):
            self._notice.ask()
            if not line.endswith(b"\n"):
                break  # killed in the middle of a line; its exit code says the rest
            message = wire.unpacked(line)
            if "refused" in message:
                self._feeding.must_be_sound()
                raise FileRefused(Text(*message["refused"]), message.get("unread"))
            self._told(message)
            for row in message.get("rows", ()):
                yield row_of(row)
        self._feeding.must_be_sound()
        if self._child.wait() != 0 or self._report is None:
            raise FileRefused(self._feeding.watch.why or STOPPED, code=self._child.returncode)

    def _told(self, message: dict[str, Any]) -> None:
        """What a message says beside rows."""
        if "at" in message:
            self._notice.tell(Progress(message["at"], message["rows_read"]))
        if "report" in message:
            self._report = report_of(self._category, message["report"])
        if "faults" in message:
            self._notice.fault(message["faults"])

    @property
    def peak(self) -> int:
        """Most resident bytes of the child that were seen."""
        return self._feeding.watch.peak

    @property
    def report(self) -> ReadReport:
        """What became of the file; only after all rows were taken."""
        if self._report is None:
            raise RuntimeError("the rows must be read to the end before the report exists")
        return self._report


@contextmanager
def reading(
    stream: Readable,
    category: str,
    *,
    demonstration: bool = False,
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    saved: Saved | None = None,
    faults: Callable[[RowFault], None] | None = None,
) -> Iterator[Reading]:
    """Read `stream` as a file of `category` in a child process.

    Args:
        stream: the uploaded bytes; read once, by a thread of its own.
        category: a code of `sources.house_kinds.kind_of`.
        demonstration: accept identity numbers of division 99xxxx.
        progress: told how far it is, in the iterating thread, every 20,000 rows and at the end.
        cancelled: asked at every message of the child; True ends the reading.
        saved: columns that were mapped by hand (`sources.headings.find`).
        faults: told every fault there is, also those the report leaves out.

    Raises:
        KeyError: no such category.
        FileRefused: while iterating; nothing read so far may be used.
        ReadingCancelled: while iterating, because `cancelled` said so.
        Whatever `stream` raises while it is read.
    """
    limits = limits or Limits()
    order = {
        "category": kind_of(category).code,
        "demonstration": demonstration,
        "bytes": limits.bytes,
        "inflated": limits.inflated,
        "memory": limits.memory,
        "address_space": limits.address_space,
        "cpu": limits.most_cpu,
        "saved": [[signature, list(columns.items())] for signature, columns in (saved or {}).items()],
        "every_fault": faults is not None,
    }
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and our own constant program
        [sys.executable, "-I", "-c", _START, str(_ROOT), json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback could repeat what stands in the file
        env={"LANG": "C.UTF-8"},
        # a group of its own and no session: where a kernel weighs sessions against each other (sched(7), autogroup),
        # its niceness would say nothing against the web
        process_group=0,
    )
    watch = Watch(child, limits)
    feeding = _Feeding(stream, child, watch)
    watch.start()
    feeding.start()
    try:
        yield Reading(child, category, feeding, _Notice(progress, cancelled, faults))
    finally:
        watch.over.set()
        child.kill()
        child.wait()
        feeding.join()
        watch.join()
        for end in (child.stdin, child.stdout):
            if end is not None:
                with suppress(BrokenPipeError):  # the child may end before it has read everything
                    end.close()


def read_all(
    stream: Readable, category: str, *, demonstration: bool = False, limits: Limits | None = None
) -> tuple[list[SourceRow], ReadReport]:
    """All rows of a small file, and the report. Raises FileRefused."""
    with reading(stream, category, demonstration=demonstration, limits=limits) as going:
        found = list(going)
    return found, going.report


class _Notice:
    """Whom to tell how far it is and what is wrong, and whom to ask whether to go on."""

    def __init__(
        self,
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
        faults: Callable[[RowFault], None] | None,
    ) -> None:
        self._progress = progress
        self._cancelled = cancelled
        self._faults = faults

    def fault(self, packed: list[Any]) -> None:
        if self._faults is not None:
            for one in packed:
                self._faults(fault_of(one))

    def tell(self, progress: Progress) -> None:
        if self._progress is not None:
            self._progress(progress)

    def ask(self) -> None:
        if self._cancelled is not None and self._cancelled():
            raise ReadingCancelled(_CANCELLED)


class _Feeding(threading.Thread):
    """Gives the file to the child. A file that cannot be read to its end must not look like a shorter one."""

    def __init__(self, stream: Readable, child: subprocess.Popen[bytes], watch: Watch) -> None:
        super().__init__(daemon=True)
        self.watch = watch
        self._stream = stream
        self._child = child
        self._problem: Exception | None = None

    def run(self) -> None:
        into = cast(BinaryIO, self._child.stdin)
        try:
            while chunk := self._stream.read(_CHUNK):
                with suppress(BrokenPipeError, ValueError):  # a child that refused early stops listening
                    into.write(chunk)
                    self.watch.fed += len(chunk)
                    continue
                return
            with suppress(BrokenPipeError, ValueError):
                into.close()
        except Exception as problem:  # whatever it is, it is raised again where the rows are taken
            self._problem = problem
            self._child.kill()

    def must_be_sound(self) -> None:
        """Raises what reading the stream raised."""
        if self._problem is not None:
            raise self._problem


def row_of(packed: list[Any]) -> SourceRow:
    """A row as the child says it."""
    sheet, number, subjects, values, dated = packed
    people = tuple(Subject(no, name, role, tuple(notes)) for no, name, role, notes in subjects)
    return SourceRow(sheet, number, people, values, dated)


def report_of(category: str, packed: dict[str, Any]) -> ReadReport:
    """The report as the child says it."""
    faults = tuple(fault_of(one) for one in packed["faults"])
    sheets = tuple(
        SheetReport(number, title, row, tuple((i, h, code) for i, h, code in columns), tuple(ignored), aside, hidden)
        for number, title, row, columns, ignored, aside, hidden in packed["sheets"]
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
        packed["aside"],
        tuple((s, r, first, last) for s, r, first, last in packed["periods"]),
        packed["signature"],
        tuple(packed["labels"]),
    )


def fault_of(packed: list[Any]) -> RowFault:
    """A fault as the child says it."""
    sheet, row, index, column, text, kept = packed
    return RowFault(sheet, row, index, column, Text(*text), kept)
