"""The grammar of FEEL (DMN 1.3 to 1.5, 10.3.1.2), production by production."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from decisions import FeelSyntaxError, feel
from decisions.feel import YearsMonths
from decisions.feel.printing import literal
from decisions.feel.values import State

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def value(text: str, *names: str, **context: object) -> object:
    return feel.compile(text, names=names).evaluate(context, now=NOW).value


def printed(text: str) -> str:
    return literal(value(text), State(NOW, 10_000))


def passes(text: str, tested: object, **context: object) -> object:
    return feel.compile(text, unary=True).test(tested, context, now=NOW).value


SIGNS = {
    "in-come": "in-come",
    "in - come": "in-come",
    "a.b": "a.b",
    "a/b": "a/b",
    "a+b": "a+b",
    "a*b": "a*b",
    "a**b": "a**b",
    "Lender's rate": "Lender's rate",
    "profit and loss": "profit and loss",
    "for every one": "for every one",
    "in stock": "in stock",
    "not eligible": "not eligible",
    "true love": "true love",
    "date of birth": "date of birth",
    "Level 2 of 3": "Level 2 of 3",
    "2nd": None,
}


@pytest.mark.parametrize(("text", "name"), SIGNS.items())
def test_a_name_may_hold_signs_and_keywords_when_it_is_known(text: str, name: str | None) -> None:
    if name is None:
        with pytest.raises(FeelSyntaxError):
            feel.compile(text)
        return
    assert value(f"{text} + 1", name, **{name: 41}) == 42
    assert value(f"2 * {text}", name, **{name: 21}) == 42
    assert value(f"{{{text}: 1, c: {text} + 1}}.c") == 2
    assert value(f"(function({text}) {text} * 2)(21)") == 42
    assert value(f"(function({text}, b) {text} - b)(b: 1, {text}: 2)") == 1
    assert value(f"for {text} in [1, 2] return {text} + 1") == [2, 3]
    assert value(f"some {text} in [1, 2] satisfies {text} = 2") is True
    assert value(f"x.{text}", name, x={name: 7}) == 7


@pytest.mark.parametrize(
    "name",
    ["家庭人口", "收入（元）", "№", "x²", "Ünïté_1", "ひらがな", "한글", "𠮷野", "_", "a·b", "😀", "ª", "人、口"],
)
def test_a_name_may_hold_the_characters_the_grammar_lists(name: str) -> None:
    assert value(f"{name} + 1", **{name: 1}) == 2
    assert value(f"{name} 合计 * 2", **{f"{name} 合计": 2}) == 4
    assert feel.compile(f"{name} > 1").names == {name}


def test_words_side_by_side_are_one_name_however_they_are_spaced() -> None:
    assert value("Applicant \t Age\n+ 1", **{"Applicant Age": 1}) == 2
    assert value("x. start  included", x={"start included": 1}) == 1
    assert value("a 1 + b", **{"a 1": 1, "b": 2}) == 3


def test_a_callers_name_of_signs_is_seen_in_a_text_that_was_read_without_it() -> None:
    for name, text in {
        "in-come": "in-come + 1",
        "a - b": "a - b + 1",
        "Lender's rate": "x + Lender's rate",
        "date and place": "if date and place > 1 then 2 else 3",
        "a.b": "1 + a.b * 2",
    }.items():
        try:
            expression = feel.compile(text)
        except FeelSyntaxError:
            expression = feel.compile(text, names=[name])
        assert expression.evaluate({name: 1, "x": 1, "other-name": 2}, now=NOW).value in (2, 3)
    numbers = {f"n{number}": 1 for number in range(30)}
    assert value(" + ".join(numbers) + " + at-come", **numbers, **{"at-come": 1, "come": 5, "at": 5}) == 31


def test_a_callers_name_is_one_only_as_the_grammar_has_it() -> None:
    assert value("income < 1000", **{"income": 2000, "income < 1000": True}) is False
    assert value("count([1])", **{"count([1])": 5}) == 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('"a\\nb\\t\\"\\\\\\r\\\'"', "a\nb\t\"\\\r'"),
        ('"\\u4F4E\\u4fdd"', "低保"),
        ('"\\U01F600"', "😀"),
        ('"\\uD83D\\uDE00"', "😀"),
        ('"\\d+\\s"', "\\d+\\s"),
        ('"/* no remark */ // none"', "/* no remark */ // none"),
        ('""', ""),
        ("1.5", Decimal("1.5")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("2.5E-1", Decimal("0.25")),
        ("007", Decimal(7)),
        ("1234567890123456789012345678901234567", Decimal("1.234567890123456789012345678901235E+36")),
        ("true", True),
        ("null", None),
        ('@"2026-06-01"', date(2026, 6, 1)),
        ('@"2026-06-01T08:00:00Z"', datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ('@"08:00:00"', time(8)),
        ('@"-P1DT2H"', -timedelta(days=1, hours=2)),
        ('@"P1Y2M"', YearsMonths(14)),
        ("// to the end\n1 /* over\nlines */ + /**/ 2 //", Decimal(3)),
        ("\u00a01\u3000+\u2003\u180e\u200b1\ufeff", Decimal(2)),
    ],
)
def test_literals_and_what_stands_between_them(text: str, wanted: object) -> None:
    assert value(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2 + 3 * 4 ** 2 / 8 - 1", 7),
        ("-5 ** 2", 25),
        ("2 ** 3 ** 2", 64),
        ("2 ** -1", Decimal("0.5")),
        ("5--5", 10),
        ("- -5", 5),
        ("-(2 + 3)", -5),
        ("10 - 4 - 3", 3),
        ("24 / 4 / 2", 3),
        ("1 < 2 and 2 < 3 or false", True),
        ("false and false or true", True),
        ("true or false and false", True),
        ("5 between 1 + 1 and 10 * 2 and true", True),
        ("5 between 1 and 10 or false", True),
        ("not(5 between 6 and 10) and 5 in [1..5]", True),
        ("1 in (2, 1) and 3 in (> 2)", True),
        ("1 in > 0", True),
        ("1 + 1 in (1 + 1, 7)", True),
        ("2 in [1..1 + 1]", True),
        ("1 < 2 = true", True),
        ("if 1 = 1 then 1 else 2 + 3", 1),
        ("(if 1 = 2 then 1 else 2) + 3", 5),
        ("if if true then false else true then 1 else 2", 2),
        ("for i in 1..2 return i + 1", [2, 3]),
        ("function(a) a + 1", None),
        ("(function(a) function(b) a + b)(1)(2)", 3),
        ("[1, 2, 3][item > 1][1]", 2),
        ("[[1, 2], [3]][1][2]", 2),
        ("{a: {b: [1, {c: 5}]}}.a.b[2].c", 5),
        ("[{f: function(x) x + 1}][1].f(2)", 3),
        ("(([{a: 1}]))[1].a", 1),
        ("[1][1] + 1", 2),
        ('{"a b": 1, c: a b}.c', 1),
        ('{"any, key: {}": 1}', {"any, key: {}": 1}),
        ("{}", {}),
        ("[]", []),
        ("count([])", 0),
        ("1 = 1 instance of boolean", None),
        ("(1 = 1) instance of boolean", True),
        ("-1 instance of number", True),
        ("[1, 2] instance of list<number> and true", True),
    ],
)
def test_operators_bind_as_the_grammar_orders_them(text: str, wanted: object) -> None:
    assert value(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[1..3]", "[1..3]"),
        ("(1..3)", "(1..3)"),
        ("]1..3[", "(1..3)"),
        ("[1..3[", "[1..3)"),
        ("]1..3]", "(1..3]"),
        ("(<3)", "(< 3)"),
        ("(<=3)", "(<= 3)"),
        ("(> 1 + 2)", "(> 3)"),
        ("(>=3)", "(>= 3)"),
        ("(=3)", "(= 3)"),
        ("(!=3)", "null"),
        ("[[1..2], (>3)]", "[[1..2], (> 3)]"),
        ('["a".."c"]', '["a".."c"]'),
        ('[@"2026-01-01"..date("2026-02-01")]', '[@"2026-01-01"..@"2026-02-01"]'),
        ("[-3..-1]", "[-3..-1]"),
        ('[1.."a"]', "null"),
        ("{r: [1..2], s: r.start, e: r.end included}.s", "1"),
    ],
)
def test_a_range_is_written_in_every_form(text: str, wanted: str) -> None:
    assert printed(text) == wanted


@pytest.mark.parametrize(
    ("type_", "text", "wanted"),
    [
        ("list<number>", "[1, 2]", True),
        ("list<number>", '[1, "a"]', False),
        ("list<list<string>>", '[["a"]]', True),
        ("context<a: number, b c: string>", '{a: 1, b c: "x", d: 2}', True),
        ("context<a: number>", "{a: true}", False),
        ("range<number>", "[1..2]", True),
        ("range<string>", "[1..2]", False),
        ("function<number>->number", "function(a: number) a", True),
        ("function<>->Any", "function() 1", True),
        ("function<number, string>->Any", "function(a: number) a", False),
        ("date and time", '@"2026-06-01T00:00:00"', True),
        ("years and months duration", '@"P1Y"', True),
        ("days and time duration", '@"P1D"', True),
        ("Any", "1", True),
    ],
)
def test_instance_of_takes_types_with_parts(type_: str, text: str, wanted: bool) -> None:
    assert value(f"({text}) instance of {type_}") is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("for i in 1..3 return i * i", [1, 4, 9]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in [1..3] return i", [1, 2, 3]),
        ("for i in (1..3) return i", [2]),
        ("for i in 1..2, j in i..2 return 10 * i + j", [11, 12, 22]),
        ("for i in [[1, 2], [3]], j in i return j", [1, 2, 3]),
        ("for i in 1..1 + 1 return partial", [[], [[]]]),
        ('for d in @"2026-01-30"..@"2026-02-01" return d.day', [30, 31, 1]),
        ("for i in 1 return i", None),
        ("for i in [] return i", []),
        ("every i in [1, 2], j in [3] satisfies i < j", True),
        ("some i in [1], j in [i + 1] satisfies j = 2", True),
    ],
)
def test_iterations_run_over_lists_ranges_and_one_another(text: str, wanted: object) -> None:
    assert value(text) == wanted


@pytest.mark.parametrize(
    ("text", "tested", "wanted"),
    [
        ("-", "anything", True),
        ("-5", -5, True),
        ("- 5", -5, True),
        ("< -5, > 5", -6, True),
        ("[-5..-1]", -3, True),
        ("]1..3[", 3, False),
        ("(1..3), [7..9]", 8, True),
        ("not(1, 2)", 3, True),
        ("not([1..3])", 2, False),
        ("not([1..3[)", 3, True),
        ("not(]1..3[, 7)", 3, True),
        ("not(< 1)", 3, True),
        ("not([][{}])", 1, True),
        ("(not(true))", False, True),
        ("not(true)", False, True),
        ("not(false) and ? > 1", 2, True),
        ("5, not(? = 3)", 4, True),
        ('date("2026-01-01")', date(2026, 1, 1), True),
        ('< date("2026-01-01")', date(2025, 1, 1), True),
        ('[@"2026-01-01"..@"2026-12-31"]', date(2026, 6, 1), True),
        ("? > 3 and ? < 5", 4, True),
        ("odd(?)", 3, True),
        ("(< 5)", 3, True),
        ("= 5", 5, True),
        ("!= 5", 4, True),
        ("!= 5", 5, False),
        ("null", None, True),
        ("limit, limit + 1", 6, True),
        ("> limit", 6, True),
        ("[1, 2]", [1, 2], True),
        ("{a: 1}", {"a": 1}, True),
        ("some x in ? satisfies x > limit", [1, 9], True),
        ("count(?[item = 1]) > 0", [1, 2], True),
        ("? in [1, 2]", 2, True),
    ],
)
def test_unary_tests_in_every_form(text: str, tested: object, wanted: bool | None) -> None:
    assert passes(text, tested, limit=5) is wanted


def test_a_value_named_as_the_tested_one_in_the_callers_context_is_not_seen() -> None:
    assert passes("< 5", 3, **{"?": 9}) is True
    assert passes("? < 5", 3, **{"?": 9}) is True


def test_an_external_function_is_null_with_a_reason() -> None:
    text = 'function(a: number, b) external {java: {class: "java.lang.Math", "method signature": "max(long)"}}'
    outcome = feel.compile(text).evaluate({}, now=NOW)
    assert outcome.value is None and outcome.problems == ("A function outside FEEL is not run.",)
    assert value(f"{{f: {text}, r: f(1, 2)}}.r") is None


FAULTS = {
    "1 +": (1, 4),
    "1 +\n  then": (2, 3),
    "(1": (1, 3),
    "[1, 2": (1, 6),
    "[1..2": (1, 6),
    "{a: 1, a: 2}": (1, 13),
    "{a}": (1, 2),
    "{1: 2}": (1, 2),
    "1 2": (1, 3),
    "if a then b": (1, 12),
    "for in [1] return 1": (1, 5),
    "for x [1] return 1": (1, 5),
    "some x in [1] return x": (1, 15),
    "a.": (1, 3),
    "1.": (1, 3),
    "a instance of": (1, 14),
    "a instance of list<": (1, 20),
    "a instance of list<number": (1, 26),
    "f(a: 1, 2)": (1, 11),
    "f(a: 1, a: 2)": (1, 14),
    "function(1) 2": (1, 10),
    "x between 1": (1, 12),
    'a = "open': (1, 5),
    '/* remark */ @"never"': (1, 14),
    "/* open": (1, 1),
    "1 # 2": (1, 3),
    "1\n\n  #": (3, 3),
    '"\n\n" #': (3, 3),
    '"\\uD83D"': (1, 1),
    "1e99999": (1, 1),
    "": (1, 1),
    "not true": (1, 1),
    "（1）": (1, 1),
    "sum（1，2）": (1, 6),
    "１ + 1": (1, 1),
    "a ＞ 1": (1, 3),
}


@pytest.mark.parametrize(("text", "place"), FAULTS.items())
def test_a_fault_is_placed_where_reading_stopped(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        feel.compile(text)
    assert (caught.value.line, caught.value.column) == place
    assert caught.value.limit == ""


def test_what_is_too_long_or_too_deep_says_which_limit() -> None:
    for text, limit in {"1" * 20_001: "size", "a," * 9_000: "size", "(" * 101 + "1": "depth"}.items():
        with pytest.raises(FeelSyntaxError) as caught:
            feel.compile(text)
        assert caught.value.limit == limit
    with pytest.raises(FeelSyntaxError) as caught:
        feel.compile("1 +\n" + "(" * 120 + "1")
    assert (caught.value.line, caught.value.column > 90) == (2, True)


def test_a_date_of_constants_is_made_once_and_only_while_date_means_the_built_in() -> None:
    read = feel.compile('date("2026-06-30")')
    assert read.evaluate({}, now=NOW).value == date(2026, 6, 30)
    assert read.evaluate({"date": 5}, now=NOW).value == date(2026, 6, 30)
    own = feel.compile('{date: function(x) x + "!", made: date("2026-06-30")}.made')
    assert own.evaluate({}, now=NOW).value == "2026-06-30!"
    wrong = feel.compile('date("2026-13-01")').evaluate({}, now=NOW)
    assert wrong.value is None and wrong.problems
