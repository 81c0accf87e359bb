"""The demonstration office at a real web process, for the journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.serving import Served, serve
from tests.homes import DEMO
from tests.infrastructure.databases import SQLITE, Place, Template
from tests.journeys import steps
from tests.journeys.playing import Story, new_case


@pytest.fixture
def web(fresh_place: Callable[[str, Template], Place], new_context: Callable[..., Any]) -> Iterator[Served]:
    """The office served by a process of its own."""
    with serve(fresh_place(SQLITE, DEMO), new_context) as served:
        yield served


@pytest.fixture
def accepted(web: Served) -> Story:
    """A case that the agency has accepted; the handler is to plan the queries."""
    story = new_case(web.office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)
    return story
