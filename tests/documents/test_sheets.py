"""Lists as CSV and XLSX, read back by other programs' readers."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.sheets import Cell, write_csv, write_xlsx
from domain.errors import Conflict

HEAD = ("姓名", "身份号码", "金额", "日期", "备注")
ROWS: tuple[tuple[Cell, ...], ...] = (
    ("江䶮", "990203197001010019", Decimal("1486.50"), date(2027, 6, 8), None),
    ("阿依古丽·买买提", "99020319700101002X", -640, date(2027, 6, 9), '=HYPERLINK("http://x","y")'),
)
DANGEROUS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "\u3000=1",
    "\ufeff=1",
    "\n=1",
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_reads_back_as_it_was_written(encoding: str) -> None:
    made = write_csv(HEAD, ROWS, encoding=encoding)  # type: ignore[arg-type]
    back = list(csv.reader(io.StringIO(made.decode(encoding), newline="")))
    assert back[0] == list(HEAD)
    assert back[1] == ["江䶮", "990203197001010019", "1486.50", "2027-06-08", ""]
    assert back[2][2] == "-640"
    assert made.count(b"\r\n") == 3


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_csv_text_that_could_run_gets_an_apostrophe(text: str) -> None:
    back = list(csv.reader(io.StringIO(write_csv([text], [[text]]).decode("utf-8-sig"), newline="")))
    assert back == [[f"'{text}"], [f"'{text}"]]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=20))
def test_no_csv_cell_ever_begins_like_a_formula(text: str) -> None:
    written = write_csv(["x"], [[text, "end"]]).decode("utf-8-sig")
    cell = list(csv.reader(io.StringIO(written, newline="")))[1]
    assert cell[0].removeprefix("'") == text.removeprefix("'")
    assert not cell[0].startswith(tuple("=+-@\t\r＝＋－＠"))


def test_a_sheet_keeps_numbers_days_and_texts_apart_and_holds_no_formula() -> None:
    rows: list[tuple[Cell, ...]] = [*ROWS, *((text, text, 0, date(2027, 1, 1), "http://x") for text in DANGEROUS)]
    sheet = openpyxl.load_workbook(io.BytesIO(write_xlsx("疑点[清单]", HEAD, rows))).active
    assert sheet is not None
    assert sheet.title == "疑点 清单"
    assert sheet["B2"].value == "990203197001010019"
    assert sheet["C2"].value == 1486.5
    assert sheet["D2"].value.date() == date(2027, 6, 8)
    assert sheet["E3"].value == ROWS[1][4]
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)
    assert sheet.freeze_panes == "A2"


def test_the_same_list_makes_the_same_file() -> None:
    assert write_xlsx("名册", HEAD, ROWS) == write_xlsx("名册", HEAD, ROWS)


def test_a_text_too_long_for_a_cell_is_refused_and_not_dropped() -> None:
    with pytest.raises(Conflict, match="row 2"):
        write_xlsx("名册", ["备注"], [["长" * 32_768]])


def test_an_empty_list_is_a_head_alone() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(write_xlsx("", HEAD, []))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == list(HEAD)
    assert sheet.max_row == 1
