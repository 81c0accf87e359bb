"""Papers of what was recorded: survey, refusal, objection, re-check, non-cooperation, as rows of the case tell them."""

from __future__ import annotations

from decimal import Decimal

import pypdfium2
import pytest

from documents.wording import ConclusionWords
from domain import issued
from domain.cases import Case
from domain.parties.accounts import Account
from domain.verification import acceptances, declarations, disputes, noncooperation, queries, rechecks, surveys
from domain.verification.acceptances import CHECKS, FAIL, PASS
from domain.verification.declarations import Item
from domain.verification.disputes import Disputed
from domain.verification.rechecks import Answer
from domain.verification.surveys import Finding, Report
from domain.work import SCHEDULER, Work
from tests.domain.office import NOW, TODAY, Desk, account, case_of, household, people
from tests.domain.verification.papered import being, delivered, verified
from tests.domain.verification.sourced import accepted_case, answered, planned, ready, sources
from tests.domain.verification.world import issued as issued_letter
from workflows import stamps
from workflows.papers import giving, making

FAILED = {**dict.fromkeys(CHECKS, PASS), "id_copies": FAIL}


def words(work: Work, case: Case, doc: str, place: int = -1) -> str:
    """What the newest paper of a kind says, printed twice: the same bytes, one entry of the register."""
    about = making.PAPERS[doc].abouts(work, case)[place]
    row = giving.give(work, case, doc, about)
    assert giving.give(work, case, doc, about) is row and issued.newest(work, doc, about.ref) is row
    canonical, stamp = issued.canonical_of(work, row), stamps.stamp(work, doc, row.number, row.digest)
    printed = making.rendered(doc, canonical, stamp)
    assert making.rendered(doc, canonical, stamp) == printed
    told = issued.verified(work, row.code)
    assert told is not None and told.intact
    found = "".join("".join(one.get_textpage().get_text_bounded().split()) for one in pypdfium2.PdfDocument(printed))
    assert "草稿" not in found and "培训演示" in found and row.code in found
    return found


@pytest.mark.clause("LF-08")
def test_an_investigation_is_printed_with_who_made_it_whom_they_asked_and_what_stays_unknown(both: Desk) -> None:
    with both.acting("clerk") as work:
        offered = sources(work)
        case, _family, (first, second) = accepted_case(work)
        made = planned(work, case)
        answered(work, made["DEATH"], ready(work, offered["DEATH"]))
        queries.give_up(work.acting(SCHEDULER), made["DEPOSIT"], queries.TIMEOUT)
        findings = [Finding(first.ref, True, Decimal("3200.50"), text="存折一本"), Finding(second.ref, False)]
        told = Report("NEIGHBOURS", NOW, ["张三", "李四", "王五"], findings, "邻居称其务工", "站前街道", "邻居甲某")
        empty = words(work, case, "DOC-09B")
        assert "张三" not in empty and "调查人2" in empty and "调查人3" not in empty
        surveys.record(being(work, "town"), case, made["DEPOSIT"], told)
        said = words(work, case, "DOC-09B")
        for one in (
            "邻里访问记录",
            "张三",
            "王五",
            "调查人3",
            "邻居甲某",
            "3200.50元，存折一本",
            "未获得",
            "2027-03-1010:00",
        ):
            assert one in said, one
        assert "张三" not in words(work, case, "DOC-09A")


@pytest.mark.clause("BX-17")
def test_a_refused_commission_has_its_record_and_its_notice_with_what_puts_it_right(both: Desk) -> None:
    with both.acting("clerk") as work:
        case, _family, letter = issued_letter(work, "甲某")
        assert making.PAPERS["DOC-04"].abouts(work, case) == []
        acceptances.decide(
            work, letter, items=FAILED, outcome="REFUSED", reason_code="ID_COPIES", reason="身份证复印件不清",
            by=account(work, "checker"),
        )  # fmt: skip
        record, notice = words(work, case, "DOC-03"), words(work, case, "DOC-04")
    assert "不予受理，退回补正" in record and "不符合" in record
    assert "补交清晰的身份证件复印件" in notice and "可以补正" in notice and "ID_COPIES" in notice
    assert letter.number is not None and letter.number in notice


