"""An application's whole way: five roles, a refused commission, a silent source, an objection, the closed file."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from domain import files, sealing
from domain.assistance import notices
from domain.assistance.determinations import Determination, Notice
from domain.assistance.recipients import Recipient
from domain.cases import DONE
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.files import StoredFile
from domain.oversight import archive as archives
from domain.parties import households, organisations, staff
from domain.verification import (
    acceptances,
    authorisations,
    catalogue,
    comparison,
    deliveries,
    disputes,
    doubts,
    reports,
    results,
    surveys,
)
from domain.verification.commissions import ACCEPTED, ISSUED, REFUSED, Commission, CommissionSubject
from domain.verification.declarations import Declaration
from domain.verification.deliveries import Delivery, Resource
from domain.verification.disputes import Recheck
from domain.verification.doubts import Doubt
from domain.verification.queries import Query, ResultRow
from domain.work import OPERATOR, SCHEDULER, Actor, unit_of_work
from tasks.pages import pages
from tasks.rows.models import READY, HumanTask
from tests.domain.verification.supplied import accepted
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story, new_case

JIANG = "B2027003"
SILENT = "WAGE"  # a category whose source never delivers
WANTED = (*steps.ASSETS, SILENT)


def _open_silent_source(office: Office) -> None:
    with unit_of_work(office.home, office.actor("catalogue")) as work:
        catalogue.add_resource(work, organisations.by_code(work, "labour"), SILENT, level="city")


def _intake_to_accepted(story: Story) -> None:
    """Refused wherever the law refuses, corrected, and accepted in the end."""
    members = steps.family(story)
    grandmother, husband, daughter, child = members
    steps.take_in(story)

    signed = [steps.signature(story, member) for member in members]
    alone = [*signed[:3], {**signed[3], "signer": "SELF", "guardian": None}]
    with pytest.raises(InvalidAnswers) as refused:
        story.do("town", "authorise", {"members": alone})
    assert {name: "BX-13" in str(why) for name, why in refused.value.fields.items()} == {"members-3-signer": True}
    with story.work() as work:
        assert work.session.scalar(select(authorisations.Authorisation).where(
            authorisations.Authorisation.case_id == story.case(work).id)) is None  # fmt: skip

    later = [signed[0], {"person": husband.ref, "signed": "LATER"}, *signed[2:]]
    story.do("town", "authorise", {"members": later})
    assert story.open_steps() == ["non_cooperation"]
    story.do(
        "head",
        "non_cooperation",
        {"requests": "5月17日 入户\n5月18日 电话", "choice": "CONTINUE", "reason": "本人外出务工，三日内返回"},
    )
    assert story.open_steps() == ["authorise"]
    steps.authorise(story)
    assert story.open_steps() == ["commission"]

    steps.commission(story, WANTED)
    with pytest.raises(Conflict) as refused_day:
        steps.sign_commission(story, on="2027-05-17")
    assert refused_day.value.ids["clause"] == "BX-11"
    assert all(member.name in str(refused_day.value) for member in (grandmother, husband, daughter, child))
    assert story.open_steps() == ["sign_commission"]
    with story.work() as work:
        assert story.rows(work, Commission) == []  # the whole move was rolled back
    steps.sign_commission(story)

    wanting = steps.checked("REFUSE", "LETTER", "委托函未加盖公章", failed=["letter"])
    with pytest.raises(Conflict):
        story.do("checker", "acceptance", {**wanting, "outcome": "ACCEPT"})
    story.do("checker", "acceptance", wanting)
    assert story.open_steps() == ["commission"]
    with story.work() as work:
        assert story.rows(work, Query) == []  # BX-17: refused, nothing was asked
    steps.commission(story, WANTED)
    steps.sign_commission(story)
    steps.accept(story)
    with story.work() as work:
        first, second = story.rows(work, Commission)
        assert [(one.attempt, one.state) for one in (first, second)] == [(1, REFUSED), (2, ACCEPTED)]
        refusal = acceptances.of_commission(work, first)
        assert refusal is not None
        assert (refusal.reason_code, acceptances.reason_of(work, refusal)) == ("LETTER", "委托函未加盖公章")


def _silent_source_investigated(story: Story) -> None:
    """The source's time is over; the town investigates and finds out about one member, not about the other."""
    with story.work() as work:
        asked = {query.category: query for query in story.rows(work, Query)}
        assert {code: query.state for code, query in asked.items()} == {
            **dict.fromkeys(steps.ASSETS, "ANSWERED"),
            SILENT: "SENT",
        }
        due = asked[SILENT].due_at
        assert due is not None
    assert story.open_steps() == []
    story.office.advance(due.isoformat())
    assert story.open_steps() == ["survey"]
    with story.work() as work:
        task = story.task(work, "survey")
        case = story.case(work)
        assert (task.role, task.org_id) == ("town_post", case.town_id)  # LF-08: the department's side, not the agency
        query = story.rows(work, Query, Query.category == SILENT)[0]
        assert (query.state, query.reason) == ("NOT_OBTAINED", "TIMEOUT")
    members = steps.family(story)
    found = {members[1].ref: {"obtained": "YES", "amount": "2300", "text": "用工单位出具的工资证明"}}
    rows = [{"person": one.ref, **found.get(one.ref, {"obtained": "NO"})} for one in members]
    answers = {
        "method": "VISIT",
        "made_at": steps.today(story),
        "place": "工人街道某小区",
        "surveyors": "谷雨、谷清明",
        "obtained": rows,
        "statement": "走访用工单位与邻居",
    }
    with pytest.raises(InvalidAnswers):
        story.do("town", "survey", {**answers, "surveyors": "谷雨"})  # two people investigate
    story.do("town", "survey", answers)
    with story.work() as work:
        assert len(surveys.of_case(work, story.case(work))) == 1


