"""Many tasks at once: chosen on a list or all that meet its filter; what to do with them, judged before it is done.

And the list of the head of an office, with the load of each of its people.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from domain import reasons as standard
from domain.errors import Conflict, InvalidAnswers
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks.batches import batch_chunks, batches, task_kinds
from tasks.finding import filters, office_lists, task_choice
from tasks.finding.filters import Filter
from tasks.finding.task_choice import TaskChoice
from webapp import inbox_page, reasons, showing
from webapp.acting import acting, reading
from webapp.day_fields import until_of_form
from webapp.errors import status_of
from webapp.permits import requires

blueprint = Blueprint("many", __name__)
task_kinds.register_all()

AT_ONCE = (task_kinds.CLAIM, task_kinds.RELEASE)  # a few of one's own need no look beforehand
# which standard reasons are offered for a kind
USES = {task_kinds.RELEASE: "release", task_kinds.ASSIGN: "assign", task_kinds.PUT_OFF: "suspend"}
FIELDS: dict[str, Text] = {
    "kind": _("What to do"), "people": _("Colleague"), "until": _("Comes back on"), "day": _("Due on"),
    "priority": _("Priority"), "reason": _("Reason"), "reason_code": _("Reason"),
}  # fmt: skip


@blueprint.get("/desk/office")
@requires("task.supervise")
def office() -> ResponseReturnValue:
    """Open tasks of the people whose head the person is, and how much each has in hand."""
    asked = filters.read(request.args.to_dict(), "all")
    kept: dict[str, Any] = dict(filters.words(asked, "all"))
    with reading() as work:
        page = office_lists.supervised(work, asked)
        if asked.page > page.pages:
            return redirect(url_for("many.office", **{**kept, "page": page.pages}))
        return render_template(
            "desk/office.html", page=page, asked=asked, kept=kept, loads=office_lists.loads(work),
            steps=office_lists.steps(work), done_batch=inbox_page.done_batch(work), counts=showing.nav_counts(work),
            titles=showing.titles(work), now=work.now,
        )  # fmt: skip


@blueprint.post("/desk/many")
@requires("desk.read")
def choose() -> ResponseReturnValue:
    """What to do with the chosen tasks. A few are claimed or given back at once."""
    chosen = _chosen()
    if not chosen.refs and "all" not in request.form:
        flash(str(_("Choose at least one task.")))
        return redirect(_list_address())
    kind = request.form.get("kind", "")
    if kind in AT_ONCE and 0 < len(chosen.refs) <= batch_chunks.SMALL:
        return _at_once(kind, chosen)
    with reading() as work:
        return _page(work, chosen, {})


@blueprint.post("/desk/many/draft")
@requires("desk.read")
def draft() -> ResponseReturnValue:
    """Freeze the list and say what would happen to each; nothing is done yet."""
    chosen = _chosen()
    try:
        with acting() as work:
            ref = batches.draft(work, _kind(), _params(), chosen, _reason(work), later=False)
            batch_chunks.judge_now(work, ref)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, chosen, {name: str(said) for name, said in refusal.fields.items()}), 422
    except Conflict as refusal:
        with reading() as work:
            return _page(work, chosen, {"page": refusal.message}), status_of(refusal)
    return redirect(url_for("batches.batch", ref=ref))


def _at_once(kind: str, chosen: TaskChoice) -> ResponseReturnValue:
    """Done while the person waits. Where all went well the list shows it, else the page that says what did not."""
    with acting() as work:
        ref = batches.draft(work, kind, {}, chosen, "", later=False)
        batch_chunks.judge_now(work, ref)
        batch = batches.load(work, ref)
        if batches.runnable(work, batch):
            batch_chunks.begin(work, ref)
        total, done = batch.total, batch.done
    if done < total:
        return redirect(url_for("batches.batch", ref=ref))
    if kind == task_kinds.CLAIM:
        flash(ngettext("%(num)d task is yours now.", "%(num)d tasks are yours now.", done))
    else:
        flash(ngettext("%(num)d task can be claimed again.", "%(num)d tasks can be claimed again.", done))
    return redirect(_list_address(batch=ref))


def _chosen() -> TaskChoice:
    refs = [] if "all" in request.form else request.form.getlist("ref")
    return TaskChoice.of(_asked(), refs, office=_of_office())


def _of_office() -> bool:
    return request.args.get("list") == "office"


def _asked() -> Filter:
    """The filter of the list in the address of the form; the queue's is of what nobody holds."""
    words = {name: value for name, value in request.args.items() if name != "list"}
    if request.args.get("list") == "queue":
        words["owner"] = "free"
    return filters.read(words, "all" if _of_office() else "open")


