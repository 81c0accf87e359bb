"""Collecting authorisations (DOC-01): who signs, what must be given with it, and what is warned of (BX-13, BX-15)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from domain import journal, numbers, rules
from domain.base import new_ref
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound, NotPermitted
from domain.files import StoredFile
from domain.parties import households
from domain.parties.households import Guardian, Household, Person
from domain.parties.organisations import Organisation
from domain.policy_keys.commissions import AUTH_TERM, GUARDIAN_REQUIRED_FOR, GUARDIAN_REQUIRED_UNDER_AGE
from domain.text import Text
from domain.text import gettext as _
from domain.verification.authorisations import (
    GUARDIAN,
    SCOPES,
    SELF,
    UNTIL_RULES,
    WIDEST,
    Authorisation,
    required_scope,
    wide_enough,
)
from domain.work import Work
from domain.workdays import last_day


@dataclass(frozen=True, slots=True)
class Collected:
    """An authorisation just recorded; `warning` says why no commission can rest on it (BX-15), or is None."""

    authorisation: Authorisation
    warning: Text | None


def collect(
    work: Work,
    case: Case,
    person: Person,
    *,
    signed_on: date,
    scan: StoredFile | None,
    signer: str = SELF,
    guardian: Guardian | None = None,
    scope: str = WIDEST,
    until_rule: str = "WHILE_RECEIVING",
    valid_until: date | None = None,
    guardian_proof: StoredFile | None = None,
    by: int | None = None,
) -> Collected:
    """Record that a person signed, or the guardian for one who cannot (BX-13).

    An authorisation for a fixed term ends when the rules say (`auth_term`) unless an earlier day is given.
    A scope narrower than the rules demand is recorded and warned of, but never carries a commission (BX-15).
    guardian_proof: the proof of guardianship, needed once where none is on file yet.

    Raises:
        InvalidAnswers: fields signed_on, signer, guardian, scope, until_rule, valid_until or scan.
        NotPermitted: by an agency; authorisations are collected on the department's side.
        NotFound: the person is not of this case's household.
    """
    if work.actor.org_kind == "agency":
        raise NotPermitted(_("Authorisations are collected by the department and its town post."))
    if person.household_id != case.household_id:
        raise NotFound(_("There is no such person in this household."))
    longest = _longest(work, case, signed_on) if until_rule == "FIXED_TERM" else None
    valid_until = valid_until or longest
    faults = _form_faults(work, signed_on, scope, until_rule, valid_until, scan)
    if longest is not None and valid_until is not None and valid_until > longest:
        faults["valid_until"] = _("The rules let an authorisation hold until %(day)s at most.", day=longest)
    needed = needs_guardian(work, case, person, signed_on)
    faults |= _signer_faults(needed, person, signer, guardian, guardian_proof)
    if faults or scan is None:
        raise InvalidAnswers(faults)
    if guardian is not None and guardian_proof is not None and guardian.proof_file_id is None:
        households.prove_guardian(work, guardian, guardian_proof)
    made = Authorisation(
        ref=new_ref(),
        number=_number(work, case.department_id),
        person_id=person.id,
        case_id=case.id,
        signed_on=signed_on,
        signer=signer,
        guardian_id=guardian.id if guardian is not None else None,
        scope=scope,
        until_rule=until_rule,
        valid_until=valid_until,
        scan_id=scan.id,
        collected_at=work.now,
        collected_by=by if by is not None else work.actor.user_id,
    )
    work.session.add(made)
    work.session.flush()
    journal.of_case(work, case.ref, "authorisation.collected", made.ref, {"person": person.ref, "scope": scope})
    return Collected(made, scope_warning(work, case, scope))


def _longest(work: Work, case: Case, signed_on: date) -> date | None:
    """The last day a fixed term may have under the case's rules, None where they set no term."""
    term = rules.of_case(work, case).value(AUTH_TERM)
    return last_day(signed_on, term, rules.current(work).calendar).day if term is not None else None


def scope_warning(work: Work, case: Case, scope: str) -> Text | None:
    """Why an authorisation of this scope is not enough, or None (BX-15)."""
    if scope in wide_enough(required_scope(work, case)):
        return None
    return _("The authorisation does not cover the area the rules demand; no commission can rest on it. Sign anew.")


