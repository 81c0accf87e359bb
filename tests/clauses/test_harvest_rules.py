"""Rules that hold by how the house is built: the whole household, the rules of a case's first day, the own level first.

Each test shows first what is refused or does not hold without the rule's condition, then the effect with it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from domain import cases, rules
from domain.assistance import duplicates, recipients
from domain.assistance.determinations import Determination
from domain.assistance.recipients import Recipient
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import organisations
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.policy_shipped import read_files
from domain.verification import catalogue, catalogue_gaps, doubts
from domain.verification.catalogue_gaps import Gap
from domain.work import Work
from tests.domain.office import POLICIES, Desk, case_of, household, people
from tests.domain.verification.catalogued import keeper
from tests.domain.verification.papered import being, decide, delivered, doubted, listed, review, verified

# --- the whole household (NM-16) -------------------------------------------------------------------------------


def _alone(work: Work, family: Household, place: int) -> Case:
    """An application of one member of a family as a household of its own."""
    single = household(work, "甲某")
    people(work, single)[0].idno_blind = people(work, family)[place].idno_blind
    return case_of(work, single)


@pytest.mark.clause("NM-16")
def test_a_household_enters_and_leaves_the_roll_whole(both: Desk) -> None:
    """No row of the roll or of a decision names a person: all members are on it until all of them leave it."""
    with both.acting() as work:
        case, family, members = verified(work)
        alone = [_alone(work, family, place) for place in range(len(members))]
        for one in alone:
            duplicates.must_stand_alone(work, one)  # on no roll yet, none of them
        delivered(work, case)
        decide(work, case, "APPROVE")
        for one in alone:  # now every member is on it, whoever applied
            with pytest.raises(Conflict) as refused:
                duplicates.must_stand_alone(work, one)
            assert refused.value.clause == "NM-21"
        on_roll = recipients.of_household(work, family, "DIBAO")
        assert on_roll is not None
        again = f"INSERT INTO recipient (ref, household_id, programme, unit_id, state, since) SELECT 'one', household_id, programme, unit_id, 'STOPPED', since FROM recipient WHERE id = {on_roll.id}"  # noqa: E501  a number of ours
        with pytest.raises(IntegrityError), work.session.begin_nested():
            work.session.execute(text(again))
    for table in (Recipient.__table__, Determination.__table__):
        assert "person" not in {key.column.table.name for key in table.foreign_keys}


@pytest.mark.clause("NM-16")
def test_after_a_review_stopped_a_household_no_member_is_left_on_the_roll(both: Desk) -> None:
    """A doubt about one member ends the assistance of all of them or of none."""
    with both.acting() as work:
        case, family, members = verified(work, cases.DYNAMIC)
        recipients.enrol(work, family, "DIBAO", organisations.by_code(work, "pingshan"), date(2026, 1, 1))
        listed(work, case)
        doubt = doubted(work, case, members[0])
        doubts.settle(being(work, "town"), doubt, "TRUE", "存折属实")
        alone = [_alone(work, family, place) for place in range(len(members))]
        for one in alone:
            with pytest.raises(Conflict):
                duplicates.must_stand_alone(work, one)
        review(work, case, "STOP")
        for one in alone:
            duplicates.must_stand_alone(work, one)


# --- the decision is the department's (CK-13) ------------------------------------------------------------------

BY_THE_AGENCY = (
    "INSERT INTO determination (ref, case_id, ordinal, report_id, outcome, reason, basis, effective_on, org_id,"
    " org_kind, decided_by, decided_at) SELECT 'x', case_id, 9, report_id, 'REJECT', reason, basis, effective_on,"
    " (SELECT id FROM organisation WHERE code = 'benxi-agency'), 'agency', decided_by, decided_at FROM determination"
)


@pytest.mark.clause("CK-13")
@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("UPDATE determination SET outcome = 'REJECT'", "CK-13"),
        ("DELETE FROM determination", "CK-13"),
        (BY_THE_AGENCY, "by_department"),
    ],
)
def test_the_database_takes_no_decision_of_an_agency_and_keeps_the_departments(
    both: Desk, act: str, words: str
) -> None:
    """Whoever gathered cannot write a decision, change one or take one away, not even by hand."""
    with both.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        decide(work, case, "APPROVE")
    with pytest.raises(DBAPIError, match=words), both.home.engine.begin() as raw:
        raw.execute(text(act))
    with both.home.sessions() as session:
        (kept,) = session.scalars(select(Determination)).all()
        assert (kept.outcome, kept.org_kind, kept.ordinal) == ("APPROVE", "department", 1)


DECIDED = text(
    "INSERT INTO determination (ref, case_id, ordinal, report_id, outcome, reason, basis, org_id, org_kind, decided_by,"
    " decided_at) VALUES ('x', :case, 1, :report, :outcome, :words, :words, :org, 'department', :person, :at)"
)


@pytest.mark.clause("CK-01", "NM-05", "BX-20", "BX-21")
@pytest.mark.parametrize("outcome", ["APPROVE", "REJECT", "STOP", "ADJUST", "CONTINUE"])
def test_the_database_takes_no_decision_that_names_no_report(both: Desk, outcome: str) -> None:
    """Whatever is decided rests on a report of its own; with the report the same row is taken."""
    with both.acting() as work:
        case, _family, _members = verified(work)
        report = delivered(work, case)
        row = {
            "case": case.id, "report": report.id, "outcome": outcome, "words": b"x", "org": case.department_id,
            "person": being(work, "head").actor.person(), "at": "2027-03-10 02:00:00",
        }  # fmt: skip
    with pytest.raises(IntegrityError, match="after_report"), both.home.engine.begin() as raw:
        raw.execute(DECIDED, {**row, "report": None})
    with both.home.engine.begin() as raw:
        assert raw.execute(DECIDED, row).rowcount == 1


# --- the rules of a case's first day (LN-39) -------------------------------------------------------------------

OF_2021 = datetime(2021, 5, 10, 2, 0, tzinfo=UTC)
DAY_BEFORE = datetime(2022, 8, 24, 15, 0, tzinfo=UTC)  # 24 August, 23:00 in the office
FIRST_DAY = datetime(2022, 8, 24, 17, 0, tzinfo=UTC)  # 25 August, 01:00


def _routes(work: Work, case: Case) -> tuple[str, str, object]:
    kept = rules.of_case(work, case)
    return kept.value("route"), kept.resolve("route").source_clause, kept.value("cross_region.limit")


@pytest.mark.clause("LN-39")
def test_a_case_of_2021_keeps_the_old_rules_and_one_of_the_first_day_has_the_new_ones(both: Desk) -> None:
    """Until 24 August 2022 the norm of Liaoning does not hold; a case begun before never comes under it."""
    old = []
    for moment in (OF_2021, DAY_BEFORE):
        with both.acting(now=moment) as work:
            old.append(case_of(work, household(work)))
            assert _routes(work, old[-1])[0] == "chain"
            assert rules.due(work, old[-1], "cross_region.limit").at is None
    with both.acting(now=FIRST_DAY) as work:
        new = case_of(work, household(work))
        route, source, limit = _routes(work, new)
        assert (route, source) == ("direct", "LN-10")
        assert (limit.length, limit.unit) == (30, "working")  # type: ignore[attr-defined]
        assert rules.due(work, new, "cross_region.limit").source == "LN-12"
        for case in old:  # read after the new norm began
            assert _routes(work, case)[0] == "chain" and _routes(work, case)[2] is None
            assert rules.due(work, case, "cross_region.limit").at is None


@pytest.mark.clause("LN-39")
def test_a_norm_that_ends_or_is_replaced_holds_for_the_cases_begun_under_it(both: Desk) -> None:
    """A successor of the norm is put in force: the case of its first years keeps thirty days, the next has twenty."""
    with both.acting(now=FIRST_DAY) as work:
        case = case_of(work, household(work))
    shipped = read_files(POLICIES)
    text_of = shipped["liaoning/2022-08-25.toml"].decode()
    assert text_of.count("valid_from = 2022-08-25") == 1
    successor = text_of.replace("valid_from = 2022-08-25", "valid_from = 2027-03-01").replace(
        'value = { length = 30, unit = "working" }\nsource = "LN-12"',
        'value = { length = 20, unit = "working" }\nsource = "LN-12"',
    )
    with both.acting() as work:  # 10 March 2027
        before = case_of(work, household(work))
        assert _routes(work, before)[2].length == 30  # type: ignore[attr-defined]
        rules.deploy(work, {**shipped, "liaoning/2027-03-01.toml": successor.encode()})
        after = case_of(work, household(work))
        lengths = [_routes(work, one)[2].length for one in (case, before, after)]  # type: ignore[attr-defined]
        assert lengths == [30, 30, 20]


# --- what is shared at the own level (NM-03) -------------------------------------------------------------------


def _office(work: Work, code: str, kind: str, level: str, parent: Organisation | None) -> Organisation:
    made = Organisation(
        code=code, kind=kind, level=level, name=code, name_en=code, jurisdiction="inner-mongolia",
        supplier_kind="housing_fund" if kind == "supplier" else None, parent_id=parent.id if parent else None,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    return made


def _gap(work: Work, agency: Organisation, category: str = "HPF") -> Gap:
    (line,) = [line for line in catalogue_gaps.gaps(work, agency) if line.category == category]
    return line.gap


@pytest.mark.clause("NM-03")
def test_what_a_banner_does_not_share_itself_stands_on_its_list_until_it_does(both: Desk) -> None:
    """The housing fund is nobody's, then the region's, then the league's, then the banner's own; only that ends it."""
    with both.acting() as work:
        region = _office(work, "nm-agency", "agency", "province", None)
        league = _office(work, "league-agency", "agency", "city", region)
        banner = _office(work, "banner-agency", "agency", "county", league)
        assert _gap(work, banner) == Gap.NONE
        # what the region cannot connect, or not in real time, stands first in the list
        assert catalogue_gaps.gaps(work, banner)[0].gap == Gap.NONE
        steps = (("province", Gap.UPPER, Gap.UPPER), ("city", Gap.UPPER, Gap.OWN), ("county", Gap.OWN, Gap.OWN))
        for level, of_banner, of_league in steps:
            catalogue.add_resource(work, _office(work, f"fund-{level}", "supplier", level, region), "HPF")
            assert (_gap(work, banner), _gap(work, league)) == (of_banner, of_league)


@pytest.mark.clause("NM-03")
def test_how_far_a_banner_has_come_is_written_by_itself_alone(both: Desk) -> None:
    """Another office's note and an empty one are refused; the banner's own stands beside its gap."""
    with both.acting() as work:
        banner = _office(work, "banner-agency", "agency", "county", None)
        keeping = keeper(work, both)
        with pytest.raises(NotPermitted):
            catalogue_gaps.note(keeping, banner, "HPF", "由他人代写")
        own = keeping.acting(replace(keeping.actor, org_id=banner.id, org_level="county"))
        with pytest.raises(InvalidAnswers):
            catalogue_gaps.note(own, banner, "HPF", " ")
        catalogue_gaps.note(own, banner, "HPF", "公积金中心九月起逐日传送")
        (line,) = [line for line in catalogue_gaps.gaps(work, banner) if line.category == "HPF"]
        assert line.note is not None and line.note.note == "公积金中心九月起逐日传送"
