"""Standing in for somebody: the rights of the absent person, from the first to the last day, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from domain import sealing
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.home import Home
from domain.parties import rights, staff, substitutes
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.parties.rights import AccountSkill, AccountTown
from domain.parties.substitutes import Substitution, Wanted
from domain.work import OPERATOR, Actor, unit_of_work
from tests.infrastructure.databases import Place, Template
from tests.support import BARE_HOME, Offices, an_account, open_place, some_offices

WHY = "年休假"
FIRST, LAST = date(2027, 6, 15), date(2027, 6, 21)


@pytest.fixture
def home(database_kind: str, fresh_place: Callable[[str, Template], Place]) -> Iterator[Home]:
    """A demonstration home, once on each kind of database."""
    made = open_place(fresh_place(database_kind, BARE_HOME))
    yield made
    made.engine.dispose()


@pytest.fixture
def offices(home: Home) -> Offices:
    return some_offices(home)


@pytest.fixture
def absent(home: Home, offices: Offices) -> Account:
    return an_account(home, offices.agency, "agency_handler", "archivist", name="秦白露")


@pytest.fixture
def colleague(home: Home, offices: Offices) -> Account:
    return an_account(home, offices.agency, "agency_checker", name="宋谷雨")


def actor(home: Home, account: Account) -> Actor:
    with unit_of_work(home, OPERATOR, write=False) as work:
        return staff.actor(work, work.session.get_one(Account, account.id))


def named(absent: Account, colleague: Account) -> Wanted:
    return Wanted(absent.ref, colleague.ref, FIRST, LAST, WHY)


def make(home: Home, who: Account, wanted: Wanted) -> str:
    with unit_of_work(home, actor(home, who)) as work:
        return substitutes.make(work, wanted).ref


def rights_on(home: Home, account: Account, day: date) -> rights.Rights:
    with unit_of_work(home, OPERATOR, write=False) as work:
        shifted = replace(work, now=work.now + (day - work.today))
        return rights.of_account(shifted, account.id)


def test_who_is_away_lends_their_roles_from_the_first_to_the_last_day(home, absent, colleague):
    make(home, absent, named(absent, colleague))
    for day in (FIRST, LAST):
        held = rights_on(home, colleague, day)
        assert held.roles == {"agency_checker"}
        assert [(one.name, one.roles, one.last_day) for one in held.stands_for] == [
            ("秦白露", frozenset({"agency_handler", "archivist"}), LAST)
        ]
    assert rights_on(home, colleague, LAST + timedelta(days=1)).stands_for == ()
    assert rights_on(home, absent, FIRST).stands_for == ()


def test_a_role_that_the_absent_person_loses_is_not_lent_any_more(home, absent, colleague):
    make(home, absent, named(absent, colleague))
    with unit_of_work(home, OPERATOR) as work:
        staff.revoke(work, work.session.get_one(Account, absent.id), "archivist")
    assert rights_on(home, colleague, FIRST).stands_for[0].roles == {"agency_handler"}
    with unit_of_work(home, OPERATOR) as work:
        staff.disable(work, work.session.get_one(Account, absent.id))
    assert rights_on(home, colleague, FIRST).stands_for == ()


def test_only_the_roles_and_processes_named_are_lent_and_nothing_is_lent_on(home, offices, absent, colleague):
    wanted = replace(named(absent, colleague), roles=("archivist",), processes=("verification",))
    make(home, absent, wanted)
    third = an_account(home, offices.agency, "agency_reviewer")
    make(home, colleague, named(colleague, third))
    lent = rights_on(home, colleague, FIRST).stands_for[0]
    assert lent.roles == {"archivist"}
    assert (lent.covers("verification"), lent.covers("dynamic_review")) == (True, False)
    assert [one.name for one in rights_on(home, third, FIRST).stands_for] == ["宋谷雨"]
    assert rights_on(home, third, FIRST).stands_for[0].roles == {"agency_checker"}


def test_everybody_names_their_own_and_the_head_those_of_the_office(home, offices, absent, colleague):
    other = an_account(home, offices.agency, "agency_reviewer")
    with pytest.raises(NotPermitted):
        make(home, other, named(absent, colleague))
    head = an_account(home, offices.agency, "agency_head")
    make(home, head, named(absent, colleague))
    stranger = an_account(home, offices.department, "department_head")
    with pytest.raises(NotFound):
        make(home, stranger, named(absent, colleague))


def test_the_head_of_a_department_names_and_ends_them_for_its_towns_and_nobody_else_does(home, offices):
    away = an_account(home, offices.town, "town_post", name="甲白露")
    stays = an_account(home, offices.town, "town_post", name="乙谷雨")
    head = an_account(home, offices.department, "department_head")
    clerk = an_account(home, offices.department, "department_clerk")
    agency = an_account(home, offices.agency, "agency_head")
    for stranger in (clerk, agency):
        with pytest.raises(NotFound):
            make(home, stranger, named(away, stays))
    with pytest.raises(InvalidAnswers) as refused:  # somebody of the county does not stand in for a town
        make(home, head, named(away, clerk))
    assert set(refused.value.fields) == {"substitute"}
    ref = make(home, head, named(away, stays))
    assert [one.name for one in rights_on(home, stays, FIRST).stands_for] == ["甲白露"]
    with unit_of_work(home, actor(home, head), write=False) as work:
        assert [(one.absent, one.office.chinese, one.may_end) for one in substitutes.listing(work)] == [
            ("甲白露", work.session.get_one(Organisation, offices.town.id).name, True)
        ]
    for stranger in (clerk, agency):
        with unit_of_work(home, actor(home, stranger)) as work:
            assert substitutes.listing(work) == []
            with pytest.raises(NotFound):
                substitutes.end(work, ref)
    with unit_of_work(home, actor(home, head)) as work:
        substitutes.end(work, ref)
    assert rights_on(home, stays, FIRST).stands_for == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"last_day": FIRST - timedelta(days=1)}, "last_day"),
        ({"first_day": date(2027, 5, 1), "last_day": date(2027, 5, 2)}, "last_day"),
        ({"last_day": FIRST + timedelta(days=400)}, "last_day"),
        ({"reason": " "}, "reason"),
        ({"substitute": "nobody"}, "substitute"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(home, absent, colleague, change, field):
    with pytest.raises(InvalidAnswers) as refused:
        make(home, absent, replace(named(absent, colleague), **change))
    assert set(refused.value.fields) == {field}


def test_nobody_stands_in_for_themselves_or_twice_on_a_day(home, absent, colleague):
    with pytest.raises(InvalidAnswers):
        make(home, absent, named(absent, absent))
    make(home, absent, named(absent, colleague))
    with pytest.raises(Conflict):
        make(home, absent, replace(named(absent, colleague), first_day=LAST, last_day=LAST + timedelta(days=3)))
    make(home, absent, replace(named(absent, colleague), first_day=LAST + timedelta(days=1), last_day=date(2027, 7, 1)))


def test_it_is_ended_at_once_by_one_of_the_two_sides_and_the_reason_is_sealed(home, absent, colleague):
    ref = make(home, absent, named(absent, colleague))
    with unit_of_work(home, OPERATOR, write=False) as work:
        assert WHY.encode() not in work.session.scalars(select(Substitution.reason)).one()
    with unit_of_work(home, actor(home, colleague)) as work, pytest.raises(NotPermitted):
        substitutes.end(work, ref)
    with unit_of_work(home, actor(home, absent)) as work:
        line = substitutes.listing(work)[0]
        assert (line.substitute, line.reason, line.running, line.may_end) == ("宋谷雨", WHY, True, True)
        substitutes.end(work, ref)
    assert rights_on(home, colleague, FIRST).stands_for == ()
    with unit_of_work(home, actor(home, absent)) as work:
        assert [one.ref for one in substitutes.listing(work, over=True)] == [ref]
        with pytest.raises(Conflict):
            substitutes.end(work, ref)
    with unit_of_work(home, OPERATOR, write=False) as work:
        assert list(sealing.verify(work.session, home.vault)) == []


def test_skills_and_towns_come_with_the_roles_in_one_question(home, offices, absent):
    with unit_of_work(home, OPERATOR) as work:
        work.session.add(AccountSkill(account_id=absent.id, skill="vehicle"))
        work.session.add(AccountTown(account_id=absent.id, town_id=offices.town.id))
    me = actor(home, absent)
    assert (me.skills, me.towns) == (frozenset({"vehicle"}), frozenset({offices.town.id}))
    assert me.roles == {"agency_handler", "archivist"}
