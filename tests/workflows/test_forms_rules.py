"""Expressions of forms at the check: what is read, what is refused where, what the owner is warned of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.errors import DefinitionRefused, Finding
from workflows import forms
from workflows.forms import FormSpec

ROOT = Path(__file__).resolve().parents[2]


def a_field(kind: str = "textfield", key: str = "word", **more: Any) -> dict[str, Any]:
    properties = {"label.en": "x", **more.pop("properties", {})}
    return {"type": kind, "key": key, "label": "字", "properties": properties, **more}


def hidden_when(text: object, key: str = "word", kind: str = "textfield", **more: Any) -> dict[str, Any]:
    return a_field(kind, key, conditional={"hide": text}, **more)


def checked(text: object, key: str = "word", kind: str = "number", **more: Any) -> dict[str, Any]:
    said = {"check": text, "check.message": "请核对。", "check.message.en": "Look again."}
    return a_field(kind, key, properties=said, **more)


AMOUNT = a_field("number", "amount")
CHOICE = a_field("radio", "choice", values=[{"value": "YES", "label": "是"}, {"value": "NO", "label": "否"}])


def form_of(*components: Any) -> FormSpec:
    source = json.dumps({"type": "default", "components": list(components)}).encode()
    return forms.parse(source, "made", "forms/made.form")


def refused(*components: Any) -> list[str]:
    with pytest.raises(DefinitionRefused) as refusal:
        form_of(*components)
    return [f"{one.element}: {one.sentence} {one.remedy}" for one in refusal.value.findings]


def checked_form(*components: Any) -> list[Finding]:
    return forms.check_rules(form_of(*components), "forms/made.form")


@pytest.mark.parametrize(
    ("components", "sentence"),
    [
        ([hidden_when('choice = "YES"'), CHOICE], "word: The condition is no expression. Begin it with =."),
        ([hidden_when("= ")], "word: The expression is empty."),
        ([hidden_when("=(choice"), CHOICE], "word: The expression cannot be read: "),
        ([hidden_when("=(choice"), CHOICE], "(line 1, column"),
        ([hidden_when('=choice == "YES"'), CHOICE], "word: This looks like Python"),
        ([hidden_when("=choice = True"), CHOICE], "word: This looks like Python"),
        ([hidden_when("=choice.__class__ = null"), CHOICE], "word: This looks like Python"),
        ([hidden_when('="yes"')], "word: The expression gives neither true nor false."),
        ([hidden_when("=1 + 1")], "word: The expression gives neither true nor false."),
        ([hidden_when("=amuont > 1"), AMOUNT], "word: The form has no field “amuont”. Use one of: amount."),
        ([hidden_when("=case.programme = null")], "word: The form has no field “case”."),
        ([hidden_when("=this.amuont > 1"), AMOUNT], "word: The form has no field “amuont”. Use one of: amount."),
        ([hidden_when(17)], "word: The expression is not a text"),
        ([hidden_when("=" + "1" * 5000)], "word: The expression is not a text of up to 4000 characters."),
        ([a_field(conditional={"show": "=true"})], "word: conditional.show has no effect here."),
        ([a_field(conditional="=true")], "word: conditional is not an object."),
        ([a_field(validate={"required": "=amount > 1"}), AMOUNT], "word: Whether a field must be filled in"),
        ([a_field(properties={"check": "=word = null"})], "word: The check has no message."),
        ([a_field(properties={"check": "=word = null", "check.message": "不"})], "no English message"),
        ([a_field(properties={"check.message": "不"})], "word: The field has a message for a check, but no check."),
        ([checked("word > ")], "word: The expression cannot be read"),
        ([{"type": "text", "text": "字", "properties": {"check": "=true"}}], "properties.check has no effect here."),
        ([{"type": "group", "id": "g", "conditional": {"hide": "=x"}, "components": []}], "The form has no field “x”."),
        ([{"type": "group", "id": "g", "conditional": [1], "components": []}], "g: conditional is not an object."),
        ([{"type": "group", "id": "g", "properties": {"check": "=true"}, "components": []}], "g: properties.check"),
        (
            [hidden_when("=count(count) > 1"), a_field("dynamiclist", "count", components=[AMOUNT])],
            "name of a function",
        ),
    ],
)
def test_an_expression_that_cannot_be_used_is_refused_at_its_field(components: list[Any], sentence: str) -> None:
    assert any(sentence in line for line in refused(*components)), refused(*components)


@pytest.mark.parametrize(
    "components",
    [
        [hidden_when("=word = null")],
        [hidden_when("=b = null", "a"), hidden_when("=a = null", "b")],
        [hidden_when("=b = null", "a"), hidden_when("=c = null", "b"), hidden_when("=a = null", "c")],
        [hidden_when("=b = null", "a"), a_field(key="b", properties={"show": "a=1"})],
        [{"type": "group", "conditional": {"hide": "=a = null"}, "components": [a_field(key="a")]}],
        [a_field("dynamiclist", "rows", components=[hidden_when("=count(rows) > 2", "inner")])],
        [a_field("dynamiclist", "rows", components=[hidden_when("=this.inner = null", "inner")])],
    ],
)
def test_fields_that_hide_one_another_are_refused(components: list[Any]) -> None:
    assert any("depends on itself" in line for line in refused(*components))


def test_a_circle_is_told_once_and_in_its_order() -> None:
    said = refused(hidden_when("=b = null", "a"), hidden_when("=c = null", "b"), hidden_when("=a = null", "c"))

    assert said == ["a: Whether the field is hidden depends on itself: a → b → c → a. Break the circle."]


def test_every_fault_of_a_form_is_told_at_once() -> None:
    said = refused(hidden_when("=x", "a"), hidden_when("=y", "b"), checked("z > 1", "c"))

    assert {line[0] for line in said} == {"a", "b", "c"}


def test_a_form_of_very_many_expressions_is_refused() -> None:
    many = [hidden_when("=amount = 1", f"f{number}") for number in range(301)]

    assert any("over 300 expressions" in line for line in refused(AMOUNT, *many))


def test_an_older_form_that_waits_for_itself_stays_valid() -> None:
    spec = form_of(a_field(key="a", properties={"show": "b=1"}), a_field(key="b", properties={"show": "a=1"}))

    assert spec.clean({"a": "1", "b": "1"}) == {"a": "1", "b": "1"}
    assert spec.clean({"a": "1", "b": "2"}) == {"a": None, "b": None}


def test_a_check_that_no_empty_answer_can_pass_is_a_warning_where_the_field_may_be_empty() -> None:
    (warning,) = checked_form(checked("amount < 100", "amount"))

    assert (warning.element, warning.severity) == ("amount", "warning")
    assert "amount = null or" in str(warning.remedy)
    assert checked_form(checked("amount < 100", "amount", validate={"required": True})) == []
    assert checked_form(checked("amount = null or amount < 100", "amount")) == []
    assert checked_form(CHOICE, checked('reason != null or choice = "NO"', "reason", "textfield")) == []


@pytest.mark.parametrize(
    ("components", "sentence"),
    [
        ([hidden_when('=amount = "5"'), AMOUNT], "compares a number with a string. (line 1, column 1)"),
        ([hidden_when("=lenght(word2) > 5"), a_field(key="word2")], "There is no function 'lenght'."),
        ([checked("on > 5", "on", "datetime")], "on: 'on > 5' compares a date with a number."),
        ([hidden_when("=files[1].nmae = null"), a_field("filepicker", "files")], "no entry 'nmae'"),
        ([a_field("dynamiclist", "rows", components=[AMOUNT, hidden_when('=amount > "x"', "y")])], "y: 'amount > "),
    ],
)
def test_what_cannot_fit_together_is_found_at_its_field(components: list[Any], sentence: str) -> None:
    found = checked_form(*components)[0]

    assert found.severity == "error"
    assert sentence in f"{found.element}: {found.sentence} {found.remedy}"


def test_a_value_that_is_no_option_is_a_warning() -> None:
    (warning,) = checked_form(CHOICE, hidden_when('=choice = "YESS"'))

    assert (warning.element, warning.severity) == ("word", "warning")
    assert "is not one of the allowed values" in str(warning.sentence)


@pytest.mark.parametrize("path", sorted((ROOT / "bpmn").glob("*/forms/*.form")), ids=lambda path: path.stem)
def test_no_shipped_form_is_warned_of(path: Path) -> None:
    assert forms.check_rules(forms.parse(path.read_bytes(), path.stem, path.name), path.name) == []
