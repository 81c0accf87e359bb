"""Decision tables by the standard (DMN 1.3 to 1.5, clause 8 and 10.3.2.10)."""

from __future__ import annotations

from decimal import Decimal

import pytest

import decisions
from decisions import DecisionError, Model
from tests.decisions import dmn_models as dmn
from tests.decisions.dmn_models import decide, decision, given, loaded, table

AMOUNT = given("x", "number")


def one(rules: list[list[str]], policy: str = "UNIQUE", outputs: tuple[str, ...] = ("out",), **more: object) -> Model:
    body = table(["x"], list(outputs), rules, policy, **more)  # type: ignore[arg-type]
    return loaded(AMOUNT, decision("t", body, "input:#x"))


def value(model: Model, **inputs: object) -> object:
    return decide(model, "t", **inputs).value


# --- no rule holds


@pytest.mark.parametrize("policy", ["UNIQUE", "ANY", "PRIORITY", "FIRST", "RULE ORDER", "OUTPUT ORDER", "COLLECT"])
def test_no_rule_is_null_whatever_the_policy_or_the_default(policy: str) -> None:
    order = [dmn.values('"a"', '"b"')]
    assert value(one([["1", '"a"']], policy, extra_outputs=order), x=2) is None
    default = [order[0] + dmn.default('"b"')]
    assert value(one([["1", '"a"']], policy, extra_outputs=default), x=2) == "b"


@pytest.mark.parametrize("aggregation", ["SUM", "COUNT", "MIN", "MAX"])
def test_an_aggregate_of_no_rule_is_its_default_or_null(aggregation: str) -> None:
    assert value(one([["1", "1"]], "COLLECT", aggregation=aggregation), x=2) is None
    model = one([["1", "1"]], "COLLECT", aggregation=aggregation, extra_outputs=[dmn.default("7")])
    assert value(model, x=2) == 7


def test_the_default_of_several_outputs_is_a_context_with_null_where_none_is_given() -> None:
    model = one([["1", '"a"', "1"]], "FIRST", ("p", "q"), extra_outputs=[dmn.default('"z"'), ""])
    assert value(model, x=2) == {"p": "z", "q": None}
    collecting = one([["1", '"a"', "1"]], "COLLECT", ("p", "q"), extra_outputs=[dmn.default('"z"'), ""])
    assert value(collecting, x=2) == {"p": "z", "q": None}


def test_a_default_may_be_computed_from_what_the_decision_sees() -> None:
    assert value(one([["1", "1"]], extra_outputs=[dmn.default("x * 2")]), x=5) == 10


# --- hit policies


def test_any_takes_rules_that_agree_and_nothing_else() -> None:
    agreeing = one([["> 1", '"a"', "1"], ["> 2", '"a"', "1.0"]], "ANY", ("p", "q"))
    assert value(agreeing, x=3) == {"p": "a", "q": 1}
    assert value(one([["> 1", '"a"'], ["> 2", "null"]], "ANY"), x=3) is None
    assert value(one([["> 1", "null"], ["> 2", "null"]], "ANY"), x=3) is None


COMPOUND = [["> 0", '"low"', '"x"', "1"], ["> 0", '"high"', '"y"', "2"], ["> 0", '"high"', '"x"', "3"]]
ORDERED = [dmn.values('"high"', '"low"'), dmn.values('"x"', '"y"'), ""]


def test_priority_is_decided_over_the_outputs_that_list_values_the_first_counting_most() -> None:
    model = one(COMPOUND, "PRIORITY", ("p", "q", "r"), extra_outputs=ORDERED)
    assert value(model, x=1) == {"p": "high", "q": "x", "r": 3}
    second = one(COMPOUND, "PRIORITY", ("p", "q", "r"), extra_outputs=["", dmn.values('"x"', '"y"'), ""])
    assert value(second, x=1) == {"p": "low", "q": "x", "r": 1}


def test_output_order_lists_all_hits_highest_first_and_keeps_the_order_of_rules_between_equals() -> None:
    model = one(COMPOUND, "OUTPUT ORDER", ("p", "q", "r"), extra_outputs=ORDERED)
    assert [hit["r"] for hit in value(model, x=1)] == [3, 2, 1]  # type: ignore[attr-defined]
    equals = one([["-", '"b"'], ["-", '"a"'], ["-", '"b"']], "OUTPUT ORDER", extra_outputs=[dmn.values('"a"', '"b"')])
    assert value(equals, x=1) == ["a", "b", "b"]


