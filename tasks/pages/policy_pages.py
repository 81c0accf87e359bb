"""The rules in force as a person reads them: which place has which documents, what each parameter is and since when.

Everything is read from the parsed rules that a process shares; no page asks the database for more than which files
stand (`rules.current`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain import rules
from domain.errors import Conflict, NotFound
from domain.parties import permissions
from domain.policy import Resolved
from domain.policy_documents import INTERNAL, PolicyDocument
from domain.policy_keys import policy_key, policy_keys
from domain.policy_kinds import PolicyKey, StandardReason
from domain.text import Joined, Name, Text
from domain.text import gettext as _
from domain.work import Work
from domain.workdays import Term

# keys of a case's own day are shown first; the rest follows by name
FIRST = ("case_limit", "commission_target", "entrusting_types", "route", "output_kind", "standard_reference")


# what is chosen among a few words, as a person says it; codes stay codes
WORDS: Mapping[str, Text] = {
    "none": _("none"), "next": _("the next working day"), "same_level": _("the same level"), "city": _("city"),
    "province": _("province"), "chain": _("level by level"), "city_review": _("checked by the city first"),
    "direct": _("straight to the assisting agency"), "warn": _("a warning"), "block": _("it is not asked any more"),
    "in_person": _("in person"), "post": _("by post"), "left_at_home": _("left at the home"),
    "electronic": _("electronically"), "public_notice": _("by public notice"), "report": _("a report"),
    "doubt_list": _("a list of doubts"), "structured": _("structured data"), "PREV_YEAR": _("the whole year before"),
    "H2": _("the second half of the year"),
    "NEW": _("new application"), "DYNAMIC": _("dynamic review"), "RECHECK": _("re-check"),
    "RESCUE": _("rescue first"), "IDENTITY": _("identity check"), "SUPPORTER": _("supporter"),
    "OTHER_UNIT": _("another unit"), "SURVIVAL": _("survival check"),
    "WHILE_RECEIVING": _("while assistance is received"),
    "ON_DECISION_NEGATIVE": _("until a decision against"), "FIXED_TERM": _("for a fixed term"),
    "NATIONWIDE": _("nationwide"), "MONTH": _("every month"), "QUARTER": _("every quarter"),
}  # fmt: skip
# what a number counts, as `PolicyKey.unit` names it
UNITS: Mapping[str, Text] = {
    "days": _("days"), "months": _("months"), "years": _("years"), "minutes": _("minutes"), "people": _("people"),
    "requests": _("requests"), "re-checks": _("re-checks"), "characters": _("characters"), "failures": _("failures"),
    "searches": _("searches"), "yuan": _("yuan"), "yuan a month": _("yuan a month"), "yuan a year": _("yuan a year"),
    "ratio": _("as a share"), "dwellings": _("dwellings"), "square metres": _("square metres"), "tons": _("tons"),
    "multiples": _("multiples"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place and its document. document: None where it has none of its own; more: how many versions it has had."""

    id: str
    zh: str
    en: str
    level: str
    document: PolicyDocument | None
    more: int
    depth: int


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A parameter as it stands: its value in words, whose it is and which clause gave it."""

    key: PolicyKey[Any]
    value: object
    resolved: Resolved[Any]
    place: PlaceRow


@dataclass(frozen=True, slots=True)
class Version:
    """What one document says of a parameter. holds: it is what is in force on the day asked for."""

    place: PlaceRow
    document: PolicyDocument
    value: object
    clause: str
    locked: bool
    note: str
    until: date | None
    holds: bool


def places(work: Work) -> list[PlaceRow]:
    """Every place with rules of its own or an office, the nation first and each below what it belongs to."""
    permissions.must(work.actor, "policy.read")
    known = rules.current(work)
    children: dict[str | None, list[str]] = {}
    for place, above in known.policies.parents.items():
        children.setdefault(above, []).append(place)
    rows: list[PlaceRow] = []
    waiting = [(one, 0) for one in reversed(children.get(None, []))]
    while waiting:
        place, depth = waiting.pop()
        rows.append(_row(work, place, work.today, depth))
        waiting += [(one, depth + 1) for one in reversed(children.get(place, []))]
    return rows


def values(work: Work, place: str, on: date) -> list[ValueRow]:
    """Every parameter of a place on a day. Raises NotFound for a place nobody knows."""
    permissions.must(work.actor, "policy.read")
    known = rules.current(work)
    _must_be_known(work, place)
    chain = known.policies.chain(place)
    rows = []
    for key in sorted(policy_keys(), key=lambda one: (one.name not in FIRST, one.name)):
        try:
            found = known.policies.resolve(key, chain, on)
        except Conflict:  # no document spoke of it yet on that day
            continue
        rows.append(ValueRow(key, worded(found.value), found, _row(work, found.jurisdiction, on)))
    return rows


def chain(work: Work, place: str, on: date) -> list[PlaceRow]:
    """A place and what it belongs to, nearest first. Raises NotFound."""
    permissions.must(work.actor, "policy.read")
    _must_be_known(work, place)
    return [_row(work, one, on) for one in rules.current(work).policies.chain(place)]


def history(work: Work, place: str, name: str, on: date) -> tuple[PolicyKey[Any], Sequence[Version]]:
    """What every document from this place upward says of a parameter, nearest and newest first.

    Raises NotFound for a place or a parameter nobody knows.
    """
    permissions.must(work.actor, "policy.read")
    _must_be_known(work, place)
    known, key = rules.current(work).policies, policy_key(name)
    try:
        found = known.resolve(key, known.chain(place), on)
        in_force = (found.jurisdiction, found.valid_from)
    except Conflict:
        in_force = ("", on)
    rows = []
    for one in known.chain(place):
        documents = [document for document in known.documents if document.jurisdiction == one]
        following: date | None = None
        for document in sorted(documents, key=lambda said: said.valid_from, reverse=True):
            until = document.valid_to or (following - timedelta(days=1) if following else None)
            following = document.valid_from
            said = document.values.get(key.name)
            if said is not None:
                rows.append(
                    Version(
                        _row(work, one, on), document, worded(said.value), said.source, not said.overridable, said.note,
                        until, (one, document.valid_from) == in_force,
                    )
                )  # fmt: skip
    return key, rows


def worded(value: object) -> object:
    """A value as a person reads it."""
    if value is None:
        return _("none set")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Term):
        return value.text()
    if isinstance(value, dict):
        return Joined(
            _("; "),
            [_("%(name)s: %(value)s", name=WORDS.get(name, name), value=worded(one)) for name, one in value.items()],
        )
    if isinstance(value, list | tuple):
        return Joined(_(", "), [worded(one) for one in value]) if value else _("nothing")
    if isinstance(value, str):
        return WORDS.get(value, value)
    return _fields(value) if hasattr(value, "__dataclass_fields__") else value


def is_internal(clause: str) -> bool:
    """Whether a value is the office's own, which must never be shown as law."""
    return clause == INTERNAL


def _fields(value: object) -> object:
    if isinstance(value, StandardReason):
        return Name(value.zh, value.en)
    named = [(name, getattr(value, name)) for name in getattr(value, "__dataclass_fields__", {})]
    said = [_("%(name)s: %(value)s", name=name, value=worded(one)) for name, one in named if one not in (None, (), "")]
    return Joined(_(", "), said)


def _row(work: Work, place: str, on: date, depth: int = 0) -> PlaceRow:
    known = rules.current(work)
    listed = known.jurisdictions.get(place)
    units = {unit.id: unit for rows in known.units.values() for unit in rows}
    documents = [one for one in known.policies.documents if one.jurisdiction == place]
    named = listed or units[place]
    level = listed.level if listed is not None else "county"
    return PlaceRow(place, named.zh, named.en, level, known.policies.in_force(place, on), len(documents), depth)


def _must_be_known(work: Work, place: str) -> None:
    if place not in rules.current(work).policies.parents:
        raise NotFound(_("There is no such place."))
