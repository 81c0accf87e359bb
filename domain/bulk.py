"""Rows of one table that are alike but for a few columns: the first is written whole, the others are copies of it.

What is alike is neither sent nor turned into the database's types again: PostgreSQL takes the columns that differ as
arrays in one statement; on SQLite a prepared statement is run for each row with the values as the file holds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, Table, bindparam, func, insert, inspect, select, true
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from domain.base import Base

FIRST = "row_copied"


def write_alike(
    session: Session, mapped: type[Base], like: Mapping[str, Any], own: Mapping[str, Sequence[Any]]
) -> None:
    """Insert one row for each place of the sequences in `own`; its other columns are those of `like`.

    own: column -> values (keys, texts, bytes), one a row and equally many of each; columns in neither have their
    default. At most three statements, however many rows.
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
    written, read = _by_rows(table, names)
    alike = tuple(connection.exec_driver_sql(read, (key,)).one())
    each = zip(*(own[name][1:] for name in names), strict=True)
    connection.exec_driver_sql(written, [(*mine, *alike) for mine in each])


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
def _by_rows(table: Table, names: tuple[str, ...]) -> tuple[str, str]:
    """What writes a row as the driver takes it, the columns that differ first, and what reads the others of one."""
    (key,) = table.primary_key.columns
    rest = _alike(table, names)
    order = [*names, *rest]
    values = {name: bindparam(f"value_{name}", type_=NullType()) for name in order}
    # parameters in the order of the columns as they are named, not of the table
    written = insert(table).from_select(order, select(*values.values()), include_defaults=False)
    read = select(*(table.c[name] for name in rest)).where(key == bindparam(FIRST, type_=key.type))
    return str(written.compile(dialect=sqlite.dialect())), str(read.compile(dialect=sqlite.dialect()))
