"""The pages of notices: each person's own, leading only where the person may go; mail and calendar as they are set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.outbox import OutboxMessage
from domain.parties import staff
from domain.parties.reach import CalendarFeed, MailAddress
from domain.work import SCHEDULER, Work, unit_of_work
from tasks import moves
from tasks.desk import desk
from tasks.proof.proof import Outcome, Window, record
from tasks.proof.proof_rules import Found
from tasks.rows.notice_rows import Notification
from tasks.rows.proof_models import SeparationProof
from tasks.terms import notifications
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys.played import ACCEPTED, story_of
from tests.journeys.playing import Story
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of

HANDLER, STEP = "handler", "query_plan"
CHOICES = "/account/notices"


@pytest.fixture
def office(office_in: Callable[[Template], Office]) -> Office:
    """An office with a case at the agency."""
    return office_in(ACCEPTED)


@pytest.fixture
def story(office: Office) -> Story:
    """The handler holds the planning of the queries."""
    made = story_of(office)
    with made.work(HANDLER) as work:
        desk.claim(work, made.task(work, STEP).ref)
    return made


def tell(work: Work, logins: Iterable[str], kind: str, key: str, **more: Any) -> None:
    notifications.notify(work, [staff.by_login(work, one).id for one in logins], kind, key=key, **more)


def ref_of(office: Office, login: str, kind: str) -> str:
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        person = staff.by_login(work, login).id
        wanted = select(Notification.ref).where(Notification.account_id == person, Notification.kind == kind)
        return work.session.scalars(wanted.order_by(Notification.id.desc())).first() or ""


def post(browser: FlaskClient, to: str, **sent: str) -> Any:
    return browser.post(f"{to}?lang=en", data={"csrf_token": token_in(browser.get(CHOICES).text), **sent})


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_notice_is_read_by_its_person_alone_and_of_a_wish_leads_to_the_term(office: Office, story: Story) -> None:
    with story.work("reviewer") as work:
        tell(work, [HANDLER], "term.refused", "r", task=story.task(work, STEP))
        task = story.task(work, STEP).ref
    ref = ref_of(office, HANDLER, "term.refused")
    app = app_of(office)
    other, own = browser_of(app, office, "clerk"), browser_of(app, office, HANDLER)
    assert other.get(f"/notices/{ref}").status_code == 404
    assert post(other, f"/notices/{ref}").status_code == 404
    assert app.test_client().get("/notices").status_code == 302
    assert "did not grant more time" not in words(other.get("/notices?show=all&lang=en").text)
    assert own.get(f"/notices/{ref}").headers["Location"] == f"/tasks/{task}/term"
    assert "1 not read" in words(own.get("/notices?lang=en").text), "looking alone is not reading"
    assert post(own, f"/notices/{ref}", go="1").headers["Location"] == f"/tasks/{task}/term"
    assert "Nothing you have not read" in words(own.get("/notices?lang=en").text)
    assert own.get("/notices?before=abc&group=nothing").status_code == 200


def test_what_is_settled_leaves_the_unread_and_says_so_among_all(office: Office, story: Story) -> None:
    with story.work("reviewer") as work:
        tell(work, [HANDLER], "task.reminded", "r", task=story.task(work, STEP))
    own = browser_of(app_of(office), office, HANDLER)
    before = own.get("/notices?lang=en").text
    assert "asks you to see to" in words(before) and ">settled<" not in before
    with story.work("head") as work:
        moves.cancel_case(work, story.case_ref, "申请人撤回")
    assert "Nothing you have not read" in words(own.get("/notices?lang=en").text)
    after = own.get("/notices?show=all&lang=en").text
    assert "asks you to see to" in words(after) and ">settled<" in after


def test_the_notice_of_a_violation_leads_to_its_proof_for_whoever_watches_and_nowhere_for_others(
    office: Office, story: Story
) -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        task, case = story.task(work, STEP), story.case(work)
        found = Found(task.id, case.id, staff.by_login(work, HANDLER).id, "PAIR", STEP, "intake")
        record(
            work,
            AgendaItem(kind="proof", key="k", due_at=work.now),
            Outcome(Window("k", "NEW", None, work.now), 1, {case.id}, [found]),
        )
        proof = work.session.scalars(select(SeparationProof.ref)).one()
        tell(work, [HANDLER], "separation.violated", "x", count=1, proof=proof)
    app = app_of(office)
    watcher, handler = browser_of(app, office, "oversight"), browser_of(app, office, HANDLER)
    page = watcher.get("/notices?lang=en").text
    assert re.search(r'<button class="link act"[^>]*name="go"[^>]*>Where one person did what two have to do', page)
    answer = post(watcher, f"/notices/{ref_of(office, 'oversight', 'separation.violated')}", go="1")
    assert answer.headers["Location"] == f"/oversight/separation#{proof}"
    there = watcher.get(answer.headers["Location"])
    assert there.status_code == 200 and f'id="{proof}"' in there.text
    page = handler.get("/notices?lang=en").text
    assert re.search(r"<strong>Where one person did what two have to do", page), "no link where they may not go"
    answer = post(handler, f"/notices/{ref_of(office, HANDLER, 'separation.violated')}", go="1")
    assert answer.headers["Location"].startswith("/notices")


def test_a_duty_cannot_be_switched_off_by_a_form_of_ones_own(office: Office) -> None:
    own = browser_of(app_of(office), office, HANDLER)
    sent = {"to:term.overdue": "none", "to:task.commented": "none", "to:no.such": "mail", "to:task.named": "carrier"}
    assert post(own, CHOICES, **sent).status_code == 302
    page = own.get(CHOICES).text
    chosen = dict(re.findall(r'name="to:([a-z_.]+)" value="([a-z]+)" checked', page))
    assert (chosen["term.overdue"], chosen["task.commented"], chosen["task.named"]) == ("page", "none", "page")
    assert 'name="to:term.overdue" value="none"' not in page


def test_where_no_mail_is_sent_the_page_says_so_and_a_forged_form_is_refused(office: Office) -> None:
    own = browser_of(app_of(office), office, HANDLER)
    assert "This office sends no mail" in words(own.get(f"{CHOICES}?lang=en").text)
    answer = post(own, "/account/mail", act="set", address="a@example.gov.cn")
    assert (answer.status_code, "its system administrator can set it up" in words(answer.text)) == (409, True)


def test_a_wrong_address_or_code_is_said_at_its_field_and_what_was_typed_stays(office: Office) -> None:
    settings = replace(
        office.home.settings, mail_host="127.0.0.1", mail_port=9, mail_from="hedui@example.gov.cn", mail_tls="none",
        mail_link="https://hedui.example",
    )  # fmt: skip
    object.__setattr__(office.home, "settings", settings)
    app = app_of(office)
    own, other = browser_of(app, office, HANDLER), browser_of(app, office, "clerk")
    answer = post(own, "/account/mail", act="set", address="白露<x@y>")
    assert answer.status_code == 422
    assert "This is no mail address, such as name@example.gov.cn." in unescape(answer.text)
    assert 'value="白露&lt;x@y&gt;"' in answer.text
    assert re.search(r'id="address"[^>]*aria-invalid="true" aria-describedby="address-error"', answer.text)
    answer = post(own, "/account/mail", act="confirm", code="123456")
    assert (answer.status_code, "Ask for a new one" in words(answer.text)) == (409, True)

    assert post(own, "/account/mail", act="set", address="handler@example.gov.cn").status_code == 302
    assert "not confirmed" in words(own.get(f"{CHOICES}?lang=en").text)
    answer = post(own, "/account/mail", act="confirm", code="nothing")
    assert (answer.status_code, "This is not the code that was sent" in words(answer.text)) == (422, True)
    assert 'value="nothing"' in answer.text
    assert "handler@example.gov.cn" not in other.get(CHOICES).text
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        assert work.session.scalars(select(MailAddress.code_tries)).one() == 1
        row = work.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
        assert row is not None
        body: Any = work.home.vault.open_json("outbox_message.body", row.ref, row.body)
    assert post(other, "/account/mail", act="confirm", code=body["code"]).status_code == 409, "a code is one person's"
    assert post(own, "/account/mail", act="confirm", code=f" {body['code']} ").status_code == 302
    assert post(own, "/account/mail", act="forget").status_code == 302
    assert "handler@example.gov.cn" not in own.get(CHOICES).text


def test_the_calendars_address_is_shown_once_and_ends_with_its_account(office: Office, story: Story) -> None:
    app = app_of(office)
    own, stranger = browser_of(app, office, HANDLER), app.test_client()
    page = post(own, "/account/calendar", act="make", wide="on").text
    found = re.search(r'value="http://localhost(/calendar/[^"]+\.ics)"', page)
    assert found
    assert found[1] not in own.get(CHOICES).text
    assert "Not read yet" in words(own.get(f"{CHOICES}?lang=en").text)
    assert stranger.get(found[1]).status_code == 200
    assert "Last read on" in words(own.get(CHOICES).text)
    with story.work(HANDLER) as work:
        desk.release(work, story.task(work, STEP).ref)
    with unit_of_work(office.home, SCHEDULER) as work:
        token = found[1].split("/")[-1].removesuffix(".ics").encode()
        assert token not in work.session.scalars(select(CalendarFeed.token_hash)).one()
        staff.by_login(work, HANDLER).state = "DISABLED"
    assert stranger.get(found[1]).status_code == 404
    with unit_of_work(office.home, SCHEDULER) as work:
        staff.by_login(work, HANDLER).state = "ACTIVE"
    own = browser_of(app, office, HANDLER)
    assert post(own, "/account/calendar", act="forget").status_code == 302
    assert stranger.get(found[1]).status_code == 404


def test_the_list_of_days_that_moved_is_for_those_who_work_on_terms(office: Office) -> None:
    app = app_of(office)
    assert browser_of(app, office, HANDLER).get("/terms/recomputed/01JUNK").status_code == 404
    assert browser_of(app, office, "oversight").get("/terms/recomputed/01JUNK").status_code == 403
