"""Tables whose rules meet, leave a gap or never apply: found, placed, with an input that shows it; nothing else is."""

from __future__ import annotations

import pytest

from decisions.checks import check
from tests.decisions.drawn_tables import AMOUNT, Column, decision, document, findings, inputs, said, table_in

PLANTED = [
    ['"wage"', "< 100", '"a"'],
    ['"wage"', "[100..200]", '"b"'],
    ['"wage"', ">= 200", '"c"'],
    ['"pension"', "> 0", '"d"'],
]


# --- what the owner reads


def test_a_planted_gap_and_overlap_are_placed_and_shown() -> None:
    found = findings([("kind", "string", '"wage","pension"'), AMOUNT], PLANTED)
    overlap, gap = found
    assert (overlap.code, overlap.severity, overlap.where, overlap.table) == ("overlap", "error", "r3", "Doubt")
    assert (overlap.rule, overlap.line) == (3, 5)
    assert overlap.sentence == "Rules 2 and 3 can match together, but only one may."
    assert overlap.example == {"kind": '"wage"', "amount": "200"}
    assert (gap.code, gap.severity, gap.where, gap.line) == ("gap", "warning", "t", 2)
    assert gap.sentence == 'No rule matches kind: "pension"; amount: <= 0.'
    assert gap.example == {"kind": '"pension"', "amount": "-1"}


def test_a_planted_rule_that_never_applies_is_placed_and_shown() -> None:
    (found,) = findings([AMOUNT], [["> 100", "1"], ["<= 10", "2"], ["> 200", "3"], ["-", "4"]], "FIRST")
    assert (found.code, found.severity, found.where, found.rule, found.line) == ("unreachable", "warning", "r3", 3, 5)
    assert found.sentence == "Rule 3 never applies: rule 1 takes all its inputs."
    assert found.example == {"amount": "201"}


def test_all_three_are_in_what_an_owner_is_told_of_a_model() -> None:
    data, needs = inputs(("amount", "number"))
    first = table_in([AMOUNT], [["< 5", "1"], ["> 4", "2"], ["< 1", "3"]], "FIRST")
    other = table_in([AMOUNT], [["< 5", "1"], ["> 4", "2"], ["> 9", "3"]])
    second = decision(other, needs).replace('"dec"', '"two"').replace("Doubt", "Two").replace('id="q', 'id="p')
    found = check(document(data + decision(first, needs) + second.replace('id="r', 'id="s')))
    assert {(one.table, one.code) for one in found} == {("Doubt", "unreachable"), ("Two", "overlap")}
    gappy = table_in([AMOUNT], [["< 5", "1"]])
    assert [one.code for one in check(document(data + decision(gappy, needs)))] == ["gap"]


def test_a_cell_outside_its_column_is_told_once() -> None:
    data, needs = inputs(("kind", "string"))
    logic = table_in([("kind", "string", '"a","b"')], [['"a"', "1"], ['"c"', "2"]], default="0")
    assert [(one.code, one.rule, one.column) for one in check(document(data + decision(logic, needs)))] == [
        ("outside-allowed", 2, "kind")
    ]


# --- hit policies


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("UNIQUE", {"overlap", "gap"}),
        ("ANY", {"overlap", "gap"}),
        ("FIRST", {"unreachable", "gap"}),
        ("PRIORITY", {"unreachable", "gap"}),
        ("RULE ORDER", set()),
        ("OUTPUT ORDER", set()),
        ("COLLECT", set()),
    ],
)
def test_what_is_a_mistake_depends_on_the_hit_policy(policy: str, expected: set[str]) -> None:
    found = findings([AMOUNT], [["> 5", '"a"'], ["> 7", '"b"']], policy, order='"a","b"')
    assert {finding.code for finding in found} == expected


def test_under_any_only_rules_that_answer_differently_are_a_mistake() -> None:
    found = findings([AMOUNT], [["> 5", '"a"'], ["> 7", '"a"'], ["<= 7", '"b"']], "ANY")
    assert said(found) == [("overlap", "Rules 1 and 3 can match together and give different outputs.")]
    assert findings([AMOUNT], [["-", "limit"], ["> 7", '"a"']], "ANY", default="1") == []


