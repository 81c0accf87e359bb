"""What people were trained for decides at once which tasks come to them, through the page and the worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from domain.journal import JournalEntry
from domain.parties import rights, staff
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.work import Actor
from scheduler import tick
from tasks.desk import desk
from tasks.rows.models import HumanTask
from tests.support import CHEAP, PASSWORD, an_account
from tests.torture.drawn import Drawing, chain, end, human, start
from tests.torture.world import STAFFED, World, open_world
from tests.webapp.conftest import sign_in, token_in
from webapp.app import create_app

SKILLED = (
    '<bpmn:extensionElements><camunda:properties><camunda:property name="skill" value="vehicle-registry" />'
    "</camunda:properties></bpmn:extensionElements>"
)


@pytest.fixture
def world(database_kind, fresh_place) -> Iterator[World]:
    made = open_world(fresh_place(database_kind, STAFFED))
    with made.work() as work:
        department = work.session.scalars(select(Organisation).where(Organisation.code == "ps-dept")).one()
    an_account(made.home, department, "department_clerk", login="clerk0", name="Clerk")
    made.deploy(Drawing("skilled", chain(start(), human("look", SKILLED, "department_clerk"), end())))
    yield made
    made.home.engine.dispose()


def signed_in(world: World, login: str, portal: str = "department"):
    app = create_app(world.home.settings, passwords=CHEAP)
    app.testing = True
    browser = app.test_client()
    assert sign_in(browser, login, PASSWORD, portal).status_code == 302
    return browser


def as_today(world: World, login: str) -> Actor:
    with world.work(write=False) as work:
        return staff.actor(work, staff.by_login(work, login))


def set_by_the_head(world: World, login: str, **values: object) -> int:
    browser = signed_in(world, "head")
    with world.work(write=False) as work:
        address = f"/people/{staff.by_login(work, login).ref}"
    token = token_in(browser.get(address).text)
    return int(browser.post(address, data={"csrf_token": token, **values}).status_code)


def test_the_head_enters_a_training_and_the_task_can_be_claimed_and_takes_it_away_and_it_goes_back(
    world: World,
) -> None:
    ref = world.open_tasks(world.case("skilled"))[0][0]
    assert signed_in(world, "clerk0").post(f"/tasks/{ref}/claim").status_code == 400, "not without a token"
    with world.work(as_today(world, "clerk0"), write=False) as work:
        assert rights.of_account(work, work.actor.person()).skills == frozenset()
    said = signed_in(world, "clerk0").get(f"/tasks/{ref}").text
    assert "Why you cannot take it" in said or "为什么您不能认领" in said

    assert set_by_the_head(world, "clerk0", skills="vehicle-registry, deposits") == 302
    with world.work(as_today(world, "clerk0")) as work:
        assert work.actor.skills == {"vehicle-registry", "deposits"}
        desk.claim(work, ref)
        desk.keep_draft(work, ref, {"note": "half done"})

    assert set_by_the_head(world, "clerk0", skills="deposits") == 302
    tick.sweep(world.home, "test")
    with world.work(write=False) as work:
        task = work.session.scalars(select(HumanTask).where(HumanTask.ref == ref)).one()
        assert (task.state, task.assignee_id) == ("READY", None)
        assert task.draft is not None
        told = list(work.session.scalars(select(JournalEntry.event).where(JournalEntry.subject == ref)))
        assert told[-1] == "task.rerouted"
        sets = work.session.scalars(select(JournalEntry).where(JournalEntry.event == "account.competence_set")).all()
        assert [one.body["skills"] for one in sets] == [["deposits", "vehicle-registry"], ["deposits"]]


def test_a_word_that_no_drawing_can_ask_for_is_refused_and_kept_on_the_page(world: World) -> None:
    assert set_by_the_head(world, "clerk0", skills="Ausweis_prüfen") == 422


def test_the_people_of_another_office_are_not_there_and_a_clerk_has_no_such_page(world: World) -> None:
    with world.work(write=False) as work:
        other = work.session.scalars(select(Account.ref).where(Account.login == "handler0")).one()
        own = work.session.scalars(select(Account.ref).where(Account.login == "clerk0")).one()
    assert signed_in(world, "head").get(f"/people/{other}").status_code == 404
    assert signed_in(world, "clerk0").get(f"/people/{own}").status_code == 403
    listed = signed_in(world, "head").get("/people").text
    assert f"/people/{own}" in listed
    assert f"/people/{other}" not in listed
