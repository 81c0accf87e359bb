"""Papers of a case, handed out as downloads: never shown inside a page, always under the name they came with."""

from __future__ import annotations

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue

from domain import files
from tasks import followed
from webapp.acting import reading
from webapp.permits import requires

blueprint = Blueprint("files", __name__)


@blueprint.get("/files/<ref>")
@requires("case.read")
def download(ref: str) -> ResponseReturnValue:
    """A paper of a case the person may read."""
    with reading() as work:
        row = followed.readable_file(work, ref)
        name, media = files.name_of(work, row), row.media_type
        content = files.content(work, row)
    return send_file(content, mimetype=media, as_attachment=True, download_name=name, max_age=0)
