"""Data objects, inputs, outputs and the arrows between them: what a step is given, and what is kept of it."""

from __future__ import annotations

import pytest

from tests.workflows.playing import NOW, Desk
from tests.workflows.talking import Told, drawn, errors, must_be_as_told, process, script, tell
from workflows import engine, lint

OBJECTS = '<dataObject id="D1" name="order"/><dataObjectReference id="R1" dataObjectRef="D1"/>'
START, END = '<startEvent id="s"/>', '<endEvent id="e"/>'


def io(inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = ()) -> str:
    """An ioSpecification; each name is also the id, with `in_` or `out_` before it."""
    rows = "".join(f'<dataInput id="in_{name}" name="{name}"/>' for name in inputs)
    rows += "".join(f'<dataOutput id="out_{name}" name="{name}"/>' for name in outputs)
    given = "".join(f"<dataInputRefs>in_{name}</dataInputRefs>" for name in inputs)
    made = "".join(f"<dataOutputRefs>out_{name}</dataOutputRefs>" for name in outputs)
    return f"<ioSpecification>{rows}<inputSet>{given}</inputSet><outputSet>{made}</outputSet></ioSpecification>"


def into(source: str, target: str, more: str = "") -> str:
    return arrow("dataInputAssociation", source, target, more)


def out(source: str, target: str, more: str = "") -> str:
    return arrow("dataOutputAssociation", source, target, more)


def arrow(kind: str, source: str, target: str, more: str) -> str:
    start = f"<sourceRef>{source}</sourceRef>" if source else ""
    return f"<{kind}>{start}<targetRef>{target}</targetRef>{more}</{kind}>"


def task(kind: str, name: str, inside: str, text: str = "") -> str:
    written = f"<script>{text}</script>" if text else ""
    return f'<{kind} id="{name}">{inside}{written}</{kind}>'


WRITE = task("scriptTask", "Write", io(outputs=("made",)) + out("out_made", "R1"), "made = n * 2")
READ = task("scriptTask", "Read", io(inputs=("given",)) + into("R1", "in_given"), "seen = given + 1")
M = '<itemDefinition id="I" structureRef="Number"/><message id="M" name="order" itemRef="I"/>'
THROW = """<intermediateThrowEvent id="Throw"><dataInput id="ti" name="number" itemSubjectRef="I"/>
<dataInputAssociation><sourceRef>R1</sourceRef><targetRef>ti</targetRef></dataInputAssociation>
<inputSet><dataInputRefs>ti</dataInputRefs></inputSet><messageEventDefinition messageRef="M"/>
</intermediateThrowEvent>"""
CATCH = """<startEvent id="bs"><dataOutput id="co" name="what" itemSubjectRef="I"/>
<dataOutputAssociation><sourceRef>co</sourceRef><targetRef>R2</targetRef></dataOutputAssociation>
<outputSet><dataOutputRefs>co</dataOutputRefs></outputSet><messageEventDefinition messageRef="M"/></startEvent>"""
OTHER = '<dataObject id="D2" name="got"/><dataObjectReference id="R2" dataObjectRef="D2"/>'
CALLED = process(
    "B",
    io(("price",), ("total",)).replace("in_", "b_in_").replace("out_", "b_out_")
    + f'<startEvent id="bs"/>{script("Add", "total = price + 1")}<endEvent id="be"/>\nbs > Add > be',
)

