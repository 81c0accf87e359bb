"""Pages of incidents and timers: found by filter, set right with a reason, shown first; nothing of a case on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from domain.cases import DYNAMIC, Case
from domain.home import Home
from domain.journal import JournalEntry
from domain.parties.organisations import Organisation
from domain.rules import snapshot
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from scheduler import tick
from tasks import moves
from tasks.batches import batch_chunks, batches
from tasks.pages import incident_lists
from tasks.pages.incident_lists import Filter
from tasks.rows.models import OPEN, HumanTask
from tests.browser.serving import serve
from tests.homes import DEMO, Office, open_office
from tests.infrastructure.browser import assert_accessible, watch_console
from tests.infrastructure.databases import SQLITE
from tests.torture.drawn import Drawing, Node, Scope, human, timer
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.test_operations import pass_second_factor
from workflows import definitions, registry
from workflows.bundles import Checked
from workflows.instances import CaseWait, Incident

SECRET = "甲某 说"
CAUGHT = Node("boundaryEvent", "caught", 'attachedToRef="fetch"', '<bpmn:errorEventDefinition errorRef="Er"/>')
RING = timer("ring", "P3D", "boundaryEvent", 'attachedToRef="A" cancelActivity="false"')
FETCH = Node("serviceTask", "fetch", 'camunda:type="external" camunda:topic="test.fetch"')
NODES = [Node("startEvent", "S"), Node("parallelGateway", "G"), human("A"), RING, FETCH, CAUGHT, human("B"),
         *(Node("endEvent", name) for name in ("E", "E2", "E3"))]  # fmt: skip
FLOWS = ["S G", "G A", "G fetch", "fetch E", "caught B", "B E2", "A E3", "ring E3"]
FRAGILE = Drawing("fragile", Scope(NODES, FLOWS), '<bpmn:error id="Er" name="away" errorCode="away"/>')


def fetch(call: registry.Call) -> dict[str, Any]:
    """Goes well as soon as somebody says how many sources there are."""
    if call.data.get("sources") != 2:
        raise ZeroDivisionError(SECRET)
    return {"rows": 1}


@pytest.fixture(autouse=True)
def fetching() -> Iterator[None]:
    entries = registry.operations()
    assert isinstance(entries, dict)
    entries["test.fetch"] = registry.Operation("test.fetch", "Fetch", "quick", fetch)
    yield
    del entries["test.fetch"]


def failing(home: Home, number: int = 1) -> list[str]:
    """So many cases whose step has failed; their refs."""
    refs = []
    with unit_of_work(home, SCHEDULER) as work:
        definitions.ship(work, Checked(FRAGILE.bundle(), ()))
        offices = {kind: work.session.scalars(select(Organisation).where(Organisation.kind == kind)).first()
                   for kind in ("department", "agency", "town_post")}  # fmt: skip
        department, agency, town = (offices[kind] for kind in ("department", "agency", "town_post"))
        assert department is not None and agency is not None and town is not None
        for _number in range(number):
            case = Case(number=moves.case_number(work, department.id, department.mark), kind=DYNAMIC, process="fragile",
                        process_version=1, programme="dibao", department_id=department.id, agency_id=agency.id,
                        town_id=town.id, opened_at=work.now,
                        policy_snapshot_id=snapshot(work, department.id).id)  # fmt: skip
            work.session.add(case)
            work.session.flush()
            moves.start_case(work, case, definitions.in_force(work, "fragile"), {"rounds": 3, "who": SECRET})
            refs.append(case.ref)
    return refs


def only_incident(home: Home) -> str:
    with unit_of_work(home, OPERATOR, write=False) as work:
        return work.session.scalars(select(Incident.ref).where(Incident.closed_at.is_(None))).one()


def open_steps(home: Home, case_ref: str) -> list[str]:
    with unit_of_work(home, OPERATOR, write=False) as work:
        wanted = select(HumanTask.step_id).join(Case, Case.id == HumanTask.case_id)
        return sorted(work.session.scalars(wanted.where(Case.ref == case_ref, HumanTask.state.in_(OPEN))))


@pytest.fixture
def desk(office: Office):
    made = browser_of(app_of(office), office, "system")
    pass_second_factor(made)
    made.get("/operations?lang=en")
    return made


def test_values_are_shown_before_and_after_and_then_set_with_a_reason(office: Office, desk):
    failing(office.home)
    ref = only_incident(office.home)
    page = desk.get(f"/operations/incidents/{ref}?lang=en").text
    assert "rounds" in page and "not shown" in page and SECRET not in page and "甲某" not in page
    sent = {"csrf_token": token_in(page), "act": "values", "lines": "sources = 2", "reason": "The figure was left out."}
    asked = desk.post(f"/operations/incidents/{ref}", data=sent)
    assert asked.status_code == 200 and "Before and after" in asked.text
    assert only_incident(office.home) == ref, "nothing has happened yet"
    done = desk.post(f"/operations/incidents/{ref}", data={**sent, "sure": "yes"}, follow_redirects=True)
    assert "tried again" in done.text
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        row = work.session.scalars(select(Incident)).one()
        assert row.closed_at is not None and row.outcome == "done"
        entry = work.session.scalars(select(JournalEntry).where(JournalEntry.event == "incident.values")).one()
        assert entry.body["names"] == ["sources"] and "left out" not in str(entry.body)


@pytest.mark.parametrize(
    "wrong", [{"lines": "who = Mr Li", "reason": "so"}, {"lines": "case = 1", "reason": "so"},
              {"lines": "sources = 2", "reason": " "}, {"lines": "sources = [1]", "reason": "so"}]
)  # fmt: skip
def test_what_is_no_routing_value_or_has_no_reason_is_refused(office: Office, desk, wrong):
    failing(office.home)
    ref = only_incident(office.home)
    token = token_in(desk.get(f"/operations/incidents/{ref}").text)
    answer = desk.post(
        f"/operations/incidents/{ref}", data={"csrf_token": token, "act": "values", "sure": "yes", **wrong}
    )
    assert answer.status_code in (409, 422)
    assert only_incident(office.home) == ref


def test_the_drawing_catches_what_it_can_and_a_step_is_skipped(office: Office, desk):
    first, second = failing(office.home, 2)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        refs = list(work.session.scalars(select(Incident.ref).order_by(Incident.id)))
    page = desk.get(f"/operations/incidents/{refs[0]}?lang=en").text
    assert "away (caught)" in page
    token = token_in(page)
    for ref, sent in ((refs[0], {"act": "map", "code": "away"}), (refs[1], {"act": "skip"})):
        answer = desk.post(
            f"/operations/incidents/{ref}", data={"csrf_token": token, "reason": "so", "sure": "yes", **sent}
        )
        assert answer.status_code == 302
    assert open_steps(office.home, first) == ["A", "B"]
    assert open_steps(office.home, second) == ["A"]


def test_incidents_are_found_by_filter_page_after_page_and_tried_again_together(office: Office, desk, monkeypatch):
    monkeypatch.setattr(incident_lists, "SIZE", 4)
    failing(office.home, 6)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        first = incident_lists.listed(work, Filter(process="fragile", step="fetch", cause="ZeroDivisionError"))
        following = incident_lists.listed(work, Filter(), first.following)
        assert (len(first.rows), first.total, len(following.rows), following.following) == (4, 6, 2, 0)
        assert incident_lists.listed(work, Filter(step="other")).total == 0
        assert incident_lists.listed(work, Filter(office=first.rows[0].office)).total == 6
    page = desk.get("/operations/incidents?lang=en&step=fetch").text
    assert 'rel="next"' in page
    sure = desk.post("/operations/incidents/retry", data={"csrf_token": token_in(page), "step": "fetch"})
    assert "Try 6 incidents again?" in sure.text
    answer = desk.post(
        "/operations/incidents/retry", data={"csrf_token": token_in(page), "step": "fetch", "sure": "yes"},
        follow_redirects=True,
    )  # fmt: skip
    assert "tried again now: 6" in answer.text
    assert tick.sweep(office.home, "test", most=50).postponed == 6


def test_many_incidents_become_a_batch_that_is_begun_stopped_and_gone_on_with(office: Office, desk, monkeypatch):
    monkeypatch.setattr(incident_lists, "AT_ONCE", 2)
    monkeypatch.setattr(batches, "SECOND_FROM", 2)
    monkeypatch.setattr(batch_chunks, "RUN_AT_ONCE", 2)
    cases = failing(office.home, 5)
    token = token_in(desk.get("/operations/incidents?lang=en").text)
    sent = {"csrf_token": token, "step": "fetch", "sure": "yes"}
    assert "become a batch" in desk.post("/operations/incidents/retry", data={**sent, "sure": ""}).text
    assert desk.post("/operations/incidents/retry", data=sent).status_code == 422
    page = desk.post("/operations/incidents/retry", data={**sent, "reason": "The source answers again."}).location
    assert page.startswith("/batches/")
    tick.sweep(office.home, "test", most=50)

    def press(verb: str) -> None:
        assert desk.post(f"{page}/{verb}", data={"csrf_token": token}).status_code == 302

    # nobody else has to approve what the worker does by itself as well
    assert "Do it to 5 cases" in desk.get(page).text
    press("run")
    ref = page.rpartition("/")[2]
    with unit_of_work(office.home, SCHEDULER) as work:
        batch_chunks.run_some(work, ref)
    press("cancel")
    assert "Go on" in desk.get(page).text
    assert tried(office.home) == 2
    press("run")
    tick.sweep(office.home, "test", most=100)
    assert tried(office.home) == len(cases)
    shown = desk.get(page).text
    assert "Go on" not in shown and "Take back" not in shown


def tried(home: Home) -> int:
    """Incidents that were tried again by somebody's word."""
    with unit_of_work(home, OPERATOR, write=False) as work:
        return len(work.session.scalars(select(JournalEntry.id).where(JournalEntry.event == "incident.retried")).all())


