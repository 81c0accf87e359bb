"""Ten days in which nobody worked, a clock that goes back: all is made up by its rule, in order, nothing twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from itertools import count
from typing import Any

import pytest
from apscheduler.executors import base as executors
from apscheduler.schedulers import base as schedulers
from sqlalchemy import func, select, update

from domain import clock
from domain.agenda import AgendaItem
from domain.cases import Case
from domain.clock import machine_now
from domain.home import HomeRow
from domain.journal import JournalEntry
from domain.sealing import verify
from domain.work import OPERATOR, unit_of_work
from scheduler import recovery, tick, worker
from tasks.health import watchdog
from tests.torture.drawn import SLOW, TOLD, Drawing, Node, Scope, end, human, message, start, timer
from tests.torture.test_interleaved import Silent
from tests.torture.world import World
from workflows import definitions, engine
from workflows.instances import CaseState, WatchReport

pytestmark = pytest.mark.torture
CASES, DAYS = 6, 10
PATIENCE = 90.0


def rings(rule: str) -> Node:
    """A limit that rings every day beside the person's step."""
    inner = (
        f'<bpmn:extensionElements><camunda:properties><camunda:property name="catch-up" value="{rule}" />'
        "</camunda:properties></bpmn:extensionElements><bpmn:timerEventDefinition>"
        "<bpmn:timeCycle>R/P1D</bpmn:timeCycle></bpmn:timerEventDefinition>"
    )
    return Node("boundaryEvent", rule, 'attachedToRef="work" cancelActivity="false"', inner)


def everything() -> Drawing:
    """What can come due while nobody works: a date, three cycles by their rules, a job; a message waits beside them."""
    rules = ("all", "once", "skip")
    nodes = [
        start(), Node("parallelGateway", "fork"), human("work"), *(rings(rule) for rule in rules),
        timer("late", "PT2H"), human("missed"), message("word"),
        Node("serviceTask", "ask", f'camunda:type="external" camunda:topic="{SLOW}"'),
        *(end(f"end_{name}") for name in (*rules, "work", "missed", "word", "ask")),
    ]  # fmt: skip
    flows = [
        "start fork", "fork work", "fork late", "fork word", "fork ask", "work end_work", "late missed",
        "missed end_missed", "word end_word", "ask end_ask", *(f"{rule} end_{rule}" for rule in rules),
    ]  # fmt: skip
    return Drawing("everything", Scope(nodes, flows), TOLD)


class Clock:
    """The machine's clock as our programs and APScheduler see it; `back` is how far it was set back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.back = timedelta(0)
        whole = self

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) - whole.back

        for place in (clock, schedulers, executors):
            monkeypatch.setattr(place, "datetime", Shifted)


@contextmanager
def workers(world: World, many: int) -> Iterator[None]:
    """Workers as threads of this process."""
    stop = threading.Event()
    threads = [threading.Thread(target=worker.run, args=[world.home, stop]) for _number in range(many)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def wait_for(what: Callable[[], Any], why: str) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, why
        time.sleep(0.1)


def due(world: World) -> int:
    with world.work(write=False) as work:
        wanted = select(func.count()).where(AgendaItem.done_at.is_(None), AgendaItem.due_at <= work.now)
        return int(work.session.scalar(wanted) or 0)


def fired(world: World, case: str, what: str = "timer.fired") -> list[dict[str, Any]]:
    with world.work(write=False) as work:
        wanted = select(JournalEntry.body).where(JournalEntry.event == what, JournalEntry.subject == case)
        return list(work.session.scalars(wanted.order_by(JournalEntry.id)))


def begin(world: World, ago: timedelta) -> list[str]:
    """Cases that began so long ago, and of which nothing was done since."""
    with unit_of_work(world.home, OPERATOR, now=machine_now() - ago) as work:
        return [world.begin(work, "everything").ref for _number in range(CASES)]


@pytest.fixture
def live(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A house whose clock runs, and workers that knock often, each as on a machine of its own."""
    numbers = count(1)
    monkeypatch.setattr(tick, "worker_id", lambda: f"machine-{next(numbers)}:1:1")
    with world.work() as work:
        work.session.get_one(HomeRow, 1).stopped_at = None
    world.deploy(everything())
    monkeypatch.setattr(worker, "KNOCK_SECONDS", 0.2)
    monkeypatch.setattr(worker, "CLOCK_SECONDS", 0.5)
    return world


