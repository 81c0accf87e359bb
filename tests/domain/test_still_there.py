"""Whoever takes a connection out of the pool gets one that is there, and nobody asks the server without need."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from domain import still_there
from domain.work import harden

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine(fresh_place):
    made = harden(create_engine(fresh_place("postgresql").url))
    yield made
    made.dispose()


def pid(engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")))


def ended(engine, *pids: int) -> None:
    """The server ends these sessions, as it does when it is started anew."""
    other = create_engine(engine.url)
    with other.connect() as connection:
        for one in pids:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": one})
    other.dispose()


def test_a_session_that_the_server_ended_is_replaced_before_anybody_speaks(engine):
    before = pid(engine)
    assert pid(engine) == before
    ended(engine, before)
    assert pid(engine) != before


def test_of_several_that_are_gone_none_is_given_out(engine):
    held = [engine.connect() for _number in range(3)]
    gone = {int(one.scalar(text("SELECT pg_backend_pid()"))) for one in held}
    for one in held:
        one.close()
    ended(engine, *gone)
    assert pid(engine) not in gone


def test_a_connection_that_was_closed_on_this_side_is_replaced(engine):
    before = pid(engine)
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
    raw.close()
    assert pid(engine) != before


def test_who_was_idle_for_long_is_asked_and_who_was_not_is_not(engine, monkeypatch):
    asked: list[object] = []
    ping = engine.dialect.do_ping

    def noted(connection: object) -> bool:
        asked.append(connection)
        return bool(ping(connection))

    monkeypatch.setattr(engine.dialect, "do_ping", noted)
    pid(engine)
    asked.clear()
    pid(engine)
    assert asked == []
    monkeypatch.setattr(still_there, "MOMENT_SECONDS", 0.0)
    pid(engine)
    assert len(asked) == 1
