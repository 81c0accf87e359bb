"""Names in a model: each that nothing brings is found at its place, with what was probably meant."""

from __future__ import annotations

import pytest
from hypothesis import given as where
from hypothesis import settings
from hypothesis import strategies as st
from lxml import etree

import decisions
from decisions.checks import check, check_expression
from decisions.errors import Finding
from decisions.feel.types import ContextType, ListType, SimpleType
from tests.decisions.dmn_models import decision, given, knowledge, model, needs, table, text

NUMBER, STRING = SimpleType("number"), SimpleType("string")
PERSON = ContextType({"age": NUMBER, "name": STRING})
NAMES = {"amount": NUMBER, "kind": STRING, "people": ListType(PERSON), "person": PERSON, "anything": None}


def said(expression: str, *, unary: bool = False) -> list[tuple[str, str]]:
    return [(one.code, one.where) for one in check_expression(expression, NAMES, unary=unary)]


def only(expression: str, *, unary: bool = False) -> Finding:
    (found,) = check_expression(expression, NAMES, unary=unary)
    return found


def found_in(*bodies: str) -> list[Finding]:
    return check(model("".join(bodies)))


@pytest.mark.parametrize(
    ("expression", "name", "place", "meant"),
    [
        ("amount + amuont", "amuont", "1:10", "amount"),
        ('if kind = "a"\nthen Amount\nelse 0', "Amount", "2:6", "amount"),
        ("for p in people return persn.age", "persn", "1:24", "person"),
        ("people[age > amonut]", "amonut", "1:14", "amount"),
        ("{total: amount, half: totl / 2}", "totl", "1:23", "total"),
        ("function(x: number) x + amoun", "amoun", "1:25", "amount"),
        ("some p in people satisfies p.age > amountt", "amountt", "1:36", "amount"),
        ("(amount) + (amounts)", "amounts", "1:13", "amount"),
    ],
)
def test_an_unknown_name_is_placed_and_the_nearest_known_is_offered(
    expression: str, name: str, place: str, meant: str
) -> None:
    found = only(expression)
    assert (found.code, found.severity, found.where) == ("unknown-name", "error", place)
    assert found.sentence == f"The name '{name}' is not known here."
    assert found.remedy.startswith("Did you mean ") and meant in found.remedy


@pytest.mark.parametrize(
    "expression",
    [
        "{a: 1, b: a + 1}.b",
        "for x in 1..3, y in x..3 return x + y + count(partial)",
        "every p in people satisfies p.age > amount",
        "people[age > 3].name",
        "people[item.age > amount][1].name",
        "anything.whatever[inside > 1].more",
        "anything[whatever = outside]",
        "[{a: 1}, {b: 2}][b = 2]",
        "(function(x, y) x + y)(1, amount)",
        "{fac: function(n) if n = 0 then 1 else n * fac(n - 1)}.fac(3)",
        "amount in (1, > 3, [5..9])",
        "sort(people, function(x, y) x.age < y.age)",
        'date("2026-01-01").year + @"P1Y".years',
        "amount between 1 and 3 and kind instance of string",
    ],
)
def test_names_that_the_text_itself_brings_are_known(expression: str) -> None:
    assert said(expression) == []


@pytest.mark.parametrize(
    ("expression", "sentence", "remedy"),
    [
        ("person.agee", "'person' has no entry 'agee'.", "Did you mean age?"),
        ("person.height", "'person' has no entry 'height'.", "It has: age, name."),
        ("people[1].agee", "'people[1]' has no entry 'agee'.", "Did you mean age?"),
        ("people.agee", "A context has no entry 'agee'.", "Did you mean age?"),
        ("amount.value", "A number has no entry 'value'.", "Name the value alone."),
        ('date("2026-01-01").years', "A date has no entry 'years'.", "Did you mean year?"),
    ],
)
def test_an_entry_that_a_value_cannot_have_is_found(expression: str, sentence: str, remedy: str) -> None:
    found = only(expression)
    assert (found.code, found.sentence, found.remedy) == ("unknown-member", sentence, remedy)


