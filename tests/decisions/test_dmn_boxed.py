"""Boxed expressions by the standard (DMN 1.3 to 1.5, 7.3 and 10.2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

import decisions
from decisions import DecisionError
from tests.decisions import dmn_models as dmn
from tests.decisions.dmn_models import decide, decision, given, knowledge, loaded, text


def entry(name: str, logic: str, type_: str | None = None) -> str:
    boxed = logic if logic.startswith("<") else text(logic)
    return f"<contextEntry>{dmn.variable(name, type_) if name else ''}{boxed}</contextEntry>"


def context(*entries: str) -> str:
    return f"<context>{''.join(entries)}</context>"


def function(parameters: str, logic: str, kind: str = "FEEL") -> str:
    formal = "".join(f'<formalParameter name="{name}"/>' for name in parameters.split())
    return f'<functionDefinition kind="{kind}">{formal}{text(logic)}</functionDefinition>'


def invocation(called: str, **bindings: str) -> str:
    bound = "".join(
        f'<binding><parameter name="{name.replace("_", " ")}"/>{text(logic)}</binding>'
        for name, logic in bindings.items()
    )
    return f"<invocation>{text(called)}{bound}</invocation>"


def value(logic: str, *more: str, **inputs: object) -> object:
    """The value of a decision with this logic, which requires all inputs and knowledge models of the model."""
    needed = [f"input:#{name}" for name in inputs]
    needed += ["knowledge:#" + one.split('"')[1] for one in more if one.startswith("<businessKnowledgeModel")]
    model = loaded(*map(given, inputs), *more, decision("d", logic, *needed))
    return decide(model, "d", **inputs).value


# --- contexts


def test_a_context_is_its_entries_each_seeing_those_before_it() -> None:
    assert value(context(entry("a", "x"), entry("b b", "a + 1"), entry("c", "b b * 2")), x=1) == {
        "a": 1,
        "b b": 2,
        "c": 4,
    }


def test_a_context_with_a_result_is_its_result() -> None:
    assert value(context(entry("a", "2"), entry("b", "a + 1"), entry("", "a * b"))) == 6


def test_an_entry_hides_the_name_around_it_and_inner_contexts_see_outer_ones() -> None:
    inner = context(entry("x", "x + 1"), entry("", "x * 10"))
    assert value(context(entry("y", inner), entry("z", "x + y")), x=1) == {"y": 20, "z": 21}


def test_an_entry_must_have_its_type() -> None:
    assert value(context(entry("a", '"1"', "number"), entry("b", "[5]", "number"))) == {"a": None, "b": 5}


def test_a_function_among_the_entries_may_be_invoked_by_the_ones_after_it() -> None:
    assert value(context(entry("twice", function("n", "n * 2")), entry("", "twice(x) + twice(n: 1)")), x=3) == 8


def test_names_may_hold_spaces_signs_and_words_of_the_language() -> None:
    names = ["the applicant's age", "a+b", "for profit", "x/y ratio", "é-mail", "date of birth", "in stock"]
    made = context(*(entry(name, str(at)) for at, name in enumerate(names)), entry("", f"[{', '.join(names)}]"))
    assert value(made) == [Decimal(at) for at in range(len(names))]


# --- lists and relations


def test_a_list_is_its_items_of_any_boxed_kind() -> None:
    items = f"<list>{text('x')}{context(entry('a', '1'))}<list>{text('2')}</list></list>"
    assert value(items, x=5) == [5, {"a": 1}, [2]]


A = '"a"'


def test_a_relation_is_a_list_of_contexts_with_the_types_of_its_columns() -> None:
    relation = (
        '<relation><column name="name" typeRef="string"/><column name="the age" typeRef="number"/>'
        f"<row>{text(A)}{text('x')}</row><row>{text('1')}{text('x + 1')}</row></relation>"
    )
    assert value(relation, x=40) == [{"name": "a", "the age": 40}, {"name": None, "the age": 41}]
    assert value(context(entry("r", relation), entry("", "r[the age > 40].the age")), x=40) == [41]


def test_an_empty_relation_is_an_empty_list() -> None:
    assert value('<relation><column name="a"/></relation>') == []


# --- functions and invocations


def test_an_invocation_binds_by_name_in_any_order() -> None:
    model = knowledge("sub", ["the first", "second"], "the first - second")
    assert value(invocation("sub", second="1", the_first="x"), model, x=10) == 9


def test_an_invocation_with_parameters_that_are_not_there_is_null() -> None:
    model = knowledge("sub", ["a", "b"], "[a, b]")
    for bindings in ({"a": "1", "c": "2"}, {"a": "1", "b": "2", "c": "3"}):
        assert value(invocation("sub", **bindings), model) is None
    assert value(invocation("sub", a="1", b="2"), model) == [1, 2]


def test_an_invocation_may_invoke_built_ins_and_functions_of_any_expression() -> None:
    assert value(invocation("substring", string='"foobar"', start_position="4")) == "bar"
    assert (
        value(context(entry("lib", context(entry("f", function("n", "n + 1")))), entry("", invocation("lib.f", n="1"))))
        == 2
    )
    assert (
        value(f'<invocation>{function("n", "n * 3")}<binding><parameter name="n"/>{text("2")}</binding></invocation>')
        == 6
    )


def test_a_function_without_parameters_is_invoked_without_bindings() -> None:
    assert value(invocation("seven"), knowledge("seven", [], "7")) == 7


def test_a_function_keeps_what_it_saw_where_it_was_defined() -> None:
    made = context(entry("n", "10"), entry("add", function("a", "a + n")))
    assert value(context(entry("lib", made), entry("n", "1"), entry("", "lib.add(5)"))) == 15


def test_a_function_may_be_given_to_another() -> None:
    made = context(entry("apply", function("f a", "f(a)")), entry("", "apply(function(v) v * v, 4)"))
    assert value(made) == 16


def test_parameters_and_results_have_their_types_and_single_items_stand_for_lists() -> None:
    model = knowledge("half", ["n: number"], "n / 2", result="number")
    assert value("half(8)", model) == 4
    assert value("half([8])", model) == 4
    assert value('half("8")', model) is None
    wrong = knowledge("half", ["n: number"], "string(n)", result="number")
    assert value("half(8)", wrong) is None
    by_variable = knowledge("half", ["n: number"], "[n]", type_="number")
    assert value("half(8)", by_variable) == 8


def test_a_knowledge_model_may_be_typed_as_the_function_it_is() -> None:
    item = (
        '<itemDefinition name="tF"><functionItem outputTypeRef="string"><parameters name="n" typeRef="number"/>'
        "</functionItem></itemDefinition>"
    )
    assert value("f(1)", knowledge("f", ["n: number"], "string(n)", type_="tF"), item) == "1"
    assert value("f(1)", knowledge("f", ["n: number"], "n", type_="tF"), item) is None


@pytest.mark.parametrize("kind", ["Java", "PMML"])
def test_a_function_of_another_kind_is_refused_and_where_it_is_borne_null_with_a_reason(kind: str) -> None:
    body = context(entry("f", function("n", '{class: "x"}', kind)), entry("", "f(1)"))
    source = dmn.model(decision("d", body))
    with pytest.raises(DecisionError, match="outside FEEL"):
        decisions.load(source)
    borne = decisions.dmn.read(source)[0].evaluate("d", {}, now=dmn.NOW)
    assert borne.value is None and any("outside FEEL" in reason for reason in borne.reasons)


# --- conditional, filter and iterations


def conditional(condition: str, then: str = '"yes"', otherwise: str = '"no"') -> str:
    return (
        f"<conditional><if>{text(condition)}</if><then>{text(then)}</then><else>{text(otherwise)}</else></conditional>"
    )


def test_a_conditional_takes_then_only_when_it_is_true() -> None:
    assert [value(conditional("x > 1"), x=x) for x in (2, 1, None)] == ["yes", "no", "no"]
    assert value(conditional("x"), x="text") is None


def filtered(match: str) -> str:
    return f"<filter><in>{text('x')}</in><match>{text(match)}</match></filter>"


def test_a_boxed_filter_knows_item_and_the_entries_of_the_items() -> None:
    rows = [{"age": 3}, {"age": 40}]
    assert value(filtered("age > 18"), x=rows) == [{"age": 40}]
    assert value(filtered("item.age > 18"), x=rows) == [{"age": 40}]
    assert value(filtered("item > 1"), x=[1, 2, 3]) == [2, 3]
    assert value(filtered("2"), x=[5, 6]) is None, "a box holds a condition, no index"


def iteration(word: str, items: str, body: str) -> str:
    last = "return" if word == "for" else "satisfies"
    return f'<{word} iteratorVariable="the item"><in>{text(items)}</in><{last}>{text(body)}</{last}></{word}>'


def test_boxed_iterations_run_over_lists_and_ranges() -> None:
    assert value(iteration("for", "x", "the item * 2"), x=[1, 2]) == [2, 4]
    assert value(iteration("for", "[1..3]", "the item")) == [1, 2, 3]
    assert value(iteration("for", "x", "the item + count(partial)"), x=[5, 5, 5]) == [5, 6, 7]
    assert value(iteration("for", "x", "the item"), x=None) is None
    assert [value(iteration("some", "x", "the item > 2"), x=x) for x in ([1, 3], [1], [])] == [True, False, False]
    assert [value(iteration("every", "x", "the item > 2"), x=x) for x in ([4, 3], [1, 4], [])] == [True, False, True]


def test_boxed_expressions_nest_in_one_another() -> None:
    inner = iteration("for", "x", "{n: the item}").replace(text("{n: the item}"), context(entry("n", "the item")))
    made = f"<filter><in>{inner}</in><match>{conditional('n > 1', 'true', 'false')}</match></filter>"
    assert value(made, x=[1, 2]) == [{"n": 2}]


# --- pieces


@pytest.mark.parametrize(
    "language",
    [
        "feel",
        "FEEL",
        "http://www.omg.org/spec/DMN/20180521/FEEL/",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
        "https://www.omg.org/spec/DMN/20230324/FEEL/",
    ],
)
def test_the_language_of_a_piece_may_be_told(language: str) -> None:
    assert (
        value(text("1 + 1").replace("<literalExpression", f'<literalExpression expressionLanguage="{language}"')) == 2
    )


def test_a_piece_in_another_language_is_null_with_a_reason_and_stops_nothing_else() -> None:
    foreign = text("1").replace("<literalExpression", '<literalExpression expressionLanguage="https://www.python.org"')
    source = dmn.model(decision("d", context(entry("a", foreign), entry("b", "2"))))
    borne = decisions.dmn.read(source)[0].evaluate("d", {}, now=dmn.NOW)
    assert borne.value == {"a": None, "b": 2}
    assert "The expression is not written in FEEL." in borne.reasons


def test_an_expression_with_a_type_must_have_it() -> None:
    assert value(text('"a"').replace("<literalExpression", '<literalExpression typeRef="number"')) is None
    assert value(text("[1]").replace("<literalExpression", '<literalExpression typeRef="number"')) == 1
