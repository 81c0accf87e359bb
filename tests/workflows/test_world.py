"""Cases in memory on a stopped clock: they hear one another, timers happen in order, nothing runs for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import Conflict, DefinitionRefused, NotFound
from workflows import play
from workflows.play import BadSteps, read_steps, world_of
from workflows.world import Restless, World

NOW = datetime(2027, 6, 1, tzinfo=UTC)
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' id="all" targetNamespace="urn:hedui:test">'
    '<message id="m_order" name="order"/><message id="m_reply" name="reply"/><signal id="s_alarm" name="alarm"/>'
)
MESSAGE = '<messageEventDefinition messageRef="{}"/>'
SIGNAL = '<signalEventDefinition signalRef="s_alarm"/>'
TIMER = "<timerEventDefinition><{0}>{1}</{0}></timerEventDefinition>"


def process(name: str, *nodes: str) -> str:
    """A process whose nodes follow one another; each is "kind id" with what stands inside after a blank line."""
    parts, flows, last = [], [], ""
    for node in nodes:
        about, _sep, inside = node.partition("|")
        kind, own = about.split()[:2]
        more = " ".join(about.split()[2:])
        parts.append(f'<{kind} id="{own}" {more}>{inside}</{kind}>')
        if last:
            flows.append(f'<sequenceFlow id="{last}_{own}" sourceRef="{last}" targetRef="{own}"/>')
        last = own
    return f'<process id="{name}" isExecutable="true">{"".join(parts)}{"".join(flows)}</process>'


def world(*processes: str, **files: bytes) -> World:
    """A world of these processes."""
    drawing = (HEAD + "".join(processes) + "</definitions>").encode()
    try:
        return world_of({"all.bpmn": drawing, **files}, now=NOW)
    except DefinitionRefused as refused:
        pytest.fail("\n".join(map(str, refused.findings)))


def ids(found: World) -> list[str]:
    return [one.step_id for one in found.open()]


def test_a_message_thrown_by_one_process_begins_another_and_reaches_who_waits() -> None:
    found = world(
        process("buyer", "startEvent b0", f"intermediateThrowEvent b1|{MESSAGE.format('m_order')}",
                f"intermediateCatchEvent b2|{MESSAGE.format('m_reply')}", "endEvent b3"),
        process("seller", f"startEvent s0|{MESSAGE.format('m_order')}", "userTask s1",
                f"endEvent s2|{MESSAGE.format('m_reply')}"),
    )  # fmt: skip
    found.start("buyer", {})
    assert (ids(found), found.waiting(), found.state) == (["s1"], ["b2"], "waiting")
    found.complete("s1", {"price": 7})
    assert found.state == "ended"
    assert found.completed() == {"b0": 1, "b1": 1, "b2": 1, "b3": 1, "s0": 1, "s1": 1, "s2": 1}


def test_a_message_goes_to_one_case_and_a_signal_to_all_by_name_or_id() -> None:
    waits = process("p", "startEvent a", f"intermediateCatchEvent b|{MESSAGE.format('m_order')}",
                    f"intermediateCatchEvent c|{SIGNAL}", "endEvent e")  # fmt: skip
    found = world(waits)
    for _time in range(2):
        found.start("p", {})
    assert found.message("m_order") == 1
    assert found.waiting() == ["c", "b"]
    assert found.message("order") == 1 and found.message("order") == 0
    assert found.signal("s_alarm") == 2
    assert found.state == "ended"


def test_a_signal_begins_processes_and_is_not_caught_twice_by_its_thrower() -> None:
    found = world(
        process("crier", "startEvent a", f"endEvent b|{SIGNAL}"),
        process("hearer", f"startEvent c|{SIGNAL}", "userTask d", "endEvent e"),
    )
    found.start("crier", {})
    found.start("crier", {})
    assert ids(found) == ["d", "d"]


def test_timers_happen_in_the_order_of_their_instants_each_at_its_own() -> None:
    found = world(
        process("slow", "startEvent a", f"intermediateCatchEvent b|{TIMER.format('timeDuration', 'PT30S')}",
                "scriptTask c|<script>at = string(now())</script>", "endEvent d"),
        process("fast", "startEvent e", f"intermediateCatchEvent f|{TIMER.format('timeDuration', 'PT10S')}",
                f"intermediateCatchEvent g|{TIMER.format('timeDuration', 'PT10S')}",
                "scriptTask h|<script>at = string(now())</script>", "endEvent i"),
    )  # fmt: skip
    found.start("slow", {})
    found.start("fast", {})
    found.advance(9)
    assert found.waiting() == ["b", "f"]
    found.advance(3600)
    assert found.state == "ended" and found.now == NOW + timedelta(seconds=3609)
    slow, fast = (case.run.data["at"] for case in found.instances)
    assert "00:00:30" in slow and "00:00:20" in fast


def test_a_timer_begins_cases_as_often_as_it_says() -> None:
    found = world(process("p", f"startEvent a|{TIMER.format('timeCycle', 'R3/PT1M')}", "endEvent b"))
    assert found.state == "waiting"
    found.advance(60)
    assert found.completed() == {"a": 1, "b": 1}
    found.advance(600)
    assert found.completed() == {"a": 3, "b": 3} and found.state == "ended"


def test_who_starts_a_process_at_its_timer_does_what_the_timer_would_have_done() -> None:
    found = world(process("p", f"startEvent a|{TIMER.format('timeDuration', 'PT1M')}", "endEvent b"))
    found.start("p", {})
    found.advance(600)
    assert found.completed() == {"a": 1, "b": 1}


def test_jobs_stay_open_until_they_are_answered_or_fail() -> None:
    guarded = process("p", "startEvent a", "serviceTask b", "userTask c", "endEvent d").replace(
        "</process>",
        '<boundaryEvent id="x" attachedToRef="b"><errorEventDefinition errorRef="err"/></boundaryEvent>'
        '<endEvent id="y"/><sequenceFlow id="xy" sourceRef="x" targetRef="y"/></process><error id="err"'
        ' name="no" errorCode="NO"/>',
    )
    found = world(guarded)
    found.start("p", {})
    found.start("p", {})
    assert ids(found) == ["b", "b"]
    found.complete("b", {"sum": 3})
    found.fail("b", "NO")
    assert ids(found) == ["c"] and found.completed()["y"] == 1
    assert found.instances[0].run.data["b"] == {"sum": 3}
    with pytest.raises(Conflict, match="done by a person"):
        found.fail("c", "NO")
    with pytest.raises(Conflict, match="not open"):
        found.complete("b", {})


def test_of_several_open_instances_the_oldest_comes_first_and_others_are_named() -> None:
    many = process("p", "startEvent a", "userTask b|<multiInstanceLoopCharacteristics><loopCardinality>3"
                   "</loopCardinality></multiInstanceLoopCharacteristics>", "endEvent c")  # fmt: skip
    found = world(many)
    found.start("p", {})
    assert [one.index for one in found.open()] == [0, 1, 2]
    found.complete("b", {"n": 2}, index=2)
    found.complete("b", {"n": 1}, which=1)
    found.complete("b", {"n": 0})
    assert [one["n"] for one in found.instances[0].run.data["b"]] == [0, 1, 2]
    with pytest.raises(Conflict):
        found.complete("b", {})


def test_what_fails_stands_in_error_and_the_others_go_on() -> None:
    found = world(
        process("bad", "startEvent a", "scriptTask b|<script>x = 1 / nothing</script>", "endEvent c"),
        process("good", "startEvent d", "userTask e", "endEvent f"),
    )
    found.start("bad", {})
    sentence, element = found.trouble()
    assert (found.state, element) == ("error", "b") and sentence
    found.start("good", {})
    found.complete("e", {})
    assert found.completed()["f"] == 1 and found.state == "error"


def test_messages_that_never_end_are_stopped_and_nothing_more_happens() -> None:
    found = world(
        process("ping", f"startEvent a|{MESSAGE.format('m_order')}", f"endEvent b|{MESSAGE.format('m_reply')}"),
        process("pong", f"startEvent c|{MESSAGE.format('m_reply')}", f"endEvent d|{MESSAGE.format('m_order')}"),
    )
    with pytest.raises(Restless):
        found.message("order")
    assert found.state == "error" and len(found.instances) <= 1000
    with pytest.raises(Restless):
        found.advance(1)


def test_a_table_among_the_files_is_asked_and_without_it_the_step_stays_open() -> None:
    asks = process("p", "startEvent a", 'businessRuleTask b camunda:decisionRef="grade"'
                   ' camunda:mapDecisionResult="singleEntry" camunda:resultVariable="g"', "endEvent c")  # fmt: skip
    table = (
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="t" name="t" namespace="urn:t">'
        b'<inputData id="in" name="total"><variable name="total" typeRef="number"/></inputData>'
        b'<decision id="grade" name="grade"><variable name="grade" typeRef="string"/><informationRequirement id="ir">'
        b'<requiredInput href="#in"/></informationRequirement><decisionTable id="dt" hitPolicy="FIRST">'
        b'<input id="i"><inputExpression id="ie" typeRef="number"><text>total</text></inputExpression></input>'
        b'<output id="o" name="grade" typeRef="string"/>'
        b'<rule id="r1"><inputEntry id="e1"><text>&gt; 10</text></inputEntry>'
        b'<outputEntry id="o1"><text>"high"</text></outputEntry></rule>'
        b'<rule id="r2"><inputEntry id="e2"><text>-</text></inputEntry>'
        b'<outputEntry id="o2"><text>"low"</text></outputEntry></rule></decisionTable></decision></definitions>'
    )
    found = world(asks, **{"grade.dmn": table})
    found.start("p", {"total": 11})
    assert found.state == "ended" and found.instances[0].run.data["g"] == "high"
    alone = world(asks)
    alone.start("p", {"total": 11})
    assert ids(alone) == ["b"]
    alone.complete("b", {"grade": "low"})
    assert alone.state == "ended" and alone.instances[0].run.data["g"] == {"grade": "low"}


def test_a_process_that_is_not_there_and_files_without_a_drawing_are_said_to_be_so() -> None:
    found = world(process("p", "startEvent a", "endEvent b"))
    with pytest.raises(NotFound, match="There are: p"):
        found.start("q", {})
    with pytest.raises(DefinitionRefused):
        world_of({}, now=NOW)


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        (b"[", "line 1"),
        (b"{}", "list"),
        (b"[3]", "Step 1 needs"),
        (b'[{"start": "p"}, {"start": "p", "signal": "s"}]', "Step 2 needs"),
        (b'[{"start": ""}]', "start"),
        (b'[{"advance": -1}]', "seconds"),
        (b'[{"advance": true}]', "seconds"),
        (b'[{"advance": 1, "answers": {}}]', "answers"),
        (b'[{"complete": "a", "answers": []}]', "answers"),
        (b'[{"complete": "a", "which": -1}]', "which"),
        (b'[{"message": 3}]', "message"),
        (b"[" + b"{}," * 10_001 + b"{}]", "list"),
        (b"\xff", "JSON"),
    ],
)
def test_bad_steps_are_refused_with_their_place(steps: bytes, place: str) -> None:
    with pytest.raises(BadSteps, match=place):
        read_steps(steps)


def test_lines_say_the_same_every_time_and_an_error_of_a_step_is_its_own() -> None:
    drawing = process("p", "startEvent a", "userTask b", "endEvent c")
    rows: list[dict[str, Any]] = [{"start": "p"}, {"complete": "x"}, {"complete": "b"}, {"message": "order"}]
    steps = [play.Step(at, next(iter(row)), next(iter(row.values())), {}) for at, row in enumerate(rows, start=1)]
    first, second = (list(play.play(world(drawing), steps)) for _time in range(2))
    assert first == second
    assert [line["state"] for line in first] == ["waiting", "error", "ended", "ended"]
    assert [line["step"] for line in first] == [1, 2, 3, 4]
    assert list(first[0]) == ["step", "open", "completed", "waiting", "state", "error"]
    assert "x" in first[1]["error"] and "b" in first[1]["error"] and first[2]["error"] is None
    assert "note" in first[3]
