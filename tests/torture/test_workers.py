"""Workers killed or frozen in the middle of a job: another has it after the lease, and only one is recorded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.clock import machine_now
from domain.home import HomeRow
from domain.journal import JournalEntry
from domain.sealing import verify
from tests.support import ROOT
from tests.torture.acts import deploy
from tests.torture.hand import LEASE
from tests.torture.test_interleaved import Silent
from tests.torture.world import World
from workflows import definitions, engine
from workflows.instances import CaseState

pytestmark = pytest.mark.torture
LONG = 600.0  # seconds: nobody waits for the end of it
PATIENCE = 60.0


def wait_for(what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
    return found


@dataclass
class Hands:
    """Worker processes on one home."""

    world: World
    folder: Path
    running: list[subprocess.Popen[bytes]]

    def start(self, *, host: str = "", seconds: float = 0.0, rows: int = 1) -> subprocess.Popen[bytes]:
        number = len(self.running)
        with (self.folder / f"log-{number}").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.torture.hand", str(self.folder), host, str(seconds), str(rows)],
                cwd=ROOT, env={**os.environ, **self.world.place.environment}, stdout=output, stderr=output,
            )  # fmt: skip
        self.running.append(process)
        return process

    def began(self, process: subprocess.Popen[bytes]) -> bool:
        return (self.folder / f"{process.pid}").exists()

    def said(self, number: int) -> str:
        return (self.folder / f"log-{number}").read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def hands(world: World, tmp_path: Path) -> Iterator[Hands]:
    """The clock runs: each item is leased by itself, as in a real office."""
    with world.work() as work:
        work.session.get_one(HomeRow, 1).stopped_at = None
    made = Hands(world, tmp_path, [])
    yield made
    for process in made.running:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(20)


@contextmanager
def job(world: World) -> Iterator[Callable[[], AgendaItem]]:
    """The item of the one job there is, read afresh at each call."""

    def read() -> AgendaItem:
        with world.work(write=False) as work:
            found = work.session.scalars(select(AgendaItem).where(AgendaItem.kind == "job.run")).one()
            work.session.expunge(found)
            return found

    yield read


def until_of(item: AgendaItem) -> datetime:
    assert item.claimed_until is not None
    return item.claimed_until


def finished(world: World, case: str) -> list[Any]:
    """What each recorded end of the case's job left in its data; no more than one may be there."""
    with world.work(write=False) as work:
        ends = select(JournalEntry.id).where(JournalEntry.event == "job.finished", JournalEntry.subject == case)
        state = work.session.scalars(select(CaseState).join(Case, Case.id == CaseState.case_id).where(Case.ref == case))
        diagram = definitions.by_id(work, (kept := state.one()).definition_id).diagram
        data = engine.restore(diagram, kept.data, now=work.now, services=Silent()).data
        assert list(verify(work.session, world.home.vault)) == []
        assert data.get("ask"), data
        return [data["ask"]["rows"] for _end in work.session.scalars(ends)]


@pytest.mark.parametrize("host", ["", "elsewhere"], ids=["this machine", "another machine"])
def test_the_job_of_a_killed_worker_is_taken_over(hands: Hands, host: str) -> None:
    """On this machine its death is seen at once; of another machine only the lease tells."""
    world = hands.world
    deploy(world)
    case = world.case("busy")
    with job(world) as item:
        first = hands.start(host=host, seconds=LONG)
        wait_for(lambda: hands.began(first))
        leased = until_of(item())
        # its heart beats: the lease grows while the work goes on
        wait_for(lambda: until_of(item()) > leased)
        first.kill()
        first.wait(20)
        until = until_of(item())
        hands.start()
        wait_for(lambda: item().done_at is not None)
        if host:
            assert machine_now() >= until
        done = item()
        assert (done.fence, done.attempts, done.last_error) == (2, 1, "WorkerLost")
    assert "asked" in [step for _ref, step, _version in world.open_tasks(case)]
    assert finished(world, case) == [1]
    assert "item.taken_over" in hands.said(1)


def test_what_a_worker_brings_after_it_was_frozen_is_refused(hands: Hands) -> None:
    """It is stopped as a machine that sleeps, wakes when another has done its job, and its result is nobody's."""
    world = hands.world
    deploy(world)
    case = world.case("busy")
    with job(world) as item:
        first = hands.start(host="elsewhere", seconds=LEASE.total_seconds() + 2, rows=1)
        wait_for(lambda: hands.began(first))
        first.send_signal(signal.SIGSTOP)
        second = hands.start(rows=2)
        wait_for(lambda: item().done_at is not None)
        assert hands.began(second)
        before = item()
        first.send_signal(signal.SIGCONT)
        wait_for(lambda: "item.lost" in hands.said(0))
        after = item()
        assert (after.fence, after.done_at, after.attempts) == (before.fence, before.done_at, 1)
        # it goes on with other work
        other = world.case("busy")
        wait_for(lambda: "asked" in [step for _ref, step, _version in world.open_tasks(other)])
    assert finished(world, case) == [2]
