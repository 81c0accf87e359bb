"""DMN models: what they decide, why, and what is refused before it could decide anything."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decisions
from decisions import DecisionError, Result

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DMN13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def model(body: str, namespace: str = "https://example.org/m", dmn: str = DMN13) -> bytes:
    return f'<definitions xmlns="{dmn}" id="d" name="m" namespace="{namespace}">{dedent(body)}</definitions>'.encode()


def literal(name: str, text: str, requires: str = "", type_: str = "Any") -> str:
    return (
        f'<decision id="{name}" name="{name}"><variable name="{name}" typeRef="{type_}"/>{requires}'
        f"<literalExpression><text>{escape(text)}</text></literalExpression></decision>"
    )


def table(
    rules: list[tuple[str, str]], *, policy: str = "UNIQUE", extra: str = "", output: str = "", attributes: str = ""
) -> bytes:
    rows = "".join(
        f'<rule id="r{n}"><inputEntry id="i{n}"><text>{escape(cell)}</text></inputEntry>'
        f'<outputEntry id="o{n}"><text>{escape(result)}</text></outputEntry>'
        f"<annotationEntry><text>note {n}</text></annotationEntry></rule>"
        for n, (cell, result) in enumerate(rules, 1)
    )
    return model(
        f"""
        <inputData id="in" name="amount"><variable name="amount" typeRef="number"/></inputData>
        <decision id="dec" name="Doubt"><variable name="Doubt"/>
        <informationRequirement id="q"><requiredInput href="#in"/></informationRequirement>
        <decisionTable id="t" hitPolicy="{policy}" {attributes}>
        <input id="c1" label="Amount"><inputExpression typeRef="number"><text>amount</text></inputExpression>
        {extra}</input>
        <output id="c2" name="result">{output}</output><annotation name="Basis"/>{rows}
        </decisionTable></decision>"""
    )


def decide(source: bytes, amount: object, decision: str = "dec") -> Result:
    return decisions.load(source).evaluate(decision, {"amount": amount}, now=NOW)


def test_a_table_keeps_the_matched_rule_with_what_it_saw() -> None:
    source = table([("< 100", '"low"'), (">= 100", '"high"')])
    result = decide(source, 250, "Doubt")
    assert (result.value, result.reasons) == ("high", ())
    (matched,) = result.matched
    assert (matched.table_id, matched.rule_id, matched.number) == ("t", "r2", 2)
    assert matched.inputs == (("Amount", Decimal(250), ">= 100"),)
    assert matched.outputs == {"result": "high"} and matched.annotations == {"Basis": "note 2"}
    assert [(step.name, step.value) for step in result.trace] == [("Doubt", "high")]
    (info,) = decisions.load(source).decisions
    assert info == decisions.DecisionInfo("dec", "Doubt", (("amount", "number"),), ("result",), "UNIQUE", "table")


OVERLAP = [("> 1", '"b"'), ("> 2", '"a"'), ("> 3", '"b"')]
ORDER = '<outputValues><text>"a","b"</text></outputValues>'


@pytest.mark.parametrize(
    ("policy", "amount", "value", "numbers"),
    [
        ("UNIQUE", 2, "b", [1]),
        ("FIRST", 9, "b", [1]),
        ("PRIORITY", 9, "a", [2]),
        ("OUTPUT ORDER", 9, ["a", "b", "b"], [2, 1, 3]),
        ("RULE ORDER", 9, ["b", "a", "b"], [1, 2, 3]),
        ("COLLECT", 9, ["b", "a", "b"], [1, 2, 3]),
        ("ANY", 2, "b", [1]),
    ],
)
def test_every_hit_policy_chooses_as_it_should(policy: str, amount: int, value: object, numbers: list[int]) -> None:
    result = decide(table(OVERLAP, policy=policy, output=ORDER), amount)
    assert result.value == value
    assert [rule.number for rule in result.matched] == numbers


@pytest.mark.parametrize(("policy", "word"), [("UNIQUE", "only one may"), ("ANY", "different outputs")])
def test_rules_that_contradict_give_a_reason_and_no_guess(policy: str, word: str) -> None:
    result = decide(table(OVERLAP, policy=policy), 9)
    assert result.value is None
    assert "1, 2, 3" in result.reasons[0] and word in result.reasons[0]
    assert [rule.number for rule in result.matched] == [1, 2, 3]


@pytest.mark.parametrize(("aggregation", "wanted"), [("SUM", 6), ("MIN", 1), ("MAX", 3), ("COUNT", 3)])
def test_a_collecting_table_aggregates(aggregation: str, wanted: int) -> None:
    rules = [("> 0", "1"), ("> 0", "2"), ("> 0", "3"), ("< 0", "9")]
    source = table(rules, policy="COLLECT", attributes=f'aggregation="{aggregation}"')
    assert decide(source, 5).value == wanted


def test_no_match_takes_the_default_or_says_so() -> None:
    assert decide(table([("1", '"x"')]), 2).reasons == ("No rule of the table 'Doubt' matches and it has no default.",)
    default = '<defaultOutputEntry><text>"none"</text></defaultOutputEntry>'
    assert decide(table([("1", '"x"')], output=default), 2).value == "none"


def test_values_that_are_not_allowed_or_of_another_type_decide_nothing() -> None:
    source = table([("-", '"x"')], extra="<inputValues><text>[0..10]</text></inputValues>")
    assert decide(source, 10).value == "x"
    assert "not an allowed value" in decide(source, 11).reasons[0]
    wrong = decide(source, "138")
    assert wrong.reasons and "138" not in " ".join(wrong.reasons)


bounds = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(bounds, st.integers(0, 20))
def test_the_hit_policies_agree_with_one_another(rules: list[tuple[int, int, int]], amount: int) -> None:
    cells = [(f"[{min(a, b)}..{max(a, b)}]", str(out)) for a, b, out in rules]
    held = [out for a, b, out in rules if min(a, b) <= amount <= max(a, b)]
    order = "<outputValues><text>3,2,1,0</text></outputValues>"
    found = {
        policy: decide(table(cells, policy=policy, output=order), amount).value
        for policy in ("UNIQUE", "ANY", "FIRST", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
    }
    total = decide(table(cells, policy="COLLECT", attributes='aggregation="SUM"'), amount).value
    assert found["RULE ORDER"] == found["COLLECT"] == (held or None)
    assert found["FIRST"] == (held[0] if held else None)
    assert found["PRIORITY"] == (max(held) if held else None)
    assert found["OUTPUT ORDER"] == (sorted(held, reverse=True) or None)
    assert found["UNIQUE"] == (held[0] if len(held) == 1 else None)
    assert found["ANY"] == (held[0] if len(set(held)) == 1 else None)
    assert total == (sum(held) if held else None)


def test_decisions_rest_on_one_another_knowledge_and_services() -> None:
    body = """
        <itemDefinition id="ty" name="tMember"><itemComponent id="ic" name="age">
        <typeRef>number</typeRef></itemComponent>
        </itemDefinition>
        <itemDefinition id="tys" name="tMembers" isCollection="true"><typeRef>tMember</typeRef></itemDefinition>
        <inputData id="m" name="the members"><variable name="the members" typeRef="tMembers"/></inputData>
        <businessKnowledgeModel id="k" name="is minor"><variable name="is minor"/><encapsulatedLogic>
        <formalParameter name="age" typeRef="number"/><literalExpression><text>age &lt; 18</text></literalExpression>
        </encapsulatedLogic></businessKnowledgeModel>
        <decision id="minors" name="minors"><variable name="minors"/>
        <informationRequirement><requiredInput href="#m"/></informationRequirement>
        <knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>
        <literalExpression><text>the members[is minor(age)]</text></literalExpression></decision>
        <decision id="summary" name="summary"><variable name="summary"/>
        <informationRequirement><requiredDecision href="#minors"/></informationRequirement>
        <context><contextEntry><variable name="n" typeRef="number"/><literalExpression><text>count(minors)</text>
        </literalExpression></contextEntry><contextEntry><literalExpression><text>"minors: " + string(n)</text>
        </literalExpression></contextEntry></context></decision>
        <decisionService id="s" name="service"><variable name="service"/><outputDecision href="#summary"/>
        <inputData href="#m"/></decisionService>"""
    loaded = decisions.load(model(body))
    inputs = {"the members": [{"age": 3}, {"age": 40}, {"age": 17}]}
    result = loaded.evaluate("summary", inputs, now=NOW)
    assert result.value == "minors: 2"
    assert [step.name for step in result.trace] == ["minors", "summary"]
    assert loaded.evaluate("service", inputs, now=NOW).value == "minors: 2"
    assert loaded.evaluate("is minor", {"age": 4}, now=NOW).value is True
    wrong = loaded.evaluate("minors", {"the members": [{"age": "old"}]}, now=NOW)
    assert "not of the declared type" in wrong.reasons[0]
    assert "was not given" in loaded.evaluate("minors", {}, now=NOW).reasons[0]
    with pytest.raises(DecisionError, match="no decision 'other'"):
        loaded.evaluate("other", {}, now=NOW)


def test_a_model_may_use_another_that_is_at_hand(tmp_path: Path) -> None:
    base = model(literal("limit", "600"), "https://example.org/base")
    user = model(
        f'<import name="base" namespace="https://example.org/base" importType="{DMN13}"/>'
        + literal(
            "double",
            "base.limit * 2",
            '<informationRequirement><requiredDecision href="https://example.org/base#limit"/></informationRequirement>',
        )
    )
    assert (
        decisions.load(user, {"https://example.org/base": base}.__getitem__).evaluate("double", {}, now=NOW).value
        == 1200
    )
    (tmp_path / "a.dmn").write_bytes(user)
    (tmp_path / "b.dmn").write_bytes(base)
    assert decisions.evaluate(tmp_path / "a.dmn", "double", {}, now=NOW) == 1200
    nothing: dict[str, bytes] = {}
    for resolve in (None, nothing.__getitem__):
        with pytest.raises(DecisionError, match="not at hand"):
            decisions.load(user, resolve)


def need(name: str) -> str:
    return f'<informationRequirement><requiredDecision href="#{name}"/></informationRequirement>'


REFUSED = {
    "circle": (literal("a", "b", need("b")) + literal("b", "a", need("a")), "requires itself"),
    "syntax": (literal("a", "1 +"), "ends too early"),
    "unknown name": (literal("a", "b + 1"), "unknown name 'b'"),
    "unknown element": (literal("a", "1", need("gone")), "no element 'gone'"),
    "unknown type": (literal("a", "1", type_="tGone"), "'tGone' is not defined"),
    "empty": (literal("a", ""), "is empty"),
    "no logic": ('<decision id="a" name="a"><variable name="a"/></decision>', "has no logic"),
    "another language": (
        (
            '<decision id="a" name="a"><literalExpression expressionLanguage="https://www.python.org">'
            "<text>1</text></literalExpression></decision>"
        ),
        "not written in FEEL",
    ),
    "outside function": (
        (
            '<businessKnowledgeModel id="a" name="a"><encapsulatedLogic kind="Java"><context/></encapsulatedLogic>'
            "</businessKnowledgeModel>"
        ),
        "outside FEEL",
    ),
    "external function": (literal("a", 'function() external {java: {class: "x"}}'), "External functions are not run"),
    "twice": (literal("a", "1") + literal("a", "2"), "used twice"),
    "unknown element of the graph": ('<inference id="x"/>', "'inference' is not evaluated"),
    "type circle": (
        '<itemDefinition id="t" name="t"><typeRef>t</typeRef></itemDefinition>' + literal("a", "1", type_="t"),
        "defined by itself",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_evaluated_as_written_is_refused_with_place_and_remedy(fault: str) -> None:
    body, sentence = REFUSED[fault]
    with pytest.raises(DecisionError) as caught:
        decisions.load(model(body))
    told = [finding for finding in caught.value.findings if sentence in finding.sentence]
    assert told, caught.value.findings
    assert all(finding.where and finding.line and finding.remedy for finding in told)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (table([("1", '"x"')], policy="SOME"), "does not exist"),
        (table([("1", '"x"')], policy="PRIORITY"), "not ordered"),
        (table([("1", '"x"')], attributes='aggregation="SUM"'), "does not fit"),
        (table([("< ", '"x"')]), "ends too early"),
        (table([("1", "")]), "is empty"),
        (table([("1", '"x"')]).replace(b"<inputEntry", b"<inputEntry/><inputEntry"), "does not fit the columns"),
        (b'<!DOCTYPE x [<!ENTITY e "y">]>' + model(""), "DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x">' + model(""), "DOCTYPE"),
        (b"<definitions", "not well-formed"),
        (b"<definitions/>", "not a DMN"),
        (model("", dmn="http://www.omg.org/spec/DMN/20151101/dmn.xsd"), "not a DMN"),
        (model("<a>" * 150 + "</a>" * 150), "nests too deeply"),
        (model("x" * (2 * 1024 * 1024)), "larger than 2 MB"),
        (model("<a/>" * 70_000), "too many elements"),
    ],
    ids=range(14),
)
def test_a_source_that_is_no_sound_model_is_refused(source: bytes, sentence: str) -> None:
    with pytest.raises(DecisionError, match=sentence):
        decisions.load(source)


def test_a_long_chain_of_decisions_and_a_deep_function_end_in_order() -> None:
    chain = literal("d0", "1") + "".join(literal(f"d{n}", f"d{n - 1} + 1", need(f"d{n - 1}")) for n in range(1, 1500))
    assert decisions.load(model(chain)).evaluate("d1499", {}, now=NOW, budget=100_000).value == 1500
    endless = decisions.load(model(literal("a", "{f: function(g) g(g), r: f(f)}.r")))
    result = endless.evaluate("a", {}, now=NOW)
    assert result.value is None and result.reasons == ("Functions call one another too deeply.",)
