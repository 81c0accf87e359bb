"""Looking through a paper handed in as bytes, in the limited child: is it what it says, does it act, where was it made.

`look` is pure; `main` is the child, which reads standard input and answers one JSON line.
"""

from __future__ import annotations

import json
import re
import struct
import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field

from domain.text import Text
from domain.text import gettext as _
from sources.limits import limit

PDF, PNG, JPEG, WEBP = "application/pdf", "image/png", "image/jpeg", "image/webp"
MOST_PIXELS = 100_000_000
MOST_INFLATED = 64 << 20
MOST_TEXT = 4 << 20
_TAIL = 66_000  # where the directory of a zip archive can begin at the earliest

NOT_WHOLE = _("The file is damaged or was cut off. Save it again, or take the photograph again, and hand that in.")
LOCKED = _("The PDF has a password. Save it without one and hand that in.")
ACTS = _("The PDF contains something that acts by itself (%(what)s). Print it to a new PDF and hand that in.")
HIDDEN = _("Parts of the PDF cannot be looked into. Print it to a new PDF and hand that in.")
TWO_FACED = _("The file is two kinds of file at once. Save it again as a plain PDF or picture and hand that in.")
TOO_LARGE = _("The picture has more than %(most)s million dots. Make it smaller and hand that in.")

_ACTING = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|GoToR|GoToE|XFA|Movie|Sound|Rendition)"
    rb"(?![A-Za-z0-9])"
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n")
_MARKUP = re.compile(rb"<\s*(script|html|svg|iframe|\?php|!doctype)", re.IGNORECASE)
_GPS_TAG = 0x8825
_SAYS_WHERE = re.compile(rb"GPS|raw profile type (exif|app1|xmp)", re.IGNORECASE)
_XMP = (b"http://ns.adobe.com/xap/1.0/\x00", b"http://ns.adobe.com/xmp/extension/\x00")


@dataclass(frozen=True, slots=True)
class Looked:
    """refusal: why it is kept back, None for a harmless paper. position: (start, length) of bytes that say where a
    photograph was taken; zeros in their place leave the picture as it is. summed: (start, length) of bytes around them
    that a check sum follows, which is then made anew (PNG)."""

    refusal: Text | None = None
    position: tuple[tuple[int, int], ...] = field(default=())
    summed: tuple[tuple[int, int], ...] = field(default=())


class _Unfit(Exception):
    def __init__(self, text: Text) -> None:
        super().__init__(text.source)
        self.text = text


def look(media: str, content: bytes) -> Looked:
    """Look through a paper of a known type."""
    try:
        if b"PK\x05\x06" in content[-_TAIL:] or _MARKUP.search(content[:1024]):
            raise _Unfit(TWO_FACED)
        position = tuple(_LOOKERS[media](content))
        return Looked(None, position, tuple(_summed(content, position)) if media == PNG else ())
    except _Unfit as unfit:
        return Looked(unfit.text)
    except (struct.error, IndexError, zlib.error):
        return Looked(NOT_WHOLE)


def main() -> None:
    """The child: the order is JSON in the second argument, the paper comes on standard input."""
    order = json.loads(sys.argv[2])
    limit(order["memory"], order["cpu"])
    looked = look(order["media"], sys.stdin.buffer.read())
    refusal = None if looked.refusal is None else [looked.refusal.source, dict(looked.refusal.values)]
    sys.stdout.write(json.dumps({"refusal": refusal, "position": looked.position, "summed": looked.summed}) + "\n")


# --- PDF ---------------------------------------------------------------------------------------------------------


def _pdf(content: bytes) -> Iterator[tuple[int, int]]:
    end = content.rfind(b"%%EOF")
    if not content.startswith(b"%PDF-") or end < 0:
        raise _Unfit(NOT_WHOLE)
    if content[end + 5 :].strip(b"\r\n\t \x00"):
        raise _Unfit(TWO_FACED)
    said = _ESCAPED.sub(lambda one: bytes([int(one[1], 16)]), _objects(content))
    if re.search(rb"/Encrypt(?![A-Za-z0-9])", said):
        raise _Unfit(LOCKED)
    acting = _ACTING.search(said)
    if acting:
        raise _Unfit(_(ACTS.source, what=acting[1].decode()))
    return iter(())


