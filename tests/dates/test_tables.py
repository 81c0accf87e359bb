"""A hundred terms of each kind with their literal last days, and the printed derivation that adds up to each.

The tables were counted apart from the program (their heads say how). 2027 is not published: the days that hang on it
are provisional, and come out anew once an arrangement of it is in force.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.policy_calendar import build_calendar, load_calendar_year, load_yearly
from domain.term_sum import Step, explain
from domain.workdays import Calendar, Derivation, Extension, Stop, Term, deadline, end_of_day

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "policies" / "calendars"
KINDS = ("working", "natural_next", "natural_none", "month_next", "month_none", "changed")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _calendar(next_year: Path) -> Calendar:
    files = [path for path in SHIPPED.glob("cn-*.toml") if path.name != next_year.name] + [next_year]
    years = [load_calendar_year(path.read_bytes(), path.name) for path in files]
    return build_calendar(years, load_yearly((SHIPPED / "yearly.toml").read_bytes(), "yearly.toml"))


BEFORE, AFTER = _calendar(SHIPPED / "cn-2027.toml"), _calendar(HERE / "cn-2027.toml")


@dataclass(frozen=True)
class Example:
    """One line of a table: a term, its last day as the calendars stand, and once 2027 is arranged."""

    made: Derivation
    last: date
    provisional: bool
    after: date


def examples(kind: str) -> list[Example]:
    lines = [line for line in (HERE / f"{kind}.tsv").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    names = lines[0].split("\t")
    return [_example(dict(zip(names, line.split("\t"), strict=True))) for line in lines[1:]]


def _example(said: Mapping[str, str]) -> Example:
    term = Term(int(said["length"]), said["unit"], said["roll"])  # type: ignore[arg-type]
    stops = tuple(
        Stop(date.fromisoformat(first), date.fromisoformat(last), "x")
        for first, last in (one.split("/") for one in said.get("stops", "").split())
    )
    more = tuple(
        Extension(Term(int(length), unit), "x")
        for length, unit in re.findall(r"(\d+)([a-z]+)", said.get("extensions", ""))
    )
    made = Derivation(date.fromisoformat(said["event"]), term, "", "internal", stops, more)
    day = date.fromisoformat
    return Example(made, day(said["last"]), said["provisional"] == "1", day(said["after"]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_terms_end_on_the_days_that_were_counted_apart(kind: str) -> None:
    found = examples(kind)
    assert len(found) == 100
    reached = [(one, one.made.last_day(BEFORE)) for one in found]
    wrong = [(one, day) for one, day in reached if (day.day, day.provisional) != (one.last, one.provisional)]
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_once_the_next_year_is_published_every_last_day_comes_out_anew(kind: str) -> None:
    found = examples(kind)
    assert [one for one in found if one.made.last_day(AFTER).day != one.after] == []
    assert not any(one.made.last_day(AFTER).provisional for one in found if one.after.year <= 2027)
    if kind != "month_none" and kind != "natural_none":
        assert any(one.last != one.after for one in found) and any(one.provisional for one in found)


@pytest.mark.parametrize("kind", KINDS)
def test_the_printed_derivation_alone_gives_the_same_day(kind: str) -> None:
    for one in examples(kind):
        assert _added_up(one.made, explain(one.made, BEFORE)) == one.last, one


@pytest.mark.parametrize("kind", KINDS)
def test_a_term_ends_with_the_last_second_of_its_day_in_the_office(kind: str) -> None:
    for one in examples(kind):
        assert one.made.due(BEFORE) == end_of_day(one.last, BEFORE)
        if not one.made.stops and not one.made.extensions:
            noon = end_of_day(one.made.day_zero, BEFORE) - timedelta(hours=12)
            assert deadline(noon, one.made.term, BEFORE) == end_of_day(one.last, BEFORE)


def _added_up(made: Derivation, steps: tuple[Step, ...]) -> date:
    """The last day, by nothing but what the steps print: each day stands in one of them, and the counted ones are as
    many as the term and its extensions say."""
    printed = [(one.kind, [date.fromisoformat(day) for day in DAY.findall(str(one.text))]) for one in steps]
    day = made.day_zero
    assert printed[0] == ("start", [day])
    counted = 0
    for (kind, days), step in zip(printed[1:-1], steps[1:-1], strict=True):
        if kind in ("counted", "weekend", "holiday", "stopped"):
            first, last = days[0], days[1] if step.first != step.last else days[0]
            assert first == day + timedelta(days=1), "no day is left out and none stands twice"
            day = last
            counted += (last - first).days + 1 if kind == "counted" else 0
        elif kind == "rolled":
            day = max(step.last, days[0])
    units = [term for term in made.terms() if term.unit != "month"]
    if len(units) == len(made.terms()):
        assert counted == sum(term.length for term in units)
    assert printed[-1][1][0] == day
    return day


def test_every_table_is_tried() -> None:
    assert sorted(path.stem for path in HERE.glob("*.tsv")) == sorted(KINDS)
