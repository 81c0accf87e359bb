"""The whole of an application in the browsers of ten people: from a department's file to the archived file."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from domain import identity, sealing
from domain.assistance import notices
from domain.cases import DONE
from domain.files import StoredFile
from domain.oversight import archive as archives
from domain.parties import households, organisations, staff
from domain.verification import acceptances, catalogue, comparison, disputes, doubts, reports, surveys
from domain.verification.authorisations import Authorisation
from domain.verification.commissions import ACCEPTED, REFUSED, Commission
from domain.verification.deliveries import Delivery, Resource
from domain.verification.doubts import Doubt
from domain.verification.queries import Query, ResultRow
from domain.work import SCHEDULER, unit_of_work
from tasks.rows.models import COMPLETED, READY, HumanTask
from tests.browser.serving import DESK, PHONE, Desk, Paper, Served
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story

JIANG = "B2027003"
A_DAY = date(1971, 1, 1)  # somebody's birthday
SILENT = "WAGE"  # a category whose source never delivers
BANK_HEADING = "序号,户名,证件类型,证件号码,开户银行,账号,账户种类,币种,账户余额(元),,查询时点"
PENSION_HEADING = "序号,姓名,社会保障号码,性别,险种,待遇月份,月待遇(元),发放状态,备注"


def _applicant(office: Office) -> tuple[str, str]:
    """Name and identity number of the household's head, as the departments' own files hold them."""
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        household = households.by_number(work, JIANG)
        assert household is not None
        person = households.members(work, household)[0]
        return households.name_of(work, person), households.number_of(work, person)


def _suppliers_hand_in(web: Served) -> None:
    """The bank's file with a row that cannot be read: it is reported by row, the others are taken in."""
    name, number = _applicant(web.office)
    rows = [
        f"1,某储户,居民身份证,{identity.make_demonstration(A_DAY, 311)},农业银行,6200000000001,活期,人民币,10.00,,",
        f'2,{name},居民身份证,{number},工商银行,6200000000002,定期,人民币,"86,500.00",,2027-05-17',
        f"3,{name},居民身份证,{number},工商银行,6200000000003,活期,人民币,壹仟元,,2027-05-17",
    ]
    bank = web.desk("bank")
    bank.go("/deliveries")
    bank.look("deliveries")
    _deliver(bank, Paper("bank.csv", "\r\n".join([BANK_HEADING, *rows]).encode("gb18030"), "text/csv"))
    _accept(web, bank)
    bank.look("delivery")
    bank.says("bank.csv", "账户余额")
    with unit_of_work(web.office.home, SCHEDULER, write=False) as work:
        newest = work.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert newest is not None and (newest.state, newest.accepted, newest.rejected) == ("READY", 2, 1)


def _deliver(desk: Desk, paper: Paper) -> None:
    desk.page.locator("#resource").select_option(index=0)
    desk.page.locator("[name=file]").set_input_files(paper.chosen)
    desk.page.locator("form[enctype] button.primary").click()
    desk.page.wait_for_url("**/deliveries/*")


def _accept(web: Served, desk: Desk) -> None:
    """What was found in the file is seen before it counts."""
    web.office.sweep()
    desk.page.reload()
    desk.look("delivery before it counts")
    whole = desk.page.locator("[name=whole]")
    if whole.count():
        whole.check()
    desk.page.locator("form[action$='/accept'] button.primary").click()
    desk.page.locator("form[action$='/accept']").wait_for(state="detached")
    web.office.sweep()
    desk.page.reload()


def _started(web: Served) -> Story:
    town = web.desk("town")
    town.go("/cases/new")
    town.look("new case")
    town.page.locator("#number").fill(JIANG)
    town.page.locator("main form button.primary").click()
    town.page.wait_for_url(re.compile(r"/cases/(?!new)[^/]+$"))
    town.page.locator("[data-ready=yes]").wait_for()
    town.look("case at its beginning")
    return Story(web.office, town.page.url.rpartition("/")[2])


