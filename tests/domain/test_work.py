"""The unit of work: one commit, rolled back on error, and the locking and durability of every connection."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from domain.errors import NotPermitted
from domain.home import HomeRow
from domain.numbers import NumberCounter
from domain.parties import organisations
from domain.work import OPERATOR, SCHEDULER, harden, unit_of_work
from tests.crowd import at_once
from tests.support import BARE_HOME, open_place
from webapp.app import create_app
from webapp.database import db


def planned(desk) -> datetime | None:
    with unit_of_work(desk.home, OPERATOR, write=False) as work:
        return desk.home.row(work.session).planned_until


def fail_after_writing(desk, session: Session | None = None) -> None:
    with unit_of_work(desk.home, OPERATOR, session=session) as work:
        desk.home.row(work.session).planned_until = None
        work.session.flush()
        raise ZeroDivisionError


LATER = datetime(2030, 1, 1, tzinfo=UTC)


def test_what_a_work_wrote_stays_and_what_a_failed_one_wrote_is_gone(both):
    with unit_of_work(both.home, OPERATOR) as work:
        both.home.row(work.session).planned_until = LATER
    assert planned(both) == LATER

    with pytest.raises(ZeroDivisionError):
        fail_after_writing(both)
    assert planned(both) == LATER


@pytest.mark.parametrize("one_instant", [False, True])
def test_of_a_reading_work_nothing_stays_and_the_next_one_writes(both, database_kind, one_instant):
    with unit_of_work(both.home, OPERATOR, write=False, one_instant=one_instant) as work:
        both.home.row(work.session).planned_until = LATER
        if database_kind == "sqlite":
            with pytest.raises(DBAPIError, match="readonly"):
                work.session.flush()
        else:
            work.session.flush()
    assert planned(both) is None
    with unit_of_work(both.home, OPERATOR) as work:
        both.home.row(work.session).planned_until = LATER
    assert planned(both) == LATER


def test_what_a_reading_work_changes_and_never_sends_is_gone(both):
    with unit_of_work(both.home, OPERATOR, write=False) as work:
        both.home.row(work.session).planned_until = LATER
    assert planned(both) is None


@pytest.mark.postgres
def test_postgresql_keeps_the_plans_of_a_connection_over_reading_works(fresh_place):
    """The driver drops what it has prepared at every rollback: a page that ended in one was planned anew each time."""
    home = open_place(fresh_place("postgresql", BARE_HOME))

    def prepared() -> int:
        with unit_of_work(home, OPERATOR, write=False) as work:
            assert home.row(work.session).kind == "demo"
            return int(work.session.scalar(text("SELECT count(*) FROM pg_prepared_statements")) or 0)

    found = [prepared() for _time in range(6)]
    assert found[0] == 0 < found[-1]
    assert found == sorted(found)
    with pytest.raises(ZeroDivisionError), unit_of_work(home, OPERATOR, write=False):
        raise ZeroDivisionError
    assert prepared() < found[-1], "what failed is rolled back as ever"
    home.engine.dispose()


def test_a_session_that_was_lent_is_given_back_open_and_clean(both):
    with both.home.sessions() as session:
        with unit_of_work(both.home, OPERATOR, session=session) as work:
            both.home.row(work.session).planned_until = LATER
        assert not session.in_transaction()
        with pytest.raises(ZeroDivisionError):
            fail_after_writing(both, session)
        assert not session.in_transaction()
        assert session.get_one(HomeRow, 1).planned_until == LATER


def test_many_who_read_and_then_write_queue_and_none_is_told_that_the_database_is_locked(both):
    def count_up() -> None:
        for _round in range(10):
            with unit_of_work(both.home, OPERATOR) as work:
                office = organisations.by_code(work, "pingshan").id
                mine = select(NumberCounter).where(NumberCounter.org_id == office).with_for_update()
                work.session.scalars(mine).one().value += 1

    with unit_of_work(both.home, OPERATOR) as work:
        office = organisations.by_code(work, "pingshan").id
        work.session.add(NumberCounter(org_id=office, kind="turn", year=2027, value=0))
    at_once(*[count_up] * 4)

    with unit_of_work(both.home, OPERATOR, write=False) as work:
        assert work.session.scalar(select(func.sum(NumberCounter.value)).where(NumberCounter.kind == "turn")) == 40


PRAGMAS = {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 30_000}


def held(connection) -> dict[str, object]:
    return {name: connection.scalar(text(f"PRAGMA {name}")) for name in PRAGMAS}


def test_every_pooled_connection_of_every_engine_is_durable_and_holds_foreign_keys(desk):
    app = create_app(desk.home.settings)
    with app.app_context():
        for engine in (desk.home.engine, db.engine):
            connections = [engine.connect() for _number in range(4)]
            assert [held(connection) for connection in connections] == [PRAGMAS] * 4
            for connection in connections:
                connection.close()
        db.engine.dispose()


@pytest.mark.postgres
def test_a_postgresql_connection_waits_for_the_disk_and_speaks_utc_whatever_the_server_prefers(fresh_place):
    place = fresh_place("postgresql")
    engine = harden(create_engine(place.url))
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        assert connection.scalar(text("SHOW TimeZone")) == "UTC"
    engine.dispose()


def test_only_a_work_that_writes_takes_the_write_lock(desk):
    with unit_of_work(desk.home, OPERATOR) as writing, unit_of_work(desk.home, OPERATOR, write=False) as reading:
        assert desk.home.row(reading.session).kind == "demo"
        desk.home.row(writing.session).planned_until = LATER
    assert planned(desk) == LATER


def test_now_is_read_once_and_today_is_the_offices_day(both):
    evening = datetime(2027, 5, 31, 16, 10, tzinfo=UTC)  # ten past midnight in the office
    with unit_of_work(both.home, OPERATOR, now=evening) as work:
        assert (work.now, work.today) == (evening, date(2027, 6, 1))
    with unit_of_work(both.home, OPERATOR) as work:
        both.home.row(work.session).stopped_at = evening
    with unit_of_work(both.home, OPERATOR, write=False) as work:
        assert work.now == evening


def test_the_scheduler_is_no_person():
    with pytest.raises(NotPermitted):
        SCHEDULER.person()


def test_a_home_is_demonstration_or_its_clock_runs(both):
    session = sessionmaker(both.home.engine)()
    with pytest.raises(Exception, match=r"(?i)check"):
        session.execute(text("UPDATE home SET kind = 'real', stopped_at = '2027-01-01 00:00:00'"))
    session.rollback()
    session.close()
