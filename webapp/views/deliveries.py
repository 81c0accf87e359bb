"""The portal of data suppliers: hand in a file of one resource, see what became of the ones before, and what is due.

What is done with one delivery (accepting, mapping, withdrawing) stands in `webapp.views.delivery_acts`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField, FileField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

from domain import files
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.text import gettext
from domain.verification import catalogue, deliveries, intake, supply
from domain.verification.deliveries import Delivery, Resource
from domain.work import Work
from webapp import portal, showing
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.permits import requires

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

blueprint = Blueprint("deliveries", __name__)
STATES: dict[str, tuple[str, str]] = {
    "LOOKING": ("soon", _("being looked at")),
    "WAITING": ("today", _("to be accepted")),
    "READING": ("soon", _("being read")),
    "READY": ("ok", _("taken in")),
    "FAILED": ("overdue", _("refused")),
    "WITHDRAWN": ("line", _("withdrawn")),
    "DROPPED": ("line", _("removed")),
}
DUE_STATES: dict[str, tuple[str, str]] = {
    "OPEN": ("soon", _("due")),
    "DONE": ("ok", _("handed in")),
    "NIL": ("line", _("nothing to report")),
}


MEDIA: dict[str, str] = {"CD": _("disc"), "USB": _("USB stick"), "DISK": _("hard disk"), "PAPER": _("paper")}


class DeliveryForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """One file of one resource. replaces: the delivery it corrects."""

    resource = SelectField(_("What it is"), [InputRequired(message=_("Choose what the file holds."))])
    period = SelectField(_("Period"), [Optional()])
    data_date = DateField(_("Day of the data"), [Optional()])
    file = FileField(_("File"))
    replaces = HiddenField()


class NilForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """That a period brought nothing."""

    source = HiddenField()
    period = HiddenField()
    reason = StringField(_("Why there is nothing"), [InputRequired(message=_("Say why the period brought nothing."))])


@blueprint.get("/deliveries")
@requires("delivery.read")
def listing() -> ResponseReturnValue:
    """What the office handed in, and the form for the next file."""
    with reading() as work:
        return _page(work, _form(work))


@blueprint.post("/deliveries")
@requires("delivery.upload", uploads=True)
def upload() -> ResponseReturnValue:
    """Take a file in; reading it is planned."""
    with reading() as work:
        form = _form(work)
    valid, sent = form.validate(), request.files.get("file")
    if sent is None or not sent.filename:
        form.file.errors = [*form.file.errors, _("Choose a file.")]
    elif _type(sent.filename) is None:
        form.file.errors = [*form.file.errors, _("Hand in a CSV, XLSX, XLS, ODS or ZIP file.")]
    elif valid:
        blob = house().home.blobs.put(cast(BinaryIO, sent.stream), limit=house().settings.upload_limit)
        try:
            with acting() as work:
                resource = _own(work, form.resource.data)
                kept = files.keep(
                    work, blob, name=sent.filename[:200], media_type=_type(sent.filename) or "", purpose="delivery"
                )
                made = intake.hand_in(
                    work, resource, kept, period=form.period.data or "", data_date=form.data_date.data,
                    replaces=_replaced(work, form.replaces.data or ""),
                )  # fmt: skip
            flash(str(_("The file was handed in and is being looked at. Accept it once you have seen what was found.")))
            return redirect(url_for("deliveries.delivery", ref=made.ref))
        except InvalidAnswers as refusal:
            for name, sentence in refusal.fields.items():
                form[name if name in form else "file"].errors = [sentence]
        except Conflict as refusal:
            form.file.errors = [refusal.message]
    with reading() as work:
        return _page(work, form), 422


@blueprint.get("/deliveries/due")
@requires("delivery.read")
def due() -> ResponseReturnValue:
    """What is due from the office, the earliest first."""
    with reading() as work:
        return _due_page(work, NilForm())


@blueprint.post("/deliveries/due")
@requires("delivery.upload")
def nil() -> ResponseReturnValue:
    """Say that a period brought nothing."""
    form = NilForm()
    if form.validate():
        try:
            with acting() as work:
                supply.return_nil(
                    work, _own(work, form.source.data or ""), form.period.data or "", form.reason.data or ""
                )
            flash(str(_("It is noted that there is nothing for this period.")))
            return redirect(url_for("deliveries.due"))
        except InvalidAnswers as refusal:
            form.reason.errors = [str(one) for one in refusal.fields.values()]
        except Conflict as refusal:
            form.reason.errors = [refusal.message]
    with reading() as work:
        return _due_page(work, form), 422


@blueprint.get("/deliveries/<ref>")
@requires("delivery.read")
def delivery(ref: str) -> ResponseReturnValue:
    """One file: what was recognised, rows taken in, and each fault by row and column."""
    with reading() as work:
        row, resource = portal.own(work, ref)
        page = portal.page(work, row, resource)
        return render_template(
            "deliveries/delivery.html", row=row, resource=resource, page=page, states=STATES, media=MEDIA,
            titles=showing.titles(work), kept=deliveries.FAULTS_KEPT,
        )  # fmt: skip


def _due_page(work: Work, form: NilForm) -> str:
    supplies = work.actor.org_kind == "supplier" and work.actor.org_id is not None
    lines = supply.due_from(work, work.actor.org_id) if supplies and work.actor.org_id is not None else []
    return render_template(
        "deliveries/due.html", lines=lines, form=form, states=DUE_STATES, titles=showing.titles(work)
    )  # fmt: skip


def _replaced(work: Work, ref: str) -> Delivery | None:
    return portal.own(work, ref)[0] if ref else None


def _own(work: Work, ref: str) -> Resource:
    found = catalogue.by_ref(work, ref)
    if found.supplier_id != work.actor.org_id:
        raise NotFound(_("There is no such data source in the catalogue."))
    return found


def _form(work: Work) -> DeliveryForm:
    titles = showing.titles(work)
    mine = catalogue.of_supplier(work, work.actor.org_id) if work.actor.org_id is not None else []
    form = DeliveryForm(data={"replaces": request.args.get("replaces", "")})
    form.resource.choices = [(one.ref, titles.category(one.category)) for one in mine if one.active]
    open_ones = supply.due_from(work, work.actor.org_id) if mine and work.actor.org_id is not None else []
    codes = sorted({line.period.code for line in open_ones}, reverse=True)
    form.period.choices = [("", str(_("as the calendar expects"))), *((code, code) for code in codes)]
    return form


def _page(work: Work, form: DeliveryForm) -> str:
    own = permissions.may(work.actor, "delivery.read", permissions.OWN) and work.actor.org_kind == "supplier"
    rows, last = deliveries.of_supplier(work, before=request.args.get("after", 0, type=int)) if own else ([], 0)
    resources = {one.id: one for one in catalogue.of_supplier(work, work.actor.org_id)} if work.actor.org_id else {}
    return render_template(
        "deliveries/listing.html", form=form, rows=rows, last=last, resources=resources, states=STATES,
        titles=showing.titles(work), limit=house().settings.upload_limit,
    )  # fmt: skip


def _type(name: str) -> str | None:
    return next((media for ending, media in intake.MEDIA_TYPES.items() if name.lower().endswith(ending)), None)
