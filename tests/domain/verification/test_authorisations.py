"""Authorisations: who signs, what is refused, and which of them hold on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import cases
from domain.assistance.determinations import Determination
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import households
from domain.parties.households import Household, Person
from domain.verification import authorisations, collecting
from domain.verification.authorisations import SCOPES, in_force, inventory, wide_enough
from domain.work import Work
from tests.domain.office import (
    DAY_BEFORE,
    NOW,
    TODAY,
    Desk,
    account,
    case_of,
    household,
    idno,
    paper,
    people,
)
from tests.domain.verification.world import authorise

CHILD = date(2018, 5, 1)


def sign(work: Work, case: cases.Case, person: Person, **options: object) -> collecting.Collected:
    chosen = {"signed_on": DAY_BEFORE, "scan": paper(work, case), **options}
    return collecting.collect(work, case, person, **chosen)  # type: ignore[arg-type]


def why(work: Work, family: Household, on: date = TODAY, **options: object) -> list[str]:
    return [line.why for line in inventory(work, family, on, **options)]  # type: ignore[arg-type]


@pytest.mark.clause("BX-11")
def test_a_signed_authorisation_holds_from_its_day_on(both: Desk) -> None:
    with both.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        (person,) = people(work, family)
        made = sign(work, case, person)

        assert made.warning is None and made.authorisation.number.startswith("平授〔2027〕")
        assert in_force(work, person, TODAY) is made.authorisation
        assert in_force(work, person, DAY_BEFORE - timedelta(days=1)) is None


def test_an_authorisation_needs_its_scan_and_is_never_signed_tomorrow(desk: Desk) -> None:
    with desk.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        with pytest.raises(InvalidAnswers) as caught:
            sign(work, case, people(work, family)[0], signed_on=TODAY + timedelta(days=1), scan=None)
        assert set(caught.value.fields) == {"signed_on", "scan"}


def test_an_agency_collects_no_authorisations(desk: Desk) -> None:
    with desk.acting("checker") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        with pytest.raises(NotPermitted):
            sign(work, case, people(work, family)[0])


@pytest.mark.clause("BX-13")
def test_a_person_without_capacity_does_not_sign_and_the_registered_guardian_does(both: Desk) -> None:
    with both.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        ward = households.add_person(work, family, name="乙某", idno=idno(), relation="子", capacity="NONE")
        other = households.add_person(work, family, name="丙某", idno=idno(), relation="子", capacity="NONE")
        guardian = households.add_guardian(work, ward, name="甲某", idno=idno(), relation="父母")
        stranger = households.add_guardian(work, other, name="丁某", idno=idno(), relation="父母")

        for refused in (
            {},
            {"signer": "GUARDIAN"},
            {"signer": "GUARDIAN", "guardian": stranger, "guardian_proof": paper(work, case)},
            {"signer": "GUARDIAN", "guardian": guardian},  # no proof of guardianship on file
        ):
            with pytest.raises(InvalidAnswers) as caught:
                sign(work, case, ward, **refused)
            assert "BX-13" in str(next(iter(caught.value.fields.values())))
        made = sign(work, case, ward, signer="GUARDIAN", guardian=guardian, guardian_proof=paper(work, case))

        assert made.authorisation.guardian_id == guardian.id
        assert households.guardian_view(work, guardian).proved


@pytest.mark.clause("BX-13")
def test_a_child_is_signed_for_and_a_capable_adult_is_not(desk: Desk) -> None:
    with desk.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        (adult,) = people(work, family)
        child = households.add_person(work, family, name="乙某", idno=idno(CHILD), relation="子")
        proof = paper(work, case)
        of_child = households.add_guardian(work, child, name="甲某", idno=idno(), relation="父母", proof=proof)
        of_adult = households.add_guardian(work, adult, name="丁某", idno=idno(), relation="配偶", proof=proof)

        with pytest.raises(InvalidAnswers):
            sign(work, case, child)
        with pytest.raises(InvalidAnswers):
            sign(work, case, adult, signer="GUARDIAN", guardian=of_adult)
        sign(work, case, child, signer="GUARDIAN", guardian=of_child)
        sign(work, case, adult)
        assert why(work, family) == ["", ""]


@pytest.mark.clause("BX-15")
def test_a_narrower_scope_is_recorded_with_a_warning_and_never_holds(both: Desk) -> None:
    with both.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        made = sign(work, case, people(work, family)[0], scope="PROVINCE")

        assert made.warning is not None
        assert why(work, family) == ["AUTH_SCOPE"]


@given(st.sampled_from(SCOPES), st.sampled_from(SCOPES))
def test_a_scope_is_wide_enough_exactly_when_it_is_not_narrower(given_scope: str, demanded: str) -> None:
    assert (given_scope in wide_enough(demanded)) == (SCOPES.index(given_scope) <= SCOPES.index(demanded))


def test_a_withdrawn_authorisation_holds_no_longer_and_is_withdrawn_once(both: Desk) -> None:
    with both.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        made = sign(work, case, people(work, family)[0]).authorisation
        authorisations.withdraw(work, made, on=TODAY, reason="本人要求")

        assert why(work, family) == ["WITHDRAWN"]
        assert in_force(work, people(work, family)[0], DAY_BEFORE) is made
        with pytest.raises(Conflict):
            authorisations.withdraw(work, made, on=TODAY, reason="再次")


def test_a_fixed_term_runs_out_after_its_last_day(desk: Desk) -> None:
    with desk.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        person = people(work, family)[0]
        with pytest.raises(InvalidAnswers):
            sign(work, case, person, until_rule="FIXED_TERM")
        sign(work, case, person, until_rule="FIXED_TERM", valid_until=TODAY)

        assert why(work, family) == [""]
        assert why(work, family, TODAY + timedelta(days=1)) == ["EXPIRED"]


@pytest.mark.clause("NM-07")
def test_everybody_signs_anew_when_the_members_change(both: Desk) -> None:
    with both.acting("town") as work:
        family = household(work, "甲某", "乙某", "丙某")
        case = case_of(work, family)
        authorise(work, case, family)
        households.leave(work, people(work, family)[2], TODAY)
        assert why(work, family) == ["CHANGED", "CHANGED"]

        authorise(work, case, family, signed_on=TODAY)
        assert why(work, family) == ["", ""]

        households.add_person(
            work, family, name="丁某", idno=idno(), relation="子", joined_on=TODAY + timedelta(days=1)
        )
        assert why(work, family, TODAY + timedelta(days=1)) == ["CHANGED", "CHANGED", "NEVER"]


def closed_against(work: Work, case: cases.Case, outcome: str = "REFUSE_INTAKE") -> None:
    work.session.add(
        Determination(
            case_id=case.id,
            outcome=outcome,
            reason=b"s",
            basis=b"s",
            org_id=case.department_id,
            decided_by=account(work, "head"),
            decided_at=NOW,
        )
    )
    work.session.flush()


@pytest.mark.parametrize("rule", ["ON_DECISION_NEGATIVE", "WHILE_RECEIVING"])
def test_a_negative_decision_ends_it_once_the_case_is_closed(both: Desk, rule: str) -> None:
    with both.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        sign(work, case, people(work, family)[0], until_rule=rule)
        closed_against(work, case)
        assert why(work, family) == [""], "the re-check of an open case still rests on it"

        case.state, case.closed_at = cases.DONE, NOW
        work.session.flush()
        assert why(work, family) == ["ENDED"]
        assert why(work, family, DAY_BEFORE) == [""]

        again = case_of(work, family)
        sign(work, again, people(work, family)[0], until_rule=rule, signed_on=TODAY)
        assert why(work, family) == [""], "a new application brings a new one"


@pytest.mark.clause("NM-07")
def test_the_inventory_says_for_each_member_whether_and_why_not(desk: Desk) -> None:
    with desk.acting("town") as work:
        family = household(work, "甲某", "乙某")
        case = case_of(work, family)
        sign(work, case, people(work, family)[0])
        first, second = inventory(work, family, TODAY)

        assert first.authorisation is not None and first.why == ""
        assert second.authorisation is None and second.why == "NEVER" and second.sentence is not None
        assert [line.why for line in inventory(work, family, TODAY, signed_by=DAY_BEFORE - timedelta(days=1))] == [
            "LATER",
            "NEVER",
        ]
