"""Owners change the office's way of working in the browser: the next case meets what they drew, and no other does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from domain.cases import Case
from domain.verification import doubts
from domain.work import OPERATOR, unit_of_work
from tasks import starting
from tests.browser.editing import PATIENCE, save, wait_checked
from tests.browser.serving import Desk, Served
from tests.browser.test_studio_tables import cell, write
from tests.journeys import steps
from tests.journeys.playing import Story
from workflows import drafts
from workflows.definition_rows import DefinitionRow
from workflows.instances import CaseState

PROCESS = "verification"
JIANG = "B2027003"


def draft_of(owner: Desk) -> str:
    """From the list of processes to a draft of this one; the draft's ref."""
    owner.go("/processes")
    owner.look("processes")
    owner.page.locator(f"a[href$='/processes/{PROCESS}']").first.click()
    owner.look("process")
    owner.page.locator(f"form[action$='/{PROCESS}/draft'] button").click()
    owner.page.wait_for_url("**/drafts/*")
    owner.look("draft")
    return str(owner.page.url).rstrip("/").rsplit("/", 1)[1].split("#")[0]


def drawn(owner: Desk, ref: str) -> Any:
    """The editor of the drawing, ready and checked."""
    owner.go(f"/drafts/{ref}/drawing")
    owner.page.locator("#studio[data-ready=yes][data-checked]").wait_for(timeout=PATIENCE)
    return owner.page


def choose(page: Any, element: str) -> None:
    """From the list of all elements to an element's panel."""
    page.locator("#panel-tab-elements").click()
    page.locator(f".outline button[data-element='{element}']").click()


def add_after(page: Any, kind: str, identity: str = "", name: str = "") -> str:
    """Add an element after the chosen one; its id."""
    page.locator(".panel-buttons button", has_text=kind).first.click()
    if name:
        page.locator("#panel-name").fill(name)
    if identity:
        page.locator("#panel-id").fill(identity)
        page.locator("#panel-id").press("Tab")
    return str(page.locator("#panel-id").input_value())


def flow_between(page: Any, source: str, target: str) -> str:
    """The id of the flow from one element to another, as the list of elements shows it."""
    page.locator("#panel-tab-elements").click()
    entry = page.locator(".outline button", has_text=f"{source} → {target}")
    return str(entry.first.get_attribute("data-element"))


def a_form_that_decides(owner: Desk, ref: str) -> None:
    """A form of two answers, the answer deciding the way."""
    page = owner.page
    owner.go(f"/drafts/{ref}")
    page.locator("details summary", has_text="添加").first.click()
    page.locator("[name=kind]").select_option("form") if page.locator("select[name=kind]").count() else page.locator(
        "[name=kind][value=form]"
    ).check()
    for field, text in {"key": "papers", "title": "证件核验", "title_en": "Check of papers"}.items():
        page.locator(f"form[action$='/parts'] [name={field}], form.stack [name={field}]").first.fill(text)
    page.locator("form[action*='/parts'] button.btn").first.click()
    page.locator("#studio[data-ready=yes]").wait_for(timeout=PATIENCE)
    page.locator("[data-form-palette] [data-field-type=radio]").click()
    page.locator("[data-form-panel] :focus").wait_for()

    def entry(name: str) -> Any:
        return page.locator(f"[data-form-panel] [data-entry='{name}']")

    entry("label").fill("证件是否齐全")
    entry("label.en").fill("Are the papers complete?")
    entry("key").fill("complete")
    for at, (label, english, value) in enumerate([("齐全", "Complete", "YES"), ("不齐全", "Not complete", "NO")]):
        entry(f"values.{at}.label").fill(label)
        entry(f"values.{at}.label.en").fill(english)
        entry(f"values.{at}.value").fill(value)
    entry("required").check()
    entry("route").check()
    wait_checked(owner, "yes")
    save(owner.page)


def a_step_and_a_choice(owner: Desk, ref: str) -> str:
    """After the start: a person's step with that form, and a choice between going on and the end. The flow's id."""
    page = drawn(owner, ref)
    choose(page, "start_to_intake")
    page.locator(".panel-buttons button", has_text="从图中删除").click()
    choose(page, "start")
    add_after(page, "人工任务", "check_papers", "核验证件")
    page.locator("#panel-name-en").fill("Check the papers")
    page.locator("#panel-roles").select_option("town_post")
    page.locator("#panel-form").select_option("papers")
    page.locator("#panel-stage").select_option("authorise")
    add_after(page, "单选网关", "papers_complete", "证件齐全?")
    page.locator("#panel-connect").select_option("intake")
    choose(page, "papers_complete")
    add_after(page, "结束", "papers_missing", "证件不齐")
    to_end = flow_between(page, "证件齐全?", "证件不齐")
    choose(page, to_end)
    page.locator("#panel-default").check()
    way = flow_between(page, "证件齐全?", "受理申报")
    choose(page, way)
    return way


