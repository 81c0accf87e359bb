"""The columnar store of deliveries: put, match, drop (walls 12).

One Parquet file a delivery, itself sealed by `blobs`. Its columns are a blind index (key id and 16 bytes of
keyed hash), a blind index of the name where the number is unusable, the day the row speaks of, its place,
and one ciphertext. Nothing in the file names a person. DuckDB refuses to write encrypted Parquet, hence
the ciphertext is ours.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

import duckdb

from domain.blobs import Blobs, StoredBlob
from domain.text import gettext as _
from domain.vault import Vault
from sources import names
from sources.faults import FileRefused
from sources.names import Likeness
from sources.rows import MAYBE_ROUNDED, SourceRow, Subject

NUMBER_COLUMN = "source.number"
NAME_COLUMN = "source.name"
BODY_COLUMN = "source.row"
_BATCH = 5000
_TABLE = "number_blind BLOB, name_blind BLOB, dated DATE, sheet INTEGER, row_no BIGINT, part INTEGER, body BLOB"
_WRITE = "COPY (SELECT * FROM delivery) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)"
_MATCH = """
WITH wanted AS (SELECT unnest($people) AS i, unnest($blinds) AS blind, unnest($named) AS by_name)
SELECT w.i, w.by_name, p.sheet, p.row_no, p.part, p.dated, p.body
FROM read_parquet($path) p JOIN wanted w ON p.number_blind = w.blind WHERE NOT w.by_name
UNION ALL
SELECT w.i, w.by_name, p.sheet, p.row_no, p.part, p.dated, p.body
FROM read_parquet($path) p JOIN wanted w ON p.name_blind = w.blind WHERE w.by_name
"""


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
class StoredDelivery:
    """What the committed row of a delivery must keep: reference, category, the file, its rows, day it speaks of."""

    ref: str
    category: str
    file: StoredBlob
    rows: int
    dated: date | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the columnar file."""
        return self.file.digest


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
    """Proof that a delivery's file is gone: what it was and its SHA-256."""

    delivery_ref: str
    category: str
    digest: str
    size: int
    rows: int


