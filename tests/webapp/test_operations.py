"""The operations page: true figures, nothing of a case, as many queries at any size; and the log of the web."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import event, select, text, update

from domain import agenda, heartbeats, outbox, upkeep
from domain.agenda import AgendaItem
from domain.clock import machine_now
from domain.errors import OperationFailed
from domain.heartbeats import WEB, WORKER
from domain.home import Heartbeat
from domain.journal import JournalEntry
from domain.parties import households
from domain.parties.accounts import UserSession
from domain.parties.households import Person
from domain.text import gettext as _
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from tasks import incidents
from tests.browser.serving import serve
from tests.homes import DEMO, Office, open_office
from tests.infrastructure.browser import assert_accessible, watch_console
from tests.infrastructure.databases import SQLITE
from tests.journeys.playing import new_case
from tests.support import an_account
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.test_administration import desk_of as desk_of
from webapp.access_log import HEADER

RETRY = re.compile(r'action="(/operations/incidents/\w+/retry)"')


def fails(home, subject: str, key: str, *, parked: bool = False, kind: str = "case.wake") -> None:
    """An item that failed, with its incident beside the case when the subject is one."""
    with unit_of_work(home, SCHEDULER) as work:
        agenda.put(work, kind, key, work.now - timedelta(minutes=30), subject=subject)
        item = work.session.scalars(select(AgendaItem).where(AgendaItem.key == key)).one()
        item.attempts, item.parked, item.last_error = 8 if parked else 3, parked, "OperationFailed step=x"
        item.not_before = None if parked else machine_now() + timedelta(hours=1)
        incidents.opened(work, item, OperationFailed(_("It failed.")))


@contextmanager
def statements(engine):
    """Every statement that runs inside, with its parameters."""
    ran: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        ran.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield ran
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def admin(home, offices, desk_of):
    """The system administrator at her browser, in English."""
    return desk_of(an_account(home, offices.system, "system_admin"))


def test_it_shows_processes_failures_messages_backups_and_findings(home, admin):
    heartbeats.beat(home, heartbeats.process_id(), WORKER)
    with unit_of_work(home, OPERATOR) as work:
        outbox.post(work, "report.delivered", "k1", {"secret": "甲某"}, address="ps-dept")
        figures = upkeep.Figures(bytes=4_200_000, files=12, rows=318_442, journal_head="0" * 64)
        upkeep.record(work, upkeep.PROOF, "/backups/1", upkeep.DONE, _("Identical."), figures=figures)
    fails(home, "", "one", parked=True, kind="campaign.open")

    page = admin.get("/operations").text

    for shown in ("opening a review", "parked", "report.delivered", "ps-dept", "at work", "318,442", "identical",
                  "Items that failed too often", "0.1.0"):  # fmt: skip
        assert shown in page, shown
    assert "甲某" not in page
    assert 'hx-trigger="every 30s"' in page
    part = admin.get("/operations/figures").text
    assert "<html" not in part and "318,442" in part


def test_an_incident_shows_the_number_of_the_case_and_nothing_of_it(office: Office):
    story = new_case(office)
    with story.work() as work:
        number = story.case(work).number
        people = [households.name_of(work, one) for one in work.session.scalars(select(Person).limit(200))]
    fails(office.home, story.case_ref, "one")
    browser = browser_of(app_of(office), office, "system")
    pass_second_factor(browser)

    page = browser.get("/operations?lang=en").text
    assert number in page and "s timer" in page and "OperationFailed" in page
    assert not [name for name in people if len(name) > 2 and name in page]

    answer = browser.post(RETRY.findall(page)[0], data={"csrf_token": token_in(page)}, follow_redirects=True)
    assert "tried again now" in answer.text
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert work.session.scalars(select(AgendaItem.not_before).where(AgendaItem.key == "one")).one() is None
        said = work.session.scalars(select(JournalEntry).where(JournalEntry.event == "incident.retried")).one()
        assert said.request_id and said.actor not in ("operator", "scheduler")


def pass_second_factor(browser) -> None:
    """Set up the second factor that the role asks for."""
    page = browser.get("/account/second-factor").text
    shown = re.findall(r"<figcaption.*?</figcaption>", page, re.S)[0]
    secret = "".join(re.findall(r"[A-Z2-7]{4}", shown))
    browser.post("/account/second-factor", data={"csrf_token": token_in(page), "code": pyotp.TOTP(secret).now()})


def test_only_who_runs_the_house_sees_it_and_an_auditor_changes_nothing(home, offices, client_of, desk_of):
    fails(home, "", "one")
    auditor = desk_of(an_account(home, offices.system, "auditor"))
    page = auditor.get("/operations")
    assert page.status_code == 200 and "s timer" in page.text and "/operations/items/retry" not in page.text
    answer = auditor.post("/operations/items/retry", data={"csrf_token": token_in(page.text), "key": "one"})
    assert answer.status_code == 403

    clerk = client_of(an_account(home, offices.department, "department_clerk"))
    assert clerk.get("/operations").status_code == 403
    assert clerk.get("/operations/figures").status_code == 403


def test_an_item_is_tried_again_by_its_button_and_an_unknown_one_is_not(home, admin):
    fails(home, "", "one", parked=True)
    page = admin.get("/operations").text
    token = token_in(page)
    assert 'name="key" value="one"' in page
    answer = admin.post("/operations/items/retry", data={"csrf_token": token, "key": "one"}, follow_redirects=True)
    assert "tried again now" in answer.text
    with unit_of_work(home, OPERATOR, write=False) as work:
        assert not work.session.scalars(select(AgendaItem.parked).where(AgendaItem.key == "one")).one()
    assert admin.post("/operations/items/retry", data={"csrf_token": token, "key": "two"}).status_code == 404


def test_the_number_of_queries_does_not_grow_and_each_follows_an_index(office: Office):
    app = app_of(office)
    browser = browser_of(app, office, "system")
    pass_second_factor(browser)
    story = new_case(office)
    browser.get("/operations")
    engine = app.extensions["house"].home.engine
    with statements(engine) as few:
        assert browser.get("/operations/figures").status_code == 200
    for number in range(30):
        fails(office.home, story.case_ref if number % 2 else "", f"fails-{number}", parked=number % 3 == 0)
    with unit_of_work(office.home, SCHEDULER) as work:
        for number in range(300):
            agenda.put(work, "case.wake", f"soon-{number}", work.now + timedelta(minutes=number))
            outbox.post(work, "note", f"m-{number}", {}, address=f"to-{number % 7}")
        for number in range(5):
            work.session.add(Heartbeat(process=f"h{number}:1:1", kind=WEB, version="0", started_at=machine_now(),
                                       seen_at=machine_now()))  # fmt: skip
    with statements(engine) as many:
        page = browser.get("/operations/figures?lang=en").text
    assert "to-3" in page
    assert len(many) == len(few), [one for one, _more in many]
    assert len(many) <= 45
    if office.place.kind == "sqlite":
        with engine.connect() as connection:
            for statement, parameters in many:
                if statement.startswith("SELECT") and re.search(
                    r"FROM (agenda_item|incident|outbox_message|journal_entry|journal_seal|upkeep_run)", statement
                ):
                    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                    whole = [row[3] for row in plan if row[3].startswith("SCAN") and "USING" not in row[3]]
                    ends = "ORDER BY journal_" in statement and "LIMIT" in statement
                    assert ends or not whole, (statement, whole)


def test_watching_the_figures_keeps_nobodys_session_alive(home, admin):
    old = machine_now() - timedelta(minutes=5)

    def seen():
        with unit_of_work(home, OPERATOR, write=False) as work:
            return work.session.scalars(select(UserSession.seen_at).where(UserSession.ended_at.is_(None))).one()

    with unit_of_work(home, OPERATOR) as work:
        work.session.execute(update(UserSession).values(seen_at=old))
    assert admin.get("/operations/figures").status_code == 200
    assert seen() == old
    assert admin.get("/operations").status_code == 200
    assert seen() > old

    with unit_of_work(home, OPERATOR) as work:
        work.session.execute(update(UserSession).values(seen_at=machine_now() - timedelta(hours=12)))
    gone = admin.get("/operations/figures", headers={"HX-Request": "true"})
    assert gone.status_code == 401 and gone.headers["HX-Redirect"].startswith("/sign-in")


# --- the log of the web ----------------------------------------------------------------------------------------------


def lines(caplog, name: str) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.getMessage().startswith(f"{name} ")]


def test_a_request_is_one_line_with_its_pattern_and_its_id_and_none_of_its_values(home, admin, caplog):
    caplog.set_level("INFO")
    answer = admin.get("/administration/accounts?q=%E7%94%B2%E6%9F%90&office=a%0Aforged")
    missing = admin.get("/administration/accounts/99010119800101123X")
    nowhere = admin.get("/%E7%94%B2%E6%9F%90")
    done = lines(caplog, "request.done")
    assert re.fullmatch(
        r"request\.done method=GET route=/administration/accounts status=200 ms=\d+ account=\w{26} "
        rf"request={answer.headers[HEADER]}",
        done[0],
    )
    assert "route=/administration/accounts/<ref> status=404" in done[1] and missing.headers[HEADER] in done[1]
    assert "route=- status=404" in done[2] and nowhere.headers[HEADER] in nowhere.text
    told = " ".join(one.getMessage() for one in caplog.records)
    assert not [value for value in ("甲某", "99010119800101123X", "forged", "%E7") if value in told]


def test_the_id_in_the_header_is_the_journals(home, admin, offices, caplog):
    fails(home, "", "one")
    token = token_in(admin.get("/operations").text)
    answer = admin.post("/operations/items/retry", data={"csrf_token": token, "key": "one"})
    with unit_of_work(home, OPERATOR, write=False) as work:
        noted = select(JournalEntry.request_id).where(JournalEntry.event == "item.retried")
        request_id = work.session.scalars(noted).one()
    assert request_id == answer.headers[HEADER]


def test_nobody_chooses_the_id_of_a_request(client):
    forged = "0" * 12
    answer = client.get("/sign-in", headers={HEADER: forged})
    assert answer.headers[HEADER] != forged
    assert re.fullmatch(r"[0-9A-Z]{12}", answer.headers[HEADER])


def test_what_is_asked_all_day_is_left_out_unless_it_fails(client, caplog, home):
    caplog.set_level("INFO")
    client.get("/healthz")
    client.get("/static/hedui.css")
    assert lines(caplog, "request.done") == []
    client.get("/static/nothing.css")
    assert "route=/static/<path:filename> status=404" in lines(caplog, "request.done")[0]


def test_healthz_says_that_the_tables_are_anothers(client, home):
    assert client.get("/healthz").status_code == 200
    with unit_of_work(home, OPERATOR) as work:
        work.session.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert json.loads(answer.text)["tables"] == "other"


# --- in the browser --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_it_can_be_used_by_everybody_and_renews_itself_under_the_focus(fresh_place, new_context, language):
    place = fresh_place(SQLITE, DEMO)
    office = open_office(place)
    story = new_case(office)
    fails(office.home, story.case_ref, "one", parked=True)
    fails(office.home, "", "two", kind="campaign.open")
    with serve(place, new_context) as web:
        desk = web.desk("system")
        errors = watch_console(desk.page)
        desk.page.clock.install()
        for width in (1366, 390):
            desk.page.set_viewport_size({"width": width, "height": 768})
            desk.go(f"/operations?lang={language}")
            assert_accessible(desk.page)
            assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
        button = desk.page.locator("button[id^=retry-]").first
        button.focus()
        focused = desk.page.evaluate("document.activeElement.id")
        with desk.page.expect_response(lambda answer: "/operations/figures" in answer.url):
            desk.page.clock.fast_forward(31_000)
        desk.page.wait_for_function("id => document.activeElement.id === id", arg=focused)
        assert errors == []
