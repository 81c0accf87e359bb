"""The columnar store of deliveries: put, match, rewrite, drop (walls 12).

A delivery is stored in parts of a million rows, so that its size costs time and disk but no memory, and a reading
that was cut off goes on with the part that is missing. Deliveries from before there were parts are one file each
(`sources.store.whole_files`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from domain.blobs import Blobs
from domain.errors import Conflict
from domain.text import gettext as _
from domain.vault import Vault
from sources import names
from sources.faults import FileRefused
from sources.rows import SourceRow
from sources.store import engine, whole_files
from sources.store.found import (
    NAME_COLUMN,
    NUMBER_COLUMN,
    DropCertificate,
    MatchedRow,
    Place,
    StoredDelivery,
    StoredPart,
    Wanted,
    matched_row,
)
from sources.store.parts import PART_ROWS, PartReader, PartWriter, lines_of


class Store:
    """The columnar store over the file seam.

    Args:
        blobs: where the sealed files live.
        vault: seals rows and makes blind indexes.
        threads: how many the engine may use for one call.
        scratch: folder for an unsealed delivery of the old form while a call runs (ciphertext only).
    """

    def __init__(self, blobs: Blobs, vault: Vault, *, threads: int = 1, scratch: Path | None = None) -> None:
        self._blobs = blobs
        self._vault = vault
        self._threads = threads
        self._scratch = scratch
        self.opened = 0  # rows that were decrypted, for whoever wants to know

    def wanted(self, ref: str, number: str, name: str = "") -> Wanted:
        """The search key of a person: `number` normalised, 18 characters; `name` as declared."""
        by_name = tuple(self._vault.blind_all(NAME_COLUMN, names.fold(name))) if name else ()
        return Wanted(ref, tuple(self._vault.blind_all(NUMBER_COLUMN, number)), by_name, name)

    def put(
        self,
        delivery_ref: str,
        category: str,
        rows: Iterable[SourceRow],
        *,
        dated: date | None = None,
        part_rows: int = PART_ROWS,
        stored: Sequence[StoredPart] = (),
        on_part: Callable[[StoredPart], None] | None = None,
    ) -> StoredDelivery:
        """Write rows as sealed parts; they are part of nothing until the caller commits what this returns.

        Args:
            delivery_ref: bound into every ciphertext, so rows cannot be moved between deliveries.
            dated: the day the delivery speaks of, for rows that do not say.
            part_rows: rows a part; the same for every reading of a delivery.
            stored: parts from a reading that was cut off; as many rows are passed over.
            on_part: told each part as soon as it is on disk.

        Raises:
            FileRefused: while `rows` are being read. Conflict: the rows are not those of the parts stored before.
        """
        parts = list(stored)
        coming = iter(rows)
        _pass_over(coming, parts)
        writer = PartWriter(self._blobs, self._vault)
        following = next(coming, None)
        while following is not None or not parts:
            first = [] if following is None else [following]
            taken = itertools.islice(itertools.chain(first, coming), part_rows)
            before = parts[-1].content if parts else ""
            parts.append(writer.write(delivery_ref, len(parts), before, lines_of(taken, dated)))
            if on_part is not None:
                on_part(parts[-1])
            following = next(coming, None)
        return StoredDelivery(delivery_ref, category, tuple(parts), sum(part.rows for part in parts), dated)

    def rewrite(self, delivery_ref: str, part: StoredPart) -> StoredPart:
        """A part sealed anew under the current key, with the same content; the old file stays.

        The caller commits the new file's row, then deletes the old file: a rotation that was cut off goes on with
        the parts whose rows still name an old key.

        Raises:
            BlobDamaged, Unreadable: the old file or its key is missing.
        """
        with self._open(delivery_ref, part) as reader:
            written = PartWriter(self._blobs, self._vault).write(delivery_ref, part.position, "", reader.lines())
        if written.rows != part.rows:
            self._blobs.delete(written.file.name)
            raise Conflict(
                _("A stored file does not hold what its row says; it was left as it is."), part=part.file.name
            )
        return StoredPart(part.position, written.file, part.rows, part.last, written.key_id, part.content)

    def rewrite_whole(self, delivery: StoredDelivery, part_rows: int = PART_ROWS) -> StoredDelivery:
        """A delivery of the old form as parts under the current key; the old file stays."""
        rows = whole_files.rows(self._blobs, self._vault, delivery, self._scratch)
        return self.put(delivery.ref, delivery.category, rows, part_rows=part_rows)

    def match(
        self, deliveries: Sequence[StoredDelivery], keys: Sequence[Wanted], as_of: date | None = None
    ) -> list[MatchedRow]:
        """Rows of the deliveries that speak of the wanted persons, in order of person, delivery and place.

        Args:
            as_of: rows of a later day are left out; rows without a day are kept.

        A row whose number is unusable comes as NAME_ONLY: a hint that a person must look into, never a match.
        One part at a time is looked at; a row that speaks of nobody wanted is never decrypted.
        """
        if not any(key.numbers or key.names for key in keys):
            return []
        found: list[tuple[int, int, MatchedRow]] = []
        for order, delivery in enumerate(deliveries):
            found += [(i, order, row) for i, row in self._match_one(delivery, keys, as_of)]
        found.sort(key=lambda entry: (entry[0], entry[1], entry[2].sheet, entry[2].row))
        return [row for _person, _order, row in found]

    def drop(self, delivery: StoredDelivery) -> DropCertificate:
        """Delete a delivery's files. Raises FileRefused when one is still there afterwards."""
        for file in delivery.files:
            self._blobs.delete(file.name)
            if self._blobs.exists(file.name):
                sentence = _("The delivered file could not be deleted. Tell the operator.")
                raise FileRefused(sentence, delivery=delivery.ref)
        size = sum(file.size for file in delivery.files)
        return DropCertificate(
            delivery.ref, delivery.category, delivery.digest, size, delivery.rows, len(delivery.files)
        )

    def _match_one(
        self, delivery: StoredDelivery, keys: Sequence[Wanted], as_of: date | None
    ) -> Iterator[tuple[int, MatchedRow]]:
        if delivery.whole is not None:
            yield from whole_files.match(self._blobs, self._vault, delivery, keys, as_of, self._scratch)
        for part in delivery.parts:
            with self._open(delivery.ref, part) as reader:
                yield from self._match_part(delivery, reader, keys, as_of)

    def _match_part(
        self, delivery: StoredDelivery, reader: PartReader, keys: Sequence[Wanted], as_of: date | None
    ) -> Iterator[tuple[int, MatchedRow]]:
        hits = reader.hits(keys, as_of, self._threads)
        by_number = {(i, at) for i, by_name, _s, _r, _p, _d, at, _size in hits if not by_name}
        for i, by_name, sheet, row, number, dated, at, size in sorted(hits, key=lambda hit: hit[6]):
            if by_name and (i, at) in by_number:
                continue
            place = Place(sheet, row, number, dated)
            yield i, matched_row(delivery, keys[i], by_name, place, reader.body(place, at, size))

    @contextmanager
    def _open(self, delivery_ref: str, part: StoredPart) -> Iterator[PartReader]:
        with self._blobs.opened(part.file) as file, engine.unnamed() as index:
            reader = PartReader(delivery_ref, part, file, self._vault, index)
            try:
                yield reader
            finally:
                self.opened += reader.opened


def _pass_over(rows: Iterator[SourceRow], parts: Sequence[StoredPart]) -> None:
    """Take the rows that are stored already, as many as there are, and see that the last one is the last."""
    last = None
    for row in itertools.islice(rows, sum(part.rows for part in parts)):
        last = (row.sheet, row.row)
    if parts and last != parts[-1].last:
        raise Conflict(_("The file is read differently than before it was cut off. Hand it in again."))