def _intake(web: Served, story: Story) -> None:
    nothing = {"WAGE": "0", "PENRCV": "0", "DEPOSIT": "0", "VEHICLE": "0", "HOUSE": "0"}
    answers: dict[str, Any] = {"applied_on": steps.today(story), "truthful": True}
    for place, _member in enumerate(steps.family(story)):
        declared = nothing | ({"DEPOSIT": "12000", "HOUSE": "1"} if place == 0 else {})
        answers |= {f"members-{place}-{name}": value for name, value in declared.items()}
    town = web.desk("town")
    town.open_task(story, "intake")
    town.fill({**answers, "members-1-DEPOSIT": "many"})
    town.press()
    town.look("refused intake")
    town.errors[:] = [one for one in town.errors if "status of 422" not in one]
    assert town.page.locator("#members-0-DEPOSIT").input_value() == "12000"
    assert town.page.locator("#at-members-1-DEPOSIT .error").is_visible()
    town.fill({"members-1-DEPOSIT": "0"})
    town.press()
    assert story.open_steps() == ["authorise"]


def _authorised(web: Served, story: Story) -> None:
    """Every member signs; the guardian signs for the child, with the proof."""
    town = web.desk("town")
    town.open_task(story, "authorise")
    for place, member in enumerate(steps.family(story)):
        row = f"members-{place}"
        town.fill({f"{row}-signed": "YES", f"{row}-signed_on": steps.today(story)})
        if member.guardian:
            town.fill({f"{row}-signer": "GUARDIAN", f"{row}-guardian": member.guardian})
            town.hand_in(f"{row}-scan", Paper("proof.pdf"))
        town.fill({f"{row}-scan": Paper(f"authorisation-{place}.pdf")})
    town.press()
    assert story.open_steps() == ["commission"], town.page.locator("main").inner_text()
    with story.work() as work:
        held = story.rows(work, Authorisation)
        assert {one.person_id for one in held} == {person.id for person in story.members(work)}


def _commissioned(web: Served, story: Story) -> None:
    """Prepared by the clerk, dated too early by the head: refused naming every member; what was typed is kept."""
    _prepared(web, story)
    head = web.desk("head")
    head.open_task(story, "sign_commission")
    head.fill({"signed_on": "2027-05-17", "confirm": True})
    head.fill({"letter": Paper("letter.pdf")})
    head.press()
    head.says("BX-11", *(member.name for member in steps.family(story)))
    head.look("refused commission")
    head.errors[:] = [one for one in head.errors if "status of 409" not in one]
    assert head.page.locator("#signed_on").input_value() == "2027-05-17"
    assert head.page.locator("#confirm").is_checked()
    head.says("letter.pdf")
    with story.work() as work:
        assert story.rows(work, Commission) == []
    head.fill({"signed_on": steps.today(story)})
    head.press()
    assert story.open_steps() == ["acceptance"], head.page.locator("main").inner_text()


def _prepared(web: Served, story: Story) -> None:
    answers = {"purpose": "VERIFY", "categories": [*steps.ASSETS, SILENT], "basis": "本民发〔2017〕107号"}
    web.desk("clerk").do(story, "commission", answers)
    assert story.open_steps() == ["sign_commission"]


def _refused_and_accepted(web: Served, story: Story) -> None:
    """The checker refuses with a reason; the clerk reads it, corrects, and the letter is accepted."""
    checker = web.desk("checker")
    passed = dict.fromkeys(steps.CHECKS, "PASS")
    wanting = {**passed, "letter": "FAIL", "reason_code": "LETTER", "reason": "委托函未加盖公章"}
    checker.do(story, "acceptance", wanting, press="REFUSE")
    assert story.open_steps() == ["commission"]
    clerk = web.desk("clerk")
    clerk.open_task(story, "commission")
    clerk.says("委托函未加盖公章")
    _prepared(web, story)
    web.desk("head").do(
        story, "sign_commission", {"signed_on": steps.today(story), "letter": Paper("sealed.pdf"), "confirm": True}
    )
    checker.do(story, "acceptance", passed, press="ACCEPT")
    assert story.open_steps() == ["query_plan"]
    with story.work() as work:
        first, second = story.rows(work, Commission)
        assert [(one.attempt, one.state) for one in (first, second)] == [(1, REFUSED), (2, ACCEPTED)]
        refusal = acceptances.of_commission(work, first)
        assert refusal is not None
        assert (refusal.reason_code, acceptances.reason_of(work, refusal)) == ("LETTER", "委托函未加盖公章")
        assert story.rows(work, Query) == []  # BX-17: nothing was asked yet


