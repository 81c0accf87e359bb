"""A drawing says to whom the tasks of a step go by themselves; no rule is broken for it, and the journal says why a
task waits instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.journal import JournalEntry
from domain.parties import staff, substitutes
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.sealing import verify
from domain.work import OPERATOR, SCHEDULER
from scheduler import tick
from tasks import assigning, opening
from tasks.pages import pages
from tasks.rows.models import HumanTask
from tests.support import a_case
from tests.torture.drawn import Drawing, chain, each, end, human, start
from tests.torture.world import STAFFED, World, open_world
from workflows import definitions


@pytest.fixture
def world(database_kind, fresh_place) -> Iterator[World]:
    made = open_world(fresh_place(database_kind, STAFFED))
    yield made
    made.home.engine.dispose()


def said(**properties: str) -> str:
    pairs = "".join(f'<camunda:property name="{k.replace("_", "-")}" value="{v}" />' for k, v in properties.items())
    return f"<bpmn:extensionElements><camunda:properties>{pairs}</camunda:properties></bpmn:extensionElements>"


def two(second: str, **more: str) -> Drawing:
    """A step, and one whose tasks go to somebody."""
    return Drawing("two", chain(start(), human("enter"), human("check", said(assign=second, **more)), end()))


def holders(world: World, step: str) -> list[str]:
    """Who holds the open tasks of a step, by login, oldest first; "" for nobody."""
    with world.work(write=False) as work:
        rows = work.session.execute(
            select(Account.login)
            .select_from(HumanTask)
            .join(Account, Account.id == HumanTask.assignee_id, isouter=True)
            .where(HumanTask.step_id == step, HumanTask.completed_by.is_(None))
            .order_by(HumanTask.id)
        )
        return [login or "" for (login,) in rows]


def routed(world: World) -> Sequence[Mapping[str, Any]]:
    with world.work(write=False) as work:
        wanted = select(JournalEntry.body).where(JournalEntry.event == assigning.ROUTED).order_by(JournalEntry.id)
        assert list(verify(work.session, world.home.vault)) == []
        return work.session.scalars(wanted).all()


def entered(world: World, case: str, who: int) -> None:
    """The first step is done."""
    ref = world.open_tasks(case)[0][0]
    world.complete(ref, world.claim(ref, who), who=who)


def test_whoever_did_the_step_gets_the_one_after_it_and_the_page_says_so(world: World) -> None:
    world.deploy(two("same-as:enter"))
    case = world.case("two")
    entered(world, case, 1)
    assert holders(world, "check") == ["handler1"]
    ((ref, _step, version),) = world.open_tasks(case)
    with world.work(world.people[1], write=False) as work:
        shown = pages.task_page(work, ref)
        assert shown.mine
        assert str(shown.routing.because[0]) == "It came to you by itself: you did “enter” of this case."
    assert world.complete(ref, version, who=1).completed


def test_separation_is_never_broken_for_it_and_the_journal_and_the_page_say_why(world: World) -> None:
    world.deploy(two("same-as:enter", separate_from="enter"))
    case = world.case("two")
    entered(world, case, 1)
    assert holders(world, "check") == [""]
    assert [body["queue"] for body in routed(world)] == ["separation"]
    ((ref, _step, _version),) = world.open_tasks(case)
    with world.work(world.people[0], write=False) as work:
        because = [str(one) for one in pages.task_page(work, ref).routing.because]
        assert any("but separation of duties forbids it" in one for one in because), because


def test_a_round_more_goes_to_whoever_did_the_first(world: World) -> None:
    world.deploy(Drawing("own", chain(start(), human("look", said(assign="same-as:look")), end())))
    world.case("own")
    assert holders(world, "look") == [""]
    assert [body["queue"] for body in routed(world)] == ["nobody"]


def test_many_tasks_of_one_move_are_spread_evenly_and_whoever_is_away_gets_none(world: World) -> None:
    with world.work(world.people[2]) as work:
        absent, colleague = (staff.by_login(work, login).ref for login in ("handler2", "handler0"))
        days = work.today, work.today + timedelta(days=3)
        substitutes.make(work, substitutes.Wanted(absent, colleague, *days, "Leave"))
    many = human("each", said(assign="least-loaded") + each("case.items"))
    world.deploy(Drawing("spread", chain(start(), many, end())))
    world.case("spread", {"case": {"items": [str(number) for number in range(6)]}})
    assert holders(world, "each") == ["handler0", "handler1"] * 3
    assert [body["how"] for body in routed(world)] == ["least-loaded"] * 6


def test_the_least_loaded_are_counted_in_one_question_however_many_tasks_there_are(world: World) -> None:
    world.deploy(two("least-loaded"))
    for number in range(5):
        case = world.case("two")
        entered(world, case, number % 3)
        with world.counted() as asked, world.work(write=False) as work:
            assigning.Offices(work).of(work.session.scalars(select(HumanTask.org_id)).first() or 0)
        about = [one for one, _values in asked if "FROM account" in one or "FROM role_grant" in one]
        assert len(about) == 3, "people, their rights, their loads"
    assert sorted(holders(world, "check")) == ["handler0", "handler0", "handler1", "handler1", "handler2"]


def test_cases_opened_together_are_spread_as_if_they_had_been_opened_one_by_one(world: World) -> None:
    world.deploy(Drawing("first", chain(start(), human("look", said(assign="least-loaded")), end())))
    with world.work(SCHEDULER) as work:
        offices = {one.code: one for one in work.session.scalars(select(Organisation))}
        like = a_case(work, offices["ps-dept"], offices["ps-agency"], offices["ps-town"])
        like.process = "first"
        work.session.expunge(like)
        definition = definitions.in_force(work, "first")
        own = [opening.Own(f"n{number}", None, like.town_id) for number in range(7)]
        (way,), alone = opening.ways(work, definition, like, own, {})
        assert alone == []
        opening.open_many(work, way, like)
    names = ["handler0", "handler1", "handler2"]
    assert holders(world, "look") == [*names, *names, "handler0"]
    assert len(routed(world)) == 7


def test_work_of_somebody_who_loses_the_role_goes_where_the_drawing_sends_it_through_the_worker(world: World) -> None:
    world.deploy(two("least-loaded"))
    for _number in range(3):
        entered(world, world.case("two"), 0)
    assert holders(world, "check") == ["handler0", "handler1", "handler2"]
    with world.work(OPERATOR) as work:
        staff.revoke(work, staff.by_login(work, "handler0"), "agency_handler")
    tick.sweep(world.home, "test")
    assert holders(world, "check") == ["handler1", "handler1", "handler2"]
    with world.work(write=False) as work:
        assert work.session.scalar(select(func.count()).where(JournalEntry.event == "task.rerouted")) == 1
