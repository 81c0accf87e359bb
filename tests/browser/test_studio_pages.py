"""The pages of process owners in a browser: in both languages, on a desk and on a phone, and with nothing but keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.keys import tab_to
from tests.browser.serving import DESK, PHONE, Desk, Served
from tests.support import ROOT

pytestmark = pytest.mark.slow

SCRIPT = "<script>document.title = 'taken'</script>"
DRAWING = ROOT / "bpmn" / "review_commission" / "process.bpmn"


def new_process(owner: Desk, title: str) -> str:
    """A process from scratch, typed in; the address of its draft."""
    owner.go("/processes/new")
    owner.page.locator("#title").fill(title)
    owner.page.locator("#title_en").fill(title)
    owner.page.locator("#key").fill("temporary_aid")
    owner.page.locator("main form button.primary").click()
    owner.page.wait_for_url("**/drafts/*")
    return "/" + str(owner.page.url).split("/", 3)[3]


def bring_in(page: Any, address: str, content: bytes) -> None:
    """Choose a file on the import page and send it into the process of the page's choice."""
    page.goto(address)
    page.locator("#into").select_option("temporary_aid")
    page.locator("#file").set_input_files({"name": "x.bpmn", "mimeType": "text/xml", "buffer": content})
    page.locator("main form button.primary").click()
    page.locator("h1").wait_for()


def test_every_page_of_a_process_can_be_used_by_everybody(web: Served) -> None:
    owner = web.desk("owner1")
    draft = new_process(owner, f"临时救助 {SCRIPT}")
    wrong = DRAWING.read_bytes().replace(b'"commission.issue_batch"', b'"os.system"')
    bring_in(owner.page, f"{web.address}/processes/import", wrong)
    assert "#element=issue_batch" in owner.page.locator("#findings").inner_html()
    pages = {
        "/processes": "list", "/processes/temporary_aid": "process of a draft", "/processes/verification": "process",
        "/processes/verification/versions/1": "version", draft: "draft", f"{draft}/details": "details",
        "/processes/new": "new process", "/processes/import": "import",
    }  # fmt: skip
    for size in (DESK, PHONE):
        owner.page.set_viewport_size(size)
        for language in ("en", "zh"):
            for address, kind in pages.items():
                owner.go(f"{address}?lang={language}")
                owner.look(f"{kind} {language}")
                assert owner.page.title() != "taken"
    refusal = b"<!DOCTYPE x>" + DRAWING.read_bytes()
    bring_in(owner.page, f"{web.address}/processes/import", refusal)
    owner.look("import refused")
    owner.page.locator(".summary-error code").first.wait_for()
    owner.errors[:] = [one for one in owner.errors if "status of 422" not in one]
    web.check_consoles()


def test_an_owner_begins_a_process_and_proposes_it_with_the_keyboard_alone(web: Served) -> None:
    owner = web.desk("owner1")
    page = owner.page
    owner.go("/processes")
    tab_to(page, "a[href$='/processes/new']")
    page.keyboard.press("Enter")
    page.locator("#title").wait_for()
    for field, text in {"title": "临时救助核对", "title_en": "Temporary aid", "key": "temporary_aid"}.items():
        tab_to(page, f"#{field}")
        page.keyboard.type(text)
    tab_to(page, "#role")
    page.keyboard.press("ArrowDown")
    tab_to(page, "main form button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/drafts/*")
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "#key")
    page.keyboard.type("visit")
    tab_to(page, "#title")
    page.keyboard.type("走访记录")
    tab_to(page, "#title_en")
    page.keyboard.type("Visit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/forms/visit")
    page.go_back()
    page.locator("#note").wait_for()
    page.reload()
    tab_to(page, "#note")
    page.keyboard.type("新流程")
    tab_to(page, "#propose button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/proposals/*")
    web.check_consoles()