def _words() -> dict[str, Any]:
    """The address of the list, for the form that comes next."""
    return {**filters.words(_asked(), "all" if _of_office() else "open"), "list": request.args.get("list", "")[:8]}


def _list_address(**more: Any) -> str:
    words: dict[str, Any] = dict(filters.words(_asked(), "all" if _of_office() else "open"))
    if request.args.get("list") == "queue":
        return url_for("desk.queue", **{name: value for name, value in words.items() if name != "owner"}, **more)
    return url_for("many.office" if _of_office() else "desk.inbox", **words, **more)


def _kind() -> str:
    kind = request.form.get("kind", "")
    if kind not in task_kinds.TITLES:
        raise InvalidAnswers({"kind": _("Choose what to do.")})
    return kind


def _params() -> dict[str, Any]:
    """What the chosen kind is told, and nothing of the others. Raises InvalidAnswers."""
    kind, form = request.form.get("kind", ""), request.form
    if kind == task_kinds.ASSIGN:
        return {"people": list(dict.fromkeys(form.getlist("people")))}
    if kind == task_kinds.PUT_OFF:
        until = until_of_form()
        return {"until": until.isoformat() if until is not None else ""}
    if kind == task_kinds.DUE:
        return {"day": _day(form.get("day", ""))}
    if kind == task_kinds.PRIORITY:
        return {"priority": form.get("priority", -1, type=int)}
    return {}


def _reason(work: Work) -> str:
    """Why: chosen or written; "" where neither was and none is needed. Raises InvalidAnswers."""
    kind, form = request.form.get("kind", ""), request.form
    code, text = form.get(f"{standard.FIELD}:{kind}", ""), form.get(standard.TEXT, "")
    if not code and not text.strip():
        return ""
    return standard.sentence(work, USES.get(kind, ""), code, text)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat() if text.strip() else ""
    except ValueError as broken:
        raise InvalidAnswers({"day": _("Give a day as 2027-06-01.")}) from broken


def _page(work: Work, chosen: TaskChoice, faults: dict[str, str]) -> str:
    kinds = [
        (name, task_kinds.TITLES[name])
        for name in task_kinds.TITLES
        if permissions.may(work.actor, batches.kind_of(name).action)
    ]
    total = task_choice.count(work, chosen)
    known = reasons.by_use(work, USES.values())
    return render_template(
        "batches/tasks.html", kinds=kinds, means=task_kinds.MEANS, total=total, most=task_choice.MOST, chosen=chosen,
        people=_people(work, chosen) if any(name == task_kinds.ASSIGN for name, _t in kinds) and total else [],
        words=_words(), back=_list_address(), faults=faults, fields=FIELDS, sent=request.form,
        offered={kind: known[use] for kind, use in USES.items() if use in known and kind in dict(kinds)},
        chosen_people=request.form.getlist("people"), second_from=batches.SECOND_FROM, seconded=task_kinds.SECOND,
        counts=showing.nav_counts(work),
    )  # fmt: skip


def _people(work: Work, chosen: TaskChoice) -> list[office_lists.Load]:
    """Who could be given some of these tasks: everybody of the offices that do them, who has least first."""
    try:
        offices = task_choice.offices(work, chosen)
    except Conflict:
        return []
    found = [load for office in offices[:MOST_OFFICES] for load in office_lists.loads(work, office)]
    return sorted(found, key=lambda one: (one.open, one.name))


MOST_OFFICES = 5
