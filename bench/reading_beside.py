"""What people feel while files are read: `python -m bench.reading_beside [--on DATABASE ...] [--rows N] [--mutated N]`.

A home is served as `./run` serves it (web and worker under their supervisor). A bank hands in a large good file, the
greediest hostile files there are and so many good files with a few bytes changed, all through its page; the worker
looks at them and reads what is accepted. A process of its own asks `/healthz` every 50 ms meanwhile, each time on a new
connection. Memory is the most each process ever had resident, as the kernel counts it (VmHWM of proc(5)).
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import select

from bench.browsing import READY_SECONDS, TOKEN, Browser, sign_in_all
from cli import founding
from domain import identity
from domain.clock import machine_now, office_day
from domain.home import open_home
from domain.verification.deliveries import FAILED, LOOKING, READING, WAITING, Delivery
from tests.homes import CHEAP, settings_of
from tests.infrastructure.databases import (
    POSTGRESQL,
    SQLITE,
    Databases,
    NoPostgreSQL,
    Place,
    Template,
    close_run,
    open_run,
)
from tests.sources.hostile import made
from tests.sources.hostile.test_mutated import INSERTED, changed
from tests.webapp.test_serve import free_port

AIM_MS, AIM_MB = 200, 300
EVERY, IDLE_SECONDS, PATIENCE = 0.05, 15, 1800
HEADINGS = ["户名", "证件号码", "账户余额", "查询时点"]
HEAD = ",".join(HEADINGS) + "\n"
Figures = dict[str, Any]


def _found(place: Place) -> None:
    founding.found_demo(settings_of(place), lambda _sentence: None, hasher=CHEAP)


LIVE = Template("live", _found)


# ---------------------------------------------------------------- files


def number(n: int) -> str:
    """The n-th invented identity number of the demonstration."""
    return identity.make_demonstration(date(1940 + n % 60, 1 + n // 60 % 12, 1 + n // 720 % 28), n % 999)


def good(rows: int) -> bytes:
    """A bank's file."""
    known = [number(n) for n in range(5000)]
    made_here = io.BytesIO()
    made_here.write(HEAD.encode())
    for n in range(rows):
        made_here.write(f"江白露{n},{known[n % 5000]},{n}.50,2026-05-{1 + n % 28:02}\n".encode())
    return made_here.getvalue()


def _table(rows: int) -> list[list[str]]:
    chance = random.Random(7)
    return [HEADINGS, *([f"江{chance.getrandbits(64):x}", number(n % 5000), "1.50", ""] for n in range(rows))]


