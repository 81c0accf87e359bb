"""Review campaigns: one a unit, programme and period, opened by the scheduler exactly once (BX-22, BX-23)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import agenda, journal
from domain.base import Base, BigKey, Code, Key, Ref
from domain.errors import NotFound
from domain.text import gettext as _
from domain.work import Work

ACCEPTED = "commission_accepted"  # the message that a campaign's cases wait for; correlation: the campaign's ref


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


def by_ref(work: Work, ref: str) -> Campaign:
    """The campaign with this reference. Raises NotFound."""
    found = work.session.scalars(select(Campaign).where(Campaign.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such campaign."))
    return found


def release(work: Work, campaign: Campaign) -> None:
    """The agency accepted the batch letter: its cases may go on. Unsigned and unaccepted, none can (LF-16)."""
    campaign.accepted_at = work.now
    journal.record(work, "campaign.released", campaign.ref, {}, stream=("campaign", campaign.ref))
    plan_release(work, campaign, "first")


def plan_release(work: Work, campaign: Campaign, which: str) -> None:
    """Plan telling the waiting cases, in chunks; `which` keeps the chunks' keys apart."""
    agenda.put(work, "campaign.release", f"campaign.release:{campaign.ref}:{which}", work.now, subject=campaign.ref)


def catch_up(work: Work, campaign_id: int, which: str) -> None:
    """Plan the release for a case that begins to wait after its campaign was accepted.

    The campaign's row is locked for sharing: whoever accepts at this moment is either waited for and seen here, or
    waits for this case and finds it among those to tell. Without that a case could wait for ever.
    """
    campaign = work.session.scalars(
        select(Campaign)
        .where(Campaign.id == campaign_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()
    if campaign.accepted_at is not None:
        plan_release(work, campaign, which)


def mark_overdue(work: Work, campaign: Campaign) -> None:
    """The month has ended and no letter was accepted (BX-22): journalled once; the page shows it from the dates.

    A letter that comes back for correction after the month's end meets the same limit again.
    """
    if journal.knows(work, "campaign.overdue", stream=("campaign", campaign.ref)):
        return
    body = {"period": campaign.period, "programme": campaign.programme}
    journal.record(work, "campaign.overdue", campaign.ref, body, stream=("campaign", campaign.ref))
