"""The ways a case took: recorded as it moves, the same however often it is saved, and never claimed without proof."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.playing import NOW, Desk, Scenario, diagram, perform, play
from tests.workflows.test_engine_diagrams import NAMES, SCENARIOS
from workflows import engine, ways


def _flow(name: str, source: str, target: str) -> str:
    return next(flow.id for flow in diagram(name).flows if (flow.source, flow.target) == (source, target))


def _ends(name: str, taken: Any) -> set[tuple[str, str]]:
    return {(flow.source, flow.target) for flow in diagram(name).flows if flow.id in set(taken)}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_saving_after_every_step_records_the_same_ways(scenario: Scenario) -> None:
    assert set(play(scenario, restoring=True).taken) == set(play(scenario, restoring=False).taken)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_every_way_leaves_a_finished_node_and_every_reached_node_was_reached_along_a_way(scenario: Scenario) -> None:
    played = play(scenario, restoring=True)
    done, active = played.run.done(), set(played.run.active())
    drawing, taken = diagram(scenario.file), set(played.taken)

    for flow in drawing.flows:
        if flow.id in taken:
            assert flow.source in done, f"{flow.source} was left along {flow.id} and never finished"
    into: dict[str, list[str]] = {}
    for flow in drawing.flows:
        into.setdefault(flow.target, []).append(flow.id)
    for node in {name for name, times in done.items() if times} | active:
        waits = drawing.steps[node].kind in ("catch", "receive") and node in active
        if into.get(node) and not waits:
            assert taken & set(into[node]), f"{node} was reached along no way"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_what_is_derived_for_an_old_case_was_really_taken(scenario: Scenario) -> None:
    played = play(scenario, restoring=True)
    drawing = diagram(scenario.file)
    old = {"done": list(played.run.done()), "active": played.run.active()}

    assert set(ways.taken(drawing, old)) <= set(played.taken)
    assert set(ways.taken(drawing, {**old, "flows": played.taken})) == set(played.taken)


def test_of_two_ways_only_the_one_that_was_gone_is_named() -> None:
    no = play(Scenario("decision", [], {"score": 7}), restoring=True)
    yes = play(Scenario("decision", [("complete", "Check")], {"score": 8}), restoring=True)

    assert ("Way", "Check") in _ends("decision", yes.taken)
    assert ("Way", "Check") not in _ends("decision", no.taken)
    assert _ends("decision", yes.taken) != _ends("decision", no.taken)


def test_an_event_that_only_waited_was_not_chosen() -> None:
    waiting = play(Scenario("race", []), restoring=True)
    assert not {target for source, target in _ends("race", waiting.taken) if source == "Race"}
    assert not set(ways.taken(diagram("race"), {"done": ["Start"], "active": ["Late", "Reply"]})) & {
        _flow("race", "Race", "Late"), _flow("race", "Race", "Reply"),
    }  # fmt: skip

    answered = play(Scenario("race", [("deliver", "answer")]), restoring=True)
    assert {target for source, target in _ends("race", answered.taken) if source == "Race"} == {"Reply"}


def test_a_step_of_five_that_is_interrupted_was_never_left_by_its_own_way() -> None:
    played = play(Scenario("many_services", [("job", "Each", {}, "b")], {"items": list("abc")}), restoring=True)

    assert "Each" not in {source for source, _target in _ends("many_services", played.taken)}
    assert played.run.counts() == {"Each": (1, 3)}


def test_instances_are_counted_while_the_step_runs_and_no_longer() -> None:
    run = engine.start(diagram("many_people"), {"items": list("abcde")}, now=NOW, services=Desk())
    run.advance()
    for _person in range(3):
        perform(run, ("complete", "Each", {}))
        run.advance()
    assert run.counts() == {"Each": (3, 5)}
    for _person in range(2):
        perform(run, ("complete", "Each", {}))
        run.advance()
    assert run.completed
    assert run.counts() == {}


def test_a_step_with_several_ways_out_names_the_ones_taken() -> None:
    both = play(Scenario("implicit_fork", [("complete", "Ask"), ("complete", "A")]), restoring=True)
    one = play(Scenario("conditional_flows", [("complete", "Ask", {"x": 1}), ("complete", "A")]), restoring=True)

    assert len({target for source, target in _ends("implicit_fork", both.taken) if source == "Ask"}) > 1
    assert {target for source, target in _ends("conditional_flows", one.taken) if source == "Ask"} >= {"A"}
