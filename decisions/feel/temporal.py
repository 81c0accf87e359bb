"""Dates, times and durations of FEEL: arithmetic and properties (DMN 1.5, 10.3.2.15, tables 57, 59 and 66).

Results are exact to the nanosecond. OverflowError is raised for what lies outside the standard's calendar.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation
from zoneinfo import ZoneInfo

from decisions.feel.calendar import (
    DAY,
    MAX_DURATION,
    SECOND,
    Clock,
    Day,
    Duration,
    FarDate,
    FarDateTime,
    FineDuration,
    FineTime,
    Moment,
    clock_of,
    combine,
    day_at,
    day_of,
    fraction,
    in_zone,
    make_date,
    make_duration,
    make_time,
    moment_at,
    nanoseconds,
    offset,
    since,
)
from decisions.feel.temporal_text import read_any as read_any
from decisions.feel.temporal_text import read_date as read_date
from decisions.feel.temporal_text import read_date_time as read_date_time
from decisions.feel.temporal_text import read_duration as read_duration
from decisions.feel.temporal_text import read_time as read_time
from decisions.feel.values import NUMBERS, Value, YearsMonths

DURATIONS = frozenset((timedelta, FineDuration))
DAYS = frozenset((date, FarDate))
MOMENTS = frozenset((datetime, FarDateTime))
CLOCKS = frozenset((time, FineTime))
_EXACT = Context(prec=100, traps=[DivisionByZero, InvalidOperation])


def add_months(value: Day | Moment, months: int) -> Day | Moment:
    """`value` moved by whole months, at most to the end of the month (XML Schema Part 2, appendix E)."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    day = _to_month(year, month + 1, value.day)
    return combine(day, clock_of(value)) if isinstance(value, (datetime, FarDateTime)) else day


def _to_month(year: int, month: int, day: int) -> Day:
    for last in (30, 29, 28):
        try:
            return make_date(year, month, day)
        except ValueError:
            day = min(day, last)
    return make_date(year, month, day)


