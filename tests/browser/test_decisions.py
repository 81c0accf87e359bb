"""The decisions of a case at a real browser: the row that counted, why another did not, by keys and on a telephone; and
the findings of a table that lead to their row."""

from __future__ import annotations

import json

import pytest

from domain.work import unit_of_work
from tests.browser.editing import begin, kept, open_part, save, wait_checked
from tests.browser.serving import PHONE, Served
from tests.browser.test_studio_tables import DOUBTS, cell, write
from tests.infrastructure.browser import assert_accessible
from tests.journeys.playing import Story
from tests.workflows.test_decision_steps import bundle
from workflows import drafts

pytestmark = pytest.mark.slow


def test_from_the_drawing_to_the_row_that_counted_and_to_every_other_row(web: Served, compared: Story) -> None:
    handler = web.desk("handler")
    page = handler.page
    handler.go(f"/cases/{compared.case_ref}")
    page.locator(".drawing[data-ready=yes]").wait_for()
    way = page.locator(".wf-rules")
    assert way.count() == 1 and "12" in way.inner_text()
    way.focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#decision-raise_doubts")
    decision = page.locator("#decision-raise_doubts")
    assert decision.locator(".hit").count() == 4
    assert "9,640" in decision.inner_text() and "差额" in decision.inner_text()
    assert_accessible(page)
    decision.locator("a.act").focus()
    page.keyboard.press("Enter")
    page.locator(".rows-why").wait_for()
    assert page.locator(".rows-why tr.chosen").count() == 1
    assert page.locator(".rows-why tbody tr").count() == 64
    handler.look("decision")
    silent = page.locator(".files li:has(.muted) a").first
    silent.click()
    page.locator(".files a[aria-current]").wait_for()
    assert page.locator(".rows-why tr.chosen").count() == 0
    page.goto(page.url + "&lang=en")
    handler.look("decision in English")
    assert "The first cell that did not hold" in page.locator(".rows-why thead").inner_text()
    web.check_consoles()


def test_on_a_telephone_the_rows_fit_the_screen(web: Served, compared: Story) -> None:
    handler = web.desk("handler")
    page = handler.page
    page.set_viewport_size(PHONE)
    handler.go(f"/cases/{compared.case_ref}")
    handler.look("case with decisions")
    page.locator("#decisions .decision a.act").first.click()
    page.locator(".rows-why").wait_for()
    handler.look("decision")
    box = page.locator(".scroll:has(> .rows-why)")
    assert box.evaluate("one => one.scrollWidth <= one.clientWidth"), "a column is cut off the screen"
    web.check_consoles()


def test_a_finding_of_a_table_leads_to_its_row_with_an_example(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    page = desk.page
    open_part(desk, ref, "tables/doubts")
    wait_checked(desk, "yes")
    write(desk, cell(desk, "wage_difference"), "> 5 and < 3")
    page.locator("[data-studio-findings] li").first.wait_for()
    line = page.locator("[data-studio-findings] li").first
    assert "规则" in line.locator("[data-place]").inner_text()
    line.locator("button").click()
    assert page.locator("tr.finding-chosen").count() == 1
    assert page.locator("tr.finding-chosen [data-element-id='wage_difference']").count() == 1
    assert_accessible(page)
    web.check_consoles()


def test_a_column_that_asks_for_a_new_name_declares_it_as_an_input(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "tables/doubts")
    wait_checked(desk, "yes")
    before = kept(web, ref, DOUBTS)
    assert b'name="area"' not in before
    page = desk.page
    page.locator("th.input-cell .edit-button").first.focus()
    page.keyboard.press("Enter")
    write(desk, page.locator(".ref-input-editor .ref-text"), "area")
    save(page)
    after = kept(web, ref, DOUBTS)
    assert b"<inputData" in after and b'name="area"' in after
    wait_checked(desk, "yes")
    web.check_consoles()


def test_a_step_asks_a_table_about_the_cases_own_values_from_its_panel(web: Served) -> None:
    files = bundle().files
    with unit_of_work(web.office.home, web.office.actor("owner1")) as work:
        ref = drafts.begin_with(work, "urgency", files).ref
    desk = web.desk("owner1")
    page = desk.page
    desk.go(f"/drafts/{ref}/drawing#element=judge")
    page.locator("#studio[data-ready=yes][data-checked]").wait_for()
    assert page.locator("#panel-mapping").input_value() == "singleEntry"
    assert page.locator("#panel-input-amount").input_value() == "=250"
    assert json.loads(page.locator("#studio").get_attribute("data-missing")) == []
    page.locator("#panel-mapping").select_option("singleResult")
    page.locator("#panel-input-amount").fill("=120")
    page.locator("#panel-input-amount").press("Tab")
    page.locator("#studio[data-checked]").wait_for()
    page.locator("[data-studio-save]").click()
    page.locator("#studio[data-saved]").wait_for()
    after = kept(web, ref, "process.bpmn")
    assert b'mapDecisionResult="singleResult"' in after and b">=120<" in after
    assert_accessible(page)
    web.check_consoles()
