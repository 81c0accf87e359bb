"""A part of a delivery: one sealed file with the ciphertext of each row, and an index of where each is found.

Layout of the plain content: MAGIC | length (2 bytes) | the rows' wrapped key | ciphertexts, one a subject |
index (Parquet: blind index, place, offset and bytes of the ciphertext) | offset of the index (8 bytes). The index is
a tenth of the file; a search unseals it and the frames in which hits lie, and opens the hits alone.
"""

from __future__ import annotations

import binascii
import hashlib
import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import orjson

from domain.blobs import BlobDamaged, Blobs, StoredBlob, Writing
from domain.blobs import Pieces as Blob
from domain.text import gettext as _
from domain.vault import RowSealer, Vault
from sources import names
from sources.rows import MAYBE_ROUNDED, SourceRow, Subject
from sources.store import engine
from sources.store.engine import Hit, Unnamed
from sources.store.found import NAME_COLUMN, NUMBER_COLUMN, Place, StoredPart, Wanted, place_text

PART_ROWS = 1_000_000
MAGIC = b"HEDUIP1\n"
KEY_LABEL = "source.rows"
_TAIL = 8
_LINES = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """A subject of a row on its way into a part. body: canonical JSON; day: ISO, "" when none is known."""

    sheet: int
    row: int
    part: int
    day: str
    subject: Subject = field(repr=False)
    body: bytes = field(repr=False)


class PartWriter:
    """Writes parts under the current key."""

    def __init__(self, blobs: Blobs, vault: Vault) -> None:
        self._blobs = blobs
        self._vault = vault
        self._number = vault.blinder(NUMBER_COLUMN)
        self._name = vault.blinder(NAME_COLUMN)

    def write(self, delivery_ref: str, position: int, before: str, lines: Iterable[Line]) -> StoredPart:
        """Store lines as the part at `position`; before: content of the part before it, "" of the first.

        Raises whatever `lines` raise; nothing is stored then.
        """
        count, last, content = 0, None, hashlib.sha256(before.encode())
        sealer = self._vault.row_sealer(_label(delivery_ref, position))
        with self._blobs.writing() as file, engine.unnamed() as text, engine.unnamed() as index:
            file.write(MAGIC + struct.pack(">H", len(sealer.wrapped)) + sealer.wrapped)
            coming = iter(lines)
            while batch := list(itertools.islice(coming, _LINES)):
                self._write_batch(delivery_ref, batch, sealer, file, text)
                for line in batch:
                    content.update(b"%d!%d!%d!%s!" % (line.sheet, line.row, line.part, line.day.encode()) + line.body)
                count += sum(line.part == 0 for line in batch)
                last = (batch[-1].sheet, batch[-1].row)
            begins = file.size
            engine.write_index(text, index)
            _copy(index, file)
            file.write(struct.pack(">Q", begins))
        if file.stored is None:
            raise RuntimeError("a file that was written to its end is stored")
        return StoredPart(position, file.stored, count, last, self._vault.current, content.hexdigest())

    def _write_batch(
        self, delivery_ref: str, batch: Sequence[Line], sealer: RowSealer, file: Writing, text: Unnamed
    ) -> None:
        bodies, places, at = [], [], file.size
        for line in batch:
            sealed = sealer.seal(place_text(delivery_ref, line.sheet, line.row, line.part), line.body)
            where = b"%s,%d,%d,%d,%d,%d\n" % (
                line.day.encode(), line.sheet, line.row, line.part, at, len(sealed),
            )  # fmt: skip
            places += [way + where for way in self._ways(line.subject)]
            bodies.append(sealed)
            at += len(sealed)
        file.write(b"".join(bodies))
        text.file.write(b"".join(places))

    def _ways(self, subject: Subject) -> list[bytes]:
        """The ways a subject may be found by, each a blind index and whether it is one of a name."""
        ways = []
        if subject.number:
            ways.append(binascii.b2a_base64(self._number(subject.number), newline=False) + b",false,")
        # A name is easily guessed, so it is indexed only where nothing better is there to find the row by.
        if subject.name and not (subject.number and MAYBE_ROUNDED not in subject.notes):
            ways.append(binascii.b2a_base64(self._name(names.fold(subject.name)), newline=False) + b",true,")
        return ways or [b",false,"]


