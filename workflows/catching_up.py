"""What happens to the rounds of a cycle that nobody could carry out: after downtime, or when the clock was moved on.

A date or a duration happens once and is never left out: late, with its planned instant kept. A cycle says it itself,
in the property `catch-up` of its event: `all` carries out every missed round, one a move, in order; `once` (the
default) carries out the last missed one and counts the others as past; `skip` leaves out what is late by more than
ten minutes and goes on with the next round in time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from domain.text import Text
from domain.text import gettext as _

PROPERTY = "catch-up"
ALL, ONCE, SKIP = "all", "once", "skip"
POLICIES = (ALL, ONCE, SKIP)
# in words, by policy; "" for what happens once
TITLES: Mapping[str, Text] = {
    "": _("happens once, late"),
    ALL: _("every missed round, in order"),
    ONCE: _("the last missed round alone"),
    SKIP: _("none, the next round counts"),
}
# a worker that is busy is late by seconds; a round is missed only when it is late by more than this
GRACE = timedelta(minutes=10)


def of(properties: Mapping[str, str]) -> str:
    """The policy of an event with these properties."""
    given = properties.get(PROPERTY, "")
    return given if given in POLICIES else ONCE


def round_for(policy: str, number: int, now: datetime, at: Callable[[int], datetime]) -> int:
    """The round to go on with, when round `number` is due at `now`; `at(n)` is when round n was planned."""
    if policy == ALL:
        return number
    if policy == ONCE:
        return max(number, _last_until(number, now, at))
    missed = _last_until(number, now - GRACE, at, strictly=True)
    return max(number, missed + 1)


def _last_until(number: int, limit: datetime, at: Callable[[int], datetime], *, strictly: bool = False) -> int:
    """The last round planned until `limit` (strictly: before it); number - 1 when not even that one is."""

    def until(n: int) -> bool:
        return at(n) < limit if strictly else at(n) <= limit

    if not until(number):
        return number - 1
    period = at(number + 1) - at(number)
    found = number + max(0, int((limit - at(number)) / period))
    while not until(found):  # months are not of one length
        found -= 1
    while until(found + 1):
        found += 1
    return found
