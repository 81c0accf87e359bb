"""Dates, times and durations of FEEL: reading, printing, arithmetic, properties.

Years outside 1 to 9999 and fractions finer than a microsecond are not represented: they are null, never rounded.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from decisions.feel.values import NUMBERS, Value, YearsMonths, seconds_of_day, zoned

MICROSECOND = timedelta(microseconds=1)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})0*)?(Z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z][A-Za-z0-9_+/-]{1,60})?", re.ASCII
)
_MONTHS = re.compile(r"(-?)P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?", re.ASCII)
_SECONDS = re.compile(
    r"(-?)P(?:(\d{1,9})D)?(?:T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,15})(?:\.(\d{0,6})0*)?S)?)?", re.ASCII
)


def read_date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        zone = _zone(match[5]) if match[5] else None
        micro = int((match[4] or "").ljust(6, "0"))
        return time(int(match[1]), int(match[2]), int(match[3]), micro, tzinfo=zone)
    except (ValueError, LookupError):
        return None


def read_date_time(text: str) -> datetime | None:
    day_text, mark, time_text = text.partition("T")
    day = read_date(day_text)
    # ISO 8601 lets 24:00:00 end a day: it is midnight of the next.
    ends_day = time_text.startswith("24:00:00")
    clock = read_time("00" + time_text[2:] if ends_day else time_text) if mark else time()
    if day is None or clock is None or (ends_day and (clock.microsecond or day == date.max)):
        return None
    return datetime.combine(day + timedelta(days=ends_day), clock)


def read_duration(text: str) -> YearsMonths | timedelta | None:
    match = _MONTHS.fullmatch(text)
    sign = -1 if text.startswith("-") else 1
    if match and (match[2] or match[3]):
        return YearsMonths(sign * (int(match[2] or 0) * 12 + int(match[3] or 0)))
    match = _SECONDS.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        return None
    try:
        return sign * timedelta(
            days=int(match[2] or 0),
            hours=int(match[3] or 0),
            minutes=int(match[4] or 0),
            seconds=int(match[5] or 0),
            microseconds=int((match[6] or "").ljust(6, "0")),
        )
    except OverflowError:
        return None


def read_any(text: str) -> Value:
    """The value of an @-literal, None when it is none."""
    for read in (read_date, read_date_time, read_time, read_duration):
        value = read(text)
        if value is not None:
            return value
    return None


@lru_cache(256)
def _zone(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    if text.startswith("@"):
        return ZoneInfo(text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if hours > 18 or minutes > 59:
        raise ValueError("offset")
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return timezone(-offset if text[0] == "-" else offset)


def print_offset(zone: tzinfo) -> str:
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    offset = zone.utcoffset(None) or timedelta()
    if not offset:
        return "Z"
    total = int(abs(offset).total_seconds())
    text = f"{'-' if offset < timedelta() else '+'}{total // 3600:02}:{total // 60 % 60:02}"
    return text + (f":{total % 60:02}" if total % 60 else "")


def print_time(value: time | datetime) -> str:
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    if value.microsecond:
        text += f".{value.microsecond:06}".rstrip("0")
    return text + (print_offset(value.tzinfo) if value.tzinfo else "")


def print_date_time(value: datetime) -> str:
    return f"{value.year:04}-{value.month:02}-{value.day:02}T{print_time(value)}"


def print_duration(value: timedelta) -> str:
    days, rest = divmod(abs(value) // MICROSECOND, 86_400_000_000)
    hours, rest = divmod(rest, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    seconds, micro = divmod(rest, 1_000_000)
    fraction = f".{micro:06}".rstrip("0") if micro else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or micro else ""
    body = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-P" if value < timedelta() else "P") + (body or "T0S")


def add_months(day: date, months: int) -> date | None:
    """`day` moved by whole months, at most to the end of the month; None outside the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month + 1, day=min(last, day.day))
        except ValueError:
            continue
    return None