STORIES = [
    Told("what a step makes reaches the next through a data object", [drawn(process(
        "A", f"{START}{WRITE}{READ}{END}{OBJECTS}\ns > Write > Read > e"))],
        [("start", "A", {"n": 4})], {"Read": 1},
        {0: {"order": 8, "seen": 9, "made": None, "given": None}}),
    Told("a property of the process holds a value", [drawn(process(
        "A", '<property id="P1" name="order"/>' + f"{START}{WRITE.replace('R1', 'P1')}{READ.replace('R1', 'P1')}{END}"
        "\ns > Write > Read > e"))], [("start", "A", {"n": 4})], {}, {0: {"order": 8, "seen": 9}}),
    Told("a step writes a data object by its own name", [drawn(process(
        "A", f"{START}{script('Set', 'order = 5')}{READ}{END}{OBJECTS}\ns > Set > Read > e"))],
        [("start", "A")], {}, {0: {"seen": 6, "order": 5}}),
    Told("an output that is not set leaves the data object alone", [drawn(process(
        "A", f"{START}{WRITE.replace('made = n * 2', 'order = 3')}{READ}{END}{OBJECTS}\ns > Write > Read > e"))],
        [("start", "A")], {}, {0: {"order": 3, "seen": 4}}),
    Told("arrows change what they carry", [drawn(process(
        "A", START + task("scriptTask", "Write", io(("given",), ("made",))
        + into("R1", "in_given", "<transformation>order.price</transformation>")
        + out("out_made", "R1", "<assignment><from>{price: made}</from><to>R1</to></assignment>"
              "<assignment><from>made * 10</from><to>tenfold</to></assignment>"), "made = given + 1")
        + END + OBJECTS + "\ns > Write > e"))], [("start", "A", {"order": {"price": 4}})], {},
        {0: {"order": {"price": 5}, "tenfold": 50, "given": None}}),
    Told("what a person answers is kept in a data object", [drawn(process(
        "A", START + task("userTask", "Ask", io((), ("name",)) + out("out_name", "R1")) + END + OBJECTS
        + "\ns > Ask > e"))], [("start", "A"), ("complete", "Ask", {"name": "Wu", "age": 7})], {},
        {0: {"order": "Wu", "Ask": {"name": "Wu", "age": 7}}}),
    Told("what a person answers is kept whole", [drawn(process(
        "A", START + task("userTask", "Ask", io((), ("all",)) + out("out_all", "R1")) + END + OBJECTS
        + "\ns > Ask > e"))], [("start", "A"), ("complete", "Ask", {"name": "Wu", "age": 7})], {},
        {0: {"order": {"name": "Wu", "age": 7}}}),
    Told("a message carries data from one process to another", [drawn(
        M + process("A", f"{START}{THROW}{END}{OBJECTS}\ns > Throw > e")
        + process("B", f'{CATCH}<endEvent id="be"/>{OTHER}\nbs > be'))],
        [("start", "A", {"order": 12})], {"bs": 1}, {1: {"got": 12}}, cases=2),
    Told("a call is given data inputs and gives back outputs by their names", [drawn(process(
        "A", START + '<callActivity id="Call" calledElement="B">' + io(("price",), ("total",)) + into("R1", "in_price")
        + out("out_total", "R1") + "</callActivity>" + END + OBJECTS + "\ns > Call > e") + CALLED)],
        [("start", "A", {"order": 4})], {"Add": 1}, {0: {"order": 5, "total": None, "price": None}}),
    Told("a data object of a subprocess is written and read inside", [drawn(process(
        "A", START + '<subProcess id="In"><startEvent id="is"/>' + WRITE + READ + '<endEvent id="ie"/>' + OBJECTS
        + "\nis > Write > Read > ie\n</subProcess>" + END + "\ns > In > e"))],
        [("start", "A", {"n": 4})], {"In": 1}, {0: {"seen": 9}}),
    Told("each of several instances is given its own", [drawn(process(
        "A", START + task("scriptTask", "Write", io(("given",), ("made",)) + into("R1", "in_given")
        + out("out_made", "R2") + '<multiInstanceLoopCharacteristics camunda:collection="list" '
        'camunda:elementVariable="one"/>', "made = given + one") + END + OBJECTS + OTHER + "\ns > Write > e"))],
        [("start", "A", {"order": 10, "list": [1, 2]})], {"Write": 2}, {0: {"Write": [{"got": 11}, {"got": 12}]}}),
    Told("a list of a data object is gone through and gathered", [drawn(process(
        "A", START + task("scriptTask", "Each", io(("rows",), ("sums",)) + into("R1", "in_rows") + out("out_sums", "R2")
        + "<multiInstanceLoopCharacteristics><loopDataInputRef>in_rows</loopDataInputRef>"
        "<loopDataOutputRef>out_sums</loopDataOutputRef>"
        '<inputDataItem id="row" name="row"/><outputDataItem id="sum" name="sum"/>'
        "</multiInstanceLoopCharacteristics>", "sum = row * 2") + END
        + OBJECTS + OTHER + "\ns > Each > e"))], [("start", "A", {"order": [1, 2, 3]})], {"Each": 3},
        {0: {"got": [2, 4, 6]}}),
    Told("an event subprocess keeps what its message brings", [drawn(M + process(
        "A", f'{START}<userTask id="Ask"/>{END}<subProcess id="Watch" triggeredByEvent="true">'
        + CATCH.replace('id="bs"', 'id="ws" isInterrupting="false"') + '<endEvent id="we"/>\nws > we\n</subProcess>'
        + OTHER + "\ns > Ask > e"))],
        [("start", "A"), ("message", "order", {"number": 5}), ("complete", "Ask")], {"Watch": 1},
        {0: {"got": 5, "ws": {"number": 5}}}),
    Told("a boundary event keeps what its message brings", [drawn(M + process(
        "A", f'{START}<userTask id="Ask"/>{END}<endEvent id="e2"/>'
        + CATCH.replace('<startEvent id="bs">', '<boundaryEvent id="Late" attachedToRef="Ask">').replace(
            "startEvent", "boundaryEvent") + OTHER + "\ns > Ask > e\nLate > e2"))],
        [("start", "A"), ("message", "order", {"a": 1, "what": 2})], {"Late": 1}, {0: {"got": 2}}),
    Told("a condition waits for a data object", [drawn(process(
        "A", f'{START}<parallelGateway id="Split"/><intermediateCatchEvent id="When"><conditionalEventDefinition>'
        '<condition xsi:type="tFormalExpression">n > 5 and order = 16</condition>'
        "</conditionalEventDefinition></intermediateCatchEvent>"
        f'<userTask id="Ask"/>{WRITE}<endEvent id="e2"/>{END}{OBJECTS}\n'
        "s > Split > When > e\nSplit > Ask > Write > e2"))],
        [("start", "A", {"n": 8, "order": 0}), ("complete", "Ask")], {"When": 1, "e": 1}),
]  # fmt: skip
NAMES = [story.name for story in STORIES]


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_data_moves_as_drawn(story: Told) -> None:
    world, _seen = tell(story, restoring=False)

    assert (world.trouble()[0], world.state) == ("", story.state)
    must_be_as_told(world, story.done, story.kept)


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_restoring_after_every_step_changes_nothing(story: Told) -> None:
    assert tell(story, restoring=True)[1] == tell(story, restoring=False)[1]


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_every_file_passes_the_check(story: Told) -> None:
    assert errors({f"{number}.bpmn": file for number, file in enumerate(story.files)}) == []


