"""Many cases at once: the list of batches, a new one by filter, and one with a verdict and a result a case."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import life
from tasks.batches import batch_chunks, batch_pages, batch_undo, batches, task_kinds
from tasks.batches.batch_filter import STATES, CaseFilter
from tasks.repair import repair_kinds
from tasks.repair.repairs import MOVE, RESET, SKIP
from tasks.rows.repair_models import UNDONE
from webapp import showing
from webapp.acting import acting, reading
from webapp.day_fields import until_of_form
from webapp.errors import status_of
from webapp.i18n import english
from webapp.permits import requires

blueprint = Blueprint("batches", __name__)
repair_kinds.register_all()
task_kinds.register_all()

STATE_TITLES: dict[str, Text] = {
    "JUDGING": _("being judged"),
    "JUDGED": _("judged, nothing done yet"),
    "APPROVED": _("approved"),
    "RUNNING": _("running"),
    "DONE": _("done"),
    "CANCELLED": _("stopped"),
    "UNDOING": _("being taken back"),
    "UNDONE": _("taken back"),
}
WORKING = ("JUDGING", "RUNNING", "UNDOING")
VERDICTS: dict[str, tuple[str, Text]] = {
    "ok": ("ok", _("can be done")),
    "changes": ("today", _("can be done, with changes")),
    "mapping": ("soon", _("needs an answer first")),
    "cannot": ("overdue", _("cannot be done")),
    "": ("", _("not judged yet")),
}
RESULTS: dict[str, Text] = {
    "DONE": _("done"), "FAILED": _("was refused"), "LEFT": _("left as it was"), "UNDONE": _("taken back"),
    "STAYS": _("stays done"), "": _("—"),
}  # fmt: skip
CASE_STATES: dict[str, Text] = {
    "OPEN": _("in progress"), "ON_HOLD": _("on hold"), "PARKED": _("waiting for a correction"), "DONE": _("closed"),
    "CANCELLED": _("ended"),
}  # fmt: skip
FIELDS: dict[str, Text] = {
    "process": _("Process"), "version": _("Version"), "step": _("Stands at"), "state": _("State of the case"),
    "office": _("Office"), "cause": _("Cause of failure"), "cases": _("Chosen cases"), "from": _("Step"),
    "to": _("To the step"), "until": _("On hold until"), "dates": _("Planned days"), "mapping": _("Steps chosen"),
    "day": _("Due on"), "priority": _("Priority"),
    "tasks": _("Chosen tasks"), "owner": _("Held by"), "holder": _("Held by"), "tab": _("Limit"), "town": _("Place"),
    "programme": _("Programme"), "search": _("Case number"), "older": _("Open for more than"), "due": _("Term"),
    "due_from": _("Due from"), "due_to": _("Due until"), "person": _("Person"),
}  # fmt: skip
# how the words of a filter of tasks are said
TASK_WORDS: dict[str, dict[str, Text]] = {
    "state": dict(life.STATES),
    "owner": {"open": _("me or nobody"), "mine": _("me"), "free": _("nobody")},
    "tab": {"overdue": _("Overdue"), "today": _("Due today"), "soon": _("Three days")},
}

# what each thing means for every case, and whether it can be taken back
MEANS: dict[str, Text] = {
    repair_kinds.HOLD: _("Nobody claims or completes tasks of these cases until they go on; terms set by law run on."),
    repair_kinds.GO_ON: _("Tasks of these cases can be done again, and what came due meanwhile is delivered."),
    repair_kinds.END: _("These cases end for good with their open tasks. This cannot be taken back."),
    MOVE: _("The step ends undone and the cases go on at another. Until a case goes on it can be taken back."),
    RESET: _("The step opens anew; what came after it ends and is done again. This cannot be taken back."),
    SKIP: _("Nobody does the step and no answers are recorded. This cannot be taken back."),
}


@blueprint.get("/batches")
@requires("batch.read")
def listing() -> ResponseReturnValue:
    """Batches the person may see, newest first."""
    with reading() as work:
        lines, following = batch_pages.listing(work, request.args.get("before", 0, type=int))
        return render_template(
            "batches/listing.html", lines=lines, following=following, titles_of_state=STATE_TITLES,
            may_begin=bool(batch_pages.kinds(work)),
        )  # fmt: skip


@blueprint.get("/batches/new")
@requires("batch.read")
def new() -> ResponseReturnValue:
    """The filter and what is to be done."""
    with reading() as work:
        return _form(work, {})


@blueprint.post("/batches/new")
@requires("batch.read")
def create() -> ResponseReturnValue:
    """Freeze the list and have it judged."""
    form = request.form
    chosen = CaseFilter(
        process=form.get("process", ""), version=form.get("version", type=int), step=form.get("step", ""),
        state=form.get("state", "OPEN") if form.get("state", "OPEN") in STATES else "OPEN",
        office=form.get("office", ""), cause=form.get("cause", "").strip()[:160],
    )  # fmt: skip
    params = {name: form.get(name, "") for name in ("from", "to") if form.get(name)}
    try:
        until = until_of_form() if form.get("kind") == repair_kinds.HOLD else None
        if until is not None:
            params["until"] = until.isoformat()
        with acting() as work:
            ref = batches.draft(work, form.get("kind", ""), params, chosen, form.get("reason", ""))
    except InvalidAnswers as refusal:
        with reading() as work:
            return _form(work, {k: str(v) for k, v in refusal.fields.items()}), 422
    except Conflict as refusal:
        with reading() as work:
            return _form(work, {"page": refusal.message}), status_of(refusal)
    return redirect(url_for("batches.batch", ref=ref))


@blueprint.get("/batches/<ref>")
@requires("batch.read")
def batch(ref: str) -> ResponseReturnValue:
    """One batch."""
    with reading() as work:
        return _batch(work, ref)


@blueprint.get("/batches/<ref>/progress")
@requires("batch.read")
def progress(ref: str) -> ResponseReturnValue:
    """How far it is, for the page that shows it; when it is through, the page is to come anew."""
    with reading() as work:
        page = batch_pages.batch_page(work, ref, english=english())
        answer = make_response(render_template("batches/progress.html", page=page))
    if page.line.state not in WORKING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/batches/<ref>/approve")
@requires("batch.approve")
def approve(ref: str) -> ResponseReturnValue:
    """The second person's word."""
    return _done(ref, lambda work: batches.approve(work, ref), _("Approved. It can be begun now."))


