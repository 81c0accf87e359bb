"""The tick on agenda rows: order, each item's own instant, exactly once, and what is left after a death (walls 2)."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from domain import heartbeats
from domain.clock import machine_now
from domain.errors import Conflict
from domain.work import SCHEDULER, unit_of_work
from scheduler import duties, tick
from scheduler.duties import Duty
from tests.crowd import at_once
from tests.scheduler.conftest import NOON, act, clock, item, notes, plan

HOUR = timedelta(hours=1)
DEAD = f"{os.uname().nodename[:32]}:999999999:1"


def test_everything_on_the_way_runs_in_order_at_its_own_instant_and_the_clock_goes_along(standing):
    plan(standing, "late", NOON + 3 * HOUR)
    plan(standing, "second", NOON + HOUR)
    plan(standing, "third", NOON + HOUR)
    plan(standing, "overdue", NOON - HOUR)
    plan(standing, "beyond", NOON + 5 * HOUR)

    swept = tick.advance_to(standing, NOON + 4 * HOUR, "me")

    assert swept is not None
    assert (swept.done, swept.postponed) == (4, 0)
    assert notes(standing) == [
        ("overdue", NOON),  # never before where the clock stands
        ("second", NOON + HOUR),
        ("third", NOON + HOUR),
        ("late", NOON + 3 * HOUR),
    ]
    assert clock(standing) == NOON + 4 * HOUR


def test_what_is_due_at_the_very_instant_runs_and_a_second_later_waits(standing):
    plan(standing, "at", NOON + HOUR)
    plan(standing, "after", NOON + HOUR + timedelta(seconds=1))
    tick.advance_to(standing, NOON + HOUR, "me")
    assert notes(standing) == [("at", NOON + HOUR)]


def test_items_made_on_the_way_take_their_place_in_the_order(standing):
    plan(standing, "first", NOON + HOUR, makes={"soon": 60, "now": 0, "far": 36_000})
    plan(standing, "last", NOON + 2 * HOUR)
    tick.advance_to(standing, NOON + 2 * HOUR, "me")
    assert [key for key, _at in notes(standing)] == ["first", "now", "soon", "last"]
    assert notes(standing)[2][1] == NOON + HOUR + timedelta(seconds=60)


def test_the_clock_moves_in_the_transaction_of_the_item(standing, monkeypatch):
    seen = []

    def look(work, row, result):
        seen.append(clock(standing) if standing.engine.dialect.name == "postgresql" else None)
        act(work, row, result)
        if row.key == "breaks":
            raise ZeroDivisionError

    monkeypatch.setitem(duties.DUTIES, "test.note", Duty(look))
    plan(standing, "good", NOON + HOUR)
    plan(standing, "breaks", NOON + 2 * HOUR)
    tick.advance_to(standing, NOON + HOUR, "me")
    tick.advance_to(standing, NOON + 2 * HOUR, "me")
    assert [key for key, _at in notes(standing)] == ["good"], "what failed left nothing"
    assert seen in ([NOON, NOON + HOUR], [None, None])


def test_a_tick_to_an_instant_already_passed_does_nothing(standing):
    plan(standing, "one", NOON + HOUR)
    tick.advance_to(standing, NOON + 2 * HOUR, "me")
    assert tick.advance_to(standing, NOON + 2 * HOUR, "me") is None
    assert tick.advance_to(standing, NOON, "me") is None
    assert clock(standing) == NOON + 2 * HOUR
    assert len(notes(standing)) == 1


def test_a_tick_killed_at_its_very_instant_is_finished_by_the_next(standing):
    plan(standing, "done", NOON + HOUR)
    tick.advance_to(standing, NOON + HOUR, "me")
    plan(standing, "left", NOON + HOUR)  # as a chunk that the killed one had still to do
    assert tick.advance_to(standing, NOON + HOUR, "me") is not None
    assert [key for key, _at in notes(standing)] == ["done", "left"]


def test_a_live_home_has_no_clock_to_move(running):
    with pytest.raises(Conflict, match="runs by itself"):
        tick.advance_to(running, datetime(2099, 1, 1, tzinfo=UTC), "me")


def test_on_a_live_home_a_late_item_runs_with_the_real_now_and_keeps_its_instant(running):
    planned = machine_now() - timedelta(days=3)
    plan(running, "late", planned)
    plan(running, "not yet", machine_now() + HOUR)
    before = machine_now()
    swept = tick.sweep(running, "me")
    ((key, at),) = notes(running)
    assert key == "late"
    assert before <= at <= machine_now()
    assert item(running, "late").due_at == planned
    assert swept.oldest_lag >= timedelta(days=3)


def test_two_ticks_queue_and_each_item_runs_once(standing):
    for number in range(12):
        plan(standing, f"n{number:02}", NOON + number * timedelta(minutes=1))

    at_once(
        lambda: tick.advance_to(standing, NOON + HOUR, "one"),
        lambda: tick.advance_to(standing, NOON + HOUR, "other"),
        lambda: tick.sweep(standing, "worker"),
    )

    assert [key for key, _at in notes(standing)] == [f"n{number:02}" for number in range(12)]
    assert clock(standing) == NOON + HOUR


def test_four_workers_of_a_live_home_share_the_items_and_do_none_twice(running):
    for number in range(40):
        plan(running, f"n{number}", machine_now() - HOUR)

    def sweep(name: str) -> None:
        while tick.sweep(running, name).done:
            pass

    at_once(*[lambda name=name: sweep(name) for name in "abcd"])
    assert sorted(key for key, _at in notes(running)) == sorted(f"n{number}" for number in range(40))


def lease(home, name: str, until: datetime) -> None:
    with unit_of_work(home, SCHEDULER) as work:
        row = home.row(work.session)
        row.tick_lease_by, row.tick_lease_until = name, until


def test_a_tick_waits_for_a_living_one_and_says_so_when_it_does_not_end(standing):
    lease(standing, tick.worker_id(), machine_now() + HOUR)
    plan(standing, "one", NOON)
    assert tick.sweep(standing, "other").done == 0
    with pytest.raises(Conflict, match="Another tick"):
        tick.advance_to(standing, NOON + HOUR, "other", wait=timedelta(seconds=0.3))
    assert notes(standing) == []


@pytest.mark.parametrize(("name", "until"), [(DEAD, HOUR), ("elsewhere:1:1", -HOUR)])
def test_the_lease_of_a_dead_one_or_one_that_ran_out_holds_nobody(standing, name, until):
    lease(standing, name, machine_now() + until)
    plan(standing, "one", NOON)
    assert tick.sweep(standing, "me").done == 1


def claim(home, key: str, name: str, until: datetime) -> None:
    with unit_of_work(home, SCHEDULER) as work:
        row = work.session.merge(item(home, key))
        row.claimed_by, row.claimed_until = name, until


@pytest.mark.parametrize(
    ("name", "until", "done"), [(DEAD, HOUR, 1), ("elsewhere:1:1", -HOUR, 1), ("elsewhere:1:1", HOUR, 0)]
)
def test_an_item_a_dead_worker_held_is_taken_over_and_a_living_ones_is_left(running, name, until, done):
    plan(running, "one", machine_now() - HOUR)
    claim(running, "one", name, machine_now() + until)
    assert tick.sweep(running, "me").done == done


def test_whoever_lost_an_item_while_at_work_on_it_changes_nothing(running, monkeypatch):
    """Its claim ran out while it was busy outside the transaction; another did it meanwhile."""

    def slow(home, _plan):
        claim(home, "one", "other", machine_now() + HOUR)
        return

    monkeypatch.setitem(duties.DUTIES, "test.note", Duty(act, lambda _work, row: row.key, slow))
    plan(running, "one", machine_now() - HOUR)
    swept = tick.sweep(running, "me", most=1)
    assert (swept.done, notes(running)) == (0, [])
    assert item(running, "one").claimed_by == "other"


def test_one_that_fails_waits_longer_each_time_and_stops_nobody(running, caplog):
    plan(running, "bad", machine_now() - 2 * HOUR, fails=True)
    plan(running, "good", machine_now() - HOUR)
    swept = tick.sweep(running, "me")
    assert (swept.done, swept.postponed) == (1, 1)
    assert [key for key, _at in notes(running)] == ["good"]
    bad = item(running, "bad")
    assert (bad.attempts, bad.parked, bad.claimed_by) == (1, False, None)
    assert bad.not_before is not None
    assert bad.not_before > machine_now()
    assert "甲某" not in bad.last_error
    assert bad.last_error.startswith("ZeroDivisionError")
    assert tick.sweep(running, "me").postponed == 0, "not before its time"


def test_after_the_last_attempt_it_is_parked(running):
    plan(running, "bad", machine_now() - HOUR, fails=True)
    for _attempt in range(tick.ATTEMPTS):
        with unit_of_work(running, SCHEDULER) as work:
            work.session.merge(item(running, "bad")).not_before = None
        tick.sweep(running, "me")
    assert item(running, "bad").parked
    with unit_of_work(running, SCHEDULER) as work:
        work.session.merge(item(running, "bad")).not_before = None
    assert tick.sweep(running, "me").postponed == 0


def test_a_kind_of_a_newer_program_waits(running):
    plan(running, "new", machine_now() - HOUR, kind="not.known")
    assert tick.sweep(running, "me").postponed == 1
    assert item(running, "new").done_at is None


def test_the_name_of_a_worker_tells_its_death():
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    host = tick.worker_id().partition(":")[0]
    name = f"{host}:{sleeper.pid}:{heartbeats.started(sleeper.pid)}"
    assert not tick.is_dead(name)
    assert tick.is_dead(f"{host}:{sleeper.pid}:1"), "the number was given to another process"
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert tick.is_dead(name), "dead, though nobody has buried it yet"
    sleeper.wait()
    assert tick.is_dead(name)
    assert not tick.is_dead("another-host:1:1"), "of another host nothing is known"
    assert not tick.is_dead(tick.worker_id())
