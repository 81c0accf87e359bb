"""The worker process: APScheduler knocks every few seconds, the rows decide. Run by the supervisor."""

from __future__ import annotations

import logging
import os
import signal
import threading
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from domain import durability, heartbeats, logs, memory, revision, sealing
from domain.clock import machine_now
from domain.home import Home, open_home
from domain.logs import Event
from domain.settings import Settings
from domain.work import SCHEDULER, unit_of_work
from scheduler import orphans, recovery, tick
from tasks.finding import tallies
from tasks.supervision import step_times

log = logging.getLogger("scheduler.worker")

KNOCK_SECONDS = 1
BEAT_SECONDS = 10
SEAL_SECONDS = 30
FOLD_SECONDS = 20
ORPHAN_SECONDS = 3600
WATCH_SECONDS = 600
MEASURE_SECONDS = 900
CLOCK_SECONDS = 5  # how often it is looked whether the machine's clock went back
RECOVER = "recover"


def beat(home: Home, worker: str) -> None:
    """Say that this process is alive."""
    heartbeats.beat(home, worker, heartbeats.WORKER)


def seal(home: Home) -> None:
    """Bind what was journalled since the last seal."""
    with unit_of_work(home, SCHEDULER) as work:
        sealing.seal(work)


def fold(home: Home) -> None:
    """Count in what changed among the tasks, some at a time, so that nobody waits long for it."""
    while True:
        with unit_of_work(home, SCHEDULER) as work:
            if tallies.fold(work) < tallies.CHUNK:
                break


def measure(home: Home) -> None:
    """Add up how long the steps took that ended since the last look, some at a time."""
    while True:
        with unit_of_work(home, SCHEDULER) as work:
            if not step_times.measure(work):
                break


def make_scheduler(home: Home, worker: str) -> BackgroundScheduler:
    """The knocking: jobs in memory only, one at a time each, never dropped for being late."""
    options = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(timezone="Asia/Shanghai")
    scheduler.add_job(tick.sweep, "interval", seconds=KNOCK_SECONDS, args=[home, worker], id="tick", **options)
    scheduler.add_job(beat, "interval", seconds=BEAT_SECONDS, args=[home, worker], id="beat", **options)
    scheduler.add_job(seal, "interval", seconds=SEAL_SECONDS, args=[home], id="seal", **options)
    scheduler.add_job(fold, "interval", seconds=FOLD_SECONDS, args=[home], id="fold", **options)
    scheduler.add_job(measure, "interval", seconds=MEASURE_SECONDS, args=[home], id="measure", **options)
    scheduler.add_job(orphans.remove, "interval", seconds=ORPHAN_SECONDS, args=[home], id="orphans", **options)
    scheduler.add_job(recovery.watch, "interval", seconds=WATCH_SECONDS, args=[home, worker], id="watch", **options)
    _set_right(scheduler, home, worker)
    return scheduler


def _set_right(scheduler: BackgroundScheduler, home: Home, worker: str) -> None:
    scheduler.add_job(
        recovery.recover, args=[home, worker], id=RECOVER, misfire_grace_time=None, max_instances=1,
        replace_existing=True,
    )  # fmt: skip


def knock_again(scheduler: BackgroundScheduler, home: Home, worker: str) -> bool:
    """Where the machine's clock went back, knock now: APScheduler plans each knock at an instant of the wall clock,
    and would be silent until the clock is there again. What was leased or put off by the old clock is set right too.
    """
    now = machine_now()
    knocks = [job for job in scheduler.get_jobs() if job.id != RECOVER]
    ahead = [job for job in knocks if job.next_run_time > now + job.trigger.interval + timedelta(seconds=CLOCK_SECONDS)]
    for job in ahead:
        job.modify(next_run_time=now)
    if ahead:
        log.warning(Event("worker.clock_went_back", knocks=len(ahead)))
        _set_right(scheduler, home, worker)
    return bool(ahead)


def run(home: Home, stop: threading.Event) -> None:
    """Work until `stop` is set; what is in hand is finished first."""
    worker = tick.worker_id()
    beat(home, worker)
    scheduler = make_scheduler(home, worker)
    scheduler.start()
    log.info(Event("worker.started", worker=worker))
    try:
        while not stop.wait(CLOCK_SECONDS):
            knock_again(scheduler, home, worker)
    finally:
        scheduler.shutdown(wait=True)
        log.info(Event("worker.stopped", worker=worker))


def main() -> None:
    """Entry point of `python -m scheduler.worker`."""
    logs.set_up(os.environ.get("HEDUI_LOG_LEVEL") or "INFO")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    with logs.refusals("worker"):
        home = open_home(Settings.from_env(os.environ))
        revision.require(home.engine)
        durability.require(home)
        with memory.settled():
            run(home, stop)


if __name__ == "__main__":
    main()
