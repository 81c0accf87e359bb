"""The monitoring calendar over the years: which data types fall due when (NM-10)."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.oversight.monitoring import openings
from domain.policy_kinds import Monitored

CALENDAR = (Monitored("DEATH", "MONTH", 5), Monitored("DEPOSIT", "QUARTER", 10))
DAYS = st.dates(date(2013, 1, 1), date(2040, 12, 31))


@pytest.mark.clause("NM-10")
@pytest.mark.parametrize("year", range(2013, 2028))
def test_over_the_years_the_right_types_open_in_the_right_month(year: int) -> None:
    found = list(openings(CALENDAR, date(year, 1, 1), date(year, 12, 31)))
    deaths = [one for one in found if one.category == "DEATH"]
    assert [one.on for one in deaths] == [date(year, month, 5) for month in range(1, 13)]
    assert (deaths[0].first, deaths[0].last) == (date(year - 1, 12, 1), date(year - 1, 12, 31))
    assert (deaths[2].first, deaths[2].last.month) == (date(year, 2, 1), 2)
    assert deaths[2].last.day == (29 if year % 4 == 0 else 28)
    deposits = [one for one in found if one.category == "DEPOSIT"]
    assert [(one.on, one.first, one.last) for one in deposits] == [
        (date(year, 1, 10), date(year - 1, 10, 1), date(year - 1, 12, 31)),
        (date(year, 4, 10), date(year, 1, 1), date(year, 3, 31)),
        (date(year, 7, 10), date(year, 4, 1), date(year, 6, 30)),
        (date(year, 10, 10), date(year, 7, 1), date(year, 9, 30)),
    ]


@pytest.mark.clause("NM-10")
@given(since=DAYS, middle=DAYS, until=DAYS)
def test_a_calendar_looked_at_in_two_parts_is_the_calendar(since: date, middle: date, until: date) -> None:
    """Whenever the scheduler looks, it plans the same lists: none twice, none forgotten, no period without a list."""
    first, second, third = sorted((since, middle, until))
    whole = list(openings(CALENDAR, first, third))
    parts = [*openings(CALENDAR, first, second), *openings(CALENDAR, second.fromordinal(second.toordinal() + 1), third)]
    assert Counter(whole) == Counter(parts)
    assert len({(one.category, one.first) for one in whole}) == len(whole)
    assert all(one.first <= one.last < one.on for one in whole)


def test_an_empty_calendar_opens_nothing() -> None:
    assert list(openings((), date(2027, 1, 1), date(2030, 1, 1))) == []
