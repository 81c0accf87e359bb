"""Working time: how long of the time between two instants an office is open.

It measures what people wait for and work at; no term of law is counted in it (`domain.workdays` does that).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from domain.clock import office_day
from domain.workdays import Calendar

OPENS, CLOSES = time(9), time(17)
DAY = 8 * 3600  # seconds of one working day


def worked(calendar: Calendar, began: datetime, ended: datetime) -> int:
    """Whole seconds of office hours on working days between two instants; 0 when the second is not the later one."""
    if ended <= began:
        return 0
    first, last = office_day(began), office_day(ended)
    if first == last:
        return _until(calendar, ended, first) - _until(calendar, began, first)
    between = sum(calendar.is_working(first + timedelta(days=one)) for one in range(1, (last - first).days))
    return _whole(calendar, first) - _until(calendar, began, first) + between * DAY + _until(calendar, ended, last)


def _whole(calendar: Calendar, day: date) -> int:
    return DAY if calendar.is_working(day) else 0


def _until(calendar: Calendar, instant: datetime, day: date) -> int:
    """Seconds of office hours of a day that lie before an instant of it."""
    if not calendar.is_working(day):
        return 0
    opened = datetime.combine(day, OPENS, calendar.zone)
    return min(max(int((instant - opened).total_seconds()), 0), DAY)
