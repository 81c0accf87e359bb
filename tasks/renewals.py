"""Recipients are asked for their authorisation anew before it ends or once it holds no longer (NM-07, P-12)."""

from __future__ import annotations

from domain import agenda, journal
from domain.errors import NotFound
from domain.parties.organisations import Organisation
from domain.verification import renewals
from domain.verification.renewal_rows import DONE
from domain.work import Work
from tasks import campaigns, recipients
from tasks.terms import ladder
from tasks.terms.notifications import notify

DUTY, ASK = "authorisation.renew", "authorisation.ask"
CHUNK = 25  # towns asked in one transaction


def run_day(work: Work) -> int:
    """Begin today's look at every roll and remind of what ends. Returns how many looks were begun.

    A roll whose unit has no agency above it is left out, which is journalled: no case could name one (LF-01).
    """
    renewals.forget_old(work)
    rolls: dict[renewals.Unit, int] = {}
    agencies: dict[int, int | None] = {}
    for roll in renewals.rolls(work):
        if roll.unit_id not in agencies:
            agencies[roll.unit_id] = _agency(work, roll.unit_id)
        agency = agencies[roll.unit_id]
        if agency is not None:
            rolls[roll] = agency
    begun = renewals.begin(work, rolls)
    renewals.advance(work, begun)  # short rolls are done at once: together they are no more than a long one's part
    for scan in begun:
        if scan.state != DONE:
            renewals.plan_part(work, scan)
    plan_asking(work)
    remind(work)
    return len(begun)


def _agency(work: Work, unit_id: int) -> int | None:
    """Key of the agency that runs a unit's reviews; None, with a line in the journal, where there is none."""
    unit = work.session.get_one(Organisation, unit_id)
    try:
        return campaigns.runner_of(work, unit).id
    except NotFound:
        journal.record(work, "authorisations.not_looked_through", unit.ref, {"why": "NO_AGENCY"})
        return None


def part(work: Work, ref: str) -> None:
    """The next part of a look; behind the last one the towns are asked."""
    scan = renewals.by_ref(work, ref)
    renewals.advance(work, [scan])
    if scan.state == DONE:
        plan_asking(work)
    else:
        renewals.plan_part(work, scan)


def ask_some(work: Work) -> int:
    """Open the next towns' tasks and plan the rest. Returns how many.

    Killed anywhere the chunk is rolled back whole; one that has its case is never opened again.
    """
    found = renewals.waiting(work, CHUNK)
    for one in found:
        one.case_id = recipients.open_asking(
            work, one.household_id, unit_id=one.unit_id, agency_id=one.agency_id, programme=one.programme
        )
    work.session.flush()
    plan_asking(work)
    return len(found)


def plan_asking(work: Work) -> None:
    """Plan asking the next towns where any waits; the key names the first."""
    left = renewals.waiting(work, 1)
    if left:
        agenda.put(work, ASK, f"{ASK}:{left[0].id}", work.now)


def remind(work: Work) -> int:
    """Tell the towns what ends soon, each stage of the policy once; returns to how many it was new.

    Where a town has nobody, the department's clerks are told.
    """
    told = 0
    for one in renewals.endings(work):
        day = (one.renewal.ends_on or work.today).isoformat()
        town = ladder.of_offices(work, [one.town_id], ("town_post",))
        people = town or ladder.of_offices(work, [one.renewal.unit_id], ("department_clerk",))
        told += notify(
            work, people, "authorisation.ending",
            key=f"authorisation.ending:{one.renewal.ref}:{one.stage}", day=day, left=one.left,
            household=one.household, home=one.home,
        )  # fmt: skip
    return told
