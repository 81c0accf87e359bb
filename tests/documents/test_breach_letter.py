"""泄密事件报告: what it says, the same on every repeat."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from documents.breach_letter import BreachData, BreachPerson, canonical_bytes, digest, from_canonical, render_breach
from documents.fonts import MissingGlyph
from tests.documents.test_letters import text

LETTER = BreachData(
    number="本泄〔2027〕0003",
    office="本溪市民政局",
    to="辽宁省民政厅",
    found_on=date(2027, 6, 16),
    happened_on=None,
    grade="后果严重",
    persons="3 人",
    what="核对报告被拍照外传。\n经办离开时未锁屏。",
    reach="𠮷谷雨一户三人的存款。",
    result="当事人投诉。",
    people=(BreachPerson(name="梁𬭚", office="平山区核对中心", part="涉嫌"),),
    traces=12,
    reporter="白立夏",
    signed_on=date(2027, 6, 16),
    seal="本溪市民政局",
)


@pytest.mark.clause("CK-31")
def test_the_letter_says_who_what_how_far_and_with_what_result_and_repeats_byte_for_byte() -> None:
    printed = render_breach(LETTER)
    assert render_breach(from_canonical(BreachData, canonical_bytes(LETTER))) == printed
    said = text(printed)
    for words in (
        "泄密事件报告", "辽宁省民政厅：", "本泄〔2027〕0003", "2027年6月16日发现", "后果严重", "3人",
        "核对报告被拍照外传。", "经办离开时未锁屏。", "𠮷谷雨一户三人的存款。", "当事人投诉。", "梁𬭚",
        "平山区核对中心", "涉嫌", "已关联访问记录12条", "白立夏", digest(LETTER),
    ):  # fmt: skip
        assert words in said, words


def test_what_is_not_known_yet_is_said_so() -> None:
    said = text(render_breach(replace(LETTER, people=(), persons="尚未查明", traces=0)))
    assert "尚未查明有关账号" in said and "已关联访问记录0条" not in said and "尚未关联访问记录" in said
    assert "未造成后果" not in said


def test_what_no_font_holds_is_refused() -> None:
    with pytest.raises(MissingGlyph):
        render_breach(replace(LETTER, what="a\u200bb"))
