"""Substitutes: who does whose work now and later, named by oneself or the head, ended early; and the hand-over pack."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from domain import files
from domain.errors import Conflict, HouseError, InvalidAnswers
from domain.parties.roles import ROLES
from domain.parties.substitutes import Wanted
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import life
from tasks.leaving import absences, handover
from webapp import showing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.permits import requires

blueprint = Blueprint("substitutes", __name__, url_prefix="/substitutes")

PLACES: dict[str, Text] = {
    "absent": _("Who is away"), "substitute": _("Substitute"), "first_day": _("First day"), "last_day": _("Last day"),
    "reason": _("Reason"),
}  # fmt: skip


@blueprint.get("/")
@requires("substitution.read")
def page() -> ResponseReturnValue:
    """Who stands in for whom."""
    with reading() as work:
        return _page(work)


@blueprint.post("/")
@requires("substitution.make")
def make() -> ResponseReturnValue:
    """Name a substitute."""
    try:
        wanted = Wanted(
            request.form.get("absent", ""), request.form.get("substitute", ""), _day("first_day"), _day("last_day"),
            request.form.get("reason", ""), tuple(request.form.getlist("process")),
        )  # fmt: skip
        with acting() as work:
            absences.make(work, wanted)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, {name: str(said) for name, said in refusal.fields.items()}), 422
    except Conflict as refusal:
        with reading() as work:
            return _page(work, refusal=refusal), status_of(refusal)
    flash(str(_("The substitute is named and was told.")))
    return redirect(url_for("substitutes.page"))


@blueprint.post("/<ref>/end")
@requires("substitution.end")
def end(ref: str) -> ResponseReturnValue:
    """End one early."""
    try:
        with acting() as work:
            absences.end(work, ref)
    except Conflict as refusal:
        with reading() as work:
            return _page(work, refusal=refusal), status_of(refusal)
    flash(str(_("Standing in has ended; what was claimed for the absent person goes back to the queue.")))
    return redirect(url_for("substitutes.page"))


@blueprint.get("/<ref>/handover")
@requires("substitution.read")
def pack(ref: str) -> ResponseReturnValue:
    """What is handed over."""
    with reading() as work:
        return render_template(
            "substitutes/handover.html", pack=handover.page(work, ref), states=life.STATES, now=work.now,
            counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/<ref>/handover.xlsx")
@requires("substitution.read")
def sheet(ref: str) -> ResponseReturnValue:
    """The same as a sheet, as it stands now."""
    with reading() as work:
        content, day = handover.sheet(work, ref), work.today
    name = f"handover-{day.isoformat()}.xlsx"
    return send_file(BytesIO(content), mimetype=handover.XLSX, as_attachment=True, download_name=name, max_age=0)


@blueprint.get("/<ref>/given.xlsx")
@requires("substitution.read")
def given(ref: str) -> ResponseReturnValue:
    """The sheet as it was given when the absence began."""
    with reading() as work:
        row = handover.given(work, ref)
        name, content = files.name_of(work, row), files.content(work, row)
    return send_file(content, mimetype=handover.XLSX, as_attachment=True, download_name=name, max_age=0)


def _day(name: str) -> date:
    text = request.form.get(name, "").strip()
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day of the office
    except ValueError as broken:
        raise InvalidAnswers({name: _("Give a day as 2027-06-01.")}) from broken


def _page(work: Work, faults: dict[str, str] | None = None, refusal: HouseError | None = None) -> str:
    titles = showing.titles(work, processes=True)
    return render_template(
        "substitutes/page.html", page=absences.page(work), faults=faults or {}, refusal=refusal, sent=request.form,
        chosen=request.form.getlist("process"), places=PLACES, titles=titles, roles=ROLES, today=work.today,
        me=work.actor.ref, counts=showing.nav_counts(work),
    )  # fmt: skip
