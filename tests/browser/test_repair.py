"""A case repaired and a batch begun with the keyboard alone, in both languages and on a telephone."""

from __future__ import annotations

import pytest

from tests.browser.serving import PHONE, Served
from tests.infrastructure.browser import assert_accessible
from tests.journeys import steps
from tests.journeys.playing import Story, new_case

pytestmark = pytest.mark.slow


@pytest.fixture
def prepared(web: Served) -> Story:
    """A case whose commission waits for the head's signature."""
    story = new_case(web.office)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    return story


def test_a_case_is_moved_back_after_a_dry_run_by_keys(web: Served, prepared: Story) -> None:
    head = web.desk("head")
    page = head.page
    head.go(f"/cases/{prepared.case_ref}/repair")
    page.locator(".drawing[data-ready=yes]").wait_for()
    assert_accessible(page)

    page.locator("#to").focus()
    page.locator("#to").select_option("commission")
    page.locator("#reason").focus()
    page.keyboard.type("街道办来函更正")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#outcome").wait_for()
    assert prepared.open_steps() == ["sign_commission"]
    assert_accessible(page)
    page.locator("button[value=do]").focus()
    page.keyboard.press("Enter")
    page.locator("p.note[role=status]").wait_for()

    assert prepared.open_steps() == ["commission"]
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_batch_is_frozen_judged_and_run(web: Served, prepared: Story) -> None:
    head = web.desk("head")
    page = head.page
    head.go("/batches/new?lang=en")
    assert_accessible(page)
    page.locator("#step").select_option("sign_commission")
    page.locator("#kind").select_option("suspend")
    page.locator("#reason").fill("flood")
    page.locator("main button.primary").focus()
    page.keyboard.press("Enter")
    page.locator("form[action$='/cancel']").wait_for()
    prepared.office.sweep()
    page.reload()
    assert_accessible(page)
    page.locator("form[action$='/run'] button").focus()
    page.keyboard.press("Enter")
    page.locator("p.note[role=status]").wait_for()
    prepared.office.sweep()
    page.reload()

    with prepared.work() as work:
        assert prepared.case(work).suspended_at is not None
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    head.go("/batches")
    assert_accessible(page)


def test_a_step_is_completed_for_a_colleague_by_keys(web: Served) -> None:
    story = new_case(web.office)
    steps.take_in(story)
    steps.authorise(story)
    head = web.desk("head")
    page = head.page
    head.go(f"/cases/{story.case_ref}/repair?lang=zh")
    page.locator("a[href$='/on-behalf']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/on-behalf*")
    assert_accessible(page)

    # a page that lacks its reason says so and keeps what was entered
    page.locator("input[name='behalf:account']:not([disabled])").first.focus()
    page.keyboard.press("Space")
    page.locator("input[name=purpose]").first.focus()
    page.keyboard.press("Space")
    head.fill({"categories": list(steps.ASSETS), "basis": "本民发〔2017〕107号"})
    page.locator(".actionbar button.primary").focus()
    page.keyboard.press("Enter")
    page.locator("a[href='#behalf-reason']").wait_for()
    assert_accessible(page)
    assert page.locator("input[name='behalf:account']:checked").count() == 1
    page.locator("a[href='#behalf-reason']").focus()
    page.keyboard.press("Enter")
    page.locator("#behalf-reason").focus()
    page.keyboard.type("经办人住院")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".actionbar button.primary").focus()
    page.keyboard.press("Enter")
    page.locator("p.note[role=status]").wait_for()

    assert "/cases/" in page.url
    assert page.get_by_text("代夏至办结了").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
