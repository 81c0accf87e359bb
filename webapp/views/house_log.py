"""The log of what is done for the system, and of training: a line is entered, the list, the list as a file (CK-17)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from documents.sheets import write_csv
from domain.errors import InvalidAnswers
from domain.oversight import house_log
from domain.oversight.house_log import COORDINATION, INSTALL, KINDS, MEND, TRAINING, UPGRADE, LineView, Said
from domain.parties import permissions
from domain.text import Text, gettext
from domain.work import Work
from webapp import showing
from webapp.acting import acting, reading
from webapp.permits import requires
from webapp.plain_forms import PlainForm, options

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

blueprint = Blueprint("house_log", __name__, url_prefix="/house-log")
TITLES: Mapping[str, Text] = {
    COORDINATION: gettext("Coordination"), INSTALL: gettext("Installing"), MEND: gettext("Mending"),
    UPGRADE: gettext("New version"), TRAINING: gettext("Training"),
}  # fmt: skip
MOST, AT_ONCE = 50, 1000


class LineForm(PlainForm):
    """One line of the log."""

    kind = SelectField(_("Kind of work"), choices=options(TITLES.items()))
    done_on = DateField(_("Done on"), [Optional()])
    what = TextAreaField(_("What was done"))
    people = StringField(_("Who did it, or who was trained"))
    trained = IntegerField(_("People trained"), [Optional()])


@blueprint.get("")
@requires("house_log.read")
def listing() -> ResponseReturnValue:
    """The log, newest first, and the form for the next line."""
    with reading() as work:
        return _page(work, LineForm(None))


@blueprint.post("")
@requires("house_log.write")
def write() -> ResponseReturnValue:
    """Enter a line; a refused one keeps what was written."""
    form = LineForm()
    if form.validate():
        said = Said(
            form.text("kind"), form.done_on.data, form.text("what"), form.text("people"), form.trained.data
        )  # fmt: skip
        try:
            with acting() as work:
                house_log.write(work, said)
            flash(str(_("The line stands in the log.")))
            return redirect(url_for("house_log.listing"))
        except InvalidAnswers as refusal:
            form.refuse(refusal)
    with reading() as work:
        return _page(work, form), 422


@blueprint.get("/house-log.csv")
@requires("house_log.read")
def table() -> ResponseReturnValue:
    """The log as a file for a spreadsheet, in which no cell can become a formula."""
    with reading() as work:
        lines = list(_all(work, _kind()))
    head = [str(one) for one in (
        _("Done on"), _("Kind of work"), _("What was done"), _("Who did it, or who was trained"), _("People trained"),
        _("Recorded by"),
    )]  # fmt: skip
    rows = [(one.done_on, str(TITLES[one.kind]), one.what, one.people, one.trained, one.by) for one in lines]
    answer = Response(write_csv(head, rows), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment; filename=house-log.csv"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _all(work: Work, kind: str) -> Iterator[LineView]:
    """Every line, the newest first, some at a time."""
    after = ""
    while lines := house_log.listed(work, kind, after=after, most=AT_ONCE):
        yield from lines
        after = lines[-1].ref


def _kind() -> str:
    kind = request.args.get("kind", "")
    return kind if kind in KINDS else ""


def _page(work: Work, form: LineForm) -> str:
    kind = _kind()
    after = request.args.get("after", "")
    lines = house_log.listed(work, kind, after=after, most=MOST + 1)
    return render_template(
        "house_log/listing.html", form=form, lines=lines[:MOST], more=len(lines) > MOST, after=after, kind=kind,
        titles=TITLES, may_write=permissions.may(work.actor, "house_log.write"), counts=showing.nav_counts(work),
    )  # fmt: skip
