"""The head of an office gives four hundred tasks to others by filter, looks at what came of it, and takes it back."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from domain.parties.accounts import Account
from domain.work import OPERATOR, unit_of_work
from tasks.desk import handing
from tasks.rows.models import HumanTask
from tests.browser.serving import PHONE, Served
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.copies import copies
from tests.journeys.playing import new_case
from tests.journeys.test_many_tasks import hire, tasks


def _prepare(office: Office) -> None:
    """A clerk holds 412 tasks; two colleagues hold none, and one of them was excluded from eighteen."""
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    for number, login in enumerate(("clerk2", "clerk3")):
        hire(office, login, "pingshan", "department_clerk", number)
    clerk = office.actor("clerk").user_id
    refs = copies(office, story.case_ref, 412, state="RESERVED", assignee_id=clerk)
    copies(office, story.case_ref, 18)
    with unit_of_work(office.home, office.actor("head")) as work:
        for ref in refs[:12]:
            for login in ("clerk2", "clerk3"):
                handing.exclude(work, ref, office.actor(login).ref)


def _hands(office: Office) -> Counter[str]:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        rows = work.session.execute(select(Account.login).join(HumanTask, HumanTask.assignee_id == Account.id))
        return Counter(login for (login,) in rows)


@pytest.mark.slow
def test_the_head_reassigns_four_hundred_tasks_by_filter_and_takes_it_back(web: Served) -> None:
    office = web.office
    _prepare(office)
    before = tasks(office)
    head = web.desk("head")
    page = head.page
    head.go("/desk/office")
    head.look("office")
    head.says("本单位任务")
    page.get_by_role("link", name="夏至").click()
    page.wait_for_url("**holder=*")
    page.locator("[data-select-all]").check()
    page.locator(".bulkbar button[name=all]").first.click()
    page.locator("[name=kind][value='task.assign']").check()
    head.look("many")
    for name in ("夏clerk2", "夏clerk3"):
        page.get_by_label(name).check()
    page.locator("main form button.primary").click()
    page.wait_for_url("**/batches/*")
    head.look("dry run")
    head.says("412 件任务中可以办理 400 件")
    head.says("12 件不办理，原因如下")
    assert tasks(office) == before

    page.locator(".pagehead button.primary").click()
    page.locator("#progress-line").wait_for()
    office.sweep()
    page.locator("#progress-line").wait_for(state="detached")  # the page comes anew by itself
    head.says("已办理 400 件任务")
    assert _hands(office) == {"clerk": 12, "clerk2": 200, "clerk3": 200}

    page.locator(".who a[lang=en]").click()
    page.wait_for_load_state()
    head.says("Done to 400 tasks.")
    page.get_by_role("button", name="Take back 400 tasks").click()
    page.locator("#progress-line").wait_for()
    office.sweep()
    page.locator("#progress-line").wait_for(state="detached")
    head.says("all is as it was before")
    assert tasks(office) == before

    page.set_viewport_size(PHONE)
    for place in (page.url.removeprefix(web.address), "/desk/office"):
        head.go(place)
        head.look(f"phone {place[:9]}")
    web.check_consoles()
