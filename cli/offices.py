"""The offices of a place as `policies/topology` names them, with the resources of its data suppliers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain import rules
from domain.errors import NotFound
from domain.parties import organisations, topology_deploying
from domain.parties.topology_deploying import Deployed
from domain.policy_topology import Topology, composed
from domain.text import gettext as _
from domain.verification import catalogue
from domain.work import Work


def among(known: Mapping[str, Topology], place: str) -> Topology:
    """The offices of a place with those it includes. Raises NotFound naming the places there are."""
    if place not in known:
        raise NotFound(
            _(
                "No offices are known for “%(place)s”. There are: %(places)s.",
                place=place,
                places=", ".join(sorted(known)),
            )
        )
    return composed(known, place)


def establish(work: Work, place: str, *, reviews_from: datetime) -> Deployed:
    """Write the offices of a place, or what its file says anew of them; a new supplier comes with its resources.

    reviews_from: the day from which reviews of a new reporting unit are planned. Raises NotFound, Conflict.
    """
    whole = among(rules.current(work).topology, place)
    there = {code for code in (one.code for one in whole.offices) if organisations.find(work, code) is not None}
    made = topology_deploying.deploy(work, whole)
    for office in whole.offices:
        if office.code in there:
            continue
        row = organisations.by_code(work, office.code)
        if office.kind == "department" and office.unit:
            row.reviews_from = reviews_from
        for category in office.categories:
            catalogue.add_resource(work, row, category, level=office.level, limit_key=f"query_limit.{category}")
    work.session.flush()
    return made