@pytest.mark.parametrize(
    ("expression", "code", "remedy"),
    [
        ("conut(people)", "unknown-function", "Did you mean count"),
        ("average(people.age)", "unknown-function", "Write: mean(...)"),
        ("IF(amount > 1, 2, 3)", "unknown-function", "Write: if condition then a else b"),
        ("frobnicate(1)", "unknown-function", "Choose a function of FEEL, or require a knowledge model."),
        ("kind(1)", "unknown-function", "Remove the brackets."),
        ("true()", "unknown-function", "Write: true"),
        ("substring(kind)", "wrong-arity", "Write: substring(string, start position, [length])"),
        ("substring(kind, from: 1)", "unreadable-cell", "Correct the expression."),
        ("substring(string: kind, start: 1)", "wrong-arity", "Write: substring(string, start position, [length])"),
        ("(function(a, b) a)(1)", "wrong-arity", "Write: "),
        ("(function(a, b) a)(a: 1, c: 2)", "wrong-arity", "Write: "),
        ("x instance of colour", "unknown-name", ""),
    ],
)
def test_what_is_invoked_must_exist_and_be_given_what_it_takes(expression: str, code: str, remedy: str) -> None:
    first = check_expression(expression, {**NAMES, "x": None})[0]
    assert first.code == code and first.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("expression", "place", "remedy"),
    [
        ("amount == 3", "1:8", "Write: amount = 3"),
        ("amount => 3", "1:8", "Write: amount >= 3"),
        ("amount <> 3", "1:8", "Write: amount != 3"),
        ("amount > 1 && amount < 3", "1:12", "Write: amount > 1 and amount < 3"),
        ("amount > 1 || amount < 3", "1:12", "Write: amount > 1 or amount < 3"),
        ("amount ≥ 3", "1:8", "Write: amount >= 3"),
        ("kind = “高”", "1:8", 'Write: kind = "高"'),
        ("kind in （“高”，“低”）", "1:9", 'Write: kind in ("高","低")'),
        ("kind = '高'", "1:8", 'Write: kind = "高"'),
        ("amount > ３０", "1:10", "Write: amount > 30"),
        ("kind is null", "1:6", "Write: kind = null"),
        ("kind is not null", "1:6", "Write: kind != null"),
        ("!anything", "1:1", "Write: not(anything)"),
        ("not anything", "1:1", "Write: not(anything)"),
        ("kind = None", "1:8", "Write: null"),
        ("anything = True", "1:12", "Write: true"),
        ("amount > 1 AND amount < 3", "1:12", ""),
        ("amount * 5%", "1:10", "Write: amount * 5 / 100"),
        ("amount ^ 2", "1:8", "Write: amount ** 2"),
        ("\n\n  kind + 'a'", "3:10", 'Write: kind + "a"'),
        ('today > @"2026-01-01"', "1:1", "Write: today()"),
    ],
)
def test_slips_of_other_languages_are_placed_and_put_right(expression: str, place: str, remedy: str) -> None:
    first = check_expression(expression, NAMES)[0]
    assert first.where == place and first.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("expression", "place", "code", "remedy"),
    [
        ("kind = 高", "1:8", "unknown-name", 'Write: "高"'),
        ('kind in ("低", 高)', "1:15", "unknown-name", 'Write: "高"'),
        ("amount in (1,000)", "1:12", "unreadable-cell", "Write: 1000"),
        ("3万", "1:2", "unreadable-cell", "Write the number alone, without its unit."),
        (">= 3 个月", "1:6", "unreadable-cell", "Write the number alone, without its unit."),
    ],
)
def test_words_units_and_thousands_as_people_write_them(expression: str, place: str, code: str, remedy: str) -> None:
    found = only(expression, unary=True)
    assert (found.where, found.code, found.remedy) == (place, code, remedy)


