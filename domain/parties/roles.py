"""Roles, the kinds of office that may hold them, and the portals people come in by (model 2.1, LF-26).

A role is free of level; the level is the office's. Query, match and raw results belong to roles that only a
verification agency may hold; the table `role_kind` is seeded from here, so the database refuses the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from domain.text import Joined, Text
from domain.text import gettext as _


@dataclass(frozen=True, slots=True)
class Role:
    """A role. kinds: the kinds of office that may hold it. alone: holds no other role beside it (三员)."""

    id: str
    title: Text
    kinds: frozenset[str]
    alone: bool = False


def _role(role: str, title: Text, *kinds: str, alone: bool = False) -> tuple[str, Role]:
    return role, Role(role, title, frozenset(kinds), alone)


ROLES: dict[str, Role] = dict(
    (
        _role("town_post", _("Town post"), "town_post"),
        _role("department_clerk", _("Department clerk"), "department"),
        _role("department_head", _("Department head"), "department"),
        _role("finance", _("Finance"), "department"),
        _role("agency_checker", _("Acceptance checker"), "agency"),
        _role("agency_handler", _("Verification handler"), "agency"),
        _role("agency_reviewer", _("Verification reviewer"), "agency"),
        _role("agency_head", _("Head of the agency"), "agency"),
        _role("catalogue_admin", _("Catalogue administrator"), "agency"),
        _role("archivist", _("Archivist"), "agency", "department"),
        _role("statistician", _("Statistician"), "agency", "department"),
        _role("data_supplier", _("Data supplier"), "supplier"),
        _role("supplier_leader", _("Head of data supply"), "supplier"),
        _role("policy_admin", _("Policy administrator"), "bureau"),
        _role("process_owner", _("Process owner"), "bureau"),
        _role("oversight", _("Oversight"), "bureau"),
        _role("system_admin", _("System administrator"), "bureau", "system", alone=True),
        _role("security_admin", _("Security administrator"), "bureau", "system", alone=True),
        _role("auditor", _("Auditor"), "bureau", "system", alone=True),
    )
)

# Portals apart (LF-26): the kinds of office that sign in at each.
PORTALS: dict[str, frozenset[str]] = {
    "agency": frozenset({"agency"}),
    "department": frozenset({"department"}),
    "supplier": frozenset({"supplier"}),
    "town_post": frozenset({"town_post"}),
    "administration": frozenset({"bureau", "system"}),
}
PORTAL_TITLES: dict[str, Text] = {
    "agency": _("Verification agency"),
    "department": _("Assistance department"),
    "supplier": _("Data supplier department"),
    "town_post": _("Town or subdistrict"),
    "administration": _("Administration and oversight"),
}


def portal_of(org_kind: str) -> str:
    """The portal where people of this kind of office sign in. Raises KeyError for an unknown kind."""
    for portal, kinds in PORTALS.items():
        if org_kind in kinds:
            return portal
    raise KeyError(org_kind)


def role_kinds() -> Iterator[tuple[str, str]]:
    """Every allowed pair of role and kind of office: the rows of `role_kind`."""
    for role in ROLES.values():
        for kind in sorted(role.kinds):
            yield role.id, kind


def clash(held: Collection[str], added: str) -> str | None:
    """The role among `held` that cannot stand beside `added`, or None."""
    others = sorted(set(held) - {added})
    if not others:
        return None
    if ROLES[added].alone:
        return others[0]
    return next((role for role in others if role in ROLES and ROLES[role].alone), None)


def listed(roles: Collection[str]) -> Joined:
    """Titles of roles as one list, joined when read, in the reader's language."""
    return Joined(_(", "), [ROLES[role].title for role in ROLES if role in roles])
