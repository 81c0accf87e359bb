"""Every built-in function with values of every kind: it answers or says why not, in its budget, and never raises."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions import feel
from decisions.feel import Range, YearsMonths, calendar
from decisions.feel.built_ins import BUILT_INS, forms_of
from decisions.feel.values import KINDS, kind

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
# the functions of tables 72 to 82 of DMN 1.5
STANDARD = """
date; date and time; time; number; string; duration; years and months duration; range; not; substring; string length;
upper case; lower case; substring before; substring after; replace; contains; starts with; ends with; matches; split;
string join; list contains; count; min; max; sum; mean; all; any; sublist; append; concatenate; insert before; remove;
list replace; reverse; index of; union; distinct values; flatten; product; median; stddev; mode; decimal; floor;
ceiling; round up; round down; round half up; round half down; abs; modulo; sqrt; log; exp; odd; even; is; before;
after; meets; met by; overlaps; overlaps before; overlaps after; finishes; finished by; includes; during; starts;
started by; coincides; day of year; day of week; month of year; week of year; sort; get value; get entries; context;
context put; context merge; now; today
"""
VALUES: list[object] = [
    None,
    True,
    False,
    *(
        Decimal(number)
        for number in ("0", "-1", "1", "2.5", "-0.001", "1E6144", "-1E6144", "1E-6143", "12345678901234")
    ),
    *("", "a", "1", "2026-06-01", "10:00:00Z", "P1D", "[1..2]", "(", "\\", "$", "🐎" * 40, "\ud800", "é\u0301", "\x00"),
    *(
        date(1, 1, 1),
        date(9999, 12, 31),
        calendar.make_date(999_999_999, 12, 31),
        calendar.make_date(-999_999_999, 1, 1),
    ),
    *(datetime(1, 1, 1), datetime(1, 1, 1, tzinfo=PARIS), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=PARIS)),
    calendar.combine(calendar.make_date(999_999_999, 12, 31), time(23, 59, 59, tzinfo=PARIS)),
    calendar.combine(calendar.make_date(-999_999_999, 1, 1), calendar.make_time(1, PARIS)),
    *(time(), time(1, tzinfo=PARIS), time(23, 59, 59, 999_999, tzinfo=UTC), calendar.make_time(1, None)),
    *(
        timedelta(),
        timedelta.min,
        timedelta.max,
        calendar.make_duration(1),
        calendar.make_duration(-calendar.MAX_DURATION),
    ),
    *(YearsMonths(0), YearsMonths(20_000_000_000), YearsMonths(-20_000_000_000)),
    *(
        [],
        [None],
        [Decimal(1), "a"],
        [[]],
        [[[Decimal(1)]]],
        [{"key": "a", "value": None}],
        [Decimal(3), Decimal(1)] * 20,
    ),
    *({}, {"a": None}, {"key": "a", "value": Decimal(1)}, {"a": {"a": []}}),
    *(
        Range(Decimal(1), Decimal(2), True, False),
        Range(None, date(2026, 1, 1), False, True),
        Range("a", None, True, False),
    ),
]
FUNCTIONS = ("function(a, b) a < b", "function() 1", "count", "function(a, b) b", "sort")


def test_every_function_of_the_standard_is_there() -> None:
    names = [" ".join(name.split()) for name in STANDARD.split(";")]
    assert len(set(names)) == 86
    assert [name for name in names if name not in BUILT_INS] == []
    assert all(forms_of(name) for name in names)


@settings(max_examples=15)
@pytest.mark.parametrize("name", sorted(BUILT_INS))
@given(data=st.data())
def test_a_built_in_answers_or_says_why_not(name: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.sampled_from(VALUES), max_size=4))
    context = {f"v{index}": value for index, value in enumerate(values)}
    given_ = [*context, data.draw(st.sampled_from(FUNCTIONS))] if data.draw(st.booleans()) else list(context)
    outcome = feel.compile(f"{name}({', '.join(given_)})").evaluate(context, now=NOW)
    assert outcome.value is not None or outcome.problems or None in values or not values
    assert kind(outcome.value) in KINDS.values()


@settings(max_examples=25)
@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "**", "=", "!=", "<", "<=", "in", "instance of date or"])
@given(data=st.data())
def test_an_operator_answers_or_says_why_not(operator: str, data: st.DataObject) -> None:
    left, right = data.draw(st.sampled_from(VALUES)), data.draw(st.sampled_from(VALUES))
    outcome = feel.compile(f"a {operator} b").evaluate({"a": left, "b": right}, now=NOW)
    assert outcome.value is not None or outcome.problems or operator == "in" or None in (left, right)
    text = feel.compile("string(a) + string([a, b]) + string(-a)").evaluate({"a": left, "b": right}, now=NOW)
    assert text.value is None or type(text.value) is str


@pytest.mark.parametrize(
    "name",
    ["year", "weekday", "hour", "second", "time offset", "timezone", "years", "months", "days", "seconds", "start"],
)
def test_a_property_of_any_value_is_there_or_null(name: str) -> None:
    for value in VALUES:
        outcome = feel.compile(f"v.{name}").evaluate({"v": value}, now=NOW)
        assert kind(outcome.value) in KINDS.values()