def tell_scenarios(web: Served, ref: str) -> None:
    """Every scenario of the draft goes through the new step."""
    told = b'[[steps]]\ncomplete = "check_papers"\nanswers = { complete = "YES" }\n\n[[steps]]\ncomplete = "intake"'
    with unit_of_work(web.office.home, web.office.actor("owner1")) as work:
        draft = drafts.get(work, ref)
        files = drafts.bundle_at(work, draft).files
        changed = {
            path: content.replace(b'[[steps]]\ncomplete = "intake"', told)
            for path, content in files.items()
            if path.startswith("scenarios/")
        }
        drafts.save(work, ref, changed, based_on=draft.head)


def propose(owner: Desk, ref: str, note: str) -> str:
    """Check and propose the newest revision; the address of the proposal."""
    owner.go(f"/drafts/{ref}")
    owner.page.locator("#note").fill(note)
    owner.page.locator("#propose button.primary").click()
    owner.page.wait_for_url("**/proposals/*")
    owner.look("proposal, its author's view")
    assert not owner.page.locator("form#approve").count()
    return "/" + str(owner.page.url).split("/", 3)[3]


def approve(second: Desk, address: str, *says: str) -> None:
    """The second owner reads the difference and puts the version in force."""
    second.go(address)
    second.look("proposal, the second owner's view")
    second.says(*says)
    second.page.locator("[name=read]").check()
    second.page.locator(".actionbar button.primary").click()
    second.page.locator(".actionbar button.primary").wait_for(state="detached")


def begun(web: Served, programme: str = "") -> Story:
    """A case of the town's applicant: one for each programme may be open at a time."""
    with unit_of_work(web.office.home, web.office.actor("town")) as work:
        return Story(web.office, starting.start_new(work, starting.household_ref(work, JIANG), programme).ref)


def version_of(story: Story) -> int:
    """The number of the version a case runs on."""
    with story.work() as work:
        found = select(DefinitionRow.number).join(CaseState, CaseState.definition_id == DefinitionRow.id)
        return int(work.session.scalars(found.where(CaseState.case_id == story.case(work).id)).one())


