"""A business rule step asks a table about the case's own values: what the case keeps, what is refused and recorded."""

# ruff: noqa: E501  (an element of a drawing stands on one line)

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import decisions
from domain.cases import OPEN, Case
from domain.errors import Finding
from domain.work import unit_of_work
from tasks import moves
from tasks.incidents import why_of
from tests.homes import Office
from tests.journeys.playing import Story, new_case
from tests.workflows.playing import NOW
from tests.workflows.test_lint import checked, one
from workflows import bundles, decision_results, decision_rows, definitions, fresh
from workflows.bundles import Bundle
from workflows.decision_results import DecisionFailed
from workflows.decision_rows import Asked, DecisionMade, DecisionRule, facts_of, seen_by
from workflows.decision_values import packed, text, unpacked
from workflows.instances import Incident
from workflows.lint_names import check_names
from workflows.registry import Fact

KEY = "urgency"


def table(*rules: str, policy: str = "UNIQUE", outputs: str = "level", asks: str = "amount") -> bytes:
    """A table of one input; a rule is "cell -> output[, output]"."""
    columns = "".join(f'<output id="o_{name}" name="{name}" label="{name}!" />' for name in outputs.split())
    rows = ""
    for number, rule in enumerate(rules, 1):
        cell, _arrow, said = rule.partition(" -> ")
        out = "".join(
            f'<outputEntry id="r{number}o{n}"><text>{o}</text></outputEntry>' for n, o in enumerate(said.split(", "))
        )
        cell = cell.replace("<", "&lt;")
        rows += f'<rule id="r{number}"><inputEntry id="r{number}i"><text>{cell}</text></inputEntry>{out}</rule>'
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="urn:m">'
        f'<inputData id="d" name="{asks}"><variable id="dv" name="{asks}" typeRef="number"/></inputData>'
        '<decision id="urgency" name="紧急程度"><variable id="v" name="紧急程度"/><informationRequirement id="q">'
        f'<requiredInput href="#d"/></informationRequirement><decisionTable id="t" hitPolicy="{policy}">'
        f'<input id="i" label="金额"><inputExpression id="ie" typeRef="number"><text>{asks}</text></inputExpression></input>'
        f"{columns}{rows}</decisionTable></decision></definitions>"
    ).encode()


TWO = table('< 100 -> "LOW"', '>= 100 -> "HIGH"')
STEP = '<bpmn:businessRuleTask id="judge" name="判定" camunda:decisionRef="urgency" {more}>{inside}</bpmn:businessRuleTask>'


def bundle(
    dmn: bytes = TWO, *, mapping: str = "singleEntry", amount: str = "=250", condition: str = 'judge = "HIGH"'
) -> Bundle:
    """Start, the table, then a task only when the condition holds."""
    files = fresh.process(KEY, "紧急程度", "Urgency", "town_post")
    given_ = f'<camunda:inputOutput><camunda:inputParameter name="amount">{amount}</camunda:inputParameter></camunda:inputOutput>'
    step = STEP.format(
        more=f'camunda:mapDecisionResult="{mapping}"' if mapping else "",
        inside=f"<bpmn:extensionElements>{given_}</bpmn:extensionElements>",
    )
    way = (
        '<bpmn:exclusiveGateway id="way" default="way_end"/>'
        '<bpmn:sequenceFlow id="judge_way" sourceRef="judge" targetRef="way"/>'
        '<bpmn:sequenceFlow id="way_end" sourceRef="way" targetRef="end"/>'
        '<bpmn:sequenceFlow id="start_to_judge" sourceRef="start" targetRef="judge"/>'
        '<bpmn:sequenceFlow id="way_first" sourceRef="way" targetRef="first_step"><bpmn:conditionExpression>'
        f"{condition.replace('<', '&lt;')}</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}"><dc:Bounds x="{x}" y="300" width="50" height="50"/></bpmndi:BPMNShape>'
        for x, name in enumerate(("judge", "way"))
    ) + "".join(
        f'<bpmndi:BPMNEdge id="{name}_di" bpmnElement="{name}"><di:waypoint x="1" y="1"/><di:waypoint x="2" y="2"/></bpmndi:BPMNEdge>'
        for name in ("judge_way", "way_end", "start_to_judge", "way_first")
    )
    drawing = re.sub(r" *<bpmn:(incoming|outgoing)>.*\n", "", files["process.bpmn"].decode())
    drawing = re.sub(r'<bpmn:sequenceFlow id="start_to_first_step".*', step + way, drawing)
    drawing = re.sub(r'(?s)<bpmndi:BPMNEdge id="start_to_first_step_di".*?</bpmndi:BPMNEdge>', shapes, drawing)
    return Bundle(KEY, {**files, "process.bpmn": drawing.encode(), "urgency.dmn": dmn})