def _compared(story: Story) -> None:
    members = steps.family(story)
    with story.work() as work:
        case = story.case(work)
        lines = {(line.person, line.category): line for line in comparison.lines(work, case)}
        offline, missing = lines[members[1].ref, SILENT], lines[members[0].ref, SILENT]
        assert (offline.source, offline.found) == ("OFFLINE", Decimal(2300))
        assert (missing.verdict, missing.reason, missing.found) == ("NOT_OBTAINED", "TIMEOUT", None)
        pension = lines[members[0].ref, "PENRCV"]
        assert (pension.verdict, pension.found) == ("UNDECLARED", Decimal("1486.00"))
        van = lines[members[1].ref, "VEHICLE"]
        assert (van.verdict, van.found) == ("UNDECLARED", Decimal(1))


def _doubts_lead_to_file_and_row(story: Story) -> None:
    members = steps.family(story)
    with story.work() as work:
        case = story.case(work)
        raised = {(doubt.person, doubt.category): doubt for doubt in doubts.views(work, case)}
        pension = raised[members[0].ref, "PENRCV"]
        assert "1,486" in pension.sentence
        delivery = work.session.scalars(select(Delivery).where(Delivery.ref == pension.delivery)).one()
        resource = work.session.get_one(Resource, delivery.resource_id)
        assert (resource.category, delivery.state) == ("PENRCV", "READY")
        assert work.session.get_one(StoredFile, delivery.file_id).digest == delivery.file_digest
        row = work.session.scalars(
            select(ResultRow).join(Doubt, Doubt.result_id == ResultRow.id).where(Doubt.ref == pension.ref)
        ).one()
        # title, grouped heading and heading stand above: the first person is in the fourth row of the sheet
        assert row.row_no == pension.row_no and row.row_no.endswith("4")
        assert len(row.fingerprint) == 64 and row.data_date == date(2027, 4, 1)  # the month the row speaks of
        assert results.value_of(work, row)["number"] != ""
        rule = pension.rule
        assert rule["decision"] == "doubts" and rule["rule"] == "rule_pension"
        assert rule["number"] >= 1 and rule["version"]
        assert all(isinstance(label, str) for label in rule["inputs"])
        assert (members[1].ref, "VEHICLE") in raised


