"""The portal of data suppliers: a file handed in, read, and its faults told by row and column."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from domain import identity
from domain.journal import JournalEntry
from domain.parties.organisations import Organisation
from domain.verification import deliveries, delivery_parts, supply
from domain.verification.deliveries import Delivery, Resource
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from tasks.supply import ladder
from tests.homes import Office, comes_on_a_medium
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of

NUMBER = identity.make_demonstration(date(1980, 1, 1), 17)


def _file(good: int, bad: int = 0, heading: str = "账户余额") -> bytes:
    lines = [f"甲某{n},{NUMBER},{n}00.00" for n in range(good)] + [f"乙某{n},{NUMBER},不详" for n in range(bad)]
    return ("\n".join([f"户名,证件号码,{heading}", *lines]) + "\n").encode()


def _newest(office: Office) -> Delivery:
    with office.home.sessions() as session:
        return session.scalars(
            select(Delivery).order_by(Delivery.uploaded_at.desc(), Delivery.id.desc()).limit(1)
        ).one()


def _post(browser, address: str, page: str, **form: str):
    return browser.post(address, data={"csrf_token": token_in(page), **form})


def _hand_in(browser, content: bytes, name: str = "bank.csv", day: str = "2027-05-17", **more: str):
    page = browser.get("/deliveries").text
    resource = re.findall(r'<select id="resource".*?value="(\w+)"', page, re.S)[0]
    data = {
        "csrf_token": token_in(page),
        "resource": resource,
        "data_date": day,
        "file": (io.BytesIO(content), name),
        **more,
    }
    return browser.post("/deliveries", data=data, content_type="multipart/form-data")


def test_a_file_is_handed_in_and_its_rows_are_counted(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    page = browser.get("/deliveries").text
    first = re.findall(r'href="(/deliveries/\w+)"', page)[0]
    shown = browser.get(first).text
    assert "2027" in shown

    answer = _hand_in(browser, _file(3, bad=1))
    assert answer.status_code == 302
    office.sweep()
    address = answer.headers["Location"]
    page = browser.get(address).text
    assert "/accept" in page and _newest(office).state == "WAITING"
    # what stands in the rows is never shown; the headings and the field they are taken for are
    assert "账户余额" in page and NUMBER not in page and "甲某" not in page

    assert 'name="whole"' in page
    assert _post(browser, f"{address}/accept", page, whole="1").status_code == 302
    office.sweep()
    made = _newest(office)
    assert (made.state, made.accepted, made.rejected) == ("READY", 3, 1)
    assert browser.get(address).status_code == 200


def test_the_whole_list_of_faults_is_handed_out_to_its_office_alone_and_that_is_kept(office: Office) -> None:
    app = app_of(office)
    browser = browser_of(app, office, "bank")
    address = _hand_in(browser, _file(1, bad=300, heading="=cmd|余额"), "=bank.csv").headers["Location"]
    office.sweep()
    page = browser.get(address).text
    columns = {"column-0": "name", "column-1": "number", "column-2": "balance"}
    signature = re.findall(r'name="signature" value="(\w{64})"', page)[0]
    assert _post(browser, f"{address}/columns", page, signature=signature, **columns).status_code == 302
    office.sweep()

    answer = browser.get(f"{address}/rejections")
    assert answer.mimetype == "text/csv"
    lines = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(lines) == 301 and {line[2] for line in lines[1:]} == {str(row) for row in range(3, 303)}
    assert {(line[0], line[3]) for line in lines[1:]} == {("'=bank.csv", "'=CMD|余额")}
    assert browser_of(app, office, "catalogue").get(f"{address}/rejections").status_code == 403
    with office.home.sessions() as session:
        taken = session.scalars(select(JournalEntry).where(JournalEntry.event == "delivery.rejections_taken")).all()
        assert len(taken) == 1


def test_a_file_is_taken_back_before_it_counts_and_withdrawn_afterwards(office: Office) -> None:
    app = app_of(office)
    browser, leader = browser_of(app, office, "bank"), browser_of(app, office, "bankleader")
    content = _file(3)
    address = _hand_in(browser, content).headers["Location"]
    office.sweep()
    _post(browser, f"{address}/call-back", browser.get(address).text)
    assert _newest(office).state == "WITHDRAWN"
    address = _hand_in(browser, content).headers["Location"]
    office.sweep()
    _post(browser, f"{address}/accept", browser.get(address).text, whole="1")
    office.sweep()
    page = leader.get(address).text
    assert _post(browser, f"{address}/withdraw", browser.get(address).text, reason="x").status_code == 403
    _post(leader, f"{address}/withdraw", page, reason="wrong branch")
    assert _newest(office).state == "WITHDRAWN"
    assert "wrong branch" in leader.get(address).text


def test_the_hand_over_of_a_medium_is_recorded_once(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    address = _hand_in(browser, _file(1)).headers["Location"]
    page = browser.get(address).text
    given = {"medium": "CD", "serial": "B-17", "giver": "江白露", "receiver": "梁夏至", "handed_at": "2027-05-18T08:00"}
    _post(browser, f"{address}/handover", page, **{**given, "handed_at": "2099-01-01T08:00"})
    assert "B-17" not in browser.get(address).text
    _post(browser, f"{address}/handover", page, **given)
    shown = browser.get(address).text
    assert "B-17" in shown and "江白露" in shown
    with office.home.sessions() as session, pytest.raises(IntegrityError):
        session.execute(text("UPDATE medium_handover SET serial = 'x'"))


@pytest.mark.clause("BX-30")
def test_a_source_on_a_medium_asks_for_the_hand_over_before_the_file_is_accepted(office: Office) -> None:
    comes_on_a_medium(office)
    browser = browser_of(app_of(office), office, "bank")
    address = _hand_in(browser, _file(1)).headers["Location"]
    office.sweep()
    page = browser.get(address).text
    assert re.search(r"<button[^>]* disabled>确认接收", page) and 'name="serial"' in page
    _post(browser, f"{address}/accept", page)
    assert _newest(office).state == "WAITING" and "先登记移交人和接收人" in browser.get(address).text
    given = {"medium": "CD", "serial": "B-17", "giver": "江白露", "receiver": "梁夏至", "handed_at": "2027-05-18T08:00"}
    _post(browser, f"{address}/handover", page, **given)
    shown = browser.get(address).text
    assert "光盘 B-17" in shown and not re.search(r"<button[^>]* disabled>", shown)
    _post(browser, f"{address}/accept", shown, whole="1")
    assert _newest(office).state == "READING"


@pytest.mark.clause("CK-19")
def test_what_is_due_from_the_office_stands_on_a_page_and_nothing_is_returned_as_nothing(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    assert "没有应报的数据" in browser.get("/deliveries/due").text
    with unit_of_work(office.home, OPERATOR) as work:
        resource = work.session.scalars(select(Resource).where(Resource.code == "bank.DEPOSIT")).one()
        row = supply.set_rhythm(work, resource, "MONTH")
        ladder.plan(work, resource, row)
        ref = resource.ref
    page = browser.get("/deliveries/due").text
    assert "2027-04" in page and "逾期 8 天" in page
    _post(browser, "/deliveries/due", page, source=ref, period="2027-04", reason="no branch was open")
    assert "无数据</span>" in browser.get("/deliveries/due").text
    assert _post(browser, "/deliveries/due", page, source=ref, period="2027-04", reason="again").status_code == 422
    assert _post(browser, "/deliveries/due", page, source="0" * 26, period="2027-04", reason="x").status_code == 404


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


def test_looking_at_a_file_shows_how_far_it_is_and_ends_when_it_is_taken_back(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    place = _hand_in(browser, _file(3)).headers["Location"]
    ref = place.rsplit("/", 1)[-1]
    page = browser.get(place).text
    assert f'hx-get="{place}/progress"' in page and f'action="{place}/call-back"' in page
    with unit_of_work(office.home, SCHEDULER) as work:
        assert delivery_parts.tell(work, deliveries.by_ref(work, ref), 12, 34567)
    shown = browser.get(f"{place}/progress")
    assert "34,567" in shown.text and "HX-Refresh" not in shown.headers

    _post(browser, f"{place}/call-back", shown.text)

    with unit_of_work(office.home, SCHEDULER) as work:
        row = deliveries.by_ref(work, ref)
        assert not delivery_parts.tell(work, row, 12, 34567)
        assert row.state == "WITHDRAWN" and delivery_parts.progress(work, row) is None
    assert browser.get(f"{place}/progress").headers["HX-Refresh"] == "true"
    office.sweep()
    assert _newest(office).state == "WITHDRAWN"


def test_a_file_that_was_refused_says_no_fault_less_and_leads_to_the_next_one(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    place = _hand_in(browser, "甲,乙\n1,2\n".encode()).headers["Location"]
    office.sweep()
    page = browser.get(place).text
    assert _newest(office).state == "FAILED"
    assert "没有发现问题" not in page and 'href="/deliveries#resource"' in page


def test_a_reading_shows_how_far_it_is_and_may_be_called_off(office: Office) -> None:
    browser = browser_of(app_of(office), office, "bank")
    place = _hand_in(browser, _file(3)).headers["Location"]
    ref = place.rsplit("/", 1)[-1]
    office.sweep()
    _post(browser, f"{place}/accept", browser.get(place).text, whole="1")
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
