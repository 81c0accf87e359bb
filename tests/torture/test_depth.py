"""Deep, broad and long: the work of a step does not grow with what was done before, at most with what is open."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from typing import Any

import orjson
import pytest
from sqlalchemy import event, select

from domain.cases import Case
from tests.torture import drawn
from tests.torture.drawn import Drawing
from tests.torture.world import World
from workflows import bundles, engine
from workflows.engine import MAX_STATE
from workflows.instances import CaseState

ROUNDS, PEOPLE, PARTS, NODES, DEEP = 2_000, 1_000, 300, 400, 50
MOST_CPU = 0.1  # seconds of the processor for one step, however much stands beside it
NOW = datetime(2027, 6, 15, 1, tzinfo=UTC)


@dataclass
class Cost:
    """What one move sent and wrote, and the seconds of the processor it took."""

    statements: int = 0
    rows: int = 0
    sent: int = 0
    cpu: float = 0.0


@contextmanager
def measured(world: World) -> Iterator[Cost]:
    """Statements, rows written, bytes sent and the processor's time meanwhile."""
    cost = Cost()

    def note(_c: object, cursor: Any, statement: str, parameters: Any, _context: object, many: bool) -> None:
        cost.statements += 1
        if not statement.lstrip().upper().startswith(("SELECT", "BEGIN")):
            cost.rows += len(parameters) if many else max(cursor.rowcount, 1)
        cost.sent += len(repr(parameters))

    event.listen(world.home.engine, "after_cursor_execute", note)
    began = time.process_time()
    try:
        yield cost
    finally:
        cost.cpu = time.process_time() - began
        event.remove(world.home.engine, "after_cursor_execute", note)


def step(world: World, case: str, answers: dict[str, Any]) -> Cost:
    """Somebody takes the oldest open task and does it."""
    ref, _step, _version = world.open_tasks(case)[0]
    version = world.claim(ref)
    with measured(world) as cost:
        world.complete(ref, version, answers)
    return cost


def state_size(world: World, case: str) -> int:
    with world.work(write=False) as work:
        wanted = select(CaseState.data).join(Case, Case.id == CaseState.case_id).where(Case.ref == case)
        return len(work.session.scalars(wanted).one())


# --- through the house's own verbs, with a database ---------------------------------------------------------------


def rounds(world: World, many: int, looked: set[int]) -> dict[int, tuple[Cost, int]]:
    """Cost and size of state at some of the rounds of a case that is sent back again and again.

    The cost is that of the median of five rounds up to that one.
    """
    world.deploy(drawn.relay())
    case = world.case("rounds")
    found = {}
    costs: list[Cost] = []
    for number in range(1, many + 1):
        costs.append(step(world, case, {"note": "again", "again": True}))
        if number in looked:
            found[number] = typical(costs[-5:]), state_size(world, case)
    step(world, case, {"note": "done", "again": False})
    assert world.state(case) == "DONE"
    return found


def typical(costs: Sequence[Cost]) -> Cost:
    """The last of several, with their median of time."""
    return replace(costs[-1], cpu=median(one.cpu for one in costs))


def the_same(first: tuple[Cost, int], later: tuple[Cost, int]) -> None:
    """A later step costs what the first did; numbers may have grown by digits, and time is a busy machine's."""
    assert later[0].statements <= first[0].statements
    assert later[0].rows <= first[0].rows
    assert later[0].sent <= first[0].sent + 200
    assert later[0].cpu <= 3 * first[0].cpu + 0.01
    assert later[1] <= first[1] + 50


def test_the_fortieth_round_costs_what_the_fifth_did(world: World) -> None:
    found = rounds(world, 40, {5, 40})
    the_same(found[5], found[40])


@pytest.mark.torture
def test_the_two_thousandth_round_costs_what_the_fifth_did(world: World) -> None:
    found = rounds(world, ROUNDS, {5, ROUNDS})
    the_same(found[5], found[ROUNDS])


@pytest.mark.slow
def test_two_thousand_rounds_leave_no_more_to_keep_than_three() -> None:
    """Saved and restored at every round."""
    diagram = engine.read_diagram(drawn.relay().xml())
    run = engine.start(diagram, {}, now=NOW, services=Nobody())
    sizes = {}
    for number in range(1, ROUNDS + 1):
        run.advance()
        saved = run.snapshot()
        sizes[number] = len(saved)
        run = engine.restore(diagram, saved, now=NOW, services=Nobody())
        (waiting,) = run.human_steps()
        run.complete(waiting.token, {"again": number < ROUNDS})
    run.advance()
    assert run.completed
    assert sizes[ROUNDS] <= sizes[3] + 50  # numbers may have grown by digits


def several(world: World, drawing: Drawing, many: int) -> list[Cost]:
    """Open a case of that many items and do them all."""
    world.deploy(drawing)
    items = [{"ref": f"item{number}"} for number in range(many)]
    with measured(world) as opening:
        case = world.case(drawing.key, {"case": {"items": items}})
    assert opening.statements < 30  # however many tasks it opens
    assert state_size(world, case) < MAX_STATE
    costs = []
    tasks = world.open_tasks(case)
    assert len(tasks) == many
    for ref, _step, _version in tasks:
        version = world.claim(ref)
        with measured(world) as cost:
            world.complete(ref, version, {"note": "seen"})
        costs.append(cost)
    assert world.open_tasks(case) == []
    assert world.state(case) == "DONE"
    return costs


