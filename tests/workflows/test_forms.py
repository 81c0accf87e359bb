"""Forms: what a bundle's form file may hold, and how answers are cleaned."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DefinitionRefused, InvalidAnswers
from workflows import forms

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted((ROOT / "bpmn").glob("*/forms/*.form"))
ENGLISH = {"label.en": "x"}


def a_form(*components: Any) -> bytes:
    return json.dumps({"type": "default", "components": list(components)}).encode()


def a_field(kind: str = "textfield", key: str = "word", **more: Any) -> dict[str, Any]:
    properties = {**ENGLISH, **more.pop("properties", {})}
    return {"type": kind, "key": key, "label": "字", "properties": properties, **more}


def refused(source: bytes) -> list[str]:
    with pytest.raises(DefinitionRefused) as refusal:
        forms.parse(source, "f", "forms/f.form")
    return [f"{finding.element}: {finding.sentence}" for finding in refusal.value.findings]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_every_shipped_form_can_be_drawn(path: Path) -> None:
    spec = forms.parse(path.read_bytes(), path.stem, path.name)

    assert spec.inputs
    assert all(field.label and field.label_en for field in spec.inputs)


@pytest.mark.parametrize(
    ("component", "sentence"),
    [
        ({"type": "iframe", "key": "a"}, "cannot be shown"),
        ({"type": "html", "content": "<script>"}, "cannot be shown"),
        (a_field(conditional={"hide": "=1"}), "neither true nor false"),
        (a_field(validate={"pattern": "(a+)+$"}), "validate.pattern has no effect"),
        (a_field(validate=[1]), "validate is not an object"),
        (a_field("number", validate={"min": "many"}), "min is not a number"),
        (a_field(properties={"onclick": "x"}), "properties.onclick has no effect"),
        (a_field(key="__proto__"), "not a plain name"),
        (a_field("radio"), "nothing to choose"),
        (a_field("radio", values=["x"]), "no value"),
        (a_field("textfield", properties={"route": "true"}), "cannot steer"),
        (a_field("dynamiclist", components=[]), "needs columns"),
        ({"type": "textfield", "key": "a", "label": "字"}, "no English label"),
        ("text", "not an object"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_field(component: Any, sentence: str) -> None:
    assert any(sentence in line for line in refused(a_form(component)))


@pytest.mark.parametrize("source", [b"", b"[]", b"{}", b'{"type":"default"}', b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_form_is_refused(source: bytes) -> None:
    assert any("not a form-js form" in line for line in refused(source))


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(sorted(forms.ATTRIBUTES)), inner),
    max_leaves=12,
)


@given(ANYTHING)
def test_any_json_is_read_or_refused_never_an_error(component: Any) -> None:
    with contextlib.suppress(DefinitionRefused):
        forms.parse(a_form(component), "f", "f.form")


def test_two_fields_of_one_key_are_refused() -> None:
    assert any("same key" in line for line in refused(a_form(a_field(), a_field())))


def test_answers_are_cleaned_and_only_routing_values_steer() -> None:
    spec = forms.parse(
        a_form(
            a_field("number", "amount", validate={"min": 0, "max": 10}, properties={"route": "true"}),
            a_field("textfield", "word"),
            a_field("checkbox", "sure"),
        ),
        "f",
        "f.form",
    )

    clean = spec.clean({"amount": "７.50", "word": "  字 ", "sure": True})

    assert clean == {"amount": "7.50", "word": "字", "sure": True}
    assert spec.routing(clean) == {"amount": 7.5}


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"amount": "11"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": "1", "secret": "x"}, "secret"),
        ({"amount": "1", "when": "2027-02-30"}, "when"),
        ({"amount": "1", "choice": "C"}, "choice"),
        ({"amount": "1", "files": ["../../x"]}, "files"),
        ({"amount": "1", "rows": [{"inner": "1", "evil": "x"}]}, "rows"),
        ({"amount": "1", "rows": [{"inner": "x" * 9000}]}, "rows-0-inner"),
        ({}, "amount"),
    ],
)
def test_a_bad_answer_names_its_field(answers: dict[str, Any], field: str) -> None:
    spec = forms.parse(
        a_form(
            a_field("number", "amount", validate={"max": 10, "required": True}),
            a_field("datetime", "when", subtype="date"),
            a_field("select", "choice", values=[{"value": "A", "label": "甲"}]),
            a_field("filepicker", "files"),
            a_field("dynamiclist", "rows", components=[a_field("textfield", "inner")]),
        ),
        "f",
        "f.form",
    )

    with pytest.raises(InvalidAnswers) as refusal:
        spec.clean(answers)

    assert field in refusal.value.fields


def test_a_hidden_field_is_neither_asked_nor_kept() -> None:
    spec = forms.parse(
        a_form(
            a_field("radio", "raised", values=[{"value": "YES", "label": "是"}, {"value": "NO", "label": "否"}]),
            a_field("textarea", "why", validate={"required": True}, properties={"show": "raised=YES"}),
        ),
        "f",
        "f.form",
    )

    assert spec.clean({"raised": "NO", "why": "left over"}) == {"raised": "NO", "why": None}
    with pytest.raises(InvalidAnswers):
        spec.clean({"raised": "YES"})


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_a_number_comes_back_as_it_was(figure: Decimal) -> None:
    spec = forms.parse(a_form(a_field("number", "amount")), "f", "f.form")

    assert Decimal(spec.clean({"amount": str(figure)})["amount"]) == figure
