"""Lists of reports and of campaign units for pages, scoped to the actor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, func, select

from domain.cases import BATCH_LETTER, DYNAMIC, Case
from domain.errors import NotFound
from domain.oversight.campaigns import Campaign
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.households import Person
from domain.text import gettext as _
from domain.verification.commissions import Commission
from domain.verification.reports import Report, ReportAccess
from domain.work import Work
from tasks import campaigns
from tasks.campaigns import CampaignRow
from tasks.rows.models import OPEN, HumanTask


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of the list of reports (household is S3)."""

    ref: str
    number: str
    kind: str
    version: int
    state: str
    case_ref: str
    case_number: str
    household: str = field(repr=False)
    at: datetime
    signed: bool


def report_rows(work: Work, limit: int = 100) -> list[ReportRow]:
    """Reports the actor may read, newest first: the agency's in its work, the department's once delivered (LN-09)."""
    office = permissions.DEPARTMENT if work.actor.org_kind == "department" else permissions.AGENCY
    if not permissions.may(work.actor, "report.read", office, "DELIVERED"):
        return []
    wanted = (
        select(Report, Case.ref, Case.number, Person)
        .join(Case, Case.id == Report.case_id)
        .join(Person, and_(Person.household_id == Case.household_id, Person.position == 0), isouter=True)
        .where(permissions.case_scope(work.actor))
        .order_by(func.coalesce(Report.delivered_at, Report.signed_at, Report.drafted_at).desc(), Report.id.desc())
        .limit(limit)
    )
    if office == permissions.DEPARTMENT:
        wanted = wanted.where(Report.delivered_at.is_not(None))
    return [
        ReportRow(
            one.ref, one.number or "", one.kind, one.version,
            "DELIVERED" if one.delivered_at is not None else one.state, case_ref, number,
            _name(work, person),
            one.delivered_at or one.signed_at or one.drafted_at, one.canonical is not None,
        )
        for one, case_ref, number, person in work.session.execute(wanted)
    ]  # fmt: skip


def _name(work: Work, person: Person | None) -> str:
    return "" if person is None else work.home.vault.open("person.name", person.ref, person.name)


def copies(work: Work, report: Report) -> list[tuple[datetime, str, str]]:
    """Who took a copy, when, for which purpose (LN-29; the purpose is S3)."""
    rows = work.session.execute(
        select(ReportAccess, Account.name)
        .join(Account, Account.id == ReportAccess.account_id)
        .where(ReportAccess.report_id == report.id)
        .order_by(ReportAccess.id.desc())
        .limit(50)
    )
    vault = work.home.vault
    return [(one.at, who, vault.open("report_access.purpose", one.ref, one.purpose)) for one, who in rows]


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """One campaign: its figures, its letter, who still has to do what, and how the rest went down day by day."""

    row: CampaignRow
    letter_case: str
    letter_number: str
    letter_state: str
    steps: Sequence[tuple[str, str, int, int]]
    closed: Sequence[tuple[datetime, int]]
    without: int


def campaign_page(work: Work, ref: str) -> CampaignPage:
    """One campaign of the actor's scope. Raises NotFound, NotPermitted."""
    row = next((one for one in campaigns.listed(work) if one.ref == ref), None)
    if row is None:
        raise NotFound(_("There is no such campaign for you."))
    campaign = work.session.scalars(select(Campaign).where(Campaign.ref == ref)).one()
    letter = work.session.execute(
        # an agency reads the letter's case from its issue on
        select(Case, Commission.number, Commission.state, permissions.case_scope(work.actor))
        .join(Commission, Commission.campaign_id == Case.campaign_id, isouter=True)
        .where(Case.campaign_id == campaign.id, Case.kind == BATCH_LETTER)
        .order_by(Commission.id.desc())
        .limit(1)
    ).first()
    late = and_(HumanTask.due_at.is_not(None), HumanTask.due_at < work.now)
    steps = work.session.execute(
        select(HumanTask.name, HumanTask.name_en, func.count(), func.count().filter(late))
        .join(Case, Case.id == HumanTask.case_id)
        .where(Case.campaign_id == campaign.id, HumanTask.state.in_(OPEN))
        .group_by(HumanTask.name, HumanTask.name_en)
        .order_by(func.count().desc())
    ).all()
    closed = work.session.execute(
        select(Case.closed_at, func.count())
        .where(Case.campaign_id == campaign.id, Case.kind == DYNAMIC, Case.closed_at.is_not(None))
        .group_by(Case.closed_at)
        .order_by(Case.closed_at)
    ).all()
    waiting = work.session.scalar(
        select(func.count())
        .select_from(HumanTask)
        .join(Case, Case.id == HumanTask.case_id)
        .where(Case.campaign_id == campaign.id, HumanTask.state.in_(OPEN), HumanTask.step_id == "collect")
    )
    return CampaignPage(
        row=row,
        letter_case=letter[0].ref if letter is not None and letter[3] else "",
        letter_number=(letter[1] or "") if letter is not None else "",
        letter_state=(letter[2] or "") if letter is not None else "",
        steps=[(name, name_en, count, overdue) for name, name_en, count, overdue in steps],
        closed=[(at, count) for at, count in closed if at is not None],
        without=waiting or 0,
    )
