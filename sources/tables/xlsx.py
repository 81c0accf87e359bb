"""What an XLSX workbook says of its sheets: names, order, which are hidden, styles and shared strings (ECMA-376)."""

from __future__ import annotations

import io
import posixpath
import re
from array import array
from collections.abc import Iterable, Iterator

from sources.faults import Refusal
from sources.tables import markup
from sources.tables.archive import Archive
from sources.tables.sheet import DAMAGED, MOST_SHEETS, Sheet
from sources.tables.xlsx_sheet import Book, rows

_FOLDERS = ("xl/", "docProps/", "_rels/", "customXml/")
_FOREIGN = re.compile(r"vbaProject|/(?:embeddings|activeX|macrosheets|dialogsheets)/", re.IGNORECASE)
_NESTED = (".zip", ".xlsx", ".xls", ".7z", ".rar", ".gz", ".tar", ".exe", ".dll")
_WORKBOOK = "xl/workbook.xml"
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NO_DATE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DATE = re.compile(r"[ymdhs年月日]", re.IGNORECASE)
_LAPSE = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
MOST_TEXT = 64 << 20
MOST_STRINGS = 4_000_000


def is_workbook(names: list[str]) -> bool:
    """True when these are the names of an XLSX workbook's parts, without macros or other files inside."""
    return all(name == "[Content_Types].xml" or _is_part(name) for name in names)


def _is_part(name: str) -> bool:
    return name.startswith(_FOLDERS) and not name.lower().endswith(_NESTED) and not _FOREIGN.search(name)


def sheets(held: io.BytesIO, most_inflated: int, first: int = 1, prefix: str = "") -> Iterator[Sheet]:
    """The sheets of a workbook in order.

    first: number of the first sheet; prefix: stands before the titles. Raises Refusal.
    """
    archive = Archive(held, most_inflated, is_workbook)
    listed = _Listed()
    markup.read(archive.open(_WORKBOOK), listed.start, _nothing, _nothing)
    targets = _targets(archive)
    if not listed.sheets or len(listed.sheets) > MOST_SHEETS:
        raise Refusal(DAMAGED)
    strings = _Strings()
    if "xl/sharedStrings.xml" in archive.entries:
        strings.read(archive.open("xl/sharedStrings.xml"))
    styles = _Styles()
    if "xl/styles.xml" in archive.entries:
        markup.read(archive.open("xl/styles.xml"), styles.start, styles.end, _nothing)
    book = Book(strings, frozenset(styles.dates), listed.from_1904)
    number = first
    for title, relation, hidden in listed.sheets:
        part = targets.get(relation)
        if part is None:
            raise Refusal(DAMAGED)
        if part:
            yield Sheet(number, prefix + title, rows(archive.open(part), book), hidden=hidden)
            number += 1


def _nothing(*_told: object) -> None:
    """For elements that say nothing to us."""


def _targets(archive: Archive) -> dict[str, str]:
    """Relation to the name of its worksheet's part; "" for a chart, which has no rows."""
    found: dict[str, str] = {}

    def start(name: str, given: dict[str, str]) -> None:
        if markup.local(name) == "Relationship" and "Id" in given:
            target = posixpath.normpath(posixpath.join("/xl", given.get("Target", ""))).lstrip("/")
            found[given["Id"]] = target if given.get("Type", "").endswith("/worksheet") else ""

    markup.read(archive.open("xl/_rels/workbook.xml.rels"), start, _nothing, _nothing)
    return found


class _Listed:
    """The sheets a workbook lists: title, relation, hidden."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.from_1904 = False

    def start(self, name: str, given: dict[str, str]) -> None:
        kind = markup.local(name)
        if kind == "workbookPr":
            self.from_1904 = given.get("date1904", "") in ("1", "true")
        if kind == "sheet":
            relation = next((value for key, value in given.items() if key.endswith(":id")), "")
            hidden = given.get("state", "visible") != "visible"
            self.sheets.append((given.get("name", ""), relation, hidden))


class _Styles:
    """Which of the styles of cells show a number as a date (18.8.30 numFmt)."""

    def __init__(self) -> None:
        self.dates: set[int] = set()
        self._codes: dict[str, bool] = {}
        self._inside = False
        self._count = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        kind = markup.local(name)
        if kind == "cellXfs":
            self._inside = True
        elif kind == "numFmt":
            code = given.get("formatCode", "")
            bare = _NO_DATE.sub("", code.split(";")[0])
            self._codes[given.get("numFmtId", "")] = bool(_DATE.search(bare)) and not _LAPSE.search(code)
        elif kind == "xf" and self._inside:
            if self._shows_date(given.get("numFmtId", "0")):
                self.dates.add(self._count)
            self._count += 1

    def end(self, name: str) -> None:
        if markup.local(name) == "cellXfs":
            self._inside = False

    def _shows_date(self, number: str) -> bool:
        if number in self._codes:
            return self._codes[number]
        return number.isdecimal() and int(number[:4]) in _BUILT_IN_DATES


class _Strings:
    """The shared strings, packed one behind the other: a million names cost their letters and little more."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = array("I")
        self._keeps = False
        self._spoken = 0

    def read(self, part: Iterable[bytes]) -> None:
        """Take them all in. Raises Refusal when there are too many."""
        markup.read(part, self._start, self._end, self._add)

    def __getitem__(self, index: int) -> str:
        begin = self._ends[index - 1] if index else 0
        return self._text[begin : self._ends[index]].decode()

    def __len__(self) -> int:
        return len(self._ends)

    def _start(self, name: str, _given: dict[str, str]) -> None:
        kind = markup.local(name)
        if kind == "rPh":  # how it is pronounced, not what is written
            self._spoken += 1
        self._keeps = kind == "t" and not self._spoken

    def _end(self, name: str) -> None:
        kind = markup.local(name)
        self._keeps = False
        if kind == "rPh":
            self._spoken -= 1
        if kind == "si":
            self._ends.append(len(self._text))

    def _add(self, text: str) -> None:
        if self._keeps:
            self._text += text.encode()
            if len(self._text) > MOST_TEXT or len(self._ends) > MOST_STRINGS:
                raise MemoryError
