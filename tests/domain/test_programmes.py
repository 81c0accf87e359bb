"""Whom and what is verified: every programme by data, from its day on, and no decision without a report."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from domain import identity, rules
from domain.assistance import determinations, recipients
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import households, organisations
from domain.work import OPERATOR, unit_of_work
from tasks import starting
from tests.domain.office import Desk
from tests.domain.verification.papered import being, decide, delivered, drafted, verified
from tests.homes import Office
from tests.support import policy_files

SWITCHED = "value = { DIBAO = 2017-12-06, LOWINC = 2017-12-06, TEKUN = 2017-12-06 }"
EVERY = ("DIBAO", "LOWINC", "TEKUN", "MEDICAL", "TEMP", "EDU", "HOUSING", "DISABLED2")


def switched_on(office: Office, more: str, programmes: str = "") -> None:
    """The city's policy with other programmes, and the list of programmes with another one."""
    held = policy_files()
    city = held["benxi/2017-12-06.toml"].decode()
    assert SWITCHED in city
    changed = {"benxi/2017-12-06.toml": city.replace(SWITCHED, f"value = {{ {more} }}").encode()}
    if programmes:
        changed["programmes.toml"] = held["programmes.toml"] + programmes.encode()
    with unit_of_work(office.home, OPERATOR) as work:
        rules.deploy(work, {**held, **changed})


def family(office: Office, people: int, programme: str = "DIBAO") -> str:
    """Ref of a new household of so many people of the first town."""
    with unit_of_work(office.home, OPERATOR) as work:
        made = households.add_household(
            work, number=f"N{people}{programme}", department=organisations.by_code(work, "pingshan"),
            town=organisations.by_code(work, "pingshan-gongren"), programme=programme, address="工人街道1号",
        )  # fmt: skip
        for place in range(people):
            number = identity.make_demonstration(date(1970 + place, 2, 3), 400 + place + 10 * people)
            households.add_person(work, made, name=f"某{place}", idno=number, relation="本人" if not place else "子女")
        return made.ref


def started(office: Office, ref: str, programme: str = "") -> str:
    with unit_of_work(office.home, office.actor("town")) as work:
        return starting.start_new(work, ref, programme).ref


@pytest.mark.clause("BX-06")
@pytest.mark.parametrize("people", [1, 5])
def test_a_single_person_and_a_family_are_verified_once_at_a_time(office: Office, people: int) -> None:
    ref = family(office, people)
    case = started(office, ref)
    with pytest.raises(Conflict, match="still open"):
        started(office, ref)
    with office.home.sessions() as session:
        row = session.scalars(select(Case).where(Case.ref == case)).one()
        assert (row.kind, row.programme) == ("NEW", "DIBAO")


@pytest.mark.clause("BX-09")
def test_a_programme_is_verified_from_the_day_on_which_it_is_switched_on(office: Office) -> None:
    switched_on(office, "DIBAO = 2017-12-06, LOWINC = 2017-12-06, TEKUN = 2027-05-20")
    ref = family(office, 2, "TEKUN")
    with pytest.raises(InvalidAnswers) as refused:
        started(office, ref)
    assert "BX-09" in str(refused.value.fields["programme"])
    office.advance("2027-05-20T09:00:00+08:00")
    with office.home.sessions() as session:
        assert session.scalars(select(Case.programme).where(Case.ref == started(office, ref))).one() == "TEKUN"


@pytest.mark.clause("BX-10")
def test_a_ninth_programme_comes_by_data_alone(office: Office) -> None:
    ref = family(office, 1)
    with pytest.raises(InvalidAnswers):
        started(office, ref, "LEGALAID")
    ninth = '\n[[programme]]\ncode = "LEGALAID"\nzh = "法律援助"\nen = "Legal aid"\n'
    switched_on(office, "DIBAO = 2017-12-06, LEGALAID = 2027-01-01", ninth)
    with office.home.sessions() as session:
        made = started(office, ref, "LEGALAID")
        assert session.scalars(select(Case.programme).where(Case.ref == made)).one() == "LEGALAID"


@pytest.mark.clause("CK-01", "NM-05")
@pytest.mark.parametrize("programme", EVERY)
def test_no_programme_is_decided_without_a_delivered_report(desk: Desk, programme: str) -> None:
    with desk.acting() as work:
        case, people, _members = verified(work)
        case.programme = programme
        for step in (lambda: None, lambda: drafted(work, case)):
            step()
            for outcome in ("APPROVE", "REJECT"):
                with pytest.raises(Conflict):
                    decide(work, case, outcome)
        assert recipients.of_household(work, people, programme) is None
        delivered(work, case)
        decide(work, case, "APPROVE")
        found = recipients.of_household(work, people, programme)
        assert found is not None and found.state == "ACTIVE"


@pytest.mark.clause("NM-09")
def test_the_report_is_what_a_decision_rests_on_and_decides_nothing_itself(desk: Desk) -> None:
    with desk.acting() as work:
        case, people, _members = verified(work)
        report = delivered(work, case)
        assert recipients.of_household(work, people, "DIBAO") is None  # whatever the report says
        with pytest.raises(NotPermitted, match="LF-17"):
            determinations.decide(being(work, "reviewer"), case, determinations.Decision("APPROVE", "a", "b"))
        assert decide(work, case, "APPROVE").report_id == report.id
