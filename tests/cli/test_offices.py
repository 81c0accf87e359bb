"""An office of every place that the topology files know is founded, told, and found in order."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from sqlalchemy import select

from cli import founding
from domain import rules
from domain.errors import NotFound
from domain.home import make_engine, open_home
from domain.identity import check_character
from domain.parties import topology
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, unit_of_work
from tasks.health import checks, machine_checks, operations
from tests.homes import settings_of
from tests.infrastructure.databases import SQLITE, Place, Template

Fresh = Callable[..., Place]
# place, its offices, departments that report, policy values that hold there: key, clause
PLACES: tuple[tuple[str, set[str], set[str], tuple[str, str]], ...] = (
    ("benxi", {"benxi-agency", "pingshan", "benxi-zone"}, set(), ("commission_target", "BX-17, BX-25")),
    ("linfen", {"linfen-agency", "yaodu", "hongtong"}, {"hongtong"}, ("rescue_first_allowed", "LF-14")),
    ("chengkou", {"chengkou-agency", "chengkou"}, set(), ("same_org_allowed", "CK-13")),
    ("inner-mongolia", {"manzhouli-agency", "erenhot", "abag", "sonid-left"}, set(), ("case_limit", "NM-08")),
    ("liaoning", {"liaoning-agency", "chaoyang-agency", "shenfu-agency", "pingshan"}, set(), ("route", "LN-10")),
)


def found(place: Place, city: str) -> None:
    first = "11010119800101001"
    number = first + check_character(first)
    founding.found_real(
        settings_of(place), lambda _sentence: None, city=city, login="admin", name="管理员", idno=number
    )


@pytest.mark.parametrize(("city", "offices", "without", "rule"), PLACES, ids=[one[0] for one in PLACES])
def test_each_of_the_five_places_is_founded_with_its_offices_and_its_rules(
    fresh_place: Callable[[str, Template], Place], city: str, offices: set[str], without: set[str],
    rule: tuple[str, str], request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    request.node.user_properties.append(("ran on", SQLITE))
    place = fresh_place(SQLITE, Template(f"founded-{city}", lambda one: found(one, city)))
    os.chmod(place.home, 0o700)
    home = open_home(settings_of(place), make_engine(settings_of(place)))
    with unit_of_work(home, OPERATOR, write=False) as work:
        there = {one.code: one for one in work.session.scalars(select(Organisation))}
        assert offices <= there.keys()
        lacking = {gap.office.code for gap in topology.gaps(work) if gap.kind == topology.NO_AGENCY}
        assert lacking == without
        key, clause = rule
        nearest = min(offices & {one.code for one in there.values() if one.kind == "department"})
        chain = rules.jurisdictions(work, there[nearest].id)
        assert rules.current(work).policies.resolve(key, chain, work.today).source_clause == clause
        wrong = [
            one for one in checks.of_office(work, operations.overview(work)) if one.state == machine_checks.PROBLEM
        ]
        assert [one.name for one in wrong if one.name not in {"backup", "proof"}] == []
    home.engine.dispose()


def test_a_place_nobody_knows_is_refused_before_anything_is_made(
    fresh_place: Callable[..., Place], request: pytest.FixtureRequest
) -> None:
    request.node.user_properties.append(("ran on", SQLITE))
    place = fresh_place(SQLITE)
    with pytest.raises(NotFound) as caught:
        found(place, "atlantis")
    assert "inner-mongolia" in str(caught.value)
    assert not founding.exists(settings_of(place))
