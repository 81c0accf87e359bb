"""Forks and merges without gateways, conditions and defaults on flows out of steps (BPMN 2.0.2, 8.4.13, 13.3.2)."""

from __future__ import annotations

import pytest

from tests.workflows.talking import Told, drawn, errors, process, tell

START = '<startEvent id="s"/>'
A_B_C = '<task id="A"/><task id="B"/><task id="C"/><endEvent id="a"/><endEvent id="b"/><endEvent id="c"/>'
TO_ENDS = "\nA > a\nB > b\nC > c"
MESSAGE = '<message id="M" name="go"/>'
CAUGHT = '<messageEventDefinition messageRef="M"/>'


def choice(name: str, target: str, condition: str = "") -> str:
    inside = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
    return f'<sequenceFlow id="{name}_{target}" sourceRef="{name}" targetRef="{target}">{inside}</sequenceFlow>'


def out_of(kind: str, *flows: str, more: str = "", inside: str = "", attributes: str = "") -> bytes:
    step = f'<{kind} id="T"{attributes}>{inside}</{kind}>'
    return drawn(MESSAGE + process("P", f"{START}{step}{A_B_C}{more}\ns > T{TO_ENDS}\n{''.join(flows)}"))


BOTH = choice("T", "A"), choice("T", "B")
TESTED = choice("T", "A", "n &gt; 0"), choice("T", "B", "n &gt; 1"), choice("T", "C")
DEFAULT = ' default="T_C"'

STORIES = [
    Told("every flow out of a step without condition is taken", [out_of("task", *BOTH, choice("T", "C"))],
         [("start", "P")], {"A": 1, "B": 1, "C": 1}),
    Told("a flow with a condition is taken beside one without", [out_of("task", *TESTED)],
         [("start", "P", {"n": 1})], {"A": 1, "B": 0, "C": 1}),
    Told("when no condition holds the flow without one is taken all the same", [out_of("task", *TESTED)],
         [("start", "P", {"n": 0})], {"A": 0, "B": 0, "C": 1}),
    Told("the default flow is taken when no condition holds", [out_of("task", *TESTED, attributes=DEFAULT)],
         [("start", "P", {"n": 0})], {"A": 0, "B": 0, "C": 1}),
    Told("the default flow is not taken when one holds", [out_of("task", *TESTED, attributes=DEFAULT)],
         [("start", "P", {"n": 2})], {"A": 1, "B": 1, "C": 0}),
    Told("a default flow beside flows without conditions", [out_of(
        "task", *BOTH, choice("T", "C"), attributes=DEFAULT)],
         [("start", "P", {"n": 2})], {"A": 1, "B": 1, "C": 1}),
    Told("conditions alone, none of which holds, stop the case", [out_of(
        "task", *TESTED[:2], choice("T", "C", "n = 7"))],
         [("start", "P", {"n": 0})], {"A": 0}, state="error"),
    Told("two ways into a step do it twice", [drawn(process(
        "P", f'{START}<task id="T"/><task id="Then"/>{A_B_C}<endEvent id="e"/>\ns > T\n'
        + BOTH[0] + BOTH[1] + "\nA > Then\nB > Then > e".replace("A > a", "")
        ).replace('<task id="C"/>', "").replace('<endEvent id="a"/><endEvent id="b"/><endEvent id="c"/>', ""))],
        [("start", "P")], {"A": 1, "B": 1, "Then": 2, "e": 2}),
    Told("several flows out of a start event", [drawn(process(
        "P", f"{START}{A_B_C}\ns > A\ns > B\ns > C{TO_ENDS}"))], [("start", "P")], {"A": 1, "B": 1, "C": 1}),
    Told("several flows out of an event", [out_of("intermediateCatchEvent", *BOTH, choice("T", "C"), inside=CAUGHT)],
         [("start", "P"), ("message", "go")], {"A": 1, "B": 1, "C": 1}),
    Told("several flows out of a boundary event", [drawn(MESSAGE + process(
        "P", f'{START}<userTask id="Ask"/><boundaryEvent id="T" attachedToRef="Ask">{CAUGHT}</boundaryEvent>{A_B_C}'
        f"\ns > Ask > c\n{BOTH[0]}{BOTH[1]}\nA > a\nB > b").replace('<task id="C"/>', ""))],
        [("start", "P"), ("message", "go")], {"A": 1, "B": 1, "c": 0}),
    Told("several flows out of a subprocess", [out_of(
        "subProcess", *BOTH, choice("T", "C"), inside='<startEvent id="is"/><endEvent id="ie"/>\nis > ie\n')],
        [("start", "P")], {"T": 1, "A": 1, "B": 1, "C": 1}),
    Told("conditions out of a step that people do for each of a list", [out_of(
        "userTask", *TESTED, attributes=DEFAULT, inside="<multiInstanceLoopCharacteristics><loopCardinality>2"
        "</loopCardinality></multiInstanceLoopCharacteristics>")],
        [("start", "P", {"n": 1}), ("complete", "T"), ("complete", "T")], {"T": 2, "A": 1, "B": 0, "C": 0}),
]  # fmt: skip
NAMES = [story.name for story in STORIES]


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_flows_are_taken_as_drawn(story: Told) -> None:
    world, _seen = tell(story, restoring=False)

    assert world.state == story.state
    assert {name: world.completed().get(name, 0) for name in story.done} == story.done
    assert all("." not in name for name in world.completed())


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_restoring_after_every_step_changes_nothing(story: Told) -> None:
    assert tell(story, restoring=True)[1] == tell(story, restoring=False)[1]


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_every_file_passes_the_check(story: Told) -> None:
    assert errors({"a.bpmn": story.files[0]}) == []


@pytest.mark.parametrize("kind", ["startEvent", "intermediateCatchEvent"])
def test_a_condition_on_a_flow_out_of_an_event_is_refused(kind: str) -> None:
    if kind == "startEvent":
        file = drawn(process("P", f'{START}<task id="A"/><endEvent id="a"/>\nA > a\n{choice("s", "A", "n = 1")}'))
    else:
        file = out_of(kind, TESTED[0], *BOTH[1:], choice("T", "C"), inside=CAUGHT)

    assert "condition-without-effect" in [code for _element, code in errors({"a.bpmn": file})]
