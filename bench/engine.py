"""What moving a case costs: `python -m bench.engine [--json FILE] [--cases N] [--only PART ...] [--on DATABASE ...]`.

In one run, each in turn: completing a person's step through our own verb, beside the same rows written with no engine
and beside SpiffWorkflow as it comes with its own serializer; opening many cases, beside the bare rows; what a step
costs after many rounds and among many items; and PostgreSQL with several worker processes. Times on a busy machine are
noise: the ratios and the counted statements are what to read.

The databases are made for the run and removed after it. The stock engine, whose scripts are Python, is fed nothing but
the drawing below.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import select

from bench import engine_floor as floor
from bench import engine_stock as stock
from bench import engine_workers as workers
from domain import memory
from domain.base import new_ref
from domain.pace import Pace
from tasks import opening
from tasks.rows.models import HumanTask
from tests.infrastructure.databases import POSTGRESQL, SQLITE, Databases, NoPostgreSQL, close_run, open_run
from tests.torture import drawn
from tests.torture.world import STAFFED, World, open_world
from workflows import definitions

TIMES, EACH = 5, 20
CASES = 5_000
PACE = Pace()
QUIET = 0.7  # seconds of claims without a launch, each round
PARTS = ("complete", "launch", "growth", "workers")
Figures = dict[str, Any]


@contextmanager
def worlds(wanted: Sequence[str]) -> Iterator[Callable[[], dict[str, World]]]:
    """Makes fresh houses, one on each database that can be had."""
    folder = open_run()
    databases = Databases(folder, os.getpid())
    homes = Path(tempfile.mkdtemp(prefix="hedui-bench-"))
    made: list[World] = []

    def fresh() -> dict[str, World]:
        found = {}
        for kind in wanted:
            try:
                place = databases.fresh(kind, homes / f"home-{len(made)}", STAFFED)
            except NoPostgreSQL as reason:
                print(f"left out: {reason}")
                continue
            found[kind] = open_world(place)
            made.append(found[kind])
        return found

    try:
        yield fresh
    finally:
        for world in made:
            world.home.engine.dispose()
        close_run(folder)
        shutil.rmtree(homes, ignore_errors=True)


def timed(act: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# --- one step of a person ----------------------------------------------------------------------------------------


def complete(world: World) -> Figures:
    """Milliseconds of one completion, the median of five rounds in turn."""
    world.deploy(drawn.desk())
    bare, theirs = floor.Floor(world), stock.Stock(world, drawn.desk())
    taken: dict[str, list[tuple[float, float]]] = {"bare rows": [], "ours": [], "stock": []}
    _ours(world, 3)
    for _number in range(TIMES):
        taken["bare rows"].append(bare.complete(EACH))
        seconds, statements = _ours(world, EACH)
        taken["ours"].append(seconds)
        taken["stock"].append(theirs.complete(EACH, bare.captured))
    wall = {name: median(one for one, _cpu in both) * 1e3 for name, both in taken.items()}
    worked = {name: median(cpu for _one, cpu in both) * 1e3 for name, both in taken.items()}
    bare.close()
    return {
        **{name: round(value, 2) for name, value in wall.items()},
        **{f"{name} cpu": round(value, 2) for name, value in worked.items()},
        "statements": statements,
        "floor's": bare.statements,
        "ours to bare rows": round(wall["ours"] / wall["bare rows"], 2),
        "stock to ours": round(wall["stock"] / wall["ours"], 2),
    }


def _ours(world: World, count: int) -> tuple[tuple[float, float], int]:
    """Seconds a completion, on the wall and of the processor, and its statements."""
    held = []
    for _number in range(count):
        (ref, _step, _version), *_more = world.open_tasks(world.case("desk"))
        held.append((ref, world.claim(ref)))
    with world.counted() as seen:
        world.complete(*held.pop(), {"note": "as declared"})
    began, worked = time.perf_counter(), time.process_time()
    for ref, version in held:
        world.complete(ref, version, {"note": "as declared"})
    ended = time.perf_counter() - began, time.process_time() - worked
    return (ended[0] / len(held), ended[1] / len(held)), len(seen)


# --- many cases --------------------------------------------------------------------------------------------------


def launch(world: World, count: int) -> Figures:
    """Seconds to open that many cases with all their rows, the median of rounds; claims during another launch."""
    world.deploy(drawn.review())
    rounds = TIMES if count <= CASES else 1
    theirs = stock.Stock(world, drawn.review())
    few = min(count, 100)
    quiet: list[float] = []
    claims: list[float] = []
    taken: list[tuple[float, float, float, float]] = []
    for number in range(rounds):
        bare = floor.launch(world, count)
        ours = timed(lambda number=number: _open(world, count, f"{number}量"))  # type: ignore[misc]  # bound early
        with _clerk(world, quiet):
            time.sleep(QUIET)
        with _clerk(world, claims):
            shared = timed(lambda number=number: _open(world, count, f"{number}同"))  # type: ignore[misc]
        beside = floor.captured_launch(world, few)
        taken.append((bare, ours, shared, theirs.launch(beside) / few * count))
        floor.go_on(world)
    bare, ours, shared, alone = (median(column) for column in zip(*taken, strict=True))
    return {
        "cases": count,
        "bare rows": round(bare, 3),
        "ours": round(ours, 3),
        "stock": round(alone, 1),
        "ours to bare rows": round(ours / bare, 2),
        "stock to ours": round(alone / ours, 1),
        "ours while claimed": round(shared, 3),
        "claims": len(claims),
        "claim p95 ms": _p95(claims),
        "without a launch": _p95(quiet),
    }


def _p95(seconds: Sequence[float]) -> float | None:
    """In milliseconds."""
    return round(sorted(seconds)[int(len(seconds) * 0.95)] * 1e3, 1) if seconds else None


@contextmanager
def _clerk(world: World, claims: list[float]) -> Iterator[None]:
    """Somebody who takes one task after the other meanwhile; adds the seconds of each."""
    _open(world, 60, new_ref()[:6])
    with world.work(write=False) as work:
        tasks = list(work.session.scalars(select(HumanTask.ref).order_by(HumanTask.id.desc()).limit(60)))
    ended = threading.Event()

    def claim() -> None:
        for ref in tasks:
            if ended.is_set():
                break
            claims.append(timed(lambda ref=ref: world.claim(ref)))  # type: ignore[misc]  # bound early
            ended.wait(0.01)

    clerk = threading.Thread(target=claim)
    clerk.start()
    try:
        yield
    finally:
        ended.set()
        clerk.join()


def _open(world: World, count: int, mark: str = "量") -> None:
    first = 0
    while first < count:
        size = PACE.size
        with world.work() as work, PACE.measured(work.session, min(size, count - first)):
            common, town = floor.like(work)
            numbers = range(first, min(first + size, count))
            own = [opening.Own(f"{mark}〔2027〕{number:06d}", None, town) for number in numbers]
            (found,), _alone = opening.ways(work, definitions.in_force(work, "review"), common, own, {})
            opening.open_many(work, found, common)
        first += size


# --- growth ------------------------------------------------------------------------------------------------------


def growth(world: World) -> list[Figures]:
    """What a step costs after many rounds and among many items: milliseconds, statements, bytes of state."""
    from tests.torture import test_depth as depth

    rows = []
    world.deploy(drawn.relay())
    case = world.case("rounds")
    for number in range(1, 201):
        taken = timed(lambda: depth.step(world, case, {"note": "again", "again": True}))
        if number in (2, 20, 200):
            rows.append({"what": "rounds", "many": number, "ms": round(taken * 1e3, 1)} | _size(world, case))
    for drawing, many in ((drawn.crowd(), 10), (drawn.crowd(), 100), (drawn.crowd(), 1000), (drawn.parts(), 300)):
        world.deploy(drawing)
        case = world.case(drawing.key, {"case": {"items": [{"ref": f"item{number}"} for number in range(many)]}})
        steps = [timed(lambda: depth.step(world, case, {"note": "seen"})) for _number in range(5)]  # noqa: B023
        cost = depth.step(world, case, {"note": "seen"})
        found = {"what": drawing.key, "many": many, "ms": round(median(steps) * 1e3, 1)}
        rows.append(found | {"statements": cost.statements, "rows": cost.rows} | _size(world, case))
    return rows


def _size(world: World, case: str) -> Figures:
    from tests.torture import test_depth as depth

    return {"state": depth.state_size(world, case)}


# --- printing ----------------------------------------------------------------------------------------------------


def show(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table of rows with the same names."""
    print(f"\n{title}")
    names = list(dict.fromkeys(name for row in rows for name in row))
    widths = {name: max(len(name), *(len(str(row.get(name, ""))) for row in rows)) for name in names}
    print("  ".join(name.rjust(widths[name]) for name in names))
    for row in rows:
        print("  ".join(str(row.get(name, "")).rjust(widths[name]) for name in names))


