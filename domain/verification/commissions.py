"""Commissions (DOC-02): the written order of a department to a verification agency. No letter, no start.

Its rows, and what they hold even against raw SQL, stand in `commission_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, or_, select

from domain import journal, numbers, rules
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import households
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.policy_keys.commissions import AUTH_FREE_PURPOSES
from domain.text import gettext as _
from domain.verification import authorisations, catalogue, catalogue_use, targets
from domain.verification.authorisations import NARROW, Held, required_scope
from domain.verification.commission_rows import (
    ACCEPTED,
    AUTH_FREE,
    DRAFT,
    IDENTITY,
    IDENTITY_CATEGORIES,
    ISSUED,
    REFUSED,
    SURVIVAL,
    VERIFY,
    Acceptance,
    Commission,
    CommissionCategory,
    CommissionSubject,
)
from domain.verification.offices import of_department
from domain.work import Work


@dataclass(frozen=True, slots=True)
class _Named:
    """Members and what is wrong with each, read in the language bound when it is shown."""

    lines: Sequence[tuple[str, object]] = field(repr=False)

    def __str__(self) -> str:
        return "; ".join(f"{name}: {why}" for name, why in self.lines)


def by_ref(work: Work, ref: str) -> Commission:
    """The commission with this reference. Raises NotFound."""
    found = work.session.scalars(select(Commission).where(Commission.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such commission."))
    return found


def of_case(work: Work, case: Case, *states: str) -> Sequence[Commission]:
    """The case's own commissions in these states (none: in all), newest attempt first."""
    wanted = select(Commission).where(Commission.case_id == case.id).order_by(Commission.id.desc())
    return work.session.scalars(wanted.where(Commission.state.in_(states)) if states else wanted).all()


def accepted(work: Work, case: Case) -> Sequence[Commission]:
    """The accepted commissions a case may query under, its own or its campaign's; purpose VERIFY first."""
    mine = Commission.case_id == case.id
    if case.campaign_id is not None:
        mine = or_(mine, Commission.campaign_id == case.campaign_id)
    found = work.session.scalars(
        select(Commission).where(mine, Commission.state == ACCEPTED).order_by(Commission.id.desc())
    ).all()
    return sorted(found, key=lambda commission: commission.purpose != VERIFY)


def must_be_accepted(work: Work, case: Case) -> Commission:
    """The accepted commission of a case. Raises Conflict: no commission, no verification (LF-16, BX-17)."""
    found = accepted(work, case)
    if not found:
        raise Conflict(
            _("No query may start: the commission of this case has not been accepted (LF-16)."),
            clause="LF-16",
            case=case.ref,
        )
    return found[0]


def categories_of(work: Work, commission: Commission) -> tuple[str, ...]:
    """What the letter asks for; a report holds this and no more (LN-28)."""
    return tuple(
        work.session.scalars(
            select(CommissionCategory.category)
            .where(CommissionCategory.commission_id == commission.id)
            .order_by(CommissionCategory.id)
        )
    )


def subjects_of(work: Work, commission: Commission, household: Household) -> Sequence[Person]:
    """The people of a household whom the letter names (LN-28). Uses uq_commission_subject_commission_id_person_id."""
    return work.session.scalars(
        select(Person)
        .join(CommissionSubject, CommissionSubject.person_id == Person.id)
        .where(CommissionSubject.commission_id == commission.id, Person.household_id == household.id)
        .order_by(Person.position, Person.id)
    ).all()


def askable(work: Work, case: Case, commission: Commission, household: Household) -> list[Person]:
    """The named people who may be asked about today: whose authorisation still holds (BX-11, before each query)."""
    named = subjects_of(work, commission, household)
    if commission.purpose != VERIFY:
        return list(named)
    scope = required_scope(work, case)
    day = commission.commissioned_on
    return [p for p in named if authorisations.in_force(work, p, work.today, signed_by=day, scope=scope) is not None]


