"""Lists of the monitoring calendar: row by row, reported by the department, checked by the city (NM-10, NM-11)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict
from domain.oversight import monitoring
from domain.parties import permissions
from domain.parties.permissions import AGENCY, DEPARTMENT
from domain.text import Text
from domain.text import gettext as _
from domain.verification import recipient_doubts
from webapp import showing
from webapp.acting import acting, reading
from webapp.permits import requires

blueprint = Blueprint("monitoring", __name__)
STATES: dict[str, tuple[str, Text]] = {
    "ISSUED": ("today", _("being verified")),
    "SUBMITTED": ("soon", _("reported")),
    "CLOSED": ("ok", _("closed")),
}


@blueprint.get("/monitoring")
@requires("monitoring.read")
def listing() -> ResponseReturnValue:
    """Lists of the person's scope, the newest first."""
    with reading() as work:
        return render_template(
            "monitoring/listing.html", rows=monitoring.listed(work), states=STATES, titles=showing.titles(work),
            counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/monitoring/<ref>", endpoint="list")
@requires("monitoring.read")
def list_page(ref: str) -> ResponseReturnValue:
    """One list with its rows; the city sees how each was verified and of whom nothing."""
    with reading() as work:
        found = monitoring.visible(work, ref)
        own = found.unit_id == work.actor.org_id
        return render_template(
            "monitoring/list.html", row=monitoring.row_of(work, found), found=found, own=own, states=STATES,
            rows=monitoring.doubts_of(work, found), titles=showing.titles(work), counts=showing.nav_counts(work),
            names=recipient_doubts.names_of(work, monitoring.doubts_of(work, found)) if own else {},
            may_submit=own and permissions.may(work.actor, "monitoring.submit", DEPARTMENT),
            may_check=not own and permissions.may(work.actor, "monitoring.check", AGENCY),
        )  # fmt: skip


@blueprint.post("/monitoring/<ref>/submit")
@requires("monitoring.submit")
def submit(ref: str) -> ResponseReturnValue:
    """Report the list to the city."""
    try:
        with acting() as work:
            monitoring.submit(work, ref)
        flash(str(_("The list was reported.")))
    except Conflict as refusal:
        flash(str(refusal.message))
    return redirect(url_for("monitoring.list", ref=ref))


@blueprint.post("/monitoring/<ref>/close")
@requires("monitoring.check")
def close(ref: str) -> ResponseReturnValue:
    """The city closes the list."""
    try:
        with acting() as work:
            monitoring.close(work, ref, request.form.get("note", ""))
        flash(str(_("The list is closed.")))
    except Conflict as refusal:
        flash(str(refusal.message))
    return redirect(url_for("monitoring.list", ref=ref))
