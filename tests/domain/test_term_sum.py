"""The legal clock as a printed sum: whoever adds it up again, with the published notices beside, finds the due day."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import term_grounds
from domain.policy_calendar import build_calendar, load_calendar_year, load_yearly
from domain.term_sum import explain
from domain.text import bound
from domain.workdays import Derivation, Extension, Stop, Term

FOLDER = Path(__file__).parents[2] / "policies" / "calendars"
FILES = sorted(FOLDER.glob("cn-*.toml"))
CHINA = build_calendar(
    [load_calendar_year(path.read_bytes(), path.name) for path in FILES],
    load_yearly((FOLDER / "yearly.toml").read_bytes(), "yearly.toml"),
)
DAY = r"(\d{4}-\d\d-\d\d)"
ONE = timedelta(days=1)
days = st.dates(date(2018, 1, 1), date(2029, 12, 31))


# --- an independent reader: the printed lines and the notices, nothing of the program ---------------------------


def notices() -> tuple[set[date], set[date]]:
    """Days off and days worked in exchange, straight out of the files."""
    off, worked = set(), set()
    for path in FILES:
        for one in tomllib.loads(path.read_text(encoding="utf-8"))["holiday"]:
            off |= {one["first"] + ONE * n for n in range((one["last"] - one["first"]).days + 1)}
            worked |= set(one.get("workdays", ()))
    return off, worked


OFF, WORKED = notices()
YEARLY = {(int(one[:2]), int(one[3:])) for one in tomllib.loads((FOLDER / "yearly.toml").read_text())["days"]}


def at_work(day: date) -> bool:
    if day in WORKED or day in OFF:
        return day in WORKED
    fixed = (day.month, day.day) in YEARLY and not date(2017, 1, 1) <= day <= date(2026, 12, 31)
    return day.weekday() < 5 and not fixed


def added_up(lines: list[str], working: bool) -> tuple[date, int]:
    """The last day and how many days count, from the printed lines alone."""
    first = re.fullmatch(DAY + ": .*; this day is not counted", lines[0])
    assert first, lines[0]
    here, count = date.fromisoformat(first[1]), 0
    for line in lines[1:-1]:
        run = re.fullmatch(DAY + "(?: to " + DAY + r")?: (?:.*?)(\d+) days (counted|skipped).*", line)
        if run is None:
            if rest := re.fullmatch(DAY + " is a rest day: moved to the next working day.*", line):
                assert date.fromisoformat(rest[1]) == here and not at_work(here)
                while not at_work(here):
                    here += ONE
            else:
                assert line.startswith("extended by "), line
            continue
        start, end = date.fromisoformat(run[1]), date.fromisoformat(run[2] or run[1])
        assert start == here + ONE, f"{line}: a day is missing before it"
        span = [start + ONE * n for n in range((end - start).days + 1)]
        assert len(span) == int(run[3]), line
        if run[4] == "counted":
            assert not working or all(at_work(day) for day in span), line
            count += len(span)
        elif "stood still" not in line:
            assert not any(at_work(day) for day in span), line
        here = end
    return here, count


@given(
    days, st.integers(1, 60), st.sampled_from(["working", "natural", "month"]), st.sampled_from(["next", "none"]),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)), max_size=3), st.lists(st.integers(1, 20), max_size=2),
)  # fmt: skip
def test_the_printed_sum_added_up_by_somebody_else_gives_the_due_day(
    start: date, length: int, unit: str, roll: str, stood: list[tuple[int, int]], more: list[int]
) -> None:
    stops = tuple(Stop(start + ONE * after, start + ONE * (after + n), "PAPERS", "X-1") for after, n in stood)
    extra = tuple(Extension(Term(n, "working" if unit == "working" else "natural"), "COMPLEX") for n in more)
    kept = Derivation(start, Term(length, unit, roll), CHINA.version, "NM-08", stops, extra)  # type: ignore[arg-type]
    assert Derivation.from_json(kept.to_json()) == kept
    steps = explain(kept, CHINA)
    last, count = added_up([str(step.text) for step in steps], unit == "working")
    assert last == kept.last_day(CHINA).day == steps[-1].last
    if unit != "month":
        assert count == length + sum(more) == max(step.total for step in steps)
    for step in steps:
        assert step.kind != "stopped" or step.clause == "X-1"


@given(days, st.integers(1, 30), st.integers(0, 30))
def test_an_announced_day_is_never_undercut(start: date, length: int, later: int) -> None:
    plain = Derivation(start, Term(length, "working"), CHINA.version, "internal")
    announced = plain.last_day(CHINA).day + ONE * later
    kept = Derivation(start, Term(length, "working"), CHINA.version, "internal", not_before=announced)
    assert Derivation.from_json(kept.to_json()) == kept
    assert kept.last_day(CHINA).day == announced
    assert [step.kind for step in explain(kept, CHINA)].count("announced") == (1 if later else 0)


def test_the_sum_tells_start_skips_roll_and_result() -> None:
    steps = explain(Derivation(date(2026, 9, 20), Term(12, "natural"), CHINA.version, "NM-08"), CHINA)
    assert [step.kind for step in steps] == ["start", "counted", "rolled", "result"]
    assert str(steps[-1].text) == "last day: 2026-10-08, until 24:00"

    steps = explain(Derivation(date(2026, 2, 10), Term(5, "working"), CHINA.version, "internal"), CHINA)
    assert [(step.kind, step.count) for step in steps] == [
        ("start", 0), ("counted", 4), ("holiday", 9), ("counted", 1), ("result", 0),
    ]  # fmt: skip
    assert "make-up working days 2026-02-14" in str(steps[1].text)


def test_a_holiday_is_called_by_its_name_in_the_readers_language() -> None:
    steps = explain(Derivation(date(2026, 4, 30), Term(2, "working"), CHINA.version, "internal"), CHINA)
    assert "Labour Day, 5 days skipped" in str(steps[1].text)
    with bound(lambda sentence: "zh" if sentence == "en" else sentence):
        assert "劳动节" in str(steps[1].text)


def test_two_holidays_that_touch_are_told_apart() -> None:
    steps = explain(Derivation(date(2025, 9, 30), Term(1, "working"), CHINA.version, "internal"), CHINA)
    assert [step.kind for step in steps] == ["start", "holiday", "counted", "result"]


def test_provisional_days_are_said_so_where_they_stand_and_at_the_end() -> None:
    steps = explain(Derivation(date(2026, 12, 1), Term(40, "working"), CHINA.version, "internal"), CHINA)
    assert "provisional" in str(steps[-1].text)
    assert [step.provisional for step in steps if step.last < date(2027, 1, 1)] == [False] * len(
        [step for step in steps if step.last < date(2027, 1, 1)]
    )
    assert all(step.provisional for step in steps if step.first >= date(2027, 1, 1) and step.kind != "result")


@pytest.mark.parametrize("key", ["case_limit", "query_limit.DEPOSIT", "anything"])
def test_day_zero_says_what_happened(key: str) -> None:
    steps = explain(
        Derivation(date(2026, 3, 2), Term(1, "working"), CHINA.version, "internal"), CHINA, term_grounds.event(key)
    )
    assert str(term_grounds.event(key)) in str(steps[0].text)


def test_every_clause_that_sets_a_shipped_term_has_its_words() -> None:
    assert "15日" in str(term_grounds.CLAUSES["NM-08"].chinese)
    assert term_grounds.clause_text("LN-12, LN-26").count("; ") == 1
    assert term_grounds.clause_text("internal") == ""
