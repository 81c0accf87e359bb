"""Process owners at their browsers: signed in with a second factor, working on drafts of processes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from domain.home import Home
from domain.parties import second_factor, staff
from domain.parties.roles import portal_of
from domain.work import OPERATOR, unit_of_work
from tests.homes import Office
from tests.support import ROOT
from tests.webapp.conftest import sign_in, token_in
from workflows.definition_rows import DefinitionDraft, DefinitionDraftRevision, DefinitionPart, DefinitionProposal

SHIPPED = ROOT / "bpmn"
KEPT = (DefinitionPart, DefinitionDraft, DefinitionDraftRevision, DefinitionProposal)


def owner_of(app: Flask, office: Office, login: str = "owner1") -> FlaskClient:
    """A browser of somebody who needs a second factor."""
    secret = pyotp.random_base32()
    with unit_of_work(office.home, OPERATOR) as work:
        account = staff.by_login(work, login)
        second_factor.set_up(work, account, secret, pyotp.TOTP(secret).now())
        account.totp_last_step = None
    browser = app.test_client()
    portal = portal_of(office.actor(login).org_kind)
    assert sign_in(browser, login, office.passwords[login], portal).status_code == 302
    form = {"csrf_token": token_in(browser.get("/second-factor").text), "code": pyotp.TOTP(secret).now()}
    assert browser.post("/second-factor", data=form).status_code == 302
    return browser


def token_of(browser: FlaskClient) -> str:
    """The token that this browser's forms and scripts send."""
    return token_in(browser.get("/account/").text)


def post(browser: FlaskClient, address: str, **values: Any) -> Any:
    """Send a form."""
    return browser.post(address, data={"csrf_token": token_of(browser), **values})


def begun(browser: FlaskClient, process: str = "review_commission") -> str:
    """The address of the open draft of a process."""
    answer = post(browser, f"/processes/{process}/draft")
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def send_file(
    browser: FlaskClient, draft: str, path: str, content: bytes, *, on: int | str = 1, query: str = ""
) -> Any:
    """What an editor sends when it saves: the bytes on top of the revision it loaded."""
    headers = {"X-CSRFToken": token_of(browser), "X-Revision": str(on), "Accept": "application/json"}
    return browser.post(f"{draft}/files/{path}{query}", data=content, headers=headers, content_type="text/plain")


def check_file(browser: FlaskClient, draft: str, path: str, content: bytes) -> Any:
    """What an editor sends when it checks what is not saved yet."""
    headers = {"X-CSRFToken": token_of(browser)}
    return browser.post(f"{draft}/check?path={path}", data=content, headers=headers, content_type="text/plain")


def bring_in(browser: FlaskClient, content: bytes, name: str = "process.zip", **values: str) -> Any:
    """Send the form of an import."""
    data = {"csrf_token": token_of(browser), "into": "", "key": "", "file": (io.BytesIO(content), name), **values}
    return browser.post("/processes/import", data=data, content_type="multipart/form-data")


def shipped(process: str, path: str = "process.bpmn") -> bytes:
    """A file as the product ships it."""
    return (SHIPPED / process / path).read_bytes()


def counted(home: Home) -> Mapping[str, int]:
    """How many parts, drafts, revisions and proposals are kept."""
    with home.sessions() as session:
        return {one.__tablename__: session.scalar(select(func.count()).select_from(one)) or 0 for one in KEPT}


def read(page: str) -> str:
    """A page as its reader hears it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
