"""Days, times and durations as FEEL knows them (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.7), where `datetime` cannot hold them.

The standard's years run from -999,999,999 to 999,999,999 in the proleptic Gregorian calendar with a year 0, and its
seconds may have nanoseconds. A value that Python's classes can represent always is one of theirs; the classes here
stand in for the others alone. They have the attributes of `datetime`'s that FEEL needs, under the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TypeAlias
from zoneinfo import ZoneInfo

MAX_YEAR = 999_999_999
SECOND = 1_000_000_000  # nanoseconds
DAY = 86_400 * SECOND
MAX_DURATION = 2 * MAX_YEAR * 366 * DAY  # from the first day to the last, and some more
_CYCLE = 146_097  # days of 400 years; then the weekdays repeat, too
_CYCLE_YEARS = 400
_NEAR = 2000  # any cycle that Python knows
_NEAR_ORDINAL = date(_NEAR, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date before year 1 or after year 9999; it exists in the calendar."""

    year: int
    month: int
    day: int

    @property
    def near(self) -> date:
        """The same day in a year of Python's that has the same calendar, weekdays and weeks."""
        return date(_NEAR + self.year % _CYCLE_YEARS, self.month, self.day)

    def toordinal(self) -> int:
        near = self.near
        return near.toordinal() + (self.year - near.year) // _CYCLE_YEARS * _CYCLE

    def isoweekday(self) -> int:
        return self.near.isoweekday()

    def __str__(self) -> str:
        return date_text(self)


@dataclass(frozen=True, slots=True)
class FineTime:
    """A time of day with 1 to 999 nanoseconds more than `whole` has."""

    whole: time
    nano: int

    @property
    def hour(self) -> int:
        return self.whole.hour

    @property
    def minute(self) -> int:
        return self.whole.minute

    @property
    def second(self) -> int:
        return self.whole.second

    @property
    def tzinfo(self) -> tzinfo | None:
        return self.whole.tzinfo

    def utcoffset(self) -> timedelta | None:
        return self.whole.utcoffset()

    def __str__(self) -> str:
        return time_text(self)


@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A date and time whose day or whose time of day Python's `datetime` cannot hold."""

    day_of: date | FarDate
    clock: time | FineTime

    @property
    def year(self) -> int:
        return self.day_of.year

    @property
    def month(self) -> int:
        return self.day_of.month

    @property
    def day(self) -> int:
        return self.day_of.day

    @property
    def hour(self) -> int:
        return self.clock.hour

    @property
    def minute(self) -> int:
        return self.clock.minute

    @property
    def second(self) -> int:
        return self.clock.second

    @property
    def tzinfo(self) -> tzinfo | None:
        return self.clock.tzinfo

    def toordinal(self) -> int:
        return self.day_of.toordinal()

    def isoweekday(self) -> int:
        return self.day_of.isoweekday()

    def utcoffset(self) -> timedelta | None:
        zone = self.tzinfo
        if not isinstance(zone, ZoneInfo):
            return None if zone is None else zone.utcoffset(None)
        year = self.year
        if not MINYEAR < year < MAXYEAR:
            # Rules of zones go on as in their last year, and begin with their first offset.
            year = year % _CYCLE_YEARS + (_CYCLE_YEARS if year <= MINYEAR else MAXYEAR + 1 - _CYCLE_YEARS)
        whole = self.clock.whole if isinstance(self.clock, FineTime) else self.clock
        return datetime.combine(date(year, self.month, self.day), whole).utcoffset()

    def __str__(self) -> str:
        return f"{date_text(self.day_of)}T{time_text(self.clock)}"


@dataclass(frozen=True, slots=True)
class FineDuration:
    """A days and time duration that is no whole number of microseconds, or longer than `timedelta` holds."""

    nanoseconds: int

    def __str__(self) -> str:
        return duration_text(self)


Day: TypeAlias = date | FarDate
Clock: TypeAlias = time | FineTime
Moment: TypeAlias = datetime | FarDateTime
Duration: TypeAlias = timedelta | FineDuration


# --- values from their parts


def make_date(year: int, month: int, day: int) -> Day:
    """Raises ValueError when there is no such day, OverflowError when the year is out of the standard's range."""
    if MINYEAR <= year <= MAXYEAR:
        return date(year, month, day)
    if abs(year) > MAX_YEAR:
        raise OverflowError("the year is out of range")
    date(_NEAR + year % _CYCLE_YEARS, month, day)  # checks it
    return FarDate(year, month, day)


def day_at(ordinal: int) -> Day:
    """The day of a number; 1 is 0001-01-01 as for `date.toordinal`. Raises OverflowError."""
    if 1 <= ordinal <= date.max.toordinal():
        return date.fromordinal(ordinal)
    cycles, rest = divmod(ordinal - _NEAR_ORDINAL, _CYCLE)
    near = date.fromordinal(_NEAR_ORDINAL + rest)
    return make_date(near.year + cycles * _CYCLE_YEARS, near.month, near.day)


