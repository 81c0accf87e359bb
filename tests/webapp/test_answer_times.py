"""How long the web took to answer: counted in memory, added up in rows, shown to who runs the house."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from domain import request_times
from domain.base import Base
from domain.clock import machine_now
from domain.errors import NotPermitted
from domain.request_times import KEEP, Counted, RequestTime, hour_of, span_of, times_of
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from tasks.health import answering
from tests.support import an_account, the_actor
from tests.webapp.desk_world import app_of
from tests.webapp.test_administration import desk_of as desk_of
from webapp.access_log import COUNTED


def rows(home) -> dict[tuple[str, int], tuple[int, int]]:
    with unit_of_work(home, OPERATOR, write=False) as work:
        found = work.session.scalars(select(RequestTime))
        return {(one.route, one.span): (one.count, one.slowest) for one in found}


def test_several_processes_that_write_at_once_make_one_picture(home):
    processes = [Counted() for _number in range(4)]
    hour = machine_now()
    for number, one in enumerate(processes):
        for ms in (1, 5, 40, 40 + number):
            one.note("GET /inbox", ms, at=hour)
            one.note("POST /tasks/<ref>", ms * 2, at=hour)
    barrier = threading.Barrier(len(processes))
    failed: list[BaseException] = []

    def write(one: Counted) -> None:
        try:
            barrier.wait()
            one.flush(home)
        except BaseException as problem:  # a thread's failure is the test's
            failed.append(problem)

    threads = [threading.Thread(target=write, args=(one,)) for one in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    found = rows(home)
    assert found["GET /inbox", 0] == (4, 1)
    assert sum(count for (route, _span), (count, _ms) in found.items() if route == "GET /inbox") == 16
    with unit_of_work(home, OPERATOR, write=False) as work:
        times = request_times.by_route(work, hour_of(hour))
    assert (times["GET /inbox"].count, times["GET /inbox"].slowest) == (16, 43)
    assert times["POST /tasks/<ref>"].slowest == 86


def test_what_is_written_once_is_not_written_again(home):
    counted = Counted()
    counted.note("GET /", 7)
    counted.flush(home)
    counted.flush(home)
    assert [count for count, _ms in rows(home).values()] == [1]
    counted.note("GET /", 7)
    counted.flush(home)
    assert [count for count, _ms in rows(home).values()] == [2]


def test_what_cannot_be_written_is_counted_on(home, monkeypatch):
    counted = Counted()
    counted.note("GET /", 7)
    with unit_of_work(home, SCHEDULER) as work:
        Base.metadata.tables["request_time"].drop(work.session.connection())
    stop = threading.Event()
    stop.set()
    request_times.flushing(home, counted, stop).join(30)  # says so in the log and ends
    with unit_of_work(home, SCHEDULER) as work:
        Base.metadata.tables["request_time"].create(work.session.connection())
    counted.flush(home)
    assert list(rows(home).values()) == [(1, 7)]


def test_what_is_older_than_three_days_is_forgotten_and_the_day_is_shown_alone(home, offices):
    counted, now = Counted(), machine_now()
    counted.note("GET /old", 5, at=now - KEEP - timedelta(hours=2))
    counted.note("GET /yesterday", 5, at=now - timedelta(hours=30))
    counted.note("GET /now", 5, at=now)
    counted.flush(home)
    assert {route for route, _span in rows(home)} == {"GET /yesterday", "GET /now"}
    with unit_of_work(home, OPERATOR, write=False) as work:
        seen = answering.answering(work)
    assert [(method, rule) for method, rule, _times in seen.routes] == [("GET", "/now")]
    assert seen.count == 1
    clerk = an_account(home, offices.department, "department_clerk")
    actor = the_actor(clerk, offices.department, "department_clerk")
    with unit_of_work(home, actor, write=False) as work, pytest.raises(NotPermitted):
        answering.answering(work)


@given(st.lists(st.integers(1, 2_000_000), min_size=1, max_size=300))
@settings(max_examples=200, deadline=None)
def test_a_percentile_is_never_told_too_small_and_at_most_a_quarter_too_large(taken):
    spans: dict[int, tuple[int, int]] = {}
    for ms in taken:
        count, slowest = spans.get(span_of(ms), (0, 0))
        spans[span_of(ms)] = (count + 1, max(slowest, ms))
    found, true = times_of(spans), sorted(taken)
    assert (found.count, found.slowest) == (len(true), true[-1])
    for told, share in ((found.half, 0.5), (found.most, 0.95)):
        exact = next(ms for number, ms in enumerate(true, 1) if number >= len(true) * share)
        assert exact <= told <= max(exact * 1.27 + 1, exact if span_of(exact) < 60 else true[-1])


def test_a_request_writes_nothing_and_is_counted_by_its_pattern(office):
    app = app_of(office)
    home, counted = app.extensions["house"].home, app.extensions[COUNTED]
    written: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        written.append(statement)

    event.listen(home.engine, "before_cursor_execute", note)
    try:
        browser = app.test_client()
        for _number in range(3):
            assert browser.get("/sign-in").status_code == 200
        assert browser.get("/no/such/page").status_code == 404
        assert browser.get("/healthz").status_code == 200
        assert not [one for one in written if "request_time" in one]
    finally:
        event.remove(home.engine, "before_cursor_execute", note)
    counted.flush(home)
    with unit_of_work(home, OPERATOR, write=False) as work:
        assert work.session.scalar(select(func.sum(RequestTime.count)).where(RequestTime.route == "GET /sign-in")) == 3
        assert {one.rpartition(" ")[2] for one in work.session.scalars(select(RequestTime.route))} == {"/sign-in"}


def test_the_operations_page_shows_the_slowest_first_and_every_hour(home, offices, desk_of):
    admin = desk_of(an_account(home, offices.system, "system_admin"))
    assert "No request was measured yet." in admin.get("/operations").text
    counted = Counted()
    for ms in (10, 12, 2500):
        counted.note("GET /tasks/<ref>", ms)
    for number in range(15):
        counted.note(f"GET /page{number}", 20 + number)
    counted.flush(home)
    page = admin.get("/operations").text
    part = page[page.index('id="answering"') :]
    assert re.findall(r"<code[^>]*>GET ([^<]+)</code>", part)[0] == "/tasks/&lt;ref&gt;"
    assert '<td class="num t-overdue" data-label="95 of 100 within, ms">2,500</td>' in part
    assert "6 more pages" in part and "18 requests" in part
    assert "响应时间" in admin.get("/operations?lang=zh").text
    assert "answering" not in admin.get("/operations/figures").text
