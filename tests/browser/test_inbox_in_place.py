"""The list of tasks changes in its place: tabs, filters, pages and claims, the address with them, back and forward."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Served
from tests.browser.test_keyboard_ten import ten_cases

pytestmark = pytest.mark.slow

HERE = "window.here === 1"  # the page was not loaded anew


def stands(page: Any, words: str, rows: int, focus: str = "") -> None:
    """The address says these words, so many rows are there, and no page was loaded for it."""
    page.wait_for_url(lambda url: url.endswith(f"/desk{words}"))
    expect(page.locator(".inbox tbody tr")).to_have_count(rows)
    assert page.evaluate(HERE), "the whole page was loaded"
    if focus:
        page.locator(f"{focus}:focus").wait_for()


def test_tabs_filters_and_the_back_button_change_the_list_alone(web: Served) -> None:
    ten_cases(web)
    clerk = web.desk("clerk")
    page = clerk.page
    clerk.go("/desk?lang=zh")
    page.evaluate("window.here = 1")
    page.locator("#tab-overdue").click()
    stands(page, "?tab=overdue", 0, "#tab-overdue")
    assert "tab=overdue" in (page.locator("#language").get_attribute("href") or "")
    assert "没有" in page.locator("#told").inner_text()
    clerk.look("an empty tab")
    page.go_back()
    stands(page, "?lang=zh", 10)
    page.go_forward()
    stands(page, "?tab=overdue", 0)
    page.locator("#tab-all").click()
    stands(page, "", 10, "#tab-all")
    page.locator("#f4").select_option("mine")
    stands(page, "?owner=mine", 0)
    page.locator(".narrowed .chip").first.click()
    stands(page, "", 10, "h1")
    page.locator("#by-due").click()
    stands(page, "?sort=-due", 10, "#by-due")
    page.locator("details.filterbar summary").first.click()
    page.locator("#m1").focus()
    page.keyboard.press("Escape")
    page.locator("details.filterbar:not([open]) summary:focus").wait_for()
    page.locator("[data-open]").first.click()
    page.locator(".actionbar").wait_for()
    page.go_back()
    page.wait_for_url("**/desk?sort=-due")
    page.locator(".inbox tbody tr").first.wait_for()
    clerk.look("the list again")
    web.check_consoles()


def test_claims_in_the_list_change_its_rows_and_all_counts(web: Served) -> None:
    ten_cases(web)
    clerk = web.desk("clerk")
    page = clerk.page
    clerk.go("/desk?step=look&lang=zh")
    page.evaluate("window.here = 1")
    claims = page.locator(".inbox [data-claim]")
    address = claims.nth(3).get_attribute("id")
    claims.nth(3).click()
    page.locator(f"a#{address}:focus").wait_for()
    for left in (8, 7):
        page.locator(".inbox [data-claim]").first.click()
        expect(claims).to_have_count(left)
    stands(page, "?step=look&lang=zh", 10)
    assert page.locator("#nav a[aria-current]").inner_text().split() == ["我的待办", "10"]
    assert page.locator("#nav a", has_text="待认领").inner_text().split() == ["待认领", "7"]
    page.locator("#tab-all").click()
    page.locator("#narrow #f1").select_option("")
    stands(page, "", 10)
    clerk.go("/desk/queue")
    page.evaluate("window.here = 1")
    page.locator(".inbox [data-claim]").first.click()
    expect(page.locator(".inbox tbody tr")).to_have_count(6)
    assert page.evaluate(HERE) and page.url.endswith("/desk/queue")
    web.check_consoles()
