"""Incidents: opened with a failure, closed with the success, tried again at an operator's word; and their log."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.errors import Conflict, NotFound, NotPermitted
from domain.journal import JournalEntry
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from scheduler import duties, tick
from scheduler.duties import Duty
from tasks import incidents
from tasks.health import operations
from tests.homes import Office
from tests.journeys.playing import new_case
from workflows.instances import Incident

SECRET = "甲某 99010119800101123X"


class Flaky:
    """A duty that fails until it is told to work."""

    def __init__(self) -> None:
        self.works = False

    def act(self, _work, _item, _result) -> None:
        if not self.works:
            raise ZeroDivisionError(SECRET)


@pytest.fixture
def flaky(monkeypatch) -> Flaky:
    made = Flaky()
    monkeypatch.setitem(duties.DUTIES, "test.flaky", Duty(made.act))
    return made


def failing(office: Office, subject: str, *, times: int = tick.ATTEMPTS, key: str = "flaky", token: str = "") -> None:
    """An item about a subject that has failed so often."""
    with unit_of_work(office.home, SCHEDULER) as work:
        payload = {"token": token} if token else {}
        work.session.add(AgendaItem(kind="test.flaky", key=key, subject=subject, payload=payload, due_at=work.now))
    for _time in range(times):
        tick.sweep(office.home, "test")
        with unit_of_work(office.home, SCHEDULER) as work:
            work.session.scalars(select(AgendaItem).where(AgendaItem.key == key)).one().not_before = None


def item(office: Office, key: str = "flaky") -> AgendaItem:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        found = work.session.scalars(select(AgendaItem).where(AgendaItem.key == key)).one()
        work.session.expunge_all()
        return found


def all_of(office: Office) -> list[Incident]:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        found = list(work.session.scalars(select(Incident).order_by(Incident.id)))
        work.session.expunge_all()
        return found


def events(office: Office, case_ref: str) -> list[str]:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        wanted = select(JournalEntry.event).where(JournalEntry.subject == case_ref).order_by(JournalEntry.id)
        return [one for one in work.session.scalars(wanted) if one.startswith("incident.")]


def test_a_parked_item_is_tried_again_at_the_operators_word_and_its_incident_closes_with_it(office, flaky, caplog):
    case = new_case(office).case_ref
    failing(office, case)
    assert item(office).parked
    (incident,) = all_of(office)
    assert (incident.attempts, incident.cause, incident.closed_at) == (tick.ATTEMPTS, "ZeroDivisionError", None)

    flaky.works = True
    tick.sweep(office.home, "test")
    assert item(office).done_at is None, "what is parked is left alone"
    with unit_of_work(office.home, OPERATOR) as work:
        assert incidents.retry(work, incident.ref) == 1
    caplog.set_level("INFO")
    tick.sweep(office.home, "test")

    assert item(office).done_at is not None
    assert all_of(office)[0].closed_at is not None
    assert events(office, case) == ["incident.opened", "incident.retried", "incident.closed"]
    assert f"item.done kind=test.flaky attempts={tick.ATTEMPTS + 1} ms=" in caplog.text
    assert f"item=agenda-{item(office).id} subject={case}" in caplog.text


def test_one_more_failure_parks_it_again_at_once(office, flaky):
    failing(office, new_case(office).case_ref)
    with unit_of_work(office.home, OPERATOR) as work:
        incidents.retry(work, all_of(office)[0].ref)
    tick.sweep(office.home, "test")
    assert item(office).parked
    assert [one.attempts for one in all_of(office)] == [tick.ATTEMPTS + 1]


def test_an_incident_stays_while_another_item_of_the_same_step_fails(office, flaky):
    case = new_case(office).case_ref
    failing(office, case, times=1)
    failing(office, case, times=1, key="second")
    flaky.works = True
    with unit_of_work(office.home, OPERATOR) as work:
        incidents.retry_item(work, "flaky")
        work.session.scalars(select(AgendaItem).where(AgendaItem.key == "second")).one().parked = True
    tick.sweep(office.home, "test")
    assert item(office).done_at is not None
    assert [one.closed_at for one in all_of(office)] == [None]


def test_the_end_of_one_branch_does_not_close_what_fails_in_another_of_the_same_step(office, flaky):
    case = new_case(office).case_ref
    failing(office, case, times=1, token="one")
    failing(office, case, times=1, key="second", token="two")
    assert [(one.token, one.closed_at) for one in all_of(office)] == [("one", None), ("two", None)]
    flaky.works = True
    with unit_of_work(office.home, OPERATOR) as work:
        incidents.retry_item(work, "flaky")
        work.session.scalars(select(AgendaItem).where(AgendaItem.key == "second")).one().parked = True
    tick.sweep(office.home, "test")
    one, two = all_of(office)
    assert one.closed_at is not None and two.closed_at is None


def test_behind_which_nothing_is_left_it_is_closed(office, flaky):
    case = new_case(office).case_ref
    failing(office, case, times=1)
    with unit_of_work(office.home, SCHEDULER) as work:
        work.session.delete(work.session.scalars(select(AgendaItem).where(AgendaItem.key == "flaky")).one())
    with unit_of_work(office.home, OPERATOR) as work:
        assert incidents.retry(work, all_of(office)[0].ref) == 0
    with unit_of_work(office.home, OPERATOR) as work, pytest.raises(NotFound):
        incidents.retry(work, all_of(office)[0].ref)


def test_only_who_runs_the_house_tries_again_and_only_what_failed(office, flaky):
    failing(office, "", times=1)
    with unit_of_work(office.home, SCHEDULER) as work:
        work.session.add(AgendaItem(kind="test.flaky", key="fresh", subject="", due_at=work.now))
    for login in ("clerk", "auditor", "handler"):
        with unit_of_work(office.home, office.actor(login)) as work, pytest.raises(NotPermitted):
            incidents.retry_item(work, "flaky")
    with unit_of_work(office.home, OPERATOR) as work:
        with pytest.raises(Conflict):
            incidents.retry_item(work, "fresh")
        with pytest.raises(NotFound):
            incidents.retry_item(work, "nothing")
        incidents.retry_item(work, "flaky")
        assert work.session.scalars(select(AgendaItem.not_before).where(AgendaItem.key == "flaky")).one() is None


def test_the_figures_say_what_is_late_failing_and_parked(office, flaky):
    case = new_case(office).case_ref
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        before = operations.overview(work)
    failing(office, case)
    failing(office, "", times=1, key="postponed")
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        facts = operations.overview(work)
        number = work.session.scalars(select(Case.number).where(Case.ref == case)).one()
    due = facts.agenda
    assert (due.parked, due.failing, due.late - before.agenda.late) == (1, 1, 1)
    assert [(one.key, one.parked) for one in due.rows] == [("flaky", True), ("postponed", False)]
    (shown,) = facts.incidents
    assert (shown.number, shown.cause, shown.parked) == (number, "ZeroDivisionError", True)
    assert facts.incident_count == 1
    assert SECRET not in repr(facts)


def test_a_failing_item_is_one_line_with_its_place_and_without_its_words(office, flaky, caplog):
    failing(office, "", times=1)
    (line,) = [one.getMessage() for one in caplog.records if one.getMessage().startswith("item.failed")]
    assert "kind=test.flaky attempts=1 parked=False" in line
    assert "error=ZeroDivisionError" in line
    assert "tests/scheduler/test_incidents.py:" in line and line.isprintable()
    assert SECRET not in line
