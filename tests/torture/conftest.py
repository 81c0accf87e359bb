"""A house of one's own for each test that pulls a case about."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.infrastructure.databases import Place, Template
from tests.torture.drawn import BREAKS, SLOW
from tests.torture.world import STAFFED, World, open_world
from workflows import registry


class Ask:
    """Something slow that a case waits for."""

    def gather(self, call: registry.Call) -> Any:
        return call.step_id

    def perform(self, home: object, plan: Any) -> Any:
        return {"rows": 1}

    def record(self, call: registry.Call, result: Any) -> dict[str, Any]:
        return dict(result)


class Breaks:
    """Something that fails until somebody says that it is mended."""

    def run(self, call: registry.Call) -> dict[str, Any]:
        if not call.data.get("is_mended"):
            raise ZeroDivisionError
        return {}


@pytest.fixture(scope="session")
def melting() -> Iterator[None]:
    """What was frozen is given back before the process ends."""
    yield
    gc.unfreeze()


@pytest.fixture
def young_garbage(melting: None) -> None:
    """What dies in a test is looked for among what the test made, not among everything that was there before."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def world(database_kind: str, fresh_place: Callable[[str, Template], Place], young_garbage: None) -> Iterator[World]:
    """The house, once on each kind of database, with two operations more than it ships."""
    entries = registry.operations()
    assert isinstance(entries, dict)
    entries[SLOW] = registry.Operation(SLOW, "Asked", "slow", Ask())
    entries[BREAKS] = registry.Operation(BREAKS, "Breaks", "quick", Breaks())
    made = open_world(fresh_place(database_kind, STAFFED))
    yield made
    made.home.engine.dispose()
    del entries[SLOW], entries[BREAKS]