def test_signs_inside_a_text_or_a_remark_are_let_alone() -> None:
    assert said('kind = "a == b && ！（）" // here too: == && ≥') == []


def test_a_question_mark_stands_only_where_a_value_is_tested() -> None:
    assert only("? > 3").sentence == "'?' stands for the value that is tested, and here none is."
    assert said("? > 3", unary=True) == [] == said("amount in (? > 3)")


# --- models


def test_a_name_that_stands_in_the_model_asks_for_the_requirement() -> None:
    first, second = found_in(given("age", "number"), decision("Grown", "age >= 18"), decision("Pays", "Grown"))
    assert (first.where, first.code) == ("Grown", "unknown-name")
    assert first.remedy == "Draw the requirement from 'age' to 'Grown'."
    assert second.remedy == "Draw the requirement from 'Grown' to 'Pays'."
    assert (
        found_in(given("age"), decision("Grown", "age >= 18", "input:#age"), decision("Pays", "Grown", "#Grown")) == []
    )


def test_a_fault_of_names_is_said_once_and_makes_the_model_unusable_as_before() -> None:
    source = model(decision("Pays", "agee >= 18"))
    (found,) = check(source)
    assert "'agee'" in found.sentence
    with pytest.raises(decisions.DecisionError, match="agee"):
        decisions.load(source)


ROWS = [["高风险", "-", '"x"'], ['"低"', "> 3", "留"], ['"低", 中', "not(18)", "null"], ["not(低)", "三", '"x"']]


def test_words_without_quotes_are_found_cell_by_cell() -> None:
    grid = table(["risk: string", "age: number"], ["做法: string"], ROWS)
    found = [
        one
        for one in found_in(
            given("risk", "string"), given("age", "number"), decision("D", grid, "input:#risk", "input:#age")
        )
        if one.code == "unknown-name"
    ]
    assert [(one.where, one.table, one.rule, one.column, one.remedy) for one in found] == [
        ("r1c1", "D", 1, "risk", 'Write: "高风险"'),
        ("r2c3", "D", 2, "做法", 'Write: "留"'),
        ("r3c1", "D", 3, "risk", 'Write: "低", "中"'),
        ("r4c1", "D", 4, "risk", 'Write: not("低")'),
        ("r4c2", "D", 4, "age", "Correct it, or draw the requirement."),
    ]
    assert found[0].sentence == "'高风险' is neither a known name nor a text in quotes."


def test_a_cell_that_is_a_known_name_is_no_word_without_quotes() -> None:
    grid = table(["risk: string"], ["r: string"], [["limit", "limit"], ["low", '"a"']])
    found = found_in(
        given("risk", "string"), given("limit", "string"), decision("D", grid, "input:#risk", "input:#limit")
    )
    assert [one.where for one in found if one.code == "unknown-name"] == ["r2c1"]


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("agee * 2", "Did you mean age?"),
        ("nobody + 2", "Correct it, or draw the requirement."),
        ("low-risk", 'Write: "low-risk"'),
        ("N/A", 'Write: "N/A"'),
    ],
)
def test_a_calculation_with_an_unknown_name_is_no_text_that_lost_its_quotes(cell: str, remedy: str) -> None:
    grid = table(["age: number"], ["r"], [["-", cell]])
    (found,) = found_in(given("age", "number"), decision("D", grid, "input:#age"))
    assert (found.code, found.remedy, found.rule, found.column) == ("unknown-name", remedy, 1, "r")


def test_of_two_characters_one_may_be_a_slip() -> None:
    (found,) = check_expression("年令 * 2", {"年龄": NUMBER, "户籍": STRING})
    assert found.remedy == "Did you mean 年龄?"


