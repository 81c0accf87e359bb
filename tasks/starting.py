"""Starting a case for a new application, and the few acts on a case that have no task of their own."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select

from domain import files, rules
from domain.blobs import StoredBlob
from domain.cases import NEW, OPEN, PARKED, Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import permissions
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import commissions
from domain.verification.commissions import Commission
from domain.work import Work
from tasks import moves
from tasks.rules import visible_case
from workflows import definitions

PROCESS = "verification"


def household_ref(work: Work, number: str) -> str:
    """Ref of the household with this number, within the actor's own office. Raises NotFound."""
    found = work.session.scalar(
        select(Household.ref).where(
            Household.number == number.strip(),
            or_(Household.department_id == work.actor.org_id, Household.town_id == work.actor.org_id),
        )
    )
    if found is None:
        raise NotFound(_("Your office has no household with this number."))
    return found


def start_new(work: Work, ref: str, programme: str = "") -> Case:
    """Open the verification of a household's new application (BX-20, BX-21).

    programme: code, "" for the household's own. One open case a household and programme.

    Raises:
        NotFound: no such household for the actor's office. NotPermitted.
        InvalidAnswers: the programme is unknown or not switched on here (BX-09).
        Conflict: one is open already.
    """
    household = work.session.scalars(
        select(Household).where(
            Household.ref == ref,
            or_(Household.department_id == work.actor.org_id, Household.town_id == work.actor.org_id),
        )
    ).first()
    if household is None:
        raise NotFound(_("Your office has no such household."))
    relation = permissions.DEPARTMENT if household.department_id == work.actor.org_id else permissions.TOWN
    permissions.must(work.actor, "case.start", relation)
    definition = definitions.in_force(work, PROCESS)
    if not work.actor.has(*definition.starters):
        raise NotPermitted(_("Your role does not start this kind of case."))
    wanted = programme or household.programme
    _must_be_on(work, household, wanted)
    _must_be_first(work, household, wanted)
    department = work.session.get_one(Organisation, household.department_id)
    case = Case(
        number=moves.case_number(work, department.id, department.mark),
        kind=NEW,
        process=definition.process,
        process_version=definition.number,
        programme=wanted,
        household_id=household.id,
        department_id=department.id,
        agency_id=_agency_of(department),
        town_id=household.town_id,
        opened_at=work.now,
        opened_by=work.actor.user_id,
        policy_snapshot_id=rules.snapshot(work, department.id).id,
    )
    work.session.add(case)
    work.session.flush()
    moves.start_case(work, case, definition, {"case": {"subject_state": "APPLICANT"}})
    return case


def issue_by_hand(work: Work, case_ref: str, *, signed_on: date, blob: StoredBlob | None, name: str) -> Commission:
    """Try to issue the prepared commission of a case outside its task: the same verb, the same refusals.

    Raises what `commissions.issue` raises. The case's own step then finds the commission issued.
    """
    case = visible_case(work, case_ref)
    letter = None
    if blob is not None:
        letter = files.keep(work, blob, name=name, media_type="application/pdf", purpose="letter", case_id=case.id)
    return commissions.issue(work, case, signed_on=signed_on, letter=letter)


def _agency_of(department: Organisation) -> int:
    if department.agency_id is None:
        raise Conflict(_("No verification agency is entered for this department (LF-01)."), clause="LF-01")
    return department.agency_id


def _must_be_on(work: Work, household: Household, programme: str) -> None:
    if programme not in rules.current(work).programmes:
        raise InvalidAnswers({"programme": _("There is no programme with this code.")})
    since = rules.value(work, household.department_id, "programmes").get(programme)
    if since is None or since > work.today:
        raise InvalidAnswers({"programme": _("Verification for this programme is not switched on here (BX-09).")})


def _must_be_first(work: Work, household: Household, programme: str) -> None:
    open_one = work.session.scalar(
        select(Case.number).where(
            Case.household_id == household.id,
            Case.programme == programme,
            Case.kind == NEW,
            Case.state.in_((OPEN, PARKED)),
        )
    )
    if open_one is not None:
        raise Conflict(_("The case %(number)s of this household is still open.", number=open_one))
