"""A scenario of a draft as text: what it says, what came of it, and saving it as a revision."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.errors import DefinitionRefused, Finding, HouseError, NotFound, Stale
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from webapp import checking
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.opened import Opened, opened
from webapp.permits import requires
from workflows import drafts
from workflows.bundles import Bundle

blueprint = Blueprint("studio_scenarios", __name__)


@blueprint.get("/drafts/<ref>/scenarios/<name>")
@requires("process.read")
def scenario(ref: str, name: str) -> ResponseReturnValue:
    """The text of a scenario and what came of it."""
    with reading() as work:
        found = _found(work, ref, _path(name))
        person = work.actor.person()
    told = _told(found.bundle, _path(name), person)  # no transaction waits for it
    return _page(found, _path(name), found.bundle.files[_path(name)].decode("utf-8", "replace"), told)


@blueprint.post("/drafts/<ref>/scenarios/<name>")
@requires("process.edit")
def save(ref: str, name: str) -> ResponseReturnValue:
    """Keep the text on top of the revision that the page showed, whatever the check says of it."""
    path, based_on = _path(name), request.form.get("revision", 0, type=int)
    text = request.form.get("text", "").replace("\r\n", "\n")
    try:
        content = text.encode("utf-8")
        checking.readable(path, content)
        with acting() as work:
            _found(work, ref, path)
            done = _keep(work, ref, path, content, based_on)
    except (Stale, DefinitionRefused) as refusal:
        with reading() as work:
            found = _found(work, ref, path)
        findings = refusal.findings if isinstance(refusal, DefinitionRefused) else None  # this text was not tried
        return _page(found, path, text, findings, refusal), status_of(refusal)
    flash(str(done))
    return redirect(url_for("studio_scenarios.scenario", ref=ref, name=name))


def _keep(work: Work, ref: str, path: str, content: bytes, based_on: int) -> Text:
    """Save as the newest revision, or beside it for who was told that somebody was faster; says what was done."""
    if "aside" not in request.form:
        drafts.save(work, ref, {path: content}, based_on=based_on)
        return _("The scenario was saved.")
    number = drafts.save_aside(work, ref, {path: content}, based_on=based_on)
    return _("The scenario was saved beside, as revision %(number)s in the list of revisions.", number=number)


def _path(name: str) -> str:
    return f"scenarios/{name}.toml"


def _found(work: Work, ref: str, path: str) -> Opened:
    found = opened(work, ref)
    if path not in found.bundle.files:
        raise NotFound(_("There is no such file in this process."))
    return found


def _told(bundle: Bundle, path: str, person: int) -> tuple[Finding, ...] | None:
    """What is wrong with the scenario or comes out otherwise; None while that cannot be told."""
    try:
        wrong = tuple(one for one in checking.findings(bundle, person) if one.file == path)
    except checking.TooMany:
        return None
    tried = checking.tested(bundle, person)
    if wrong or tried is None:
        return wrong or None
    return tuple(one for one in tried.failed if one.file == path)


def _page(
    found: Opened, path: str, text: str, told: tuple[Finding, ...] | None, fault: HouseError | None = None
) -> str:
    revision = request.form.get("revision", found.row.head, type=int)
    return render_template(
        "studio/scenario.html", draft=found.row, title=found.title, readonly=found.readonly, path=path, text=text,
        findings=told or (), tried=told is not None, fault=fault, revision=revision, name=path[10:-5],
    )  # fmt: skip