def refused(inside: str, more: str = OBJECTS) -> dict[str, bytes]:
    body = START + task("userTask", "Ask", inside) + END + more + "\ns > Ask > e"
    return {"a.bpmn": drawn(process("A", body))}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (refused(io(("g",)) + into("R1", "in_g", "<transformation>order +</transformation>")), "feel-unreadable"),
        (refused(io((), ("m",)) + out("out_m", "R1", "<assignment><from> </from><to>R1</to></assignment>")),
         "empty-expression"),
        (refused(io((), ("m",)) + out("out_m", "R1", "<assignment><from>1</from><to>a b</to></assignment>")),
         "variable-name"),
        (refused(io(("g",)).replace("<outputSet>", "<inputSet></inputSet><outputSet>") + into("R1", "in_g")),
         "several-sets"),
        (refused(io((), ("m",)) + out("out_m", "R1"),
                 OBJECTS + '<dataObject id="D3" name="order"/>'), "data-name-twice"),
        (refused(io((), ("m",)) + out("out_m", "s")), "data-arrow-shows"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_carried_is_refused(files: dict[str, bytes], code: str) -> None:
    assert code in [found for _element, found in errors(files)]


@pytest.mark.parametrize(
    ("inside", "more", "code"),
    [
        # the arrows of bpmn.io, which end at the step itself
        ('<property id="P" name="__targetRef_placeholder"/>' + into("R1", "P"), OBJECTS, "data-arrow-shows"),
        (out("", "R1"), OBJECTS, "data-arrow-shows"),
        (io((), ("m",)) + out("out_m", "R1"), '<dataStoreReference id="R1" name="register"/>', "data-arrow-shows"),
        (io(("g",)), OBJECTS, "data-without-arrow"),
        ('<potentialOwner id="O"/>', OBJECTS, "performer-shown"),
    ],
)
def test_what_only_shows_is_said_to(inside: str, more: str, code: str) -> None:
    files = refused(inside, more)

    assert errors(files) == []
    assert code in [found.code for found in lint.check_files(files)]


def test_an_input_without_value_is_null() -> None:
    file = drawn(process("A", f"{START}{READ.replace('given + 1', 'given = null')}{END}{OBJECTS}\ns > Read > e"))
    run = engine.start(engine.read_all([file])["A"], {}, now=NOW, services=Desk())
    run.advance()

    assert dict(run.data) == {"seen": True}
