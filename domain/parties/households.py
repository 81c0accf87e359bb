"""Households, their members and guardians. Names and numbers are sealed; numbers are found by blind index."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base import Base, BigKey, Code, Key, Ref, Sealed

CAPACITIES = ("FULL", "LIMITED", "NONE")
KINDS = ("MEMBER", "SUPPORTER")


class Household(Base):
    """A family that applies for or receives assistance; subject of cases (BX-06)."""

    __tablename__ = "household"

    id: Mapped[Key]
    ref: Mapped[Ref]
    # number the reporting office gave it, e.g. H00000012; not personal
    number: Mapped[str] = mapped_column(String(32), unique=True)
    department_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"), index=True)
    town_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"), index=True)
    programme: Mapped[Code]
    address: Mapped[Sealed]
    phone: Mapped[Sealed | None]
    incomplete: Mapped[bool] = mapped_column(Boolean, default=False)
    persons: Mapped[list[Person]] = relationship(back_populates="household", order_by="Person.position")


class Person(Base):
    """A member of a household or somebody with a duty to support it.

    `position` 0 is the applicant. `capacity` FULL/LIMITED/NONE is civil capacity (BX-13).
    """

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_idno_blind", "idno_blind"),
        Index("ix_person_household_id", "household_id"),
        CheckConstraint("kind IN ('MEMBER','SUPPORTER')", name="kind"),
        CheckConstraint("capacity IN ('FULL','LIMITED','NONE')", name="capacity"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    kind: Mapped[str] = mapped_column(String(16), default="MEMBER")
    position: Mapped[int] = mapped_column(default=0)
    relation: Mapped[str] = mapped_column(String(32))
    name: Mapped[Sealed]
    idno: Mapped[Sealed]
    idno_blind: Mapped[bytes] = mapped_column(LargeBinary)
    born_on: Mapped[date]
    capacity: Mapped[str] = mapped_column(String(8), default="FULL")
    # the day the person left the household, or died; such a person is not a member any more
    left_on: Mapped[date | None]
    household: Mapped[Household] = relationship(back_populates="persons")


class Guardian(Base):
    """The registered legal guardian of a person without full capacity, with relation and proof (BX-13)."""

    __tablename__ = "guardian"
    __table_args__ = (UniqueConstraint("id", "ward_id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    ward_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"), index=True)
    name: Mapped[Sealed]
    idno: Mapped[Sealed]
    idno_blind: Mapped[bytes] = mapped_column(LargeBinary)
    relation: Mapped[str] = mapped_column(String(32))
    proof_file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