def _asked_and_investigated(web: Served, story: Story) -> None:
    """A source keeps silent until its time is over; the town goes and looks, with the telephone in the hand."""
    web.desk("handler").do(story, "query_plan", {})
    with story.work() as work:
        asked = {query.category: query for query in story.rows(work, Query)}
        assert {query.state for code, query in asked.items() if code != SILENT} == {"ANSWERED"}
        due = asked[SILENT].due_at
        assert asked[SILENT].state == "SENT" and due is not None
    assert story.open_steps() == []
    web.office.advance(due.isoformat())
    assert story.open_steps() == ["survey"]
    town = web.desk("town")
    town.page.set_viewport_size(PHONE)
    town.open_task(story, "survey")
    members = steps.family(story)
    answers: dict[str, Any] = {
        "method": "VISIT", "made_at": steps.today(story), "place": "工人街道某小区", "surveyors": "谷雨、谷清明",
        "statement": "走访用工单位与邻居", "photos": Paper("record.pdf"),
    }  # fmt: skip
    for place, _member in enumerate(members):
        answers[f"obtained-{place}-obtained"] = "YES" if place == 1 else "NO"
    answers |= {"obtained-1-amount": "2300", "obtained-1-text": "用工单位出具的工资证明"}
    town.fill(answers)
    town.press()
    town.page.set_viewport_size(DESK)
    assert story.open_steps() == ["draft_report"], town.page.locator("main").inner_text()
    with story.work() as work:
        query = story.rows(work, Query, Query.category == SILENT)[0]
        assert (query.state, query.reason) == ("NOT_OBTAINED", "TIMEOUT")
        assert len(surveys.of_case(work, story.case(work))) == 1
        lines = {(line.person, line.category): line for line in comparison.lines(work, story.case(work))}
        assert (lines[members[1].ref, SILENT].source, lines[members[1].ref, SILENT].found) == ("OFFLINE", Decimal(2300))
        missing = lines[members[0].ref, SILENT]
        assert (missing.verdict, missing.reason, missing.found) == ("NOT_OBTAINED", "TIMEOUT", None)


def _doubts_seen(web: Served, story: Story) -> None:
    """On the page of the case: what was not obtained, and each doubt with its rule, its file and its row."""
    handler = web.desk("handler")
    handler.go(f"/cases/{story.case_ref}")
    handler.page.locator("[data-ready=yes]").wait_for()
    handler.look("case with doubts")
    handler.says("未获得", "99,140")  # with the 12,640 that the bank told before
    applicant = steps.family(story)[0].ref
    with story.work() as work:
        case = story.case(work)
        raised = {(one.person, one.category): one for one in doubts.views(work, case)}
        deposit = raised[applicant, "DEPOSIT"]
        delivery = work.session.scalars(select(Delivery).where(Delivery.ref == deposit.delivery)).one()
        resource = work.session.get_one(Resource, delivery.resource_id)
        paper = work.session.get_one(StoredFile, delivery.file_id)
        assert resource.supplier_id == organisations.by_code(work, "bank").id and paper.digest == delivery.file_digest
        assert b"86,500.00" in b"".join(web.office.home.blobs.open(paper.blob))
        row = work.session.scalars(
            select(ResultRow).join(Doubt, Doubt.result_id == ResultRow.id).where(Doubt.ref == deposit.ref)
        ).one()
        assert row.row_no == deposit.row_no and row.row_no.endswith("3")  # the heading is the first row
        rule = deposit.rule
    traced = handler.page.locator(".doubt", has_text=deposit.sentence).locator(".rule").inner_text()
    assert str(rule["number"]) in traced and str(rule["version"]) in traced and deposit.delivery[-6:] in traced
    assert row.row_no in traced


