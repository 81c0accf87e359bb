"""A bundle as a zip: out and in byte for byte, and nothing else gets in."""

from __future__ import annotations

import io
import zipfile

from domain.errors import DefinitionRefused, Finding
from domain.text import gettext as _
from workflows.bundles import Bundle

EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bundle is the same zip, whenever it is packed


def pack(bundle: Bundle) -> bytes:
    """The files of a bundle as a zip; the same files always give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, content in sorted(bundle.files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def unpack(content: bytes, key: str) -> Bundle:
    """The bundle in a zip, as the process `key`. Raises DefinitionRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return Bundle(key, {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")})
    except zipfile.BadZipFile as broken:
        refused = Finding("", "", None, _("This is not a zip file."), _("Choose a zip that was downloaded here."))
        raise DefinitionRefused([refused]) from broken
