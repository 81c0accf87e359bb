"""What a step costs in deep, broad and long cases, to their end: `python -m bench.engine_growth [--on DATABASE ...]`.

2,000 rounds of submit and return, 1,000 people in one step, 300 subprocesses, drawings of 400 nodes, 50 processes that
call one another: each through the verbs that the pages call. Of the first, middle and last steps: milliseconds of the
processor, statements, rows written, bytes sent, and bytes of state. Every case must be done in the end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.engine import show, worlds
from domain import memory
from tests.infrastructure.databases import POSTGRESQL, SQLITE
from tests.torture import drawn
from tests.torture.drawn import Drawing
from tests.torture.test_depth import DEEP, NODES, PARTS, PEOPLE, ROUNDS, Cost, measured, state_size, step
from tests.torture.world import World

SOME = 20


def several(world: World, drawing: Drawing, items: int = 0, rounds: int = 0) -> Iterator[dict[str, Any]]:
    """One case to its end; rows about its beginning and the first, middle and last steps. Raises RuntimeError when it
    is not done then."""
    world.deploy(drawing)
    data = {"case": {"items": [{"ref": f"item{number}"} for number in range(items)]}} if items else {}
    with measured(world) as begun:
        case = world.case(drawing.key, data)
    yield _row(drawing, "begin", [begun], state_size(world, case))
    costs: list[Cost] = []
    sizes: list[int] = []
    waiting = world.open_tasks(case)
    while waiting:
        # of many people the list is asked for once, as the first of them sees it
        for ref, _step, _version in waiting:
            again = len(costs) + 1 < rounds
            costs.append(_one(world, ref, {"note": "seen", "again": again}))
            if len(costs) in (1, max(items, rounds) // 2):
                sizes.append(state_size(world, case))
        waiting = world.open_tasks(case)
    if world.state(case) != "DONE":
        raise RuntimeError(f"{drawing.key} stands still after {len(costs)} steps")
    middle = max(len(costs) // 2 - SOME // 2, 0)
    yield _row(drawing, "first", costs[:SOME], sizes[0] if sizes else 0)
    yield _row(drawing, "middle", costs[middle : middle + SOME], sizes[-1] if sizes else 0)
    yield _row(drawing, f"last of {len(costs)}", costs[-SOME:], state_size(world, case))


def _one(world: World, ref: str, answers: dict[str, Any]) -> Cost:
    version = world.claim(ref)
    with measured(world) as cost:
        world.complete(ref, version, answers)
    return cost


def _row(drawing: Drawing, which: str, costs: list[Cost], state: int) -> dict[str, Any]:
    return {
        "what": drawing.key,
        "steps": which,
        "cpu ms": round(median(one.cpu for one in costs) * 1e3, 1),
        "most": round(max(one.cpu for one in costs) * 1e3, 1),
        "statements": max(one.statements for one in costs),
        "rows": max(one.rows for one in costs),
        "sent": max(one.sent for one in costs),
        "state": state,
    }


def measure(world: World) -> Iterator[dict[str, Any]]:
    """Every one of them."""
    warm = Drawing("warm", drawn.relay().scope)
    world.deploy(warm)
    step(world, world.case("warm"), {"note": "first", "again": False})
    drawings = (drawn.long(NODES), drawn.diamonds(NODES // 4 - 1), drawn.nested(DEEP), drawn.calls_within(DEEP))
    with memory.settled():
        yield from several(world, drawn.relay(), rounds=ROUNDS)
        yield from several(world, drawn.crowd(), items=PEOPLE)
        yield from several(world, drawn.parts(), items=PARTS)
        for drawing in drawings:
            yield from several(world, drawing)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine_growth", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--on", nargs="+", choices=(SQLITE, POSTGRESQL), default=(SQLITE, POSTGRESQL))
    wanted = parser.parse_args()
    with worlds(wanted.on) as fresh:
        for kind, world in fresh().items():
            show(f"what a step costs, {kind}", list(measure(world)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
