"""Rows of commissions (DOC-02): the order, the persons and the categories it is about, and the agency's check of it.

The tables hold what the law demands even against raw SQL (walls 21): subjects and categories are frozen at
issue, each subject names that person's authorisation signed on or before the commission (BX-11), a commission
of purpose SURVIVAL or IDENTITY admits identity categories only (BX-16), an issued commission has its letter
(BX-12) and, for one household, every member (triggers in `domain.verification.guards`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base import Base, BigKey, Code, Key, Ref, Sealed
from domain.verification import guards  # noqa: F401  these tables never exist without their triggers

DRAFT, ISSUED, ACCEPTED, REFUSED = "DRAFT", "ISSUED", "ACCEPTED", "REFUSED"
VERIFY, SURVIVAL, IDENTITY, STANDING = "VERIFY", "SURVIVAL", "IDENTITY", "STANDING"
AUTH_FREE = (SURVIVAL, IDENTITY)
IDENTITY_CATEGORIES = ("DEATH", "IDENTITY", "IDVALID")


class Commission(Base):
    """A commission letter. `household_id` is null for a campaign's batch letter and for a standing one (CK-18).

    A refused commission is kept with its reason; correcting it makes a new attempt (BX-17).
    """

    __tablename__ = "commission"
    __table_args__ = (
        UniqueConstraint("id", "purpose", "commissioned_on"),
        UniqueConstraint("id", "purpose"),
        UniqueConstraint("case_id", "purpose", "attempt"),
        Index("ix_commission_campaign_id", "campaign_id"),
        ForeignKeyConstraint(["department_id", "department_kind"], ["organisation.id", "organisation.kind"]),
        ForeignKeyConstraint(["agency_id", "agency_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("department_kind = 'department'", name="from_department"),
        CheckConstraint("agency_kind = 'agency'", name="to_agency"),
        Index(
            "ix_commission_standing",
            "department_id",
            "valid_until",
            sqlite_where=text("purpose = 'STANDING'"),
            postgresql_where=text("purpose = 'STANDING'"),
        ),
        CheckConstraint("purpose IN ('VERIFY','SURVIVAL','IDENTITY','STANDING')", name="purpose"),
        CheckConstraint("state IN ('DRAFT','ISSUED','ACCEPTED','REFUSED')", name="state"),
        CheckConstraint(
            "state = 'DRAFT' OR (letter_id IS NOT NULL AND commissioned_on IS NOT NULL AND signatory_id IS NOT NULL"
            " AND number IS NOT NULL)",
            name="written",
        ),
        CheckConstraint(
            "household_id IS NOT NULL OR campaign_id IS NOT NULL OR purpose = 'STANDING'", name="has_subject"
        ),
        CheckConstraint(
            "(purpose = 'STANDING') = (valid_from IS NOT NULL) AND (purpose = 'STANDING') = (valid_until IS NOT NULL)"
            " AND (purpose <> 'STANDING' OR (household_id IS NULL AND campaign_id IS NULL"
            " AND valid_until >= valid_from))",
            name="period",
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str | None] = mapped_column(String(48), unique=True)
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    attempt: Mapped[int] = mapped_column(default=1)
    household_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("household.id"))
    campaign_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("campaign.id"))
    department_id: Mapped[int] = mapped_column(BigKey)
    department_kind: Mapped[str] = mapped_column(String(16), default="department")
    agency_id: Mapped[int] = mapped_column(BigKey)
    agency_kind: Mapped[str] = mapped_column(String(16), default="agency")
    programme: Mapped[Code]
    purpose: Mapped[str] = mapped_column(String(12), default="VERIFY")
    basis: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[str] = mapped_column(String(12), default=DRAFT)
    commissioned_on: Mapped[date | None]
    prepared_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    signatory_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    letter_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    issued_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    # of a standing letter alone: its first and its last day
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    subjects: Mapped[list[CommissionSubject]] = relationship(viewonly=True)
    categories: Mapped[list[CommissionCategory]] = relationship(viewonly=True)


class CommissionSubject(Base):
    """A person the letter names, with the authorisation that allows it."""

    __tablename__ = "commission_subject"
    __table_args__ = (
        UniqueConstraint("commission_id", "person_id"),
        ForeignKeyConstraint(
            ["commission_id", "purpose", "commissioned_on"],
            ["commission.id", "commission.purpose", "commission.commissioned_on"],
        ),
        ForeignKeyConstraint(
            ["authorisation_id", "person_id", "signed_on"],
            ["authorisation.id", "authorisation.person_id", "authorisation.signed_on"],
        ),
        CheckConstraint(
            "purpose IN ('SURVIVAL','IDENTITY') OR (authorisation_id IS NOT NULL AND signed_on IS NOT NULL"
            " AND signed_on <= commissioned_on)",
            name="authorised_first",
        ),
    )

    id: Mapped[Key]
    commission_id: Mapped[int] = mapped_column(BigKey)
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(String(12))
    commissioned_on: Mapped[date]
    authorisation_id: Mapped[int | None] = mapped_column(BigKey)
    signed_on: Mapped[date | None]


class CommissionCategory(Base):
    """A category of information the letter asks for.

    fields: codes with blanks between them where it asks for some fields alone; "" for what is agreed (LF-30).
    """

    __tablename__ = "commission_category"
    __table_args__ = (
        UniqueConstraint("commission_id", "category"),
        ForeignKeyConstraint(["commission_id", "purpose"], ["commission.id", "commission.purpose"]),
        CheckConstraint(
            "purpose IN ('VERIFY','STANDING') OR category IN ('DEATH','IDENTITY','IDVALID')", name="identity_only"
        ),
    )

    id: Mapped[Key]
    commission_id: Mapped[int] = mapped_column(BigKey)
    purpose: Mapped[str] = mapped_column(String(12))
    category: Mapped[Code]
    fields: Mapped[str] = mapped_column(String(2000), default="", server_default=text("''"))


class Acceptance(Base):
    """The agency's check of one commission (DOC-03, LF-19): items, outcome, who answers for it."""

    __tablename__ = "acceptance"
    __table_args__ = (
        UniqueConstraint("commission_id"),
        CheckConstraint("outcome IN ('ACCEPTED','REFUSED')", name="outcome"),
        CheckConstraint("outcome = 'ACCEPTED' OR reason IS NOT NULL", name="refusal_has_reason"),
        CheckConstraint("checker_id <> preparer_id", name="four_eyes"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    commission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("commission.id"))
    outcome: Mapped[str] = mapped_column(String(12))
    reason_code: Mapped[str] = mapped_column(String(32), default="")
    reason: Mapped[Sealed | None]
    items: Mapped[dict[str, Any]]
    checker_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    preparer_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime]
