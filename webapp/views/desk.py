"""The desk: inbox, queue, done; a task with its form. Every button is a plain form first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from secrets import token_hex

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound, NotPermitted, Stale
from domain.text import gettext as _
from domain.work import Work
from tasks import form_facts, moves
from tasks.cases import drawings, followed
from tasks.desk import desk, drafts, form_switching
from tasks.desk.drafts import Kept
from tasks.finding import pull, queues, saved_filters, sorting
from tasks.finding.filters import Filter
from tasks.finding.pull import Next
from tasks.moves import Moved
from tasks.pages import form_pages, pages
from tasks.pages.pages import TaskPage
from tasks.rows.models import COMPLETED
from webapp import corrections, inbox_page, showing, task_forms, typed
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.errors import status_of
from webapp.forms import TaskForm
from webapp.i18n import english
from webapp.inbox_page import asked_filter, in_address
from webapp.kept import to_choose_again
from webapp.permits import requires

blueprint = Blueprint("desk", __name__)


@blueprint.record_once
def _show(state: BlueprintSetupState) -> None:
    showing.init(state.app)  # type: ignore[arg-type]  # our application is a Flask


@blueprint.get("/desk")
@requires("desk.read")
def inbox() -> ResponseReturnValue:
    """My tasks and those I may claim, most pressing first."""
    asked = asked_filter()
    if "" in request.args.values():  # a form names all its fields; the address that people share does not
        return redirect(url_for("desk.inbox", **in_address(asked)))
    return _list("desk.inbox", asked)


@blueprint.get("/desk/queue")
@requires("desk.read")
def queue() -> ResponseReturnValue:
    """Tasks nobody holds yet."""
    return _list("desk.queue", replace(asked_filter(), owner="free"))


def _list(endpoint: str, asked: Filter) -> ResponseReturnValue:
    with reading() as work:
        asked, gone = saved_filters.outdated(work, asked)
        page = queues.worklist(work, asked)
        if asked.page > page.pages:
            return redirect(url_for(endpoint, **in_address(replace(asked, page=page.pages))))
        counted = queues.counts(work, owner="open")
        choices, titles = queues.choices(work), inbox_page.titles(work)
        bar = inbox_page.bar(work, asked, gone, page.rows, choices, titles, endpoint)
        return render_template(
            "desk/inbox.html",
            layout="part.html" if inbox_page.in_part() else "base.html",
            bar=bar,
            orders=inbox_page.orders(bar.columns),
            sortable=sorting.possible(page.total, page.more),
            chosen=inbox_page,
            page=page,
            asked=asked,
            kept=in_address(asked),
            endpoint=endpoint,
            counted=counted,
            counts=showing.as_nav(counted),
            choices=choices,
            done_batch=inbox_page.done_batch(work),
            titles=titles,
            now=work.now,
        )


@blueprint.get("/desk/done")
@requires("desk.read")
def done() -> ResponseReturnValue:
    """What I completed, newest first."""
    with reading() as work:
        page = queues.finished(work, page=max(1, request.args.get("page", 1, type=int)))
        counts = showing.nav_counts(work)
        return render_template(
            "desk/done.html", page=page, counts=counts, titles=showing.titles(work), now=work.now,
            now_at=drawings.lines(work, {row.case_ref for row in page.rows}, english=english()),
            lent=followed.done_for(work, {row.ref for row in page.rows}),
        )  # fmt: skip


@blueprint.post("/desk/next")
@requires("task.claim")
def claim_next() -> ResponseReturnValue:
    """Claim the most pressing free task of the filter and open it; a task lost in the race leads to the one after."""
    asked = asked_filter()
    with reading() as work:
        waiting = pull.free(work, asked)
    for one in waiting:
        try:
            with acting() as work:
                desk.claim(work, one.ref)
        except (Stale, NotPermitted, Conflict, NotFound):
            continue  # a colleague was faster, or it is not for this person: the one after it
        flash(str(one.why))
        return redirect(url_for("desk.task", ref=one.ref, **in_address(asked)))
    flash(str(_("There is nothing left to claim here.")))
    return redirect(url_for("desk.inbox", **in_address(asked)))


@blueprint.get("/tasks/<ref>")
@requires("task.read")
def task(ref: str) -> ResponseReturnValue:
    """A task with its form and what helps to do it."""
    with reading() as work:
        shown = pages.task_page(work, ref, english=english())
        return _page(work, shown, task_forms.blank(work, shown))


@blueprint.post("/tasks/<ref>/claim")
@requires("task.claim")
def claim(ref: str) -> ResponseReturnValue:
    """Take a task and open it; asked from a list that stays, take it and show the list."""
    if inbox_page.in_part():
        return _claimed_in_list(ref)
    with acting() as work:
        desk.claim(work, ref)
    return redirect(url_for("desk.task", ref=ref, **in_address(asked_filter())))


def _claimed_in_list(ref: str) -> ResponseReturnValue:
    """To the list as it is now; where a colleague was faster it says who."""
    try:
        with acting() as work:
            desk.claim(work, ref)
    except HouseError as refusal:
        flash(str(refusal))
    endpoint = "desk.queue" if request.args.get("list") == "queue" else "desk.inbox"
    return redirect(url_for(endpoint, **in_address(asked_filter())))


@blueprint.post("/tasks/<ref>/release")
@requires("task.release", uploads=True)
def release(ref: str) -> ResponseReturnValue:
    """Give a task back; what was typed and chosen stays with it."""
    try:
        if request.form.get("version") is not None:
            typed.kept(ref)
        with acting() as work:
            desk.release(work, ref)
    except InvalidAnswers as refusal:
        return _again(ref, _at(refusal.fields), 422)
    except typed.KeptBeside as told:
        return _to_decide(ref, told.kept)
    flash(str(_("The task can be claimed again. What was filled in stays with it.")))
    return redirect(url_for("desk.inbox", **in_address(asked_filter())))


@blueprint.post("/tasks/<ref>/draft")
@requires("task.draft", uploads=True)
def draft(ref: str) -> ResponseReturnValue:
    """Keep what was typed so far: for the browser's script (JSON) and for the button (back to the page). A form that
    goes on after a sign-in may lack files: its page says which."""
    scripted = request.accept_mimetypes.best == "application/json"
    try:
        _answers, _count, kept = typed.kept(ref)
    except InvalidAnswers as refusal:
        return _again(ref, _at(refusal.fields), 422)
    except typed.KeptBeside as told:
        if scripted:
            return jsonify(beside=True, who=told.kept.who, at=typed.clock(told.kept)), 409
        return _to_decide(ref, told.kept)
    if again := to_choose_again():
        return _again(ref, _at(again), 422)
    if scripted:
        return jsonify(saved=typed.clock(kept), revision=kept.revision)
    flash(str(_("The draft was saved at %(time)s.", time=typed.clock(kept))))
    return redirect(url_for("desk.task", ref=ref, **in_address(asked_filter())))


@blueprint.post("/tasks/<ref>/form")
@requires("task.draft", uploads=True)
def switch_form(ref: str) -> ResponseReturnValue:
    """Take the newer form for a task one holds; what was typed is kept first, by the form it was typed in."""
    try:
        typed.kept(ref)
        with acting() as work:
            form_switching.switch(work, ref)
    except InvalidAnswers as refusal:
        return _again(ref, _at(refusal.fields), 422)
    except typed.KeptBeside as told:
        return _to_decide(ref, told.kept)
    flash(str(_("This is the newer form. What was filled in is still there.")))
    return redirect(url_for("desk.task", ref=ref, **in_address(asked_filter())))


@blueprint.post("/tasks/<ref>/rules")
@requires("task.draft")
def rules(ref: str) -> ResponseReturnValue:
    """Which fields do not apply to what is filled in, and what the checks say of those that were touched (JSON).

    The script asks while somebody fills in; nothing of what it sends is kept or written anywhere.
    """
    with reading() as work:
        form, case = form_facts.held(work, ref)
        facts = form_facts.of_case(work, case, form)
        return jsonify(task_forms.judged(form, request.form, form_facts.instant(work), facts))


@blueprint.post("/tasks/<ref>/files")
@requires("task.attach", uploads=True)
def upload(ref: str) -> ResponseReturnValue:
    """Hand in the chosen files."""
    field = request.args.get("field", "")
    try:
        _answers, count, _draft = typed.kept(ref)
    except InvalidAnswers as refusal:
        return _again(ref, _at(refusal.fields), 422)
    except typed.KeptBeside as told:
        return _to_decide(ref, told.kept)
    if not count:
        return _again(ref, _at({field: _("Choose a file first.")}), 422)
    return redirect(_address(ref, field))


@blueprint.post("/tasks/<ref>/files/<file>/remove")
@requires("task.attach", uploads=True)
def remove_file(ref: str, file: str) -> ResponseReturnValue:
    """Take a file out of the answers; the case keeps what was handed in."""
    field = request.args.get("field", "")
    try:
        answers, _count, _draft = typed.kept(ref)
    except InvalidAnswers as refusal:
        return _again(ref, _at(refusal.fields), 422)
    except typed.KeptBeside as told:
        return _to_decide(ref, told.kept)
    with acting() as work:
        drafts.keep(work, ref, task_forms.without(answers, file))
    return redirect(_address(ref, field))


def _to_decide(ref: str, kept: Kept) -> ResponseReturnValue:
    said = _(
        "%(who)s typed into this task in another window until %(at)s. Nothing is lost: both are kept, decide below.",
        who=kept.who, at=typed.clock(kept),
    )  # fmt: skip
    flash(str(said))
    return redirect(url_for("desk.task", ref=ref, _anchor="windows", **in_address(asked_filter())))


@blueprint.post("/tasks/<ref>")
@requires("task.complete", uploads=True)
def complete(ref: str) -> ResponseReturnValue:
    """Complete a task. WTForms judges first, then the verb; a refusal shows the form again with everything kept."""
    with reading() as work:
        shown = form_pages.form_page(work, ref)
        form = task_forms.sent(work, shown)
    answers = form.draft()
    if shown.mine and shown.overtakes(stand := typed.stand()):
        with acting() as work:
            kept = drafts.keep(work, ref, answers, stand)
        if kept.beside:
            return _to_decide(ref, kept)
    version = request.form.get("version", 0, type=int)
    try:
        if task_forms.hand_in(ref, answers, form=form.spec):
            form = task_forms.filled(ref, answers)
        if not form.validate():
            return _refused(ref, form, 422)
        with acting() as work:
            moved = moves.complete_task(work, ref, version=version, answers=form.answers())
            corrections.record(work, ref, form, moved)
            following = pull.following(work, asked_filter(), after=ref)
    except InvalidAnswers as refusal:
        form.refuse(refusal.fields)
        return _refused(ref, form, 422)
    except (Stale, Conflict) as refusal:
        return _done_already(ref) or _refused(ref, form, status_of(refusal), refusal)
    if moved.broken:
        return redirect(url_for("desk.task", ref=ref, **in_address(asked_filter())))
    return _onwards(moved, following)


def _onwards(moved: Moved, following: Next | None) -> ResponseReturnValue:
    """To the next task, or to the list when there is none."""
    done = str(_("Done. The case is closed.") if moved.completed else _("Done."))
    if following is None:
        flash(done)
        return redirect(url_for("desk.inbox", **in_address(asked_filter())))
    flash(" ".join((done, str(_("The next task is open.")), str(following.why))))
    return redirect(url_for("desk.task", ref=following.ref, **in_address(asked_filter())))


def _done_already(ref: str) -> ResponseReturnValue | None:
    """A page of one's own completed task that is sent once more: what became of it, and the next; one effect."""
    with reading() as work:
        shown = pages.task_page(work, ref, english=english())
        if shown.state != COMPLETED or not shown.done_by_me:
            return None
        following = pull.following(work, asked_filter(), after=ref)
        return render_template("desk/already.html", task=shown, following=following, kept=in_address(asked_filter()))


