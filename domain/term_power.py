"""Who may give a term more time, and how much: a power stands in the rules with the clause that gives it.

A term that the law sets is stopped or extended only where a power is written for that very term
(`term_power.<key of the term>`); the office's own targets share `term_power.internal`. Without one there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain import rules
from domain.cases import Case
from domain.errors import Conflict
from domain.policy import Resolved
from domain.policy_keys import term_power
from domain.policy_kinds import Power
from domain.work import Work


@dataclass(frozen=True, slots=True)
class Given:
    """A power with the clause that gives it."""

    power: Power
    clause: str


def over(work: Work, case: Case, due: Mapping[str, Any]) -> Given | None:
    """The power over a term by its stored derivation; None where no rule gives one.

    The rules kept with the case come first; a case that is older than the power takes those of today.
    """
    names = [str(due.get("key", ""))]
    if due.get("kind") == rules.INTERNAL:
        names.append(rules.INTERNAL.lower())
    for name in filter(None, names):
        found = _of(work, case, name)
        if found is not None:
            return Given(found.value, found.source_clause)
    return None


def _of(work: Work, case: Case, name: str) -> Resolved[Power] | None:
    key = term_power(name)
    kept = rules.of_case(work, case)
    try:
        return kept.resolve(key)
    except Conflict:  # the rules kept with the case say nothing of it: they may be older than this power
        chain = rules.jurisdictions(work, case.department_id)
    try:
        return rules.current(work).policies.resolve(key, chain, work.today)
    except Conflict:  # no rule of today gives it either, which is an answer
        return None
