"""Each constraint of the standard broken once, and models that come close to breaking one and do not."""

# ruff: noqa: E501  (a model stands on one line)

from __future__ import annotations

import pytest

from tests.workflows.test_lint import FEEL, HEAD, MESSAGE, SIGNAL, USER, event, many, one, process, timer
from workflows import lint

PLAIN = '<bpmn:task id="A"/>'
EMPTY = "<bpmn:inputSet/><bpmn:outputSet/>"
ITEMS = '<bpmn:itemDefinition id="I1" structureRef="String"/><bpmn:itemDefinition id="I2" structureRef="Integer"/><bpmn:itemDefinition id="IL" structureRef="String" isCollection="true"/>'
INSIDE = '<bpmn:startEvent id="IS"/><bpmn:endEvent id="IE"/><bpmn:sequenceFlow id="i" sourceRef="IS" targetRef="IE"/>'


def top(xml: str, extra: str) -> str:
    """The model with more beside its process."""
    return xml.replace("<bpmn:process ", extra + "<bpmn:process ", 1)


def pools(flow: str, xml: str, more: str = '<bpmn:participant id="Other" name="o"/>') -> str:
    collaboration = (
        f'<bpmn:collaboration id="CO"><bpmn:participant id="Own" processRef="P"/>{more}{flow}</bpmn:collaboration>'
    )
    return top(xml, collaboration)


def message_flow(source: str, target: str) -> str:
    return f'<bpmn:messageFlow id="mf" sourceRef="{source}" targetRef="{target}"/>'


def step(inside: str, kind: str = "task", attributes: str = "") -> str:
    return one(f'<bpmn:{kind} id="A" {attributes}>{inside}</bpmn:{kind}>')


def io(inside: str) -> str:
    return f"<bpmn:ioSpecification>{inside}</bpmn:ioSpecification>"


def sub(inside: str, attributes: str = "", kind: str = "subProcess", flows: str = "S>A A>E") -> str:
    return one(f'<bpmn:{kind} id="A" {attributes}>{inside}</bpmn:{kind}>', flows)


def watcher(start: str) -> str:
    body = f'{start}<bpmn:endEvent id="IE"/><bpmn:sequenceFlow id="i" sourceRef="IS" targetRef="IE"/>'
    return one(f'{PLAIN}<bpmn:subProcess id="W" triggeredByEvent="true">{body}</bpmn:subProcess>')


def starts(inside: str) -> str:
    return process("", "S>E").replace(
        '<bpmn:startEvent id="S"/>', f'<bpmn:startEvent id="S">{inside}</bpmn:startEvent>'
    )


def gateway(kind: str, attributes: str, flows: str, more: str = "") -> str:
    return process(f'<bpmn:{kind} id="G" {attributes}/>{USER}<bpmn:manualTask id="V"/>{more}', flows)


def guarded(a: str, b: str) -> str:
    return f'<bpmn:sequenceFlow id="g_{a}_{b}" sourceRef="{a}" targetRef="{b}"><bpmn:conditionExpression {FEEL}>=x</bpmn:conditionExpression></bpmn:sequenceFlow>'


def race(first: str, second: str, attributes: str = "", flows: str = "S>G G>C G>D C>E D>E") -> str:
    return process(f'<bpmn:eventBasedGateway id="G" {attributes}/>{first}{second}', flows)


