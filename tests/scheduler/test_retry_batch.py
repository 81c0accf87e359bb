"""Failed steps of many cases tried again as a batch."""

from __future__ import annotations

from domain.work import OPERATOR, unit_of_work
from scheduler import tick
from tasks.batches import batches
from tasks.batches.batch_filter import CaseFilter
from tasks.repair import retry_kind
from tests.scheduler.test_failing_steps import begun, fragile, in_a_row, open_incidents, service, world
from tests.torture.drawn import human

__all__ = ["fragile", "world"]


def test_a_batch_tries_the_failed_steps_of_its_cases_again(world, fragile):
    case, task, version = begun(world, in_a_row("many", human("A"), service("one")))
    fragile.fails = {"one"}
    world.complete(task, version)
    fine = world.case("many")
    fragile.fails = set()
    with unit_of_work(world.home, OPERATOR) as work:
        ref = batches.draft(work, retry_kind.RETRY, {}, CaseFilter(process="many"), "The source is back.")
    tick.sweep(world.home, "test", most=100)
    with unit_of_work(world.home, OPERATOR) as work:
        batches.run(work, ref)
    tick.sweep(world.home, "test", most=100)
    tick.sweep(world.home, "test", most=100)
    assert open_incidents(world.home) == []
    assert (world.state(case), world.state(fine)) == ("DONE", "OPEN")
