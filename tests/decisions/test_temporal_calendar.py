"""The calendar beyond Python's agrees with Python's where both are defined, and what is printed reads back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from decisions import feel
from decisions.feel import Range, YearsMonths, calendar, temporal
from decisions.feel.calendar import DAY, FarDate, FarDateTime, FineDuration, FineTime
from decisions.feel.printing import literal, text_of
from decisions.feel.values import State, compare, equal, key_of

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
CYCLE = 146_097
NAMES = ("Europe/Paris", "Asia/Shanghai", "America/New_York", "Australia/Melbourne", "Etc/UTC")

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: calendar.fixed(timedelta(minutes=minutes)))
zones: st.SearchStrategy[tzinfo | None] = st.one_of(st.none(), offsets)
nanoseconds = st.integers(0, DAY - 1)
days = st.dates(date(1, 1, 3), date(9999, 12, 29))
far_days = st.integers(-999_999_999 * 365, 999_999_999 * 365).map(calendar.day_at)
clocks = st.builds(calendar.make_time, nanoseconds, zones)
moments = st.builds(calendar.combine, far_days, clocks)
durations = st.one_of(
    st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)),
    st.integers(-(10**24), 10**24).map(calendar.make_duration),
)
months = st.integers(-12_000_000, 12_000_000).map(YearsMonths)
temporals = st.one_of(days, far_days, clocks, moments, durations, months)


def state() -> State:
    return State(NOW, 100_000)


def value(text: str, **context: object) -> object:
    return feel.compile(text).evaluate(context, now=NOW).value


@given(st.integers(1, date.max.toordinal()), st.integers(-2_000_000, 2_000_000))
def test_days_have_the_numbers_that_python_gives_them_in_every_cycle(ordinal: int, cycles: int) -> None:
    near = date.fromordinal(ordinal)
    far = calendar.day_at(ordinal + cycles * CYCLE)
    assert (far.year, far.month, far.day) == (near.year + cycles * 400, near.month, near.day)
    assert far.toordinal() == ordinal + cycles * CYCLE
    assert far.isoweekday() == near.isoweekday()
    assert isinstance(far, date) == (1 <= far.year <= 9999)


@given(st.integers(-999_999_999 * 365, 999_999_999 * 365))
def test_the_day_after_has_the_next_number(ordinal: int) -> None:
    here, there = calendar.day_at(ordinal), calendar.day_at(ordinal + 1)
    assert (here.year, here.month, here.day) < (there.year, there.month, there.day)
    assert compare(here, there) == -1


@given(days, st.integers(1, 2_000_000), st.timedeltas(timedelta(days=-1_000_000), timedelta(days=1_000_000)))
def test_far_days_are_moved_as_near_ones(day: date, cycles: int, by: timedelta) -> None:
    moved = datetime.combine(day, time()).toordinal() + by // timedelta(days=1)
    assume(1 <= moved <= date.max.toordinal())
    far = FarDate(day.year + cycles * 400 + 10_000, day.month, day.day)
    apart = far.toordinal() - day.toordinal()
    assert temporal.add(day, by) == date.fromordinal(moved)
    assert temporal.add(far, by).toordinal() == moved + apart
    assert temporal.subtract(far, day) == calendar.make_duration(apart * DAY)


@given(days, st.integers(-100_000, 100_000))
def test_months_are_added_up_to_the_end_of_the_month(day: date, count: int) -> None:
    moved = temporal.add_months(day, count)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == count
    assert moved.day == day.day or (moved.day < day.day and temporal.add(moved, timedelta(days=1)).day == 1)


@given(st.datetimes(), st.timedeltas(), zones)
def test_moments_are_moved_as_python_moves_them(start: datetime, by: timedelta, zone: timezone | None) -> None:
    start = start.replace(tzinfo=zone)
    try:
        wanted = start + by
    except OverflowError:
        return
    assert temporal.add(start, by) == wanted
    assert temporal.subtract(start, -by) == wanted
    assert temporal.subtract(wanted, start) == by


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    st.timedeltas(timedelta(-9000), timedelta(9000)),
    st.sampled_from(NAMES),
)
def test_in_a_named_zone_a_moment_moves_on_the_time_line(start: datetime, by: timedelta, name: str) -> None:
    zone = ZoneInfo(name)
    start = start.replace(tzinfo=UTC).astimezone(zone)
    moved = temporal.add(start, by)
    assert moved.astimezone(UTC) == start.astimezone(UTC) + by
    assert temporal.subtract(moved, start) == by


@given(st.datetimes(timezones=offsets), st.datetimes(timezones=offsets))
def test_moments_are_compared_as_python_compares_them(a: datetime, b: datetime) -> None:
    a, b = a.replace(microsecond=0), b.replace(microsecond=0)
    assert compare(a, b) == (a > b) - (a < b)
    assert equal(a, b, state()) is (a == b)


@given(st.timedeltas(), st.timedeltas(), st.integers(-1000, 1000))
def test_durations_are_reckoned_as_python_reckons(a: timedelta, b: timedelta, factor: int) -> None:
    try:
        assert temporal.add(a, b) == a + b
        assert temporal.subtract(a, b) == a - b
        assert temporal.scale(a, Decimal(factor)) == a * factor
        assert temporal.negative(a) == -a
    except OverflowError:
        pass
    assert compare(a, b) == (a > b) - (a < b)


@given(days, st.integers(0, 10**6), zones)
def test_a_moment_made_of_far_parts_is_the_near_one(day: date, micro: int, zone: timezone | None) -> None:
    near = datetime.combine(day, time(23, 59, 59, min(micro, 999_999), tzinfo=zone))
    far = FarDateTime(day, FineTime(near.timetz(), 1))
    step = FineDuration(1)
    assert temporal.subtract(far, step) == near
    assert temporal.add(near, step) == far
    assert temporal.subtract(far, near) == step
    assert far.toordinal() == near.toordinal()
    assert far.utcoffset() == near.utcoffset()
    assert temporal.properties(far)["weekday"] == temporal.properties(near)["weekday"]  # type: ignore[index]


@given(temporals)
def test_what_python_can_hold_is_never_held_by_our_own_classes(found: object) -> None:
    if isinstance(found, FarDate):
        assert not 1 <= found.year <= 9999
    if isinstance(found, FineTime):
        assert 0 < found.nano < 1000
    if isinstance(found, FarDateTime):
        assert isinstance(found.day_of, FarDate) or isinstance(found.clock, FineTime)
    if isinstance(found, FineDuration):
        assert found.nanoseconds % 1000 or abs(found.nanoseconds) >= 10**9 * DAY


@given(temporals)
def test_what_is_printed_reads_back(found: object) -> None:
    text = text_of(found, state())
    again = temporal.read_any(text)
    assert (again, type(again)) == (found, type(found))
    assert value(literal(found, state())) == found


@given(temporals, temporals)
def test_order_equality_and_keys_agree(a: object, b: object) -> None:
    order, same = compare(a, b), equal(a, b, state())
    back = compare(b, a)
    assert order == (None if back is None else -back)
    if same is not None:
        assert same is (key_of(a, state()) == key_of(b, state()))
    if same:
        assert order == 0


@given(moments, durations)
def test_what_is_added_can_be_taken_away(start: object, by: object) -> None:
    try:
        moved = temporal.add(start, by)
    except OverflowError:
        return
    assert temporal.subtract(moved, by) == start
    assert temporal.subtract(moved, start) == by


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20),
    st.text(st.characters(codec="utf-8"), max_size=8),
    temporals,
)
ranges = st.one_of(
    st.tuples(st.integers(-50, 0), st.integers(0, 50), st.booleans(), st.booleans()).map(
        lambda ends: Range(Decimal(ends[0]), Decimal(ends[1]), ends[2], ends[3])
    ),
    st.tuples(far_days, st.booleans()).map(lambda end: Range(end[0], None, end[1], False)),
    st.tuples(durations, st.booleans()).map(lambda end: Range(None, end[0], False, end[1])),
    st.integers(0, 9).map(lambda end: Range(Decimal(end), Decimal(end), True, True, exact=True)),
)
nested = st.recursive(
    st.one_of(scalars, ranges),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text('ab c"\\é1', max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(nested)
def test_the_literal_of_any_value_reads_back_as_it(found: object) -> None:
    outcome = feel.compile(literal(found, state())).evaluate({}, now=NOW)
    again = outcome.value
    assert equal(again, found, state()) is True, outcome


@pytest.mark.parametrize("year", [-999_999_999, -4, 0, 1, 4, 9999, 10_000, 999_999_999])
def test_a_zone_has_an_offset_in_every_year(year: int) -> None:
    for name in NAMES:
        text = f"{'-' if year < 0 else ''}{abs(year):04}-07-01T12:00:00@{name}"
        found = temporal.read_date_time(text)
        assert found is not None and found.utcoffset() is not None
        assert temporal.subtract(temporal.add(found, timedelta(hours=1)), found) == timedelta(hours=1)
