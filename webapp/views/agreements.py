"""Sharing agreements (BX-30): how long each still holds, a new one, a longer one, one that is ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, HouseError, InvalidAnswers
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.verification import agreements, catalogue_scope
from domain.verification.agreements import Agreed
from domain.verification.catalogue_rows import Agreement
from domain.work import Work
from webapp import showing
from webapp.acting import acting, reading
from webapp.catalogue_forms import CHANNELS, CHOOSE, AgreementForm, ExtendForm, ReasonForm
from webapp.errors import status_of
from webapp.i18n import english
from webapp.permits import requires
from webapp.plain_forms import options

blueprint = Blueprint("agreements", __name__, url_prefix="/catalogue/agreements")
_PLACES = {"until": "until", "reason": "why"}  # the field of an act beside its agreement
NEAR = 30  # days before its end from which the bar is coloured; when people are told the policy says


@blueprint.get("")
@requires("catalogue.read")
def listing() -> ResponseReturnValue:
    """Every agreement, what ends soonest first."""
    with reading() as work:
        return _page(work)


@blueprint.post("")
@requires("catalogue.edit")
def register() -> ResponseReturnValue:
    """Enter an agreement."""
    with reading() as work:
        form = _form(work)
    if form.validate():
        try:
            with acting() as work:
                supplier = catalogue_scope.supplier_by_ref(work, form.text("supplier"))
                agreements.register(work, supplier, _said(form, work.today))
            flash(str(_("The agreement is registered.")))
            return redirect(url_for("agreements.listing"))
        except InvalidAnswers as refusal:
            form.refuse(refusal)
        except Conflict as refusal:
            form.number.errors = [refusal.message]
    with reading() as work:
        return _page(work, form=form), 422


@blueprint.post("/<ref>/extend")
@requires("catalogue.edit")
def extend(ref: str) -> ResponseReturnValue:
    """Let it last longer."""
    form = ExtendForm()
    day = form.until.data if form.validate() else None
    said = _("The agreement lasts longer now; its reminders begin anew.")
    return _act(ref, lambda work, one: agreements.extend(work, one, _must_be_a_day(day)), said)


@blueprint.post("/<ref>/end")
@requires("catalogue.edit")
def end(ref: str) -> ResponseReturnValue:
    """End it before its time."""
    form = ReasonForm()
    return _act(ref, lambda work, one: agreements.end(work, one, form.text("reason")), _("The agreement is ended."))


def _must_be_a_day(day: date | None) -> date:
    if day is None:
        raise InvalidAnswers({"until": _("Enter the day.")})
    return day


def _act(ref: str, verb: Callable[[Work, Agreement], None], said: Text) -> ResponseReturnValue:
    try:
        with acting() as work:
            verb(work, agreements.own(work, ref))
    except (Conflict, InvalidAnswers) as refusal:
        with reading() as work:
            return _page(work, refusal=refusal, at=ref), status_of(refusal)
    flash(str(said))
    return redirect(url_for("agreements.listing"))


def _form(work: Work) -> AgreementForm:
    form = AgreementForm(data={"valid_from": date(work.today.year, work.today.month, work.today.day)})
    offices = [(one.ref, one.name_en if english() else one.name) for one in catalogue_scope.suppliers(work)]
    form.supplier.choices = options([*CHOOSE, *offices])
    form.categories.choices = list(showing.titles(work).categories.items())
    return form


def _said(form: AgreementForm, today: date) -> Agreed:
    return Agreed(
        form.text("number"), form.text("channel"), tuple(form.categories.data or ()), form.valid_from.data or today,
        form.valid_until.data or today, form.text("contact"),
    )  # fmt: skip


def _page(work: Work, *, form: AgreementForm | None = None, refusal: HouseError | None = None, at: str = "") -> str:
    lines = agreements.listing(work)
    keeps = permissions.may(work.actor, "catalogue.edit")
    contacts = {one.agreement.ref: agreements.contact_of(work, one.agreement) for one in lines} if keeps else {}
    faults = {name: str(said) for name, said in refusal.fields.items()} if isinstance(refusal, InvalidAnswers) else {}
    return render_template(
        "catalogue/agreements.html", lines=lines, keeps=keeps, contacts=contacts, channels=CHANNELS, near=NEAR,
        form=form or (_form(work) if keeps else None), refusal=refusal, faults=faults, at=at,
        links=[(f"{_PLACES[name]}-{at}" if name in _PLACES else "", said) for name, said in faults.items()],
        titles=showing.titles(work), counts=showing.nav_counts(work),
    )  # fmt: skip
