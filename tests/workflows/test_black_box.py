"""Drawings as a stranger plays them: what is asked of the lines that come back, and of what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.play import REFUSED, process_play
from domain.errors import DefinitionRefused
from workflows import play

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NOW = datetime(2027, 6, 1, tzinfo=UTC)
CYCLE = '<timerEventDefinition><timeCycle xsi:type="tFormalExpression">%s</timeCycle></timerEventDefinition>'
WHEN = '<conditionalEventDefinition><condition xsi:type="tFormalExpression">%s</condition></conditionalEventDefinition>'
Line = dict[str, Any]


def drawing(body: str) -> str:
    return (
        f'<definitions xmlns="{MODEL}" xmlns:xsi="{XSI}" id="whole" targetNamespace="t">'
        f'<process id="P" isExecutable="true"><startEvent id="S"/>{body}</process></definitions>'
    )


def flow(source: str, target: str, more: str = "") -> str:
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{more}</sequenceFlow>'


def chosen(condition: str) -> str:
    """A way out of the gateway G to N by a condition, and another to E."""
    named = f'<conditionExpression xsi:type="tFormalExpression"><![CDATA[{condition}]]></conditionExpression>'
    nodes = '<exclusiveGateway id="G" default="G_E"/><userTask id="N"/><endEvent id="E"/>'
    return nodes + flow("S", "G") + flow("G", "N", named) + flow("G", "E") + flow("N", "E")


def guarded(event: str, definition: str, attributes: str = "") -> str:
    """A step A with an event at its edge that leads to N."""
    edge = f'<boundaryEvent id="{event}" attachedToRef="A" {attributes}>{definition}</boundaryEvent>'
    nodes = f'<userTask id="A"/>{edge}<userTask id="N"/><endEvent id="E"/>'
    return nodes + flow("S", "A") + flow("A", "E") + flow(event, "N") + flow("N", "E")


def played(xml: str, *steps: Line) -> list[Line]:
    world = play.world_of({"a.bpmn": xml.encode()}, now=NOW)
    return list(play.play(world, play.read_steps(json.dumps(steps).encode())))


def refused(xml: str) -> set[tuple[str, str]]:
    """Element and rule of every error."""
    with pytest.raises(DefinitionRefused) as caught:
        played(xml)
    return {(one.element, one.code) for one in caught.value.findings if one.severity == "error"}


START: Line = {"start": "P", "variables": {"x": [1, 9], "z": 5}}


@pytest.mark.parametrize(
    ("content", "element"),
    [
        (drawing('<task id="A" wrong="1"/><endEvent id="E"/>' + flow("S", "A") + flow("A", "E")), "A"),
        (drawing('<task id="A"><wrong/></task><endEvent id="E"/>' + flow("S", "A") + flow("A", "E")), "A"),
        (drawing('<laneSet wrong="1"/>'), "P"),
        (drawing("").replace("<definitions ", '<definitions wrong="1" '), "whole"),
        ("no drawing", "definitions"),
        ("<definitions/>", "definitions"),
        ("", "definitions"),
    ],
)
def test_every_finding_names_an_element_a_line_a_rule_and_a_remedy(tmp_path: Path, content: str, element: str) -> None:
    for text in (content, content.replace("<", "<b:").replace("<b:/", "</b:").replace("xmlns=", "xmlns:b=")):
        (tmp_path / "a.bpmn").write_text(text)
        (tmp_path / "steps.json").write_text("[]")
        done = CliRunner().invoke(process_play, [str(tmp_path / "a.bpmn"), "--steps", str(tmp_path / "steps.json")])
        findings = json.loads(done.stdout)["findings"]
        assert done.exit_code == REFUSED
        assert all(isinstance(one["line"], int) for one in findings)
        assert all(one[key] for one in findings for key in ("element", "rule", "message", "remedy"))
        if text == content:
            assert element in [one["element"] for one in findings]


@pytest.mark.parametrize("attributes", ["", 'cancelActivity="false"'])
def test_an_event_waits_for_a_value_that_is_not_there_yet(attributes: str) -> None:
    body = guarded("B", WHEN % "K.ok", attributes).replace('id="S_A" sourceRef="S"', 'id="S_A" sourceRef="G"')
    beside = '<parallelGateway id="G"/><userTask id="K"/><endEvent id="Z"/>'
    xml = drawing(body + beside + flow("S", "G") + flow("G", "K") + flow("K", "Z"))

    lines = played(xml, START, {"complete": "K", "answers": {"ok": True}})

    assert [line["state"] for line in lines] == ["waiting", "waiting"]
    assert sorted(lines[0]["open"]) == ["A", "K"] and lines[0]["waiting"] == ["B"]
    assert sorted(lines[1]["open"]) == (["A", "N"] if attributes else ["N"])


@pytest.mark.parametrize("condition", ["x eq 1", "missing(1)", 'z > "3"'])
def test_an_event_whose_condition_cannot_be_told_is_an_error(condition: str) -> None:
    xml = drawing(guarded("B", WHEN % condition.replace(">", "&gt;")))

    assert [line["state"] for line in played(xml, START)] == ["error"]


def test_a_cycle_that_can_happen_once_happens_once() -> None:
    lines = played(drawing(guarded("B", CYCLE % "R3/PT10S")), START, {"advance": 100}, {"complete": "N"})

    assert [line["open"] for line in lines] == [["A"], ["N"], []]
    assert lines[-1]["state"] == "ended" and lines[-1]["completed"]["B"] == 1


def test_a_cycle_that_is_none_is_refused_wherever_it_stands() -> None:
    assert ("B", "not-a-time") in refused(drawing(guarded("B", CYCLE % "0 0/5 * * * ?")))


def test_other_engines_count_from_nought_so_their_places_in_lists_are_refused() -> None:
    assert ("G_N", "foreign-expression") in refused(drawing(chosen("${x[1] > 3}")))
    assert played(drawing(chosen("x[2] > 3")), START)[0]["open"] == ["N"]
    assert played(drawing(chosen('${"[" = "[" and z > 3}')), START)[0]["open"] == ["N"]


def test_a_step_that_says_it_is_of_another_kind_is_refused() -> None:
    body = '<task id="A" xsi:type="%s"/><endEvent id="E"/>' + flow("S", "A") + flow("A", "E")

    assert ("A", "unsupported-value") in refused(drawing(body % "tUserTask"))
    assert played(drawing(body % "tTask"), START)[0]["state"] == "ended"


def test_what_is_sent_without_a_message_of_the_file_is_done_from_outside() -> None:
    body = '<sendTask id="A" %s/><endEvent id="E"/>' + flow("S", "A") + flow("A", "E")
    lines = played(drawing(body % ""), START, {"complete": "A"})

    assert [(line["open"], line["state"]) for line in lines] == [(["A"], "waiting"), ([], "ended")]
    assert ("A", "task-names-no-message") in refused(drawing(body % 'messageRef="nothing"'))


@pytest.mark.parametrize("kind", ["subProcess", "transaction"])
def test_a_subprocess_with_nothing_in_it_is_done_at_once(kind: str) -> None:
    body = f'<{kind} id="A"/><userTask id="N"/><endEvent id="E"/>' + flow("S", "A") + flow("A", "N") + flow("N", "E")
    lines = played(drawing(body), START, {"complete": "N"})

    assert [(line["open"], line["state"]) for line in lines] == [(["N"], "waiting"), ([], "ended")]
    assert {name: n for name, n in lines[-1]["completed"].items() if "_" not in name} == dict.fromkeys("SANE", 1)