def prepare(
    work: Work,
    case: Case,
    *,
    categories: Iterable[str],
    purpose: str = VERIFY,
    basis: str = "",
    by: int | None = None,
    fields: Mapping[str, Sequence[str]] | None = None,
) -> Commission:
    """Draft the commission of a case, or draft it anew after a refusal: each attempt is kept (BX-17).

    by: the preparing account, None for the actor. The scheduler may draft a campaign's letter (BX-25).
    fields: category -> codes of the fields it asks for, where not for all that is agreed (LF-30; held at issue).

    Raises:
        NotPermitted: not of the case's department.
        Conflict: one was issued or accepted already; the purpose needs authorisation here or admits identity
            categories only (BX-16).
        InvalidAnswers: no category, or one outside the catalogue; no legal basis of another unit (LN-37).
    """
    drafted_by_us = work.actor.kind == "scheduler" and case.campaign_id is not None
    account = None if drafted_by_us else of_department(work, case, by)
    wanted = tuple(dict.fromkeys(categories))
    _must_be_admissible(work, case, purpose, wanted)
    if account is not None:
        targets.must_have_basis(work, case, basis)
    draft = _draft(work, case, purpose)
    draft.basis = basis
    draft.prepared_by = account.id if account is not None else None
    work.session.add(draft)
    work.session.flush()
    write_categories(work, draft, wanted, fields or {})
    journal.of_case(work, case.ref, "commission.prepared", draft.ref, {"attempt": draft.attempt, "purpose": purpose})
    return draft


def issue(
    work: Work,
    case: Case,
    *,
    signed_on: date,
    letter: StoredFile | None,
    by: int | None = None,
    also: Sequence[Person] = (),
    called: catalogue_use.FieldName | None = None,
) -> Commission:
    """Issue the prepared commission: freeze persons and categories under the signed letter.

    by: the signatory's account, None for the actor. also: supporters named beside the members, authorised alike.
    called: what a field is called, for a refusal that names fields.

    Raises:
        NotPermitted: not of the case's department.
        Conflict: nothing is prepared; the letter is missing (BX-12); a member has no authorisation, or a later
            one (BX-11), or none wide enough (BX-15, reason_code AUTH_SCOPE): each is named; a field is asked for
            that no sharing agreement covers (LF-30).
        InvalidAnswers: signed in the future.
    """
    signatory = of_department(work, case, by)
    drafts = of_case(work, case, DRAFT)
    if not drafts:
        raise Conflict(_("No commission is prepared for this case. Prepare it first."), case=case.ref)
    draft = drafts[0]
    paper = must_have_letter(work, case, signed_on, letter)
    household = households.by_id(work, case.household_id)
    lines = _lines(work, case, household, draft.purpose, signed_on, also)
    rows = [subject_row(draft, signed_on, line) for line in lines]
    draft.commissioned_on = signed_on
    work.session.flush()
    work.session.execute(delete(CommissionSubject).where(CommissionSubject.commission_id == draft.id))
    work.session.execute(insert(CommissionSubject), rows)
    seal_letter(work, case, draft, paper, signatory.id, called)
    return draft


def must_have_letter(work: Work, case: Case, signed_on: date, letter: StoredFile | None) -> StoredFile:
    """The letter of a commission (BX-12). Raises Conflict, InvalidAnswers, NotFound for another case's file."""
    if letter is None:
        raise Conflict(_("Add the signed commission letter: nothing is verified without it (BX-12)."), clause="BX-12")
    if letter.case_id not in (None, case.id):
        raise NotFound(_("There is no such file in this case."))
    if signed_on > work.today:
        raise InvalidAnswers({"signed_on": _("A commission cannot be signed in the future.")})
    return letter


def seal_letter(
    work: Work, case: Case, draft: Commission, letter: StoredFile, signatory_id: int,
    called: catalogue_use.FieldName | None = None,
) -> None:  # fmt: skip
    """Number the letter and issue it; from here on nothing of it changes.

    Raises Conflict: it asks for a field that no source's agreement covers (LF-30), or goes to an agency of another
    level than the rules say (LF-18). InvalidAnswers: another unit's letter names no law (LN-37).
    """
    targets.must_have_basis(work, case, draft.basis)
    targets.must_be_entrusted(work, case, draft)
    wanted = fields_of(work, draft)
    if any(wanted.values()):
        agency = work.session.get_one(Organisation, draft.agency_id)
        offered = catalogue.reachable(work, agency, wanted)
        catalogue_use.must_be_agreed(work, wanted, offered, called or catalogue_use.in_words)
    office = work.session.get_one(Organisation, case.department_id)
    value = numbers.take(work, office.id, "commission")
    draft.number = numbers.document_number(f"{office.mark}委", work.today.year, value)
    draft.letter_id = letter.id
    draft.signatory_id = signatory_id
    draft.issued_at = work.now
    draft.state = ISSUED
    if case.commissioned_at is None:
        case.commissioned_at = work.now
    work.session.flush()
    work.session.expire(draft, ["subjects", "categories"])
    body: dict[str, Any] = {"attempt": draft.attempt, "purpose": draft.purpose}
    if draft.purpose in AUTH_FREE:
        body["no_auth_basis"] = "BX-16"
    journal.of_case(work, case.ref, "commission.issued", draft.ref, body)