def test_the_order_may_come_from_the_allowed_values_of_the_outputs_type() -> None:
    item = (
        '<itemDefinition name="tGrade"><typeRef>string</typeRef><allowedValues><text>"good", "bad"</text>'
        "</allowedValues></itemDefinition>"
    )
    body = table(["x"], ["grade: tGrade"], [["> 0", '"bad"'], ["> 0", '"good"']], "PRIORITY")
    assert value(loaded(item, AMOUNT, decision("t", body, "input:#x")), x=1) == "good"


def test_output_values_may_be_ranges_and_the_order_holds_for_them() -> None:
    model = one(
        [["-", "1"], ["-", "50"], ["-", "9"]], "OUTPUT ORDER", extra_outputs=[dmn.values("[10..100]", "[0..10)")]
    )
    assert value(model, x=1) == [50, 1, 9]


def test_rule_order_and_collect_keep_several_outputs_as_contexts() -> None:
    for policy in ("RULE ORDER", "COLLECT"):
        model = one([["> 0", '"a"', "1"], ["> 1", '"b"', "2"]], policy, ("p", "q"))
        assert value(model, x=2) == [{"p": "a", "q": 1}, {"p": "b", "q": 2}]


@pytest.mark.parametrize(
    ("outputs", "aggregation", "wanted"),
    [
        (["1", "1", "5"], "SUM", 7),
        (["1", "1", "5"], "COUNT", 3),
        (['"b"', '"a"', '"c"'], "MIN", "a"),
        (['"b"', '"a"', '"c"'], "MAX", "c"),
        (['date("2024-01-02")', 'date("2024-01-01")'], "MIN", decisions.feel.compile('date("2024-01-01")')),
        (["1", '"a"'], "MAX", None),
        (["1", '"a"'], "SUM", None),
        (["1", "null"], "SUM", None),
        (["null", "null"], "COUNT", 2),
        (["0.1", "0.2"], "SUM", Decimal("0.3")),
    ],
)
def test_aggregates(outputs: list[str], aggregation: str, wanted: object) -> None:
    if isinstance(wanted, decisions.feel.Expression):
        wanted = wanted.evaluate({}, now=dmn.NOW).value
    model = one([["-", output] for output in outputs], "COLLECT", aggregation=aggregation)
    assert value(model, x=1) == wanted


def test_an_aggregate_over_several_outputs_is_not_defined_and_refused() -> None:
    with pytest.raises(DecisionError, match="aggregation does not fit"):
        one([["-", "1", "2"]], "COLLECT", ("p", "q"), aggregation="SUM")


# --- inputs and cells


def test_several_inputs_must_all_hold() -> None:
    rules = [['"a"', "> 1", "1"], ['"a"', "-", "2"], ["-", "< 0", "3"]]
    model = loaded(
        given("p"), given("q"), decision("t", table(["p", "q"], ["o"], rules, "COLLECT"), "input:#p", "input:#q")
    )
    assert value(model, p="a", q=2) == [1, 2]
    assert value(model, p="b", q=-1) == [3]
    assert value(model, p="a", q=-1) == [2, 3]


def test_an_empty_cell_holds_like_a_dash_for_null_too() -> None:
    model = one([["", "1"]])
    assert value(model, x=5) == 1 and value(model) == 1


@pytest.mark.parametrize(
    ("cell", "x", "held"),
    [
        ("? > 3", 4, True),
        ("? > 3 and ? < 9", 9, False),
        ("odd(?)", 3, True),
        ("other", 7, True),
        ("> other", 7, False),
        ("[other..other + 2]", 9, True),
        ("other - 1, other + 1", 8, True),
        ("not(other)", 7, False),
        ("others", 2, True),
        ("others", 9, False),
        ("not(others)", 9, True),
        ("? in others", 3, True),
        ("some o in others satisfies o > ?", 2, True),
        ("null", None, True),
        ("not(null)", None, False),
        ("not(null)", 1, True),
        ("< 5", None, False),
        ("x = 4", 4, True),
        ("other = 7", 1, True),
        ("other = 8", 1, False),
        ("-5", -5, True),
        ("> -5", -4, True),
        ("(1..5), 9", 9, True),
    ],
)
def test_a_cell_may_speak_of_the_input_and_of_every_name_of_its_decision(cell: str, x: object, held: bool) -> None:
    body = table(["x"], ["out"], [[cell, "true"], ["-", "false"]], "FIRST")
    model = loaded(
        AMOUNT, given("other"), given("others"), decision("t", body, "input:#x", "input:#other", "input:#others")
    )
    assert value(model, x=x, other=7, others=[1, 2, 3]) is held


