"""What the pages of recipients show: letters in force with their comparisons, and what waits for a review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, false, func, select

from domain.cases import Case
from domain.oversight.campaigns import Campaign
from domain.parties import permissions
from domain.verification.commission_rows import STANDING, Commission, CommissionSubject
from domain.verification.deliveries import Delivery, Resource
from domain.verification.recipient_doubts import scope
from domain.verification.recipient_rows import REVIEW, RecipientCheck, RecipientDoubt
from domain.work import Actor, Work

MOST = 100


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A standing letter. case: ref of the case that carries it; named: people it names."""

    number: str | None
    case: str
    programme: str
    state: str
    valid_from: date | None
    valid_until: date | None
    named: int


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A delivery compared with recipients; counts as `RecipientCheck`."""

    delivery: str
    resource: str
    category: str
    data_date: date
    programme: str
    state: str
    households: int
    persons: int
    left_out: int
    found: int
    doubts: int
    spared: int
    begun_at: datetime


def letters(work: Work) -> list[LetterRow]:
    """The standing letters of the actor's department, the newest first. Uses ix_commission_standing."""
    named = (
        select(func.count()).where(CommissionSubject.commission_id == Commission.id).correlate(Commission)
    ).scalar_subquery()
    rows = work.session.execute(
        select(Commission, Case.ref, named)
        .join(Case, Case.id == Commission.case_id)
        .where(Commission.purpose == STANDING, Commission.department_id == work.actor.org_id)
        .order_by(Commission.id.desc())
        .limit(MOST)
    )
    return [
        LetterRow(one.number, case, one.programme, one.state, one.valid_from, one.valid_until, count)
        for one, case, count in rows
    ]


def checks(work: Work) -> list[CheckRow]:
    """Deliveries compared with the recipients of the actor's department, the newest first.

    Uses ix_recipient_check_unit_id.
    """
    rows = work.session.execute(
        select(RecipientCheck, Delivery, Resource, Commission.programme)
        .join(Delivery, Delivery.id == RecipientCheck.delivery_id)
        .join(Resource, Resource.id == Delivery.resource_id)
        .join(Commission, Commission.id == RecipientCheck.commission_id)
        .where(_own(work.actor))
        .order_by(RecipientCheck.id.desc())
        .limit(MOST)
    )
    return [
        CheckRow(
            delivery.ref, resource.code, resource.category, delivery.data_date, programme, one.state, one.households,
            one.persons, one.left_out, one.found, one.doubts, one.spared, one.begun_at,
        )
        for one, delivery, resource, programme in rows
    ]  # fmt: skip


def to_review(work: Work) -> dict[str, int]:
    """By programme, households of the actor's roll whose doubts proved true and wait for a review.

    Uses ix_recipient_doubt_review.
    """
    rows = work.session.execute(
        select(RecipientDoubt.programme, func.count(RecipientDoubt.household_id.distinct()))
        .where(scope(work.actor), RecipientDoubt.unit_id == work.actor.org_id)
        .where(RecipientDoubt.finding == "TRUE", RecipientDoubt.campaign_id.is_(None))
        .where(RecipientDoubt.measure == REVIEW)
        .group_by(RecipientDoubt.programme)
    )
    return {programme: count for programme, count in rows}  # noqa: C416  dict() takes a Result for a mapping


def campaign_of(work: Work, key: int | None) -> str:
    """Ref of the review that was opened of a doubt, "" while there is none."""
    found = work.session.get(Campaign, key) if key is not None else None
    return found.ref if found is not None else ""


def _own(actor: Actor) -> ColumnElement[bool]:
    if not permissions.may(actor, "recipient_doubt.read", permissions.DEPARTMENT) or actor.org_kind != "department":
        return false()
    return RecipientCheck.unit_id == actor.org_id
