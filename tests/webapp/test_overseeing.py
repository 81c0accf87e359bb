"""The page of whoever oversees an area."""

from __future__ import annotations

from tests.homes import Office
from tests.journeys.playing import new_case
from tests.webapp.desk_world import app_of, browser_of


def test_oversight_sees_figures_and_steps_but_neither_household_nor_case(office: Office) -> None:
    story = new_case(office)
    browser = browser_of(app_of(office), office, "oversight")
    page = browser.get("/oversight/tasks")
    assert page.status_code == 200
    with story.work() as work:
        task = story.task(work, "intake")
        assert task.name in page.text
    assert story.case_ref not in page.text
    assert browser.get(f"/tasks/{task.ref}").status_code in (403, 404)
    assert browser.get("/oversight/tasks?office=nobody").status_code == 404
    assert browser_of(app_of(office), office, "clerk").get("/oversight/tasks").status_code == 403
