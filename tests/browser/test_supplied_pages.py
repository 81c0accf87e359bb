"""Files of offices and payment lists at their pages: keyboard alone, on a desk and on a phone, in two languages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain import identity
from tests.browser.keys import tab_to
from tests.browser.serving import DESK, PHONE, Desk, Paper, Served

pytestmark = pytest.mark.slow

NUMBER = identity.make_demonstration(date(1980, 1, 1), 17)
STRANGE = f"储户甲,号码乙,余额丙\r\n甲某,{NUMBER},100.00\r\n乙某,不详,不详\r\n"
PAID = (
    "发放名单\r\n姓名,身份证号,救助类别,城乡类别,发放月份,发放金额\r\n"
    f"甲某,{NUMBER},城市低保,城市,2027-04,640.00\r\n甲某,{NUMBER},农村低保,农村,2027-04,500\r\n"
)
SIZES = [(DESK, "zh"), (PHONE, "en")]


def _enter(page: Any, selector: str) -> None:
    """Go to something with the Tab key and press Enter."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("h1").first.wait_for()


def _looked(desk: Desk, kind: str) -> None:
    """The page at both sizes and in both languages."""
    address = desk.page.url.partition("?")[0].removeprefix(desk.served.address)
    for size, language in SIZES:
        desk.page.set_viewport_size(size)
        desk.go(f"{address}?lang={language}")
        desk.look(f"{kind} {language}")
    desk.page.set_viewport_size(DESK)
    desk.go(f"{address}?lang=zh")


def _at_the_refusal(page: Any) -> None:
    """What was refused has the focus, and its link leads to the field."""
    page.locator(".summary-error:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


def test_a_file_with_strange_headings_is_mapped_accepted_and_found_again(web: Served) -> None:
    bank = web.desk("bank")
    page = bank.page
    bank.go("/deliveries")
    _looked(bank, "deliveries")
    page.locator("[name=file]").set_input_files(Paper("甲.csv", STRANGE.encode("gb18030"), "text/csv").chosen)
    _enter(page, "main form[enctype] button.primary")
    page.wait_for_url("**/deliveries/*")
    _looked(bank, "looked at")
    bank.says("第 1 步")
    tab_to(page, "#reading-end")

    web.office.sweep()
    page.reload()
    _looked(bank, "refused")
    for place, letters in enumerate(("户名", "身份证号", "账户余额")):
        tab_to(page, f"#column-{place}")
        page.locator(f"#column-{place}").select_option(label=letters)
    _enter(page, "form[action$='/columns'] button")
    web.office.sweep()
    page.reload()
    _looked(bank, "waits")
    bank.says("甲.csv")
    if page.locator("[name=whole]").count():
        tab_to(page, "[name=whole]")
        page.keyboard.press("Space")
    _enter(page, "form[action$='/accept'] button")
    bank.says("第 2 步")
    web.office.sweep()
    page.reload()
    _looked(bank, "taken in")
    bank.go("/deliveries/due")
    _looked(bank, "due")
    web.check_consoles()


def test_a_duplicate_payment_is_taken_and_handled_with_the_keyboard_alone(web: Served) -> None:
    clerk = web.desk("clerk")
    page = clerk.page
    for kind in ("LEDGER", "PAYMENT"):
        clerk.go("/reconciliation")
        page.locator("#kind").select_option(kind)
        page.locator("#month").fill("2027-04")
        page.locator("[name=file]").set_input_files(Paper("名单.csv", PAID.encode("gb18030"), "text/csv").chosen)
        _enter(page, "main form[enctype] button.primary")
        web.office.sweep()
    clerk.go("/reconciliation")
    _looked(clerk, "reconciliation")
    clerk.says("甲某")
    page.locator("a[data-open]", has_text="城乡低保重复").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    _enter(page, "form[action$='/claim'] button")
    _looked(clerk, "item in hand")
    _enter(page, "form[action$='/handle'] button")
    _at_the_refusal(page)
    page.evaluate("scrollTo(0, 0)")  # a link half under the head of the page is no target too small
    clerk.look("item refused")
    page.locator("#outcome").select_option("STOPPED")
    page.locator("#reason").fill("已停发农村低保")
    page.locator("#evidence").set_input_files(Paper("停发.pdf").chosen)
    _enter(page, "form[action$='/handle'] button")
    clerk.go("/reconciliation?state=HANDLED")
    page.locator("a[data-open]").first.click()
    page.wait_for_url("**/reconciliation/*")
    _looked(clerk, "item handled")
    assert page.locator("a[href$='/evidence']").count() == 1
    for address in ("/recipients", "/recipients/letters", "/monitoring", "/reviews"):
        clerk.go(address)
        _looked(clerk, address)
    page.keyboard.press("Tab")
    assert [one for one in clerk.errors if "422" not in one] == []
