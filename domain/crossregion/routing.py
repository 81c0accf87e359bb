"""Which way a request takes to the agency of another place: chain, city review or direct (X-06; LN-01, LN-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from domain import rules
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import topology
from domain.parties.organisations import Organisation
from domain.policy_topology import CrossRegion, cross_region
from domain.text import gettext as _
from domain.verification.assist_rows import CONFIRM, CROSS_PROV, FORWARD, REVIEW, SAME_CITY
from domain.work import Work

CHAIN, CITY_REVIEW, DIRECT = "chain", "city_review", "direct"


@dataclass(frozen=True, slots=True)
class Way:
    """reach: how far (LN-01). route: of the policy. assist: who assists, None beyond the province (the ministry's
    platform finds them, LN-11). steps: (kind, office) in the order in which the request passes them."""

    place: str
    reach: CrossRegion
    route: str
    assist: Organisation | None
    steps: tuple[tuple[str, Organisation], ...]


def reach_of(work: Work, office: Organisation, place: str) -> CrossRegion:
    """How far a place lies from an office (LN-01). Raises InvalidAnswers for a place nobody knows."""
    known = rules.current(work)
    try:
        return cross_region(known.jurisdictions, known.policies.parents, office.jurisdiction, place)
    except KeyError:
        raise InvalidAnswers({"place": _("Nobody knows this place. Choose one from the list.")}) from None


def target(work: Work, starter: Organisation, place: str, route: str, on: date) -> Way:
    """The way of a request from an agency to a place under a route, on a day.

    direct: to the city agency of the place, past its county and without the province (LN-10). city_review: a county's
    through the city above it (NM-01). chain: through every tier up to that which both have in common (BX-18, BX-19).
    Beyond the province the provincial agency confirms, whatever the route (LN-06).

    Raises Conflict: the place lies in the own city and the rules call that no assistance (LN-01), a tier is missing
    (BX-19, LN-06). NotFound: no agency of the place. InvalidAnswers: unknown place.
    """
    reach = reach_of(work, starter, place)
    if reach == SAME_CITY and (route != CHAIN or starter.level != "county" or place == starter.jurisdiction):
        raise Conflict(
            _("This place lies in your own city: nothing of it is asked across regions. Query its sources."),
            clause="LN-01",
        )
    if reach == CROSS_PROV:
        confirming = (CONFIRM, _province(work, starter, on))
        return Way(place, reach, route, None, (*_before(work, starter, route, on), confirming))
    assist = topology.assist_city(work, place, on) if route == DIRECT else agency_of(work, place)
    steps = _tiers(work, starter, reach, on) if route == CHAIN else _before(work, starter, route, on)
    return Way(place, reach, route, assist, steps)


def agency_of(work: Work, place: str) -> Organisation:
    """The agency of a place itself. Raises NotFound naming the place. A home has few agencies."""
    known = or_(Organisation.jurisdiction == place, Organisation.division == place)
    wanted = select(Organisation).where(Organisation.kind == "agency", known).order_by(Organisation.id).limit(1)
    found = work.session.scalars(wanted).first()
    if found is None:
        raise NotFound(_("No agency is entered for “%(place)s”.", place=place), clause="LN-10")
    return found


def _tiers(work: Work, starter: Organisation, reach: str, on: date) -> tuple[tuple[str, Organisation], ...]:
    level = "city" if reach == SAME_CITY else "province"
    return tuple((FORWARD, office) for office in topology.chain(work, starter, level, on))


def _before(work: Work, starter: Organisation, route: str, on: date) -> tuple[tuple[str, Organisation], ...]:
    """What stands before the push: the city's review of a county's request, the tiers of a chain below the province."""
    if route == CITY_REVIEW and starter.level == "county":
        return ((REVIEW, topology.chain(work, starter, "province", on)[0]),)
    if route == CHAIN and starter.level != "province":
        return tuple((FORWARD, one) for one in topology.chain(work, starter, "province", on)[:-1])
    return ()


def _province(work: Work, starter: Organisation, on: date) -> Organisation:
    here: Organisation | None = starter
    for _tier in range(4):
        if here is None or here.level == "province":
            break
        here = topology.reports_to(work, here, on=on)
    if here is None or here.level != "province" or here.kind != "agency":
        raise Conflict(
            _("No provincial agency is entered above “%(office)s” that could confirm this.", office=starter.name),
            clause="LN-06",
        )
    return here
