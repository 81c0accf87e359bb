"""Leaks at their pages: written down, rows of the journal ticked, reported by a letter, dealt with."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from domain.journal import JournalEntry
from domain.oversight import breach_traces
from domain.oversight.breaches import Breach, BreachAccount, BreachEntry
from domain.parties.accounts import Account
from tests.documents.test_letters import text
from tests.homes import Office
from tests.journeys.playing import new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import owner_of

LEAK = {
    "found_on": "2027-05-18",
    "happened_on": "",
    "grade": "SERIOUS",
    "persons": "",
    "what": "核对报告被拍照外传\r\n经办离开时未锁屏",
    "reach": "一户三人的存款",
    "result": "当事人投诉",
}


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


def _post(browser: FlaskClient, page: str, address: str, **values: object):
    return browser.post(address, data={"csrf_token": token_in(browser.get(page).text), **values})


def _written(browser: FlaskClient) -> str:
    answer = _post(browser, "/breaches/new", "/breaches", **LEAK)
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def _keys(page: str) -> list[str]:
    return re.findall(r'name="rows" value="([0-9a-f]{64})"', page)


def _count(office: Office, what: type) -> int:
    with office.home.sessions() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


@pytest.mark.clause("CK-31")
def test_a_leak_is_written_down_linked_to_rows_of_the_journal_reported_and_dealt_with(
    office: Office, app: Flask
) -> None:
    story = new_case(office)
    with story.work() as work:
        number = story.case(work).number
    auditor = owner_of(app, office, "auditor")
    refused = _post(auditor, "/breaches/new", "/breaches", **{**LEAK, "reach": " ", "found_on": "2999-01-01"})
    assert refused.status_code == 422 and "经办离开时未锁屏" in refused.text and 'href="#reach"' in refused.text
    strange = _post(auditor, "/breaches/new", "/breaches", **{**LEAK, "persons": "三人", "found_on": "昨天"})
    assert strange.status_code == 422 and "Not a valid" not in strange.text and 'value="三人"' in strange.text
    assert _count(office, Breach) == 0
    page = _written(auditor)
    shown = auditor.get(page).text
    assert "经办离开时未锁屏" in shown and "2027-05-18" in shown and _count(office, Breach) == 1

    assert _post(auditor, page, f"{page}/accounts", login="handler", part="SUSPECT").status_code == 302
    assert "秦白露" in auditor.get(page).text
    found = _post(auditor, page, f"{page}/journal", about=number)
    keys = _keys(found.text)
    assert found.status_code == 200 and keys
    nothing = _post(auditor, page, f"{page}/rows", about=number)
    assert nothing.status_code == 422 and _keys(nothing.text) == keys  # they are shown again
    assert _post(auditor, page, f"{page}/rows", about=number, rows=keys).status_code == 302
    assert _post(auditor, page, f"{page}/rows", about=number, rows=keys).status_code == 302
    with office.home.sessions() as session:
        linked = session.scalars(
            select(JournalEntry.mac).join(BreachEntry, BreachEntry.entry_id == JournalEntry.id)
        ).all()
        assert sorted(one.hex() for one in linked) == sorted(keys)  # each once

    early = _post(auditor, page, f"{page}/close", handling="已处理")
    assert early.status_code == 409 and "已处理" not in early.text.split("handling")[0]
    assert auditor.post(f"{page}/letter", data={"csrf_token": token_in(shown)}).status_code == 409
    assert _post(auditor, page, f"{page}/report", to="").status_code == 422
    assert _post(auditor, page, f"{page}/report", to="本溪市民政局").status_code == 302
    assert _post(auditor, page, f"{page}/report", to="另一个局").status_code == 409
    letter = _post(auditor, page, f"{page}/letter")
    assert letter.mimetype == "application/pdf" and "attachment" in letter.headers["Content-Disposition"]
    said = text(letter.data)
    for words in ("本溪市民政局：", "经办离开时未锁屏", "秦白露", f"已关联访问记录{len(keys)}条", "白立夏"):
        assert words in said, words
    refused = _post(auditor, page, f"{page}/close", handling=" ")
    assert refused.status_code == 422
    assert _post(auditor, page, f"{page}/close", handling="调离岗位，告知当事人").status_code == 302
    closed = auditor.get(page).text
    assert "调离岗位，告知当事人" in closed and f'action="{page}/close"' not in closed
    assert f'action="{page}/accounts"' not in closed and "/journal" not in closed
    assert _post(auditor, page, f"{page}/accounts", login="clerk", part="WITNESS").status_code == 409
    assert _count(office, BreachAccount) == 1


def test_a_wrong_word_or_login_is_refused_at_its_field_and_kept(office: Office, app: Flask) -> None:
    auditor = owner_of(app, office, "auditor")
    page = _written(auditor)
    wrong = _post(auditor, page, f"{page}/journal", about="不存在")
    assert wrong.status_code == 422 and 'value="不存在"' in wrong.text and 'href="#about"' in wrong.text
    wrong = _post(auditor, page, f"{page}/accounts", login="nobody", part="WITNESS")
    assert wrong.status_code == 422 and 'value="nobody"' in wrong.text and 'value="WITNESS" selected' in wrong.text
    with office.home.sessions() as session:
        ref = session.scalars(select(Account.ref).where(Account.login == "auditor")).one()
    found = _post(auditor, page, f"{page}/journal", about="auditor").text
    assert _keys(found) and ref not in found


def test_what_is_looked_for_in_the_journal_is_taken_from_no_address(office: Office, app: Flask) -> None:
    auditor = owner_of(app, office, "auditor")
    page = _written(auditor)
    refused = auditor.get(f"{page}?about=auditor&before={'0' * 64}")
    assert (refused.status_code, refused.location) == (303, page)
    shown = auditor.get(page).text
    assert "没有查找" in shown and not _keys(shown)
    assert auditor.get(f"{page}/journal").status_code == 405
    assert auditor.post(f"{page}/journal", data={"about": "auditor"}).status_code == 400  # without the page's token


def test_the_rows_of_the_journal_are_leafed_through_without_an_address(office: Office, app: Flask) -> None:
    auditor = owner_of(app, office, "auditor")
    pages = [_written(auditor) for _time in range(breach_traces.MOST + 2)]
    newest = _post(auditor, pages[0], f"{pages[0]}/journal", about="auditor")
    keys = _keys(newest.text)
    assert len(keys) == breach_traces.MOST and f'name="older" value="{keys[-1]}"' in newest.text
    older = _post(auditor, pages[0], f"{pages[0]}/journal", about="auditor", before="", older=keys[-1])
    assert _keys(older.text) and not set(_keys(older.text)) & set(keys)
    assert 'name="older" value=""' in older.text
    refused = _post(auditor, pages[0], f"{pages[0]}/rows", about="auditor", before=keys[-1])
    assert refused.status_code == 422 and _keys(refused.text) == _keys(older.text)  # the same rows again


@pytest.mark.clause("CK-31")
def test_the_auditor_alone_follows_a_leak_up_and_nobody_else_sees_it(office: Office, app: Flask) -> None:
    auditor, system = owner_of(app, office, "auditor"), owner_of(app, office, "system")
    page = _written(auditor)
    # whoever runs the house writes leaks down and sees those alone
    assert system.get(page).status_code == 404
    own = _written(system)
    assert system.get(own).status_code == 200 and auditor.get(own).status_code == 200
    assert page.rsplit("/", 1)[1] not in system.get("/breaches").text
    token = token_in(system.get(own).text)
    for act in ("journal", "rows", "report", "letter", "close"):
        assert system.post(f"{own}/{act}", data={"csrf_token": token, "to": "x"}).status_code == 403
    for login in ("clerk", "security", "oversight", "handler"):
        browser = (owner_of if login == "security" else browser_of)(app, office, login)
        for address in ("/breaches", "/breaches/new", page):
            assert browser.get(address).status_code == 403, (login, address)
    assert auditor.get("/breaches/0000000000000000000000000a").status_code == 404


def test_the_list_goes_page_by_page_and_by_state(office: Office, app: Flask) -> None:
    auditor = owner_of(app, office, "auditor")
    pages = [_written(auditor) for _time in range(52)]
    first = auditor.get("/breaches?state=OPEN").text
    shown = re.findall(r'href="(/breaches/[0-9a-z]{26})"', first)
    assert shown == pages[:1:-1]
    rest = re.search(r'rel="next" href="([^"]+)"', first)
    assert rest is not None
    second = auditor.get(rest[1].replace("&amp;", "&")).text
    assert re.findall(r'href="(/breaches/[0-9a-z]{26})"', second) == [pages[1], pages[0]]
    assert 'rel="next"' not in second
    assert not re.findall(r'href="/breaches/[0-9a-z]{26}"', auditor.get("/breaches?state=CLOSED").text)
