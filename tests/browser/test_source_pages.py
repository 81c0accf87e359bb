"""Catalogue, request packages and whitelist by keyboard, in both languages, on a desk and on a telephone."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.verification import doubts
from domain.verification.catalogue_rows import Resource
from domain.verification.package_rows import PackagePerson, RequestPackage
from domain.verification.whitelist import WhitelistEntry
from tests.browser.keys import tab_to
from tests.browser.serving import DESK, PHONE, Desk, Paper, Served
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.webapp.test_packages import _out

pytestmark = pytest.mark.slow


def _everywhere(desk: Desk, addresses: dict[str, str]) -> None:
    """Each page in both languages and at both widths: usable by everybody, not wider than the screen."""
    for size in (DESK, PHONE):
        desk.page.set_viewport_size(size)
        for language in ("en", "zh"):
            for kind, path in addresses.items():
                desk.go(f"{path}?lang={language}")
                desk.look(f"{kind} {language}")
    desk.page.set_viewport_size(DESK)


def _focused(desk: Desk) -> str:
    focused = "document.activeElement.className + ' ' + document.activeElement.id"
    return str(desk.page.evaluate(focused))


def test_a_version_is_written_by_keys_published_by_a_second_person_and_suspended(web: Served) -> None:
    with web.office.home.sessions() as session:
        ref = session.scalars(select(Resource.ref).where(Resource.category == "DEPOSIT")).one()
    one, item = web.desk("catalogue"), f"/catalogue/{ref}"
    page = one.page
    one.go("/catalogue")
    tab_to(page, f"a[href='{item}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{item}")
    tab_to(page, "a[href$='/draft']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/draft")

    tab_to(page, "#windows")
    page.keyboard.press("Control+a")
    page.keyboard.type("40-50")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "summary-error" in _focused(one)
    tab_to(page, ".summary-error a[href='#windows']")
    page.keyboard.press("Enter")
    assert "windows" in _focused(one)
    page.keyboard.press("Control+a")
    page.keyboard.type("1-10")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    one.says("1", "10")

    two = web.desk("catalogue2")
    two.go(item)
    tab_to(two.page, "form[action$='/publish'] button")
    with two.page.expect_navigation():
        two.page.keyboard.press("Enter")
    tab_to(two.page, "details:has(form[action$='/suspend']) summary")
    two.page.keyboard.press("Enter")
    tab_to(two.page, "form[action$='/suspend'] button")
    with two.page.expect_navigation():
        two.page.keyboard.press("Enter")
    assert "summary-error" in _focused(two)
    tab_to(two.page, ".summary-error a[href='#reason']")
    two.page.keyboard.press("Enter")
    two.page.keyboard.type("接口检修")
    with two.page.expect_navigation():
        two.page.keyboard.press("Enter")
    two.says("接口检修")
    _everywhere(
        one,
        {
            "items": "/catalogue", "new item": "/catalogue/new", "item": item, "draft": f"{item}/draft",
            "agreements": "/catalogue/agreements", "gaps": "/catalogue/gaps",
        },
    )  # fmt: skip
    for desk in web.desks.values():  # the refusals above are no faults of the pages
        desk.errors[:] = [said for said in desk.errors if "status of 422" not in said]
    web.check_consoles()


def test_a_package_goes_out_a_strangers_row_is_refused_and_the_rest_is_called_back(web: Served) -> None:
    _out(web.office)
    handler, bank = web.desk("handler"), web.desk("bank")
    page = handler.page
    handler.go("/packages")
    with web.office.home.sessions() as session:
        deposits = session.scalars(select(Resource.ref).where(Resource.category == "DEPOSIT")).one()
    page.locator("#resource").select_option(deposits)
    page.locator("#layout").select_option("CSV_UTF8")
    tab_to(page, "form:has(#layout) button.primary")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    with web.office.home.sessions() as session:
        package = session.scalars(select(RequestPackage)).one()
        path, count = f"/packages/{package.ref}", package.persons

    bank.go("/packages")
    tab_to(bank.page, f"a[href='{path}']")
    bank.page.keyboard.press("Enter")
    bank.page.wait_for_url(f"**{path}")
    tab_to(bank.page, "form[action$='/answer'] button")
    with bank.page.expect_navigation():
        bank.page.keyboard.press("Enter")  # without a file
    assert "summary-error" in _focused(bank)
    tab_to(bank.page, "form[action$='/file'] button")
    with bank.page.expect_download() as taken:
        bank.page.keyboard.press("Enter")
    rows = list(csv.DictReader(io.StringIO(Path(taken.value.path()).read_text(encoding="utf-8-sig"))))
    stranger = {**rows[0], "身份证号": "110101199003078515", "查询结果": "有"}
    answer = io.StringIO()
    pen = csv.DictWriter(answer, list(rows[0]))
    pen.writeheader()
    pen.writerows([stranger, *({**one, "查询结果": "无"} for one in rows[1:])])
    bank.page.locator("#file").set_input_files(Paper("答复.csv", answer.getvalue().encode(), "text/csv").chosen)
    tab_to(bank.page, "form[action$='/answer'] button")
    with bank.page.expect_navigation():
        bank.page.keyboard.press("Enter")
    web.office.sweep()
    bank.go(path)
    bank.says("未接收")
    bank.look("package asked")
    with web.office.home.sessions() as session:
        states = session.scalars(select(PackagePerson.state)).all()
    assert states == ["ASKED"] * count  # nothing of the refused file counts

    handler.go(path)
    handler.says("钱秋分")  # who took the names out of the house
    _everywhere(handler, {"packages": "/packages", "package": path})
    handler.go(path)
    tab_to(page, "form[action$='/cancel'] button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "summary-error" in _focused(handler)
    tab_to(page, ".summary-error a[href='#reason']")
    page.keyboard.press("Enter")
    page.keyboard.type("名单有误")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    handler.says("名单有误")
    _everywhere(bank, {"packages asked": "/packages", "package asked back": path})
    for desk in web.desks.values():
        desk.errors[:] = [said for said in desk.errors if "status of 422" not in said]
    web.check_consoles()


def test_a_record_is_proposed_with_evidence_and_let_pass_by_another_person(web: Served) -> None:
    story = new_case(web.office)
    steps.to_queries(story, ("PENRCV",))
    web.office.sweep()
    steps.report(story)
    with story.work("town") as work:
        found = next(one for one in doubts.views(work, story.case(work)) if one.category == "PENRCV" and one.row_no)
        doubts.settle(work, doubts.by_ref(work, found.ref), "SOURCE_ERROR", "社保局书面更正")
    clerk, head, path = web.desk("clerk"), web.desk("head"), f"/doubts/{found.ref}/whitelist"
    clerk.go(path)
    tab_to(clerk.page, "form[action$='/whitelist'] button.primary")
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press("Enter")
    assert "summary-error" in _focused(clerk)
    _everywhere(clerk, {"proposal": path})
    clerk.go(path)
    tab_to(clerk.page, "#reason")
    clerk.page.keyboard.type("待遇已停发")
    clerk.page.locator("#evidence").set_input_files(Paper("更正函.pdf").chosen)
    tab_to(clerk.page, "form[action$='/whitelist'] button.primary")
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press("Enter")

    head.go("/whitelist")
    tab_to(head.page, "a[data-open]")
    head.page.keyboard.press("Enter")
    head.page.wait_for_url("**/whitelist/*")
    tab_to(head.page, "button[value=approve]")
    with head.page.expect_navigation():
        head.page.keyboard.press("Enter")
    with web.office.home.sessions() as session:
        entry = session.scalars(select(WhitelistEntry)).one()
        assert entry.state == "APPROVED"
    _everywhere(head, {"whitelist": "/whitelist", "entry": f"/whitelist/{entry.ref}"})
    for desk in web.desks.values():
        desk.errors[:] = [said for said in desk.errors if "status of 422" not in said]
    web.check_consoles()
