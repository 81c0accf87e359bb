"""Cases: the list, and one case with where it stands, what was found and who did what."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from tasks import queues
from webapp import showing
from webapp.acting import reading
from webapp.permits import requires

blueprint = Blueprint("cases", __name__)


@blueprint.get("/cases")
@requires("case.list")
def listing() -> ResponseReturnValue:
    """Cases the person may read, due ones first."""
    state = request.args.get("state", "OPEN")
    text = request.args.get("q", "").strip()[:48]
    with reading() as work:
        page = queues.cases(work, state=state, search=text, page=max(1, request.args.get("page", 1, type=int)))
        return render_template(
            "cases/listing.html", page=page, state=state, text=text, now=work.now,
            titles=showing.titles(work, processes=True), counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/cases/<ref>")
@requires("case.read")
def case(ref: str) -> ResponseReturnValue:
    """One case."""
    raise NotImplementedError
