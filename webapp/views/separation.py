"""For whoever watches over the offices: the proof that separation of duties held, and who declared relatives."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from domain.parties import kin
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks.pages import proof_pages
from tasks.proof import proof
from webapp.acting import acting, reading
from webapp.permits import requires

blueprint = Blueprint("separation", __name__, url_prefix="/oversight")

RULES: dict[str, Text] = {
    "PAIR": _("did both halves of a pair of steps"),
    "GROUP": _("did two steps of a group of which nobody does two"),
    "PASSED": _("let one half of a pair pass and did the other"),
    "NEAR": _("worked on the case of their own household or a near relative's"),
    "JOURNAL": _("row and journal name different people, or the journal knows nothing of it"),
}


@blueprint.get("/separation")
@requires("separation.read")
def page() -> ResponseReturnValue:
    """What the proofs saw."""
    with reading() as work:
        return _page(work)


@blueprint.post("/separation")
@requires("separation.prove")
def prove() -> ResponseReturnValue:
    """Look at everything from the beginning."""
    with acting() as work:
        proof.ask(work)
    flash(str(_("Everything is looked at from the beginning. What comes out stands here in a while.")))
    return redirect(url_for("separation.page"))


@blueprint.get("/relatives")
@requires("kin.overview")
def relatives() -> ResponseReturnValue:
    """Who declared relatives; not whom."""
    with reading() as work:
        return render_template("oversight/relatives.html", rows=kin.overview(work))


def _page(work: Work) -> str:
    return render_template("oversight/separation.html", page=proof_pages.page(work), rules=RULES)
