"""Papers of a case to print on A4: what there is to print, and one of them as PDF."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue

from domain.errors import Conflict
from domain.text import Text
from domain.work import Work
from tasks.cases import prints
from webapp import showing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.permits import requires
from workflows.papers import making

blueprint = Blueprint("printing", __name__)


@blueprint.get("/cases/<ref>/papers")
@requires("paper.print")
def listing(ref: str) -> ResponseReturnValue:
    """What can be printed of a case, and what was."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/cases/<ref>/papers")
@requires("paper.print")
def paper(ref: str) -> ResponseReturnValue:
    """One paper as PDF, entered into the register of papers given out; a refusal says what is missing."""
    doc, about = request.form.get("doc", ""), request.form.get("about", "")
    try:
        with acting() as work:
            taken = prints.take(work, ref, doc, about)
    except Conflict as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal.message), status_of(refusal)
    content = making.rendered(taken.doc, taken.canonical, taken.stamp)
    return send_file(
        BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=f"{taken.number}.pdf", max_age=0
    )


def _page(work: Work, ref: str, *, refusal: Text | str = "") -> str:
    page = prints.page(work, ref)
    return render_template(
        "cases/papers.html", case=page.case, offers=page.offers, refusal=refusal, counts=showing.nav_counts(work)
    )
