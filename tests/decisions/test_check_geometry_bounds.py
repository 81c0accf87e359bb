"""What the survey of decision tables leaves alone, where it looks for tables, and how much work it does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from decisions import load
from decisions.checks import check
from decisions.checks.geometry import check_table, check_tables
from decisions.checks.geometry_columns import Types
from decisions.checks.geometry_cover import Work
from decisions.feel.nodes import Name
from decisions.feel.parser import parse
from decisions.feel.types import ANY, named
from decisions.tables import InputClause, OutputClause, Place, Rule, Table
from tests.decisions.drawn_tables import AMOUNT, decision, document, findings, inputs, table_in

# --- what is not known is never a finding


@pytest.mark.parametrize(
    "cell",
    [
        "limit",
        "> limit",
        "[1..limit]",
        "limit.low, 3",
        "? > limit",
        "not(limit)",
        "abs(?) > 3",
        "? + 1 > 3",
        'contains(?, "a")',
        "> date(now()).day",
        "some x in [1, 2] satisfies x = ?",
        "if ? > 3 then true else false",
        'date("no day")',
        "1 / 0",
        "function(x) x",
        "{a: 1}.a + limit",
    ],
)
def test_a_cell_that_cannot_be_told_is_no_finding(cell: str) -> None:
    assert findings([AMOUNT], [[cell, "1"], ["5", "2"]]) == []
    assert findings([AMOUNT], [["5", "1"], [cell, "2"], ["> 0", "3"]], "FIRST") == []


def test_an_unknown_cell_does_not_hide_what_is_certain() -> None:
    rules = [["> limit", "-", "1"], ["-", "< 5", "2"], ["-", "[3..4]", "3"]]
    (found,) = findings([AMOUNT, ("other", "number")], rules, default="0")
    assert found.sentence == "Rules 2 and 3 can match together, but only one may."
    (idle,) = findings([AMOUNT], [["-", "1"], ["> limit", "2"]], "FIRST")
    assert idle.sentence == "Rule 2 never applies: rule 1 takes all its inputs."


def test_columns_that_rest_on_one_another_are_not_told_apart() -> None:
    columns = [("amount", "number"), ("amount * 2", "number")]
    assert findings(columns, [["> 5", "-", "1"], ["-", "< 4", "2"], ["<= 5", ">= 4", "3"]]) == []
    assert findings([("a", "context"), ("a.b", "number")], [["-", "> 3", "1"], ["-", "< 4", "2"]]) == []
    apart = findings(
        [("a.b", "number"), ("a.c", "number")], [["> 3", "-", "1"], ["-", "< 4", "2"], ["<= 3", ">= 4", "3"]]
    )
    assert [one.code for one in apart] == ["overlap"]


def test_two_columns_that_ask_the_same_are_one() -> None:
    rules = [["> 5", "< 7", "1"], ["<= 5", "-", "2"], ["-", ">= 7", "3"]]
    assert findings([AMOUNT, AMOUNT], rules) == []
    (gap,) = findings([AMOUNT, AMOUNT], rules[:2])
    assert gap.sentence == "No rule matches amount: >= 7."


@pytest.mark.parametrize("type_", ["Any", "context", "list"])
def test_a_column_of_unknown_values_is_left_out(type_: str) -> None:
    assert findings([("x", type_)], [['"a", 5', "1"], ["true", "2"], ['"a", 5', "3"]]) == []


def test_a_column_of_any_kind_is_told_from_null_alone() -> None:
    (gap,) = findings([("x", "Any")], [["? != null", "1"]])
    assert (gap.sentence, gap.example) == ("No rule matches x: null.", {"x": "null"})
    assert [one.code for one in findings([("x", "Any")], [["not(null)", "1"], ["null", "2"], ["-", "3"]])] == [
        "overlap",
        "overlap",
    ]
    assert findings([("x", "Any")], [["not(null)", "1"], ["? = null or ?", "2"], ["null", "3"]], "FIRST") == []


def test_counts_are_whole_and_never_negative() -> None:
    assert findings([("count(x)", "number")], [["0", "1"], ["[1..5]", "2"], [">= 6", "3"]]) == []


# --- where tables stand, and what is known around them

GRADE = (
    '<itemDefinition name="Grade"><typeRef>string</typeRef><allowedValues><text>"a","b"</text></allowedValues>'
    "</itemDefinition>"
    '<itemDefinition name="Person"><itemComponent name="grade"><typeRef>Grade</typeRef></itemComponent>'
    "</itemDefinition>"
)


@pytest.mark.parametrize(("name", "type_"), [("g", "Grade"), ("g.grade", "Person")])
def test_allowed_values_come_from_what_the_input_is_declared_to_be(name: str, type_: str) -> None:
    data, needs = inputs((name.partition(".")[0], type_))
    logic = table_in([(name, "string")], [['"a"', "1"]])
    (gap,) = check_tables(load(document(GRADE + data + decision(logic, needs))).module)
    assert gap.sentence == f'No rule matches {name}: "b".'
    whole = table_in([(name, "string")], [['"a"', "1"], ['"b"', "2"]])
    assert not list(check_tables(load(document(GRADE + data + decision(whole, needs))).module))


def test_tables_in_functions_and_contexts_are_surveyed_too() -> None:
    inner = table_in([("p", "string")], [['"a"', "1"]])
    knowledge = (
        '<businessKnowledgeModel id="k" name="Known"><variable name="Known"/><encapsulatedLogic>'
        f'<formalParameter name="p" typeRef="Grade"/>{inner}</encapsulatedLogic></businessKnowledgeModel>'
    )
    entry = table_in([("q", "string")], [['"b"', "1"]])
    context = (
        '<context><contextEntry><variable name="q" typeRef="Grade"/><literalExpression><text>"a"</text>'
        "</literalExpression></contextEntry><contextEntry>"
        f"{entry}</contextEntry></context>"
    )
    found = list(check_tables(load(document(GRADE + knowledge + decision(context))).module))
    assert [(one.table, one.sentence) for one in found] == [
        ("Known", 'No rule matches p: "b".'),
        ("Doubt", 'No rule matches q: "a".'),
    ]


def test_a_rule_that_could_not_be_read_is_no_gap() -> None:
    data, needs = inputs(("amount", "number"))
    logic = table_in([AMOUNT], [["< 5", "1"], [">= 5", "2"]]).replace(
        '<inputEntry id="r2c0"><text>&gt;= 5</text></inputEntry>', ""
    )
    assert {one.code for one in check(document(data + decision(logic, needs)))} == {""}
    broken = table_in([AMOUNT], [["< 5", "1"], [">= 5 5", "2"]])
    assert {one.code for one in check(document(data + decision(broken, needs)))} == {"unreadable-cell"}


def test_the_tables_of_the_house_have_no_such_mistake() -> None:
    tables = sorted((Path(__file__).parents[2] / "bpmn").glob("*/*.dmn"))
    assert tables
    for path in tables:
        assert not list(check_tables(load(path.read_bytes()).module))


def test_long_cells_are_quoted_short() -> None:
    words = ", ".join(f'"word {at}"' for at in range(100))
    (gap,) = findings([("kind", "string")], [[words, "1"]])
    assert len(gap.sentence) < 200 and gap.sentence.endswith("...).")


# --- bounds


def plain(kinds: Sequence[str], cells: Sequence[Sequence[str]], policy: str = "UNIQUE") -> Table:
    clauses = [InputClause(f"c{at}", Name(f"c{at}"), named(kind) or ANY, None) for at, kind in enumerate(kinds)]
    rules = [
        Rule(
            f"r{at}",
            at,
            tuple(parse(text, unary=True) for text in row),
            tuple(row),
            (parse("1"),),
            {},
            None,
            (),
            (Place(),),
        )
        for at, row in enumerate(cells, 1)
    ]
    return Table("t", "T", policy, None, clauses, [OutputClause("o", ANY, None, None, None)], rules)


def test_a_table_too_wide_to_be_surveyed_says_so_and_does_not_hang() -> None:
    signs = ("-", "true", "false")
    rows = [[signs[(at * at + 7 * n * at + n) % 3] for n in range(60)] for at in range(400)]
    types: Types = {}
    started = time.process_time()
    found = list(check_table(plain(["boolean"] * 60, rows, "FIRST"), types, Work(200_000)))
    assert "not-analysed" in {finding.code for finding in found}
    assert time.process_time() - started < 10
    assert [finding.code for finding in check_table(plain(["number"], [["1"]]), types, Work(0))] == ["not-analysed"]


def test_a_table_of_two_hundred_rules_is_surveyed_whole() -> None:
    bands = ["< 1", *(f"[{at}..{at + 1})" for at in range(1, 49)), ">= 49"]
    cells = [[band, kind, *["-"] * 4] for band in bands for kind in ('"a"', '"b"', '"c"', 'not("a", "b", "c")')]
    kinds = ["number", "string", "boolean", "date", "number", "string"]
    assert len(cells) == 200 and not list(check_table(plain(kinds, cells), {}))
    del cells[77]
    (gap,) = check_table(plain(kinds, cells), {})
    assert gap.sentence == 'No rule matches c0: [19..20); c1: "b".'
    found = check_table(plain(kinds, [*cells, ["[3..4)", "-", "true", "-", "-", '"z"']]), {})
    pairs = {finding.sentence.partition(" can")[0] for finding in found if finding.code == "overlap"}
    assert pairs == {f"Rules {number} and 200" for number in (13, 14, 15, 16)}


def test_a_condition_about_a_missing_value_does_not_hold() -> None:
    assert findings([AMOUNT], [["? > 5", "1"], ["null", "2"]], default="0") == []
    assert findings([AMOUNT], [["not([2..3), (5..6])", "1"], ["[2..3)", "2"], ["(5..6]", "3"]]) == []
