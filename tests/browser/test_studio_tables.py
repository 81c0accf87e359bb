"""The editor of decision tables at a real web process: a cell, a rule, a finding in its place, nothing lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from lxml import etree

import decisions
from domain.clock import OFFICE_ZONE
from tests.browser.editing import aside, begin, close, hand_in, head, kept, missing, open_part, save, wait_checked
from tests.browser.serving import PHONE, Desk, Served
from tests.infrastructure.browser import assert_accessible

pytestmark = pytest.mark.slow

DOUBTS = "doubts.dmn"
NOW = datetime(2027, 5, 18, 9, tzinfo=OFFICE_ZONE)
FACT = {
    "category": "UIRCV", "fact": "LINE", "verdict": "UNDER", "difference": 40, "household_total": 0,
    "household_count": 0, "active": True, "kind": "", "months_since": 0, "amount": 0, "valid_until": None,
    "name_differs": False, "stale": False, "conflict": False, "limits": {"amount_tolerance": 100},
}  # fmt: skip

TWO = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:x="urn:x" id="two" name="两个"
  namespace="urn:two">
  <inputData id="d_a" name="a"><variable id="v_a" name="a" typeRef="number" /></inputData>
  <decision id="first" name="第一个">
    <extensionElements><x:kept why="foreign">Text of others</x:kept></extensionElements>
    <variable id="v_f" name="第一个" typeRef="number" />
    <informationRequirement id="r1"><requiredInput href="#d_a" /></informationRequirement>
    <decisionTable id="t1" hitPolicy="FIRST">
      <input id="i1" label="甲"><inputExpression id="ie1" typeRef="number"><text>a</text></inputExpression></input>
      <output id="o1" label="乙" name="b" typeRef="number">
        <defaultOutputEntry id="e1"><text>9</text></defaultOutputEntry></output>
      <rule id="q1"><description>说明</description><inputEntry id="c1"><text>1</text></inputEntry>
        <outputEntry id="c2"><text>1</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="second" name="第二个">
    <variable id="v_s" name="第二个" typeRef="number" />
    <informationRequirement id="r2"><requiredDecision href="#first" /></informationRequirement>
    <literalExpression id="l1"><text>第一个 + 1</text></literalExpression>
  </decision>
</definitions>
"""


def codes(web: Served, ref: str, **more: Any) -> list[str]:
    """The doubts that the stored table raises for a fact."""
    found = decisions.load(kept(web, ref, DOUBTS)).evaluate("doubts", {**FACT, **more}, now=NOW).value
    assert isinstance(found, list), found
    return [str(one) for one in found]


def cell(desk: Desk, element: str) -> Any:
    """The field of a cell."""
    return desk.page.locator(f"[data-element-id='{element}'] [contenteditable]")


def write(desk: Desk, field: Any, text: str) -> None:
    """Replace what stands in a cell, as somebody types."""
    field.click()
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type(text)
    desk.page.wait_for_timeout(400)  # the package hands a cell over a moment after the last key


def canonical(content: bytes) -> str:
    """The file without the white space between elements."""
    tree = etree.fromstring(content, etree.XMLParser(remove_blank_text=True, resolve_entities=False))
    return etree.tostring(tree, method="c14n").decode()


