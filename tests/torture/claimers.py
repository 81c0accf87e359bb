"""Many processes that want the same tasks: `python -m tests.torture.claimers FOLDER`.

The home is the one that the environment names. FOLDER holds `wanted.json`: the accounts (key, ref, name), their office
(key, kind, level) and role, and the tasks (refs). Each account is a process of its own. Before each task all meet at a
barrier, so that every try is a race. What came of it stands in `said-<number>.json`: for each task when the try began
and ended (nanoseconds of the machine's one steady clock), whether it won, and what it was told if not.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from domain.errors import HouseError
from domain.home import open_home
from domain.settings import Settings
from domain.work import Actor, unit_of_work
from tasks.desk import desk

PATIENCE = 120.0  # seconds that the fastest waits for the slowest
TOGETHER = 0.01  # seconds after which all begin


def _meet(barrier: Barrier, start: Synchronized[float]) -> None:
    """Go on with all the others: the last to come names an instant, and the machine's timer wakes everybody at it."""
    if barrier.wait(PATIENCE) == 0:
        start.value = time.monotonic() + TOGETHER
    barrier.wait(PATIENCE)
    time.sleep(max(0.0, start.value - time.monotonic()))


def _claim_all(folder: Path, number: int, barrier: Barrier, start: Synchronized[float]) -> None:
    wanted = json.loads((folder / "wanted.json").read_text(encoding="utf-8"))
    home = open_home(Settings.from_env(os.environ))
    key, ref, name = wanted["accounts"][number]
    org_id, org_kind, org_level = wanted["office"]
    actor = Actor(
        kind="staff", user_id=key, ref=ref, display=name, roles=frozenset({wanted["role"]}), org_id=org_id,
        org_kind=org_kind, org_level=org_level, request_id=f"CLAIMER{number}",
    )  # fmt: skip
    said: list[tuple[int, int, bool, str, str]] = []
    for task in wanted["tasks"]:
        _meet(barrier, start)
        began = time.monotonic_ns()
        os.sched_yield()  # with fewer processors than processes nobody is through before the others have begun
        won, kind, told = True, "", ""
        try:
            with unit_of_work(home, actor) as work:
                desk.claim(work, task)
        except HouseError as refusal:
            won, kind, told = False, type(refusal).__name__, str(refusal)
        said.append((began, time.monotonic_ns(), won, kind, told))
    home.engine.dispose()
    (folder / f"said-{number}.json").write_text(json.dumps(said), encoding="utf-8")


def main(folder: str) -> None:
    """Start them all and wait. Raises SystemExit with the number of those that broke down."""
    context = multiprocessing.get_context("fork")
    place = Path(folder)
    accounts: list[Any] = json.loads((place / "wanted.json").read_text(encoding="utf-8"))["accounts"]
    barrier, start = context.Barrier(len(accounts)), context.Value("d", 0.0)
    people = [
        context.Process(target=_claim_all, args=(place, number, barrier, start)) for number in range(len(accounts))
    ]
    for one in people:
        one.start()
    for one in people:
        one.join()
    raise SystemExit(sum(one.exitcode != 0 for one in people))


if __name__ == "__main__":
    main(sys.argv[1])
