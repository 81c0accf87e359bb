"""Policies: the places with their documents, every parameter of a place on a day, and the history of one (LN-36)."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from domain.work import Work
from tasks.pages import policy_pages
from webapp import showing
from webapp.acting import reading
from webapp.catalogue_forms import LEVEL_TITLES
from webapp.permits import requires

blueprint = Blueprint("policies", __name__, url_prefix="/policies")


@blueprint.get("")
@requires("policy.read")
def listing() -> ResponseReturnValue:
    """Every place with its document, each below what it belongs to."""
    with reading() as work:
        return render_template(
            "policies/listing.html", rows=policy_pages.places(work), levels=LEVEL_TITLES, today=work.today,
            counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/<place>")
@requires("policy.read")
def place(place: str) -> ResponseReturnValue:
    """What holds in a place on a day (`?on=`, default today), with the clause that gave each value."""
    with reading() as work:
        on = _day(work)
        return render_template(
            "policies/place.html", here=policy_pages.chain(work, place, on), rows=policy_pages.values(work, place, on),
            on=on, today=work.today, internal=policy_pages.is_internal, levels=LEVEL_TITLES,
            units=policy_pages.UNITS,
            counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/<place>/<key>")
@requires("policy.read")
def history(place: str, key: str) -> ResponseReturnValue:
    """What each document from a place upward says of one parameter."""
    with reading() as work:
        on = _day(work)
        named, versions = policy_pages.history(work, place, key, on)
        return render_template(
            "policies/history.html", key=named, versions=versions, here=policy_pages.chain(work, place, on), on=on,
            today=work.today, internal=policy_pages.is_internal, counts=showing.nav_counts(work),
        )  # fmt: skip


def _day(work: Work) -> date:
    """The day asked for; what is no day is today."""
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return work.today
