"""Dates, times and durations from their text: the forms of XML Schema Part 2, and zones by name (DMN 1.5, 10.3.4.1).

Fractions finer than a nanosecond are refused, never rounded.
"""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone
from datetime import tzinfo as Zone  # noqa: N812
from functools import lru_cache
from zoneinfo import ZoneInfo

from decisions.feel.calendar import (
    DAY,
    SECOND,
    Clock,
    Day,
    Duration,
    Moment,
    combine,
    day_at,
    fixed,
    make_date,
    make_duration,
    make_time,
)
from decisions.feel.values import Value, YearsMonths

# names of files that stand beside the zones and mean another thing on every machine
_NO_ZONES = frozenset(("localtime", "posixrules", "posix", "right", "Factory"))
_OFFSET = r"[Zz]|[+-]\d\d:\d\d(?::\d\d)?"
_DATE = re.compile(rf"(-?(?:\d{{4}}|[1-9]\d{{4,8}}))-(\d\d)-(\d\d)({_OFFSET})?", re.ASCII)
_TIME = re.compile(
    rf"(\d\d):([0-5]\d):([0-5]\d)(?:\.(\d{{1,9}})0*)?({_OFFSET}|@[A-Za-z][A-Za-z0-9_+/-]{{1,60}})?", re.ASCII
)
_MONTHS = re.compile(r"-?P(?:(\d{1,9})Y)?(?:(\d{1,11})M)?", re.ASCII)
_SECONDS = re.compile(
    r"-?P(?:(\d{1,12})D)?(?:T(?:(\d{1,14})H)?(?:(\d{1,15})M)?(?:(\d{1,17})(?:\.(\d{0,9})0*)?S)?)?", re.ASCII
)


def read_date(text: str) -> Day | None:
    """A date; XML Schema lets an offset follow it, which a date of FEEL does not keep."""
    found = _dated(text)
    return None if found is None else found[0]


def _dated(text: str) -> tuple[Day, Zone | None] | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return make_date(int(match[1]), int(match[2]), int(match[3])), _zone(match[4]) if match[4] else None
    except (ValueError, OverflowError):
        return None


def read_time(text: str) -> Clock | None:
    found = _timed(text)
    return None if found is None else make_time(found[0] % DAY, found[1])


def _timed(text: str) -> tuple[int, Zone | None] | None:
    """Nanoseconds since midnight, one day for 24:00:00, and the zone."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    since = (int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])) * SECOND + int((match[4] or "").ljust(9, "0"))
    if since > DAY:
        return None
    try:
        return since, _zone(match[5]) if match[5] else None
    except (ValueError, LookupError, OSError):  # OSError: a folder of zones is no zone
        return None


def read_date_time(text: str) -> Moment | None:
    day_text, mark, time_text = text.partition("T")
    day = _dated(day_text)
    clock = _timed(time_text) if mark else (0, day[1] if day else None)
    if day is None or clock is None or (mark and day[1] is not None):
        return None
    ended, since = divmod(clock[0], DAY)
    try:
        # 24:00:00 ends a day: it is midnight of the next.
        return combine(day_at(day[0].toordinal() + ended), make_time(since, clock[1]))
    except OverflowError:
        return None


def read_duration(text: str) -> YearsMonths | Duration | None:
    sign = -1 if text.startswith("-") else 1
    match = _MONTHS.fullmatch(text)
    try:
        if match and (match[1] or match[2]):
            return YearsMonths(sign * (int(match[1] or 0) * 12 + int(match[2] or 0)))
        match = _SECONDS.fullmatch(text)
        if match is None or text.endswith(("P", "T")):
            return None
        days, hours, minutes, seconds = (int(match[group] or 0) for group in (1, 2, 3, 4))
        whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return make_duration(sign * (whole * SECOND + int((match[5] or "").ljust(9, "0"))))
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
def _zone(text: str) -> Zone:
    if text in ("Z", "z"):
        return UTC
    if text.startswith("@"):
        if text[1:].split("/")[0] in _NO_ZONES:
            raise ValueError("no zone of the IANA database")
        return ZoneInfo(text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if minutes > 59 or (seconds and seconds[0] > 59):
        raise ValueError("offset")
    ahead = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    zone: timezone = fixed(-ahead if text[0] == "-" else ahead)
    return zone
