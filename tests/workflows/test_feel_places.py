"""Every place of a drawing that holds FEEL: evaluated by the one interpreter, under its budget, and when there is no
value the failure names the element and repeats the expression with the reason, in words."""

# ruff: noqa: E501  (an element of a drawing stands on one line)

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.text import bound
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from scheduler import duties, tick
from scheduler.duties import Duty
from tests.homes import Office
from tests.journeys.playing import new_case
from tests.workflows.playing import NOW, Desk
from tests.workflows.test_decision_words import in_chinese
from tests.workflows.test_lint import FEEL, MESSAGE, USER, one, timer
from workflows import engine
from workflows.decision_words import said
from workflows.instances import Incident

A = USER.replace('"U"', '"A"')
HUNGRY = "count(for x in 1..100000 return count(for y in 1..100000 return x + y)) > 0"


def catch(definition: str) -> str:
    return one(f'<bpmn:intermediateCatchEvent id="A">{definition}</bpmn:intermediateCatchEvent>')


def extension(inside: str) -> str:
    return f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>"


def mapped(which: str, text: str) -> str:
    return extension(f'<camunda:inputOutput><camunda:{which} name="n">={text}</camunda:{which}></camunda:inputOutput>')


def service(inside: str) -> str:
    return one(f'<bpmn:serviceTask id="A" camunda:type="external" camunda:topic="note">{inside}</bpmn:serviceTask>')


def many(attributes: str, inside: str = "") -> str:
    loop = f"<bpmn:multiInstanceLoopCharacteristics {attributes}>{inside}</bpmn:multiInstanceLoopCharacteristics>"
    return one(f'<bpmn:manualTask id="A">{loop}</bpmn:manualTask>')


def cycle(text: str) -> str:
    event = f'<bpmn:boundaryEvent id="A" attachedToRef="U" cancelActivity="false">{timer("timeCycle", text)}</bpmn:boundaryEvent>'
    return one(f"{USER}{event}", "S>U U>E A>E")


def way(text: str, kind: str = "exclusiveGateway") -> str:
    flow = f'<bpmn:sequenceFlow id="f" sourceRef="A" targetRef="U"><bpmn:conditionExpression {FEEL}>{text}</bpmn:conditionExpression></bpmn:sequenceFlow>'
    return one(f'<bpmn:{kind} id="A" default="A_E"/>{USER}', "S>A A>E U>E", flow)


def correlated(text: str) -> str:
    inside = extension(
        f'<camunda:properties><camunda:property name="correlation" value="{text}"/></camunda:properties>'
    )
    return one(f'<bpmn:intermediateCatchEvent id="A">{inside}{MESSAGE}</bpmn:intermediateCatchEvent>')


PLACES: dict[str, Callable[[str], str]] = {
    "exclusive gateway": way,
    "inclusive gateway": lambda text: way(text, "inclusiveGateway"),
    "date": lambda text: catch(timer("timeDate", f"={text}")),
    "duration": lambda text: catch(timer("timeDuration", f"={text}")),
    "cycle": lambda text: cycle(f"={text}"),
    "collection": lambda text: many(f'camunda:collection="{text}" camunda:elementVariable="row"'),
    "cardinality": lambda text: many("", f"<bpmn:loopCardinality>{text}</bpmn:loopCardinality>"),
    "completion": lambda text: many(
        'camunda:collection="[1, 2]" camunda:elementVariable="row"',
        f"<bpmn:completionCondition>{text}</bpmn:completionCondition>",
    ),
    "loop": lambda text: one(f'<bpmn:manualTask id="A"><bpmn:standardLoopCharacteristics><bpmn:loopCondition>{text}</bpmn:loopCondition></bpmn:standardLoopCharacteristics></bpmn:manualTask>'),
    "input": lambda text: service(mapped("inputParameter", text)),
    "output": lambda text: service(mapped("outputParameter", text)),
    "script": lambda text: one(f'<bpmn:scriptTask id="A" scriptFormat="feel"><bpmn:script>n = {text}</bpmn:script></bpmn:scriptTask>'),
    "correlation": correlated,
    "conditional event": lambda text: catch(f"<bpmn:conditionalEventDefinition><bpmn:condition {FEEL}>{text}</bpmn:condition></bpmn:conditionalEventDefinition>"),
}  # fmt: skip

# an event that waits for a value goes on waiting while it is not there
NEEDED = [place for place in PLACES if place != "conditional event"]


def run(xml: str, data: dict[str, Any] | None = None) -> engine.Run:
    """Start it and let it run; whoever is asked answers at once."""
    made = engine.start(engine.read_diagram(xml.encode()), data or {}, now=NOW, services=Desk())
    made.advance()
    while made.human_steps() and any(step.step_id == "A" for step in made.human_steps()):
        made.complete(made.human_steps()[0].token, {})
        made.advance()
    return made


