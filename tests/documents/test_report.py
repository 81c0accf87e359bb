"""The report: what it says, that it says it the same way for ever, and what is refused before it is issued."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pypdf
import pypdfium2
import pytest

from documents.report import (
    HOUSEHOLD,
    ConclusionWords,
    QueryLine,
    ReportData,
    ResultState,
    canonical_bytes,
    check_report,
    digest,
    from_canonical,
    render_report,
)
from documents.typesetting import Watermark
from domain.errors import Conflict
from tests.documents.samples import RARE_NAMES, a_report

WATERMARK = str(Watermark("救助审核", "何大暑", "本溪市平山区民政局", "2027-06-17 09:12"))


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def text(pdf: bytes) -> str:
    return "".join("".join(page.split()) for page in pages(pdf))


def test_a_report_says_what_was_found_and_that_it_decides_nothing() -> None:
    said = text(render_report(a_report()))
    assert "仅供参考，不作认定" in said
    for words in (
        "平核报〔2027〕0391号",
        "平民救委〔2027〕0187号",
        "本溪市平山区民政局：",
        "经办：秦白露",
        "审核：祝霜降",
    ):
        assert words in said
    assert "1,486元/月" in said
    assert "市人力资源社会保障局（市级）" in said
    assert "数据日期2027-05" in said


def test_every_doubt_is_traceable_to_rule_file_and_row_on_the_page() -> None:
    said = text(render_report(a_report()))
    assert "INC-02规则3疑点表第4版" in said
    assert "养老待遇发放_202705.csv第18204行" in said
    assert "机动车登记_20270608.xlsx第553行" in said


def test_what_was_not_obtained_stands_marked_with_its_reason() -> None:
    said = text(render_report(a_report()))
    assert said.count("未获得") >= 3  # in the table, in its own part's title and sentence
    assert "银行存款（全户）未获得，来源省联网银行查询，原因：查询请求已于2027-06-08发出，约定时限内未反馈。" in said

    silent = replace(a_report().lines[2], reason=None)
    with pytest.raises(Conflict) as refused:
        render_report(a_report(lines=(silent,)))
    assert refused.value.clause == "LN-16"


def test_all_four_states_of_a_query_read_differently() -> None:
    def of(state: ResultState) -> ReportData:
        line = QueryLine(
            category="车辆",
            person=HOUSEHOLD,
            state=state,
            source="某局",
            data_date="2027-06",
            found="一辆",
            reason="无",
        )
        named = () if state is ResultState.NOT_REQUESTED else ("车辆",)
        return a_report(lines=(line,), categories=named)

    results = {text(render_report(of(state))).split("查询时点")[1].split("三、")[0] for state in ResultState}
    assert len(results) == 4


def test_the_same_report_has_the_same_bytes_on_every_repeat() -> None:
    first = render_report(a_report())
    render_report(a_report(number="平核报〔2027〕0999号"))
    assert render_report(a_report()) == first


def test_the_hash_of_the_content_stands_on_every_page_with_its_number() -> None:
    data = a_report()
    printed = pages(render_report(data))
    assert len(printed) >= 2
    for number, page in enumerate(printed, start=1):
        assert digest(data) in page
        assert f"第{number}页共{len(printed)}页" in "".join(page.split())


@pytest.mark.clause("LF-20")
def test_the_paper_carries_the_structured_data_that_its_hash_is_of() -> None:
    data = a_report()
    inside = pypdf.PdfReader(io.BytesIO(render_report(data))).attachments["report.json"][0]
    assert inside == canonical_bytes(data)
    assert hashlib.sha256(inside).hexdigest() == digest(data)
    assert from_canonical(ReportData, inside) == data


def test_canonical_bytes_do_not_depend_on_how_a_letter_was_composed() -> None:
    composed, loose = a_report(remarks="caf\u00e9"), a_report(remarks="cafe\u0301")
    assert canonical_bytes(composed) == canonical_bytes(loose)
    assert digest(composed) == digest(loose) != digest(a_report())
    plain = json.loads(canonical_bytes(composed))
    assert plain["document"] == "report/1"
    assert list(plain) == sorted(plain)


def test_stored_bytes_of_another_kind_or_shape_are_refused() -> None:
    plain = json.loads(canonical_bytes(a_report()))
    with pytest.raises(ValueError, match="report/1"):
        from_canonical(ReportData, json.dumps({**plain, "document": "notice/1"}).encode())
    with pytest.raises(ValueError, match="eligible"):
        from_canonical(ReportData, json.dumps({**plain, "eligible": True}).encode())


def test_a_watermark_marks_every_page_and_leaves_the_digest_and_the_original_alone() -> None:
    data = a_report()
    original = render_report(data)
    marked = render_report(data, watermark=WATERMARK)
    assert marked != original
    assert render_report(data) == original
    plain = pages(original)
    for page, before in zip(pages(marked), plain, strict=True):
        assert digest(data) in page
        for words in ("用途：救助审核", "下载：本溪市平山区民政局 何大暑", "2027-06-17 09:12"):
            assert words in page
            assert words not in before


def test_an_unsigned_report_prints_as_a_draft_without_a_seal() -> None:
    draft = text(render_report(a_report(signed_on=None, reviewer=None, seal=None)))
    assert "草稿" in draft
    assert "签发后套印" in draft
    assert "（待签）" in draft
    signed = text(render_report(a_report()))
    assert "草稿" not in signed
    assert "2027年6月16日" in signed


def test_a_signed_report_needs_reviewer_and_seal() -> None:
    for lacking in ({"reviewer": None}, {"seal": None}):
        with pytest.raises(Conflict):
            check_report(a_report(**lacking))


def test_a_supplement_names_the_report_it_supplements_and_every_page_its_version() -> None:
    said = text(
        render_report(a_report(version=2, supplement_of="平核报〔2027〕0390号", supplement_reason="银行存款反馈已到"))
    )
    assert "（补充报告）" in said
    assert "平核报〔2027〕0390号核对报告的补充报告，补充原因：银行存款反馈已到" in said
    assert said.count("第2版补充报告") >= 2


@pytest.mark.clause("LN-28")
def test_a_person_or_category_that_the_commission_does_not_name_is_refused() -> None:
    known = a_report().lines[0]
    unasked = replace(a_report().lines[-1], category="车辆")
    for line in (replace(known, person="路人甲"), replace(known, category="医疗费用"), unasked):
        with pytest.raises(Conflict) as refused:
            render_report(a_report(lines=(line,)))
        assert refused.value.clause == "LN-28"


def test_a_whole_identity_number_never_reaches_a_report() -> None:
    bare = replace(a_report().members[0], masked_id="990203197001010019")
    with pytest.raises(Conflict) as refused:
        check_report(a_report(members=(bare,)))
    assert "990203" not in f"{refused.value} {refused.value.ids}"


def test_a_statement_without_the_words_for_reference_only_is_refused() -> None:
    with pytest.raises(Conflict):
        check_report(a_report(statement="以上情况属实。"))


@pytest.mark.clause("LF-17")
@pytest.mark.parametrize("part", ["doubt", "offline", "remarks", "reason"])
def test_a_conclusion_hidden_in_any_part_of_a_report_is_refused(part: str) -> None:
    data = a_report()
    words = "该户不符合低保条件"
    changed: dict[str, dict[str, object]] = {
        "doubt": {"doubts": (replace(data.doubts[0], sentence=words),)},
        "offline": {"offline": (replace(data.offline[0], finding=words),)},
        "remarks": {"remarks": words},
        "reason": {"lines": (replace(data.lines[2], reason=words),)},
    }
    with pytest.raises(ConclusionWords) as refused:
        render_report(a_report(**changed[part]))
    assert refused.value.clause == "LF-17"
    assert refused.value.words == ["不符合低保条件"]
    assert "低保" not in f"{refused.value} {refused.value.ids}"


def test_markup_in_the_data_is_printed_and_never_run() -> None:
    trap = '#read("house.typ") $x$ *a* "双引" \\ <b> @cite // 注'
    assert "".join(trap.split()) in text(render_report(a_report(remarks=trap)))


def test_a_report_without_doubts_comparisons_and_gaps_says_so() -> None:
    data = a_report()
    said = text(render_report(a_report(doubts=(), comparisons=(), offline=(), lines=(data.lines[0],))))
    assert "本次比对未产生疑点信息" in said
    assert "委托的各项查询均已有结果" in said
    assert "线下核查" not in said


def test_a_long_report_repeats_the_head_of_its_table_and_loses_no_row() -> None:
    lines = tuple(replace(a_report().lines[0], found=f"{place:04d} 元/月") for place in range(130))
    printed = pages(render_report(a_report(lines=lines), watermark=WATERMARK))
    said = "".join("".join(page.split()) for page in printed)
    assert all(f"{place:04d}元/月" in said for place in range(130))
    assert said.count("来源与数据日期") >= 5


def test_the_file_is_archival_tagged_chinese_and_dated_by_its_signature() -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_report(a_report())))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "zh-CN"
    assert root["/MarkInfo"]["/Marked"]
    about = root["/Metadata"].get_data().decode()
    assert "pdfaid:part>3<" in about
    assert "pdfuaid:part>1<" in about
    assert reader.metadata is not None
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2027, 6, 16)


def test_every_rare_name_can_be_read_from_the_file() -> None:
    said = text(render_report(a_report()))
    for name in RARE_NAMES:
        assert name in said
