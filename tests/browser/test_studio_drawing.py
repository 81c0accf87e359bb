"""The editor of drawings as an owner of a process uses it: panel, findings, simulation, saving, two owners at once."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from lxml import etree
from sqlalchemy import update

from domain.clock import machine_now
from domain.parties.accounts import UserSession
from domain.work import OPERATOR, unit_of_work
from tests.browser.drawings import MARKUP, everything
from tests.browser.editing import aside, save, wait_kept
from tests.browser.serving import PHONE, Desk, Served
from tests.infrastructure.browser import assert_accessible
from workflows import drafts
from workflows.bpmn_xml import CAMUNDA, tag

pytestmark = pytest.mark.slow

PART = "process.bpmn"
Q = f"{{{CAMUNDA}}}"


def begin(web: Served, process: str = "verification") -> str:
    """The draft of a process, begun by the first owner."""
    with unit_of_work(web.office.home, web.office.actor("owner1")) as work:
        return drafts.begin(work, process).ref


def put(web: Served, ref: str, content: bytes, login: str = "owner1", path: str = PART) -> int:
    """Save a file of the draft, past the editor."""
    with unit_of_work(web.office.home, web.office.actor(login)) as work:
        return drafts.save(work, ref, {path: content}, based_on=drafts.get(work, ref).head).number


def kept(web: Served, ref: str, number: int | None = None, path: str = PART) -> bytes:
    """The bytes of a file of the draft."""
    with unit_of_work(web.office.home, web.office.actor("owner1"), write=False) as work:
        return drafts.bundle_at(work, drafts.get(work, ref), number).files[path]


def step(content: bytes, element: str) -> Any:
    """An element of a stored drawing."""
    return next(one for one in etree.fromstring(content).iter() if one.get("id") == element)


def edit(desk: Desk, ref: str, anchor: str = "") -> Any:
    """Open the editor and wait for it and its first check."""
    desk.go(f"/drafts/{ref}/drawing{anchor}")
    desk.page.locator("#studio[data-ready=yes][data-checked]").wait_for()
    return desk.page


def missing(page: Any) -> list[str]:
    return list(json.loads(page.locator("#studio").get_attribute("data-missing")))


def choose(page: Any, element: str) -> None:
    """From the list of all elements to an element's panel."""
    page.locator("#panel-tab-elements").click()
    page.locator(f".outline button[data-element='{element}']").click()


WALK = """async () => {
  const tick = () => new Promise((done) => setTimeout(done, 20));
  const find = (what) => document.querySelector(what);
  const kinds = {}, menus = new Set();
  find('#panel-tab-elements').click();
  const elements = [...document.querySelectorAll('.outline button')].map((one) => one.dataset.element);
  for (const element of elements) {
    find('#panel-tab-elements').click();
    find(`.outline button[data-element="${element}"]`).click();
    await tick();
    const kind = find('.panel-head h2').textContent;
    const fresh = !(kind in kinds);
    kinds[kind] ??= element;
    const menu = find('.djs-context-pad.open .entry[data-action=replace]');
    if (!fresh || !menu) continue;
    menu.click();
    await tick();
    for (const one of document.querySelectorAll('.djs-popup-label')) menus.add(one.textContent);
    find('.djs-popup-backdrop')?.click();
    await tick();
  }
  document.body.menus = [...menus];
  return kinds;
}"""


def walk(page: Any) -> dict[str, str]:
    """Go to every element and open the menu of each kind; returns an element of each kind, by what it is called."""
    return dict(page.evaluate(WALK))


@pytest.mark.parametrize("process", ["verification", "dynamic_review", "review_commission"])
def test_every_text_beside_a_shipped_drawing_is_chinese(web: Served, process: str) -> None:
    page = edit(web.desk("owner1"), begin(web, process))
    kinds = walk(page)
    assert len(kinds) > 6
    for element in kinds.values():
        choose(page, element)
        assert_accessible(page)
    assert missing(page) == []
    assert page.locator("#studio").get_attribute("data-status") is None  # looking changes nothing
    web.check_consoles()


def test_everything_that_may_be_drawn_has_its_panel_menu_and_pad_in_chinese(web: Served) -> None:
    ref = begin(web)
    put(web, ref, everything())
    page = edit(web.desk("owner1"), ref)
    assert page.locator(".djs-palette .entry").count() >= 12
    assert len(walk(page)) > 35
    names = " ".join(page.evaluate("document.body.menus"))
    assert "定时" not in names and "时间边界事件（不中断）" in names
    assert not any(word in names for word in ("补偿", "复杂", "事务", "自由", "调用", "取消"))
    assert missing(page) == []
    choose(page, "userTask")
    page.locator(".djs-context-pad .entry[data-action=replace]").first.evaluate("one => one.click()")
    page.locator(".djs-popup").wait_for()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.locator(".djs-container > svg").first.focus()
    page.keyboard.press("Control+f")
    assert page.locator("#outline-search:focus").count() == 1
    assert missing(page) == []
    web.check_consoles()


