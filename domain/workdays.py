"""Legal days: how a term is counted from an event to its last day.

Sources: Civil Code 民法典 201 (the day of the event is not counted), 202 (a month ends on the
corresponding day, or on the month's last), 203 (a last day that is a statutory rest day moves to
the next working day; a day ends at 24:00). No seed defines the counting itself, so unit and roll
stand in the term, which stands in `policies/`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

from domain.text import Name, Text
from domain.text import gettext as _

Unit = Literal["working", "natural", "month"]
Roll = Literal["next", "none"]

UNITS: tuple[str, ...] = get_args(Unit)
ROLLS: tuple[str, ...] = get_args(Roll)
LONGEST = 40_000  # more than a century of days: beyond it a length is a slip of the pen

_ONE = timedelta(days=1)
_SATURDAY = 5
_LAST_SECOND = time(23, 59, 59)


class DayKind(StrEnum):
    """What the State Council's arrangement makes of a day, where it departs from the plain week."""

    HOLIDAY = "holiday"
    MAKEUP = "makeup"  # 调休: a weekend day that is worked


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of one country or jurisdiction.

    version: names the data, stored with every derivation. zone: where a day begins and ends.
    days: only the days that depart from the plain week. official_from, official_until: the span for
    which the arrangement has been published; outside it days are computed from `days`, the week and
    `yearly`, the (month, day) of statutory holidays on fixed dates, and marked provisional.
    names: what a holiday, or the day worked in exchange for it, belongs to, where the arrangement names it.
    """

    version: str
    zone: ZoneInfo
    days: Mapping[date, DayKind] = field(repr=False)
    official_until: date
    official_from: date = date.min
    yearly: frozenset[tuple[int, int]] = frozenset()
    names: Mapping[date, Name] = field(default_factory=dict, repr=False, compare=False)

    def is_working(self, day: date) -> bool:
        """True when offices work on `day`; never raises for far years."""
        kind = self.days.get(day)
        if kind is not None:
            return kind is DayKind.MAKEUP
        return day.weekday() < _SATURDAY and not self._computed_holiday(day)

    def is_holiday(self, day: date) -> bool:
        """True for a public holiday, also where it falls on a weekend."""
        kind = self.days.get(day)
        return kind is DayKind.HOLIDAY or (kind is None and self._computed_holiday(day))

    def is_official(self, day: date) -> bool:
        """True when the arrangement of that day has been published."""
        return self.official_from <= day <= self.official_until

    def next_working(self, day: date) -> date:
        """`day` itself when worked, otherwise the first worked day after it."""
        while not self.is_working(day):
            day += _ONE
        return day

    def _computed_holiday(self, day: date) -> bool:
        return not self.is_official(day) and (day.month, day.day) in self.yearly


@dataclass(frozen=True, slots=True)
class Term:
    """A length of legal time. Raises ValueError on a negative length or an unknown unit or roll.

    unit: "working" 工作日, "natural" 日, "month" 个月. roll: "next" moves a last day that is a rest
    day to the next working day (民法典 203), "none" leaves it.
    """

    length: int
    unit: Unit
    roll: Roll = "next"

    def __post_init__(self) -> None:
        if not 0 <= self.length <= LONGEST:
            raise ValueError(f"the length of a term lies between 0 and {LONGEST}, not {self.length}")
        if self.unit not in UNITS:
            raise ValueError(f"the unit of a term is one of {', '.join(UNITS)}, not {self.unit!r}")
        if self.roll not in ROLLS:
            raise ValueError(f"the roll of a term is one of {', '.join(ROLLS)}, not {self.roll!r}")

    def text(self) -> Text:
        """The length as people say it: "15 working days"."""
        if self.unit == "working":
            return _("%(count)s working days", count=self.length)
        if self.unit == "natural":
            return _("%(count)s days", count=self.length)
        return _("%(count)s months", count=self.length)

    def to_json(self) -> dict[str, Any]:
        """{"length": int, "unit": str, "roll": str}."""
        return {"length": self.length, "unit": self.unit, "roll": self.roll}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Term:
        """The inverse of `to_json`; raises ValueError or KeyError on other shapes."""
        return cls(int(data["length"]), cast(Unit, data["unit"]), cast(Roll, data.get("roll", "next")))


@dataclass(frozen=True, slots=True)
class LegalDay:
    """The last day of a term. provisional: some day it hangs on is not officially arranged yet."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """Days, first and last included, that do not count; the last may lie ahead, the term then runs on by itself.

    reason: a ground's code, or words. clause: what allows the stop.
    """

    first: date
    last: date
    reason: str
    clause: str = ""

    def covers(self, day: date) -> bool:
        """True for the days of the stop."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, counted from the last day reached so far (before rolling). clause: what allows it."""

    term: Term
    reason: str
    clause: str = ""


