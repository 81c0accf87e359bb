"""An inbox in another order: by age, step or a column, either way round, and only where that stays bounded."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from domain.base import new_ref
from domain.work import Work, unit_of_work
from tasks import inbox_columns
from tasks.desk import desk
from tasks.finding import filters, queues, saved_filters, sorting
from tasks.finding.filters import Filter
from tasks.rows.finding_models import NUMBER, TaskValue
from tasks.rows.models import OPEN, HumanTask
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.played import JUNE
from tests.journeys.playing import new_case
from tests.journeys.test_filters import columns_of_intake, said_in_inbox, scatter
from tests.journeys.test_versions import put_in_force

LOGIN = "head"
NEVER = datetime.max.replace(tzinfo=UTC)
ORDERS = [*filters.SORTS, "v.rooms", "-v.rooms", "v.badge", "v.gone", "-v."]


@pytest.fixture
def many(office_in: Callable[..., Office]) -> Office:
    """An office with many open tasks, two thirds of which say how many rooms there are."""
    office = office_in(JUNE)
    put_in_force(office, columns_of_intake)
    scatter(office, LOGIN)
    chance = random.Random(5)
    with unit_of_work(office.home, office.actor(LOGIN)) as work:
        for task in work.session.scalars(select(HumanTask).where(HumanTask.state.in_(OPEN)).order_by(HumanTask.id)):
            if chance.random() < 0.66:
                value = inbox_columns.comparable(NUMBER, str(chance.randrange(-9, 30) / 2))
                about = {"task_id": task.id, "case_id": task.case_id, "org_id": task.org_id}
                work.session.add(TaskValue(ref=new_ref(), key="rooms", kind=NUMBER, value=value, **about))
    return office


def in_order(work: Work, refs: set[str], sort: str) -> list[str]:
    """The same tasks, sorted by looking at each: what has no value stands last, whichever way round."""
    tasks = list(work.session.scalars(select(HumanTask).where(HumanTask.ref.in_(refs))))
    said = inbox_columns.of_tasks(work, list(refs), ["rooms"])
    by: dict[str, Callable[[HumanTask], Any]] = {
        "due": lambda task: task.due_at, "opened": lambda task: task.opened_at, "name": lambda task: task.name,
        "v.rooms": lambda task: float(said[task.ref]["rooms"]) if task.ref in said else None,
    }  # fmt: skip
    value = by.get(sort.removeprefix("-"), by["due"])
    tasks.sort(key=lambda task: (task.due_at is None, task.due_at or NEVER, task.id))
    having = [task for task in tasks if value(task) is not None]
    having.sort(key=value, reverse=sort.startswith("-") and sort.removeprefix("-") in by)
    return [task.ref for task in having] + [task.ref for task in tasks if value(task) is None]


def test_every_order_is_that_of_the_values_on_every_page(many: Office) -> None:
    with unit_of_work(many.home, many.actor(LOGIN), write=False) as work:
        everything = {row.ref for row in queues.worklist(work, Filter(owner="open"), size=400).rows}
        assert len(everything) > 15
        for sort in ORDERS:
            asked = Filter(owner="open", sort=sort).checked()
            shown: list[str] = []
            pages = queues.worklist(work, asked, size=7).pages
            for number in range(1, pages + 1):
                shown += [row.ref for row in queues.worklist(work, replace(asked, page=number), size=7).rows]
            assert shown == in_order(work, everything, sort), sort


def test_a_longer_list_stays_in_the_order_of_its_due_days_and_says_so(
    many: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "MOST", 5)
    with unit_of_work(many.home, many.actor(LOGIN), write=False) as work:
        by_due = queues.worklist(work, Filter(owner="open"))
        page = queues.worklist(work, Filter(owner="open", sort="-v.rooms"))
        assert page.sort == "due" and page.rows == by_due.rows and not sorting.possible(page.total, page.more)


def test_an_order_stands_in_the_address_and_one_by_a_column_that_is_gone_is_said(many: Office) -> None:
    for sort in ORDERS[:8]:
        asked = filters.read({"sort": sort})
        assert asked.sort == sort and filters.read(filters.words(asked)) == asked
    with unit_of_work(many.home, many.actor(LOGIN), write=False) as work:
        kept, gone = saved_filters.outdated(work, filters.read({"sort": "-v.gone"}))
        assert kept.sort == "due" and len(gone) == 1
        assert saved_filters.outdated(work, filters.read({"sort": "-v.rooms"}))[1] == []


def test_the_day_that_the_department_wishes_for_is_seen_and_sorted_by_where_the_case_goes(office: Office) -> None:
    story = new_case(office)
    steps.take_in(story)
    steps.authorise(story)
    wished = steps.today(story)
    with story.work("clerk") as work:
        ref = desk.claim(work, story.task(work, "commission").ref).ref
        desk.keep_draft(work, ref, {"due_wish": wished})
        assert said_in_inbox(work, ref) == {"due_wish": wished}
        listed = queues.worklist(work, Filter(owner="open", sort="v.due_wish"))
        assert (listed.sort, [row.ref for row in listed.rows]) == ("v.due_wish", [ref])