def test_what_the_reader_finds_in_a_table_is_placed_there_too() -> None:
    def found(grid: str) -> set[tuple[str, str, int | None, str]]:
        context = f'<context><contextEntry><variable name="x"/>{grid}</contextEntry></context>'
        return {
            (one.where, one.table, one.rule, one.column)
            for one in found_in(given("age", "number"), decision("D", context, "input:#age"))
        }

    grid = (
        '<decisionTable id="t" hitPolicy="SOME"><input id="i" label="Age"><inputExpression id="ie" typeRef="none">'
        "<text>age</text></inputExpression></input>"
        '<output id="o" name="r"/><rule id="r1"><inputEntry id="c"><text>[1..</text></inputEntry>'
        '<outputEntry id="oc"><text>1 +</text></outputEntry></rule><rule id="r2"/></decisionTable>'
    )
    assert found(grid) == {
        ("t", "D", None, ""),
        ("ie", "D", None, "Age"),
        ("c", "D", 1, "Age"),
        ("oc", "D", 1, "r"),
        ("r2", "D", 2, ""),
    }


def test_lines_are_those_of_the_file() -> None:
    source = model("\n\n" + decision("D", "1 +\n\n  nobody").replace("<text>", "<text>\n"))
    (found,) = check(source)
    assert found.line == 1 + source[: source.index(b"nobody")].count(b"\n")


FEE = knowledge("Fee", ["a: number", "b: number"], "a + b")


@pytest.mark.parametrize(
    ("logic", "code", "remedy"),
    [
        ("Fee(1)", "wrong-arity", "Write: Fee(a, b)"),
        ("Fee(a: 1, c: 2)", "wrong-arity", "Write: Fee(a, b)"),
        ("Fees(1, 2)", "unknown-function", "Did you mean Fee?"),
        ('Fee(1, "2")', "type-conflict", "Write: Fee(a, b)"),
    ],
)
def test_a_knowledge_model_is_invoked_as_it_is_declared(logic: str, code: str, remedy: str) -> None:
    (found,) = found_in(FEE, decision("D", logic, "knowledge:#Fee"))
    assert (found.where, found.code, found.remedy) == ("D", code, remedy)
    assert found_in(FEE, decision("D", "Fee(1, 2) + Fee(b: 1, a: 2)", "knowledge:#Fee")) == []


def bound(*names: str) -> str:
    bindings = "".join(f'<binding><parameter name="{name}"/>{text("1")}</binding>' for name in names)
    return f'<invocation id="inv">{text("Fee")}{bindings}</invocation>'


def test_a_boxed_invocation_binds_the_parameters_there_are() -> None:
    (found,) = found_in(FEE, decision("D", bound("a", "bb"), "knowledge:#Fee"))
    assert (found.where, found.code, found.remedy) == ("inv", "wrong-arity", "Did you mean b?")
    (found,) = found_in(FEE, decision("D", bound("a"), "knowledge:#Fee"))
    assert found.sentence == "The function 'Fee' is not given its parameter 'b'."
    assert found_in(FEE, decision("D", bound("a", "b"), "knowledge:#Fee")) == []


def entry(name: str, logic: str) -> str:
    return f'<contextEntry id="{name or "result"}"><variable name="{name}"/>{text(logic)}</contextEntry>'


def test_entries_of_a_boxed_context_are_known_to_those_below() -> None:
    body = entry("a", "b") + entry("b", "a + 1")
    (found,) = found_in(decision("D", f"<context>{body}</context>"))
    assert (found.where, found.sentence) == ("a", "The name 'b' is not known here.")
    result = entry("a", "1") + "<contextEntry>" + text("a + 1") + "</contextEntry>"
    assert found_in(decision("D", f"<context>{result}</context>")) == []


