"""The page of heads: queues with their ages, loads of their people, and where the time of a process went."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

from sqlalchemy import event, select

from domain.parties.organisations import Organisation
from domain.work import OPERATOR, unit_of_work
from scheduler import worker
from tasks.desk import desk
from tasks.supervision import supervision
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import AUTHORISED, JUNE, story_of
from tests.journeys.playing import new_case
from tests.journeys.test_nearness import hire
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import read


def measured(office: Office) -> Office:
    for _look in range(2):
        worker.measure(office.home)
    worker.fold(office.home)
    return office


def test_a_head_sees_the_queues_of_the_office_the_loads_and_the_heat(office_in: Callable[[Template], Office]) -> None:
    office = measured(office_in(AUTHORISED))
    story = story_of(office)
    with story.work("clerk") as work:
        desk.claim(work, story.task(work, "commission").ref)
    with unit_of_work(office.home, office.actor("head"), write=False) as work:
        page = supervision.page(work)
        (line,) = [one for one in page.queues if one.step_id == "commission"]
        assert (line.open, line.free, line.taken, line.aside, sum(line.ages)) == (1, 0, 1, 0, 1)
        loads = {one.name: (one.open, one.overdue) for one in page.people}
        assert loads[office.actor("clerk").display.split()[0]] == (1, 0)
        assert page.heat is not None and {"intake", "authorise"} <= {one.step_id for one in page.heat.lines}

    head = browser_of(app_of(office), office, "head")
    shown = head.get("/supervision?lang=en")
    assert shown.status_code == 200
    marks = json.loads(unescape(re.findall(r'data-marks="([^"]*)"', shown.text)[0]))
    assert set(marks["heat"]) == {one.step_id for one in page.heat.lines if one.level}
    drawing = re.findall(r'data-diagram-url="([^"]*)"', shown.text)[0]
    assert head.get(unescape(drawing)).mimetype == "application/xml"
    assert story.case_ref not in shown.text


def test_the_work_of_towns_counts_for_the_department_above_and_a_foreign_office_is_none(
    office_in: Callable[[Template], Office],
) -> None:
    office = measured(office_in(AUTHORISED))
    app = app_of(office)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        offices = {one.id: one for one in work.session.scalars(select(Organisation))}
        own = offices[office.actor("head").org_id or 0]
        below = next(one.ref for one in offices.values() if one.parent_id == own.id)
        beside = next(one.ref for one in offices.values() if one.parent_id == own.parent_id and one.id != own.id)
    head = browser_of(app, office, "head")
    assert head.get(f"/supervision?office={below}").status_code == 200
    assert head.get(f"/supervision?office={beside}").status_code == 404
    assert head.get("/supervision?office=nobody").status_code == 404
    assert head.get("/supervision/drawings/nothing.bpmn").status_code == 404
    assert browser_of(app, office, "clerk").get("/supervision").status_code == 403


def test_who_oversees_sees_sums_and_no_names_of_staff(office_in: Callable[[Template], Office]) -> None:
    office = measured(office_in(JUNE))
    page = read(browser_of(app_of(office), office, "oversight").get("/supervision?lang=en").text)
    assert "Offices below" in page and "Loads" not in page
    with unit_of_work(office.home, office.actor("oversight"), write=False) as work:
        whole = supervision.page(work).whole
        assert whole.all == sum(one.counts.all for one in supervision.page(work).below) > 0


def test_the_page_asks_as_often_for_a_large_office_as_for_a_small_one(office_in: Callable[[Template], Office]) -> None:
    office = measured(office_in(AUTHORISED))

    def asked() -> int:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            seen.append(statement)

        event.listen(office.home.engine, "before_cursor_execute", note)
        try:
            with unit_of_work(office.home, office.actor("head"), write=False) as work:
                supervision.page(work)
        finally:
            event.remove(office.home.engine, "before_cursor_execute", note)
        return len(seen)

    asked()  # the version in force is read once a process
    small = asked()
    for number in ("B2027010", "B2027031"):
        story = new_case(office, "town", number)
        steps.take_in(story)
        steps.authorise(story)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        code = work.session.get_one(Organisation, office.actor("head").org_id).code
    for place in range(15):
        hire(office, f"more{place}", code, "department_clerk")
    measured(office)
    with unit_of_work(office.home, office.actor("head"), write=False) as work:
        page = supervision.page(work)
        assert len(page.people) >= 16 and sum(one.open for one in page.queues) >= 3
    assert asked() == small <= 20