def test_under_priority_a_rule_gives_way_to_a_higher_output_not_to_an_earlier_rule() -> None:
    rules = [["> 5", '"low"'], ["> 3", '"high"'], ["-", '"low"']]
    found = findings([AMOUNT], rules, "PRIORITY", order='"high","low"')
    assert said(found) == [("unreachable", "Rule 1 never applies: rule 2 takes all its inputs.")]
    several = findings(
        [AMOUNT], [["<= 5", '"high"'], ["> 5", '"high"'], ["> 1", '"low"']], "PRIORITY", order='"high","low"'
    )
    assert said(several) == [("unreachable", "Rule 3 never applies: rules of higher priority take all its inputs.")]
    assert findings([AMOUNT], [["> 5", '"low"'], ["-", "amount"]], "PRIORITY", order='"high","low"') == []


def test_rules_before_may_take_all_inputs_together() -> None:
    found = findings([AMOUNT], [["< 5", "1"], ["[5..9]", "2"], ["[1..7]", "3"], ["> 9", "4"]], "FIRST")
    assert said(found) == [("unreachable", "Rule 3 never applies: the rules before it take all its inputs.")]


def test_a_last_rule_for_missing_inputs_is_not_said_to_be_idle() -> None:
    (found,) = findings([AMOUNT], [["< 5", "1"], [">= 5", "2"], ["-", "3"]], "FIRST")
    assert found.sentence == "Rule 3 applies only where an input is missing: other rules take everything else."
    assert findings([AMOUNT], [["< 5", "1"], [">= 5", "2"], ["null", "3"]], "FIRST") == []


def test_a_default_closes_every_gap() -> None:
    assert findings([AMOUNT], [["> 5", "1"]], default="0") == []


def test_rules_that_are_the_same_are_told_where_nothing_else_tells_it() -> None:
    rules = [["> 5", "1"], ["> limit", "2"], [">  limit", "2"], ["> 5", "1"]]
    same = [("duplicate", "Rules 2 and 3 are the same."), ("duplicate", "Rules 1 and 4 are the same.")]
    assert said(findings([AMOUNT], rules, "COLLECT")) == same
    assert said(findings([AMOUNT], rules, default="0")) == [
        ("overlap", "Rules 1 and 4 can match together, but only one may."),
        same[0],
    ]


# --- kinds of columns


@pytest.mark.parametrize(
    ("column", "cells", "told", "example"),
    [
        (("x", "boolean"), ["true"], "false", "false"),
        (("x", "number"), ["<= 5", ">= 6"], "(5..6)", "5.5"),
        (("x", "number"), ["< -2.5", "> -2.5"], "-2.5", "-2.5"),
        (("x", "number"), ["not([3..7))"], "[3..7)", "3"),
        (("x", "number"), ["< 10 / 4", "(1 + 2..4]", "> 4"], "[2.5..3]", "2.5"),
        (("x", "number"), ["? < 3 or ? >= 5", "? = 3"], "(3..5)", "4"),
        (("x", "number", "[0..100]"), ["< 50", "50, (50..60]"], "(60..100]", "61"),
        (("x", "string"), ['"a", "b"'], 'not("a", "b")', '"x"'),
        (("x", "string"), ['"x"', 'not("x", "y")'], '"y"', '"y"'),
        (("x", "string", '"a","b","c"'), ['"a"', '"c"'], '"b"', '"b"'),
        (("x", "string"), ['< "b"', '> "b"'], '"b"', '"b"'),
        (("x", "date"), ['<= date("2024-02-28")', '>= date("2024-03-01")'], '@"2024-02-29"', '@"2024-02-29"'),
        (
            ("x", "dateTime"),
            ['< @"2024-01-01T12:00:00"', '> @"2024-01-01T12:00:00"'],
            '@"2024-01-01T12:00:00"',
            '@"2024-01-01T12:00:00"',
        ),
        (("x", "time"), ['[@"00:00:00"..@"12:00:00"]', '(@"12:00:00"..@"23:00:00"]'], '> @"23:00:00"', '@"23:01:00"'),
        (("x", "dayTimeDuration"), ['< @"P2D"', '> @"P2D"'], '@"P2D"', '@"P2D"'),
        (("x", "yearMonthDuration"), ['<= @"P1Y"', '>= @"P1Y2M"'], '@"P1Y1M"', '@"P1Y1M"'),
        (("x", "Any"), ['"a"', '"b"'], 'not("a", "b")', '"x"'),
        (("x", "Any", '"a","b"'), ['"a"'], '"b"', '"b"'),
        (("x", "number"), ["null", "< 5"], ">= 5", "5"),
        (("x", "string"), ["null", '"a"'], 'not("a", null)', '"x"'),
        (("x", "boolean"), ["true", "not(null)"], "null", "null"),
    ],
)
def test_the_gap_of_a_column_is_told_in_the_words_of_its_cells(
    column: Column, cells: list[str], told: str, example: str
) -> None:
    found = findings([column], [[cell, "1"] for cell in cells])
    gaps = [finding for finding in found if finding.code == "gap"]
    (gap,) = gaps
    assert gap.sentence == f"No rule matches x: {told}." and gap.column == "x"
    assert gap.example == {"x": example}