def _repeating() -> bytes:
    once = made.ods_rows([["江白露", number(1), "1.50"]], repeat=1000)
    return made.ods(once.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="60000">'))


def _strings() -> bytes:
    text = "".join(f"<si><t>{random.Random(n).getrandbits(80):x}</t></si>" for n in range(2_000_000))
    return made.packed(made.parts(made.sheet_of([HEADINGS])) | {"xl/sharedStrings.xml": f"<sst>{text}</sst>"})


def _bomb() -> bytes:
    return made.packed(made.parts(made.sheet_of([HEADINGS])) | {"xl/worksheets/sheet1.xml": bytes(1 << 30)})


GREEDY: dict[str, tuple[str, Callable[[], bytes]]] = {
    "workbook of 300,000 rows": ("book.xlsx", lambda: made.workbook(made.sheet_of(_table(300_000)))),
    "two million strings": ("strings.xlsx", _strings),
    "ODS of sixty million cells": ("cells.ods", _repeating),
    "95 MB that are no archive": ("none.zip", lambda: b"PK\x03\x04" + random.Random(1).randbytes(95 << 20)),
    "line of 100 MB": ("line.csv", lambda: HEAD.encode() + b"x," * (50 << 20)),
    "bomb of 1 GB": ("bomb.xlsx", _bomb),
}


def mutated(count: int) -> Iterator[bytes]:
    """Good files with one to three changes each, every other one a workbook."""
    lines = [f"江白露,{number(n)},{n}.50,2026-05-01" for n in range(30)]
    text = (HEAD + "\n".join(lines) + "\n").encode()
    book = made.workbook(made.sheet_of([HEADINGS, *[line.split(",") for line in lines]]))
    for seed in range(count):
        yield changed(random.Random(seed), book if seed % 2 else text, INSERTED) + b"\n" * (seed % 2 == 0) * seed


# ---------------------------------------------------------------- the served home


class House:
    """A served home: its web, its worker, and the most memory each process was seen with."""

    def __init__(self, place: Place, port: int, parent: int) -> None:
        self.place, self.port, self.parent = place, port, parent
        self.home = open_home(settings_of(place))
        self.peaks: dict[str, int] = {}
        self.over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def close(self) -> None:
        """Stop watching."""
        self.over.set()
        self._watching.join()
        self.home.engine.dispose()

    def _watch(self) -> None:
        while not self.over.wait(EVERY):
            for child in _children(self.parent):
                said = Path(f"/proc/{child}/cmdline")
                name = "web" if "webapp.serve" in _read(said) else "worker"
                self._seen(name, child)
                for reading in _children(child) if name == "worker" else ():
                    self._seen("reading child", reading)

    def _seen(self, name: str, pid: int) -> None:
        found = re.search(r"VmHWM:\s+(\d+)", _read(Path(f"/proc/{pid}/status")))
        if found:
            self.peaks[name] = max(self.peaks.get(name, 0), int(found[1]) << 10)

    def state_of(self, ref: str) -> str:
        """Where a delivery is by now."""
        with self.home.sessions() as session:
            return str(session.scalar(select(Delivery.state).where(Delivery.ref == ref)))

    def wait(self, ref: str, *while_in: str) -> str:
        """The state a delivery is in as soon as it is in none of these. Raises RuntimeError."""
        until = time.monotonic() + PATIENCE
        while (state := self.state_of(ref)) in while_in:
            if time.monotonic() > until:
                raise RuntimeError(f"delivery {ref} is still {state}")
            time.sleep(0.1)
        return state


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # it has ended meanwhile


def _children(pid: int) -> list[int]:
    return [int(one) for task in Path(f"/proc/{pid}/task").glob("*/children") for one in _read(task).split()]


@contextmanager
def served(place: Place, log: Path) -> Iterator[House]:
    """Web and worker under their supervisor, as `./run` starts them."""
    port = free_port()
    own = {"PORT": str(port), "HEDUI_LOG_LEVEL": "WARNING", "HEDUI_UPLOAD_LIMIT": str(1 << 30)}
    settings = [f"{name}={value}" for name, value in {**place.environment, **own}.items()]
    with log.open("wb") as out:
        running = subprocess.Popen(["env", *settings, sys.executable, "-m", "cli", "serve"], stdout=out, stderr=out)
    house = House(place, port, running.pid)
    try:
        until = time.monotonic() + READY_SECONDS
        while _health(port) is None:
            if running.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the service did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield house
    finally:
        house.close()
        running.terminate()
        running.wait(30)


def _health(port: int) -> float | None:
    """Seconds that `/healthz` took on a new connection; None when it did not say that all is well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    began = time.perf_counter()
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
    except OSError:
        return None
    finally:
        connection.close()
    return time.perf_counter() - began if answer.status == 200 else None


def _ask(port: int, begun: Any, stop: Any, told: Any) -> None:
    """Ask every 50 ms until told to stop: when (monotonic) and how long, -1 for no sound answer."""
    taken = []
    begun.set()
    while not stop.is_set():
        began = time.monotonic()
        seconds = _health(port)
        taken.append((began, -1.0 if seconds is None else seconds))
        time.sleep(max(0.0, EVERY - (time.monotonic() - began)))
    told.put(taken)


# ---------------------------------------------------------------- handing in


def hand_in(browser: Browser, name: str, content: bytes) -> str:
    """Give a file to the page of the bank; the reference of its delivery. Raises RuntimeError: what the page said."""
    page = browser.get("/deliveries")[2]
    resource = re.findall(r'<select id="resource".*?value="(\w+)"', page, re.S)[0]
    token = TOKEN.search(page)
    today = office_day(machine_now()).isoformat()
    fields = {"csrf_token": token[1] if token else "", "resource": resource, "data_date": today}
    mark = "x-bench-boundary-x"
    body = io.BytesIO()
    for field, value in fields.items():
        body.write(f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode())
    body.write(f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode())
    body.write(content + f"\r\n--{mark}--\r\n".encode())
    cookies = "; ".join(f"{key}={value}" for key, value in browser.cookies.items())
    headers = {"Cookie": cookies, "Content-Type": f"multipart/form-data; boundary={mark}"}
    browser.connection.request("POST", "/deliveries", body.getvalue(), headers)
    answer = browser.connection.getresponse()
    said, to = answer.read().decode(), answer.headers.get("Location", "")
    if answer.status != 302:
        raise RuntimeError(f"{name}: {answer.status} " + re.sub(r"<[^>]+>|\s+", " ", said)[-600:])
    return to.rsplit("/", 1)[-1]


def taken_in(house: House, browser: Browser, name: str, content: bytes) -> str:
    """Hand in, wait until it was looked at, accept it where it can be, wait until it was read; its last state."""
    ref = hand_in(browser, name, content)
    if house.wait(ref, LOOKING) == WAITING:
        browser.get(f"/deliveries/{ref}")
        browser.post(f"/deliveries/{ref}/accept", {"whole": "1"})
    return house.wait(ref, WAITING, READING)


def measure(place: Place, log: Path, rows: int, changed_files: int) -> list[Figures]:
    """A line for each kind of file, beside an idle service; the last holds the memory."""
    tokens = sign_in_all(open_home(settings_of(place)), ["bank"])
    greedy = {name: (file, make()) for name, (file, make) in GREEDY.items()}  # made before anybody waits
    large = good(rows)
    make = multiprocessing.get_context("spawn")
    begun, stop, told = make.Event(), make.Event(), make.Queue()
    phases: list[tuple[str, float, float, str]] = []
    with served(place, log) as house:
        browser = Browser(house.port, tokens["bank"])
        asking = make.Process(target=_ask, args=(house.port, begun, stop, told), daemon=True)
        asking.start()
        begun.wait(READY_SECONDS)
        _phase(phases, "idle", _nothing)
        _phase(phases, f"{rows:,} good rows", lambda: taken_in(house, browser, "good.csv", large))
        for name, (file, content) in greedy.items():
            _phase(phases, name, partial(taken_in, house, browser, file, content))
        _phase(phases, f"{changed_files:,} changed files", lambda: _changed(house, browser, changed_files))
        stop.set()
        asked = told.get(timeout=60)
        asking.join(30)
        return [*(_line(phase, asked) for phase in phases), {"memory MB": {
            name: round(peak / 2**20) for name, peak in sorted(house.peaks.items())
        }}]  # fmt: skip


def _phase(phases: list[tuple[str, float, float, str]], name: str, act: Callable[[], str]) -> None:
    began = time.monotonic()
    became = act()
    phases.append((name, began, time.monotonic(), became))


def _nothing() -> str:
    time.sleep(IDLE_SECONDS)
    return ""


def _changed(house: House, browser: Browser, count: int) -> str:
    """Hand in all of them, so that the worker always has the next; what became of them."""
    refs = []
    for at, content in enumerate(mutated(count)):
        if not content.strip():
            continue
        refs.append(hand_in(browser, f"changed-{at}.{'xlsx' if at % 2 else 'csv'}", content))
    became = [house.wait(ref, LOOKING) for ref in refs]
    unknown = {state for state in became if state not in (WAITING, FAILED)}
    if unknown:
        raise RuntimeError(f"changed files became {unknown}")
    return f"{became.count(FAILED)} refused, {became.count(WAITING)} read"


def _line(phase: tuple[str, float, float, str], asked: list[tuple[float, float]]) -> Figures:
    name, began, ended, became = phase
    taken = sorted(seconds for at, seconds in asked if began <= at < ended)
    sound = [seconds * 1e3 for seconds in taken if seconds >= 0]
    return {
        "while": name, "seconds": round(ended - began, 1), "became": became, "asked": len(taken),
        "unanswered": len(taken) - len(sound), "p50 ms": round(median(sound), 1) if sound else None,
        "p95 ms": round(sound[int(len(sound) * 0.95)], 1) if sound else None,
        "max ms": round(sound[-1], 1) if sound else None, "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _missed(lines: list[Figures]) -> list[str]:
    *phases, memory = lines
    slow = [one["while"] for one in phases if one["unanswered"] or (one["max ms"] or 0) >= AIM_MS]
    return slow + [name for name, megabytes in memory["memory MB"].items() if megabytes >= AIM_MB]


def main() -> int:
    """Measure and print; exit code 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.reading_beside", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--on", nargs="+", choices=(SQLITE, POSTGRESQL), default=(SQLITE, POSTGRESQL))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--mutated", type=int, default=1000)
    parser.add_argument("--json", metavar="FILE", type=Path)
    wanted = parser.parse_args()
    folder, homes = open_run(), Path(tempfile.mkdtemp(prefix="hedui-bench-"))
    databases, found, missed = Databases(folder, os.getpid()), {}, []
    try:
        for kind in wanted.on:
            try:
                place = databases.fresh(kind, homes / kind, LIVE)
            except NoPostgreSQL as reason:
                print(f"left out: {reason}")
                continue
            found[kind] = measure(place, homes / f"{kind}.log", wanted.rows, wanted.mutated)
            for line in found[kind]:
                print(kind, *(f"{name} {value}" for name, value in line.items() if value != ""), sep=", ", flush=True)
            missed += [f"{kind}: {name}" for name in _missed(found[kind])]
    finally:
        close_run(folder)
        shutil.rmtree(homes, ignore_errors=True)
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"aims: every answer below {AIM_MS} ms, every process below {AIM_MB} MB; missed by {missed or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
