"""The details of a process as a form: titles, who starts a case, kinds, programmes, stages. process.toml is written
only when something changed; an untouched one keeps its bytes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain import rules
from domain.errors import DefinitionRefused, HouseError, Stale
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from webapp import checking
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.i18n import english
from webapp.opened import Opened, opened
from webapp.permits import requires
from webapp.showing import KINDS
from webapp.studio_forms import DetailsForm, details_form
from workflows import bundles, drafts, sheets

blueprint = Blueprint("studio_details", __name__)


@blueprint.get("/drafts/<ref>/details")
@requires("process.read")
def details(ref: str) -> ResponseReturnValue:
    """The form as the newest revision fills it."""
    with reading() as work:
        found = opened(work, ref)
        return _page(found, _form(work, found))


@blueprint.post("/drafts/<ref>/details")
@requires("process.edit")
def save(ref: str) -> ResponseReturnValue:
    """Keep the details on top of the revision that the page showed."""
    based_on = request.form.get("revision", 0, type=int)
    with reading() as work:
        found = opened(work, ref)
        form = _form(work, found)
        before = drafts.bundle_at(work, found.row, based_on).sheet
        if not form.validate():
            return _page(found, form), 422
    sheet = form.sheet(before)
    address = url_for("studio_details.details" if "more" in request.form else "studio.draft", ref=ref)
    if sheet == before:
        flash(str(_("Nothing was changed.")))
        return redirect(address)
    content = sheets.written(sheet)
    try:
        checking.readable(bundles.SHEET, content)
        with acting() as work:
            done = _keep(work, ref, content, based_on)
    except (Stale, DefinitionRefused) as refusal:
        with reading() as work:
            return _page(opened(work, ref), form, refusal), status_of(refusal)
    flash(str(done))
    return redirect(address)


def _keep(work: Work, ref: str, content: bytes, based_on: int) -> Text:
    """Save as the newest revision, or beside it for who was told that somebody was faster; says what was done."""
    if "aside" not in request.form:
        drafts.save(work, ref, {bundles.SHEET: content}, based_on=based_on)
        return _("The details were saved.")
    number = drafts.save_aside(work, ref, {bundles.SHEET: content}, based_on=based_on)
    return _("The details were saved beside, as revision %(number)s in the list of revisions.", number=number)


def _form(work: Work, found: Opened) -> DetailsForm:
    known = rules.current(work).programmes
    return details_form(
        found.bundle.sheet,
        kinds=list(KINDS.items()),
        programmes=[(code, one.en if english() else one.zh) for code, one in known.items()],
    )


def _page(found: Opened, form: DetailsForm, fault: HouseError | None = None) -> str:
    revision = request.form.get("revision", found.row.head, type=int)
    return render_template(
        "studio/details.html", draft=found.row, title=found.title, readonly=found.readonly, form=form, fault=fault,
        revision=revision,
    )  # fmt: skip
