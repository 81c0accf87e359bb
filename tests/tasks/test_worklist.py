"""An inbox is read branch by branch: what it shows and counts is what the scope and the filter say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from domain.cases import Case
from domain.clock import office_day
from tasks import inbox_columns
from tasks.finding import branches, filters, pull, queues
from tasks.finding.filters import Filter
from tasks.rows.models import OPEN, READY, HumanTask
from tests.support import BARE_HOME
from tests.tasks.crowded import Crowded, crowd


@pytest.fixture
def world(database_kind, fresh_place):
    made = crowd(fresh_place(database_kind, BARE_HOME), seed=11)
    yield made
    made.home.engine.dispose()


@contextmanager
def statements(world: Crowded) -> Iterator[list[tuple[str, object]]]:
    """What is sent meanwhile."""
    seen: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, *_more):
        seen.append((statement, parameters))

    event.listen(world.home.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.home.engine, "before_cursor_execute", note)


def by_the_scope(work, asked: Filter) -> list[str]:
    """The refs under a filter as the scope in one piece gives them, in the order of the list."""
    wanted = (
        select(HumanTask.ref)
        .join(Case, Case.id == HumanTask.case_id)
        .where(HumanTask.state.in_(OPEN), *filters.conditions(work, asked))
        .order_by(*in_order(asked.sort), *branches.order())
    )
    return list(work.session.scalars(wanted))


def in_order(sort: str) -> list[Any]:
    """What an order other than by due day goes by first."""
    column = {"due": HumanTask.due_at, "opened": HumanTask.opened_at, "name": HumanTask.name}[sort.removeprefix("-")]
    return [column.desc().nulls_last() if sort.startswith("-") else column.asc().nulls_last()]


def test_the_list_shows_exactly_what_scope_and_filter_say_in_their_order_on_every_page(world):
    offered = {"tab": filters.TABS, "owner": filters.OWNERS, "sort": filters.SORTS, "process": ("", "", "review"),
               "step": ("", "", "visit"), "programme": ("", "", "DIBAO"), "search": ("", "", "〔2027〕")}  # fmt: skip
    for _round in range(60):
        asked = Filter(**{name: world.chance.choice(values) for name, values in offered.items()})
        with world.work(world.someone) as work:
            expected = by_the_scope(work, asked)
            shown: list[str] = []
            for number in range(1, 99):
                page = queues.worklist(work, Filter(**{**asked_of(asked), "page": number}), size=7)
                shown += [row.ref for row in page.rows]
                assert (page.total, page.more) == (len(expected), False)
                if number >= page.pages:
                    break
            assert shown == expected, asked


def asked_of(asked: Filter) -> dict[str, Any]:
    """The words of a filter."""
    return {name: getattr(asked, name) for name in asked.__dataclass_fields__}


def test_the_counts_are_those_of_the_lists(world):
    for _round in range(20):
        with world.work(world.someone) as work:
            counted = queues.counts(work, owner="open")
            listed = {tab: len(by_the_scope(work, Filter(tab=tab, owner="open"))) for tab in filters.TABS}
            assert {tab: getattr(counted, tab) for tab in filters.TABS} == listed
            assert counted.mine == len(by_the_scope(work, Filter(owner="mine")))
            assert counted.free == len(by_the_scope(work, Filter(owner="free")))


def test_the_next_task_is_the_most_pressing_that_is_mine_or_free_and_says_why(world):
    with world.work(world.clerks[0]) as work:
        first = pull.following(work, Filter(owner="all"))
        assert first is not None
        second = pull.following(work, Filter(owner="all"), after=first.ref)
        assert str(first.why).startswith("This one because ")
        rows = [row.ref for row in queues.worklist(work, Filter(owner="open"), size=99).rows if workable(work, row.ref)]
        tasks = list(work.session.scalars(select(HumanTask).where(HumanTask.ref.in_(rows))))
        wanted = sorted(tasks, key=lambda one: pressing(work, one))
        assert [first.ref, second.ref if second else None] == [one.ref for one in wanted[:2]]


def pressing(work, task: HumanTask) -> tuple[Any, ...]:
    """Priority, due day, own town before others, age."""
    day = office_day(task.due_at) if task.due_at is not None else date.max
    return task.priority, day, task.town_id not in work.actor.towns and not task.skill, task.opened_at, task.id


def workable(work, ref: str) -> bool:
    return work.session.scalar(select(HumanTask.state).where(HumanTask.ref == ref)) in (
        READY,
        "RESERVED",
        "IN_PROGRESS",
    )


def test_what_is_narrowed_is_counted_up_to_a_limit_and_said_so(world, monkeypatch):
    monkeypatch.setattr(queues, "MOST_COUNTED", 5)
    with world.work(world.clerks[1]) as work:
        page = queues.worklist(work, Filter(owner="open", process="review"))
    assert (page.total, page.more, page.said) == (5, True, "5+")


def test_an_inbox_page_sends_as_many_statements_for_a_hundred_tasks_as_for_one(world):
    with world.work(world.clerks[0]) as work, statements(world) as few:
        queues.worklist(work, Filter(owner="open"), size=1)
    with world.work(world.clerks[0]) as work, statements(world) as many:
        queues.worklist(work, Filter(owner="open"), size=100)
    asked = [one for one, _values in few if "FROM home" not in one], [one for one, _v in many if "FROM home" not in one]
    assert len(asked[0]) == len(asked[1]) <= 4


def plan_of(world: Crowded, wanted, analyse: bool = True) -> str:
    """How the database means to read it."""
    engine = world.home.engine
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))  # the tables of a test are small
            connection.execute(text("SET enable_bitmapscan = off"))
        words = str(wanted.compile(engine, compile_kwargs={"literal_binds": True}))
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        return "\n".join(
            str(row[-1])
            for row in connection.exec_driver_sql(
                explain + words.replace("%", "%%") if engine.dialect.name == "postgresql" else explain + words
            )
        )


@pytest.mark.parametrize("owner", ["open", "all", "free", "mine"])
def test_no_branch_of_an_inbox_is_scanned_or_sorted(world, owner):
    for actor in (world.clerks[0], world.clerks[2]):
        with world.work(actor) as work:
            narrowed = filters.narrowed(work, Filter(owner=owner, step="visit"))
            for where in branches.of_actor(actor, owner):
                if "owner_id" in str(where[1]):
                    continue  # what one person delegated is sorted: it is a handful
                front = select(HumanTask.id).where(*where, *narrowed).order_by(*branches.order()).limit(17)
                plan = plan_of(world, front)
                assert re.search("ix_human_task_(inbox|assignee)", plan), plan
                assert not re.search(r"SCAN human_task\b|TEMP B-TREE|Seq Scan|Sort", plan), plan


def test_what_a_person_did_is_read_newest_first_from_its_index(world):
    with world.work(world.clerks[0]) as work:
        page = queues.finished(work, size=5)
        done = work.session.scalar(select(func.count()).where(HumanTask.completed_by == world.clerks[0].user_id))
    assert (page.total, page.more) == (done, False)
    newest = (
        select(HumanTask.id).where(HumanTask.completed_by == 1)
        .order_by(HumanTask.completed_at.desc(), HumanTask.id.desc()).limit(5)
    )  # fmt: skip
    assert "ix_human_task_done" in plan_of(world, newest)


def test_what_filters_offer_is_found_once_a_minute_for_somebody_with_thousands_of_tasks(world, monkeypatch):
    def asked(times: int) -> int:
        with statements(world) as sent:
            for _time in range(times):
                with world.work(world.clerks[1]) as work:
                    offered = queues.choices(work)
        assert {step for step, _name, _name_en in offered.steps} == {"intake", "visit", "decide"}
        return sum("max(human_task.id)" in one for one, _values in sent)

    assert asked(3) == 3
    monkeypatch.setattr(queues, "MANY", 3)
    assert asked(3) == 1


def test_a_column_is_looked_for_in_its_index(world, database_kind):
    with world.work(world.clerks[0]) as work:
        condition = inbox_columns.condition(work, inbox_columns.Asked("kind", equals="rent"))
    if database_kind == "sqlite":
        assert "ix_task_value_open" in plan_of(world, select(HumanTask.id).where(condition))
