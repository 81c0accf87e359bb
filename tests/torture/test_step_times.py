"""Where the time of a process went: read off the journal and the moments, once each, whoever reads and how often."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from domain.work import SCHEDULER, Actor, Work, unit_of_work
from scheduler import worker
from tasks import moves
from tasks.desk import desk, pausing
from tasks.rows.models import HumanTask
from tasks.supervision import step_times
from tasks.supervision.step_times import StepTime, StepTimeMark
from tests.torture.drawn import Drawing, busy
from tests.torture.drawn import desk as steps_in_a_row
from tests.torture.world import World

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2027, 6, 14, 9, tzinfo=ZONE)


def hour(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def begun(world: World, drawing: Drawing, at: datetime) -> str:
    world.deploy(drawing)
    with unit_of_work(world.home, SCHEDULER, now=at) as work:
        return world.begin(work, drawing.key).ref


def act(world: World, actor: Actor, at: datetime, verb: Any) -> None:
    with unit_of_work(world.home, actor, now=at) as work:
        verb(work)


def figures(world: World) -> dict[str, tuple[int, int, float, float, float]]:
    with world.work(write=False) as work:
        rows: Iterable[StepTime] = work.session.scalars(select(StepTime).order_by(StepTime.id))
        found: dict[str, tuple[int, int, float, float, float]] = {}
        for row in rows:
            n, late, *spent = found.get(row.step_id, (0, 0, 0.0, 0.0, 0.0))
            more = (row.waiting, row.working, row.blocked)
            added = [one + two / 3600 for one, two in zip(spent, more, strict=True)]
            found[row.step_id] = (n + row.n, late + row.late, *added)  # type: ignore[assignment]
        return found


def test_waiting_working_and_blocked_are_told_apart_and_counted_once(world: World) -> None:
    case = begun(world, steps_in_a_row(2), hour(0))
    ((ref, _step, _version),) = world.open_tasks(case)
    person = world.people[0]
    act(world, person, hour(1), lambda work: desk.claim(work, ref))
    act(world, person, hour(3), lambda work: desk.release(work, ref))
    act(world, person, hour(4), lambda work: desk.claim(work, ref))
    # put off over the night: four hours until the office closes, one after it opens
    act(world, person, hour(4), lambda work: pausing.suspend(work, ref, hour(40), "The papers are missing."))
    act(world, person, hour(25), lambda work: pausing.resume(work, ref))

    def complete(work: Work) -> None:
        version = work.session.scalars(select(HumanTask.version).where(HumanTask.ref == ref)).one()
        moves.complete_task(work, ref, version=version, answers={})

    act(world, person, hour(28), complete)
    worker.measure(world.home)  # only looks how far there is to read
    assert figures(world) == {}
    worker.measure(world.home)
    wanted = {"step0": (1, 0, 2.0, 5.0, 5.0)}
    assert figures(world) == wanted
    worker.measure(world.home)
    worker.measure(world.home)
    assert figures(world) == wanted

    with world.work() as work:
        step_times.forget(work)
    worker.measure(world.home)
    worker.measure(world.home)
    assert figures(world) == wanted


def test_what_no_person_does_is_time_blocked_on_others(world: World) -> None:
    case = begun(world, busy(), hour(0))
    with unit_of_work(world.home, world.head, now=hour(1)) as work:
        moves.cancel_case(work, case, "It was opened by mistake.")
    for _look in range(2):
        worker.measure(world.home)
    found = figures(world)
    assert found["ask"] == (1, 0, 0.0, 0.0, 1.0)
    assert not {"work", "other", "fork", "race"} & set(found)


@pytest.mark.parametrize("most", [1, 3, 1000])
def test_read_in_parts_of_any_size_the_figures_are_the_same(world: World, most: int) -> None:
    world.deploy(steps_in_a_row(3))
    for number in range(3):
        with unit_of_work(world.home, SCHEDULER, now=hour(number)) as work:
            case = world.begin(work, "desk").ref
        for step in range(3):
            ((ref, _step, _version),) = world.open_tasks(case)
            at = hour(number + 1 + step)
            act(world, world.people[0], at, lambda work, ref=ref: desk.claim(work, ref))
            with unit_of_work(world.home, world.people[0], now=at + timedelta(minutes=30)) as work:
                task = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
                moves.complete_task(work, ref, version=task.version, answers={})
    for _look in range(2):
        for _part in range(200):
            with world.work() as work:
                if not step_times.measure(work, most):
                    break
    found = figures(world)
    assert {step: one[0] for step, one in found.items()} == {"step0": 3, "step1": 3, "step2": 3}
    assert [one[3] for one in found.values()] == [1.5, 1.5, 1.5]
    assert [one[2] for one in found.values()] == [3.0, 1.5, 1.5]
    with world.work(write=False) as work:
        assert all(one.read == one.seen for one in work.session.scalars(select(StepTimeMark)))
