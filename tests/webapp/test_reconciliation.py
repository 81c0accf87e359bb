"""The pages of the monthly reconciliation: lists in, a duplicate out, taken and handled with a paper."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select

from domain.assistance import reconciliation
from domain.assistance.comparing import Finding
from domain.assistance.reconciliation import Found
from domain.assistance.reconciliation_rows import Difference
from domain.parties import organisations
from domain.work import OPERATOR, unit_of_work
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys.played import REPORTED, story_of
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, task_address

NUMBER = "11010519491231002X"
TWICE = (
    "发放名单\r\n姓名,身份证号,救助类别,城乡类别,发放月份,发放金额\r\n"
    f"甲某,{NUMBER},城市低保,城市,2027-04,640.00\r\n甲某,{NUMBER},农村低保,农村,2027年4月,500\r\n"
)


def _hand_in(browser, kind: str, content: str = TWICE, name: str = "名单.csv", month: str = "2027-04"):
    data = {
        "csrf_token": token_in(browser.get("/reconciliation").text),
        "kind": kind,
        "month": month,
        "file": (io.BytesIO(content.encode("gb18030")), name),
    }
    return browser.post("/reconciliation", data=data, content_type="multipart/form-data")


@pytest.mark.clause("NM-21")
def test_a_duplicate_is_found_taken_and_handled_through_the_pages(office: Office) -> None:
    app = app_of(office)
    clerk = browser_of(app, office, "clerk")
    for kind in ("LEDGER", "PAYMENT"):
        assert _hand_in(clerk, kind).status_code == 302
        office.sweep()
    page = clerk.get("/reconciliation").text
    with office.home.sessions() as session:
        item = session.scalars(select(Difference).where(Difference.rule == "DUP-URBRUR")).one()
    address = f"/reconciliation/{item.ref}"
    assert address in page
    shown = clerk.get(address).text
    assert "NM-21" in shown and "640.00" in shown and "500.00" in shown
    assert NUMBER not in shown

    clerk.post(f"{address}/claim", data={"csrf_token": token_in(shown)})
    mine = clerk.get(address).text
    empty = clerk.post(f"{address}/handle", data={"csrf_token": token_in(mine)}, content_type="multipart/form-data")
    assert empty.status_code == 422
    assert all(f'id="{name}-error"' in empty.text for name in ("outcome", "reason", "evidence"))
    head = browser_of(app, office, "head").get(address).text
    assert 'name="outcome"' not in head
    sent = {
        "csrf_token": token_in(mine),
        "outcome": "STOPPED",
        "reason": "已停发农村低保",
        "evidence": (io.BytesIO(b"%PDF-1.7 x"), "停发.pdf"),
    }
    assert clerk.post(f"{address}/handle", data=sent, content_type="multipart/form-data").status_code == 302
    assert "已停发农村低保" in clerk.get(address).text
    assert address not in clerk.get("/reconciliation").text
    handled = clerk.get("/reconciliation?state=HANDLED").text
    assert address in handled and "甲某" in handled
    assert f"{address}/evidence" in clerk.get(address).text
    paper = clerk.get(f"{address}/evidence")
    assert paper.data == b"%PDF-1.7 x" and "attachment" in paper.headers["Content-Disposition"]
    assert browser_of(app, office, "handler").get(f"{address}/evidence").status_code == 403


def test_an_item_nobody_handled_has_no_paper_and_a_long_list_has_pages(office: Office) -> None:
    clerk = browser_of(app_of(office), office, "clerk")
    with unit_of_work(office.home, OPERATOR) as work:
        unit = organisations.by_code(work, "pingshan")
        facts = {"register": False, "ledger": True, "paid": False, "ledger_fen": 1}
        many = tuple(
            Finding("MISSING", unit.id, "DIBAO", facts, bytes([n]) * 32) for n in range(reconciliation.SHOWN + 2)
        )
        reconciliation.record(work, Found(unit.id, "2027-04", None, None, many))
    first = clerk.get("/reconciliation").text
    address = re.findall(r'href="(/reconciliation/\w+)" data-open', first)
    assert len(address) == reconciliation.SHOWN
    following = re.search(r'href="(/reconciliation\?[^"]*after=\d+[^"]*)"', first)
    assert following
    rest = re.findall(r'href="(/reconciliation/\w+)" data-open', clerk.get(unescape(following[1])).text)
    assert len(rest) == 2 and not set(rest) & set(address)
    assert clerk.get(f"{rest[0]}/evidence").status_code == 404


@pytest.mark.clause("NM-21")
def test_whoever_decides_sees_the_duplicate_that_forbids_it_before_trying(
    office_in: Callable[[Template], Office],
) -> None:
    story = story_of(office_in(REPORTED))
    head = browser_of(app_of(story.office), story.office, "head")
    address = task_address(story, "decide")
    assert 'id="in-the-way"' not in head.get(address).text
    with story.work() as work:
        blind = story.members(work)[0].idno_blind
        finding = Finding("DUP-URBRUR", story.case(work).department_id, "", {"places": []}, blind)
        reconciliation.record(work, Found(finding.unit_id, "2027-04", None, None, (finding,)))
        item = work.session.scalars(select(Difference)).one()
    page = head.get(address).text
    assert 'id="in-the-way"' in page and f"/reconciliation/{item.ref}" in page
    assert head.get(f"/reconciliation/{item.ref}").status_code == 200


def test_what_cannot_be_a_list_is_refused_at_its_field_and_others_see_nothing(office: Office) -> None:
    app = app_of(office)
    clerk = browser_of(app, office, "clerk")
    assert 'id="file-error"' in _hand_in(clerk, "LEDGER", name="x.exe").text
    late = _hand_in(clerk, "LEDGER", month="2099-01")
    assert late.status_code == 422 and 'id="month-error"' in late.text
    assert 'id="kind-error"' in _hand_in(clerk, "OTHER").text
    assert _hand_in(clerk, "LEDGER", TWICE.replace("500", "五百")).status_code == 302
    office.sweep()
    assert re.search(r't-overdue">[^<]*4', clerk.get("/reconciliation").text)
    assert clerk.get("/reconciliation/0123456789abcdefghjkmnpqrs").status_code == 404
    assert browser_of(app, office, "handler").get("/reconciliation").status_code == 403
