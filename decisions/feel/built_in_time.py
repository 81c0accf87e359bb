"""Built-in functions on dates, times and durations (DMN 1.5, 10.3.4.1, 10.3.4.8, 10.3.4.11). now() is given."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

from decisions.feel import temporal
from decisions.feel.calendar import (
    SECOND,
    Clock,
    Day,
    Duration,
    FarDate,
    FarDateTime,
    Moment,
    clock_of,
    combine,
    day_of,
    fixed,
    make_date,
    make_time,
)
from decisions.feel.signatures import Library, Unfit
from decisions.feel.values import NUMBERS, State, Value, YearsMonths

LIBRARY = Library()
add = LIBRARY.add
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = "January February March April May June July August September October November December".split()


def _found(value: Value, what: str) -> Value:
    if value is None:
        raise Unfit(f"the text is not a {what}.")
    return value


@add("date", "from:string")
def _date(state: State, text: str) -> Value:
    return _found(temporal.read_date(text), "date")


@add("date", "from:day")
def _date_of(state: State, value: Day | Moment) -> Day:
    return day_of(value)


@add("date", "year:number, month:number, day:number")
def _date_from(state: State, year: Decimal, month: Decimal, day: Decimal) -> Day:
    return make_date(_whole(year), _whole(month), _whole(day))


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value() or abs(number) > 999_999_999:
        raise Unfit("whole numbers are needed.")
    return int(number)


@add("time", "from:string")
def _time(state: State, text: str) -> Value:
    return _found(temporal.read_time(text), "time")


@add("time", "from:time")
def _time_same(state: State, value: Clock) -> Clock:
    return value


@add("time", "from:day")
def _time_of(state: State, value: Day | Moment) -> Clock:
    return clock_of(value if isinstance(value, (datetime, FarDateTime)) else temporal.midnight(value))


@add("time", "hour:number, minute:number, second:number, offset?:days and time duration!")
def _time_from(state: State, hour: Decimal, minute: Decimal, second: Decimal, offset: Duration | None = None) -> Clock:
    hours, minutes = _whole(hour), _whole(minute)
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= second < 60):
        raise Unfit("there is no such time of day.")
    fine = NUMBERS.multiply(second, Decimal(SECOND))
    if fine != fine.to_integral_value():
        raise Unfit("the second is finer than a nanosecond.")
    zone = None if offset is None else _zone(offset)
    return make_time((hours * 60 + minutes) * 60 * SECOND + int(fine), zone)


def _zone(offset: Duration) -> timezone:
    if not isinstance(offset, timedelta):
        raise Unfit("the offset is too long or too fine.")
    return fixed(offset)


@add("date and time", "from:string")
def _date_time(state: State, text: str) -> Value:
    return _found(temporal.read_date_time(text), "date and time")


@add("date and time", "from:day")
def _date_time_of(state: State, value: Day | Moment) -> Moment:
    return value if isinstance(value, (datetime, FarDateTime)) else combine(value, time())


@add("date and time", "date:day, time:time")
def _date_time_from(state: State, day: Day | Moment, clock: Clock) -> Moment:
    return combine(day_of(day), clock)


@add("duration", "from:string")
def _duration(state: State, text: str) -> Value:
    return _found(temporal.read_duration(text), "duration")


@add("duration", "from:duration")
def _duration_same(state: State, value: Value) -> Value:
    return value


@add("years and months duration", "from:day, to:day")
def _years_and_months(state: State, start: Day | Moment, end: Day | Moment) -> YearsMonths:
    return temporal.months_between(start, end)


@add("now", "")
def _now(state: State) -> datetime:
    return state.now


@add("today", "")
def _today(state: State) -> date:
    return state.now.date()


def _near(value: Day | Moment) -> date:
    """The same day in a year of Python's calendar that has the same weekdays and weeks."""
    day = day_of(value)
    return day.near if isinstance(day, FarDate) else day


@add("day of week", "date:day")
def _day_of_week(state: State, day: Day | Moment) -> str:
    return _DAYS[_near(day).weekday()]


@add("day of year", "date:day")
def _day_of_year(state: State, day: Day | Moment) -> Decimal:
    return Decimal(_near(day).timetuple().tm_yday)


@add("week of year", "date:day")
def _week_of_year(state: State, day: Day | Moment) -> Decimal:
    return Decimal(_near(day).isocalendar().week)


@add("month of year", "date:day")
def _month_of_year(state: State, day: Day | Moment) -> str:
    return _MONTHS[day.month - 1]


@add("last day of month", "date:day")
def _last_day_of_month(state: State, day: Day | Moment) -> Decimal:
    near = _near(day)
    return Decimal(monthrange(near.year, near.month)[1])
