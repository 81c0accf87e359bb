"""A case's page: who sees what of it, starting one, an identity number looked at, reports and their copies."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from domain import rules
from domain.cases import Case
from domain.journal import JournalEntry
from domain.parties import households
from domain.verification.reports import Report, ReportAccess
from domain.work import OPERATOR, unit_of_work
from tasks.rows.models import TaskComment
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import SEARCHED, story_of
from tests.journeys.playing import Story
from tests.support import policy_files
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, marks_of, press


@pytest.fixture
def found(office_in: Callable[[Template], Office]) -> Story:
    """A case whose sources have answered; the report is still to be drafted."""
    story = story_of(office_in(SEARCHED))
    assert story.open_steps() == ["draft_report"]
    return story


def test_the_agency_sees_what_was_found_and_the_department_only_after_delivery(found: Story) -> None:
    app, address = app_of(found.office), f"/cases/{found.case_ref}"
    handler, clerk = browser_of(app, found.office, "handler"), browser_of(app, found.office, "clerk")
    town = browser_of(app, found.office, "town")

    agency = handler.get(address).text
    assert "12,640" in agency
    assert 'class="rule"' in agency
    for side in (clerk, town):
        page = side.get(address).text
        assert "12,640" not in page
        assert 'class="rule"' not in page

    steps.report(found)
    assert "12,640" in clerk.get(address).text
    assert "12,640</td>" not in town.get(address).text


def test_the_page_says_what_is_done_what_is_now_and_what_is_next(found: Story) -> None:
    handler = browser_of(app_of(found.office), found.office, "handler")
    page = handler.get(f"/cases/{found.case_ref}").text
    caption = re.findall(r"<figcaption.*?</figcaption>", page, re.S)[0]
    assert "受理审查" in caption
    assert "<strong>" in caption
    assert "起草核对报告" in caption
    assert 'aria-current="step"' in page

    marks = marks_of(page)
    assert marks["active"] == ["draft_report"]
    assert "review_report" in marks["next"]
    assert handler.get(f"/cases/{found.case_ref}/drawing.bpmn").data.startswith(b"<?xml")


def test_a_whole_identity_number_needs_a_reason_and_is_journalled(found: Story) -> None:
    handler = browser_of(app_of(found.office), found.office, "handler")
    address = f"/cases/{found.case_ref}"
    with found.work() as work:
        person = found.members(work)[0]
        ref, number = person.ref, households.number_of(work, person)
    assert number not in handler.get(address).text

    assert press(handler, address, f"{address}/reveal", person=ref, reason=" ").status_code == 422
    shown = press(handler, address, f"{address}/reveal", person=ref, reason="与身份证原件核对")

    assert number in shown.text
    assert number not in handler.get(address).text
    with found.work() as work:
        entry = work.session.scalars(select(JournalEntry).where(JournalEntry.event == "idno.revealed")).one()
        assert entry.body["person"] == ref
        assert (
            work.session.scalars(select(TaskComment).where(TaskComment.ref == entry.body["reason"])).one() is not None
        )
    town = browser_of(app_of(found.office), found.office, "town")
    assert press(town, address, f"{address}/reveal", person=ref, reason="好奇看看").status_code == 403


def test_a_report_is_the_agencys_until_delivered_and_then_the_departments_with_its_copies(found: Story) -> None:
    app = app_of(found.office)
    clerk, handler = browser_of(app, found.office, "clerk"), browser_of(app, found.office, "handler")
    steps.report(found)
    with found.work() as work:
        report = found.rows(work, Report)[0]
        address = f"/reports/{report.ref}"

    assert "仅供参考" in handler.get(address).text
    assert press(handler, "/desk/done", f"{address}/copy", purpose="留存").status_code == 403
    page = clerk.get(address)
    assert "仅供参考" in page.text
    assert press(clerk, address, f"{address}/copy", purpose=" ").status_code == 422
    copy = press(clerk, address, f"{address}/copy", purpose="入户核实")

    assert copy.data.startswith(b"%PDF")
    assert copy.headers["Content-Disposition"].startswith("attachment")
    assert copy.headers["X-Content-Type-Options"] == "nosniff"
    assert "入户核实" in clerk.get(address).text
    with found.work() as work:
        assert len(work.session.scalars(select(ReportAccess)).all()) == 1
        events = work.session.scalars(select(JournalEntry.event).where(JournalEntry.subject == report.ref)).all()
        assert "report.copy_refused" in events
    assert browser_of(app, found.office, "cityhandler").get(address).status_code == 404


def test_a_case_is_started_once_for_a_household_of_ones_own_office(office: Office) -> None:
    browser = browser_of(app_of(office), office, "town")
    page = browser.get("/cases/new").text
    form = {"csrf_token": token_in(page), "programme": ""}

    assert browser.post("/cases/new", data={**form, "number": "B2027003"}).status_code == 302
    again = browser.post("/cases/new", data={**form, "number": "B2027003"})
    assert again.status_code == 409
    foreign = browser.post("/cases/new", data={**form, "number": "NOBODY-1"})
    assert foreign.status_code == 422
    with office.home.sessions() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_a_person_is_found_by_the_whole_number_only_in_ones_own_agency(found: Story) -> None:
    app = app_of(found.office)
    with found.work() as work:
        number = households.number_of(work, found.members(work)[0])
        case_number = found.case(work).number
    handler, elsewhere = browser_of(app, found.office, "handler"), browser_of(app, found.office, "cityhandler")

    assert case_number in press(handler, "/search", "/search", idno=number).text
    missed = press(elsewhere, "/search", "/search", idno=number).text
    unknown = press(elsewhere, "/search", "/search", idno="990201195001010011").text
    assert re.sub(r'value="[^"]*"', "", missed) == re.sub(r'value="[^"]*"', "", unknown)
    assert browser_of(app, found.office, "clerk").get("/search").status_code == 403


def test_searching_by_number_stops_after_thirty_times_an_hour(office: Office) -> None:
    browser = browser_of(app_of(office), office, "handler")
    page = browser.get("/search").text
    codes = [
        browser.post("/search", data={"csrf_token": token_in(page), "idno": "990201195001010011"}).status_code
        for _time in range(31)
    ]
    assert codes == [200] * 30 + [429]


def test_how_often_one_may_search_by_number_is_what_the_rules_of_the_office_say(office: Office) -> None:
    nation, thirty = "national/2017-01-01.toml", b"[values.id_search_per_hour]\nvalue = 30"
    with unit_of_work(office.home, OPERATOR) as work:
        held = policy_files()
        assert thirty in held[nation]
        rules.deploy(work, {**held, nation: held[nation].replace(thirty, thirty.replace(b"30", b"2"))})
    handler, clerk = (browser_of(app_of(office), office, login) for login in ("handler", "clerk"))
    form = {"csrf_token": token_in(handler.get("/search").text), "idno": "990201195001010011"}
    assert [handler.post("/search", data=form).status_code for _time in range(3)] == [200, 200, 429]
    assert "2" in handler.post("/search", data=form).text
    form = {"csrf_token": token_in(clerk.get("/find").text), "q": "990201195001010011"}
    assert [clerk.post("/find", data=form).status_code == 429 for _time in range(3)] == [False, False, True]
