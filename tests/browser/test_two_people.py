"""Two people at one task, and what is left of the work of somebody whose session ended."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import update

from domain import identity
from domain.clock import machine_now
from domain.parties.accounts import UserSession
from domain.work import OPERATOR, unit_of_work
from tests.browser.serving import Served
from tests.journeys import steps
from tests.journeys.playing import new_case

pytestmark = pytest.mark.slow


def test_of_two_people_at_one_task_the_second_is_told_who_has_it_and_since_when(web: Served) -> None:
    web.hire("town3", "pingshan-gongren", "town_post", identity.make_demonstration(date(1985, 3, 3), 431))
    story = new_case(web.office)
    first, second = web.desk("town"), web.desk("town3")
    with story.work() as work:
        path = f"/tasks/{story.task(work, 'intake').ref}"
    first.go(path)
    second.go(path)

    first.page.locator(".actionbar .primary").click()
    first.page.locator("form[data-draft-url]").wait_for()
    second.page.locator(".actionbar .primary").click()
    second.page.locator("h1").wait_for()
    assert re.search(r"谷雨 已于 .*09:00 认领此件", second.page.locator("main").inner_text())
    second.look("claimed by a colleague")
    second.errors[:] = [one for one in second.errors if "status of 409" not in one]
    second.go(path)
    second.says("谷雨")
    assert not second.page.locator("form[data-draft-url]").count()
    assert second.page.locator("#applied_on").is_disabled()
    web.check_consoles()


def test_what_was_typed_outlives_the_session(web: Served) -> None:
    story = new_case(web.office)
    town = web.desk("town")
    path = town.open_task(story, "intake")
    town.page.locator("#members-0-WAGE").fill("1234")
    town.page.locator("#note").fill("长子在外地")
    town.page.locator("[data-draft-status]", has_text=":").wait_for()
    with unit_of_work(web.office.home, OPERATOR) as work:
        work.session.execute(update(UserSession).values(expires_at=machine_now()))

    town.page.locator("#note").fill("长子在外地务工")
    town.page.locator("[data-draft-status]", has_text="登录").wait_for()
    town.press()  # the press of somebody who did not look: it leads to the door, not to an error
    assert "/sign-in" in town.page.url
    town.look("sign-in after the session ended")
    town.errors.clear()  # the browser's own word for the draft that was refused
    town.sign_in()
    town.go(path)
    assert town.page.locator("#members-0-WAGE").input_value() == "1234"
    assert town.page.locator("#note").input_value().startswith("长子在外地")
    town.fill({"applied_on": steps.today(story), "truthful": True})
    town.press()
    assert story.open_steps() == ["authorise"]
    web.check_consoles()


def test_whoever_signed_in_again_in_another_window_goes_on_where_the_form_stands(web: Served) -> None:
    story = new_case(web.office)
    town = web.desk("town")
    town.open_task(story, "intake")
    with unit_of_work(web.office.home, OPERATOR) as work:
        work.session.execute(update(UserSession).values(expires_at=machine_now()))
    page = town.page
    page.locator("#note").fill("长子在外地")
    page.locator("[data-draft-status]", has_text="登录").wait_for()

    town.page = page.context.new_page()
    town.sign_in()
    town.page = page
    page.locator("#note").fill("长子在外地务工")
    page.locator("[data-draft-status]", has_text=":").wait_for()
    town.fill({"applied_on": steps.today(story), "truthful": True})
    town.press()
    assert story.open_steps() == ["authorise"]
    town.errors[:] = [one for one in town.errors if "status of 400" not in one]  # the token of the ended session
    web.check_consoles()
