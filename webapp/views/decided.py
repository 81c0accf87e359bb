"""One decision of a case in full: which rows of its table counted, and why another did not."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from tasks.cases import decided
from webapp import showing
from webapp.acting import reading
from webapp.i18n import english
from webapp.permits import requires

blueprint = Blueprint("decided", __name__)


@blueprint.get("/cases/<ref>/decisions/<decision>")
@requires("case.read")
def decision(ref: str, decision: str) -> ResponseReturnValue:
    """A decision, its facts, and every row in the light of one of them."""
    with reading() as work:
        found = decided.why(work, ref, decision, request.args.get("fact", type=int), english=english())
        return render_template(
            "cases/decision.html", case=found.case, why=found, one=found.decision, titles=showing.titles(work),
            people=found.people,
        )  # fmt: skip
