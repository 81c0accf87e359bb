"""The calendar of Chengkou as a table, and what is due from an office."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.verification import supply
from domain.verification.deliveries import Resource
from domain.verification.supply import HALF, MONTH, NIL, OPEN, QUARTER, YEAR, Period, Supply
from domain.work import OPERATOR, Work
from tests.domain.office import TODAY, Desk
from tests.domain.verification.sourced import sitting, sources
from tests.domain.verification.supplied import as_supplier, named

YEARS = range(2013, 2028)
DAYS = st.dates(date(2013, 1, 1), date(2027, 12, 31))


@pytest.mark.clause("CK-19")
@pytest.mark.parametrize("year", YEARS)
def test_by_the_tenth_of_each_month_the_month_before_is_expected(year: int) -> None:
    expected = [supply.expected_period(MONTH, date(year, month, 10)).code for month in range(1, 13)]
    assert expected == [f"{year - 1}-12", *(f"{year}-{month:02d}" for month in range(1, 12))]


@pytest.mark.clause("CK-20")
@pytest.mark.parametrize("year", YEARS)
def test_the_quarters_are_due_in_april_july_october_and_the_last_one_in_january(year: int) -> None:
    days = [date(year, month, 10) for month in (1, 4, 7, 10)]
    periods = [supply.expected_period(QUARTER, day) for day in days]
    assert [one.code for one in periods] == [f"{year - 1}-Q4", f"{year}-Q1", f"{year}-Q2", f"{year}-Q3"]
    assert [supply.due_on(one) for one in periods] == days
    assert (periods[0].start, periods[0].end) == (date(year - 1, 10, 1), date(year - 1, 12, 31))


@pytest.mark.clause("CK-21")
@pytest.mark.parametrize("year", YEARS)
def test_the_half_years_are_due_in_july_and_january(year: int) -> None:
    january, july = (supply.expected_period(HALF, date(year, month, 10)) for month in (1, 7))
    assert (january.code, july.code) == (f"{year - 1}-H2", f"{year}-H1")
    assert (supply.due_on(january), supply.due_on(july)) == (date(year, 1, 10), date(year, 7, 10))


@pytest.mark.clause("CK-22")
@pytest.mark.parametrize("year", YEARS)
def test_the_year_before_is_due_on_the_tenth_of_january(year: int) -> None:
    periods = {supply.expected_period(YEAR, date(year, month, 1)) for month in range(1, 13)}
    assert [(one.code, supply.due_on(one)) for one in periods] == [(str(year - 1), date(year, 1, 10))]


@given(DAYS, st.sampled_from([MONTH, QUARTER, HALF, YEAR]))
def test_the_expected_period_is_the_last_that_is_over_and_the_next_follows_without_a_gap(
    day: date, rhythm: str
) -> None:
    period = supply.expected_period(rhythm, day)
    following = supply.after(period)
    assert period.end < day <= following.end
    assert following.start - period.end == timedelta(days=1) and following.months == period.months
    assert supply.parse(period.code) == period
    assert supply.due_on(period).day == 10 and supply.due_on(period) > period.end


@pytest.mark.parametrize("code", ["2026-13", "26-01", "2026-Q5", "2026-H3", "", "2026-1", "２０２６", "1999"])
def test_what_is_no_period_is_refused_at_its_field(code: str) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        supply.parse(code)
    assert list(refused.value.fields) == ["period"]


@pytest.mark.clause("CK-19")
def test_the_expected_period_is_due_from_the_office_until_it_is_settled_and_older_open_ones_stay(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        people = named(work, bank)
        row = _monthly(work, bank)
        supply.due_of(work, row, supply.parse("2026-12"))
        mine = as_supplier(work, people["data_supplier"], "data_supplier")
        lines = supply.due_from(mine, bank.supplier_id)
        assert [(one.period.code, one.state, one.left) for one in lines] == [
            ("2026-12", OPEN, (date(2027, 1, 10) - TODAY).days),
            ("2027-02", OPEN, 0),
        ]
        with pytest.raises(NotPermitted):
            supply.due_from(work, bank.supplier_id)


@pytest.mark.clause("CK-19")
def test_a_period_that_brought_nothing_is_returned_with_a_reason_and_once(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        people = named(work, bank)
        mine = as_supplier(work, people["data_supplier"], "data_supplier")
        with pytest.raises(Conflict):
            supply.return_nil(mine, bank, "", "none")
        _monthly(work, bank)
        with pytest.raises(InvalidAnswers):
            supply.return_nil(mine, bank, "", "  ")
        with pytest.raises(InvalidAnswers):
            supply.return_nil(mine, bank, "2027-03", "the month is not over")
        made = supply.return_nil(mine, bank, "", "nobody moved")
        assert (made.state, made.period, made.nil_by) == (
            NIL,
            Period(date(2027, 2, 1), date(2027, 2, 28)),
            people["data_supplier"].id,
        )
        with pytest.raises(Conflict):
            supply.return_nil(mine, bank, "2027-02", "again")
        assert [one.state for one in supply.due_from(mine, bank.supplier_id)] == [NIL]


def test_only_who_keeps_the_catalogue_sets_a_rhythm(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        bank = sources(work)["DEPOSIT"]
        with pytest.raises(NotPermitted):
            supply.set_rhythm(work, bank, MONTH)


def _monthly(work: Work, resource: Resource) -> Supply:
    return supply.set_rhythm(work.acting(OPERATOR), resource, MONTH)
