"""A report that rests on a withdrawn file: its household is verified anew by one click, once.

Who receives assistance is reviewed (NM-12: nobody's help ends by a file), in one campaign with all others of the same
roll whose reports wait; who applied and does not receive gets a new verification. A case that is still open is gone on
with by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased

from domain import journal
from domain.assistance.recipients import ACTIVE, Recipient
from domain.cases import CANCELLED, OPEN, PARKED, Case
from domain.errors import Conflict
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.parties.households import Household
from domain.parties.permissions import must, relation_to_case
from domain.text import gettext as _
from domain.verification import affected
from domain.verification.affected import ReportReview
from domain.work import SCHEDULER, Work
from tasks import campaigns, recipients, starting


@dataclass(frozen=True, slots=True)
class Anew:
    """What verifies a household anew: a case, or the campaign that opens one. title: number or period."""

    ref: str
    title: str
    campaign: bool = False
    over: bool = False


def of(work: Work, refs: Collection[str]) -> dict[str, Anew]:
    """By review, what verifies its household anew since the review was opened, whoever began it. Two statements.

    Uses uq_report_review_ref, ix_cases_household_id, uq_campaign_unit_id and uq_campaign_subject_campaign_id.
    """
    later = aliased(Case)
    cases = (
        select(ReportReview.ref, later.ref, later.number, later.state)
        .join(Case, Case.id == ReportReview.case_id)
        .join(later, (later.household_id == Case.household_id) & (later.programme == Case.programme))
        .where(ReportReview.ref.in_(refs), later.id > Case.id, later.opened_at >= ReportReview.opened_at)
        .where(later.process.in_((starting.PROCESS, campaigns.HOUSEHOLD_PROCESS)), later.state != CANCELLED)
        .order_by(later.id)
    )
    planned = (
        select(ReportReview.ref, Campaign.ref, Campaign.period)
        .join(Case, Case.id == ReportReview.case_id)
        .join(Campaign, (Campaign.unit_id == Case.department_id) & (Campaign.programme == Case.programme))
        .join(CampaignSubject, CampaignSubject.campaign_id == Campaign.id)
        .where(CampaignSubject.household_id == Case.household_id)
        .where(ReportReview.ref.in_(refs), Campaign.opened_at >= ReportReview.opened_at)
        .order_by(Campaign.id)
    )
    made = {review: Anew(ref, period, campaign=True) for review, ref, period in work.session.execute(planned)}
    for review, ref, number, state in work.session.execute(cases):
        made[review] = Anew(ref, number, over=state not in (OPEN, PARKED))
    return made


def start(work: Work, ref: str) -> Anew:
    """Begin the new verification of the household of a review; asked again, it is the one that was begun.

    Raises:
        NotFound: no such review for this actor.
        NotPermitted: not the entrusting department, or a role that may not start one.
        Conflict: the review is closed; its case is still open; this month's review of the roll is there or planned.
    """
    review, case = affected.by_ref(work, ref)
    must(work.actor, "report.review", relation_to_case(work.actor, case))
    # two clicks at one time: the second waits here and finds what the first began
    household = work.session.scalars(
        select(Household).where(Household.id == case.household_id).with_for_update()
    ).one()  # fmt: skip
    known = of(work, [ref]).get(ref)
    if known is not None:
        return known
    if review.state != affected.OPEN:
        raise Conflict(_("This review is closed already."))
    if case.state in (OPEN, PARKED):
        raise Conflict(
            _("The case %(number)s is still open: go on in it, or forward an objection there.", number=case.number)
        )
    receives = select(Recipient.id).where(
        Recipient.household_id == household.id, Recipient.programme == case.programme, Recipient.state == ACTIVE
    )
    if work.session.scalar(receives) is not None:
        made = _reviewed(work, case)
    else:
        opened = starting.start_new(work, household.ref, case.programme)
        made = Anew(opened.ref, opened.number)
    journal.of_case(work, case.ref, "report.verified_anew", review.ref, {"by": made.ref, "campaign": made.campaign})
    return made


def _reviewed(work: Work, case: Case) -> Anew:
    """One campaign for every household of the roll whose report waits: there is at most one a month."""
    period = recipients.must_be_unreviewed(work, case.department_id, case.programme)
    waiting = (
        select(Case.household_id)
        .join(ReportReview, ReportReview.case_id == Case.id)
        .where(ReportReview.state == affected.OPEN, Case.department_id == case.department_id)
        .where(Case.programme == case.programme, Case.state.not_in((OPEN, PARKED)))
    )
    only = {key for key in work.session.scalars(waiting) if key is not None}
    campaign = campaigns.open_campaign(
        work.acting(SCHEDULER), unit_id=case.department_id, programme=case.programme, period=period,
        planned_at=work.now, only=only,
    )  # fmt: skip
    return Anew(campaign.ref, campaign.period, campaign=True)
