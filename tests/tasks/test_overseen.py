"""Whoever oversees an area sees how its open tasks stand: the figures are exact, and no household is among them."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from domain.errors import NotPermitted
from tasks.finding import filters, tallies
from tasks.finding.branches import order
from tasks.rows.models import OPEN, HumanTask
from tasks.supervision import overseen
from tests.support import BARE_HOME, an_account, the_actor
from tests.tasks.crowded import Crowded, crowd


@pytest.fixture
def world(database_kind, fresh_place):
    made = crowd(fresh_place(database_kind, BARE_HOME), seed=3)
    yield made
    made.home.engine.dispose()


@pytest.fixture
def overseer(world):
    return the_actor(an_account(world.home, world.offices.bureau, "oversight"), world.offices.bureau, "oversight")


def by_hand(world: Crowded, work, tab: str, *orgs: int) -> list[int]:
    """Keys of the open tasks of these offices, in the order of the list."""
    limit = filters.by_limit(tab, filters.edges(work))
    wanted = select(HumanTask.id).where(HumanTask.state.in_(OPEN), HumanTask.org_id.in_(orgs), limit)
    return list(work.session.scalars(wanted.order_by(*order())))


@pytest.mark.parametrize("folded", [False, True])
def test_the_figures_of_an_area_and_of_each_office_in_it_are_those_of_its_tasks(world, overseer, folded):
    if folded:
        with world.work(write=True) as work:
            tallies.fold(work, most=70)
    offices = world.offices
    under = [one.id for one in (offices.department, offices.town, offices.agency, offices.other_department)]
    with world.work(overseer) as work:
        counted = overseen.area_counts(work, offices.bureau.id)
        for tab in filters.TABS:
            assert getattr(counted, tab) == len(by_hand(world, work, tab, *under))
        assert counted.free + counted.taken + counted.aside == counted.all
        rows = {one.ref: one for one in overseen.office_counts(work, offices.bureau.id)}
        assert sum(one.counts.all for one in rows.values()) == counted.all
        department = rows[offices.department.ref]
        assert department.counts.overdue == len(by_hand(world, work, "overdue", offices.department.id, offices.town.id))
        assert (department.below, rows[offices.agency.ref].below) == (True, False)


@pytest.mark.parametrize("small", [0, 10_000])
def test_the_list_of_an_area_is_the_same_sorted_or_looked_for(world, overseer, small, monkeypatch):
    monkeypatch.setattr(overseen, "SMALL", small)
    monkeypatch.setattr(overseen, "FIRST_LOOK", 3)
    offices = world.offices
    with world.work(overseer) as work:
        area = overseen.area_of(work, offices.department.ref)
        assert area is not None
        counted = overseen.area_counts(work, area.id)
        for tab in filters.TABS:
            keys = by_hand(world, work, tab, offices.department.id, offices.town.id)
            expected = [one.due_at for one in work.session.scalars(
                select(HumanTask).where(HumanTask.id.in_(keys)).order_by(*order()))]  # fmt: skip
            shown = []
            for number in range(1, 99):
                page = overseen.open_tasks(work, area.id, counted, tab=tab, page=number)
                shown += [row.due_at for row in page.rows]
                if number >= page.pages:
                    break
            assert (shown, page.total) == (expected, len(keys))


def test_an_office_outside_the_area_is_not_found_and_others_may_not_ask(world, overseer):
    with world.work(overseer) as work:
        assert overseen.area_of(work, world.offices.supplier.ref) is None
    with world.work(world.clerks[0]) as work, pytest.raises(NotPermitted):
        overseen.area_of(work)


def test_no_statement_about_an_area_reads_a_case_or_a_household(world, overseer):
    sent: list[str] = []
    event.listen(world.home.engine, "before_cursor_execute", lambda _c, _cursor, said, *_more: sent.append(said))
    with world.work(overseer) as work:
        area = overseen.area_of(work)
        assert area is not None
        counted = overseen.area_counts(work, area.id)
        overseen.office_counts(work, area.id)
        assert overseen.open_tasks(work, area.id, counted).rows
    assert not [one for one in sent if "FROM cases" in one or "JOIN cases" in one or "person" in one]
    assert len([one for one in sent if one.startswith(("SELECT", "WITH"))]) <= 8
