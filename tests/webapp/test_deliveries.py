"""The portal of data suppliers: a file handed in, read, and its faults told by row and column."""

from __future__ import annotations

import io
import re

from sqlalchemy import select

from domain.verification.deliveries import Delivery
from tests.homes import Office
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of


def _hand_in(browser, content: bytes, name: str = "bank.csv", day: str = "2027-05-17"):
    page = browser.get("/deliveries").text
    resource = re.findall(r'<select id="resource".*?value="(\w+)"', page, re.S)[0]
    data = {
        "csrf_token": token_in(page),
        "resource": resource,
        "data_date": day,
        "file": (io.BytesIO(content), name),
    }
    return browser.post("/deliveries", data=data, content_type="multipart/form-data")


def test_a_file_is_handed_in_and_its_rows_are_counted(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    page = browser.get("/deliveries").text
    first = re.findall(r'href="(/deliveries/\w+)"', page)[0]
    shown = browser.get(first).text
    assert "2027" in shown

    answer = _hand_in(browser, "姓名,身份证号\n某人,不是号码\n".encode())
    assert answer.status_code == 302
    office.sweep()

    with office.home.sessions() as session:
        newest = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        assert newest.state in ("READY", "FAILED")
    assert browser.get(answer.headers["Location"]).status_code == 200


def test_what_cannot_be_a_delivery_is_refused_at_its_field(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    assert 'id="file-error"' in _hand_in(browser, b"x", "bank.exe").text
    late = _hand_in(browser, "姓名\n某人\n".encode(), day="2099-01-01")
    assert late.status_code == 422
    assert 'id="data_date-error"' in late.text


def test_the_same_file_twice_is_refused_and_said(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    content = "姓名,身份证号\n某人,不是号码\n".encode()
    assert _hand_in(browser, content).status_code == 302
    with office.home.sessions() as session, session.begin():
        newest = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        newest.state = "READING"
    again = _hand_in(browser, content)
    assert again.status_code == 422
    assert 'id="file-error"' in again.text


def test_a_delivery_of_another_office_looks_like_none(office: Office) -> None:
    app = app_of(office)
    with office.home.sessions() as session:
        rows = session.scalars(select(Delivery)).all()
    browser = browser_of(app, office, "bank")
    codes = sorted(browser.get(f"/deliveries/{row.ref}").status_code for row in rows)
    assert codes.count(200) == 1
    assert set(codes) == {200, 404}
    assert browser_of(app, office, "handler").get("/deliveries").status_code == 403
