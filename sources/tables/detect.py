"""What a delivered file is, told by its bytes and never by its name, and its sheets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from domain.text import gettext as _
from sources.faults import Refusal
from sources.tables import archive, delimited, text, workbook, xlsx
from sources.tables.archive import Archive
from sources.tables.sheet import CHUNK, MOST_SHEETS, Readable, Sheet

_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MARK = slice(257, 262)
_OTHERS = (
    (b"%PDF-", "PDF"), (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG", "PNG"), (b"\x1f\x8b", "GZIP"), (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"), (b"MZ", "EXE"), (b"\x7fELF", "ELF"), (b"{\\rtf", "RTF"), (b"BZh", "BZIP2"),
    (b"\xfd7zXZ", "XZ"), (b"\x28\xb5\x2f\xfd", "ZSTD"), (b"SQLite format 3", "SQLite"), (b"GIF8", "GIF"),
)  # fmt: skip
_BUNDLED = (".csv", ".txt", ".xlsx", ".xls", ".ods")
_MOST_MEMBER = 32 << 20
_BUNDLE = _(
    "A ZIP may hold CSV, XLSX, XLS or ODS files of one kind and nothing else: no other files, no ZIP inside, no"
    " password, at most %(most)s tables. Pack it anew or send the files one by one.",
    most=MOST_SHEETS,
)


@dataclass(frozen=True, slots=True)
class Caps:
    """What may be read.

    bytes: of the file; inflated: bytes out of it; searched: rows among which headings are looked for; held: bytes of
    an archive, which is held in memory.
    """

    bytes: int
    inflated: int
    searched: int
    held: int = archive.MOST_HELD


class Delivered:
    """One delivered file: its sheets, and then what it turned out to be."""

    def __init__(self, stream: Readable, caps: Caps, promise: delimited.Promise) -> None:
        """`promise`: how well the first rows of a CSV look when cut in one way, 0 not at all."""
        self.encoding = ""
        self.taken = 0
        self._stream = stream
        self._caps = caps
        self._promise = promise

    def read(self, size: int = CHUNK, /) -> bytes:
        """Bytes of the file, counted in `taken`."""
        chunk = self._stream.read(size)
        self.taken += len(chunk)
        return chunk

    def sheets(self) -> Iterator[Sheet]:
        """The tables, numbered from 1. Raises Refusal, also in the middle."""
        head = self.read()
        if not head:
            raise Refusal(_("The file is empty."))
        if head.startswith(_OLD_WORKBOOK):
            self.encoding = "XLS"
            yield from workbook.xls_sheets(self._held(head, workbook.MOST_BYTES))
        elif head.startswith(_ARCHIVES):
            yield from self._archived(self._held(head, self._caps.held))
        else:
            yield from self._text(self, head, 1, "", self._caps.bytes)

    def _held(self, head: bytes, most: int) -> io.BytesIO:
        try:
            return archive.hold(self, head, min(most, self._caps.bytes))
        except Refusal:
            if most == workbook.MOST_BYTES < self._caps.bytes:
                raise workbook.too_large() from None
            raise

    def _archived(self, held: io.BytesIO) -> Iterator[Sheet]:
        names = archive.names(held)
        if "[Content_Types].xml" in names or any(name.startswith("xl/") for name in names):
            self.encoding = "XLSX"
            yield from xlsx.sheets(held, self._caps.inflated)
        elif "mimetype" in names or "content.xml" in names:
            self.encoding = "ODS"
            if len(held.getbuffer()) > workbook.MOST_BYTES:
                raise workbook.too_large()
            yield from workbook.ods_sheets(held)
        else:
            yield from self._bundle(held)

    def _bundle(self, held: io.BytesIO) -> Iterator[Sheet]:
        """The members of a ZIP in the order of their names, as sheets of one delivery."""
        bundle = Archive(held, self._caps.inflated, lambda _names: True, _BUNDLE)
        names = sorted(name for name in bundle.entries if not name.endswith("/"))
        kind = _kind_of(names)
        number = 1
        for name in names:
            title = PurePosixPath(name).name
            for sheet in self._member(bundle, name, kind, number, title):
                number = sheet.number + 1
                if number > MOST_SHEETS:
                    raise Refusal(_BUNDLE)
                yield sheet
        self.encoding = f"ZIP ({self.encoding})"

    def _member(self, bundle: Archive, name: str, kind: str, number: int, title: str) -> Iterator[Sheet]:
        if kind in (".csv", ".txt"):
            member = bundle.open(name)
            head = member.read()
            if not head:
                raise Refusal(_("The file %(name)s in the ZIP is empty.", name=title))
            if head.startswith((_OLD_WORKBOOK, *_ARCHIVES)):
                raise Refusal(_BUNDLE)
            yield from self._text(member, head, number, title, self._caps.inflated)
            return
        inner = bundle.held_member(name, _MOST_MEMBER if kind == ".xlsx" else workbook.MOST_BYTES)
        self.encoding = kind[1:].upper()
        prefix = f"{title} / "
        starts = _OLD_WORKBOOK if kind == ".xls" else _ARCHIVES
        if not bytes(inner.getbuffer()[:4]).startswith(starts):
            raise Refusal(_BUNDLE)
        if kind == ".xls":
            yield from workbook.xls_sheets(inner, number, prefix)
        elif kind == ".ods":
            yield from workbook.ods_sheets(inner, number, prefix)
        else:
            yield from xlsx.sheets(inner, self._caps.inflated, number, prefix)

    def _text(self, stream: Readable, head: bytes, number: int, title: str, most: int) -> Iterator[Sheet]:
        _must_be_text(head)
        decoder = text.Decoder()
        lines = text.lines(stream, decoder, head, most)
        yield delimited.sheet(number, title, lines, self._caps.searched, self._promise)
        self.encoding = decoder.encoding


def _must_be_text(head: bytes) -> None:
    kind = next((kind for mark, kind in _OTHERS if head.startswith(mark)), "")
    if head[_TAR_MARK] == b"ustar":
        kind = "TAR"
    if head[:512].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        kind = "HTML/XML"
    if kind:
        raise Refusal(
            _(
                "This is a %(kind)s file, not a table. Open what it was made from in a spreadsheet program, save it as"
                " XLSX or CSV, and send that.",
                kind=kind,
            )
        )


def _kind_of(names: list[str]) -> str:
    """The one kind of file in a ZIP. Raises Refusal for none, several, or one that is no table."""
    kinds = {PurePosixPath(name).suffix.lower() for name in names}
    if len(kinds) != 1 or not kinds <= set(_BUNDLED):
        raise Refusal(_BUNDLE)
    return kinds.pop()
