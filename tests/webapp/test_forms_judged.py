"""A form with expressions at the desk: told while it is filled in, decided when it is sent, nothing hidden is kept."""

from __future__ import annotations

import logging
import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from domain.work import Work
from tasks.cases import followed
from tasks.rows.models import COMPLETED, RESERVED, HumanTask
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, press, send, task_address
from tests.webapp.judged_world import TOO_MUCH, deploy


def _declared(story: Story) -> dict[str, Any]:
    values: dict[str, Any] = {"applied_on": steps.today(story), "truthful": "y"}
    for place, _member in enumerate(steps.family(story)):
        values |= {f"members-{place}-{name}": "0" for name in ("WAGE", "PENRCV", "DEPOSIT", "VEHICLE", "HOUSE")}
    return values


def _claimed(office: Office) -> tuple[Story, FlaskClient, str]:
    deploy(office)
    story = new_case(office)
    browser = browser_of(app_of(office), office, "town")
    address = task_address(story, "intake")
    press(browser, "/desk", f"{address}/claim")
    return story, browser, address


def _row(work: Work, story: Story) -> HumanTask:
    wanted = select(HumanTask).where(HumanTask.step_id == "intake", HumanTask.case_id == story.case(work).id)
    return work.session.scalars(wanted).one()


def _task(story: Story) -> HumanTask:
    with story.work() as work:
        return _row(work, story)


def _answers(story: Story) -> dict[str, Any]:
    with story.work() as work:
        return followed.answers_of(work, _row(work, story))


def _ask(browser: FlaskClient, address: str, touched: tuple[str, ...] = (), **values: Any) -> Any:
    token = token_in(browser.get(address).text)
    return browser.post(f"{address}/rules", data={"csrf_token": token, ":touched": list(touched), **values})


def _tag(page: str, place: str) -> str:
    found = re.search(rf'<\w+ [^>]*id="at-{place}"[^>]*>', page)
    assert found, f"nothing is drawn at {place}"
    return found[0]


def test_the_page_draws_everything_and_says_what_a_script_puts_out_of_sight(office: Office) -> None:
    _story, browser, address = _claimed(office)
    page = browser.get(address).text

    assert f'data-rules-url="{address}/rules"' in page
    for place in ("rent", "since", "landlord"):
        assert "data-asked" in _tag(page, place)
        assert "data-away" in _tag(page, place)
        assert " hidden" not in _tag(page, place), "without a script everything is in sight"
    assert "data-away" not in _tag(page, "guests")
    assert re.search(r'data-place="text-1" data-asked="yes" data-away="yes">以租赁合同为准', page)


def test_the_server_tells_what_is_hidden_and_what_the_touched_fields_checks_say(office: Office) -> None:
    _story, browser, address = _claimed(office)

    told = _ask(browser, address).get_json()
    assert (told["hidden"], told["faults"]) == (["landlord", "rent", "since", "text-1"], {})
    told = _ask(browser, address, abode="RENT", rent="6000").get_json()
    assert (told["hidden"], told["faults"]) == ([], {})
    told = _ask(browser, address, ("rent",), abode="RENT", rent="6000").get_json()
    assert told["faults"] == {"rent": TOO_MUCH[0]}
    assert _ask(browser, address, ("rent",), abode="RENT", rent="5000").get_json()["faults"] == {}
    rows = {"guests-0-who": "方", "guests-0-share": "900", "guests-1-who": "", "guests-1-share": ""}
    told = _ask(browser, address, ("guests-0-share",), abode="RENT", rent="800", **rows).get_json()
    assert told["hidden"] == ["guests-1-share", "landlord"]
    assert told["faults"] == {"guests-0-share": "不得高于月租金。"}


