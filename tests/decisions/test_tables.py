"""The index of rules tells what evaluating every cell would tell; explanations say why a rule is not the answer."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions import Model, Result, feel
from decisions.dmn import read
from decisions.feel import YearsMonths
from decisions.feel.parser import parse
from decisions.rule_index import Spans, bits
from decisions.simple_cells import simple_cell
from decisions.tables import Table
from tests.decisions import dmn_models as dmn
from tests.decisions.dmn_models import NOW, decision, loaded, table

CELLS = [
    *("-", "", "null", "not(null)", "1", "2.0", "-3", "< 2", "<= 2", "> 2", ">= 2", "= 2", "!= 2", "[1..3]", "(1..3)"),
    *("]1..3[", "[3..1]", "(2..2)", "[2..2]", "1, 3", "< 1, > 2", "< 1, null", "[1..2], [2..3], 5", "not(2)"),
    *("not(1, 2)", "not([1..2])", "not(< 2)", "not(null, 2)", "not([3..1])", "not(1, null, 3)"),
    *('"a"', '"b", "c"', 'not("a")', 'not("a", "b")', '< "b"', '["a".."b"]', '("a".."c")', '["a", "b"]', '!= "a"'),
    *(
        "true",
        "false",
        "not(true)",
        "true, false",
        "!= null",
        "= null",
        "[1, 3]",
        "[1, [2..3]]",
        '1, "a"',
        'not(1, "a")',
    ),
    *('not(1, "a")', 'date("2020-01-01")', '< date("2020-01-01")', '[date("2020-01-01")..date("2021-01-01")]'),
    *(
        'duration("P1Y")',
        '>= duration("P1D")',
        '@"2020-01-01"',
        '> @"2020-01-01"',
        '@"10:00:00"',
        'not(@"2020-01-01")',
        '> @"P1M"',
    ),
    *(
        "? > 2",
        "not((1..2])",
        "? = null",
        'contains(?, "a")',
        "? in [1..3]",
        "other",
        "> other",
        "[other..3]",
        "? instance of number",
    ),
    *(
        "< null",
        "date(null)",
        "1 + 1",
        "[]",
        "[[1]]",
        "{}",
        "not(? > 1)",
        "unknown",
        "< unknown",
        "list contains(?, 1)",
    ),
]
VALUES: list[object] = [
    *(None, True, False, 0, 1, Decimal("2"), Decimal("2.00"), 2.5, 3, 4, -3, 5, "", "a", "b", "bb", "c"),
    *(date(2020, 1, 1), date(2020, 6, 1), date(2019, 1, 1), timedelta(days=1), timedelta(hours=1), YearsMonths(1)),
    *(YearsMonths(12), [1], ["a", "b"], [], {}, {"a": 1}, NOW, NOW.time()),
]
OTHER = {"other": 2}
cells, seen = st.sampled_from(CELLS), st.sampled_from(VALUES)
rows = st.integers(1, 3).flatmap(
    lambda width: st.tuples(
        st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8),
        st.lists(seen, min_size=width, max_size=width),
    )
)


def holds(cell: str, value: object) -> bool:
    return feel.compile(cell or "-", unary=True).test(value, OTHER, now=NOW).value is True


@settings(max_examples=500, deadline=None)
@given(rows, st.sampled_from(["UNIQUE", "ANY", "FIRST", "RULE ORDER", "COLLECT"]))
def test_the_index_finds_the_rules_whose_every_cell_holds(
    made: tuple[list[list[str]], list[object]], policy: str
) -> None:
    rules, values = made
    names = [f"v{at}" for at in range(len(values))]
    body = table(names, ["out"], [[*rule, str(number)] for number, rule in enumerate(rules, 1)], policy)
    needed = [f"input:#{name}" for name in (*names, "other")]
    source = dmn.model("".join(map(dmn.given, (*names, "other"))) + decision("t", body, *needed))
    made_model = read(source)[0]
    held = [number for number, rule in enumerate(rules, 1) if all(map(holds, rule, values))]
    for explain in (False, True):
        inputs = dict(zip(names, values, strict=True)) | OTHER
        result = made_model.evaluate("t", inputs, now=NOW, explain=explain)
        first = held[:1] if policy == "FIRST" else held
        assert [rule.number for rule in result.matched] == first
        wanted: object = first[0] if first else None
        if policy in ("RULE ORDER", "COLLECT"):
            wanted = first or None
        elif len(first) > 1:
            wanted = None
        assert result.value == wanted
        if explain:
            reached = held[0] if held and policy == "FIRST" else len(rules)
            failed = {rule.number: rule.column for rule in result.missed if rule.why == "cell"}
            assert failed == {
                number: next(at for at, cell in enumerate(rule, 1) if not holds(cell, values[at - 1]))
                for number, rule in enumerate(rules, 1)
                if number not in held and number <= reached
            }
            assert all(rule.why == "not reached" for rule in result.missed if rule.number > reached)
            assert len(result.missed) + len(first) == len(rules)


@pytest.mark.parametrize("cell", CELLS[: CELLS.index("? > 2")])
def test_a_cell_of_constants_is_simple_unless_it_mixes_kinds_or_tells_the_time(cell: str) -> None:
    simple = simple_cell(parse(cell or "-", unary=True)) is not None
    assert simple == (cell not in ('not(1, "a")', '@"10:00:00"', "not([3..1])"))


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans()), min_size=1, max_size=3),
        min_size=1,
        max_size=12,
    ),
    st.integers(-1, 10),
    st.booleans(),
)
def test_spans_are_the_rules_whose_ranges_hold_a_value_kept_whole_or_in_steps(
    drawn: list[list[tuple[int, int, bool, bool]]], value: int, stepped: bool
) -> None:
    made = [[feel.Range(Decimal(low), Decimal(high), a, b) for low, high, a, b in each] for each in drawn]
    spans = Spans([(ranges, rule) for rule, ranges in enumerate(made)], 8 * 1024 * 1024 // 3 if stepped else len(made))
    inside = [
        rule
        for rule, each in enumerate(drawn)
        if any(
            (low < value or (low == value and a)) and (value < high or (value == high and b))
            for low, high, a, b in each
        )
    ]
    assert list(bits(spans.find(Decimal(value)))) == inside


def test_a_function_in_scope_that_hides_a_built_in_is_the_one_the_cells_mean() -> None:
    body = table(["x"], ["out"], [['date("2020-01-01")', '"a"'], ["-", 'date("x")']], "COLLECT")
    boxed = (
        f"<context><contextEntry>{dmn.variable('date')}{dmn.text('function(t) 5')}</contextEntry>"
        f"<contextEntry>{body}</contextEntry></context>"
    )
    hidden = loaded(dmn.given("x"), decision("t", boxed, "input:#x"))
    assert dmn.decide(hidden, "t", x=5).value == ["a", 5]
    plain = loaded(dmn.given("x"), decision("t", body, "input:#x"))
    assert dmn.decide(plain, "t", x=date(2020, 1, 1)).value == ["a", None]


# --- explanations

GRADES = [("> 10", '"a"', '"high"'), ("> 5", "-", '"middle"'), ("-", '"b", "c"', '"low"'), ("< 3", "-", '"none"')]


def grades(policy: str, **more: object) -> Model:
    extra = [dmn.values('"low"', '"middle"', '"high"', '"none"')]
    body = table(["amount: number", "class"], ["grade"], GRADES, policy, extra_outputs=extra)
    return loaded(dmn.given("amount"), dmn.given("class"), decision("Grade", body, "input:#amount", "input:#class"))


def told(result: Result) -> list[tuple[object, ...]]:
    return [(rule.number, rule.why, rule.label, rule.value, rule.text) for rule in result.missed]


def test_a_rule_that_does_not_match_tells_the_first_cell_that_failed() -> None:
    result = dmn.decide(grades("UNIQUE"), "Grade", True, **{"amount": 7, "class": "x"})
    assert result.value == "middle"
    (matched,) = result.matched
    assert (matched.decision, matched.number) == ("Grade", 2)
    assert matched.inputs == (("amount", 7, "> 5"), ("class", "x", "-"))
    assert told(result) == [
        (1, "cell", "amount", 7, "> 10"),
        (3, "cell", "class", "x", '"b", "c"'),
        (4, "cell", "amount", 7, "< 3"),
    ]
    missed = result.missed[1]
    assert (missed.table_id, missed.decision, missed.rule_id, missed.cell_id, missed.column) == (
        "t",
        "Grade",
        "r3",
        "r3c2",
        2,
    )
    assert dmn.decide(grades("UNIQUE"), "Grade", **{"amount": 7, "class": "x"}).missed == ()


def test_rules_after_the_first_hit_are_told_as_not_reached_and_outranked_ones_as_such() -> None:
    inputs: dict[str, object] = {"amount": 12, "class": "b"}
    first = dmn.decide(grades("FIRST"), "Grade", True, **inputs)
    assert first.value == "middle"
    assert told(first) == [
        (1, "cell", "class", "b", '"a"'),
        (3, "not reached", "", None, ""),
        (4, "not reached", "", None, ""),
    ]
    priority = dmn.decide(grades("PRIORITY"), "Grade", True, **inputs)
    assert priority.value == "low"
    assert [(rule.number, rule.why) for rule in priority.missed] == [(1, "cell"), (2, "outranked"), (4, "cell")]


@pytest.mark.parametrize("policy", ["UNIQUE", "ANY", "OUTPUT ORDER", "RULE ORDER", "COLLECT"])
def test_every_other_policy_tells_all_rules_that_held_as_matched(policy: str) -> None:
    result = dmn.decide(grades(policy), "Grade", True, **{"amount": 12, "class": "b"})
    assert sorted(rule.number for rule in result.matched) == [2, 3]
    assert [(rule.number, rule.why) for rule in result.missed] == [(1, "cell"), (4, "cell")]


def test_an_evaluation_counts_its_steps_and_names_what_stopped_it() -> None:
    model = loaded(decision("a", "sum(for i in 1..100 return i)"))
    done = model.evaluate("a", {}, now=NOW)
    assert done.value == 5050 and 100 < done.steps < 1000 and done.limit == ""
    stopped = model.evaluate("a", {}, now=NOW, budget=50)
    assert stopped.value is None and stopped.limit == "steps" and stopped.steps == 50


def test_a_value_of_another_kind_than_the_cells_is_a_reason_for_no_answer() -> None:
    model = loaded(dmn.given("x"), decision("t", table(["x"], ["out"], [["< 5", "1"], [">= 5", "2"]]), "input:#x"))
    reasons = dmn.decide(model, "t", x="6").reasons
    assert "A string and a number have no order." in reasons
    assert any("No rule of the table 't' matches" in reason for reason in reasons)


def test_a_list_that_a_caller_changes_is_anew_the_next_time() -> None:
    model = loaded(dmn.given("x"), decision("t", table(["x"], ["out", "more"], [["-", "[1, 2]", "3"]]), "input:#x"))
    first = dmn.decide(model, "t", x=1).value
    first["out"].append(9)
    first["more"] = 9
    assert dmn.decide(model, "t", x=1).value == {"out": [1, 2], "more": 3}


def test_what_is_told_of_many_evaluations_of_a_table_stays_bounded() -> None:
    rows = [[f"< {-number}", str(number)] for number in range(1, 900)]
    model = loaded(
        dmn.knowledge("t", ["x"], table(["x"], ["out"], rows)),
        decision("d", "count(for i in 1..200 return t(i))", "knowledge:#t"),
    )
    result = dmn.decide(model, "d", True)
    assert result.value == 200 and 10_000 < len(result.missed) <= 100_000


def test_a_table_as_large_as_a_file_may_hold_answers_within_the_budget() -> None:
    rows = [[f"[{number}..{number + 1})", f'"{number}"', str(number)] for number in range(2800)]
    body = table(["a: number", "b: string"], ["out"], rows)
    model = loaded(dmn.given("a"), dmn.given("b"), decision("t", body, "input:#a", "input:#b"))
    for number in (0, 1399, 2799):
        result = dmn.decide(model, "t", a=Decimal(number) + Decimal("0.5"), b=str(number))
        assert result.value == number and result.steps < 300
    told_all = dmn.decide(model, "t", True, a=5, b="7")
    assert len(told_all.missed) == 2800 and told_all.limit == ""


def test_tables_are_the_trees_that_the_checks_read() -> None:
    node = grades("UNIQUE").module.parts["Grade"].node
    assert isinstance(node, Table) and (node.decision, node.id) == ("Grade", "t") and node.line
    places = [clause.place for clause in node.inputs] + [clause.place for clause in node.outputs]
    assert [place.id for place in places] == ["in1", "in2", "out1"]
    assert node.outputs[0].allowed_place.text == '"low", "middle", "high", "none"'
    rule = node.rules[2]
    assert [cell.id for cell in (*rule.cells, *rule.output_cells)] == ["r3c1", "r3c2", "r3c3"]
    assert [cell.text for cell in rule.output_cells] == ['"low"'] and all(cell.line for cell in rule.cells)
