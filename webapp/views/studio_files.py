"""What the editors ask for and send: bytes of a file, a check, who else is here, the words of the pickers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from domain.errors import Conflict, DefinitionRefused, Finding, HouseError
from domain.text import gettext as _
from webapp import checking
from webapp.acting import acting, reading
from webapp.auth import member
from webapp.errors import status_of
from webapp.i18n import english
from webapp.opened import opened
from webapp.permits import requires
from webapp.raw import raw_file
from webapp.showing import clock_time
from webapp.words import vocabulary
from workflows import drafts, presence
from workflows.bundles import Bundle
from workflows.drafts import Overtaken

blueprint = Blueprint("studio_files", __name__)
LIMIT = 2 * 1024 * 1024
BODIES = frozenset({"text/plain", "text/xml", "application/xml", "application/json", "application/octet-stream"})

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


class _NotTaken(HouseError):
    """The body is too large or of a kind that no editor sends."""

    def __init__(self, sentence: object, remedy: object, status: int) -> None:
        super().__init__(sentence)
        self.remedy, self.status = remedy, status


def _answers_json(view: View) -> View:
    """Refusals become JSON: the editor shows the sentence and keeps everything that was typed."""

    @wraps(view)
    def answer(*args: Any, **values: Any) -> ResponseReturnValue:
        try:
            return view(*args, **values)
        except DefinitionRefused as refusal:
            return jsonify(message=refusal.message, findings=checking.as_json(tuple(refusal.findings))), 422
        except _NotTaken as refusal:
            path = str(values.get("path") or request.args.get("path", ""))
            found = Finding(path, "", None, refusal.message, refusal.remedy, code="not-saved")
            return jsonify(message=refusal.message, findings=checking.as_json((found,))), refusal.status
        except Conflict as refusal:  # the draft is closed: 409 asks which of two to keep, and here is nothing to choose
            return jsonify(message=refusal.message), 410
        except HouseError as refusal:
            return jsonify(message=refusal.message), status_of(refusal)

    return answer  # type: ignore[return-value]  # wraps keeps the view's own signature


@blueprint.get("/drafts/<ref>/files/<path:path>")
@requires("process.read")
def file(ref: str, path: str) -> ResponseReturnValue:
    """The bytes of a file at a revision (`?revision=`, default the newest), never drawn by a browser."""
    with reading() as work:
        row = drafts.get(work, ref)
        number = request.args.get("revision", row.head, type=int)
        bundle = drafts.bundle_at(work, row, number)
    answer = raw_file(bundle, path)
    answer.headers["X-Revision"] = str(number)
    return answer


@blueprint.post("/drafts/<ref>/files/<path:path>")
@requires("process.edit", uploads=True)
@_answers_json
def save(ref: str, path: str) -> ResponseReturnValue:
    """Keep a file on top of the revision that the editor loaded (`X-Revision`); `?aside=1` keeps it beside.

    200 {revision, merged, unchanged, saved}, 409 {message, revision, by, at, compare}, 422 {findings},
    410 {message} when the draft is closed.
    """
    content = _body()
    based_on = request.headers.get("X-Revision", 0, type=int)
    with reading() as work:
        drafts.bundle_at(work, drafts.get(work, ref), based_on)  # both must be there before anything is checked
    checking.readable(path, content)
    try:
        with acting() as work:
            if request.args.get("aside"):
                number = drafts.save_aside(work, ref, {path: content}, based_on=based_on)
                return jsonify(revision=number, merged=False, unchanged=False, saved=clock_time(work.now))
            saved = drafts.save(work, ref, {path: content}, based_on=based_on)
            at = clock_time(work.now)
    except Overtaken as refusal:
        return _overtaken(ref, refusal, based_on), 409
    return jsonify(revision=saved.number, merged=saved.merged, unchanged=saved.unchanged, saved=at)


@blueprint.post("/drafts/<ref>/check")
@requires("process.edit", uploads=True)
@_answers_json
def check(ref: str) -> ResponseReturnValue:
    """What the check says of the newest revision with the unsaved text of one file (`?path=`) in its place."""
    path, content = request.args.get("path", ""), _body()
    with reading() as work:
        bundle = opened(work, ref).bundle
    person = member().actor.person()
    if content:
        try:
            checking.readable(path, content)
        except DefinitionRefused as refusal:
            return jsonify(passes=False, findings=checking.as_json(tuple(refusal.findings)))
        bundle = Bundle(bundle.key, {**bundle.files, path: content})
    found = checking.findings(bundle, person)
    return jsonify(passes=checking.passes(found), findings=checking.as_json(found))


@blueprint.post("/drafts/<ref>/presence")
@requires("process.edit", watching=True)
@_answers_json
def here(ref: str) -> ResponseReturnValue:
    """Say which file is open here; learn the newest revision and who else is at work."""
    sent: Any = request.get_json(silent=True) if request.is_json else request.form
    part = sent.get("part", "") if isinstance(sent, Mapping) else ""
    with acting() as work:
        people = presence.note(work, ref, part if isinstance(part, str) else "")
        head = drafts.get(work, ref).head
    return jsonify(revision=head, others=[{"name": one.name, "part": one.part} for one in people if not one.me])


@blueprint.get("/drafts/<ref>/words.json")
@requires("process.read")
def words(ref: str) -> ResponseReturnValue:
    """The vocabulary of the pickers, in the language of the page."""
    with reading() as work:
        bundle = opened(work, ref).bundle
    return jsonify(vocabulary(bundle, english=english()))


def _body() -> bytes:
    """The raw bytes sent. Raises _NotTaken for a form, and for more than 2 MB before it is read."""
    if request.mimetype not in BODIES and (request.mimetype or request.content_length):
        raise _NotTaken(_("This address takes the bytes of one file."), _("Save from the editor."), 415)
    too_large = _NotTaken(_("The file is larger than 2 MB."), _("Remove pictures and other ballast from it."), 413)
    if (request.content_length or 0) > LIMIT:
        raise too_large
    request.max_content_length = LIMIT
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise too_large from None


def _overtaken(ref: str, refusal: Overtaken, based_on: int) -> Response:
    """Who saved the same file, and where the difference between what both began with and theirs is shown."""
    asked: dict[str, Any] = {"ref": ref, "revision": refusal.revision, "with": f"r{based_on}"}
    compare = url_for("comparisons.draft", **asked)
    return jsonify(
        message=refusal.message, revision=refusal.revision, by=refusal.by, at=clock_time(refusal.at), compare=compare
    )
