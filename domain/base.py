"""The mapped base: key types, times, refs and the grade of every column (walls 4, 11)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

REF_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
REF_LENGTH = 26
_COMMON = 4  # letters that the references of one piece of work share
_ANY_BYTE = (REF_ALPHABET * 8).encode()  # five bits of each byte
_LETTERS = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", REF_ALPHABET.encode())


def new_ref() -> str:
    """A random 128-bit reference for URLs, API and exchange: 26 characters, Crockford base 32."""
    # 16 bytes behind four of nothing are 32 letters, the first six of which say nothing
    return base64.b32encode(bytes(4) + secrets.token_bytes(16)).translate(_LETTERS)[-REF_LENGTH:].decode()


def new_refs(count: int) -> list[str]:
    """References for so many rows that are written together: each random, 110 bits of it for itself, in their order.

    The first four letters are common to them, drawn anew each time: the rows stand side by side in every index of
    references, and the database writes a few pages of it instead of one a row.
    """
    common, own = new_ref()[:_COMMON], REF_LENGTH - _COMMON
    letters = secrets.token_bytes(own * count).translate(_ANY_BYTE).decode()
    return sorted(common + letters[place : place + own] for place in range(0, own * count, own))


class Instant(TypeDecorator[datetime]):
    """Aware UTC instants on both databases. SQLite has no zone, so the value is stored naive in UTC.

    Raises ValueError on a naive value: a time without a zone is a mistake, not a guess.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its zone")
        moved = value.astimezone(UTC)
        return moved.replace(tzinfo=None) if dialect.name == "sqlite" else moved

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all mapped classes. Column grades: S1 public, S2 internal (the default), S3 encrypted."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it as a plain class attribute
        datetime: Instant,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        list[str]: JSON,
    }


BigKey = BigInteger().with_variant(Integer, "sqlite")

# bigint key that never leaves the server
Key = Annotated[int, mapped_column(BigKey, primary_key=True)]
# foreign keys use this integer type and declare the ForeignKey themselves
KeyRef = Annotated[int, mapped_column(BigKey)]
Ref = Annotated[str, mapped_column(String(REF_LENGTH), unique=True, default=new_ref)]
Code = Annotated[str, mapped_column(String(64))]
Label = Annotated[str, mapped_column(String(255))]
# ciphertext of the vault; the grade is what the storage test and the masking read
Sealed = Annotated[bytes, mapped_column(info={"grade": "S3"})]


def insert_once(session: Session, mapped: type[Base], unique: str | Sequence[str], **values: object) -> bool:
    """Write a row unless one with the same `unique` columns stands already. True when it was written.

    Two transactions that do so at once never fail: on PostgreSQL the second waits for the first and then finds its
    row. SQLite has one writer at a time.
    """
    session.flush()
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    columns = [unique] if isinstance(unique, str) else list(unique)
    table = cast(Table, inspect(mapped).local_table)
    statement = insert(table).values(**values).on_conflict_do_nothing(index_elements=columns).returning(table.c.id)
    return session.connection().execute(statement).first() is not None


def reserve_keys(session: Session, mapped: type[Base], count: int) -> list[int]:
    """That many unused keys of a table, for rows written in bulk that point at one another.

    PostgreSQL draws them from the key's own sequence. On SQLite the transaction that writes is alone: the keys follow
    the largest.
    """
    session.flush()
    table = cast(Table, inspect(mapped).local_table)
    if session.get_bind().dialect.name == "postgresql":
        drawn = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
        numbers = func.generate_series(1, count).table_valued("number")
        return [int(key) for key in session.connection().scalars(select(drawn).select_from(numbers))]
    largest = session.connection().scalar(select(func.max(table.c.id))) or 0
    return list(range(largest + 1, largest + count + 1))
