"""A web process of ours, and people who use it through HTTP: session, CSRF token, forms as a browser sends them."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import select

from domain import access
from domain.home import Home
from domain.parties import sessions
from domain.parties.accounts import Account
from domain.parties.roles import portal_of
from domain.work import OPERATOR, unit_of_work
from tests.infrastructure.databases import Place
from webapp.auth import COOKIE

READY_SECONDS = 60
IDLE_SECONDS = 30  # the server closes a connection that is silent for a minute
Asked = tuple[float, float, str]
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
FIELD = re.compile(r"<input[^>]*>")


class Spent:
    """Seconds of the processor that some processes have had, with all that they started: what a busy machine leaves
    as it is. Only where there is /proc."""

    def __init__(self, *roots: int) -> None:
        self.roots = roots

    def __call__(self) -> float:
        """Until now."""
        return sum(_of(pid) for root in self.roots for pid in (root, *_children(root))) / 1e9


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(one) for one in _read(task).split()]
    return found


def _of(pid: int) -> int:
    return sum(int(_read(one).split()[0] or 0) for one in Path(f"/proc/{pid}/task").glob("*/schedstat") if _read(one))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""  # it has ended meanwhile


@dataclass(frozen=True)
class Served:
    """Where web processes answer, and which they are."""

    port: int
    processes: tuple[int, ...]


@contextmanager
def serving(place: Place, log: Path, processes: int = 1) -> Iterator[Served]:
    """Web processes that share a port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(512)
    listening.set_inheritable(True)
    port = int(listening.getsockname()[1])
    own = {**place.environment, "HEDUI_LISTEN_FD": str(listening.fileno()), "HEDUI_LOG_LEVEL": "WARNING"}
    command = ["env", *(f"{name}={value}" for name, value in own.items()), sys.executable, "-m", "webapp.serve"]
    with log.open("wb") as out:
        started = [
            subprocess.Popen(command, stdout=out, stderr=out, pass_fds=[listening.fileno()])
            for _number in range(processes)
        ]  # fmt: skip
    try:
        _wait(port, started, log)
        yield Served(port, tuple(one.pid for one in started))
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait(30)
        listening.close()


def _wait(port: int, started: list[subprocess.Popen[bytes]], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if any(one.poll() is not None for one in started):
            break
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the web process did not start: {log.read_text(errors='replace')[-2000:]}")


def sign_in_all(home: Home, logins: list[str]) -> dict[str, str]:
    """Sessions for these people, as the sign-in page makes them: login -> cookie."""
    tokens = {}
    with unit_of_work(home, OPERATOR) as work:
        rules = access.security_rules(work)
        for account in work.session.scalars(select(Account).where(Account.login.in_(logins))).all():
            account.must_change_password = False
            portal = portal_of(account.org_kind)
            tokens[account.login] = sessions.begin(work, account, portal, "127.0.0.1", "bench", rules)
    return tokens


class Browser:
    """One signed-in person with a connection of their own; every answer says how many seconds it took, on the wall and
    (where `spent` is given) of the processor."""

    def __init__(self, port: int, token: str, spent: Spent | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.spent = spent or Spent()
        self.cookies = {COOKIE: token}
        self.csrf = ""
        self.used_at = time.monotonic()

    def get(self, address: str) -> Asked:
        """A page. Raises RuntimeError for anything but 200."""
        seconds, worked, status, _to, page = self._ask("GET", address)
        if status != 200:
            raise RuntimeError(f"{address}: {status} {page[-600:]}")
        found = TOKEN.search(page)
        if found:
            self.csrf = found[1]
        return seconds, worked, page

    def post(self, address: str, values: Mapping[str, str]) -> Asked:
        """A form; where it leads to. Raises RuntimeError unless it leads somewhere."""
        seconds, worked, status, to, page = self._ask("POST", address, {"csrf_token": self.csrf, **values})
        if status not in (302, 303):
            said = re.sub(r"<[^>]+>|\s+", " ", page)
            raise RuntimeError(f"{address}: {status} {said[:900]}")
        return seconds, worked, to

    def _ask(
        self, method: str, address: str, values: Mapping[str, str] | None = None
    ) -> tuple[float, float, int, str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
                   "Accept-Language": "zh-CN"}  # fmt: skip
        body = None
        if values is not None:
            body = urlencode(values)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if time.monotonic() - self.used_at > IDLE_SECONDS:
            self.connection.close()  # the next request opens it again
        worked, began = self.spent(), time.perf_counter()
        self.connection.request(method, address, body, headers)
        answer = self.connection.getresponse()
        page = answer.read()
        seconds, worked = time.perf_counter() - began, self.spent() - worked
        self.used_at = time.monotonic()
        for said in answer.headers.get_all("Set-Cookie") or ():
            name, _equals, rest = said.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return seconds, worked, answer.status, answer.headers.get("Location", ""), page.decode()


def task_form(page: str) -> dict[str, str]:
    """What the task form of a page would send, as it stands."""
    form = re.search(r'<form id="task".*?</form>', page, re.S)
    if form is None:
        raise RuntimeError("the page has no task form")
    found: dict[str, str] = {}
    for tag in FIELD.findall(form[0]):
        about = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        kind = about.get("type", "text")
        if about.get("name") and kind != "file" and (kind not in ("checkbox", "radio") or " checked" in tag):
            found[about["name"]] = unescape(about.get("value", ""))
    return found
