"""Timers after downtime: late with their plan kept, rounds by their rule, and before a message that came after them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain import agenda
from domain.agenda import AgendaItem
from domain.journal import JournalEntry
from domain.work import SCHEDULER, unit_of_work
from scheduler import tick
from tasks import waking
from tasks.terms import timers
from tests.torture.drawn import TOLD, Drawing, Node, Scope, end, human, message, start, timer
from tests.torture.world import STAFFED, World, open_world
from workflows.instances import CaseWait

RACE = Drawing(
    "race",
    Scope(
        [start(), Node("eventBasedGateway", "first"), timer("late", "PT2H"), message("word"), human("missed"),
         human("heard"), end("one"), end("two")],
        ["start first", "first late", "first word", "late missed", "word heard", "missed one", "heard two"],
    ),
    TOLD,
)  # fmt: skip


@pytest.fixture
def world(database_kind, fresh_place) -> Iterator[World]:
    made = open_world(fresh_place(database_kind, STAFFED))
    yield made
    made.home.engine.dispose()


def open_steps(world: World, case: str) -> list[str]:
    return [step for _ref, step, _version in world.open_tasks(case)]


def fired(world: World) -> list[dict]:
    with world.work(write=False) as work:
        return list(work.session.scalars(select(JournalEntry.body).where(JournalEntry.event == "timer.fired")))


@pytest.mark.parametrize(("sent", "reached"), [(-1, "heard"), (0, "missed"), (1, "missed")])
def test_timer_and_message_in_one_late_tick_go_by_their_instants(world, sent, reached):
    """Both are carried out days late; the message was sent an hour before, at, or after the timer's instant."""
    world.deploy(RACE)
    case = world.case("race")
    with world.work() as work:
        due = work.session.scalars(select(CaseWait.due_at).where(CaseWait.kind == "timer")).one()
        payload = {"name": "told", "correlation": "", "payload": {}}
        agenda.put(work, "message.deliver", "m", due + timedelta(hours=sent), subject=case, payload=payload)
    with unit_of_work(world.home, SCHEDULER) as work:
        late = work.now + timedelta(days=4)
    with unit_of_work(world.home, SCHEDULER, now=late) as work:
        # whoever takes the message first finds the timer before it
        if sent >= 0:
            item = work.session.scalars(select(AgendaItem).where(AgendaItem.key == "m")).one()
            assert not waking.deliver_message(work, case, "told", "", {}, sent_at=item.due_at)
        else:
            assert waking.deliver_message(work, case, "told", "", {}, sent_at=due - timedelta(hours=1))
    assert open_steps(world, case) == [reached]
    with world.work(write=False) as work:
        assert work.session.scalars(select(CaseWait)).all() == []


def test_a_late_timer_keeps_its_planned_instant_and_the_journal_says_how_late(world):
    world.deploy(RACE)
    case = world.case("race")
    with unit_of_work(world.home, SCHEDULER) as work:
        planned = work.session.scalars(select(CaseWait.planned_at)).first()
        late = work.now + timedelta(days=4)
    with unit_of_work(world.home, SCHEDULER, now=late) as work:
        waking.wake_case(work, case)
    (body,) = fired(world)
    assert planned is not None
    assert body["steps"] == ["late"] and body["planned"] == planned.isoformat()
    assert abs(body["late_s"] - (late - planned).total_seconds()) < 1


def test_a_wake_up_before_its_time_is_planned_again(world):
    """The clock went back between the claim and the act: nothing fires, and nothing is lost."""
    world.deploy(RACE)
    case = world.case("race")
    with world.work() as work:
        item = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == "case.wake")).one()
        due, key = item.due_at, item.key
        work.session.execute(update(AgendaItem).where(AgendaItem.key == key).values(due_at=work.now))
    assert tick.sweep(world.home, "w").done == 1
    with world.work(write=False) as work:
        again = work.session.scalars(select(AgendaItem).where(AgendaItem.key == key)).one()
        assert (again.done_at, again.due_at) == (None, due)
    assert fired(world) == []
    assert open_steps(world, case) == []


def test_what_wakes_next_is_listed_page_after_page(world, monkeypatch):
    monkeypatch.setattr(timers, "SIZE", 2)
    world.deploy(RACE)
    for _number in range(5):
        world.case("race")
    with world.work(write=False) as work:
        first = timers.listed(work)
        second = timers.listed(work, first.following)
        third = timers.listed(work, second.following)
    seen = [row.key for page in (first, second, third) for row in page.rows]
    assert len(seen) == len(set(seen)) == 5 and third.following == ""
