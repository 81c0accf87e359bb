"""The pages of a term: to whom they open, what they refuse and say, and what a wish for more time leads to."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tasks.desk import desk
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.term_models import TermRequest
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys.played import ACCEPTED, story_of
from tests.tasks.test_terms import made_law
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import owner_of

HANDLER, HEAD, STEP = "handler", "agencyhead", "query_plan"


class Desk:
    """The office with the case, and whoever sits down at a browser."""

    def __init__(self, office: Office) -> None:
        self.office, self.story = office, story_of(office)
        self.app: Flask = app_of(office)
        self._browsers: dict[str, FlaskClient] = {}
        with self.story.work(HANDLER) as work:
            self.ref = desk.claim(work, self.story.task(work, STEP).ref).ref

    @property
    def term(self) -> str:
        """The address of the term."""
        return f"/tasks/{self.ref}/term"

    def of(self, login: str) -> FlaskClient:
        """Their browser."""
        if login not in self._browsers:
            enter = owner_of if login == HEAD else browser_of  # heads show a second factor
            self._browsers[login] = enter(self.app, self.office, login)
        return self._browsers[login]

    def post(self, login: str, address: str, **sent: str):
        """Send a form in English."""
        browser = self.of(login)
        token = token_in(browser.get("/account/notices").text)
        return browser.post(f"{address}?lang=en", data={"csrf_token": token, **sent})

    def wishes(self) -> list[tuple[str, str, int | None]]:
        """What was asked for."""
        with self.story.work() as work:
            rows = work.session.scalars(select(TermRequest).order_by(TermRequest.id))
            return [(one.kind, one.state, one.length) for one in rows]


@pytest.fixture
def at(office_in: Callable[[Template], Office]) -> Desk:
    """The handler holds the planning of the queries."""
    return Desk(office_in(ACCEPTED))


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def summary(page: str) -> str:
    """The sentences above the page that say what is wrong; each leads to a place that is there."""
    found = re.search(r'<div class="summary-error".*?</div>', page, re.S)
    assert found, words(page)
    for anchor in re.findall(r'href="#([^"]+)"', found[0]):
        assert f'id="{anchor}"' in page, f"nothing is at #{anchor}"
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), "two places share a name"
    for told in re.findall(r'aria-describedby="([^"]+)"', page):
        assert set(told.split()) <= set(ids), told
    return words(found[0])


def test_a_term_is_shown_to_whoever_works_on_the_case_and_is_not_there_for_anybody_else(at: Desk) -> None:
    page = words(at.of(HANDLER).get(f"{at.term}?lang=en").text)
    assert "How the due day comes about" in page and "Ask for more days" in page and "Extend the term" not in page
    assert "Extend the term" in words(at.of(HEAD).get(f"{at.term}?lang=en").text)
    assert at.app.test_client().get(at.term).status_code == 302
    for login in ("cityhandler", "town"):
        assert at.of(login).get(at.term).status_code == 404
        assert at.post(login, at.term, act="extend", days="2", reason_code="COMPLEX").status_code == 404
    assert at.of(HANDLER).get("/tasks/01JUNK/term").status_code == 404
    assert at.of("oversight").get(at.term).status_code == 403
    assert at.wishes() == []


def test_everything_that_is_wrong_is_said_at_once_at_its_place_and_what_was_typed_stays(at: Desk) -> None:
    answer = at.post(HANDLER, at.term, act="extend", days="99", reason_code="OTHER", reason=" ")
    assert answer.status_code == 422
    said = summary(answer.text)
    assert "2 places to change" in said
    assert "How many days: An extension has between 1 and" in said
    assert "Reason: Say in words of your own" in said
    assert 'value="99"' in answer.text and '<option value="OTHER" selected>' in answer.text
    assert answer.text.count('aria-invalid="true"') == 2

    answer = at.post(HANDLER, at.term, act="stop", until="2027-01-01", reason="等待<回函>")
    said = summary(answer.text)
    assert "Last day of the stop: Choose a day after today, as in 2027-06-01." in said
    assert 'value="2027-01-01"' in answer.text and "等待&lt;回函&gt;</textarea>" in answer.text
    for until, days in (("soon", "some"), ("", "")):
        assert at.post(HANDLER, at.term, act="stop", until=until, reason_code="FORCE").status_code == 422
        assert at.post(HANDLER, at.term, act="extend", days=days, reason_code="COMPLEX").status_code == 422
    answer = at.post(HANDLER, at.term, act="forge")
    assert (answer.status_code, "Choose what to do" in summary(answer.text)) == (409, True)
    assert at.wishes() == []


def test_what_a_handler_asks_for_a_head_decides_and_a_second_word_is_refused_with_the_page(at: Desk) -> None:
    assert at.post(HANDLER, at.term, act="extend", days="3", reason_code="COMPLEX").status_code == 302
    page = at.of(HANDLER).get(f"{at.term}?lang=en").text
    assert "waits for a decision" in words(page) and 'value="grant"' not in page
    page = at.of(HEAD).get(at.term).text
    form = re.search(rf'action="({re.escape(at.term)}/[^"]+)"', page)
    assert form, "the head finds the form to decide"
    wish = form[1]
    assert at.post(HANDLER, wish, verdict="grant").status_code == 403
    assert at.post("cityhandler", wish, verdict="grant").status_code in (403, 404)
    assert at.post(HEAD, f"{at.term}/01JUNK", verdict="grant").status_code == 404
    assert at.post(HEAD, wish, verdict="refuse").status_code == 302
    assert "refused" in words(at.of(HANDLER).get(f"{at.term}?lang=en").text)
    again = at.post(HEAD, wish, verdict="grant")
    assert (again.status_code, "decided already" in summary(again.text)) == (409, True)
    assert at.wishes() == [("EXTEND", "REFUSED", 3)]


def test_a_head_stops_a_term_and_lets_it_run_again(at: Desk) -> None:
    assert at.post(HEAD, at.term, act="stop", until="2027-05-28", reason_code="PAPERS").status_code == 302
    page = words(at.of(HANDLER).get(f"{at.term}?lang=en").text)
    assert "stands still until" in page and "Let it run again" in page
    refused = at.post(HEAD, at.term, act="stop", until="2027-05-31", reason_code="PAPERS")
    assert (refused.status_code, "stands still already" in summary(refused.text)) == (409, True)
    assert at.post(HEAD, at.term, act="resume").status_code == 302
    assert "does not stand still" in summary(at.post(HEAD, at.term, act="resume").text)


def test_a_term_of_the_law_is_not_moved_and_the_page_names_the_rule(at: Desk) -> None:
    made_law(at.story)
    page = words(at.of(HEAD).get(f"{at.term}?lang=en").text)
    assert "gives no power to let it stand still" in page and "gives no power to extend it" in page
    refused = at.post(HEAD, at.term, act="extend", days="1", reason_code="COMPLEX")
    assert refused.status_code == 409
    assert "gives no power to extend it" in summary(refused.text) and "NM-08" in summary(refused.text)
    assert "Nothing was changed" in summary(refused.text)


def test_every_term_of_a_case_is_printed_for_whoever_may_read_the_case(at: Desk) -> None:
    address = f"/cases/{at.story.case_ref}/terms"
    assert at.of(HANDLER).get(address).status_code == 200
    assert at.of("cityhandler").get(address).status_code == 404
    assert at.of("oversight").get(address).status_code == 403
    assert at.of(HANDLER).get("/cases/01JUNK/terms").status_code == 404


def test_putting_a_task_off_without_a_day_and_a_reason_says_both_at_their_fields(at: Desk) -> None:
    acts = f"/tasks/{at.ref}/acts"
    answer = at.post(HANDLER, acts, operation="suspend")
    assert answer.status_code == 422
    said = summary(answer.text)
    assert "2 places to change" in said
    assert "Comes back on: Choose the day when it comes back." in said and "Reason: Choose a reason" in said
    answer = at.post(HANDLER, acts, operation="suspend", until="2029-01-01", reason="x" * 1001)
    assert "Comes back on: A task can be put off for a year at most." in summary(answer.text)
    assert "Reason: At most 1000 characters." in summary(answer.text)
    assert 'value="2029-01-01"' in answer.text
    answer = at.post(HANDLER, acts, operation="suspend", until="2027-05-20")
    assert "1 place to change" in summary(answer.text)
    with at.story.work() as work:
        states = work.session.scalars(select(HumanTask.state).where(HumanTask.ref == at.ref)).all()
        assert set(states) <= set(OPEN) - {"SUSPENDED"}
