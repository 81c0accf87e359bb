"""Workbooks and ZIP archives that hide, lie, explode or are broken."""

from __future__ import annotations

import io
import os
import struct
import zipfile

import pytest

from sources.faults import Refusal
from sources.tables import Caps, Delivered
from tests.sources.hostile.made import (
    GOOD,
    HEAD,
    HEADINGS,
    ONE,
    ROW,
    TABLE,
    TWO,
    TYPES,
    compound,
    ods,
    ods_rows,
    packed,
    parts,
    raw_packed,
    read,
    sheet_of,
    workbook,
    xls,
)

PLAIN = "more than a plain table"
DAMAGED = "damaged or is not a spreadsheet"
BUNDLE = "A ZIP may hold"
ORDER = "stands out of order"
SHEET = sheet_of(TABLE)
BOOK = workbook(SHEET)
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


def _bomb(name: str = "xl/sharedStrings.xml") -> bytes:
    return packed({TYPES: "<Types/>", name: b"a" * (30 << 20)})


def _lying() -> bytes:
    content = bytearray(_bomb())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(content)


def _renamed_inside() -> bytes:
    content = bytearray(packed({TYPES: "<Types/>", "xl/a.xml": "x"}))
    at = content.index(b"xl/a.xml")
    content[at : at + 8] = b"xl/b.xml"
    return bytes(content)


def _row(number: str, inner: str = "") -> str:
    return SHEET + f'<row r="{number}">{inner}</row>'


def _strings(index: str) -> bytes:
    more = {"xl/sharedStrings.xml": "<sst><si><t>a</t></si></sst>"}
    return workbook(_row("3", f'<c r="A3" t="s"><v>{index}</v></c>'), more=more)


def _ods(**given: object) -> bytes:
    return ods(ods_rows(TABLE), **given)  # type: ignore[arg-type]


