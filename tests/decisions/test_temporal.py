"""Dates, times and durations: equality and order (tables 53, 54), arithmetic (57, 59), properties (66) of DMN 1.5."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

import pytest

from decisions import feel
from decisions.feel import YearsMonths

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def value(text: str, **context: object) -> object:
    return feel.compile(text).evaluate(context, now=NOW).value


def check(text: str, wanted: object) -> None:
    outcome = feel.compile(text).evaluate({}, now=NOW)
    assert (outcome.value, type(outcome.value)) == (wanted, type(wanted)), outcome
    assert wanted is not None or outcome.problems or "null" in text or ".time" in text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('@"2026-01-31" + @"P1M"', date(2026, 2, 28)),
        ('@"2024-01-31" + @"P1M"', date(2024, 2, 29)),
        ('@"P1M" + @"2024-03-31"', date(2024, 4, 30)),
        ('@"2024-03-31" - @"P1M"', date(2024, 2, 29)),
        ('@"2024-02-29" - @"P1Y"', date(2023, 2, 28)),
        ('@"2023-12-15" + @"P1Y1M"', date(2025, 1, 15)),
        ('@"2024-01-15T10:00:00Z" - @"P13M"', datetime(2022, 12, 15, 10, tzinfo=UTC)),
        ('@"2024-01-01" + @"PT23H"', date(2024, 1, 1)),
        ('@"2024-01-01" + @"PT24H"', date(2024, 1, 2)),
        ('@"2024-01-01" - @"PT1S"', date(2023, 12, 31)),
        ('@"PT24H" + @"2024-01-01"', date(2024, 1, 2)),
        ('string(@"9999-12-31" + @"P1D")', "10000-01-01"),
        ('string(@"0001-01-01" - @"P1D")', "0000-12-31"),
        ('string(@"0000-01-01" - @"P1D")', "-0001-12-31"),
        ('@"10000-01-01" - @"P1D"', date(9999, 12, 31)),
        ('string(@"9999-12-31T23:59:59Z" + @"PT1S")', "10000-01-01T00:00:00Z"),
        ('string(@"10000-01-31" + @"P1M")', "10000-02-29"),
        ('@"999999999-12-31" + @"P1D"', None),
        ('@"-999999999-01-01" - @"P1M"', None),
        ('@"999999999-12-31" - @"-999999999-01-01" > @"P700000000000D"', True),
        ('@"2024-01-01" - @"2023-01-01"', timedelta(days=365)),
        ('@"2024-01-01" - @"2023-12-31T12:00:00Z"', timedelta(hours=12)),
        ('@"2023-12-31T12:00:00Z" - @"2024-01-01"', timedelta(hours=-12)),
        ('@"2024-01-01" - @"2023-12-31T12:00:00"', None),
        ('@"2024-01-01T00:00:00Z" - @"2024-01-01T00:00:00"', None),
        ('@"2024-01-01T00:00:00" - @"2024-01-01T00:00:00.000000001" = @"-PT0.000000001S"', True),
        ('@"2024-01-01T00:00:00+08:00" - @"2024-01-01T00:00:00Z"', timedelta(hours=-8)),
        ('@"2021-03-28T00:00:00@Europe/Paris" + @"PT24H" = @"2021-03-29T01:00:00@Europe/Paris"', True),
        ('@"2021-03-29T00:00:00@Europe/Paris" - @"2021-03-28T00:00:00@Europe/Paris"', timedelta(hours=23)),
        ('@"2021-03-27T12:00:00@Europe/Paris" + @"P1M" = @"2021-04-27T12:00:00@Europe/Paris"', True),
        ('string(@"2021-10-31T00:30:00@Europe/Paris" + @"PT24H")', "2021-10-31T23:30:00@Europe/Paris"),
        ('@"23:30:00" + @"PT1H"', time(0, 30)),
        ('@"00:30:00Z" - @"PT1H"', time(23, 30, tzinfo=UTC)),
        ('@"P3DT1H" + @"10:00:00"', time(11)),
        ('string(@"10:00:00@Europe/Paris" + @"PT1H")', "11:00:00@Europe/Paris"),
        ('string(@"10:00:00" + @"PT0.000000001S")', "10:00:00.000000001"),
        ('@"10:00:00" - @"09:30:00"', timedelta(minutes=30)),
        ('@"10:00:00+02:00" - @"10:00:00Z"', timedelta(hours=-2)),
        ('@"10:00:00Z" - @"10:00:00"', None),
        ('@"10:00:00@Europe/Paris" - @"09:00:00@Europe/Paris"', timedelta(hours=1)),
        ('@"10:00:00@Europe/Paris" - @"09:00:00@Asia/Dhaka"', None),
        ('@"10:00:00" + @"P1M"', None),
        ('@"10:00:00" + @"10:00:00"', None),
        ('@"2024-01-01" + @"2024-01-01"', None),
        ('@"2024-01-01" + 1', None),
        ('@"P1D" - @"2024-01-01"', None),
        ('@"P1M" - @"2024-01-01"', None),
        ('@"P1D" + @"P1M"', None),
        ('@"P1D" - @"P1M"', None),
        ('@"P1Y" - @"P13M"', YearsMonths(-1)),
        ('@"P1D" - @"PT25H"', timedelta(hours=-1)),
        ('@"P1Y2M" * 2', YearsMonths(28)),
        ('0.5 * @"P1Y"', YearsMonths(6)),
        ('@"P1Y" / 5', YearsMonths(2)),
        ('@"P1D" * 1.5', timedelta(hours=36)),
        ('@"P1D" / 7', timedelta(microseconds=12_342_857_143)),
        ('@"PT0.000001S" / 1000 = @"PT0.000000001S"', True),
        ('@"P1D" / 0', None),
        ('@"P1Y" / 0', None),
        ('@"P1D" / @"PT1H"', Decimal(24)),
        ('@"P1Y" / @"P1M"', Decimal(12)),
        ('@"P1D" / @"PT0S"', None),
        ('@"P1D" / @"P1M"', None),
        ('1 / @"P1D"', None),
        ('@"P1D" * @"P1D"', None),
        ('@"P1D" * 10 ** 6000', None),
        ('@"P1Y" * 10 ** 6000', None),
        ('-@"P1D"', timedelta(days=-1)),
        ('-@"P1Y2M"', YearsMonths(-14)),
        ('-@"2024-01-01"', None),
    ],
)
def test_days_times_and_durations_are_added_and_taken_away(text: str, wanted: object) -> None:
    check(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('@"2024-01-01T10:00:00Z" = @"2024-01-01T12:00:00+02:00"', True),
        ('@"2021-07-01T12:00:00@Europe/Paris" = @"2021-07-01T10:00:00Z"', True),
        ('@"2021-03-28T03:30:00@Europe/Paris" > @"2021-03-28T01:59:00@Europe/Paris"', True),
        ('@"2024-01-01T10:00:00" = @"2024-01-01T10:00:00Z"', False),
        ('@"2024-01-01T10:00:00" < @"2024-01-01T11:00:00Z"', True),
        ('@"2024-01-01T10:00:00" > @"2024-01-01T11:00:00+05:00"', False),
        ('@"10:00:00" < @"11:00:00Z"', True),
        ('@"10:00:00Z" = @"12:00:00+02:00"', True),
        ('@"10:00:00Z" < @"11:00:00+02:00"', False),
        ('@"10:00:00@Europe/Paris" = @"10:00:00@Europe/Paris"', True),
        ('@"10:00:00@Europe/Paris" < @"10:00:00@Asia/Dhaka"', None),
        ('@"10:00:00.1" = @"10:00:00.2"', True),
        ('@"10:00:00.1" < @"10:00:00.2"', False),
        ('@"10:00:00.9" < @"10:00:01"', True),
        ('@"2024-01-01" = @"2024-01-01T00:00:00"', None),
        ('@"2024-01-01" < @"2024-01-01T10:00:00"', None),
        ('@"10000-01-01" > @"9999-12-31"', True),
        ('@"-0001-12-31" < @"0000-01-01"', True),
        ('@"10000-01-01" = @"10000-01-01"', True),
        ('@"99999-01-01T00:00:00Z" = @"99999-01-01T01:00:00+01:00"', True),
        ('@"99999-01-01T00:00:00" > @"2024-01-01T00:00:00"', True),
        ('@"PT0.000000001S" > @"PT0S"', True),
        ('@"PT0.000000001S" = @"PT0.000000002S"', False),
        ('@"P700000000001D" > @"P1D"', True),
        ('@"P1Y" = @"P12M"', True),
        ('@"P1Y" = @"P365D"', None),
        ('@"P1Y" > @"P11M"', True),
        ('@"10000-01-01" in [@"9999-01-01"..@"10001-01-01"]', True),
        ('@"2024-01-02" between @"2024-01-01" and @"2024-01-03"', True),
        ('list contains([@"10000-01-01"], @"10000-01-01")', True),
        ('count(distinct values([@"10000-01-01", @"10000-01-01", @"PT0.000000001S", @"PT0.000000001S"])) = 2', True),
        ('count(for d in @"9999-12-30"..@"10000-01-02" return d) = 4', True),
        ('string(for d in @"10000-01-01"..@"9999-12-31" return d)', "[10000-01-01, 9999-12-31]"),
        ("(= 10) = [10..10]", False),
        ("(= 10) = (= 10)", True),
        ("10 in (= 10)", True),
        ('string(@"10:00:00.1" = @"10:00:00.2")', "true"),
    ],
)
def test_days_times_and_durations_are_compared(text: str, wanted: object) -> None:
    assert value(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('@"2026-06-01".year', Decimal(2026)),
        ('@"2026-06-01".month', Decimal(6)),
        ('@"2026-06-01".day', Decimal(1)),
        ('@"2026-06-01".weekday', Decimal(1)),
        ('@"2026-06-07".weekday', Decimal(7)),
        ('@"-2026-06-07".year', Decimal(-2026)),
        ('@"10000-01-01".weekday', Decimal(6)),
        ('@"2026-06-01".hour', None),
        ('@"2026-06-01T10:20:30.5Z".hour', Decimal(10)),
        ('@"2026-06-01T10:20:30.5Z".minute', Decimal(20)),
        ('@"2026-06-01T10:20:30.5Z".second', Decimal("30.5")),
        ('@"2026-06-01T10:20:30.123456789Z".second', Decimal("30.123456789")),
        ('@"99999-06-01T10:20:30+01:00".time offset', timedelta(hours=1)),
        ('@"2026-06-01T10:20:30-05:30".time offset', timedelta(hours=-5, minutes=-30)),
        ('@"2026-06-01T10:20:30".time offset', None),
        ('@"2026-07-01T10:20:30@Europe/Paris".time offset', timedelta(hours=2)),
        ('@"99999-07-01T10:20:30@Europe/Paris".time offset', timedelta(hours=2)),
        ('@"2026-06-01T10:20:30@Europe/Paris".timezone', "Europe/Paris"),
        ('@"2026-06-01T10:20:30+02:00".timezone', None),
        ('@"2026-06-01T10:20:30Z".timezone', None),
        ('@"10:20:30@Asia/Dhaka".timezone', "Asia/Dhaka"),
        ('@"10:20:30@Asia/Dhaka".time offset', None),
        ('@"10:20:30".year', None),
        ('@"P1Y2M".years', Decimal(1)),
        ('@"P1Y2M".months', Decimal(2)),
        ('@"-P1Y2M".years', Decimal(-1)),
        ('@"P1Y2M".days', None),
        ('@"P1DT2H3M4.5S".days', Decimal(1)),
        ('@"P1DT2H3M4.5S".hours', Decimal(2)),
        ('@"P1DT2H3M4.5S".minutes', Decimal(3)),
        ('@"P1DT2H3M4.5S".seconds', Decimal("4.5")),
        ('@"PT36H".days', Decimal(1)),
        ('@"PT36H".hours', Decimal(12)),
        ('@"-PT1M30S".seconds', Decimal(-30)),
        ('@"P1DT2H".months', None),
        ('@"P1DT2H".years', None),
        ("[1..10).end included", False),
        ("[1..10).start", Decimal(1)),
        ("(> 1).start included", False),
        ("(> 1).end", None),
        ('[@"2026-06-01", @"2027-06-01"].year = [2026, 2027]', True),
    ],
)
def test_a_value_has_the_properties_of_its_kind(text: str, wanted: object) -> None:
    found = value(text)
    assert (found, type(found)) == (wanted, type(wanted))


def test_a_value_that_python_can_hold_is_of_pythons_classes() -> None:
    assert type(value('@"10000-01-01" - @"P1D"')) is date
    assert type(value('@"2026-01-01T00:00:00.000000001" - @"PT0.000000001S"')) is datetime
    assert type(value('@"10:00:00.000000001" - @"PT0.000000001S"')) is time
    assert type(value('@"PT0.0000005S" * 2')) is timedelta


def test_a_kind_of_dates_that_a_caller_made_himself_counts_as_the_plain_one() -> None:
    class Day(date):
        pass

    class Moment(datetime):
        pass

    class Ahead(tzinfo):
        def utcoffset(self, _when: datetime | None) -> timedelta:
            return timedelta(hours=8)

        def dst(self, _when: datetime | None) -> None:
            return None

        def tzname(self, _when: datetime | None) -> str:
            return "ahead"

    assert value("x.year", x=Day(2026, 6, 1)) == 2026
    found = value("x", x=Moment(2026, 6, 1, 8, tzinfo=Ahead()))
    assert (found, type(found)) == (datetime(2026, 6, 1, tzinfo=UTC), datetime)
    assert value("string(x)", x=Moment(2026, 6, 1, 8, tzinfo=Ahead())) == "2026-06-01T08:00:00+08:00"


def test_a_far_value_goes_out_and_comes_in_again_as_it_is() -> None:
    for text in ("-0044-03-15", "12026-06-01T10:00:00.000000001+08:00", "10:00:00.123456789", "P700000000000D"):
        found = value(f'@"{text}"')
        assert str(found) == text
        assert value("string(x)", x=found) == text
        assert value(f'x = @"{text}"', x=found) is True
