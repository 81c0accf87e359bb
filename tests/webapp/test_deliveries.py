"""The portal of data suppliers: a file handed in, read, and its faults told by row and column."""

from __future__ import annotations

import io
import re

from sqlalchemy import select

from domain.parties.organisations import Organisation
from domain.verification import deliveries, delivery_parts
from domain.verification.deliveries import Delivery, Resource
from domain.work import SCHEDULER, unit_of_work
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


def test_a_reading_shows_how_far_it_is_and_may_be_called_off(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    answer = _hand_in(browser, "姓名,身份证号\n某人,不是号码\n".encode())
    place = answer.headers["Location"]
    ref = place.rsplit("/", 1)[-1]
    assert f"{place}/progress" in browser.get(place).text
    with unit_of_work(office.home, SCHEDULER) as work:
        assert delivery_parts.tell(work, deliveries.by_ref(work, ref), 12, 34567)

    shown = browser.get(f"{place}/progress").text
    assert "34,567" in shown
    ended = browser.post(f"{place}/call-off", data={"csrf_token": token_in(shown)})

    assert ended.headers["Location"] == place
    with unit_of_work(office.home, SCHEDULER) as work:
        assert not delivery_parts.tell(work, deliveries.by_ref(work, ref), 12, 34567)
    assert token_in(browser.get(place).text)
    assert "call-off" not in browser.get(f"{place}/progress").text
    office.sweep()
    over = browser.get(f"{place}/progress")
    assert over.headers["HX-Refresh"] == "true"
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        assert deliveries.by_ref(work, ref).state == "FAILED"


def test_another_office_neither_sees_nor_ends_a_reading(office: Office) -> None:
    bank = browser_of(app_of(office), office, "bank")
    place = _hand_in(bank, "姓名,身份证号\n某人,不是号码\n".encode()).headers["Location"]
    with office.home.sessions() as session, session.begin():
        delivery = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        bureau = session.scalars(select(Organisation.id).where(Organisation.kind != "supplier").limit(1)).one()
        session.get_one(Resource, delivery.resource_id).supplier_id = bureau
    token = token_in(bank.get("/deliveries").text)

    assert bank.get(f"{place}/progress").status_code == 404
    assert bank.post(f"{place}/call-off", data={"csrf_token": token}).status_code == 404
