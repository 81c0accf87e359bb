"""The registry of policy parameters, a file a room. The numbers themselves stand in `policies/`, never here.

A slice adds its parameters to a file of its own; what the rooms hold is found by its type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.errors import NotFound
from domain.policy_keys import accounts, commissions, desk, entrusting, regions, reviews, sources, terms, thresholds
from domain.policy_keys.terms import QUERY_LIMIT_DEFAULT
from domain.policy_kinds import POWER, TERM, PolicyKey, Power
from domain.text import gettext as _
from domain.workdays import Term

_ROOMS = (commissions, entrusting, terms, reviews, regions, desk, accounts, sources)
_KEYS: dict[str, PolicyKey[Any]] = {
    key.name: key
    for key in (*(k for room in _ROOMS for k in vars(room).values() if isinstance(k, PolicyKey)), *thresholds.DOUBTS)
}
_QUERY_LIMIT = "query_limit."
_TERM_POWER = "term_power."


def query_limit(category: str) -> PolicyKey[Term]:
    """The feedback limit of one information category, e.g. "DEPOSIT"."""
    return PolicyKey(_QUERY_LIMIT + category, TERM, QUERY_LIMIT_DEFAULT.doc, f"查询反馈时限（{category}）")


def term_power(term: str) -> PolicyKey[Power]:
    """The power to stop or extend a term, e.g. "cross_region.limit"; "internal" for the office's own targets."""
    doc = "How often and how long this term may be stopped or extended, and whether a second person decides."
    return PolicyKey(_TERM_POWER + term, POWER, doc, f"中止、延长时限的权限（{term}）")


def policy_key(name: str) -> PolicyKey[Any]:
    """The key of that name; raises NotFound when there is none."""
    if name in _KEYS:
        return _KEYS[name]
    if name.startswith(_TERM_POWER) and _is_a_term(name.removeprefix(_TERM_POWER)):
        return term_power(name.removeprefix(_TERM_POWER))
    category = name.removeprefix(_QUERY_LIMIT)
    if category != name and category.isascii() and category.isupper():
        return query_limit(category)
    raise NotFound(_("There is no policy parameter called “%(name)s”.", name=name))


def _is_a_term(name: str) -> bool:
    known = _KEYS.get(name)
    return name == "internal" or name.startswith(_QUERY_LIMIT) or (known is not None and "term" in known.kind.name)


def policy_keys() -> Iterator[PolicyKey[Any]]:
    """Every key of the registry, by name; the query limits of single categories not included."""
    return iter(sorted(_KEYS.values(), key=lambda key: key.name))
