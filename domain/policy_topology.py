"""Topology files: the offices of a place and whom each of them reports, forwards and entrusts to, as data.

`policies/topology/<place>.toml`. Administration (`parent`) and reporting (`[[edge]]`) are two things: 满洲里市 lies
in 呼伦贝尔市 and reports to the region (NM-28), 高新区 and 沈抚示范区 have no division code at all (X-20).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, Literal

from domain.errors import Finding
from domain.policy_catalogue import Jurisdiction
from domain.policy_documents import PolicyRefused
from domain.policy_keys.words import CIVIL_AFFAIRS, OFFICE_TYPES
from domain.text import gettext as _

TOPOLOGY = "topology"  # the folder
OFFICE_KINDS = ("department", "agency", "town_post", "supplier", "bureau", "system")
OFFICE_LEVELS = ("town", "county", "city", "province", "nation")
UNIT_KINDS = ("county", "county_city", "urban_district", "zone", "banner", "league", "city_level_zone")
CITY_SHARED, SELF_BUILT = PLATFORM_MODES = ("city_shared", "self_built")  # BX-02
REPORT_TO, ASSIST_CITY, FORWARDS_TO, ENTRUSTS = EDGE_KINDS = ("report_to", "assist_city", "forwards_to", "entrusts")
FORMS = ("", "FORM1", "FORM2", "MONITORING")
NONE, INTRA_PROV, CROSS_PROV = "NONE", "INTRA_PROV", "CROSS_PROV"
CrossRegion = Literal["NONE", "INTRA_PROV", "CROSS_PROV"]


@dataclass(frozen=True, slots=True)
class PlannedOffice:
    """An office as a file names it. place: its jurisdiction; parent, agency: codes of offices named before it, "" for
    none; unit: its reporting unit; division: GB/T 2260 code, "" where it has none or where it is not known (note)."""

    code: str
    kind: str
    level: str
    zh: str
    en: str
    place: str
    parent: str = ""
    agency: str = ""
    office_type: str = ""
    unit: str = ""
    unit_kind: str = ""
    division: str = ""
    mark: str = ""
    supplier: str = ""
    categories: tuple[str, ...] = ()
    platform_mode: str = CITY_SHARED
    position: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedEdge:
    """`source` (an office's code) reports, forwards, … to `target` from a day on. form: one of FORMS, "" for all.
    clause: where it is written."""

    source: str
    target: str
    kind: str
    form: str
    valid_from: date
    valid_to: date | None
    clause: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What may hold once a day."""
        return self.source, self.kind, self.form

    def meets(self, other: PlannedEdge) -> bool:
        """True when both hold on some day."""
        last, other_last = self.valid_to or date.max, other.valid_to or date.max
        return self.valid_from <= other_last and other.valid_from <= last


@dataclass(frozen=True, slots=True)
class Topology:
    """The offices and edges of a place. includes: places whose offices belong to it too (a province's cities)."""

    place: str
    includes: tuple[str, ...]
    offices: tuple[PlannedOffice, ...]
    edges: tuple[PlannedEdge, ...]


def load_topology(source: bytes, file: str) -> Topology:
    """Read one file. Raises PolicyRefused naming every entry that cannot be used."""
    try:
        data = tomllib.loads(source.decode("utf-8"))
        place, includes = str(data["place"]), tuple(str(one) for one in data.get("includes", ()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as fault:
        raise PolicyRefused([_finding(file, "place", str(fault))]) from fault
    findings: list[Finding] = []
    offices = [_office(entry, place, file, findings) for entry in data.get("office", ())]
    edges = [_edge(entry, file, findings) for entry in data.get("edge", ())]
    if file.rpartition("/")[2] != f"{place}.toml":
        findings.append(_finding(file, "place", "the file is called <place>.toml"))
    if findings:
        raise PolicyRefused(findings)
    return Topology(place, includes, tuple(o for o in offices if o), tuple(e for e in edges if e))


def composed(topologies: Mapping[str, Topology], place: str) -> Topology:
    """A place with everything it includes, its own first; an office that several files name stands once."""
    offices: dict[str, PlannedOffice] = {}
    edges: list[PlannedEdge] = []
    for name in dict.fromkeys(_included(topologies, place)):
        for office in topologies[name].offices:
            offices.setdefault(office.code, office)
        edges += topologies[name].edges
    return Topology(place, (), tuple(offices.values()), tuple(edges))


def must_hold_together(topologies: Mapping[str, Topology], places: Mapping[str, str | None]) -> None:
    """Every office, place and edge that a file speaks of exists, and no two edges contradict each other.

    Raises PolicyRefused.
    """
    findings = [
        _finding(f"{TOPOLOGY}/{one.place}.toml", name, "it is not listed")
        for one in topologies.values()
        for name in (one.place, *one.includes)
        if name not in places or (name != one.place and name not in topologies)
    ]
    if not findings:
        findings = [fault for place in topologies for fault in _faults(composed(topologies, place), places)]
    if findings:
        raise PolicyRefused(findings)


def cross_region(places: Mapping[str, Jurisdiction], parents: Mapping[str, str | None], own: str, other: str
) -> CrossRegion:  # fmt: skip
    """How far `other` lies from `own` (LN-01). Both are ids of jurisdictions; `other` may be a six-digit code too.

    沈抚示范区 is a unit of city level and so another city than 沈阳 or 抚顺. Raises KeyError for a place nobody knows.
    """
    here, there = _unit_and_province(places, parents, own), _unit_and_province(places, parents, other)
    if here == there:
        return "NONE"
    return "INTRA_PROV" if here[1] == there[1] else "CROSS_PROV"


def _unit_and_province(places: Mapping[str, Jurisdiction], parents: Mapping[str, str | None], place: str
) -> tuple[str, str]:  # fmt: skip
    """The city-level unit of a place, and its province; where there is no tier of cities the place itself."""
    if place.isdigit() and place not in places:
        by_code = {one.division: one.id for one in places.values() if one.division}
        city, province = by_code.get(place) or by_code.get(place[:4] + "00"), by_code[place[:2] + "0000"]
        return (_unit_and_province(places, parents, city)[0], province) if city else (place[:4], province)
    chain = [place]
    while (above := parents[chain[-1]]) is not None:
        chain.append(above)
    levels = {places[one].level: one for one in chain if one in places}
    province = levels.get("province", place)
    return levels.get("city", place if place != province else province), province


def _included(topologies: Mapping[str, Topology], place: str) -> Iterator[str]:
    yield place
    for one in topologies[place].includes:
        yield from _included(topologies, one)


def _faults(whole: Topology, places: Mapping[str, str | None]) -> Iterator[Finding]:
    file = f"{TOPOLOGY}/{whole.place}.toml"
    known: set[str] = set()
    for office in whole.offices:
        if office.place not in places:
            yield _finding(file, office.code, f"the place {office.place!r} is not listed")
        for named in (office.parent, office.agency):
            if named and named not in known:
                yield _finding(file, office.code, f"the office {named!r} is not named before it")
        known.add(office.code)
    for edge in whole.edges:
        if edge.source == edge.target or not {edge.source, edge.target} <= known:
            yield _finding(file, edge.source, f"the edge to {edge.target!r} leads to no other office")
    for one, other in _pairs(whole.edges):
        yield _finding(file, one.source, f"{one.kind} leads to {one.target!r} and to {other.target!r} on one day")


def _pairs(edges: Sequence[PlannedEdge]) -> Iterator[tuple[PlannedEdge, PlannedEdge]]:
    for one, other in combinations(sorted(edges, key=lambda edge: edge.key), 2):
        if one.key == other.key and one.meets(other):
            yield one, other


def _office(entry: Mapping[str, Any], place: str, file: str, findings: list[Finding]) -> PlannedOffice | None:
    try:
        made = PlannedOffice(
            **{
                "place": place,
                **{name: tuple(said) if isinstance(said, list) else said for name, said in entry.items()},
                "office_type": entry.get("office_type", CIVIL_AFFAIRS if entry["kind"] == "department" else ""),
            }
        )
        _must_be_sound(made)
    except (KeyError, TypeError, ValueError) as fault:
        findings.append(_finding(file, str(entry.get("code", "office")), str(fault)))
        return None
    return made


def _must_be_sound(office: PlannedOffice) -> None:
    allowed = (
        (office.kind, OFFICE_KINDS), (office.level, OFFICE_LEVELS), (office.platform_mode, PLATFORM_MODES),
        (office.unit_kind, ("", *UNIT_KINDS)), (office.office_type, ("", *OFFICE_TYPES)),
    )  # fmt: skip
    wrong = [said for said, words in allowed if said not in words]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not known")
    if (office.kind == "department") != bool(office.office_type):
        raise ValueError("a department has a type, nobody else has")
    if (office.kind == "supplier") != bool(office.supplier):
        raise ValueError("a supplier says what it supplies, nobody else does")


def _edge(entry: Mapping[str, Any], file: str, findings: list[Finding]) -> PlannedEdge | None:
    try:
        made = PlannedEdge(
            str(entry["from"]), str(entry["to"]), str(entry["kind"]), str(entry.get("form", "")),
            entry["valid_from"], entry.get("valid_to"), str(entry["source"]),
        )  # fmt: skip
        if made.kind not in EDGE_KINDS or made.form not in FORMS:
            raise ValueError(f"{made.kind!r} or {made.form!r} is not known")
        days = (made.valid_from, made.valid_to or made.valid_from)
        if not all(isinstance(day, date) for day in days) or days[1] < days[0]:
            raise ValueError("it ends before it begins")
    except (KeyError, TypeError, ValueError) as fault:
        findings.append(_finding(file, str(entry.get("from", "edge")), str(fault)))
        return None
    return made


def _finding(file: str, element: str, fault: str) -> Finding:
    sentence = _("The entry cannot be used: %(fault)s.", fault=fault)
    return Finding(file, element, None, sentence, _("Write it like the entries beside it."))
