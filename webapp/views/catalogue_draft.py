"""The draft of a catalogue item: what is agreed about it, written down until a second person publishes it."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain.errors import InvalidAnswers, NotFound
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import agreements, catalogue_scope, catalogue_versions, catalogue_windows
from domain.verification.catalogue_rows import Agreement, Resource
from domain.verification.catalogue_versions import Content
from domain.verification.catalogue_windows import Window
from domain.work import Work
from domain.workdays import Term, Unit
from webapp import catalogue_rows, showing
from webapp.acting import acting, reading
from webapp.catalogue_forms import DraftForm, chosen
from webapp.permits import requires
from webapp.plain_forms import options

blueprint = Blueprint("catalogue_draft", __name__, url_prefix="/catalogue")


@blueprint.get("/<ref>/draft")
@requires("catalogue.edit")
def edit(ref: str) -> ResponseReturnValue:
    """The draft as it stands; where there is none, what holds now."""
    with reading() as work:
        resource, supplier = _kept(work, ref)
        return _page(work, resource, supplier, _form(work, resource, supplier))


@blueprint.post("/<ref>/draft")
@requires("catalogue.edit")
def write(ref: str) -> ResponseReturnValue:
    """Write it down. What was typed is kept when it is refused."""
    with reading() as work:
        resource, supplier = _kept(work, ref)
        form, known = _form(work, resource, supplier), catalogue_rows.fields_of(resource.category)
    if form.validate():
        try:
            windows = catalogue_windows.parse(form.text("windows"))
            with acting() as work:
                resource, supplier = _kept(work, ref)
                said = _content(form, chosen(form, known), windows, _agreement(work, form.text("agreement")))
                catalogue_versions.write(work, resource, said)
            flash(str(_("The draft is written down. A second person publishes it.")))
            return redirect(url_for("catalogue.item", ref=ref))
        except InvalidAnswers as refusal:
            form.refuse(refusal)
            if "fields" in refusal.fields and not known:
                form.codes.errors = form.fields.errors
    with reading() as work:
        resource, supplier = _kept(work, ref)
        return _page(work, resource, supplier, form), 422


def _kept(work: Work, ref: str) -> tuple[Resource, Organisation]:
    found = work.session.execute(
        select(Resource, Organisation)
        .join(Organisation, Organisation.id == Resource.supplier_id)
        .where(Resource.ref == ref)
    ).first()
    if found is None or not catalogue_scope.keeps(work, found[1]):
        raise NotFound(_("There is no such data source in the catalogue."))
    return found[0], found[1]


def _agreement(work: Work, ref: str) -> Agreement | None:
    return agreements.own(work, ref) if ref else None


def _content(
    form: DraftForm, fields: tuple[str, ...], windows: tuple[Window, ...], agreement: Agreement | None
) -> Content:
    length = form.limit_length.data
    limit = Term(int(length), cast(Unit, form.text("limit_unit"))) if length else None
    return Content(form.text("purpose"), form.text("channel"), fields, limit, windows, agreement)


def _form(work: Work, resource: Resource, supplier: Organisation) -> DraftForm:
    form = DraftForm(data=_said(work, resource))
    known = catalogue_rows.fields_of(resource.category)
    form.fields.choices = [(one.code, one.title) for one in known]
    mine = [one for one in agreements.listing(work, supplier) if resource.category in one.categories]
    named = [
        (
            one.agreement.ref,
            str(_("%(number)s, until %(day)s", number=one.agreement.number, day=one.agreement.last_day)),
        )
        for one in mine
    ]
    form.agreement.choices = options([("", _("— none —")), *named])
    return form


def _said(work: Work, resource: Resource) -> dict[str, object]:
    """What the form begins with: the draft, else what holds now."""
    version = catalogue_versions.draft_of(work, resource) or catalogue_versions.live(work, resource)
    if version is None:
        return {}
    content = catalogue_versions.content_of(work, version)
    return {
        "purpose": content.purpose,
        "channel": content.channel,
        "limit_length": content.limit.length if content.limit is not None else None,
        "limit_unit": content.limit.unit if content.limit is not None else "working",
        "windows": catalogue_windows.written(content.windows),
        "agreement": content.agreement.ref if content.agreement is not None else "",
        "fields": list(content.fields),
        "codes": " ".join(content.fields),
    }


def _page(work: Work, resource: Resource, supplier: Organisation, form: DraftForm) -> str:
    return render_template(
        "catalogue/draft.html", form=form, resource=resource, supplier=supplier,
        known=catalogue_rows.fields_of(resource.category), internal=catalogue_scope.is_internal(supplier),
        titles=showing.titles(work), sent=request.method == "POST", counts=showing.nav_counts(work),
    )  # fmt: skip
