"""What may not be deployed: each trap is refused with element, line, sentence and remedy."""

# ruff: noqa: E501  (a trap stands on one line)

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Finding
from tests.workflows.playing import DIAGRAMS
from workflows import lint
from workflows.lint_child import check_untrusted

OPERATIONS = {"note": lint.OperationSpec("note"), "book": lint.OperationSpec("book", ("amount",), ("number",))}
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' id="D" targetNamespace="x">\n'
)
PARTS = (
    '<bpmn:message id="M" name="m"/><bpmn:signal id="Sg" name="s"/><bpmn:error id="Er" name="e" errorCode="e"/>'
    '<bpmn:escalation id="Es" name="l" escalationCode="l"/>\n'
)
USER = '<bpmn:userTask id="U" camunda:candidateGroups="clerk" camunda:formKey="form"/>'
FEEL = 'xsi:type="bpmn:tFormalExpression"'


def checked(xml: str | bytes, *, drawing: bool = False) -> list[Finding]:
    data = xml.encode() if isinstance(xml, str) else xml
    return lint.check_diagram(
        data, operations=OPERATIONS, roles={"clerk"}, forms={"form"}, decisions={"doubts"}, drawing=drawing
    )


def process(body: str, flows: str, extra: str = "") -> str:
    drawn = "\n".join(
        f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
        for a, b in (flow.split(">") for flow in flows.split())
    )
    return (
        f'{HEAD}{PARTS}<bpmn:process id="P" isExecutable="true">\n<bpmn:startEvent id="S"/>\n{body}\n'
        f'<bpmn:endEvent id="E"/>\n{drawn}{extra}</bpmn:process></bpmn:definitions>'
    )


def one(body: str, flows: str = "S>A A>E", extra: str = "") -> str:
    return process(body, flows, extra)


def event(kind: str, definition: str, flows: str = "S>A A>E") -> str:
    return one(f'<bpmn:{kind} id="A">{definition}</bpmn:{kind}>', flows)