def test_a_threshold_and_a_rule_are_changed_and_decide_the_next_case(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    before = kept(web, ref, DOUBTS)
    open_part(desk, ref, "tables/doubts")
    assert codes(web, ref) == ["D-UIRCV"]
    write(desk, cell(desk, "unemployment_difference"), "> 50")
    save(desk.page)
    assert codes(web, ref) == []
    assert codes(web, ref, difference=60) == ["D-UIRCV"]
    changed = canonical(kept(web, ref, DOUBTS))
    assert changed == canonical(before.replace(
        b'<inputEntry id="unemployment_difference"><text>&gt; 0</text>',
        b'<inputEntry id="unemployment_difference"><text>&gt; 50</text>',
    )), "more than the cell has changed"  # fmt: skip

    rows = desk.page.locator(".tjs-table tbody tr")
    count = rows.count()
    desk.page.locator("tfoot.add-rule button").click()
    rows.nth(count).wait_for()
    last = rows.last
    write(desk, last.locator("td.input-cell [contenteditable]").first, '"UIRCV"')
    write(desk, last.locator("td.output-cell [contenteditable]"), '"D-NEW"')
    write(desk, last.locator("td.annotation [contenteditable]"), "新的一条")
    wait_checked(desk, "yes")
    save(desk.page)
    assert codes(web, ref) == ["D-NEW"]
    result = decisions.load(kept(web, ref, DOUBTS)).evaluate("doubts", FACT, now=NOW)
    assert [(one.number, dict(one.annotations)) for one in result.matched] == [(count + 1, {"sentence": "新的一条"})]
    assert missing(desk) == []
    web.check_consoles()


def test_a_cell_that_cannot_be_read_is_found_in_its_place(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "tables/doubts")
    wait_checked(desk, "yes")
    write(desk, cell(desk, "wage_difference"), "> (")
    wait_checked(desk, "no")
    place = desk.page.locator("[data-element-id='wage_difference'][data-finding=error]")
    place.wait_for()
    line = desk.page.locator("[data-studio-findings] li").first
    assert "规则3 · 差额" in line.inner_text()
    assert not line.locator("[data-line]").is_visible()  # the rule and the column say more than a line of the file
    desk.page.locator("[data-studio-check]").focus()
    line.locator("button").click()
    assert cell(desk, "wage_difference").evaluate("one => one === document.activeElement")
    assert_accessible(desk.page)
    undo = desk.page.locator("[data-table-undo]")
    while undo.is_enabled():
        undo.click()
    wait_checked(desk, "yes")
    assert not desk.page.locator("[data-finding]").count()
    web.check_consoles()


def test_cells_are_walked_and_written_with_the_keyboard_alone(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "tables/doubts")
    field = cell(desk, "pension_category")
    field.focus()
    for _ in range(3):
        desk.page.keyboard.press("Tab")
    assert cell(desk, "pension_difference").evaluate("one => one === document.activeElement")
    assert cell(desk, "pension_difference").get_attribute("aria-label") == "规则1 · 差额"
    desk.page.keyboard.press("Enter")
    assert cell(desk, "unemployment_difference").evaluate("one => one === document.activeElement")
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type("> 7")
    desk.page.wait_for_timeout(400)
    save(desk.page)
    assert b"&gt; 7" in kept(web, ref, DOUBTS) or b"> 7" in kept(web, ref, DOUBTS)
    web.check_consoles()


def test_every_editor_of_a_column_and_every_menu_speaks_chinese_and_can_be_used_by_everybody(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "tables/doubts")
    page = desk.page
    desk.look("table editor")
    for column in ("input_category", "input_difference", "input_active", "input_valid_until", "output_code"):
        page.locator(f"th[data-col-id='{column}']").dblclick()
        menu = page.locator(".context-menu")
        menu.wait_for()
        menu.locator(".dms-input-select").first.click()
        page.locator(".dms-select-options .option").first.wait_for()
        assert_accessible(page)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.locator(".decision-table-header-separator").click()
        menu.wait_for(state="detached")
    for place in ("td.rule-index", "td.input-cell", "td.output-cell", "thead th.input-cell", "thead th.output-cell"):
        page.locator(f".tjs-table {place}").first.click(button="right")
        page.locator("[role=menu]").wait_for()
        assert_accessible(page)
        page.locator(".decision-table-header-separator").click()
        page.locator("[role=menu]").wait_for(state="detached")
    for element in ("pension_category", "pension_difference", "pension_active", "pension_valid_until", "pension_code"):
        cell(desk, element).click()
        page.locator(".simple-mode-button").click()
        page.locator(".context-menu").wait_for()
        assert_accessible(page)
        page.locator(".decision-table-header-separator").click()
    page.locator(".hit-policy .dms-input-select").click()
    page.locator(".dms-select-options .option").first.wait_for()
    assert missing(desk) == []
    web.check_consoles()


def test_the_second_of_two_owners_on_a_table_is_told_and_loses_nothing(web: Served) -> None:
    ref = begin(web)
    first, second = web.desk("owner1"), web.desk("owner2")
    for desk in (first, second):
        open_part(desk, ref, "tables/doubts")
    write(first, cell(first, "unemployment_difference"), "> 11")
    number = save(first.page)
    write(second, cell(second, "unemployment_difference"), "> 22")
    second.page.keyboard.press("Control+s")
    beside = aside(second.page)
    assert b"11" in kept(web, ref, DOUBTS)
    assert b"22" in kept(web, ref, DOUBTS, beside)
    assert head(web, ref) == number
    second.errors[:] = [one for one in second.errors if "status of 409" not in one]
    web.check_consoles()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_table_can_be_looked_at_on_a_telephone_and_in_both_languages(web: Served, language: str) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    desk.go(f"/account/?lang={language}")
    open_part(desk, ref, "tables/doubts")
    desk.look(f"table editor {language}")
    desk.page.set_viewport_size(PHONE)
    desk.look(f"table editor {language}")
    web.check_consoles()


def test_every_decision_of_a_file_has_its_tab_and_what_others_put_there_stays(web: Served) -> None:
    ref = begin(web)
    hand_in(web, ref, "two.dmn", TWO.encode())
    desk = web.desk("owner1")
    open_part(desk, ref, "tables/two")
    desk.look("table with tabs")
    desk.page.locator("[data-table-views] button", has_text="第二个").click()
    write(desk, desk.page.locator(".textarea [contenteditable], .textarea[contenteditable]").first, "第一个 + 5")
    assert_accessible(desk.page)
    save(desk.page)
    after = kept(web, ref, "two.dmn")
    assert canonical(after) == canonical(TWO.replace("第一个 + 1", "第一个 + 5").encode())
    assert decisions.load(after).evaluate("second", {"a": 1}, now=NOW).value == 6
    assert missing(desk) == []
    web.check_consoles()


def test_who_may_only_read_sees_the_table_and_changes_nothing(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    close(web, ref)
    open_part(desk, ref, "tables/doubts")
    desk.look("table read only")
    assert "查得领取养老金" in desk.page.locator(".tjs-table").inner_text()
    assert not desk.page.locator(".tjs-table [contenteditable]").count()
    assert missing(desk) == []
    web.check_consoles()
