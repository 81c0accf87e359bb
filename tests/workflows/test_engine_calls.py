"""Call activities: what is called runs with its own values, hands back what is named, and fails into its caller."""

from __future__ import annotations

import pytest

from domain.errors import DefinitionRefused
from tests.workflows.playing import NOW, Desk
from tests.workflows.talking import Told, drawn, errors, must_be_as_told, process, script, tell
from workflows import engine

END = '<endEvent id="e"/>'
START_IN = '<startEvent id="s"/>'
CALLED = process("B", '<startEvent id="bs"/><userTask id="Ask"/><endEvent id="be"/>\nbs > Ask > be')


def caller(inside: str, *, called: str = "B", more: str = "", attributes: str = "") -> str:
    call = f'<callActivity id="Call" calledElement="{called}"{attributes}>{inside}</callActivity>'
    return process("A", f'<startEvent id="s"/>{call}{END}{more}\ns > Call > e')


def handed(*rows: str) -> str:
    return f"<extensionElements>{''.join(f'<camunda:{row}/>' for row in rows)}</extensionElements>"


DOUBLE = process("B", f'<startEvent id="bs"/>{script("Double", "twice = n * 2")}<endEvent id="be"/>\nbs > Double > be')
FAILS = process(
    "B", '<startEvent id="bs"/><userTask id="Ask"/><endEvent id="be"><errorEventDefinition errorRef="E"/></endEvent>'
    "\nbs > Ask > be",
)  # fmt: skip
RAISES = process(
    "B", '<startEvent id="bs"/><intermediateThrowEvent id="Up"><escalationEventDefinition escalationRef="X"/>'
    '</intermediateThrowEvent><userTask id="Ask"/><endEvent id="be"/>\nbs > Up > Ask > be',
)  # fmt: skip
ERROR = '<error id="E" errorCode="bad"/><escalation id="X" escalationCode="up"/><message id="M" name="stop"/>'
AROUND = """<boundaryEvent id="Caught" attachedToRef="Call"{cancel}>{definition}</boundaryEvent>
<userTask id="Repair"/><endEvent id="e2"/>
Caught > Repair > e2"""
GLOBAL = drawn(
    "<globalScriptTask id='G' name='Add'><script>sum = a + b</script></globalScriptTask>"
    "<globalUserTask id='U'/><globalManualTask id='H'/><globalTask id='N'/>"
    + process(
        "A",
        '<startEvent id="s"/><callActivity id="Add" calledElement="own:G">'
        + handed('in source="a" target="a"', 'in sourceExpression="1 + 1" target="b"', 'out source="sum" target="sum"')
        + '</callActivity><callActivity id="Ask" calledElement="U">'
        + handed('out source="U" target="answers"')
        + '</callActivity><callActivity id="Sign" calledElement="H"/><callActivity id="Nothing" calledElement="N"/>'
        '<endEvent id="e"/>\ns > Add > Ask > Sign > Nothing > e',
    )
)
MANY = '<multiInstanceLoopCharacteristics camunda:collection="list" camunda:elementVariable="one" {way}/>'


def nested(depth: int) -> bytes:
    parts = [
        process(
            f"P{level}",
            f'<startEvent id="s{level}"/><callActivity id="C{level}" calledElement="P{level + 1}">'
            + handed('in source="n" target="n"', 'out sourceExpression="n" target="n"')
            + f'</callActivity><endEvent id="e{level}"/>\ns{level} > C{level} > e{level}',
        )
        for level in range(depth)
    ]
    last = process(f"P{depth}", f'<startEvent id="s"/>{script("Add", "n = n + 1")}<endEvent id="e"/>\ns > Add > e')
    return drawn("".join([*parts, last]))


