"""Jobs: held while their worker lives, lost to another when it stalls, parked when they kill; never recorded twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from domain.agenda import AgendaItem
from domain.clock import machine_now
from domain.work import SCHEDULER, unit_of_work
from scheduler import duties, holding, tick
from scheduler.duties import Duty
from tests.crowd import at_once
from tests.scheduler.conftest import act, item, notes, plan
from workflows.registry import TryPolicy

ROOT = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)
SHORT = timedelta(seconds=0.8)


def slow_duty(perform, **policy) -> Duty:
    return Duty(act, lambda _work, row: row.key, perform, policy=lambda _item: TryPolicy(**policy))


def unclaimed(home) -> None:
    """Whatever waits for its next try may be tried now."""
    with unit_of_work(home, SCHEDULER) as work:
        work.session.execute(update(AgendaItem).values(not_before=None))


def test_a_job_longer_than_its_lease_stays_with_its_living_worker(running, monkeypatch):
    monkeypatch.setattr(tick, "LEASE", SHORT)
    performed: list[str] = []

    def slow(_home, key):
        performed.append(key)
        time.sleep(2.5)
        return key

    monkeypatch.setitem(duties.DUTIES, "test.note", slow_duty(slow))
    plan(running, "long", machine_now() - HOUR)

    def another() -> None:
        for _time in range(6):
            time.sleep(0.4)
            tick.sweep(running, "another:1:1")

    at_once(lambda: tick.sweep(running, "me:1:1"), another)
    assert performed == ["long"]
    assert [key for key, _at in notes(running)] == ["long"]
    assert item(running, "long").fence == 1


def test_a_worker_that_stalls_loses_the_job_and_what_it_brings_is_not_recorded(running, monkeypatch, caplog):
    """Its heart stops as a frozen process's does; the lease runs out, another does the job, the first wakes up."""
    monkeypatch.setattr(tick, "LEASE", SHORT)
    monkeypatch.setattr(holding, "renew", lambda *_given: False)
    began, over = threading.Event(), threading.Event()
    calls: list[str] = []

    def slow(_home, _key):
        calls.append("")
        if len(calls) == 1:
            began.set()
            assert over.wait(20)
        return "done"

    monkeypatch.setitem(duties.DUTIES, "test.note", slow_duty(slow))
    plan(running, "frozen", machine_now() - HOUR)
    frozen = threading.Thread(target=tick.sweep, args=[running, "frozen:1:1"])
    frozen.start()
    assert began.wait(20)
    time.sleep(SHORT.total_seconds() + 0.2)
    assert tick.sweep(running, "other:1:1").done == 1
    over.set()
    frozen.join(20)
    assert [key for key, _at in notes(running)] == ["frozen"], "recorded once"
    assert item(running, "frozen").fence == 2
    assert item(running, "frozen").attempts == 1, "the lost try counts"


def test_a_job_that_overruns_its_time_is_given_to_another(running, monkeypatch, caplog):
    monkeypatch.setattr(tick, "LEASE", SHORT)

    def slow(_home, key):
        time.sleep(2.5)
        return key

    monkeypatch.setitem(duties.DUTIES, "test.note", slow_duty(slow, timeout=timedelta(seconds=0.1)))
    plan(running, "endless", machine_now() - HOUR)
    sweeping = threading.Thread(target=tick.sweep, args=[running, "slow:1:1"], kwargs={"most": 1})
    sweeping.start()
    time.sleep(1.6)
    monkeypatch.setitem(duties.DUTIES, "test.note", slow_duty(lambda _home, key: key))
    assert tick.sweep(running, "other:1:1").done == 1
    sweeping.join(20)
    assert [key for key, _at in notes(running)] == ["endless"]
    assert "item.overran" in caplog.text


def test_the_policy_of_a_job_says_how_often_and_how_long_apart(running, monkeypatch):
    def away(_home, _key):
        raise ConnectionError

    policy = {"attempts": 2, "first": timedelta(minutes=10), "factor": 3}
    monkeypatch.setitem(duties.DUTIES, "test.note", slow_duty(away, **policy))
    plan(running, "away", machine_now() - HOUR)
    tick.sweep(running, "me:1:1")
    once = item(running, "away")
    assert not once.parked
    assert once.not_before is not None
    assert timedelta(minutes=9) < once.not_before - machine_now() <= timedelta(minutes=10)
    unclaimed(running)
    tick.sweep(running, "me:1:1")
    assert item(running, "away").parked


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5), (2, 20), (3, 80), (9, 3600), (400, 3600)])
def test_the_waits_grow_up_to_an_hour(failures, seconds):
    assert TryPolicy().wait(failures) == timedelta(seconds=seconds)


def test_what_is_given_up_costs_the_others_nothing(running, monkeypatch):
    """Two hundred parked items stand before one that is due; none of them is looked at."""
    with unit_of_work(running, SCHEDULER) as work:
        work.session.add_all(
            AgendaItem(kind="test.note", key=f"p{n}", due_at=machine_now() - 9 * HOUR, parked=True, attempts=3)
            for n in range(200)
        )
    plan(running, "good", machine_now() - HOUR)
    swept = tick.sweep(running, "me:1:1")
    assert (swept.done, swept.postponed) == (1, 0)
    if running.engine.dialect.name == "sqlite":
        with running.engine.connect() as connection:
            plans = connection.exec_driver_sql(
                "EXPLAIN QUERY PLAN SELECT id FROM agenda_item WHERE done_at IS NULL AND parked IS 0 AND due_at <= '9'"
                " ORDER BY due_at, id LIMIT 20"
            ).all()
            assert "ix_agenda_item_due" in str(plans)


KILLER = """
import os, signal, sys
from domain.home import open_home
from domain.settings import Settings
from scheduler import duties, tick
from scheduler.duties import Duty
from workflows.registry import TryPolicy

def die(_home, _plan):
    os.kill(os.getpid(), signal.SIGKILL)

duties.DUTIES["test.note"] = Duty(lambda *_: None, lambda _work, row: row.key, die, policy=lambda _item: TryPolicy())
tick.sweep(open_home(Settings.from_env(os.environ)), tick.worker_id())
"""


def test_a_job_that_kills_its_worker_is_parked_after_three_of_them(running, database_kind):
    plan(running, "killer", machine_now() - HOUR)
    url = running.settings.database_url if database_kind == "postgresql" else ""
    environment = {**os.environ, "HEDUI_HOME": str(running.settings.home), "HEDUI_DATABASE_URL": url}
    ends = [
        subprocess.run([sys.executable, "-c", KILLER], cwd=ROOT, env=environment, check=False).returncode
        for _worker in range(4)
    ]
    assert ends == [-signal.SIGKILL, -signal.SIGKILL, -signal.SIGKILL, 0]
    killer = item(running, "killer")
    assert (killer.parked, killer.attempts, killer.last_error) == (True, 3, "WorkerLost")
    plan(running, "good", machine_now() - HOUR)
    tick.sweep(running, "me:1:1")
    assert [key for key, _at in notes(running)] == ["good"]