def linear(costs: list[Cost], fewer: list[Cost], times: float) -> None:
    """The middle step of many against that of few: as many statements and rows, bytes in proportion at most."""
    one, other = costs[len(costs) // 2], fewer[len(fewer) // 2]
    assert one.statements == other.statements
    assert one.rows == other.rows
    assert one.sent < other.sent * times


def test_one_of_sixty_people_costs_as_many_statements_as_one_of_six(world: World) -> None:
    fewer = several(world, drawn.crowd(), 6)
    linear(several(world, drawn.crowd(), 60), fewer, 10)


@pytest.mark.torture
def test_a_thousand_people_in_one_step(world: World) -> None:
    fewer = several(world, drawn.crowd(), 10)
    costs = several(world, drawn.crowd(), PEOPLE)
    linear(costs, fewer, 100)
    assert median(one.cpu for one in costs[:100]) < MOST_CPU


@pytest.mark.torture
def test_three_hundred_subprocesses_of_one_step(world: World) -> None:
    fewer = several(world, drawn.parts(), 3)
    costs = several(world, drawn.parts(), PARTS)
    linear(costs, fewer, 100)
    assert median(one.cpu for one in costs[:100]) < MOST_CPU


def through(world: World, drawing: Drawing) -> list[Cost]:
    """A case of a large drawing to its end, one person after the other."""
    world.deploy(drawing)
    with measured(world) as beginning:
        case = world.case(drawing.key)
    costs = [beginning]
    while world.open_tasks(case):
        costs.append(step(world, case, {"note": "seen"}))
    assert world.state(case) == "DONE"
    return costs


@pytest.mark.torture
@pytest.mark.parametrize(
    ("drawing", "people"),
    [
        (drawn.long(NODES), 2),
        (drawn.diamonds(NODES // 4 - 1), 2 * (NODES // 4 - 1)),
        (drawn.nested(DEEP), 1),
        (drawn.calls_within(DEEP), 1),
    ],
    ids=lambda given: getattr(given, "key", given),
)
def test_a_case_of_a_large_drawing_runs_to_its_end(world: World, drawing: Drawing, people: int) -> None:
    costs = through(world, drawing)[1:]
    assert len(costs) == people
    first, last = costs[0], costs[-1]
    assert last.statements <= first.statements + 4  # the end of the case is written too
    assert median(one.cpu for one in costs) < MOST_CPU


# --- large drawings -----------------------------------------------------------------------------------------------


class Nobody:
    """These drawings call nothing."""

    def call(self, *_about: Any) -> Any:
        raise AssertionError

    decide = call

    def names(self, _step: Any) -> dict[str, Any]:
        return {}


def finished(drawing: Drawing, diagram: engine.Diagram) -> tuple[int, int]:
    """Play a drawing to its end, saved and restored at every person; how many people, and the largest state."""
    run = engine.start(diagram, {}, now=NOW, services=Nobody())
    count = largest = 0
    while True:
        run.advance()
        if run.completed:
            return count, largest
        saved = run.snapshot()
        largest = max(largest, len(saved))
        run = engine.restore(diagram, saved, now=NOW, services=Nobody())
        waiting = run.human_steps()
        assert waiting, f"{drawing.key} stalls after {count} people: {run.active()}"
        run.complete(waiting[0].token, {})
        count += 1


@pytest.mark.parametrize(
    ("drawing", "people"),
    [(drawn.long(NODES), 2), (drawn.diamonds(NODES // 4 - 1), 2 * (NODES // 4 - 1)), (drawn.nested(DEEP), 1)],
    ids=["straight", "diamonds", "nested"],
)
def test_a_large_drawing_runs_to_its_end(drawing: Drawing, people: int) -> None:
    diagram = engine.read_diagram(drawing.xml())
    count, largest = finished(drawing, diagram)
    assert count == people
    assert largest < 40_000  # a state holds what is open, and one number a node


@pytest.mark.parametrize("drawing", [drawn.long(NODES), drawn.diamonds(NODES // 4 - 1)], ids=lambda d: d.key)
def test_a_large_drawing_may_be_deployed(drawing: Drawing) -> None:
    assert [str(found) for found in bundles.check(drawing.bundle()) if found.severity == "error"] == []


def test_a_drawing_of_twice_the_nodes_takes_about_twice_the_work_to_read() -> None:
    """Counted in calls, which a busy machine does not change."""
    import cProfile
    import pstats

    def calls(nodes: int) -> int:
        profile = cProfile.Profile()
        profile.enable()
        engine.read_diagram(drawn.long(nodes).xml())
        profile.disable()
        return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]

    calls(20)
    assert calls(400) < 2.5 * calls(200)


def test_a_thousand_items_and_their_answers_fit_into_a_state() -> None:
    diagram = engine.read_diagram(drawn.crowd().xml())
    items = [{"ref": f"{number:026d}"} for number in range(PEOPLE)]
    run = engine.start(diagram, {"case": {"items": items}}, now=NOW, services=Nobody())
    run.advance()
    assert len(run.snapshot()) < MAX_STATE / 2
    for waiting in run.human_steps()[:-1]:
        run.complete(waiting.token, {"again": True})
    assert len(run.snapshot()) < MAX_STATE / 2
    assert orjson.loads(run.snapshot())[0] == engine.CODEC
    run = engine.restore(diagram, run.snapshot(), now=NOW, services=Nobody())
    (last,) = run.human_steps()
    run.complete(last.token, {"again": True})
    run.advance()
    assert run.completed


def test_processes_that_call_one_another_fifty_deep_run_to_their_end() -> None:
    drawings = drawn.calls(DEEP)
    diagrams = engine.read_all([one.xml() for one in drawings])
    assert finished(drawings[0], diagrams["level0"])[0] == 1
