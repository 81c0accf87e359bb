"""More time is asked for and decided on, and notices read, at the screen: both languages, a desk and a telephone."""

from __future__ import annotations

import os
from typing import Any

import pytest

from domain.parties import staff
from domain.work import SCHEDULER, unit_of_work
from tasks.desk import desk
from tasks.terms import notifications
from tests.browser.serving import DESK, PHONE, Served
from tests.infrastructure.browser import assert_accessible
from tests.journeys.playing import Story

pytestmark = pytest.mark.slow
HANDLER, HEAD, STEP = "handler", "agencyhead", "query_plan"
SHOTS = os.environ.get("SHOTS", "")


def everywhere(served: Served, login: str, path: str) -> None:
    """A page in both languages at both widths: usable by everybody, no wider than the screen."""
    for language in ("en", "zh"):
        for size in (DESK, PHONE):
            page = served.desk(login).page
            page.set_viewport_size(size)
            served.desk(login).go(f"{path}?lang={language}")
            fits(page)
            shot(page, f"{path}_{language}_{size['width']}")
    page.set_viewport_size(DESK)


def fits(page: Any) -> None:
    page.locator("h1").first.wait_for()
    assert_accessible(page)
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over} pixels too wide"


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name.strip('/').replace('/', '_')}.png", full_page=True)


def test_more_time_is_asked_for_refused_and_read_of_by_keyboard_in_both_languages(web: Served, accepted: Story) -> None:
    with accepted.work(HANDLER) as work:
        task = desk.claim(work, accepted.task(work, STEP).ref)
        term, acts = f"/tasks/{task.ref}/term", f"/tasks/{task.ref}/acts"
    with unit_of_work(web.office.home, SCHEDULER) as work:
        people = [staff.by_login(work, one).id for one in (HANDLER, "oversight")]
        notifications.notify(work, people, "separation.violated", key="x", count=1, proof="0" * 26)
    handler, head = web.desk(HANDLER), web.desk(HEAD)
    everywhere(web, HANDLER, term)

    page = handler.page
    handler.go(f"{term}?lang=en")
    page.locator("#days").focus()
    page.keyboard.type("99")
    page.keyboard.press("Enter")  # what is wrong is said with the place to go to
    page.locator("#faults").wait_for()
    fits(page)
    shot(page, "term_faults_en_1366")
    assert page.evaluate("document.activeElement.id") == "faults"
    page.locator("#faults a[href='#extend-reason_code']").press("Enter")
    assert page.evaluate("document.activeElement.id") == "extend-reason_code"
    page.locator("#extend-reason_code").select_option("COMPLEX")
    page.locator("#days").fill("3")
    page.locator("#days").press("Enter")
    page.locator(".timeline").wait_for()
    assert not page.locator("#faults").count()
    page.set_viewport_size(PHONE)
    handler.go(f"{acts}?do=suspend&lang=zh")
    page.locator("main form button.primary").click()
    page.locator("#faults").wait_for()
    assert page.locator("#faults li").count() == 2
    fits(page)
    shot(page, "acts_faults_zh_390")

    head.go("/notices?lang=zh")
    head.page.locator("button[name=go]").first.press("Enter")
    head.page.wait_for_url(f"**{term}")
    head.page.set_viewport_size(PHONE)
    head.go(f"{term}?lang=zh")
    fits(head.page)
    shot(head.page, "term_decide_zh_390")
    with head.page.expect_navigation():
        head.page.locator("button[value=refuse]").press("Enter")

    everywhere(web, HANDLER, "/notices")
    everywhere(web, HANDLER, "/account/notices")
    page.locator("#calendar button[value=make]").press("Enter")
    page.locator("#feed").wait_for()
    fits(page)
    everywhere(web, "oversight", "/oversight/separation")
    web.desk("oversight").go("/notices")
    web.desk("oversight").page.locator("button[name=go]").first.press("Enter")
    web.desk("oversight").page.wait_for_url("**/oversight/separation#*")
    for one in web.desks.values():  # the browser reports a page that came back with what is wrong
        one.errors[:] = [said for said in one.errors if "status of 422" not in said]
    web.check_consoles()
