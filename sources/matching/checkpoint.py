"""Where a matching stands, and to which inputs that belongs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sources.matching.rules import MODEL

_FORM = b"hedui match 1"  # changes whenever another program would go on differently from the same checkpoint
_CHUNK = 1 << 20


@dataclass(slots=True)
class Marks:
    """How much of the growing files counts: the result's length and each bucket's."""

    result: int = 0
    facts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """Where a run stands.

    file: index of the file in hand; sheet, row: the last row judged in it; begun: lengths when the file in hand was
    begun, to which a refused file is taken back; marks: lengths now; seen: kind of file -> days and months its rows
    speak of; seen_before: those before the file in hand; counts: verdicts and rows; refused: [file, sentence packed].
    """

    file: int = 0
    sheet: int = 0
    row: int = 0
    begun: Marks = field(default_factory=Marks)
    marks: Marks = field(default_factory=Marks)
    seen: dict[str, Counter[str]] = field(default_factory=dict)
    seen_before: dict[str, Counter[str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    counts_before: Counter[str] = field(default_factory=Counter)
    refused: list[list[Any]] = field(default_factory=list)

    def judged(self, sheet: int, row: int) -> bool:
        """Whether a row of the file in hand was judged already."""
        return (sheet, row) <= (self.sheet, self.row)

    def begin(self, file: int, result: int, facts: list[int]) -> None:
        """A new file is taken in hand."""
        self.file, self.sheet, self.row = file, 0, 0
        self.begun = Marks(result, facts)
        self.marks = Marks(result, [*facts])
        self.seen_before = {kind: Counter(days) for kind, days in self.seen.items()}
        self.counts_before = Counter(self.counts)

    def take_back(self) -> None:
        """The file in hand is refused: nothing of it counts."""
        self.seen = {kind: Counter(days) for kind, days in self.seen_before.items()}
        self.counts = Counter(self.counts_before)

    def packed(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "file": self.file,
            "sheet": self.sheet,
            "row": self.row,
            "begun": [self.begun.result, self.begun.facts],
            "marks": [self.marks.result, self.marks.facts],
            "seen": self.seen,
            "seen_before": self.seen_before,
            "counts": self.counts,
            "counts_before": self.counts_before,
            "refused": self.refused,
        }

    @classmethod
    def unpacked(cls, kept: dict[str, Any]) -> State:
        """The inverse of `packed`."""
        return cls(
            kept["file"],
            kept["sheet"],
            kept["row"],
            Marks(*kept["begun"]),
            Marks(*kept["marks"]),
            {kind: Counter(days) for kind, days in kept["seen"].items()},
            {kind: Counter(days) for kind, days in kept["seen_before"].items()},
            Counter(kept["counts"]),
            Counter(kept["counts_before"]),
            kept["refused"],
        )


def digest_of(files: Iterable[Path], texts: Iterable[bytes]) -> str:
    """The digest of everything a result depends on: contents and names of files, further texts, model, program."""
    whole = hashlib.sha256(_FORM)
    for text in (MODEL.read_bytes(), *texts):
        whole.update(hashlib.sha256(text).digest())
    for path in files:
        whole.update(hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest())
        with path.open("rb") as file:
            content = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                content.update(chunk)
        whole.update(content.digest())
    return whole.hexdigest()