class Store:
    """The columnar store over the file seam.

    Args:
        blobs: where the sealed files live.
        vault: seals rows and makes blind indexes.
        threads, memory: what DuckDB may use for one call.
        scratch: folder for unsealed Parquet while a call runs (ciphertext only); None: the system's.
    """

    def __init__(
        self, blobs: Blobs, vault: Vault, *, threads: int = 1, memory: str = "512MB", scratch: Path | None = None
    ) -> None:
        self._blobs = blobs
        self._vault = vault
        self._threads = threads
        self._memory = memory
        self._scratch = scratch

    def wanted(self, ref: str, number: str, name: str = "") -> Wanted:
        """The search key of a person: `number` normalised, 18 characters; `name` as declared."""
        by_name = tuple(self._vault.blind_all(NAME_COLUMN, names.fold(name))) if name else ()
        return Wanted(ref, tuple(self._vault.blind_all(NUMBER_COLUMN, number)), by_name, name)

    def put(
        self, delivery_ref: str, category: str, rows: Iterable[SourceRow], *, dated: date | None = None
    ) -> StoredDelivery:
        """Write rows as one sealed columnar file; visible only once the caller commits what this returns.

        Args:
            delivery_ref: bound into every ciphertext, so rows cannot be moved between deliveries.
            dated: the day the delivery speaks of, for rows that do not say.

        Raises:
            FileRefused: while `rows` are being read (nothing is stored).
        """
        lines = (line for row in rows for line in self._lines(delivery_ref, row, dated))
        stored, count = self._write(lines)
        return StoredDelivery(delivery_ref, category, stored, count, dated)

    def rewrite(self, delivery: StoredDelivery) -> StoredDelivery:
        """The delivery sealed anew under the current key, for a change of keys; the old file stays.

        The caller commits the new file's row, then deletes the old file: a rotation that was cut off goes on
        with the deliveries whose rows still name an old key.

        Raises:
            BlobDamaged, Unreadable: the old file or its key is missing.
        """
        with self._duckdb() as (connection, folder):
            path = self._unsealed(delivery, folder)
            old = connection.execute("SELECT sheet, row_no, part, dated, body FROM read_parquet(?)", [str(path)])
            stored, count = self._write(self._renewed(delivery.ref, old))
        return StoredDelivery(delivery.ref, delivery.category, stored, count, delivery.dated)

    def _renewed(self, delivery_ref: str, old: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
        while batch := old.fetchmany(_BATCH):
            for sheet, row, part, dated, sealed in batch:
                place = _cell(delivery_ref, sheet, row, part)
                body = self._vault.open(BODY_COLUMN, place, sealed)
                known = json.loads(body)
                subject = Subject(known["number"], known["name"], known["role"], tuple(known["notes"]))
                day = dated.isoformat() if dated else None
                yield (*self._blinds(subject), day, sheet, row, part, self._vault.seal(BODY_COLUMN, place, body))

    def _write(self, lines: Iterator[tuple[object, ...]]) -> tuple[StoredBlob, int]:
        """Lines as a sealed Parquet file; and how many rows they came from."""
        with self._duckdb() as (connection, folder):
            connection.execute(f"CREATE TABLE delivery ({_TABLE})")
            count = 0
            while batch := list(itertools.islice(lines, _BATCH)):
                columns = [list(column) for column in zip(*batch, strict=True)]
                connection.execute(
                    "INSERT INTO delivery SELECT unnest(?), unnest(?), unnest(?)::DATE, unnest(?), unnest(?),"
                    " unnest(?), unnest(?)",
                    columns,
                )
                count += sum(part == 0 for part in columns[5])
            path = folder / "delivery.parquet"
            connection.execute(_WRITE.format(path=_quoted(path)))
            with path.open("rb") as file:
                return self._blobs.put(file), count

    def match(
        self, deliveries: Sequence[StoredDelivery], keys: Sequence[Wanted], as_of: date | None = None
    ) -> list[MatchedRow]:
        """Rows of the deliveries that speak of the wanted persons, in order of person, delivery and place.

        Args:
            as_of: rows of a later day are left out; rows without a day are kept.

        A row whose number is unusable comes as NAME_ONLY: a hint that a person must look into, never a match.
        """
        found: list[tuple[int, int, MatchedRow]] = []
        for order, delivery in enumerate(deliveries):
            found += [(i, order, row) for i, row in self._match_one(delivery, keys, as_of)]
        found.sort(key=lambda entry: (entry[0], entry[1], entry[2].sheet, entry[2].row))
        return [row for _person, _order, row in found]

    def drop(self, delivery: StoredDelivery) -> DropCertificate:
        """Delete a delivery's file. Raises FileRefused when the file is still there afterwards."""
        self._blobs.delete(delivery.file.name)
        if self._blobs.exists(delivery.file.name):
            raise FileRefused(_("The delivered file could not be deleted. Tell the operator."), delivery=delivery.ref)
        return DropCertificate(delivery.ref, delivery.category, delivery.file.digest, delivery.file.size, delivery.rows)

    def _lines(self, delivery_ref: str, row: SourceRow, dated: date | None) -> Iterator[tuple[object, ...]]:
        day = day_of(row.dated) or dated
        for part, subject in enumerate(row.subjects):
            body = {
                "values": row.values,
                "number": subject.number,
                "name": subject.name,
                "role": subject.role,
                "notes": subject.notes,
            }
            yield (
                *self._blinds(subject),
                day.isoformat() if day else None,
                row.sheet,
                row.row,
                part,
                self._vault.seal_json(BODY_COLUMN, _cell(delivery_ref, row.sheet, row.row, part), body),
            )

    def _blinds(self, subject: Subject) -> tuple[bytes | None, bytes | None]:
        # A name is easily guessed, so it is indexed only where nothing better is there to find the row by.
        known = subject.number and MAYBE_ROUNDED not in subject.notes
        return (
            self._vault.blind(NUMBER_COLUMN, subject.number) if subject.number else None,
            self._vault.blind(NAME_COLUMN, names.fold(subject.name)) if subject.name and not known else None,
        )

    def _unsealed(self, delivery: StoredDelivery, folder: Path) -> Path:
        """The Parquet file in the scratch folder; still nothing but blind indexes and ciphertext."""
        path = folder / "delivery.parquet"
        with path.open("wb") as file:
            for frame in self._blobs.frames(delivery.file):
                file.write(frame)
        return path

    def _match_one(
        self, delivery: StoredDelivery, keys: Sequence[Wanted], as_of: date | None
    ) -> list[tuple[int, MatchedRow]]:
        searched = [(i, blind, False) for i, key in enumerate(keys) for blind in key.numbers]
        searched += [(i, blind, True) for i, key in enumerate(keys) for blind in key.names]
        if not searched:
            return []
        with self._duckdb() as (connection, folder):
            path = self._unsealed(delivery, folder)
            people, blinds, named = (list(column) for column in zip(*searched, strict=True))
            hits = connection.execute(
                _MATCH, {"path": str(path), "people": people, "blinds": blinds, "named": named}
            ).fetchall()
        by_number = {(i, sheet, row, part) for i, by_name, sheet, row, part, _dated, _body in hits if not by_name}
        return [
            (i, self._matched(delivery, keys[i], by_name, sheet, row, part, dated, body))
            for i, by_name, sheet, row, part, dated, body in hits
            if (as_of is None or dated is None or dated <= as_of)
            and not (by_name and (i, sheet, row, part) in by_number)
        ]

    def _matched(
        self,
        delivery: StoredDelivery,
        key: Wanted,
        by_name: bool,
        sheet: int,
        row: int,
        part: int,
        dated: date | None,
        sealed: bytes,
    ) -> MatchedRow:
        body = json.loads(self._vault.open(BODY_COLUMN, _cell(delivery.ref, sheet, row, part), sealed))
        likeness = names.compare(body["name"], key.name) if body["name"] and key.name else None
        if by_name:
            kind = MatchKind.NAME_ONLY
        else:
            kind = MatchKind.ID_NAME if likeness is Likeness.SAME else MatchKind.ID
        return MatchedRow(
            wanted=key.ref,
            delivery_ref=delivery.ref,
            row_no=f"{sheet}!{row}" if sheet > 1 else str(row),
            sheet=sheet,
            row=row,
            category=delivery.category,
            data_date=dated,
            match_kind=kind,
            likeness=likeness,
            values=body["values"],
            number=body["number"],
            name=body["name"],
            role=body["role"],
            notes=tuple(body["notes"]),
            fingerprint=_fingerprint(delivery.category, body),
        )

    @contextmanager
    def _duckdb(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
        """A private in-memory database and a scratch folder that lives as long."""
        with tempfile.TemporaryDirectory(prefix="match-", dir=self._scratch) as folder:
            connection = duckdb.connect(
                config={
                    "threads": self._threads,
                    "memory_limit": self._memory,
                    "temp_directory": folder,
                    "preserve_insertion_order": False,  # lets a large delivery stream to its file
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    "allow_community_extensions": False,
                }
            )
            try:
                connection.execute(f"SET allowed_directories = ['{_quoted(Path(folder))}']")
                connection.execute("SET enable_external_access = false")
                connection.execute("SET lock_configuration = true")
                yield connection, Path(folder)
            finally:
                connection.close()


def day_of(text: str) -> date | None:
    """The day of "2025-06-30", the first day of "2025-06", None of anything else."""
    parts = text.split("-")
    if len(parts) == 2:
        parts.append("1")
    return date(*(int(part) for part in parts)) if len(parts) == 3 else None


def _cell(delivery_ref: str, sheet: int, row: int, part: int) -> str:
    return f"{delivery_ref}|{sheet}|{row}|{part}"


def _fingerprint(category: str, body: dict[str, object]) -> str:
    canonical = json.dumps([category, body], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
