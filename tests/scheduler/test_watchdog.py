"""The watchdog finds planted faults, mends them, and finds nothing in a house in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select, update

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.clock import machine_now
from domain.journal import JournalEntry
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from scheduler import recovery, tick
from tasks import incidents
from tasks.health import checks, operations, watchdog
from tasks.rows.models import HumanTask
from tasks.services import MoveServices
from tests.homes import Office
from tests.torture.drawn import TOLD, Drawing, Node, Scope, chain, end, human, message, start, timer
from tests.torture.world import STAFFED, World, open_world
from workflows import definitions, engine
from workflows.instances import CaseState, CaseWait, Incident

DEAD = "nowhere:999999999:1"


@pytest.fixture
def world(database_kind, fresh_place) -> Iterator[World]:
    made = open_world(fresh_place(database_kind, STAFFED))
    yield made
    made.home.engine.dispose()


def waiting(world: World) -> str:
    """A case that waits for a time, a message and a person."""
    nodes = [start(), Node("parallelGateway", "fork"), timer("late", "P3D"), message("word"), human("A"),
             end("one"), end("two"), end("three")]  # fmt: skip
    flows = ["start fork", "fork late", "fork word", "fork A", "late one", "word two", "A three"]
    world.deploy(Drawing("waits", Scope(nodes, flows), TOLD))
    return world.case("waits")


def looked(world: World) -> watchdog.Look:
    with world.work(write=False) as work:
        return watchdog.look(work)


def test_a_house_in_order_has_nothing_to_find(office: Office):
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        found = watchdog.look(work)
        assert (list(found.idle), list(found.unplanned)) == ([], [])
    assert recovery.recover(office.home, "w")["planned"] == 0


def test_a_timer_without_an_item_is_planned_again_at_its_instant(world):
    case = waiting(world)
    with world.work() as work:
        kept = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == "case.wake")).one()
        key, due = kept.key, kept.due_at
        work.session.delete(kept)
    (found,) = looked(world).unplanned
    assert (found.case_ref, found.kind, found.step_id) == (case, "timer", "late")
    with unit_of_work(world.home, OPERATOR, write=False) as work:
        names = {one.name: one.state for one in checks.watch(work, operations.overview(work))}
    assert names == {"watchdog.unplanned": "warning"}

    assert recovery.watch(world.home, "w") == (1, 0)

    with world.work(write=False) as work:
        again = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == "case.wake")).one()
        assert (again.key, again.due_at) == (key, due)
        assert "watchdog.planned" in work.session.scalars(select(JournalEntry.event)).all()
    assert recovery.watch(world.home, "w") == (0, 0)


def test_a_timer_whose_item_was_done_though_it_waits_is_opened_again(world):
    waiting(world)
    with world.work() as work:
        work.session.execute(update(AgendaItem).values(done_at=work.now))
    assert recovery.watch(world.home, "w") == (1, 0)
    with world.work(write=False) as work:
        assert work.session.scalars(select(AgendaItem.done_at).where(AgendaItem.kind == "case.wake")).one() is None


def lose_rows(world: World) -> None:
    """What a case waits for is lost from its rows."""
    with world.work() as work:
        work.session.execute(delete(CaseWait))
        work.session.execute(update(HumanTask).values(state="EXITED", assignee_id=None))


def test_rows_that_were_lost_are_written_anew_from_the_state(world):
    case = waiting(world)
    lose_rows(world)
    assert [one.ref for one in looked(world).idle] == [case]
    assert recovery.watch(world.home, "w") == (1, 0)
    assert recovery.watch(world.home, "w") == (0, 0)
    with world.work(write=False) as work:
        assert {row.kind for row in work.session.scalars(select(CaseWait))} == {"timer", "message"}
    assert [step for _ref, step, _version in world.open_tasks(case)] == ["A"]


def test_a_case_that_waits_for_nothing_by_its_state_becomes_an_incident_once(world):
    case = waiting(world)
    lose_rows(world)
    with world.work() as work:
        row = work.session.scalars(select(CaseState)).one()
        services = MoveServices(work, work.session.get_one(Case, row.case_id))
        drawing = definitions.by_id(work, row.definition_id).diagram
        run = engine.restore(drawing, row.data, now=work.now, services=services)
        for token in list(run._case.live()):
            token.discard()
        row.data = run.snapshot()
    assert recovery.watch(world.home, "w") == (0, 1)
    assert recovery.watch(world.home, "w") == (0, 0)
    with world.work(write=False) as work:
        (incident,) = work.session.scalars(select(Incident))
        assert incident.cause == incidents.NOTHING_AWAITED
        report = watchdog.last_report(work, watchdog.WATCH)
        assert report is not None and report.figures == {"planned": 0, "idle": 0}
    assert world.state(case) == "OPEN"
    with world.work() as work:
        assert incidents.retry(work, work.session.scalars(select(Incident.ref)).one()) == 0
    assert tick.sweep(world.home, "w").done == 1


def test_a_case_on_hold_and_a_closed_one_wait_for_nothing_by_right(world):
    waiting(world)
    with world.work() as work:
        work.session.execute(delete(CaseWait))
        work.session.execute(update(HumanTask).values(state="EXITED", assignee_id=None))
        work.session.execute(update(Case).values(suspended_at=work.now))
    assert not looked(world).idle
    with world.work() as work:
        work.session.execute(update(Case).values(suspended_at=None, state="DONE", closed_at=work.now))
    assert not looked(world).idle


def test_it_goes_through_many_cases_in_parts_and_loads_none(world):
    world.deploy(Drawing("plain", chain(start(), human("A"), end())))
    for _number in range(7):
        world.case("plain")
    after: int | None = 0
    parts = 0
    with world.counted() as seen, world.work(write=False) as work:
        while after is not None:
            after = watchdog.look(work, after, 3).last
            parts += 1
    assert parts == 4
    assert not [statement for statement, _given in seen if "case_state.data" in statement]
    if world.place.kind == "sqlite":
        with world.home.engine.connect() as connection:
            for statement, given in seen:
                if "FROM cases" in statement:
                    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
                    assert not [row[3] for row in plan if row[3].startswith("SCAN") and "USING" not in row[3]
                                and "subquery" not in row[3] and "anon" not in row[3]], plan  # fmt: skip


def test_a_worker_that_begins_frees_what_the_dead_held_and_tells_what_is_late(world):
    case = waiting(world)
    with world.work() as work:
        item = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == "case.wake")).one()
        item.claimed_by, item.claimed_until = DEAD, machine_now()
        long_ago = work.now.replace(year=work.now.year - 1)
        item.due_at = long_ago
        work.session.execute(update(CaseWait).where(CaseWait.kind == "timer").values(due_at=long_ago))
    figures = recovery.recover(world.home, "w")
    assert figures["freed"] == 1 and figures["late"] == {"late": 1}
    with unit_of_work(world.home, SCHEDULER, write=False) as work:
        report = watchdog.last_report(work, watchdog.RECOVERY)
        assert report is not None and report.figures["late"] == {"late": 1}
        assert work.session.scalars(select(Case.ref)).one() == case
