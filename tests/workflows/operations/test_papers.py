"""From the rows of a case to its papers: report, supplement, doubt list, notice, through the steps a diagram calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select

from documents.canonical import digest, from_canonical
from documents.letters import DoubtListData, NoticeData
from documents.report import ReportData, ResultState, Verdict
from documents.wording import ConclusionWords
from domain import cases
from domain.assistance import notices, recipients
from domain.cases import Case
from domain.errors import Conflict, NotPermitted, OperationFailed
from domain.files import StoredFile
from domain.oversight import archive
from domain.parties import households, organisations
from domain.parties.households import Person
from domain.verification import comparison, doubts, queries, rechecks, reports
from domain.verification.deliveries import Resource
from domain.verification.disputes import Recheck
from domain.verification.queries import Query
from domain.verification.reports import Report
from domain.work import SCHEDULER, Work
from tests.domain.office import NOW, TODAY, Desk, idno, paper
from tests.domain.verification.papered import being, doubted, verified
from tests.domain.verification.sourced import accepted_case, answered, declared, match, planned, ready, sources, yuan
from workflows import registry
from workflows.registry import Call, TaskAnswers

DRAFT = {"draft_report": {"remarks": "数据日期见各行。", "window_from": "2027-03-08", "window_to": "2027-03-10"}}
DECISION = {"outcome": "REJECT", "reason": "存款超过标准", "basis": "本民发〔2017〕47号", "effective_on": None}


def _call(work: Work, case: Case, answers: Mapping[str, Mapping[str, Any]] | None = None) -> Call:
    def of(step_id: str) -> TaskAnswers:
        if answers is None or step_id not in answers:
            raise OperationFailed("nobody answered")
        return TaskAnswers(answers[step_id], work.actor.user_id or 0, NOW, "task")

    return Call(work, case, "step", None, {}, {}, of)


def _do(name: str, work: Work, case: Case, **answers: Mapping[str, Any]) -> Mapping[str, Any]:
    done: Mapping[str, Any] = registry.get(name).run(_call(work, case, answers))
    return done


def _print(name: str, work: Work, case: Case) -> bytes:
    """A slow step as a job does it, twice: a repeat gives the same bytes."""
    slow, call = registry.get(name).run, _call(work.acting(SCHEDULER), case)
    plan = slow.gather(call)
    first, again = slow.perform(work.home, plan), slow.perform(work.home, plan)
    assert first.digest == again.digest
    slow.record(call, first)
    return work.home.blobs.read(first)


def _text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    said = "".join(page.get_textpage().get_text_range() for page in document)
    return "".join(said.split())


def _delivered(work: Work, case: Case) -> tuple[Report, ReportData, str]:
    """Drafted by the handler, signed by the reviewer, printed and delivered by the system."""
    _do("report.draft", being(work, "handler"), case, **DRAFT)
    _do("report.sign", being(work, "reviewer"), case)
    said = _text(_print("report.render", work, case))
    _do("report.deliver", being(work, "reviewer"), case)
    report = reports.latest(work, case)
    assert report is not None
    return report, from_canonical(ReportData, reports.canonical_of(work, report)), said


def _line(data: ReportData, person: str, category: str) -> Any:
    return next(line for line in data.lines if (line.person, line.category) == (person, category))


@pytest.mark.clause("CK-10")
def test_a_report_travels_from_draft_to_the_department_with_what_was_found(both: Desk) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work)
        report, data, said = _delivered(work, case)
        assert report.state == "DELIVERED" and report.digest == digest(data)
        assert report.pdf_digest == work.session.get_one(StoredFile, report.pdf_id).digest
        assert (data.number, data.commission_number[-4:]) == (report.number, "0001")
        assert (data.department, data.programme) == ("平山区民政局", "最低生活保障")

        pension = _line(data, "甲某", "养老保险金领取")
        assert (pension.state, pension.found, pension.declared) == (ResultState.FOUND, "1,486 元/月", "1,486 元/月")
        assert (pension.source, pension.level, pension.data_date) == ("单位insurance", "省级", "2027-03-10")
        assert _line(data, "甲某", "银行存款").found == "30,000 元"
        nothing = _line(data, "乙某", "银行存款")  # with the day of the data that were looked through
        assert (nothing.state, nothing.data_date) == (ResultState.NOT_FOUND, "2027-03-10")
        deposit = next(one for one in data.comparisons if (one.person, one.item) == ("甲某", "银行存款"))
        assert (deposit.verdict, deposit.difference) == (Verdict.UNDECLARED, "30,000 元")
        assert all("*" in member.masked_id and member.authorisation for member in data.members)
        for words in ("甲某", "30,000元", "仅供参考，不作认定", str(report.number), "数据日期见各行"):
            assert words.replace(" ", "") in said


@pytest.mark.clause("LN-28")
def test_a_report_holds_the_persons_and_categories_of_the_letter_and_nothing_else(desk: Desk) -> None:
    with desk.acting() as work:
        case, family, _members = verified(work)
        households.add_person(work, family, name="后来者", idno=idno(), relation="子女", joined_on=TODAY)
        _report, data, said = _delivered(work, case)
        assert {member.name for member in data.members} == {"甲某", "乙某"} and "后来者" not in said
        asked = {line.category for line in data.lines if line.state is not ResultState.NOT_REQUESTED}
        assert asked == set(data.categories) == {"银行存款", "死亡", "车辆", "养老保险金领取"}
        insurance = next(line for line in data.lines if line.category == "商业保险")
        assert insurance.state is ResultState.NOT_REQUESTED and insurance.declared is None
        assert "5,000" not in said


@pytest.mark.clause("LN-16")
def test_at_the_limit_the_report_is_issued_with_what_was_not_obtained_and_why(both: Desk) -> None:
    with both.acting() as work:
        offered = sources(work)
        case, family, members = accepted_case(work)
        declared(work, family, {(members[0], "DEPOSIT"): yuan("12000")})
        asked = planned(being(work, "handler"), case)
        for category, query in asked.items():
            if category != "DEPOSIT":
                answered(work, query, ready(work, offered[category]))
        queries.give_up(work.acting(SCHEDULER), asked["DEPOSIT"], queries.TIMEOUT)
        comparison.build(work, case)
        _report, data, said = _delivered(work, case)
        missing = _line(data, "甲某", "银行存款")
        assert missing.state is ResultState.NOT_OBTAINED and missing.declared == "12,000 元"
        assert missing.reason == "查询请求已于 2027-03-10 发出，约定时限内未反馈"
        assert "未获得" in said
        # a late answer becomes a supplement
        _second, supplement, _said = _delivered(work, case)
        assert (supplement.version, supplement.supplement_of) == (2, data.number)


@pytest.mark.clause("CK-10")
def test_a_report_says_that_a_source_has_nothing_but_data_too_old_to_compare(both: Desk) -> None:
    with both.acting() as work:
        offered = sources(work)
        case, _family, _members = accepted_case(work, categories=("DEPOSIT", "VEHICLE"))
        asked = planned(being(work, "handler"), case)
        ready(work, offered["DEPOSIT"], TODAY - timedelta(days=300))
        for query in asked.values():
            queries.give_up(work.acting(SCHEDULER), query, queries.TIMEOUT)
        comparison.build(work, case)
        _report, data, said = _delivered(work, case)
        old, silent = _line(data, "甲某", "银行存款"), _line(data, "甲某", "车辆")
        assert old.reason == f"{silent.reason}；该单位最新数据日期为 2026-05-14，已超过时效，未用于比对"
        assert (old.state, old.data_date, silent.data_date) == (ResultState.NOT_OBTAINED, None, None)
        assert "2026-05-14，已超过时效" in said


@pytest.mark.clause("LF-17")
def test_a_draft_that_concludes_is_refused_at_its_field_and_leaves_nothing(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        answers = {"draft_report": {"remarks": "该家庭不符合低保条件", "window_from": None, "window_to": None}}
        with pytest.raises(ConclusionWords) as refused:
            _do("report.draft", being(work, "handler"), case, **answers)
        assert refused.value.field == "remarks"
        assert not work.session.scalars(select(Report)).all()


def test_the_handler_cannot_sign_through_the_step_either(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        _do("report.draft", being(work, "handler"), case, **DRAFT)
        with pytest.raises(NotPermitted):
            _do("report.sign", being(work, "handler", "agency_handler", "agency_reviewer"), case)


def test_a_doubt_in_the_report_leads_to_rule_table_file_and_row(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        raised = doubted(work, case, members[0])
        _report, data, said = _delivered(work, case)
        told = data.doubts[0]
        row = work.session.get_one(queries.ResultRow, raised.result_id)
        assert (told.code, told.rule, told.table) == ("DEP-01", "1", "疑点表 第 4 版")
        assert (told.source, told.file, told.row) == ("单位bank", "scan.pdf", int(row.row_no))
        assert "存款未申报" in said


@pytest.mark.clause("BX-26")
def test_the_list_of_a_review_is_generated_with_every_doubt_and_needs_no_hand(both: Desk) -> None:
    with both.acting() as work:
        case, family, members = verified(work, cases.DYNAMIC)
        doubted(work, case, members[0])
        told = _do("doubt_list.issue", work.acting(SCHEDULER), case)
        assert told["doubts"] == 1
        made = reports.latest(work, case)
        assert made is not None and (made.kind, made.state) == ("DOUBT_LIST", "REVIEWED")
        data = from_canonical(DoubtListData, reports.canonical_of(work, made))
        assert made.digest == digest(data) and (data.households, data.persons) == (1, 2)
        assert data.doubts[0].household == family.number and data.doubts[0].found == "30,000 元"

        case.kind = cases.NEW
        with pytest.raises(Conflict) as refused:
            _do("doubt_list.issue", work.acting(SCHEDULER), case)
        assert refused.value.clause == "BX-26"


def test_a_rejection_is_told_with_facts_basis_and_the_way_to_object(both: Desk) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work)
        _delivered(work, case)
        assert _do("determination.decide", being(work, "head"), case, decide=DECISION) == {
            "outcome": "REJECT",
            "negative": True,
        }
        issued = _do("notice.issue", being(work, "head"), case)
        notice = notices.latest(work, case)
        assert notice is not None and issued["number"] == notice.number
        data = from_canonical(NoticeData, notices.canonical_of(work, notice))
        assert [(one.item, one.declared, one.found) for one in data.items] == [("银行存款", "无", "30,000 元")]
        said = _text(_print("notice.render", work, case))
        for words in ("不符合条件告知书", "存款超过标准", "不予批准最低生活保障", "书面异议", notice.number):
            assert words in said
        handed = {"delivered_on": "2027-03-10", "way": "IN_PERSON", "receipt": [paper(work, case).ref]}
        _do("notice.deliver", being(work, "town"), case, deliver_notice=handed)
        notices.must_be_closable(work, case)
        closed = _do("archive.complete", being(work, "archivist"), case)
        kept = archive.of_case(work, case)
        assert kept is not None and closed["number"] == kept.number and closed["items"] >= 8


def test_stopping_is_told_with_its_own_title_and_day(desk: Desk) -> None:
    with desk.acting() as work:
        case, family, members = verified(work, cases.DYNAMIC)
        recipients.enrol(work, family, "DIBAO", organisations.by_code(work, "pingshan"), TODAY)
        doubt = doubted(work, case, members[0])
        _do("doubt_list.issue", work.acting(SCHEDULER), case)
        doubts.settle(being(work, "town"), doubt, "TRUE", "属实")
        outcome = {**DECISION, "outcome": "STOP", "effective_on": "2027-04-01"}
        assert _do("determination.review", being(work, "head"), case, outcome=outcome)["negative"] is True
        _do("notice.issue", being(work, "head"), case)
        said = _text(_print("notice.render", work, case))
        assert "社会救助停止决定书" in said and "自2027年4月1日起停止最低生活保障" in said
        handed = {"delivered_on": "2027-03-10", "way": "POST", "receipt": [paper(work, case).ref]}
        _do("notice.deliver", being(work, "town"), case, deliver_notice=handed)
        _do("archive.review", being(work, "town"), case)
        assert archive.of_case(work, case) is not None


def _objection(person: Person, **changes: Any) -> dict[str, Any]:
    return {
        "raised": "YES",
        "statement": "存款已取出看病",
        "disputed": [{"person": person.ref, "category": "DEPOSIT"}],
        "reasons": "申请人提供了发票",
        "outcome": "FORWARD",
        "evidence": [],
        **changes,
    }


def test_a_re_check_changes_a_value_and_the_supplement_says_so(both: Desk) -> None:
    with both.acting() as work:
        case, _family, members = verified(work)
        first, data, _said = _delivered(work, case)
        clerk = being(work, "clerk")
        assert _do("dispute.record", clerk, case, objection={"raised": "NO"}) == {"outcome": "NONE"}
        assert _do("dispute.record", clerk, case, objection=_objection(members[0])) == {"outcome": "FORWARDED"}
        plan = _do("recheck.plan", clerk, case)
        assert plan["round"] == 1 and [set(one) for one in plan["queries"]] == [{"ref", "due"}]
        query = work.session.scalars(select(Query).where(Query.ref == plan["queries"][0]["ref"])).one()
        assert query.state == queries.SENT and plan["queries"][0]["due"] == query.due_at.isoformat()  # type: ignore[union-attr]

        delivery = ready(work, work.session.get_one(Resource, query.resource_id))
        answered(work, query, delivery, match(members[0], delivery, balance="200", bank="银行", account="1"))
        item = work.session.scalars(select(Recheck)).one()
        rows = [{"ref": item.ref, "result": "CHANGED", "note": "余额 200 元"}]
        assert _do("recheck.answer", being(work, "handler"), case, recheck={"recheck_items": rows}) == {
            "items": 1,
            "changed": 1,
        }
        comparison.build(work, case)
        second, supplement, said = _delivered(work, case)
        assert _line(data, "甲某", "银行存款").found == "30,000 元"
        assert _line(supplement, "甲某", "银行存款").found == "200 元"
        assert _line(supplement, "甲某", "养老保险金领取").found == "1,486 元/月"
        assert (supplement.version, supplement.supplement_of) == (2, first.number)
        assert second.number != first.number and str(first.number) in said


def test_the_answer_to_a_re_check_does_not_conclude_either(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, members = verified(work)
        _delivered(work, case)
        _do("dispute.record", being(work, "clerk"), case, objection=_objection(members[0]))
        rows = [{"ref": rechecks.current(work, case)[0].ref, "result": "CHANGED", "note": "应予纳入低保"}]
        with pytest.raises(ConclusionWords):
            _do("recheck.answer", being(work, "handler"), case, recheck={"recheck_items": rows})
