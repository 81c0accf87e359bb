"""The bare house of the torture tests, with a process that people share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.infrastructure.databases import Place, Template
from tests.torture.world import STAFFED, World, open_world


@pytest.fixture
def world(database_kind: str, fresh_place: Callable[[str, Template], Place]) -> Iterator[World]:
    """Three handlers, a head of the department and one of the agency, once on each kind of database."""
    made = open_world(fresh_place(database_kind, STAFFED))
    yield made
    made.home.engine.dispose()
