"""Somebody is away: the substitute is told and given the pack once, and rights end with the day in any case."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import delete, select, text

from domain import agenda, files
from domain.agenda import AgendaItem
from domain.errors import NotFound
from domain.files import StoredFile
from domain.parties import organisations, staff
from domain.parties.accounts import RIGHTS_CHANGED
from domain.parties.substitutes import Wanted
from domain.work import Actor
from scheduler import tick
from tasks.desk import desk, handing
from tasks.leaving import absences, handover
from tasks.rows.leaving_models import HandOver
from tasks.rows.models import HumanTask
from tasks.rows.notice_rows import Notification
from tests.support import an_account
from tests.torture.drawn import shared
from tests.torture.world import World

WHY = "年休假"


def sweep(world: World) -> None:
    while tick.sweep(world.home, "test", most=200).done:
        pass


def today(world: World) -> date:
    with world.work(write=False) as work:
        return work.today


def to_day(world: World, days: int) -> None:
    with world.work(write=False) as work:
        at = work.now + timedelta(days=days)
    tick.advance_to(world.home, at, "test")


def name(world: World, absent: Actor, substitute: Actor, first: int = 0, last: int = 2) -> str:
    day = today(world)
    with world.work(absent) as work:
        wanted = Wanted(absent.ref, substitute.ref, day + timedelta(days=first), day + timedelta(days=last), WHY)
        return absences.make(work, wanted).ref


def told(world: World, who: Actor) -> list[str]:
    with world.work(write=False) as work:
        wanted = select(Notification.kind).where(Notification.account_id == who.user_id).order_by(Notification.id)
        return list(work.session.scalars(wanted))


@pytest.fixture
def held(world: World) -> list[str]:
    """Two tasks that `handler0` holds, one of them with a draft; a third that they delegated."""
    world.deploy(shared())
    refs = [world.open_tasks(world.case("shared"))[0][0] for _number in range(3)]
    with world.work(world.people[0]) as work:
        for ref in refs:
            desk.claim(work, ref)
        desk.keep_draft(work, refs[0], {"note": "写到一半"})
        handing.delegate(work, refs[2], world.people[2].ref)
    return refs


def test_the_pack_is_given_when_the_absence_begins_once_and_holds_everything(world: World, held) -> None:
    absent, substitute, _other = world.people
    ref = name(world, absent, substitute, first=1, last=3)
    sweep(world)
    assert told(world, substitute) == ["substitution.made"]
    with world.work(world.chief, write=False) as work, pytest.raises(NotFound):
        handover.given(work, ref)
    to_day(world, 1)
    assert told(world, substitute) == ["substitution.made", "handover.given"]
    with world.work() as work:  # said again: nothing more comes of it
        agenda.put_again(work, handover.BEGIN, f"{handover.BEGIN}:{ref}", work.now, subject=ref)
    sweep(world)
    with world.work(write=False) as work:
        assert [one.tasks for one in work.session.scalars(select(HandOver))] == [2]
    with world.work(world.chief, write=False) as work:
        pack = handover.page(work, ref)
        assert ([one.ref for one in pack.tasks], pack.drafts) == (held[:2], 1)
        assert [(one.ref, one.with_whom) for one in pack.delegated] == [(held[2], "丙")]
        content = files.content(work, handover.given(work, ref)).read()
        assert ZipFile(BytesIO(content)).testzip() is None
        assert work.session.scalars(select(StoredFile.purpose)).all() == ["handover"]


def test_the_pack_is_seen_by_the_two_people_while_it_lasts_and_by_their_head(world: World, held) -> None:
    absent, substitute, other = world.people
    ref = name(world, absent, substitute)
    for who in (absent, substitute, world.chief):
        with world.work(who, write=False) as work:
            assert handover.page(work, ref).absent == "甲"
            assert handover.sheet(work, ref)[:2] == b"PK"
    for who in (other, world.head):
        with world.work(who, write=False) as work, pytest.raises(NotFound):
            handover.page(work, ref)
    with world.work(absent) as work:
        absences.end(work, ref)
    assert told(world, substitute)[-1] == "substitution.ended"
    with world.work(substitute, write=False) as work, pytest.raises(NotFound):
        handover.page(work, ref)
    sweep(world)
    with world.work(write=False) as work:
        assert work.session.scalars(select(HandOver)).all() == []  # it ended before it was given


def test_the_page_says_who_stands_in_now_and_later_and_lists_the_people_of_a_head_alone(world: World, held) -> None:
    absent, substitute, other = world.people
    name(world, absent, substitute)
    name(world, other, substitute, first=5, last=6)
    with world.work(world.chief, write=False) as work:
        page = absences.page(work)
        assert [(one.absent, one.substitute) for one in page.running] == [("甲", "乙")]
        assert [(one.absent, one.substitute) for one in page.coming] == [("丙", "乙")]
        assert {one.name: one.held for one in page.people} == {"甲": 2, "乙": 0, "丙": 1, "戊": 0}
    with world.work(other, write=False) as work:
        page = absences.page(work)
        assert (page.people, [one.name for one in page.absents], len(page.running)) == ((), ["丙"], 0)


def test_the_head_of_a_department_sees_its_towns_people_with_their_offices_and_their_packs(world: World) -> None:
    with world.work() as work:
        town = organisations.by_code(work, "ps-town")
    people = [an_account(world.home, town, "town_post", login=f"post{n}", name=f"镇{n}") for n in range(2)]
    with world.work(world.head) as work:
        page = absences.page(work)
        assert [(one.name, one.near) for one in page.absents] == [("丁", True), ("镇0", False), ("镇1", False)]
        wanted = Wanted(people[0].ref, people[1].ref, work.today, work.today, WHY)
        ref = absences.make(work, wanted).ref
    sweep(world)
    with world.work(world.head, write=False) as work:
        assert handover.page(work, ref).absent == "镇0"
        assert handover.given(work, ref).purpose == "handover"
    with world.work(world.chief, write=False) as work, pytest.raises(NotFound):
        handover.page(work, ref)


def claimed_for(world: World, absent: Actor, substitute: Actor, ref: str) -> None:
    with world.work(write=False) as work:
        actor = staff.actor(work, staff.by_ref(work, substitute.ref))
    with world.work(actor) as work:
        assert desk.claim(work, ref).held_for == absent.user_id


def test_rights_that_ended_are_found_at_the_change_of_the_day_once_even_when_nothing_was_planned(world, held) -> None:
    absent, substitute, _other = world.people
    name(world, absent, substitute, last=1)
    claimed_for(world, absent, substitute, held[0])
    with world.work() as work:
        work.session.execute(delete(AgendaItem).where(AgendaItem.kind == RIGHTS_CHANGED))
        # another's role ends without a word
        work.session.execute(
            text("UPDATE role_grant SET until = :day WHERE account_id = :who"),
            {"day": (work.today - timedelta(days=1)).isoformat(), "who": world.people[2].user_id},
        )
    to_day(world, 1)
    assert states(world, held) == {held[0]: ("IN_PROGRESS", "乙"), held[1]: ("RESERVED", "甲"), held[2]: ("READY", "")}
    to_day(world, 9)  # over the last day, and over a week in which nobody looked
    assert states(world, held)[held[0]] == ("READY", "")
    with world.work(write=False) as work:
        keys = work.session.scalars(select(AgendaItem.key).where(AgendaItem.kind == RIGHTS_CHANGED)).all()
        assert len(keys) == len(set(keys)) == 2


def states(world: World, refs: list[str]) -> dict[str, tuple[str, str]]:
    names = {one.user_id: one.display for one in world.people}
    with world.work(write=False) as work:
        rows = work.session.scalars(select(HumanTask).where(HumanTask.ref.in_(refs)))
        return {one.ref: (one.state, names.get(one.assignee_id, "")) for one in rows}
