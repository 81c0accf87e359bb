"""A form whose fields come and go and whose checks speak as it is filled in: with keys alone, and without a script."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.editing import begin, kept, missing, open_part, save, wait_checked
from tests.browser.keys import tab_to
from tests.browser.serving import PHONE, Desk, Served
from tests.infrastructure.browser import assert_accessible
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.webapp.judged_world import INTAKE, TOO_MUCH, deploy
from workflows import forms


def _open(web: Served) -> tuple[Story, Any]:
    deploy(web.office)
    story = new_case(web.office)
    desk = web.desk("town")
    desk.open_task(story, "intake")
    return story, desk.page


@pytest.mark.slow
def test_a_field_appears_when_a_choice_is_made_and_its_check_refuses_beside_it(web: Served) -> None:
    story, page = _open(web)
    assert not page.locator("#at-rent").is_visible()
    assert not page.locator("h2", has_text="租住情况").is_visible(), "a heading does not stand above nothing"

    tab_to(page, "[name=abode]")
    page.keyboard.press("ArrowRight")
    page.locator("#at-rent").wait_for(state="visible")
    assert page.locator("[name=abode][value=RENT]").is_checked()
    tab_to(page, "#rent")
    page.keyboard.type("6000")
    page.locator("#at-landlord").wait_for(state="visible")
    assert not page.locator("#rent-check").is_visible(), "nobody is corrected before the field is left"
    tab_to(page, "#landlord")
    page.locator("#rent-check:not([hidden])").wait_for()
    assert page.locator("#rent-check").inner_text() == TOO_MUCH[0]
    assert page.locator("#rent").get_attribute("aria-invalid") == "true"
    assert "rent-check" in (page.locator("#rent").get_attribute("aria-describedby") or "")
    assert page.locator("[data-rules-status]").inner_text() == TOO_MUCH[0]
    assert_accessible(page)
    page.keyboard.type("方冬至")
    for _ in range(9):  # a date has several parts
        page.keyboard.press("Shift+Tab")
        if page.locator("#rent:focus").count():
            break
    page.keyboard.press("Control+a")
    page.keyboard.type("900")
    page.locator("#rent-check").wait_for(state="hidden")
    assert page.locator("#rent").get_attribute("aria-invalid") is None
    page.locator("#at-landlord").wait_for(state="hidden")
    page.keyboard.press("Control+a")
    page.keyboard.type("1500")
    page.locator("#at-landlord").wait_for(state="visible")
    assert page.locator("#landlord").input_value() == "方冬至", "what was typed is there again"

    values: dict[str, Any] = {"applied_on": steps.today(story), "truthful": True}
    for place, _member in enumerate(steps.family(story)):
        values |= {f"members-{place}-{name}": "0" for name in ("WAGE", "PENRCV", "DEPOSIT", "VEHICLE", "HOUSE")}
    web.desk("town").fill(values)
    web.desk("town").press()
    assert story.open_steps() == ["authorise"]
    web.check_consoles()


@pytest.mark.slow
def test_without_a_script_everything_is_in_sight_and_the_server_decides(web: Served) -> None:
    deploy(web.office)
    story = new_case(web.office)
    desk = Desk(web, "town", web.new_context(java_script_enabled=False).new_page())
    desk.sign_in()
    page = desk.page
    with story.work() as work:
        desk.go(f"/tasks/{story.task(work, 'intake').ref}")
    with page.expect_navigation():
        page.locator(".actionbar button[formaction*='/claim']").click()
    for name in ("rent", "landlord", "since", "guests"):
        assert page.locator(f"#at-{name}").is_visible()
    values: dict[str, Any] = {"applied_on": steps.today(story), "truthful": True, "abode": "RENT", "rent": "77777"}
    for place, _member in enumerate(steps.family(story)):
        values |= {f"members-{place}-{name}": "0" for name in ("WAGE", "PENRCV", "DEPOSIT", "VEHICLE", "HOUSE")}
    desk.fill(values)
    page.locator(".actionbar button.primary").click()
    page.locator("#faults").wait_for()
    assert page.locator("#rent-check").inner_text() == TOO_MUCH[0]
    desk.fill({"abode": "OWN"})
    with page.expect_navigation():
        page.locator(".actionbar button.primary").click()
    assert story.open_steps() == ["authorise"]


@pytest.mark.slow
def test_on_a_telephone_in_english_a_row_has_its_own_rules(web: Served) -> None:
    _story, page = _open(web)
    page.set_viewport_size(PHONE)
    page.goto(page.url + "?lang=en")
    page.locator("[name=abode][value=RENT]").check()
    page.locator("#rent").fill("800")
    assert not page.locator("#at-guests-0-share").is_visible()
    page.locator("#guests-0-who").fill("夏")
    page.locator("#at-guests-0-share").wait_for(state="visible")
    page.locator("#guests-0-share").fill("900")
    page.locator("#guests-0-share").blur()
    page.locator("#guests-0-share-check:not([hidden])").wait_for()
    assert page.locator("#guests-0-share-check").inner_text() == "At most the rent."
    web.desk("town").look("intake with rules")
    page.locator("[name=abode][value=OTHER]").check()
    page.locator("#at-guests").wait_for(state="hidden")
    web.check_consoles()


@pytest.mark.slow
def test_the_owner_writes_a_condition_and_a_check_and_is_told_what_is_wrong(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "forms/intake")
    page = desk.page
    before = json.loads(kept(web, ref, INTAKE))["components"]
    page.locator(".fjs-element[data-id]", has_text="其他说明").last.click(position={"x": 4, "y": 4})
    panel = page.locator("[data-form-panel]")
    panel.locator("[data-entry=hide]").fill("debst = null")
    wait_checked(desk, "no")
    assert "debst" in panel.locator(".said").inner_text()
    assert "debts" in panel.locator(".said").inner_text(), "the right key is offered"
    panel.locator("[data-entry=hide]").fill("")
    panel.locator("[data-entry='hide.name']").select_option("debts")
    panel.locator("[data-entry=hide]").press_sequentially(" = null")
    assert panel.locator("[data-entry=hide]:focus").count(), "who types stays where she types"
    panel.locator("[data-entry=check]").fill("string length(note) > 5")
    panel.locator("[data-entry='check.message']").fill("请写得更详细。")
    panel.locator("[data-entry='check.message.en']").fill("Say more.")
    panel.locator("[data-entry='check.examples']").click()
    wait_checked(desk, "yes")
    assert "= null or" in panel.locator(".said").inner_text(), "an empty answer could not pass"
    panel.locator("[data-entry=check]").fill("note = null or string length(note) > 5")
    panel.locator(".said").wait_for(state="hidden")
    assert_accessible(page)
    assert missing(desk) == []
    save(page)

    after = json.loads(kept(web, ref, INTAKE))["components"]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new["key"] for _old, new in changed] == ["note"]
    assert changed[0][1]["conditional"] == {"hide": "=debts = null"}
    spec = forms.parse(kept(web, ref, INTAKE), "intake", INTAKE)
    assert forms.check_rules(spec, INTAKE) == []
    panel.locator("[data-entry=hide]").fill("")
    for name in ("check", "check.message", "check.message.en"):
        panel.locator(f"[data-entry='{name}']").fill("")
    save(page)
    assert json.loads(kept(web, ref, INTAKE))["components"] == before, "what is taken away leaves nothing behind"
    web.check_consoles()
