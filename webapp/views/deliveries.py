"""The portal of data suppliers: hand in a file of one resource, see what became of the ones before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import DateField, FileField, SelectField
from wtforms.validators import InputRequired

from domain import files
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.text import gettext
from domain.verification import catalogue, deliveries
from domain.verification.deliveries import Delivery, Resource
from domain.work import Work
from webapp import showing
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.permits import requires

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

blueprint = Blueprint("deliveries", __name__)
TYPES = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".zip": "application/zip",
}
STATES: dict[str, tuple[str, str]] = {
    "READING": ("soon", _("being read")),
    "READY": ("ok", _("taken in")),
    "FAILED": ("overdue", _("refused")),
    "DROPPED": ("line", _("removed")),
}


class DeliveryForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """One file of one resource."""

    resource = SelectField(_("What it is"), [InputRequired(message=_("Choose what the file holds."))])
    data_date = DateField(_("Day of the data"), [InputRequired(message=_("Enter the day the data are of."))])
    file = FileField(_("File"))


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
                made = deliveries.receive(work, resource, kept, form.data_date.data or work.today)
            flash(str(_("The file was handed in and is being read.")))
            return redirect(url_for("deliveries.delivery", ref=made.ref))
        except InvalidAnswers as refusal:
            for name, sentence in refusal.fields.items():
                form[name if name in form else "file"].errors = [sentence]
        except Conflict as refusal:
            form.file.errors = [refusal.message]
    with reading() as work:
        return _page(work, form), 422


@blueprint.get("/deliveries/<ref>")
@requires("delivery.read")
def delivery(ref: str) -> ResponseReturnValue:
    """One file: rows taken in, and each fault by row and column."""
    with reading() as work:
        row, resource, name, size = _one(work, ref)
        return render_template(
            "deliveries/delivery.html", row=row, resource=resource, name=name, size=size, states=STATES,
            titles=showing.titles(work), kept=deliveries.FAULTS_KEPT,
        )  # fmt: skip


def _one(work: Work, ref: str) -> tuple[Delivery, Resource, str, int]:
    found = work.session.execute(
        select(Delivery, Resource, StoredFile)
        .join(Resource, Resource.id == Delivery.resource_id)
        .join(StoredFile, StoredFile.id == Delivery.file_id)
        .where(Delivery.ref == ref)
    ).first()
    relation = permissions.OWN if found is not None and found[1].supplier_id == work.actor.org_id else permissions.NONE
    if found is None or not permissions.may(work.actor, "delivery.read", relation):
        raise NotFound(_("There is no such delivery for you."))
    return found[0], found[1], files.name_of(work, found[2]), found[2].size


def _own(work: Work, ref: str) -> Resource:
    found = catalogue.by_ref(work, ref)
    if found.supplier_id != work.actor.org_id:
        raise NotFound(_("There is no such data source in the catalogue."))
    return found


def _form(work: Work) -> DeliveryForm:
    titles = showing.titles(work)
    mine = catalogue.of_supplier(work, work.actor.org_id) if work.actor.org_id is not None else []
    form = DeliveryForm(data={"data_date": date(work.today.year, work.today.month, work.today.day)})
    form.resource.choices = [(one.ref, titles.category(one.category)) for one in mine if one.active]
    return form


def _page(work: Work, form: DeliveryForm) -> str:
    own = permissions.may(work.actor, "delivery.read", permissions.OWN) and work.actor.org_kind == "supplier"
    rows = deliveries.of_supplier(work) if own else []
    resources = {one.id: one for one in catalogue.of_supplier(work, work.actor.org_id)} if work.actor.org_id else {}
    return render_template(
        "deliveries/listing.html", form=form, rows=rows, resources=resources, states=STATES,
        titles=showing.titles(work), limit=house().settings.upload_limit,
    )  # fmt: skip


def _type(name: str) -> str | None:
    return next((media for ending, media in TYPES.items() if name.lower().endswith(ending)), None)
