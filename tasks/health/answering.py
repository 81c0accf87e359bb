"""How quickly the web answered, for whoever runs the house: of a day by request, and hour by hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import request_times
from domain.clock import machine_now
from domain.parties.permissions import must
from domain.request_times import Times
from domain.work import Work

HOURS = 24
SHOWN = 10  # requests that are shown at once; the others stand below
SLOW = 1000  # ms: nineteen of twenty requests should be answered sooner


@dataclass(frozen=True, slots=True)
class Answering:
    """routes: the slowest first, as (method, pattern, figures); hours: the newest first (machine time)."""

    routes: Sequence[tuple[str, str, Times]]
    hours: Mapping[datetime, Times]

    @property
    def count(self) -> int:
        """All requests of the day."""
        return sum(one.count for one in self.hours.values())


def answering(work: Work) -> Answering:
    """The figures of the last day, of all web processes. Two queries. Raises NotPermitted."""
    must(work.actor, "operations.read")
    since = request_times.hour_of(machine_now()) - timedelta(hours=HOURS - 1)
    found = sorted(request_times.by_route(work, since).items(), key=lambda one: (-one[1].most, one[0]))
    routes = [(route.partition(" ")[0], route.partition(" ")[2], times) for route, times in found]
    return Answering(routes, request_times.by_hour(work, since))