def _reported(story: Story) -> None:
    """Drafter and signatory are two people, whatever roles they hold."""
    office = story.office
    story.do("handler", "draft_report", {"remarks": "存款以查询时点为准"})
    with pytest.raises(NotFound):
        story.do("handler", "review_report", {"outcome": "SIGN"})  # a task of another role is none
    with story.work() as work:
        staff.grant(work, staff.by_login(work, "handler"), "agency_reviewer")
        before = (story.task(work, "review_report").version, len(story.journal(work)))
    with pytest.raises(NotPermitted, match="a second person has to do this step"):
        story.do("handler", "review_report", {"outcome": "SIGN"})
    with story.work() as work:
        task = story.task(work, "review_report")
        assert (task.state, task.version, len(story.journal(work))) == (READY, *before)
        report = reports.latest(work, story.case(work))
        assert report is not None and (report.state, report.digest, report.number) == ("DRAFT", None, None)
        staff.revoke(work, staff.by_login(work, "handler"), "agency_reviewer")
    story.do("reviewer", "review_report", {"outcome": "RETURN", "opinion": "请注明查询时点"})
    assert story.open_steps() == ["draft_report"]
    steps.report(story, "存款以5月17日为准")
    assert story.open_steps() == ["decide"]
    with story.work() as work:
        report = reports.latest(work, story.case(work))
        assert report is not None and (report.state, report.version) == ("DELIVERED", 1)
        assert report.handler_id != report.reviewer_id
        printed = work.session.get_one(StoredFile, report.pdf_id)
        assert report.pdf_digest == printed.digest
        pdf = b"".join(office.home.blobs.open(printed.blob))
        said = json.loads(reports.canonical_of(work, report))
    text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    assert "未获得" in text and str(report.number) in text and "仅供参考" in text
    wages = [line for line in said["lines"] if line["state"] == "NOT_OBTAINED"]
    # the source brought nothing of anybody; what the town found of one member stands apart
    assert len(wages) == 4 and all(line["reason"] for line in wages)
    assert {one["person"]: one["finding"].startswith("2,300 元/月") for one in said["offline"]} == {
        member.name: number == 1 for number, member in enumerate(steps.family(story))
    }
    _only_the_department_takes_a_copy(story, report.ref)


def _only_the_department_takes_a_copy(story: Story, ref: str) -> None:
    with story.work("head") as work:
        assert reports.take_copy(work, ref, "入户档案").person == work.actor.display
    for login, refusal in (("handler", NotPermitted), ("town", (NotFound, NotPermitted)), ("bank", NotFound)):
        with pytest.raises(refusal), story.work(login) as work:
            reports.take_copy(work, ref, "看看")
    with story.work() as work:
        department = organisations.by_code(work, "pingshan").ref
        delivered = [entry.body for entry in story.journal(work) if entry.event == "report.delivered"]
        assert delivered == [{"to": department}]


def _rejected_and_told(story: Story) -> None:
    steps.decide(story, "REJECT")
    assert story.open_steps() == ["deliver_notice"]
    with story.work("archivist") as work:
        case = story.case(work)
        with pytest.raises(Conflict) as untold:
            archives.complete(work, case)
        assert untold.value.ids["clause"] == "CK-14"
    steps.hand_over_notice(story)
    with story.work() as work:
        notice = notices.latest(work, story.case(work))
        assert notice is not None and notice.delivered_on == work.today
        assert notice.pdf_id is not None and notice.receipt_id is not None
    assert story.open_steps() == ["objection"]


def _pension_delivered_again(story: Story, amount: str) -> None:
    """The labour bureau hands in a newer file that says something else of the applicant."""
    office = story.office
    with story.work() as work:
        applicant = story.members(work)[0]
        name, number = households.name_of(work, applicant), households.number_of(work, applicant)
        labour = organisations.by_code(work, "labour")
        supplier = Actor(kind="operator", ref="operator", roles=OPERATOR.roles, org_id=labour.id)
    heading = "序号,姓名,社会保障号码,性别,险种,待遇月份,月待遇(元),发放状态,备注"
    sheet = f"{heading}\n1,{name},{number},女,企业职工,202705,{amount},正常,\n"
    blob = office.home.blobs.put_bytes(sheet.encode())
    with unit_of_work(office.home, supplier) as work:
        resource = next(one for one in catalogue.of_supplier(work, labour.id) if one.category == "PENRCV")
        file = files.keep(work, blob, name="pension2.csv", media_type="text/csv", purpose="delivery")
        ref = accepted(work, resource, file, work.today).ref
    office.sweep()
    with story.work() as work:
        assert deliveries.by_ref(work, ref).state == "READY"


