"""Standing letters: a department orders its agency, for a period, to compare what is delivered with recipients (CK-18).

Drafted by one, signed by another, checked by the agency like any commission (BX-12, LF-19). The people are frozen at
issue, each with the authorisation that holds (BX-11); whoever signs later needs another letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Date, Integer, Select, column, delete, func, insert, literal, select, table

from domain import journal, rules
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers
from domain.files import StoredFile
from domain.parties.households import MEMBER, Person, still_there
from domain.policy_keys.reviews import STANDING_LETTER_MONTHS
from domain.text import gettext as _
from domain.verification import commissions
from domain.verification.authorisations import holding, required_scope
from domain.verification.commission_rows import (
    ACCEPTED,
    DRAFT,
    REFUSED,
    STANDING,
    Commission,
    CommissionCategory,
    CommissionSubject,
)
from domain.verification.offices import of_department
from domain.work import Work
from domain.workdays import add_months

# Read by column only: assistance rests on verification, so that verification cannot import it.
ROLL = table("recipient", column("household_id"), column("unit_id"), column("programme"), column("state"))
_COLUMNS = ["commission_id", "purpose", "commissioned_on", "person_id", "authorisation_id", "signed_on"]


def prepare(
    work: Work,
    case: Case,
    *,
    categories: Iterable[str],
    valid_from: date,
    valid_until: date,
    basis: str,
    by: int | None = None,
) -> Commission:
    """Draft the standing letter of a case, or draft it anew after a refusal: each attempt is kept (BX-17).

    by: the preparing account, None for the actor.

    Raises:
        NotPermitted: not of the case's department. Conflict: one was issued or accepted already.
        InvalidAnswers: no category or one outside the catalogue; a period that is over, backwards or too long.
    """
    account = of_department(work, case, by)
    wanted = tuple(dict.fromkeys(categories))
    longest = rules.of_case(work, case).value(STANDING_LETTER_MONTHS)
    _must_be_sound(work, wanted, valid_from, valid_until, longest)
    draft = _draft(work, case)
    draft.basis, draft.prepared_by = basis, account.id
    draft.valid_from, draft.valid_until = valid_from, valid_until
    work.session.add(draft)
    work.session.flush()
    commissions.write_categories(work, draft, wanted, {})
    body = {"attempt": draft.attempt, "purpose": STANDING}
    journal.of_case(work, case.ref, "commission.prepared", draft.ref, body)
    return draft


def issue(
    work: Work, case: Case, *, signed_on: date, letter: StoredFile | None, by: int | None = None
) -> tuple[Commission, int]:
    """Issue the drafted letter and freeze everybody on the roll whose authorisation holds; how many they are.

    Raises:
        NotPermitted: not of the department, or the drafter (LF-19). InvalidAnswers: signed in the future.
        Conflict: nothing is drafted, the letter is missing (BX-12), or nobody on the roll has authorised (NM-07).
    """
    signatory = of_department(work, case, by)
    drafts = of_case(work, case, DRAFT)
    if not drafts:
        raise Conflict(_("No commission is prepared for this case. Prepare it first."), case=case.ref)
    draft = drafts[0]
    if signatory.id == draft.prepared_by:
        raise Conflict(_("Who drafted a standing letter does not sign it."), clause="LF-19", case=case.ref)
    paper = commissions.must_have_letter(work, case, signed_on, letter)
    named = _freeze(work, case, draft, signed_on)
    if not named:
        raise Conflict(_("Nobody on this roll has authorised a query; there is nothing to commission."), clause="NM-07")
    commissions.seal_letter(work, case, draft, paper, signatory.id)
    return draft, named


def in_force(work: Work, on: date, *, category: str | None = None, unit_id: int | None = None) -> Sequence[Commission]:
    """The accepted standing letters whose period holds `on`, that ask for a category, of a department; oldest first.

    Uses ix_commission_standing (few rows a department) and uq_commission_category_commission_id_category.
    """
    wanted = select(Commission).where(
        Commission.purpose == STANDING,
        Commission.state == ACCEPTED,
        Commission.valid_from <= on,
        Commission.valid_until >= on,
    )
    if category is not None:
        asked = select(CommissionCategory.commission_id).where(CommissionCategory.category == category)
        wanted = wanted.where(Commission.id.in_(asked))
    if unit_id is not None:
        wanted = wanted.where(Commission.department_id == unit_id)
    return work.session.scalars(wanted.order_by(Commission.id)).all()


def holds(letter: Commission, on: date) -> bool:
    """Whether the letter is in force on a day."""
    begun = letter.valid_from is not None and letter.valid_from <= on
    return letter.state == ACCEPTED and begun and letter.valid_until is not None and on <= letter.valid_until


def _freeze(work: Work, case: Case, draft: Commission, signed_on: date) -> int:
    """Name everybody who authorised by that day, in place of any named before; one INSERT … SELECT."""
    work.session.execute(delete(CommissionSubject).where(CommissionSubject.commission_id == draft.id))
    draft.commissioned_on = signed_on
    work.session.flush()
    rows = _authorised(work, case, signed_on).subquery()
    head = (literal(draft.id, Integer()), literal(STANDING), literal(signed_on, Date()))
    work.session.execute(insert(CommissionSubject).from_select(_COLUMNS, select(*head, *rows.c)))
    named = select(func.count()).where(CommissionSubject.commission_id == draft.id)
    return work.session.scalar(named) or 0


def _authorised(work: Work, case: Case, signed_on: date) -> Select[int, int, date]:
    held = holding(work.today, signed_by=signed_on, scope=required_scope(work, case)).subquery()
    members = (
        select(Person.id)
        .join(ROLL, ROLL.c.household_id == Person.household_id)
        .where(ROLL.c.unit_id == case.department_id, ROLL.c.programme == case.programme, ROLL.c.state == "ACTIVE")
        .where(Person.kind == MEMBER, still_there(work.today))
        .subquery()
    )
    return select(members.c.id, held.c.id, held.c.signed_on).join(held, held.c.person_id == members.c.id)


def _must_be_sound(work: Work, categories: Sequence[str], first: date, last: date, longest: int) -> None:
    faults: dict[str, object] = {}
    if not categories or set(categories) - set(rules.current(work).categories):
        faults["categories"] = _("Choose at least one category, from the catalogue only.")
    if last < work.today:
        faults["valid_until"] = _("This period is over.")
    elif last < first:
        faults["valid_until"] = _("The last day lies before the first.")
    elif last >= add_months(first, longest):
        faults["valid_until"] = _("A standing letter holds for %(months)s months at most.", months=longest)
    if faults:
        raise InvalidAnswers(faults)


def of_case(work: Work, case: Case, *states: str) -> list[Commission]:
    """The standing letters of a case in these states (none: in all), the newest attempt first."""
    return [one for one in commissions.of_case(work, case, *states) if one.purpose == STANDING]


def _draft(work: Work, case: Case) -> Commission:
    newest = next(iter(of_case(work, case)), None)
    if newest is not None and newest.state == DRAFT:
        return newest
    if newest is not None and newest.state != REFUSED:
        raise Conflict(_("This case has a commission already; it cannot be commissioned again."), case=case.ref)
    return Commission(
        case_id=case.id,
        attempt=newest.attempt + 1 if newest is not None else 1,
        department_id=case.department_id,
        agency_id=case.agency_id,
        programme=case.programme,
        purpose=STANDING,
        state=DRAFT,
    )
