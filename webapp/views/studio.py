"""The draft of a process: files, findings, revisions, who is here; proposing, dropping, restoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import Conflict, DefinitionRefused, Finding, HouseError, NotFound, Stale
from domain.text import Text
from domain.text import gettext as _
from webapp import checking, words
from webapp.acting import acting, reading
from webapp.auth import member
from webapp.errors import status_of
from webapp.headers import allow_style_attributes
from webapp.i18n import english
from webapp.opened import Opened, opened
from webapp.people import names
from webapp.permits import requires
from webapp.raw import zipped
from webapp.showing import clock_time
from webapp.studio_forms import PartForm, ProposeForm
from workflows import bundles, definitions, drafts, fresh, presence
from workflows.bundles import Bundle

blueprint = Blueprint("studio", __name__)
NEEDED = frozenset({bundles.DRAWING, bundles.SHEET})  # what every process has
KINDS: dict[str, Text] = {
    "drawing": _("Drawing"),
    "details": _("Details"),
    "form": _("Form"),
    "table": _("Decision table"),
    "scenario": _("Scenario"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the draft as the page lists it. address: its editor."""

    path: str
    kind: str
    title: str
    size: int
    address: str
    errors: int
    warnings: int
    removable: bool


# --- the draft ---------------------------------------------------------------------------------------------------


@blueprint.get("/drafts/<ref>")
@requires("process.read")
def draft(ref: str) -> ResponseReturnValue:
    """The draft with everything that can be done to it."""
    return _draft_page(ref)


@blueprint.get("/drafts/<ref>.zip")
@requires("process.read")
def bundle_zip(ref: str) -> ResponseReturnValue:
    """The newest revision as a zip, byte for byte."""
    with reading() as work:
        found = opened(work, ref)
        return zipped(found.bundle, f"{found.row.process}-draft-{found.row.head}")


@blueprint.post("/drafts/<ref>/propose")
@requires("process.propose")
def propose(ref: str) -> ResponseReturnValue:
    """Check the revision that the page showed, outside any transaction, and lay it before a second owner."""
    form = ProposeForm()
    number = request.form.get("revision", 0, type=int)
    if not form.validate():
        return _draft_page(ref, proposing=form), 422
    with reading() as work:
        bundle = drafts.bundle_at(work, drafts.get(work, ref), number)
    try:
        checked = checking.must_pass(bundle, member().actor.person())
        with acting() as work:
            made = drafts.propose(work, ref, checked, number=number, note=form.text("note"))
            address = url_for("comparisons.proposal", ref=made.ref)
    except DefinitionRefused as refusal:
        form.form_errors.append(_("The draft does not pass the check yet; see the findings."))
        return _draft_page(ref, proposing=form, found=refusal.findings), 422
    except (Stale, Conflict, checking.TooMany) as refusal:
        form.form_errors.append(refusal.message)
        return _draft_page(ref, proposing=form), status_of(refusal)
    flash(str(_("The draft waits for a second owner.")))
    return redirect(address)


@blueprint.post("/drafts/<ref>/close")
@requires("process.edit")
def close(ref: str) -> ResponseReturnValue:
    """Drop the draft; the table keeps it."""
    with acting() as work:
        process = drafts.get(work, ref).process
        drafts.close(work, ref)
        kept = definitions.newest(work, process) is not None
    flash(str(_("The draft was dropped. Its revisions stay on record.")))
    return redirect(url_for("processes.process", process=process) if kept else url_for("processes.listing"))


@blueprint.post("/drafts/<ref>/newest")
@requires("process.edit")
def make_newest(ref: str) -> ResponseReturnValue:
    """Make an older revision, or one kept beside, the newest again."""
    number, head = request.form.get("number", 0, type=int), request.form.get("revision", 0, type=int)
    try:
        with acting() as work:
            saved = drafts.make_newest(work, ref, number, based_on=head)
    except Stale as refusal:
        return _draft_page(ref, fault=refusal), status_of(refusal)
    flash(str(_("Revision %(old)s is the newest now, as revision %(new)s.", old=number, new=saved.number)))
    return redirect(url_for("studio.draft", ref=ref))


# --- forms and tables --------------------------------------------------------------------------------------------


@blueprint.post("/drafts/<ref>/parts")
@requires("process.edit")
def add_part(ref: str) -> ResponseReturnValue:
    """Add a form or a table and open it."""
    form = PartForm()
    if not form.validate():
        return _draft_page(ref, adding=form), 422
    key = form.text("key")
    with reading() as work:
        found = opened(work, ref)
        process, taken = found.row.process, set(found.bundle.files)
    if form.text("kind") == "form":
        path, content = f"forms/{key}.form", fresh.form(process, key, form.text("title"), form.text("title_en"))
    elif form.text("kind") == "scenario":
        path = f"scenarios/{key}.toml"
        content = fresh.scenario(form.text("title"), form.text("title_en"))
    else:
        path, content = f"{key}.dmn", fresh.table(key, form.text("title"))
    if path in taken:
        form.key.errors = [str(_("The draft has a file %(path)s already.", path=path))]
        return _draft_page(ref, adding=form), 422
    return _saved(ref, {path: content}, checking.part_address(ref, path))


@blueprint.post("/drafts/<ref>/parts/delete")
@requires("process.edit")
def delete_part(ref: str) -> ResponseReturnValue:
    """Take a form, table or scenario out of the draft; older revisions keep it."""
    path = request.form.get("path", "")
    with reading() as work:
        found = opened(work, ref)
        if path not in found.bundle.files or path in NEEDED:
            raise NotFound(_("There is no such file in this process."))
    return _saved(ref, {path: None}, url_for("studio.draft", ref=ref))


