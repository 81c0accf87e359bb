"""Rows of a list by plain buttons: what was added stays, what was removed stays removed; sums and rules on the page."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from tasks.cases import followed
from tasks.rows.models import HumanTask
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, press, task_address
from tests.webapp.judged_world import _field, deploy
from workflows.forms import CONFIRMED

AMOUNTS = _field(
    "dynamiclist", "gains", "其他收入", "Other income",
    properties={"rows.max": "3", "row.title": "第{n}项收入", "row.title.en": "Income {n}"},
    components=[
        _field("textfield", "origin", "来源", "Origin", validate={"required": True}),
        _field("number", "amount", "金额", "Amount", properties={"required.when": "=origin != null"}),
    ],
)  # fmt: skip
TOTAL = _field(
    "expression", "gained", "合计", "Total", expression="=sum(gains[amount != null].amount)", decimalDigits=2,
    properties={"suffix": "元", "suffix.en": "yuan", "help": "各项相加。", "help.en": "All added up.",
                "source": "BX-08"},
)  # fmt: skip


def _opened(office: Office, *rules: dict[str, Any]) -> tuple[Any, FlaskClient, str]:
    deploy(office, AMOUNTS, TOTAL, rules=rules)
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")
    return story, browser, address


def _send(browser: FlaskClient, address: str, act: str, **values: Any) -> Any:
    page = browser.get(address).text
    hidden = dict(re.findall(r'<input type="hidden" name="(version|draft_\w+)" value="([^"]*)"', page))
    return browser.post(
        f"{address}{act}", data={"csrf_token": token_in(page), **hidden, **values}, follow_redirects=True
    )


def _drawn(page: str) -> list[str]:
    return re.findall(r'name="gains-\d+-origin"[^>]*value="([^"]*)"', page)


TWO = {"gains-0-origin": "租金", "gains-0-amount": "1.10", "gains-1-origin": "分红", "gains-1-amount": "2.20"}


def test_rows_are_added_copied_moved_and_removed_without_a_script_and_stay_so(office: Office) -> None:
    _story, browser, address = _opened(office)
    page = _send(browser, address, "/rows/gains/add?row=0", **{"gains-0-origin": "租金", "gains-0-amount": "1.10"}).text
    assert _drawn(page) == ["租金", ""]
    assert "第2项收入" in page and "1.10 元" in page, "titles and sums are drawn"

    page = _send(browser, address, "/rows/gains/copy?row=1", **TWO).text
    assert _drawn(page) == ["租金", "分红", "分红"]
    page = _send(browser, address, "/rows/gains/up?row=1", **TWO, **{"gains-2-origin": "其他"}).text
    assert _drawn(page) == ["分红", "租金", "其他"]
    refused = _send(browser, address, "/rows/gains/add?row=3", **TWO, **{"gains-2-origin": "其他"}).text
    assert "最多 3 行。" in refused and len(_drawn(refused)) == 3

    page = _send(browser, address, "/rows/gains/remove?row=0", **TWO, **{"gains-2-origin": "其他"}).text
    assert _drawn(page) == ["分红", "其他"]
    assert _drawn(browser.get(address).text) == ["分红", "其他"], "a row removed stays removed"
    assert _send(browser, address, "/rows/gains/remove?row=7", **TWO).status_code == 200
    assert _send(browser, address, "/rows/members/remove?row=0").status_code == 200, (
        "the program's rows are not people's"
    )


def test_a_refused_row_is_named_by_its_number_and_a_warning_asks_for_a_reason(office: Office) -> None:
    warning = {
        "id": "much", "condition": "=gained = null or gained <= 100", "fields": ["gained"], "severity": "warning",
        "message": "其他收入偏高。", "message.en": "The other income is high.", "source": "BX-08",
    }  # fmt: skip
    story, browser, address = _opened(office, warning)
    answers: dict[str, Any] = {"applied_on": steps.today(story), "truthful": "y"}
    for place, member in enumerate(steps.family(story)):
        answers[f"members-{place}-person"] = member.ref
        answers |= {f"members-{place}-{name}": "0" for name in ("WAGE", "PENRCV", "DEPOSIT", "VEHICLE", "HOUSE")}

    page = _send(browser, address, "", **answers, **{**TWO, "gains-1-amount": ""})
    assert page.status_code == 422
    assert "第2项收入 · 金额" in page.text and "其他收入偏高" not in page.text.split("data-confirm")[0]

    high = {**TWO, "gains-1-amount": "200"}
    page = _send(browser, address, "", **answers, **high)
    assert page.status_code == 422
    assert 'href="#confirm-much"' in page.text and "需要确认：其他收入偏高。" in page.text

    done = _send(
        browser, address, "", **answers, **high, **{"confirm_code:much": "CHECKED", "confirm:much": "已看存折"}
    )
    assert done.status_code == 200, done.text
    with story.work() as work:
        kept = followed.answers_of(work, work.session.scalars(select(HumanTask).order_by(HumanTask.id)).first())
    assert kept["gained"] == "201.10"
    assert kept[CONFIRMED] == {"much": "已核实，情况属实：已看存折"}
    assert [row["origin"] for row in kept["gains"]] == ["租金", "分红"]
