"""What the store takes and gives: persons to look for, parts of a delivery, rows that were found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from domain.blobs import StoredBlob
from sources import names
from sources.names import Likeness

NUMBER_COLUMN = "source.number"
NAME_COLUMN = "source.name"
BODY_COLUMN = "source.row"


class MatchKind(StrEnum):
    """How a row was found (model 2.3)."""

    ID = "ID"
    ID_NAME = "ID+NAME"
    NAME_ONLY = "NAME_ONLY"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person to look for. ref: the caller's; numbers: blind indexes under every active key; names: likewise, for
    rows without a usable number; name: as declared, to compare (S3)."""

    ref: str
    numbers: tuple[bytes, ...]
    names: tuple[bytes, ...] = ()
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A sealed file of at most `PART_ROWS` rows of a delivery.

    position: 0-based; rows: of the delivered file; last: (sheet, row) of the last of them, None of an empty part;
    key_id: the master key it was written under; content: SHA-256 (hex) over the plain rows of this part and the
    content of the part before, so that the last part's stands for the whole delivery and is the same whenever and
    however often the reading was cut off.
    """

    position: int
    file: StoredBlob
    rows: int
    last: tuple[int, int] | None
    key_id: int
    content: str


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """What the committed rows of a delivery must keep: reference, category, parts, rows, day it speaks of.

    whole: the one file of a delivery that was stored before there were parts.
    """

    ref: str
    category: str
    parts: tuple[StoredPart, ...]
    rows: int
    dated: date | None = None
    whole: StoredBlob | None = None

    @property
    def files(self) -> tuple[StoredBlob, ...]:
        """The sealed files, in order."""
        return (self.whole,) if self.whole is not None else tuple(part.file for part in self.parts)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the content; of a delivery in one file, of that file."""
        return self.whole.digest if self.whole is not None else self.parts[-1].content if self.parts else ""


@dataclass(frozen=True, slots=True)
class MatchedRow:
    """A row that speaks of a wanted person.

    wanted: the caller's reference; row_no: physical place, "17" or "2!17"; data_date: day the row speaks of;
    values: field code to normalised text; number, name, role, notes: the subject as the file has it;
    likeness: of the file's name to the declared one, None when either is missing; fingerprint: SHA-256 of
    the canonical content without its place, so a repeated row has the same one. It is S3 like the values:
    whoever guesses the content can confirm the guess.
    """

    wanted: str
    delivery_ref: str
    row_no: str
    sheet: int
    row: int
    category: str
    data_date: date | None
    match_kind: MatchKind
    likeness: Likeness | None
    values: dict[str, str] = field(repr=False)
    number: str = field(repr=False)
    name: str = field(repr=False)
    role: str
    notes: tuple[str, ...]
    fingerprint: str = field(repr=False)

    @property
    def name_differs(self) -> bool:
        """True when the file's name is another one, or only resembles the declared one: a person must look."""
        return self.likeness in (Likeness.DIFFERENT, Likeness.POSSIBLE)


@dataclass(frozen=True, slots=True)
class DropCertificate:
    """Proof that a delivery's files are gone: what they were, SHA-256 of the content, bytes, rows, number of files."""

    delivery_ref: str
    category: str
    digest: str
    size: int
    rows: int
    files: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in a delivery, and the day it speaks of; part: which of the row's subjects."""

    sheet: int
    row: int
    part: int
    dated: date | None

    def within(self, delivery_ref: str) -> str:
        """The place as it is bound into the row's ciphertext."""
        return place_text(delivery_ref, self.sheet, self.row, self.part)


def place_text(delivery_ref: str, sheet: int, row: int, part: int) -> str:
    """The place of a subject as it is bound into the row's ciphertext."""
    return f"{delivery_ref}|{sheet}|{row}|{part}"


def matched_row(
    delivery: StoredDelivery, key: Wanted, by_name: bool, place: Place, body: Mapping[str, Any]
) -> MatchedRow:
    """An opened row as an answer. by_name: it was found by the name alone."""
    likeness = names.compare(body["name"], key.name) if body["name"] and key.name else None
    if by_name:
        kind = MatchKind.NAME_ONLY
    else:
        kind = MatchKind.ID_NAME if likeness is Likeness.SAME else MatchKind.ID
    return MatchedRow(
        wanted=key.ref,
        delivery_ref=delivery.ref,
        row_no=f"{place.sheet}!{place.row}" if place.sheet > 1 else str(place.row),
        sheet=place.sheet,
        row=place.row,
        category=delivery.category,
        data_date=place.dated,
        match_kind=kind,
        likeness=likeness,
        values=body["values"],
        number=body["number"],
        name=body["name"],
        role=body["role"],
        notes=tuple(body["notes"]),
        fingerprint=_fingerprint(delivery.category, body),
    )


def _fingerprint(category: str, body: Mapping[str, Any]) -> str:
    canonical = json.dumps([category, body], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