class PartReader:
    """An open part: its index in memory of the system, its rows where they lie.

    opened: how many rows were decrypted.
    """

    def __init__(self, delivery_ref: str, part: StoredPart, file: Blob, vault: Vault, index: Unnamed) -> None:
        self.opened = 0
        self._ref = delivery_ref
        self._file = file
        self._index = index
        head = file.at(0, len(MAGIC) + 2)
        if head[: len(MAGIC)] != MAGIC:
            raise BlobDamaged(_("A stored file is missing or damaged. Restore it from a backup."), blob=part.file.name)
        wrapped = file.at(len(head), struct.unpack(">H", head[len(MAGIC) :])[0])
        self._sealer = vault.row_sealer(_label(delivery_ref, part.position), wrapped)
        _unseal_index(file, part.file, index)

    def hits(self, keys: Sequence[Wanted], as_of: date | None, threads: int) -> list[Hit]:
        """Who is found where, in order of person and place."""
        return engine.hits(self._index, keys, as_of, threads=threads)

    def body(self, place: Place, at: int, size: int) -> dict[str, Any]:
        """The row that lies there. Raises Unreadable: it is of another place or delivery; BlobDamaged."""
        return dict(orjson.loads(self._plain(place, at, size)))

    def lines(self) -> Iterator[Line]:
        """Every row, as it was written."""
        for at, size, sheet, row, dated, part in engine.every(self._index):
            body = self._plain(Place(sheet, row, part, dated), at, size)
            known = orjson.loads(body)
            subject = Subject(known["number"], known["name"], known["role"], tuple(known["notes"]))
            yield Line(sheet, row, part, dated.isoformat() if dated else "", subject, body)

    def _plain(self, place: Place, at: int, size: int) -> bytes:
        self.opened += 1
        return self._sealer.open(place.within(self._ref), self._file.at(at, size))


def lines_of(rows: Iterable[SourceRow], dated: date | None) -> Iterator[Line]:
    """Subjects of rows, with the day the row speaks of or else the delivery's."""
    otherwise = dated.isoformat() if dated else ""
    for row in rows:
        day = _day_text(row.dated) or otherwise
        for part, subject in enumerate(row.subjects):
            body = orjson.dumps(
                {
                    "values": row.values,
                    "number": subject.number,
                    "name": subject.name,
                    "role": subject.role,
                    "notes": subject.notes,
                }
            )
            yield Line(row.sheet, row.row, part, day, subject, body)


def day_of(text: str) -> date | None:
    """The day of "2025-06-30", the first day of "2025-06", None of anything else."""
    parts = text.split("-")
    if len(parts) == 2:
        parts.append("1")
    return date(*(int(part) for part in parts)) if len(parts) == 3 else None


@lru_cache(4096)
def _day_text(text: str) -> str:
    day = day_of(text)
    return day.isoformat() if day else ""


def _label(delivery_ref: str, position: int) -> str:
    return f"{KEY_LABEL}|{delivery_ref}|{position}"


def _copy(index: Unnamed, file: Writing) -> None:
    index.file.seek(0)
    while piece := index.file.read(1 << 20):
        file.write(piece)


def _unseal_index(file: Blob, blob: StoredBlob, index: Unnamed) -> None:
    (begins,) = struct.unpack(">Q", file.at(blob.size - _TAIL, _TAIL))
    ends = blob.size - _TAIL
    for at in range(begins, ends, 1 << 20):
        index.file.write(file.at(at, min(1 << 20, ends - at)))
    index.file.flush()
