"""Processes that talk: they begin with events, messages find their case, and what is thrown reaches the others."""

from __future__ import annotations

import pytest

from domain.errors import Conflict
from tests.workflows.playing import NOW, Desk
from tests.workflows.talking import Told, drawn, errors, must_be_as_told, process, script, tell
from workflows import engine

M = '<message id="M" name="order"/><message id="N" name="paid"/><signal id="S" name="alarm"/>'
BY_MESSAGE = '<messageEventDefinition messageRef="M"/>'
BY_SIGNAL = '<signalEventDefinition signalRef="S"/>'
AFTER = "<timerEventDefinition><timeDuration>{time}</timeDuration></timerEventDefinition>"
EVERY = "<timerEventDefinition><timeCycle>{time}</timeCycle></timerEventDefinition>"


def started(definition: str, attributes: str = "") -> str:
    begin = f'<startEvent id="bs"{attributes}>{definition}</startEvent>'
    return process("B", begin + '<task id="Done"/><endEvent id="be"/>\nbs > Done > be')


def throwing(definition: str, kind: str = "endEvent") -> str:
    if kind == "endEvent":
        return process("A", f'<startEvent id="s"/><endEvent id="Throw">{definition}</endEvent>\ns > Throw')
    thrower = f'<{kind} id="Throw">{definition}</{kind}>'
    return process("A", f'<startEvent id="s"/>{thrower}<endEvent id="e"/>\ns > Throw > e')


WITH = (
    '<extensionElements><camunda:inputOutput><camunda:inputParameter name="number">=number</camunda:inputParameter>'
    "</camunda:inputOutput></extensionElements>"
)
CREATED = process(
    "B", '<receiveTask id="Got" messageRef="M" instantiate="true"/><task id="Done"/>\nGot > Done'
)  # fmt: skip
TWO_POOLS = f"""{M}<collaboration id="Both">
<participant id="P1" name="buyer" processRef="own:A"><participantMultiplicity minimum="0" maximum="1"/></participant>
<participant id="P2" name="seller" processRef="B"/><participant id="P3" name="somebody else"/>
<messageFlow id="F1" sourceRef="Throw" targetRef="bs"/><messageFlow id="F2" sourceRef="P3" targetRef="P1"/>
</collaboration>"""
RACE = """<eventBasedGateway id="Either" instantiate="true"{kind}/>
<intermediateCatchEvent id="Order"><messageEventDefinition messageRef="M"/></intermediateCatchEvent>
<intermediateCatchEvent id="Paid"><messageEventDefinition messageRef="N"/></intermediateCatchEvent>
<task id="One"/><task id="Other"/><endEvent id="e1"/><endEvent id="e2"/>
Either > Order > One > e1
Either > Paid > Other > e2"""
SEVERAL = process(
    "B",
    f'<startEvent id="plain"/><startEvent id="ordered">{BY_MESSAGE}</startEvent><startEvent id="alarmed">{BY_SIGNAL}'
    f'</startEvent><startEvent id="timed">{AFTER.format(time="PT1H")}</startEvent><exclusiveGateway id="Any"/>'
    '<task id="Done"/><endEvent id="be"/>\nplain > Any\nordered > Any\nalarmed > Any\ntimed > Any > Done > be',
)

# two orders, each paid: the message that pays finds the case whose order it names
KEY = """<correlationProperty id="Number"><correlationPropertyRetrievalExpression messageRef="own:M">
<messagePath>number</messagePath></correlationPropertyRetrievalExpression>
<correlationPropertyRetrievalExpression messageRef="N"><messagePath>order.number</messagePath>
</correlationPropertyRetrievalExpression></correlationProperty>"""
CONVERSATION = """<collaboration id="C"><participant id="P" processRef="B"/>
<correlationKey id="ByNumber"><correlationPropertyRef>Number</correlationPropertyRef></correlationKey>
</collaboration>"""
PAID = f"""<startEvent id="bs">{BY_MESSAGE}</startEvent><intermediateCatchEvent id="Paid">
<messageEventDefinition messageRef="N"/></intermediateCatchEvent><task id="Ship"/><endEvent id="be"/>
bs > Paid > Ship > be"""
SUBSCRIBED = """<startEvent id="bs"/><receiveTask id="Paid" messageRef="N"/><endEvent id="be"/>
bs > Paid > be
<correlationSubscription correlationKeyRef="ByNumber"><correlationPropertyBinding correlationPropertyRef="own:Number">
<dataPath>mine + 1</dataPath></correlationPropertyBinding></correlationSubscription>"""

