"""Declared against found: every person and category of the letter has its line, whatever came."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from domain.errors import Conflict
from domain.parties.households import Person
from domain.verification import catalogue, comparison, measures, queries, results, surveys
from domain.verification.comparison import ComparisonLine, LineView
from domain.verification.measures import Row
from domain.work import SCHEDULER
from tests.domain.office import TODAY, Desk, case_of, household
from tests.domain.verification.sourced import (
    EVERYTHING,
    accepted_case,
    answered,
    as_role,
    declared,
    match,
    planned,
    ready,
    sitting,
    sources,
    supplier,
    yuan,
)
from tests.domain.verification.test_surveys import VISIT


def _of(lines: list[LineView], person: Person, category: str) -> LineView:
    return next(line for line in lines if (line.person, line.category) == (person.ref, category))


@pytest.mark.clause("CK-12")
def test_the_five_verdicts_stand_beside_declared_and_found(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)
        case, family, (first, second) = accepted_case(work)
        declared(
            work,
            family,
            {
                (first, "DEPOSIT"): yuan("5000"),
                (second, "DEPOSIT"): yuan("900"),
                (first, "VEHICLE"): {"count": 1},
                (second, "PENRCV"): yuan("1200"),
            },
        )
        made = planned(work, case)
        bank, cars, police = (ready(work, offered[name]) for name in ("DEPOSIT", "VEHICLE", "DEATH"))
        answered(
            work,
            made["DEPOSIT"],
            bank,
            match(first, bank, bank="农行", account="1", balance="3000.00"),
            match(first, bank, bank="工行", account="2", balance="9000.25"),
            match(second, bank, bank="农行", account="3", balance="850.00"),
        )
        answered(work, made["VEHICLE"], cars, match(second, cars, plate="辽E1", status="正常"))
        answered(work, made["DEATH"], police, match(second, police, died="2027-01-02"))
        lines = comparison.build(work, case)
        seen = {(line.category, line.person == first.ref): (line.verdict, line.declared, line.found) for line in lines}
        assert seen == {
            ("DEPOSIT", True): ("UNDER", Decimal(5000), Decimal("12000.25")),
            ("DEPOSIT", False): ("EQUAL", Decimal(900), Decimal("850.00")),  # within the tolerance of the policy
            ("VEHICLE", True): ("OVER", Decimal(1), Decimal(0)),
            ("VEHICLE", False): ("UNDECLARED", None, Decimal(1)),
            ("DEATH", True): ("EQUAL", None, Decimal(0)),
            ("DEATH", False): ("UNDECLARED", None, Decimal(1)),
            ("PENRCV", True): ("NOT_OBTAINED", None, None),
            ("PENRCV", False): ("NOT_OBTAINED", Decimal(1200), None),
        }
        line = _of(lines, first, "DEPOSIT")
        assert (line.difference, line.count, line.unit, line.data_date) == (Decimal("7000.25"), 2, "yuan", TODAY)
        rows = work.session.scalars(select(ComparisonLine)).all()
        assert not any(b"12000" in row.value for row in rows)


@pytest.mark.clause("LN-16")
@pytest.mark.clause("LF-09")
def test_nothing_that_is_missing_holds_the_comparison_up(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        sources(work)
        case, _family, _people = accepted_case(work)
        made = planned(work, case)
        queries.give_up(work.acting(SCHEDULER), made["DEPOSIT"], queries.TIMEOUT)
        queries.give_up(work.acting(SCHEDULER), made["PENRCV"], queries.NOT_SHARED)
        reasons = {(line.category, line.verdict, line.reason, line.found) for line in comparison.build(work, case)}
        assert reasons == {
            ("DEPOSIT", "NOT_OBTAINED", "TIMEOUT", None),
            ("PENRCV", "NOT_OBTAINED", "NOT_SHARED", None),
            ("DEATH", "NOT_OBTAINED", "PENDING", None),
            ("VEHICLE", "NOT_OBTAINED", "PENDING", None),
        }


@pytest.mark.clause("LN-28")
def test_there_is_no_line_beyond_the_letter(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, family, members = accepted_case(work, categories=("DEPOSIT",))
        declared(work, family, {(members[0], "VEHICLE"): {"count": 1}})
        planned(work, case)
        lines = comparison.build(work, case)
        assert {(line.person, line.category) for line in lines} == {(person.ref, "DEPOSIT") for person in members}


@pytest.mark.clause("LF-08")
def test_an_investigation_fills_the_line_and_says_so(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        sources(work)
        case, family, (first, second) = accepted_case(work)
        declared(work, family, {(first, "DEPOSIT"): yuan("3000")})
        deposit = planned(work, case)["DEPOSIT"]
        queries.give_up(work.acting(SCHEDULER), deposit, queries.TIMEOUT)
        found = [surveys.Finding(first.ref, True, Decimal(8000), text="存折"), surveys.Finding(second.ref, False)]
        surveys.record(as_role(work, desk, "town"), case, deposit, replace(VISIT, findings=found))
        lines = comparison.build(work, case)
        line = _of(lines, first, "DEPOSIT")
        assert (line.source, line.verdict, line.found, line.text) == ("OFFLINE", "UNDER", Decimal(8000), "存折")
        other = _of(lines, second, "DEPOSIT")
        assert (other.source, other.verdict, other.reason) == ("SOURCE", "NOT_OBTAINED", "TIMEOUT")


def test_building_twice_changes_nothing(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)
        case, family, (first, _second) = accepted_case(work)
        made = planned(work, case)
        bank = ready(work, offered["DEPOSIT"])
        answered(work, made["DEPOSIT"], bank, match(first, bank, account="1", balance="3000.00"))
        before = comparison.build(work, case)
        declared(work, family, {(first, "DEPOSIT"): yuan("3000")})
        assert comparison.build(work, case) == before
        assert len(work.session.scalars(select(ComparisonLine)).all()) == len(before) == 2 * len(EVERYTHING)


def test_a_household_figure_is_laid_upon_its_members(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, family, (first, second) = accepted_case(work)
        declared(work, family, {(None, "DEPOSIT"): yuan("3000"), (None, "VEHICLE"): {"count": 0}})
        made = planned(work, case)
        bank, cars = ready(work, offered["DEPOSIT"]), ready(work, offered["VEHICLE"])
        answered(
            work,
            made["DEPOSIT"],
            bank,
            match(first, bank, account="1", balance="1000.00"),
            match(second, bank, account="2", balance="9000.00"),
        )
        answered(work, made["VEHICLE"], cars, match(second, cars, plate="辽E1"))
        lines = comparison.build(work, case)
        assert _of(lines, first, "DEPOSIT").verdict == "EQUAL"
        assert (_of(lines, second, "DEPOSIT").verdict, _of(lines, second, "DEPOSIT").declared) == (
            "UNDER",
            Decimal(2000),
        )
        assert _of(lines, second, "VEHICLE").verdict == "UNDECLARED"


@pytest.mark.clause("CK-09")
def test_a_hit_by_name_alone_is_not_counted_as_found(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, (first, _second) = accepted_case(work)
        made = planned(work, case)
        bank = ready(work, offered["DEPOSIT"])
        answered(work, made["DEPOSIT"], bank, match(first, bank, kind="NAME_ONLY", account="1", balance="90000.00"))
        line = _of(comparison.build(work, case), first, "DEPOSIT")
        assert (line.verdict, line.found, line.rows) == ("EQUAL", Decimal(0), ())


def test_a_recheck_replaces_what_it_asked_again_and_keeps_the_rest(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        offered = sources(work)
        case, _family, (first, second) = accepted_case(work)
        made = planned(work, case)
        bank, cars = ready(work, offered["DEPOSIT"]), ready(work, offered["VEHICLE"])
        answered(
            work,
            made["DEPOSIT"],
            bank,
            match(first, bank, account="1", balance="9000.00"),
            match(second, bank, account="2", balance="7000.00"),
        )
        answered(work, made["VEHICLE"], cars, match(first, cars, plate="辽E1"))
        first_lines = comparison.build(work, case)
        again = queries.plan_again(work, case, "DEPOSIT", [first], 1)[0]
        queries.send(work, again)
        newer = ready(work, offered["DEPOSIT"])
        answered(work, again, newer, match(first, newer, account="1", balance="90.00"))
        lines = comparison.build(work, case)
        assert _of(first_lines, first, "DEPOSIT").found == Decimal(9000)
        assert (_of(lines, first, "DEPOSIT").found, _of(lines, first, "DEPOSIT").verdict) == (Decimal(90), "EQUAL")
        assert _of(lines, second, "DEPOSIT").found == Decimal(7000)
        assert _of(lines, first, "VEHICLE").found == Decimal(1)
        assert comparison.lines(work, case, 0) == first_lines


@pytest.mark.clause("LF-16")
def test_without_an_accepted_commission_there_is_nothing_to_compare(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        with pytest.raises(Conflict) as refused:
            comparison.build(work, case_of(work, household(work)))
        assert refused.value.clause == "LF-16"


def _row(id: int, distance: int = 0, day: date = TODAY, **values: str) -> Row:
    return Row(id, str(id), distance, day, "", values)


@pytest.mark.clause("LF-05")
def test_of_one_thing_told_twice_the_own_level_counts_and_the_conflict_is_said() -> None:
    own = _row(1, account="1", balance="10.00")
    upper = _row(2, distance=1, account="1", balance="99.00")
    other = _row(3, distance=1, account="2", balance="5.00")
    found = measures.total("DEPOSIT", [upper, own, other])
    assert (found.value, found.count, found.conflict) == (Decimal("15.00"), 2, True)
    assert not measures.total("DEPOSIT", [own, other]).conflict


@pytest.mark.clause("LF-05")
def test_what_both_levels_answered_is_kept_and_the_own_level_is_shown_with_the_conflict(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        own = sources(work)["DEPOSIT"]
        upper = catalogue.add_resource(work, supplier(work, "head-bank", "province"), "DEPOSIT")
        case, _family, (first, second) = accepted_case(work, categories=("DEPOSIT",))
        handler = as_role(work, both, "handler")
        with pytest.raises(Conflict) as refused:  # the level above in place of the own one, without saying why
            queries.plan(handler, case, [upper.ref], "只查省级")
        assert refused.value.clause == "LF-07"
        asked = {query.resource_id: query for query in queries.plan(handler, case, [own.ref, upper.ref])}
        for query in asked.values():
            queries.send(work, query)
        below, above = ready(work, own), ready(work, upper)
        # the level above answers first, and of the second person alone it says the same
        answered(
            work, asked[upper.id], above, match(first, above, account="1", balance="90000.00"),
            match(second, above, account="2", balance="70.00"),
        )  # fmt: skip
        answered(
            work, asked[own.id], below, match(first, below, account="1", balance="30.00"),
            match(second, below, account="2", balance="70.00"),
        )  # fmt: skip
        lines = comparison.build(work, case)
        shown = [_of(lines, person, "DEPOSIT") for person in (first, second)]
        assert [(line.found, line.conflict) for line in shown] == [(Decimal(30), True), (Decimal(70), False)]
        kept = results.results(handler, case)
        assert sorted((row.person, row.source_level) for row in kept) == sorted(
            (person.ref, level) for person in (first, second) for level in ("city", "province")
        )


def test_a_later_delivery_of_the_same_account_replaces_the_earlier() -> None:
    earlier = _row(1, day=TODAY - timedelta(days=90), account="1", balance="10.00")
    later = _row(2, account="1", balance="4.00")
    assert measures.total("DEPOSIT", [earlier, later]).value == Decimal("4.00")


def test_only_the_newest_month_of_an_income_counts() -> None:
    rows = [
        _row(1, day=date(2027, 1, 1), scheme="企业职工", amount="2000"),
        _row(2, day=date(2027, 2, 1), scheme="企业职工", amount="2100"),
        _row(3, day=date(2027, 2, 1), scheme="城乡居民", amount="100"),
        _row(4, day=date(2027, 2, 1), scheme="遗属", amount="900", status="停发"),
    ]
    assert measures.total("PENRCV", rows).value == Decimal(2200)


@pytest.mark.parametrize(
    ("status", "active"),
    [
        ("正常", True),
        ("注销", False),
        ("吊销,未注销", False),
        ("逾期未检验", True),
        ("历史", False),
        ("", True),
        ("未注销", True),
    ],
)
def test_what_ended_does_not_count(status: str, active: bool) -> None:
    assert _row(1, plate="辽E1", status=status).active is active


AMOUNTS = st.decimals(min_value=0, max_value=100000, places=2)


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_verdict_says_which_way_and_only_beyond_the_tolerance(said: Decimal, found: Decimal, near: Decimal) -> None:
    verdict = measures.verdict(said, found, near)
    assert (verdict == "EQUAL") == (abs(found - said) <= near)
    if verdict != "EQUAL":
        assert (verdict == "OVER") == (said > found)
        assert (verdict == "UNDECLARED") == (found > said and said == 0)


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_no_total(order: list[int]) -> None:
    rows = [_row(i, distance=i % 2, account=str(i % 3), balance=str(100 * i)) for i in range(6)]
    assert measures.total("DEPOSIT", [rows[i] for i in order]) == measures.total("DEPOSIT", rows)
