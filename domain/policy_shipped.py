"""Everything under `policies/`, read at once: what the product ships (walls 5).

At init the files are deployed into the database, which alone is the truth afterwards; `assemble`
builds the same object from the stored files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import decisions
from domain.errors import Finding
from domain.policy import Policies
from domain.policy_calendar import build_calendar, load_calendar_year, load_yearly
from domain.policy_catalogue import (
    Category,
    Jurisdiction,
    OldOffice,
    Programme,
    ReportingUnit,
    load_categories,
    load_jurisdictions,
    load_old_offices,
    load_programmes,
    load_units,
    with_query_limits,
)
from domain.policy_documents import PolicyDocument, PolicyRefused, load_document
from domain.policy_topology import TOPOLOGY, Topology, load_topology, must_hold_together
from domain.text import gettext as _
from domain.vault import fingerprint
from domain.workdays import Calendar

NATION = "national"
YEARLY = "calendars/yearly.toml"
TABLE = ".dmn"  # <jurisdiction>/<table>.dmn: a decision table in place of the one that a process brings
OLD_OFFICES = "old_offices.toml"
_LISTS = ("jurisdictions.toml", "programmes.toml", "categories.toml")


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a home. units: reporting units by the jurisdiction they report to; tables: digest of a decision
    table by jurisdiction and name; old_offices: by code, none in a home founded before the list was shipped;
    topology: the offices of a place by its id, none in an older home."""

    policies: Policies
    calendar: Calendar
    programmes: Mapping[str, Programme]
    categories: Mapping[str, Category]
    jurisdictions: Mapping[str, Jurisdiction]
    units: Mapping[str, tuple[ReportingUnit, ...]]
    tables: Mapping[tuple[str, str], str] = field(default_factory=dict)
    old_offices: Mapping[str, OldOffice] = field(default_factory=dict)
    topology: Mapping[str, Topology] = field(default_factory=dict)


def read_files(folder: Path) -> dict[str, bytes]:
    """Every .toml and .dmn file under `folder` by its path relative to it, with forward slashes."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in (".toml", TABLE))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def assemble(files: Mapping[str, bytes]) -> Rules:
    """Rules out of files as `read_files` gives them; raises PolicyRefused naming file, key and remedy."""
    missing = [name for name in (*_LISTS, YEARLY) if name not in files]
    if missing:
        raise PolicyRefused([_finding(name, _("The file is missing.")) for name in missing])
    places, programmes, categories = (
        load_jurisdictions(files[_LISTS[0]], _LISTS[0]),
        load_programmes(files[_LISTS[1]], _LISTS[1]),
        load_categories(files[_LISTS[2]], _LISTS[2]),
    )
    documents: list[PolicyDocument] = []
    units: dict[str, tuple[ReportingUnit, ...]] = {}
    years = []
    tables = _tables(files, places)
    for name, source in files.items():
        folder, _slash, leaf = name.rpartition("/")
        if name == YEARLY or name.endswith(TABLE):
            continue
        if folder == "calendars":
            years.append(load_calendar_year(source, name))
        elif folder == TOPOLOGY:
            continue
        elif leaf == "units.toml":
            units[folder] = load_units(source, name)
        elif folder:
            documents.append(_document(name, source, categories))
    parents = {place.id: place.parent for place in places.values()}
    parents.update({unit.id: city for city, rows in units.items() for unit in rows})
    _check_words(documents, units, programmes, categories, parents)
    calendar = build_calendar(years, load_yearly(files[YEARLY], YEARLY))
    old = load_old_offices(files[OLD_OFFICES], OLD_OFFICES) if OLD_OFFICES in files else {}
    return Rules(
        Policies(tuple(documents), parents), calendar, programmes, categories, places, units, tables, old,
        _topologies(files, parents),
    )  # fmt: skip


def _topologies(files: Mapping[str, bytes], parents: Mapping[str, str | None]) -> dict[str, Topology]:
    """The topology files by their place, held against each other and against the places there are."""
    read = [load_topology(files[name], name) for name in files if name.startswith(f"{TOPOLOGY}/")]
    found = {one.place: one for one in read}
    must_hold_together(found, parents)
    return found


def _tables(files: Mapping[str, bytes], places: Mapping[str, Jurisdiction]) -> dict[tuple[str, str], str]:
    """Digests of the jurisdictions' own decision tables; each must be one that can be evaluated."""
    found: dict[tuple[str, str], str] = {}
    for name, source in files.items():
        if not name.endswith(TABLE):
            continue
        place, _slash, leaf = name.rpartition("/")
        if place not in places:
            raise PolicyRefused([_finding(name, _("“%(word)s” is not listed.", word=place))])
        try:
            decisions.load(source)
        except decisions.DecisionError as fault:
            raise PolicyRefused(
                [_finding(name, _("The decision table cannot be read: %(why)s", why=str(fault)))]
            ) from fault
        found[place, leaf.removesuffix(TABLE)] = fingerprint(source)
    return found


def _document(name: str, source: bytes, categories: Mapping[str, Category]) -> PolicyDocument:
    document = load_document(source, name)
    if name != f"{document.jurisdiction}/{document.valid_from.isoformat()}.toml":
        raise PolicyRefused([_finding(name, _("The file must be called <jurisdiction>/<valid_from>.toml."))])
    house = document.jurisdiction == NATION and document.basis == "house"
    return with_query_limits(document, categories) if house else document


def _check_words(
    documents: list[PolicyDocument],
    units: Mapping[str, tuple[ReportingUnit, ...]],
    programmes: Mapping[str, Programme],
    categories: Mapping[str, Category],
    parents: Mapping[str, str | None],
) -> None:
    """Every programme, category and jurisdiction that a file speaks of is listed."""
    findings = [
        _finding(document.file, _("“%(word)s” is not listed.", word=document.jurisdiction))
        for document in documents
        if document.jurisdiction not in parents
    ]
    spoken = [(document.file, code) for document in documents for code in _programmes_of(document)]
    spoken += [(city, code) for city, rows in units.items() for unit in rows for code in unit.programmes]
    unlisted = [(file, code) for file, code in spoken if code not in programmes]
    unlisted += [(d.file, code) for d in documents for code in _categories_of(d) if code not in categories]
    findings += [_finding(file, _("“%(word)s” is not listed.", word=code)) for file, code in unlisted]
    if findings:
        raise PolicyRefused(findings)


def _programmes_of(document: PolicyDocument) -> list[str]:
    openings = document.values.get("review_calendar")
    tables = [document.values[name].value for name in ("programmes", "doubt.standard_month") if name in document.values]
    codes = [code for table in tables for code in table]
    return codes + [code for opening in (openings.value if openings else ()) for code in opening.programmes]


def _categories_of(document: PolicyDocument) -> list[str]:
    limits = [name.removeprefix("query_limit.") for name in document.values if name.startswith("query_limit.")]
    return [code for code in limits if code != "default"]


def _finding(file: str, sentence: object) -> Finding:
    return Finding(file, "", None, sentence, _("Compare with the files beside it."))