def catch(name: str, definition: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{name}">{definition}</bpmn:intermediateCatchEvent>'


LINK_OUT = (
    '<bpmn:intermediateThrowEvent id="L1"><bpmn:linkEventDefinition id="l1" name="x"/></bpmn:intermediateThrowEvent>'
)
LINK_IN = (
    '<bpmn:intermediateCatchEvent id="L2"><bpmn:linkEventDefinition id="l2" name="x"/></bpmn:intermediateCatchEvent>'
)
NOTE = '<bpmn:textAnnotation id="N"/>'
HOUR = timer("timeDuration", "PT1H")
RECEIVE = '<bpmn:receiveTask id="D" messageRef="M"/>'
OPERATION = '<bpmn:interface id="IF" name="i"><bpmn:operation id="OP" name="o"><bpmn:inMessageRef>M1</bpmn:inMessageRef></bpmn:operation></bpmn:interface>'
MESSAGES = '<bpmn:message id="M1" name="one" itemRef="I1"/>'
DATA_IN = '<bpmn:dataInput id="DI"/><bpmn:inputSet><bpmn:dataInputRefs>DI</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet/>'


def typed(item: str) -> str:
    return io(
        f'<bpmn:dataInput id="DI" itemSubjectRef="{item}"/><bpmn:inputSet><bpmn:dataInputRefs>DI</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet/>'
    )


def given(item: str) -> str:
    return io(
        f'<bpmn:dataOutput id="DO" itemSubjectRef="{item}"/><bpmn:inputSet/><bpmn:outputSet><bpmn:dataOutputRefs>DO</bpmn:dataOutputRefs></bpmn:outputSet>'
    )


BROKEN = {
    "EXT003": one(PLAIN + NOTE, "S>A A>E", '<bpmn:sequenceFlow id="z" sourceRef="A" targetRef="N"/>'),
    "EXT010": event("endEvent", '<bpmn:errorEventDefinition id="d"/>', "S>A"),
    "EXT011": event("intermediateThrowEvent", '<bpmn:escalationEventDefinition id="d"/>'),
    "EXT017": gateway("exclusiveGateway", 'gatewayDirection="Converging" default="G_U"', "S>G G>U U>E V>E", guarded("G", "V")),
    "EXT018": gateway("parallelGateway", 'gatewayDirection="Diverging"', "S>U S>V U>G V>G G>E"),
    "EXT019": gateway("parallelGateway", 'gatewayDirection="Mixed"', "S>G G>U G>V U>E V>E"),
    "EXT020": top(step("").replace('<bpmn:endEvent id="E"/>', '<bpmn:endEvent id="E"/><bpmn:dataObject id="DO" itemSubjectRef="IL"/>'), ITEMS),
    "EXT021": sub(INSIDE.replace('id="IS"/>', f'id="IS">{HOUR}</bpmn:startEvent>'), 'triggeredByEvent="true"', flows="S>E A>E"),
    "EXT022": sub(INSIDE.replace('id="IS"/>', f'id="IS">{HOUR}</bpmn:startEvent>'), 'triggeredByEvent="true"', flows="S>E S>A"),
    "EXT023": step("<bpmn:incoming>nothing</bpmn:incoming>"),
    "EXT024": step("").replace('targetRef="A"/>', 'targetRef="A" isImmediate="true"/>'),
    "EXT025": one(PLAIN, "S>A", guarded("A", "E")),
    "EXT026": gateway("parallelGateway", "", "S>G G>U U>E V>E", guarded("G", "V")),
    "EXT027": event("intermediateThrowEvent", "").replace('id="A"', 'id="A" default="A_E"'),
    "EXT028": top(one(PLAIN, "S>A A>E", '<bpmn:sequenceFlow id="z" sourceRef="A" targetRef="E2"/>'), '<bpmn:process id="P2"><bpmn:startEvent id="S2"/><bpmn:endEvent id="E2"/><bpmn:sequenceFlow id="s2e2" sourceRef="S2" targetRef="E2"/></bpmn:process>'),
    "EXT029": pools("", step(""), '<bpmn:participant id="Other"><bpmn:participantMultiplicity minimum="-1" maximum="2"/></bpmn:participant>'),
    "EXT030": pools("", step(""), '<bpmn:participant id="Other"><bpmn:participantMultiplicity minimum="3" maximum="2"/></bpmn:participant>'),
    "EXT031": pools(message_flow("A", "B"), process('<bpmn:task id="A"/><bpmn:task id="B"/>', "S>A A>B B>E")),
    "EXT032": pools(message_flow("Other", "G"), gateway("parallelGateway", "", "S>G G>U G>V U>E V>E")),
    "EXT037": step("", attributes='startQuantity="0"'),
    "EXT038": step("", attributes='completionQuantity="0"'),
    "EXT039": top(step('<bpmn:performer id="r"><bpmn:resourceRef>R</bpmn:resourceRef><bpmn:resourceAssignmentExpression><bpmn:formalExpression>x</bpmn:formalExpression></bpmn:resourceAssignmentExpression></bpmn:performer>'), '<bpmn:resource id="R" name="r"/>'),
    "EXT040": top(step('<bpmn:performer id="r"><bpmn:resourceParameterBinding parameterRef="p"><bpmn:formalExpression>x</bpmn:formalExpression></bpmn:resourceParameterBinding></bpmn:performer>'), '<bpmn:resource id="R" name="r"><bpmn:resourceParameter id="p" name="p"/></bpmn:resource>'),
    "EXT041": top(step('<bpmn:performer id="r"><bpmn:resourceRef>R</bpmn:resourceRef><bpmn:resourceParameterBinding parameterRef="q"><bpmn:formalExpression>x</bpmn:formalExpression></bpmn:resourceParameterBinding></bpmn:performer>'), '<bpmn:resource id="R" name="r"><bpmn:resourceParameter id="p" name="p"/></bpmn:resource>'),
    "EXT042": top(step("", "serviceTask", 'operationRef="OP"'), ITEMS + MESSAGES + OPERATION),
    "EXT044": top(step(typed("I2"), "serviceTask", 'operationRef="OP"'), ITEMS + MESSAGES + OPERATION),
    "EXT046": step(io('<bpmn:dataInput id="DI"/><bpmn:inputSet><bpmn:dataInputRefs>DI</bpmn:dataInputRefs></bpmn:inputSet><bpmn:inputSet><bpmn:dataInputRefs>DI</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet/>'), "sendTask", 'messageRef="M"'),
    "EXT048": top(step(typed("I2"), "sendTask", 'messageRef="M1"'), ITEMS + MESSAGES),
    "EXT049": step("", "receiveTask", 'messageRef="M" instantiate="true"'),
    "EXT052": top(step(given("I2"), "receiveTask", 'messageRef="M1"'), ITEMS + MESSAGES),
    "EXT054": step("<bpmn:standardLoopCharacteristics/><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>", "userTask"),
    "EXT058": watcher(f'<bpmn:startEvent id="IS">{MESSAGE}</bpmn:startEvent><bpmn:startEvent id="IT">{MESSAGE}</bpmn:startEvent>'),
    "EXT059": watcher('<bpmn:startEvent id="IS"><bpmn:terminateEventDefinition/></bpmn:startEvent>'),
    "EXT060": sub("", kind="adHocSubProcess"),
    "EXT061": sub(INSIDE + '<bpmn:task id="IT"/>', kind="adHocSubProcess"),
    "EXT062": step("", "callActivity", 'calledElement="E"'),
    "EXT063": top(step(typed("I1"), "callActivity", 'calledElement="G"'), ITEMS + '<bpmn:globalTask id="G" name="g"/>'),
    "EXT064": top(step(""), '<bpmn:interface id="IF" name="i"><bpmn:operation name="o"><bpmn:inMessageRef>M</bpmn:inMessageRef></bpmn:operation></bpmn:interface><bpmn:globalTask id="G"><bpmn:supportedInterfaceRef>IF</bpmn:supportedInterfaceRef></bpmn:globalTask>'),
    "EXT067": many("", ""),
    "EXT068": many("", "<bpmn:loopDataInputRef>U</bpmn:loopDataInputRef>"),
    "EXT071": many('behavior="All" oneBehaviorEventRef="x"', "<bpmn:loopCardinality>2</bpmn:loopCardinality>"),
    "EXT072": many('behavior="Complex"', "<bpmn:loopCardinality>2</bpmn:loopCardinality>"),
    "EXT074": step("").replace('<bpmn:endEvent id="E"/>', '<bpmn:endEvent id="E"/><bpmn:dataObject id="DO"><bpmn:dataState name="s"/></bpmn:dataObject>'),
    "EXT079": sub(io(EMPTY) + INSIDE),
    "EXT084": step(io(f'<bpmn:dataInput id="DI"/>{EMPTY}')),
    "EXT086": step(io('<bpmn:dataInput id="DI"/><bpmn:dataInput id="DJ"/><bpmn:inputSet><bpmn:dataInputRefs>DI</bpmn:dataInputRefs><bpmn:whileExecutingInputRefs>DJ</bpmn:whileExecutingInputRefs></bpmn:inputSet><bpmn:outputSet/>')),
    "EXT088": step(io(f'<bpmn:dataOutput id="DI"/>{EMPTY}')),
    "EXT091": top(step(typed("I1") + '<bpmn:dataInputAssociation><bpmn:sourceRef>DO</bpmn:sourceRef><bpmn:targetRef>DI</bpmn:targetRef></bpmn:dataInputAssociation>').replace('<bpmn:endEvent id="E"/>', '<bpmn:endEvent id="E"/><bpmn:dataObject id="DO" itemSubjectRef="I2"/>'), ITEMS),
    "EXT092": step(io(DATA_IN) + "<bpmn:dataInputAssociation><bpmn:sourceRef>D1</bpmn:sourceRef><bpmn:sourceRef>D2</bpmn:sourceRef><bpmn:targetRef>DI</bpmn:targetRef></bpmn:dataInputAssociation>").replace('<bpmn:endEvent id="E"/>', '<bpmn:endEvent id="E"/><bpmn:dataObject id="D1"/><bpmn:dataObject id="D2"/>'),
    "EXT096": one(PLAIN, "S>A A>E A>S"),
    "EXT097": one(PLAIN, "A>E").replace('<bpmn:startEvent id="S"/>', ""),
    "EXT098": starts("<bpmn:cancelEventDefinition/>"),
    "EXT099": top(step("", "callActivity", 'calledElement="P2"'), f'<bpmn:process id="P2"><bpmn:startEvent id="S2">{MESSAGE}</bpmn:startEvent><bpmn:endEvent id="E2"/><bpmn:sequenceFlow id="s2e2" sourceRef="S2" targetRef="E2"/></bpmn:process>'),
    "EXT100": sub(INSIDE.replace('id="IS"/>', f'id="IS">{HOUR}</bpmn:startEvent>')),
    "EXT101": one(PLAIN + '<bpmn:startEvent id="T"/>', "T>A A>E"),
    "EXT102": pools(message_flow("S", "Other"), step("")),
    "EXT103": pools(message_flow("Other", "S"), step("")),
    "EXT104": one(PLAIN, "S>A").replace('<bpmn:endEvent id="E"/>', ""),
    "EXT105": one(PLAIN + USER, "S>A A>E E>U"),
    "EXT106": event("endEvent", "<bpmn:cancelEventDefinition/>", "S>A"),
    "EXT107": one(PLAIN + '<bpmn:endEvent id="F"/>'),
    "EXT108": pools(message_flow("Other", "E"), step("")),
    "EXT109": pools(message_flow("E", "Other"), step("")),
    "EXT110": one(f'{PLAIN}<bpmn:boundaryEvent id="B" attachedToRef="E">{HOUR}</bpmn:boundaryEvent>', "S>A A>E B>E"),
    "EXT111": one(f'{USER}<bpmn:boundaryEvent id="B" attachedToRef="U"><bpmn:cancelEventDefinition/></bpmn:boundaryEvent>', "S>U U>E B>E"),
    "EXT112": one(f'{USER}<bpmn:boundaryEvent id="B" attachedToRef="U">{HOUR}</bpmn:boundaryEvent>', "S>U U>B B>E"),
    "EXT113": one(f'{USER}<bpmn:boundaryEvent id="B" attachedToRef="U">{HOUR}</bpmn:boundaryEvent>', "S>U U>E"),
    "EXT114": one(f'{USER}<bpmn:boundaryEvent id="B" attachedToRef="U"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>', "S>U U>E B>E"),
    "EXT115": one(PLAIN + catch("C", HOUR), "S>A A>E C>E"),
    "EXT116": one(PLAIN + catch("C", HOUR), "S>A A>E A>C"),
    "EXT117": one(PLAIN + LINK_OUT + LINK_IN, "S>A A>L1 L1>E L2>E"),
    "EXT118": pools(message_flow("Other", "C"), one(catch("C", HOUR), "S>C C>E")),
    "EXT119": pools(message_flow("C", "Other"), one(catch("C", MESSAGE), "S>C C>E")),
    "EXT120": one(f'{USER}<bpmn:boundaryEvent id="B" attachedToRef="U"/>', "S>U U>E B>E"),
    "EXT121": event("endEvent", "<bpmn:cancelEventDefinition/>", "S>A"),
    "EXT122": event("intermediateThrowEvent", '<bpmn:compensateEventDefinition activityRef="E"/>'),
    "EXT123": event("intermediateCatchEvent", "<bpmn:conditionalEventDefinition><bpmn:condition>when it fits</bpmn:condition></bpmn:conditionalEventDefinition>"),
    "EXT124": one(PLAIN + LINK_IN, "S>A A>E L2>E"),
    "EXT125": one(PLAIN + LINK_OUT, "S>A A>E A>L1"),
    "EXT126": one(PLAIN + LINK_OUT + f'<bpmn:subProcess id="X">{INSIDE}{LINK_IN}<bpmn:sequenceFlow id="l" sourceRef="L2" targetRef="IE"/></bpmn:subProcess>', "S>A A>X X>E A>L1"),
    "EXT127": one(PLAIN + LINK_OUT + LINK_IN + LINK_IN.replace("L2", "L3").replace("l2", "l3"), "S>A A>L1 L2>E L3>E"),
    "EXT128": event("intermediateCatchEvent", "<bpmn:messageEventDefinition/>"),
    "EXT131": event("intermediateCatchEvent", f'<bpmn:timerEventDefinition><bpmn:timeDate {FEEL}>=a</bpmn:timeDate><bpmn:timeDuration {FEEL}>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>'),
    "EXT132": event("intermediateCatchEvent", "<bpmn:timerEventDefinition/>"),
    "EXT135": one('<bpmn:parallelGateway id="A"/>'),
    "EXT136": race(catch("C", HOUR), "", flows="S>G G>C C>E"),
    "EXT137": race(catch("C", HOUR), catch("D", MESSAGE)).replace('<bpmn:sequenceFlow id="G_C" sourceRef="G" targetRef="C"/>', guarded("G", "C")),
    "EXT138": race(catch("C", HOUR), '<bpmn:manualTask id="D"/>'),
    "EXT139": race(catch("C", MESSAGE), RECEIVE),
    "EXT140": race(catch("C", HOUR), RECEIVE + f'<bpmn:boundaryEvent id="B" attachedToRef="D">{HOUR}</bpmn:boundaryEvent>', flows="S>G G>C G>D C>E D>E B>E"),
    "EXT141": race(catch("C", HOUR), RECEIVE, flows="S>G S>D G>C G>D C>E D>E"),
    "EXT142": race(catch("C", MESSAGE), catch("D", SIGNAL), 'instantiate="true"'),
    "EXT143": race(catch("C", MESSAGE), catch("D", SIGNAL), 'eventGatewayType="Parallel"'),
    "EXT144": race(catch("C", MESSAGE), catch("D", SIGNAL), 'eventGatewayType="Parallel" instantiate="true"', "G>C G>D C>E D>E").replace('<bpmn:startEvent id="S"/>', ""),
    "EXT145": one('<bpmn:scriptTask id="A" scriptFormat="INVALID"><bpmn:script>x = 1</bpmn:script></bpmn:scriptTask>'),
    "EXT146": event("endEvent", HOUR, "S>A"),
    "EXT147": one(f'{USER}<bpmn:boundaryEvent id="B" attachedToRef="U" cancelActivity="false"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>', "S>U U>E B>E"),
    "EXT148": event("intermediateCatchEvent", "<bpmn:errorEventDefinition/>"),
    "EXT149": event("intermediateThrowEvent", HOUR),
    "EXT150": starts("").replace('id="S">', 'id="S" isInterrupting="false">'),
}  # fmt: skip

GOOD = {
    "a loop of a person": process(f'<bpmn:exclusiveGateway id="M"/><bpmn:exclusiveGateway id="X" default="X_E"/>{USER}', "S>M M>U U>X X>E", guarded("X", "M")),
    "directions as drawn": gateway("parallelGateway", 'gatewayDirection="Diverging"', "S>G G>U G>V U>J V>J J>E", '<bpmn:parallelGateway id="J" gatewayDirection="Converging"/>'),
    "links": one(PLAIN + LINK_OUT + LINK_IN, "S>A A>L1 L2>E"),
    "a race": race(catch("C", HOUR), catch("D", MESSAGE)),
    "two pools that talk": pools(message_flow("Other", "C"), one(catch("C", MESSAGE), "S>C C>E")),
    "an event subprocess": watcher(f'<bpmn:startEvent id="IS" isInterrupting="false">{HOUR}</bpmn:startEvent>'),
    "data as defined": top(step(typed("I1") + '<bpmn:dataInputAssociation><bpmn:sourceRef>DO</bpmn:sourceRef><bpmn:targetRef>DI</bpmn:targetRef></bpmn:dataInputAssociation>').replace('<bpmn:endEvent id="E"/>', '<bpmn:endEvent id="E"/><bpmn:dataObject id="DO" name="d" itemSubjectRef="I1"/>'), ITEMS),
    "a boundary beside": one(f'{USER}<bpmn:boundaryEvent id="B" attachedToRef="U" cancelActivity="false">{HOUR}</bpmn:boundaryEvent>', "S>U U>E B>E"),
    "a call that fits": top(step("", "callActivity", 'calledElement="P2"'), '<bpmn:process id="P2"><bpmn:startEvent id="S2"/><bpmn:endEvent id="E2"/><bpmn:sequenceFlow id="s2e2" sourceRef="S2" targetRef="E2"/></bpmn:process>'),
    "nothing but steps": one(PLAIN, "").replace('<bpmn:startEvent id="S"/>', "").replace('<bpmn:endEvent id="E"/>', ""),
    "not for running": step("").replace('isExecutable="true"', 'isExecutable="false"').replace('targetRef="A"/>', 'targetRef="A" isImmediate="true"/>'),
}  # fmt: skip


def rules(xml: str) -> set[str]:
    return {found.code for found in lint.check_files({"a.bpmn": xml.encode()}) if found.severity == "error"}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_model_that_breaks_a_constraint_is_refused_by_its_name(rule: str) -> None:
    found = [one_ for one_ in lint.check_files({"a.bpmn": BROKEN[rule].encode()}) if one_.code == rule]

    assert found, rules(BROKEN[rule])
    assert found[0].severity == ("warning" if rule == "EXT026" else "error")
    assert found[0].line and str(found[0].sentence) and str(found[0].remedy)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_model_breaks_no_constraint(name: str) -> None:
    assert not {rule for rule in rules(GOOD[name]) if rule.startswith("EXT")}


def test_what_the_standard_says_in_three_places_is_said_once_to_people() -> None:
    xml = BROKEN["EXT120"].encode()
    found = lint.check_diagram(xml, operations={}, roles={"clerk"}, forms={"form"}, decisions=(), drawing=False)
    told = [one_ for one_ in lint.for_people(found) if "EXT147" in one_.code]

    assert [one_.code for one_ in told] == ["EXT120 EXT130 EXT147"]


def test_a_file_whose_bytes_are_plain_may_be_said_to_be_windows_1252() -> None:
    xml = GOOD["links"].replace("UTF-8", "WINDOWS-1252")

    assert HEAD[:30] in GOOD["links"] and not {rule for rule in rules(xml) if rule in ("encoding", "schema")}
