"""Finding: what is personal is sent by POST and goes on under a reference; filters are kept under a name."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import InvalidAnswers
from domain.text import gettext as _
from domain.work import Work
from tasks.finding import queues, saved_filters, searching
from tasks.rows.finding_models import PRIVATE
from webapp import inbox_page, showing
from webapp.acting import acting, reading
from webapp.inbox_page import asked_filter, in_address
from webapp.permits import requires

blueprint = Blueprint("finding", __name__)


@blueprint.post("/find")
@requires("case.find")
def ask() -> ResponseReturnValue:
    """A case by its number at once; anything else goes on under a reference, so that no address holds it."""
    text = request.form.get("q", "").strip()[:64]
    if text and not searching.is_number(text):
        with reading() as work:
            rows = queues.cases(work, state="", search=text[:48], size=2).rows
        if len(rows) == 1:
            return redirect(url_for("cases.case", ref=rows[0].ref))
        if rows:
            return redirect(url_for("cases.listing", q=text[:48], state="all"))
    try:
        with acting() as work:
            ref = searching.ask(work, text)
    except InvalidAnswers as refusal:
        flash(str(next(iter(refusal.fields.values()))))
        return redirect(url_for("cases.listing"))
    return redirect(url_for("finding.found", ref=ref))


@blueprint.get("/find")
@requires("case.find")
def page() -> ResponseReturnValue:
    """The field alone, where the head of the page has no room for it."""
    with reading() as work:
        return render_template("desk/found.html", search=None, result=None, counts=showing.nav_counts(work))


@blueprint.get("/find/<ref>")
@requires("case.find")
def found(ref: str) -> ResponseReturnValue:
    """Cases and tasks that fit what was looked for."""
    with reading() as work:
        search = searching.asked_or_gone(work, ref)
        result = searching.results(work, search, request.args.get("page", 1, type=int))
        return render_template(
            "desk/found.html", search=search, result=result, page=result.page, ref=ref, titles=showing.titles(work),
            counts=showing.nav_counts(work), by_number=search.kind == searching.BY_NUMBER, most=searching.MOST,
        )  # fmt: skip


@blueprint.post("/desk/person")
@requires("desk.read")
def person() -> ResponseReturnValue:
    """Narrow the list to a person, or to the text of a column; the rest of the filter stays."""
    text, column = request.form.get("q", ""), request.form.get("in", "")
    kept = {name: value for name, value in in_address(asked_filter()).items() if name not in ("page", "person")}
    try:
        with acting() as work:
            ref = searching.ask_value(work, column, text) if column else searching.ask(work, text)
    except InvalidAnswers as refusal:
        flash(str(next(iter(refusal.fields.values()))))
        return redirect(url_for("desk.inbox", **kept))
    return redirect(url_for("desk.inbox", **{**kept, "person": ref}))


@blueprint.get("/desk/filters")
@requires("filter.keep")
def listing() -> ResponseReturnValue:
    """The saved filters: names, who sees them, their order."""
    with reading() as work:
        return _listing(work)


def _listing(work: Work, ref: str = "", fault: str = "") -> str:
    return render_template(
        "desk/filters.html", saved=saved_filters.listing(work), counts=showing.nav_counts(work), ref=ref, fault=fault,
        roles=saved_filters.offered_roles(work), audiences=inbox_page.AUDIENCES,
    )  # fmt: skip


@blueprint.get("/desk/filters/counts")
@requires("desk.read", watching=True)
def counts() -> ResponseReturnValue:
    """The saved filters with how many tasks fit each, for the page to put in place of the bare names."""
    with reading() as work:
        found = saved_filters.counted(work, lambda asked: queues.count_up_to(work, asked))
        return render_template("desk/saved.html", saved=found, kept=in_address(asked_filter()), chosen=inbox_page)


@blueprint.get("/desk/filters/<ref>")
@requires("desk.read")
def saved(ref: str) -> ResponseReturnValue:
    """Open a saved filter, one's own or one that was shared: its words become the address of the list."""
    with reading() as work:
        one = saved_filters.by_ref(work, ref)
    return redirect(url_for("desk.inbox", **one.words))


@blueprint.post("/desk/filters")
@requires("filter.keep")
def save() -> ResponseReturnValue:
    """Keep the filter of the address under a name."""
    asked = asked_filter()
    form = request.form
    try:
        with acting() as work:
            name, audience = form.get("name", ""), form.get("audience", PRIVATE)
            saved_filters.save(work, asked, name, audience, form.get("role", ""))
    except InvalidAnswers as refusal:
        flash(str(next(iter(refusal.fields.values()))))
        return redirect(url_for("desk.inbox", **in_address(asked)))
    flash(str(_("The filter was saved.")))
    kept = {word: value for word, value in in_address(asked).items() if word != "page"}
    return redirect(url_for("desk.inbox", **kept))


@blueprint.post("/desk/filters/<ref>")
@requires("filter.keep")
def change(ref: str) -> ResponseReturnValue:
    """Rename it, and say who sees it."""
    form = request.form
    try:
        with acting() as work:
            saved_filters.rename(work, ref, form.get("name", ""))
            if "audience" in form:
                saved_filters.share(work, ref, form["audience"], form.get("role", ""))
    except InvalidAnswers as refusal:
        with reading() as work:
            return _listing(work, ref, str(next(iter(refusal.fields.values())))), 422
    flash(str(_("The filter was changed.")))
    return redirect(url_for("finding.listing"))


@blueprint.post("/desk/filters/<ref>/delete")
@requires("filter.keep")
def delete(ref: str) -> ResponseReturnValue:
    """Forget it."""
    with acting() as work:
        saved_filters.delete(work, ref)
    flash(str(_("The filter was deleted.")))
    return redirect(url_for("finding.listing"))


@blueprint.post("/desk/filters/<ref>/move")
@requires("filter.keep")
def move(ref: str) -> ResponseReturnValue:
    """One place up or down."""
    with acting() as work:
        saved_filters.move(work, ref, 1 if request.form.get("by") == "down" else -1)
    return redirect(url_for("finding.listing", _anchor=f"f-{ref}"))
