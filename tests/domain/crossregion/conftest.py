"""Two provinces with their cities in one home, on each kind of database, and on SQLite alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine

from domain.home import open_home
from domain.work import harden
from tests.domain.crossregion.regions import REGIONS
from tests.domain.office import Desk, settings_of
from tests.infrastructure.databases import SQLITE, Place, Template


def _desk(place: Place) -> Iterator[Desk]:
    engine = harden(create_engine(place.url))
    yield Desk(open_home(settings_of(place), engine))
    engine.dispose()


@pytest.fixture
def desk(fresh_place: Callable[[str, Template], Place], request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The provinces on SQLite."""
    request.node.user_properties.append(("ran on", SQLITE))
    yield from _desk(fresh_place(SQLITE, REGIONS))


@pytest.fixture
def both(fresh_place: Callable[[str, Template], Place], database_kind: str) -> Iterator[Desk]:
    """The provinces, once on each kind of database."""
    yield from _desk(fresh_place(database_kind, REGIONS))
