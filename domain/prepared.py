"""Statements that every move sends, written out once: SQLAlchemy composes the text, the driver is handed the values.

Executed as it comes, a statement is looked up, its parameters are merged and put in order and a result is prepared,
each time; that took longer than the database took for it. Listeners, logs and errors are those of any statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Column, Connection, Delete, Dialect, Insert, Select, Table, Update, inspect
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import TypeEngine

from domain.base import Base

Mapped = TypeVar("Mapped", bound=Base)
Processor = Callable[[Any], Any]


def execute(connection: Connection, text: str, values: Any = ()) -> Any:
    """Execute a statement as it stands; the driver's cursor, which the caller closes.

    This is the door through which SQLAlchemy itself sends what it has composed already (the next value of a
    sequence): listeners hear of it and errors are its own, but no result is described that nobody reads.
    """
    cursor = connection.connection.cursor()
    connection._cursor_execute(cursor, text, values)
    return cursor


class Prepared:
    """One statement with named parameters, as text for each database that it was sent to.

    columns: of an INSERT, the columns that it writes; those with a default of Python's are all among them.
    """

    def __init__(
        self, statement: Insert | Update | Delete | Select[*tuple[Any, ...]], columns: Sequence[str] = ()
    ) -> None:
        self._statement = statement.inline() if isinstance(statement, Insert) else statement
        self._columns = tuple(columns) or None
        self._written: dict[str, _Written] = {}

    def send(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Execute it with these values; how many rows it wrote. Raises KeyError when one is missing."""
        written = self._for(connection.dialect)
        cursor = execute(connection, written.text, written.bound(values))
        try:
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def send_all(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it once for each row."""
        if len(rows) == 1:
            self.send(connection, rows[0])
        elif rows:
            written = self._for(connection.dialect)
            connection.exec_driver_sql(written.text, [written.bound(values) for values in rows])

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The values of the first row that a SELECT finds, in the order of its columns; None when it finds none."""
        written = self._for(connection.dialect)
        cursor = execute(connection, written.text, written.bound(values))
        try:
            row = cursor.fetchone()
        finally:
            cursor.close()
        return None if row is None else written.read(row)

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[list[Any]]:
        """The values of every row that a SELECT finds, in the order of its columns."""
        written = self._for(connection.dialect)
        cursor = execute(connection, written.text, written.bound(values))
        try:
            rows = cursor.fetchall()
        finally:
            cursor.close()
        return [written.read(row) for row in rows]

    def _for(self, dialect: Dialect) -> _Written:
        known = self._written.get(dialect.name)
        if known is None:
            known = self._written[dialect.name] = _Written(self._statement, self._columns, dialect)
        return known


class _Written:
    """A statement in the words of one database, and what turns values into those of its driver and back."""

    def __init__(self, statement: Any, columns: Sequence[str] | None, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        if getattr(compiled, "insert_prefetch", None) or getattr(compiled, "update_prefetch", None):
            raise ValueError("a column with a default of Python's is left out of a prepared statement")
        self.text = str(compiled)
        self._positional = bool(compiled.positional)
        names = compiled.positiontup if compiled.positional else compiled.binds
        self._fixed = {name: one.value for name, one in compiled.binds.items() if not one.required}
        self._bind = [(name, _to_driver(compiled.binds[name].type, dialect)) for name in names]
        selected = statement.selected_columns if isinstance(statement, Select) else ()
        readers = (_from_driver(column.type, dialect) for column in selected)
        self._read = [(at, reader) for at, reader in enumerate(readers) if reader is not None]

    def bound(self, values: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them."""
        if self._fixed:
            values = {**self._fixed, **values}
        if self._positional:
            return tuple([values[name] if to is None else to(values[name]) for name, to in self._bind])
        return {name: values[name] if to is None else to(values[name]) for name, to in self._bind}

    def read(self, row: Sequence[Any]) -> list[Any]:
        """A row as the mapped classes know it."""
        found = list(row)
        for at, reader in self._read:
            found[at] = reader(found[at])
        return found


def _to_driver(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


@cache
def columns(mapped: type[Base]) -> tuple[Column[Any], ...]:
    """Every column of a mapped class, for a SELECT whose rows `as_read` takes."""
    return tuple(cast(Table, mapped.__table__).columns)


def as_read(session: Session, mapped: type[Mapped], row: Iterator[Any]) -> Mapped:
    """The object of a row that was read past the session: its `columns` are taken from the front of `row`.

    The session knows it from then on as if it had read it itself, as it is now; what it knew before is written over,
    so that it has to be flushed before such a row is read.
    """
    values = {column.key: next(row) for column in columns(mapped)}
    known = session.identity_map.get(_identity(mapped)((values[_key(mapped)],)))
    if known is not None:
        for name, value in values.items():
            set_committed_value(known, name, value)
        return cast(Mapped, known)
    made = mapped()
    vars(made).update(values)  # nothing of it is a change
    make_transient_to_detached(made)
    session.add(made)
    return made


@cache
def _identity(mapped: type[Base]) -> Callable[[tuple[Any, ...]], Any]:
    return inspect(mapped).identity_key_from_primary_key


@cache
def _key(mapped: type[Base]) -> str:
    (key,) = inspect(mapped).primary_key
    return str(key.key)
