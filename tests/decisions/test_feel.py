"""FEEL: what expressions mean, what they refuse, and how little a hostile one can do."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Context, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions import FeelSyntaxError, feel
from decisions.feel import Range, YearsMonths
from decisions.feel.printing import literal
from decisions.feel.values import State

NOW = datetime(2026, 6, 1, 0, 10, tzinfo=timezone(timedelta(hours=8)))


def value(text: str, **context: object) -> object:
    return feel.compile(text).evaluate(context, now=NOW).value


def test(text: str, tested: object, **context: object) -> object:
    return feel.compile(text, unary=True).test(tested, context, now=NOW).value


test.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", 7),
        ("-3 ** 2", 9),
        ("0.1 + 0.2 = 0.3", True),
        ('"a" + "b"', "ab"),
        ("1 / 0", None),
        ("null and false", False),
        ("null and true", None),
        ("null or true", True),
        ("not(null)", None),
        ("null = null", True),
        ("null < 1", None),
        ('1 = "1"', None),
        ("5 between 1 and 5", True),
        ("5 in (1..5)", False),
        ("5 in [1..5]", True),
        ("5 in (< 3, > 4)", True),
        ("if null then 1 else 2", 2),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in 1..4 return if i = 1 then 1 else i * partial[-1]", [1, 2, 6, 24]),
        ("for x in [1, 2], y in [x, 10] return y", [1, 10, 2, 10]),
        ("some x in [1, 2] satisfies x > 1", True),
        ("every x in [] satisfies x > 1", True),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("[1, 2, 3][-1]", 3),
        ("[{a: 1}, {a: 2}][a = 2].a", [2]),
        ("[{a: 1}, {a: 2}].a", [1, 2]),
        ("{a: 1, b: a + 1}.b", 2),
        ("{a-b: 3, c: a-b + 1}.c", 4),
        ('{"two words": 1}.two words', 1),
        ("(function(a: number, b) a + b)(b: 2, a: 3)", 5),
        ("{double: function(n) n * 2, r: double(4)}.r", 8),
        ("sort([3, 1, 2], function(a, b) a > b)", [3, 2, 1]),
        ("[1..3] instance of range<number>", True),
        ("[1, 2] instance of list<number>", True),
        ("null instance of Any", False),
        ('substring("𠮷野家", 1, 1)', "𠮷"),
        ('string length("𬭚㛃䶮")', 3),
        ('"\\uD83D\\uDC0E" = "🐎"', True),
        ("sum([1, null])", None),
        ("sum(1, 2, 3)", 6),
        ("median([1, 2, 3, 4])", Decimal("2.5")),
        ("distinct values([1, 1.0, null, null, [1], [1.00]])", [1, None, [1]]),
        ('replace("abcd", "(b)(c)", "[$2$1]")', "a[cb]d"),
        ('split("a;b;c", ";")', ["a", "b", "c"]),
        ('matches("210502", "^\\\\d{6}$")', True),
        ('matches("a", "(?=a)")', None),
        ('matches("a", "[a-z-[aeiou]]")', False),
        ("decimal(1.555, 2)", Decimal("1.56")),
        ("round half up(-2.5, 0)", -3),
        ("modulo(-5, 3)", 1),
        ("// a remark\n1 /* another */ + 1", 2),
    ],
)
def test_an_expression_means_what_the_specification_says(text: str, wanted: object) -> None:
    assert value(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('@"2026-01-31" + @"P1M"', date(2026, 2, 28)),
        ('@"2024-02-29" + duration("-P1Y")', date(2023, 2, 28)),
        ('@"2026-06-01" - @"2026-05-01"', timedelta(days=31)),
        ('date and time("2026-06-01T24:00:00")', datetime(2026, 6, 2)),
        ('years and months duration(@"2020-05-31", @"2026-06-01")', YearsMonths(72)),
        ('@"P1Y2M" * 2', YearsMonths(28)),
        ('@"PT1H" / @"PT30M"', Decimal(2)),
        ('time("23:30:00") + @"PT1H"', time(0, 30)),
        ('@"2026-06-01T00:00:00Z" = @"2026-06-01T08:00:00+08:00"', True),
        ('string(@"P1DT2H")', "P1DT2H"),
        ('day of week(@"2026-06-01")', "Monday"),
        ('date("2026-02-30")', None),
        ('time("10:00:00.1234567891")', None),
        ("today()", date(2026, 6, 1)),
        ("now()", NOW),
    ],
)
def test_days_times_and_durations_are_reckoned_exactly(text: str, wanted: object) -> None:
    assert value(text) == wanted


def test_names_may_hold_spaces_signs_and_keywords_when_they_are_known() -> None:
    context: dict[str, object] = {"Applicant Age": 20, "in-come": 7, "date and place": 1, "家庭人口": 3, "a": 1, "b": 2}
    expression = feel.compile("Applicant Age + in-come + date and place + 家庭人口 + a-b", names=["in-come"])
    assert expression.evaluate(context, now=NOW).value == 30
    assert feel.compile("a-b + c d").names == {"a", "b", "c d"}
    assert feel.compile("in-come + 1", names=["in-come"]).names == {"in-come"}


@pytest.mark.parametrize(
    ("text", "tested", "wanted"),
    [
        ("-", None, True),
        ("< 5", 3, True),
        ("[1..5), 9", 9, True),
        ("not(1, 2)", 2, False),
        ("not(1, 2)", 3, True),
        ("not(1) or ? = 1", 1, True),
        ('"a", "b"', "b", True),
        ("null", None, True),
        ("> 5", None, None),
        ("true", False, False),
        ("? > 1 and ? < 3", 2, True),
        ("limit", 5, True),
        ("> limit * 2", 11, True),
        ('contains(?, "卡")', "银行卡", True),
        ('list contains(["x"], ?)', "x", True),
        ("[1, 2, 3]", 2, True),
    ],
)
def test_an_input_entry_tests_the_value(text: str, tested: object, wanted: object) -> None:
    assert test(text, tested, limit=5) is wanted


def test_a_null_says_why_and_never_with_a_value() -> None:
    outcome = feel.compile("secret + 1 > 2").evaluate({"secret": "13800138000"}, now=NOW)
    assert outcome.value is None
    assert outcome.problems == ("A string and a number cannot be added.",)
    assert "13800138000" not in repr(outcome)


def test_a_fault_is_told_by_line_and_column() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        feel.compile("1 +\n  then")
    assert (caught.value.line, caught.value.column) == (2, 3)
    assert caught.value.findings[0].where == "2:3"


HOSTILE = [
    "().__class__.__base__.__subclasses__()",
    '"a".__class__.__mro__',
    '__import__("os").getpid()',
    "open.__globals__",
    "9**9**9**9**9",
    "10 ** 6000 * 10 ** 6000",
    "1e999999999",
    "for i in 1..1000000000 return i",
    "for i in 1..100000, j in 1..100000 return i * j",
    "some i in 1..1000000000 satisfies i < 0",
    "for i in 1..9000 return partial",
    'for i in 1..9000 return string join(for j in 1..9000 return "xxxxxxxx")',
    (
        "{a: [1, 1], b: [a, a], c: [b, b], d: [c, c], e: [d, d], f: [e, e], g: [f, f], h: [g, g], "
        "i: [h, h], j: [i, i], k: [j, j], l: [k, k], m: [l, l], n: [m, m], o: [n, n], p: [o, o], "
        "q: [p, p], r: [q, q]}.r"
    ),
    "{f: function(g) g(g), r: f(f)}.r",
    "{f: function(g, n) g(g, n) + g(g, n), r: f(f, 1)}.r",
    "(" * 3000 + "1" + ")" * 3000,
    "1" * 19_000,
    "a " * 7000,
    "1" + " = 1" * 3900,
    "true" + " and true" * 3900,
    "for " + ", ".join(f"v{n} in [1, 2]" for n in range(900)) + " return 1",
    "if true then " * 2000,
    "function() " * 2500 + "1",
    "[1, 2]" + "[true]" * 2500,
    "[" * 3000 + "]" * 3000,
    "-" * 7000 + "1",
    "not(" * 2000 + "true" + ")" * 2000,
    "a" + ".a" * 3500,
    "x in (" * 1500 + "1" + ")" * 1500,
    "1..2[(" * 1500,
    "1 + " * 3900 + "1",
    'matches(string join(for i in 1..9000 return "aaaaaaaaaaaaaaaaaaaa"), "(a+)+$")',
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a|a)*$")',
    'matches("x", "' + "(" * 900 + "a" + ")" * 900 + '")',
    'matches("aaaaaaaaaaaaaaaa", "((a{1,100}){1,100}){1,100}")',
    'replace(string join(for i in 1..9000 return "aaaaaaaaaaaa"), "", "bbbbbbbbbbbbbbbbbbbbbbbbb")',
    '"' + "\\" * 9999,
    "/*" + "*" * 15000,
    "round up(10 ** 6000, 6176)",
    'number("' + "9" * 15000 + '")',
    'for i in @"0001-01-01"..@"9999-12-31" return i',
    'split(string join(for i in 1..9000 return "aaaaaaaaaaaaaaaaaa"), "")',
    "for i in 1..3000 return exp(1.2345678901234567) ** 3.3333333",
    "sort(for i in 1..9000 return -i, function(a, b) a < b)",
    'duration("P999999999Y") * 10 ** 6000',
    'date("2026-01-01") + duration("P999999999999D")',
    "insert before(" * 90 + "[1]" + ", 1, 1)" * 90,
]


# Counted, not timed: how many functions of Python may run. An idle machine does that many in about 100 ms.
MOST_CALLS = 200_000


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_expression_is_refused_or_stops_soon(text: str) -> None:
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        outcome = feel.compile(text).evaluate({"a": {"a": 1}, "x": 1}, now=NOW)
    except FeelSyntaxError as refusal:
        assert refusal.findings
    else:
        assert outcome.problems or isinstance(outcome.value, (Decimal, list, bool))
    finally:
        sys.setprofile(None)
    assert calls < MOST_CALLS


def test_an_input_is_never_asked_for_its_attributes() -> None:
    class Trap:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    outcome = feel.compile("trap.name").evaluate({"trap": Trap()}, now=NOW)
    assert outcome.value is None and outcome.problems


NO_VALUES = [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), float("nan"), 10**7000, {1, 2}]


@pytest.mark.parametrize("foreign", NO_VALUES, ids=range(len(NO_VALUES)))
def test_an_input_that_is_no_value_of_feel_is_null_with_a_reason(foreign: object) -> None:
    outcome = feel.compile("x > 1").evaluate({"x": foreign}, now=NOW)
    assert outcome.value is None and outcome.problems


def test_a_keyword_stays_a_keyword_whatever_the_names_are() -> None:
    assert value("if not(a) then 1 else 2", **{"not": 5, "if": 6, "then": 7, "a": False}) == 1
    assert value('date("2026-06-01")', date="2026") == date(2026, 6, 1)


def test_a_budget_bounds_every_evaluation() -> None:
    outcome = feel.compile("for i in 1..100 return i").evaluate({}, now=NOW, budget=50)
    assert outcome.value is None
    assert outcome.problems == ("The evaluation needs more steps than it is allowed.",)


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        feel.compile("1").evaluate({}, now=datetime(2026, 6, 1))


# --- properties

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    st.text(max_size=20),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=8))])),
    st.timedeltas(min_value=timedelta(days=-99999), max_value=timedelta(days=99999)),
    st.builds(YearsMonths, st.integers(-9999, 9999)),
)
keys = st.text(st.sampled_from('ab c人-"\\\n'), min_size=1, max_size=6)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4))


@settings(max_examples=150, deadline=None)
@given(values)
def test_a_printed_literal_reads_back_as_the_same_value(one: object) -> None:
    text = literal(one, State(NOW, 100_000))
    outcome = feel.compile(text).evaluate({}, now=NOW, budget=100_000)
    assert outcome == feel.Outcome(one)


@settings(max_examples=150, deadline=None)
@given(numbers, numbers, st.sampled_from("+-*/"))
def test_arithmetic_is_that_of_34_digits(a: Decimal, b: Decimal, operator: str) -> None:
    with localcontext(Context(prec=34)):
        wanted: object = None
        if operator != "/" or b:
            wanted = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else None}[operator]
    assert value(f"a {operator} b", a=a, b=b) == wanted


@settings(max_examples=100, deadline=None)
@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-50, 50), st.booleans(), st.booleans())
def test_a_range_holds_what_its_two_comparisons_hold(low: int, high: int, n: int, left: bool, right: bool) -> None:
    interval = f"{'[' if left else '('}{low}..{high}{']' if right else ')'}"
    compared = f"? {'>=' if left else '>'} {low} and ? {'<=' if right else '<'} {high}"
    assert test(interval, n) is test(compared, n)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_a_syntax_error(text: str) -> None:
    try:
        feel.compile(text).evaluate({"a": 1}, now=NOW)
    except FeelSyntaxError as refusal:
        assert refusal.line >= 1


def test_a_range_is_a_value() -> None:
    found = value("[1..2)")
    assert isinstance(found, Range)
    assert (found.low, found.high, found.low_closed, found.high_closed) == (1, 2, True, False)
