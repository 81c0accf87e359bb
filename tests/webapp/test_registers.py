"""The pages of the registers: what is overdue, a new entry, its proof, the sheet, and who sees nothing."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from domain.oversight.register_rows import RegisterEntry
from domain.parties.organisations import Organisation
from tests.homes import Office
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import owner_of

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


def office_ref(office: Office, code: str) -> str:
    with office.home.sessions() as session:
        return session.scalars(select(Organisation.ref).where(Organisation.code == code)).one()


@pytest.mark.clause("BX-03")
def test_the_city_enters_milestones_and_a_county_reaches_its_own_with_a_paper(office: Office, app: Flask) -> None:
    city, county = owner_of(app, office, "oversight"), owner_of(app, office, "agencyhead")
    new = city.get("/registers/READINESS/new").text
    refs = [office_ref(office, one) for one in ("pingshan-agency", "mingshan-agency")]
    form = {"csrf_token": token_in(new), "office": refs, "milestone": "CONNECT", "what": "=HYPERLINK(1)"}
    wrong = city.post("/registers/READINESS", data=form)
    assert wrong.status_code == 422 and "请填写完成期限" in wrong.text and "=HYPERLINK(1)" in wrong.text
    assert city.post("/registers/READINESS", data={**form, "due_on": "2027-05-01"}).status_code == 302
    assert ">2<" in city.get("/registers").text
    late = city.get("/registers/READINESS?show=LATE").text
    assert "平山区核对中心" in late and "明山区核对中心" in late and "与市级互联互通" in late

    mine = county.get("/registers/READINESS").text
    assert "平山区核对中心" in mine and "明山区核对中心" not in mine
    with office.home.sessions() as session:
        rows = {one.org_id: one.ref for one in session.scalars(select(RegisterEntry))}
        own, other = (
            rows[session.scalars(select(Organisation.id).where(Organisation.ref == ref)).one()] for ref in refs
        )
    assert county.get(f"/registers/entries/{other}").status_code == 404
    page = county.get(f"/registers/entries/{own}").text
    act = {"csrf_token": token_in(page), "act": "finish", "text": "七月二十日联通"}
    bare = county.post(f"/registers/entries/{own}", data=act)
    assert bare.status_code == 422 and "七月二十日联通" in bare.text
    done = county.post(f"/registers/entries/{own}", data={**act, "paper": (io.BytesIO(PDF), "验收单.pdf")})
    assert done.status_code == 302
    page = county.get(f"/registers/entries/{own}").text
    assert "已达成" in page and "七月二十日联通" in page
    paper = page.split("/registers/papers/")[1].split('"')[0]
    assert city.get(f"/registers/papers/{paper}").data == PDF
    assert browser_of(app, office, "archivist").get(f"/registers/papers/{paper}").status_code == 200
    assert browser_of(app, office, "clerk").get(f"/registers/papers/{paper}").status_code == 404

    taken = city.get("/registers/READINESS/entries.xlsx?show=")
    sheet = load_workbook(io.BytesIO(taken.data)).worksheets[0]
    told = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(told) == 3 and {row[1] for row in told[1:]} == {"与市级互联互通"}
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.clause("NM-27")
def test_whoever_works_reports_a_problem_to_the_office_above(office: Office, app: Flask) -> None:
    town, city = browser_of(app, office, "town"), browser_of(app, office, "catalogue")
    page = town.get("/registers/TICKET/new").text
    form = {"csrf_token": token_in(page), "office": office_ref(office, "benxi-agency"), "problem": "扫描件传不上去"}
    assert town.post("/registers/TICKET", data=form).status_code == 302
    assert town.get("/registers/GOAL/new").status_code == 200 and '<input type="checkbox" name="office"' not in (
        town.get("/registers/GOAL/new").text
    )
    assert "扫描件传不上去" in city.get("/registers/TICKET").text
    assert "扫描件传不上去" not in browser_of(app, office, "archivist").get("/registers/TICKET").text
    assert town.get("/registers/NOTHING").status_code == 404
