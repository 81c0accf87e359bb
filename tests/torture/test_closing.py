"""An account is closed while its person takes work: whichever comes first, none is closed with work in its name."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from domain.errors import Conflict, HouseError
from domain.parties import staff
from domain.parties.accounts import DISABLED, Account
from domain.parties.organisations import Organisation
from domain.work import Actor
from tasks.desk import desk, handing
from tasks.leaving import closing
from tasks.rows.models import OPEN, HumanTask
from tests.crowd import at_once
from tests.support import an_account
from tests.torture.drawn import shared
from tests.torture.world import HANDLER, World

pytestmark = pytest.mark.torture

ROUNDS = 12


@pytest.fixture
def racers(world: World) -> list[Actor]:
    """People whose accounts may be closed."""
    world.deploy(shared())
    with world.work() as work:
        agency = work.session.scalars(select(Organisation).where(Organisation.code == "ps-agency")).one()
    made = [an_account(world.home, agency, HANDLER, login=f"leaver{n}", name=f"离{n:02d}") for n in range(ROUNDS)]
    with world.work(write=False) as work:
        return [staff.actor(work, work.session.get_one(Account, one.id)) for one in made]


def a_task(world: World) -> str:
    return world.open_tasks(world.case("shared"))[0][0]


def close(world: World, who: Actor) -> None:
    with world.work() as work:
        closing.close(work, work.session.get_one(Account, who.user_id))


def closed_with_work(world: World) -> list[str]:
    """Refs of open tasks in the hands of closed accounts."""
    with world.work(write=False) as work:
        held = select(HumanTask.ref).join(Account, Account.id == HumanTask.assignee_id)
        return list(work.session.scalars(held.where(HumanTask.state.in_(OPEN), Account.state == DISABLED)))


def state_of(world: World, who: Actor) -> str:
    with world.work(write=False) as work:
        return work.session.get_one(Account, who.user_id).state


def refused(act: Callable[[], object]) -> BaseException | None:
    """What spoke against an act, where something of the rules did."""
    try:
        act()
    except (HouseError, IntegrityError) as problem:
        return problem
    return None


@pytest.mark.parametrize("way", ["claim", "assign"])
def test_who_takes_work_while_their_account_is_being_closed_does_not_get_it(world: World, racers, way) -> None:
    leaver, task, said = racers[0], a_task(world), []

    def take() -> None:
        who = leaver if way == "claim" else world.chief
        with world.work(who) as work:
            desk.claim(work, task) if way == "claim" else handing.assign(work, task, leaver.ref)

    with world.work() as work:
        closing.close(work, work.session.get_one(Account, leaver.user_id))
        work.session.flush()
        other = threading.Thread(target=lambda: said.append(refused(take)))
        other.start()
        other.join(1)
        assert other.is_alive(), "it waits until the closing is decided"
    other.join(30)
    assert said[0] is not None
    assert closed_with_work(world) == []
    assert state_of(world, leaver) == DISABLED


def test_an_account_whose_person_is_taking_work_is_not_closed(world: World, racers) -> None:
    leaver, task, said = racers[0], a_task(world), []
    with world.work(leaver) as work:
        desk.claim(work, task)
        work.session.flush()
        other = threading.Thread(target=lambda: said.append(refused(lambda: close(world, leaver))))
        other.start()
        other.join(1)
        assert other.is_alive(), "it waits until the claim is decided"
    other.join(30)
    assert isinstance(said[0], Conflict)
    assert closed_with_work(world) == []
    assert state_of(world, leaver) == "ACTIVE"


def test_of_a_claim_and_a_closing_at_once_one_is_done(world: World, racers) -> None:
    for leaver in racers:
        task = a_task(world)
        said: dict[str, BaseException | None] = {}

        def claim(leaver=leaver, task=task, said=said) -> None:
            def take() -> None:
                with world.work(leaver) as work:
                    desk.claim(work, task)

            said["claim"] = refused(take)

        def shut(leaver=leaver, said=said) -> None:
            said["close"] = refused(lambda: close(world, leaver))

        at_once(claim, shut)
        assert sum(problem is None for problem in said.values()) == 1, said
        assert closed_with_work(world) == []


def test_raw_sql_gives_no_work_to_a_closed_account_either(world: World, racers) -> None:
    close(world, racers[0])
    a_task(world)
    give = text("UPDATE human_task SET assignee_id = :who, state = 'RESERVED'")
    with pytest.raises(IntegrityError, match="NM-22"), world.work() as work:
        work.session.execute(give, {"who": racers[0].user_id})
    columns = [column.name for column in HumanTask.__table__.columns if column.name not in {"id", "ref", "token"}]
    shown = ", ".join({"assignee_id": str(racers[0].user_id)}.get(one, one) for one in columns)
    copy = f"INSERT INTO human_task (ref, token, {', '.join(columns)}) SELECT 'x', 'y', {shown} FROM human_task"
    with pytest.raises(IntegrityError, match="NM-22"), world.work() as work:
        work.session.execute(text(copy))
    assert closed_with_work(world) == []