def play(office: Office, made: Bundle, data: Mapping[str, Any] | None = None) -> Story:
    """Deploy it and begin a case of it beside another one."""
    other = new_case(office)
    with unit_of_work(office.home, office.actor("town")) as work:
        definitions.ship(work, bundles.must_pass(made))
        definition, like = definitions.in_force(work, KEY), other.case(work)
        case = Case(
            number="U-1", kind=like.kind, process=KEY, process_version=definition.number, programme="MEDICAL",
            department_id=like.department_id, agency_id=like.agency_id, town_id=like.town_id, state=OPEN,
            opened_at=work.now, policy_snapshot_id=like.policy_snapshot_id,
        )  # fmt: skip
        work.session.add(case)
        work.session.flush()
        moves.start_case(work, case, definition, data or {})
        return Story(office, case.ref)


def test_a_step_asks_the_table_about_its_inputs_and_the_way_follows_the_answer(office: Office) -> None:
    story = play(office, bundle())
    assert story.open_steps() == ["first_step"]
    with story.work() as work:
        (made,) = story.rows(work, DecisionMade)
        (rule,) = work.session.query(DecisionRule).filter_by(made_id=made.id)
        assert (made.step_id, made.table, made.move, made.asked, made.silent) == ("judge", "urgency", 1, 1, 0)
        assert (rule.number, rule.rule_id, rule.place, rule.subject) == (2, "r2", 0, "")
        assert seen_by(work, rule)["inputs"] == [["金额", {"$number": "250"}, ">= 100"]]
        assert facts_of(work, made)[0]["inputs"] == {"amount": {"$number": "250"}}, "nothing but what the table asks"


def test_that_no_rule_matched_is_kept_too_with_its_reason(office: Office) -> None:
    story = play(office, bundle(table('< 100 -> "LOW"'), condition="judge != null"))
    assert story.open_steps() == []
    with story.work() as work:
        (made,) = story.rows(work, DecisionMade)
        assert (made.asked, made.silent) == (1, 1)
        assert "No rule" in facts_of(work, made)[0]["reasons"][0]
        assert work.session.query(DecisionRule).count() == 0


def test_an_answer_that_cannot_be_kept_stops_the_case_at_its_step_and_nothing_of_it_is_kept(office: Office) -> None:
    both = table('> 100 -> "HIGH"', '> 200 -> "HIGHER"', policy="COLLECT")
    story = play(office, bundle(both))
    assert story.open_steps() == []
    with story.work() as work:
        (incident,) = story.rows(work, Incident)
        assert incident.step_id == "judge"
        assert "the step keeps one" in str(why_of(incident))
        assert story.rows(work, DecisionMade) == []


def test_a_move_is_kept_once(office: Office) -> None:
    story = play(office, bundle())
    with story.work() as work:
        case, (made,) = story.case(work), story.rows(work, DecisionMade)
        at = decision_rows.Place(made.move, made.place, "judge", "urgency", "urgency")
        again = decision_rows.keep(work, case, definitions.by_id(work, made.definition_id), at, [])
        assert again == made.ref
        assert len(story.rows(work, DecisionMade)) == 1


# --- what the case keeps ------------------------------------------------------------------------------------------

ONE, MANY = "UNIQUE", "COLLECT"
RULES = ('> 0 -> "A"', '> 10 -> "B"')
PAIRS = ('> 0 -> "A", 1', '> 10 -> "B", 2')


@pytest.mark.parametrize(
    ("mapping", "policy", "rules", "amount", "kept"),
    [
        ("singleEntry", "FIRST", RULES, 20, "A"),
        ("singleEntry", "FIRST", RULES, -1, None),
        ("singleResult", "FIRST", RULES, 20, {"level": "A"}),
        ("singleResult", "FIRST", RULES, -1, None),
        ("collectEntries", MANY, RULES, 20, ["A", "B"]),
        ("collectEntries", MANY, RULES, -1, []),
        ("resultList", MANY, RULES, 20, [{"level": "A"}, {"level": "B"}]),
        ("resultList", MANY, RULES, -1, []),
        ("", "FIRST", RULES, 20, [{"level": "A"}]),
        ("singleResult", "FIRST", PAIRS, 20, {"level": "A", "days": 1}),
        ("resultList", "RULE ORDER", PAIRS, 20, [{"level": "A", "days": 1}, {"level": "B", "days": 2}]),
        ("collectEntries", MANY, RULES, 5, ["A"]),
    ],
)
def test_the_result_is_kept_as_camunda_defines_it(
    mapping: str, policy: str, rules: tuple[str, ...], amount: int, kept: Any
) -> None:
    model = decisions.load(table(*rules, policy=policy, outputs="level days" if rules is PAIRS else "level"))
    info = decision_results.decision_of(model, "urgency")
    result = model.evaluate(info.id, {"amount": amount}, now=NOW)
    decision_results.must_answer(result, "urgency", "judge")
    assert decision_results.kept(result, info, mapping, "urgency") == kept


