"""Starting a case for a new application, and the few acts on a case that have no task of their own."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select

from domain import files, rules
from domain.assistance import rescues
from domain.assistance.rescue_rows import Rescue
from domain.blobs import StoredBlob
from domain.cases import NEW, OPEN, PARKED, RESCUE, Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import permissions
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.policy_keys.terms import RESCUE_FIRST_ALLOWED
from domain.text import gettext as _
from domain.verification import commissions
from domain.verification.commissions import Commission
from domain.work import Work
from tasks import moves
from tasks.rules import visible_case
from workflows import definitions, versions
from workflows.definitions import Definition

PROCESS, RESCUE_PROCESS = "verification", "rescue_first"


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
    return _start(work, ref, programme, PROCESS, NEW)


def start_rescue(work: Work, ref: str, programme: str = "") -> Case:
    """Open a case of help before the verification for a household in urgent need (LF-14).

    Raises what `start_new` raises; Conflict: the rules of the place do not allow it.
    """
    return _start(work, ref, programme, RESCUE_PROCESS, RESCUE)


def may_help_first(work: Work) -> bool:
    """Whether the actor may start a case of first help: by role, and by the rules of the office (LF-14)."""
    office = work.actor.org_id
    if office is None or not rules.value(work, office, RESCUE_FIRST_ALLOWED.name):
        return False
    # an office of before this process has it once its owners deployed what is offered
    deployed = versions.newest(work, RESCUE_PROCESS) is not None
    return deployed and work.actor.has(*definitions.in_force(work, RESCUE_PROCESS).starters)


def verify_after(work: Work, rescue: Rescue) -> Case:
    """The case that verifies a household that was helped first: its open application, or one opened now (LF-14)."""
    helped = work.session.get_one(Case, rescue.case_id)
    found = _open_one(work, helped.household_id, helped.programme, NEW)
    if found is None:
        household = work.session.get_one(Household, helped.household_id)
        found = _opened(work, household, helped.programme, definitions.in_force(work, PROCESS), NEW)
    rescues.verified_by(work, rescue, found)
    return found


def _start(work: Work, ref: str, programme: str, process: str, kind: str) -> Case:
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
    definition = definitions.in_force(work, process)
    if not work.actor.has(*definition.starters):
        raise NotPermitted(_("Your role does not start this kind of case."))
    wanted = programme or household.programme
    _must_be_on(work, household, wanted)
    if kind == RESCUE:
        rescues.must_be_allowed(work, household.department_id)
    running = _open_one(work, household.id, wanted, kind)
    if running is not None:
        raise Conflict(_("The case %(number)s of this household is still open.", number=running.number))
    return _opened(work, household, wanted, definition, kind)


def _opened(work: Work, household: Household, programme: str, definition: Definition, kind: str) -> Case:
    department = work.session.get_one(Organisation, household.department_id)
    case = Case(
        number=moves.case_number(work, department.id, department.mark),
        kind=kind,
        process=definition.process,
        process_version=definition.number,
        programme=programme,
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


def _open_one(work: Work, household_id: int | None, programme: str, kind: str) -> Case | None:
    """The running case of a household, programme and kind. Uses ix_cases_household_id."""
    return work.session.scalars(
        select(Case).where(
            Case.household_id == household_id,
            Case.programme == programme,
            Case.kind == kind,
            Case.state.in_((OPEN, PARKED)),
        )
    ).first()
