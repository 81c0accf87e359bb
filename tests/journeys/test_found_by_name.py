"""A department's row without a usable number and with the name of a member: confirmed by a person, then compared."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from sqlalchemy import select

from cli import taking
from domain.verification import comparison
from domain.verification.comparison import ComparisonLine
from domain.verification.name_hints import NameHint
from domain.verification.queries import ResultRow
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of

JIANG = "B2027003"
BALANCE = "83456.78"


def _bank_delivers(office: Office, name: str) -> None:
    line = f"户名,证件号码,账户余额,查询时点\n{name},无法识别,{BALANCE},2027-05-17\n"
    taking.take(office.home, "bank.DEPOSIT", "late.csv", io.BytesIO(line.encode()), "text/csv", whole=True)
    office.sweep()


def _compared(story: Story) -> int:
    with story.work() as work:
        return len(story.rows(work, ComparisonLine))


@pytest.mark.clause("CK-09")
def test_a_row_found_by_name_waits_for_the_handler_and_shows_nothing_of_its_content(office: Office) -> None:
    story = new_case(office, "town", JIANG)
    head = steps.family(story)[0]
    _bank_delivers(office, head.name)
    steps.to_queries(story)
    assert story.open_steps() == ["confirm_hints"] and _compared(story) == 0
    with story.work() as work:
        hint = work.session.scalars(select(ResultRow).where(ResultRow.match_kind == "NAME_ONLY")).one()
        ref, task = hint.ref, story.task(work, "confirm_hints").ref

    browser = browser_of(app_of(office), office, "handler")
    page = browser.get(f"/tasks/{task}").text
    browser.post(f"/tasks/{task}/claim", data={"csrf_token": token_in(page)})
    page = browser.get(f"/tasks/{task}").text
    assert head.name in page and "第 2 行" in page and "是本人" in page and ref in page
    assert "83456" not in page and "83,456" not in page

    said = {"ref": ref, "verdict": "SAME", "note": "银行复核了开户影像"}
    story.do("handler", "confirm_hints", {"name_hints": [said]})

    assert story.open_steps() == ["draft_report"] and _compared(story) > 0
    with story.work() as work:
        assert work.session.scalars(select(NameHint.verdict)).all() == ["SAME"]
        body = [one.body for one in story.journal(work) if one.event == "name_hints.decided"]
        assert body == [{"rows": 1, "same": 1}]
        lines = comparison.lines(work, story.case(work))
        line = next(one for one in lines if (one.person, one.category) == (head.ref, "DEPOSIT"))
        assert ref in line.rows and line.found is not None and line.found >= Decimal(BALANCE)
