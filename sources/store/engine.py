"""DuckDB on files that have no name: an index lives in memory of the system while it is asked, never on a disk.

An index holds blind indexes and places, no names and no values; even so nothing of it is left behind when a process
is killed. The engine itself opens the file, with its own threads and without Python in between.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import BinaryIO

import duckdb

from sources.store.found import Wanted
from sources.store.query import COLUMNS, MATCH

MEMORY = "256MB"
_READ = (
    "read_csv('{text}', auto_detect = false, header = false, delim = ',', quote = '', escape = '', columns = {{{of}}})"
)
_WRITE = (
    "COPY (SELECT {columns} FROM {text}) TO '{index}'"
    " (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 20480, PARQUET_VERSION v2, USE_TMP_FILE false)"
)
_VIEW = "CREATE VIEW source_rows AS SELECT * FROM read_parquet('{index}')"
Hit = tuple[int, bool, int, int, int, date | None, int, int]


class Unnamed:
    """A file in memory without a name; `path` is good within this process while it is open."""

    def __init__(self) -> None:
        self._handle = os.memfd_create("index", os.MFD_CLOEXEC)
        self.file: BinaryIO = os.fdopen(self._handle, "w+b", buffering=1 << 18)

    @property
    def path(self) -> str:
        """Where an engine in this process finds it."""
        return f"/proc/self/fd/{self._handle}"

    def close(self) -> None:
        """Forget it."""
        self.file.close()


@contextmanager
def unnamed() -> Iterator[Unnamed]:
    """A file in memory for as long as the block."""
    file = Unnamed()
    try:
        yield file
    finally:
        file.close()


@contextmanager
def engine(*paths: str, threads: int = 1, memory: str = MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private database in memory that may open `paths` and nothing else, and never writes a disk."""
    connection = duckdb.connect(
        config={
            "threads": threads,
            "memory_limit": memory,
            "preserve_insertion_order": False,  # lets a part stream to its index
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "max_temp_directory_size": "0KB",
        }
    )
    try:
        connection.execute("SET allowed_paths = [" + ", ".join(f"'{path}'" for path in paths) + "]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def write_index(lines: Unnamed, index: Unnamed, *, memory: str = MEMORY) -> None:
    """Lines of text, their fields in the order of `COLUMNS`, as Parquet."""
    lines.file.flush()
    of = ", ".join(f"'{name}': '{kind}'" for name, kind, _how in COLUMNS)
    columns = ", ".join(f"{how} AS {name}" for name, _kind, how in COLUMNS)
    with engine(lines.path, index.path, memory=memory) as connection:
        text = _READ.format(text=lines.path, of=of)
        connection.execute(_WRITE.format(columns=columns, text=text, index=index.path))


def hits(
    index: Unnamed, keys: Sequence[Wanted], as_of: date | None, *, threads: int = 1, memory: str = MEMORY
) -> list[Hit]:
    """Who is found where: (which of the keys, by name alone, sheet, row, part, day, offset and bytes of the body)."""
    with engine(index.path, threads=threads, memory=memory) as connection:
        connection.execute(_VIEW.format(index=index.path))
        connection.execute("CREATE TABLE wanted (person INTEGER, blind BLOB, as_of DATE)")
        searched = [(i, blind) for i, key in enumerate(keys) for blind in (*key.numbers, *key.names)]
        people, blinds = [i for i, _blind in searched], [blind for _i, blind in searched]
        connection.execute("INSERT INTO wanted SELECT unnest(?), unnest(?), ?", [people, blinds, as_of])
        return connection.execute(MATCH).fetchall()


def every(index: Unnamed, *, memory: str = MEMORY) -> Iterator[tuple[int, int, int, int, date | None, int]]:
    """Every body once, as the file has them: (offset, bytes, sheet, row, day, part)."""
    with engine(index.path, memory=memory) as connection:
        connection.execute(_VIEW.format(index=index.path))
        asked = connection.execute(
            "SELECT DISTINCT body_at, body_size, sheet, row_no, dated, part FROM source_rows ORDER BY body_at"
        )
        while batch := asked.fetchmany(5000):
            yield from batch