def test_a_timer_is_moved_with_a_reason_and_keeps_its_plan(office: Office, desk):
    (case,) = failing(office.home)
    page = desk.get("/operations/timers?lang=en").text
    (address,) = re.findall(rf"/operations/timers/{case}/\w+", page)
    token = token_in(desk.get(address).text)
    assert desk.post(address, data={"csrf_token": token, "at": "2027-05-30T10:00", "reason": ""}).status_code == 422
    done = desk.post(
        address, data={"csrf_token": token, "at": "2027-05-30T10:00", "reason": "The hall is closed."},
        follow_redirects=True,
    )  # fmt: skip
    assert "2027-05-30 10:00" in done.text and "planned 2027-05-21 09:00" in done.text
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        row = work.session.scalars(select(CaseWait).where(CaseWait.kind == "timer")).one()
        assert row.planned_at is not None and row.due_at is not None and row.planned_at < row.due_at
        body = work.session.scalars(select(JournalEntry.body).where(JournalEntry.event == "timer.moved")).one()
        assert "hall" not in str(body)
    office.advance("2027-05-22T09:00:00+08:00")
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert work.session.scalars(select(JournalEntry).where(JournalEntry.event == "timer.fired")).all() == []
    office.advance("2027-05-30T10:00:00+08:00")
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert len(work.session.scalars(select(JournalEntry).where(JournalEntry.event == "timer.fired")).all()) == 1


