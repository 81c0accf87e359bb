"""The editor of forms at a real web process: a field is added and saved, kept by keyboard alone, and never lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.editing import aside, begin, close, hand_in, head, kept, missing, open_part, save, wait_checked
from tests.browser.serving import PHONE, Desk, Served
from tests.infrastructure.browser import assert_accessible
from tests.support import ROOT
from workflows import forms

pytestmark = pytest.mark.slow

DECIDE = "forms/decide.form"
FORMS = sorted((ROOT / "bpmn" / "verification" / "forms").glob("*.form"))


def entry(desk: Desk, name: str) -> Any:
    """An entry of the panel."""
    return desk.page.locator(f"[data-form-panel] [data-entry='{name}']")


def add(desk: Desk, kind: str) -> None:
    """Add a field from the palette, after the chosen one."""
    before = desk.page.locator(".fjs-element[data-field-type]").count()
    desk.page.locator(f"[data-form-palette] [data-field-type={kind}]").click()
    desk.page.locator(".fjs-element[data-field-type]").nth(before).wait_for(state="attached")
    desk.page.locator("[data-form-panel] :focus").wait_for()


def choose(desk: Desk, label: str) -> None:
    """Choose the field that says `label`."""
    desk.page.locator(f".fjs-element[aria-label$='{label}']").last.click(position={"x": 4, "y": 4})
    desk.page.locator("[data-form-panel] details").first.wait_for()


def stored(web: Served, ref: str) -> list[dict[str, Any]]:
    """The components of the stored form, which the service can read."""
    content = kept(web, ref, DECIDE)
    forms.parse(content, "decide", DECIDE)
    found: list[dict[str, Any]] = json.loads(content)["components"]
    return found


def test_a_required_question_with_two_answers_and_english_labels_is_added_and_saved(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "forms/decide")
    before = stored(web, ref)
    choose(desk, "依据")
    add(desk, "radio")
    entry(desk, "label").fill("是否公示")
    entry(desk, "label.en").fill("Publish?")
    entry(desk, "key").fill("publish")
    for at, (label, english, value) in enumerate([("公示", "Publish", "YES"), ("不公示", "Do not", "NO")]):
        entry(desk, f"values.{at}.label").fill(label)
        entry(desk, f"values.{at}.label.en").fill(english)
        entry(desk, f"values.{at}.value").fill(value)
    entry(desk, "required").check()
    entry(desk, "route").check()
    wait_checked(desk, "yes")
    save(desk.page)

    after = stored(web, ref)
    added = after.pop(3)
    assert after == before, "what nobody touched has changed"
    assert added == {
        "type": "radio",
        "key": "publish",
        "label": "是否公示",
        "values": [
            {"label": "公示", "value": "YES", "label.en": "Publish"},
            {"label": "不公示", "value": "NO", "label.en": "Do not"},
        ],
        "properties": {"label.en": "Publish?", "route": "true"},
        "validate": {"required": True},
    }
    spec = forms.parse(kept(web, ref, DECIDE), "decide", DECIDE)
    field = next(one for one in spec.inputs if one.key == "publish")
    assert (field.required, field.route, field.label_en) == (True, True, "Publish?")
    assert missing(desk) == []
    web.check_consoles()


def test_every_kind_of_field_has_chinese_entries_and_can_be_used_by_everybody(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "forms/decide")
    kinds = desk.page.locator("[data-form-palette] [data-field-type]").evaluate_all(
        "l => l.map(e => e.dataset.fieldType)"
    )
    assert set(kinds) == forms.ANSWERED | forms.SHOWN, "the palette offers something else than a task can show"
    for kind in kinds:
        add(desk, kind)
        desk.page.locator("[data-form-panel] details:not([open]) summary").evaluate_all(
            "l => l.forEach(e => e.click())"
        )
    desk.look("form editor")
    desk.page.locator("[data-form-palette] input").fill("没有")
    desk.page.locator(".fjs-palette-no-entries").wait_for()
    wait_checked(desk, "no")
    assert missing(desk) == []
    marked = desk.page.locator(".fjs-element[data-finding=error]")
    marked.first.wait_for()
    assert "英文" in (marked.first.get_attribute("data-finding-text") or "")
    desk.page.locator("[data-studio-findings] button:visible").first.click()
    desk.page.locator("[data-form-panel] .said .error").first.wait_for()
    assert_accessible(desk.page)
    web.check_consoles()


def test_a_label_is_changed_with_the_keyboard_alone(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "forms/decide")
    page = desk.page
    page.locator("[data-form-palette] button").last.focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.fieldType") == "textarea":
            break
    page.keyboard.press("Enter")
    page.locator("[data-form-panel] input:focus").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("决定的理由")
    save(desk.page)
    assert [one["label"] for one in stored(web, ref) if one.get("key") == "reason"] == ["决定的理由"]
    web.check_consoles()


def test_a_change_of_one_word_changes_nothing_else_of_any_form(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    assert FORMS, "the process has no forms"
    for file in FORMS:
        open_part(desk, ref, f"forms/{file.stem}")
        desk.page.locator(".fjs-element[role=group]").last.evaluate("one => one.click()")
        field = desk.page.locator("[data-entry=label], [data-entry=text]").first
        old = field.input_value()
        field.fill(f"{old}（改）")
        save(desk.page)
        assert missing(desk) == [], file.stem
        changed, before = kept(web, ref, f"forms/{file.name}").decode(), file.read_text(encoding="utf-8")
        assert changed != before
        assert changed.replace(f"{old}（改）", old) == before, file.stem
    web.check_consoles()


def test_wrong_keys_are_refused_at_once_and_the_right_ones_kept(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "forms/decide")
    choose(desk, "理由")
    entry(desk, "key").fill("outcome")
    refusal = desk.page.locator("#panel-key-error")
    refusal.wait_for()
    assert "另一字段" in refusal.inner_text()
    entry(desk, "key").fill("1 wrong")
    assert "字母" in refusal.inner_text()
    desk.page.keyboard.press("Tab")
    assert entry(desk, "key").input_value() == "reason"
    assert head(web, ref) == 1, "what was refused is kept nowhere"
    web.check_consoles()


def test_undo_takes_back_what_was_added_and_an_untouched_form_is_never_written(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    open_part(desk, ref, "forms/decide")
    wait_checked(desk, "yes")
    desk.page.keyboard.press("Control+s")
    assert head(web, ref) == 1
    count = desk.page.locator(".fjs-element[data-field-type]").count()
    add(desk, "dynamiclist")
    add(desk, "number")
    for _ in range(2):
        desk.page.locator("[data-form-undo]").click()
    assert desk.page.locator(".fjs-element[data-field-type]").count() == count
    desk.page.locator("[data-form-redo]").click()
    assert desk.page.locator(".fjs-element[data-field-type]").count() == count + 1
    web.check_consoles()


def test_who_undoes_everything_has_the_file_as_it_was(web: Served) -> None:
    ref = begin(web)
    compact = json.dumps(json.loads(kept(web, ref, DECIDE)), ensure_ascii=False).encode()
    hand_in(web, ref, DECIDE, compact)
    desk = web.desk("owner1")
    open_part(desk, ref, "forms/decide")
    add(desk, "number")
    desk.page.locator("[data-form-undo]").click()
    save(desk.page)
    assert kept(web, ref, DECIDE) == compact
    web.check_consoles()


def test_the_second_of_two_owners_on_a_form_is_told_and_loses_nothing(web: Served) -> None:
    ref = begin(web)
    first, second = web.desk("owner1"), web.desk("owner2")
    for desk in (first, second):
        open_part(desk, ref, "forms/decide")
        choose(desk, "理由")
    entry(first, "label").fill("甲的理由")
    save(first.page)
    entry(second, "label").fill("乙的理由")
    second.page.keyboard.press("Control+s")
    dialog = second.page.locator("[data-studio-conflict][open]")
    dialog.wait_for()
    assert_accessible(second.page)
    beside = aside(second.page)
    assert "甲的理由" in kept(web, ref, DECIDE).decode()
    assert "乙的理由" in kept(web, ref, DECIDE, beside).decode()
    second.errors[:] = [one for one in second.errors if "status of 409" not in one]
    web.check_consoles()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_editor_can_be_looked_at_on_a_telephone_and_in_both_languages(web: Served, language: str) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    desk.go(f"/account/?lang={language}")
    open_part(desk, ref, "forms/decide")
    desk.look(f"form editor {language}")
    desk.page.set_viewport_size(PHONE)
    desk.look(f"form editor {language}")
    web.check_consoles()


def test_what_a_task_cannot_show_and_a_key_twice_are_found_in_their_places_and_can_be_removed(web: Served) -> None:
    ref = begin(web)
    form = json.loads(kept(web, ref, DECIDE))
    form["components"] += [
        {"type": "button", "label": "发送", "action": "submit"},
        {"type": "textfield", "key": "reason", "label": "又一个理由", "properties": {"label.en": "Again"}},
    ]
    hand_in(web, ref, DECIDE, json.dumps(form).encode())
    desk = web.desk("owner1")
    open_part(desk, ref, "forms/decide")
    wait_checked(desk, "no")
    assert desk.page.locator(".fjs-element[data-finding=error]").count() == 3
    for label in ("发送", "又一个理由"):
        field = desk.page.locator(f".fjs-element[aria-label$='{label}']").last
        if "fjs-editor-selected" not in (field.get_attribute("class") or ""):
            field.evaluate("one => one.click()")
        entry(desk, "remove").click()
        field.wait_for(state="detached")
        assert desk.page.evaluate("document.activeElement.closest('[data-form-panel]') !== null")
    wait_checked(desk, "yes")
    save(desk.page)
    assert [one.get("key") for one in stored(web, ref)] == [one.get("key") for one in form["components"][:-2]]
    assert missing(desk) == []
    web.check_consoles()


def test_who_may_only_read_sees_the_form_and_changes_nothing(web: Served) -> None:
    ref = begin(web)
    desk = web.desk("owner1")
    close(web, ref)
    open_part(desk, ref, "forms/decide")
    desk.look("form read only")
    assert not desk.page.locator("[data-form-palette]").count()
    choose(desk, "依据")
    entries = desk.page.locator("[data-form-panel] [data-entry]")
    assert entries.count() > 5 and not desk.page.locator("[data-form-panel] [data-entry]:enabled").count()
    web.check_consoles()
