"""Text files that would lose rows, hold something else, or have no end."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.reading import Limits
from tests.sources.hostile.made import GOOD, HEAD, ONE, ROW, TWO, read

OTHER = f"梁夏至,{TWO},2025-03-09\n"


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        member = tarfile.TarInfo("a.csv")
        member.size = 3
        file.addfile(member, io.BytesIO(b"a,b"))
    return out.getvalue()


REFUSED: dict[str, tuple[bytes | str, str]] = {
    # encodings
    "nothing": (b"", "The file is empty."),
    "zero byte": (GOOD.encode() + b"a\0b,c\n", f"Byte {len(GOOD.encode()) + 2} of the file is zero"),
    "only zero bytes": (bytes(5000), "Byte 1 of the file is zero"),
    "utf-16 cut in a character": (GOOD.encode("utf-16")[:-1], "stops being UTF-16 near byte"),
    "utf-16 without a mark cut in a character": (GOOD.encode("utf-16-le")[:-1], "stops being UTF-16 near byte"),
    "utf-16 with half a pair": (GOOD.encode("utf-16") + b"\x00\xd8\n\x00", "stops being UTF-16 near byte"),
    "utf-16 with a zero": ((GOOD + "a\0\n").encode("utf-16"), "of the file is zero"),
    "utf-32": (GOOD.encode("utf-32"), "of the file is zero"),
    "two encodings": (GOOD.encode() + "梁夏至".encode("gb18030"), "mixes encodings"),
    "headings in another encoding": (HEAD.encode() + ROW.encode("gb18030"), "No heading row was found"),
    "gb18030 cut in a character": ((GOOD + "曹").encode("gb18030")[:-1], "stops being GB18030 near byte"),
    "utf-8 cut in a character": ((GOOD * 9 + "曹").encode()[:-1], "stops being UTF-8 near byte"),
    "the euro sign of code page 936": (GOOD.encode("gbk") + b"\x80,1,1\n", "stops being GB18030 near byte"),
    "a byte no encoding has": (GOOD.encode("gbk") + b"\xff,1,1\n", "stops being GB18030 near byte"),
    "surrogates written as utf-8": (GOOD.encode() + b"\xed\xa0\x80,1,1\n", "near byte"),
    "utf-7": (GOOD.encode("utf-7"), "No heading row was found in the first 40 rows"),
    # quotation marks
    "a quotation that swallows the rest": (
        HEAD + ROW + '"' + OTHER + ROW * 20,
        "mark in row 3 opens and is not closed",
    ),
    "a quotation open at the end": (HEAD + ROW + '"' + OTHER, "mark in row 3 opens and is not closed"),
    "a quotation open in the last cell": (HEAD + f'江白露,{ONE},"2025', "mark in row 2 opens and is not closed"),
    "a quotation that swallows one line": (HEAD + '"' + ROW + OTHER[:-1] + '"\n' + ROW, "mark in row 2 opens"),
    "two companies with one mark each": (HEAD + '"甲' + ROW + OTHER + '"乙' + ROW, "mark in row 2 opens"),
    "a cell of many lines": (HEAD + f'"江{chr(10) * 6}白露",{ONE},2025-02-08\n', "mark in row 2 opens"),
    "text behind a closed quotation": (HEAD + f'"江\n白"露,{ONE},2025-02-08\n', "mark in row 2 opens"),
    "a field without end": (HEAD + "x" * 131_073 + ",1,1\n", "Row 2 cannot be read as CSV"),
    "a line without end": (GOOD + "x" * (3 << 20), "Line 3 is longer than a million characters"),
    # headings and widths
    "16384 columns": (",".join(f"c{n}" for n in range(16_384)) + "\n" + GOOD, "Row 1 has more than 2000 columns"),
    "a row of 3000 cells": (GOOD + "1," * 3000 + "1\n", "Row 3 has more than 2000 columns"),
    "a heading twice": (GOOD.replace("姓名", "证件号码"), "both mean"),
    "headings that look alike": (HEAD.replace("死亡日期", "身份证号\u200b ,死亡日期") + ROW, "Columns B"),
    "headings without a needed one": (GOOD.replace("死亡日期", "备注"), "no column for 死亡日期"),
    "another kind of file": ("号牌号码,车辆类型,姓名,身份证号\n蒙A1,K1,江白露," + ONE + "\n", "no column for 死亡日期"),
    "no headings": (ROW * 50, "No heading row was found"),
    "headings too far down": ("说明\n" * 60 + GOOD, "No heading row was found in the first 40 rows"),
    "headings and nothing": (HEAD, "headings but not one row below them"),
    "headings and blanks": (HEAD + "\n,,\n \n", "headings but not one row below them"),
    "headings and a total": (HEAD + "合计,,\n", "headings but not one row below them"),
    "headings twice and nothing": (HEAD * 2, "headings but not one row below them"),
    "two tables below each other": (
        GOOD + f"\n身份证号,死亡日期,姓名\n{TWO},2025-03-09,梁夏至\n",
        "Row 4 holds headings",
    ),
    # half a file
    "cut off in a row": (HEAD + ROW + f"梁夏至,{TWO[:9]}", "ends in the middle of row 3"),
    "cut off in the only row": (HEAD + "江白", "ends in the middle of row 2"),
    "fewer rows than it says": (HEAD + ROW + "共2条记录,,\n", "Row 3 says that there are 2 rows, but 1 stand"),
    "more rows than it says": (HEAD + ROW + OTHER + ROW + "合计:共 2 条\n", "Row 5 says that there are 2 rows, but 3"),
    # something else
    "a web page": ("<html><table><tr><td>姓名</td></tr></table>", "This is a HTML/XML file"),
    "a web page behind a mark": ("\ufeff \r\n<!DOCTYPE html><table>", "This is a HTML/XML file"),
    "a spreadsheet of 2003 in XML": ('<?xml version="1.0"?><Workbook/>', "This is a HTML/XML file"),
    "pdf": (b"%PDF-1.7\n" + b"x" * 99, "This is a PDF file"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(99), "This is a JPEG file"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(99), "This is a PNG file"),
    "gzip": (gzip.compress(GOOD.encode()), "This is a GZIP file"),
    "tar": (_tar(), "This is a TAR file"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(99), "This is a 7z file"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(99), "This is a RAR file"),
    "a program": (b"MZ" + bytes(99), "This is a EXE file"),
    "rtf": (b"{\\rtf1 " + GOOD.encode(), "This is a RTF file"),
    "a database": (b"SQLite format 3\0" + bytes(99), "This is a SQLite file"),
    "random bytes": (bytes(range(256)) * 9, "Byte 1 of the file is zero"),
    "headings without one row, in ten thousand blank lines": (HEAD + "\n" * 10_000, "headings but not one row below"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_text_file_is_refused_whole_with_its_place(name: str) -> None:
    content, sentence = REFUSED[name]

    told = read(content)

    assert sentence in told.refusal
    assert told.report is None


def test_a_file_over_the_limit_is_refused() -> None:
    assert "larger than 1 MB" in read(HEAD + ("x" * 999 + "\n") * 1100, limits=Limits(bytes=1 << 20)).refusal


TAKEN: dict[str, tuple[bytes | str, list[int]]] = {
    "utf-16 without a mark": (GOOD.encode("utf-16-le"), [2]),
    "utf-16 without a mark, the other way round": (GOOD.encode("utf-16-be"), [2]),
    "a mark between two files put together": (GOOD + "\ufeff" + HEAD + ROW, [2, 4]),
    "lone carriage returns": ((GOOD + OTHER).replace("\n", "\r"), [2, 3]),
    "a line that names the separator": ("sep=,\n" + GOOD, [3]),
    "a line break in quotation marks": (HEAD + f'"江\n白露",{ONE},2025-02-08\n' + OTHER, [2, 3]),
    "quotation marks inside a name": (HEAD + f'江"白"露,{ONE},2025-02-08\n"江""白""露",{ONE},2025-02-08\n', [2, 3]),
    "a heading that turns the writing round": (HEAD.replace("姓名", "\u202e姓名\u202c") + ROW, [2]),
    "headings printed again on each page": (GOOD + HEAD + OTHER, [2, 4]),
    "the last line without its end": (GOOD + OTHER[:-1], [2, 3]),
    "as many rows as it says": (GOOD + OTHER + "共2条记录,,\n", [2, 3]),
    "a formula for a name": (HEAD + f'"=HYPERLINK(""http://x"")",{ONE},2025-02-08\n', [2]),
    "many empty cells to the right": (GOOD.strip() + "," * 5000 + "\n" + OTHER, [2, 3]),
}


@pytest.mark.parametrize("name", TAKEN)
def test_an_odd_but_honest_text_file_loses_no_row(name: str) -> None:
    content, places = TAKEN[name]

    told = read(content)

    assert told.refusal == ""
    assert [row.row for row in told.rows] == places


def test_what_looks_like_a_formula_stays_text() -> None:
    told = read(TAKEN["a formula for a name"][0])

    assert told.rows[0].subjects[0].name == '=HYPERLINK("http://x")'


LINES = st.sampled_from(
    [
        ROW,
        OTHER,
        "\n",
        ",,\n",
        "合计,,\n",
        HEAD,
        "甲,x,y\n",
        "甲,x,y,z\n",
        "甲\n",
        f",{ONE},\n",
        f'"江""",{ONE},2025-02-08\n',
    ]
)


@settings(max_examples=30)
@given(st.lists(LINES, max_size=60), st.lists(st.sampled_from(["死亡登记\n", "\n", "单位:甲,,\n"]), max_size=9))
def test_every_record_is_counted_once(lines: list[str], above: list[str]) -> None:
    told = read("".join([*above, HEAD, *lines, ROW]))

    assert told.report is not None
    assert told.report.accepted == len(told.rows)
    assert told.report.accepted + told.report.rejected == told.report.total
    assert told.report.records == len(above) + 1 + len(lines) + 1
