"""Commission letter, refusal, doubt list and notice: what each must say, and what each refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest

from documents.canonical import canonical_bytes as stored
from documents.canonical import digest, from_canonical
from documents.certificates import render_purge_certificate
from documents.letters import (
    NoticeKind,
    render_commission_letter,
    render_doubt_list,
    render_notice,
    render_refusal,
)
from documents.wording import ConclusionWords
from domain.errors import Conflict
from tests.documents.samples import RARE_NAMES, a_doubt_list, a_letter, a_notice, a_purge, a_refusal


def text(pdf: bytes) -> str:
    return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(pdf))


PAPERS: list[tuple[Callable[..., bytes], Any]] = [
    (render_commission_letter, a_letter()),
    (render_refusal, a_refusal()),
    (render_doubt_list, a_doubt_list()),
    (render_notice, a_notice()),
    (render_purge_certificate, a_purge()),
]


@pytest.mark.parametrize(("render", "data"), PAPERS)
def test_each_paper_repeats_byte_for_byte_with_its_number_and_hash(render: Callable[..., bytes], data: Any) -> None:
    printed = render(data)
    assert render(data) == printed
    said = text(printed)
    assert "".join(data.number.split()) in said
    assert digest(data) in said
    assert from_canonical(type(data), stored(data)) == data
    marked = text(render(data, watermark="用途：存档"))
    assert "用途：存档" in marked
    assert digest(data) in marked


@pytest.mark.parametrize(("render", "data"), PAPERS)
def test_an_unsigned_paper_is_a_draft(render: Callable[..., bytes], data: Any) -> None:
    assert "草稿" in text(render(replace(data, signed_on=None, seal=None)))
    assert "草稿" not in text(render(data))


def test_a_letter_names_every_person_with_authorisation_and_its_day() -> None:
    said = text(render_commission_letter(a_letter()))
    for place, name in enumerate(RARE_NAMES, start=1):
        assert name in said
        assert f"990203-2027-{place:05d}签署于2027-06-03" in said
    assert "养老待遇、车辆、银行存款" in said


def test_a_letter_of_a_whole_unit_prints_every_row_with_its_household() -> None:
    person = replace(a_letter().persons[0], household="江䶮")
    many = tuple(replace(person, authorisation=f"A-{place:05d}") for place in range(400))
    said = text(render_commission_letter(a_letter(persons=many, household_head=None), watermark="用途：存档"))
    assert "批量委托，见人员名单" in said
    assert all(f"A-{place:05d}" in said for place in range(400))


def test_a_person_whose_survival_or_identity_is_checked_needs_no_authorisation_in_the_letter() -> None:
    bare = replace(a_letter().persons[0], authorisation=None, authorised_on=None)
    assert "生存或身份核验，无需授权" in text(render_commission_letter(a_letter(persons=(bare,))))


def test_a_refusal_says_why_and_how_it_can_be_put_right() -> None:
    said = text(render_refusal(a_refusal()))
    assert "原因代码AUTH-MISSING" in said
    assert "由监护人补签并上传扫描件" in said
    assert "可以补正。" in said
    final = text(render_refusal(a_refusal(can_be_corrected=False, correct_by=None, items=())))
    assert "不能补正。" in final


@pytest.mark.clause("LF-17")
def test_a_refusal_or_list_that_concludes_on_eligibility_is_refused() -> None:
    with pytest.raises(ConclusionWords):
        render_refusal(a_refusal(reason="该户不符合低保条件"))
    doubtful = replace(a_doubt_list().doubts[0], sentence="建议停止")
    with pytest.raises(ConclusionWords):
        render_doubt_list(a_doubt_list(doubts=(doubtful,)))
    with pytest.raises(ConclusionWords):
        render_doubt_list(a_doubt_list(not_obtained=("银行存款未反馈，应予救助",)))


def test_a_doubt_list_traces_each_row_and_decides_nothing() -> None:
    said = text(render_doubt_list(a_doubt_list(120)))
    assert "仅供参考，不作认定" in said
    assert all(f"第{18204 + place}行" in said for place in range(120))
    assert "银行存款：省联网银行查询在约定时限内未反馈" in said
    assert "本次比对未产生疑点信息" in text(render_doubt_list(a_doubt_list(0)))


def test_a_doubt_list_shows_no_whole_identity_number_and_keeps_its_statement() -> None:
    bare = replace(a_doubt_list().doubts[0], masked_id="990203197001010019")
    with pytest.raises(Conflict):
        render_doubt_list(a_doubt_list(doubts=(bare,)))
    with pytest.raises(Conflict):
        render_doubt_list(a_doubt_list(statement="以上属实。"))


def test_a_notice_gives_facts_basis_the_way_to_object_and_a_receipt() -> None:
    said = text(render_notice(a_notice()))
    for words in ("一、决定", "二、事实", "三、依据", "四、不同意本决定怎么办", "送达回证", "717.20元", "六十日内"):
        assert words in said
    assert "不予受理告知书" in text(render_notice(a_notice(kind=NoticeKind.NOT_ACCEPTED)))


@pytest.mark.parametrize("lacking", [{"facts": " "}, {"basis": ()}, {"appeal_way": ""}, {"appeal_term": ""}])
def test_a_notice_without_facts_basis_or_way_to_object_is_refused(lacking: dict[str, Any]) -> None:
    with pytest.raises(Conflict) as refused:
        render_notice(a_notice(**lacking))
    assert refused.value.clause == "CK-14"
