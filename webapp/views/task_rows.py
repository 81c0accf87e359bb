"""Rows of a list in a task's form: added, copied, moved and removed by plain buttons."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import InvalidAnswers
from tasks import desk, pages
from webapp import form_rows, task_forms
from webapp.acting import acting, reading
from webapp.i18n import english
from webapp.permits import requires

blueprint = Blueprint("task_rows", __name__)


@blueprint.post("/tasks/<ref>/rows/<key>/<act>")
@requires("task.draft", uploads=True)
def change(ref: str, key: str, act: str) -> ResponseReturnValue:
    """Add, copy, move or remove a row; everything else that was typed and chosen is kept with it."""
    at = request.args.get("row", 0, type=int)
    with reading() as work:
        form = task_forms.sent(work, pages.task_page(work, ref, english=english()))
    draft = form.draft()
    try:
        task_forms.hand_in(ref, draft, form=form.spec)
        draft, at = form_rows.changed(form_rows.list_of(form.spec, key), draft, act, at)
    except InvalidAnswers as refusal:
        flash(str(next(iter(refusal.fields.values()))))
    with acting() as work:
        desk.keep_draft(work, ref, draft)
    address: dict[str, Any] = {
        name: value for name, value in request.args.items() if name.isalpha() and name not in ("ref", "row")
    }
    return redirect(url_for("desk.task", ref=ref, _anchor=f"row-{key}-{at}", **address))