def _objects(content: bytes) -> bytes:
    """What a reader takes for objects: everything outside of streams, and what lies in streams of objects."""
    parts, at, inflated = [], 0, 0
    for begin in _STREAM.finditer(content):
        if begin.start() < at or content[begin.start() - 3 : begin.start()] == b"end":
            continue
        head = content[at : begin.start()]
        end = content.find(b"endstream", begin.end())
        if end < 0:
            raise _Unfit(NOT_WHOLE)
        parts.append(head)
        about = _ESCAPED.sub(lambda one: bytes([int(one[1], 16)]), head[head.rfind(b"obj") :])
        if b"/ObjStm" in about:
            parts.append(_inflated(about, content[begin.end() : end], MOST_INFLATED - inflated))
            inflated += len(parts[-1])
        at = end
    return b"\n".join([*parts, content[at:]])


def _inflated(about: bytes, packed: bytes, most: int) -> bytes:
    if b"/Filter" not in about:
        return packed
    if b"/FlateDecode" not in about or re.search(rb"/(LZW|ASCII|RunLength|Crypt)", about):
        raise _Unfit(HIDDEN)
    opener = zlib.decompressobj()
    plain = opener.decompress(packed, max(most, 1))
    if opener.unconsumed_tail:
        raise _Unfit(HIDDEN)
    return plain


# --- pictures ----------------------------------------------------------------------------------------------------


def _jpeg(content: bytes) -> Iterator[tuple[int, int]]:
    """A telephone may put further pictures behind the first (a preview, a depth map): each is looked through."""
    at = 0
    while at < len(content):
        rest = content[at:].lstrip(b"\x00")
        if not rest or (at and rest.rstrip(b"\x00").endswith(b"SEFT") and not _MARKUP.search(rest)):
            return
        if not rest.startswith(b"\xff\xd8\xff"):
            raise _Unfit(TWO_FACED if at else NOT_WHOLE)
        at = len(content) - len(rest)
        at = yield from _one_jpeg(content, at)


def _one_jpeg(content: bytes, start: int) -> Generator[tuple[int, int], None, int]:
    """One picture; gives back where it ends."""
    at = start + 2
    sized = False
    while (marker := _marker(content, at)) != 0xD9:
        length = struct.unpack_from(">H", content, at + 2)[0]
        if length < 2 or at + 2 + length > len(content):
            raise _Unfit(NOT_WHOLE)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content, at + 5)
            _must_be_of_size(width, height)
            sized = True
        if marker == 0xE1:
            yield from _position(content, at + 4, at + 2 + length)
        at += 2 + length
        if marker == 0xDA:
            at = _after_scan(content, at)
    if not sized:
        raise _Unfit(NOT_WHOLE)
    return at + 2


def _marker(content: bytes, at: int) -> int:
    if content[at] != 0xFF or content[at + 1] in (0x00, 0xFF):
        raise _Unfit(NOT_WHOLE)
    return content[at + 1]


def _after_scan(content: bytes, at: int) -> int:
    """Where the next marker stands: in what was scanned, FF is followed by 00 or by a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise _Unfit(NOT_WHOLE)
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2


def _position(content: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Where an APP1 segment says where the picture was taken."""
    if content.startswith(b"Exif\x00\x00", begin):
        yield from _gps(content, begin + 6, end)
        return
    for mark in _XMP:
        if content.startswith(mark, begin) and b"GPS" in content[begin:end]:
            yield begin + len(mark), end - begin - len(mark)


def _gps(content: bytes, base: int, end: int) -> Iterator[tuple[int, int]]:
    order = {b"II": "<", b"MM": ">"}.get(content[base : base + 2])
    if order is None:
        return
    pointer = base + struct.unpack_from(f"{order}I", content, base + 4)[0]
    for tag, _kind, _count, value, _at in _entries(content, order, pointer, end):
        if tag == _GPS_TAG and base < base + value < end - 2:
            entries = list(_entries(content, order, base + value, end))
            for _tag, kind, count, where, _place in entries:
                size = count * {2: 1, 3: 2, 4: 4, 5: 8, 10: 8}.get(kind, 1)
                if size > 4 and base + where + size <= end:
                    yield base + where, size
            yield base + value, min(2 + 12 * len(entries), end - base - value)


