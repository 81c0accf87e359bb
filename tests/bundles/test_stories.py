"""Every way through a shipped process ends as the story says, also when it is restored after every single step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bundles.playing import (
    DAY,
    NAMES,
    NOW,
    SLOW,
    USUAL,
    Office,
    Story,
    Table,
    bundle,
    diagram,
    doubts,
    play,
    queries,
    surveys,
)
from tests.bundles.stories import STORIES
from workflows import engine, forms
from workflows.forms import FormSpec

IDS = [f"{story.bundle}: {story.name}" for story in STORIES]


@pytest.mark.parametrize("story", STORIES, ids=IDS)
def test_the_story_ends_as_told(story: Story) -> None:
    played = play(story, restoring=False)
    done = played.run.done()

    assert {name: done.get(name, 0) for name in story.done} == story.done
    assert [name for name in story.never if done.get(name)] == []
    assert played.run.completed is bool({"end", "refused"} & set(story.done))
    assert {human.step_id for human in played.run.human_steps()} == set(story.waits)


@pytest.mark.parametrize("story", STORIES, ids=IDS)
def test_restored_after_every_single_step_it_ends_the_same(story: Story) -> None:
    live, restored = play(story, restoring=False), play(story, restoring=True)

    assert restored.states == live.states
    assert restored.office.calls == live.office.calls


def test_every_step_of_every_process_is_reached_by_a_story() -> None:
    reached: dict[str, set[str]] = {name: set() for name in NAMES}
    for story in STORIES:
        run = play(story, restoring=False).run
        reached[story.bundle] |= set(run.done()) | {human.step_id for human in run.human_steps()}
    assert {name: set(diagram(name).steps) - reached[name] for name in NAMES} == {name: set() for name in NAMES}


# --- any way at all ----------------------------------------------------------------------------------------------

ELSE: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "authorisation.record": [{"missing": 2, "refused": 1}],
    "authorisation.inventory": [{"missing": 1}],
    "non_cooperation.decide": [{"choice": "REFUSE"}, {"choice": "SUSPEND"}, {"choice": "CONTINUE"}],
    "acceptance.decide": [{"outcome": "REFUSE"}],
    "query.plan": [queries(), queries("Q1", "Q2", "Q3")],
    "survey.plan": [surveys("Q1"), surveys("Q2", "Q1")],
    "doubt.record": [doubts("D1"), doubts("D1", "D2", "D3")],
    "determination.decide": [{"outcome": "REJECT", "negative": True}],
    "determination.review": [{"outcome": "STOP", "negative": True}],
    "dispute.record": [{"outcome": "FORWARDED"}, {"outcome": "SETTLED"}],
}


class Dice(Office):
    """An office whose results are drawn: the same throws give the same office."""

    def __init__(self, throws: Sequence[int]) -> None:
        super().__init__({})
        self.throws = throws
        self.count = 0

    def throw(self, sides: int) -> int:
        self.count += 1
        return self.throws[self.count % len(self.throws)] % sides

    def result(self, topic: str) -> Mapping[str, Any]:
        choices = [USUAL.get(topic, {}), *ELSE.get(topic, ())]
        return choices[self.throw(len(choices))]


def wander(name: str, throws: Sequence[int], *, restoring: bool, most: int = 60) -> Table:
    """Let whatever may happen next happen, as the throws have it."""
    dice = Dice(throws)
    table = Table(name, dice, restoring=restoring)
    for _turn in range(most):
        choices = list(possible(table))
        if table.played.run.completed or not choices:
            break
        act = choices[dice.throw(len(choices))]
        table.act(act if act[0] != "complete" else (*act[:2], answers(name, act[1], dice), act[2]))
    return table


def possible(table: Table) -> Iterator[tuple[Any, ...]]:
    """Everything that may happen now, in an order that does not depend on tokens."""
    run = table.played.run
    yield from sorted(("complete", h.step_id, h.item["ref"] if h.item else "") for h in run.human_steps())
    yield from sorted(("job", j.step_id, (run.item(j.token) or {}).get("ref", "")) for j in run.jobs())
    if run.next_wake() is not None:
        yield ("until", -(-(max(run.next_wake() or NOW, table.played.clock) - NOW) // DAY))
    for waiting in run.messages():
        yield ("message", waiting.name, waiting.correlation)


def answers(name: str, step: str, dice: Dice) -> dict[str, Any]:
    """A value for every field of the step's form that may steer."""
    form = form_of(name, diagram(name).steps[step])
    return {one.key: one.options[dice.throw(len(one.options))].value for one in form.inputs if one.route}


def form_of(name: str, step: engine.StepSpec) -> FormSpec:
    path = f"forms/{step.form}.form"
    return forms.parse(bundle(name).files[path], step.form, path)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(throws=st.lists(st.integers(0, 11), min_size=7, max_size=40))
def test_any_way_restored_after_every_single_step_ends_the_same(name: str, throws: list[int]) -> None:
    live, restored = (wander(name, throws, restoring=mode) for mode in (False, True))

    assert restored.played.states == live.played.states
    assert restored.played.office.calls == live.played.office.calls
    assert not live.played.run.failed()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(throws=st.lists(st.integers(0, 11), min_size=7, max_size=40))
def test_a_case_on_any_way_always_waits_for_somebody_or_something(name: str, throws: list[int]) -> None:
    table = wander(name, throws, restoring=False)
    run = table.played.run

    assert run.completed or list(possible(table)) != []
    assert len(json.dumps(dict(run.data))) < 16_000


def test_slow_operations_are_those_the_registry_calls_slow() -> None:
    from workflows import registry

    topics = {step.topic for name in NAMES for step in diagram(name).steps.values() if step.topic}
    assert {topic for topic in topics if registry.operations()[topic].kind == "slow"} == SLOW
