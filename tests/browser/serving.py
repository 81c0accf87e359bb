"""The demonstration office behind a real web process, and its people at browsers of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp

from domain.clock import machine_now
from domain.parties import organisations, staff
from domain.parties.roles import portal_of
from domain.work import OPERATOR, unit_of_work
from tests.homes import CHEAP, Office, open_office
from tests.infrastructure import processes
from tests.infrastructure.browser import assert_accessible, watch_console
from tests.infrastructure.databases import Place
from tests.journeys.playing import Story
from tests.support import PASSWORD, ROOT

PATIENCE = 60.0
DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass(frozen=True)
class Paper:
    """A file as it lies on a desk."""

    name: str
    content: bytes = PDF
    media: str = "application/pdf"

    @property
    def chosen(self) -> dict[str, Any]:
        """As the browser's file picker hands it over."""
        return {"name": self.name, "mimeType": self.media, "buffer": self.content}


@dataclass
class Served:
    """The office, the address of its web process, and who sits at which browser."""

    office: Office
    address: str
    process: processes.Process
    new_context: Callable[..., Any]
    log: Path
    desks: dict[str, Desk] = field(default_factory=dict)

    def desk(self, login: str, **how: Any) -> Desk:
        """The browser of this person, signed in at the portal of the person's office."""
        if login not in self.desks:
            made = Desk(self, login, self.new_context(**how).new_page())
            made.sign_in()
            self.desks[login] = made
        return self.desks[login]

    def hire(self, login: str, code: str, role: str, idno: str) -> None:
        """A person more, with an account that may sign in."""
        with unit_of_work(self.office.home, OPERATOR) as work:
            account = staff.create(work, organisations.by_code(work, code), login=login, name="白露生", idno=idno)
            staff.file(work, account, number=f"T-{login}", on=work.today)
            staff.grant(work, account, role)
            staff.set_password(work, account, CHEAP.hash(PASSWORD))

    def check_consoles(self) -> None:
        """No browser met an error of script, network or content security policy."""
        found = {login: desk.errors for login, desk in self.desks.items() if desk.errors}
        assert not found, found


