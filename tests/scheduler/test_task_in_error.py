"""A task that the program cannot complete stands in error: nothing typed is lost, its page and the operators' agree,
and it can be left again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from domain.errors import Conflict, NotPermitted
from domain.journal import JournalEntry
from domain.parties import staff
from domain.work import OPERATOR
from tasks import incidents, life, moves
from tasks.desk import drafts, handing, pausing
from tasks.pages import incident_lists, pages, task_acts
from tasks.repair import incident_repairs
from tasks.rows.models import HumanTask
from tests.torture.drawn import Drawing, chain, end, human, start
from tests.torture.world import STAFFED, World, open_world
from workflows.instances import Incident

# nobody can leave the step without the tick: whether it is done again has no answer
AGAIN = (
    '<bpmn:standardLoopCharacteristics testBefore="false"><bpmn:loopCondition xsi:type="bpmn:tFormalExpression">'
    "1 / (if work.again then 1 else 0) &gt; 5</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
)
FRAIL = Drawing("frail", chain(start(), human("work", AGAIN), end()))
WRITTEN = {"note": "李某的收入", "again": False}


@pytest.fixture
def world(database_kind, fresh_place) -> Iterator[World]:
    made = open_world(fresh_place(database_kind, STAFFED))
    yield made
    made.home.engine.dispose()


def broken(world: World) -> tuple[str, str]:
    """A case and its task that stands in error."""
    world.deploy(FRAIL)
    case = world.case("frail")
    ref = world.open_tasks(case)[0][0]
    moved = world.complete(ref, world.claim(ref), WRITTEN)
    assert moved.broken
    assert not moved.completed
    return case, ref


def row(world: World, ref: str) -> HumanTask:
    with world.work(write=False) as work:
        found = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        work.session.expunge(found)
        return found


def open_incidents(world: World) -> list[str]:
    with world.work(write=False) as work:
        return list(work.session.scalars(select(Incident.ref).where(Incident.closed_at.is_(None))))


def test_what_was_answered_is_kept_as_the_draft_and_an_incident_names_the_step_and_no_value(world: World) -> None:
    _case, ref = broken(world)
    found = row(world, ref)
    assert (found.state, found.assignee_id, found.completed_by) == ("ERROR", world.people[0].user_id, None)
    with world.work(world.people[0], write=False) as work:
        assert drafts.of(work, work.session.get_one(HumanTask, found.id)) == WRITTEN
        (incident,) = work.session.scalars(select(Incident)).all()
        assert (incident.step_id, incident.token) == ("work", found.token)
        assert "李某" not in incident.sentence
        told = [entry.event for entry in work.session.scalars(select(JournalEntry).order_by(JournalEntry.id))]
        assert "task.broke" in told
        assert "task.completed" not in told


def test_its_page_says_so_and_offers_to_try_again_and_the_operators_see_the_same(world: World) -> None:
    _case, ref = broken(world)
    with world.work(world.people[0], write=False) as work:
        shown = pages.task_page(work, ref)
        assert shown.state == "ERROR"
        assert not shown.mine
        assert [one.operation for one in shown.standing.usual] == [life.MEND]
        assert shown.standing.failed_at is not None
        assert "in error" in str(shown.routing.why)
        offered = {one.operation for one in task_acts.page(work, ref).open}
        assert life.MEND in offered
        assert life.RELEASE not in offered
    with world.work(OPERATOR, write=False) as work:
        (listed,) = incident_lists.listed(work, incident_lists.Filter()).rows
        assert (listed.step, listed.again, listed.parked) == ("work", None, False)
        choice = incident_repairs.choices(work, listed.ref)
        assert (choice.person, choice.failing) == (True, False)


def test_whoever_held_it_tries_again_and_completes_it_once_what_was_wrong_is_right(world: World) -> None:
    case, ref = broken(world)
    with world.work(world.people[0]) as work:
        assert pausing.mend(work, ref).state == "RESERVED"
    assert open_incidents(world) == []
    assert world.complete(ref, row(world, ref).version, WRITTEN).broken, "what is still wrong breaks again"
    assert len(open_incidents(world)) == 1
    with world.work(world.people[0]) as work:
        pausing.mend(work, ref)
    assert world.complete(ref, row(world, ref).version, {"note": "好了", "again": True}).completed
    assert (world.state(case), row(world, ref).state) == ("DONE", "COMPLETED")
    assert open_incidents(world) == []


def test_an_operator_who_tries_again_gives_it_back_to_whoever_held_it(world: World) -> None:
    _case, ref = broken(world)
    (incident,) = open_incidents(world)
    with world.work(OPERATOR) as work:
        assert incidents.retry(work, incident) == 1
    found = row(world, ref)
    assert (found.state, found.assignee_id) == ("RESERVED", world.people[0].user_id)
    assert open_incidents(world) == []


def test_the_head_gives_it_to_somebody_else_who_finds_what_was_typed(world: World) -> None:
    _case, ref = broken(world)
    with world.work(world.people[1]) as work, pytest.raises(NotPermitted):
        pausing.mend(work, ref)
    with world.work(world.people[0]) as work, pytest.raises(Conflict):
        moves.complete_task(work, ref, version=row(world, ref).version, answers=WRITTEN)
    with world.work(world.chief) as work:
        handing.assign(work, ref, staff.by_login(work, "handler1").ref)
    assert open_incidents(world) == []
    with world.work(world.people[1], write=False) as work:
        assert dict(pages.task_page(work, ref).values) == WRITTEN


def test_the_incident_of_a_task_that_the_case_leaves_is_closed(world: World) -> None:
    case, ref = broken(world)
    with world.work(world.head) as work:
        moves.cancel_case(work, case, "The family withdrew.")
    assert row(world, ref).state == "EXITED"
    assert open_incidents(world) == []
