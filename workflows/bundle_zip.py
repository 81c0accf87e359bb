"""A bundle as a zip: out and in byte for byte, and nothing else gets in.

What comes in is a stranger's: names, counts and sizes are believed only as far as they were seen while inflating.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from domain.errors import DefinitionRefused, Finding
from domain.text import gettext as _
from workflows.bundles import DRAWING, MOST_FILES, SIZE_LIMIT, Bundle, readable, shown

EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bundle is the same zip, whenever it is packed
ZIP_LIMIT = SIZE_LIMIT + 500_000  # what does not shrink grows by its headers
PIECE = 64 * 1024
_ENTRY = b"PK\x01\x02"
_ENCRYPTED, _STRONG = 0x1, 0x40
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError,
    ValueError, OverflowError, OSError,
)  # fmt: skip


def pack(bundle: Bundle) -> bytes:
    """The files of a bundle as a zip; the same files always give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, content in sorted(bundle.files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content)
    return out.getvalue()


def unpack(content: bytes, key: str) -> Bundle:
    """The bundle in a zip, as the process `key`; one folder around everything is taken off.

    Raises DefinitionRefused: no zip, more than 200 files or 4 MB (counted while inflating), a name that leads
    elsewhere or stands twice, links, encryption, a file that has no place in a bundle or may not be read.
    """
    if len(content) > ZIP_LIMIT or content.count(_ENTRY) > MOST_FILES * 2:
        raise _refused("", _("The zip is larger than 4 MB or holds more than 200 files."), _REMOVE)
    if not content.startswith(b"PK"):
        raise _refused("", _("This is not a zip file."), _CHOOSE)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = _read_all(archive)
    except _BROKEN as broken:
        raise _refused("", _("This is not a zip file, or it is damaged."), _CHOOSE) from broken
    if DRAWING not in files:
        raise _refused(DRAWING, _("process.bpmn is missing."), _CHOOSE)
    findings = [found for path, part in files.items() for found in readable(path, part)]
    if findings:
        raise DefinitionRefused(findings)
    return Bundle(key, files)


_CHOOSE = _("Choose a zip that was downloaded from a process's page.")
_REMOVE = _("Remove what does not belong to it.")


def _refused(name: str, sentence: object, remedy: object) -> DefinitionRefused:
    return DefinitionRefused([Finding(shown(name), "", None, sentence, remedy, code="archive")])


def _read_all(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    findings = list(_check_entries(entries))
    if findings:
        raise DefinitionRefused(findings[:MOST_FILES])
    wanted = [entry for entry in entries if not entry.is_dir()]
    if len(wanted) > MOST_FILES:
        raise _refused("", _("The zip is larger than 4 MB or holds more than 200 files."), _REMOVE)
    top = _folder_around(wanted)
    files: dict[str, bytes] = {}
    left = SIZE_LIMIT
    for entry in wanted:
        part = _inflate(archive, entry, left)
        left -= len(part)
        files[entry.filename.removeprefix(top)] = part
    return files


def _check_entries(entries: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    seen: set[str] = set()
    for entry in entries:
        sentence = _wrong_with(entry)
        if sentence is None and entry.filename in seen:
            sentence = _("The zip holds this file twice.")
        seen.add(entry.filename)
        if sentence is not None:
            yield Finding(
                shown(entry.orig_filename), "", None, sentence, _("Pack the files again without it."), code="archive"
            )


def _wrong_with(entry: zipfile.ZipInfo) -> object | None:
    name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
    if name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/"):
        return _("The name leads outside the bundle.")
    if not name.isprintable() or name != entry.filename:
        return _("The name holds characters that are not shown.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return _("This is a link or a device, not a file.")
    if entry.flag_bits & (_ENCRYPTED | _STRONG):
        return _("The file is encrypted.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _("The file is packed in a way that is not read here.")
    if entry.is_dir() and entry.file_size:
        return _("A folder has contents of its own.")
    return None


def _folder_around(entries: list[zipfile.ZipInfo]) -> str:
    """The one folder that everything lies in when a whole folder was packed, with its slash; else ""."""
    tops = {entry.filename.partition("/")[0] + "/" for entry in entries if "/" in entry.filename}
    top = tops.pop() if len(tops) == 1 else ""
    return top if top and all(entry.filename.startswith(top) for entry in entries) else ""


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """The bytes of one entry, counted as they come: what the zip says of its size is not believed."""
    pieces, count = [], 0
    try:
        with archive.open(entry) as source:
            while piece := source.read(PIECE):
                count += len(piece)
                if count > most:
                    raise _refused(entry.filename, _("The zip is larger than 4 MB or holds more than 200 files."),
                                   _REMOVE)  # fmt: skip
                pieces.append(piece)
    except _BROKEN as broken:
        raise _refused(entry.filename, _("The file is damaged."), _("Pack the files again.")) from broken
    return b"".join(pieces)
