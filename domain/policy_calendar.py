"""The working-day calendar from its yearly files, `policies/calendars/cn-<year>.toml`.

A file holds one State Council notice as it stands: holidays from first to last day and the weekend
days worked in exchange. A notice may reach into the December before its year.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.errors import Finding
from domain.policy_documents import PolicyRefused
from domain.text import Name
from domain.text import gettext as _
from domain.workdays import Calendar, DayKind

STATUSES = ("official", "provisional")


@dataclass(frozen=True, slots=True)
class Holiday:
    """One holiday of a notice. workdays: weekend days worked in exchange."""

    zh: str
    en: str
    first: date
    last: date
    workdays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One yearly file. official: published; otherwise computed and marked provisional."""

    year: int
    official: bool
    source: str
    holidays: tuple[Holiday, ...]
    digest: str

    def names(self) -> Mapping[date, Name]:
        """Every day of the notice with the holiday it belongs to."""
        named: dict[date, Name] = {}
        for holiday in self.holidays:
            span = (holiday.first + timedelta(days=offset) for offset in range((holiday.last - holiday.first).days + 1))
            named.update(dict.fromkeys((*span, *holiday.workdays), Name(holiday.zh, holiday.en)))
        return named

    def days(self) -> Mapping[date, DayKind]:
        """Every day of the notice with its kind."""
        kinds: dict[date, DayKind] = {}
        for holiday in self.holidays:
            for offset in range((holiday.last - holiday.first).days + 1):
                kinds[holiday.first + timedelta(days=offset)] = DayKind.HOLIDAY
            kinds.update(dict.fromkeys(holiday.workdays, DayKind.MAKEUP))
        return kinds


def load_calendar_year(source: bytes, file: str) -> CalendarYear:
    """Read one yearly file; raises PolicyRefused with the file, the entry and what to do."""
    try:
        data = tomllib.loads(source.decode("utf-8"))
        holidays = tuple(_holiday(entry) for entry in data["holiday"])
        year, status = int(data["year"]), data["status"]
        notice = str(data["source"])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as fault:
        raise _refused(file, "", _("The calendar cannot be read: %(fault)s.", fault=fault)) from fault
    if status not in STATUSES:
        raise _refused(file, "status", _("“%(status)s” is no status of a calendar.", status=status))
    for holiday in holidays:
        _check_holiday(holiday, year, file)
    return CalendarYear(year, status == "official", notice, holidays, hashlib.sha256(source).hexdigest())


def load_yearly(source: bytes, file: str) -> frozenset[tuple[int, int]]:
    """(month, day) of the statutory holidays on fixed dates; raises PolicyRefused."""
    try:
        days = tomllib.loads(source.decode("utf-8"))["days"]
        found = frozenset((day.month, day.day) for day in (date.fromisoformat(f"2001-{entry}") for entry in days))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as fault:
        raise _refused(file, "days", _("The calendar cannot be read: %(fault)s.", fault=fault)) from fault
    return found


def build_calendar(
    years: Iterable[CalendarYear],
    yearly: frozenset[tuple[int, int]] = frozenset(),
    zone: str = "Asia/Shanghai",
) -> Calendar:
    """One calendar out of yearly files; official as far as the years run on without a gap.

    Raises PolicyRefused when no official year is given or two files speak of one year.
    """
    ordered = sorted(years, key=lambda entry: entry.year)
    official = [entry.year for entry in ordered if entry.official]
    if not official or len({entry.year for entry in ordered}) != len(ordered):
        raise _refused("calendars", "year", _("Every year needs one file, and one year at least must be official."))
    last = _unbroken(official)
    days: dict[date, DayKind] = {}
    names: dict[date, Name] = {}
    for entry in ordered:
        days.update(entry.days())
        names.update(entry.names())
    content = [*(entry.digest for entry in ordered), *(f"{month}-{day}" for month, day in sorted(yearly)), zone]
    digest = hashlib.sha256("|".join(content).encode()).hexdigest()
    version = f"cn-{last}-{digest[:12]}"
    return Calendar(version, ZoneInfo(zone), days, date(last, 12, 31), date(official[0], 1, 1), yearly, names)


def _unbroken(years: Sequence[int]) -> int:
    last = years[0]
    while last + 1 in years:
        last += 1
    return last


def _holiday(entry: Mapping[str, Any]) -> Holiday:
    first, last = entry["first"], entry["last"]
    workdays = tuple(entry.get("workdays", ()))
    if not all(type(day) is date for day in (first, last, *workdays)):
        raise ValueError("a day is written like 2026-02-15")
    return Holiday(str(entry["zh"]), str(entry["en"]), first, last, workdays)


def _check_holiday(holiday: Holiday, year: int, file: str) -> None:
    near = (date(year - 1, 12, 1), date(year, 12, 31))
    if not near[0] <= holiday.first <= holiday.last <= near[1]:
        raise _refused(file, holiday.en, _("The holiday does not lie in its year or ends before it begins."))
    for day in holiday.workdays:
        if day.weekday() < 5 or holiday.first <= day <= holiday.last:
            raise _refused(file, holiday.en, _("%(day)s cannot be a make-up working day.", day=day.isoformat()))


def _refused(file: str, element: str, sentence: object) -> PolicyRefused:
    return PolicyRefused([Finding(file, element, None, sentence, _("Compare the file with the published notice."))])
