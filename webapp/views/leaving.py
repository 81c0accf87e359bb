"""Somebody leaves: the dry run of what becomes of their work, the hand-over, and its receipt."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, HouseError, InvalidAnswers
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks.leaving import leaving
from tasks.rows.leaving_models import BATCH, DELEGATED, ENDED, FILTER, OWNER, QUEUE, STAYS, SUBSTITUTION, TASK, TO
from webapp import showing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.permits import requires

blueprint = Blueprint("leaving", __name__)

KINDS: dict[str, Text] = {
    TASK: _("Task"), DELEGATED: _("Delegated task"), SUBSTITUTION: _("Substitution"), FILTER: _("Saved filter"),
    BATCH: _("Batch"),
}  # fmt: skip
# mark, what would become of it, what did
RESULTS: dict[str, tuple[str, Text, Text]] = {
    TO: ("ok", _("goes to"), _("went to")),
    OWNER: ("ok", _("goes back to"), _("went back to")),
    QUEUE: ("today", _("back to the queue"), _("went to the queue")),
    ENDED: ("", _("ends"), _("ended")),
    STAYS: ("overdue", _("cannot be moved"), _("stayed")),
    "": ("", _("waits"), _("waits")),
}


@blueprint.get("/leaving/<ref>")
@requires("leaving.see")
def page(ref: str) -> ResponseReturnValue:
    """What somebody has open and what would become of it."""
    with reading() as work:
        try:
            return _page(work, ref, request.args.get("to", ""))
        except InvalidAnswers as refusal:
            return _page(work, ref, "", {"to": str(refusal.fields["to"])}), 422


@blueprint.post("/leaving/<ref>")
@requires("leaving.see")
def carry_out(ref: str) -> ResponseReturnValue:
    """Do it."""
    to = request.form.get("to", "")
    try:
        with acting() as work:
            made = leaving.carry_out(work, ref, to=to, reason=request.form.get("reason", ""))
    except InvalidAnswers as refusal:
        faults = {name: str(said) for name, said in refusal.fields.items()}
        with reading() as work:
            return _page(work, ref, "" if "to" in faults else to, faults), 422
    except Conflict as refusal:
        with reading() as work:
            return _page(work, ref, to, refusal=refusal), status_of(refusal)
    return redirect(url_for("leaving.receipt", ref=made))


@blueprint.get("/leavings")
@requires("leaving.plan")
def listing() -> ResponseReturnValue:
    """Hand-overs of the office."""
    with reading() as work:
        return render_template("leaving/listing.html", rows=leaving.listing(work), counts=showing.nav_counts(work))


@blueprint.get("/leavings/<ref>")
@requires("leaving.see")
def receipt(ref: str) -> ResponseReturnValue:
    """What became of what."""
    with reading() as work:
        return render_template(
            "leaving/receipt.html", receipt=leaving.receipt(work, ref), kinds=KINDS, results=RESULTS,
            counts=showing.nav_counts(work),
        )  # fmt: skip


def _page(
    work: Work, ref: str, to: str, faults: dict[str, str] | None = None, refusal: HouseError | None = None
) -> str:
    plan = leaving.plan(work, ref, to=to)
    return render_template(
        "leaving/page.html", plan=plan, to=to, faults=faults or {}, refusal=refusal, kinds=KINDS, results=RESULTS,
        shown=leaving.SHOWN, sent=request.form, counts=showing.nav_counts(work),
    )  # fmt: skip
