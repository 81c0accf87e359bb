"""The pages of the monthly reconciliation: lists in, a duplicate out, taken and handled with a paper."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from domain.assistance.reconciliation_rows import Difference
from tests.homes import Office
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of

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
