"""Homes for tests: the demonstration office on a stopped clock, made once a run and copied for each test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from cli import founding
from domain.assistance.recipients import Recipient
from domain.home import Home, make_engine, open_home
from domain.parties import organisations, staff
from domain.parties.passwords import Passwords
from domain.settings import Settings
from domain.work import OPERATOR, Actor, unit_of_work
from scheduler import tick
from tests.infrastructure.databases import Place, Template

# a Tuesday at nine, before the June review of 2027
START = datetime.fromisoformat("2027-05-18T09:00:00+08:00")
CHEAP = Passwords(time_cost=1, memory_kib=8, parallelism=1)


def settings_of(place: Place, **more: str) -> Settings:
    """The settings of a process that serves this place."""
    return Settings.from_env({**place.environment, **more})


def _found(place: Place) -> None:
    founding.found_demo(settings_of(place), lambda _sentence: None, stopped_at=START, hasher=CHEAP)
    home = open_home(settings_of(place))
    tick.sweep(home, "template", most=1000)
    home.engine.dispose()


DEMO = Template("demo", _found)


@dataclass(frozen=True)
class Office:
    """A demonstration office in a test: its home, its place, and the passwords of its people."""

    place: Place
    home: Home
    passwords: Mapping[str, str]

    def actor(self, login: str) -> Actor:
        """The person of this login, with the roles of today."""
        with unit_of_work(self.home, OPERATOR, write=False) as work:
            return staff.actor(work, staff.by_login(work, login))

    def sweep(self) -> None:
        """Do what is due now, until nothing is left."""
        while tick.sweep(self.home, "test", most=100).done:
            pass

    def advance(self, at: str) -> tick.Swept | None:
        """Move the clock to an ISO instant, running everything due on the way."""
        return tick.advance_to(self.home, datetime.fromisoformat(at), "test")


def open_office(place: Place) -> Office:
    """The office at a place made from DEMO."""
    settings = settings_of(place)
    lines = (settings.home / "demo-passwords.txt").read_text(encoding="utf-8").splitlines()
    passwords = {line.split()[0]: line.split()[1] for line in lines if line.strip()}
    return Office(place, open_home(settings, make_engine(settings)), passwords)


def one_roll(office: Office) -> None:
    """All who receive stand on the roll of one unit and programme, so that there is something to compare."""
    with unit_of_work(office.home, OPERATOR) as work:
        unit = organisations.by_code(work, "pingshan")
        for one in work.session.scalars(select(Recipient)):
            one.unit_id, one.programme = unit.id, "DIBAO"


def comes_on_a_medium(office: Office, supplier: str = "bank", category: str = "DEPOSIT") -> None:
    """From here on the data of this source come on a medium, by a version of the catalogue."""
    of = (
        "resource_id = (SELECT r.id FROM resource r JOIN organisation o ON o.id = r.supplier_id"
        " WHERE o.code = :supplier AND r.category = :category)"
    )
    retired = f"UPDATE resource_version SET state = 'RETIRED', state_reason = 'x' WHERE state = 'PUBLISHED' AND {of}"
    on_medium = (
        "INSERT INTO resource_version (ref, resource_id, number, state, taken_over, purpose, channel, fields,"
        " limit_length, limit_unit, written_at, state_reason) SELECT 'medium', resource_id, 90, 'PUBLISHED', TRUE,"
        " purpose, 'MEDIUM', fields, limit_length, limit_unit, written_at, '' FROM resource_version"
        f" WHERE state = 'RETIRED' AND {of} ORDER BY number DESC LIMIT 1"
    )
    with office.home.engine.begin() as raw:
        for line in (retired, on_medium):
            assert raw.execute(text(line), {"supplier": supplier, "category": category}).rowcount == 1
