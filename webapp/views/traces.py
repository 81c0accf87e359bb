"""From a delivery to what rests on it: doubts, and reports that are looked at again once it was withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired

from domain.errors import Conflict, InvalidAnswers
from domain.parties.organisations import Organisation
from domain.text import gettext
from domain.verification import affected, deliveries
from domain.verification.affected import CHANGED, FORWARDED, STANDS
from domain.verification.deliveries import Resource
from domain.work import Work
from tasks.supply import anew
from webapp import showing
from webapp.acting import acting, reading
from webapp.permits import requires

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

blueprint = Blueprint("traces", __name__)
OUTCOMES: dict[str, tuple[str, str]] = {
    "OPEN": ("today", _("to be looked at")),
    STANDS: ("ok", _("the report stands")),
    FORWARDED: ("soon", _("forwarded for re-check")),
    CHANGED: ("line", _("corrected")),
}


class ReviewForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What came of looking at a report again."""

    outcome = SelectField(
        _("What came of it"), [InputRequired(message=_("Choose what came of it."))],
        choices=[(code, OUTCOMES[code][1]) for code in (STANDS, FORWARDED, CHANGED)],
    )  # fmt: skip
    note = TextAreaField(
        _("What was looked at and found"), [InputRequired(message=_("Say what was looked at and what was found."))]
    )


@blueprint.get("/traces/<ref>")
@requires("delivery.trace")
def delivery(ref: str) -> ResponseReturnValue:
    """The doubts of one's own cases that rest on a delivery, and the reviews it opened."""
    with reading() as work:
        row = deliveries.by_ref(work, ref)
        affected.must_concern(work, row)
        source = work.session.get_one(Resource, row.resource_id)
        return render_template(
            "deliveries/trace.html", row=row, resource=source, doubts=affected.resting(work, row),
            office=work.session.scalar(select(Organisation.name).where(Organisation.id == source.supplier_id)),
            reviews=affected.of_office(work, row), outcomes=OUTCOMES, titles=showing.titles(work), most=affected.SHOWN,
        )  # fmt: skip


@blueprint.get("/reviews")
@requires("report.review_read")
def reviews() -> ResponseReturnValue:
    """Reports of the office that are to be looked at again."""
    with reading() as work:
        return _page(work, ReviewForm())


@blueprint.post("/reviews/<ref>")
@requires("report.review")
def close(ref: str) -> ResponseReturnValue:
    """Say what came of looking at a report again."""
    form = ReviewForm()
    if form.validate():
        try:
            with acting() as work:
                affected.close(work, ref, form.outcome.data or "", form.note.data or "")
            flash(str(_("What came of it is kept.")))
            return redirect(url_for("traces.reviews"))
        except InvalidAnswers as refusal:
            for name, sentence in refusal.fields.items():
                form[name].errors = [sentence]
        except Conflict as refusal:
            form.note.errors = [refusal.message]
    with reading() as work:
        affected.by_ref(work, ref)
        return _page(work, form, ref), 422


@blueprint.post("/reviews/<ref>/anew")
@requires("report.review")
def verify_anew(ref: str) -> ResponseReturnValue:
    """Begin the new verification of the household; asked twice, the one that was begun is opened."""
    try:
        with acting() as work:
            made = anew.start(work, ref)
    except Conflict as refusal:
        flash(str(refusal.message))
        return redirect(url_for("traces.reviews", _anchor=f"review-{ref}"))
    return redirect(url_for("campaigns.campaign" if made.campaign else "cases.case", ref=made.ref))


def _page(work: Work, form: ReviewForm, chosen: str = "") -> str:
    rows = affected.of_office(work)
    return render_template(
        "deliveries/reviews.html", rows=rows, form=form, chosen=chosen, outcomes=OUTCOMES,
        anew=anew.of(work, [row.ref for row in rows]), counts=showing.nav_counts(work),
    )  # fmt: skip
