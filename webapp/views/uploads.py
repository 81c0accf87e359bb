"""Uploads that go on after a broken line: announce, send pieces, ask how far it came, end. Spoken by the script alone;
without it the plain form sends a file whole.

POST /tasks/<ref>/uploads {field, name, size} → {at, offset, piece}; PATCH at with Upload-Offset and one piece → 204
with the new Upload-Offset, or 409 with the one that holds; HEAD at → Upload-Offset; POST at/end with the fields of the
form → the file, which then stands in the task's draft, and the draft's revision; DELETE at.
"""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from domain import files, uploads
from domain.blobs import StoredBlob
from domain.errors import Conflict, HouseError, InvalidAnswers
from domain.text import gettext as _
from tasks.cases import file_checks
from tasks.desk import desk
from tasks.desk import uploads as papers
from tasks.desk.drafts import Kept
from tasks.pages import form_pages
from webapp import showing, typed
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.errors import status_of
from webapp.permits import requires
from webapp.task_forms import look_through, must_take

blueprint = Blueprint("uploads", __name__)
OFFSET = "Upload-Offset"
MOST_PIECE = 8 << 20


@blueprint.errorhandler(HouseError)
def _refused(refusal: HouseError) -> ResponseReturnValue:
    """The script reads the sentence and shows it at the field."""
    said = next(iter(refusal.fields.values())) if isinstance(refusal, InvalidAnswers) else refusal.message
    answer = jsonify(error=str(said))
    if "received" in refusal.ids:
        answer.headers[OFFSET] = str(refusal.ids["received"])
    return answer, status_of(refusal)


@blueprint.post("/tasks/<ref>/uploads")
@requires("task.attach")
def begin(ref: str) -> ResponseReturnValue:
    """A file announces itself, or goes on where it broke off."""
    name, size = request.form.get("name", ""), request.form.get("size", 0, type=int)
    with acting() as work:
        row = papers.begin(work, ref, field=request.form.get("field", ""), name=name or _unnamed(), size=size)
        at = url_for("uploads.piece", ref=row.ref)
        return jsonify(at=at, offset=row.received, piece=uploads.PIECE), 201


@blueprint.route("/uploads/<ref>", methods=["HEAD", "GET"])
@requires("task.attach")
def standing(ref: str) -> ResponseReturnValue:
    """How far a file came."""
    with reading() as work:
        row = uploads.get(work, ref)
        return _at(row.received, row.size)


@blueprint.patch("/uploads/<ref>")
@requires("task.attach", uploads=True)
def piece(ref: str) -> ResponseReturnValue:
    """Take one piece. What did not arrive whole is not taken: the line broke, and the script asks and goes on."""
    start = request.headers.get(OFFSET, -1, type=int)
    with reading() as work:
        row = uploads.get(work, ref)
        if start != row.received:
            raise Conflict(_("This piece does not follow what arrived so far."), received=row.received)
        if start == 0 and not request.content_length:
            raise Conflict(_("The file is empty."))
    blob = house().home.blobs.put(cast(BinaryIO, request.stream), limit=MOST_PIECE)
    if blob.size != request.content_length:
        house().home.blobs.delete(blob.name)
        raise Conflict(_("The piece did not arrive whole."), received=start)
    with acting() as work:
        row = uploads.append(work, ref, start, blob)
        return _at(row.received, row.size)


@blueprint.post("/uploads/<ref>/end")
@requires("task.attach", uploads=True)
def end(ref: str) -> ResponseReturnValue:
    """Make the file of its pieces, hand it in and look through it. Asked again, it answers the same."""
    blobs = house().home.blobs
    with reading() as work:
        row, parts = papers.whole(work, ref)
        task, field = row.place, row.field
        made = None if parts else papers.done(work, row).ref
        form = form_pages.form_page(work, task).form if parts else None
    if made is not None:
        look_through(made)  # the process may have died before it did
        return _file(made)
    media = _type_of(parts)
    must_take(form, field, media, sum(one.size for one in parts))
    blob = uploads.joined(blobs, parts)
    with acting() as work:
        stored, new = papers.finish(work, ref, blob, media)
        draft = typed.kept_with(work, task, field, stored.ref) if new else None
    if not new:
        blobs.delete(blob.name)
    look_through(stored.ref)
    return _file(stored.ref, draft)


@blueprint.delete("/uploads/<ref>")
@requires("task.attach")
def stop(ref: str) -> ResponseReturnValue:
    """Give a file up that is on its way."""
    with acting() as work:
        row = uploads.get(work, ref, lock=True)
        if row.file_id is None:
            uploads.ended(work, row, None)
    return "", 204


def _type_of(parts: list[StoredBlob]) -> str:
    return desk.media_type(next(house().home.blobs.frames(parts[0]))[:16])


def _file(ref: str, draft: Kept | None = None) -> ResponseReturnValue:
    with reading() as work:
        row = files.by_ref(work, ref)  # the actor's own upload became it
        why = file_checks.withheld(work, row)
        return jsonify(
            file=row.ref, name=files.name_of(work, row), digest=row.digest,
            size=f"{showing.media(row.media_type)} {showing.size(row.size)}",
            view=url_for("files.view", ref=row.ref), picture=row.media_type.startswith("image/"),
            withheld="" if why is None else str(why),
            revision=draft.revision if draft is not None and not draft.beside else None,
        )  # fmt: skip


def _at(received: int, size: int) -> Response:
    return Response(status=204, headers={OFFSET: str(received), "Upload-Length": str(size)})


def _unnamed() -> str:
    return str(_("without a name"))
