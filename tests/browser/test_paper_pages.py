"""Papers of a case printed and verified: keyboard alone, on a desk and on a telephone, in two languages."""

from __future__ import annotations

from typing import Any

import pytest

from domain.issued import IssuedDocument
from tests.browser.keys import tab_to
from tests.browser.serving import DESK, PHONE, Desk, Served
from tests.infrastructure.browser import watch_console
from tests.journeys.playing import new_case

pytestmark = pytest.mark.slow
SIZES = ((PHONE, "en"), (DESK, "zh"), (PHONE, "zh"), (DESK, "en"))


def _looked(desk: Desk, path: str, kind: str) -> None:
    for size, language in SIZES:
        desk.page.set_viewport_size(size)
        desk.go(f"{path}?lang={language}")
        desk.look(f"{kind} {language}")


def _enter(page: Any, selector: str) -> None:
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("h1").first.wait_for()


def test_a_paper_is_printed_from_the_case_and_verified_by_its_code_with_the_keyboard_alone(web: Served) -> None:
    story = new_case(web.office)
    clerk = web.desk("clerk")
    page, papers = clerk.page, f"/cases/{story.case_ref}/papers"
    clerk.go(f"/cases/{story.case_ref}")
    _enter(page, f"a[href$='{papers}']")
    _looked(clerk, papers, "papers")
    tab_to(page, "form[action$='/papers'] button")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith("〔2027〕0001.pdf")
    _looked(clerk, papers, "papers printed")
    with story.work() as work:
        [kept] = story.rows(work, IssuedDocument)
        code, digest, number = kept.code, kept.digest, kept.number

    visitor = Desk(web, "nobody", web.new_context().new_page())
    visitor.errors = watch_console(visitor.page)
    _looked(visitor, "/verify", "verify")
    visitor.go("/verify")
    tab_to(visitor.page, "#digest")
    visitor.page.keyboard.type(digest)
    visitor.page.keyboard.press("Shift+Tab")
    visitor.page.keyboard.type(code.lower())
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    assert number in visitor.page.locator("main").inner_text() and visitor.page.url.endswith("/verify")
    assert visitor.page.locator("main .tag.ok").count() == 1
    _looked(visitor, f"/verify/{code}", "verified")
    visitor.go("/verify/01-0000-0000-0000")
    visitor.look("no such document")
    assert [one for one in visitor.errors if "404" not in one] == []
    web.check_consoles()
