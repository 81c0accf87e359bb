"""Review campaigns: one a unit, programme and period, opened by the scheduler exactly once (BX-22, BX-23)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref


class Campaign(Base):
    """A review of one roll. OPENING while cases are being opened, RUNNING, then DONE."""

    __tablename__ = "campaign"
    __table_args__ = (
        UniqueConstraint("unit_id", "programme", "period"),
        CheckConstraint("state IN ('OPENING','RUNNING','DONE')", name="state"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    period: Mapped[str] = mapped_column(String(7))  # 2027-06
    programme: Mapped[Code]
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    agency_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(12), default="OPENING")
    planned_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    output_due_at: Mapped[datetime]
    households: Mapped[int] = mapped_column(default=0)
    accepted_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]


class CampaignSubject(Base):
    """A household of the frozen roll; `opened` turns true in the transaction that opens its case."""

    __tablename__ = "campaign_subject"
    __table_args__ = (
        UniqueConstraint("campaign_id", "household_id"),
        Index("ix_campaign_subject_open", "campaign_id", "opened", "id"),
    )

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(BigKey, ForeignKey("campaign.id"))
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    opened: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str | None] = mapped_column(String(12))  # STOP, ADJUST, CONTINUE
