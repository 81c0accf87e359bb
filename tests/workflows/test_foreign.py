"""Diagrams drawn elsewhere: findings with file and line or a run that starts, never anything else."""

# ruff: noqa: E501  (a model stands on one line)

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from tests.workflows.playing import DIAGRAMS
from tests.workflows.test_lint import FEEL, HEAD, USER, one, process
from workflows import engine, lint
from workflows.bpmn_xml import tag

VENDORS = (
    ' xmlns:activiti="http://activiti.org/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:signavio="http://www.signavio.com" xmlns:drools="http://www.jboss.org/drools"'
    ' xmlns:color="http://www.omg.org/spec/BPMN/non-normative/color/1.0"'
)
NOW = datetime(2027, 6, 1, tzinfo=UTC)


class Outside:
    """Everything is carried out by somebody else, later."""

    def call(self, step: engine.StepSpec, inputs: dict[str, Any], token: str) -> engine.Pending:
        return engine.PENDING

    def decide(self, step: engine.StepSpec, data: dict[str, Any]) -> Any:
        return engine.PENDING

    def names(self, step: engine.StepSpec) -> Mapping[str, Any]:
        return {}


def found(xml: str | bytes) -> dict[str, str]:
    """Rule -> severity."""
    data = xml.encode() if isinstance(xml, str) else xml
    said = lint.check_files({"theirs.bpmn": data})
    assert all(one_.file == "theirs.bpmn" and one_.line and one_.code for one_ in said), said
    assert all(str(one_.sentence) and str(one_.remedy) for one_ in said)
    return {one_.code: one_.severity for one_ in said}


def worded(attributes: str = "", inside: str = "", kind: str = "userTask") -> str:
    body = f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>" if inside else ""
    xml = one(f'<bpmn:{kind} id="A" {attributes}>{body}</bpmn:{kind}>')
    return xml.replace("<bpmn:definitions", "<bpmn:definitions" + VENDORS, 1)


