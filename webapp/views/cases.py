"""Cases: the list, and one case with where it stands, what was found and who did what."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from domain.errors import InvalidAnswers
from domain.text import gettext as _
from domain.work import Work
from tasks import case_pages, drawings, queues
from tasks.decided import DecisionView
from webapp import showing
from webapp.acting import acting, reading
from webapp.i18n import english
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
            titles=showing.titles(work), counts=showing.nav_counts(work),
            now_at=drawings.lines(work, [row.ref for row in page.rows], english=english()),
        )  # fmt: skip


@blueprint.get("/cases/<ref>")
@requires("case.read")
def case(ref: str) -> ResponseReturnValue:
    """One case."""
    with reading() as work:
        return _page(work, ref)


@blueprint.get("/cases/<ref>/drawing.bpmn")
@requires("case.read")
def drawing(ref: str) -> ResponseReturnValue:
    """The drawing of the case's own version of the process."""
    with reading() as work:
        content = case_pages.drawing(work, ref)
    answer = Response(content, mimetype="application/xml")
    answer.headers["Content-Disposition"] = "attachment; filename=process.bpmn"
    return answer


@blueprint.post("/cases/<ref>/reveal")
@requires("reveal.idno")
def reveal(ref: str) -> ResponseReturnValue:
    """Show a member's whole identity number once, for a reason that is kept."""
    person, reason = request.form.get("person", ""), request.form.get("reason", "")
    try:
        with acting() as work:
            number = case_pages.reveal(work, ref, person, reason)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, person=person, fault=str(refusal.fields["reason"])), 422
    with reading() as work:
        return _page(work, ref, person=person, number=number)


def _page(work: Work, ref: str, *, person: str = "", number: str = "", fault: str = "") -> str:
    page = case_pages.case_page(work, ref, english=english())
    # bpmn-js writes style attributes while it draws
    return render_template(
        "cases/case.html", page=page, case=page.brief, titles=showing.titles(work, page.law), now=work.now,
        person=person, number=number, fault=fault, rules_of=_rules_of,
    )  # fmt: skip


def _rules_of(found: Sequence[DecisionView]) -> dict[str, dict[str, str]]:
    """Of each business rule step that passed: where the page tells of its last decision, and the rows that counted."""
    newest = {one.step_id: one for one in reversed(found)}
    return {step: {"href": f"#decision-{step}", "text": _counted(one)} for step, one in newest.items()}


def _counted(one: DecisionView) -> str:
    numbers = str(_(", ")).join(map(str, one.numbers))
    return str(_("row %(number)s", number=numbers) if numbers else _("no row counted"))
