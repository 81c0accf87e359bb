"""What the standard's own text says, and what is easily done otherwise (DMN 1.5, 10.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import decisions
from decisions import YearsMonths, feel

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
DMN = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def outcome(text: str) -> feel.Outcome:
    return feel.compile(text).evaluate({}, now=NOW)


def literal(text: str) -> str:
    return f"<literalExpression><text>{text}</text></literalExpression>"


def decided(folder: Path, logic: str, inputs: dict[str, object] | None = None, kind: str = "Any") -> object:
    """The value of a decision of that logic, which may use the input `x` of that kind."""
    file = folder / "model.dmn"
    file.write_text(
        f'<definitions xmlns="{DMN}" name="m" namespace="urn:m">'
        f'<inputData id="x" name="x"><variable name="x" typeRef="{kind}"/></inputData>'
        '<decision id="d" name="The   decision"><variable name="The   decision"/>'
        f'<informationRequirement><requiredInput href="#x"/></informationRequirement>{logic}</decision></definitions>'
    )
    return decisions.evaluate(file, "The   decision", inputs or {}, now=NOW)


@pytest.mark.parametrize("condition", ["null", '"x"', "1", "[]", "false"])
def test_what_is_not_true_is_otherwise(condition: str) -> None:
    assert outcome(f"if {condition} then 1 else 2").value == 2


def test_a_condition_that_is_no_boolean_is_told() -> None:
    assert outcome('if "x" then 1 else 2').problems == ("A string stands where true or false is needed.",)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("some x in [1, true] satisfies x", True),
        ("some x in [1, false] satisfies x", None),
        ("every x in [1, false] satisfies x", False),
        ("every x in [1, true] satisfies x", None),
        ("some x in [null, true] satisfies x", True),
        ("every x in [null, true] satisfies x", None),
    ],
)
def test_quantifiers_are_chains_of_or_and_and(text: str, wanted: bool | None) -> None:
    assert outcome(text).value is wanted


@pytest.mark.parametrize("text", ["for i in 5 return i", "some i in true satisfies i", 'every i in "a" satisfies true'])
def test_an_iteration_takes_no_single_value_for_a_list(text: str) -> None:
    found = outcome(text)
    assert found.value is None
    assert "An iteration runs over a list or a range" in found.problems[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(function(a, b) if b = null then a else b)(a: 3)", Decimal(3)),
        ("(function(a, b) a)(b: 3)", None),
        ("(function(a, b) 1)(a: 3, c: 4)", None),
        ("(function(a, b) 1)(3)", None),
    ],
)
def test_parameters_by_name_that_are_not_supplied_are_null(text: str, wanted: Decimal | None) -> None:
    assert outcome(text).value == wanted


def test_any_number_to_the_power_of_zero_is_one() -> None:
    assert outcome("[0 ** 0, 5 ** 0, -1 ** 0]").value == [1, 1, 1]


def test_boxes_ask_for_true_or_false(tmp_path: Path) -> None:
    parts = {part: f"<{part}>{literal(text)}</{part}>" for part, text in (("then", "1"), ("else", "2"))}
    for condition, wanted in (("null", 2), ("x", None)):
        logic = f"<conditional><if>{literal(condition)}</if>{parts['then']}{parts['else']}</conditional>"
        assert decided(tmp_path, logic, {"x": "text"}) == wanted
    some = f'<some iteratorVariable="i"><in>{literal("[x, true]")}</in><satisfies>{literal("i")}</satisfies></some>'
    assert decided(tmp_path, some, {"x": "text"}) is None
    assert decided(tmp_path, some, {"x": None}) is True


def test_names_may_be_spaced_as_they_are_in_the_file(tmp_path: Path) -> None:
    assert decided(tmp_path, literal("x + 1"), {" x ": Decimal(1)}) == 2


def test_years_and_months_may_be_given_as_text_where_they_are_declared(tmp_path: Path) -> None:
    kind = "years and months duration"
    assert decided(tmp_path, literal("x"), {"x": "P1Y2M"}, kind) == YearsMonths(14)
    assert decided(tmp_path, literal("x"), {"x": "P1D"}, kind) is None
    assert decided(tmp_path, literal("x"), {"x": "P1Y2M"}) == "P1Y2M"
    assert decided(tmp_path, literal("x"), {"x": "2026-06-01"}, "date") is None