def _objected_and_changed(story: Story) -> None:
    applicant = steps.family(story)[0].ref
    with pytest.raises(InvalidAnswers):
        story.do("clerk", "objection", steps.objection({applicant: "PENRCV"}, reasons=""))
    _pension_delivered_again(story, "1286.00")
    story.do("clerk", "objection", steps.objection({applicant: "PENRCV"}))
    assert story.open_steps() == ["recheck"]
    with story.work() as work:
        (item,) = story.rows(work, Recheck)
        again = work.session.get_one(Query, item.query_id)
        assert (again.round, again.state, again.category) == (1, "ANSWERED", "PENRCV")
        ref = item.ref
    answered = [{"ref": ref, "result": "CHANGED", "note": "新一期发放明细为1286元"}]
    story.do("handler", "recheck", {"recheck_items": answered})
    assert story.open_steps() == ["draft_report"]
    with story.work() as work:
        case = story.case(work)
        before, after = (
            next(line for line in comparison.lines(work, case, turn) if (line.person, line.category)
                 == (applicant, "PENRCV")) for turn in (0, 1)
        )  # fmt: skip
        assert (before.found, after.found) == (Decimal("1486.00"), Decimal("1286.00"))
    steps.report(story, "养老金按新一期明细")
    with story.work() as work:
        first, supplement = reports.all_of(work, story.case(work))
        assert (supplement.version, supplement.state) == (2, "DELIVERED")
        assert supplement.number != first.number and supplement.digest != first.digest
        said = json.loads(reports.canonical_of(work, supplement))
        assert said["supplement_of"] == first.number
        assert json.loads(reports.canonical_of(work, first)) != said
        assert "1,486" in reports.canonical_of(work, first).decode()


def _filed(story: Story) -> None:
    story.do("clerk", "objection", {"raised": "NO"})
    assert story.open_steps() == ["archive"]
    moved = steps.archive(story)
    assert moved.completed and story.open_steps() == []
    with story.work() as work:
        case = story.case(work)
        assert case.state == DONE and case.closed_at is not None
        file = archives.of_case(work, case)
        assert file is not None and file.completed_at is not None
        kinds = {item.kind for item in archives.items_of(work, file)}
        assert {"AUTHORISATION", "DECLARATION", "COMMISSION", "REPORT", "NOTICE", "SURVEY"} <= kinds


def _invariants(story: Story) -> None:
    """Those of model 2.7 that a finished application can break."""
    with story.work() as work:
        case = story.case(work)
        letter = story.rows(work, Commission, Commission.state == ACCEPTED)[0]
        for query in story.rows(work, Query):
            assert query.commission_id == letter.id and query.sent_at is not None
            assert letter.decided_at is not None and query.sent_at >= letter.decided_at
        named = work.session.scalars(
            select(CommissionSubject).where(CommissionSubject.commission_id == letter.id)
        ).all()
        assert {subject.person_id for subject in named} == {person.id for person in story.members(work)}
        assert all(subject.signed_on <= letter.commissioned_on for subject in named)
        for person in story.members(work):  # rejected and closed: nobody may be asked about on these papers again
            assert authorisations.in_force(work, person, work.today) is None
        for recheck in story.rows(work, Recheck):
            assert recheck.ordinal <= 2 and recheck.result is not None
        for made in story.rows(work, Determination):
            notice = work.session.scalars(select(Notice).where(Notice.determination_id == made.id)).one()
            assert notice.delivered_on is not None
        assert work.session.scalar(select(func.count()).select_from(Recipient)
                                   .where(Recipient.household_id == case.household_id)) == 0  # fmt: skip
        assert len(story.rows(work, Declaration)) == 1
        tasks = story.rows(work, HumanTask)
        assert all(task.state in ("COMPLETED", "CANCELLED") for task in tasks)
        people = {task.completed_by for task in tasks}
        assert len(people - {None}) >= 7
        assert disputes.latest(work, case) is not None
    with story.work() as work:
        sealing.seal(work)
    with unit_of_work(story.office.home, SCHEDULER, write=False) as work:
        assert list(sealing.verify(work.session, story.office.home.vault)) == []


