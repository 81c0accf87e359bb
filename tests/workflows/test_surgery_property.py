"""Whatever is repaired on whatever diagram: refused with a sentence, or sound, restorable and not left standing."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import Conflict
from tests.workflows.playing import NOW, Desk, Scenario, diagram, perform, view
from tests.workflows.test_engine_diagrams import SCENARIOS
from workflows import engine, surgery, surgery_places

ANSWERS: dict[str, Any] = {"ok": True, "x": 1, "n": 1, "bad": False, "amount": 4, "income": 1}
SOUND = [one for one in SCENARIOS if one.completed]


def _begun(scenario: Scenario, count: int) -> engine.Run:
    """The scenario up to its act `count`; acts that wait are left out."""
    run = engine.start(diagram(scenario.file), scenario.data, now=NOW, services=Desk())
    run.advance()
    for act in scenario.acts[:count]:
        if act[0] == "wait":
            break
        perform(run, act)
        run.advance()
    return run


def _repair(data: st.DataObject, run: engine.Run) -> None:
    standing = surgery_places.places(run)
    place = data.draw(st.sampled_from(standing))
    steps = sorted(run.diagram.steps)
    verb = data.draw(st.sampled_from(("move", "alone", "reset", "skip", "result", "values", "add", "drop")))
    if verb in ("move", "alone"):
        surgery.move(run, place.token, data.draw(st.sampled_from(steps)), end_others=verb == "alone")
    elif verb == "reset":
        surgery.reset(run, data.draw(st.sampled_from(steps)))
    elif verb == "add":
        surgery.add_item(run, place.step_id, data.draw(st.sampled_from(("d", "e", {"ref": "d"}))))
    elif verb == "drop":
        surgery.drop_item(run, place.token)
    elif verb == "values":
        surgery.put_values(run, {data.draw(st.sampled_from(("x", "n", "items", "case"))): 1})
    else:
        surgery.skip(run, place.token, ANSWERS if verb == "result" else None)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_repaired_case_is_refused_or_whole(data: st.DataObject) -> None:
    scenario = data.draw(st.sampled_from(SOUND))
    run = _begun(scenario, data.draw(st.integers(0, len(scenario.acts))))
    for _number in range(data.draw(st.integers(1, 3))):
        if run.completed or not surgery_places.places(run):
            return
        kept = run.snapshot()
        try:
            _repair(data, run)
            again = engine.restore(run.diagram, run.snapshot(), now=NOW, services=Desk())
            assert view(again) == view(run)
            run.advance()
            surgery_places.must_wait(run)
        except Conflict:
            run = engine.restore(run.diagram, kept, now=NOW, services=Desk())
            continue
        except engine.StepFailed as failed:
            # a condition misses what a skipped step would have set: said with its place, and the move rolled back
            assert failed.step_id
            return
        assert view(engine.restore(run.diagram, run.snapshot(), now=NOW, services=Desk())) == view(run)
