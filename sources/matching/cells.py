"""Raw rows of a file, streamed out of a limited child process (threats T5, T6)."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, BinaryIO, cast

from domain.text import Text
from domain.text import gettext as _
from sources import wire
from sources.faults import Refusal
from sources.values import Cell
from sources.watching import STOPPED, Limits, Watch

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from sources.matching.child import main; main()"
_CHUNK = 1 << 20
_UNREADABLE = _("The file cannot be read (%(why)s). Check that it is there and may be read.")

# A province's workbook has sheets of half a gigabyte; a bomb is told by how little it is packed in
HELD = 1 << 30
MEMORY = HELD + (1536 << 20)
_MAPPED = 512 << 20  # beyond what it may write to: programs, libraries
INFLATED = 64 << 30
_CPU_SECONDS, _BYTES_A_CPU_SECOND = 300, 200_000  # ten times what the slowest machine measured needs


@dataclass(slots=True)
class SheetRows:
    """One table: 1-based number, column of its first cell, rows from the first physical one; take them in order.

    hidden: not shown by a spreadsheet program; unfinished: known after the last row, when nothing ends that row.
    """

    number: int
    title: str
    first_column: int
    hidden: bool
    rows: Iterator[list[Cell]]
    unfinished: bool = False


@contextmanager
def reading(path: Path, kinds: str) -> Generator[Iterator[SheetRows], None, None]:
    """The tables of a file. kinds: "departments" or "declared", for telling how a CSV file is cut.

    Raises:
        Refusal: the file cannot be read; also in the middle.
    """
    try:
        size = path.stat().st_size
        stream = path.open("rb")
    except OSError as problem:
        raise Refusal(_(_UNREADABLE.source, why=problem.strerror or "")) from problem
    with stream:
        child = _start(size, kinds)
        # a child waits for whoever takes its rows, so that the clock says nothing
        watch = Watch(child, Limits(memory=MEMORY, cpu_seconds=_seconds(size), cpu_per_mib=0.0, wall_seconds=inf))
        pump = threading.Thread(target=_feed, args=(stream, child), daemon=True)
        watch.start()
        pump.start()
        try:
            with closing(_sheets(child, watch)) as sheets:
                yield sheets
        finally:
            watch.over.set()
            child.kill()
            child.wait()
            pump.join()
            watch.join()
            for end in (child.stdin, child.stdout):
                if end is not None:
                    with suppress(BrokenPipeError):  # the child may end before it has read everything
                        end.close()


def _start(size: int, kinds: str) -> subprocess.Popen[bytes]:
    order = {
        "kinds": kinds,
        "bytes": max(size, 1),
        "inflated": INFLATED,
        "held": HELD,
        "memory": MEMORY,
        "address_space": MEMORY + _MAPPED,
        "cpu": _seconds(size) + 1,  # the second wall
    }
    return subprocess.Popen(  # noqa: S603 - our own interpreter and our own constant program
        [sys.executable, "-I", "-c", _START, str(_ROOT), json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback could repeat what stands in the file
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    )


def _seconds(size: int) -> int:
    """Seconds of the processor that a file of so many bytes may take."""
    return _CPU_SECONDS + size // _BYTES_A_CPU_SECOND


def _sheets(child: subprocess.Popen[bytes], watch: Watch) -> Generator[SheetRows, None, None]:
    messages = _messages(child, watch)
    for message in messages:
        if "sheet" in message:
            number, title, first_column, hidden = message["sheet"]
            sheet = SheetRows(number, title, first_column, hidden, iter(()))
            sheet.rows = itertools.chain.from_iterable(_batches(messages, sheet))
            yield sheet


def _batches(messages: Iterator[dict[str, Any]], sheet: SheetRows) -> Iterator[list[list[Cell]]]:
    for message in messages:
        if "rows" not in message:
            (sheet.unfinished,) = message["done"]
            return
        yield message["rows"]


def _messages(child: subprocess.Popen[bytes], watch: Watch) -> Iterator[dict[str, Any]]:
    for line in cast(BinaryIO, child.stdout):
        if not line.endswith(b"\n"):
            break  # killed in the middle of a line
        message = wire.unpacked(line)
        if "refused" in message:
            raise Refusal(Text.unpacked(message["refused"]))
        if "end" in message:
            return
        yield message
    raise Refusal(watch.why or STOPPED)


def _feed(stream: BinaryIO, child: subprocess.Popen[bytes]) -> None:
    into = cast(BinaryIO, child.stdin)
    with suppress(BrokenPipeError, ValueError, OSError):  # a child that refused early stops listening and says why
        while chunk := stream.read(_CHUNK):
            into.write(chunk)
        into.close()
