"""How fast an inbox is: `python -m bench.inbox [--keep FOLDER] [--quick] [--on DATABASE ...] [--json FILE]`.

Fills a province of 2,000 offices with 1,000,000 open tasks among 5,000,000, and another with 10,000 among 50,000, each
on both databases; then a web process serves it to 50 people who are signed in, and each page and act is timed from the
request to the last byte of the answer. A second run with the same folder uses what the first one filled.

Exit code 1 when an aim is missed: p95 at most 50 ms at the larger size, and at most 1.5 times that of the smaller.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, select

from bench import inbox_fill, kept
from bench.browsing import Browser, Spent, serving, sign_in_all, task_form
from domain.home import Home
from domain.parties import staff
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, Actor, Work, unit_of_work
from tasks.finding import queues, tallies
from tasks.rows.models import HELD, OPEN, READY, HumanTask
from tasks.supervision import overseen
from tests.infrastructure.databases import POSTGRESQL, SQLITE, Place
from tests.support import open_place

SMALL, LARGE = 10_000, 1_000_000
QUICK = (10_000, 50_000)
PEOPLE = 50
P95_MS, RATIO = 50.0, 1.5
TIMES = 60  # of each page and act
WARM = 10  # rounds of each thread at first: PostgreSQL keeps a plan from the eighth time that a connection asks
THREADS = 8
SEEN = 300  # open tasks of a clerk's office
NOISE_MS = 5.0  # a difference below this is no ratio
Figures = dict[str, Any]


class Run:
    """Milliseconds by what was asked, on one database at one size: on the wall, and of the processor."""

    def __init__(self) -> None:
        self.taken: dict[str, list[tuple[float, float]]] = {}

    def note(self, name: str, asked: tuple[float, float, object]) -> None:
        """One more of it."""
        self.taken.setdefault(name, []).append((asked[0] * 1e3, asked[1] * 1e3))

    def figures(self) -> dict[str, tuple[float, float, float]]:
        """p50, p95, and p50 of the processor."""
        found = {}
        for name, taken in self.taken.items():
            wall = sorted(one for one, _worked in taken)
            found[name] = (median(wall), wall[int(len(wall) * 0.95)], median(worked for _one, worked in taken))
        return found


def viewers(home: Home, count: int) -> tuple[dict[str, str], list[str]]:
    """Logins: a clerk whose office has 300 open tasks, one of the largest office, the province; and all 50."""
    sizes = inbox_fill.sizes(count)
    clerk = min(range(len(sizes)), key=lambda at: abs(sizes[at] - SEEN))
    shown = {"clerk": f"first-{clerk}", "office": "first-0", "province": "overseer"}
    rest = [f"first-{at}" for at in range(1, len(sizes), max(1, len(sizes) // (8 * PEOPLE))) if sizes[at] >= 10]
    everybody = list(dict.fromkeys([*shown.values(), *rest]))[:PEOPLE]
    return shown, everybody


def measure(place: Place, count: int, times: int, server: int = 0) -> Run:
    """Everything that is timed, in turn, so that a busy moment falls upon all of it alike."""
    home = open_place(place)
    shown, everybody = viewers(home, count)
    run = Run()
    tokens = sign_in_all(home, everybody)
    free = {login: _free(home, login, times + WARM) for login in everybody if login != "overseer"}
    actors = {name: _actor(home, login) for name, login in shown.items()}
    with serving(place, place.home / "web.log") as served:
        spent = Spent(*served.processes, *((server,) if server else ()))
        people = {login: Browser(served.port, tokens[login], spent) for login in everybody}
        for login in everybody:
            people[login].get("/oversight/tasks" if login == "overseer" else "/desk")
        _warm(served.port, tokens, shown, sorted(free, key=lambda login: -len(free[login]))[:THREADS], free)
        for number in range(times):
            _pages(run, {name: people[login] for name, login in shown.items()}, number)
            _counts(run, home, actors)
            able = [login for login in everybody if free.get(login)]
            if not able:
                raise RuntimeError(f"every task of {place.home} has been completed; delete that folder to fill it anew")
            who = able[number % len(able)]
            _act(run, people[who], free[who].pop())
    _say_what_is_there(home, actors)
    home.engine.dispose()
    return run


def _warm(
    port: int, tokens: Mapping[str, str], shown: Mapping[str, str], acting: Sequence[str], free: dict[str, list[str]]
) -> None:
    """Rounds that nobody times, by as many people at once as the web process has threads: what is measured is a server
    that is in use, whose connections have met their statements."""

    def one(login: str) -> None:
        people = {name: Browser(port, tokens[who]) for name, who in shown.items()}
        person = Browser(port, tokens[login])
        person.get("/desk")
        for number in range(WARM):
            _pages(Run(), people, number)
            if free[login]:
                _act(Run(), person, free[login].pop())

    with ThreadPoolExecutor(len(acting)) as crew:
        list(crew.map(one, acting))


def _pages(run: Run, people: Mapping[str, Browser], number: int) -> None:
    value = inbox_fill.VALUES[number % len(inbox_fill.VALUES)]
    for name in ("clerk", "office"):
        run.note(f"inbox, {name}", people[name].get("/desk"))
        run.note(f"whole office, {name}", people[name].get("/desk?owner=all&tab=overdue"))
        run.note(f"by form variable, {name}", people[name].get(f"/desk?v.kind={value}"))
        run.note(f"done, {name}", people[name].get("/desk/done"))
    run.note("page 6, office", people["office"].get("/desk?page=6"))
    run.note("list and figures, province", people["province"].get("/oversight/tasks"))
    run.note("overdue, province", people["province"].get("/oversight/tasks?tab=overdue"))


def _counts(run: Run, home: Home, actors: Mapping[str, Actor]) -> None:
    for name, actor in actors.items():
        with unit_of_work(home, actor, write=False) as work:
            worked, began = time.process_time(), time.perf_counter()
            if name == "province":
                overseen.area_counts(work, actor.org_id or 0)
            else:
                queues.counts(work, owner="open")
            run.note(f"counts, {name}", (time.perf_counter() - began, time.process_time() - worked, ""))


def _act(run: Run, person: Browser, ref: str) -> None:
    run.note("claim", person.post(f"/tasks/{ref}/claim", {}))
    seconds, worked, page = person.get(f"/tasks/{ref}")
    run.note("task page", (seconds, worked, ""))
    run.note("complete", person.post(f"/tasks/{ref}", {**task_form(page), "note": "seen", "kind": "rent"}))


def _free(home: Home, login: str, most: int) -> list[str]:
    """Tasks that this person may claim."""
    with unit_of_work(home, OPERATOR, write=False) as work:
        org = work.session.scalars(select(Account.org_id).where(Account.login == login)).one()
        wanted = select(HumanTask.ref).where(
            HumanTask.org_id == org, HumanTask.state == READY, HumanTask.state.in_(OPEN)
        )
        return list(work.session.scalars(wanted.limit(most)))


def _actor(home: Home, login: str) -> Actor:
    with unit_of_work(home, OPERATOR, write=False) as work:
        return staff.actor(work, staff.by_login(work, login))


def _say_what_is_there(home: Home, actors: Mapping[str, Actor]) -> None:
    with unit_of_work(home, OPERATOR, write=False) as work:
        wrong = tallies.wrong(work)
        print(f"  what is there: {', '.join(f'{name} {_open(work, one)}' for name, one in actors.items())} open;"
              f" deltas not counted in yet {tallies.waiting(work)}; wrong figures {len(wrong)}")  # fmt: skip
        if wrong:
            raise RuntimeError(f"the counters are wrong: {wrong[:3]}")


def _open(work: Work, actor: Actor) -> int:
    if actor.org_kind == "bureau":
        areas = select(Organisation.id)
        wanted = select(func.count()).where(HumanTask.state.in_(OPEN), HumanTask.org_id.in_(areas))
    else:
        wanted = select(func.count()).where(HumanTask.org_id == actor.org_id, HumanTask.state.in_((READY, *HELD)))
    return work.session.scalar(wanted) or 0


# --- the table -------------------------------------------------------------------------------------------------------


def table(kind: str, small: Run, large: Run, sizes: Sequence[int]) -> list[Figures]:
    """A line for each thing that was timed: both sizes, their ratio, whether the aim is met."""
    few, many = small.figures(), large.figures()
    rows = []
    for name in many:
        before, after = few[name], many[name]
        ratio = after[1] / before[1]
        flat = ratio <= RATIO or after[1] - before[1] <= NOISE_MS
        rows.append({
            "database": kind, "what": name,
            f"p50 {sizes[0]:,}": round(before[0], 1), f"p95 {sizes[0]:,}": round(before[1], 1),
            f"p50 {sizes[1]:,}": round(after[0], 1), f"p95 {sizes[1]:,}": round(after[1], 1),
            "ratio": round(ratio, 2), "cpu": f"{before[2]:.1f} {after[2]:.1f}",
            "cpu ratio": round(after[2] / max(before[2], 0.01), 2),
            "aim": "met" if after[1] <= P95_MS and flat else "MISSED",
        })  # fmt: skip
    return rows


def show(rows: Sequence[Figures]) -> None:
    """The lines as a table."""
    if rows:
        widths = {name: max(len(name), *(len(str(row[name])) for row in rows)) for name in rows[0]}
        print("  ".join(name.rjust(width) for name, width in widths.items()))
        for row in rows:
            print("  ".join(str(row[name]).rjust(width) for name, width in widths.items()), flush=True)


def on(kind: str, wanted: argparse.Namespace, sizes: Sequence[int]) -> list[Figures]:
    """Fill what is not filled yet and measure both sizes on one database."""
    runs = []
    with kept.places(wanted.keep, kind) as found:
        for count in sizes:
            name = str(count)
            if not (wanted.keep / f"{kind}-{name}" / "filled").exists():
                print(f"{kind}: filling {count:,} open tasks among {count * (inbox_fill.DONE + 1):,}", flush=True)
                found.forget(name)
                shutil.rmtree(wanted.keep / f"{kind}-{name}", ignore_errors=True)
                inbox_fill.fill(found.place(name), count)
            place = found.place(name)
            inbox_fill.bring_up(place)
            print(f"{kind}: {count:,} open tasks, {kept.size_of(place)}, load {os.getloadavg()[0]:.1f}", flush=True)
            runs.append(measure(place, count, wanted.times, found.server))
    return table(kind, runs[0], runs[1], sizes)


def main() -> int:
    """Measure, print, say by the exit code whether every aim is met."""
    parser = argparse.ArgumentParser(prog="python -m bench.inbox", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--keep", type=Path, default=Path("var/bench"), help="where the filled databases stay")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK[1]:,} open tasks instead of {LARGE:,}")
    parser.add_argument("--on", nargs="+", choices=(SQLITE, POSTGRESQL), default=(SQLITE, POSTGRESQL))
    parser.add_argument("--times", type=int, default=TIMES, help=f"how often each thing is timed ({TIMES})")
    parser.add_argument("--sizes", type=int, nargs=2, metavar=("FEW", "MANY"), help="numbers of open tasks")
    parser.add_argument("--json", metavar="FILE", type=Path)
    wanted = parser.parse_args()
    wanted.keep = wanted.keep.resolve()
    sizes = wanted.sizes or (QUICK if wanted.quick else (SMALL, LARGE))
    rows: list[Figures] = []
    for kind in wanted.on:
        found = on(kind, wanted, sizes)
        show(found)
        rows += found
    if wanted.json:
        wanted.json.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    missed = [row for row in rows if row["aim"] != "met"]
    print(f"aims missed: {len(missed)} of {len(rows)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