def test_a_gap_is_told_by_the_columns_that_matter_the_widest_first() -> None:
    rules = [['"wage"', "-", "1"], ['"pension"', "< 100", "2"], ['"pension"', "> 100", "3"]]
    wide, narrow = findings([("kind", "string"), AMOUNT], rules)
    assert (wide.sentence, wide.column) == ('No rule matches kind: not("pension", "wage").', "kind")
    assert narrow.sentence == 'No rule matches kind: "pension"; amount: 100.'
    assert narrow.example == {"kind": '"pension"', "amount": "100"}


def test_of_many_gaps_a_handful_is_told() -> None:
    cells = [[f"({at}..{at + 1})", "1"] for at in range(20)]
    found = findings([AMOUNT], [["< 0", "1"], ["> 20", "2"], *cells, ["[0..1)", "3"]], "FIRST")
    assert said(found) == [
        ("gap", "No rule matches amount: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20.")
    ]
    scattered = [[str(at), str(at), "1"] for at in range(20)]
    gaps = findings([AMOUNT, ("other", "number")], scattered)
    assert len(gaps) == 6 and gaps[-1].sentence == "More inputs match no rule."


def test_of_many_overlaps_the_first_are_told() -> None:
    found = findings([AMOUNT], [["-", str(at)] for at in range(30)])
    assert len(found) == 21 and found[-1].sentence == "More rules of the table can match together."
    idle = findings([AMOUNT], [["-", str(at)] for at in range(30)], "FIRST")
    assert len(idle) == 21 and idle[-1].sentence == "More rules of the table never apply."


def test_tables_without_rules_or_columns_are_told_as_such() -> None:
    assert said(findings([AMOUNT], [])) == [("gap", "The table has no rule.")]
    assert said(findings([], [["1"], ["2"]])) == [("overlap", "Rules 1 and 2 can match together, but only one may.")]


def test_null_is_an_input_where_a_cell_speaks_of_it() -> None:
    assert findings([AMOUNT], [["< 5", "1"], [">= 5", "2"]]) == []
    (gap,) = findings([AMOUNT, ("kind", "string")], [["< 5", "-", "1"], [">= 5", "-", "2"], ["null", "not(null)", "3"]])
    assert (gap.sentence, gap.example) == (
        "No rule matches amount: null; kind: null.",
        {"amount": "null", "kind": "null"},
    )
    (overlap,) = findings([AMOUNT], [["not(5)", "1"], ["null, 5", "2"]])
    assert (overlap.code, overlap.example) == ("overlap", {"amount": "null"})


# --- cells that never hold


@pytest.mark.parametrize(
    ("column", "cell", "code", "sentence"),
    [
        (AMOUNT, "[10..5]", "never-true", "'[10..5]' never holds."),
        (AMOUNT, "(5..5]", "never-true", "'(5..5]' never holds."),
        (AMOUNT, "? > 5 and ? < 3", "never-true", "'? > 5 and ? < 3' never holds."),
        (AMOUNT, "not(< 5, >= 5)", "never-true", "'not(< 5, >= 5)' never holds."),
        (("amount", "number", "[0..100]"), "> 200", "outside-allowed", "'> 200' lies outside the allowed values."),
        (("amount", "number", "[0..100]"), "5, 101", "outside-allowed", "'101' lies outside the allowed values."),
        (("kind", "string", '"a","b"'), '"c"', "outside-allowed", "'\"c\"' lies outside the allowed values."),
        (
            ("kind", "string", '"a","b"'),
            'not("a", "b")',
            "never-true",
            '\'not("a", "b")\' holds only where the value is missing.',
        ),
    ],
)
def test_a_cell_that_never_holds_is_placed(column: Column, cell: str, code: str, sentence: str) -> None:
    (found,) = findings([column], [["-", "0"], [cell, "1"]], "COLLECT")
    assert (found.code, found.sentence, found.severity) == (code, sentence, "warning")
    assert (found.where, found.line, found.rule, found.column) == ("r2c0", 4, 2, column[0])
