"""The pages of request packages: handed out by the agency, answered by the department, seen by nobody else."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from sqlalchemy import select

from domain.journal import JournalEntry
from domain.parties.organisations import Organisation
from domain.verification.deliveries import Delivery, Resource
from domain.verification.package_rows import PackagePerson, RequestPackage
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of


def _out(office: Office) -> None:
    """A case whose sources were asked and have not answered: their files are not there yet."""
    story = new_case(office)
    steps.take_in(story, DEPOSIT="1000")
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)
    with office.home.sessions() as session, session.begin():
        for one in session.scalars(select(Delivery)):
            one.state = "DROPPED"
    steps.plan_queries(story, steps.ASSETS)


def _prepared(office: Office, app):
    handler = browser_of(app, office, "handler")
    page = handler.get("/packages").text
    options = re.findall(r'<option value="(\w+)">(.*?)</option>', page)
    resource = next(ref for ref, title in options if "存款" in unescape(title) or "deposit" in title.lower())
    made = handler.post("/packages", data={"csrf_token": token_in(page), "resource": resource, "layout": "CSV_UTF8"})
    assert made.status_code == 302, made.text
    return handler, made.headers["Location"]


@pytest.mark.clause("CK-11")
def test_a_package_goes_out_and_its_answer_comes_back_through_the_pages(office: Office) -> None:
    _out(office)
    app = app_of(office)
    handler, address = _prepared(office, app)
    bank = browser_of(app, office, "bank")
    assert address in bank.get("/packages").text
    page = bank.get(address).text
    file = bank.post(f"{address}/file", data={"csrf_token": token_in(page)})
    assert file.status_code == 200
    rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    with office.home.sessions() as session:
        taken = session.scalars(select(JournalEntry).where(JournalEntry.event == "package.downloaded")).all()
        assert len(taken) == 1
    assert rows[0]["姓名" if "姓名" in rows[0] else "户名"] in page
    assert rows[0]["身份证号"] not in page

    answer = io.StringIO()
    pen = csv.DictWriter(answer, list(rows[0]))
    pen.writeheader()
    pen.writerow({**rows[0], "查询结果": "无"})
    sent = {"csrf_token": token_in(page), "file": (io.BytesIO(answer.getvalue().encode()), "答复.csv")}
    handed = bank.post(f"{address}/answer", data=sent, content_type="multipart/form-data")
    assert handed.status_code == 302, handed.text
    assert bank.get(handed.headers["Location"]).status_code == 200
    office.sweep()
    with office.home.sessions() as session:
        states = session.scalars(select(PackagePerson.state).order_by(PackagePerson.position)).all()
        assert states[0] == "NOT_FOUND" and set(states[1:]) <= {"ASKED"}
    assert handler.get(address).status_code == 200


def test_a_package_of_others_looks_like_none_and_a_refusal_stands_at_its_field(office: Office) -> None:
    _out(office)
    app = app_of(office)
    handler, address = _prepared(office, app)
    assert browser_of(app, office, "clerk").get("/packages").status_code == 403
    page = handler.get(address).text
    refused = handler.post(f"{address}/cancel", data={"csrf_token": token_in(page), "reason": " "})
    assert refused.status_code == 422 and 'id="reason-error"' in refused.text
    bank = browser_of(app, office, "bank")
    page = bank.get(address).text
    empty = bank.post(f"{address}/answer", data={"csrf_token": token_in(page)}, content_type="multipart/form-data")
    assert empty.status_code == 422 and 'id="file-error"' in empty.text
    handler.post(f"{address}/cancel", data={"csrf_token": token_in(handler.get(address).text), "reason": "名单有误"})
    with office.home.sessions() as session:
        assert session.scalars(select(RequestPackage.state)).one() == "CANCELLED"
    assert "名单有误" in handler.get(address).text
    assert "名单有误" not in bank.get(address).text
    with office.home.sessions() as session, session.begin():
        package = session.scalars(select(RequestPackage)).one()
        resource = session.get_one(Resource, package.resource_id)
        others = select(Organisation.id).where(Organisation.kind == "supplier", Organisation.id != resource.supplier_id)
        resource.supplier_id = session.scalars(others.limit(1)).one()
    assert bank.get(address).status_code == 404
    for act in ("file", "answer"):
        assert bank.post(f"{address}/{act}", data={"csrf_token": token_in(page)}).status_code in (404, 422)
