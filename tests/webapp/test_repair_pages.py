"""The pages of repair and of batches, as the people who use them see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tasks import batches
from tasks.batch_filter import CaseFilter
from tests.homes import DEMO, Office, open_office
from tests.infrastructure.databases import SQLITE
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of

WHY = "来函更正"
Opened = Callable[[str], FlaskClient]


@pytest.fixture
def desk_home(fresh_place: Callable[..., Any]) -> Iterator[Office]:
    made = open_office(fresh_place(SQLITE, DEMO))
    yield made
    made.home.engine.dispose()


@pytest.fixture
def story(desk_home: Office) -> Story:
    """A case whose commission waits for the head's signature."""
    story = new_case(desk_home)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    return story


@pytest.fixture
def signed_in(desk_home: Office) -> Opened:
    app = app_of(desk_home)
    return lambda login: browser_of(app, desk_home, login)


def send(browser: FlaskClient, page: str, address: str, **form: str) -> Any:
    """Send a form of a page as a browser does."""
    return browser.post(address, data={"csrf_token": token_in(browser.get(page).text), **form})


def test_the_head_sees_what_would_happen_and_then_does_it(story: Story, signed_in: Opened) -> None:
    browser, page = signed_in("head"), f"/cases/{story.case_ref}/repair"
    shown = browser.get(page).text
    token = re.search(r'name="token" value="(\w+)"', shown)[1]
    version = re.search(r'name="version" value="(\d+)"', shown)[1]
    form = {"version": version, "token": token, "verb": "move", "to": "commission"}

    dry = send(browser, page, page, **form)
    assert dry.status_code == 200
    assert 'id="outcome"' in dry.text
    assert story.open_steps() == ["sign_commission"]
    missing = send(browser, page, page, **form, act="do")
    assert missing.status_code == 422
    done = send(browser, page, page, **form, act="do", reason=WHY)

    assert done.status_code == 302
    assert story.open_steps() == ["commission"]
    assert "/take-back" in browser.get(page).text
    stale = send(browser, page, page, **form, act="do", reason=WHY)
    assert stale.status_code == 409


def test_a_case_is_put_on_hold_on_its_page_and_every_list_says_so(story: Story, signed_in: Opened) -> None:
    head, clerk, page = signed_in("head"), signed_in("clerk"), f"/cases/{story.case_ref}/repair"
    assert send(head, page, f"/cases/{story.case_ref}/hold", reason="").status_code == 422
    assert send(head, page, f"/cases/{story.case_ref}/hold", reason=WHY, until="soon").status_code == 422
    assert send(head, page, f"/cases/{story.case_ref}/hold", reason=WHY).status_code == 302

    assert "暂停中" in head.get("/cases").text
    assert "任务不能认领或办理" in clerk.get(f"/cases/{story.case_ref}").text
    assert send(head, page, f"/cases/{story.case_ref}/go-on").status_code == 302
    assert "任务不能认领或办理" not in clerk.get(f"/cases/{story.case_ref}").text


def test_the_page_of_repair_is_nobodys_who_may_not_repair(story: Story, signed_in: Opened) -> None:
    for login, status in (("clerk", 403), ("town", 403), ("reviewer", 403)):
        assert signed_in(login).get(f"/cases/{story.case_ref}/repair").status_code == status, login


def test_a_batch_is_begun_judged_run_and_taken_back(story: Story, signed_in: Opened) -> None:
    browser = signed_in("head")
    assert browser.get("/batches").status_code == 200
    assert send(browser, "/batches/new", "/batches/new", kind="suspend", state="OPEN", reason="").status_code == 422
    none = send(browser, "/batches/new", "/batches/new", kind="suspend", state="DONE", reason=WHY)
    assert none.status_code == 409
    asked = send(browser, "/batches/new", "/batches/new", kind="suspend", state="OPEN", step="sign_commission",
                 reason=WHY)  # fmt: skip
    page = asked.location
    assert browser.get(page).status_code == 200
    story.office.sweep()
    assert "/run" in browser.get(page).text

    assert send(browser, page, f"{page}/run").status_code == 302
    story.office.sweep()
    with story.work() as work:
        assert story.case(work).suspended_at is not None
    assert send(browser, page, f"{page}/undo").status_code == 302
    story.office.sweep()

    with story.work() as work:
        assert story.case(work).suspended_at is None
    assert story.case_ref in browser.get(page).text
    assert page.rpartition("/")[2] in browser.get("/batches").text
    assert send(browser, page, f"{page}/run").status_code == 409


def test_a_batch_of_another_office_is_none(story: Story, signed_in: Opened) -> None:
    with story.work("head") as work:
        ref = batches.draft(work, "suspend", {}, CaseFilter(), WHY)
    assert signed_in("reviewer").get(f"/batches/{ref}").status_code == 404
    assert signed_in("clerk").get(f"/batches/{ref}").status_code == 200
