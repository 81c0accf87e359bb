"""Papers of a case: shown in a tab of their own under the strictest policy, or handed out as downloads."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from domain import files
from domain.errors import InvalidAnswers
from domain.text import gettext as _
from tasks.cases import file_checks, followed
from webapp.acting import acting, reading
from webapp.auth import safe_next
from webapp.permits import requires

blueprint = Blueprint("files", __name__)

# a paper loads nothing and runs nothing; the browser's own viewer of PDF needs its frame and its own styles
SHOWN = "default-src 'none'; {own}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PICTURE, DOCUMENT = "img-src 'self'; sandbox", "object-src 'self'; frame-src 'self'; style-src 'unsafe-inline'"
TYPES = ("application/pdf", "image/png", "image/jpeg", "image/webp")


@blueprint.get("/files/<ref>")
@requires("case.read")
def download(ref: str) -> ResponseReturnValue:
    """A paper of a case the person may read, to be kept."""
    return _sent(ref, inline=False)


@blueprint.get("/files/<ref>/view")
@requires("case.read")
def view(ref: str) -> ResponseReturnValue:
    """The same to be looked at; of another type than those that were looked through, to be kept."""
    return _sent(ref, inline=True)


@blueprint.post("/files/<ref>/release")
@requires("file.release")
def release(ref: str) -> ResponseReturnValue:
    """Show a paper that was held back, with a reason."""
    try:
        with acting() as work:
            file_checks.release(work, ref, request.form.get("reason", ""))
        flash(str(_("The file is shown from now on.")))
    except InvalidAnswers as refusal:
        flash(str(next(iter(refusal.fields.values()))))
    came = request.headers.get("Referer", "").partition(request.host)[2]
    return redirect(safe_next(came) or url_for("health.start"))


def _sent(ref: str, *, inline: bool) -> Response:
    with reading() as work:
        row = followed.readable_file(work, ref)
        name, media = files.name_of(work, row), row.media_type
        content = files.content(work, row)
    shown = inline and media in TYPES
    answer = send_file(content, mimetype=media, as_attachment=not shown, download_name=name, max_age=0)
    if shown:
        own = DOCUMENT if media == "application/pdf" else PICTURE
        answer.headers["Content-Security-Policy"] = SHOWN.format(own=own)
    return answer