def make_time(nanoseconds: int, zone: tzinfo | None) -> Clock:
    """The time of day so many nanoseconds after midnight, 0 to one day."""
    micro, nano = divmod(nanoseconds, 1000)
    seconds, micro = divmod(micro, 1_000_000)
    whole = time(seconds // 3600, seconds // 60 % 60, seconds % 60, micro, tzinfo=zone)
    return FineTime(whole, nano) if nano else whole


def combine(day: Day, clock: Clock) -> Moment:
    if isinstance(day, date) and isinstance(clock, time):
        return datetime.combine(day, clock)
    return FarDateTime(day, clock)


def moment_at(nanoseconds: int, zone: tzinfo | None) -> Moment:
    """The date and time so many nanoseconds after 0001-01-01T00:00:00, both local. Raises OverflowError."""
    days, rest = divmod(nanoseconds, DAY)
    return combine(day_at(days + 1), make_time(rest, zone))


def make_duration(nanoseconds: int) -> Duration:
    """Raises OverflowError when it is longer than any two days can lie apart."""
    if abs(nanoseconds) > MAX_DURATION:
        raise OverflowError("the duration is too long")
    micro, nano = divmod(nanoseconds, 1000)
    if nano:
        return FineDuration(nanoseconds)
    try:
        return timedelta(microseconds=micro)
    except OverflowError:
        return FineDuration(nanoseconds)


# --- parts of values


def nanoseconds(value: Duration) -> int:
    return value.nanoseconds if isinstance(value, FineDuration) else value // _MICROSECOND * 1000


def fraction(value: Clock | Moment) -> int:
    """Nanoseconds past the second."""
    if isinstance(value, FarDateTime):
        value = value.clock
    if isinstance(value, FineTime):
        return value.whole.microsecond * 1000 + value.nano
    return value.microsecond * 1000


def seconds(value: Clock | Moment) -> int:
    """Whole seconds since midnight, or since the last midnight before 0001-01-01; local."""
    since = value.hour * 3600 + value.minute * 60 + value.second
    if isinstance(value, (time, FineTime)):
        return since
    return (value.toordinal() - 1) * 86_400 + since


def since(value: Clock | Moment) -> int:
    """Nanoseconds since midnight, or since 0001-01-01T00:00:00; local."""
    return seconds(value) * SECOND + fraction(value)


def offset(value: Clock | Moment) -> int | None:
    """Nanoseconds that the value's zone is ahead of UTC; None when it has no zone, or one that varies by day."""
    found = value.utcoffset()
    return None if found is None else nanoseconds(found)


def seconds_ahead(value: Clock | Moment) -> int | None:
    """As `offset`, in whole seconds."""
    found = value.utcoffset()
    return None if found is None else found.days * 86_400 + found.seconds


def day_of(value: Day | Moment) -> Day:
    if isinstance(value, datetime):
        return value.date()
    return value.day_of if isinstance(value, FarDateTime) else value


def clock_of(value: Moment) -> Clock:
    return value.timetz() if isinstance(value, datetime) else value.clock


def in_zone(utc: int, zone: tzinfo) -> Moment:
    """The local date and time of an instant: nanoseconds since 0001-01-01T00:00:00Z. Raises OverflowError."""
    moment = moment_at(utc, UTC)
    if isinstance(moment, datetime):
        try:
            return moment.astimezone(zone)
        except OverflowError:
            pass
    # At the far ends of time a zone has one offset, or the rules of its last year.
    ahead = zone.utcoffset(None)
    if ahead is None:
        guess = moment_at(utc, zone).utcoffset() or timedelta()
        ahead = moment_at(utc + nanoseconds(guess), zone).utcoffset() or timedelta()
    return moment_at(utc + nanoseconds(ahead), zone)


# --- text


def date_text(value: Day | Moment) -> str:
    return f"{'-' if value.year < 0 else ''}{abs(value.year):04}-{value.month:02}-{value.day:02}"


def zone_text(zone: tzinfo) -> str:
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    ahead = zone.utcoffset(None) or timedelta()
    if not ahead:
        return "Z"
    total = abs(ahead) // timedelta(seconds=1)
    text = f"{'-' if ahead < timedelta() else '+'}{total // 3600:02}:{total // 60 % 60:02}"
    return text + (f":{total % 60:02}" if total % 60 else "")


def time_text(value: Clock | Moment) -> str:
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    rest = fraction(value)
    if rest:
        text += f".{rest:09}".rstrip("0")
    return text + (zone_text(value.tzinfo) if value.tzinfo else "")


def duration_text(value: Duration) -> str:
    total = nanoseconds(value)
    whole, rest = divmod(abs(total), SECOND)
    days, hours, minutes = whole // 86_400, whole // 3600 % 24, whole // 60 % 60
    point = f".{rest:09}".rstrip("0") if rest else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{whole % 60}{point}S" if whole % 60 or rest else ""
    body = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-P" if total < 0 else "P") + (body or "T0S")


def fixed(ahead: timedelta) -> timezone:
    """The zone of a fixed offset. Raises ValueError beyond 14 hours (XML Schema Part 2) or with part of a second."""
    if abs(ahead) > timedelta(hours=14) or ahead % timedelta(seconds=1):
        raise ValueError("no such offset")
    return UTC if not ahead else timezone(ahead)
