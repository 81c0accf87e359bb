"""Starting a case: a household by its number, or for the agency a person by the whole identity number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from domain import journal, rules
from domain.cases import NEW, RESCUE, Case
from domain.clock import OFFICE_ZONE
from domain.errors import InvalidAnswers, NotFound
from domain.parties import households, permissions, throttle
from domain.parties.throttle import Throttled
from domain.text import gettext
from domain.work import Work
from tasks import starting
from tasks.cases import drawings
from tasks.finding import searching
from webapp import showing
from webapp.acting import acting, reading
from webapp.i18n import english
from webapp.permits import requires

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

blueprint = Blueprint("start", __name__)
WINDOW = timedelta(hours=1)


class StartForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Household and programme."""

    number = StringField(
        _("Number of the household"), [InputRequired(message=_("Enter the number of the household.")), Length(max=32)]
    )
    programme = SelectField(_("Programme"), validate_choice=False)
    kind = RadioField(_("What for"), validate_choice=False, default=NEW)


@blueprint.get("/cases/new")
@requires("case.start")
def page() -> ResponseReturnValue:
    """The form."""
    with reading() as work:
        return _page(work, _form(work))


@blueprint.post("/cases/new")
@requires("case.start")
def start() -> ResponseReturnValue:
    """Open the case and go to it."""
    with reading() as work:
        form = _form(work)
    if form.validate():
        try:
            with acting() as work:
                ref = starting.household_ref(work, form.number.data or "")
                begin = starting.start_rescue if form.kind.data == RESCUE else starting.start_new
                made = begin(work, ref, form.programme.data or "")
            flash(str(_("The case %(number)s was opened.", number=made.number)))
            return redirect(url_for("cases.case", ref=made.ref))
        except NotFound as refusal:
            form.number.errors = [refusal.message]
        except InvalidAnswers as refusal:
            for name, sentence in refusal.fields.items():
                form[name if name in form else "number"].errors = [sentence]
    with reading() as work:
        return _page(work, form), 422


@blueprint.get("/search")
@requires("search.idno")
def search() -> ResponseReturnValue:
    """The search for a person's cases by the whole identity number."""
    with reading() as work:
        return render_template("start/search.html", found=None, counts=showing.nav_counts(work))


@blueprint.post("/search")
@requires("search.idno")
def find() -> ResponseReturnValue:
    """Cases of the agency in which this number is verified. A miss and a case of others look the same."""
    number = request.form.get("idno", "")
    with acting() as work:
        most = searching.numbers_an_hour(work)
        until = throttle.take(work.session, f"idno:{work.actor.user_id}", most, WINDOW)
        found = [] if until else _cases_of(work, number)
        journal.record(work, "search.idno", work.actor.ref, {"found": len(found)})
    if until is not None:
        raise Throttled(
            _("You searched %(count)s times within an hour. Go on after %(time)s.", count=most,
              time=until.astimezone(OFFICE_ZONE).strftime("%H:%M"))
        )  # fmt: skip
    with reading() as work:
        return render_template(
            "start/search.html", found=found, counts=showing.nav_counts(work), titles=showing.titles(work)
        )


def _cases_of(work: Work, number: str) -> list[dict[str, Any]]:
    homes = {person.household_id for person in households.find_by_idno(work, number)} if number.strip() else set()
    rows = work.session.scalars(
        select(Case)
        .where(Case.household_id.in_(homes), permissions.case_scope(work.actor))
        .order_by(Case.id.desc())
        .limit(20)
    )
    found = list(rows)
    standing = drawings.lines(work, [one.ref for one in found], english=english())
    return [{"ref": one.ref, "number": one.number, "kind": one.kind, "programme": one.programme, "state": one.state,
             "now": standing.get(one.ref, [])} for one in found]  # fmt: skip


def _form(work: Work) -> StartForm:
    form = StartForm()
    names = showing.titles(work).programmes
    office = work.actor.org_id
    switched_on = rules.value(work, office, "programmes") if office is not None else {}
    since = {code: day for code, day in switched_on.items() if day is None or day <= work.today}
    form.programme.choices = [
        ("", str(_("the household's own"))),
        *((code, name) for code, name in names.items() if code in since),
    ]
    form.kind.choices = [(NEW, str(_("an application, verified before it is decided")))]
    if starting.may_help_first(work):
        form.kind.choices.append((RESCUE, str(_("an urgent need, helped first and verified after (LF-14)"))))
    return form


def _page(work: Work, form: StartForm) -> str:
    return render_template("start/start.html", form=form, counts=showing.nav_counts(work))
