"""Leaks and the system's log at their pages: keyboard alone, on a desk and on a telephone, in two languages."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from domain.oversight.breaches import CLOSED, Breach, BreachEntry
from domain.oversight.house_log import HouseLogLine
from tests.browser.keys import tab_to
from tests.browser.serving import DESK, PHONE, Desk, Served
from tests.journeys.playing import new_case

pytestmark = pytest.mark.slow
SIZES = ((PHONE, "en"), (DESK, "zh"))


def _enter(page: Any, selector: str) -> None:
    """Go to something with the Tab key and press Enter."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("h1").first.wait_for()


def _type(page: Any, selector: str, words: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def _looked(desk: Desk, kind: str) -> None:
    """The page at both sizes and in both languages; nothing was typed on it yet."""
    address = desk.page.url.removeprefix(desk.served.address).partition("#")[0]
    joined = "&" if "?" in address else "?"
    for size, language in SIZES:
        desk.page.set_viewport_size(size)
        desk.go(f"{address}{joined}lang={language}")
        desk.look(f"{kind} {language}")


def test_a_leak_is_written_down_linked_reported_and_dealt_with_by_keys(web: Served) -> None:
    story = new_case(web.office)
    with story.work() as work:
        number = story.case(work).number
    auditor = web.desk("auditor")
    page = auditor.page
    auditor.go("/breaches")
    _looked(auditor, "no leaks")
    _enter(page, "a[href$='/breaches/new']")
    _looked(auditor, "new leak")
    _type(page, "#what", "核对报告被拍照外传")
    _enter(page, "main form button.primary")
    page.locator(".summary-error:focus").wait_for()
    auditor.look("new leak refused")
    assert page.locator("#what").input_value() == "核对报告被拍照外传"
    _type(page, "#reach", "一户三人的存款")
    _type(page, "#result", "当事人投诉")
    _enter(page, "main form button.primary")
    _looked(auditor, "leak")
    record = page.url.partition("?")[0]
    auditor.says("核对报告被拍照外传", "一户三人的存款")

    _type(page, "#login", "handler")
    _enter(page, "form[action$='/accounts'] button")
    auditor.says("秦白露")
    _type(page, "#about", number)
    _enter(page, "form[action*='/journal'] button")
    assert number not in page.url
    for size in (PHONE, DESK):  # in one language: the page answers what was sent and has no address of its own
        page.set_viewport_size(size)
        auditor.look(f"rows found {size['width']}")
    tab_to(page, "#row-1")
    page.keyboard.press("Space")
    _enter(page, "form[action$='/rows'] button.primary")
    auditor.says("已关联 1 条")
    _type(page, "#to", "本溪市民政局")
    _enter(page, "form[action$='/report'] button.primary")
    _looked(auditor, "reported")
    tab_to(page, "form[action$='/letter'] button")
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert taken.value.suggested_filename.endswith(".pdf")
    _enter(page, "form[action$='/close'] button.primary")
    page.locator(".summary-error:focus").wait_for()
    auditor.look("close refused")
    _type(page, "#handling", "调离岗位，告知当事人")
    _enter(page, "form[action$='/close'] button.primary")
    assert page.url == record
    _looked(auditor, "dealt with")
    auditor.go("/breaches")
    _looked(auditor, "leaks")
    with web.office.home.sessions() as session:
        assert session.scalars(select(Breach.state)).all() == [CLOSED]
        assert session.scalar(select(func.count()).select_from(BreachEntry)) == 1
    auditor.errors[:] = [said for said in auditor.errors if "status of 422" not in said]
    web.check_consoles()


def test_the_systems_log_is_written_and_read(web: Served) -> None:
    system = web.desk("system")
    page = system.page
    system.go("/house-log")
    _looked(system, "empty log")
    page.locator("#kind").select_option("TRAINING")
    page.locator("#done_on").fill("2027-05-17")
    _type(page, "#what", "核对业务培训")
    _type(page, "#people", "各街道经办")
    _enter(page, "main form.sheet button.primary")
    page.locator(".summary-error:focus").wait_for()
    system.look("log refused")
    assert page.locator("#what").input_value() == "核对业务培训"
    _type(page, "#trained", "23")
    _enter(page, "main form.sheet button.primary")
    _looked(system, "log")
    system.says("核对业务培训", "23")
    with web.office.home.sessions() as session:
        assert session.scalars(select(HouseLogLine.trained)).all() == [23]
    system.errors[:] = [said for said in system.errors if "status of 422" not in said]
    web.check_consoles()
