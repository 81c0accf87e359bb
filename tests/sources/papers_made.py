"""Papers made by hand: pictures that browsers draw, a photograph that knows its place, PDFs that act."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# a grey picture of one dot
_DOT = b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////"
    "////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z"
)
XMP = b"<x exif:GPSLatitude='39,54.2N'/>"
NORTH = struct.pack("<6I", 39, 1, 54, 1, 1234, 100)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 2, noise: bytes = b"", *, place: bool = False) -> bytes:
    """A grey picture; `noise` makes it longer without making it larger; place: its EXIF and its texts say where."""
    rows = b"".join(b"\x00" + bytes(min(width, 4000)) for _ in range(min(height, 4000)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    more = _chunk(b"zzZz", noise) if noise else b""
    if place:
        more += _chunk(b"eXIf", _exif()) + _chunk(b"tEXt", b"Comment\0a plain remark")
        more += _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
        more += _chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP))
        more += _chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(_exif().hex().encode()))
        more += _chunk(b"tEXt", b"exif:GPSLatitude\x0039/1, 54/1")
    parts = (_chunk(b"IHDR", head), more, _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(*, place: bool = False, noise: bytes = b"") -> bytes:
    """A photograph; place: its EXIF says where it was taken; `noise` makes it longer."""
    segments = b""
    if place:
        segments += _segment(0xE1, b"Exif\0\0" + _exif())
        segments += _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
        segments += _segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + XMP)
    for start in range(0, len(noise), 60_000):
        segments += _segment(0xFE, noise[start : start + 60_000])
    return _DOT[:2] + segments + _DOT[2:]


def _exif() -> bytes:
    gps = struct.pack("<H", 2) + struct.pack("<HHI4s", 1, 2, 2, b"N\0\0\0") + struct.pack("<HHII", 2, 5, 3, 56)
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + struct.pack("<HHII", 0x8825, 4, 1, 26)
    return tiff + struct.pack("<I", 0) + gps + struct.pack("<I", 0) + NORTH


def webp(*, place: bool = False) -> bytes:
    """The frame of a picture in WebP; place: its EXIF and XMP say where it was taken."""
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + bytes(4) + (1).to_bytes(3, "little") * 2
    for kind, said in ((b"EXIF", _exif()), (b"XMP ", XMP)) if place else ():
        body += kind + struct.pack("<I", len(said)) + said + bytes(len(said) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf(objects: bytes = b"", *, packed: bytes = b"") -> bytes:
    """A PDF with these objects; packed: what lies in a stream of objects."""
    extra = objects
    if packed:
        squeezed = zlib.compress(packed)
        extra += b"5 0 obj<</Type/ObjStm/Filter/FlateDecode/Length %d>>\nstream\n" % len(squeezed) + squeezed
        extra += b"\nendstream\nendobj\n"
    return PDF.replace(b"trailer", extra + b"trailer")


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
