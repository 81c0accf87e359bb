"""Verification reports (DOC-06) and doubt lists (DOC-07): for reference, never a decision (LF-17)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed


class Report(Base):
    """One version of a case's report. Signing fixes the canonical data and its digest; a trigger refuses any
    later change. The PDF is rendered afterwards from that data; its digest is recorded once.

    state: DRAFT -> REVIEWED (sent to the reviewer) -> SIGNED -> DELIVERED.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("case_id", "version"),
        ForeignKeyConstraint(["agency_id", "agency_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("agency_kind = 'agency'", name="by_agency"),
        CheckConstraint("kind IN ('REPORT','DOUBT_LIST')", name="kind"),
        CheckConstraint("state IN ('DRAFT','REVIEWED','SIGNED','DELIVERED')", name="state"),
        CheckConstraint("reviewer_id IS NULL OR reviewer_id <> handler_id", name="four_eyes"),
        CheckConstraint(
            "state IN ('DRAFT','REVIEWED') OR (digest IS NOT NULL AND number IS NOT NULL AND reviewer_id IS NOT NULL"
            " AND signed_at IS NOT NULL)",
            name="signed_whole",
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    commission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("commission.id"))
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(12), default="REPORT")
    number: Mapped[str | None] = mapped_column(String(48), unique=True)
    agency_id: Mapped[int] = mapped_column(BigKey)
    agency_kind: Mapped[str] = mapped_column(String(16), default="agency")
    state: Mapped[str] = mapped_column(String(12), default="DRAFT")
    remarks: Mapped[Sealed | None]
    canonical: Mapped[Sealed | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    handler_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    reviewer_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    drafted_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signed_on: Mapped[date | None]
    delivered_at: Mapped[datetime | None]
    received_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    pdf_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    pdf_digest: Mapped[str | None] = mapped_column(String(64))


class ReportAccess(Base):
    """Who took a copy of a report, for which purpose (LN-29)."""

    __tablename__ = "report_access"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(BigKey, ForeignKey("report.id"), index=True)
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    purpose: Mapped[Sealed]
    ref: Mapped[Ref]
    at: Mapped[datetime]
