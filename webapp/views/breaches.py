"""Leaks: listed, written down, their accounts and rows of the journal, reported in writing, dealt with (CK-31)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, IntegerField, SelectField, TextAreaField
from wtforms.validators import Optional

from domain.errors import Conflict, HouseError, InvalidAnswers, NotPermitted
from domain.oversight import breach_traces, breaches
from domain.oversight.breaches import SUSPECT, Breach, Said
from domain.parties import permissions
from domain.text import Text, gettext
from domain.work import Work
from tasks.pages import breach_pages
from tasks.pages.breach_pages import Found
from webapp import breach_words, failure_words, showing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.permits import requires
from webapp.plain_forms import PlainForm, options
from workflows import breach_letters

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

blueprint = Blueprint("breaches", __name__, url_prefix="/breaches")
MOST = 50
ROWS = {"rows": 4, "maxlength": breaches.LONGEST}
# the fields of a record's small forms, for the summary of a refusal
PLACES: Mapping[str, Text] = {
    "login": gettext("Login"), "part": gettext("What it has to do with it"), "about": gettext("Look in the journal"),
    "rows": gettext("Rows of the journal"), "to": gettext("Reported to"), "handling": gettext("How it was dealt with"),
}  # fmt: skip


class BreachForm(PlainForm):
    """A leak as it is written down."""

    found_on = DateField(_("Found on"), [Optional()])
    happened_on = DateField(_("Happened on"), [Optional()])
    grade = SelectField(_("Gravity"), choices=options((code, one[1]) for code, one in breach_words.GRADES.items()))
    persons = IntegerField(_("People concerned"), [Optional()])
    what = TextAreaField(_("What happened, and who had a part in it"), render_kw=ROWS)
    reach = TextAreaField(_("How far it went"), render_kw=ROWS)
    result = TextAreaField(_("What followed from it"), render_kw=ROWS)


@blueprint.get("")
@requires("breach.read")
def listing() -> ResponseReturnValue:
    """The records the person may see, newest first."""
    state = request.args.get("state", "")
    state = state if state in breach_words.TABS else ""
    after = request.args.get("after", "")
    with reading() as work:
        rows = breaches.listed(work, state, after=after, most=MOST + 1)
        return render_template(
            "breaches/listing.html", rows=rows[:MOST], more=len(rows) > MOST, after=after, state=state,
            tabs=breach_words.TABS, states=breach_words.STATES, grades=breach_words.GRADES, today=work.today,
            counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/new")
@requires("breach.record")
def new() -> ResponseReturnValue:
    """The form for a leak."""
    with reading() as work:
        form = BreachForm(None, found_on=work.today, grade=breaches.MINOR)
        return render_template("breaches/new.html", form=form, most=breaches.LONGEST, counts=showing.nav_counts(work))


@blueprint.post("")
@requires("breach.record")
def record() -> ResponseReturnValue:
    """Write a leak down; a refused one keeps what was written."""
    form = BreachForm()
    if form.validate():
        said = Said(
            form.found_on.data, form.happened_on.data, form.text("grade"), form.persons.data,
            form.text("what"), form.text("reach"), form.text("result"),
        )  # fmt: skip
        try:
            with acting() as work:
                ref = breach_letters.record(work, said).ref
            flash(str(_("The leak is written down. Report it at once.")))
            return redirect(url_for("breaches.breach", ref=ref))
        except InvalidAnswers as refusal:
            form.refuse(refusal)
    with reading() as work:
        return render_template(
            "breaches/new.html", form=form, most=breaches.LONGEST, counts=showing.nav_counts(work)
        ), 422  # fmt: skip


@blueprint.get("/<ref>")
@requires("breach.read")
def breach(ref: str) -> ResponseReturnValue:
    """One record. Words to look for in the journal are taken from no address, and do not stay in it."""
    if "about" in request.args:
        flash(str(_("Nothing was looked for: write it into the field, an address must not hold it.")))
        return redirect(url_for("breaches.breach", ref=ref), 303)
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/<ref>/journal")
@requires("breach.report")
def look(ref: str) -> ResponseReturnValue:
    """The record with the rows of the journal that were looked for.

    The answer is the page itself and no redirect: what is typed here may be an identity number by mistake, so it is
    neither put into an address nor kept under a reference.
    """
    about, before = request.form.get("about", "").strip()[:64], request.form.get("older", "")[:64]
    with reading() as work:
        try:
            return _page(work, ref, found=breach_pages.found(work, about, before=before))
        except InvalidAnswers as refusal:
            return _page(work, ref, faults=_sentences(refusal)), 422


@blueprint.post("/<ref>/accounts")
@requires("breach.record")
def name(ref: str) -> ResponseReturnValue:
    """Say which account it speaks of."""
    login, part = request.form.get("login", ""), request.form.get("part", "")
    return _done(ref, lambda work, row: breaches.name(work, row, login, part), _("The account is named."))


@blueprint.post("/<ref>/rows")
@requires("breach.report")
def link(ref: str) -> ResponseReturnValue:
    """Link the ticked rows of the journal."""
    about, keys = request.form.get("about", ""), request.form.getlist("rows")

    def act(work: Work, row: Breach) -> None:
        breach_traces.link(work, row, about, keys)

    return _done(ref, act, _("The rows are linked."))


@blueprint.post("/<ref>/report")
@requires("breach.report")
def report(ref: str) -> ResponseReturnValue:
    """Report it in writing."""
    to = request.form.get("to", "")
    said = _("The report is written. Take the letter and send it.")
    return _done(ref, lambda work, row: breach_letters.report(work, row, to), said)


@blueprint.post("/<ref>/letter")
@requires("breach.report")
def letter(ref: str) -> ResponseReturnValue:
    """The letter as PDF; that it was taken is kept."""
    try:
        with acting() as work:
            row = breaches.by_ref(work, ref)
            number, canonical, stamp = row.number, breaches.letter(work, row), breach_letters.stamp(work, row)
    except Conflict as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal), status_of(refusal)
    return send_file(
        BytesIO(breach_letters.printed(canonical, stamp)), mimetype="application/pdf", as_attachment=True,
        download_name=f"{number}.pdf", max_age=0,
    )  # fmt: skip


@blueprint.post("/<ref>/close")
@requires("breach.report")
def close(ref: str) -> ResponseReturnValue:
    """Say how it was dealt with; nothing is added after that."""
    handling = request.form.get("handling", "")
    return _done(ref, lambda work, row: breaches.close(work, row, handling), _("The record is closed."))


def _done(ref: str, act: Callable[[Work, Breach], None], said: str) -> ResponseReturnValue:
    """Do it to the record and show that; a refusal shows the page with what was entered."""
    try:
        with acting() as work:
            act(work, breaches.by_ref(work, ref, hold=True))
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, faults=_sentences(refusal), found=_looked_for(work)), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal), status_of(refusal)
    flash(str(said))
    return redirect(url_for("breaches.breach", ref=ref))


def _looked_for(work: Work) -> Found | None:
    """The rows that a refused form of ticks showed, if they are there."""
    about = request.form.get("about", "").strip()
    if not about:
        return None
    try:
        return breach_pages.found(work, about, before=request.form.get("before", "")[:64])
    except InvalidAnswers:  # the refusal that is shown says so already
        return None


def _sentences(refusal: InvalidAnswers) -> dict[str, str]:
    return {name: str(said) for name, said in refusal.fields.items()}


def _page(
    work: Work,
    ref: str,
    *,
    found: Found | None = None,
    faults: Mapping[str, str] | None = None,
    refusal: HouseError | None = None,
) -> str:
    names = failure_words.names(work)
    return render_template(
        "breaches/breach.html", page=breach_pages.page(work, ref), found=found, faults=faults or {}, refusal=refusal,
        clause=getattr(refusal, "clause", ""), places=PLACES, sent=request.form,
        happened=lambda row: breach_words.happened(row, names), states=breach_words.STATES,
        grades=breach_words.GRADES, parts=breach_words.PARTS, suspect=SUSPECT, most=breaches.LONGEST,
        may_name=permissions.may(work.actor, "breach.record"), counts=showing.nav_counts(work),
    )  # fmt: skip
