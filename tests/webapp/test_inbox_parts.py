"""The list of tasks drawn anew in its place: what htmx is answered is the list and what changes with it, no page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select

from domain.parties.accounts import Account
from domain.work import OPERATOR, unit_of_work
from tasks.desk import desk
from tasks.finding import sorting
from tasks.rows.models import READY, RESERVED, HumanTask
from tests.homes import Office
from tests.journeys.playing import new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of

PART = {"HX-Request": "true", "HX-Target": "div#worklist"}


@contextmanager
def statements(office: Office) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(office.home.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(office.home.engine, "before_cursor_execute", note)


def rows(page: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="ref" value="([0-9a-z]+)"', page)


@pytest.mark.parametrize("address", ["/desk", "/desk?tab=overdue", "/desk/queue", "/desk?step=intake&sort=-opened"])
def test_a_part_has_the_rows_of_the_page_and_asks_no_more_of_the_database(office: Office, address: str) -> None:
    new_case(office)
    app = app_of(office)
    browser = browser_of(app, office, "town")
    browser.get(address)
    with statements(office) as for_page:
        page = browser.get(address).text
    with statements(office) as for_part:
        part = browser.get(address, headers=PART)
    assert part.status_code == 200 and rows(part.text) == rows(page)
    assert "<html" not in part.text and "<header" not in part.text and '<div id="worklist"' in part.text
    assert part.text.count("hx-swap-oob") == 3, "navigation, language and what is read aloud change with it"
    assert "我的待办" in part.text or "待认领" in part.text
    assert len(for_part) <= len(for_page)


def test_the_back_button_is_answered_with_a_part_too(office: Office) -> None:
    new_case(office)
    browser = browser_of(app_of(office), office, "town")
    again = browser.get("/desk", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).text
    assert "<html" not in again and "hx-history-elt" in again


def test_claiming_in_the_list_shows_the_list_and_without_the_script_the_task(office: Office) -> None:
    story = new_case(office)
    with story.work() as work:
        ref = story.task(work, "intake").ref
    browser = browser_of(app_of(office), office, "town")
    token = token_in(browser.get("/desk").text)
    answer = browser.post(f"/tasks/{ref}/claim?list=queue&step=intake", data={"csrf_token": token}, headers=PART)
    assert answer.headers["Location"] == "/desk/queue?step=intake"
    with story.work() as work:
        assert story.task(work, "intake").state == RESERVED
    listed = browser.get("/desk", headers=PART).text
    assert f'id="act-{ref}" href="/tasks/{ref}"' in listed
    with unit_of_work(office.home, office.actor("town")) as work:
        desk.release(work, ref)
    plain = browser.post(f"/tasks/{ref}/claim", data={"csrf_token": token})
    assert plain.headers["Location"] == f"/tasks/{ref}"


def test_whoever_claims_second_is_told_who_was_first_above_the_list(office: Office) -> None:
    story = new_case(office)
    with story.work() as work:
        ref = story.task(work, "intake").ref
    browser = browser_of(app_of(office), office, "town")
    token = token_in(browser.get("/desk").text)
    with unit_of_work(office.home, OPERATOR) as work:
        task = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref, HumanTask.state == READY)).one()
        me = office.actor("town")
        other = work.session.scalars(select(Account).where(Account.login == "town2")).one()
        other.org_id = me.org_id or 0
        task.state, task.assignee_id, task.claimed_at, task.version = RESERVED, other.id, work.now, task.version + 1
        name = other.name
    answer = browser.post(f"/tasks/{ref}/claim?list=inbox", data={"csrf_token": token}, headers=PART)
    assert answer.headers["Location"] == "/desk"
    part = browser.get("/desk", headers=PART).text
    said = re.search(r'<p class="note" role="status">(.*?)</p>', part)
    assert said and name in said[1]


def test_heads_of_columns_turn_the_order_round_and_a_long_list_says_why_it_does_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_case(office)
    browser = browser_of(app_of(office), office, "town")
    page = browser.get("/desk?step=intake").text
    assert 'aria-sort="ascending"><a id="by-due" href="/desk?step=intake&amp;sort=-due"' in page
    page = browser.get("/desk?step=intake&sort=-due").text
    assert 'aria-sort="descending"><a id="by-due" href="/desk?step=intake"' in page
    assert 'value="-due" selected' in page
    monkeypatch.setattr(sorting, "MOST", 0)
    page = browser.get("/desk?sort=-due&lang=en").text
    assert "by-due" not in page and "is shown by due day only" in page