class Desk:
    """A signed-in person's browser."""

    def __init__(self, served: Served, login: str, page: Any) -> None:
        self.served, self.login, self.page = served, login, page
        self.errors: list[str] = watch_console(page)
        self.secret = ""
        self._step = 0
        self._looked: set[str] = set()

    def sign_in(self) -> None:
        """Through the door of the right portal, and past the second factor where the role has one."""
        self.page.goto(f"{self.served.address}/sign-in")
        self.sign_in_here()

    def sign_in_here(self) -> None:
        """On the page of the sign-in, wherever it leads."""
        page, office = self.page, self.served.office
        page.locator("[name=login]").fill(self.login)
        page.locator("[name=password]").fill(office.passwords.get(self.login, PASSWORD))
        page.locator(f"[name=portal][value={portal_of(office.actor(self.login).org_kind)}]").check()
        page.locator("main form button.primary, form[action*=sign-in] button.primary").first.click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        if "/second-factor" in page.url:
            self.show_factor()

    def show_factor(self) -> None:
        """The code of the telephone; at first also its set-up."""
        page = self.page
        if "/account/" in page.url:
            assert_accessible(page)
            self.secret = "".join(re.findall(r"[A-Z2-7]{4}", page.locator("figcaption").inner_text()))
        step = max(int(machine_now().timestamp()) // 30, self._step + 1)
        self._step = step
        page.locator("[name=code]").fill(pyotp.TOTP(self.secret).at(step * 30))
        page.locator("main button.primary").click()
        page.wait_for_url(lambda url: "/second-factor" not in url)

    def go(self, path: str) -> Any:
        """A page by its address; anything at all may be asked for."""
        return self.page.goto(self.served.address + path)

    def look(self, kind: str) -> None:
        """The page can be used by everybody and is not wider than the screen; once a kind of page is enough."""
        width = self.page.viewport_size["width"]
        if (seen := f"{kind} {width}") in self._looked:
            return
        self._looked.add(seen)
        self.page.locator("h1").first.wait_for()
        assert_accessible(self.page)
        over = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{self.page.url} ({kind}) is {over} pixels wider than the {width} of the screen"

    def open_task(self, story: Story, step: str) -> str:
        """From the inbox: the open task of a step, claimed. Returns its address."""
        with story.work() as work:
            path = f"/tasks/{story.task(work, step).ref}"
        self.go("/desk")
        self.look("inbox")
        self.page.locator(f"tbody a[href^='{path}']").first.click()
        self.page.wait_for_url(f"**{path}*")
        claim = self.page.locator(".actionbar button[formaction$='/claim'], .actionbar button[formaction*='/claim?']")
        if claim.count():
            claim.first.click()
            self.page.locator("form[data-draft-url]").wait_for()
        self.look(step)
        return path

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Type answers into the form, each as its field wants it."""
        for name, value in answers.items():
            self._enter(name, value)

    def _enter(self, name: str, value: Any) -> None:
        page = self.page
        if isinstance(value, Paper):
            page.locator(f"[name='upload:{name}']").set_input_files(value.chosen)
            return
        found = page.locator(f"form [name='{name}']")
        kind = found.first.evaluate("one => one.tagName === 'INPUT' ? one.type : one.tagName.toLowerCase()")
        if kind == "radio":
            page.locator(f"[name='{name}'][value='{value}']").check()
        elif kind == "checkbox" and isinstance(value, list):
            for box in found.all():
                box.set_checked(box.get_attribute("value") in value)
        elif kind == "checkbox":
            found.set_checked(bool(value))
        elif kind == "select":
            found.select_option(value)
        else:
            found.fill(str(value))

    def hand_in(self, name: str, paper: Paper) -> None:
        """Choose a file at a field; it is sent at once, and what was typed stays."""
        self._enter(name, paper)
        self.page.locator(f"[name='{name}'][type=hidden]").last.wait_for(state="attached")

    def press(self, value: str = "") -> None:
        """Complete the task; `value` chooses among several buttons. What is due afterwards is done."""
        buttons = self.page.locator(".actionbar button:not([formaction])")
        wanted = self.page.locator(f".actionbar button[value='{value}']") if value else buttons.first
        with self.page.expect_navigation():
            wanted.click()
        self.page.locator("h1").first.wait_for()
        self.served.office.sweep()

    def do(self, story: Story, step: str, answers: Mapping[str, Any], press: str = "") -> None:
        """Open the task of a step, fill it in and complete it."""
        self.open_task(story, step)
        self.fill(answers)
        self.press(press)
        faults = self.page.locator(".summary-error")
        assert not faults.count(), faults.first.inner_text()

    def says(self, *words: str) -> None:
        """The page says all of this."""
        text = self.page.locator("main").inner_text()
        missing = [one for one in words if one not in text]
        assert not missing, f"{self.page.url} does not say {missing}:\n{text}"

    def refused(self, path: str, statuses: Sequence[int] = (403, 404)) -> None:
        """The page is not for this person, and says so."""
        answer = self.go(path)
        assert answer.status in statuses, f"{self.login} may see {path}: {answer.status}"
        # the browser reports the refusal of the address itself; nothing else may be wrong
        self.errors[:] = [one for one in self.errors if f"status of {answer.status}" not in one]


@contextmanager
def serve(place: Place, new_context: Callable[..., Any]) -> Iterator[Served]:
    """Start the web process of a place made from DEMO, and stop it by its own id."""
    office = open_office(place)
    port = _free_port()
    log = place.home / "web.log"
    environment = {**os.environ, **place.environment, "PORT": str(port), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as told:
        process = processes.start("webapp.serve", env=environment, stderr=told)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, log)
        yield Served(office, address, process, new_context, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        office.home.engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, process: processes.Process, log: Path) -> None:
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(f"{address}/sign-in", timeout=5)
            return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
            assert time.monotonic() < give_up, "the web process did not answer in time"
            time.sleep(0.1)