def fails(place: str, text: str) -> engine.StepFailed:
    with pytest.raises(engine.StepFailed) as failed:
        run(PLACES[place](text.replace("<", "&lt;").replace('"', "&quot;")))
    return failed.value


@pytest.mark.parametrize("place", NEEDED)
def test_without_a_value_the_failure_names_the_element_and_repeats_the_expression_with_the_reason(place: str) -> None:
    failed = fails(place, "missing.amount + 1")
    assert failed.step_id == "A"
    assert "“missing.amount + 1” has no value" in str(failed.why)
    assert str(failed.why) in failed.message


@pytest.mark.parametrize("place", PLACES)
def test_what_would_take_too_long_is_given_up_at_the_element(place: str) -> None:
    failed = fails(place, HUNGRY)
    assert failed.step_id == "A"
    assert "has no value" in str(failed.why)


@pytest.mark.parametrize("place", NEEDED)
def test_the_reason_of_a_failure_is_told_in_chinese_from_what_an_incident_keeps(place: str) -> None:
    kept = str(fails(place, "missing.amount + 1").why)
    with bound(in_chinese()):
        told = str(said(kept))
    assert told.startswith("“missing.amount + 1”没有值：")
    reason = told.partition("没有值：")[2].replace("missing", "")
    assert not any(letter.isascii() and letter.isalpha() for letter in reason)


@pytest.mark.parametrize(
    ("place", "text", "sentence"),
    [
        ("exclusive gateway", '"YES"', "neither true nor false"),
        ("completion", "1", "neither true nor false"),
        ("loop", "1", "neither true nor false"),
        ("date", '"tomorrow"', "gives no time of its kind"),
        ("date", "3", "gives no time of its kind"),
        ("duration", '"soon"', "gives no time of its kind"),
        ("cycle", '"P1D"', "gives no time of its kind"),
        ("collection", "3", "no list"),
        ("cardinality", '"3"', "no whole number"),
        ("cardinality", "1001", "more than 1,000"),
        ("script", "function(x) x", "cannot be kept as a value|function, not a value"),
    ],
)
def test_a_value_of_another_kind_than_the_place_needs_is_a_failure_in_words(
    place: str, text: str, sentence: str
) -> None:
    failed = fails(place, text)
    assert failed.step_id == "A"
    assert any(words in str(failed.why) for words in sentence.split("|")), str(failed.why)


def test_values_of_a_case_never_stand_in_the_sentence() -> None:
    with pytest.raises(engine.StepFailed) as failed:
        run(PLACES["exclusive gateway"]("secret - 1 &gt; 2"), {"secret": "canary-4711"})
    assert "canary-4711" not in failed.value.message


@pytest.mark.parametrize(
    ("place", "text", "due"),
    [
        ("date", 'date and time("2027-06-03T00:10:00Z")', timedelta(days=2)),
        ("date", 'now() + duration("P1D")', timedelta(days=1)),
        ("duration", 'duration("P" + string(1 + 1) + "D")', timedelta(days=2)),
        ("duration", 'if wait > 1 then @"PT1H" else @"PT2H"', timedelta(hours=1)),
        ("cycle", '"R3/PT" + string(wait) + "H"', timedelta(hours=5)),
    ],
)
def test_timers_take_their_times_from_feel(place: str, text: str, due: timedelta) -> None:
    made = run(PLACES[place](text.replace('"', "&quot;").replace(">", "&gt;")), {"wait": 5})
    assert [one.due_at - NOW for one in made.timers()] == [due]


def test_a_race_of_all_places_in_one_case_leaves_what_feel_says() -> None:
    made = run(PLACES["script"]("sum(for x in [1, 2, 3] return x * 2)"))
    assert made.data["n"] == 12


# --- the incident -------------------------------------------------------------------------------------------------


def test_an_incident_keeps_the_element_and_the_reason_in_the_owners_words(office: Office, monkeypatch) -> None:
    case_ref = new_case(office).case_ref

    def act(_work: object, _item: object, _result: object) -> None:
        run(PLACES["duration"]("missing.days"))

    monkeypatch.setitem(duties.DUTIES, "test.feel", Duty(act))
    with unit_of_work(office.home, SCHEDULER) as work:
        work.session.add(AgendaItem(kind="test.feel", key="feel", subject=case_ref, payload={}, due_at=work.now))
    with bound(in_chinese()):
        tick.sweep(office.home, "test")
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        (incident,) = work.session.scalars(select(Incident)).all()
        assert (incident.step_id, incident.cause) == ("A", "ExpressionFailed")
        assert incident.sentence.startswith("“missing.days” has no value: "), "in the language of the source"
