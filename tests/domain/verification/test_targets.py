"""To which agency a letter goes, and that a unit the norm does not name says which law lets it commission."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from domain import cases
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers
from domain.parties import organisations, topology
from domain.parties.organisations import Organisation
from domain.parties.topology import OrgEdge
from domain.verification import commissions
from domain.work import Work
from tests.domain.office import TODAY, Desk, account, case_of, household, paper
from tests.domain.verification.world import authorise

BASIS = "司法救助工作办法第九条"


def agency_of_pingshan(work: Work) -> Organisation:
    """From now on the county has an agency of its own."""
    made = Organisation(
        code="pingshan-agency", kind="agency", level="county", name="平山区核对中心", name_en="Pingshan agency",
        mark="平", jurisdiction="pingshan",
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    organisations.by_code(work, "pingshan").agency_id = made.id
    arranged = work.session.scalars(select(OrgEdge)).one()
    topology.end(work, arranged, TODAY.replace(day=9))
    return made


def drafted(work: Work, kind: str, agency: str, basis: str = "") -> Case:
    """A case whose letter is written and goes to this agency."""
    family = household(work, "甲某")
    case = case_of(work, family, kind)
    case.agency_id = organisations.by_code(work, agency).id
    work.session.flush()
    authorise(work, case, family)
    commissions.prepare(work, case, categories=["DEPOSIT"], basis=basis, by=account(work, "clerk"))
    return case


def issue(work: Work, case: Case) -> commissions.Commission:
    return commissions.issue(work, case, signed_on=TODAY, letter=paper(work, case), by=account(work, "head"))


@pytest.mark.clause("LF-18")
def test_an_application_goes_to_the_agency_of_the_departments_own_level_and_to_no_other(both: Desk) -> None:
    with both.acting("clerk") as work:
        agency_of_pingshan(work)
        over = drafted(work, cases.NEW, "benxi-agency")
        with pytest.raises(Conflict) as caught:
            issue(work, over)
        assert caught.value.clause == "LF-18"
        assert "county level" in str(caught.value)
        assert [one.state for one in commissions.of_case(work, over)] == ["DRAFT"]

        own = drafted(work, cases.NEW, "pingshan-agency")
        assert issue(work, own).state == "ISSUED"


@pytest.mark.clause("BX-25")
@pytest.mark.clause("LF-18")
def test_a_review_goes_to_the_city_where_the_notice_says_so_and_never_to_the_countys_agency(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        agency_of_pingshan(work)
        below = drafted(work, cases.DYNAMIC, "pingshan-agency")
        with pytest.raises(Conflict) as caught:
            issue(work, below)
        assert "BX-25" in str(caught.value)
        assert issue(work, drafted(work, cases.DYNAMIC, "benxi-agency")).state == "ISSUED"


@pytest.mark.clause("LF-18")
def test_a_county_without_an_agency_commissions_one_it_has_arranged_for_and_none_it_has_not(desk: Desk) -> None:
    with desk.acting("clerk") as work:
        arranged = work.session.scalars(select(OrgEdge)).one()
        assert issue(work, drafted(work, cases.NEW, "benxi-agency")).state == "ISSUED"
        topology.end(work, arranged, date(2027, 3, 9))
        with pytest.raises(Conflict) as caught:
            issue(work, drafted(work, cases.NEW, "benxi-agency"))
        assert caught.value.clause == "LF-18"


@pytest.mark.clause("LN-02")
@pytest.mark.clause("LN-37")
def test_a_department_the_norm_does_not_name_commissions_under_a_law_it_names_or_not_at_all(both: Desk) -> None:
    with both.acting("clerk") as work:
        department = organisations.by_code(work, "pingshan")
        for named in ("civil_affairs", "health", "medical_insurance", "education", "housing", "labour"):
            department.office_type = named
            work.session.flush()
            assert issue(work, drafted(work, cases.NEW, "benxi-agency")).state == "ISSUED"
        for other in ("disabled", "other"):
            department.office_type = other
            work.session.flush()
            with pytest.raises(InvalidAnswers) as caught:
                drafted(work, cases.NEW, "benxi-agency", basis="  ")
            assert "LN-37" in str(caught.value.fields["basis"])
            made = issue(work, drafted(work, cases.NEW, "benxi-agency", basis=BASIS))
            assert (made.state, made.basis) == ("ISSUED", BASIS)