@pytest.mark.clause("LF-17")
def test_the_agencys_notice_draws_no_conclusion(both: Desk) -> None:
    with both.acting("clerk") as work:
        case, _family, letter = issued_letter(work, "甲某")
        acceptances.decide(
            work, letter, items=FAILED, outcome="REFUSED", reason_code="OTHER", reason="该户不符合低保条件",
            by=account(work, "checker"),
        )  # fmt: skip
        about = making.PAPERS["DOC-04"].abouts(work, case)[0]
        with pytest.raises(ConclusionWords):
            giving.give(work, case, "DOC-04", about)


@pytest.mark.clause("LF-21")
def test_an_objection_and_its_request_for_a_re_check_follow_it_to_the_answer(both: Desk) -> None:
    with both.acting("clerk") as work:
        case, _family, members = verified(work)
        delivered(work, case)
        blank = words(work, case, "DOC-10")
        assert "核核报" not in blank.replace("本核核报", "") and "存款不是我的" not in blank
        assert making.PAPERS["DOC-11"].abouts(work, case) == []
        disputes.record(
            being(work, "clerk"), case, statement="存款不是我的", items=[Disputed(members[0], "DEPOSIT")],
            reasons="申请人提供了存折", outcome="FORWARDED",
        )  # fmt: skip
        said, asked = words(work, case, "DOC-10"), words(work, case, "DOC-11")
        assert "存款不是我的" in said and "申请人提供了存折" in said and "银行存款" in said
        assert "申请人提供了存折" in asked and "结果有变化" not in asked
        first = issued.newest(work, "DOC-11", making.PAPERS["DOC-11"].abouts(work, case)[0].ref)
        answers = {item.ref: Answer("CHANGED", "账户已销户") for item in rechecks.current(work, case)}
        rechecks.answer(being(work, "handler"), case, answers)
        after = words(work, case, "DOC-11")
        assert "结果有变化" in after and "账户已销户" in after
        assert first is not None and first.number not in after  # new facts are a new paper


@pytest.mark.clause("BX-14")
def test_who_does_not_cooperate_has_a_record_of_what_was_asked_and_decided(both: Desk) -> None:
    with both.acting("head") as work:
        case = case_of(work, household(work))
        assert "次序" in words(work, case, "DOC-16") and "拒不授权" not in words(work, case, "DOC-16")
        asked = ["3月1日上门，未应", "3月5日电话，拒绝"]
        noncooperation.decide(work, case, requests=asked, choice="REFUSE", reason="拒不授权", by=account(work, "head"))
        said = words(work, case, "DOC-16")
        who = work.session.get_one(Account, account(work, "head")).name
        for one in (*asked, "拒不授权", "不予受理申请", who):
            assert one in said, one


def test_a_declaration_prints_as_declared_and_anew_when_it_is_declared_anew(both: Desk) -> None:
    with both.acting("clerk") as work:
        family = household(work)
        case, first = case_of(work, family), people(work, family)[0]
        empty = words(work, case, "DOC-08")
        said = [Item(first, "WAGE", {"amount": "2100"}), Item(first, "VEHICLE", {"count": 1}),
                Item(first, "BIZ", {"count": 0}), Item(None, "DEBT", {"text": "欠医院三千元"})]  # fmt: skip
        declarations.record(work, family, said, declared_on=TODAY, case=case, by=account(work, "town"))
        filled = words(work, case, "DOC-08")
        for one in ("2100", "1辆", "欠医院三千元", "2027-03-10"):
            assert one in filled, one
        assert "欠医院三千元" not in empty