def _reported(web: Served, story: Story) -> None:
    """Who drafted cannot sign, without and even with the role of a reviewer."""
    handler = web.desk("handler")
    handler.do(story, "draft_report", {"remarks": "存款以查询时点为准"})
    with story.work() as work:
        path = f"/tasks/{story.task(work, 'review_report').ref}"
    handler.refused(path)
    handler.look("refusal")
    with story.work() as work:
        staff.grant(work, staff.by_login(work, "handler"), "agency_reviewer")
    handler.go(path)
    if "second-factor" in handler.page.url:  # the role asks for one
        handler.show_factor()
        handler.go(path)
    claim = handler.page.locator(".actionbar button[formaction*='/claim']")
    if claim.count():
        claim.click()
        handler.page.locator("h1").wait_for()
    handler.says("须由另一人办理")
    handler.errors[:] = [one for one in handler.errors if "status of 403" not in one]
    with story.work() as work:
        staff.revoke(work, staff.by_login(work, "handler"), "agency_reviewer")
        task = story.task(work, "review_report")
        report = reports.latest(work, story.case(work))
        assert (task.state, task.assignee_id) == (READY, None)
        assert report is not None and (report.state, report.number) == ("DRAFT", None)
    web.desk("reviewer").do(story, "review_report", {}, press="SIGN")
    assert story.open_steps() == ["decide"]


