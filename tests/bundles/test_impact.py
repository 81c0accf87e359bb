"""What is foretold for a running case when its process changes is what then happens: over many edits, at every step."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from domain.errors import Conflict
from tests.bundles.edits import EDITS, Edit, first
from tests.bundles.playing import Office, Table
from tests.bundles.stories import VERIFICATION
from workflows import engine, transplant
from workflows.definitions import Definition
from workflows.transplant import CANNOT, MAPPING, MOVABLE, Plan, Verdict

ANSWERS: dict[str, dict[str, Any]] = {
    "sign_commission": {"outcome": "SIGN"},
    "review_report": {"outcome": "SIGN"},
    "decide": {"outcome": "APPROVE"},
    "objection": {"raised": "NO"},
    "non_cooperation": {"choice": "REFUSE"},
}
MOST_STEPS = 200


@dataclass(frozen=True)
class Standing:
    """A case somewhere on its way: where, its saved state, when, and what the offices say next."""

    places: tuple[str, ...]
    state: bytes
    clock: datetime
    says: dict[str, Any]

    def run(self, definition: Definition | None = None) -> engine.Run:
        diagram = (definition or original()).diagram
        return engine.restore(diagram, self.state, now=self.clock, services=Office(self.says))


@cache
def original() -> Definition:
    return first()


@cache
def standings() -> tuple[Standing, ...]:
    """One case for every set of places where a story comes by; of half-done repetitions several."""
    found: dict[Any, Standing] = {}
    for story in VERIFICATION:
        office = Office(story.says)
        table = Table("verification", office, restoring=False)
        for act in (None, *story.acts):
            if act is not None:
                table.act(act)
            run = table.played.run
            if run.completed:
                break
            says = {topic: list(results) for topic, results in office.says.items()}
            key = (tuple(run.active()), tuple(sorted(run.counts().items())))
            found.setdefault(key, Standing(tuple(run.active()), run.snapshot(), table.played.clock, says))
    return tuple(found.values())


def test_the_cases_stand_at_every_step_where_a_case_can_wait() -> None:
    reached = {place for one in standings() for place in one.places}
    diagram = original().diagram
    waits = {step.id for step in diagram.steps.values() if step.kind in ("user", "boundary", "subprocess")}
    slow = {"render_report", "render_notice", "ask_source", "ask_again"}
    assert waits | slow <= reached and len(standings()) >= 20


def plan_of(edit: Edit) -> Plan:
    return Plan(original(), edit.definition(), edit.mapping)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_what_is_foretold_is_what_happens(edit: Edit) -> None:
    plan = plan_of(edit)
    for case in standings():
        verdict = transplant.judge(plan, case.run())
        before = tokens_of(case.run())
        if verdict.movable:
            moved = transplant.move(plan, case.run()).run
            kept(case, moved, plan, before)
            assert not edit.sound or to_the_end(moved, plan.new, case), (edit.name, case.places)
        else:
            assert verdict.code in (MAPPING, CANNOT)
            run = case.run()
            with pytest.raises(Conflict) as refused:
                transplant.move(plan, run)
            assert refused.value.message == verdict.sentence
            # what is kept of the case was not touched: it goes on as it was
            assert case.run().active() == list(case.places)


def tokens_of(run: engine.Run) -> dict[str, Any]:
    return {one.token: (one.item, one.index) for one in run.human_steps()}


def kept(case: Standing, moved: engine.Run, plan: Plan, before: dict[str, Any]) -> None:
    """Tasks, jobs and planned days are those of before, under the ids of the new version."""
    old = case.run()
    assert tokens_of(moved) == before
    to = plan.changes.to
    assert [(one.token, to(one.step_id)) for one in old.jobs()] == [(one.token, one.step_id) for one in moved.jobs()]
    planned = {one.token: one.due_at for one in moved.timers()}
    for timer in old.timers():
        if to(timer.step_id) in plan.new.diagram.steps:
            assert planned.get(timer.token) == timer.due_at
    for name, value in old.data.items():
        assert moved.data[name] == value


def to_the_end(run: engine.Run, definition: Definition, case: Standing) -> bool:
    """Play a case until it is over, saving and restoring it after every act."""
    office, clock = Office(case.says), case.clock
    for _ in range(MOST_STEPS):
        run = engine.restore(definition.diagram, run.snapshot(), now=clock, services=office)
        run.advance()
        if run.completed:
            return run.error is None
        if run.human_steps():
            waiting = run.human_steps()[0]
            run.complete(waiting.token, ANSWERS.get(waiting.step_id.removesuffix("_anew"), {}))
        elif run.jobs():
            job = run.jobs()[0]
            run.finish_job(job.token, office.result(job.topic))
        elif run.timers():
            clock = max(clock, min(one.due_at for one in run.timers())) + timedelta(seconds=1)
            run = engine.restore(definition.diagram, run.snapshot(), now=clock, services=office)
            run.wake()
        else:
            return False
    return False


# --- sentences ---------------------------------------------------------------------------------------------------


@cache
def verdicts(name: str) -> dict[tuple[str, ...], Verdict]:
    edit = next(edit for edit in EDITS if edit.name == name)
    plan = plan_of(edit)
    return {case.places: transplant.judge(plan, case.run()) for case in standings()}


def at(name: str, place: str) -> Verdict:
    return next(verdict for places, verdict in verdicts(name).items() if place in places)


def codes(name: str) -> Counter[str]:
    return Counter(verdict.code for verdict in verdicts(name).values())


def show() -> Iterator[str]:
    for edit in EDITS:
        for places, verdict in verdicts(edit.name).items():
            yield f"{edit.name} | {' '.join(places)} | {verdict.code} | {verdict.sentence} {verdict.passed or ''}"


def test_no_sentence_shows_the_inside_of_the_engine() -> None:
    for line in show():
        assert not re.search(r"BoundaryEventSplit|\[child\]|%\(|None", line), line
    assert {verdict.code for edit in EDITS for verdict in verdicts(edit.name).values()} >= {*MOVABLE, MAPPING, CANNOT}
