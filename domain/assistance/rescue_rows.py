"""Rows of help that is given before the verification (救急难, LF-14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed

APPROVED, REFUSED, PAID, CONCLUDED = "APPROVED", "REFUSED", "PAID", "CONCLUDED"
CLOSE, ADJUST, RECOVER = "CLOSE", "ADJUST", "RECOVER"


class Rescue(Base):
    """First help of one household: who asked and why, who approved it, what was paid, and how it ended (DOC-18).

    Amounts in fen. due_at: by then the verification has begun, its letter issued. verification_id: the case that
    verifies afterwards. late_at: when it was found not to have begun in time. back_fen: what is to be paid back.
    """

    __tablename__ = "rescue"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        # the list of an office, and what of it waits
        Index("ix_rescue_org_state", "org_id", "state", "due_at"),
        Index(
            "ix_rescue_unverified", "id", sqlite_where=text("state = 'PAID'"), postgresql_where=text("state = 'PAID'")
        ),
        CheckConstraint("org_kind = 'department'", name="by_department"),
        CheckConstraint("state IN ('APPROVED','REFUSED','PAID','CONCLUDED')", name="state"),
        CheckConstraint("amount_fen > 0 AND (paid_fen IS NULL OR paid_fen BETWEEN 1 AND amount_fen)", name="amount"),
        CheckConstraint("asked_by <> decided_by", name="two_people"),
        CheckConstraint(
            "(state IN ('PAID','CONCLUDED') AND paid_on IS NOT NULL AND paid_fen IS NOT NULL AND paid_by IS NOT NULL"
            " AND due_at IS NOT NULL) OR (state IN ('APPROVED','REFUSED') AND paid_on IS NULL AND paid_fen IS NULL"
            " AND paid_by IS NULL AND due_at IS NULL)",
            name="paid",
        ),
        CheckConstraint(
            "(state = 'CONCLUDED' AND outcome IS NOT NULL AND outcome_reason IS NOT NULL AND concluded_by IS NOT NULL"
            " AND verification_id IS NOT NULL) OR (state <> 'CONCLUDED' AND outcome IS NULL AND outcome_reason IS NULL"
            " AND concluded_by IS NULL)",
            name="concluded",
        ),
        CheckConstraint("outcome IS NULL OR outcome IN ('CLOSE','ADJUST','RECOVER')", name="outcome"),
        CheckConstraint(
            "(COALESCE(outcome, '') = 'RECOVER') = (back_fen IS NOT NULL) AND (back_fen IS NULL OR back_fen BETWEEN 1"
            " AND paid_fen)",
            name="back",
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), unique=True)
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16), default="department")
    state: Mapped[str] = mapped_column(String(12))
    asked_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    urgency: Mapped[Sealed]
    amount_fen: Mapped[int] = mapped_column(BigKey)
    decided_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime]
    decision_reason: Mapped[Sealed]
    paid_on: Mapped[date | None]
    paid_fen: Mapped[int | None] = mapped_column(BigKey)
    paid_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    late_at: Mapped[datetime | None]
    verification_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    outcome: Mapped[str | None] = mapped_column(String(12))
    outcome_reason: Mapped[Sealed | None]
    back_fen: Mapped[int | None] = mapped_column(BigKey)
    concluded_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    concluded_at: Mapped[datetime | None]