def _saved(ref: str, changes: Mapping[str, bytes | None], address: str) -> ResponseReturnValue:
    head = request.form.get("revision", 0, type=int)
    try:
        with acting() as work:
            drafts.save(work, ref, changes, based_on=head)
    except Stale as refusal:
        return _draft_page(ref, fault=refusal), status_of(refusal)
    return redirect(address)


# --- editors -----------------------------------------------------------------------------------------------------


@blueprint.get("/drafts/<ref>/drawing")
@requires("process.read")
def drawing(ref: str) -> ResponseReturnValue:
    """The editor of the drawing."""
    return _editor("studio/drawing.html", ref, bundles.DRAWING)


@blueprint.get("/drafts/<ref>/forms/<key>")
@requires("process.read")
def form(ref: str, key: str) -> ResponseReturnValue:
    """The editor of a form."""
    return _editor("studio/form.html", ref, f"forms/{key}.form", key=key)


@blueprint.get("/drafts/<ref>/tables/<name>")
@requires("process.read")
def table(ref: str, name: str) -> ResponseReturnValue:
    """The editor of a decision table."""
    return _editor("studio/table.html", ref, f"{name}.dmn", key=name)


def _editor(template: str, ref: str, path: str, *, key: str = "") -> str:
    with reading() as work:
        found = opened(work, ref)
        revision = request.args.get("revision", found.row.head, type=int)
        bundle = drafts.bundle_at(work, found.row, revision)
        if path not in bundle.files:
            raise NotFound(_("There is no such file in this process."))
        allow_style_attributes()
        place: dict[str, Any] = {"ref": ref, "path": path}
        return render_template(
            template, draft=found.row, part=path, key=key, revision=revision, findings=(),
            title=found.title, readonly=found.readonly, part_name=part_title(path, bundle),
            words_url=url_for("studio_files.words", ref=ref), file_url=url_for("studio_files.file", **place),
            check_url=url_for("studio_files.check", ref=ref), presence_url=url_for("studio_files.here", ref=ref),
            draft_url=url_for("studio.draft", ref=ref),
        )  # fmt: skip


# --- what the pages show -----------------------------------------------------------------------------------------


def part_title(path: str, bundle: Bundle) -> str:
    """What a file is called on the pages."""
    kind = _kind(path)
    if kind == "form":
        return words.form_title(path[6:-5], words.steps_of(bundle), english())
    if kind == "table":
        return words.table_title(path[:-4], bundle.files[path])
    return str(KINDS[kind]) if kind in ("drawing", "details") else path


def _kind(path: str) -> str:
    if path in (bundles.DRAWING, bundles.SHEET):
        return "drawing" if path == bundles.DRAWING else "details"
    return "form" if path.endswith(".form") else "table" if path.endswith(".dmn") else "scenario"


def _parts(found: Opened, findings: Sequence[Finding]) -> list[Part]:
    order = list(KINDS)
    paths = sorted(found.bundle.files, key=lambda path: (order.index(_kind(path)), path))
    return [
        Part(
            path,
            _kind(path),
            part_title(path, found.bundle),
            len(found.bundle.files[path]),
            checking.part_address(found.row.ref, path),
            sum(one.file == path and one.severity == "error" for one in findings),
            sum(one.file == path and one.severity != "error" for one in findings),
            path not in NEEDED and not found.readonly,
        )
        for path in paths
    ]


def _draft_page(
    ref: str,
    *,
    proposing: ProposeForm | None = None,
    adding: PartForm | None = None,
    found: Sequence[Finding] | None = None,
    fault: HouseError | None = None,
) -> str:
    with reading() as work:
        bundle = drafts.bundle_at(work, drafts.get(work, ref))
        person = work.actor.person()
    # the check may take a second: no transaction waits for it
    findings = found if found is not None else _found(bundle, person)
    tried = checking.tested(bundle, person)
    with reading() as work:
        it = opened(work, ref)
        if it.bundle.digest != bundle.digest:
            findings = tried = None  # somebody saved this very moment; the next look checks it
        checked, findings = findings is not None, findings or ()
        revisions = drafts.revisions(work, it.row)
        current = definitions.newest(work, it.row.process)
        return render_template(
            "studio/draft.html", draft=it.row, title=it.title, readonly=it.readonly, kinds=KINDS,
            parts=_parts(it, findings), findings=findings, groups=_grouped(ref, it, findings),
            checked=checked, revisions=revisions, tried=tried, place=checking.place,
            names=names(work, [it.row.created_by, *(one.author_id for one in revisions)]), current=current,
            others=[one for one in presence.here(work, it.row.id) if not one.me],
            waiting=[one for one in definitions.open_proposals(work) if one.process == it.row.process],
            running=definitions.running(work).get(current.id, 0) if current else 0, fault=fault,
            proposing=proposing or ProposeForm(formdata=None), adding=adding or PartForm(formdata=None),
            clock_time=clock_time, base_overtaken=current is not None and current.number != it.row.base_number,
        )  # fmt: skip


def _found(bundle: Bundle, person: int) -> Sequence[Finding] | None:
    """What the check says; None while too many checks of this person wait: the page is shown all the same."""
    try:
        return checking.findings(bundle, person)
    except checking.TooMany:
        return None


def _grouped(ref: str, it: Opened, findings: Sequence[Finding]) -> list[tuple[str, str, list[tuple[Finding, str]]]]:
    """Findings by file, errors first: (path, what it is called, [(finding, address of its place)])."""
    groups: dict[str, list[Finding]] = {}
    for one in sorted(findings, key=lambda one: one.severity != "error"):
        groups.setdefault(one.file, []).append(one)
    return [
        (
            path,
            part_title(path, it.bundle) if path in it.bundle.files else path,
            [(one, checking.place(ref, one)) for one in found],
        )
        for path, found in groups.items()
    ]
