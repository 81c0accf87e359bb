"""The pages of the catalogue: written by one, published by another, seen by a supplier as its own and read only."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from domain.journal import JournalEntry
from domain.verification.catalogue_rows import Agreement, GapNote, Quota, Resource, ResourceVersion
from sources.categories import CATEGORIES
from tests.homes import Office
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


def _ref(office: Office, category: str) -> str:
    with office.home.sessions() as session:
        return session.scalars(select(Resource.ref).where(Resource.category == category)).one()


def _states(office: Office, category: str) -> list[tuple[int, str]]:
    with office.home.sessions() as session:
        rows = session.execute(
            select(ResourceVersion.number, ResourceVersion.state)
            .join(Resource, Resource.id == ResourceVersion.resource_id)
            .where(Resource.category == category)
            .order_by(ResourceVersion.number)
        )
        return [(number, state) for number, state in rows]


def _post(browser: FlaskClient, page: str, path: str = "", **fields: object):
    token = token_in(browser.get(page).text)
    return browser.post(path or page, data={"csrf_token": token, **fields})


DRAFT: dict[str, Any] = {
    "purpose": "低保、低收入家庭核对", "channel": "FILE", "limit_length": "4", "limit_unit": "working",
    "windows": "1-10", "fields": ["start", "end", "amount"],
}  # fmt: skip


def _agreement(office: Office, category: str) -> str:
    with office.home.sessions() as session:
        supplier = session.scalars(select(Resource.supplier_id).where(Resource.category == category)).one()
        wanted = select(Agreement.ref).where(Agreement.supplier_id == supplier).order_by(Agreement.id.desc())
        return session.scalars(wanted).first() or ""


@pytest.mark.clause("LN-23")
def test_a_draft_is_written_by_one_and_published_by_another_and_not_without_a_limit(office: Office, app: Flask) -> None:
    one, two = browser_of(app, office, "catalogue"), browser_of(app, office, "catalogue2")
    page = f"/catalogue/{_ref(office, 'UIRCV')}"
    shown = two.get(page).text
    assert "nothing is published without one" in shown or "没有时限" in shown
    refused = _post(two, page, f"{page}/publish")  # whoever sends the form all the same
    assert refused.status_code == 422 and _states(office, "UIRCV") == [(1, "DRAFT")]

    wrong = _post(one, f"{page}/draft", **DRAFT | {"windows": "40-50", "purpose": "写到一半"})
    assert wrong.status_code == 422 and 'id="windows-error"' in wrong.text
    assert "写到一半" in wrong.text and 'value="40-50"' in wrong.text  # what was typed is kept
    whole = DRAFT | {"agreement": _agreement(office, "UIRCV")}
    assert _post(one, f"{page}/draft", **whole).status_code == 302
    own = _post(one, page, f"{page}/publish")
    assert own.status_code == 409 and _states(office, "UIRCV") == [(1, "DRAFT")]
    assert _post(two, page, f"{page}/publish").status_code == 302
    assert _states(office, "UIRCV") == [(1, "PUBLISHED")]
    assert "2027-06-01" in two.get("/catalogue").text


def test_an_item_is_suspended_with_a_reason_taken_up_again_and_retired(office: Office, app: Flask) -> None:
    browser = browser_of(app, office, "catalogue")
    page = f"/catalogue/{_ref(office, 'VEHICLE')}"
    assert _post(browser, page, f"{page}/suspend", reason="").status_code == 422
    assert _states(office, "VEHICLE")[-1] == (2, "PUBLISHED")
    assert _post(browser, page, f"{page}/suspend", reason="接口检修").status_code == 302
    assert "接口检修" in browser.get(page).text
    assert _post(browser, page, f"{page}/suspend", reason="再停").status_code == 409
    assert _post(browser, page, f"{page}/resume").status_code == 302
    assert _post(browser, page, f"{page}/retire", reason="职能划转").status_code == 302
    assert _states(office, "VEHICLE") == [(1, "RETIRED"), (2, "RETIRED")]
    with office.home.sessions() as session:
        events = list(session.scalars(select(JournalEntry.event).order_by(JournalEntry.id.desc()).limit(3)))
    assert events == ["resource.retired", "resource.resumed", "resource.suspended"]


def test_two_versions_are_compared_field_by_field(office: Office, app: Flask) -> None:
    browser = browser_of(app, office, "catalogue")
    page = f"/catalogue/{_ref(office, 'DEPOSIT')}"
    changed = DRAFT | {"fields": ["balance", "bank"], "agreement": _agreement(office, "DEPOSIT"), "windows": ""}
    assert _post(browser, f"{page}/draft", **changed).status_code == 302
    shown = browser.get(page).text
    difference = shown[shown.index('id="difference"'):]  # fmt: skip
    taken = [one.labels[0] for one in CATEGORIES["DEPOSIT"].fields if one.code not in ("balance", "bank")]
    assert f"<del>{'、'.join(taken)}</del>" in difference
    assert re.search(r"<del>15 .*</del>.*<ins>4 ", difference, re.S)
    assert _post(browser, page, f"{page}/discard").status_code == 302
    assert _states(office, "DEPOSIT") == [(1, "RETIRED"), (2, "PUBLISHED")]


def test_a_supplier_sees_its_own_offices_items_and_cannot_change_them(office: Office, app: Flask) -> None:
    browser = browser_of(app, office, "bank")
    listing = browser.get("/catalogue").text
    mine, other = _ref(office, "DEPOSIT"), _ref(office, "VEHICLE")
    assert mine in listing and other not in listing
    page = browser.get(f"/catalogue/{mine}").text
    assert "<form" not in page[page.index("<main"):]  # fmt: skip
    assert browser.get(f"/catalogue/{other}").status_code == 404
    assert browser.get(f"/catalogue/{mine}/draft").status_code == 403
    assert browser.get("/catalogue/gaps").status_code == 404
    agreements = browser.get("/catalogue/agreements").text
    assert "银行业协作办公室" in agreements and "交警" not in agreements and "信息科" not in agreements


@pytest.mark.clause("BX-30")
def test_an_agreement_is_registered_extended_and_ended_on_the_page(office: Office, app: Flask) -> None:
    browser = browser_of(app, office, "catalogue")
    page = "/catalogue/agreements"
    supplier = re.findall(r'<select[^>]*id="supplier".*?value="(\w+)"', browser.get(page).text, re.S)[0]
    said = {"supplier": supplier, "number": "新协议1号", "channel": "MEDIUM", "valid_from": "2027-06-01",
            "valid_until": "2027-05-01", "contact": "某科", "categories": ["HPF", "TAX"]}  # fmt: skip
    wrong = _post(browser, page, **said)
    assert wrong.status_code == 422 and 'value="新协议1号"' in wrong.text
    assert len(re.findall(r"<input checked[^>]*name=\"categories\"", wrong.text)) == 2
    assert _post(browser, page, **said | {"valid_until": "2028-05-31"}).status_code == 302
    with office.home.sessions() as session:
        ref = session.scalars(select(Agreement.ref).where(Agreement.number == "新协议1号")).one()
    assert _post(browser, page, f"{page}/{ref}/extend", until="2028-01-01").status_code == 422
    assert _post(browser, page, f"{page}/{ref}/extend", until="2029-05-31").status_code == 302
    assert _post(browser, page, f"{page}/{ref}/end", reason=" ").status_code == 422
    assert _post(browser, page, f"{page}/{ref}/end", reason="撤并").status_code == 302
    with office.home.sessions() as session:
        kept = session.scalars(select(Agreement).where(Agreement.ref == ref)).one()
        assert (kept.valid_until, kept.end_reason) == (date(2029, 5, 31), "撤并")


@pytest.mark.clause("LN-35")
def test_a_quota_is_granted_on_the_page_of_its_item(office: Office, app: Flask) -> None:
    browser = browser_of(app, office, "catalogue")
    page = f"/catalogue/{_ref(office, 'HOUSE')}"
    said = {"agency": "pingshan-agency", "most": "300", "period": "QUARTER", "over": "REFUSE"}
    late = _post(browser, page, f"{page}/quota", **said, valid_from="2027-01-01")
    assert late.status_code == 422 and 'id="valid_from-error"' in late.text and 'value="300"' in late.text
    assert _post(browser, page, f"{page}/quota", **said, valid_from="2027-07-01").status_code == 302
    assert _post(browser, page, f"{page}/quota", **said, valid_from="2027-07-01").status_code == 422
    with office.home.sessions() as session:
        made = session.scalars(select(Quota).order_by(Quota.id.desc())).first()
        assert made is not None and (made.most, made.period, made.valid_from) == (300, "QUARTER", date(2027, 7, 1))


@pytest.mark.clause("LF-06")
def test_the_gap_list_shows_what_is_missing_and_keeps_notes(office: Office, app: Flask) -> None:
    browser = browser_of(app, office, "handler")  # of the county's agency: all it has comes from the city
    page = browser.get("/catalogue/gaps").text
    assert "仅上级共享" in page and "本级已共享 <span>0</span></a>" in page
    answer = _post(browser, "/catalogue/gaps", category="DEPOSIT", note="已与县农商行接洽")
    assert answer.status_code == 302 and "已与县农商行接洽" in browser.get("/catalogue/gaps").text
    assert _post(browser, "/catalogue/gaps", category="DEPOSIT", note="").status_code == 422
    with office.home.sessions() as session:
        assert [one.category for one in session.scalars(select(GapNote).order_by(GapNote.id))] == ["HPF", "DEPOSIT"]


def test_the_gap_list_is_narrowed_by_state(office: Office, app: Flask) -> None:
    browser = browser_of(app, office, "handler")
    counted = {}
    for state in ("", "NONE", "UPPER", "OWN"):
        page = browser.get(f"/catalogue/gaps?state={state}").text
        told = page.partition('id="categories"')[2]
        counted[state] = told.count('<tr><th scope="row">')
        (here,) = re.findall(r'<a href="([^"]*)" aria-current="page">', told)
        assert here == f"/catalogue/gaps{f'?state={state}' if state else ''}#categories"
    assert counted["UPPER"] > 0 and counted["NONE"] > 0 and counted["OWN"] == 0
    assert counted[""] == counted["NONE"] + counted["UPPER"] + counted["OWN"]
    above = browser.get("/catalogue/gaps?state=UPPER").text.partition('id="categories"')[2]
    assert "仅上级共享</span></td>" in above and "无人共享</span></td>" not in above
    assert "没有处于此状态的信息类别" in browser.get("/catalogue/gaps?state=OWN").text
    assert browser.get("/catalogue/gaps?state=ELSE").status_code == 404
    page = "/catalogue/gaps?state=UPPER"  # a note leaves the list as it was narrowed
    noted = _post(browser, page, category="DEPOSIT", note="已接洽")
    assert noted.status_code == 302 and noted.headers["Location"] == page


def test_a_new_item_is_entered_once_and_its_draft_comes_next(office: Office, app: Flask) -> None:
    browser = browser_of(app, office, "catalogue")
    offices = re.findall(r'<option value="(\w{26})">([^<]+)</option>', browser.get("/catalogue/new").text)
    bank = next(ref for ref, name in offices if "银行" in name)
    made = _post(browser, "/catalogue/new", supplier=bank, category="SECURITY", level="")
    assert made.status_code == 302 and made.headers["Location"].endswith("/draft")
    page = browser.get(made.headers["Location"]).text
    assert len(re.findall(r'name="fields"', page)) == len(CATEGORIES["SECURITY"].fields)
    assert _post(browser, "/catalogue/new", supplier=bank, category="SECURITY", level="").status_code == 422
    strange = _post(browser, made.headers["Location"], **DRAFT | {"fields": ["no_such_field"]})
    assert strange.status_code == 422
    ours = DRAFT | {"fields": [CATEGORIES["SECURITY"].fields[0].code]}
    assert _post(browser, made.headers["Location"], **ours).status_code == 302
    assert _states(office, "SECURITY") == [(1, "DRAFT")]