def made_up(world: World, case: str) -> None:
    """What ten days and two hours leave: the date once, the cycles by their rules, the job once."""
    with world.work(write=False) as work:
        wanted = select(CaseState).join(Case, Case.id == CaseState.case_id).where(Case.ref == case)
        kept = work.session.scalars(wanted).one()
        diagram = definitions.by_id(work, kept.definition_id).diagram
        done = engine.restore(diagram, kept.data, now=work.now, services=Silent()).done()
    rings = {name: done.get(f"end_{name}", 0) for name in ("all", "once", "skip", "ask", "missed")}
    assert rings == {"all": DAYS, "once": 1, "skip": 0, "ask": 1, "missed": 0}
    rounds = fired(world, case)
    planned = [body["planned"] for body in rounds if "all" in body["steps"]]
    assert len(planned) == DAYS and planned[1:] == sorted(set(planned[1:])), "each once, in the order of the plan"
    assert all(body["late_s"] > 3600 for body in rounds)
    assert sum(body.get("passed_over", 0) for body in rounds) == (DAYS - 1) + DAYS  # of "once" and of "skip"
    assert len(fired(world, case, "job.finished")) == 1
    assert sorted(step for _ref, step, _version in world.open_tasks(case)) == ["missed", "work"]


def test_after_ten_days_two_workers_make_up_everything_once_and_say_so(live: World) -> None:
    cases = begin(live, timedelta(days=DAYS, hours=2))
    with workers(live, 2):
        wait_for(lambda: due(live) == 0, "something is due still")
    for case in cases:
        made_up(live, case)
    with live.work(write=False) as work:
        reports = work.session.scalars(select(WatchReport).where(WatchReport.kind == watchdog.RECOVERY)).all()
        late = max((one.figures.get("late", {}) for one in reports), key=lambda by_rule: sum(by_rule.values()))
        assert set(late) <= {"late", "all", "once", "skip"} and sum(late.values()) >= CASES
        assert max(one.figures.get("late_s", 0) for one in reports) > (DAYS - 2) * 86_400
        assert watchdog.look(work).idle == [] == watchdog.look(work).unplanned
        assert list(verify(work.session, live.home.vault)) == []


def test_a_clock_that_goes_back_neither_stops_the_worker_nor_repeats_anything(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Clock(monkeypatch)
    before = begin(live, timedelta(days=DAYS, hours=2))
    with workers(live, 1):
        wait_for(lambda: due(live) == 0, "something is due still")
        counts = {case: len(fired(live, case)) for case in before}
        shown.back = timedelta(hours=6)
        after = begin(live, timedelta(0))
        # without a new knock it would sleep until the clock is where it was: six hours
        wait_for(lambda: all(fired(live, case, "job.finished") for case in after), "the worker is silent")
        assert {case: len(fired(live, case)) for case in before} == counts
        shown.back = timedelta(0)
        wait_for(lambda: due(live) == 0, "something is due still")
        wait_for(lambda: all("late" in str(fired(live, case)) for case in after), "the two hours are over long since")
    for case in before:
        made_up(live, case)
    with live.work(write=False) as work:
        assert list(verify(work.session, live.home.vault)) == []


def test_what_was_leased_or_put_off_by_a_clock_that_went_ahead_is_freed(live: World) -> None:
    begin(live, timedelta(hours=1))
    ahead = machine_now() + timedelta(days=300)
    with live.work() as work:
        work.session.execute(update(AgendaItem).values(claimed_by="elsewhere:1:1", claimed_until=ahead))
        work.session.execute(update(AgendaItem).where(AgendaItem.kind == "job.run").values(not_before=ahead))
    figures = recovery.recover(live.home, "w")
    assert (figures["freed"], figures["hastened"]) == (CASES, CASES)
    with workers(live, 1):
        wait_for(lambda: due(live) == 0, "nobody frees it")
    with live.work(write=False) as work:
        refs = work.session.scalars(select(Case.ref)).all()
    assert all(len(fired(live, case, "job.finished")) == 1 for case in refs)
