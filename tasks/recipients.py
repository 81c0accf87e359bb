"""Recipients' cases: the letter under which deliveries are compared with them, the authorisations that lack (CK-18)."""

from __future__ import annotations

from sqlalchemy import select

from domain import journal, rules
from domain.base import new_ref
from domain.cases import BATCH_LETTER, DYNAMIC, OPEN, PARKED, Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.oversight.campaigns import Campaign
from domain.parties import permissions
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.policy_keys.reviews import REVIEW_CALENDAR
from domain.policy_kinds import ReviewOpening
from domain.text import gettext as _
from domain.verification import recipient_checks, recipient_doubts
from domain.verification.commission_rows import Commission
from domain.verification.recipient_rows import RecipientRequest
from domain.work import SCHEDULER, Work
from tasks import campaigns, moves
from workflows import definitions

LETTER_PROCESS, ASKING_PROCESS = "standing_commission", "recipient_authorisation"
CHUNK = 25  # towns asked in one transaction


def start_letter(work: Work, programme: str) -> Case:
    """Begin a standing letter of the actor's department for the roll of one programme; its clerk drafts it next.

    Raises:
        NotPermitted: not a clerk of a department. InvalidAnswers: the programme has no such letter.
        NotFound: there is no agency that reviews recipients here.
    """
    relation = permissions.DEPARTMENT if work.actor.org_kind == "department" else permissions.NONE
    permissions.must(work.actor, "commission.prepare", relation)
    definition = definitions.in_force(work, LETTER_PROCESS)
    if not work.actor.has(*definition.starters):
        raise NotPermitted(_("Your role does not start this kind of case."))
    if programme not in definition.programmes:
        raise InvalidAnswers({"programme": _("There is no programme with this code.")})
    unit = work.session.get_one(Organisation, work.actor.org_id)
    agency = campaigns.runner_of(work, unit)  # who reviews the recipients compares them
    case = Case(
        ref=new_ref(),
        number=moves.case_number(work, unit.id, unit.mark),
        kind=BATCH_LETTER,
        process=definition.process,
        process_version=definition.number,
        programme=programme,
        department_id=unit.id,
        agency_id=agency.id,
        opened_at=work.now,
        opened_by=work.actor.user_id,
        policy_snapshot_id=rules.snapshot(work, unit.id).id,
        state=OPEN,
    )
    work.session.add(case)
    work.session.flush()
    moves.start_case(work, case, definition, {})
    return case


def programmes(work: Work) -> tuple[str, ...]:
    """Programmes whose rolls may be compared under a standing letter."""
    return definitions.in_force(work, LETTER_PROCESS).programmes


def open_review(work: Work, programme: str) -> Campaign:
    """Open an extra review of the households of the actor's roll whose doubts proved true.

    Nobody's help ends by a doubt; each household is reviewed first (NM-12).

    At most one a programme and month, the regular one included: it reviews them all the same.

    Raises:
        NotPermitted. Conflict: no doubt of this roll waits for a review, or this month's review exists or is planned.
    """
    unit_id = work.actor.org_id or 0
    relation = permissions.DEPARTMENT if work.actor.org_kind == "department" else permissions.NONE
    permissions.must(work.actor, "recipient_doubt.review", relation)
    doubts = recipient_doubts.to_review(work, unit_id, programme)
    if not doubts:
        raise Conflict(_("No doubt that proved true waits for a review."), clause="NM-12")
    period = must_be_unreviewed(work, unit_id, programme)
    only = {one.household_id for one in doubts}
    system = work.acting(SCHEDULER)
    made = campaigns.open_campaign(
        system, unit_id=unit_id, programme=programme, period=period, planned_at=work.now, only=only
    )
    for one in doubts:
        one.campaign_id = made.id
    work.session.flush()
    journal.record(work, "recipient_doubt.review", made.ref, {"doubts": len(doubts), "households": made.households})
    return made


def must_be_unreviewed(work: Work, unit_id: int, programme: str) -> str:
    """The period of an extra review of a roll. Raises Conflict: this month's review exists or is planned."""
    period = f"{work.today:%Y-%m}"
    calendar: tuple[ReviewOpening, ...] = rules.value(work, unit_id, REVIEW_CALENDAR.name)
    regular = any(one.month == work.today.month and programme in one.programmes for one in calendar)
    standing = select(Campaign.id).where(
        Campaign.unit_id == unit_id, Campaign.programme == programme, Campaign.period == period
    )
    if regular or work.session.scalar(standing) is not None:
        raise Conflict(
            _("This month has its review of this roll already; what proves true now is reviewed next month."),
            clause="NM-12",
        )
    return period


def ask_some(work: Work) -> int:
    """Open the next towns' tasks to collect authorisations and plan the rest. Returns how many it opened.

    Killed anywhere the chunk is rolled back whole; a request that has its case is never opened again.
    """
    waiting = recipient_checks.requests(work, CHUNK)
    for one in waiting:
        one.case_id = _open(work, one)
    work.session.flush()
    left = recipient_checks.requests(work, 1)
    if left:
        recipient_checks.plan_asking(work, left[0].id)
    return len(waiting)


def asking_case(work: Work, household_id: int) -> int | None:
    """The key of the running case in which a household's town collects authorisations; None where there is none.

    Uses ix_cases_household_id.
    """
    return work.session.scalar(
        select(Case.id)
        .where(Case.household_id == household_id, Case.process == ASKING_PROCESS, Case.state.in_((OPEN, PARKED)))
        .limit(1)
    )


def open_asking(work: Work, household_id: int, *, unit_id: int, agency_id: int, programme: str) -> int:
    """Give the town that keeps a household the task to collect authorisations; where it has it, nothing is opened.

    Returns the key of the case.
    """
    running = asking_case(work, household_id)
    if running is not None:
        return running
    household = work.session.get_one(Household, household_id)
    unit = work.session.get_one(Organisation, unit_id)
    definition = definitions.in_force(work, ASKING_PROCESS)
    case = Case(
        number=moves.case_number(work, unit.id, unit.mark),
        kind=DYNAMIC,
        process=definition.process,
        process_version=definition.number,
        programme=programme,
        household_id=household.id,
        department_id=unit.id,
        agency_id=agency_id,
        town_id=household.town_id,
        opened_at=work.now,
        policy_snapshot_id=rules.snapshot(work, unit.id).id,
        state=OPEN,
    )
    work.session.add(case)
    work.session.flush()
    moves.start_case(work, case, definition, {"case": {"subject_state": "RECIPIENT"}})
    return case.id


def _open(work: Work, request: RecipientRequest) -> int:
    letter = work.session.get_one(Commission, request.commission_id)
    return open_asking(
        work, request.household_id, unit_id=letter.department_id, agency_id=letter.agency_id,
        programme=letter.programme,
    )  # fmt: skip
