"""Declarations (DOC-08): what the family says of itself, person by person and category by category."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed


class Declaration(Base):
    """One signed declaration of a household; the newest one counts."""

    __tablename__ = "declaration"

    id: Mapped[Key]
    ref: Mapped[Ref]
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    declared_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(16))  # IMPORT or TASK
    file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))


class DeclaredItem(Base):
    """One declared fact: a person (null: the whole household), a category and its value.

    The sealed value is JSON: {"amount": "1486.00", "count": 1, "text": "..."}; amounts in yuan
    (a month for incomes), as decimal strings.
    """

    __tablename__ = "declared_item"
    __table_args__ = (UniqueConstraint("declaration_id", "person_id", "category"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    declaration_id: Mapped[int] = mapped_column(BigKey, ForeignKey("declaration.id"))
    person_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    value: Mapped[Sealed]
