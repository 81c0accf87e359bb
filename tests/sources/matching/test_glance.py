"""What is told at a glance is what a full look says: the same verdicts, facts, days and counts of any row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import identity
from domain.identity import InvalidIdentityNumber
from sources import names, rows, values
from sources.categories import CATEGORIES
from sources.headings import Headings, find
from sources.identify import plain, verdicts
from sources.identify.candidates import KnownPeople
from sources.matching import results
from sources.matching.cells import SheetRows
from sources.matching.files import FileMatcher, Judgement, PlainRows, _SheetJudge
from sources.matching.kinds import Table
from sources.values import Cell
from tests.sources.identify.people import numbers, written
from tests.sources.matching.made import KNOWN, NUMBERS

HEADS = {
    "DEPOSIT": ["序号", "户名", "证件号码", "账号", "账户余额", "查询时点"],
    "HOUSE": ["不动产权证书号", "权利人", "权利人证件号", "登记时间"],
    "WAGE": ["单位名称", "所属期", "姓名", "身份证号", "应发工资"],
    "MARRIAGE": ["业务类型", "登记日期", "男方姓名", "男方身份证件号", "女方姓名", "女方身份证件号"],
    "DEATH": ["身份证号", "姓名", "死亡日期"],
}
WORDS = (
    "", " ", "合计", "总计：", "小计(元)", "共3条记录", "制表人：王某", "说明:无", "合某", "共青", "审某某", "'",
    "何素丽", "何 素丽",
    "何素麗", "呼和·娜布其", "呼和娜布其", "王五", "何素丽、呼和·娜布其", "户名", "证件号码", "②", "⼩计",
    "2025-06-30", "20250630",
    "2025年6月", "长期", "1234567890", "12.30", "1,234.5", "三万元", "-", "\u200b", "=1+1", "NULL",
)  # fmt: skip
NUMBER_CELLS = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(NUMBERS),
    numbers(),
    st.sampled_from(NUMBERS).flatmap(written),
    st.sampled_from(NUMBERS).map(lambda n: n[:15] + "000"),
    st.sampled_from(NUMBERS).map(lambda n: n[:17] + "0"),
    st.sampled_from(NUMBERS).map(lambda n: f"{n}、{NUMBERS[0]}"),
    st.just("110101199003070010"),
)
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(WORDS), NUMBER_CELLS, st.text(max_size=6), st.none(), st.booleans(),
    st.floats(allow_nan=False), st.integers(0, 10**9),
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[list[Cell]]]:
    """A kind of file and rows below its headings: mostly of the right kind in each column, some the same again."""
    kind = draw(st.sampled_from(sorted(HEADS)))
    made: list[list[Cell]] = []
    for _row in range(draw(st.integers(1, 12))):
        if made and draw(st.integers(0, 4)) == 0:
            made.append([*made[-1]])
            continue
        row = [draw(NUMBER_CELLS if "证" in head and "证书" not in head else CELLS) for head in HEADS[kind]]
        made.append(row[: draw(st.integers(0, len(row)))] if draw(st.integers(0, 9)) == 0 else row)
    return kind, made


def table_of(kind: str) -> Table:
    """The headings of a kind of file."""
    found = find([HEADS[kind]], CATEGORIES[kind])
    assert isinstance(found, Headings)
    return Table(CATEGORIES[kind], found)


def outcome(kind: str, made: list[list[Cell]], *, quick: bool, demonstration: bool) -> dict[str, Any]:
    """Everything that comes of rows: verdicts in their order, facts, days, cells that could not be read."""
    matcher = FileMatcher(KNOWN, demonstration=demonstration)
    sheet = SheetRows(2, "", 1, False, iter(()))
    lines: list[tuple[object, ...]] = []
    found: list[object] = []
    dated: Counter[tuple[str, str]] = Counter()
    judge = _SheetJudge(sheet, 1, table_of(kind), matcher, lambda _sheet, row: row <= 3, quick=quick)
    for judged in judge.rows(iter([[*HEADS[kind]], *made])):
        found += judged.found
        if isinstance(judged, PlainRows):
            lines += [(row, judged.column, verdict, number) for row, verdict, number in judged.rows]
            dated.update(judged.dated)
        else:
            lines += [(judged.row, *one) for one in judged.verdicts]
            dated.update([judged.dated] if judged.dated else [])
    return {"lines": lines, "found": found, "dated": dated, "unread": matcher.unread}


@given(tables(), st.booleans())
def test_rows_at_a_glance_are_judged_as_rows_one_by_one(
    made: tuple[str, list[list[Cell]]], demonstration: bool
) -> None:
    fast, slow = (outcome(*made, quick=quick, demonstration=demonstration) for quick in (True, False))

    assert fast == slow


def test_plain_rows_are_told_at_a_glance() -> None:
    made: list[list[Cell]] = [[str(n), "何素丽", NUMBERS[n % 2], "1", "12.50", "2025-06-30"] for n in range(9)]
    judge = _SheetJudge(
        SheetRows(1, "", 0, False, iter(())), 1, table_of("DEPOSIT"), FileMatcher(KNOWN, demonstration=True),
        lambda _sheet, _row: False, quick=True,
    )  # fmt: skip
    judged: Iterator[Judgement | PlainRows] = judge.rows(iter([[*HEADS["DEPOSIT"]], *made]))

    assert [len(one.rows) for one in judged if isinstance(one, PlainRows)] == [9]


@given(
    st.one_of(numbers(), numbers().flatmap(written), st.text("0123456789Xx０", min_size=16, max_size=19)), st.booleans()
)
def test_what_is_told_sound_is_sound_as_it_stands(text: str, demonstration: bool) -> None:
    if plain.sound(demonstration=demonstration)(text):
        assert identity.check(text, demonstration=demonstration).number == text
        kept, grounds = verdicts.read(text, demonstration=demonstration)
        assert (kept, tuple(grounds)) == (text, rows._notes_of(text[: plain.DIVISION]))


@given(st.dates().map(lambda day: f"{day:%Y%m%d}"), st.integers(0, 999_999), st.integers(0, 999), st.booleans())
def test_every_sound_number_is_told_so(born: str, division: int, order: int, demonstration: bool) -> None:
    first17 = f"{division:06}{born:0>8}{order:03}"
    text = first17 + identity.check_character(first17)
    try:
        identity.check(text, demonstration=demonstration)
        expected = True
    except InvalidIdentityNumber:
        expected = False

    assert plain.sound(demonstration=demonstration)(text) is expected


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_a_row_that_surely_counts_is_neither_blank_nor_a_remark(cells: list[Cell]) -> None:
    if rows.surely_counts(cells):
        first = cells[0]
        assert isinstance(first, str) and not values.is_blank(first)
        assert first[:1].isdigit() or not rows._is_remark(first, cells)


@pytest.mark.parametrize("word", [*sorted(rows.TOTALS), "共3条", "制表:", "审核人:", "统计日期：", "备注：", "注:"])
def test_no_total_and_no_note_surely_counts(word: str) -> None:
    assert not rows.surely_counts([word, NUMBERS[0]])
    assert rows._is_remark(word, [word])


@given(st.text(min_size=1).filter(lambda name: "\0" not in name), st.integers(1, 3), st.sampled_from([NUMBERS[0], ""]))
def test_lines_of_plain_rows_are_the_lines_of_any_row(name: str, sheet: int, number: str) -> None:
    line = results.plain_lines(name, sheet, 4)(17, "match", number)

    assert line == results.csv_line((name, results.place(sheet, 17), "4", "match", number))


@given(st.text("张何呼和·.-A ﬀ１é\u200b'", max_size=8))
def test_a_name_of_letters_folds_like_any_name(name: str) -> None:
    assert names.fold(name) == names.fold(f"{name}·")


def test_nobody_declared_makes_every_sound_number_a_stranger() -> None:
    glance = FileMatcher(KnownPeople(()), demonstration=True)
    judged = _SheetJudge(
        SheetRows(1, "", 0, False, iter(())), 1, table_of("DEATH"), glance, lambda _s, _r: False, quick=True
    ).rows(iter([[*HEADS["DEATH"]], [NUMBERS[0], "何素丽", "2025-01-01"]]))

    assert [row for one in judged if isinstance(one, PlainRows) for row in one.rows] == [(2, "none", "")]
