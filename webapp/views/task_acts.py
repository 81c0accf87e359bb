"""What may be done with a task besides filling it in: handed on, put off, skipped, given up; and why not the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound, NotPermitted, Stale
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import life
from tasks.desk import desk, handing, pausing
from tasks.pages import task_acts
from webapp import asking, reasons, showing
from webapp.acting import acting, reading
from webapp.day_fields import until_of_form
from webapp.errors import status_of
from webapp.permits import requires

blueprint = Blueprint("task_acts", __name__)
REFUSED = (Conflict, NotPermitted, Stale)

Verb = Callable[[Work, str], object]
VERBS: Mapping[str, Verb] = {
    life.START: pausing.start,
    life.STOP: pausing.stop,
    life.RELEASE: desk.release,
    life.DELEGATE: lambda work, ref: handing.delegate(work, ref, _person()),
    life.HAND_BACK: handing.hand_back,
    life.RECALL: handing.recall,
    life.FORWARD: lambda work, ref: handing.forward(work, ref, _person()),
    life.ASSIGN: lambda work, ref: handing.assign(work, ref, _person()),
    life.NOMINATE: lambda work, ref: handing.nominate(work, ref, request.form.getlist("person")),
    life.SUSPEND: lambda work, ref: _suspend(work, ref),
    life.RESUME: pausing.resume,
    life.SKIP: lambda work, ref: pausing.skip(work, ref, _reason(work, life.SKIP)),
    life.FAIL: lambda work, ref: pausing.fail(work, ref, _reason(work, life.FAIL), code=request.form.get("code", "")),
    life.PRIORITY: lambda work, ref: pausing.set_priority(work, ref, request.form.get("priority", -1, type=int)),
    life.MEND: pausing.mend,
}
DONE: Mapping[str, Text] = {
    life.START: _("The task is in progress."),
    life.STOP: _("The work is interrupted; the task stays with you."),
    life.RELEASE: _("The task can be claimed again. What was filled in stays with it."),
    life.DELEGATE: _("The task is delegated; it comes back to you."),
    life.HAND_BACK: _("The task is back with whom it came from."),
    life.RECALL: _("The task is with you again."),
    life.FORWARD: _("The task was passed on."),
    life.ASSIGN: _("The task is assigned."),
    life.NOMINATE: _("Those named may claim the task now."),
    life.SUSPEND: _("The task is put off; it comes back by itself."),
    life.RESUME: _("The task is back in the list."),
    life.SKIP: _("The step is skipped; the case goes on."),
    life.FAIL: _("The step is given up; the case takes the way drawn for that."),
    life.PRIORITY: _("The priority is changed."),
    life.MEND: _("The task can be completed again."),
}
# where a refused question stands on the page, and what it is called in the summary
PLACES: Mapping[str, Text] = {
    "operation": _("What to do"), "account": _("Colleague"), "until": _("Comes back on"), "reason": _("Reason"),
    "reason_code": _("Reason"),
    "priority": _("Priority"), "code": _("What follows"),
}  # fmt: skip


@blueprint.get("/tasks/<ref>/acts")
@requires("task.read")
def page(ref: str) -> ResponseReturnValue:
    """What may be done, and why the rest may not."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/tasks/<ref>/acts")
@requires("task.read")
def act(ref: str) -> ResponseReturnValue:
    """Do what was chosen; a refusal shows the page again with everything that was entered."""
    operation = request.form.get("operation", "")
    verb = VERBS.get(operation)
    try:
        if verb is None:
            raise InvalidAnswers({"operation": _("Choose what to do.")})
        with acting() as work:
            verb(work, ref)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, faults={name: str(said) for name, said in refusal.fields.items()}), 422
    except REFUSED as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal), status_of(refusal)
    flash(str(DONE[operation]))
    return _after(ref)


def _after(ref: str) -> ResponseReturnValue:
    """The task again, or the list where it is out of the actor's sight now."""
    with reading() as work:
        try:
            task_acts.page(work, ref)
        except NotFound:
            return redirect(url_for("desk.inbox"))
    back = "desk.task" if request.form.get("back") == "task" else "task_acts.page"
    return redirect(url_for(back, ref=ref))


def _person() -> str:
    return request.form.get("person", "")


def _suspend(work: Work, ref: str) -> object:
    """A missing day and a missing reason are said together."""
    until, why = asking.all_of(lambda: pausing.day_of(work, ref, until_of_form()), lambda: _reason(work, life.SUSPEND))
    return pausing.suspend(work, ref, until, why)


def _reason(work: Work, use: str) -> str:
    return reasons.of_form(work, use, several=True)


def _page(work: Work, ref: str, *, faults: Mapping[str, str] | None = None, refusal: HouseError | None = None) -> str:
    shown = task_acts.page(work, ref)
    return render_template(
        "desk/acts.html",
        page=shown,
        offered=reasons.by_use(work, shown.asking("reason")),
        means=task_acts.MEANS,
        states=life.STATES,
        faults=faults or {},
        places=PLACES,
        refusal=refusal,
        sent=request.form,
        chosen=request.form.get("operation") or request.args.get("do", ""),
        chosen_people=request.form.getlist("person"),
        counts=showing.nav_counts(work),
    )
