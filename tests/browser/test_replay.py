"""Sliding back through a case: by keys, by its links without a script, on a telephone, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.serving import PHONE, Served
from tests.infrastructure.browser import assert_accessible
from tests.journeys.playing import Story

pytestmark = pytest.mark.slow


def drawn(page: Any) -> None:
    """Wait for the drawing."""
    page.locator(".drawing[data-ready=yes]").wait_for()


def said(page: Any) -> str:
    """The line of the moment."""
    return str(page.locator("#moment-said").inner_text())


def number(page: Any) -> int:
    """Which move the page shows."""
    return int(page.locator("#moment").input_value())


def test_the_slider_moves_the_tokens_back_and_forth_by_keys(web: Served, accepted: Story) -> None:
    head = web.desk("head")
    page = head.page
    head.go(f"/cases/{accepted.case_ref}")
    drawn(page)
    last = number(page)
    assert page.locator("[data-element-id=query_plan].wf-active").count() == 1

    page.locator("#moment").focus()
    page.keyboard.press("Home")
    page.locator("[data-element-id=intake].wf-active").wait_for()
    assert page.locator("[data-element-id=query_plan].wf-active").count() == 0
    assert page.locator(".wf-done").count() <= 1
    assert number(page) == 1 and "1" in said(page)
    assert page.locator("[data-replay-by='-1']").get_attribute("aria-disabled") == "true"
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"moment=2"))
    assert "受理申报" in said(page)
    assert "受理申报" in page.locator("#moment").get_attribute("aria-valuetext")
    assert_accessible(page)

    page.locator("[data-replay-by='1']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"moment=3"))
    page.locator("#moment").focus()
    page.keyboard.press("End")
    page.wait_for_url(re.compile(rf"moment={last}"))
    page.locator("[data-element-id=query_plan].wf-active").wait_for()

    page.reload()
    drawn(page)
    assert number(page) == last
    page.locator("[data-replay-now]").click()
    page.wait_for_url(re.compile(r"^[^?]*$"))
    web.check_consoles()


def test_without_a_script_the_links_and_the_button_lead_through_the_past(web: Served, accepted: Story) -> None:
    head = web.desk("head", java_script_enabled=False)
    page = head.page
    head.go(f"/cases/{accepted.case_ref}")
    last = number(page)
    page.locator("[data-replay-by='-1']").click()
    assert number(page) == last - 1 and f"{last - 1}" in said(page)
    assert page.locator("[data-replay-now]").is_visible()
    page.locator("[data-replay-show]").click()
    assert number(page) == last - 1
    web.check_consoles()


def test_on_a_telephone_and_in_english_it_fits_and_is_accessible(web: Served, accepted: Story) -> None:
    head = web.desk("head")
    page = head.page
    page.set_viewport_size(PHONE)
    for language, word in (("en", "Previous move"), ("zh", "上一步")):
        head.go(f"/cases/{accepted.case_ref}?moment=3&lang={language}#replay")
        drawn(page)
        assert word in page.locator("#replay").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert page.locator("#moment").bounding_box()["height"] >= 44
        assert_accessible(page)
    web.check_consoles()
