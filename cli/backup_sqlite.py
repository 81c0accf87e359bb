"""A copy of a SQLite database while it is being written, by SQLite's own online backup."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

PAGES = 2000  # a step of 8 MB: then progress is told and Ctrl-C is heard


def database_size(database: Path) -> int:
    """Bytes of a database with its write-ahead log."""
    return sum(path.stat().st_size for path in (database, database.with_name(f"{database.name}-wal")) if path.exists())


def copy_database(database: Path, target: Path, progress: Callable[[int, int], None] | None = None) -> int:
    """Copy the state of one instant to the new file `target`, durably, readable by its owner alone. Its bytes.

    Writers go on meanwhile: the copy reads under one read transaction, so it is neither torn nor begun again when
    they commit. progress: called with bytes copied and bytes in all; what it raises stops the copy.

    Raises FileExistsError; sqlite3.Error when the database cannot be read, or the disk is full.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with (
        closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=30, isolation_level=None)) as source,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        size = int(source.execute("PRAGMA page_size").fetchone()[0])
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on the state is fixed

        def told(_status: int, remaining: int, total: int) -> None:
            if progress is not None:
                progress((total - remaining) * size, total * size)

        source.backup(copy, pages=PAGES, progress=told)
        source.execute("ROLLBACK")
        # one file without a log beside it
        copy.execute("PRAGMA journal_mode=DELETE")
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return target.stat().st_size


def damage(database: Path) -> str:
    """What is wrong with a database file: torn pages, broken indexes, rows without their parents. "" when sound."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            said = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            if said != "ok":
                return said
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as problem:
            return str(problem)
    return f"{orphan[0]} row {orphan[1]} has no {orphan[2]}" if orphan else ""
