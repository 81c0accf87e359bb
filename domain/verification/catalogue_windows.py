"""Acceptance windows of a periodic item (LN-13): on which days it takes requests, and when it opens next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.errors import InvalidAnswers
from domain.text import Text
from domain.text import gettext as _
from domain.workdays import month_end

MONTHS = tuple(range(1, 13))
QUARTERS = (1, 4, 7, 10)
LOOKED = 400  # days ahead: every window opens within a year


@dataclass(frozen=True, slots=True)
class Window:
    """first_day to last_day of each of `months` (all when empty), both included; a month's end clips them."""

    first_day: int
    last_day: int
    months: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError outside 1 to 31 and 1 to 12."""
        if not 1 <= self.first_day <= self.last_day <= 31 or not set(self.months) <= set(MONTHS):
            raise ValueError("a window goes from day 1 to day 31 of months 1 to 12")

    def holds(self, day: date) -> bool:
        """True on a day on which requests are taken."""
        if self.months and day.month not in self.months:
            return False
        last = month_end(day).day
        return min(self.first_day, last) <= day.day <= self.last_day

    def text(self) -> Text:
        """As people say it."""
        days = {"first": self.first_day, "last": self.last_day}
        if not self.months:
            return _("day %(first)s to %(last)s of every month", **days)
        if self.months == QUARTERS:
            return _("day %(first)s to %(last)s of a quarter’s first month", **days)
        months = ", ".join(str(month) for month in self.months)
        return _("day %(first)s to %(last)s of the months %(months)s", months=months, **days)


def is_open(windows: Sequence[Window], day: date) -> bool:
    """True when an item takes requests on a day; one without windows always does."""
    return not windows or any(window.holds(day) for window in windows)


def opening(windows: Sequence[Window], day: date) -> date:
    """`day` itself while a window is open, else the first day of the next one."""
    for ahead in range(LOOKED):
        if is_open(windows, day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    raise ValueError("no window opens within a year")


def parse(said: str) -> tuple[Window, ...]:
    """Windows as they are typed: "1-5" for days of every month, "1-7/1,4,7,10" for those months; several by ";".

    Raises InvalidAnswers.
    """
    made = []
    for part in (one.strip() for one in said.replace("；", ";").replace("，", ",").split(";")):
        if not part:
            continue
        days, _slash, months = part.partition("/")
        first, dash, last = days.partition("-")
        try:
            chosen = tuple(sorted({int(month) for month in months.split(",") if month.strip()}))
            made.append(Window(int(first), int(last if dash else first), chosen))
        except ValueError as fault:
            sentence = _("Write a window as 1-5, or as 1-7/1,4,7,10 with the months; several with a semicolon.")
            raise InvalidAnswers({"windows": sentence}) from fault
    if len({(one.first_day, one.months) for one in made}) != len(made):
        raise InvalidAnswers({"windows": _("Two windows begin on the same day.")})
    return tuple(made)


def written(windows: Iterable[Window]) -> str:
    """The inverse of `parse`."""
    parts = (
        f"{one.first_day}-{one.last_day}" + ("/" + ",".join(str(month) for month in one.months) if one.months else "")
        for one in windows
    )
    return "; ".join(parts)
