"""Determinations and their written notices: the department's alone (LF-17, CK-13, CK-14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed

NEGATIVE = ("REJECT", "STOP", "REFUSE_INTAKE", "SUSPEND")


class Determination(Base):
    """What the department decided on a case. New: APPROVE, REJECT, REFUSE_INTAKE; review: STOP, ADJUST, CONTINUE,
    SUSPEND. A determination that rests on a report names it; only REFUSE_INTAKE and SUSPEND (non-cooperation)
    need none."""

    __tablename__ = "determination"
    __table_args__ = (
        UniqueConstraint("case_id", "ordinal"),
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("org_kind = 'department'", name="by_department"),
        CheckConstraint(
            "outcome IN ('APPROVE','REJECT','REFUSE_INTAKE','STOP','ADJUST','CONTINUE','SUSPEND')", name="outcome"
        ),
        CheckConstraint("outcome IN ('REFUSE_INTAKE','SUSPEND') OR report_id IS NOT NULL", name="after_report"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    ordinal: Mapped[int] = mapped_column(default=1)
    report_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("report.id"))
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[Sealed]
    basis: Mapped[Sealed]
    effective_on: Mapped[date | None]
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16), default="department")
    decided_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime]


class Notice(Base):
    """A written notice (DOC-12/13) and its delivery. A negative case cannot close without a delivered one."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("determination_id"),
        CheckConstraint(
            "delivered_on IS NULL OR (way IS NOT NULL AND delivered_by IS NOT NULL)", name="delivered_whole"
        ),
        CheckConstraint(
            "way IS NULL OR way IN ('IN_PERSON','LEFT_AT_HOME','POST','PUBLIC_NOTICE','ELECTRONIC')", name="way"
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    determination_id: Mapped[int] = mapped_column(BigKey, ForeignKey("determination.id"))
    canonical: Mapped[Sealed]
    digest: Mapped[str] = mapped_column(String(64))
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    pdf_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    delivered_on: Mapped[date | None]
    way: Mapped[str | None] = mapped_column(String(16))
    receipt_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    delivered_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