def _form_faults(
    work: Work, signed_on: date, scope: str, until_rule: str, valid_until: date | None, scan: StoredFile | None
) -> dict[str, object]:
    faults: dict[str, object] = {}
    if signed_on > work.today:
        faults["signed_on"] = _("An authorisation cannot be signed in the future.")
    if scope not in SCOPES:
        faults["scope"] = _("Choose the area the authorisation covers.")
    if until_rule not in UNTIL_RULES:
        faults["until_rule"] = _("Choose when the authorisation ends.")
    elif until_rule == "FIXED_TERM" and (valid_until is None or valid_until < signed_on):
        faults["valid_until"] = _("Give the last day of the term, on or after the signature.")
    elif until_rule != "FIXED_TERM" and valid_until is not None:
        faults["valid_until"] = _("Only an authorisation for a fixed term has a last day.")
    if scan is None:
        faults["scan"] = _("Add the scan of the signed authorisation.")
    return faults


def needs_guardian(work: Work, case: Case, person: Person, on: date) -> bool:
    """True when the guardian signs for this person (BX-13), by capacity or age as the case's rules say."""
    kept = rules.of_case(work, case)
    named, age = kept.value(GUARDIAN_REQUIRED_FOR), kept.value(GUARDIAN_REQUIRED_UNDER_AGE)
    return _guarded(person, on, named, age)


def enter_from_paper(
    work: Work,
    household: Household,
    person: Person,
    *,
    signed_on: date,
    scan: StoredFile,
    guardian: Guardian | None = None,
    guardian_proof: StoredFile | None = None,
) -> Authorisation:
    """Enter an authorisation that a recipient signed before this home existed, from its paper (NM-07).

    It covers the widest scope and holds while the household receives. Raises InvalidAnswers as `collect` does.
    """
    named, age = (
        rules.value(work, household.department_id, key.name)
        for key in (GUARDIAN_REQUIRED_FOR, GUARDIAN_REQUIRED_UNDER_AGE)
    )
    signer = GUARDIAN if guardian is not None else SELF
    faults = _form_faults(work, signed_on, WIDEST, "WHILE_RECEIVING", None, scan)
    faults |= _signer_faults(_guarded(person, signed_on, named, age), person, signer, guardian, guardian_proof)
    if faults:
        raise InvalidAnswers(faults)
    if guardian is not None and guardian_proof is not None and guardian.proof_file_id is None:
        households.prove_guardian(work, guardian, guardian_proof)
    made = Authorisation(
        ref=new_ref(),
        number=_number(work, household.department_id),
        person_id=person.id,
        signed_on=signed_on,
        signer=signer,
        guardian_id=guardian.id if guardian is not None else None,
        scope=WIDEST,
        until_rule="WHILE_RECEIVING",
        scan_id=scan.id,
        collected_at=work.now,
        collected_by=work.actor.user_id,
    )
    work.session.add(made)
    work.session.flush()
    journal.record(work, "authorisation.entered", made.ref, {"person": person.ref})
    return made


def _guarded(person: Person, on: date, capacities: Collection[str], under_age: int) -> bool:
    return person.capacity == "NONE" or person.capacity in capacities or _age(person.born_on, on) < under_age


def _age(born_on: date, on: date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _signer_faults(
    needed: bool, person: Person, signer: str, guardian: Guardian | None, proof: StoredFile | None
) -> dict[str, object]:
    if signer not in (SELF, GUARDIAN):
        return {"signer": _("Say who signed.")}
    if signer == SELF:
        if needed:
            return {"signer": _("This person cannot authorise alone; the registered guardian signs (BX-13).")}
        return {"guardian": _("Nobody else signs when the person signs.")} if guardian is not None else {}
    if not needed and person.capacity == "FULL":
        return {"signer": _("An adult of full capacity signs in person; nobody signs for them (BX-13).")}
    if guardian is None or guardian.ward_id != person.id:
        return {"guardian": _("Only the registered guardian of this very person may sign (BX-13).")}
    if guardian.proof_file_id is None and proof is None:
        return {"scan": _("Add the proof of guardianship as a second file (BX-13).")}
    return {}


def _number(work: Work, department_id: int) -> str:
    office = work.session.get_one(Organisation, department_id)
    value = numbers.take(work, office.id, "authorisation")
    return numbers.document_number(f"{office.mark}授", work.today.year, value)
