"""A paper handed out as a download: never shown in the page's own place, never kept by the browser's cache."""

from __future__ import annotations

from flask import Response, send_file

from domain import files
from domain.files import StoredFile
from domain.work import Work


def to_keep(work: Work, row: StoredFile) -> Response:
    """The bytes of a file, opened, under its own name; the caller has asked who may have it."""
    name, content = files.name_of(work, row), files.content(work, row)
    answer = send_file(content, mimetype=row.media_type, as_attachment=True, download_name=name, max_age=0)
    answer.headers["Cache-Control"] = "no-store"
    return answer
