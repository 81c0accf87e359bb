"""A task from the inbox to done, with nothing but keys: no mouse, no focus set by the test."""

from __future__ import annotations

from tests.browser.keys import tab_to
from tests.browser.serving import Served
from tests.journeys import steps
from tests.journeys.playing import new_case


def test_the_clerk_prepares_a_commission_with_the_keyboard_alone(web: Served) -> None:
    story = new_case(web.office)
    steps.take_in(story)
    steps.authorise(story)
    clerk = web.desk("clerk")
    page = clerk.page
    clerk.go("/desk")
    page.locator("tbody tr").first.wait_for()

    page.keyboard.press("j")
    assert page.locator("tr.cursor").count() == 1
    page.keyboard.press("k")
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    page.go_back()
    page.wait_for_url("**/desk*")
    page.locator("tbody tr").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.locator("tr.cursor:has(a[id^=act-]) [data-open]:focus").wait_for()  # claimed, and the list stays
    page.keyboard.press("Enter")
    page.locator("form[data-draft-url]").wait_for()

    tab_to(page, "[name=purpose]")
    tab_to(page, "[name=categories][value=DEPOSIT]")
    page.keyboard.press("Space")
    tab_to(page, "[name=categories][value=VEHICLE]")
    page.keyboard.press("Space")
    tab_to(page, "#basis")
    page.keyboard.type("jck/?x")  # letters of a text, not keys of a list
    page.keyboard.press("Control+a")
    page.keyboard.type("本民发〔2017〕107号")
    tab_to(page, ".actionbar .primary")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert story.open_steps() == ["sign_commission"]
    clerk.go("/desk/done")
    clerk.look("done")
    clerk.says("拟委托书")
    web.check_consoles()


def test_a_refused_form_takes_the_keyboard_to_the_field_that_is_wrong(web: Served) -> None:
    story = new_case(web.office)
    town = web.desk("town")
    town.open_task(story, "intake")
    town.press()
    town.page.locator(".summary-error a[href]").first.wait_for()
    tab_to(town.page, ".summary-error a[href='#applied_on']")
    town.page.keyboard.press("Enter")
    town.page.keyboard.press("Tab")
    town.page.keyboard.press("Shift+Tab")
    assert town.page.locator("#at-applied_on :focus").count()
