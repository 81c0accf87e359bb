"""A form without script is sent when the sign-in is over: nothing is lost, and what is to be chosen again is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from domain.clock import machine_now
from domain.parties.accounts import UserSession
from domain.parties.sessions import IDLE
from domain.work import OPERATOR, unit_of_work
from tests.browser.serving import PHONE, Desk, Paper, Served
from tests.infrastructure.browser import assert_accessible
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.webapp.desk_world import task_address

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_after_the_sign_in_the_form_comes_back_and_names_the_files_it_lacks(
    web: Served, new_context: Callable[..., Any], language: str
) -> None:
    story = new_case(web.office)
    steps.take_in(story)
    # the page as a browser has it in which our script did not load; the checks of the page need one that runs theirs
    town = Desk(web, "town", new_context().new_page())
    page = town.page
    page.route("**/static/dist/app-*.js", lambda route: route.abort())
    page.set_viewport_size(PHONE)
    town.sign_in()
    address = task_address(story, "authorise")
    town.go(f"{address}?lang={language}")
    page.locator(".actionbar button[formaction*='/claim']").click()
    page.locator("[name='members-0-signed_on']").fill(steps.today(story))
    page.locator("[name='upload:members-0-scan']").set_input_files(Paper("委托书.pdf").chosen)
    with unit_of_work(web.office.home, OPERATOR) as work:
        work.session.execute(update(UserSession).values(ended_at=machine_now(), end_reason=IDLE))
    page.locator(".actionbar button:not([formaction])").first.click()
    page.wait_for_url(lambda url: "/sign-in" in url)

    town.sign_in_here()
    page.wait_for_url("**/kept/**")
    assert "委托书.pdf" in page.locator("main").inner_text()
    town.look("kept form")
    page.locator("form[action$='/send'] button").click()
    page.wait_for_url(f"**{address}/draft")

    assert "委托书.pdf" in page.locator("#at-members-0-scan .error").inner_text()
    assert page.locator("[name='members-0-signed_on']").input_value() == steps.today(story)
    assert_accessible(page)
    town.fill({"members-0-scan": Paper("委托书.pdf")})
    page.locator("button[formaction*='field=members-0-scan']").click()
    page.wait_for_url("**#at-members-0-scan")
    assert page.locator("[name='members-0-scan'][type=hidden]").count() == 1
    assert not page.locator(".summary-error").count()
    assert story.open_steps() == ["authorise"]