STORIES = [
    Told("a message end event starts another process", [drawn(TWO_POOLS + throwing(BY_MESSAGE) + started(BY_MESSAGE))],
         [("start", "A")], {"Throw": 1, "bs": 1, "Done": 1}, cases=2),
    Told("a thrown message starts a process of another file", [
         drawn(M + throwing(BY_MESSAGE, "intermediateThrowEvent")), drawn(M + started(BY_MESSAGE))],
         [("start", "A")], {"Throw": 1, "e": 1, "Done": 1}, cases=2),
    Told("a send task starts a process by its receive task", [drawn(M + CREATED + process(
        "A", f'<startEvent id="s"/><sendTask id="Send" messageRef="M">{WITH}</sendTask><endEvent id="e"/>\n'
        "s > Send > e"))], [("start", "A", {"number": 7})], {"Send": 1, "Got": 1, "Done": 1},
        {1: {"Got": {"number": 7}}}, cases=2),
    Told("a signal starts every process that begins with it, once each", [drawn(
        M + throwing(BY_SIGNAL) + started(BY_SIGNAL)), drawn(M + started(BY_SIGNAL).replace('id="B"', 'id="C"'))],
        [("start", "A")], {"Throw": 1, "Done": 2}, cases=3),
    Told("what the message brings is kept under the start event", [drawn(M + started(BY_MESSAGE))],
         [("message", "order", {"number": 3})], {"bs": 1, "Done": 1}, {0: {"bs": {"number": 3}}}, cases=1),
    Told("every message starts a case of its own", [drawn(M + started(BY_MESSAGE))],
         [("message", "order"), ("message", "order"), ("message", "paid")], {"Done": 2}, cases=2),
    Told("a timer starts its process", [drawn(started(AFTER.format(time="PT1H")))],
         [("advance", 3599), ("advance", 1), ("advance", 99999)], {"bs": 1, "Done": 1}, cases=1),
    Told("a cycle starts its process each time", [drawn(started(EVERY.format(time="R3/PT1H")))],
         [("advance", 7200), ("advance", 99999)], {"Done": 3}, cases=3),
    Told("each of several starts begins a case", [drawn(M + SEVERAL)],
         [("start", "B"), ("message", "order"), ("signal", "alarm"), ("advance", 3600)],
         {"plain": 1, "ordered": 1, "alarmed": 1, "timed": 1, "Done": 4}, cases=4),
    Told("any event of a multiple start begins a case", [drawn(M + started(BY_MESSAGE + BY_SIGNAL))],
         [("message", "order"), ("signal", "alarm")], {"bs": 2, "Done": 2}, cases=2),
    Told("all events of a parallel multiple start are needed", [drawn(M + started(
        BY_MESSAGE + BY_SIGNAL, ' parallelMultiple="true"'))],
        [("message", "order"), ("message", "order"), ("signal", "alarm")], {"bs": 1, "Done": 1}, cases=1),
    Told("without a start event everything that nothing leads to begins", [drawn(process(
        "A", '<userTask id="One"/><userTask id="Two"/><task id="Then"/>\nTwo > Then'))],
        [("start", "A"), ("complete", "Two"), ("complete", "One")], {"One": 1, "Two": 1, "Then": 1}, cases=1),
    Told("a subprocess without start event begins everywhere", [drawn(process(
        "A", '<startEvent id="s"/><subProcess id="In"><task id="One"/><userTask id="Two"/></subProcess>'
        '<endEvent id="e"/>\ns > In > e'))], [("start", "A"), ("complete", "Two")],
        {"One": 1, "Two": 1, "In": 1, "e": 1}),
    Told("a gateway begins a case with whichever event comes", [drawn(M + process("B", RACE.format(kind="")))],
         [("message", "paid", {"x": 1})], {"Either": 1, "Paid": 1, "Other": 1, "Order": 0},
         {0: {"Paid": {"x": 1}}}, cases=1),
    Told("a parallel gateway begins a case with one event and waits for the other", [drawn(M + process(
        "B", RACE.format(kind=' eventGatewayType="Parallel"')))],
        [("message", "paid"), ("message", "order"), ("message", "order"), ("message", "paid")],
        {"Paid": 2, "Order": 2, "One": 2, "Other": 2}, cases=2),
    Told("a signal reaches a case that waits", [drawn(M + throwing(BY_SIGNAL, "intermediateThrowEvent") + process(
        "B", f'<startEvent id="bs"/><intermediateCatchEvent id="Catch">{BY_SIGNAL}</intermediateCatchEvent>'
        '<task id="Done"/><endEvent id="be"/>\nbs > Catch > Done > be'))],
        [("start", "B"), ("start", "A")], {"Catch": 1, "Done": 1, "Throw": 1, "e": 1}, cases=2),
    Told("a message finds the case of its conversation", [drawn(M + KEY + process("B", PAID) + CONVERSATION)],
         [("message", "order", {"number": 1}), ("message", "order", {"number": 2}),
          ("message", "paid", {"order": {"number": 2}})],
         {"bs": 2, "Paid": 1}, {1: {"Paid": {"order": {"number": 2}}}, 0: {"Paid": None}}, "waiting", 2),
    Told("each of two cases gets its own message", [drawn(M + KEY + process("B", PAID) + CONVERSATION)],
         [("message", "order", {"number": 1}), ("message", "order", {"number": 2}),
          ("message", "paid", {"order": {"number": 2}}), ("message", "paid", {"order": {"number": 3}}),
          ("message", "paid", {"order": {"number": 1}}), ("message", "paid", {})],
         {"bs": 2, "Paid": 2, "Ship": 2}, {0: {"Paid": {"order": {"number": 1}}}}, cases=2),
    Told("a message finds the case that subscribed to it by its values", [drawn(
        M + KEY + process("B", SUBSCRIBED) + CONVERSATION)],
        [("start", "B", {"mine": 4}), ("start", "B", {"mine": 6}), ("message", "paid", {"order": {"number": 7}}),
         ("message", "paid", {"order": {"number": 6}})], {"Paid": 1},
        {1: {"Paid": {"order": {"number": 7}}}, 0: {"Paid": None}}, "waiting", 2),
    Told("who sends a message is answered by its key", [drawn(M + KEY + process("B", PAID) + process(
        "A", f'<startEvent id="s"/>{script("Name", "order = {number: number}")}'
        f'<intermediateThrowEvent id="Order">{WITH}'
        '<messageEventDefinition messageRef="M"/></intermediateThrowEvent><userTask id="Pay"/>'
        '<intermediateThrowEvent id="Throw"><extensionElements><camunda:inputOutput>'
        '<camunda:inputParameter name="order">=order</camunda:inputParameter></camunda:inputOutput></extensionElements>'
        '<messageEventDefinition messageRef="N"/></intermediateThrowEvent><endEvent id="e"/>\n'
        "s > Name > Order > Pay > Throw > e") + CONVERSATION)],
        [("start", "A", {"number": 5}), ("start", "A", {"number": 6}), ("complete", "Pay", {}, 1), ("complete", "Pay")],
        {"Ship": 2, "e": 2}, {1: {"Paid": {"order": {"number": 5}}}}, cases=4),
]  # fmt: skip
NAMES = [story.name for story in STORIES]


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_processes_talk_as_drawn(story: Told) -> None:
    world, _seen = tell(story, restoring=False)

    assert (world.trouble()[0], world.state) == ("", story.state)
    assert story.cases in (None, len(world.instances))
    must_be_as_told(world, story.done, story.kept)


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_restoring_after_every_step_changes_nothing(story: Told) -> None:
    assert tell(story, restoring=True)[1] == tell(story, restoring=False)[1]


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_every_file_passes_the_check(story: Told) -> None:
    assert errors({f"{number}.bpmn": file for number, file in enumerate(story.files)}) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (process("A", '<startEvent id="s"/><startEvent id="s2"/><endEvent id="e"/><endEvent id="e2"/>\ns > e\ns2 > e2'),
         ("s2", "several-plain-starts")),
        (M + process("A", '<startEvent id="s"/><receiveTask id="R" messageRef="M" instantiate="true"/>'
                     '<endEvent id="e"/>\ns > R > e'), ("R", "flow-into-start")),
        (M + process("A", '<startEvent id="s"/><subProcess id="In"><receiveTask id="R" messageRef="M" '
                     'instantiate="true"/></subProcess><endEvent id="e"/>\ns > In > e'),
         ("R", "starts-inside-subprocess")),
        ('<error id="E" errorCode="x"/>' + started('<errorEventDefinition errorRef="E"/>'), ("bs", "start-event-kind")),
        (M + process("A", f'<startEvent id="s"/><subProcess id="In"><startEvent id="is">{BY_MESSAGE}</startEvent>'
                     '<endEvent id="ie"/>\nis > ie\n</subProcess><endEvent id="e"/>\ns > In > e'),
         ("is", "start-event-kind")),
        (started('<messageEventDefinition messageRef="Nobody"/>'), ("bs", "event-names-nothing")),
    ],
)  # fmt: skip
def test_a_start_that_cannot_be_carried_out_is_refused(text: str, found: tuple[str, str]) -> None:
    assert found in errors({"a.bpmn": drawn(text)})


