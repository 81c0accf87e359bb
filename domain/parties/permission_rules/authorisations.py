"""Rights to the inventory of recipients' authorisations: the department and the town that keeps the household."""

from __future__ import annotations

from domain.parties.permission_rules.words import DEPARTMENT, TOWN, Rule, rule

RULES: tuple[Rule, ...] = (
    rule("authorisation.read", "department_clerk department_head", DEPARTMENT),
    rule("authorisation.read", "town_post", TOWN),
)
