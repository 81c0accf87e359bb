"""A step done on a colleague's behalf: for whom, the step's own form, and why.

Nothing is kept before it is done: a colleague's draft is shown, and stays as it is until the step is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, HouseError, InvalidAnswers, NotPermitted, Stale
from domain.text import gettext as _
from domain.work import Work
from tasks import form_facts, on_behalf
from webapp import form_rows, kept, showing, task_forms
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.errors import status_of
from webapp.forms import TaskForm
from webapp.i18n import english
from webapp.permits import requires

blueprint = Blueprint("on_behalf", __name__)
# no key of a field holds a colon, so that the page's own questions meet none of the form's
ACCOUNT, REASON, ACT = "behalf:account", "behalf:reason", "behalf:act"


@blueprint.get("/tasks/<ref>/on-behalf")
@requires("task.complete_for")
def page(ref: str) -> ResponseReturnValue:
    """For whom, the form, and why."""
    with reading() as work:
        shown = on_behalf.page(work, ref, english=english())
        return _page(work, shown, task_forms.blank(work, shown.task))


@blueprint.post("/tasks/<ref>/on-behalf")
@requires("task.complete_for", uploads=True)
def complete(ref: str) -> ResponseReturnValue:
    """Complete it; a refusal shows the page again with everything that was entered."""
    with reading() as work:
        shown = on_behalf.page(work, ref, english=english())
        answers = task_forms.sent(work, shown.task).draft()
        case, spec = shown.task.case.ref, shown.task.form
        if request.form.get(ACT):
            return _rows(work, shown, answers)
        if shown.refusal is not None:
            return _page(work, shown, task_forms.sent(work, shown.task), refusal=Conflict(shown.refusal)), 409
    if again := kept.to_choose_again():
        return _again(ref, answers, 422, faults=again)
    try:
        task_forms.hand_in(ref, answers, attach=on_behalf.attach, keep=None, form=spec)
    except InvalidAnswers as refusal:
        return _again(ref, answers, 422, faults=refusal.fields)
    with reading() as work:
        form = task_forms.with_files(work, on_behalf.page(work, ref, english=english()).task, answers)
        if not form.validate():
            return _page(work, on_behalf.page(work, ref, english=english()), form), 422
        answers = form.answers()
    try:
        with acting() as work:
            on_behalf.complete_for(
                work, ref, version=request.form.get("version", 0, type=int), account=request.form.get(ACCOUNT, ""),
                answers=answers, reason=request.form.get(REASON, ""),
            )  # fmt: skip
    except InvalidAnswers as refusal:
        return _again(ref, answers, 422, faults=refusal.fields)
    except (Stale, Conflict, NotPermitted) as refusal:
        return _again(ref, answers, status_of(refusal), refusal=refusal)
    flash(str(_("Done. The case names you and whom you did it for.")))
    return redirect(url_for("cases.case", ref=case))


def _rows(work: Work, shown: on_behalf.BehalfPage, answers: dict[str, Any]) -> ResponseReturnValue:
    """The page with a row more, less or elsewhere: the button says "list:act:row"; "row" alone shows it again."""
    if request.form[ACT] == "row":
        return _page(work, shown, task_forms.filled_with(work, shown.task, answers))
    key, act, at = [*request.form[ACT].split(":"), "", ""][:3]
    try:
        spec = form_rows.list_of(shown.task.form, key)
        answers, _at = form_rows.changed(spec, answers, act, int(at) if at.isdecimal() else 0)
    except InvalidAnswers as refusal:
        form = task_forms.filled_with(work, shown.task, answers)
        form.refuse(refusal.fields)
        return _page(work, shown, form), 422
    return _page(work, shown, task_forms.filled_with(work, shown.task, answers))


@blueprint.post("/tasks/<ref>/on-behalf/rules")
@requires("task.complete_for")
def rules(ref: str) -> ResponseReturnValue:
    """Which fields do not apply to what is filled in, and what the checks say (JSON); nothing of it is kept."""
    with reading() as work:
        form, case = on_behalf.form_of(work, ref)
        facts = form_facts.of_case(work, case, form)
        return jsonify(task_forms.judged(form, request.form, form_facts.instant(work), facts))


def _again(
    ref: str,
    answers: Mapping[str, object],
    status: int,
    *,
    faults: Mapping[str, object] | None = None,
    refusal: HouseError | None = None,
) -> ResponseReturnValue:
    """The page with what was sent. Raises NotFound, NotPermitted when the task is over or gone by now."""
    own = {name: faults[name] for name in ("account", "reason") if faults and name in faults}
    with reading() as work:
        shown = on_behalf.page(work, ref, english=english())
        form = task_forms.with_files(work, shown.task, answers)
        # the questions of the page itself come first; a field of the form may bear the same name
        form.refuse({} if own else faults or {})
        return _page(work, shown, form, refusal=refusal, own=own), status


def _page(
    work: Work,
    shown: on_behalf.BehalfPage,
    form: TaskForm,
    *,
    refusal: HouseError | None = None,
    own: Mapping[str, object] | None = None,
) -> str:
    task = shown.task
    return render_template(
        "desk/on_behalf.html",
        page=shown,
        task=task,
        form=form,
        refusal=refusal,
        own=own or {},
        sent=request.form,
        titles=showing.titles(work, task.law),
        counts=showing.nav_counts(work),
        now=work.now,
        sections=task_forms.sections(task.form),
        labels=task_forms.conditions(task.form),
        buttons=task_forms.buttons(task.form),
        seen=task_forms.seen(task, form),
        ctx={
            "ref": task.ref,
            "kept": {},
            "unkept": True,
            "files": {one.ref: one for one in task.files},
            "limit": house().settings.upload_limit,
        },
    )
