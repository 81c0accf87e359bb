"""Rows of one table that are alike but for a few columns.

What is alike is sent once: one statement puts it beside the columns that differ. PostgreSQL takes these as arrays,
SQLite from a table of the connection's own, which is empty again afterwards and far smaller than what SQLite keeps of
such tables in memory (2 MB).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from sqlalchemy import Column, Connection, Insert, Table, bindparam, column, func, insert, inspect, select
from sqlalchemy import cast as typed
from sqlalchemy import table as named_table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from domain.base import Base

ASIDE = "put_aside_"


def write_alike(
    session: Session, mapped: type[Base], like: Mapping[str, Any], own: Mapping[str, Sequence[Any]]
) -> None:
    """Insert one row for each place of the sequences in `own`; its other columns are those of `like`.

    own: column -> values (keys, texts, bytes), one a row and equally many of each; columns in neither have their
    default, or nothing. One statement, however many rows; on SQLite two more about the columns put aside.
    """
    if not len(next(iter(own.values()))):
        return
    session.flush()
    table = cast(Table, inspect(mapped).local_table)
    connection = session.connection()
    names, alike = tuple(own), _alike(table, like, own)
    if connection.dialect.name == "postgresql":
        arrays = {f"own_{name}": list(own[name]) for name in names}
        connection.execute(_from_arrays(table, names, tuple(alike)), {**_marked(alike), **arrays})
        return
    with _put_aside(connection, [own[name] for name in names]):
        connection.execute(_from_aside(table, names, tuple(alike)), _marked(alike))


def _alike(table: Table, like: Mapping[str, Any], own: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The columns that all rows have in common; the key is a row's own or drawn anew."""
    (key,) = table.primary_key.columns
    rest = (one for one in table.columns if one.name not in own and one is not key)
    return {one.name: like[one.name] if one.name in like else _default(one) for one in rest}


def _default(one: Column[Any]) -> Any:
    if one.default is None:
        return None
    return one.default.arg(None) if one.default.is_callable else one.default.arg  # type: ignore[attr-defined]


def _marked(alike: Mapping[str, Any]) -> dict[str, Any]:
    return {f"all_{name}": value for name, value in alike.items()}


@cache
def _from_arrays(table: Table, names: tuple[str, ...], alike: tuple[str, ...]) -> Insert:
    """The rows from arrays of what differs."""
    arrays = [bindparam(f"own_{name}", type_=ARRAY(table.c[name].type)) for name in names]
    own = func.unnest(*arrays).table_valued(*names, name="own").render_derived()
    # a value that is null has no type of its own
    values = [typed(bindparam(f"all_{name}", type_=table.c[name].type), table.c[name].type) for name in alike]
    rows = select(*(own.c[name] for name in names), *values)
    return insert(table).from_select([*names, *alike], rows, include_defaults=False)


@cache
def _from_aside(table: Table, names: tuple[str, ...], alike: tuple[str, ...]) -> Insert:
    """The rows from what was put aside.

    From a table of the same file, and the more so from the same table, SQLite would copy everything once more.
    """
    aside = named_table(f"{ASIDE}{len(names)}", *(column(name) for name in _places(len(names))), schema="temp")
    values = [bindparam(f"all_{name}", type_=table.c[name].type) for name in alike]
    return insert(table).from_select([*names, *alike], select(*aside.c, *values), include_defaults=False)


@contextmanager
def _put_aside(connection: Connection, columns: Sequence[Sequence[Any]]) -> Iterator[None]:
    """The columns that differ in a table that only this connection sees, as long as the block lasts."""
    width = len(columns)
    name, places, marks = f"{ASIDE}{width}", ", ".join(_places(width)), ", ".join("?" * width)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} ({places})")
        cursor.executemany(f"INSERT INTO temp.{name} VALUES ({marks})", list(zip(*columns, strict=True)))  # noqa: S608
        yield
        cursor.execute(f"DELETE FROM temp.{name}")  # noqa: S608  fixed words
    finally:
        cursor.close()


def _places(width: int) -> list[str]:
    return [f"own_{place}" for place in range(width)]
