"""ZIP archives, looked at whole before anything in them is used; sizes are counted while inflating."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from domain.text import Text
from domain.text import gettext as _
from sources.faults import Refusal
from sources.tables.sheet import CHUNK, DAMAGED, Readable, too_large

MOST_ENTRIES = 200
MOST_HELD = 96 << 20
_RATIO = 100
_RATIO_COUNTS_ABOVE = 10 << 20
_LOCAL_HEADER = 30
_PACKED = 64 << 10
_UTF8_NAME = 0x800
_SUSPICIOUS = _(
    "The workbook holds more than a plain table (too large inside, foreign or hidden parts, or a password)."
    " Copy the table into a new workbook without a password and send that, or send CSV."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A member: its name, where its packed bytes stand, how they are packed, how many there are inflated."""

    name: str
    start: int
    packed: int
    method: int
    size: int


class Member:
    """The inflated bytes of one member, read once from front to back."""

    def __init__(self, content: memoryview, entry: Entry) -> None:
        self._packed = content[entry.start : entry.start + entry.packed]
        self._at = 0
        self._inflater = zlib.decompressobj(-15) if entry.method == zipfile.ZIP_DEFLATED else None
        self._waiting = b""

    def read(self, size: int = CHUNK, /) -> bytes:
        """At most `size` bytes, b"" at the end. Raises Refusal when they cannot be inflated."""
        if self._inflater is None:
            return self._take(size)
        while not self._inflater.eof:
            packed = self._waiting or self._take(_PACKED)
            if not packed:
                return b""
            try:
                piece = self._inflater.decompress(packed, size)
            except zlib.error as problem:
                raise Refusal(DAMAGED) from problem
            self._waiting = self._inflater.unconsumed_tail
            if piece:
                return piece
        return b""

    def _take(self, size: int) -> bytes:
        piece = bytes(self._packed[self._at : self._at + size])
        self._at += len(piece)
        return piece

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(_PACKED):
            yield piece


class Archive:
    """An archive held in memory whose members are known to be what they say they are."""

    def __init__(
        self, held: io.BytesIO, most_inflated: int, fits: Callable[[list[str]], bool], otherwise: Text = _SUSPICIOUS
    ) -> None:
        """Look at all of it.

        held: the file; most_inflated: bytes of all members together; fits: whether the names are those of the kind;
        otherwise: the sentence for an archive that is not what it should be.

        Raises:
            Refusal: damaged, encrypted, overlapping, too many or foreign entries, or too much behind too few bytes.
        """
        self.held = held
        self._content = held.getbuffer()
        self._otherwise = otherwise
        infos = _directory(held)
        listed = [name_of(info) for info in infos]
        if len(infos) > MOST_ENTRIES or len({name.casefold() for name in listed}) != len(infos) or not fits(listed):
            raise Refusal(otherwise)
        self.entries: dict[str, Entry] = {}
        end = inflated = 0
        for info in sorted(infos, key=lambda one: one.header_offset):
            entry = self._entry(info, end)
            end = entry.start + entry.packed
            inflated += self._count(entry, info, inflated, most_inflated)
            self.entries[entry.name] = entry

    def open(self, name: str) -> Member:
        """The member's bytes. Raises Refusal when there is none."""
        if name not in self.entries:
            raise Refusal(DAMAGED)
        return Member(self._content, self.entries[name])

    def held_member(self, name: str, most: int) -> io.BytesIO:
        """A member that is itself a workbook, inflated into memory. Raises Refusal over `most` bytes."""
        if self.entries[name].size > most:
            raise too_large(most)
        held = io.BytesIO()
        for piece in self.open(name):
            held.write(piece)
        return held

    def _entry(self, info: zipfile.ZipInfo, end: int) -> Entry:
        name = name_of(info)
        odd = "\\" in info.orig_filename or "\0" in info.orig_filename or name.startswith("/") or ":" in name
        climbs = ".." in name.split("/") or not name
        if odd or climbs or stat.S_ISLNK(info.external_attr >> 16) or info.flag_bits & 0x1:
            raise Refusal(self._otherwise)
        head = bytes(self._content[info.header_offset : info.header_offset + _LOCAL_HEADER])
        if len(head) < _LOCAL_HEADER or head[:4] != b"PK\x03\x04":
            raise Refusal(DAMAGED)
        name_size, extra = (int.from_bytes(head[at : at + 2], "little") for at in (26, 28))
        start = info.header_offset + _LOCAL_HEADER + name_size + extra
        if info.header_offset < end or start + info.compress_size > len(self._content):
            raise Refusal(self._otherwise)
        named = bytes(self._content[info.header_offset + _LOCAL_HEADER :][:name_size])
        if named != _raw_name(info) or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refusal(self._otherwise)  # what one program lists, another would not find
        return Entry(name, start, info.compress_size, info.compress_type, info.file_size)

    def _count(self, entry: Entry, info: zipfile.ZipInfo, before: int, most: int) -> int:
        size = summed = 0
        for piece in Member(self._content, entry):
            size += len(piece)
            summed = zlib.crc32(piece, summed)
            much = before + size
            if much > most or (much > _RATIO_COUNTS_ABOVE and much > _RATIO * len(self._content)):
                raise Refusal(self._otherwise)
        if size != entry.size or summed != info.CRC:
            raise Refusal(DAMAGED)
        return size


def hold(stream: Readable, head: bytes, most: int) -> io.BytesIO:
    """The whole file in memory, which its directory at the end demands. Raises Refusal over `most` bytes."""
    held = io.BytesIO()
    chunk = head
    while chunk:
        held.write(chunk)
        if held.tell() > most:
            raise too_large(most)
        chunk = stream.read(CHUNK)
    return held


def names(held: io.BytesIO) -> list[str]:
    """The names an archive lists. Raises Refusal when it is damaged."""
    return [name_of(info) for info in _directory(held)]


def name_of(info: zipfile.ZipInfo) -> str:
    """A member's name; one that does not say it is UTF-8 was written by a Chinese Windows."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        return _raw_name(info).decode("gb18030")
    except UnicodeDecodeError:
        return info.filename


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAME else "cp437")


def _directory(held: io.BytesIO) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(held) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as problem:
        raise Refusal(DAMAGED) from problem
    return entries