def test_a_term_of_the_law_is_not_moved(office: Office, desk):
    (case,) = failing(office.home)
    with unit_of_work(office.home, SCHEDULER) as work:
        row = work.session.scalars(select(CaseWait).where(CaseWait.kind == "timer")).one()
        row.derivation = {"kind": "STATUTORY"}
        address = f"/operations/timers/{case}/{row.token}"
    page = desk.get(f"{address}?lang=en").text
    assert "The law has set this term" in page
    token = token_in(desk.get("/operations").text)
    answer = desk.post(address, data={"csrf_token": token, "at": "2027-05-30T10:00", "reason": "so"})
    assert answer.status_code == 409


def test_what_no_browser_sends_is_refused_in_words(office: Office, desk):
    (case,) = failing(office.home)
    ref = only_incident(office.home)
    token = token_in(desk.get("/operations").text)
    address = f"/operations/incidents/{ref}"
    odd = {"csrf_token": token, "act": "skip", "reason": "so", "version": "x" * 9}
    assert desk.post(address, data=odd).status_code == 200
    assert desk.post(address, data={**odd, "version": "9" * 30}).status_code == 200
    (timer,) = re.findall(rf"/operations/timers/{case}/\w+", desk.get("/operations/timers").text)
    for at in ("0001-01-01T00:00", "9999-12-31T23:59", "soon"):
        answer = desk.post(timer, data={"csrf_token": token, "at": at, "reason": "so"})
        assert answer.status_code == 422 and "so" in answer.text, "what was typed is kept"
    big = "9" * 30
    for page in ("/operations/incidents?after=", "/operations/timers?after=2027-01-01T00:00:00%2B00:00|",
                 "/batches?before=", f"/cases/{case}?moment="):  # fmt: skip
        assert desk.get(f"{page}{big}").status_code < 500


def test_only_who_runs_the_house_repairs(office: Office):
    failing(office.home)
    ref = only_incident(office.home)
    app = app_of(office)
    clerk = browser_of(app, office, "clerk")
    assert clerk.get("/operations/incidents").status_code == 403
    assert clerk.get(f"/operations/incidents/{ref}").status_code == 403
    auditor = browser_of(app, office, "auditor")
    pass_second_factor(auditor)
    page = auditor.get(f"/operations/incidents/{ref}")
    assert page.status_code == 200 and "<textarea" not in page.text
    token = token_in(auditor.get("/operations").text)
    sent = {"csrf_token": token, "act": "skip", "reason": "so", "sure": "yes"}
    assert auditor.post(f"/operations/incidents/{ref}", data=sent).status_code == 403
    assert auditor.get(f"/operations/incidents/{'0' * 26}").status_code == 404


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_the_pages_can_be_used_by_everybody_with_the_keyboard_alone(fresh_place, new_context, language):
    place = fresh_place(SQLITE, DEMO)
    office = open_office(place)
    failing(office.home)
    ref = only_incident(office.home)
    with serve(place, new_context) as web:
        desk = web.desk("system")
        errors = watch_console(desk.page)
        for width in (1366, 390):
            desk.page.set_viewport_size({"width": width, "height": 768})
            for address in ("/operations/incidents", f"/operations/incidents/{ref}", "/operations/timers"):
                desk.go(f"{address}?lang={language}")
                assert_accessible(desk.page)
                assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
        desk.go(f"/operations/incidents/{ref}?lang={language}")
        desk.page.locator("#result").focus()
        desk.page.keyboard.press("Tab")
        desk.page.keyboard.type("The source has closed.")
        desk.page.keyboard.press("Tab")
        desk.page.keyboard.press("Enter")
        desk.page.wait_for_selector("input[name=sure]", state="attached")
        assert_accessible(desk.page)
        desk.page.locator("main form button.primary").focus()
        desk.page.keyboard.press("Enter")
        desk.page.wait_for_url("**/operations/incidents")
        assert errors == []
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert work.session.scalars(select(Incident.outcome)).one() == "skipped"
