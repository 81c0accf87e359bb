"""Raw rows out of uploaded bytes: CSV in several encodings, XLSX after a look at its archive.

Runs in the limited child only: hostile files meet this code first.
"""

from __future__ import annotations

import codecs
import csv
import io
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from domain.text import gettext as _
from sources.faults import Refusal
from sources.values import Cell

CHUNK = 1 << 20
LONGEST_LINE = 1 << 20
_XLSX_FOLDERS = ("xl/", "docProps/", "_rels/", "customXml/")
_NESTED = (".zip", ".xlsx", ".xls", ".7z", ".rar", ".gz", ".tar")
_MOST_ENTRIES = 200
_RATIO = 100
_RATIO_COUNTS_ABOVE = 10 << 20
_LOCAL_HEADER = 30
_DAMAGED = _("The file is damaged or is not a spreadsheet. Open it, save it again as XLSX or CSV, and send that.")


@dataclass(slots=True)
class Sheet:
    """One table: 1-based number, title ("" for CSV), raw rows from the first physical row on."""

    number: int
    title: str
    rows: Iterator[list[Cell]]
    first_column: int = 0


def is_archive(head: bytes) -> bool:
    """True when the bytes begin like an XLSX file."""
    return head.startswith(b"PK\x03\x04")


def is_old_workbook(head: bytes) -> bool:
    """True when the bytes begin like an XLS file (before 2007) or a password-protected workbook."""
    return head.startswith(b"\xd0\xcf\x11\xe0")


# ---------------------------------------------------------------- CSV


