"""Looking back on the page of a case: every move with its drawing, its people and its ways, and nothing beyond."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import delete

from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.desk_world import app_of, browser_of, marks_of
from workflows.instances import CaseState
from workflows.moments import CaseMoment, applied


@pytest.fixture
def signed(office: Office) -> Story:
    """A case whose commission letter is signed."""
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    return story


def text_of(page: str) -> str:
    """The line of the moment as a reader hears it."""
    found = re.search(r'<p class="moment-said".*?</p>', page, re.S)
    assert found, "the page says no moment"
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def test_each_move_leaves_one_row_and_they_add_up_to_the_marks_of_the_case(signed: Story) -> None:
    with signed.work() as work:
        rows = signed.rows(work, CaseMoment)
        state = work.session.get_one(CaseState, signed.case(work).id)
        marks: dict[str, Any] = {}
        for row in rows:
            marks = applied(marks, row.changed)

        assert [row.version for row in rows] == list(range(1, state.version + 1))
        assert [row.verb for row in rows][:2] == ["started", "completed"]
        assert {row.step_id for row in rows if row.verb == "completed"} >= {"intake", "authorise", "commission"}
        assert all(row.account_id for row in rows if row.verb == "completed")
        assert {row.definition_id for row in rows} == {state.definition_id}
        assert {name: marks.get(name) for name in state.marks} == dict(state.marks)


def test_the_page_of_a_moment_shows_tokens_people_and_ways_of_then(signed: Story) -> None:
    head = browser_of(app_of(signed.office), signed.office, "head")
    address = f"/cases/{signed.case_ref}"
    now = head.get(address).text
    with signed.work() as work:
        rows = signed.rows(work, CaseMoment)
    commission = next(row.version for row in rows if row.step_id == "commission")
    then = head.get(f"{address}?moment={commission}").text

    assert marks_of(then)["active"] == ["sign_commission"]
    assert "issue_commission" not in marks_of(then)["done"]
    assert "issue_commission" in marks_of(now)["done"]
    assert "拟委托书" in text_of(then) and "签发委托书" in text_of(then)
    assert f'data-diagram-url="/cases/{signed.case_ref}/drawing.bpmn?moment={commission}"' in then
    assert head.get(f"{address}/drawing.bpmn?moment={commission}").data == head.get(f"{address}/drawing.bpmn").data
    assert f"{address}?moment={commission - 1}#replay" in then and f"{address}?moment={commission + 1}#replay" in then
    english = head.get(f"{address}?moment={commission}", headers={"Cookie": "", "Accept-Language": "en"}).text
    assert "moment-said" in english


def test_the_slider_reads_every_move_and_comes_to_the_present(signed: Story) -> None:
    head = browser_of(app_of(signed.office), signed.office, "head")
    address = f"/cases/{signed.case_ref}"
    told = head.get(f"{address}/moments.json").get_json()["moments"]
    marks: dict[str, Any] = {}
    for one in told:
        marks = {**marks, **one["marks"]}
    now = marks_of(head.get(address).text)

    assert [one["number"] for one in told] == list(range(1, len(told) + 1))
    assert {name: marks[name] for name in ("done", "flows", "active")} == {
        name: now[name] for name in ("done", "flows", "active")
    }
    assert all(one["text"] and one["when"] for one in told)


def test_a_moment_that_never_was_and_a_case_of_another_office_are_not_found(signed: Story) -> None:
    app = app_of(signed.office)
    head, bank = browser_of(app, signed.office, "head"), browser_of(app, signed.office, "bank")
    address = f"/cases/{signed.case_ref}"

    for number in ("999", "-1", "99999999999999999999"):
        assert head.get(f"{address}?moment={number}").status_code == 404
        assert head.get(f"{address}/drawing.bpmn?moment={number}").status_code == 404
    assert bank.get(f"{address}/moments.json").status_code in (403, 404)
    assert head.get("/cases/0000/moments.json").status_code == 404


def test_a_case_whose_past_was_not_recorded_says_so(signed: Story) -> None:
    head = browser_of(app_of(signed.office), signed.office, "head")
    address = f"/cases/{signed.case_ref}"
    with signed.work() as work:
        work.session.execute(delete(CaseMoment).where(CaseMoment.case_id == signed.case(work).id))
    before = head.get(address).text
    steps.accept(signed)
    after = head.get(address).text
    with signed.work() as work:
        number = signed.rows(work, CaseMoment)[-1].version
    then = head.get(f"{address}?moment={number}").text

    assert "没有逐步记录" in before and 'type="range"' not in before
    assert "更早的推进没有记录" in after and 'type="range"' in after
    assert marks_of(then)["done"] == marks_of(after)["done"]
    assert marks_of(then)["flows"] == marks_of(after)["flows"]
