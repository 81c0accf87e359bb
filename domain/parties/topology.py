"""To whom an office reports, forwards and entrusts on a day: edges beside the administrative tree (NM-28, X-20).

`Organisation.parent_id` says where an office lies; an edge says where its papers go. A home without a single edge,
as homes were before, reads the tree in their place; one edge, and the edges alone count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, exists, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column
from sqlalchemy.sql import ColumnElement

from domain import journal
from domain.base import Base, BigKey, Code, Key
from domain.errors import Conflict, NotFound
from domain.parties.organisations import LEVELS, Organisation
from domain.policy_topology import ASSIST_CITY, ENTRUSTS, FORWARDS_TO, REPORT_TO
from domain.text import gettext as _
from domain.work import Work

NO_AGENCY, NO_ADDRESSEE = "NO_AGENCY", "NO_ADDRESSEE"


class OrgEdge(Base):
    """An office reports, forwards, … to another from a day on. form: "" for every paper, else of this form alone.

    source: the clause. Two of one office, kind and form never hold on one day, and none is deleted (triggers in
    `domain.verification.topology_guards`); what is over has its `valid_to`, the last day it held.
    """

    __tablename__ = "org_edge"
    __table_args__ = (
        UniqueConstraint("from_id", "kind", "form", "valid_from"),
        Index("ix_org_edge_to_id_kind", "to_id", "kind"),
        CheckConstraint("kind IN ('report_to','assist_city','forwards_to','entrusts')", name="kind"),
        CheckConstraint("from_id <> to_id", name="two_offices"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid"),
    )

    id: Mapped[Key]
    from_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    to_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(16))
    form: Mapped[Code] = mapped_column(default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True, slots=True)
class Gap:
    """What a place lacks. kind: NO_AGENCY (LF-01) or NO_ADDRESSEE (NM-28)."""

    office: Organisation
    kind: str

    @property
    def clause(self) -> str:
        return "LF-01" if self.kind == NO_AGENCY else "NM-28"


def reports_to(work: Work, office: Organisation, form: str = "", on: date | None = None) -> Organisation | None:
    """The office that this one reports to on a day (default: today), None for none (NM-28).

    form: "FORM1", "FORM2", "MONITORING": its own edge comes before that of every paper.
    Uses uq_org_edge_from_id_kind_form_valid_from.
    """
    return _target(work, office, REPORT_TO, form, on or work.today)


def entrusted(work: Work, department: Organisation, on: date | None = None) -> Organisation | None:
    """The agency of another level that a department without one of its own entrusts, None for none (LF-01).

    Never the tree: that somebody stands above is no arrangement. Uses uq_org_edge_from_id_kind_form_valid_from.
    """
    return _edge_target(work, department, ENTRUSTS, "", on or work.today)


def assist_city(work: Work, place: str, on: date | None = None) -> Organisation:
    """The city-level agency that assists for a place (LN-10), also when a county of it is meant.

    place: id of the jurisdiction or six-digit code. Raises NotFound naming the place.
    Uses uq_org_edge_from_id_kind_form_valid_from; a home has few agencies.
    """
    day = on or work.today
    known = or_(Organisation.jurisdiction == place, Organisation.division == place)
    agency = work.session.scalars(
        select(Organisation).where(Organisation.kind == "agency", known, _exists_on(day)).limit(1)
    ).first()
    if agency is not None and agency.level == "city":
        return agency
    found = _target(work, agency, ASSIST_CITY, "", day) if agency is not None else None
    if found is None:
        raise NotFound(_("No city agency that assists is entered for “%(place)s”.", place=place), clause="LN-10")
    return found


def chain(work: Work, office: Organisation, level: str, on: date | None = None) -> tuple[Organisation, ...]:
    """The offices a request goes through, one after another, up to a level (BX-18, BX-19). No tier is skipped.

    Raises Conflict where the way ends before.
    """
    day, way = on or work.today, []
    here: Organisation | None = office
    while here is not None and here.level != level:
        here = _target(work, here, FORWARDS_TO, "", day)
        if here is not None and here in way:
            break
        way += [here] if here is not None else []
    if not way or way[-1].level != level:
        raise Conflict(
            _("From “%(office)s” no way leads to the level %(level)s.", office=office.name, level=level), clause="BX-19"
        )
    return tuple(way)


def below(work: Work, office: Organisation, form: str = "", on: date | None = None) -> Sequence[Organisation]:
    """Every office that reports to this one, directly or through others. One statement; ix_org_edge_to_id_kind."""
    day = on or work.today
    if not has_edges(work):
        lower = select(Organisation.id).where(Organisation.parent_id == office.id).cte("lower", recursive=True)
        lower = lower.union(select(Organisation.id).join(lower, Organisation.parent_id == lower.c.id))
        named = select(lower.c.id)
    else:
        first = select(OrgEdge.from_id).where(OrgEdge.to_id == office.id, _counts(form, day))
        under = first.cte("under", recursive=True)
        further = aliased(OrgEdge)
        more = select(further.from_id).join(under, further.to_id == under.c.from_id)
        under = under.union(more.where(_counts(form, day, further)))
        named = select(under.c.from_id)
    return work.session.scalars(
        select(Organisation).where(Organisation.id.in_(named)).order_by(Organisation.position, Organisation.id)
    ).all()


def gaps(work: Work, on: date | None = None) -> list[Gap]:
    """What the places of this home lack, in order: departments that no agency verifies for (LF-01) and agencies below
    the highest that report to nobody (NM-28). Three statements; a home has few offices."""
    day = on or work.today
    here = _exists_on(day)
    agency = aliased(Organisation)
    own = exists().where(
        agency.id == Organisation.agency_id, agency.kind == "agency", agency.level == Organisation.level
    )
    order = (Organisation.position, Organisation.id)
    without = work.session.scalars(
        select(Organisation).where(Organisation.kind == "department", here, ~own).order_by(*order)
    ).all()
    found = [Gap(one, NO_AGENCY) for one in without]
    agencies = work.session.scalars(
        select(Organisation).where(Organisation.kind == "agency", here).order_by(*order)
    ).all()
    if not has_edges(work) or not agencies:
        return found
    told = set(work.session.scalars(select(OrgEdge.from_id).where(_counts("", day))))
    highest = max(LEVELS.index(one.level) for one in agencies)
    silent = [one for one in agencies if one.id not in told and LEVELS.index(one.level) < highest]
    return found + [Gap(one, NO_ADDRESSEE) for one in silent]


def link(
    work: Work, office: Organisation, target: Organisation, kind: str, *,
    source: str, valid_from: date, valid_to: date | None = None, form: str = "",
) -> OrgEdge:  # fmt: skip
    """Write an edge.

    Raises Conflict: another of this office, kind and form holds on one of its days; an agency of another level is
    entrusted though the place has one of its own (LF-18).
    """
    meets = OrgEdge.valid_to.is_(None) | (OrgEdge.valid_to >= valid_from)
    if valid_to is not None:
        meets &= OrgEdge.valid_from <= valid_to
    one = (OrgEdge.from_id == office.id, OrgEdge.kind == kind, OrgEdge.form == form)
    if work.session.scalar(select(OrgEdge.id).where(*one, meets).limit(1)) is not None:
        raise Conflict(
            _("“%(office)s” has another office for this on one of these days; end that first.", office=office.name),
            clause="NM-28",
        )
    if kind == ENTRUSTS and _has_own_agency(work, office):
        raise Conflict(_("“%(office)s” has an agency of its own level.", office=office.name), clause="LF-18")
    days = {"valid_from": valid_from, "valid_to": valid_to}
    edge = OrgEdge(from_id=office.id, to_id=target.id, kind=kind, form=form, source=source, **days)
    work.session.add(edge)
    work.session.flush()
    _note(work, office, target, edge)
    return edge


def end(work: Work, edge: OrgEdge, last: date) -> None:
    """An edge holds until this day, the last. Raises Conflict before its first."""
    if last < edge.valid_from:
        raise Conflict(_("It cannot end before it began."), clause="NM-28")
    edge.valid_to = last
    work.session.flush()
    office = work.session.get_one(Organisation, edge.from_id)
    _note(work, office, work.session.get_one(Organisation, edge.to_id), edge)


def edges_of(work: Work, office: Organisation) -> Sequence[OrgEdge]:
    """Every edge that begins at an office, oldest first. Uses uq_org_edge_from_id_kind_form_valid_from."""
    wanted = select(OrgEdge).where(OrgEdge.from_id == office.id)
    return work.session.scalars(wanted.order_by(OrgEdge.kind, OrgEdge.form, OrgEdge.valid_from)).all()


def has_edges(work: Work) -> bool:
    """Whether reporting is written down in this home at all."""
    return work.session.scalar(select(OrgEdge.id).limit(1)) is not None


def _target(work: Work, office: Organisation, kind: str, form: str, day: date) -> Organisation | None:
    found = _edge_target(work, office, kind, form, day)
    if found is not None or has_edges(work) or office.parent_id is None:
        return found
    return work.session.get(Organisation, office.parent_id)


def _edge_target(work: Work, office: Organisation, kind: str, form: str, day: date) -> Organisation | None:
    return work.session.scalars(
        select(Organisation)
        .join(OrgEdge, OrgEdge.to_id == Organisation.id)
        .where(OrgEdge.from_id == office.id, OrgEdge.kind == kind, OrgEdge.form.in_(("", form)), _holds(day))
        .order_by(OrgEdge.form.desc())
        .limit(1)
    ).first()


def _counts(form: str, day: date, edge: type[OrgEdge] = OrgEdge) -> ColumnElement[bool]:
    """Edges along which a paper is reported: those of its form, and those of every paper where it has none."""
    asked = (edge.kind == REPORT_TO) & _holds(day, edge)
    if not form:
        return asked & (edge.form == "")
    own = aliased(OrgEdge)
    overruled = exists().where(own.from_id == edge.from_id, own.kind == REPORT_TO, own.form == form, _holds(day, own))
    return asked & ((edge.form == form) | ((edge.form == "") & ~overruled))


def _holds(day: date, edge: type[OrgEdge] = OrgEdge) -> ColumnElement[bool]:
    return (edge.valid_from <= day) & (edge.valid_to.is_(None) | (edge.valid_to >= day))


def _exists_on(day: date) -> ColumnElement[bool]:
    begun = Organisation.valid_from.is_(None) | (Organisation.valid_from <= day)
    return begun & (Organisation.valid_to.is_(None) | (Organisation.valid_to >= day))


def _has_own_agency(work: Work, office: Organisation) -> bool:
    own = work.session.get(Organisation, office.agency_id) if office.agency_id is not None else None
    return own is not None and own.kind == "agency" and own.level == office.level


def _note(work: Work, office: Organisation, target: Organisation, edge: OrgEdge) -> None:
    body = {
        "to": target.code, "kind": edge.kind, "form": edge.form, "from": edge.valid_from.isoformat(),
        "until": edge.valid_to.isoformat() if edge.valid_to else None, "source": edge.source,
    }  # fmt: skip
    journal.record(work, "topology.edge", office.ref, body)