def _copied(web: Served, story: Story) -> None:
    """The department alone takes a copy, says what for, and finds that printed on it; the look is in the journal."""
    with story.work() as work:
        report = reports.latest(work, story.case(work))
        assert report is not None and (report.state, report.version) == ("DELIVERED", 1)
        ref, number = report.ref, str(report.number)
    clerk, handler = web.desk("clerk"), web.desk("handler")
    clerk.go(f"/reports/{ref}")
    clerk.look("report")
    clerk.says(number, "未获得", "仅供参考")
    with clerk.page.expect_download() as coming:
        clerk.page.locator("#purpose").fill("入户档案")
        clerk.page.locator("form[action$='/copy'] button").click()
    with open(coming.value.path(), "rb") as file:
        pages = PdfReader(io.BytesIO(file.read())).pages
    text = "".join("".join(page.extract_text() for page in pages).split())
    assert "未获得" in text and "".join(number.split()) in text and "入户档案" in text
    handler.go(f"/reports/{ref}")
    handler.look("report of another's copy")
    assert not handler.page.locator("#purpose").count()
    token = handler.page.locator("[name=csrf_token]").first.get_attribute("value")
    answer = handler.page.request.post(
        f"{web.address}/reports/{ref}/copy",
        form={"csrf_token": token, "purpose": "看看"},
        headers={"Origin": web.address, "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status in (403, 404)
    with story.work() as work:
        seen = [entry.event for entry in story.journal(work)]
        assert "report.delivered" in seen and "report.copy_refused" in seen
        copies = [entry for entry in story.journal(work) if entry.event == "report.copied"]
        assert len(copies) == 1, seen


def _rejected_and_told(web: Served, story: Story) -> None:
    answers = {"outcome": "REJECT", "basis": "《社会救助暂行办法》第九条", "reason": "家庭财产状况与申报不一致"}
    web.desk("head").do(story, "decide", answers)
    assert story.open_steps() == ["deliver_notice"]
    told = {"delivered_on": steps.today(story), "way": "IN_PERSON", "receipt": Paper("receipt.pdf")}
    web.desk("town").do(story, "deliver_notice", told)
    assert story.open_steps() == ["objection"]
    with story.work() as work:
        notice = notices.latest(work, story.case(work))
        assert notice is not None and notice.delivered_on == work.today
        assert notice.pdf_id is not None and notice.receipt_id is not None


def _objected_and_changed(web: Served, story: Story) -> None:
    """The labour bureau hands in a newer month; asked again, it says something else."""
    name, number = _applicant(web.office)
    applicant = steps.family(story)[0].ref
    labour = web.desk("labour")
    labour.go("/deliveries")
    sheet = f"{PENSION_HEADING}\n1,{name},{number},女,企业职工,202705,1286.00,正常,\n"
    labour.page.locator("#resource").select_option(label="养老保险金领取")
    labour.page.locator("[name=file]").set_input_files(Paper("pension2.csv", sheet.encode(), "text/csv").chosen)
    labour.page.locator("form[enctype] button.primary").click()
    labour.page.wait_for_url("**/deliveries/*")
    _accept(web, labour)

    clerk = web.desk("clerk")
    clerk.open_task(story, "objection")
    clerk.fill({"raised": "YES"})
    clerk.fill(
        {"statement": "养老金与实际不符", "disputed-0-person": applicant, "disputed-0-category": "PENRCV",
         "outcome": "FORWARD", "reasons": "请按新一期明细复核"}
    )  # fmt: skip
    clerk.press()
    assert story.open_steps() == ["recheck"], clerk.page.locator("main").inner_text()
    answers = {"recheck_items-0-result": "CHANGED", "recheck_items-0-note": "新一期发放明细为1286元"}
    web.desk("handler").do(story, "recheck", answers)
    web.desk("handler").do(story, "draft_report", {"remarks": "养老金按新一期明细"})
    web.desk("reviewer").do(story, "review_report", {}, press="SIGN")
    with story.work() as work:
        case = story.case(work)
        before, after = (
            next(line.found for line in comparison.lines(work, case, turn)
                 if (line.person, line.category) == (applicant, "PENRCV")) for turn in (0, 1)
        )  # fmt: skip
        assert (before, after) == (Decimal("1486.00"), Decimal("1286.00"))
        first, supplement = reports.all_of(work, case)
        assert (supplement.version, supplement.state) == (2, "DELIVERED") and supplement.number != first.number
        assert disputes.latest(work, case) is not None


def _archived(web: Served, story: Story) -> None:
    _rejected_and_told(web, story)
    web.desk("clerk").do(story, "objection", {"raised": "NO"})
    assert story.open_steps() == ["archive"]
    there = ["authorisation", "declaration", "commission", "report", "survey", "notice", "dispute"]
    archivist = web.desk("archivist")
    archivist.do(story, "archive", {"checklist": there, "note": "二楼档案室"})
    archivist.go(f"/cases/{story.case_ref}")
    archivist.page.locator("[data-ready=yes]").wait_for()
    archivist.look("closed case")
    assert story.open_steps() == []
    with story.work() as work:
        case = story.case(work)
        assert case.state == DONE and case.closed_at is not None
        file = archives.of_case(work, case)
        assert file is not None and file.completed_at is not None
        kinds = {item.kind for item in archives.items_of(work, file)}
        assert {"AUTHORISATION", "DECLARATION", "COMMISSION", "REPORT", "NOTICE", "SURVEY"} <= kinds
        done_by = {task.completed_by for task in story.rows(work, HumanTask, HumanTask.state == COMPLETED)}
        assert len(done_by) >= 7
        sealing.seal(work)
    with unit_of_work(web.office.home, SCHEDULER, write=False) as work:
        assert list(sealing.verify(work.session, web.office.home.vault)) == []


@pytest.mark.slow
def test_an_application_travels_from_a_departments_file_to_the_archive(web: Served) -> None:
    with unit_of_work(web.office.home, web.office.actor("catalogue")) as work:
        catalogue.add_resource(work, organisations.by_code(work, "labour"), SILENT, level="city")
    _suppliers_hand_in(web)
    story = _started(web)
    _intake(web, story)
    _authorised(web, story)
    _commissioned(web, story)
    _refused_and_accepted(web, story)
    _asked_and_investigated(web, story)
    _doubts_seen(web, story)
    _reported(web, story)
    _copied(web, story)
    _rejected_and_told(web, story)
    _objected_and_changed(web, story)
    _archived(web, story)
    web.check_consoles()
