"""People of the demonstration office at their browsers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from domain.parties.roles import portal_of
from tests.homes import CHEAP, Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.conftest import sign_in, token_in
from webapp.app import create_app


def app_of(office: Office) -> Flask:
    """The application of a demonstration office."""
    made = create_app(office.home.settings, passwords=CHEAP)
    made.testing = True
    return made


def browser_of(app: Flask, office: Office, login: str) -> FlaskClient:
    """A browser in which this person of the office is signed in."""
    browser = app.test_client()
    answer = sign_in(browser, login, office.passwords[login], portal_of(office.actor(login).org_kind))
    assert answer.status_code == 302, answer.text
    return browser


def task_address(story: Story, step: str) -> str:
    """The address of the open task of a step."""
    with story.work() as work:
        return f"/tasks/{story.task(work, step).ref}"


def fields_of(page: str) -> MultiDict[str, str]:
    """What the task form of a page would send, as it stands."""
    form = re.search(r'<form id="task".*?</form>', page, re.S)
    assert form, "the page has no task form"
    found: MultiDict[str, str] = MultiDict()
    for tag in re.findall(r"<input[^>]*>", form.group(0)):
        about = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        kind = about.get("type", "text")
        if kind in ("checkbox", "radio") and " checked" not in tag:
            continue
        if kind != "file" and about.get("name"):
            found.add(about["name"], about.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\s*(.*?)</textarea>', form.group(0), re.S):
        found.add(name, text)
    return found


def marks_of(page: str) -> dict[str, Any]:
    """What the drawing of a page marks."""
    found = re.search(r'data-marks="([^"]*)"', page)
    assert found, "the page has no drawing"
    marks: dict[str, Any] = json.loads(unescape(found[1]))
    return marks


def standing_of(page: str) -> str:
    """What a page says of where its case stands, as a reader hears it."""
    found = re.search(r'<div class="standing".*?</dl></div>', page, re.S)
    assert found, "the page does not say where the case stands"
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def send(browser: FlaskClient, address: str, values: Mapping[str, Any], *, to: str = "") -> Any:
    """Fill the task form in and press a button; `to` is the part of the address behind the task's."""
    data = fields_of(browser.get(address).text)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return browser.post(address + to, data=data, content_type="multipart/form-data")


def press(browser: FlaskClient, page: str, address: str, **values: str) -> Any:
    """Send a small form of a page: its token and these values."""
    return browser.post(address, data={"csrf_token": token_in(browser.get(page).text), **values})


def at_authorise(office: Office) -> tuple[Story, Any, str]:
    """A case whose members are to sign, the town officer's browser and the address of the task she claimed."""
    story = new_case(office)
    steps.take_in(story)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "authorise")
    press(browser, "/desk", f"{address}/claim")
    return story, browser, address