def months_between(start: date, end: date) -> YearsMonths:
    """Whole months from day `start` to day `end`, negative when `end` is earlier; the time of day does not count."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return YearsMonths(months)


def add(a: Value, b: Value) -> Value:
    """a + b for temporal kinds; None when the specification gives it no meaning."""
    if type(b) is timedelta and type(a) is timedelta:
        return a + b
    if type(a) is YearsMonths and type(b) is YearsMonths:
        return YearsMonths(a.months + b.months)
    if type(a) in (timedelta, YearsMonths):
        a, b = b, a
    if type(b) is YearsMonths and isinstance(a, date):
        return add_months(a, b.months)
    if type(b) is timedelta:
        return _move(a, b)
    return None


def _move(start: Value, by: timedelta) -> Value:
    if type(start) is datetime:
        return start + by
    if type(start) is date:
        return (datetime.combine(start, time()) + by).date()
    if type(start) is time:
        moved = datetime.combine(date(2000, 1, 1), start.replace(tzinfo=None)) + by % timedelta(days=1)
        return moved.time().replace(tzinfo=start.tzinfo)
    return None


def subtract(a: Value, b: Value) -> Value:
    if type(b) is timedelta:
        return add(a, -b)
    if type(b) is YearsMonths:
        return add(a, YearsMonths(-b.months))
    if isinstance(a, date) and isinstance(b, date):
        a, b = as_date_time(a, b), as_date_time(b, a)
        return a - b if zoned(a) == zoned(b) else None
    if type(a) is time and type(b) is time and zoned(a) == zoned(b):
        return seconds_of_day(a) - seconds_of_day(b)
    return None


def as_date_time(day: date, other: date) -> datetime:
    """A date beside a date and time is its midnight in UTC (10.3.2.3.5)."""
    if isinstance(day, datetime):
        return day
    return datetime.combine(day, time(), None if type(other) is date else UTC)


def scale(value: Value, factor: Decimal) -> Value:
    if type(value) is YearsMonths:
        return YearsMonths(int(NUMBERS.multiply(Decimal(value.months), factor)))
    product = NUMBERS.multiply(Decimal(value // MICROSECOND), factor)
    return int(product.to_integral_value(ROUND_HALF_EVEN)) * MICROSECOND


def divide(a: Value, b: Value) -> Value:
    if type(b) is Decimal:
        if type(a) is YearsMonths:
            return YearsMonths(int(NUMBERS.divide(Decimal(a.months), b)))
        quotient = NUMBERS.divide(Decimal(a // MICROSECOND), b)
        return int(quotient.to_integral_value(ROUND_HALF_EVEN)) * MICROSECOND
    if type(a) is YearsMonths and type(b) is YearsMonths:
        return NUMBERS.divide(Decimal(a.months), Decimal(b.months))
    if type(a) is timedelta and type(b) is timedelta:
        return NUMBERS.divide(Decimal(a // MICROSECOND), Decimal(b // MICROSECOND))
    return None


def _clock_properties(value: time | datetime) -> dict[str, Value]:
    offset = value.utcoffset()
    zone = value.tzinfo
    return {
        "hour": Decimal(value.hour),
        "minute": Decimal(value.minute),
        "second": NUMBERS.divide(Decimal(value.second * 1_000_000 + value.microsecond), Decimal(1_000_000)),
        "time offset": offset,
        "timezone": zone.key if isinstance(zone, ZoneInfo) else print_offset(zone) if zone else None,
    }


def properties(value: Value) -> dict[str, Value] | None:
    """Name -> value of what `value.name` can ask for (table 65); None when the kind has no properties."""
    if isinstance(value, date):
        found: dict[str, Value] = {part: Decimal(getattr(value, part)) for part in ("year", "month", "day")}
        found["weekday"] = Decimal(value.isoweekday())
        return found | _clock_properties(value) if isinstance(value, datetime) else found
    if type(value) is time:
        return _clock_properties(value)
    if type(value) is YearsMonths:
        years, months = divmod(abs(value.months), 12)
        sign = -1 if value.months < 0 else 1
        return {"years": Decimal(sign * years), "months": Decimal(sign * months)}
    if type(value) is timedelta:
        sign = -1 if value < timedelta() else 1
        seconds, micro = divmod(abs(value) // MICROSECOND, 1_000_000)
        fraction = NUMBERS.divide(Decimal(micro), Decimal(1_000_000))
        return {
            "days": Decimal(sign * (seconds // 86_400)),
            "hours": Decimal(sign * (seconds // 3_600 % 24)),
            "minutes": Decimal(sign * (seconds // 60 % 60)),
            "seconds": sign * (seconds % 60 + fraction),
        }
    return None
