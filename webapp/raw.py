"""Files of a bundle as bytes: always a text to be saved, never a type that a browser would draw or run."""

from __future__ import annotations

import re

from flask import Response

from domain.errors import NotFound
from domain.text import gettext as _
from workflows import bundle_zip
from workflows.bundles import Bundle


def raw_file(bundle: Bundle, path: str) -> Response:
    """The bytes of one file. Raises NotFound for a path that the bundle has not."""
    content = bundle.files.get(path)
    if content is None:
        raise NotFound(_("There is no such file in this process."))
    return attachment(content, path.rpartition("/")[2], "text/plain")


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """Bytes to be saved under a name made of plain letters alone."""
    told = f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type
    answer = Response(content, content_type=told)
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-80:]
    answer.headers["Content-Disposition"] = f'attachment; filename="{plain}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def zipped(bundle: Bundle, name: str) -> Response:
    """A bundle as a zip to keep."""
    return attachment(bundle_zip.pack(bundle), f"{name}.zip", "application/zip")
