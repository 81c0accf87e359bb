"""Legal days: Civil Code 201-203 and the official calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy_calendar import build_calendar, load_calendar_year, load_yearly
from domain.policy_documents import PolicyRefused
from domain.workdays import (
    Calendar,
    DayKind,
    Derivation,
    Extension,
    Stop,
    Term,
    add_months,
    deadline,
    end_of_day,
    last_day,
    month_end,
    working_days_between,
)

FOLDER = Path(__file__).parents[2] / "policies" / "calendars"


def _shipped() -> Calendar:
    years = [load_calendar_year(path.read_bytes(), path.name) for path in FOLDER.glob("cn-*.toml")]
    return build_calendar(years, load_yearly((FOLDER / "yearly.toml").read_bytes(), "yearly.toml"))


CHINA = _shipped()
EVENT = date(2026, 2, 10)

days = st.dates(date(2017, 1, 1), date(2031, 12, 31))
lengths = st.integers(0, 90)
rolls = st.sampled_from(["next", "none"])
units = st.sampled_from(["working", "natural", "month"])


def working(length: int) -> Term:
    return Term(length, "working")


def natural(length: int, roll: str = "next") -> Term:
    return Term(length, "natural", roll)  # type: ignore[arg-type]


def months(length: int, roll: str = "next") -> Term:
    return Term(length, "month", roll)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("term", "due"),
    [
        (natural(15), date(2026, 2, 25)),
        (working(5), date(2026, 2, 24)),
        (working(15), date(2026, 3, 9)),
        (working(20), date(2026, 3, 16)),
        (working(30), date(2026, 3, 30)),
    ],
)
def test_terms_across_spring_festival_2026_end_where_the_clauses_say(term: Term, due: date) -> None:
    assert last_day(EVENT, term, CHINA).day == due
    assert last_day(EVENT, term, CHINA).provisional is False


def test_a_month_term_ends_on_the_corresponding_day_or_the_months_last() -> None:
    assert last_day(date(2026, 12, 31), months(2, "none"), CHINA).day == date(2027, 2, 28)
    assert last_day(date(2026, 12, 31), months(2), CHINA).day == date(2027, 3, 1)  # 28 February 2027 is a Sunday
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2026, 11, 30), 15) == date(2028, 2, 29)


def test_a_natural_term_that_ends_in_a_holiday_rolls_to_the_next_working_day_or_stays() -> None:
    assert last_day(date(2026, 9, 20), natural(12), CHINA).day == date(2026, 10, 8)
    assert last_day(date(2026, 9, 20), natural(12, "none"), CHINA).day == date(2026, 10, 2)


def test_a_make_up_saturday_counts_and_can_be_the_last_day() -> None:
    assert CHINA.is_working(date(2026, 10, 10))
    assert last_day(date(2026, 10, 9), natural(1), CHINA).day == date(2026, 10, 10)
    assert last_day(date(2026, 2, 13), working(1), CHINA).day == date(2026, 2, 14)


def test_counting_starts_right_after_an_event_on_a_rest_day() -> None:
    assert last_day(date(2026, 2, 15), working(1), CHINA).day == date(2026, 2, 24)


def test_a_notice_reaches_into_the_december_before_its_year() -> None:
    assert not CHINA.is_working(date(2018, 12, 31))
    assert CHINA.is_working(date(2018, 12, 29))


@pytest.mark.parametrize(
    ("year", "count"),
    [(2017, 249), (2018, 250), (2019, 250), (2020, 249), (2021, 250),
     (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)],
)  # fmt: skip
def test_official_years_have_their_working_days(year: int, count: int) -> None:
    assert working_days_between(date(year - 1, 12, 31), date(year, 12, 31), CHINA) == count


def test_beyond_the_last_official_year_days_are_computed_and_marked_provisional() -> None:
    found = last_day(date(2026, 11, 20), working(30), CHINA)
    assert found.day == date(2027, 1, 4)
    assert found.provisional is True
    assert not CHINA.is_working(date(2027, 2, 8))  # statutory day from the provisional file
    assert not CHINA.is_working(date(2031, 10, 1))  # fixed date, no file at all
    assert CHINA.is_holiday(date(2031, 5, 1))
    assert last_day(date(2090, 4, 30), working(250), CHINA).provisional is True


def test_a_term_that_consults_no_calendar_is_never_provisional() -> None:
    assert last_day(date(2030, 1, 1), natural(10, "none"), CHINA).provisional is False
    assert last_day(date(2030, 1, 1), natural(10), CHINA).provisional is True
    assert last_day(date(2016, 3, 1), working(5), CHINA).provisional is True


def test_the_deadline_is_the_last_second_of_the_local_day() -> None:
    accepted = datetime(2026, 2, 9, 16, 30, tzinfo=UTC)  # 10 February, 00:30 in Shanghai
    assert deadline(accepted, working(30), CHINA) == datetime(2026, 3, 30, 15, 59, 59, tzinfo=UTC)
    assert end_of_day(month_end(date(2028, 2, 3)), CHINA) == datetime(2028, 2, 29, 15, 59, 59, tzinfo=UTC)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        deadline(datetime(2026, 2, 10), working(1), CHINA)


@pytest.mark.parametrize("fields", [(-1, "working", "next"), (10**6, "working", "next"), (1, "week", "next"),
                                    (1, "working", "back")])  # fmt: skip
def test_a_term_refuses_what_it_cannot_mean(fields: tuple[int, str, str]) -> None:
    with pytest.raises(ValueError):
        Term(*fields)  # type: ignore[arg-type]


def test_a_stop_moves_the_end_by_its_days_and_an_extension_adds_to_it() -> None:
    stop = Stop(date(2026, 3, 2), date(2026, 3, 6), "the letter was sent back")
    plain = Derivation(EVENT, working(15), CHINA.version, "internal")
    stopped = Derivation(EVENT, working(15), CHINA.version, "internal", (stop,))
    longer = Derivation(
        EVENT, working(15), CHINA.version, "internal", (stop,), (Extension(natural(3), "head of office"),)
    )
    assert plain.last_day(CHINA).day == date(2026, 3, 9)
    assert stopped.last_day(CHINA).day == date(2026, 3, 16)
    assert longer.last_day(CHINA).day == date(2026, 3, 19)
    assert longer.due(CHINA) == datetime(2026, 3, 19, 15, 59, 59, tzinfo=UTC)


def test_a_stop_moves_a_month_term_too() -> None:
    stop = Stop(date(2026, 3, 1), date(2026, 3, 10), "waiting for the department")
    stopped = Derivation(EVENT, months(2, "none"), CHINA.version, "BX-38", (stop,))
    assert stopped.last_day(CHINA).day == date(2026, 4, 20)


@given(days, lengths, units, rolls)
def test_the_last_day_never_comes_earlier_for_a_longer_term(start: date, length: int, unit: str, roll: str) -> None:
    shorter = last_day(start, Term(length, unit, roll), CHINA).day  # type: ignore[arg-type]
    longer = last_day(start, Term(length + 1, unit, roll), CHINA).day  # type: ignore[arg-type]
    assert start <= shorter <= longer


@given(days, st.integers(1, 90))
def test_as_many_working_days_lie_in_a_term_as_it_names(start: date, length: int) -> None:
    end = last_day(start, working(length), CHINA).day
    assert working_days_between(start, end, CHINA) == length
    assert CHINA.is_working(end)


@given(days, lengths, units)
def test_a_rolling_term_never_ends_on_a_rest_day(start: date, length: int, unit: str) -> None:
    assert CHINA.is_working(last_day(start, Term(length, unit, "next"), CHINA).day)  # type: ignore[arg-type]


@given(days, st.integers(1, 40), st.integers(0, 10))
def test_a_stop_never_shortens_a_term(start: date, length: int, stood: int) -> None:
    stop = Stop(start + timedelta(days=1), start + timedelta(days=1 + stood), "stop")
    plain = Derivation(start, working(length), CHINA.version, "internal")
    stopped = Derivation(start, working(length), CHINA.version, "internal", (stop,))
    assert stopped.last_day(CHINA).day >= plain.last_day(CHINA).day


def _year(body: str, year: int = 2030, status: str = "official") -> bytes:
    return f'year = {year}\nstatus = "{status}"\nsource = "test"\n{body}'.encode()


def test_a_calendar_file_with_a_make_up_day_in_the_week_is_refused() -> None:
    body = '[[holiday]]\nzh = "节"\nen = "Feast"\nfirst = 2030-05-01\nlast = 2030-05-02\nworkdays = [2030-05-03]\n'
    with pytest.raises(PolicyRefused) as refused:
        load_calendar_year(_year(body), "calendars/cn-2030.toml")
    assert "2030-05-03" in str(refused.value.findings[0])


@pytest.mark.parametrize(
    "source",
    [
        b"year = ",
        _year(""),
        _year('[[holiday]]\nzh = "节"\nen = "F"\nfirst = 2030-05-02\nlast = 2030-05-01\n'),
        _year('[[holiday]]\nzh = "节"\nen = "F"\nfirst = "1 May"\nlast = 2030-05-01\n'),
        _year('[[holiday]]\nzh = "节"\nen = "F"\nfirst = 2030-05-01\nlast = 2030-05-01\n', status="guess"),
    ],
)
def test_a_calendar_file_that_makes_no_sense_is_refused_with_its_name(source: bytes) -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_calendar_year(source, "calendars/cn-2030.toml")
    assert refused.value.findings[0].file == "calendars/cn-2030.toml"


def test_a_fixed_holiday_that_no_year_has_is_refused() -> None:
    with pytest.raises(PolicyRefused):
        load_yearly(b'days = ["02-30"]', "calendars/yearly.toml")


def test_the_official_span_ends_before_a_missing_year() -> None:
    feast = '[[holiday]]\nzh = "节"\nen = "F"\nfirst = {0}-05-01\nlast = {0}-05-01\n'
    years = [load_calendar_year(_year(feast.format(y), y), f"cn-{y}.toml") for y in (2030, 2031, 2033)]
    calendar = build_calendar(years)
    assert calendar.official_until == date(2031, 12, 31)
    assert calendar.days[date(2033, 5, 1)] is DayKind.HOLIDAY
    with pytest.raises(PolicyRefused):
        build_calendar([])
    with pytest.raises(PolicyRefused):
        build_calendar([*years, years[0]])


def test_another_content_gives_another_calendar_version() -> None:
    feast = '[[holiday]]\nzh = "节"\nen = "F"\nfirst = 2030-05-01\nlast = 2030-05-0{0}\n'
    one, two = (build_calendar([load_calendar_year(_year(feast.format(n)), "cn-2030.toml")]) for n in (1, 2))
    assert one.version != two.version