def months_between(start: Day | Moment, end: Day | Moment) -> YearsMonths:
    """Whole months from day `start` to day `end`, negative when `end` is earlier; the time of day does not count."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return YearsMonths(months)


def add(a: Value, b: Value) -> Value:
    """a + b for temporal kinds; None when the specification gives it no meaning."""
    if type(a) in DURATIONS or type(a) is YearsMonths:
        a, b = b, a
    if type(b) is YearsMonths:
        if type(a) is YearsMonths:
            return YearsMonths(a.months + b.months)
        return add_months(a, b.months) if type(a) in DAYS or type(a) in MOMENTS else None
    if type(b) in DURATIONS:
        return make_duration(nanoseconds(a) + nanoseconds(b)) if type(a) in DURATIONS else _move(a, nanoseconds(b))
    return None


def _move(start: Value, by: int) -> Value:
    """`start` moved by nanoseconds on the time line: across a change of its zone's offset, too."""
    if type(start) in DAYS:
        return day_at(start.toordinal() + by // DAY)
    if type(start) in CLOCKS:
        return make_time((since(start) + by) % DAY, start.tzinfo)
    if type(start) not in MOMENTS:
        return None
    zone = start.tzinfo
    if isinstance(zone, ZoneInfo):
        return in_zone(since(start) - (offset(start) or 0) + by, zone)
    return moment_at(since(start) + by, zone)


def subtract(a: Value, b: Value) -> Value:
    if type(b) in DURATIONS or type(b) is YearsMonths:
        return add(a, negative(b))
    if type(a) in CLOCKS and type(b) in CLOCKS:
        return _difference(a, b)
    if type(a) in DAYS and type(b) in DAYS:
        return make_duration((a.toordinal() - b.toordinal()) * DAY)
    if (type(a) in DAYS or type(a) in MOMENTS) and (type(b) in DAYS or type(b) in MOMENTS):
        return _difference(_as_moment(a), _as_moment(b))
    return None


def _difference(a: Clock | Moment, b: Clock | Moment) -> Duration | None:
    """a - b when both have a zone or neither has."""
    apart = since(a) - since(b)
    if a.tzinfo is None or b.tzinfo is None:
        return make_duration(apart) if a.tzinfo is b.tzinfo else None
    ahead, behind = offset(a), offset(b)
    if ahead is None or behind is None:  # times of a zone that varies by day: they differ only in their own zone
        return make_duration(apart) if a.tzinfo == b.tzinfo else None
    return make_duration(apart - ahead + behind)


def _as_moment(value: Day | Moment) -> Moment:
    """A date beside a date and time is its midnight in UTC (10.3.2.3.5)."""
    return value if isinstance(value, (datetime, FarDateTime)) else midnight(value)


def midnight(day: Day) -> Moment:
    """The date and time that a date is converted to: 00:00:00 in UTC (10.3.2.9.4)."""
    return combine(day, MIDNIGHT)


MIDNIGHT = time.fromisoformat("00:00:00Z")


def negative(value: Value) -> Value:
    return YearsMonths(-value.months) if type(value) is YearsMonths else make_duration(-nanoseconds(value))


def absolute(value: Value) -> Value:
    return YearsMonths(abs(value.months)) if type(value) is YearsMonths else make_duration(abs(nanoseconds(value)))


def scale(value: Value, factor: Decimal) -> Value:
    if type(value) is YearsMonths:
        return YearsMonths(int(NUMBERS.multiply(Decimal(value.months), factor)))
    return _rounded(value, _EXACT.multiply(Decimal(nanoseconds(value)), factor))


def _rounded(like: Duration, exact: Decimal) -> Duration:
    """So many nanoseconds. What is no whole number of them anyhow gets the precision of `like`."""
    if abs(exact) > MAX_DURATION:
        raise OverflowError("the duration is too long")
    whole = int(exact)
    if exact == whole:
        return make_duration(whole)
    unit = 1 if isinstance(like, FineDuration) else 1000
    return make_duration(int((exact / unit).to_integral_value(ROUND_HALF_EVEN)) * unit)


def divide(a: Value, b: Value) -> Value:
    if type(b) is Decimal:
        if type(a) is YearsMonths:
            return YearsMonths(int(NUMBERS.divide(Decimal(a.months), b)))
        return _rounded(a, _EXACT.divide(Decimal(nanoseconds(a)), b))
    if type(a) is YearsMonths and type(b) is YearsMonths:
        return NUMBERS.divide(Decimal(a.months), Decimal(b.months))
    if type(a) in DURATIONS and type(b) in DURATIONS:
        return NUMBERS.divide(Decimal(nanoseconds(a)), Decimal(nanoseconds(b)))
    return None


def _clock_properties(value: Clock | Moment) -> dict[str, Value]:
    zone = value.tzinfo
    return {
        "hour": Decimal(value.hour),
        "minute": Decimal(value.minute),
        "second": NUMBERS.divide(Decimal(value.second * SECOND + fraction(value)), Decimal(SECOND)),
        "time offset": value.utcoffset(),
        "timezone": zone.key if isinstance(zone, ZoneInfo) else None,
    }


def _day_properties(value: Day | Moment) -> dict[str, Value]:
    return {
        "year": Decimal(value.year),
        "month": Decimal(value.month),
        "day": Decimal(value.day),
        "weekday": Decimal(value.isoweekday()),
    }


def properties(value: Value) -> dict[str, Value] | None:
    """Name -> value of what `value.name` can ask for (table 65); None when the kind has no properties."""
    cls = type(value)
    if cls in DAYS:
        return _day_properties(value)
    if cls in MOMENTS:
        return _day_properties(value) | _clock_properties(value)
    if cls in CLOCKS:
        return _clock_properties(value)
    if cls is YearsMonths:
        years, months = divmod(abs(value.months), 12)
        sign = -1 if value.months < 0 else 1
        return {"years": Decimal(sign * years), "months": Decimal(sign * months)}
    return _duration_properties(value) if cls in DURATIONS else None


def _duration_properties(value: Duration) -> dict[str, Value]:
    total = nanoseconds(value)
    sign = -1 if total < 0 else 1
    whole, rest = divmod(abs(total), SECOND)
    return {
        "days": Decimal(sign * (whole // 86_400)),
        "hours": Decimal(sign * (whole // 3_600 % 24)),
        "minutes": Decimal(sign * (whole // 60 % 60)),
        "seconds": NUMBERS.divide(Decimal(sign * (whole % 60 * SECOND + rest)), Decimal(SECOND)),
    }


__all__ = [
    "CLOCKS",
    "DAYS",
    "DURATIONS",
    "MOMENTS",
    "absolute",
    "add",
    "add_months",
    "day_of",
    "divide",
    "midnight",
    "months_between",
    "negative",
    "properties",
    "read_any",
    "read_date",
    "read_date_time",
    "read_duration",
    "read_time",
    "scale",
    "subtract",
]
