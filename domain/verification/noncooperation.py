"""Non-cooperation (BX-14): a department's reasoned decision, never automatic, never the agency's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed


class NonCooperation(Base):
    """What was asked, how and when; what the department decided: an applicant is refused, a recipient suspended."""

    __tablename__ = "non_cooperation"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("org_kind = 'department'", name="by_department"),
        CheckConstraint("choice IN ('REFUSE','SUSPEND','CONTINUE')", name="choice"),
        CheckConstraint(
            "(choice <> 'REFUSE' OR subject_state = 'APPLICANT') AND (choice <> 'SUSPEND' OR"
            " subject_state = 'RECIPIENT')",
            name="refuse_or_suspend",
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    subject_state: Mapped[str] = mapped_column(String(12))
    choice: Mapped[str] = mapped_column(String(12))
    requests: Mapped[Sealed]
    reason: Mapped[Sealed]
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16), default="department")
    decided_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime]
