"""One's own near relatives: declared, taken back with a reason; nobody else sees whom."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import InvalidAnswers
from domain.parties import kin
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from webapp.acting import acting, reading
from webapp.permits import requires

blueprint = Blueprint("relatives", __name__, url_prefix="/account/relatives")

PLACES: dict[str, Text] = {"relation": _("How you are related"), "name": _("Real name"), "idno": _("Identity number"),
                           "reason": _("Reason")}  # fmt: skip


@blueprint.get("/")
@requires("account.own")
def page() -> ResponseReturnValue:
    """What was declared, and what follows from it."""
    with reading() as work:
        return _page(work)


@blueprint.post("/")
@requires("account.own")
def declare() -> ResponseReturnValue:
    """Declare a relative."""
    form = request.form
    try:
        with acting() as work:
            kin.declare(
                work, relation=form.get("relation", ""), name=form.get("name", ""), idno=form.get("idno", "").strip()
            )
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, refusal), 422
    flash(str(_("The relative is declared. Cases of their household go to colleagues from now on.")))
    return redirect(url_for("relatives.page"))


@blueprint.post("/<ref>/withdraw")
@requires("account.own")
def withdraw(ref: str) -> ResponseReturnValue:
    """Take a declaration back."""
    try:
        with acting() as work:
            kin.withdraw(work, ref, request.form.get("reason", ""))
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, refusal, at=ref), 422
    flash(str(_("The declaration is taken back. It is kept that it stood until today.")))
    return redirect(url_for("relatives.page"))


def _page(work: Work, refusal: InvalidAnswers | None = None, at: str = "") -> str:
    faults = {name: str(said) for name, said in refusal.fields.items()} if refusal is not None else {}
    return render_template(
        "account/relatives.html", rows=kin.declared(work), relations=kin.RELATIONS, faults=faults, at=at,
        sent=request.form, places=PLACES, longest=kin.LONGEST_REASON,
    )  # fmt: skip