def measure(wanted: argparse.Namespace) -> Figures:
    """Every part that is wanted, printed as it comes."""
    found: Figures = {"python": sys.version.split()[0], "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    parts: dict[str, tuple[str, Callable[[World], Any]]] = {
        "complete": ("one step of a person, ms", complete),
        "launch": ("many cases opened, s", lambda world: launch(world, wanted.cases)),
        "growth": ("what a step costs", growth),
        "workers": ("worker processes on one host", lambda world: workers.measure(world)),
    }
    with worlds(wanted.on) as fresh:
        for name in wanted.only:
            title, part = parts[name]
            rows: list[Figures] = []
            for kind, world in fresh().items():
                if name == "workers" and kind != POSTGRESQL:
                    continue
                with memory.settled():  # as every process that serves or works
                    made = part(world)
                rows += [{"database": kind, **row} for row in (made if isinstance(made, list) else [made])]
            found[name] = rows
            if rows:
                show(title, rows)
    return found


def main() -> int:
    """Measure, print, and write the same figures as JSON where that is wanted."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--cases", type=int, default=CASES, help=f"how many cases to open ({CASES})")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--on", nargs="+", choices=(SQLITE, POSTGRESQL), default=(SQLITE, POSTGRESQL))
    wanted = parser.parse_args()
    found = measure(wanted)
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
