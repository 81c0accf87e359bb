"""Several processes that complete steps on one PostgreSQL, and who waits for whom meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from typing import Any

from sqlalchemy import create_engine, text

from tasks import schema
from tests.infrastructure.databases import Place
from tests.torture import drawn
from tests.torture.world import World, open_world

PROCESSES = (1, 2, 4)
STEPS = 50  # of each process
READY_SECONDS = 120
# sessions that wait for a lock of another, and on what; the time of a commit's own write is no queue
WAITING = text(
    "SELECT left(query, 60) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
)


def measure(world: World) -> list[dict[str, Any]]:
    """Completions a second with so many processes, and how often anybody was seen waiting for a lock."""
    world.deploy(drawn.desk())
    return [_with(world, count) for count in PROCESSES]


def _with(world: World, count: int) -> dict[str, Any]:
    make = multiprocessing.get_context("spawn")
    ready, go = make.Barrier(count + 1), make.Event()
    tasks = [[_task(world) for _step in range(STEPS)] for _number in range(count)]
    world.home.engine.dispose()
    started = [
        make.Process(target=_work, args=(world.place, ready, go, number, tasks[number]), daemon=True)
        for number in range(count)
    ]
    for one in started:
        one.start()
    ready.wait(READY_SECONDS)  # BrokenBarrierError where one of them failed before it began
    began = time.perf_counter()
    go.set()
    seen, looks = _watch(world, started)
    seconds = time.perf_counter() - began
    failed = [one.exitcode for one in started if one.exitcode]
    if failed:
        raise RuntimeError(f"{len(failed)} of {count} processes failed")
    return {
        "processes": count,
        "completions a second": round(count * STEPS / seconds),
        "looks": looks,
        "seen waiting for a lock": sum(seen.values()),
        "for": "; ".join(query for query, _times in seen.most_common(2)),
    }


def _watch(world: World, started: list[Any]) -> tuple[Counter[str], int]:
    seen: Counter[str] = Counter()
    looks = 0
    engine = create_engine(world.place.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as look:
        while any(one.is_alive() for one in started):
            seen.update(str(query) for (query,) in look.execute(WAITING))
            looks += 1
            time.sleep(0.005)
    engine.dispose()
    return seen, looks


def _task(world: World) -> str:
    """The open task of a case of its own."""
    ((ref, _name, _version),) = world.open_tasks(world.case("desk"))
    return ref


def _work(place: Place, ready: Any, go: Any, number: int, tasks: list[str]) -> None:
    """One process: cases of its own, a step at a time."""
    schema.metadata()  # a process of its own knows every table
    world = open_world(place)
    who = number % len(world.people)
    held = [(ref, world.claim(ref, who)) for ref in tasks]
    ready.wait(READY_SECONDS)
    go.wait(READY_SECONDS)
    for ref, version in held:
        world.complete(ref, version, {"note": str(os.getpid())}, who)
    world.home.engine.dispose()
