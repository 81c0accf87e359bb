"""Every drawing of the engine tests played by chance: restored after each step it goes the same way."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.workflows import test_engine_adhoc, test_engine_compensation, test_engine_events
from tests.workflows.playing import NOW, Act, Desk, perform, view
from workflows import engine

SCENARIOS = {
    **{name: found[2] for name, found in test_engine_compensation.CASES.items()},
    **test_engine_events.CASES,
    **test_engine_adhoc.CASES,
}
MOST_ACTS = 20


def acts_of(run: engine.Run) -> list[Act]:
    """What somebody or something could do next."""
    answers = {"ok": True, "again": False, "enough": True, "n": 3}
    people = [("complete", one.step_id, answers, one.index) for one in run.human_steps()]
    jobs = [("job", one.step_id) for one in run.jobs()]
    messages = [("deliver", one.name, {"p": 1}) for one in run.messages()]
    return [*people, *jobs, *messages, *([("wait", timedelta(hours=2))] if run.next_wake() else [])]


def settled(drawing: engine.Diagram, run: engine.Run, *, restoring: bool) -> engine.Run:
    while True:
        if restoring:
            run = engine.restore(drawing, run.snapshot(), now=run.now, services=Desk())
        if not run.step():
            return run


def by_chance(xml: str, data: Mapping[str, Any], seed: str, *, restoring: bool) -> list[Any]:
    """What was seen after each act; which acts they are hangs on the seed and on what was seen."""
    chance, drawing = random.Random(seed), engine.read_diagram(xml.encode())
    run = settled(drawing, engine.start(drawing, data, now=NOW, services=Desk()), restoring=restoring)
    seen = [view(run)]
    for _number in range(MOST_ACTS):
        open_ = sorted(acts_of(run), key=repr)
        if run.completed or not open_:
            assert not (run.completed and open_)
            break
        act = chance.choice(open_)
        if act[0] == "wait":
            run.at(run.now + act[1])
            run.wake()
        else:
            perform(run, act)
        run = settled(drawing, run, restoring=restoring)
        seen.append((act, view(run)))
    return seen


@pytest.mark.parametrize("name", SCENARIOS)
def test_by_chance_it_goes_the_same_way_restored(name: str) -> None:
    xml, data = SCENARIOS[name].file, SCENARIOS[name].data
    for seed in range(3):
        live = by_chance(xml, data, f"{name} {seed}", restoring=False)
        assert by_chance(xml, data, f"{name} {seed}", restoring=True) == live