STORIES = [
    Told(
        "values go in and come back by name alone",
        [drawn(caller(handed('in source="v" target="n"', 'out sourceExpression="twice + n" target="r"')) + DOUBLE)],
        [("start", "A", {"v": 4, "twice": 1})], {"Double": 1, "Call": 1, "e": 1, "be": 1}, {0: {"r": 12, "twice": 1}},
    ),
    Told(
        "all values go in and come back",
        [drawn(caller(handed('in variables="all"', 'out variables="all"')) + DOUBLE)],
        [("start", "A", {"n": 4})], {"Double": 1}, {0: {"n": 4, "twice": 8}},
    ),
    Told(
        "the called process stands in another file",
        [drawn(caller("", called="own:B")), drawn(CALLED)],
        [("start", "A", {"x": 1}), ("complete", "Ask", {"y": 2})], {"Ask": 1, "Call": 1}, {0: {"x": 1}},
    ),
    Told(
        "a called process can be started on its own too",
        [drawn(caller("") + CALLED)],
        [("start", "B"), ("start", "A"), ("complete", "Ask"), ("complete", "Ask")], {"Ask": 2, "Call": 1, "be": 2},
    ),
    Told(
        "an error of the called process is caught at the call",
        [drawn(ERROR + caller("", more=AROUND.format(cancel="", definition='<errorEventDefinition errorRef="E"/>'))
               + FAILS)],
        [("start", "A"), ("complete", "Ask"), ("complete", "Repair")], {"Caught": 1, "Repair": 1, "e2": 1, "Call": 0},
    ),
    Told(
        "an error that nobody catches ends the caller",
        [drawn(ERROR + caller("") + FAILS)], [("start", "A"), ("complete", "Ask")], {"e": 0}, state="error",
    ),
    Told(
        "an escalation of the called process is noticed beside it",
        [drawn(ERROR + caller("", more=AROUND.format(
            cancel=' cancelActivity="false"', definition='<escalationEventDefinition escalationRef="X"/>')) + RAISES)],
        [("start", "A"), ("complete", "Repair"), ("complete", "Ask")], {"Caught": 1, "Call": 1, "e": 1, "e2": 1},
    ),
    Told(
        "a message ends the called process",
        [drawn(ERROR + caller("", more=AROUND.format(cancel="", definition='<messageEventDefinition messageRef="M"/>'))
               + CALLED)],
        [("start", "A"), ("message", "stop"), ("complete", "Repair")], {"Caught": 1, "Ask": 0, "Call": 0, "e2": 1},
    ),
    Told(
        "a time ends the called process",
        [drawn(caller("", more=AROUND.format(
            cancel="", definition="<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"))
            + CALLED)],
        [("start", "A"), ("advance", 3600), ("complete", "Repair")], {"Caught": 1, "Ask": 0, "e2": 1},
    ),
    Told(
        "global tasks are called like processes",
        [GLOBAL], [("start", "A", {"a": 3}), ("complete", "U", {"ok": True}), ("complete", "H")],
        {"G": 1, "Add": 1, "U": 1, "Ask": 1, "H": 1, "N": 1, "Nothing": 1}, {0: {"sum": 5, "answers": {"ok": True}}},
    ),
    Told(
        "called once for each of a list at the same time",
        [drawn(caller(handed('in source="one" target="n"', 'out source="twice" target="Call"')
                      + MANY.format(way='isSequential="false"')) + DOUBLE)],
        [("start", "A", {"list": [1, 2, 3]})], {"Double": 3, "Call": 3}, {0: {"Call": [2, 4, 6]}},
    ),
    Told(
        "called for each of a list in turn, answered by people",
        [drawn(caller(handed('out source="Ask" target="Call"') + MANY.format(way='isSequential="true"')) + CALLED)],
        [("start", "A", {"list": [1, 2]}), ("complete", "Ask", {"x": 1}), ("complete", "Ask", {"x": 2})],
        {"Ask": 2, "Call": 2}, {0: {"Call": [{"x": 1}, {"x": 2}]}},
    ),
    Told(
        "called until a condition holds",
        [drawn(caller(
            handed('in source="n" target="n"', 'out source="twice" target="n"')
            + '<standardLoopCharacteristics loopMaximum="9"><loopCondition>n &lt; 10</loopCondition>'
            "</standardLoopCharacteristics>") + DOUBLE)],
        [("start", "A", {"n": 1})], {"Double": 4}, {0: {"n": 16}},
    ),
    Told(
        "two files may use the same ids for what is inside their processes",
        [drawn(process("A", START_IN + '<subProcess id="In"><startEvent id="i"/><callActivity id="Call" '
                       'calledElement="B"/><endEvent id="ie"/>\ni > Call > ie\n</subProcess>' + END + "\ns > In > e")),
         drawn(process("B", START_IN + '<subProcess id="In"><startEvent id="i"/><userTask id="Ask"/>'
                       '<endEvent id="ie"/>\ni > Ask > ie\n</subProcess>' + END + "\ns > In > e"))],
        [("start", "A"), ("complete", "Ask"), ("start", "B"), ("complete", "Ask")],
        {"Ask": 2, "In": 3, "s": 3, "e": 3, "Call": 1},
    ),
    Told(
        "an event subprocess of the called process notices a message",
        [drawn(ERROR + caller("") + process(
            "B", '<startEvent id="bs"/><userTask id="Ask"/><endEvent id="be"/>\nbs > Ask > be\n<subProcess id="Watch" '
            'triggeredByEvent="true"><startEvent id="ws"><messageEventDefinition messageRef="M"/></startEvent>'
            '<userTask id="Hurry"/><endEvent id="we"/>\nws > Hurry > we\n</subProcess>'))],
        [("start", "A"), ("message", "stop"), ("complete", "Hurry")], {"Ask": 0, "Watch": 1, "Call": 1, "e": 1},
    ),
    Told("fifty calls inside one another", [nested(50)], [("start", "P0", {"n": 1})], {"Add": 1, "C0": 1},
         {0: {"n": 2}}),
    Told(
        "a terminate end event ends the called process alone",
        [drawn(caller("") + process(
            "B", '<startEvent id="bs"/><parallelGateway id="Split"/><userTask id="Ask"/><userTask id="Other"/>'
            '<endEvent id="be"><terminateEventDefinition/></endEvent><endEvent id="be2"/>\n'
            "bs > Split > Ask > be\nSplit > Other > be2"))],
        [("start", "A"), ("complete", "Ask")], {"Call": 1, "Other": 0, "e": 1},
    ),
]  # fmt: skip
NAMES = [story.name for story in STORIES]


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_a_call_runs_as_drawn(story: Told) -> None:
    world, _seen = tell(story, restoring=False)

    assert (world.state, world.trouble()[0] if story.state == "ended" else "") == (story.state, "")
    must_be_as_told(world, story.done, story.kept)


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_restoring_after_every_step_changes_nothing(story: Told) -> None:
    assert tell(story, restoring=True)[1] == tell(story, restoring=False)[1]


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_every_file_passes_the_check(story: Told) -> None:
    assert errors({f"{number}.bpmn": file for number, file in enumerate(story.files)}) == []


