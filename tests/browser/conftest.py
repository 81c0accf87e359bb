"""The demonstration office at a real web process, for the journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.serving import Served, serve
from tests.homes import DEMO
from tests.infrastructure.databases import SQLITE, Place, Template


@pytest.fixture
def web(fresh_place: Callable[[str, Template], Place], new_context: Callable[..., Any]) -> Iterator[Served]:
    """The office served by a process of its own."""
    with serve(fresh_place(SQLITE, DEMO), new_context) as served:
        yield served
