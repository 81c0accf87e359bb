"""Help before the verification (救急难, LF-14): who was helped first and is still to be verified, and each record."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from domain.text import Text
from domain.text import gettext as _
from tasks.pages import rescue_pages
from webapp import showing
from webapp.acting import reading
from webapp.permits import requires

blueprint = Blueprint("rescues", __name__, url_prefix="/rescues")
MOST = 50
STATES: Mapping[str, tuple[str, Text]] = {
    "APPROVED": ("today", _("approved, not paid yet")),
    "REFUSED": ("line", _("not granted")),
    "PAID": ("soon", _("paid, being verified")),
    "CONCLUDED": ("ok", _("concluded")),
}
ENDS: Mapping[str, Text] = {"CLOSE": _("closed"), "ADJUST": _("adjusted"), "RECOVER": _("to be paid back")}


@blueprint.get("")
@requires("rescue.read")
def index() -> ResponseReturnValue:
    """Households of the office that were helped first; those still to be verified stand first."""
    at = request.args.get("after", "")
    after = at if at.isdecimal() and len(at) < 7 else ""
    with reading() as work:
        rows = rescue_pages.listed(work, MOST + 1, after)
        return render_template(
            "rescues/index.html", rows=rows[:MOST], more=len(rows) > MOST, after=int(after or 0), most=MOST,
            states=STATES, ends=ENDS, titles=showing.titles(work), counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/<ref>")
@requires("rescue.read")
def record(ref: str) -> ResponseReturnValue:
    """The whole record of one household's first help."""
    with reading() as work:
        return render_template(
            "rescues/record.html", page=rescue_pages.page(work, ref), states=STATES, ends=ENDS,
            titles=showing.titles(work), counts=showing.nav_counts(work),
        )  # fmt: skip
