"""The store's one question is answered alike by two engines: the same words, the same rows (decision 0043)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from domain import identity
from domain.blobs import Blobs
from domain.vault import Keys, Vault
from sources.rows import SourceRow, Subject
from sources.store import Store
from sources.store import engine as first_engine
from sources.store.parts import PartReader
from sources.store.query import MATCH
from tests.infrastructure.databases import EMPTY, POSTGRESQL, Place, Template

TABLES = (
    (
        "CREATE TABLE source_rows (blind BYTEA, by_name BOOLEAN, dated DATE, sheet INTEGER, row_no BIGINT,"
        " part INTEGER, body_at BIGINT, body_size INTEGER)"
    ),
    "CREATE TABLE wanted (person INTEGER, blind BYTEA, as_of DATE)",
)


def _rows() -> list[SourceRow]:
    made = []
    for n in range(300):
        number = identity.make_demonstration(date(1960, 1, 2), n % 200 + 1)
        day = ("2027-05-31", "2027-06-30", "")[n % 3]
        subject = Subject("" if n % 7 == 0 else number, f"姓{n % 200}")
        made.append(SourceRow(1 + n // 250, n + 2, (subject,), {"balance": "1.00"}, day))
    return made


@pytest.mark.postgres
@pytest.mark.parametrize("as_of", [None, date(2027, 5, 31)])
def test_the_same_words_find_the_same_rows_on_a_second_engine(
    tmp_path: Path, fresh_place: Callable[[str, Template], Place], as_of: date | None
) -> None:
    vault = Vault(Keys.create(tmp_path / "keys"))
    blobs = Blobs(tmp_path / "files", vault)
    store = Store(blobs, vault)
    delivery = store.put("D1", "DEPOSIT", _rows())
    keys = [store.wanted(str(n), _rows()[n].subjects[0].number or "0" * 18, f"姓{n}") for n in range(0, 60, 5)]
    with blobs.opened(delivery.parts[0].file) as file, first_engine.unnamed() as index:
        one = PartReader("D1", delivery.parts[0], file, vault, index).hits(keys, as_of, 1)
        with first_engine.engine(index.path) as connection:
            stored = connection.execute(f"SELECT * FROM read_parquet('{index.path}')").fetchall()

    two = _on_postgresql(fresh_place(POSTGRESQL, EMPTY).url, stored, keys, as_of)

    assert len(one) > 12
    assert one == two


def _on_postgresql(url: str, stored: list[Any], keys: list[Any], as_of: date | None) -> list[tuple[Any, ...]]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for line in TABLES:
                connection.exec_driver_sql(line)
            connection.exec_driver_sql("INSERT INTO source_rows VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", stored)
            wanted = [(i, blind, as_of) for i, key in enumerate(keys) for blind in (*key.numbers, *key.names)]
            connection.exec_driver_sql("INSERT INTO wanted VALUES (%s, %s, %s)", wanted)
            return [tuple(row) for row in connection.exec_driver_sql(MATCH)]
    finally:
        engine.dispose()
