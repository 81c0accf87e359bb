"""The worker process: it knocks, it shows that it lives, it seals, and it stops when told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from domain import sealing
from domain.home import Heartbeat
from domain.journal import JournalSeal
from domain.work import SCHEDULER, unit_of_work
from scheduler import worker
from tests.scheduler.conftest import NOON, notes, plan

ROOT = Path(__file__).resolve().parents[2]


def wait_for(what, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


def beats(home) -> list[Heartbeat]:
    with unit_of_work(home, SCHEDULER, write=False) as work:
        found = list(work.session.scalars(select(Heartbeat)))
        work.session.expunge_all()
        return found


def sealed(home) -> bool:
    with unit_of_work(home, SCHEDULER, write=False) as work:
        return work.session.scalar(select(JournalSeal.id).limit(1)) is not None


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(worker, "KNOCK_SECONDS", 0.05)
    monkeypatch.setattr(worker, "SEAL_SECONDS", 0.05)


def test_it_does_what_is_due_seals_and_finishes_when_told_to_stop(standing, quick):
    plan(standing, "one", NOON)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=[standing, stop])
    thread.start()
    try:
        assert wait_for(lambda: notes(standing) == [("one", NOON)])
        assert wait_for(lambda: sealed(standing))
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    (beat,) = beats(standing)
    assert beat.kind == "worker"
    with unit_of_work(standing, SCHEDULER, write=False) as work:
        assert list(sealing.verify(work.session, standing.vault)) == []


def test_a_worker_says_that_it_lives_in_one_row(standing):
    worker.beat(standing, "w")
    first = beats(standing)[0].seen_at
    worker.beat(standing, "w")
    (beat,) = beats(standing)
    assert beat.seen_at > first


@pytest.mark.torture
def test_the_process_does_what_is_due_and_ends_in_order_on_sigterm(standing, database_kind):
    environment = {**os.environ, **_place_of(standing, database_kind)}
    process = subprocess.Popen([sys.executable, "-m", "scheduler.worker"], cwd=ROOT, env=environment)
    try:
        assert wait_for(lambda: beats(standing), 60)
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def _place_of(home, kind: str) -> dict[str, str]:
    return {
        "HEDUI_HOME": str(home.settings.home),
        "HEDUI_DATABASE_URL": home.settings.database_url if kind == "postgresql" else "",
    }
