"""Two actors on one case: whatever the order of their statements, the end is that of one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.errors import Conflict, NotFound, NotPermitted, Stale
from domain.journal import JournalEntry, JournalStream
from domain.sealing import verify
from domain.work import Work
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.repair_models import CaseHeld
from tests.infrastructure.databases import POSTGRESQL
from tests.torture import acts, mending
from tests.torture.acts import Ready
from tests.torture.stepping import Actor, schedules, stepping
from tests.torture.world import World
from workflows import definitions, engine
from workflows.instances import CaseState, CaseWait, Incident

pytestmark = pytest.mark.torture
TOLD = (Stale, Conflict, NotFound, NotPermitted)  # what the loser may be told

PAIRS = [
    ("complete", "complete"),
    ("claim", "claim by another"),
    ("complete", "claim"),
    ("complete", "claim and complete"),
    ("complete", "wake"),
    ("complete", "release"),
    ("complete", "cancel"),
    ("complete", "job"),
    ("claim", "wake"),
    ("claim and complete", "cancel"),
    ("job", "cancel"),
    ("job", "job"),
    ("job", "wake"),
    ("message", "wake"),
    ("message", "message"),
    ("message", "cancel"),
    ("wake", "wake"),
    ("cancel", "cancel"),
    ("release", "cancel"),
    ("start", "start"),
]
CLOSELY = {("complete", "complete"), ("complete", "wake"), ("complete", "job"), ("message", "wake"), ("job", "cancel")}
REPAIRS = [
    ("suspend", "complete"),
    ("suspend", "wake"),
    ("suspend", "message"),
    ("resume", "wake"),
    ("resume", "message"),
    ("resume", "resume when the day has come"),
    ("move", "complete"),
    ("reset", "complete"),
    ("skip", "claim"),
    ("skip", "job"),
    ("add", "message"),
    ("drop", "wake"),
    ("values", "complete"),
    ("on behalf", "claim"),
    ("migrate", "complete"),
    ("migrate", "wake"),
    ("migrate", "job"),
    ("migrate", "message"),
    ("migrate", "migrate"),
    ("migrate", "reset"),
    ("migrate back", "complete"),
    ("incident: skip", "complete"),
    ("incident: skip", "incident: retry"),
    ("incident: values", "incident: error"),
    ("incident: retry", "cancel"),
    ("timer moved", "wake"),
]


class Silent:
    """Nothing may be called to look at a run."""

    def call(self, *_about: Any) -> Any:
        raise AssertionError

    decide = call

    def names(self, _step: Any) -> dict[str, Any]:
        return {}


def view(world: World, ref: str) -> Any:
    """What is to be seen of a case, without ids, refs and times; the rows must agree with the tokens."""
    with world.work(write=False) as work:
        session = work.session
        case = session.scalars(select(Case).where(Case.ref == ref)).one()
        tasks = session.scalars(select(HumanTask).where(HumanTask.case_id == case.id)).all()
        waits = session.scalars(select(CaseWait).where(CaseWait.case_id == case.id)).all()
        state = session.scalars(select(CaseState).where(CaseState.case_id == case.id)).one()
        diagram = definitions.by_id(work, state.definition_id).diagram
        run = engine.restore(diagram, state.data, now=work.now, services=Silent())
        assert {task.token for task in tasks if task.state in OPEN} == {step.token for step in run.human_steps()}
        timers = {wait.token for wait in waits if wait.kind == "timer"}
        assert timers == {timer.token for timer in run.timers()}
        planned = session.scalars(
            select(AgendaItem.key).where(
                AgendaItem.subject == ref, AgendaItem.kind == "case.wake", AgendaItem.done_at.is_(None)
            )
        )
        stream = select(JournalStream.id).where(JournalStream.kind == "case", JournalStream.subject == ref)
        events = session.scalars(select(JournalEntry.event).where(JournalEntry.stream_id.in_(stream)))
        return (
            case.state,
            sorted((task.step_id, task.state, task.completed_by, task.assignee_id) for task in tasks),
            sorted((wait.kind, wait.step_id) for wait in waits),
            # a wake-up may stay behind: it wakes nothing
            {key.rpartition(":")[2] for key in planned if not key.startswith("held:")} - timers,
            _trouble(work, case),
            Counter(events),
            dict(run.done()),
            state.version,
        )


def _trouble(work: Work, case: Case) -> Any:
    """Incidents, what is kept while the case is on hold, and what was kept and is delivered next."""
    incidents = work.session.scalars(select(Incident).where(Incident.case_id == case.id)).all()
    held = work.session.scalars(select(CaseHeld.kind).where(CaseHeld.case_id == case.id)).all()
    items = work.session.scalars(
        select(AgendaItem.kind).where(
            AgendaItem.subject == case.ref, AgendaItem.done_at.is_(None), AgendaItem.key.not_like("wake:%")
        )
    )
    return (
        sorted((one.step_id, one.attempts, one.closed_at is not None, one.outcome) for one in incidents),
        Counter(held),
        Counter(items),
        case.suspended_at is not None,
        case.process_version,
    )


def outcome(actor: Actor) -> str:
    problem = actor.problem
    assert problem is None or isinstance(problem, TOLD), f"{actor.name}: {problem!r}"
    return "done" if problem is None else "told"


Making = Callable[[World], Ready]


def after_each_other(world: World, names: tuple[str, str], make: Making = acts.ready) -> tuple[Any, int]:
    """What is to be seen when one move follows the other, and how many statements each took."""
    made = make(world)
    counts = []
    for name in names:
        with world.counted() as seen, suppress(*TOLD):
            made.moves[name]()
        counts.append(len(seen) + 1)  # and the commit
    return view(world, made.case), max(counts)


Play = Callable[..., tuple[Actor, Actor]]


def judged(play: Play, made: Ready, names: tuple[str, str], turns: list[tuple[int, int]]) -> tuple[Any, list[str]]:
    actors = play(made.moves[names[0]], made.moves[names[1]], turns)
    return view(made.world, made.case), [outcome(actor) for actor in actors]


def as_if_one_came_first(world: World, names: tuple[str, str], make: Making, *, step: int, thorough: bool) -> set[str]:
    """Play two moves in every order of their statements; who was told no."""
    one, first = after_each_other(world, names, make)
    other, second = after_each_other(world, (names[1], names[0]), make)
    told = Counter[str]()
    with stepping(world.home.engine) as play:
        for turns in list(schedules(first, second, thorough=thorough))[::step]:
            seen, said = judged(play, make(world), names, turns)
            assert seen in (one, other), f"{turns}: {said}"
            told.update([" ".join(said)])
    with world.work(write=False) as work:
        assert list(verify(work.session, world.home.vault)) == []
    return set(told)


@pytest.mark.parametrize("names", PAIRS, ids=[" and ".join(pair) for pair in PAIRS])
def test_two_moves_at_once_are_as_if_one_came_first(world: World, database_kind: str, names: tuple[str, str]) -> None:
    """On SQLite a writing transaction keeps the others out from its first statement, so few orders differ."""
    acts.deploy(world)
    thorough = database_kind == POSTGRESQL and names in CLOSELY
    told = as_if_one_came_first(
        world, names, acts.ready, step=1 if database_kind == POSTGRESQL else 3, thorough=thorough
    )
    if names in {("complete", "complete"), ("claim", "claim by another"), ("cancel", "cancel")}:
        assert told == {"done told", "told done"}  # one winner in every order, and either may win


@pytest.mark.parametrize("names", REPAIRS, ids=[" and ".join(pair) for pair in REPAIRS])
def test_a_repair_and_a_move_at_once_are_as_if_one_came_first(
    world: World, database_kind: str, names: tuple[str, str]
) -> None:
    mending.deploy(world)
    step = 3 if database_kind == POSTGRESQL else 9
    as_if_one_came_first(world, names, lambda there: mending.ready_for(there, names), step=step, thorough=False)


@pytest.mark.parametrize("name", ["incident: retry", "incident: skip", "incident: values", "cancel", "resume"])
def test_a_repair_and_the_worker_that_tries_again_do_not_wait_for_each_other(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    mending.deploy(world)
    made = mending.ready_for(world, (name,))
    mending.due(world, made.case, alone=True)
    with world.counted() as seen:
        made.moves["tick"]()
    steps = len(seen) + 10
    with stepping(world.home.engine) as play:
        for at in range(steps - 30, steps, 3):  # before that the worker only looks for what is due
            made = mending.ready_for(world, (name,))
            mending.due(world, made.case, alone=True)
            actors = play(made.moves["tick"], made.moves[name], [(0, at), (1, 14), (0, steps)])
            assert outcome(actors[0]) == "done"
            outcome(actors[1])
            view(world, made.case)
            assert "DeadlockDetected" not in caplog.text  # the worker tells nobody else


@pytest.mark.parametrize("name", ["complete", "claim", "cancel", "message", "release"])
def test_a_move_and_the_worker_that_carries_out_a_limit_do_not_wait_for_each_other(world: World, name: str) -> None:
    acts.deploy(world)
    made = acts.ready(world)
    acts.move_clock(world)
    with world.counted() as seen:
        made.moves["tick"]()
    steps = len(seen) + 10
    acts_alone = 14
    with stepping(world.home.engine) as play:
        for at in range(1, steps, 2):
            made = acts.ready(world)  # its limits are counted from the moved clock
            with world.work() as work:
                for item in work.session.scalars(select(AgendaItem).where(AgendaItem.subject == made.case)):
                    item.due_at = work.now
            actors = play(made.moves["tick"], made.moves[name], [(0, at), (1, acts_alone), (0, steps)])
            assert outcome(actors[0]) == "done"
            outcome(actors[1])
            view(world, made.case)


def test_the_comparison_sees_a_lost_move(world: World) -> None:
    """The canary: a case in which one of two moves was lost is neither order's end."""
    acts.deploy(world)
    one, _count = after_each_other(world, ("complete", "job"))
    made = acts.ready(world)
    made.moves["complete"]()
    assert view(world, made.case) != one