class Decoder:
    """Strict decoding with the encoding decided by the first byte that is not ASCII.

    ASCII is the same in UTF-8 and GB18030, so nothing before that byte needs deciding; the file streams.
    """

    def __init__(self) -> None:
        self.encoding = "ASCII"
        self._decoder: codecs.IncrementalDecoder | None = None
        self._at = 0

    def feed(self, chunk: bytes, *, final: bool = False) -> str:
        """Text of the chunk. Raises Refusal naming the byte where decoding fails."""
        if self._decoder is None:
            self._decide(chunk)
        if b"\0" in chunk and not self.encoding.startswith("UTF-16"):
            raise Refusal(_("The file contains zero bytes, so it is no text. Export it again as CSV or XLSX."))
        try:
            text = self._decoder.decode(chunk, final) if self._decoder else chunk.decode("ascii")
        except UnicodeDecodeError as problem:
            raise Refusal(
                _(
                    "The text stops being %(encoding)s near byte %(byte)s: the file is damaged or mixes encodings."
                    " Export it again in one encoding (UTF-8 or GB18030).",
                    encoding=self.encoding,
                    byte=self._at + problem.start,
                )
            ) from problem
        self._at += len(chunk)
        return text

    def _decide(self, chunk: bytes) -> None:
        if self._at == 0:
            for mark, encoding, name in (
                (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 (BOM)"),
                (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
                (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
            ):
                if chunk.startswith(mark):
                    self._choose(encoding, name)
                    return
        if not chunk.isascii():
            try:
                codecs.getincrementaldecoder("utf-8")().decode(chunk)
                self._choose("utf-8", "UTF-8")
            except UnicodeDecodeError:
                self._choose("gb18030", "GB18030")

    def _choose(self, encoding: str, name: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self.encoding = name


def lines(stream: BinaryIO, decoder: Decoder, head: bytes, limit: int) -> Iterator[str]:
    """Lines with their ends, whatever ends them; a line over 1 MiB or a file over `limit` bytes is refused."""
    newline = io.IncrementalNewlineDecoder(None, translate=True)
    pending, chunk, size = "", head, 0
    while True:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        following = stream.read(CHUNK)
        text = newline.decode(decoder.feed(chunk, final=not following), final=not following)
        whole = (pending + text).split("\n")
        pending = whole.pop()
        if len(pending) > LONGEST_LINE:
            raise Refusal(_("A line is longer than a million characters. Check how the file was exported."))
        yield from (line + "\n" for line in whole)
        if not following:
            break
        chunk = following
    if pending:
        yield pending


def csv_rows(text: Iterable[str], delimiter: str) -> Iterator[list[Cell]]:
    """Records as lists of text. Raises Refusal with the record's number when quoting is broken."""
    reader = csv.reader(text, delimiter=delimiter, strict=False)
    number = 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise Refusal(_("Row %(row)s cannot be read as CSV; look at its quotation marks.", row=number)) from problem
        yield list(record)


def too_large(limit: int) -> Refusal:
    """The refusal of a file over the limit."""
    return Refusal(_("The file is larger than %(limit)s MB. Split it and send the parts.", limit=limit >> 20))


# ---------------------------------------------------------------- XLSX


def check_archive(content: bytes, most_inflated: int) -> None:
    """Look at an XLSX archive before anything parses it; sizes are counted while inflating, headers may lie.

    Raises:
        Refusal: too many or foreign entries, encryption, overlaps, or too much behind too few bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError, OSError) as problem:
        raise Refusal(_DAMAGED) from problem
    if len(entries) > _MOST_ENTRIES or len({entry.filename for entry in entries}) != len(entries):
        raise _suspicious()
    inflated = 0
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        _must_be_ordinary(entry)
        start = _data_start(content, entry)
        if entry.header_offset < end or start + entry.compress_size > len(content):
            raise _suspicious()
        end = start + entry.compress_size
        inflated += _inflated(content[start:end], entry.compress_type, most_inflated - inflated)
        if inflated > _RATIO_COUNTS_ABOVE and inflated > _RATIO * len(content):
            raise _suspicious()


def _must_be_ordinary(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    foreign = not name or not (name == "[Content_Types].xml" or name.startswith(_XLSX_FOLDERS))
    climbs = ".." in name.split("/") or "\\" in name or name.startswith("/") or name.lower().endswith(_NESTED)
    if foreign or climbs or stat.S_ISLNK(entry.external_attr >> 16) or entry.flag_bits & 0x1:
        raise _suspicious()


def _data_start(content: bytes, entry: zipfile.ZipInfo) -> int:
    head = content[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
    if len(head) < _LOCAL_HEADER or head[:4] != b"PK\x03\x04":
        raise Refusal(_DAMAGED)
    return (
        entry.header_offset
        + _LOCAL_HEADER
        + int.from_bytes(head[26:28], "little")
        + int.from_bytes(head[28:30], "little")
    )


def _inflated(packed: bytes, method: int, most: int) -> int:
    if method == zipfile.ZIP_STORED:
        return len(packed)
    if method != zipfile.ZIP_DEFLATED:
        raise _suspicious()
    size = 0
    inflater = zlib.decompressobj(-15)
    try:
        while packed and not inflater.eof:
            size += len(inflater.decompress(packed, CHUNK))
            packed = inflater.unconsumed_tail
            if size > most:
                raise _suspicious()
    except zlib.error as problem:
        raise Refusal(_DAMAGED) from problem
    return size


def _suspicious() -> Refusal:
    return Refusal(
        _(
            "The workbook holds more than a plain table (too large inside, foreign or hidden parts, or a password)."
            " Copy the table into a new workbook without a password and send that, or send CSV."
        )
    )


def xlsx_sheets(content: bytes) -> Iterator[Sheet]:
    """Sheets of a checked workbook, in order. Raises Refusal when it cannot be opened."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for number, title in enumerate(book.sheet_names, 1):
            sheet = book.get_sheet_by_index(number - 1)
            start = sheet.start
            yield Sheet(number, title, cast(Iterator[list[Cell]], iter(sheet.iter_rows())), start[1] if start else 0)
    except (CalamineError, OSError, ValueError) as problem:
        raise Refusal(_DAMAGED) from problem
