"""The legal clock as a sum: from the event to the last day, every day counted, skipped by name, stopped or added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from domain.term_grounds import STEP_BEGAN, ground
from domain.text import Text
from domain.text import gettext as _
from domain.workdays import Calendar, DayKind, Derivation, LegalDay

INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation.

    kind: "start", "term", "counted", "weekend", "holiday", "stopped", "extended", "rolled", "announced" or "result".
    first, last: the days spoken of, both included. count: how many days; total: how many are counted so far.
    provisional: some of these days are not officially arranged yet. clause: what allows a stop or an extension.
    """

    kind: str
    first: date
    last: date
    count: int
    text: Text
    total: int = 0
    provisional: bool = False
    clause: str = ""


def explain(made: Derivation, calendar: Calendar, event: Text = STEP_BEGAN) -> tuple[Step, ...]:
    """The steps from the event to the last day, for the page."""
    said = _("%(day)s: %(event)s; this day is not counted", day=made.day_zero.isoformat(), event=event)
    steps = [Step("start", made.day_zero, made.day_zero, 0, said)]
    raw, total = made.day_zero, 0
    for number, term in enumerate(made.terms()):
        if number:
            more = made.extensions[number - 1]
            text = _("extended by %(term)s: %(reason)s", term=term.text(), reason=ground(more.reason))
            steps.append(Step("extended", raw, raw, term.length, text, clause=more.clause))
        walked = list(made.walk(raw, term, calendar))
        for kind, days in _runs(made, walked, calendar):
            total += len(days) if kind == "counted" else 0
            steps.append(_run(made, kind, days, calendar, total, term.unit == "working"))
        raw = next((day for day, kind in reversed(walked) if kind == "counted"), raw)
    return (*steps, *_end(made, calendar, raw))


def _end(made: Derivation, calendar: Calendar, raw: date) -> list[Step]:
    steps = []
    result = made.last_day(calendar)
    rolled = calendar.next_working(raw) if made.term.roll == "next" else raw
    if rolled != raw:
        text = _("%(day)s is a rest day: moved to the next working day (民法典 203)", day=raw.isoformat())
        steps.append(Step("rolled", raw, rolled, (rolled - raw).days, text))
    if result.day != rolled:
        text = _("%(day)s was announced and stands, though the term would now end earlier", day=result.day.isoformat())
        steps.append(Step("announced", rolled, result.day, (result.day - rolled).days, text))
    return [*steps, _result(result)]


def _runs(made: Derivation, walked: Sequence[tuple[date, str]], calendar: Calendar) -> list[tuple[str, list[date]]]:
    """Runs of days of one kind, holidays apart by their names."""

    def alike(one: tuple[date, str]) -> tuple[str, str]:
        day, kind = one
        return kind, str(calendar.names.get(day, "")) if kind == "holiday" else _stop_of(made, day, kind)

    return [(kind, [day for day, _kind in days]) for (kind, _name), days in groupby(walked, alike)]


def _stop_of(made: Derivation, day: date, kind: str) -> str:
    if kind != "stopped":
        return ""
    return next(f"{stop.first}{stop.reason}" for stop in made.stops if stop.covers(day))


def _run(made: Derivation, kind: str, days: list[date], calendar: Calendar, total: int, working: bool) -> Step:
    span: dict[str, object] = {"span": _span(days), "count": len(days)}
    provisional = working and any(not calendar.is_official(day) for day in days)
    clause = ""
    if kind == "counted":
        text = _counted(span, days, calendar) if working else _("%(span)s: %(count)s days counted", **span)
    elif kind == "holiday":
        text = _holiday(span, days[0], calendar)
    elif kind == "weekend":
        text = _("%(span)s: weekend, %(count)s days skipped", **span)
    else:
        stop = next(one for one in made.stops if one.covers(days[0]))
        clause = stop.clause
        text = _(
            "%(span)s: the term stood still, %(count)s days skipped: %(reason)s",
            **span, reason=ground(stop.reason),
        )  # fmt: skip
    return Step(kind, days[0], days[-1], len(days), text, total if kind == "counted" else 0, provisional, clause)


def _span(days: list[date]) -> Text | str:
    if len(days) == 1:
        return days[0].isoformat()
    return _("%(first)s to %(last)s", first=days[0].isoformat(), last=days[-1].isoformat())


def _counted(span: dict[str, object], days: list[date], calendar: Calendar) -> Text:
    made_up = [day.isoformat() for day in days if calendar.days.get(day) is DayKind.MAKEUP]
    if not made_up:
        return _("%(span)s: %(count)s days counted", **span)
    return _(
        "%(span)s: %(count)s days counted, with make-up working days %(days)s",
        **span, days=", ".join(made_up),
    )  # fmt: skip


def _holiday(span: dict[str, object], day: date, calendar: Calendar) -> Text:
    name = calendar.names.get(day)
    if name is None:
        return _("%(span)s: public holiday, %(count)s days skipped", **span)
    return _("%(span)s: %(name)s, %(count)s days skipped", **span, name=name)


def _result(result: LegalDay) -> Step:
    text = _("last day: %(day)s, until 24:00", day=result.day.isoformat())
    if result.provisional:
        text = _(
            "last day: %(day)s, until 24:00; provisional, the holidays of that year are not published yet",
            day=result.day.isoformat(),
        )
    return Step("result", result.day, result.day, 0, text, provisional=result.provisional)