@pytest.mark.slow
def test_a_step_with_a_field_and_a_condition_is_refused_once_approved_and_met_by_new_cases_alone(web: Served) -> None:
    first, second = web.desk("owner1"), web.desk("owner2")
    running = begun(web)
    ref = draft_of(first)
    a_form_that_decides(first, ref)
    way = a_step_and_a_choice(first, ref)

    page = first.page
    page.locator("#panel-condition").fill('check_paper.complete = "YES"')  # a slip: the step is called otherwise
    page.locator(".panel-findings", has_text="check_paper").wait_for(timeout=PATIENCE)
    assert page.locator(".finding-mark.error").count() == 1
    save(first.page)
    first.go(f"/drafts/{ref}")
    page.locator("#note").fill("受理前先核验证件")
    page.locator("#propose button.primary").click()
    page.locator("[data-severity=error], .summary-error, .findings .error, .finding").first.wait_for()
    first.look("draft with a finding")
    first.says("check_paper", "check_papers")
    assert "/proposals/" not in page.url and page.locator("#note").input_value() == "受理前先核验证件"
    page.locator(f"a[href$='drawing#element={way}']").first.click()
    page.locator("#studio[data-ready=yes][data-checked=no]").wait_for(timeout=PATIENCE)
    assert page.locator("#panel-condition").input_value() == 'check_paper.complete = "YES"'
    page.locator("#panel-condition").fill('check_papers.complete = "YES"')
    wait_checked(first, "yes")
    save(first.page)
    first.go(f"/drafts/{ref}/compare")
    first.look("comparison")
    first.says("核验证件", "forms/papers.form", 'check_papers.complete = "YES"')

    # the scenarios go the old way still: the version may not come into force before they are told of the step
    first.go(f"/drafts/{ref}")
    page.locator("#note").fill("受理前先核验证件")
    page.locator("#propose button.primary").click()
    page.locator("#findings h3", has_text="scenarios/to_file.toml").wait_for(timeout=PATIENCE)
    assert "/proposals/" not in page.url
    tell_scenarios(web, ref)
    first.go(f"/drafts/{ref}/scenarios/to_file")
    first.look("a scenario")
    first.says("scenarios/to_file.toml", "符合")

    address = propose(first, ref, "受理前先核验证件")
    approve(second, address, "核验证件", "方冬至", "受理前先核验证件")

    taken = begun(web, "LOWINC")
    assert (version_of(running), version_of(taken)) == (1, 2)
    assert (running.open_steps(), taken.open_steps()) == (["intake"], ["check_papers"])
    town = web.desk("town")
    town.do(taken, "check_papers", {"complete": "YES"})
    assert taken.open_steps() == ["intake"]
    town.go(f"/cases/{taken.case_ref}")
    town.look("case on the new version")
    town.says("核验证件")
    town.go(f"/cases/{running.case_ref}")
    assert "核验证件" not in town.page.locator("main").inner_text()

    # roll back: the first version again, laid before a second owner as any other
    second.go(f"/processes/{PROCESS}")
    second.page.locator("[data-opens=roll-1]").click()
    second.page.locator("#roll-1 textarea").fill("核验与受理重复")
    second.page.locator("#roll-1 button.primary").click()
    second.page.wait_for_url("**/proposals/*")
    approve(first, "/" + second.page.url.split("/", 3)[3], "核验证件", "核验与受理重复")
    later = begun(web, "TEKUN")
    assert (version_of(later), later.open_steps()) == (3, ["intake"])
    assert (version_of(taken), taken.open_steps()) == (2, ["intake"])
    # the browser itself reports the refused proposal
    first.errors[:] = [one for one in first.errors if "status of 422" not in one]
    web.check_consoles()


@pytest.mark.slow
def test_a_changed_rule_decides_the_next_case_and_its_row_is_shown(web: Served) -> None:
    first, second, handler = web.desk("owner1"), web.desk("owner2"), web.desk("handler")
    before = _with_doubts(web)
    assert [one.rule["version"] for one in before] == [1] * len(before)
    assert any(one.category == "PENRCV" for one in before)

    ref = draft_of(first)
    first.page.locator("a[href$='/tables/doubts']").first.click()
    first.page.locator("#studio[data-ready=yes]").wait_for(timeout=PATIENCE)
    write(first, cell(first, "pension_difference"), "> 90000")
    rows = first.page.locator(".tjs-table tbody tr")
    count = rows.count()
    first.page.locator("tfoot.add-rule button").click()
    rows.nth(count).wait_for()
    written = {"category": '"PENRCV"', "fact": '"LINE"', "verdict": '"UNDECLARED"'}
    cells = rows.last.locator("td.input-cell [contenteditable]")
    for place, text in enumerate(written.values()):
        write(first, cells.nth(place), text)
    write(first, rows.last.locator("td.output-cell [contenteditable]"), '"D-PENNEW"')
    write(first, rows.last.locator("td.annotation [contenteditable]"), "新规则：领取养老金 {found} 元，未申报")
    wait_checked(first, "yes")
    save(first.page)
    address = propose(first, ref, "养老金按未申报提示")
    approve(second, address, "> 90000", "D-PENNEW")

    after = _with_doubts(web, "LOWINC")
    pensions = [one for one in after if one.category == "PENRCV"]
    assert [(one.rule["number"], one.rule["version"]) for one in pensions] == [(count + 1, 2)]
    assert "新规则" in pensions[0].sentence and "1,486" in pensions[0].sentence
    handler.go(f"/cases/{_newest(web)}")
    handler.look("case with the new doubt")
    handler.says("新规则", f"第 {count + 1} 行", "第 2 版")
    web.check_consoles()


def _with_doubts(web: Served, programme: str = "") -> list[Any]:
    """The doubts of one more case of the household whose pension is not declared."""
    story = begun(web, programme)
    steps.to_queries(story)
    with unit_of_work(web.office.home, OPERATOR) as work:
        return list(doubts.views(work, story.case(work)))


def _newest(web: Served) -> str:
    with unit_of_work(web.office.home, OPERATOR, write=False) as work:
        return str(work.session.scalars(select(Case.ref).order_by(Case.id.desc()).limit(1)).one())
