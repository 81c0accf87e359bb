"""The pages of verification across regions: a county asks, the city of the place answers, the province confirms."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from cli import offices
from domain.home import Home
from domain.parties import organisations
from domain.work import OPERATOR, unit_of_work
from tests.domain.crossregion.regions import commissioned, source
from tests.domain.office import NOW
from tests.support import an_account
from tests.webapp.conftest import SignIn, token_in


@pytest.fixture
def number(home: Home) -> str:
    """A county's case under its letter, in a home with the whole province."""
    with unit_of_work(home, OPERATOR) as work:
        offices.establish(work, "liaoning", reviews_from=NOW)
    with unit_of_work(home, OPERATOR) as work:
        return commissioned(work)[0].number


def browser(home: Home, client_of: SignIn, office: str, *roles: str) -> FlaskClient:
    with unit_of_work(home, OPERATOR, write=False) as work:
        org = organisations.by_code(work, office)
        work.session.expunge(org)
    return client_of(an_account(home, org, *(roles or ("agency_handler",))))


def ref_of(home: Home, code: str) -> str:
    with unit_of_work(home, OPERATOR, write=False) as work:
        return source(work, code).ref


def drafted(home: Home, own: FlaskClient, number: str, place: str, **more: object) -> str:
    """The address of a draft about everybody whom the form offers."""
    page = own.get(f"/assist/new?case={number}&place={place}").text
    people = re.findall(r'name="people" value="(\w+)"', page)
    form = {"csrf_token": token_in(page), "case": number, "place": place, "people": people, **more}
    answer = own.post("/assist/new", data=form)
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def do(browser: FlaskClient, address: str, act: str, **more: object):
    form = {"csrf_token": token_in(browser.get("/account/").text), "act": act, **more}
    return browser.post(address, data=form)


@pytest.mark.clause("LN-08", "LN-07")
def test_a_county_asks_and_the_city_of_the_place_answers(home: Home, number: str, client_of: SignIn) -> None:
    own, city = browser(home, client_of, "pingshan-agency"), browser(home, client_of, "chaoyang-agency")
    other = browser(home, client_of, "shenfu-agency")
    assert browser(home, client_of, "pingshan", "department_clerk").get("/assist").status_code == 403
    wrong = own.get("/assist/new?case=没有&place=chaoyang").text
    assert "没有该编号的在办新申请案件" in wrong
    assert city.get(f"/assist/new?case={number}&place=shenfu").text.count("没有该编号的在办新申请案件") >= 1
    page = own.get(f"/assist/new?case={number}&place=shuangta").text
    assert "朝阳市核对中心" in page and "推送至" in page
    bare = own.post("/assist/new", data={"csrf_token": token_in(page), "case": number, "place": "shuangta"})
    assert bare.status_code == 422 and "请至少" in bare.text
    deposit = ref_of(home, "chaoyang-bank.DEPOSIT")
    address = drafted(home, own, number, "shuangta", items=[deposit])
    assert city.get(address).status_code == 404 and "草稿" in own.get(address).text
    assert do(own, address, "submit").status_code == 302
    assert other.get(address).status_code == 404
    page = city.get(address).text
    assert "LN-12" in page and "逾期不再反馈" in page and re.search(r"\d{17}[\dX]", page) is None
    item = re.search(r'name="item" value="(\w+)"', page)
    people = re.findall(r'name="found-(\w+)" value="FOUND"', page)
    assert item is not None and len(people) == 2
    half = {f"found-{people[0]}": "FOUND", f"amount-{people[0]}": "1200"}
    refused = do(city, address, "answer", item=item[1], **half)
    assert refused.status_code == 422 and 'value="1200"' in refused.text
    assert do(own, address, "answer", item=item[1], **half).status_code == 422
    whole = {**half, f"found-{people[1]}": "NOT_FOUND"}
    assert do(own, address, "answer", item=item[1], **whole).status_code == 403
    assert do(city, address, "answer", item=item[1], **whole).status_code == 302
    page = own.get(address).text
    assert "1200" in page and "已反馈" in page and "办结" in page
    assert "平协" not in other.get("/assist?show=in").text and "平协" in city.get("/assist?show=in").text


@pytest.mark.clause("LN-27")
def test_who_did_not_start_it_is_refused_to_end_it(home: Home, number: str, client_of: SignIn) -> None:
    own, city = browser(home, client_of, "pingshan-agency"), browser(home, client_of, "chaoyang-agency")
    address = drafted(home, own, number, "chaoyang", items=[ref_of(home, "chaoyang-bank.DEPOSIT")])
    do(own, address, "submit")
    page = city.get(address).text
    assert "建议终止" in page and 'value="terminate"' not in page
    assert do(city, address, "terminate", reason="不查了").status_code == 403
    assert do(city, address, "suggest", reason="对象已迁出").status_code == 302
    assert "对象已迁出" in own.get(address).text
    assert do(own, address, "terminate", reason="").status_code == 422
    assert do(own, address, "terminate", reason="申请人撤回").status_code == 302
    page = city.get(address).text
    assert 'value="answer"' not in page and "发起方终止" in page


@pytest.mark.clause("LN-06")
def test_the_province_finds_what_it_confirms_and_nothing_leaves_before(
    home: Home, number: str, client_of: SignIn
) -> None:
    own = browser(home, client_of, "pingshan-agency")
    province = browser(home, client_of, "liaoning-agency", "agency_reviewer")
    address = drafted(home, own, number, "linfen", categories=["DEPOSIT"])
    assert "平协" not in province.get("/assist?show=waiting").text
    do(own, address, "submit")
    assert do(own, address, "confirm").status_code == 403
    assert "平协" in province.get("/assist?show=waiting").text
    assert "省级确认" in province.get(address).text
    assert do(province, address, "confirm", reason="同意").status_code == 302
    assert "已确认" in own.get(address).text
    assert "平协" not in province.get("/assist?show=waiting").text
