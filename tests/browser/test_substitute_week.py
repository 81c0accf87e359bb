"""A substitute works a week: named on a page, given the pack, does what is lent, is refused by four eyes, and has no
rights left on the morning after the last day."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from domain import identity
from domain.work import SCHEDULER, unit_of_work
from tasks.desk import desk
from tasks.rows.models import HumanTask
from tasks.rows.notice_rows import Notification
from tests.browser.serving import PHONE, Desk, Served
from tests.journeys import steps
from tests.journeys.playing import Story, new_case

pytestmark = pytest.mark.slow

FIRST, LAST, AFTER = "2027-05-18", "2027-05-24", "2027-05-25T08:30:00+08:00"
SECOND = "白露生"
OTHER = "B2027010"  # a household of another case than the first


def _name(desk: Desk, name: str) -> None:
    """Name a substitute for oneself, by the page."""
    desk.go("/substitutes/")
    desk.look("substitutes")
    desk.page.locator("#substitute").select_option(label=name)
    desk.page.locator("#first_day").fill(FIRST)
    desk.page.locator("#last_day").fill(LAST)
    desk.page.locator("#reason").fill("年休假")
    desk.page.locator("main form button.primary").click()
    desk.page.locator("table caption").first.wait_for(state="attached")
    desk.says(name, "年休假", FIRST)


def _task(story: Story, step: str) -> tuple[str, str]:
    with story.work() as work:
        task = story.task(work, step)
        return task.ref, f"/tasks/{task.ref}"


def _row(web: Served, ref: str) -> HumanTask:
    with unit_of_work(web.office.home, SCHEDULER, write=False) as work:
        found = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        work.session.expunge(found)
        return found


def _at_acceptance(web: Served) -> Story:
    other = new_case(web.office, "town", OTHER)
    steps.take_in(other)
    steps.authorise(other)
    steps.commission(other)
    steps.sign_commission(other)
    return other


def test_a_substitute_works_a_week_and_is_refused_by_four_eyes(web: Served, compared: Story) -> None:
    web.hire("second", "pingshan-agency", "archivist", identity.make_demonstration(date(1988, 8, 8), 433))
    compared.do("handler", "draft_report", {"remarks": "无"})
    assert compared.open_steps() == ["review_report"]
    ref, path = _task(compared, "review_report")
    reviewer = web.desk("reviewer")
    _name(reviewer, SECOND)
    _name(reviewer, "秦白露")
    web.office.sweep()

    # who drafted the report stands in as well, and is told why that does not help here
    handler = web.desk("handler")
    handler.go(path)
    handler.says("起草核对报告")
    claim = handler.page.locator(".actionbar button[formaction*='/claim']")
    if claim.count():
        claim.first.click()
        handler.page.locator("h1").wait_for()
        handler.errors.clear()
    assert _row(web, ref).assignee_id is None

    # the pack is there on the first morning, on a page and as a sheet, with a notice
    second = web.desk("second")
    with unit_of_work(web.office.home, SCHEDULER, write=False) as work:
        kinds = select(Notification.kind).where(Notification.account_id == web.office.actor("second").user_id)
        assert set(work.session.scalars(kinds)) == {"substitution.made", "handover.given"}
    second.go("/substitutes/")
    second.look("substitutes of a substitute")
    second.page.locator("a[href$='/handover']").first.click()
    second.page.wait_for_url("**/handover")
    second.look("hand-over")
    with second.page.expect_download() as sheet:
        second.page.locator("a[href$='given.xlsx']").click()
    assert sheet.value.suggested_filename.endswith(".xlsx")

    # Wednesday: begins the review, in the reviewer's place
    web.office.advance("2027-05-19T09:30:00+08:00")
    second.go(path)
    second.page.locator(".actionbar button[formaction*='/claim']").first.click()
    second.page.locator("form[data-draft-url]").wait_for()
    second.look("task held for somebody")
    held = _row(web, ref)
    assert (held.assignee_id, held.held_for) == (
        web.office.actor("second").user_id, web.office.actor("reviewer").user_id,
    )  # fmt: skip

    # Thursday: completes another's work; both names stand with it
    other = _at_acceptance(web)
    checker = web.desk("checker")
    _name(checker, SECOND)
    done, done_path = _task(other, "acceptance")
    web.office.advance("2027-05-20T10:00:00+08:00")
    other.do("second", "acceptance", steps.checked("ACCEPT"))
    second.go(done_path)
    second.says(SECOND, "宋谷雨")
    second.go(f"{done_path}?lang=en")
    second.says(SECOND, "on behalf of 宋谷雨")
    second.go(f"{done_path}?lang=zh")
    row = _row(web, done)
    assert (row.completed_by, row.done_for) == (
        web.office.actor("second").user_id, web.office.actor("checker").user_id,
    )  # fmt: skip

    # the morning after the last day: what was held for the absent goes back, and the door is shut
    web.office.advance(AFTER)
    assert (_row(web, ref).state, _row(web, ref).held_for) == ("READY", None)
    second.go("/substitutes/")
    assert not second.page.locator("a[href$='/handover']").count()
    second.refused(path)
    reviewer.go("/substitutes/?lang=en")
    reviewer.look("substitutes in English")
    reviewer.says("Nobody stands in for anybody today.")
    reviewer.go(f"{path}?lang=zh")
    reviewer.page.locator(".actionbar button[formaction*='/claim']").first.click()
    reviewer.page.locator("form[data-draft-url]").wait_for()
    web.check_consoles()


def test_the_pages_of_leaving_relatives_and_proof_can_be_used_by_everybody(web: Served) -> None:
    new_case(web.office)
    head = web.desk("head")
    head.page.set_viewport_size(PHONE)
    for path in ("/substitutes/", "/account/relatives/", "/leavings"):
        head.go(path)
        head.look(path)
    head.go("/account/relatives/?lang=en")
    head.look("relatives in English")
    head.page.locator("main button.primary").click()
    head.page.locator(".summary-error").wait_for()
    head.errors[:] = [one for one in head.errors if "status of 422" not in one]
    clerk = web.desk("town")
    with unit_of_work(web.office.home, web.office.actor("town")) as work:
        ref = work.session.scalars(select(HumanTask.ref).limit(1)).one()
        desk.claim(work, ref)
    clerk.go("/account/")
    clerk.page.locator("a[href^='/leaving/']").click()
    clerk.page.wait_for_url("**/leaving/*")
    clerk.look("leaving")
    clerk.page.locator("#reason").fill("调到别的部门")
    clerk.page.locator("main button.primary").click()
    clerk.page.wait_for_url("**/leavings/*")
    web.office.sweep()
    clerk.page.reload()
    clerk.look("receipt")
    assert _row(web, ref).state == "READY"
    web.office.advance("2027-05-19T09:30:00+08:00")
    watcher = web.desk("oversight")
    for path in ("/oversight/separation", "/oversight/relatives"):
        watcher.go(path)
        watcher.look(path)
    web.check_consoles()
