"""Deliveries stored before there were parts: one sealed Parquet file each, bodies within. Read, never written.

A key rotation writes them anew as parts (`Store.rewrite_whole`); until then they are unsealed into scratch, where
they are nothing but blind indexes and ciphertext.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from domain.blobs import Blobs
from domain.vault import Vault
from sources.rows import SourceRow, Subject
from sources.store import engine
from sources.store.found import BODY_COLUMN, MatchedRow, Place, StoredDelivery, Wanted, matched_row

_MATCH = """
WITH wanted AS (SELECT unnest($people) AS i, unnest($blinds) AS blind, unnest($named) AS by_name)
SELECT w.i, w.by_name, p.sheet, p.row_no, p.part, p.dated, p.body
FROM read_parquet($path) p JOIN wanted w ON p.number_blind = w.blind WHERE NOT w.by_name
UNION ALL
SELECT w.i, w.by_name, p.sheet, p.row_no, p.part, p.dated, p.body
FROM read_parquet($path) p JOIN wanted w ON p.name_blind = w.blind WHERE w.by_name
"""
_EVERY = "SELECT sheet, row_no, part, dated, body FROM read_parquet(?) ORDER BY sheet, row_no, part"


def match(
    blobs: Blobs,
    vault: Vault,
    delivery: StoredDelivery,
    keys: Sequence[Wanted],
    as_of: date | None,
    scratch: Path | None,
) -> Iterator[tuple[int, MatchedRow]]:
    """Rows of an old delivery that speak of the wanted persons, each with which of the keys it is."""
    searched = [(i, blind, False) for i, key in enumerate(keys) for blind in key.numbers]
    searched += [(i, blind, True) for i, key in enumerate(keys) for blind in key.names]
    people, blinds, named = (list(column) for column in zip(*searched, strict=True))
    with _unsealed(blobs, delivery, scratch) as (connection, path):
        asked = {"path": path, "people": people, "blinds": blinds, "named": named}
        hits = connection.execute(_MATCH, asked).fetchall()
    by_number = {(i, sheet, row, part) for i, by_name, sheet, row, part, _dated, _body in hits if not by_name}
    for i, by_name, sheet, row, part, dated, sealed in hits:
        late = as_of is not None and dated is not None and dated > as_of
        if late or (by_name and (i, sheet, row, part) in by_number):
            continue
        place = Place(sheet, row, part, dated)
        body = json.loads(vault.open(BODY_COLUMN, place.within(delivery.ref), sealed))
        yield i, matched_row(delivery, keys[i], by_name, place, body)


def rows(blobs: Blobs, vault: Vault, delivery: StoredDelivery, scratch: Path | None) -> Iterator[SourceRow]:
    """Every row of an old delivery, in order of its place."""
    with _unsealed(blobs, delivery, scratch) as (connection, path):
        asked = connection.execute(_EVERY, [path])
        for (sheet, row), parts in itertools.groupby(_fetched(asked), key=lambda one: (one[0], one[1])):
            subjects, values, day = [], {}, ""
            for _sheet, _row, part, dated, sealed in parts:
                body = json.loads(vault.open(BODY_COLUMN, Place(sheet, row, part, dated).within(delivery.ref), sealed))
                subjects.append(Subject(body["number"], body["name"], body["role"], tuple(body["notes"])))
                values, day = body["values"], dated.isoformat() if dated else ""
            yield SourceRow(sheet, row, tuple(subjects), values, day)


def _fetched(asked: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, int, date | None, bytes]]:
    while batch := asked.fetchmany(5000):
        yield from batch


@contextmanager
def _unsealed(
    blobs: Blobs, delivery: StoredDelivery, scratch: Path | None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    if delivery.whole is None:
        raise ValueError("this delivery is stored in parts")
    with tempfile.TemporaryDirectory(prefix="match-", dir=scratch) as folder:
        path = Path(folder) / "delivery.parquet"
        with path.open("wb") as file:
            for frame in blobs.frames(delivery.whole):
                file.write(frame)
        with engine.engine(str(path).replace("'", "''"), memory="512MB") as connection:
            yield connection, str(path)