def test_a_name_that_is_markup_stays_text_on_the_drawing_in_the_panel_and_in_the_simulation(web: Served) -> None:
    ref = begin(web)
    put(web, ref, kept(web, ref).replace('name="收到申请"'.encode(), f"name={quoteattr(MARKUP)}".encode()))
    page = edit(web.desk("owner1"), ref, "#element=start")
    assert page.locator(".panel-head p").inner_text() == MARKUP
    page.locator("[data-studio-simulate]").click()
    page.locator(".bts-palette .bts-entry").last.click()
    page.locator("[data-container-id=start] .bts-context-pad").first.click()
    page.locator(".bts-log .bts-text", has_text="onerror").first.wait_for()
    assert missing(page) == []
    assert page.locator("#studio img").count() == 0
    web.check_consoles()


def test_a_name_and_a_role_are_saved_by_themselves_and_the_rest_stays(web: Served) -> None:
    ref = begin(web)
    before = step(kept(web, ref), "intake")
    owner = web.desk("owner1")
    page = edit(owner, ref, "#element=intake")
    assert page.locator(".panel-head p").inner_text() == before.get("name")
    page.locator("#panel-name").fill("受理申报与核实")
    page.locator("#panel-roles").select_option("department_clerk")
    number = wait_kept(page)
    assert "已保存" in page.locator("[data-studio-status]").inner_text()
    assert str(number) in page.locator("[data-studio-revision]").inner_text()
    after = step(kept(web, ref), "intake")
    assert after.get("name") == "受理申报与核实"
    assert after.get(f"{Q}candidateGroups") == "town_post,department_clerk"
    assert after.get(f"{Q}formKey") == before.get(f"{Q}formKey")
    assert len(list(after.iter(f"{Q}property"))) == len(list(before.iter(f"{Q}property")))
    with unit_of_work(web.office.home, web.office.actor("owner1"), write=False) as work:
        assert {one.author_id for one in drafts.revisions(work, drafts.get(work, ref))} == {work.actor.person()}
    assert_accessible(page)
    web.check_consoles()


def test_a_file_that_nobody_touched_is_not_written(web: Served) -> None:
    ref = begin(web)
    before = kept(web, ref)
    page = edit(web.desk("owner1"), ref)
    choose(page, "intake")
    page.locator("[data-studio-save]").click()
    page.locator("#studio[data-status=Unchanged]").wait_for()
    page.keyboard.press("Control+s")
    page.locator("#panel-name").fill("另一个名称")
    page.locator("#panel-name").press("Tab")
    page.locator("#studio[data-status=Unsaved]").wait_for()
    page.locator(".djs-container > svg").first.focus()
    page.keyboard.press("Control+z")
    assert page.locator("#panel-name").input_value() == step(before, "intake").get("name")
    page.locator("#studio[data-status=Unchanged]").wait_for()  # the file as it was, byte for byte
    assert kept(web, ref) == before
    with unit_of_work(web.office.home, web.office.actor("owner1"), write=False) as work:
        assert drafts.get(work, ref).head == 1
    web.check_consoles()


def test_a_wrong_condition_is_placed_on_the_drawing_and_goes_when_it_is_mended(web: Served) -> None:
    ref = begin(web)
    page = edit(web.desk("owner1"), ref)
    flow = "commission_signed_to_issue_commission"
    choose(page, flow)
    right = page.locator("#panel-condition").input_value()
    page.locator("#panel-condition").fill('sign_commission.outcome == "SIGN"')
    page.locator("#studio[data-checked=no]").wait_for()
    mark = page.locator(".finding-mark.error")
    assert mark.count() == 1 and mark.inner_text() == "✕ 1"
    assert "1 个错误" in page.locator("[data-studio-count]").inner_text()
    finding = page.locator(".studio-findings li")
    assert "错误" in finding.inner_text() and "行" in finding.inner_text()
    assert finding.locator("[data-remedy]").inner_text()
    assert_accessible(page)

    choose(page, "intake")
    page.locator("[data-studio-count]").click()  # to the list of findings, and from there to the place
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#panel-condition").input_value().endswith('== "SIGN"')
    assert "错误" in page.locator(".panel-findings").inner_text()
    page.locator("#panel-condition").fill(right)
    page.locator("#studio[data-checked=yes]").wait_for()
    assert page.locator(".finding-mark").count() == 0

    choose(page, "sign_commission")
    page.locator(".panel-picks button").first.click()  # its only role
    page.locator("#studio[data-checked=no]").wait_for()
    assert page.locator(".panel-findings li").count() == 1
    web.check_consoles()


