"""Rows of a list in a task's form: added, copied, moved and removed by plain buttons."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import InvalidAnswers
from tasks.desk import drafts
from tasks.pages import pages
from webapp import form_rows, typed
from webapp.acting import acting, reading
from webapp.i18n import english
from webapp.permits import requires

blueprint = Blueprint("task_rows", __name__)


@blueprint.post("/tasks/<ref>/rows/<key>/<act>")
@requires("task.draft", uploads=True)
def change(ref: str, key: str, act: str) -> ResponseReturnValue:
    """Add, copy, move or remove a row; everything else that was typed and chosen is kept with it."""
    at = request.args.get("row", 0, type=int)
    try:
        with reading() as work:
            spec = form_rows.list_of(pages.task_page(work, ref, english=english()).form, key)
        answers, _count, _draft = typed.kept(ref)
        answers, at = form_rows.changed(spec, answers, act, at)
        with acting() as work:
            drafts.keep(work, ref, answers)
    except InvalidAnswers as refusal:
        flash(str(next(iter(refusal.fields.values()))))
    except typed.KeptBeside:
        return redirect(url_for("desk.task", ref=ref, _anchor="windows"))
    filters = (one for one in request.args.items() if one[0].isalpha() and one[0] not in ("ref", "row"))
    address: dict[str, Any] = dict(filters)
    return redirect(url_for("desk.task", ref=ref, _anchor=f"row-{key}-{at}", **address))
