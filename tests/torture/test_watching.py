"""The watchdog finds every case that nobody carries on, whatever was lost of it, and none that somebody does."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from inspect import signature
from typing import Any

import pytest
from sqlalchemy import ColumnElement, and_, delete, event, select, update

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.work import OPERATOR, Work, unit_of_work
from scheduler import recovery, tick
from tasks import incidents
from tasks.health import watchdog
from tasks.rows.models import OPEN, HumanTask
from tests.homes import DEMO, Office
from tests.infrastructure.databases import Template
from tests.journeys import test_dynamic_review as reviewing
from tests.journeys import test_suspension as suspending
from tests.journeys import test_verification as verifying
from tests.torture import acts, drawn, mending
from tests.torture.world import World
from workflows.instances import CaseState, CaseWait, Incident

CASES, ROUNDS = 32, 3
ITEMS = {"case": {"items": [{"ref": f"item{number}"} for number in range(4)]}}


# --- what is lost -------------------------------------------------------------------------------------------------


def _of(case: Case) -> ColumnElement[bool]:
    return and_(AgendaItem.subject == case.ref, AgendaItem.done_at.is_(None))


def lose_waits(work: Work, case: Case, _dice: random.Random) -> None:
    work.session.execute(delete(CaseWait).where(CaseWait.case_id == case.id))


def lose_tasks(work: Work, case: Case, _dice: random.Random) -> None:
    gone = update(HumanTask).where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN))
    work.session.execute(gone.values(state="OBSOLETE", assignee_id=None))


def lose_items(work: Work, case: Case, _dice: random.Random) -> None:
    work.session.execute(delete(AgendaItem).where(_of(case)))


def end_items(work: Work, case: Case, _dice: random.Random) -> None:
    work.session.execute(update(AgendaItem).where(_of(case)).values(done_at=work.now))


def park_items(work: Work, case: Case, _dice: random.Random) -> None:
    work.session.execute(update(AgendaItem).where(_of(case)).values(parked=True, attempts=3))


def close_incidents(work: Work, case: Case, _dice: random.Random) -> None:
    shown = update(Incident).where(Incident.case_id == case.id, Incident.closed_at.is_(None))
    work.session.execute(shown.values(closed_at=work.now))


def lose_state(work: Work, case: Case, _dice: random.Random) -> None:
    work.session.execute(delete(CaseState).where(CaseState.case_id == case.id))


def spoil_state(work: Work, case: Case, dice: random.Random) -> None:
    """Cut off, a byte another one, or something else altogether."""
    row = work.session.get(CaseState, case.id)
    if row is None:
        return
    at = dice.randrange(max(len(row.data), 1))
    spoilt = [
        row.data[:at],
        row.data[:at] + bytes([dice.randrange(32, 127)]) + row.data[at + 1 :],
        row.data.replace(b"1", b"2"),
        b"[]",
        b'{"a": 1}',
        b"\xff\x00",
    ]
    row.data = dice.choice(spoilt)


LOSSES: list[Callable[[Work, Case, random.Random], None]] = [
    lose_waits, lose_tasks, lose_items, end_items, park_items, close_incidents, lose_state, spoil_state,
]  # fmt: skip


# --- who is carried on --------------------------------------------------------------------------------------------


def carried_on(work: Work, case: Case) -> bool:
    """Whether each thing the case waits for has somebody or something that will do it; told row by row."""
    session = work.session
    tasks = session.scalars(select(HumanTask).where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN))).all()
    waits = session.scalars(select(CaseWait).where(CaseWait.case_id == case.id)).all()
    shown = session.scalars(select(Incident).where(Incident.case_id == case.id, Incident.closed_at.is_(None))).all()
    items = session.scalars(select(AgendaItem).where(_of(case))).all()
    return bool(tasks or waits or shown) and all(_has(wait, items, shown) for wait in waits)


def _has(wait: CaseWait, items: Sequence[AgendaItem], shown: Sequence[Incident]) -> bool:
    mine = any(one.token == wait.token for one in shown)
    if wait.kind == "timer":
        return any(item.key.endswith(f":{wait.token}") and (not item.parked or shown) for item in items)
    if wait.kind == "job":
        runs = [item for item in items if item.kind == "job.run" and item.payload["token"] == wait.token]
        return wait.asleep or any(not item.parked or mine for item in runs)
    if wait.kind == "error":
        return mine or any(item.kind == incidents.RETRY and not item.parked for item in items)
    return True  # somebody may send the message


def standing_still(world: World) -> set[str]:
    with world.work(write=False) as work:
        every = work.session.scalars(select(Case).where(Case.state == "OPEN", Case.suspended_at.is_(None)))
        return {case.ref for case in every if not carried_on(work, case)}


def found(world: World) -> set[str]:
    with world.work(write=False) as work:
        look = watchdog.look(work)
        return {one.ref for one in look.idle} | {one.case_ref for one in look.unplanned}


def crowd_of_cases(world: World) -> list[str]:
    acts.deploy(world)
    mending.deploy(world)
    world.deploy(drawn.crowd())
    made = [world.case(name, ITEMS) for _number in range(CASES // 4) for name in ("busy", "relay", "crowd")]
    return made + [world.case("troubled", ITEMS, version=1) for _number in range(CASES // 4)]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.torture) for seed in range(2, 5))])
def test_whatever_is_lost_of_whichever_case_it_is_found_and_afterwards_carried_on(world: World, seed: int) -> None:
    dice = random.Random(seed)
    cases = crowd_of_cases(world)
    assert found(world) == set()
    noticed = 0
    for _round in range(ROUNDS):
        with world.work() as work:
            for ref in dice.sample(cases, CASES // 2):
                case = work.session.scalars(select(Case).where(Case.ref == ref)).one()
                for loss in dice.sample(LOSSES, dice.randrange(1, 5)):
                    loss(work, case, dice)
        stalled = standing_still(world)
        assert found(world) == stalled
        noticed += len(stalled)
        planned, opened = recovery.watch(world.home, "w")
        assert planned + opened >= len(stalled)
        # what was planned again may end in an incident, never in silence
        for _sweep in range(3):
            tick.sweep(world.home, "w", most=200)
        recovery.watch(world.home, "w")
        assert standing_still(world) == set() == found(world)
    assert noticed > CASES // 2


def test_a_step_in_error_whose_incident_was_closed_is_tried_again(world: World) -> None:
    mending.deploy(world)
    made = mending.ready(world)
    with world.work() as work:
        case = work.session.scalars(select(Case).where(Case.ref == made.case)).one()
        work.session.execute(delete(AgendaItem).where(AgendaItem.kind == incidents.RETRY))
        # nothing is left behind it: the operator's word plans the try anew
        (incident,) = work.session.scalars(select(Incident).where(Incident.case_id == case.id))
        assert incidents.retry(work, incident.ref) == 1
        work.session.execute(delete(AgendaItem).where(AgendaItem.kind == incidents.RETRY))
        close_incidents(work, case, random.Random(0))
    assert found(world) == {made.case}
    assert recovery.watch(world.home, "w") == (1, 0)
    tick.sweep(world.home, "w", most=50)
    with world.work(write=False) as work:
        still = work.session.scalars(select(Incident).where(Incident.closed_at.is_(None))).all()
        assert [(one.step_id, one.attempts) for one in still] == [("breaks", 1)]


# --- what runs as it should is never called lost -------------------------------------------------------------------


@contextmanager
def watched(office: Office) -> Iterator[list[Sequence[object]]]:
    """Looks after every commit of whoever works in the office; what was found each time."""
    seen: list[Sequence[object]] = []
    counted = [0]
    looking = [False]

    def committed(_connection: object) -> None:
        counted[0] += 1

    def look(*_about: object) -> None:
        """The first statement after a commit: the rows are as it left them."""
        if looking[0] or not counted[0]:
            return
        looking[0], counted[0] = True, 0
        try:
            with unit_of_work(office.home, OPERATOR, write=False) as work:
                found = watchdog.look(work)
                seen.append([*found.idle, *found.unplanned])
        finally:
            looking[0] = False

    event.listen(office.home.engine, "commit", committed)
    event.listen(office.home.engine, "begin", look)
    try:
        yield seen
    finally:
        event.remove(office.home.engine, "commit", committed)
        event.remove(office.home.engine, "begin", look)


JOURNEYS = [
    verifying.test_an_application_goes_from_intake_to_the_closed_file,
    reviewing.test_a_review_ends_in_stop_adjust_or_continue_and_stops_only_on_a_doubt_found_true,
    reviewing.test_a_letter_unsigned_at_the_months_end_is_overdue_and_can_still_be_signed,
    suspending.test_a_case_that_begins_to_wait_after_the_letter_was_accepted_goes_on_too,
]


@pytest.mark.torture
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__.removeprefix("test_")[:40])
def test_no_step_of_the_shipped_processes_is_called_lost(
    office_in: Callable[[Template], Office], journey: Callable[[Any], None]
) -> None:
    looks: list[list[Sequence[object]]] = []
    with ExitStack() as stack:

        def opened(template: Template) -> Office:
            office = office_in(template)
            looks.append(stack.enter_context(watched(office)))
            return office

        journey(opened if "office_in" in signature(journey).parameters else opened(DEMO))
    seen = [one for look in looks for one in look]
    assert len(seen) > 20 and [one for one in seen if one] == []
