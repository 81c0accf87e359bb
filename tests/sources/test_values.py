"""Dates, months, amounts and names as people type them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import names, values
from sources.names import Likeness
from sources.values import ValueFault

DAYS = st.dates(date(1930, 1, 1), date(2100, 12, 31))
WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})


@given(DAYS, st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%d 00:00:00"]))
def test_a_day_reads_the_same_in_every_form(day: date, form: str) -> None:
    written = day.strftime(form)

    assert values.to_date(written) == values.to_date(written.translate(WIDE)) == day.isoformat()


@given(DAYS)
def test_a_spreadsheet_serial_is_a_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days

    assert values.to_date(float(serial)) == values.to_date(str(serial)) == day.isoformat()


@pytest.mark.parametrize("text", ["2025-06", "2025年6月", "202506", "2025/06/30", "２０２５．０６"])
def test_a_month_reads_the_same_in_every_form(text: str) -> None:
    assert values.to_month(text) == "2025-06"


@pytest.mark.parametrize("text", ["2025-02-30", "30.6.2025", "6/30/2025", "昨天", "20251301", "99999"])
def test_what_is_no_day_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(ValueFault):
        values.to_date(text)


@given(st.integers(0, 10**11))
def test_an_amount_reads_the_same_in_every_form(cents: int) -> None:
    yuan = Decimal(cents) / 100
    forms = (
        f"{yuan:.2f}",
        f"{yuan:,.2f}",
        f"{yuan:.2f}元",
        f"￥{yuan:,.2f}",
        f"{yuan / 10000:.6f}万元",
        f"RMB{yuan:.2f}",
    )
    for form in forms:
        assert Decimal(values.to_amount(form)) == Decimal(values.to_amount(form.translate(WIDE))) == yuan


def test_the_unit_of_the_heading_counts_unless_the_cell_has_its_own() -> None:
    assert values.to_amount("3.000000", 10_000) == "30000.00"
    assert values.to_amount("50万元", 10_000) == "500000.00"
    assert values.to_amount("800元", 10_000) == "800.00"


@pytest.mark.parametrize("text", ["1,23", "1.2E+05", "壹万元", "12.3.4", "约300", "１２三"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueFault):
        values.to_amount(text)


@pytest.mark.parametrize("text", ["", " ", "-", "—", "无", "\u3000"])
def test_nothing_is_nothing_in_every_kind(text: str) -> None:
    assert values.to_amount(text) == values.to_date(text) == values.to_month(text) == values.to_number(text) == ""


@given(st.text(max_size=30) | st.floats(allow_nan=True) | st.integers())
def test_any_cell_is_read_or_refused(cell: str | float) -> None:
    for read in (values.to_date, values.to_month, values.to_amount, values.to_number):
        try:
            assert isinstance(read(cell), str)
        except ValueFault as fault:
            assert str(fault.text).endswith((".", ")."))


@pytest.mark.parametrize(
    ("left", "right", "likeness"),
    [
        ("刘　鹏", "刘鹏", Likeness.SAME),
        ("敖包．其其格", "敖包·其其格", Likeness.SAME),
        ("敖包其其格", "敖包·其其格", Likeness.SAME),
        ("张偉", "张伟", Likeness.POSSIBLE),
        ("沈贵?", "沈贵㬎", Likeness.POSSIBLE),
        ("方〓安", "方𠮷安", Likeness.POSSIBLE),
        ("沈贵XIAN", "沈贵㬎", Likeness.POSSIBLE),
        ("王芳(已故)", "王芳", Likeness.POSSIBLE),
        ("王芳2", "王芳", Likeness.POSSIBLE),
        ("王芳", "王方", Likeness.DIFFERENT),
        ("???", "王小芳", Likeness.DIFFERENT),
        ("王芳", "王芳芳", Likeness.DIFFERENT),
    ],
)
def test_names_are_the_same_possible_or_different(left: str, right: str, likeness: Likeness) -> None:
    assert names.compare(left, right) is likeness
    assert names.compare(right, left) is likeness
