"""The ways a case moves, as a test sets them up: a case that is ready for the move, and the move itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from domain.cases import Case
from domain.home import HomeRow
from domain.work import SCHEDULER, Work, unit_of_work
from scheduler import tick
from tasks import moves, waking
from tasks.desk import desk
from tasks.rows.models import HumanTask
from tests.support import STOPPED
from tests.torture.drawn import busy, relay
from tests.torture.world import World
from workflows.instances import CaseWait

LATER = STOPPED + timedelta(hours=3)
Move = Callable[[], object]


@dataclass(frozen=True)
class Ready:
    """A case of its own, and moves that may be made on it now, by name."""

    world: World
    case: str
    moves: Mapping[str, Move]


def deploy(world: World) -> None:
    """What the moves are made on."""
    world.deploy(relay(rounds=False))
    world.deploy(busy())


def ready(world: World) -> Ready:
    """A busy case: `work` is held by the first handler, `other` is free, the rest waits."""
    case = world.case("busy")
    refs = {step: ref for ref, step, _version in world.open_tasks(case)}
    held = world.claim(refs["work"])
    with world.work(write=False) as work:
        token = work.session.scalars(
            select(CaseWait.token)
            .join(Case, Case.id == CaseWait.case_id)
            .where(Case.ref == case, CaseWait.kind == "job")
        ).one()
        free = work.session.scalars(select(HumanTask.version).where(HumanTask.ref == refs["other"])).one()

    def scheduled(act: Callable[[Work], object]) -> Move:
        def move() -> object:
            with unit_of_work(world.home, SCHEDULER, now=LATER) as work:
                return act(work)

        return move

    def cancel() -> None:
        with world.work(world.head) as work:
            moves.cancel_case(work, case, "not needed any more")

    def give_back() -> None:
        with world.work(world.people[0]) as work:
            desk.release(work, refs["work"])

    def take_and_do() -> None:
        with world.work(world.people[1]) as work:
            task = desk.claim(work, refs["other"])
            moves.complete_task(work, task.ref, version=free + 1, answers={"note": "b"})

    return Ready(
        world,
        case,
        {
            "start": lambda: world.case("relay"),
            "claim": lambda: world.claim(refs["other"], 1),
            "claim by another": lambda: world.claim(refs["other"], 2),
            "complete": lambda: world.complete(refs["work"], held, {"note": "a"}),
            "claim and complete": take_and_do,
            "release": give_back,
            "job": scheduled(lambda work: waking.finish_job(work, case, token, {"rows": 1})),
            "wake": scheduled(lambda work: waking.wake_case(work, case)),
            "message": scheduled(lambda work: waking.deliver_message(work, case, "told", "", {"x": 1})),
            "cancel": cancel,
            "tick": lambda: tick.sweep(world.home, "torture", most=10),
        },
    )


def move_clock(world: World) -> None:
    """The house's clock stands where the limits have run out."""
    with world.work() as work:
        work.session.get_one(HomeRow, 1).stopped_at = LATER
