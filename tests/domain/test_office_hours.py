"""Working time between two instants: hours an office is open, on working days of the official calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.office_hours import DAY, worked
from tests.domain.test_workdays import CHINA

ZONE = ZoneInfo("Asia/Shanghai")
# around National Day 2026, with its days off and the weekends that are worked for them
instants = st.datetimes(datetime(2026, 9, 10), datetime(2026, 10, 25)).map(lambda one: one.replace(tzinfo=ZONE))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("began", "ended", "hours"),
    [
        ("2026-11-16T09:00", "2026-11-16T17:00", 8),
        ("2026-11-16T16:00", "2026-11-17T10:30", 2.5),
        ("2026-11-13T16:30", "2026-11-16T09:30", 1),  # over a weekend
        ("2026-11-14T08:00", "2026-11-15T20:00", 0),  # a weekend
        ("2026-11-16T03:00", "2026-11-16T08:59", 0),  # before the office opens
        ("2026-11-16T11:00", "2026-11-16T10:00", 0),  # the wrong way round
        ("2026-09-30T17:00", "2026-10-08T09:00", 0),  # the holidays
        ("2026-10-10T09:00", "2026-10-10T17:00", 8),  # a Saturday that is worked for them
    ],
)
def test_hours_of_the_office_are_counted_and_no_others(began: str, ended: str, hours: float) -> None:
    assert worked(CHINA, at(began), at(ended)) == hours * 3600


@given(instants, instants)
def test_it_is_what_a_walk_from_minute_to_minute_counts(one: datetime, other: datetime) -> None:
    began, ended = (moment.replace(second=0, microsecond=0) for moment in sorted((one, other)))
    ended = min(ended, began + timedelta(days=4))
    minutes = 0
    moment = began
    while moment < ended:
        minutes += CHINA.is_working(moment.date()) and 9 <= moment.hour < 17
        moment += timedelta(minutes=1)
    assert worked(CHINA, began, ended) == 60 * minutes


@given(instants, instants, instants)
def test_parts_add_up_to_the_whole_in_whatever_zone_they_are_told(
    one: datetime, two: datetime, three: datetime
) -> None:
    first, middle, last = sorted((one, two, three))
    whole = worked(CHINA, first, last)
    assert abs(worked(CHINA, first, middle) + worked(CHINA, middle.astimezone(UTC), last) - whole) <= 1
    assert 0 <= whole <= DAY * ((last.date() - first.date()).days + 1)
