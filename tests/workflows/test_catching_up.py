"""Time of the engine: rounds counted from the plan, in the office's calendar; missed ones by rule; moved ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import OFFICE_ZONE
from domain.errors import Finding
from tests.workflows.playing import Desk
from workflows import catching_up, engine, failed_steps, lint
from workflows.catching_up import ALL, GRACE, ONCE, SKIP, round_for
from workflows.spiff_events import after

NOW = datetime(2027, 1, 31, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="D" targetNamespace="x"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><bpmn:process id="P" isExecutable="true">'
)


def ringing(cycle: str, policy: str = "") -> engine.Diagram:
    """A person's step beside a timer that rings again and again."""
    return engine.read_diagram(ringing_xml(cycle, policy))


def ringing_xml(cycle: str, policy: str) -> bytes:
    rule = f'<camunda:property name="catch-up" value="{policy}"/>' if policy else ""
    return (
        f'{HEAD}<bpmn:startEvent id="S"/><bpmn:userTask id="U" camunda:candidateGroups="c" camunda:formKey="f"/>'
        '<bpmn:boundaryEvent id="B" attachedToRef="U" cancelActivity="false"><bpmn:extensionElements>'
        f"<camunda:properties>{rule}</camunda:properties></bpmn:extensionElements><bpmn:timerEventDefinition>"
        f"<bpmn:timeCycle>{cycle}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        '<bpmn:scriptTask id="R"><bpmn:script>rings = (if rings = null then 0 else rings) + 1</bpmn:script>'
        '</bpmn:scriptTask><bpmn:endEvent id="E"/><bpmn:endEvent id="E2"/>'
        '<bpmn:sequenceFlow id="a" sourceRef="S" targetRef="U"/><bpmn:sequenceFlow id="b" sourceRef="U" targetRef="E"/>'
        '<bpmn:sequenceFlow id="c" sourceRef="B" targetRef="R"/>'
        '<bpmn:sequenceFlow id="d" sourceRef="R" targetRef="E2"/>'
        "</bpmn:process></bpmn:definitions>".encode()
    )


def at(diagram: engine.Diagram, run: engine.Run, now: datetime) -> engine.Run:
    """The run saved, restored at an instant, and moved until nothing is due."""
    while True:
        run = engine.restore(diagram, run.snapshot(), now=now, services=Desk())
        woken = run.wake()
        run.advance()
        if not woken:
            return run


def begun(diagram: engine.Diagram, now: datetime = NOW) -> engine.Run:
    run = engine.start(diagram, {"rings": 0}, now=now, services=Desk())
    run.advance()
    return run


@pytest.mark.parametrize(("policy", "rings", "left"), [(ALL, 4, 6), (ONCE, 1, 6), ("", 1, 6), (SKIP, 0, 6)])
def test_four_days_of_downtime_are_made_up_by_the_rule_of_the_event(policy, rings, left):
    diagram = ringing("R10/P1D", policy)
    run = at(diagram, begun(diagram), NOW + 4 * DAY + timedelta(hours=3))
    assert run.data["rings"] == rings
    (timer,) = run.timers()
    assert (timer.due_at, timer.rounds_left, timer.every) == (NOW + 5 * DAY, left, "P1D")
    assert timer.catch_up == (policy or ONCE)


@pytest.mark.parametrize("policy", catching_up.POLICIES)
def test_a_round_in_time_happens_whatever_the_rule(policy):
    diagram = ringing("R3/P1D", policy)
    run = at(diagram, begun(diagram), NOW + DAY + timedelta(minutes=2))
    assert run.data["rings"] == 1


@pytest.mark.parametrize(("policy", "rings"), [(ALL, 2), (ONCE, 1), (SKIP, 0)])
def test_a_series_that_ended_meanwhile_is_over(policy, rings):
    diagram = ringing("R2/P1D", policy)
    run = at(diagram, begun(diagram), NOW + 30 * DAY)
    assert run.data["rings"] == rings
    assert run.timers() == []
    assert [step.step_id for step in run.human_steps()] == ["U"]


def test_what_was_passed_over_is_told():
    diagram = ringing("R/P1D")
    run = engine.restore(diagram, begun(diagram).snapshot(), now=NOW + 4 * DAY, services=Desk())
    assert run.wake() == 1
    (woken,) = run.woken()
    assert (woken.step_id, woken.passed_over, woken.catch_up, woken.happened) == ("B", 3, ONCE, True)
    assert woken.planned_at == NOW + 4 * DAY


def test_the_clock_going_back_fires_nothing_and_loses_nothing():
    diagram = ringing("R/P1D")
    run = at(diagram, begun(diagram), NOW - 400 * DAY)
    assert run.data["rings"] == 0
    assert run.timers()[0].due_at == NOW + DAY
    assert at(diagram, run, NOW + DAY).data["rings"] == 1


def test_a_monthly_round_of_the_31st_stays_at_the_end_of_the_month_in_the_offices_calendar():
    start = datetime(2027, 1, 31, 0, 30, tzinfo=OFFICE_ZONE)  # still the 30th in UTC
    days = [after(start, "P1M", number).astimezone(OFFICE_ZONE).strftime("%m-%d %H:%M") for number in (1, 2, 3)]
    assert days == ["02-28 00:30", "03-31 00:30", "04-30 00:30"]
    diagram = ringing("R/P1M", ALL)
    run = at(diagram, begun(diagram), datetime(2027, 4, 15, tzinfo=UTC))
    assert run.timers()[0].due_at.astimezone(OFFICE_ZONE).day == 30


def test_a_moved_round_leaves_the_series_where_it_was_planned():
    diagram = ringing("R/P1D")
    run = begun(diagram)
    failed_steps.move_timer(run, run.timers()[0].token, NOW + 3 * DAY + timedelta(hours=5))
    (timer,) = run.timers()
    assert (timer.due_at, timer.planned_at) == (NOW + 3 * DAY + timedelta(hours=5), NOW + DAY)
    run = at(diagram, run, NOW + 3 * DAY + timedelta(hours=5))
    assert run.data["rings"] == 1
    assert run.timers()[0].due_at == NOW + 4 * DAY


@given(
    policy=st.sampled_from(catching_up.POLICIES),
    number=st.integers(1, 50),
    every=st.sampled_from(["PT1S", "PT7M", "P1D", "P1W", "P1M", "P1Y"]),
    late=st.timedeltas(timedelta(0), timedelta(days=900)),
)
def test_the_round_gone_on_with_is_the_one_a_count_finds(policy, number, every, late):
    def when(n: int) -> datetime:
        return after(NOW, every, n)

    now = when(number) + late
    found = round_for(policy, number, now, when)
    if policy == ALL:
        assert found == number
    elif policy == ONCE:
        assert when(found) <= now < when(found + 1)
    else:
        assert when(found) >= now - GRACE
        assert found == number or when(found - 1) < now - GRACE


def test_the_rule_is_checked_while_drawing():
    refused = [one.code for one in _checked(ringing_xml("R/P1D", "sometimes"))]
    assert refused == ["unknown-catch-up"]
    assert _checked(ringing_xml("R/P1D", SKIP)) == []


def _checked(xml: bytes) -> list[Finding]:
    found = lint.check_diagram(xml, operations={}, roles={"c"}, forms={"f"}, decisions=set(), drawing=False)
    return [one for one in found if one.severity == "error" and "catch-up" in one.code]
