"""Putting a place's topology file into a home, once or again: offices are added, edges are ended, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from domain import journal
from domain.errors import Conflict
from domain.parties import topology
from domain.parties.organisations import Organisation
from domain.parties.topology import OrgEdge
from domain.policy_topology import PlannedEdge, PlannedOffice, Topology
from domain.text import gettext as _
from domain.work import Work

# what a file may say anew of an office that stands already; kind, level and place never change
_ANEW = {
    "name": "zh", "name_en": "en", "mark": "mark", "unit_kind": "unit_kind", "platform_mode": "platform_mode",
    "position": "position", "valid_from": "valid_from", "valid_to": "valid_to",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deployed:
    """How many offices were added or changed, and how many edges were written or ended."""

    added: int = 0
    changed: int = 0
    linked: int = 0
    ended: int = 0


def deploy(work: Work, planned: Topology) -> Deployed:
    """Write the offices and edges of a place (as `policy_topology.composed` gives them). May be repeated.

    An edge of one of its offices that the file no longer names ends the day before today.
    Raises Conflict: an office of this code is of another kind, level or place here.
    """
    before = {one.code: one for one in work.session.scalars(select(Organisation))}
    known = dict(before)
    added = changed = 0
    for office in planned.offices:
        row = known.get(office.code)
        if row is None:
            known[office.code], added = _add(work, office, known), added + 1
        elif office.kind != "system":  # a home has one, whichever place it was founded for
            changed += _changed(office, row)
    work.session.flush()
    linked, ended = _edges(work, planned.edges, [known[one.code] for one in planned.offices], known)
    made = Deployed(added, changed, linked, ended)
    if made != Deployed():
        journal.record(work, "topology.deployed", planned.place, {"offices": added + changed, "edges": linked + ended})
    return made


def _add(work: Work, office: PlannedOffice, known: dict[str, Organisation]) -> Organisation:
    row = Organisation(
        code=office.code, kind=office.kind, level=office.level, name=office.zh, name_en=office.en,
        jurisdiction=office.place, parent_id=known[office.parent].id if office.parent else None,
        agency_id=known[office.agency].id if office.agency else None, unit_code=office.unit or None,
        division=office.division or None, mark=office.mark, supplier_kind=office.supplier or None,
        position=office.position, office_type=office.office_type or None, unit_kind=office.unit_kind,
        platform_mode=office.platform_mode, valid_from=office.valid_from, valid_to=office.valid_to,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def _changed(office: PlannedOffice, row: Organisation) -> bool:
    if (office.kind, office.level, office.place) != (row.kind, row.level, row.jurisdiction):
        raise Conflict(_("There is another office with the code %(code)s here.", code=office.code))
    new = {name: getattr(office, said) for name, said in _ANEW.items() if getattr(office, said) != getattr(row, name)}
    if office.division and office.division != row.division:
        new["division"] = office.division
    for name, value in new.items():
        setattr(row, name, value)
    return bool(new)


def _edges(
    work: Work, planned: Iterable[PlannedEdge], offices: Iterable[Organisation], known: dict[str, Organisation]
) -> tuple[int, int]:
    wanted = {(known[one.source].id, one.kind, one.form, one.valid_from): one for one in planned}
    there: dict[tuple[int, str, str, date], OrgEdge] = {}
    ended = 0
    for office in offices:
        for edge in topology.edges_of(work, office):
            key = (edge.from_id, edge.kind, edge.form, edge.valid_from)
            said = wanted.get(key)
            same = said is not None and known[said.target].id == edge.to_id
            if same:
                there[key] = edge
            last = said.valid_to if said is not None and same else _last(work, edge)
            if last is not None and last != edge.valid_to:
                topology.end(work, edge, last)
                ended += 1
    new = [one for key, one in wanted.items() if key not in there]
    for one in new:
        topology.link(
            work, known[one.source], known[one.target], one.kind, source=one.clause, valid_from=one.valid_from,
            valid_to=one.valid_to, form=one.form,
        )  # fmt: skip
    return len(new), ended


def _last(work: Work, edge: OrgEdge) -> date | None:
    """The last day of an edge that nobody names any more; None when it is over already."""
    if edge.valid_to is not None and edge.valid_to < work.today:
        return None
    return max(edge.valid_from, work.today - timedelta(days=1))
