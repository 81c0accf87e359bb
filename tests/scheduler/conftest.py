"""A home whose clock stands, with one unit, one agency and a registered duty that notes what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain import agenda, journal
from domain.agenda import AgendaItem
from domain.home import Home, make_engine, open_home
from domain.journal import JournalEntry
from domain.work import SCHEDULER, Work, unit_of_work
from scheduler import duties
from scheduler.duties import Duty
from tests.homes import settings_of
from tests.infrastructure.databases import Place, Template
from tests.support import make_home

NOON = datetime(2027, 5, 31, 4, 0, tzinfo=UTC)


def _found(kind: str, stopped_at: datetime | None) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        url = place.url if place.kind == "postgresql" else ""
        make_home(place.home, url, kind=kind, stopped_at=stopped_at).engine.dispose()

    return make


STANDS = Template("stands", _found("demo", NOON))
RUNS = Template("runs", _found("real", None))


def act(work: Work, item: AgendaItem, _result: Any) -> None:
    """Note when it ran; make the items the payload asks for; fail where it says so."""
    journal.record(work, "noted", item.key, {"now": work.now.isoformat()}, stream=("test", "notes"))
    for key, seconds in item.payload.get("makes", {}).items():
        agenda.put(work, "test.note", key, item.due_at + timedelta(seconds=seconds))
    if item.payload.get("fails"):
        raise ZeroDivisionError("甲某 99010119800101123X")


@pytest.fixture(autouse=True)
def noting() -> Iterator[None]:
    """A duty of the tests' own."""
    duties.DUTIES["test.note"] = Duty(act)
    yield
    del duties.DUTIES["test.note"]


def _opened(place: Place) -> Iterator[Home]:
    settings = settings_of(place)
    home = open_home(settings, make_engine(settings))
    yield home
    home.engine.dispose()


@pytest.fixture
def standing(database_kind: str, fresh_place: Callable[[str, Template], Place]) -> Iterator[Home]:
    """A home whose clock stands at NOON, on each kind of database."""
    yield from _opened(fresh_place(database_kind, STANDS))


@pytest.fixture
def running(database_kind: str, fresh_place: Callable[[str, Template], Place]) -> Iterator[Home]:
    """A real home, whose clock runs."""
    yield from _opened(fresh_place(database_kind, RUNS))


def plan(home: Home, key: str, due: datetime, kind: str = "test.note", **payload: Any) -> None:
    """Plan a note."""
    with unit_of_work(home, SCHEDULER) as work:
        agenda.put(work, kind, key, due, payload=payload)


def notes(home: Home) -> list[tuple[str, datetime]]:
    """What was noted, in order: key and legal time."""
    with unit_of_work(home, SCHEDULER, write=False) as work:
        rows = work.session.scalars(
            select(JournalEntry).where(JournalEntry.event == "noted").order_by(JournalEntry.seq)
        )
        return [(row.subject, row.legal_at) for row in rows]


def clock(home: Home) -> datetime | None:
    """Where the clock stands."""
    with unit_of_work(home, SCHEDULER, write=False) as work:
        return home.row(work.session).stopped_at


def item(home: Home, key: str) -> AgendaItem:
    """The agenda's row."""
    with unit_of_work(home, SCHEDULER, write=False) as work:
        found = work.session.scalars(select(AgendaItem).where(AgendaItem.key == key)).one()
        work.session.expunge(found)
        return found
