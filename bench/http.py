"""Completions through HTTP: `python -m bench.http [--on DATABASE ...] [--clients N] [--json FILE]`.

So many people at once, each with a session and a connection of their own, open a task's page, read its token and form,
and send it; two web processes on one port answer. The clients are processes of their own on the same machine and take
their share of it; what the program itself needed is printed beside the completions a second.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import select

from bench.browsing import Browser, Spent, serving, sign_in_all, task_form
from bench.inbox_fill import HANDLER, drawing
from domain.parties.organisations import Organisation
from domain.work import unit_of_work
from tasks.desk import desk
from tests.infrastructure.databases import (
    POSTGRESQL,
    SQLITE,
    Databases,
    NoPostgreSQL,
    Place,
    close_run,
    open_run,
)
from tests.support import an_account, the_actor
from tests.torture.world import STAFFED, open_world
from workflows import definitions
from workflows.bundles import Checked

CLIENTS, EACH, PROCESSES = 8, 40, 2
AIM = 300
READY_SECONDS = 120
Figures = dict[str, Any]


def measure(place: Place, clients: int, each: int, log: Path) -> Figures:
    """Completions a second of all clients together, and milliseconds of each."""
    world = open_world(place)
    with world.work() as work:
        definitions.ship(work, Checked(drawing(), ()))
    held = _held(place, clients, each)
    logins = [f"client-{number}" for number in range(clients)]
    tokens = sign_in_all(world.home, logins)
    world.home.engine.dispose()
    make = multiprocessing.get_context("spawn")
    ready, go, told = make.Barrier(clients + 1), make.Event(), make.Queue()
    with serving(place, log, PROCESSES) as served:
        started = [
            make.Process(target=_work, args=(served.port, tokens[login], held[at], ready, go, told), daemon=True)
            for at, login in enumerate(logins)
        ]
        for one in started:
            one.start()
        ready.wait(READY_SECONDS)
        spent = Spent(*served.processes)
        worked, began = spent(), time.perf_counter()
        go.set()
        taken = [told.get(timeout=600) for _one in started]
        seconds, worked = time.perf_counter() - began, spent() - worked
        for one in started:
            one.join(30)
    done = sum(len(one["complete"]) for one in taken)
    posts = sorted(value for one in taken for value in one["complete"])
    pages = sorted(value for one in taken for value in one["page"])
    return {
        "clients": clients, "completions": done, "a second": round(done / seconds, 1),
        "page p50 ms": round(median(pages) * 1e3, 1), "complete p50 ms": round(median(posts) * 1e3, 1),
        "complete p95 ms": round(posts[int(len(posts) * 0.95)] * 1e3, 1),
        "web cpu ms each": round(worked / done * 1e3, 1), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _held(place: Place, clients: int, each: int) -> list[list[str]]:
    """Tasks of cases of their own that each client's person holds."""
    world = open_world(place)
    with world.work() as work:
        agency = work.session.scalars(select(Organisation).where(Organisation.code == "ps-agency")).one()
    found = []
    for number in range(clients):
        account = an_account(world.home, agency, HANDLER, login=f"client-{number}", name="甲")
        actor = the_actor(account, agency, HANDLER)
        refs = []
        for _task in range(each):
            ((ref, _step, _version),) = world.open_tasks(world.case("desk"))
            with unit_of_work(world.home, actor) as work:
                desk.claim(work, ref)
            refs.append(ref)
        found.append(refs)
    world.home.engine.dispose()
    return found


def _work(port: int, token: str, refs: list[str], ready: Any, go: Any, told: Any) -> None:
    """One client: page, form, completion, one task after the other."""
    browser = Browser(port, token)
    browser.get("/desk")
    taken: dict[str, list[float]] = {"page": [], "complete": []}
    ready.wait(READY_SECONDS)
    go.wait(READY_SECONDS)
    for ref in refs:
        seconds, _worked, page = browser.get(f"/tasks/{ref}")
        taken["page"].append(seconds)
        seconds, _worked, _to = browser.post(f"/tasks/{ref}", {**task_form(page), "note": "seen", "kind": "rent"})
        taken["complete"].append(seconds)
    told.put(taken)


def main() -> int:
    """Measure and print; exit code 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--on", nargs="+", choices=(SQLITE, POSTGRESQL), default=(SQLITE, POSTGRESQL))
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--each", type=int, default=EACH, help="completions of each client")
    parser.add_argument("--json", metavar="FILE", type=Path)
    wanted = parser.parse_args()
    folder, homes = open_run(), Path(tempfile.mkdtemp(prefix="hedui-bench-"))
    databases, rows = Databases(folder, os.getpid()), []
    try:
        for kind in wanted.on:
            try:
                place = databases.fresh(kind, homes / kind, STAFFED)
            except NoPostgreSQL as reason:
                print(f"left out: {reason}")
                continue
            rows.append({"database": kind, **measure(place, wanted.clients, wanted.each, homes / f"{kind}.log")})
            print(", ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    finally:
        close_run(folder)
        shutil.rmtree(homes, ignore_errors=True)
    if wanted.json:
        wanted.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    missed = [row for row in rows if row["a second"] < AIM]
    print(f"aim: {AIM} completions a second; missed on {', '.join(row['database'] for row in missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