REFUSED: dict[str, tuple[bytes, str]] = {
    # the archive
    "half a workbook": (BOOK[: len(BOOK) // 2], DAMAGED),
    "a workbook without its last bytes": (BOOK[:-10], DAMAGED),
    "random behind the first bytes": (b"PK\x03\x04" + os.urandom(500), DAMAGED),
    "an empty archive": (packed({}), BUNDLE),
    "a bomb": (_bomb(), PLAIN),
    "a bomb whose directory lies": (_lying(), PLAIN),
    "a bomb in a sheet": (_bomb("xl/worksheets/sheet1.xml"), PLAIN),
    "members on top of each other": (raw_packed([(b"xl/a", b"xx"), (b"xl/b", b"yy")], at=0), PLAIN),
    "300 members": (packed({TYPES: "", **{f"xl/{n}": "" for n in range(300)}}), PLAIN),
    "65535 members": (raw_packed([(b"xl/%d" % n, b"") for n in range(65_535)]), PLAIN),
    "an archive inside": (packed({TYPES: "", "xl/inner.zip": b"x"}), PLAIN),
    "a name that climbs": (packed({TYPES: "", "../evil": b"x"}), PLAIN),
    "a name that climbs from inside": (packed({TYPES: "", "xl/../../evil": b"x"}), PLAIN),
    "an absolute name": (packed({TYPES: "", "/etc/x": b"x"}), PLAIN),
    "a name of Windows": (raw_packed([(TYPES.encode(), b""), (b"xl\\a", b"x")]), PLAIN),
    "a drive": (raw_packed([(TYPES.encode(), b""), (b"xl/c:a", b"x")]), PLAIN),
    "a member without a name": (raw_packed([(TYPES.encode(), b""), (b"", b"x")]), PLAIN),
    "a name with a zero": (raw_packed([(TYPES.encode(), b""), (b"xl/a\0.exe", b"x")]), PLAIN),
    "a link": (raw_packed([(TYPES.encode(), b"")], attributes=0o120777 << 16), PLAIN),
    "encrypted members": (raw_packed([(TYPES.encode(), b"")], flags=1), PLAIN),
    "a name twice": (raw_packed([(b"xl/a", b""), (b"xl/a", b"")]), PLAIN),
    "a name twice but for its case": (raw_packed([(b"xl/a", b""), (b"xl/A", b"")]), PLAIN),
    "another name inside than in the directory": (_renamed_inside(), PLAIN),
    "a wrong check sum": (raw_packed([(TYPES.encode(), b"xx")], crc_off=1), DAMAGED),
    "a way to pack nobody uses": (packed({TYPES: "", "xl/a": "x"}, zipfile.ZIP_BZIP2), PLAIN),
    "a letter": (packed({TYPES: "", "word/document.xml": b"x"}), PLAIN),
    "macros": (packed(parts(SHEET) | {"xl/vbaProject.bin": b"x"}), PLAIN),
    "an object inside": (packed(parts(SHEET) | {"xl/embeddings/oleObject1.bin": b"x"}), PLAIN),
    "a program inside": (packed(parts(SHEET) | {"xl/run.exe": b"MZ"}), PLAIN),
    # the parts of a workbook
    "no workbook part": (packed({TYPES: "", "xl/worksheets/sheet1.xml": SHEET}), DAMAGED),
    "a binary workbook": (packed({TYPES: "", "xl/workbook.bin": b"x"}), DAMAGED),
    "broken xml": (packed(parts(SHEET) | {"xl/workbook.xml": "<nonsense"}), DAMAGED),
    "broken xml in a sheet": (workbook(SHEET + "<row"), DAMAGED),
    "no sheets": (workbook(), DAMAGED),
    "a sheet that is not there": (packed({k: v for k, v in parts(SHEET).items() if "sheet1" not in k}), DAMAGED),
    "a sheet from another place": (
        packed(
            parts(SHEET)
            | {"xl/_rels/workbook.xml.rels": '<R><Relationship Id="r1" Type="/worksheet" Target="../../etc"/></R>'}
        ),
        DAMAGED,
    ),
    "entities in a sheet": (workbook(SHEET, before=DOCTYPE), DAMAGED),
    "entities in the strings": (workbook(SHEET, more={"xl/sharedStrings.xml": DOCTYPE + "<sst/>"}), DAMAGED),
    "entities in the workbook": (packed(parts(SHEET) | {"xl/workbook.xml": DOCTYPE + "<workbook/>"}), DAMAGED),
    "an encoding nobody knows": (workbook(SHEET, before='<?xml version="1.0" encoding="x-none"?>'), DAMAGED),
    "a row twice": (workbook(_row("2")), f"Row 2 {ORDER}"),
    "a row before another": (workbook(_row("1")), f"Row 1 {ORDER}"),
    "row nought": (workbook(_row("0")), f"Row 3 {ORDER}"),
    "a row below zero": (workbook(_row("-5")), f"Row 3 {ORDER}"),
    "row 1048577": (workbook(_row("1048577")), f"Row 1048577 {ORDER}"),
    "a cell twice": (workbook(_row("3", '<c r="A3"/><c r="A3"/>')), f"Row 3 {ORDER}"),
    "a cell of another row": (workbook(_row("3", '<c r="A9"><v>1</v></c>')), f"Row 3 {ORDER}"),
    "a cell without its row": (workbook(_row("3", '<c r="A"><v>1</v></c>')), f"Row 3 {ORDER}"),
    "a cell nowhere": (workbook(_row("3", '<c r="!3"><v>1</v></c>')), f"Row 3 {ORDER}"),
    "a cell far to the right": (workbook(_row("3", '<c r="XFD3"><v>1</v></c>')), "Row 3 has more than 2000 columns"),
    "a cell without end": (
        workbook(_row("3", f'<c r="A3" t="str"><v>{os.urandom(700_000).hex()}</v></c>')),
        "A cell in row 3 is longer than a million characters",
    ),
    "a string that is not there": (_strings("2147483648"), DAMAGED),
    "a string below zero": (_strings("-1"), DAMAGED),
    "a formula without its result": (
        workbook(_row("3", '<c r="A3"><f>1+1</f></c>')),
        "A formula in row 3 has no result",
    ),
    "a row outside the table": (
        packed(parts(SHEET) | {"xl/worksheets/sheet1.xml": '<worksheet><row r="1"/></worksheet>'}),
        DAMAGED,
    ),
    # sheets
    "a hidden sheet with rows": (
        workbook(SHEET, SHEET, states=["visible", "hidden"]),
        "Sheet 2 (S2) is hidden and holds rows",
    ),
    "a very hidden sheet with rows": (
        workbook(SHEET, SHEET, states=["visible", "veryHidden"]),
        "the first of them in row 2",
    ),
    "a hidden sheet with numbers only": (
        workbook(SHEET, sheet_of([["x", TWO]]), states=["visible", "hidden"]),
        "Sheet 2 (S2) is hidden and holds rows, the first of them in row 1",
    ),
    "people without headings": (
        workbook(SHEET, sheet_of([["x"], ["y", "z", "u", TWO]])),
        "Sheet 2 (S2) has an identity number in row 2",
    ),
    "people before the headings": (workbook(sheet_of([[TWO]]), SHEET), "Sheet 1 (S1) has an identity number in row 1"),
    "headings and nothing": (workbook(sheet_of([HEADINGS])), "headings but not one row"),
    # old kinds
    "only the mark of an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(600), DAMAGED),
    "half an old workbook": (xls(TABLE)[:1500], DAMAGED),
    "a workbook behind a password": (compound(b"x" * 5000, "EncryptedPackage"), "The workbook has a password"),
    "an old workbook too large": (xls(TABLE) + bytes(17 << 20), "An XLS or ODS workbook may have 16 MB"),
    "a compound file of another kind": (compound(b"x" * 5000, "WordDocument"), DAMAGED),
    "an old workbook with a hidden sheet": (xls(TABLE, hidden=True), "Sheet 1 (S) is hidden"),
    "ods behind a password": (_ods(more={"META-INF/manifest.xml": "<x><encryption-data/></x>"}), "has a password"),
    "ods with entities": (_ods(before="<!DOCTYPE x>"), DAMAGED),
    "ods with macros": (_ods(more={"Basic/script.xml": "x"}), PLAIN),
    "ods with an object": (_ods(more={"Object 1/content.xml": "x"}), PLAIN),
    "ods without its content": (packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), DAMAGED),
    "ods with broken content": (_ods(more={"content.xml": "<office:document"}), DAMAGED),
    "ods with a hidden sheet": (_ods(hidden=True), "Sheet 1 (T) is hidden"),
    "ods that is a bomb": (_ods(more={"Pictures/x": b"a" * (60 << 20)}), PLAIN),
    # bundles
    "a program beside the table": (packed({"a.csv": GOOD, "b.exe": b"MZ"}), BUNDLE),
    "two kinds": (packed({"a.csv": GOOD, "b.xlsx": BOOK}), BUNDLE),
    "a zip in a zip": (packed({"a.zip": packed({"a.csv": GOOD})}), BUNDLE),
    "a zip called csv": (packed({"a.csv": packed({"a.csv": GOOD})}), BUNDLE),
    "a web page called xls": (packed({"a.xls": "<html>"}), BUNDLE),
    "a csv without an ending": (packed({"a": GOOD}), BUNDLE),
    "only folders": (packed({"a/": ""}), BUNDLE),
    "a bundle behind a password": (raw_packed([(b"a.csv", GOOD.encode())], flags=1), BUNDLE),
    "a bundle that climbs": (packed({"../a.csv": GOOD}), BUNDLE),
    "a bundle with a name of Windows": (raw_packed([(b"..\\a.csv", GOOD.encode())]), BUNDLE),
    "a bundle with a name twice": (raw_packed([(b"a.csv", GOOD.encode()), (b"A.csv", GOOD.encode())]), BUNDLE),
    "a bundle that is a bomb": (packed({"a.csv": HEAD + ROW * 600_000}), BUNDLE),
    "an empty file in a bundle": (packed({"a.csv": GOOD, "b.csv": ""}), "The file b.csv in the ZIP is empty"),
    "half a file in a bundle": (packed({"a.csv": GOOD, "b.csv": GOOD + "梁"}), "ends in the middle of row 3"),
    "a damaged file in a bundle": (packed({"a.xlsx": BOOK, "b.xlsx": BOOK[:-10]}), DAMAGED),
    "the end of an archive alone": (b"PK\x05\x06" + bytes(9), DAMAGED),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_archive_is_refused_whole_with_its_place(name: str) -> None:
    content, sentence = REFUSED[name]

    told = read(content)

    assert sentence in told.refusal
    assert told.report is None


LIKE_TABLE = {
    "a dimension that lies": packed(
        parts()
        | parts(SHEET)
        | {"xl/worksheets/sheet1.xml": '<w><dimension ref="A1:XFD1048576"/><sheetData>' + SHEET + "</sheetData></w>"}
    ),
    "styles that are not there": workbook(
        SHEET.replace("<c ", '<c s="-4" ', 1).replace('<c r="B', '<c s="99999999999" r="B')
    ),
    "names with a prefix": packed(
        parts(SHEET)
        | {
            "xl/worksheets/sheet1.xml": "<x:worksheet xmlns:x='x'><x:sheetData>"
            + SHEET.replace("<", "<x:").replace("<x:/", "</x:")
            + "</x:sheetData></x:worksheet>"
        }
    ),
    "a formula with its result": workbook(
        SHEET.replace('t="inlineStr"><is><t>江白露</t></is>', 't="str"><f>cmd|"/c calc"!A1</f><v>江白露</v>')
    ),
    "an external link": packed(parts(SHEET) | {"xl/externalLinks/externalLink1.xml": "<externalLink/>"}),
    "how a name is spoken": workbook(
        SHEET.replace("<t>江白露</t>", "<r><t>江</t></r><r><t>白露</t></r><rPh><t>ba</t></rPh>")
    ),
    "utf-16 inside": packed(
        parts(SHEET)
        | {"xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{SHEET}</sheetData></worksheet>".encode("utf-16")}
    ),
    "a hidden sheet of words": workbook(SHEET, sheet_of([["男"], ["女"]]), states=["visible", "hidden"]),
    "xls": xls(TABLE),
    "ods": ods(ods_rows(TABLE)),
    "a bundle": packed({"a.csv": GOOD}),
    "a bundle of workbooks": packed({"a.xlsx": BOOK}),
    "a bundle of old workbooks": packed({"a.xls": xls(TABLE)}),
    "a bundle of ods": packed({"a.ods": ods(ods_rows(TABLE))}),
    "a bundle with Chinese names of Windows": raw_packed([("死亡.csv".encode("gb18030"), GOOD.encode("gb18030"))]),
}


@pytest.mark.parametrize("name", LIKE_TABLE)
def test_an_odd_but_honest_workbook_is_read_as_it_shows(name: str) -> None:
    told = read(LIKE_TABLE[name])

    assert told.refusal == ""
    assert [(row.row, row.subjects[0].name, row.subjects[0].number) for row in told.rows] == [(2, "江白露", ONE)]
    assert told.rows[0].values["died"] == "2025-02-08"


def test_the_files_of_a_bundle_are_sheets_in_the_order_of_their_names() -> None:
    told = read(packed({"b.csv": GOOD, "死亡2.csv": GOOD.replace(ONE, TWO).encode("gb18030"), "a.csv": GOOD}))

    assert [(row.row_no, row.subjects[0].number) for row in told.rows] == [("2", ONE), ("2!2", ONE), ("3!2", TWO)]
    assert told.report is not None
    assert [sheet.title for sheet in told.report.sheets] == ["a.csv", "b.csv", "死亡2.csv"]
    assert told.report.records == 6


def test_a_sheet_of_explanations_is_left_aside_and_counted() -> None:
    report = read(workbook(SHEET, sheet_of([["填写说明"], ["一"], ["二"]]))).report

    assert report is not None
    assert [(sheet.heading_row, sheet.aside) for sheet in report.sheets] == [(1, 1), (None, 3)]
    assert (report.total, report.records) == (1, 5)


def test_rows_that_are_not_written_down_are_counted_as_a_spreadsheet_shows_them() -> None:
    told = read(workbook(SHEET + f'<row r="9"><c r="B9" t="str"><v>{TWO}</v></c><c r="C9"><v>45000</v></c></row>'))

    assert [(row.row, row.values["died"]) for row in told.rows] == [(2, "2025-02-08"), (9, "2023-03-15")]
    assert told.report is not None
    assert told.report.skipped == 6


def test_a_continued_sheet_whose_first_rows_are_bad_is_not_lost() -> None:
    bad = [["x", "y", "z"]] * 8
    told = read(workbook(SHEET, sheet_of([*bad, ["梁夏至", TWO, "2025-03-09"]])))

    assert told.report is not None
    assert (told.report.accepted, told.report.rejected) == (2, 8)


def test_how_much_of_an_archive_is_held_is_the_callers_choice() -> None:
    def sheets(held: int) -> list[list[object]]:
        caps = Caps(1 << 20, 1 << 20, 80, held=held)
        return [list(sheet.rows) for sheet in Delivered(io.BytesIO(BOOK), caps, lambda _first: 1).sheets()]

    assert sheets(len(BOOK)) == [TABLE]
    with pytest.raises(Refusal, match="larger than"):
        sheets(len(BOOK) - 1)