def test_a_list_as_input_is_tested_whole() -> None:
    body = table(["x"], ["out"], [["[1, 2]", '"same"'], ["list contains(?, 9)", '"nine"'], ["-", '"other"']], "FIRST")
    model = loaded(given("x"), decision("t", body, "input:#x"))
    assert [value(model, x=x) for x in ([1, 2], [9], [3])] == ["same", "nine", "other"]


def test_inputs_and_outputs_must_have_their_types() -> None:
    cells = [["> 0", '"much"'], ["null", '"none"'], ["-", "5"]]
    typed = loaded(given("x"), decision("t", table(["x: number"], ["out: string"], cells, "FIRST"), "input:#x"))
    wrong_input = decide(typed, "t", x="a")
    assert wrong_input.value == "none" and "another type than declared" in wrong_input.reasons[0]
    assert value(typed, x=[1]) == "much"
    wrong_output = decide(typed, "t", x=-1)
    assert wrong_output.value is None and "not an allowed value" in wrong_output.reasons[0]


def test_allowed_input_values_hold_for_a_value_and_for_every_item_of_a_list() -> None:
    body = table(["x"], ["out"], [["-", "1"]], extra_inputs=['<inputValues><text>"a", "b"</text></inputValues>'])
    model = loaded(given("x"), decision("t", body, "input:#x"))
    assert value(model, x="a") == 1 and value(model, x=["a", "b"]) == 1 and value(model, x=None) == 1
    assert value(model, x="c") is None and value(model, x=["a", "c"]) is None


def test_an_output_that_is_not_an_allowed_value_is_null_with_a_reason() -> None:
    model = one([["1", '"c"'], ["2", '"a"']], extra_outputs=[dmn.values('"a"', '"b"')])
    wrong = decide(model, "t", x=1)
    assert wrong.value is None and "not an allowed value" in wrong.reasons[0]
    assert value(model, x=2) == "a"


def test_an_output_may_use_the_names_of_its_decision() -> None:
    assert value(one([["> 1", 'if x > 5 then "big" else string(x)']]), x=3) == "3"


def test_a_single_output_has_no_name_and_answers_with_its_value() -> None:
    body = table(["x"], ["out"], [["-", "1"]]).replace(' name="out"', "")
    assert value(loaded(AMOUNT, decision("t", body, "input:#x")), x=1) == 1


def test_a_table_may_stand_inside_other_expressions() -> None:
    inner = table(["n"], ["out"], [["> 10", '"many"'], ["-", '"few"']], "FIRST")
    boxed = (
        f"<context><contextEntry>{dmn.variable('n')}{dmn.text('count(x)')}</contextEntry>"
        f"<contextEntry>{dmn.variable('size')}{inner}</contextEntry></context>"
    )
    result = decide(loaded(given("x"), decision("t", boxed, "input:#x")), "t", x=[1, 2])
    assert result.value == {"n": 2, "size": "few"}
    assert (result.matched[0].decision, result.matched[0].inputs) == ("t", (("n", 2, "-"),))
    in_model = dmn.knowledge("sized", ["n"], inner)
    asked = loaded(in_model, decision("t", "for i in [1, 20] return sized(i)", "knowledge:#sized"))
    told = decide(asked, "t")
    assert told.value == ["few", "many"]
    assert [(rule.decision, rule.number) for rule in told.matched] == [("sized", 2), ("sized", 1)]


def test_the_orientation_changes_nothing() -> None:
    for orientation in ("Rule-as-Row", "Rule-as-Column", "CrossTable"):
        body = table(["x"], ["out"], [["1", '"a"'], ["2", '"b"']])
        body = body.replace("<decisionTable ", f'<decisionTable preferredOrientation="{orientation}" ')
        assert value(loaded(AMOUNT, decision("t", body, "input:#x")), x=2) == "b"


def test_a_faulty_cell_is_refused_and_where_it_is_borne_its_rule_never_holds() -> None:
    source = dmn.model(
        AMOUNT + decision("t", table(["x"], ["out"], [["< ", '"a"'], ["-", '"b"']], "FIRST"), "input:#x")
    )
    with pytest.raises(DecisionError, match="ends too early"):
        decisions.load(source)
    borne = decisions.dmn.read(source)[0].evaluate("t", {"x": 1}, now=dmn.NOW)
    assert borne.value == "b" and any("ends too early" in reason for reason in borne.reasons)
