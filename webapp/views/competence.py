"""What the people of an office were trained for and which towns they look after: a list, and a page a person."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import InvalidAnswers
from domain.parties import competence, permissions
from domain.text import gettext as _
from domain.work import Work
from webapp.acting import acting, reading
from webapp.permits import requires

blueprint = Blueprint("competence", __name__, url_prefix="/people")


@blueprint.get("")
@requires("competence.set")
def listing() -> ResponseReturnValue:
    """The people of the office."""
    with reading() as work:
        return render_template("people/listing.html", people=competence.listing(work))


@blueprint.get("/<ref>")
@requires("competence.set")
def person(ref: str) -> ResponseReturnValue:
    """One of them."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/<ref>")
@requires("competence.set")
def change(ref: str) -> ResponseReturnValue:
    """Say it anew."""
    try:
        with acting() as work:
            competence.change(work, ref, skills=request.form.get("skills", ""), towns=request.form.getlist("town"))
            own = permissions.may(work.actor, "competence.set", permissions.OFFICE)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, {name: str(said) for name, said in refusal.fields.items()}), 422
    flash(str(_("It holds from now on; open tasks are looked at again.")))
    return redirect(url_for("competence.listing") if own else url_for("administration.account", ref=ref))


def _page(work: Work, ref: str, faults: Mapping[str, str] | None = None) -> str:
    said = competence.of_person(work, ref)
    sent = request.form if faults else None
    return render_template(
        "people/person.html", said=said, faults=faults or {},
        skills=sent.get("skills", "") if sent else " ".join(said.skills),
        towns=frozenset(sent.getlist("town")) if sent else said.towns,
        own=permissions.may(work.actor, "competence.set", permissions.OFFICE),
    )  # fmt: skip
