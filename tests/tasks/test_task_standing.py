"""The top of a task's page says in whose hands it is and for whom, and offers what is usual there; the head sees
it too."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.parties import staff
from tasks.desk import desk, handing, pausing
from tasks.pages import pages
from tests.torture.drawn import Drawing, chain, end, human, start
from tests.torture.world import STAFFED, open_world


@pytest.fixture
def world(database_kind, fresh_place):
    made = open_world(fresh_place(database_kind, STAFFED))
    yield made
    made.home.engine.dispose()


LOOK = Drawing("look_at", chain(start(), human("look"), end()))


def shown(world, actor, ref):
    """Holder, for whom, from whom, and the usual operations, as this person sees them."""
    with world.work(actor, write=False) as work:
        page = pages.task_page(work, ref)
        now = page.standing
        return now.state, now.holder, now.held_for, now.owner, [one.operation for one in now.usual]


def test_a_delegated_task_names_both_and_a_task_put_off_its_day_and_the_head_sees_both(world):
    world.deploy(LOOK)
    ref = world.open_tasks(world.case("look_at"))[0][0]
    first, second = world.people[:2]
    with world.work(first) as work:
        desk.claim(work, ref)
        name = staff.by_login(work, "handler0").name
    assert shown(world, first, ref) == ("RESERVED", name, "", "", ["suspend", "delegate"])
    with world.work(first) as work:
        other = staff.by_login(work, "handler1")
        handing.delegate(work, ref, other.ref)
        colleague = other.name
    assert shown(world, second, ref) == ("RESERVED", colleague, "", name, ["hand_back", "suspend"])
    assert shown(world, first, ref) == ("RESERVED", colleague, "", name, ["recall"])
    assert shown(world, world.chief, ref)[4] == ["assign", "suspend"]
    with world.work(second) as work:
        pausing.suspend(work, ref, work.now + timedelta(days=1), "The family is away.")
    assert shown(world, second, ref)[0::4] == ("SUSPENDED", ["resume"])
    assert shown(world, world.chief, ref)[0::4] == ("SUSPENDED", ["resume"])