def test_a_conditional_start_begins_when_its_condition_holds() -> None:
    condition = '<conditionalEventDefinition><condition xsi:type="tFormalExpression">x &gt; 3</condition>'
    file = drawn(started(condition + "</conditionalEventDefinition>"))
    diagram = engine.read_all([file])["B"]

    assert errors({"a.bpmn": file}) == []
    with pytest.raises(Conflict, match="does not hold"):
        engine.start(diagram, {"x": 3}, now=NOW, services=Desk())
    run = engine.start(diagram, {"x": 4}, now=NOW, services=Desk())
    run.advance()
    assert run.completed


def test_a_process_of_several_starts_is_told_where_to_begin() -> None:
    without = SEVERAL.replace('<startEvent id="plain"/>', "").replace("plain > Any", "")
    diagram = engine.read_all([drawn(M + without)])["B"]

    with pytest.raises(Conflict, match="several ways"):
        engine.start(diagram, {}, now=NOW, services=Desk())
    with pytest.raises(Conflict, match="does not begin at Done"):
        engine.start(diagram, {}, now=NOW, services=Desk(), at="Done")
    run = engine.start(diagram, {}, now=NOW, services=Desk(), at="alarmed", payload={"x": 1})
    run.advance()
    assert (dict(run.data), run.completed) == ({"alarmed": {"x": 1}}, True)


def test_what_names_an_operation_alone_takes_its_message() -> None:
    inside = '<operation id="O" name="o"><inMessageRef>own:M</inMessageRef></operation>'
    operation = f'<interface id="I" name="i">{inside}</interface>'
    caught = process("B", '<receiveTask id="Got" instantiate="true" operationRef="O"/>')
    send = '<sendTask id="Send" operationRef="own:O"/>'
    sent = process("A", f'<startEvent id="s"/>{send}<endEvent id="e"/>\ns > Send > e')
    file = drawn(M + operation + caught + sent)

    assert errors({"a.bpmn": file}) == []
    world, _seen = tell(Told("", [file], [("start", "A")]), restoring=False)
    assert world.completed() == {"s": 1, "Send": 1, "e": 1, "Got": 1}
