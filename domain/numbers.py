"""Legal numbers: issued per office, kind and year from a locked counter row (walls 4)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, insert_once
from domain.work import Work


class NumberCounter(Base):
    """Last number given out by an office for one kind of document in one year."""

    __tablename__ = "number_counter"
    __table_args__ = (UniqueConstraint("org_id", "kind", "year"),)

    id: Mapped[Key]
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(16))
    year: Mapped[int]
    value: Mapped[int]


def take(work: Work, org_id: int, kind: str, *, count: int = 1) -> int:
    """The next number of this office, kind and legal year: 1, 2, 3 … without gaps; of several the last.

    The counter row is locked in the transaction that needs the number, so a rolled-back document
    gives its number back.
    """
    year = work.today.year
    insert_once(work.session, NumberCounter, ("org_id", "kind", "year"), org_id=org_id, kind=kind, year=year, value=0)
    row = work.session.scalars(
        select(NumberCounter)
        .where(NumberCounter.org_id == org_id, NumberCounter.kind == kind, NumberCounter.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    row.value += count
    work.session.flush()
    return row.value


def document_number(prefix: str, year: int, value: int) -> str:
    """The written form, e.g. 平核〔2027〕0391."""
    return f"{prefix}〔{year}〕{value:04d}"
