"""The head's page: how old the queues of an office are, who holds how much, and where the time of a process goes."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from domain.text import Text
from domain.text import gettext as _
from tasks.supervision import supervision
from tasks.supervision.step_times import BLOCKED, WAITING, WORKING
from webapp import showing
from webapp.acting import reading
from webapp.permits import requires

blueprint = Blueprint("supervision", __name__, url_prefix="/supervision")

AGE_TITLES: tuple[Text, ...] = (_("to 1 d"), _("2 to 5 d"), _("6 to 10 d"), _("over 10 d"))
MOST: dict[str, Text | str] = {
    WAITING: _("Most of the time the work waits for somebody to take it."),
    WORKING: _("Most of the time somebody holds the work."),
    BLOCKED: _("Most of the time the work waits for others."),
    "": "",
}


@blueprint.get("")
@requires("task.oversee")
def page() -> ResponseReturnValue:
    """One's own office, or one below it."""
    asked = request.args
    with reading() as work:
        shown = supervision.page(
            work, asked.get("office", "")[:26], asked.get("process", "")[:64], asked.get("days", 0, type=int)
        )
        return render_template(
            "supervision/page.html", page=shown, titles=showing.titles(work, processes=True), age_titles=AGE_TITLES,
            most=MOST, periods=supervision.PERIODS, done_days=supervision.DONE_DAYS, counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/drawings/<process>.bpmn")
@requires("task.oversee")
def drawing(process: str) -> ResponseReturnValue:
    """The drawing in force, for the picture."""
    with reading() as work:
        content = supervision.drawing(work, process)
    answer = Response(content, mimetype="application/xml")
    answer.headers["Content-Disposition"] = "attachment; filename=process.bpmn"
    return answer