@pytest.mark.clause("LF-08")
@pytest.mark.clause("LF-09")
def test_an_application_goes_from_intake_to_the_closed_file(office: Office) -> None:
    _open_silent_source(office)
    story = new_case(office, "town", JIANG)
    _intake_to_accepted(story)
    steps.plan_queries(story, WANTED)
    _silent_source_investigated(story)
    _compared(story)
    _doubts_lead_to_file_and_row(story)
    _reported(story)
    _rejected_and_told(story)
    _objected_and_changed(story)
    steps.decide(story, "REJECT")
    steps.hand_over_notice(story)
    # Benxi sets no number: the same person's category is re-checked again
    applicant = steps.family(story)[0].ref
    story.do("clerk", "objection", steps.objection({applicant: "PENRCV"}))
    with story.work() as work:
        second = story.rows(work, Recheck)[-1]
        assert second.ordinal == 2
        ref = second.ref
    story.do("handler", "recheck", {"recheck_items": [{"ref": ref, "result": "UPHELD", "note": "与上次一致"}]})
    steps.report(story)
    steps.decide(story, "REJECT")
    steps.hand_over_notice(story)
    _filed(story)
    _invariants(story)


def _sent_back(story: Story, login: str, step: str, reason: str) -> dict[str, Any]:
    """What the person reads who has to correct it: the reason is said, the last answers stand in the form."""
    with story.work(login) as work:
        page = pages.task_page(work, story.task(work, step).ref, english=False)
    assert page.returned is not None and reason in [said for _label, said in page.returned.lines]
    return dict(page.values)


def test_a_letter_that_the_law_refuses_goes_back_to_the_clerk_or_to_the_town(office: Office) -> None:
    story = new_case(office, "town", JIANG)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story, ["DEATH", "PENRCV"], purpose="SURVIVAL")
    with pytest.raises(Conflict):
        steps.sign_commission(story)
    with pytest.raises(InvalidAnswers) as unsigned:
        story.do("head", "sign_commission", {"outcome": "SIGN"})
    assert set(unsigned.value.fields) == {"signed_on", "letter", "confirm"}
    with pytest.raises(InvalidAnswers) as unsaid:
        story.do("head", "sign_commission", {"outcome": "RETURN"})
    assert set(unsaid.value.fields) == {"return_to", "reason"}

    steps.return_commission(story, "COMMISSION", "核对目的与核对内容不符")
    assert story.open_steps() == ["commission"]
    assert _sent_back(story, "clerk", "commission", "核对目的与核对内容不符")["purpose"] == "SURVIVAL"
    steps.commission(story)
    steps.return_commission(story, "AUTHORISE", "江白露要求重新签署授权书")
    assert story.open_steps() == ["authorise"]
    assert _sent_back(story, "town", "authorise", "江白露要求重新签署授权书")["members"]
    steps.authorise(story)
    with story.work() as work:
        assert story.rows(work, Commission) == []  # returned letters were never issued
    steps.commission(story)
    steps.sign_commission(story)
    assert story.open_steps() == ["acceptance"]
    with story.work() as work:
        (letter,) = story.rows(work, Commission)
        assert (letter.attempt, letter.state, letter.purpose) == (1, ISSUED, "VERIFY")


@pytest.mark.clause("LN-19")
def test_a_second_objection_to_another_regions_result_is_refused_with_category_and_clause(office: Office) -> None:
    story = new_case(office, "town", JIANG)
    steps.to_queries(story)
    steps.report(story)
    steps.decide(story, "APPROVE")
    with story.work() as work:  # the pension came from another city's bureau
        organisations.by_code(work, "labour").jurisdiction = "dandong"
    applicant, husband = (member.ref for member in steps.family(story)[:2])
    story.do("clerk", "objection", steps.objection({applicant: "PENRCV"}))
    with story.work() as work:
        (item,) = story.rows(work, Recheck)
        assert (item.origin, item.ordinal) == ("CROSS_REGION", 1)
        answered = [{"ref": item.ref, "result": "UPHELD", "note": "对方机构复核无误"}]
    story.do("handler", "recheck", {"recheck_items": answered})
    steps.report(story)
    steps.decide(story, "APPROVE")
    with pytest.raises(Conflict) as refused:
        story.do("clerk", "objection", steps.objection({applicant: "PENRCV"}))
    assert (refused.value.ids["clause"], refused.value.ids["category"]) == ("LN-19", "PENRCV")
    assert story.open_steps() == ["objection"]
    story.do("clerk", "objection", steps.objection({husband: "VEHICLE"}))  # another category still is accepted
    with story.work() as work:
        assert [(one.category, one.origin) for one in story.rows(work, Recheck)] == [
            ("PENRCV", "CROSS_REGION"),
            ("VEHICLE", "LOCAL"),
        ]
