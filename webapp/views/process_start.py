"""How a process comes in: from scratch, or out of a zip or a drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, DefinitionRefused
from domain.text import gettext as _
from domain.work import Work
from webapp import checking, process_rows
from webapp.acting import acting, reading
from webapp.i18n import english
from webapp.permits import requires
from webapp.plain_forms import options
from webapp.studio_forms import ImportForm, ProcessForm
from workflows import bundle_zip, bundles, drafts, fresh
from workflows.bundles import Bundle

blueprint = Blueprint("process_start", __name__)
LIMIT = bundles.SIZE_LIMIT  # of a zip and of what is in it


@blueprint.get("/processes/new")
@requires("process.edit")
def new() -> ResponseReturnValue:
    """The form of a new process."""
    return render_template("processes/new.html", form=ProcessForm(formdata=None))


@blueprint.post("/processes/new")
@requires("process.edit")
def create() -> ResponseReturnValue:
    """Begin a process: start, one task with a form, end."""
    form = ProcessForm()
    if form.validate():
        files = fresh.process(form.text("key"), form.text("title"), form.text("title_en"), form.text("role"))
        try:
            with acting() as work:
                ref = drafts.begin_new(work, form.text("key"), files).ref
            return redirect(url_for("studio.draft", ref=ref))
        except Conflict as refusal:
            form.key.errors = [refusal.message]
    return render_template("processes/new.html", form=form), 422


@blueprint.get("/processes/import")
@requires("process.edit")
def page() -> ResponseReturnValue:
    """The form of an import."""
    with reading() as work:
        return _page(_form(work))


@blueprint.post("/processes/import")
@requires("process.edit", uploads=True)
def bring_in() -> ResponseReturnValue:
    """Take a zip or a drawing in as a draft. Nothing is kept of what is refused."""
    with reading() as work:
        form = _form(work)
        sent = request.files.get("file")
        content = cast(BinaryIO, sent.stream).read(LIMIT + 1) if sent is not None else b""
        valid = form.validate()
        faults = _about_file(content)
        if not valid or faults:
            return _page(form, faults), 422
    into, note = form.text("into"), form.text("note")
    try:
        bundle = _sent(content, into or form.text("key"))
        files = bundle.files if into else _with_sheet(bundle, form)
        for path, part in files.items():
            checking.readable(path, part)
        with acting() as work:
            if into:  # what stays of the process is read under the lock that the new revision is written under
                ref = drafts.begin_with(work, into, files, note=note, whole=_is_zip(content)).ref
            else:
                ref = drafts.begin_new(work, bundle.key, files, note=note).ref
    except Conflict as refusal:
        form.key.errors = [refusal.message]
        return _page(form), 422
    except DefinitionRefused as refusal:
        return _page(form, [], refusal.findings), 422
    flash(str(_("The files are in the draft. Nothing is in force before a second owner approves.")))
    return redirect(url_for("studio.draft", ref=ref))


def _about_file(content: bytes) -> list[object]:
    if not content:
        return [_("Choose a file.")]
    if len(content) > LIMIT:
        return [_("The file is larger than 4 MB. Remove what does not belong to it.")]
    return []


def _is_zip(content: bytes) -> bool:
    return content.startswith(b"PK")


def _sent(content: bytes, key: str) -> Bundle:
    """What was sent, as the process `key`. What a file is its bytes tell, never its name. Raises DefinitionRefused."""
    return bundle_zip.unpack(content, key) if _is_zip(content) else Bundle(key, {bundles.DRAWING: content})


def _with_sheet(bundle: Bundle, form: ImportForm) -> Mapping[str, bytes]:
    """A bundle that says how it is called; one that does not gets the titles of the form."""
    if bundles.SHEET in bundle.files:
        return bundle.files
    title = form.text("title") or bundle.key
    return {**bundle.files, bundles.SHEET: fresh.sheet(title, form.text("title_en") or title)}


def _form(work: Work) -> ImportForm:
    form = ImportForm()
    known = [(one.process, one.title_en if english() else one.title) for one in process_rows.lines(work)]
    form.into.choices = options([("", _("A new process")), *known])
    return form


def _page(form: ImportForm, faults: list[object] | None = None, findings: object = ()) -> str:
    return render_template(
        "processes/import.html", form=form, faults=faults or [], findings=findings, limit=LIMIT,
    )  # fmt: skip
