"""Reading uploaded files: encodings, headings, dirty rows, and files made to do harm."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import identity
from sources.faults import FileRefused
from sources.reading import Limits, ReadReport, read_all, reading
from sources.rows import COUNTS_DIFFER, SourceRow

ONE = identity.make_demonstration(date(1960, 1, 2), 11)
TWO = identity.make_demonstration(date(1962, 3, 4), 22)
DEATHS = "姓名,身份证号,死亡日期\n"


def read(
    content: bytes | str, category: str = "DEATH", limits: Limits | None = None
) -> tuple[list[SourceRow], ReadReport]:
    data = content.encode() if isinstance(content, str) else content
    return read_all(io.BytesIO(data), category, demonstration=True, limits=limits)


def refusal(content: bytes | str, category: str = "DEATH", limits: Limits | None = None) -> str:
    with pytest.raises(FileRefused) as caught:
        read(content, category, limits)
    return str(caught.value)


def workbook(*sheets: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.worksheets[0] if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 (BOM)"),
        ("gb18030", "GB18030"),
        ("gbk", "GB18030"),
        ("utf-16", "UTF-16"),
    ],
)
def test_a_csv_is_read_in_every_usual_encoding(encoding: str, name: str) -> None:
    rows, report = read(f"{DEATHS}江白露,{ONE},2025-02-08\n".encode(encoding))

    assert report.encoding == name
    assert [(s.name, s.number) for s in rows[0].subjects] == [("江白露", ONE)]


def test_a_rare_character_survives_gb18030() -> None:
    rows, _report = read(f"{DEATHS}方𠮷安,{ONE},2025-02-08\n".encode("gb18030"))

    assert rows[0].subjects[0].name == "方𠮷安"


def test_text_that_mixes_encodings_is_refused_with_its_place() -> None:
    mixed = f"{DEATHS}江白露,{ONE},2025-02-08\n".encode() + "梁夏至".encode("gb18030")

    assert "near byte" in refusal(mixed)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_rows_as_a_spreadsheet_shows_them(end: str) -> None:
    rows, _report = read(f"死亡登记,,{end}{DEATHS.strip()}{end}{end}江白露,{ONE},2025-02-08{end}")

    assert rows[0].row_no == "4"


@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(sign: str) -> None:
    rows, _report = read(f"{DEATHS}江白露,{ONE},2025-02-08\n".replace(",", sign))

    assert rows[0].values["died"] == "2025-02-08"


def test_headings_are_found_whatever_their_blanks_width_and_marks() -> None:
    rows, _report = read(f"姓　名, 身份证 号码 ,死亡日期（公历）\n江白露,{ONE},2025-02-08\n")

    assert rows[0].subjects[0].number == ONE
    assert rows[0].values["died"] == "2025-02-08"


def test_two_columns_for_one_field_are_refused_naming_both() -> None:
    sentence = refusal(f"姓名,身份证号,证件号码,死亡日期\n江白露,{ONE},{ONE},2025-02-08\n")

    assert "B (身份证号)" in sentence
    assert "C (证件号码)" in sentence


def test_a_missing_column_and_missing_headings_are_refused_with_what_is_needed() -> None:
    assert "死亡日期" in refusal(f"姓名,身份证号\n江白露,{ONE}\n")
    assert "No heading row" in refusal("a,b,c\n1,2,3\n")
    assert "empty" in refusal("")


def test_merged_headings_titles_totals_and_a_second_sheet_are_understood() -> None:
    title = ["代发工资明细"]
    upper = ["单位名称", "所属期", "职工", None, "应发工资", None, "实发工资"]
    lower = [None, None, "姓名", "身份证号", "基本工资", "合计", None]
    content = workbook(
        [
            title,
            upper,
            lower,
            ["甲", "202506", "江白露", ONE, 900, 1000.5, "950"],
            ["合计", None, None, None, None, 1000.5],
        ],
        [["甲", "202506", "梁夏至", TWO, 1, 2, 3]],
    )

    rows, report = read(content, "WAGE")

    assert [(r.row_no, r.subjects[0].number, r.values["gross"]) for r in rows] == [
        ("4", ONE, "1000.50"),
        ("2!1", TWO, "2.00"),
    ]
    assert (report.total, report.skipped, report.sheets[0].heading_row) == (2, 1, 3)


def test_joint_owners_in_one_cell_are_all_subjects() -> None:
    head = "不动产权证书号,权利人,权利人证件号,登记时间\n"
    for sign in ("、", ";", "/", "，", " "):
        rows, _report = read(f"{head}1,江白露{sign}梁夏至,{ONE}{sign}{TWO},40613\n".replace("，", "，"), "HOUSE")
        assert [(s.name, s.number) for s in rows[0].subjects] == [("江白露", ONE), ("梁夏至", TWO)]
        assert rows[0].values["registered"] == "2011-03-11"


def test_numbers_written_as_one_are_told_apart_and_none_loses_its_name() -> None:
    head = "不动产权证书号,权利人,权利人证件号,登记时间\n"
    glued, _report = read(f"{head}1,江白露、梁夏至,{ONE}{TWO},40613\n", "HOUSE")
    without_first, _report = read(f"{head}1,江白露、梁夏至,、{TWO},40613\n", "HOUSE")

    assert [(s.name, s.number) for s in glued[0].subjects] == [("江白露", ONE), ("梁夏至", TWO)]
    assert [(s.name, s.number) for s in without_first[0].subjects] == [("江白露", ""), ("梁夏至", TWO)]


def test_a_number_whose_name_cannot_be_told_is_held_against_all_of_them() -> None:
    rows, report = read(f"不动产权证书号,权利人,权利人证件号,登记时间\n1,江白露,{ONE}、{TWO},40613\n", "HOUSE")

    assert [(s.name, s.number) for s in rows[0].subjects] == [("江白露", ONE), ("江白露", TWO)]
    assert [str(fault.sentence) for fault in report.faults] == [str(COUNTS_DIFFER)]


def test_a_bad_row_never_sinks_the_file_and_is_reported_by_place() -> None:
    content = (
        f"{DEATHS}江白露,{ONE},2025-02-08\n梁夏至,{TWO},昨天\n,,2025-01-01\n贺大暑,{ONE[:-4]}****,2025-01-01\n"
        f"多,{ONE},2025-01-01,100\n\n合计,,\n"
    )

    rows, report = read(content)

    assert [r.row for r in rows] == [2, 5]
    assert (report.total, report.accepted, report.rejected, report.skipped, report.by_name) == (5, 2, 3, 2, 1)
    assert [(f.row, f.column, f.kept) for f in report.faults] == [
        (3, "死亡日期", False),
        (4, "身份证号", False),
        (5, "身份证号", True),
        (6, "", False),
    ]


def test_a_number_stored_as_a_spreadsheet_number_is_never_guessed() -> None:
    rows, report = read(workbook([["姓名", "身份证号", "死亡日期"], ["江白露", int(ONE[:17] + "0"), "2025-02-08"]]))

    assert rows[0].subjects[0].number == ""
    assert "000" in str(report.faults[0].sentence)


def test_neither_faults_nor_preview_repeat_an_identity_number() -> None:
    wrong = ONE[:-1] + ("0" if ONE[-1] != "0" else "1")
    _rows, report = read(f"{DEATHS}江白露,{wrong},2025-02-08\n梁夏至,{TWO},2025-02-08\n")

    shown = repr(report) + "".join(map(str, report.preview)) + "".join(str(f.sentence) for f in report.faults)
    assert wrong not in shown
    assert TWO not in shown
    assert report.preview[1][1] == identity.mask(TWO)


def test_a_demonstration_number_in_a_real_homes_file_is_reported_and_not_matched() -> None:
    rows, report = read_all(io.BytesIO(f"{DEATHS}江白露,{ONE},2025-02-08\n".encode()), "DEATH")

    assert rows[0].subjects[0].number == ""
    assert "demonstration" in str(report.faults[0].sentence)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    [ONE, TWO, "合计", "2025-01-01", ONE[:-1] + "A", '"', "江白露"]
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=12))
def test_accepted_and_rejected_always_make_the_total(table: list[list[str]]) -> None:
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in table)

    try:
        rows, report = read(DEATHS + quoted)
    except FileRefused:
        return  # whole; which files are refused, and that no row is lost in the others, tests/sources/hostile sees

    assert report.accepted + report.rejected == report.total
    assert report.accepted == len(rows)
    assert report.records == 1 + len(table)


# ---------------------------------------------------------------- files made to do harm


def archive(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "entries",
    [
        {"[Content_Types].xml": b"", "xl/sharedStrings.xml": b"a" * (80 << 20)},
        {"[Content_Types].xml": b"", "../evil": b"x"},
        {"[Content_Types].xml": b"", "/etc/x": b"x"},
        {"[Content_Types].xml": b"", "xl/inner.zip": b"x"},
        {"[Content_Types].xml": b"", "word/document.xml": b"x"},
        {f"xl/{n}": b"" for n in range(300)},
    ],
    ids=["bomb", "climbs", "absolute", "nested", "foreign", "many"],
)
def test_a_suspicious_archive_is_refused_before_it_is_parsed(entries: dict[str, bytes]) -> None:
    assert "more than a plain table" in refusal(archive(entries))


def test_an_archive_whose_headers_lie_about_sizes_is_counted_while_inflating() -> None:
    content = bytearray(archive({"[Content_Types].xml": b"", "xl/sharedStrings.xml": b"a" * (80 << 20)}))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 10)  # the directory claims ten bytes

    assert "more than a plain table" in refusal(bytes(content))


def test_bytes_that_only_begin_like_a_workbook_are_refused() -> None:
    assert "damaged" in refusal(b"PK\x03\x04" + os.urandom(500))
    assert "damaged" in refusal(archive({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<nonsense"}))
    assert "XLS" in refusal(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "Byte 4 of the file is zero" in refusal(b"a,b\0,c\n")


def test_an_endless_line_and_a_file_over_the_limit_are_refused() -> None:
    assert "million" in refusal(b"a" * (3 << 20))
    assert "larger" in refusal(DEATHS + "x,\n" * 100_000, limits=Limits(bytes=1 << 18))


def test_a_file_that_eats_memory_costs_only_its_child() -> None:
    many = workbook(
        [["姓名", "身份证号", "死亡日期"], *[[os.urandom(900).hex(), ONE, "2025-01-01"] for n in range(4000)]]
    )

    assert "memory" in refusal(many, limits=Limits(memory=20 << 20))


def test_a_file_that_takes_too_long_is_stopped() -> None:
    slow = DEATHS + f"江白露,{ONE},2025-02-08\n" * 150_000
    began = time.monotonic()

    assert "too much time" in refusal(slow, limits=Limits(wall_seconds=0.4, wall_per_mib=0))
    assert time.monotonic() - began < 5


def test_a_reader_that_stops_early_leaves_no_child_behind() -> None:
    content = (DEATHS + f"江白露,{ONE},2025-02-08\n" * 50_000).encode()
    with reading(io.BytesIO(content), "DEATH", demonstration=True) as going:
        next(iter(going))
        child = going._child.pid

    assert not Path(f"/proc/{child}").exists()
