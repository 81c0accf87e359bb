"""Open tasks are counted as they change: whatever happens to them, the figures are those of a recount."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import delete, insert, select, text, update

from domain.work import OPERATOR
from tasks.finding import tallies
from tasks.rows.models import OPEN, READY, HumanTask
from tests.crowd import at_once
from tests.support import BARE_HOME
from tests.tasks.crowded import Crowded, crowd


@pytest.fixture
def world(database_kind, fresh_place):
    made = crowd(fresh_place(database_kind, BARE_HOME), seed=6)
    yield made
    made.home.engine.dispose()


def figures(world: Crowded, org_id: int) -> Counter[str]:
    """Open tasks of an area by kind, as the counters say."""
    found: Counter[str] = Counter()
    with world.work() as work:
        for part in tallies.of_area(org_id):
            for kind, _due, n in work.session.execute(part):
                found[kind] += n
    return +found


def recounted(world: Crowded, *orgs: int) -> Counter[str]:
    """The same from the tasks themselves."""
    with world.work() as work:
        rows = work.session.execute(
            select(tallies.kind_of()).where(HumanTask.state.in_(OPEN), HumanTask.org_id.in_(orgs))
        )
        return Counter(kind for (kind,) in rows)


def test_any_sequence_of_changes_and_folds_leaves_every_figure_as_a_recount_gives_it(world):
    for _round in range(30):
        with world.work(write=True) as work:
            keys = list(work.session.scalars(select(HumanTask.id)))
            world.add(work, world.chance.choice((1, 2, 7)))
            for key in world.chance.sample(keys, 12):
                world.stir(work, key)
            work.session.execute(delete(HumanTask).where(HumanTask.id == world.chance.choice(keys)))
        if world.chance.random() < 0.4:
            with world.work(write=True) as work:
                tallies.fold(work, most=world.chance.choice((3, 50, 5_000)))
        with world.work() as work:
            assert tallies.wrong(work) == []
    offices = world.offices
    under = [
        one.id for one in (offices.bureau, offices.department, offices.town, offices.agency, offices.other_department)
    ]
    assert figures(world, offices.bureau.id) == recounted(world, *under)
    assert figures(world, offices.department.id) == recounted(world, offices.department.id, offices.town.id)


def test_what_is_taken_back_is_not_counted(world):
    with world.work(write=True) as work:
        before = tallies.waiting(work)
        work.session.execute(update(HumanTask).values(due_at=None))
        assert tallies.waiting(work) > before
        work.session.rollback()
        assert (tallies.waiting(work), tallies.wrong(work)) == (before, [])


def test_what_came_and_went_between_two_folds_leaves_nothing_to_count(world):
    with world.work(write=True) as work:
        while tallies.fold(work):
            pass
        one, due = work.session.execute(
            select(HumanTask.id, HumanTask.due_at).where(HumanTask.state.in_(OPEN), HumanTask.due_at.is_not(None))
        ).first()
        for day in (None, due):
            work.session.execute(update(HumanTask).where(HumanTask.id == one).values(due_at=day))
        assert tallies.waiting(work)
        tallies.fold(work)
        assert (tallies.waiting(work), tallies.wrong(work)) == (0, [])


def test_a_change_that_moves_no_figure_writes_nothing(world):
    with world.work(write=True) as work:
        before = tallies.waiting(work)
        work.session.execute(update(HumanTask).values(version=HumanTask.version + 1, name="另"))
        assert tallies.waiting(work) == before


def test_folds_at_the_same_time_count_everything_in_once(world):
    def fold_all() -> None:
        for _round in range(20):
            with world.work(OPERATOR, write=True) as work:
                tallies.fold(work, most=7)

    def stir() -> None:
        for _round in range(10):
            with world.work(OPERATOR, write=True) as work:
                world.add(work, 3)

    at_once(fold_all, fold_all, stir)
    with world.work() as work:
        assert tallies.wrong(work) == []
    with world.work(write=True) as work:
        while tallies.fold(work):
            pass
        assert (tallies.waiting(work), tallies.wrong(work)) == (0, [])
        assert work.session.scalar(text("SELECT count(*) FROM task_count WHERE n <= 0")) == 0


def test_a_figure_that_was_tampered_with_is_found_and_a_recount_mends_it(world):
    with world.work(write=True) as work:
        tallies.fold(work)
        work.session.execute(update(tallies.TaskCount).where(text("role = ''")).values(n=tallies.TaskCount.n + 1))
        assert tallies.wrong(work)
        tallies.recount(work)
        assert tallies.wrong(work) == []
        assert tallies.waiting(work) == 0


def test_rows_written_together_are_one_delta_a_figure_on_postgresql(world, database_kind):
    with world.work(write=True) as work:
        while tallies.fold(work):
            pass
        rows = [world._row() | {"state": READY, "assignee_id": None, "owner_id": None, "prior_state": "",
                                "completed_by": None, "completed_at": None, "due_at": None, "role": "archivist"}
                for _number in range(40)]  # fmt: skip
        orgs = {row["org_id"] for row in rows}
        work.session.connection().execute(insert(HumanTask).values(rows_with_defaults(rows)))
        assert tallies.waiting(work) == (40 if database_kind == "sqlite" else len(orgs))
        assert tallies.wrong(work) == []


def rows_with_defaults(rows):
    """What Python fills in otherwise."""
    return [{"ref": f"bulk{number:022d}", "version": 1, "subject": "", "limit_kind": "NONE", "round": 1, "priority": 5,
             "skill": "", "narrowed": False, "people": False, **row} for number, row in enumerate(rows)]  # fmt: skip