@blueprint.post("/batches/<ref>/run")
@requires("batch.read")
def run(ref: str) -> ResponseReturnValue:
    """Begin it."""
    return _done(ref, lambda work: batch_chunks.begin(work, ref), _("Begun. The page shows how far it is."))


@blueprint.post("/batches/<ref>/cancel")
@requires("batch.read")
def cancel(ref: str) -> ResponseReturnValue:
    """Stop it."""
    return _done(ref, lambda work: batches.cancel(work, ref), _("Stopped. What was done stays done."))


@blueprint.post("/batches/<ref>/undo")
@requires("batch.read")
def undo(ref: str) -> ResponseReturnValue:
    """Take it back, or ask a second person to let it be taken back."""
    return _done(ref, lambda work: _taking_back(work, ref) if batch_chunks.take_back(work, ref) else ASKED)


@blueprint.post("/batches/<ref>/undo/approve")
@requires("batch.approve")
def approve_undo(ref: str) -> ResponseReturnValue:
    """The second person's word for taking it back."""
    return _done(ref, lambda work: batch_undo.approve(work, ref), TAKING_BACK)


def _taking_back(work: Work, ref: str) -> Text:
    """A few were taken back while the person waited; more go on by themselves."""
    return TAKEN_BACK if batches.load(work, ref).state == UNDONE else TAKING_BACK


TAKEN_BACK = _("It was taken back.")
TAKING_BACK = _("It is being taken back, the last case first.")
ASKED = _("Asked for. A second person has to approve it before anything is taken back.")


def _done(ref: str, verb: Callable[[Work], Text | None], otherwise: Text | None = None) -> ResponseReturnValue:
    try:
        with acting() as work:
            said = verb(work) or otherwise
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _batch(work, ref, refusal.message), status_of(refusal)
    flash(str(said))
    return redirect(url_for("batches.batch", ref=ref))


def _batch(work: Work, ref: str, fault: str = "") -> str:
    verdict, after = request.args.get("verdict", ""), request.args.get("after", 0, type=int)
    page = batch_pages.batch_page(
        work,
        ref,
        verdict=verdict if verdict in (*VERDICTS, batch_pages.REFUSED, batch_pages.STAYS) else "",
        after=max(0, after),
        english=english(),
    )
    return render_template(
        "batches/batch.html", page=page, fault=fault, verdict=verdict, after=after, verdict_titles=VERDICTS,
        result_titles=RESULTS, titles_of_state=STATE_TITLES, fields=FIELDS, case_states=CASE_STATES,
        second_from=batches.SECOND_FROM, titles=showing.titles(work, processes=True), task_words=TASK_WORDS,
    )  # fmt: skip


def _form(work: Work, faults: dict[str, str]) -> str:
    return render_template(
        "batches/new.html", kinds=batch_pages.kinds(work), steps=batch_pages.processes(work, english=english()),
        offices=batch_pages.offices(work), states=CASE_STATES, faults=faults, means=MEANS, fields=FIELDS,
        sent=request.form,
        second_from=batches.SECOND_FROM, titles=showing.titles(work, processes=True),
    )  # fmt: skip