def test_boxed_loops_filters_and_conditions_bring_their_names() -> None:
    choice = f"<if>{text('x > 1')}</if><then>{text('x')}</then><else>{text('yy')}</else>"
    loop = (
        f'<for iteratorVariable="x"><in>{text("[1, 2]")}</in><return><conditional>{choice}</conditional></return></for>'
    )
    (found,) = found_in(decision("D", loop))
    assert found.sentence == "The name 'yy' is not known here."
    kept = f"<filter><in>{text('[1, 2]')}</in><match>{text('item > 1')}</match></filter>"
    assert found_in(decision("D", kept)) == []


IMPORTED = model(given("age", "number") + decision("Grown", "age >= 18", "input:#age"), namespace="urn:far")
IMPORT = '<import name="far" namespace="urn:far" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'


def test_imported_decisions_are_known_by_their_prefix_and_their_types() -> None:
    def near(logic: str) -> list[Finding]:
        body = f'<decision id="D" name="D"><variable name="D"/>{needs("urn:far#Grown")}{text(logic)}</decision>'
        return check(model(IMPORT + body), lambda namespace: IMPORTED)

    assert near("if far.Grown then 1 else 2") == []
    assert [one.code for one in near("far.Grwon")] == ["unknown-member"]
    assert [one.code for one in near("far.Grown + 1")] == ["type-conflict"]


def test_reading_faults_are_told_and_nothing_is_raised() -> None:
    assert check(b"<not xml")[0].sentence == "The file is not well-formed XML."
    assert check(b"")[0].where == "definitions"
    (found,) = found_in('<decision id="D" name="D"/>')
    assert "no logic" in found.sentence
    circle = decision("A", "B", "#B") + decision("B", "A", "#A")
    assert any("circle" in one.sentence for one in found_in(circle))


def test_what_names_itself_is_not_told_to_draw_a_requirement() -> None:
    (found,) = found_in(knowledge("Fac", ["n: number"], "if n = 0 then 1 else n * Fac(n - 1)"))
    assert (found.code, found.remedy) == ("unknown-function", "Take it out: nothing can rest on itself.")


WHOLE = model(
    given("risk", "string")
    + given("age", "number")
    + FEE
    + decision("D", table(["risk: string", "age: number"], ["r: string"], ROWS), "input:#risk", "input:#age")
    + decision("E", bound("a", "b"), "knowledge:#Fee", type_="number")
    + decision("F", f"<context>{entry('a', '1')}{entry('b', 'a')}</context>")
)
ODD = ("", "D", "nobody", "number", "Fee", "-", "[1..", "feel")


@settings(max_examples=200, deadline=None)
@where(st.data())
def test_a_model_with_parts_lost_doubled_or_misnamed_raises_nothing(data: st.DataObject) -> None:
    root = etree.fromstring(WHOLE)
    for _ in range(data.draw(st.integers(1, 5))):
        element = data.draw(st.sampled_from(list(root.iter())))
        deed = data.draw(st.sampled_from(["lose", "double", "rename", "write"]))
        parent = element.getparent()
        if deed == "lose" and parent is not None:
            parent.remove(element)
        elif deed == "double" and parent is not None:
            parent.append(etree.fromstring(etree.tostring(element)))
        elif deed == "rename" and element.attrib:
            element.set(data.draw(st.sampled_from(sorted(element.attrib))), data.draw(st.sampled_from(ODD)))
        else:
            element.text = data.draw(st.sampled_from(ODD))
    found = check(etree.tostring(root))
    for one in found:
        assert one.sentence and one.remedy and one.where
    try:
        decisions.load(etree.tostring(root))
    except decisions.DecisionError:
        assert any(one.severity == "error" for one in found), "what is refused has its reason told"


@settings(max_examples=150, deadline=None)
@where(st.text(alphabet="abnot(){}[]<>=+-*/.,:\"'?“，1２ \n", max_size=60), st.booleans())
def test_no_text_at_all_makes_the_check_fail(expression: str, unary: bool) -> None:
    for found in check_expression(expression, NAMES, unary=unary):
        line, column = map(int, found.where.split(":"))
        assert line >= 1 and column >= 1 and found.line == line