HARMLESS = {
    "who does it": worded(
        'camunda:assignee="ann" camunda:candidateUsers="bob" camunda:dueDate="${soon}" camunda:priority="50"'
    ),
    "a form of theirs": worded('camunda:formRef="f" camunda:formRefBinding="latest"'),
    "where a transaction ends": worded('camunda:asyncBefore="true" camunda:exclusive="false"'),
    "a class that carries a step out": worded('camunda:class="org.x.Y"', kind="serviceTask"),
    "an expression that carries a step out": worded('camunda:expression="${bean.run()}"', kind="serviceTask"),
    "another engine's worker": worded(
        "",
        '<zeebe:taskDefinition type="pay"/><zeebe:taskHeaders><zeebe:header key="a" value="b"/></zeebe:taskHeaders>',
        "serviceTask",
    ),
    "another editor's notes": worded(
        'color:background-color="#fff"', '<signavio:signavioMetaData metaKey="bgcolor" metaValue="#ffffff"/>'
    ),
    "form fields of theirs": worded("", '<activiti:formProperty id="x" name="y"/>'),
    "nobody does it": worded(),
    "an operation nobody knows": worded('camunda:type="external" camunda:topic="unheard"', kind="serviceTask"),
}
HARMFUL = {
    "a listener": (worded("", '<camunda:executionListener event="start" class="org.x.Y"/>'), "unsupported-extension"),
    "a result nobody keeps": (worded('camunda:class="org.x.Y" camunda:resultVariable="r"', kind="serviceTask"), "unsupported-attribute"),
    "mappings of another engine": (worded("", '<zeebe:ioMapping><zeebe:input source="=a" target="b"/></zeebe:ioMapping>', "serviceTask"), "unsupported-extension"),
    "a connector": (worded("", "<camunda:connector><camunda:connectorId>http</camunda:connectorId></camunda:connector>", "serviceTask"), "unsupported-extension"),
    "a step that may be left out": (worded('activiti:skipExpression="${skip}"'), "unsupported-attribute"),
    "a script before the step": (worded("", "<drools:onEntry-script scriptFormat=\"http://www.java.com/java\"><drools:script>x</drools:script></drools:onEntry-script>"), "unsupported-extension"),
    "another language": (one('<bpmn:scriptTask id="A" scriptFormat="text/javascript"><bpmn:script>x = 1</bpmn:script></bpmn:scriptTask>'), "unsupported-value"),
    "dollars and braces": (process(f'<bpmn:exclusiveGateway id="A" default="A_U"/>{USER}', "S>A A>U U>E", f'<bpmn:sequenceFlow id="f" sourceRef="A" targetRef="E"><bpmn:conditionExpression {FEEL}>${{x == 1}}</bpmn:conditionExpression></bpmn:sequenceFlow>'), "foreign-expression"),
    "a list of another engine": (worded("", '<zeebe:loopCharacteristics inputCollection="=a"/>'), "unsupported-extension"),
    "nothing to run": (HEAD + "</bpmn:definitions>", "no-process"),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_a_word_of_another_vendor_that_changes_nothing_is_a_warning_at_most(name: str) -> None:
    assert set(found(HARMLESS[name]).values()) <= {"warning"}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_word_that_changes_the_way_or_the_values_refuses_the_file(name: str) -> None:
    xml, rule = HARMFUL[name]

    assert found(xml).get(rule) == "error"


def test_a_finding_of_several_files_says_in_which_it_is() -> None:
    good, bad = one('<bpmn:manualTask id="A"/>'), process('<bpmn:manualTask id="A"/>', "S>A A>E E>A")
    said = lint.check_files({"good.bpmn": good.encode(), "bad.bpmn": bad.encode().replace(b'id="P"', b'id="Q"')})

    assert {one_.file for one_ in said if one_.severity == "error"} == {"bad.bpmn"}


def test_a_call_that_leads_nowhere_is_told_with_file_and_line() -> None:
    xml = one('<bpmn:callActivity id="A" calledElement="elsewhere"/>').encode()
    (said,) = [one_ for one_ in lint.check_files({"theirs.bpmn": xml}) if one_.severity == "error"]

    assert said.file == "theirs.bpmn" and said.line and said.code


# --- mutilated drawings --------------------------------------------------------------------------------------------

VALUES = ("true", "false", "", "0", "2", "-1", "None", "One", "Complex", "${x}", "PT1S", "R3/PT1S", "=x", "a.b", "é")
ATTRIBUTES = (
    "isInterrupting", "cancelActivity", "triggeredByEvent", "isForCompensation", "instantiate", "parallelMultiple",
    "startQuantity", "completionQuantity", "default", "gatewayDirection", "eventGatewayType", "isSequential",
    "behavior", "calledElement", "messageRef", "attachedToRef", "loopMaximum", "sourceRef", "targetRef", "id",
)  # fmt: skip


def mutilated(chance: random.Random) -> bytes:
    root = etree.fromstring(chance.choice(sorted(DIAGRAMS.glob("*.bpmn"))).read_bytes())
    for _again in range(chance.choice((1, 1, 2, 3))):
        elements = [e for e in root.iter(etree.Element) if str(e.tag).startswith(tag("")) and e.getparent() is not None]
        if elements:
            _mutilate(chance, chance.choice(elements), elements)
    return etree.tostring(root)


def _mutilate(chance: random.Random, element: etree._Element, elements: list[etree._Element]) -> None:
    parent, ids = element.getparent(), [str(e.get("id")) for e in elements if e.get("id")]
    assert parent is not None
    act = chance.randrange(6)
    if act == 0:
        parent.remove(element)
    elif act == 1:
        twin = copy.deepcopy(element)
        for inner in twin.iter(etree.Element):
            if inner.get("id"):
                inner.set("id", f"{inner.get('id')}_{chance.randrange(99)}")
        parent.insert(chance.randrange(len(parent) + 1), twin)
    elif act == 2:
        element.tag = chance.choice(elements).tag
    elif act == 3 and element.attrib:
        del element.attrib[chance.choice(list(element.attrib))]
    elif act == 4 and element.attrib:
        element.set(chance.choice(list(element.attrib)), chance.choice([*ids, *VALUES]))
    else:
        element.set(chance.choice(ATTRIBUTES), chance.choice([*ids, *VALUES]))


def begun(xml: bytes) -> Iterator[engine.Run]:
    for diagram in engine.read_all([xml]).values():
        for start in [begin.id for begin in diagram.starts] or [""]:
            yield engine.start(diagram, {}, now=NOW, services=Outside(), at=start)


def test_a_mutilated_drawing_ends_in_findings_or_in_a_run() -> None:
    ended = Counter[str]()
    for seed in range(1200):
        xml = mutilated(random.Random(seed))
        if "error" in found(xml).values():
            ended["refused"] += 1
            continue
        for run in begun(xml):
            try:
                run.advance()
            except engine.StepFailed:
                ended["a step failed"] += 1  # an expression met a value that is not there
            else:
                engine.restore(run.diagram, run.snapshot(), now=NOW, services=Outside())
                ended["begun"] += 1
    assert min(ended["refused"], ended["begun"]) > 50, ended
