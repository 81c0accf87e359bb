"""Cases: the list, and one case with where it stands, what was found and who did what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import InvalidAnswers
from domain.text import gettext as _
from domain.work import Work
from tasks.cases import drawings, replay
from tasks.cases.decided import DecisionView
from tasks.cases.replay import Moment
from tasks.finding import queues
from tasks.pages import case_pages
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
    """One case; with ?moment=N as it stood after that move."""
    with reading() as work:
        return _page(work, ref, moment=request.args.get("moment", 0, type=int))


@blueprint.get("/cases/<ref>/moments.json")
@requires("case.read")
def moments(ref: str) -> ResponseReturnValue:
    """The past of the case for the slider: of each move what was done and which marks changed."""
    with reading() as work:
        return {"moments": list(_told(replay.listing(work, ref, english=english())))}


@blueprint.get("/cases/<ref>/drawing.bpmn")
@requires("case.read")
def drawing(ref: str) -> ResponseReturnValue:
    """The drawing of the case's own version of the process; with ?moment=N of the version it ran on then."""
    with reading() as work:
        content = case_pages.drawing(work, ref, request.args.get("moment", 0, type=int))
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


def _page(work: Work, ref: str, *, person: str = "", number: str = "", fault: str = "", moment: int = 0) -> str:
    page = case_pages.case_page(work, ref, english=english())
    then = replay.at(work, ref, moment, english=english()) if moment else None
    # bpmn-js writes style attributes while it draws
    return render_template(
        "cases/case.html", page=page, case=page.brief, titles=showing.titles(work, page.law), now=work.now,
        person=person, number=number, fault=fault, rules_of=_rules_of, then=then,
    )  # fmt: skip


def _told(found: Sequence[Moment]) -> Iterator[dict[str, Any]]:
    """Moments as the slider reads them: of the marks only what is not as it was before."""
    before: Mapping[str, Any] = {}
    for one in found:
        marks = one.drawing.marks()
        yield {
            "number": one.number,
            "at": one.at.isoformat(),
            "when": showing.short_time(one.at),
            "who": one.who or str(_("the system:")),
            "text": str(one.text),
            "stands": str(_(", ")).join(one.stands),
            "version": one.drawing.version,
            "drawing": url_for("cases.drawing", ref=one.drawing.case_ref, moment=one.number),
            "marks": {name: value for name, value in marks.items() if before.get(name) != value},
        }
        before = marks


def _rules_of(found: Sequence[DecisionView]) -> dict[str, dict[str, str]]:
    """Of each business rule step that passed: where the page tells of its last decision, and the rows that counted."""
    newest = {one.step_id: one for one in reversed(found)}
    return {step: {"href": f"#decision-{step}", "text": _counted(one)} for step, one in newest.items()}


def _counted(one: DecisionView) -> str:
    numbers = str(_(", ")).join(map(str, one.numbers))
    return str(_("row %(number)s", number=numbers) if numbers else _("no row counted"))
