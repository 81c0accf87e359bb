"""A small office in a database of each kind, and one on SQLite alone where the database does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine

from domain.home import open_home
from domain.work import harden
from tests.domain.office import OFFICE, Desk, settings_of
from tests.infrastructure.databases import SQLITE, Place, Template


def _desk(place: Place) -> Iterator[Desk]:
    engine = harden(create_engine(place.url))
    yield Desk(open_home(settings_of(place), engine))
    engine.dispose()


@pytest.fixture
def desk(fresh_place: Callable[[str, Template], Place], request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The office on SQLite."""
    request.node.user_properties.append(("ran on", SQLITE))
    yield from _desk(fresh_place(SQLITE, OFFICE))


@pytest.fixture
def both(fresh_place: Callable[[str, Template], Place], database_kind: str) -> Iterator[Desk]:
    """The office, once on each kind of database."""
    yield from _desk(fresh_place(database_kind, OFFICE))