def write_categories(
    work: Work, draft: Commission, categories: Iterable[str], fields: Mapping[str, Sequence[str]]
) -> None:
    """The categories of a draft with the fields asked for, in place of those it had."""
    work.session.execute(delete(CommissionCategory).where(CommissionCategory.commission_id == draft.id))
    rows = [
        {
            "commission_id": draft.id,
            "purpose": draft.purpose,
            "category": code,
            "fields": " ".join(dict.fromkeys(fields.get(code, ()))),
        }
        for code in categories
    ]
    work.session.execute(insert(CommissionCategory), rows)


def fields_of(work: Work, commission: Commission) -> dict[str, tuple[str, ...]]:
    """Category -> the fields the letter asks for, empty for all that is agreed."""
    rows = work.session.execute(
        select(CommissionCategory.category, CommissionCategory.fields)
        .where(CommissionCategory.commission_id == commission.id)
        .order_by(CommissionCategory.id)
    )
    return {category: tuple(said.split()) for category, said in rows}


def subject_row(draft: Commission, signed_on: date, line: Held) -> dict[str, Any]:
    """One named person as a row; a commission free of authorisation carries none (BX-16)."""
    held = line.authorisation if draft.purpose == VERIFY else None
    return {
        "commission_id": draft.id,
        "person_id": line.person.id,
        "purpose": draft.purpose,
        "commissioned_on": signed_on,
        "authorisation_id": held.id if held is not None else None,
        "signed_on": held.signed_on if held is not None else None,
    }


def _lines(
    work: Work, case: Case, household: Household, purpose: str, signed_on: date, also: Sequence[Person]
) -> list[Held]:
    people = [*households.members(work, household), *also]
    if purpose != VERIFY:
        return [Held(person, None, "") for person in people]
    scope = required_scope(work, case)
    lines = [authorisations.held(work, person, work.today, signed_by=signed_on, scope=scope) for person in people]
    missing = [line for line in lines if line.authorisation is None]
    if missing:
        narrow = all(line.why == NARROW for line in missing)
        named = _Named([(households.name_of(work, line.person), line.sentence) for line in missing])
        raise Conflict(
            _("The commission cannot be issued; authorise first. %(members)s", members=named),
            clause="BX-15" if narrow else "BX-11",
            reason_code=NARROW if narrow else "AUTH_MISSING",
            persons=[line.person.ref for line in missing],
        )
    return lines


def _must_be_admissible(work: Work, case: Case, purpose: str, categories: Sequence[str]) -> None:
    if purpose not in (VERIFY, *AUTH_FREE):
        raise InvalidAnswers({"purpose": _("Choose the purpose of the commission.")})
    unknown = set(categories) - set(rules.current(work).categories)
    if not categories or unknown:
        raise InvalidAnswers({"categories": _("Choose at least one category, from the catalogue only.")})
    if purpose == VERIFY:
        return
    if purpose not in rules.of_case(work, case).value(AUTH_FREE_PURPOSES):
        raise Conflict(_("Here no purpose is free of authorisation; every member authorises first."), clause="BX-16")
    if not set(categories) <= set(IDENTITY_CATEGORIES):
        raise Conflict(
            _("Without authorisation only death, identity and the validity of documents may be asked (BX-16)."),
            clause="BX-16",
        )


def _draft(work: Work, case: Case, purpose: str) -> Commission:
    """The open draft of this purpose, or a new attempt."""
    earlier = [commission for commission in of_case(work, case) if commission.purpose == purpose]
    for commission in earlier:
        if commission.state == DRAFT:
            return commission
        if commission.state != REFUSED:
            raise Conflict(_("This case has a commission already; it cannot be commissioned again."), case=case.ref)
    return Commission(
        case_id=case.id,
        attempt=len(earlier) + 1,
        household_id=case.household_id,
        campaign_id=case.campaign_id,
        department_id=case.department_id,
        agency_id=case.agency_id,
        programme=case.programme,
        purpose=purpose,
        state=DRAFT,
    )


__all__ = [
    "ACCEPTED", "AUTH_FREE", "DRAFT", "IDENTITY", "IDENTITY_CATEGORIES", "ISSUED", "REFUSED", "SURVIVAL", "VERIFY",
    "Acceptance", "Commission", "CommissionCategory", "CommissionSubject",
]  # fmt: skip
