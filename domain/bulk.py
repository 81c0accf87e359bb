"""Rows of one table that are alike but for a few columns: the first is written whole, the others are copies of it.

What is alike is neither sent nor turned into the database's types again: one statement copies it beside the columns
that differ. PostgreSQL takes these as arrays, SQLite from a table of the connection's own, which is empty again
afterwards and far smaller than what SQLite keeps of such tables in memory (2 MB).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Insert, Table, bindparam, column, func, insert, inspect, select, true
from sqlalchemy import table as sqltable
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from domain.base import Base

FIRST, ASIDE = "row_copied", "put_aside_"


def write_alike(
    session: Session, mapped: type[Base], like: Mapping[str, Any], own: Mapping[str, Sequence[Any]]
) -> None:
    """Insert one row for each place of the sequences in `own`; its other columns are those of `like`.

    own: column -> values (keys, texts, bytes), one a row and equally many of each; columns in neither have their
    default. At most six statements, however many rows.
    """
    count = len(next(iter(own.values())))
    if not count:
        return
    session.flush()
    table = cast(Table, inspect(mapped).local_table)
    connection = session.connection()
    first = {**like, **{name: values[0] for name, values in own.items()}}
    (key,) = connection.execute(insert(table), first).inserted_primary_key or (None,)
    if count == 1:
        return
    names = tuple(own)
    if connection.dialect.name == "postgresql":
        arrays = {f"own_{name}": list(own[name][1:]) for name in names}
        connection.execute(_by_arrays(table, names), {FIRST: key, **arrays})
        return
    copied, read = _by_select(table, names)
    alike = tuple(connection.exec_driver_sql(read, (key,)).one())
    with _put_aside(connection, [own[name][1:] for name in names]):
        connection.exec_driver_sql(copied, alike)


@contextmanager
def _put_aside(connection: Connection, columns: Sequence[Sequence[Any]]) -> Iterator[None]:
    """The columns that differ in a table that only this connection sees, as long as the block lasts."""
    width = len(columns)
    named = ", ".join(_own(width))
    connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {ASIDE}{width} ({named})")
    marks = ", ".join("?" * width)
    rows = list(zip(*columns, strict=True))
    connection.exec_driver_sql(f"INSERT INTO temp.{ASIDE}{width} VALUES ({marks})", rows)  # noqa: S608  fixed words
    yield
    connection.exec_driver_sql(f"DELETE FROM temp.{ASIDE}{width}")  # noqa: S608  fixed words


def _own(width: int) -> list[str]:
    return [f"own_{place}" for place in range(width)]


def _alike(table: Table, names: tuple[str, ...]) -> list[str]:
    """The columns that a copy takes from the first row; the key is its own or drawn anew."""
    (key,) = table.primary_key.columns
    return [column.name for column in table.columns if column.name not in names and column is not key]


@cache
def _by_arrays(table: Table, names: tuple[str, ...]) -> Insert:
    """The copies of one row as one statement."""
    (key,) = table.primary_key.columns
    rest = _alike(table, names)
    arrays = [bindparam(f"own_{name}", type_=ARRAY(table.c[name].type)) for name in names]
    own = func.unnest(*arrays).table_valued(*names, name="own").render_derived()
    copy = select(*(own.c[name] for name in names), *(table.c[name] for name in rest))
    copy = copy.select_from(table.join(own, true())).where(key == bindparam(FIRST, type_=key.type))
    return insert(table).from_select([*names, *rest], copy, include_defaults=False)


@cache
def _by_select(table: Table, names: tuple[str, ...]) -> tuple[str, str]:
    """What copies a row beside the columns put aside, the others as the driver takes them, and what reads those of one.

    Reading the row within the same statement, SQLite would copy everything through a table of its own first.
    """
    (key,) = table.primary_key.columns
    rest = _alike(table, names)
    aside = sqltable(f"{ASIDE}{len(names)}", *(column(name) for name in _own(len(names))), schema="temp")
    values = [bindparam(f"value_{name}", type_=NullType()) for name in rest]
    # parameters in the order of the columns as they are named, not of the table
    copied = insert(table).from_select([*names, *rest], select(*aside.c, *values), include_defaults=False)
    read = select(*(table.c[name] for name in rest)).where(key == bindparam(FIRST, type_=key.type))
    return str(copied.compile(dialect=sqlite.dialect())), str(read.compile(dialect=sqlite.dialect()))
