"""The demonstration office at a real web process, for the journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.serving import Served, serve
from tests.homes import DEMO
from tests.infrastructure.databases import SQLITE, Place, Template
from tests.journeys.played import ACCEPTED, SEARCHED, story_of
from tests.journeys.playing import Story

PLAYED = {"accepted": ACCEPTED, "compared": SEARCHED}


@pytest.fixture
def template(request: pytest.FixtureRequest) -> Template:
    """What the office holds that is served: as much as the story that the test asks for."""
    return next((PLAYED[name] for name in PLAYED if name in request.fixturenames), DEMO)


@pytest.fixture
def web(
    template: Template, fresh_place: Callable[[str, Template], Place], new_context: Callable[..., Any]
) -> Iterator[Served]:
    """The office served by a process of its own."""
    with serve(fresh_place(SQLITE, template), new_context) as served:
        yield served


@pytest.fixture
def accepted(web: Served) -> Story:
    """A case that the agency has accepted; the handler is to plan the queries."""
    return story_of(web.office)


@pytest.fixture
def compared(web: Served) -> Story:
    """A case whose table has spoken; the report is still to be drafted."""
    return story_of(web.office)
