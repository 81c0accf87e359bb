"""Programmes, information categories, reporting units and jurisdictions: lists that are data.

Files: `policies/programmes.toml`, `policies/categories.toml`, `policies/<city>/units.toml`,
`policies/jurisdictions.toml`, `policies/old_offices.toml`. Labels stand in Chinese and English beside each other.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from domain.errors import Finding
from domain.policy_documents import INTERNAL, PolicyDocument, PolicyRefused, PolicyValue
from domain.policy_kinds import TERM
from domain.text import gettext as _
from domain.workdays import Term

T = TypeVar("T")

GROUPS = ("BASIC", "INCOME", "PROPERTY", "EXPENDITURE", "REGISTRATION", "CONTRIB", "ASSIST")
UNIT_KINDS = ("county", "urban_district", "zone")
LEVELS = ("nation", "province", "city", "county")
RHYTHMS = ("MONTH", "QUARTER", "HALF", "YEAR")


@dataclass(frozen=True, slots=True)
class Programme:
    """An assistance programme (BX-10). split: urban and rural variants are kept apart (CK-01)."""

    code: str
    zh: str
    en: str
    split: bool


@dataclass(frozen=True, slots=True)
class Category:
    """An information category (BX-08, LF-11, CK-03..07).

    group: one of GROUPS. source: kind of the office that holds the data. identity: may be queried
    for the purposes SURVIVAL and IDENTITY without authorisation (BX-16). unit: what its main value
    counts. limit: feedback limit where no sharing agreement names one (the house's own). rhythm: how often it is
    supplied where the notice says it (CK-19..22): MONTH, QUARTER, HALF, YEAR, else "".
    """

    code: str
    zh: str
    en: str
    group: str
    source: str
    identity: bool
    unit: str
    limit: Term
    rhythm: str = ""


@dataclass(frozen=True, slots=True)
class OldOffice:
    """A name that an office of a kind bore until a day (CK-28). kind: of the office that does its work since then."""

    code: str
    zh: str
    en: str
    kind: str
    until: date


@dataclass(frozen=True, slots=True)
class ReportingUnit:
    """A row of the statistics forms (BX-48). division: GB/T 2260 code, "" for a zone without one."""

    order: int
    id: str
    zh: str
    official_zh: str
    en: str
    kind: str
    division: str
    programmes: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """A place that may have policies. parent: id of the one above it, None for the nation."""

    id: str
    zh: str
    en: str
    level: str
    division: str
    parent: str | None


def load_programmes(source: bytes, file: str = "programmes.toml") -> Mapping[str, Programme]:
    """Programmes by code, in the file's order; raises PolicyRefused."""
    return _read(
        source,
        file,
        "programme",
        "code",
        lambda e: Programme(_text(e, "code"), _text(e, "zh"), _text(e, "en"), bool(e.get("split", False))),
    )


def load_categories(source: bytes, file: str = "categories.toml") -> Mapping[str, Category]:
    """Categories by code, in the file's order; raises PolicyRefused."""
    return _read(source, file, "category", "code", _category)


def load_units(source: bytes, file: str = "units.toml") -> tuple[ReportingUnit, ...]:
    """Reporting units in the form's order; raises PolicyRefused."""
    units = _read(source, file, "unit", "id", _unit).values()
    return tuple(sorted(units, key=lambda unit: unit.order))


def load_jurisdictions(source: bytes, file: str = "jurisdictions.toml") -> Mapping[str, Jurisdiction]:
    """Jurisdictions by id; every parent must be among them; raises PolicyRefused."""
    places = _read(source, file, "jurisdiction", "id", _jurisdiction)
    for place in places.values():
        if place.parent is not None and place.parent not in places:
            raise PolicyRefused([_fault(file, place.id, f"its parent {place.parent!r} is not listed")])
    return places


def load_old_offices(source: bytes, file: str = "old_offices.toml") -> Mapping[str, OldOffice]:
    """Former names of offices by code, in the file's order; raises PolicyRefused."""
    return _read(source, file, "office", "code", _old_office)


def with_query_limits(document: PolicyDocument, categories: Mapping[str, Category]) -> PolicyDocument:
    """`document` with the catalogue's default limit of each category that it does not set itself.

    Only the nation's house defaults are filled so; the values stay marked internal.
    """
    limits = {
        f"query_limit.{category.code}": PolicyValue(category.limit, INTERNAL, note="default of the category catalogue")
        for category in categories.values()
    }
    return replace(document, values={**limits, **document.values})


def _read(source: bytes, file: str, table: str, key: str, make: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
    try:
        entries = tomllib.loads(source.decode("utf-8"))[table]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as fault:
        raise PolicyRefused([_fault(file, table, fault)]) from fault
    made: dict[str, T] = {}
    findings = []
    for place, entry in enumerate(entries, 1):
        name = str(entry.get(key, f"{table} {place}"))
        try:
            if name in made:
                raise ValueError("it is listed twice")
            made[name] = make(entry)
        except (KeyError, TypeError, ValueError) as fault:
            findings.append(_fault(file, name, fault))
    if findings:
        raise PolicyRefused(findings)
    return made


def _fault(file: str, element: str, fault: object) -> Finding:
    sentence = _("The entry cannot be used: %(fault)s.", fault=fault)
    return Finding(file, element, None, sentence, _("Write it like the entries beside it."))


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text")
    return value


def _one_of(entry: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = _text(entry, name)
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}")
    return value


def _category(entry: Mapping[str, Any]) -> Category:
    return Category(
        _text(entry, "code"),
        _text(entry, "zh"),
        _text(entry, "en"),
        _one_of(entry, "group", GROUPS),
        _text(entry, "source"),
        bool(entry.get("identity", False)),
        _text(entry, "unit"),
        TERM.parse(entry["limit"]),
        _one_of(entry, "rhythm", RHYTHMS) if "rhythm" in entry else "",
    )


def _old_office(entry: Mapping[str, Any]) -> OldOffice:
    until = entry["until"]
    if not isinstance(until, date):
        raise ValueError("until must be a day")
    return OldOffice(_text(entry, "code"), _text(entry, "zh"), _text(entry, "en"), _text(entry, "kind"), until)


def _unit(entry: Mapping[str, Any]) -> ReportingUnit:
    return ReportingUnit(
        int(entry["order"]),
        _text(entry, "id"),
        _text(entry, "zh"),
        _text(entry, "official_zh"),
        _text(entry, "en"),
        _one_of(entry, "kind", UNIT_KINDS),
        str(entry.get("division", "")),
        tuple(entry["programmes"]),
        str(entry.get("note", "")),
    )


def _jurisdiction(entry: Mapping[str, Any]) -> Jurisdiction:
    return Jurisdiction(
        _text(entry, "id"),
        _text(entry, "zh"),
        _text(entry, "en"),
        _one_of(entry, "level", LEVELS),
        str(entry.get("division", "")),
        entry.get("parent"),
    )
