"""The permission table, a file a room: a slice adds its rules to its own. Joined by `domain.parties.permissions`."""

from __future__ import annotations

from domain.parties.permission_rules import (
    assistance,
    authorisations,
    cases,
    crossregion,
    documents,
    exchange,
    house,
    sources,
    verification,
    work,
)
from domain.parties.permission_rules.words import Rule

ROOMS = (work, cases, verification, authorisations, assistance, sources, house, documents, exchange, crossregion)
RULES: tuple[Rule, ...] = tuple(rule for room in ROOMS for rule in room.RULES)