def test_what_is_asked_is_kept_nowhere(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    story, browser, address = _claimed(office)
    token = token_in(browser.get(address).text)
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            written.append(statement)

    event.listen(story.office.home.engine, "before_cursor_execute", note)
    with caplog.at_level(logging.DEBUG):
        told = browser.post(
            f"{address}/rules", data={"csrf_token": token, "abode": "RENT", "rent": "77123", "landlord": "江白露"}
        )
    event.remove(story.office.home.engine, "before_cursor_execute", note)

    assert told.status_code == 200
    assert not [one for one in written if "user_session" not in one and "BEGIN" not in one.upper()]
    assert _task(story).draft is None
    assert "77123" not in caplog.text
    assert "江白露" not in caplog.text


def test_only_who_holds_the_task_may_ask_and_only_from_its_own_page(office: Office) -> None:
    deploy(office)
    story = new_case(office)
    app = app_of(office)
    town, clerk = browser_of(app, office, "town"), browser_of(app, office, "clerk")
    address = task_address(story, "intake")
    token = token_in(town.get(address).text)

    assert town.post(f"{address}/rules", data={"csrf_token": token}).status_code == 409, "it is claimed by nobody"
    press(town, "/desk", f"{address}/claim")
    assert town.post(f"{address}/rules", data={"csrf_token": token}).status_code == 200
    assert town.post(f"{address}/rules", data={"abode": "RENT"}).status_code == 400, "without the session's token"
    foreign = token_in(clerk.get("/desk").text)
    assert clerk.post(f"{address}/rules", data={"csrf_token": foreign}).status_code == 404
    assert town.get(f"{address}/rules").status_code == 405


@pytest.mark.parametrize(("lang", "sentence"), [("zh", TOO_MUCH[0]), ("en", TOO_MUCH[1])])
def test_a_check_refuses_at_its_field_in_the_language_of_the_page(office: Office, lang: str, sentence: str) -> None:
    story, browser, address = _claimed(office)
    browser.get(f"/desk?lang={lang}")

    refused = send(browser, address, {**_declared(story), "abode": "RENT", "rent": "5001", "landlord": "方"})

    assert refused.status_code == 422
    assert f'id="rent-check" data-check>{sentence}</p>' in unescape(refused.text)
    assert 'href="#rent"' in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert 'value="5001"' in refused.text, "what was typed is kept"
    assert _task(story).state == RESERVED


def test_what_does_not_apply_is_neither_needed_nor_kept_whatever_was_typed(office: Office) -> None:
    story, browser, address = _claimed(office)
    values = {**_declared(story), "abode": "OTHER", "rent": "99999", "landlord": "方", "since": "no day"}
    values |= {"guests-0-who": "夏", "guests-0-share": "3"}

    answer = send(browser, address, values)

    assert answer.status_code == 302, answer.text
    assert _task(story).state == COMPLETED
    kept = _answers(story)
    assert {name: kept[name] for name in ("abode", "rent", "since", "landlord", "guests")} == {
        "abode": "OTHER", "rent": None, "since": None, "landlord": None, "guests": None,
    }  # fmt: skip


def test_what_applies_is_needed_and_a_draft_keeps_even_what_is_hidden(office: Office) -> None:
    story, browser, address = _claimed(office)

    send(browser, address, {"abode": "OWN", "rent": "700", "landlord": "方"}, to="/draft")
    assert 'value="700"' in browser.get(address).text, "who toggles finds it again"
    refused = send(browser, address, {**_declared(story), "abode": "RENT", "rent": "1200", "landlord": ""})
    assert refused.status_code == 422
    assert 'href="#landlord"' in refused.text
    told = send(browser, address, {**_declared(story), "abode": "RENT", "rent": "1200", "landlord": "方"})
    assert told.status_code == 302
    assert _answers(story)["rent"] == "1200"


def test_the_refusal_of_a_row_stands_in_its_row_though_an_empty_one_is_before_it(office: Office) -> None:
    story, browser, address = _claimed(office)
    rows = {"guests-0-who": "", "guests-0-share": "", "guests-1-who": "夏", "guests-1-share": "1300"}

    refused = send(browser, address, {**_declared(story), "abode": "RENT", "rent": "1200", "landlord": "方", **rows})

    assert refused.status_code == 422
    assert 'id="guests-1-share-check" data-check>不得高于月租金。</p>' in refused.text
    assert 'href="#guests-1-share"' in refused.text