def test_what_the_process_knows_is_put_into_a_condition_by_a_click(web: Served) -> None:
    page = edit(web.desk("owner1"), begin(web))
    choose(page, "accepted_to_commission")
    page.locator("#panel-condition").fill("")
    page.locator(".panel-insert summary").click()
    page.locator(".chip", has_text='review_report.outcome = "RETURN"').click()
    page.locator("#panel-condition").press("End")
    assert page.locator("#panel-condition").input_value() == 'review_report.outcome = "RETURN"'
    page.locator("#studio[data-checked=yes]").wait_for()
    web.check_consoles()


def test_a_name_is_changed_and_a_step_added_with_nothing_but_keys(web: Served) -> None:
    ref = begin(web)
    page = edit(web.desk("owner1"), ref)
    press_until(page, "#panel-tab-properties")
    page.keyboard.press("ArrowRight")
    press_until(page, "#outline-search")
    page.keyboard.type("intake")
    press_until(page, ".outline button[data-element=intake]")
    page.keyboard.press("Enter")
    assert page.locator("#panel-name:focus").count() == 1
    page.keyboard.press("Control+a")
    page.keyboard.type("键盘受理")
    save(page)
    assert page.locator("#panel-name:focus").count() == 1
    assert step(kept(web, ref), "intake").get("name") == "键盘受理"

    press_until(page, ".panel-buttons button:has-text('系统任务')")
    page.keyboard.press("Enter")
    assert page.locator(".panel-head h2").inner_text() == "系统任务"
    save(page)
    assert len(etree.fromstring(kept(web, ref)).findall(f".//{tag('serviceTask')}")) == 1 + len(
        etree.fromstring(kept(web, ref, 1)).findall(f".//{tag('serviceTask')}")
    )
    web.check_consoles()


def press_until(page: Any, selector: str, key: str = "Tab", most: int = 90) -> None:
    """Press a key until this has the focus."""
    for _press in range(most):
        page.keyboard.press(key)
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"{most} presses of {key} do not lead to {selector}")


def test_while_a_token_runs_nothing_can_be_changed_and_afterwards_everything_is_as_before(web: Served) -> None:
    ref = begin(web)
    before = kept(web, ref)
    page = edit(web.desk("owner1"), ref, "#element=intake")
    page.locator("[data-studio-simulate]").click()
    page.locator("#studio[data-simulating=yes]").wait_for()
    assert page.locator("#panel-name").is_disabled()
    page.locator(".bts-context-pad").first.click()
    page.locator(".bts-notification").first.wait_for()
    page.locator(".bts-palette .bts-entry").last.click()
    page.locator(".bts-log .bts-entry", has_text="受理申报").first.wait_for()
    assert_accessible(page)
    page.locator("[data-studio-simulate]").click()
    page.locator("#studio[data-simulating=no]").wait_for()
    assert page.locator("#panel-name").is_enabled()
    assert page.locator(".djs-palette").is_visible()
    assert missing(page) == []
    page.locator("[data-studio-save]").click()
    page.locator("#studio[data-status=Unchanged]").wait_for()
    assert kept(web, ref) == before
    web.check_consoles()


def test_of_two_owners_on_one_drawing_neither_overwrites_the_other(web: Served) -> None:
    ref = begin(web)
    page = edit(web.desk("owner1"), ref, "#element=intake")
    other = edit(web.desk("owner2"), ref)
    assert other.locator("[data-studio-others]").inner_text()  # the first one is here
    theirs = kept(web, ref).replace("收取授权书".encode(), "收取书面授权".encode())
    put(web, ref, theirs, "owner2")

    page.locator("#panel-name").fill("我的名称")
    dialog = page.locator("dialog[data-studio-conflict][open]")
    dialog.wait_for()
    assert "第 2 稿" in dialog.inner_text()
    assert dialog.locator("[data-studio-aside]:focus").count() == 1
    assert_accessible(page)
    page.keyboard.press("Escape")
    assert page.locator("#panel-name").input_value() == "我的名称"
    assert page.locator("#studio").get_attribute("data-status") == "Conflict"
    page.locator("[data-studio-save]").click()
    dialog.wait_for()
    beside = aside(page)
    assert kept(web, ref) == theirs
    assert step(kept(web, ref, beside), "intake").get("name") == "我的名称"

    page.locator("#panel-name").fill("又一个")
    page.locator("#studio[data-status=Held]").wait_for()
    page.locator("[data-studio-save]").click()
    dialog.wait_for()
    dialog.locator("[data-studio-theirs]").click()
    page.locator("#studio[data-revision='2'][data-ready=yes]").wait_for()
    assert page.locator("#panel-name").input_value() == "受理申报"
    for desk in web.desks.values():  # the browser itself reports an answer 409
        desk.errors[:] = [one for one in desk.errors if "409" not in one]
    web.check_consoles()


