"""A campaign's commission: one letter for a whole roll, its persons frozen set by set (BX-25, NM-07)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    BigInteger,
    Date,
    Select,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    table,
    update,
)

from domain import journal, rules
from domain.cases import BATCH_LETTER, Case
from domain.errors import Conflict, NotFound
from domain.files import StoredFile
from domain.parties.households import MEMBER, Person, still_there
from domain.policy_keys.commissions import AUTH_FREE_PURPOSES
from domain.text import gettext as _
from domain.verification.authorisations import holding, required_scope
from domain.verification.commissions import (
    DRAFT,
    SURVIVAL,
    VERIFY,
    Commission,
    CommissionSubject,
    categories_of,
    must_have_letter,
    of_case,
    prepare,
    seal_letter,
)
from domain.verification.offices import of_department
from domain.work import Work

SURVIVAL_CATEGORIES = ("DEATH",)
# Read by column only: oversight rests on verification, so that verification cannot import it.
_ROLL = table("campaign_subject", column("campaign_id"), column("household_id"))
_COLUMNS = ["commission_id", "purpose", "commissioned_on", "person_id", "authorisation_id", "signed_on"]


@dataclass(frozen=True, slots=True)
class BatchIssued:
    """The letters of a campaign: None where nobody falls under it. Counts are persons."""

    verify: Commission | None
    survival: Commission | None
    authorised: int
    unauthorised: int


def letter_case(work: Work, campaign_id: int) -> Case:
    """The case that carries a campaign's letter. Raises NotFound."""
    found = work.session.scalars(
        select(Case).where(Case.campaign_id == campaign_id, Case.kind == BATCH_LETTER).order_by(Case.id.desc())
    ).first()
    if found is None:
        raise NotFound(_("This campaign has no letter yet."))
    return found


def issue_batch(
    work: Work,
    campaign_id: int,
    *,
    signed_on: date,
    letter: StoredFile | None,
    categories: Iterable[str] | None = None,
    by: int | None = None,
) -> BatchIssued:
    """Issue a campaign's commission for everybody on its frozen roll, in a fixed number of statements.

    Members with a valid authorisation are verified; those without stay out of it and are only asked for survival,
    where the rules allow that without authorisation (BX-16).
    categories: None for those of the draft, or of the letter that was refused.

    Raises as `commissions.issue` does; Conflict also when the roll holds nobody to ask about.
    """
    case = letter_case(work, campaign_id)
    signatory = of_department(work, case, by)
    paper = must_have_letter(work, case, signed_on, letter)
    verify = _verify_draft(work, case, categories, signatory.id)
    authorised = _freeze(work, verify, signed_on, _authorised(work, case, signed_on))
    others = _count(work, _members(work, case)) - authorised
    survival = None
    if others and SURVIVAL in rules.of_case(work, case).value(AUTH_FREE_PURPOSES):
        survival = prepare(work, case, categories=SURVIVAL_CATEGORIES, purpose=SURVIVAL, by=signatory.id)
        _freeze(work, survival, signed_on, _others(work, case, verify))
        seal_letter(work, case, survival, paper, signatory.id)
    if authorised:
        seal_letter(work, case, verify, paper, signatory.id)
    elif survival is None:
        raise Conflict(_("Nobody on this roll has authorised a query; there is nothing to commission."), clause="NM-07")
    work.session.execute(  # the agency may see the cases from now on; one statement, uses uq_cases_campaign_id
        update(Case)
        .where(Case.campaign_id == campaign_id, Case.commissioned_at.is_(None))
        .values(commissioned_at=work.now)
    )
    counts = {"authorised": authorised, "unauthorised": others}
    journal.of_case(work, case.ref, "commission.batch_issued", case.ref, counts)
    return BatchIssued(verify if authorised else None, survival, authorised, others)


def _verify_draft(work: Work, case: Case, categories: Iterable[str] | None, by: int) -> Commission:
    """The drafted letter, or after a refusal a new attempt at it."""
    earlier = [letter for letter in of_case(work, case) if letter.purpose == VERIFY]
    if categories is None and earlier and earlier[0].state == DRAFT:
        return earlier[0]
    if categories is None and not earlier:
        raise Conflict(_("No commission is prepared for this case. Prepare it first."), case=case.ref)
    wanted = categories if categories is not None else categories_of(work, earlier[0])
    return prepare(work, case, categories=wanted, by=by)


def _members(work: Work, case: Case) -> Select[int]:
    """Every member of every household on the campaign's roll."""
    return (
        select(Person.id)
        .join(_ROLL, _ROLL.c.household_id == Person.household_id)
        .where(_ROLL.c.campaign_id == case.campaign_id, Person.kind == MEMBER, still_there(work.today))
    )


def _authorised(work: Work, case: Case, signed_on: date) -> Select[int, int | None, date | None]:
    held = holding(work.today, signed_by=signed_on, scope=required_scope(work, case)).subquery()
    members = _members(work, case).subquery()
    return select(members.c.id, held.c.id, held.c.signed_on).join(held, held.c.person_id == members.c.id)


def _others(work: Work, case: Case, verify: Commission) -> Select[int, int | None, date | None]:
    named = select(CommissionSubject.person_id).where(CommissionSubject.commission_id == verify.id)
    members = _members(work, case).subquery()
    return select(members.c.id, cast(null(), BigInteger).label("held"), cast(null(), Date).label("day")).where(
        members.c.id.not_in(named)
    )


def _freeze(work: Work, draft: Commission, signed_on: date, people: Select[int, int | None, date | None]) -> int:
    """Name these people in the draft, in place of any named before; how many they are."""
    work.session.execute(delete(CommissionSubject).where(CommissionSubject.commission_id == draft.id))
    draft.commissioned_on = signed_on
    work.session.flush()
    rows = people.subquery()
    kept = CommissionSubject.__table__.c
    head = (literal(draft.id, kept.commission_id.type), literal(draft.purpose), literal(signed_on, kept.signed_on.type))
    work.session.execute(insert(CommissionSubject).from_select(_COLUMNS, select(*head, *rows.c)))
    named = select(CommissionSubject.id).where(CommissionSubject.commission_id == draft.id)
    return _count(work, named)


def _count(work: Work, rows: Select[int]) -> int:
    return work.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
