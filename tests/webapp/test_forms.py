"""Task forms: one FormSpec draws, judges and cleans; what was typed is never lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from domain.errors import InvalidAnswers
from tests.house.rules import ROOT
from webapp.forms import FixedRow, Sources, make
from workflows import forms
from workflows.forms import FormSpec

ALL = sorted((ROOT / "bpmn").glob("*/forms/*.form"))
PEOPLE = [FixedRow("person", "p1", "江白露", "本人"), FixedRow("person", "p2", "梁夏至", "配偶")]
SOURCES = Sources(
    options={"members": [("p1", "江白露"), ("p2", "梁夏至")], "categories": [("DEPOSIT", "存款"), ("HOUSE", "住房")],
             "resources": [("r1", "银行"), ("r2", "国土")], "guardians": [("g1", "梁夏至")]},
    rows={"members": PEOPLE, "recheck_items": [FixedRow("ref", "i1", "江白露", "存款")]},
    preset=frozenset({"resources"}),
)  # fmt: skip


@pytest.fixture(autouse=True)
def in_a_request(app: Flask) -> Iterator[None]:
    """Forms are made while a request is answered."""
    app.config["WTF_CSRF_ENABLED"] = False
    with app.test_request_context("/"):
        yield


def _spec(*components: dict[str, Any]) -> FormSpec:
    named = [
        {"label": one["key"], "properties": {"label.en": one["key"], **one.pop("properties", {})}, **one}
        for one in components
    ]
    source = json.dumps({"type": "default", "components": named}).encode()
    return forms.parse(source, "made", "forms/made.form")


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_form_of_the_shipped_processes_is_drawn_with_every_field(path) -> None:
    spec = forms.parse(path.read_bytes(), path.stem, path.name)
    made = make(spec, SOURCES, {})
    for one in spec.inputs:
        assert str(made[one.key].label.text)
        assert one.kind == "dynamiclist" or one.kind == "filepicker" or str(made[one.key]())


def test_what_waits_for_another_answer_is_needed_only_then() -> None:
    spec = _spec(
        {"type": "radio", "key": "raised", "values": [{"value": "YES", "label": "是"}, {"value": "NO", "label": "否"}]},
        {"type": "textfield", "key": "why", "validate": {"required": True}, "properties": {"show": "raised=YES"}},
    )
    assert make(spec, SOURCES, {}, MultiDict({"raised": "NO"})).validate()
    assert not make(spec, SOURCES, {}, MultiDict({"raised": "YES"})).validate()
    assert make(spec, SOURCES, {}, MultiDict({"raised": "YES", "why": "与实际不符"})).validate()


def test_rows_of_members_are_the_programs_and_not_the_browsers() -> None:
    spec = forms.parse((ROOT / "bpmn/verification/forms/intake.form").read_bytes(), "intake", "intake.form")
    drawn = make(spec, SOURCES, {"members": [{"person": "p2", "WAGE": "900"}]})
    assert [entry.form["person"].data for entry in drawn["members"].entries] == ["p1", "p2"]
    assert drawn["members"].entries[1].form["WAGE"].data == "900"

    sent = MultiDict({"applied_on": "2027-05-18", "truthful": "y", "members-0-person": "p1",
                      "members-1-person": "somebody-else"})  # fmt: skip
    assert not make(spec, SOURCES, {}, sent).validate()


def test_a_checklist_of_sources_begins_with_everything_and_remembers_what_was_unticked() -> None:
    spec = _spec({"type": "checklist", "key": "resources", "properties": {"options": "resources"}})
    assert make(spec, SOURCES, {})["resources"].data == ["r1", "r2"]
    assert make(spec, SOURCES, {"resources": []})["resources"].data == []
    assert not make(spec, SOURCES, {}, MultiDict({"resources": "r9"})).validate()


def test_an_empty_row_is_no_row() -> None:
    spec = forms.parse((ROOT / "bpmn/verification/forms/objection.form").read_bytes(), "objection", "objection.form")
    sent = MultiDict({"raised": "YES", "statement": "不符", "reasons": "请复核", "outcome": "FORWARD",
                      "disputed-0-person": "p1", "disputed-0-category": "DEPOSIT", "disputed-1-person": "",
                      "disputed-1-category": ""})  # fmt: skip
    made = make(spec, SOURCES, {}, sent)
    assert made.validate(), made.faults()
    assert made.answers()["disputed"] == [{"person": "p1", "category": "DEPOSIT"}]
    assert spec.clean(made.answers())["disputed"][0]["person"] == "p1"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {
            "note": st.text(max_size=30),
            "amount": st.text(max_size=12) | st.integers(-5, 200).map(str),
            "day": st.text(max_size=12) | st.dates().map(str),
            "kind": st.sampled_from(["A", "B", "C", ""]),
        }
    )
)
def test_whatever_wtforms_lets_through_the_verb_takes_too(typed: dict[str, str]) -> None:
    """The two judges agree: what the page accepts is never refused afterwards for its form alone."""
    spec = _spec(
        {"type": "textarea", "key": "note", "validate": {"maxLength": 20}},
        {"type": "number", "key": "amount", "validate": {"min": 0, "max": 99}},
        {"type": "datetime", "key": "day"},
        {"type": "radio", "key": "kind", "values": [{"value": "A", "label": "甲"}, {"value": "B", "label": "乙"}]},
    )
    made = make(spec, SOURCES, {}, MultiDict(typed))
    if made.validate():
        spec.clean(made.answers())
    else:
        assert made.faults()
        with pytest.raises(InvalidAnswers):
            spec.clean(made.answers())
    for name, text in typed.items():
        assert (made[name].data or "") == text, "what was typed is shown again as it was typed"