@pytest.mark.parametrize(
    ("mapping", "rules"), [("singleEntry", RULES), ("singleResult", RULES), ("collectEntries", PAIRS)]
)
def test_more_than_the_step_keeps_is_a_failure_in_words(mapping: str, rules: tuple[str, ...]) -> None:
    model = decisions.load(table(*rules, policy=MANY, outputs="level days" if rules is PAIRS else "level"))
    info = decision_results.decision_of(model, "")
    result = model.evaluate(info.id, {"amount": 20}, now=NOW)
    with pytest.raises(DecisionFailed, match="the step keeps one"):
        decision_results.kept(result, info, mapping, "urgency")


SCALARS = (
    st.none(),
    st.booleans(),
    st.text(max_size=8),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.dates(),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9999)),
)
NAMES = st.text(min_size=1, max_size=5) | st.sampled_from(["$number", "$feel", "$context"])
VALUES = st.recursive(
    st.one_of(*SCALARS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


def test_a_step_that_asks_very_much_keeps_what_counted_and_tells_how_much_it_asked(office: Office) -> None:
    story = play(office, bundle())
    many = [Fact(None, {"amount": -1 if at < 1_990 else 250}, ref=str(at)) for at in range(2_000)]
    small = decisions.load(table('>= 0 -> "SOME"'))
    asked = [Asked(one, one.context, small.evaluate("urgency", one.context, now=NOW)) for one in many]
    with story.work() as work:
        case = work.session.get_one(Case, story.rows(work, DecisionMade)[0].case_id)
        definition = definitions.by_id(work, story.rows(work, DecisionMade)[0].definition_id)
        ref = decision_rows.keep(
            work, case, definition, decision_rows.Place(99, 1, "judge", "urgency", "urgency"), asked
        )
        made = next(one for one in story.rows(work, DecisionMade) if one.ref == ref)
        facts, rules = facts_of(work, made), decision_rows.rules_of(work, made)
        assert (made.asked, made.silent, len(facts), len(rules)) == (2_000, 1_990, 1_000, 10)
        assert [facts[rule.fact]["ref"] for rule in rules] == [rule.subject for rule in rules]
        assert facts[0]["ref"] == "0" and facts[-1]["ref"] == "1999"
        assert len(made.body) < 30_000


@given(VALUES)
def test_what_is_kept_of_a_value_reads_back_as_the_same_and_can_be_shown(value: Any) -> None:
    assert unpacked(packed(value), NOW) == value
    assert isinstance(text(value), str)


# --- the check ----------------------------------------------------------------------------------------------------


def said(found: list[Finding]) -> list[str]:
    return [str(one) for one in found]


def step(attributes: str = "", inside: str = "") -> str:
    return one(
        f'<bpmn:businessRuleTask id="A" camunda:decisionRef="doubts" {attributes}>{inside}</bpmn:businessRuleTask>'
    )


def test_a_mapping_that_does_not_exist_is_refused() -> None:
    assert checked(step('camunda:mapDecisionResult="singleEntry"')) == []
    (found,) = checked(step('camunda:mapDecisionResult="oneRow"'))
    assert "oneRow" in str(found) and "collectEntries" in str(found.remedy) and found.element == "A"


def test_a_mapping_beside_an_operation_that_records_is_refused() -> None:
    inside = (
        '<bpmn:extensionElements><camunda:properties><camunda:property name="facts" value="x"/>'
        '<camunda:property name="record" value="y"/></camunda:properties></bpmn:extensionElements>'
    )
    (found,) = checked(step('camunda:mapDecisionResult="singleEntry"', inside))
    assert "no effect" in str(found)


def test_a_new_process_with_a_table_of_its_own_passes_the_whole_check() -> None:
    assert [str(one) for one in bundles.check(bundle()) if one.severity == "error"] == []


def test_a_table_that_asks_for_what_nothing_brings_is_found_at_the_step() -> None:
    found = bundles.check(bundle(table('< 100 -> "LOW"', '>= 100 -> "HIGH"', asks="weight")))
    assert [(one.element, "“weight”" in str(one.sentence)) for one in found if one.severity == "error"] == [
        ("judge", True)
    ]


def test_members_of_a_result_are_known_by_the_outputs_of_the_table() -> None:
    assert not [
        one
        for one in bundles.check(bundle(mapping="singleResult", condition='judge.level = "HIGH"'))
        if one.severity == "error"
    ]
    (found,) = [
        one
        for one in bundles.check(bundle(mapping="singleResult", condition="judge.levle = 1"))
        if one.severity == "error"
    ]
    assert "judge.level" in str(found.remedy)


def test_one_entry_of_several_outputs_is_refused_and_one_of_several_rules_is_warned_of() -> None:
    two = decisions.load(table(*PAIRS, policy=MANY, outputs="level days"))
    ordered = decisions.load(table(*RULES, policy="RULE ORDER", asks="case"))
    drawn = step('camunda:mapDecisionResult="singleEntry"').encode()
    found = check_names(drawn, outputs={}, routing={}, models={"doubts": two})
    assert any("several outputs" in one for one in said(found))
    (warned,) = check_names(drawn, outputs={}, routing={}, models={"doubts": ordered})
    assert warned.severity == "warning"