def boundary(definition: str, on: str = USER.replace('"U"', '"A"'), **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    body = f'{on}<bpmn:boundaryEvent id="B" attachedToRef="A"{more}>{definition}</bpmn:boundaryEvent>'
    return one(body, "S>A A>E B>E")


def subprocess_(kind: str = "subProcess", attributes: str = "", flows: str = "S>A A>E") -> str:
    inside = (
        '<bpmn:startEvent id="IS"/><bpmn:endEvent id="IE"/><bpmn:sequenceFlow id="i" sourceRef="IS" targetRef="IE"/>'
    )
    return one(f'<bpmn:{kind} id="A" {attributes}>{inside}</bpmn:{kind}>', flows)


def script(text: str) -> str:
    return one(f'<bpmn:scriptTask id="A"><bpmn:script>{text}</bpmn:script></bpmn:scriptTask>')


def choice(condition: str) -> str:
    flow = (
        f'<bpmn:sequenceFlow id="f" sourceRef="A" targetRef="E"><bpmn:conditionExpression {FEEL}>{condition}'
        "</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    return one(f'<bpmn:exclusiveGateway id="A" default="A_U"/>{USER}', "S>A A>U U>E", flow)


def many(attributes: str, inside: str = "") -> str:
    loop = f"<bpmn:multiInstanceLoopCharacteristics {attributes}>{inside}</bpmn:multiInstanceLoopCharacteristics>"
    return one(USER.replace('"U"', '"A"').replace("/>", f">{loop}</bpmn:userTask>"))


def timer(kind: str, text: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind} {FEEL}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"


MESSAGE, SIGNAL = '<bpmn:messageEventDefinition messageRef="M"/>', '<bpmn:signalEventDefinition signalRef="Sg"/>'
ERROR = '<bpmn:errorEventDefinition errorRef="Er"/>'
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="Es"/>'

# One row a trap of the engine underneath: what is drawn, the element named, words of the sentence.
TRAPS = {
    "link without partner": (event("intermediateThrowEvent", '<bpmn:linkEventDefinition name="x"/>'), "A", "link"),
    "error thrown in the middle": (event("intermediateThrowEvent", ERROR), "A", "errorEventDefinition"),
    "catch of a compensation": (event("intermediateCatchEvent", "<bpmn:compensateEventDefinition/>"), "A", "compensate"),
    "catch of an error": (event("intermediateCatchEvent", ERROR), "A", "errorEventDefinition"),
    "catch of nothing": (event("intermediateCatchEvent", ""), "A", "waits for"),
    "throw of a timer": (event("intermediateThrowEvent", timer("timeDuration", "PT1H")), "A", "timerEvent"),
    "start by a time": (process("", "S>E").replace('<bpmn:startEvent id="S"/>', f'<bpmn:startEvent id="S">{timer("timeDuration", "P1D")}</bpmn:startEvent>'), "S", "which household"),
    "event subprocess": (subprocess_(attributes='triggeredByEvent="true"', flows="S>E"), "IS", "what it waits for"),
    "flow into an event subprocess": (subprocess_(attributes='triggeredByEvent="true"'), "A", "joins an event subprocess"),
    "start that does not interrupt": (process("", "S>E").replace('id="S"/>', 'id="S" isInterrupting="false"/>', 1), "S", "non-interrupting"),
    "ad hoc": (subprocess_("adHocSubProcess"), "A", "no person, no condition"),
    "transaction": (subprocess_("transaction", attributes='method="##Store"'), "A", "method"),
    "call activity": (one('<bpmn:callActivity id="A" calledElement="C"/>'), "A", "none of the files"),
    "complex gateway": (one('<bpmn:manualTask id="B"/><bpmn:complexGateway id="A"/>', "S>A B>A S>B A>E"), "A", "activation condition"),
    "for compensation": (one('<bpmn:manualTask id="A" isForCompensation="true"/>'), "S_A", "for compensation"),
    "boundary on a script": (boundary(timer("timeDuration", "P1D"), '<bpmn:scriptTask id="A"><bpmn:script>x = 1</bpmn:script></bpmn:scriptTask>'), "B", "over at once"),
    "error on a person": (boundary(ERROR), "B", "throws neither"),
    "error that does not interrupt": (boundary(ERROR, '<bpmn:serviceTask id="A" camunda:type="external" camunda:topic="note"/>', cancelActivity="false"), "B", "interrupts"),
    "several definitions": (event("intermediateCatchEvent", MESSAGE + '<bpmn:linkEventDefinition name="x"/>'), "A", "stands alone"),
    "cycle that can happen once": (boundary(timer("timeCycle", "R3/P1D")), "B", "cycle"),
    "quoted timer": (boundary(timer("timeDuration", "'PT15M'")), "B", "not a time"),
    "instant without offset": (event("intermediateCatchEvent", timer("timeDate", "2027-06-01T10:00:00")), "A", "not a time"),
    "two times": (event("intermediateCatchEvent", "<bpmn:timerEventDefinition><bpmn:timeDate>=a</bpmn:timeDate><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>"), "A", "exactly one"),
    "delegate expression": (one('<bpmn:serviceTask id="A" camunda:delegateExpression="${x}"/>'), "A", "delegateExpression"),
    "unknown operation": (one('<bpmn:serviceTask id="A" camunda:type="external" camunda:topic="rm"/>'), "A", "operation rm"),
    "missing input": (one('<bpmn:serviceTask id="A" camunda:type="external" camunda:topic="book"/>'), "A", "needs amount"),
    "assignee": (one(USER.replace('"U"', '"A"').replace("/>", ' camunda:assignee="ann"/>')), "A", "assignee"),
    "due date": (one(USER.replace('"U"', '"A"').replace("/>", ' camunda:dueDate="P3D"/>')), "A", "dueDate"),
    "priority": (one(USER.replace('"U"', '"A"').replace("/>", ' camunda:priority="50"/>')), "A", "priority"),
    "unknown role": (one(USER.replace('"U"', '"A"').replace("clerk", "king")), "A", "role king"),
    "no role": (one('<bpmn:userTask id="A" camunda:formKey="form"/>'), "A", "no role"),
    "unknown form": (one(USER.replace('"U"', '"A"').replace('"form"', '"other"')), "A", "form other"),
    "unknown decision": (one('<bpmn:businessRuleTask id="A" camunda:decisionRef="x"/>'), "A", "decision x"),
    "listener": (one(USER.replace('"U"', '"A"').replace("/>", '><bpmn:extensionElements><camunda:taskListener event="create" class="x"/></bpmn:extensionElements></bpmn:userTask>')), "A", "taskListener"),
    "kept apart from nobody": (one(USER.replace('"U"', '"A"').replace("/>", '><bpmn:extensionElements><camunda:properties><camunda:property name="separate-from" value="Z"/></camunda:properties></bpmn:extensionElements></bpmn:userTask>')), "A", "apart from Z"),
    "python in a condition": (choice('x == 1 and __import__("os")'), "f", "Python"),
    "two equals signs in a condition": (choice('x == "a"'), "f", "Python"),
    "dunder in a condition": (choice("().__class__.__base__"), "f", "Python"),
    "broken FEEL": (choice("x &gt;"), "f", "cannot be read"),
    "text as condition": (choice('"yes"'), "f", "neither true nor false"),
    "python in a script": (script("import os"), "A", "Python"),
    "call in a script": (script('print("x")'), "A", "Python"),
    "empty script": (script(" "), "A", "empty"),
    "javascript": (one('<bpmn:scriptTask id="A" scriptFormat="javascript"><bpmn:script>x = 1</bpmn:script></bpmn:scriptTask>'), "A", "scriptFormat"),
    "many over nothing": (many('isSequential="true"'), "A", "repeated over"),
    "collection without element": (many('camunda:collection="x"'), "A", "element variable"),
    "element called like a step": (many('camunda:collection="x" camunda:elementVariable="A"'), "A", "called like a step"),
    "loop data input": (many("", "<bpmn:loopDataInputRef>x</bpmn:loopDataInputRef>"), "A", "no data of the step"),
    "choice without condition": (one(f'<bpmn:exclusiveGateway id="A"/>{USER}', "S>A A>E A>U U>E"), "A_E", "no condition"),
    "gateway for nothing": (one('<bpmn:parallelGateway id="A"/>'), "A", "neither splits nor joins"),
    "race to a person": (one(f'<bpmn:eventBasedGateway id="A"/>{USER}<bpmn:intermediateCatchEvent id="C">{MESSAGE}</bpmn:intermediateCatchEvent>', "S>A A>U A>C U>E C>E"), "U", "event-based gateway"),
    "unreachable": (one(f'<bpmn:manualTask id="A"/>{USER}', "S>A A>E U>E"), "U", "ever get here"),
    "no way out": (one(f'<bpmn:manualTask id="A"/>{USER}', "S>A A>U U>A"), "A", "no way to an end"),
    "two starts": (one('<bpmn:startEvent id="A"/>', "S>E A>E"), "A", "start events"),
    "flow across": (one('<bpmn:manualTask id="A"/>', "S>A A>E A>Z"), "A_Z", "does not join"),
    "id twice": (one('<bpmn:manualTask id="A"/><bpmn:manualTask id="A"/>'), "A", "used twice"),
    "data arrow": (one('<bpmn:manualTask id="A"><bpmn:dataOutputAssociation id="x"><bpmn:targetRef>E</bpmn:targetRef></bpmn:dataOutputAssociation></bpmn:manualTask>'), "x", "carries no value"),
    "unnamed message": (event("intermediateCatchEvent", "<bpmn:messageEventDefinition/>"), "A", "names no message"),
    "foreign extension": (one('<bpmn:manualTask id="A"><bpmn:extensionElements><zz:run xmlns:zz="urn:z"/></bpmn:extensionElements></bpmn:manualTask>'), "A", "extension run"),
    "token quantities": (one('<bpmn:manualTask id="A" startQuantity="many"/>'), "A", "startQuantity"),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_refused_where_it_is_with_what_to_do(trap: str) -> None:
    xml, element, words = TRAPS[trap]
    found = [one for one in checked(xml) if one.element == element and words in str(one.sentence)]

    assert found, [str(other) for other in checked(xml)]
    assert found[0].severity == "error"
    assert found[0].line is not None
    assert xml.splitlines()[found[0].line - 1]
    assert str(found[0].remedy).endswith((".", "-."))


def test_a_hundred_and_one_levels_are_too_deep() -> None:
    found = checked(HEAD + "<a>" * 100 + "</a>" * 100 + "</bpmn:definitions>")

    assert "100 levels" in str(found[0].sentence)


HOSTILE = {
    "entities": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    "external entity": b'<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
    "lower case doctype": b"<!doctype x><x/>",
    "processing instruction": b'<?xml version="1.0"?><?xml-stylesheet href="x"?><x/>',
    "inner processing instruction": b"<x><?php x?></x>",
    "xinclude": b'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></x>',
    "deep": b"<a>" * 100_000,
    "utf-16": "<x/>".encode("utf-16"),
    "utf-7": b'<?xml version="1.0" encoding="UTF-7"?><x/>',
    "null": b"<x>\x00</x>",
    "large": b"<x>" + b"a" * (2 * 1024 * 1024) + b"</x>",
    "many": b"<x>" + b"<y/>" * 30_000 + b"</x>",
    "empty": b"",
    "not xml": b"PK\x03\x04",
    "another language": b"<html/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence_and_a_remedy(name: str) -> None:
    found = checked(HOSTILE[name])

    assert [one.severity for one in found][:1] == ["error"]
    assert str(found[0].sentence) and str(found[0].remedy)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_check_fail(data: bytes) -> None:
    assert any(one.severity == "error" for one in checked(data))


@given(st.data())
def test_no_drawing_with_a_piece_cut_out_makes_the_check_fail(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(DIAGRAMS.glob("*.bpmn"))))
    xml = path.read_bytes()
    begin = data.draw(st.integers(0, len(xml)))
    end = data.draw(st.integers(begin, min(len(xml), begin + 80)))
    for one in checked(xml[:begin] + xml[end:]):
        assert str(one.sentence) and str(one.remedy)


def test_what_has_no_place_in_the_picture_is_refused() -> None:
    found = checked(one('<bpmn:manualTask id="A"/>'), drawing=True)

    assert {one_.element for one_ in found if "picture" in str(one_.sentence)} == {"S", "A", "E", "S_A", "A_E"}


def test_more_than_400_nodes_are_refused() -> None:
    body = "".join(f'<bpmn:manualTask id="T{n}"/>' for n in range(400))
    flows = "S>T0 " + " ".join(f"T{n}>T{n + 1}" for n in range(399)) + " T399>E"

    assert any("402 nodes" in str(found.sentence) for found in checked(process(body, flows)))


def test_a_process_that_is_not_marked_executable_is_a_warning() -> None:
    found = checked(one('<bpmn:manualTask id="A"/>').replace('isExecutable="true"', 'isExecutable="false"'))

    assert [(one_.severity, one_.element) for one_ in found] == [("warning", "P")]


def test_a_child_process_gives_the_same_findings_and_one_that_does_not_end_is_a_finding() -> None:
    xml = TRAPS["unknown role"][0].encode()
    known: dict[str, Any] = {"operations": OPERATIONS, "roles": {"clerk"}, "forms": {"form"}, "decisions": {"doubts"}}

    assert check_untrusted(xml, **known) == checked(xml, drawing=True)
    (found,) = check_untrusted(xml, **known, seconds=0)
    assert "did not end" in str(found.sentence)


def test_two_equals_signs_inside_a_text_are_only_a_text() -> None:
    assert checked(choice('x = "a == b"')) == []
