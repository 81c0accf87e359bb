"""The page that verifies a paper: open to everybody, telling kind, number, day and whether it is whole."""

from __future__ import annotations

import hashlib

import pytest
from flask.testing import FlaskClient

from domain import issued
from domain.home import Home
from domain.issued import Given
from domain.work import OPERATOR, unit_of_work
from tests.support import Offices
from tests.webapp.conftest import token_in
from webapp.views.verifying import LOOKS_AN_HOUR

CANONICAL = '{"document":"authorisation/1","persons":["甲某"]}'.encode()
DIGEST = hashlib.sha256(CANONICAL).hexdigest()


def give(home: Home, offices: Offices, doc: str, number: str) -> str:
    with unit_of_work(home, OPERATOR) as work:
        given = Given(doc, number, offices.department.id, "a" * 26, DIGEST, canonical=CANONICAL)
        return issued.issue(work, given).code


@pytest.mark.clause("LF-20")
def test_somebody_with_the_paper_in_hand_learns_its_kind_number_and_day_and_nothing_else(
    client: FlaskClient, home: Home, offices: Offices
) -> None:
    code = give(home, offices, "DOC-01", "平授〔2027〕0007")
    assert client.get("/verify/01-0000-0000-0000").status_code == 404
    page = client.get(f"/verify/{code}")
    assert page.status_code == 200
    for told in ("居民家庭经济状况核对授权书", "平授〔2027〕0007", "2027年6月15日", "培训"):
        assert told in page.text, told
    assert "甲某" not in page.text and offices.department.name not in page.text and DIGEST not in page.text


@pytest.mark.clause("LN-40")
def test_what_is_not_public_is_answered_word_for_word_like_what_does_not_exist(
    client: FlaskClient, home: Home, offices: Offices
) -> None:
    secret = give(home, offices, "DOC-22", "平密〔2027〕0001")
    shown, unknown = client.get(f"/verify/{secret}"), client.get("/verify/22-0000-0000-0000")
    assert (shown.status_code, unknown.status_code) == (404, 404)
    assert shown.text.replace(secret, "CODE") == unknown.text.replace("22-0000-0000-0000", "CODE")
    assert "没有这份文书" in shown.text and "平密" not in shown.text


def test_the_value_at_the_foot_of_the_page_is_compared_and_what_is_typed_goes_into_no_address(
    client: FlaskClient, home: Home, offices: Offices
) -> None:
    code = give(home, offices, "DOC-01", "平授〔2027〕0007")

    def typed(code: str, digest: str = "") -> str:
        token = token_in(client.get("/verify").text)
        answer = client.post("/verify", data={"csrf_token": token, "code": code, "digest": digest})
        assert "Location" not in answer.headers
        return answer.text

    assert "与纸面一致" in typed(code.lower().replace("-", " "), DIGEST)
    assert "不一致" in typed(code, DIGEST[::-1])
    assert "没有这份文书" in typed("没有代码")


def test_looks_are_counted_by_address(client: FlaskClient, home: Home, offices: Offices) -> None:
    code = give(home, offices, "DOC-01", "平授〔2027〕0007")
    answers = [client.get(f"/verify/{code}").status_code for _look in range(LOOKS_AN_HOUR + 1)]
    assert answers == [200] * LOOKS_AN_HOUR + [429]
    assert client.get("/verify").status_code == 200
