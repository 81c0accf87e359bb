"""The post of a town sees its own town's applicants; a report goes to the department that asked for it alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from domain.journal import JournalEntry
from domain.parties import households
from domain.verification.reports import Report, ReportAccess
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import SEARCHED, story_of
from tests.journeys.playing import new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, press, task_address


@pytest.mark.clause("LF-02")
def test_the_post_of_another_town_finds_neither_the_case_nor_its_tasks_nor_its_people(office: Office) -> None:
    """Another town's case is not found: by address, list, number or name; the own post has it and works on it."""
    story = new_case(office)
    with story.work() as work:
        case, name = story.case(work), households.name_of(work, story.members(work)[0])
        number = households.by_id(work, case.household_id).number
    about = (f"/cases/{case.ref}", task_address(story, "intake"))
    app = app_of(office)
    own, other = browser_of(app, office, "town"), browser_of(app, office, "town2")

    for address in about:
        assert other.get(address).status_code == 404
    assert press(other, "/desk", f"{about[1]}/claim").status_code == 404
    for page in ("/cases", "/desk", "/desk?tab=all"):
        assert name not in other.get(page).text
    for words in (name, case.number):
        found = press(other, "/desk", "/find", q=words).headers["Location"]
        assert story.case_ref not in found and story.case_ref not in other.get(found).text
    form = {"csrf_token": token_in(other.get("/cases/new").text), "programme": "", "number": number}
    assert other.post("/cases/new", data=form).status_code == 422

    assert [own.get(address).status_code for address in about] == [200, 200]
    assert name in own.get("/cases").text
    assert press(own, "/desk", f"{about[1]}/claim").status_code == 302
    steps.take_in(story)
    assert "authorise" in story.open_steps()


@pytest.mark.clause("LN-29")
def test_no_office_but_the_entrusting_department_has_a_copy_of_the_report(
    office_in: Callable[[Template], Office],
) -> None:
    """Every other kind of office is refused page or copy and the attempt is kept; the department says what for."""
    story = story_of(office_in(SEARCHED))
    steps.report(story)
    with story.work() as work:
        ref = story.rows(work, Report)[0].ref
    address, app = f"/reports/{ref}", app_of(story.office)
    # the verifying agency, the city's, another town, those who pay, a supplier, the bureau
    refused = {"handler": 403, "reviewer": 403, "archivist": 403}  # they know of the report
    refused |= dict.fromkeys(("cityhandler", "town2", "finance", "bank", "oversight"), 404)
    answered = {}
    for login in refused:
        browser = browser_of(app, story.office, login)
        start = re.sub(r"\?.*", "", browser.get("/", follow_redirects=True).request.path)
        answered[login] = press(browser, start, f"{address}/copy", purpose="转给他人").status_code
        assert b"%PDF" not in browser.get(f"{address}/copy").data
    assert answered == refused
    with story.work() as work:
        assert not work.session.scalars(select(ReportAccess)).all()
        kept = select(JournalEntry.event).where(
            JournalEntry.subject == ref, JournalEntry.event == "report.copy_refused"
        )
        assert len(work.session.scalars(kept).all()) == len(refused)

    clerk = browser_of(app, story.office, "clerk")
    assert press(clerk, address, f"{address}/copy", purpose=" ").status_code == 422
    assert press(clerk, address, f"{address}/copy", purpose="入户核实").data.startswith(b"%PDF")
    with story.work() as work:
        assert len(work.session.scalars(select(ReportAccess)).all()) == 1
