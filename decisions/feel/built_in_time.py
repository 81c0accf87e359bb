"""Built-in functions on dates, times and durations (DMN 1.3, 10.3.4.1, 10.3.4.7). now() comes from the caller."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from decisions.feel import temporal
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
def _date_of(state: State, value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


@add("date", "year:number, month:number, day:number")
def _date_from(state: State, year: Decimal, month: Decimal, day: Decimal) -> date:
    return date(_whole(year), _whole(month), _whole(day))


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value() or abs(number) > 999_999_999:
        raise Unfit("whole numbers are needed.")
    return int(number)


@add("time", "from:string")
def _time(state: State, text: str) -> Value:
    return _found(temporal.read_time(text), "time")


@add("time", "from:time")
def _time_same(state: State, value: time) -> time:
    return value


@add("time", "from:day")
def _time_of(state: State, value: date) -> time:
    return value.timetz() if isinstance(value, datetime) else time(tzinfo=UTC)


@add("time", "hour:number, minute:number, second:number, offset?:days and time duration!")
def _time_from(state: State, hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None) -> time:
    micro = NUMBERS.multiply(second, Decimal(1_000_000))
    whole, fraction = divmod(_whole(micro) if abs(second) < 60 else -1, 1_000_000)
    zone = None if offset is None else timezone(offset)
    return time(_whole(hour), _whole(minute), whole, fraction, tzinfo=zone)


@add("date and time", "from:string")
def _date_time(state: State, text: str) -> Value:
    return _found(temporal.read_date_time(text), "date and time")


@add("date and time", "from:day")
def _date_time_of(state: State, value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


@add("date and time", "date:day, time:time")
def _date_time_from(state: State, day: date, clock: time) -> datetime:
    return datetime.combine(_date_of(state, day), clock)


@add("duration", "from:string")
def _duration(state: State, text: str) -> Value:
    return _found(temporal.read_duration(text), "duration")


@add("duration", "from:duration")
def _duration_same(state: State, value: Value) -> Value:
    return value


@add("years and months duration", "from:day, to:day")
def _years_and_months(state: State, start: date, end: date) -> YearsMonths:
    return temporal.months_between(start, end)


@add("now", "")
def _now(state: State) -> datetime:
    return state.now


@add("today", "")
def _today(state: State) -> date:
    return state.now.date()


@add("day of week", "date:day")
def _day_of_week(state: State, day: date) -> str:
    return _DAYS[day.weekday()]


@add("day of year", "date:day")
def _day_of_year(state: State, day: date) -> Decimal:
    return Decimal(day.timetuple().tm_yday)


@add("week of year", "date:day")
def _week_of_year(state: State, day: date) -> Decimal:
    return Decimal(day.isocalendar().week)


@add("month of year", "date:day")
def _month_of_year(state: State, day: date) -> str:
    return _MONTHS[day.month - 1]


@add("last day of month", "date:day")
def _last_day_of_month(state: State, day: date) -> Decimal:
    return Decimal(calendar.monthrange(day.year, day.month)[1])
