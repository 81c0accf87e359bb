"""The web process is killed in the middle of an upload, again and again: the upload goes on, and no byte is lost."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
import time
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from domain import access, files
from domain.parties import sessions, staff
from domain.parties.roles import portal_of
from domain.uploads import UploadChunk
from domain.work import OPERATOR, unit_of_work
from sources import looking, papers
from tasks.desk import desk
from tasks.rows.models import TaskAttachment
from tests.homes import Office
from tests.infrastructure import processes
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.sources import papers_made as made
from tests.support import ROOT
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import fields_of, task_address
from webapp.auth import COOKIE

pytestmark = pytest.mark.slow

PATIENCE = 60.0
PIECE = 400_000
PHOTO = made.jpeg(place=True, noise=bytes(range(256)) * 4_000)  # three pieces
FIELD = "members-0-scan"


class Line:
    """A person at a web process that can be killed at any moment; the person's session outlives it."""

    def __init__(self, office: Office, login: str) -> None:
        with unit_of_work(office.home, OPERATOR) as work:
            account = staff.by_login(work, login)
            account.must_change_password = False
            rules = access.security_rules(work)
            token = sessions.begin(work, account, portal_of(account.org_kind), "127.0.0.1", "test", rules)
        self.office, self.cookies = office, {COOKIE: token}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: processes.Process | None = None
        self.kills = 0

    def start(self) -> None:
        """Begin the web process, and wait until it answers."""
        place = self.office.place
        environment = {**os.environ, **place.environment, "PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        with (place.home / "web.log").open("ab") as told:
            self.process = processes.start("webapp.serve", env=environment, stderr=told)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                assert self.ask("GET", "/healthz")[0] == 200
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < until, "the web process did not answer"
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9, and nobody says goodbye."""
        if self.process is not None:
            self.process.kill()
            assert self.process.wait(20) == -9
            self.process = None
            self.kills += 1

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of an answer."""
        line = self._sent(method, path, body, headers or {}, len(body))
        answer = line.getresponse()
        found = answer.status, answer.headers, answer.read()
        line.close()
        for said in answer.headers.get_all("Set-Cookie") or ():
            self.cookies |= {name: one.value for name, one in SimpleCookie(said).items()}
        return found

    def cut(self, method: str, path: str, body: bytes, headers: Mapping[str, str], size: int, after: float) -> None:
        """Ask with the beginning of a body of this size; the process is killed before anybody reads the answer."""
        line = self._sent(method, path, body, headers, size)
        time.sleep(after)
        self.kill()
        line.close()
        self.start()

    def _sent(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], size: int
    ) -> http.client.HTTPConnection:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        line.putrequest(method, path)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        for name, value in {**headers, "Cookie": cookie, "Content-Length": str(size)}.items():
            line.putheader(name, value)
        line.endheaders(body)
        return line


@pytest.fixture
def line(office: Office) -> Any:
    made_line = Line(office, "town")
    yield made_line
    made_line.kill()


def test_killed_between_and_within_pieces_and_at_the_end_the_upload_goes_on(office: Office, line: Line) -> None:
    story = new_case(office)
    steps.take_in(story)
    with story.work("town") as work:
        ref = desk.claim(work, story.task(work, "authorise").ref).ref
    address = task_address(story, "authorise")
    line.start()
    page = line.ask("GET", address)[2].decode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    script = {"X-CSRFToken": token_in(page), "Accept": "application/json"}
    about = urlencode({"field": FIELD, "name": "门牌.jpg", "size": len(PHOTO)}).encode()

    def begun() -> tuple[str, int]:
        """The page was opened again after each death, and chooses the same file."""
        status, _headers, said = line.ask("POST", f"{address}/uploads", about, script | form)
        assert status == 201, said
        answer = json.loads(said)
        return answer["at"], answer["offset"]

    at, offset = begun()
    assert offset == 0
    while offset < len(PHOTO):
        piece, where = PHOTO[offset : offset + PIECE], {"Upload-Offset": str(offset)}
        line.cut("PATCH", at, piece[: len(piece) // 2], script | where, len(piece), after=0.1)
        assert begun() == (at, offset), "half a piece is no piece, and what was there before is there"
        line.cut("PATCH", at, piece, script | where, len(piece), after=0.02 * (offset // PIECE))
        again, came = begun()
        assert (again, came in (offset, offset + len(piece))) == (at, True), "whole, or not at all"
        if came == offset:
            status, headers, _said = line.ask("PATCH", at, piece, script | where)
            assert status == 204
            came = int(headers["Upload-Offset"])
        offset = came

    sent = urlencode(list(fields_of(page).items(multi=True))).encode()
    line.cut("POST", f"{at}/end", sent, script | form, len(sent), after=0.1)
    status, _headers, said = line.ask("POST", f"{at}/end", sent, script | form)
    assert status == 200, said
    file = json.loads(said)["file"]
    assert line.kills == 2 * 3 + 1

    _status, headers, shown = line.ask("GET", f"/files/{file}/view")
    assert headers["Content-Type"] == "image/jpeg"
    assert shown == looking.without_position(PHOTO, papers.look(papers.JPEG, PHOTO))
    assert fields_of(line.ask("GET", address)[2].decode()).getlist(FIELD) == [file]
    with story.work() as work:
        row = files.by_ref(work, file)
        assert hashlib.sha256(shown).hexdigest() == row.digest
        assert work.session.scalar(select(func.count()).select_from(UploadChunk)) == 0
        task = story.task(work, "authorise")
        assert task.ref == ref
        mine = select(func.count()).select_from(TaskAttachment).where(TaskAttachment.task_id == task.id)
        assert work.session.scalar(mine) == 1, "the file is there once"