def test_what_other_programs_wrote_survives_a_change(web: Served) -> None:
    ref = begin(web)
    mine = b'<bpmn:extensionElements><wf:label xmlns:wf="urn:other" lang="fr"><wf:deep a="1">x</wf:deep></wf:label>'
    foreign = kept(web, ref).replace(b"<bpmn:extensionElements>", mine)
    put(web, ref, foreign)
    page = edit(web.desk("owner1"), ref, "#element=intake")
    page.locator("#panel-name-en").fill("")
    page.locator("#panel-name-en").press("Tab")
    save(page)
    labels = [one.get("lang") for one in etree.fromstring(kept(web, ref)).iter("{urn:other}label")]
    deep = [one.text for one in etree.fromstring(kept(web, ref)).iter("{urn:other}deep")]
    assert len(labels) == foreign.count(b"<wf:label") and set(labels) == {"fr"} and set(deep) == {"x"}
    names = [one.get("name") for one in step(kept(web, ref), "intake").iter(f"{Q}property")]
    assert "name.en" not in names and "stage" in names
    web.check_consoles()


def test_a_half_typed_id_is_left_alone_by_the_clock_and_asked_about_when_the_page_is_left(web: Served) -> None:
    ref = begin(web)
    page = edit(web.desk("owner1"), ref, "#element=intake")
    page.locator("#panel-id").fill("intak")
    page.locator("#panel-name").evaluate(
        "one => { one.value = '改名'; one.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    wait_kept(page)
    assert page.locator("#panel-id:focus").input_value() == "intak"
    assert step(kept(web, ref), "intake").get("name") == "改名"
    asks = """() => { const leaving = new Event('beforeunload', { cancelable: true });
      dispatchEvent(leaving); return leaving.defaultPrevented; }"""
    assert page.evaluate(asks) is True
    save(page)
    assert step(kept(web, ref), "intak").get("name") == "改名"
    assert page.evaluate(asks) is False
    web.check_consoles()


def test_what_an_editor_holds_is_kept_once_its_owner_signed_in_again_in_another_window(web: Served) -> None:
    ref = begin(web)
    owner = web.desk("owner1")
    page = edit(owner, ref, "#element=intake")
    with unit_of_work(web.office.home, OPERATOR) as work:
        work.session.execute(update(UserSession).values(expires_at=machine_now()))
    page.locator("#panel-name").fill("再次登录后保存")
    page.keyboard.press("Control+s")
    page.locator("#studio[data-status=SignedOut]").wait_for()
    assert "登录" in page.locator("[data-studio-status]").inner_text()

    owner.page = page.context.new_page()
    owner.sign_in()
    save(page)
    assert step(kept(web, ref), "intake").get("name") == "再次登录后保存"
    owner.errors[:] = [one for one in owner.errors if "status of 400" not in one]  # the token of the ended session
    web.check_consoles()


def test_a_value_sent_along_never_takes_the_place_of_another(web: Served) -> None:
    ref = begin(web)
    put(web, ref, everything())
    page = edit(web.desk("owner1"), ref, "#element=sendTask")
    add = page.locator(".panel-buttons button", has_text="附带一个值")
    add.click()
    add.click()
    page.locator("#panel-sent-value-1").fill("=c")
    page.locator("#panel-sent-name-0").fill("value2")
    page.locator("#panel-sent-name-0").press("Tab")
    assert "此名称" in page.locator("#panel-sent-name-0-error").inner_text()
    page.locator(".panel-buttons button", has_text="value1").click()
    add.click()
    save(page)
    given = {one.get("name"): one.text for one in step(kept(web, ref), "sendTask").iter(f"{Q}inputParameter")}
    assert given == {"value2": "=c", "value1": "="}
    web.check_consoles()


def test_on_a_telephone_and_in_english_the_drawing_is_shown(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    desk.page.set_viewport_size(PHONE)
    desk.go(f"/drafts/{ref}/drawing")
    desk.page.locator("#studio[data-ready=yes]").wait_for()
    desk.look("drawing")
    assert desk.page.locator(".studio-narrow").is_visible()
    assert desk.page.locator(".djs-palette").count() == 0
    desk.page.set_viewport_size({"width": 1366, "height": 768})
    edit(desk, ref, "?lang=en#element=intake")
    assert desk.page.locator(".panel-group h3").first.inner_text() == "General"
    assert_accessible(desk.page)
    web.check_consoles()
