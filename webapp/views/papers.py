"""What stands beside a task's form: remarks, and the choice between what two windows typed."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, InvalidAnswers
from domain.text import gettext as _
from tasks.desk import comments, drafts
from tasks.desk.comments import Written
from webapp.acting import acting, reading
from webapp.inbox_page import asked_filter, in_address
from webapp.permits import requires

blueprint = Blueprint("papers", __name__)


@blueprint.post("/tasks/<ref>/drafts/<other>")
@requires("task.draft")
def decide_draft(ref: str, other: str) -> ResponseReturnValue:
    """Take what another window typed, or put it away."""
    with acting() as work:
        drafts.decide(work, ref, other, take=request.form.get("decision") == "take")
    return redirect(_task(ref))


@blueprint.post("/tasks/<ref>/comments")
@requires("task.comment")
def comment(ref: str) -> ResponseReturnValue:
    """Write a remark on a task."""

    def act() -> Written:
        with acting() as work:
            return comments.write(work, ref, request.form.get("comment", ""), request.form.getlist("told"))

    return _said(ref, act)


@blueprint.post("/comments/<ref>")
@requires("task.comment")
def mend(ref: str) -> ResponseReturnValue:
    """Put one's own remark in other words."""
    with reading() as work:
        task = comments.task_of(work, ref)

    def act() -> Written:
        with acting() as work:
            return comments.mend(work, ref, request.form.get("comment", ""))

    return _said(task, act)


@blueprint.post("/comments/<ref>/withdraw")
@requires("task.comment")
def withdraw(ref: str) -> ResponseReturnValue:
    """Take one's own remark off the pages; its trace stays."""
    with acting() as work:
        task = comments.withdraw(work, ref)
    return redirect(_task(task, "remarks"))


def _said(task: str, act: Callable[[], Written]) -> ResponseReturnValue:
    try:
        unknown = act().unknown
        if unknown:
            said = _("Nobody who may see this case is called %(names)s; nobody was told under that name.",
                     names="、".join(f"@{one}" for one in unknown))  # fmt: skip
            flash(str(said))
    except InvalidAnswers as refusal:
        flash(str(next(iter(refusal.fields.values()))))
    except Conflict as refusal:
        flash(str(refusal.message))
    return redirect(_task(task, "remarks"))


def _task(ref: str, anchor: str | None = None) -> str:
    return url_for("desk.task", ref=ref, _anchor=anchor, **in_address(asked_filter()))
