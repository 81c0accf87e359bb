"""Sheets of XLS (before 2007) and ODS workbooks, which have to be read as a whole and are therefore kept small."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import cast

from domain.text import gettext as _
from sources.faults import Refusal
from sources.tables.archive import Archive
from sources.tables.sheet import DAMAGED, LOCKED, MOST_SHEETS, Sheet
from sources.values import Cell

MOST_BYTES = 16 << 20
_MOST_CONTENT = 48 << 20
_ODS_NAMES = (
    "mimetype", "content.xml", "meta.xml", "settings.xml", "styles.xml", "manifest.rdf", "layout-cache",
)  # fmt: skip
_ODS_FOLDERS = ("META-INF/", "Thumbnails/", "Configurations2/", "Pictures/")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def too_large() -> Refusal:
    """The refusal of a workbook of an old kind that is too large to be read as a whole."""
    return Refusal(
        _(
            "An XLS or ODS workbook may have %(most)s MB. Save it as XLSX or CSV and send that.",
            most=MOST_BYTES >> 20,
        )
    )


def is_ods(names: list[str]) -> bool:
    """True when these are the names of an ODS spreadsheet's parts, without macros or other files inside."""
    return all(name in _ODS_NAMES or name.startswith(_ODS_FOLDERS) for name in names)


def xls_sheets(held: io.BytesIO, first: int = 1, prefix: str = "") -> Iterator[Sheet]:
    """The sheets of an XLS workbook. Raises Refusal, also for an XLSX behind a password, which begins alike."""
    if _ENCRYPTED in held.getvalue():
        raise Refusal(LOCKED)
    return _sheets(held, first, prefix)


def ods_sheets(held: io.BytesIO, first: int = 1, prefix: str = "") -> Iterator[Sheet]:
    """The sheets of an ODS workbook, after a look at its archive. Raises Refusal."""
    archive = Archive(held, _MOST_CONTENT, is_ods)
    if "META-INF/manifest.xml" in archive.entries:
        if b"encryption-data" in b"".join(archive.open("META-INF/manifest.xml")):
            raise Refusal(LOCKED)
    before = b""
    for piece in archive.open("content.xml"):
        if b"<!DOCTYPE" in before + piece:
            raise Refusal(DAMAGED)
        before = piece[-16:]
    return _sheets(held, first, prefix)


def _sheets(held: io.BytesIO, first: int, prefix: str) -> Iterator[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    held.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(held)
        if len(book.sheets_metadata) > MOST_SHEETS:
            raise Refusal(DAMAGED)
        number = first
        for place, told in enumerate(book.sheets_metadata):
            if told.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(place)
            start = sheet.start
            rows = cast(Iterator[list[Cell]], iter(sheet.iter_rows()))
            hidden = told.visible != SheetVisibleEnum.Visible
            yield Sheet(number, prefix + told.name, rows, start[1] if start else 0, hidden)
            number += 1
    except PasswordError as problem:
        raise Refusal(LOCKED) from problem
    except (CalamineError, OSError, ValueError) as problem:
        raise Refusal(DAMAGED) from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":  # how a fault in the library's own language arrives here
            raise
        raise Refusal(DAMAGED) from None