def _again(ref: str, faults: Mapping[str, object], status: int) -> ResponseReturnValue:
    with reading() as work:
        shown = pages.task_page(work, ref, english=english())
        form = task_forms.blank(work, shown)
        form.refuse(faults)
        return _page(work, shown, form), status


def _refused(ref: str, form: TaskForm, status: int, refusal: HouseError | None = None) -> ResponseReturnValue:
    with reading() as work:
        shown = pages.task_page(work, ref, english=english())
        return _page(work, shown, form, refusal), status


def _page(work: Work, shown: TaskPage, form: TaskForm, refusal: HouseError | None = None) -> str:
    asked = asked_filter()
    # bpmn-js writes style attributes while it draws
    return render_template(
        "desk/task.html",
        task=shown,
        form=form,
        asked=asked,
        kept=in_address(asked),
        refusal=refusal,
        behalf=shown.for_others,
        clause=str(refusal.ids.get("clause", "")) if refusal is not None else "",
        titles=showing.titles(work, shown.law),
        counts=showing.nav_counts(work),
        now=work.now,
        sections=task_forms.sections(shown.form),
        labels=task_forms.conditions(shown.form),
        buttons=task_forms.buttons(shown.form),
        seen=task_forms.seen(shown, form, work),
        checking=corrections.checking(work, shown),
        marked_label=form.label_of,
        # a refused page goes on as the window it was
        draft_page=request.form.get("draft_page", "")[:12] or token_hex(6),
        draft_turn=request.form.get("draft_turn", 0, type=int),
        ctx={
            "ref": shown.ref,
            "kept": in_address(asked),
            "files": {one.ref: one for one in shown.files},
            "limit": house().settings.upload_limit,
        },
    )


def _at(faults: Mapping[str, object]) -> dict[str, object]:
    return {name[:120]: sentence for name, sentence in faults.items()}


def _address(ref: str, field: str) -> str:
    return url_for("desk.task", ref=ref, _anchor=f"at-{field}" if field else None, **in_address(asked_filter()))