def _entries(content: bytes, order: str, at: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    if not 0 <= at <= end - 2:
        return
    count = struct.unpack_from(f"{order}H", content, at)[0]
    for place in range(at + 2, min(at + 2 + 12 * count, end - 11), 12):
        yield (*struct.unpack_from(f"{order}HHII", content, place), place)


def _png(content: bytes) -> Iterator[tuple[int, int]]:
    at = 8
    _must_be_of_size(*struct.unpack_from(">II", content, 16))
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        following = at + 12 + length
        if following > len(content):
            raise _Unfit(NOT_WHOLE)
        if struct.unpack_from(">I", content, following - 4)[0] != zlib.crc32(content[at + 4 : following - 4]):
            raise _Unfit(NOT_WHOLE)
        if kind == b"eXIf":
            yield from _gps(content, at + 8, following - 4)
        elif kind in (b"tEXt", b"zTXt", b"iTXt") and _SAYS_WHERE.search(_said(kind, content[at + 8 : following - 4])):
            yield at + 8, length
        at = following
        if kind == b"IEND":
            break
    if content[at:].strip(b"\x00"):
        raise _Unfit(TWO_FACED)


def _said(kind: bytes, chunk: bytes) -> bytes:
    """What a chunk of text says, as far as it is worth reading."""
    key, _nul, rest = chunk.partition(b"\x00")
    if kind == b"iTXt":
        packed, rest = rest[:1] == b"\x01", rest[2:].split(b"\x00", 2)[-1]
    else:
        packed, rest = kind == b"zTXt", rest[1:] if kind == b"zTXt" else rest
    return key + b"\x00" + (_unpacked(rest) if packed else rest)


def _unpacked(text: bytes) -> bytes:
    """What was packed; what cannot be read to its end is taken for a place."""
    opener = zlib.decompressobj()
    try:
        plain = opener.decompress(text, MOST_TEXT)
    except zlib.error:
        return b"GPS"
    return plain if opener.eof else b"GPS"


def _summed(content: bytes, position: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """The chunks in which something lies: their kind and body, behind which stands their check sum."""
    at = 8
    while position and at < len(content) - 11:
        length = struct.unpack_from(">I", content, at)[0]
        if any(at + 8 <= start < at + 8 + length for start, _size in position):
            yield at + 4, 4 + length
        at += 12 + length


def _webp(content: bytes) -> Iterator[tuple[int, int]]:
    size = 8 + struct.unpack_from("<I", content, 4)[0]
    if content[8:12] != b"WEBP" or size > len(content) + 1:
        raise _Unfit(NOT_WHOLE)
    if content[size:].strip(b"\x00"):
        raise _Unfit(TWO_FACED)
    at = 12
    while at + 8 <= size:
        kind, length = struct.unpack_from("<4sI", content, at)
        if kind == b"VP8X":
            wide, high = (int.from_bytes(content[at + 12 + k : at + 15 + k], "little") + 1 for k in (0, 3))
            _must_be_of_size(wide, high)
        if kind == b"EXIF":
            skip = 6 if content.startswith(b"Exif\x00\x00", at + 8) else 0
            yield from _gps(content, at + 8 + skip, at + 8 + length)
        if kind == b"XMP " and b"GPS" in content[at + 8 : at + 8 + length]:
            yield at + 8, min(length, size - at - 8)
        at += 8 + length + length % 2


def _must_be_of_size(width: int, height: int) -> None:
    if not width * height:
        raise _Unfit(NOT_WHOLE)
    if width * height > MOST_PIXELS:
        raise _Unfit(_(TOO_LARGE.source, most=MOST_PIXELS // 1_000_000))


_LOOKERS: Mapping[str, Callable[[bytes], Iterator[tuple[int, int]]]] = {
    PDF: _pdf, PNG: _png, JPEG: _jpeg, WEBP: _webp,
}  # fmt: skip
