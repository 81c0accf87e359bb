"""The drawing beside a form and alone: small, over the page, by keys, on a telephone, in the dark, on paper."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.browser.serving import PHONE, Served
from tests.infrastructure.browser import assert_accessible
from tests.journeys.playing import Story

pytestmark = pytest.mark.slow


def task_path(story: Story) -> str:
    """The address of the open task."""
    with story.work() as work:
        return f"/tasks/{story.task(work, 'query_plan').ref}"


def drawn(page: Any) -> Any:
    """The drawing, once it is there."""
    page.locator(".drawing[data-ready=yes]").wait_for()
    return page.locator(".drawing")


def view(page: Any) -> str:
    """What part of the drawing is seen, as the canvas says it."""
    return str(page.locator(".drawing .viewport").get_attribute("transform"))


def test_beside_a_form_the_drawing_is_small_and_leaves_the_form_its_place(web: Served, accepted: Story) -> None:
    handler = web.desk("handler")
    page = handler.page
    handler.go(task_path(accepted))
    box, form = drawn(page).bounding_box(), page.locator("#task .sheet").first.bounding_box()

    assert box["height"] <= 200
    assert form["y"] < 200 and form["x"] < box["x"]
    assert page.locator("[data-element-id=query_plan].wf-active").count() == 1
    assert page.locator("[data-element-id=acceptance].wf-done").count() == 1
    assert page.locator("[data-element-id=acceptance_given].wf-taken").count() == 1
    assert page.locator(".djs-connection[data-element-id=accepted_to_commission].wf-taken").count() == 0
    assert page.locator(".wf-token").count() == 1
    assert "制定查询计划" in page.locator(".standing").inner_text()
    assert_accessible(page)
    web.check_consoles()


def test_the_drawing_opens_over_the_page_moves_by_keys_and_comes_back(web: Served, accepted: Story) -> None:
    handler = web.desk("handler")
    page = handler.page
    handler.go(task_path(accepted))
    drawn(page)
    page.locator("[data-diagram-whole]").focus()
    page.keyboard.press("Enter")

    assert page.locator("dialog[data-diagram-dialog][open] .drawing:focus").count() == 1
    assert page.locator(".drawing").bounding_box()["width"] > 1200
    seen = [view(page)]
    for key in ("ArrowRight", "ArrowDown", "+", "-", "-", "0"):
        page.keyboard.press(key)
        seen.append(view(page))
    assert all(one != other for one, other in pairwise(seen)), seen
    assert_accessible(page)
    page.keyboard.press("Escape")
    assert page.locator("details .drawing").count() == 1
    assert page.locator("[data-diagram-whole]:focus").count() == 1
    web.check_consoles()


def test_on_a_telephone_the_words_stand_and_the_drawing_waits_to_be_opened(web: Served, accepted: Story) -> None:
    handler = web.desk("handler")
    page = handler.page
    page.set_viewport_size(PHONE)
    handler.go(task_path(accepted))

    assert page.locator(".standing").is_visible()
    assert not page.locator(".drawing").is_visible()
    assert page.locator(".drawing svg").count() == 0
    page.locator("details.drawn summary").click()
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert_accessible(page)
    web.check_consoles()


def test_in_the_dark_and_on_paper_the_case_is_still_drawn(web: Served, accepted: Story) -> None:
    handler = web.desk("handler", color_scheme="dark")
    page = handler.page
    handler.go(f"/cases/{accepted.case_ref}")
    drawn(page)
    assert_accessible(page)
    ink = page.locator("[data-element-id=draft_report] .djs-visual > rect").evaluate(
        "one => getComputedStyle(one).stroke"
    )
    ground = page.locator(".sheet.drawn").evaluate("one => getComputedStyle(one).backgroundColor")
    assert ink != ground and ink == page.evaluate("getComputedStyle(document.body).color")

    page.emulate_media(media="print")
    assert page.locator(".standing").is_visible()
    assert page.locator(".drawing").is_visible()
    assert not page.locator(".drawing-tools").is_visible()
    web.check_consoles()


def test_without_scripts_the_words_are_there_and_no_empty_box(web: Served, accepted: Story) -> None:
    handler = web.desk("handler", java_script_enabled=False)
    page = handler.page
    handler.go(f"/cases/{accepted.case_ref}")

    assert "制定查询计划" in page.locator(".standing").inner_text()
    assert not page.locator(".drawing-frame").is_visible()
