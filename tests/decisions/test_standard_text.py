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
        f'<informationRequirement><requiredInput href="#x"/></informationRequirement>{logic}</decision></definitions>',
        encoding="utf-8",
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
    listed = f"<filter><in>{literal('[5, 6]')}</in><match>{literal('x')}</match></filter>"
    assert [decided(tmp_path, listed, {"x": x}) for x in (True, None, 1)] == [[5, 6], [], None]
    some = f'<some iteratorVariable="i"><in>{literal("[x, true]")}</in><satisfies>{literal("i")}</satisfies></some>'
    assert decided(tmp_path, some, {"x": "text"}) is None
    assert decided(tmp_path, some, {"x": None}) is True


def test_an_apostrophe_in_a_name_may_be_either(tmp_path: Path) -> None:
    """Grammar rule 30 as it is printed."""
    assert outcome("{it\u2019s age: 3, r: it\u2019s age * 2}.r").value == 6
    assert outcome("{it's age: 3, r: it's age * 2}.r").value == 6
    assert decided(tmp_path, literal("{x\u2019s: x}.x\u2019s"), {"x": 1}) == 1


def test_names_may_be_spaced_as_they_are_in_the_file(tmp_path: Path) -> None:
    assert decided(tmp_path, literal("x + 1"), {" x ": Decimal(1)}) == 2


def test_years_and_months_may_be_given_as_text_where_they_are_declared(tmp_path: Path) -> None:
    kind = "years and months duration"
    assert decided(tmp_path, literal("x"), {"x": "P1Y2M"}, kind) == YearsMonths(14)
    assert decided(tmp_path, literal("x"), {"x": "P1D"}, kind) is None
    assert decided(tmp_path, literal("x"), {"x": "P1Y2M"}) == "P1Y2M"
    assert decided(tmp_path, literal("x"), {"x": "2026-06-01"}, "date") is None


def written(folder: Path, name: str, namespace: str, body: str, imports: str = "") -> Path:
    asked = f'<import name="b" namespace="{imports}" importType="{DMN}"/>' if imports else ""
    file = folder / name
    file.write_text(f'<definitions xmlns="{DMN}" name="m" namespace="{namespace}">{asked}{body}</definitions>')
    return file


def number_named(name: str, value: str = "") -> str:
    """An input, or a decision of that value."""
    variable = f'<variable name="{name}" typeRef="number"/>'
    if not value:
        return f'<inputData id="{name}" name="{name}">{variable}</inputData>'
    return f'<decision id="{name}" name="{name}">{variable}{literal(value)}</decision>'


def service(name: str, output: str, *given: str) -> str:
    inputs = "".join(f'<inputData href="{one}"/>' for one in given)
    return f'<decisionService id="{name}" name="{name}"><outputDecision href="{output}"/>{inputs}</decisionService>'


@pytest.fixture
def importing(tmp_path: Path) -> Path:
    """A model with a service whose parameters are an input of an imported model and its own of the same name."""
    written(tmp_path, "base.dmn", "urn:base", number_named("n") + number_named("one", "1") + service("ones", "#one"))
    needs = "".join(
        f'<informationRequirement><requiredInput href="{one}"/></informationRequirement>'
        for one in ("urn:base#n", "#n")
    )
    total = f'<decision id="total" name="total"><variable name="total"/>{needs}{literal("10 * b.n + n")}</decision>'
    knows = '<knowledgeRequirement><requiredKnowledge href="#s"/></knowledgeRequirement>'
    calls = "[s(1, 2), s(n: 2, b.n: 1), s(n: 2)]"
    caller = f'<decision id="calls" name="calls"><variable name="calls"/>{knows}{literal(calls)}</decision>'
    body = number_named("n") + total + service("s", "#total", "urn:base#n", "#n") + caller
    return written(tmp_path, "main.dmn", "urn:main", body, "urn:base")


def test_an_imported_parameter_of_a_service_has_its_imports_name(importing: Path) -> None:
    assert decisions.evaluate(importing, "calls", {}, now=NOW) == [12, 12, None]


@pytest.mark.parametrize("given", [{"b": {"n": 1}, "n": 2}, {"b.n": 1, "n": 2}])
def test_an_imported_input_of_a_service_is_given_by_its_imports_name(importing: Path, given: dict[str, object]) -> None:
    assert decisions.evaluate_service(importing, "s", given, now=NOW) == 12


def test_an_imported_service_is_called_by_its_imports_name(importing: Path) -> None:
    assert decisions.evaluate_service(importing, "b.ones", {}, now=NOW) == 1
    with pytest.raises(decisions.DecisionError):
        decisions.evaluate_service(importing, "total", {}, now=NOW)


def test_a_service_without_its_output_is_null(tmp_path: Path) -> None:
    file = written(tmp_path, "model.dmn", "urn:m", service("s", "#gone"))
    assert decisions.evaluate_service(file, "s", {}, now=NOW) is None


def test_what_no_rule_decides_is_the_default_itself(tmp_path: Path) -> None:
    """Not a list of it, though the policy collects (8.3.3 and 10.3.2.10)."""
    table = (
        '<decisionTable hitPolicy="COLLECT">'
        '<output><defaultOutputEntry><text>"none"</text></defaultOutputEntry></output>'
        '<input id="i"><inputExpression><text>x</text></inputExpression></input>'
        '<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>"one"</text></outputEntry></rule>'
        "</decisionTable>"
    )
    assert decided(tmp_path, table, {"x": 2}) == "none"
    assert decided(tmp_path, table, {"x": 1}) == ["one"]
