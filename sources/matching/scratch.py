"""What a matching under way keeps beside its result: facts by household, the result so far, where it stands.

Facts never stay in memory: they go to files by ranges of households, which the rules then take one at a time. Every
file only grows, so a checkpoint is its length; a run that goes on cuts each back to the length it was sure of.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from domain.errors import Conflict
from domain.text import gettext as _

Line = list[Any]
RESULT = "result.csv"
FACTS = "facts"
_KEPT = "checkpoint.json"
MOST_BUCKETS = 128  # files open at once
SMALLEST_BUCKET = 2000  # households
_END = orjson.OPT_APPEND_NEWLINE
_HELD = 1 << 16  # bytes of a file kept until they are written


class Growing:
    """A file that is only added to. `length` is what a checkpoint may count on after `settle`."""

    def __init__(self, path: Path, length: int = 0) -> None:
        """Raises OSError; everything after `length` bytes is cut off."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(handle, length)
        os.lseek(handle, 0, os.SEEK_END)
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._held: list[bytes] = []
        self._size = 0
        self.length = length

    def add(self, text: str) -> None:
        """Add a text."""
        self.add_bytes(text.encode())

    def add_bytes(self, content: bytes) -> None:
        """Add a text that is encoded already."""
        self._held.append(content)
        self._size += len(content)
        self.length += len(content)
        if self._size >= _HELD:
            self._write()

    def settle(self) -> None:
        """Everything is on the disk when this returns."""
        if self._size:
            self._write()
            os.fsync(self._file.fileno())

    def cut(self, length: int) -> None:
        """Take back what was added after `length`."""
        self._write()
        self._file.truncate(length)
        self._file.seek(length)
        self.length = length

    def close(self) -> None:
        """Write what is held and close."""
        self._write()
        self._file.close()

    def _write(self) -> None:
        if self._held:
            content = memoryview(b"".join(self._held))
            while content:
                content = content[self._file.write(content) :]
            self._held, self._size = [], 0


def bucket_name(stem: str, number: int) -> str:
    """What the file of a range is called."""
    return f"{stem}-{number:03d}"


class Buckets:
    """Lines of JSON by ranges of households, in one growing file a range."""

    def __init__(self, folder: Path, stem: str, households: int, lengths: Sequence[int] = ()) -> None:
        """households: how many there are; lengths: how much of each file counts, none for a new beginning."""
        self._width = max(SMALLEST_BUCKET, -(-households // MOST_BUCKETS))
        self._paths = [folder / bucket_name(stem, n) for n in range(max(1, -(-households // self._width)))]
        known = [*lengths] or [0] * len(self._paths)
        self._files = [Growing(path, length) for path, length in zip(self._paths, known, strict=True)]

    def add(self, household: int, line: Line) -> None:
        """Add a line to the range of a household (ordinal); the household stands first in it."""
        self._files[household // self._width].add_bytes(orjson.dumps([household, *line], option=_END))

    def settle(self) -> list[int]:
        """The lengths a checkpoint may count on."""
        for file in self._files:
            file.settle()
        return [file.length for file in self._files]

    def cut(self, lengths: Sequence[int]) -> None:
        """Take back everything added after these lengths."""
        for file, length in zip(self._files, lengths, strict=True):
            file.cut(length)

    def ranges(self) -> list[range]:
        """The ordinals of each file."""
        return [range(n * self._width, (n + 1) * self._width) for n in range(len(self._files))]

    def lines(self, bucket: int) -> Iterator[Line]:
        """The lines of a file, in the order they came."""
        self._files[bucket].settle()
        with self._paths[bucket].open("rb") as file:
            yield from map(orjson.loads, file)

    def close(self) -> None:
        """Close every file."""
        for file in self._files:
            file.close()


class Scratch:
    """The folder of a matching under way, beside its result and for its owner's eyes alone (0700)."""

    def __init__(self, out: Path) -> None:
        self.folder = out.with_name(f".{out.name}.match")
        self._lock = -1

    def __enter__(self) -> Scratch:
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise Conflict(
                _(
                    "In %(out)s nothing can be written (%(why)s). Choose a place for the result where you may write.",
                    out=self.folder.parent,
                    why=problem.strerror,
                )
            ) from problem
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise Conflict(_("Another matching is writing the same result. Wait until it ends.")) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)

    def kept(self, digest: str) -> dict[str, Any] | None:
        """The checkpoint of a run over the same inputs, None when there is none."""
        try:
            found = json.loads((self.folder / _KEPT).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("digest") == digest else None

    def holds(self, result: int, facts: Sequence[int]) -> bool:
        """Whether the growing files are as long as a checkpoint counts on."""
        files = [(self.folder / RESULT, result)]
        files += [(self.folder / bucket_name(FACTS, n), length) for n, length in enumerate(facts)]
        return all(path.is_file() and path.stat().st_size >= length for path, length in files)

    def forget(self) -> None:
        """From now on a run begins anew: its files are about to move to their places."""
        (self.folder / _KEPT).unlink(missing_ok=True)

    def keep(self, digest: str, state: dict[str, Any]) -> None:
        """Write a checkpoint whole or not at all."""
        new = self.folder / "checkpoint.new"
        with new.open("wb") as file:
            file.write(json.dumps({"digest": digest} | state).encode())
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / _KEPT)

    def remove(self) -> None:
        """The work is done."""
        shutil.rmtree(self.folder, ignore_errors=True)
