"""Rows of the nightly proof that no completed task violated separation of duties."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref


class SeparationProof(Base):
    """One look at what was completed from `since` (null: the beginning) until `until`. key: once a day, or once a
    request for a look at everything. tasks: looked at; violations: found by this look for the first time."""

    __tablename__ = "separation_proof"
    __table_args__ = (
        Index("ix_separation_proof_until", "until"),
        CheckConstraint("scope IN ('NEW','ALL')", name="scope"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(4))
    since: Mapped[datetime | None]
    until: Mapped[datetime]
    tasks: Mapped[int]
    cases: Mapped[int]
    violations: Mapped[int]
    made_at: Mapped[datetime]


class SeparationViolation(Base):
    """Somebody who did (or let pass) what they had to be kept from. other_step: the other half, "" for nearness.

    rule: PAIR, GROUP, PASSED, NEAR, or JOURNAL where row and journal name different people, or the
    journal nobody.
    """

    __tablename__ = "separation_violation"
    __table_args__ = (
        UniqueConstraint("task_id", "rule", "account_id", "other_step"),
        Index("ix_separation_violation_proof_id", "proof_id", "id"),
        CheckConstraint("rule IN ('PAIR','GROUP','PASSED','NEAR','JOURNAL')", name="rule"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    proof_id: Mapped[int] = mapped_column(BigKey, ForeignKey("separation_proof.id"))
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    rule: Mapped[str] = mapped_column(String(8))
    step: Mapped[str] = mapped_column(String(64))
    other_step: Mapped[str] = mapped_column(String(64), default="")
    found_at: Mapped[datetime]
