"""Authorisations (DOC-01): a person's legal consent to be queried. First authorise, then commission (BX-11)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed

SCOPES = ("NATIONWIDE", "PROVINCE", "CITY", "COUNTY")
UNTIL_RULES = ("ON_DECISION_NEGATIVE", "WHILE_RECEIVING", "FIXED_TERM")


class Authorisation(Base):
    """One signed authorisation of one person, with its scan.

    signer SELF or GUARDIAN; a guardian must be the registered one of this very person (composite key).
    withdrawn_on ends it; valid_until is set for FIXED_TERM only.
    """

    __tablename__ = "authorisation"
    __table_args__ = (
        UniqueConstraint("id", "person_id", "signed_on"),
        Index("ix_authorisation_person_id", "person_id", "signed_on"),
        ForeignKeyConstraint(["guardian_id", "person_id"], ["guardian.id", "guardian.ward_id"]),
        CheckConstraint("signer IN ('SELF','GUARDIAN')", name="signer"),
        CheckConstraint("(signer = 'GUARDIAN') = (guardian_id IS NOT NULL)", name="guardian_named"),
        CheckConstraint("scope IN ('NATIONWIDE','PROVINCE','CITY','COUNTY')", name="scope"),
        CheckConstraint("until_rule IN ('ON_DECISION_NEGATIVE','WHILE_RECEIVING','FIXED_TERM')", name="until_rule"),
        CheckConstraint("(until_rule = 'FIXED_TERM') = (valid_until IS NOT NULL)", name="fixed_term"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"))
    signed_on: Mapped[date]
    signer: Mapped[str] = mapped_column(String(8))
    guardian_id: Mapped[int | None] = mapped_column(BigKey)
    scope: Mapped[str] = mapped_column(String(12))
    until_rule: Mapped[str] = mapped_column(String(24))
    valid_until: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    withdrawal_reason: Mapped[Sealed | None]
    scan_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    collected_at: Mapped[datetime]
    collected_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
