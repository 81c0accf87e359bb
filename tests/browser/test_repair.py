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
