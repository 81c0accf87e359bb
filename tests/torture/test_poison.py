"""What always fails is tried three times and parked; everybody else's work is done meanwhile, in its order."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.home import Home
from domain.journal import JournalEntry
from domain.work import SCHEDULER, unit_of_work
from scheduler import tick
from tests.torture import acts, drawn, mending
from tests.torture.conftest import Ask
from tests.torture.world import World
from workflows import registry
from workflows.instances import CaseState, Incident

GOOD, TRIES = 40, 3
ITEMS = {"case": {"items": [{"ref": "item"}]}}


class Choosy(Ask):
    """A slow operation that fails for some cases, and notes each try."""

    def __init__(self) -> None:
        self.poison: set[str] = set()
        self.tried: list[str] = []

    def gather(self, call: registry.Call) -> str:
        return call.case.ref

    def perform(self, home: object, plan: str) -> dict[str, int]:
        self.tried.append(plan)
        if plan in self.poison:
            raise ZeroDivisionError
        return {"rows": 1}


@pytest.fixture
def choosy(world: World) -> Choosy:
    made = Choosy()
    entries = registry.operations()
    assert isinstance(entries, dict)
    entries[drawn.SLOW] = registry.Operation(drawn.SLOW, "Asked", "slow", made)
    return made


def spoil(world: World, case: str) -> None:
    """Nothing can be done with the case: its state cannot be read."""
    with world.work() as work:
        wanted = select(Case.id).where(Case.ref == case).scalar_subquery()
        work.session.execute(update(CaseState).where(CaseState.case_id == wanted).values(data=b"[]"))


def sweep(home: Home) -> tick.Swept:
    """A knock, some time later: what waits for its next try may be tried."""
    with unit_of_work(home, SCHEDULER) as work:
        work.session.execute(update(AgendaItem).values(not_before=None))
    return tick.sweep(home, "w", most=20)


def finished(world: World) -> list[str]:
    with world.work(write=False) as work:
        ended = select(JournalEntry.subject).where(JournalEntry.event == "job.finished").order_by(JournalEntry.id)
        return list(work.session.scalars(ended))


def test_three_poison_cases_first_in_line_cost_the_others_three_tries_each(world: World, choosy: Choosy) -> None:
    acts.deploy(world)
    mending.deploy(world)
    failing, unreadable = world.case("busy"), world.case("busy")
    breaking = world.case("troubled", ITEMS, version=1)  # a quick step that fails: its first try was at the beginning
    choosy.poison = {failing}
    spoil(world, unreadable)
    good = [world.case("busy") for _number in range(GOOD)]
    swept: list[tick.Swept] = []
    while not swept or swept[-1].done or swept[-1].postponed:
        swept.append(sweep(world.home))

    # the job of one, the job of the one that cannot be read, the quick step: three tries each, and no more
    postponed = TRIES + TRIES + TRIES - 1
    assert sum(one.postponed for one in swept) == postponed
    assert choosy.tried.count(failing) == TRIES
    # forty jobs and that of the breaking case in as many knocks as they need, the tries between them
    assert sum(one.done for one in swept) == GOOD + 1
    assert len(swept) - 1 <= -(-(GOOD + 1 + postponed) // 20)
    # in their order, each once; most are done before the poison is tried for the last time
    assert [ref for ref in finished(world) if ref in good] == good
    assert [ref for ref in choosy.tried if ref in good] == good
    with world.work(write=False) as work:
        parked = work.session.scalars(select(AgendaItem).where(AgendaItem.parked)).all()
        assert {(item.subject, item.attempts) for item in parked} == {
            (failing, TRIES), (unreadable, TRIES), (breaking, TRIES)
        }  # fmt: skip
        shown = work.session.execute(
            select(Case.ref, Incident.attempts)
            .join(Case, Case.id == Incident.case_id)
            .where(Incident.closed_at.is_(None))
        )
        assert sorted(map(tuple, shown)) == sorted((ref, TRIES) for ref in (failing, unreadable, breaking))
    # afterwards nobody asks for them any more: a knock sends what it sends in a house without them
    with world.counted() as seen:
        tick.sweep(world.home, "w")
    assert len(seen) < 8


def test_a_poison_step_of_a_case_leaves_its_other_branches_alone(world: World, choosy: Choosy) -> None:
    acts.deploy(world)
    case = world.case("busy")
    choosy.poison = {case}
    for _time in range(TRIES + 1):
        sweep(world.home)
    assert choosy.tried == [case] * TRIES
    steps = {step: ref for ref, step, _version in world.open_tasks(case)}
    world.complete(steps["work"], world.claim(steps["work"]), {"note": "a"})
    world.complete(steps["other"], world.claim(steps["other"]), {"note": "b"})
    acts.move_clock(world)
    sweep(world.home)
    assert [step for _ref, step, _version in world.open_tasks(case)] == ["silence"]
    assert world.state(case) == "OPEN"
