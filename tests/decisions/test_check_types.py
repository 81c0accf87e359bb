"""Types in a model: what can never be right is found at its place, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given as where
from hypothesis import settings
from hypothesis import strategies as st

from decisions import feel
from decisions.checks import check, check_expression
from decisions.errors import Finding
from decisions.feel.types import ANY, ContextType, FunctionType, ListType, RangeType, SimpleType, Type
from tests.decisions.dmn_models import decision, default, given, knowledge, model, table, text, values

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NUMBER, STRING, BOOLEAN, DATE = (SimpleType(name) for name in ("number", "string", "boolean", "date"))
NAMES: dict[str, Type | None] = {
    "n": NUMBER,
    "s": STRING,
    "b": BOOLEAN,
    "d": DATE,
    "t": SimpleType("time"),
    "m": SimpleType("date and time"),
    "days": SimpleType("days and time duration"),
    "months": SimpleType("years and months duration"),
    "ns": ListType(NUMBER),
    "list": SimpleType("list"),
    "c": ContextType({"n": NUMBER, "s": STRING}),
    "cs": ListType(ContextType({"n": NUMBER, "s": STRING})),
    "r": RangeType(NUMBER),
    "f": FunctionType((NUMBER,), NUMBER),
    "any": ANY,
    "unknown": None,
}


def told(expression: str, tested: Type | None = None, *, unary: bool = False) -> list[tuple[str, str]]:
    names = {**NAMES, "?": tested} if tested else NAMES
    return [(one.code, one.where) for one in check_expression(expression, names, unary=unary)]


def found_in(*bodies: str) -> list[Finding]:
    return check(model("".join(bodies)))


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("n = s", "1:1"),
        ('n > "3"', "1:1"),
        ("b and\n  d < n", "2:3"),
        ("d = m", "1:1"),
        ("days < months", "1:1"),
        ("ns = n", "1:1"),
        ("n != b", "1:1"),
        ("b > true", "1:1"),
        ("c < c", "1:1"),
        ("n between s and 3", "1:1"),
        ("n + s", "1:5"),
        ("s - s", "1:5"),
        ("d + d", "1:5"),
        ("d + n", "1:5"),
        ("(n + 1) * (d - n)", "1:16"),
        ("-s", "1:1"),
        ("n and b", "1:1"),
        ("b or s", "1:6"),
        ("if n then 1 else 2", "1:4"),
        ("if b then n + s else 2", "1:15"),
        ("some x in ns satisfies x", "1:24"),
        ("cs[s]", "1:4"),
        ("[1..s]", "1:1"),
        ("[b..b]", "1:2"),
        ("for x in s return x", "1:10"),
        ("for x in 1..s return x", "1:13"),
        ("n in (s, 3)", "1:7"),
        ("n in [d..d]", "1:6"),
        ("upper case(n)", "1:12"),
        ("substring(s, s)", "1:14"),
        ("count(1) + string length(ns)", "1:26"),
        ("(function(x: number) x)(s)", "1:25"),
        ("ns[1] + s", "1:9"),
        ("cs[1].s * 2", "1:11"),
        ("{a: n, b: a + s}.b", "1:15"),
        ("for x in cs return x.n + x.s", "1:26"),
        ('date("2026-01-01") + 1', "1:22"),
        ("count(ns) and b", "1:1"),
        ("(if b then n else 2) = s", "1:1"),
    ],
)
def test_what_can_never_be_right_is_a_conflict_at_its_place(expression: str, place: str) -> None:
    assert told(expression) == [("type-conflict", place)]


@pytest.mark.parametrize(
    "expression",
    [
        "n = 3 and s = null and null != d",
        "any + s",
        "unknown.a.b[3] > n",
        "if unknown then n else s",
        "(if b then n else s) + n",
        "ns[n] + ns[item > 3][1]",
        "cs[n > 3].s",
        "count(n) + sum(n, n) + max(ns)",
        "n in ns and n in r and n in (1, [2..3], < 5)",
        "ns = [1, 2] and 5 in ns",
        "upper case([s])",
        "d + days - months < d and m - m > days",
        "t - t > days",
        "2 * days + days / 2 = days and days / days > n",
        "string(n) + s",
        'if d > @"2026-01-01" then "a" else null',
        "list[1] + n",
        "f(3) + n",
        "sort(cs, function(x, y) x.n < y.n)[1].n",
        "for x in cs return {n: x.n, s: x.s}",
        "every x in [1..3] satisfies x > n",
        "get value(c, s) = n",
        'c = {n: 1, s: "a"}',
        "s instance of number",
        "[]",
        "-days + days",
        "r.start + n",
        "concatenate(ns, [1]) = ns",
    ],
)
def test_what_may_be_right_is_let_alone(expression: str) -> None:
    assert told(expression) == []


@pytest.mark.parametrize(
    ("written", "tested", "remedy"),
    [
        ('"3"', NUMBER, "Write: 3"),
        ("3", STRING, 'Write: "3"'),
        ('> "2026-3-1"', DATE, 'Write: date("2026-03-01")'),
        ("2026-03-01", DATE, 'Write: date("2026-03-01")'),
        ("true", STRING, 'Write: "true"'),
        ('"true"', BOOLEAN, "Write: true"),
        ("> 5", BOOLEAN, "Write a boolean here."),
        ("> false", BOOLEAN, "Write the value alone."),
        ("not(5)", STRING, 'Write: "5"'),
        ('["a".."f"]', NUMBER, "Write a number here."),
        ("[10..1]", NUMBER, "Write the smaller end first."),
        ("(5..5]", NUMBER, "Write the value alone, or a wider range."),
        ('[date("2026-02-01")..date("2026-01-01")]', DATE, "Write the smaller end first."),
        ('["a", "b"]', NUMBER, "Write a number here."),
    ],
)
def test_a_test_that_no_value_of_its_column_passes_is_found(written: str, tested: Type, remedy: str) -> None:
    (found,) = check_expression(written, {"?": tested}, unary=True)
    assert (found.code, found.remedy) == ("never-true", remedy)


def test_two_equals_signs_in_a_cell_are_told_as_such() -> None:
    (found,) = check_expression("== 5", {"?": NUMBER}, unary=True)
    assert (found.where, found.code) == ("1:1", "never-true")
    assert found.sentence == "'== 5' has two equals signs and would never hold."
    assert found.remedy == "Write the value alone, or one equals sign."


@pytest.mark.parametrize(
    ("written", "tested"),
    [
        ("-", NUMBER),
        ("5, > 10, [1..3], null", NUMBER),
        ('not("a", "b")', STRING),
        ("true", BOOLEAN),
        ("? > 3 and ? < n", NUMBER),
        ("n > 3", STRING),
        ("string length(?) > 3", STRING),
        ('list contains(?, "a")', ListType(STRING)),
        ("some x in ? satisfies x > 3", ListType(NUMBER)),
        ("ns", NUMBER),
        ("[5..5]", NUMBER),
        ('< date("2026-01-01")', DATE),
        ("anything", ANY),
    ],
)
def test_a_test_that_some_value_passes_is_let_alone(written: str, tested: Type) -> None:
    assert check_expression(written, {**NAMES, "?": tested, "anything": None}, unary=True) == []


@pytest.mark.parametrize(
    ("expression", "remedy"),
    [
        ('date("2025-13-01")', 'Write a day that exists, such as date("2026-03-31").'),
        ('time("25:00:00")', 'Write a time that exists, such as time("14:30:00").'),
        ("n > 1 / 0", "Do not divide by zero."),
        ('duration("P1X")', 'Write a duration such as duration("P1Y6M") or duration("P3DT4H").'),
        ('d + duration("1 day")', 'Write a duration such as duration("P1Y6M") or duration("P3DT4H").'),
        ('number("3,5")', "Correct it: it is always null."),
        ("2 ** 99999", "Correct it: it is always null."),
    ],
)
def test_a_constant_without_a_value_is_found(expression: str, remedy: str) -> None:
    (found,) = check_expression(expression, NAMES)
    assert (found.code, found.remedy) == ("unreadable-cell", remedy)


# --- models

TYPES = (
    '<itemDefinition id="tl" name="tLevel"><typeRef>string</typeRef>'
    '<allowedValues><text>"high", "low"</text></allowedValues></itemDefinition>'
    '<itemDefinition id="tp" name="tPerson"><itemComponent name="age"><typeRef>number</typeRef></itemComponent>'
    '<itemComponent name="level"><typeRef>tLevel</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition id="tps" name="tPeople" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>'
)
PERSON = TYPES + given("person", "tPerson") + given("people", "tPeople")
NEEDS = ("input:#person", "input:#people")


def test_cells_are_held_against_their_columns() -> None:
    rows = [['"high"', "> 18", '"a"', "1"], ['"hihg"', '"18"', "2", '"b"'], ["-", "18, null", "null", "person.age"]]
    grid = table(["person.level: tLevel", "person.age: number"], ["why: string", "n: number"], rows)
    found = found_in(PERSON, decision("D", grid, *NEEDS))
    seen = [
        (one.where, one.rule, one.column, one.code, one.severity) for one in found if one.code not in ("gap", "overlap")
    ]
    assert seen == [
        ("r2c1", 2, "person.level", "outside-allowed", "warning"),
        ("r2c2", 2, "person.age", "never-true", "error"),
        ("r2c3", 2, "why", "type-conflict", "error"),
        ("r2c4", 2, "n", "type-conflict", "error"),
    ]
    (typo,) = [one for one in found if one.code == "outside-allowed"]
    assert typo.remedy == 'Did you mean "high"?' and typo.table == "D"


def test_outputs_and_the_default_must_be_among_the_listed_values() -> None:
    extra = values('"a"', '"b"') + default('"z"')
    grid = table(["person.age: number"], ["r: string"], [["> 1", '"c"'], ["<= 1", '"a"']], extra_outputs=[extra])
    found = [one for one in found_in(PERSON, decision("D", grid, *NEEDS)) if one.code == "outside-allowed"]
    assert [(one.where, one.severity) for one in found] == [("out1", "error"), ("r1c2", "error")]
    assert {one.remedy for one in found} == {'Allowed: "a", "b"'}


@pytest.mark.parametrize(
    ("aggregation", "output", "found"),
    [
        ("SUM", '"a"', ["'\"a\"' is a string, which cannot be added up."]),
        ("SUM", "1", []),
        ("MAX", "true", ["'true' is a boolean, which is neither more nor less."]),
        ("MIN", '"a"', []),
        ("COUNT", "true", []),
    ],
)
def test_outputs_must_be_such_as_the_table_can_add_up_or_compare(
    aggregation: str, output: str, found: list[str]
) -> None:
    grid = table(["person.age: number"], ["r"], [["-", output]], "COLLECT", aggregation=aggregation)
    assert [one.sentence for one in found_in(PERSON, decision("D", grid, *NEEDS))] == found


def test_the_clause_of_an_input_must_fit_what_it_asks() -> None:
    grid = table(["person.age: string"], ["r"], [['"a"', "1"], ['"b"', "2"]], "FIRST")
    (found,) = [one for one in found_in(PERSON, decision("D", grid, *NEEDS)) if one.code != "gap"]
    assert (found.where, found.code) == ("in1", "type-conflict")
    assert found.sentence == "'person.age' is a number, but 'person.age' is declared as a string."


@pytest.mark.parametrize(
    ("logic", "type_", "code"),
    [
        ('"x"', "number", "type-conflict"),
        ("person.level", "number", "type-conflict"),
        ("people.age", "string", "type-conflict"),
        ("people", "tPerson", ""),
        ("person.age", "tPeople", "type-conflict"),
        ('"hgh"', "tLevel", "outside-allowed"),
        ('"high"', "tLevel", ""),
        ("{age: 3}", "tPerson", "type-conflict"),
        ('{age: "3", level: "low"}', "tPerson", "type-conflict"),
        ('{age: 3, level: "low", more: 1}', "tPerson", ""),
        ("person", "tPerson", ""),
        ("[person]", "tPeople", ""),
        ("person", "tPeople", ""),
        ("people[age > 3]", "tPeople", ""),
        ("people[1].age", "number", ""),
        ("if person.age > 3 then 1 else null", "number", ""),
    ],
)
def test_an_expression_is_held_against_the_declared_type(logic: str, type_: str, code: str) -> None:
    found = found_in(PERSON, decision("D", logic, *NEEDS, type_=type_))
    assert [one.code for one in found] == ([code] if code else [])


def test_what_a_decision_yields_is_known_to_those_above_it() -> None:
    below = decision("Sum", "person.age + 1", *NEEDS)
    (found,) = found_in(PERSON, below, decision("Top", 'Sum = "a"', "#Sum"))
    assert (found.where, found.code) == ("Top", "type-conflict")
    grid = table(["person.age: number"], ["r: string"], [["> 1", '"c"'], ["<= 1", '"a"']], "FIRST")
    (found,) = found_in(PERSON, decision("T", grid, *NEEDS), decision("Top", "T > 3", "#T"))
    assert (found.where, found.code) == ("Top", "type-conflict")
    many = table(["person.age: number"], ["r: string"], [["> 1", '"c"']], "RULE ORDER")
    (found,) = found_in(PERSON, decision("T", many, *NEEDS), decision("Top", "T = 3", "#T"))
    assert found.sentence == "'T = 3' compares a list with a number."


def test_parameters_of_boxed_invocations_and_knowledge_models_have_their_types() -> None:
    fee = knowledge("Fee", ["a: number"], "a + 1")
    body = f'<invocation>{text("Fee")}<binding><parameter name="a"/>{text("true")}</binding></invocation>'
    (found,) = found_in(fee, decision("D", body, "knowledge:#Fee"))
    assert found.sentence == "'true' is a boolean, but 'a' is declared as a number."
    (found,) = found_in(knowledge("Fee", ["a: string"], "a * 2"))
    assert (found.where, found.code) == ("Fee", "type-conflict")


def test_types_of_entries_and_columns_are_held() -> None:
    entry = f'<contextEntry id="e"><variable name="a" typeRef="number"/>{text("person.level")}</contextEntry>'
    (found,) = found_in(PERSON, decision("D", f"<context>{entry}</context>", *NEEDS))
    assert (found.where, found.code) == ("e", "type-conflict")
    cells = f'<row id="one">{text("1")}</row><row id="two">{text(chr(34) + "x" + chr(34))}</row>'
    (found,) = found_in(decision("D", f'<relation><column name="k" typeRef="number"/>{cells}</relation>'))
    assert (found.where, found.code) == ("two", "type-conflict")


def test_item_definitions_are_checked_too() -> None:
    item = (
        '<itemDefinition id="t" name="t"><typeRef>{}</typeRef><allowedValues id="av"><text>{}</text></allowedValues>'
        "</itemDefinition>"
    )
    assert [one.code for one in found_in(item.format("string", "high, low"))] == ["unknown-name"]
    assert [one.code for one in found_in(item.format("number", '"high"'))] == ["never-true"]
    assert found_in(item.format("number", "[0..10]")) == []


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parents[2].glob("bpmn/*/*.dmn")), ids=lambda path: path.parent.name
)
def test_nothing_is_said_of_the_tables_that_are_shipped(path: Path) -> None:
    assert [one for one in check(path.read_bytes()) if one.code not in ("gap", "overlap", "unreachable")] == []


def test_a_cell_of_the_same_text_is_told_in_every_row() -> None:
    grid = table(["person.age: number"], ["r: string"], [['"1"', '"a"'], ['"1"', '"a"']], "FIRST")
    found = [one.where for one in found_in(PERSON, decision("D", grid, *NEEDS)) if one.code == "never-true"]
    assert found == ["r1c1", "r2c1"]


VALUES = {"n": "3", "s": '"x"', "b": "true", "d": '@"2026-01-01"', "z": "null", "ns": "[1, 2]", "days": '@"P1D"'}
LEAVES = st.sampled_from(sorted(VALUES))
KNOWN: dict[str, Type | None] = {**NAMES, "z": None}


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from("= != < > <= >= + - * / and or".split())
    two = st.builds("({} {} {})".format, inner, operators, inner)
    chosen = st.builds("(if {} then {} else {})".format, inner, inner, inner)
    listed = st.builds("[{}, {}]".format, inner, inner)
    return two | chosen | listed | st.builds("count({})".format, inner) | st.builds("{}[1]".format, inner)


@settings(max_examples=400, deadline=None)
@where(st.recursive(LEAVES, _grown, max_leaves=6))
def test_an_expression_said_to_be_a_conflict_never_has_all_its_parts(expression: str) -> None:
    """Whatever is a conflict is noted when it is evaluated with values of these kinds, unless it is not reached."""
    if "if" in expression or "z" in expression or "and" in expression or "or" in expression:
        return
    context = {name: feel.compile(written).evaluate({}, now=NOW).value for name, written in VALUES.items()}
    outcome = feel.compile(expression).evaluate(context, now=NOW)
    conflicts = [one for one in check_expression(expression, KNOWN) if one.code == "type-conflict"]
    if conflicts:
        assert outcome.problems