def test_the_called_process_sees_nothing_that_was_not_given() -> None:
    file = drawn(caller("") + DOUBLE)
    run = engine.start(engine.read_all([file])["A"], {"n": 4}, now=NOW, services=Desk())

    with pytest.raises(engine.StepFailed) as refused:
        run.advance()

    assert refused.value.step_id == "Double"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([caller("", called="Nobody")], ("Call", "unknown-process")),
        ([caller("", called="A")], ("Call", "call-circle")),
        ([caller("") + process("B", '<startEvent id="bs"/><callActivity id="Back" calledElement="A"/>'
                               '<endEvent id="be"/>\nbs > Back > be')], ("Call", "call-circle")),
        ([caller("").replace(' calledElement="B"', "") + CALLED], ("Call", "calls-nothing")),
        ([caller(handed('in source="a"')) + CALLED], ("Call", "handover")),
        ([caller(handed('in source="a" target="a" local="true"')) + CALLED], ("Call", "handover")),
        ([caller(handed('in sourceExpression="a +" target="a"')) + CALLED], ("Call", "feel-unreadable")),
        ([caller(handed('in source="a b" target="a"')) + CALLED], ("Call", "variable-name")),
        ([ERROR + caller("") + process(
            "B", '<startEvent id="bs"><messageEventDefinition messageRef="M"/></startEvent><endEvent id="be"/>\nbs > be'
        )], ("Call", "EXT099")),
        ([caller("") + CALLED, CALLED], ("B", "process-twice")),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_carried_out_is_refused(files: list[str], found: tuple[str, str]) -> None:
    assert found in errors({f"{number}.bpmn": drawn(text) for number, text in enumerate(files)})


def test_a_circle_is_no_end_of_the_program() -> None:
    circle = caller("") + process("B", '<callActivity id="Back" calledElement="A"/>')

    with pytest.raises(DefinitionRefused):
        engine.read_all([drawn(circle)])
