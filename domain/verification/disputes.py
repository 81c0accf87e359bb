"""Objections (DOC-10) enter at the department only; it settles them or forwards them for re-check (LF-21)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed


class Dispute(Base):
    """One objection: items are person and category, reasons are the department's own words.

    outcome: SETTLED (explained, nothing to re-check), FORWARDED, NOT_ACCEPTED (over the limit, LN-19).
    """

    __tablename__ = "dispute"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("org_kind = 'department'", name="at_department"),
        CheckConstraint("outcome IN ('SETTLED','FORWARDED','NOT_ACCEPTED')", name="outcome"),
        CheckConstraint("outcome <> 'FORWARDED' OR reasons IS NOT NULL", name="forwarded_with_reasons"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    report_id: Mapped[int] = mapped_column(BigKey, ForeignKey("report.id"))
    received_at: Mapped[datetime]
    statement: Mapped[Sealed]
    reasons: Mapped[Sealed | None]
    outcome: Mapped[str] = mapped_column(String(16))
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16), default="department")
    recorded_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))


class Recheck(Base):
    """One re-check (异议复核) of one person and category; `ordinal` counts them, limited by policy (LN-19).

    origin LOCAL or CROSS_REGION decides which limit holds. result: UPHELD or CHANGED; null while open.
    """

    __tablename__ = "recheck"
    __table_args__ = (
        UniqueConstraint("case_id", "person_id", "category", "ordinal"),
        Index("ix_recheck_dispute_id", "dispute_id"),
        CheckConstraint("result IS NULL OR result IN ('UPHELD','CHANGED')", name="result"),
        CheckConstraint("origin IN ('LOCAL','CROSS_REGION')", name="origin"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    dispute_id: Mapped[int] = mapped_column(BigKey, ForeignKey("dispute.id"))
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    origin: Mapped[str] = mapped_column(String(16), default="LOCAL")
    ordinal: Mapped[int]
    round: Mapped[int]
    query_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("query.id"))
    result: Mapped[str | None] = mapped_column(String(12))
    note: Mapped[Sealed | None]
    answered_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]
