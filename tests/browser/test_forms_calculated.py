"""A form that adds up, asks for reasons and has rows that come and go, while somebody fills it in."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.browser.serving import Served
from tests.infrastructure.browser import assert_accessible
from tests.journeys.playing import new_case
from tests.webapp.judged_world import deploy
from tests.webapp.test_form_rows import AMOUNTS, TOTAL

MUCH = {
    "id": "much", "condition": "=gained = null or gained <= 100", "fields": ["gained", "gains"], "severity": "warning",
    "message": "其他收入偏高。", "message.en": "The other income is high.",
}  # fmt: skip


def _shot(page: Any, name: str) -> None:
    if os.environ.get("HEDUI_SHOTS"):
        page.screenshot(path=f"{os.environ['HEDUI_SHOTS']}/{name}.png", full_page=True)


@pytest.mark.slow
def test_a_sum_follows_the_rows_and_a_removed_row_stays_removed(web: Served) -> None:
    deploy(web.office, AMOUNTS, TOTAL, rules=(MUCH,))
    story = new_case(web.office)
    desk = web.desk("town")
    desk.open_task(story, "intake")
    page = desk.page
    page.fill("[name=gains-0-origin]", "租金")
    page.fill("[name=gains-0-amount]", "1.10")
    page.locator("[data-value=gained]", has_text="1.10").wait_for()
    page.get_by_role("button", name="增加一行").click()
    page.locator("[name=gains-1-origin]:focus").wait_for()
    page.keyboard.type("分红")
    page.keyboard.press("Tab")
    page.keyboard.type("200.20")
    page.locator("[data-value=gained]", has_text="201.30").wait_for()
    page.keyboard.press("Tab")
    page.locator("#confirm-much").wait_for(state="visible")
    assert_accessible(page)
    _shot(page, "rows_1366")
    page.set_viewport_size({"width": 390, "height": 844})
    assert_accessible(page)
    _shot(page, "rows_390")
    page.get_by_role("button", name="移除：第1项收入").click()
    page.locator("[data-value=gained]", has_text="200.20").wait_for()
    assert page.locator("[name=gains-0-origin]").input_value() == "分红"
    # Enter loses nothing of what was typed last
    page.fill("[name=gains-0-amount]", "7")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("[name$=-origin]").count() == 1, "a row removed stays removed"
    assert page.locator("[name=gains-0-amount]").input_value() == "7"
    web.check_consoles()