def last_day(start_day: date, term: Term, calendar: Calendar) -> LegalDay:
    """The last day on which something due within `term` of an event on `start_day` is in time."""
    return Derivation(start_day, term, calendar.version, "").last_day(calendar)


def deadline(start: datetime, term: Term, calendar: Calendar) -> datetime:
    """Last instant within `term` of `start`: 23:59:59 local time of the last day, as aware UTC.

    Raises ValueError when `start` is naive.
    """
    return end_of_day(last_day(local_day(start, calendar), term, calendar).day, calendar)


def local_day(instant: datetime, calendar: Calendar) -> date:
    """The calendar's day of an aware instant; raises ValueError when it is naive."""
    if instant.tzinfo is None:
        raise ValueError("the instant must be aware")
    return instant.astimezone(calendar.zone).date()


def end_of_day(day: date, calendar: Calendar) -> datetime:
    """23:59:59 local time of `day`, as aware UTC."""
    return datetime.combine(day, _LAST_SECOND, calendar.zone).astimezone(UTC)


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The corresponding day `months` later, or that month's last day (民法典 202)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def working_days_between(first: date, last: date, calendar: Calendar) -> int:
    """Working days after `first` up to and including `last`; 0 when `last` is not after `first`."""
    return sum(calendar.is_working(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a due day comes about; this is what is stored, the due instant is computed from it (walls 3).

    day_zero: local day of the event, not counted. calendar_version: the data it was last computed
    with. source: clause id or "internal". stops, extensions: in the order they happened. not_before: a day that was
    announced and stands, though the calendar published since would end the term earlier.
    """

    day_zero: date
    term: Term
    calendar_version: str
    source: str
    stops: tuple[Stop, ...] = ()
    extensions: tuple[Extension, ...] = ()
    not_before: date | None = None

    def last_day(self, calendar: Calendar) -> LegalDay:
        """The last day, with stops, extensions and roll applied."""
        found = self._counted(calendar)
        if self.not_before is not None and found.day < self.not_before:
            return LegalDay(self.not_before, found.provisional)
        return found

    def _counted(self, calendar: Calendar) -> LegalDay:
        raw, provisional = self.day_zero, False
        for term in self.terms():
            for day, kind in self.walk(raw, term, calendar):
                provisional |= term.unit == "working" and not calendar.is_official(day)
                raw = day if kind == "counted" else raw
        if self.term.roll == "none":
            return LegalDay(raw, provisional)
        rolled = calendar.next_working(raw)
        return LegalDay(rolled, provisional or not (calendar.is_official(raw) and calendar.is_official(rolled)))

    def due(self, calendar: Calendar) -> datetime:
        """The last instant in time, aware UTC."""
        return end_of_day(self.last_day(calendar).day, calendar)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form; `from_json` is its inverse."""
        made = {
            "day_zero": self.day_zero.isoformat(),
            "term": self.term.to_json(),
            "calendar": self.calendar_version,
            "source": self.source,
            "stops": [[s.first.isoformat(), s.last.isoformat(), s.reason, s.clause] for s in self.stops],
            "extensions": [[e.term.to_json(), e.reason, e.clause] for e in self.extensions],
        }
        return {**made, "not_before": self.not_before.isoformat()} if self.not_before is not None else made

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Derivation:
        """The inverse of `to_json`; raises ValueError or KeyError on other shapes."""
        day = date.fromisoformat
        return cls(
            day(data["day_zero"]),
            Term.from_json(data["term"]),
            data["calendar"],
            data["source"],
            tuple(Stop(day(first), day(last), *why) for first, last, *why in data["stops"]),
            tuple(Extension(Term.from_json(term), *why) for term, *why in data["extensions"]),
            day(data["not_before"]) if data.get("not_before") else None,
        )

    def terms(self) -> tuple[Term, ...]:
        """The term and, after it, every extension, in the order they are counted."""
        return (self.term, *(extension.term for extension in self.extensions))

    def walk(self, start: date, term: Term, calendar: Calendar) -> Iterator[tuple[date, str]]:
        """Each day after `start` with its kind, ending with the last counted one.

        A month is walked as the natural days up to its corresponding day, so that a stop moves it too.
        """
        left = (add_months(start, term.length) - start).days if term.unit == "month" else term.length
        day = start
        while left:
            day += _ONE
            kind = self._kind(day, term, calendar)
            left -= kind == "counted"
            yield day, kind

    def _kind(self, day: date, term: Term, calendar: Calendar) -> str:
        if any(stop.covers(day) for stop in self.stops):
            return "stopped"
        if term.unit != "working" or calendar.is_working(day):
            return "counted"
        return "holiday" if calendar.is_holiday(day) else "weekend"
