"""String functions (DMN 1.5, table 74), with XPath's regular expressions (its reference in footnote 2)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions import feel
from decisions.feel.built_in_text import _pattern

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def outcome(text: str, **context: object) -> feel.Outcome:
    return feel.compile(text).evaluate(context, now=NOW)


def check(text: str, wanted: object) -> None:
    found = outcome(text).value
    assert (found, type(found)) == (wanted, Decimal if type(wanted) is int else type(wanted))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('substring("foobar", 3)', "obar"),
        ('substring("foobar", 3, 3)', "oba"),
        ('substring("foobar", -2, 1)', "a"),
        ('substring("foobar", -6)', "foobar"),
        ('substring("foobar", 3, 4)', "obar"),
        ('substring("\\U01F40Eab", 2)', "ab"),
        ('substring("\\U01F40Eab", 1, 1)', "🐎"),
        ('substring("a\u0301b", 2, 1)', "\u0301"),
        ('substring(string: "foobar", start position: 3)', "obar"),
        ('substring(start position: -2, length: 1, string: "foobar")', "a"),
        ('substring(["foobar"], [3])', "obar"),
        ('substring("foobar", 0)', None),
        ('substring("foobar", 7)', None),
        ('substring("foobar", -7)', None),
        ('substring("foobar", 3, 5)', None),
        ('substring("foobar", -2, 3)', None),
        ('substring("foobar", 3, 0)', None),
        ('substring("foobar", 3, -1)', None),
        ('substring("", 1)', None),
        ('substring("foobar", 10 ** 30)', None),
        ("substring(null, 1)", None),
        ('substring("foobar", null)', None),
        ('substring("foobar", "3")', None),
        ("substring(123, 1)", None),
        ('substring("foobar")', None),
        ('substring("foobar", 1, 1, 1)', None),
        ('substring(string: "foobar", start: 3)', None),
        ('string length("foo")', 3),
        ('string length("\\U01F40Eab")', 3),
        ('string length("")', 0),
        ('string length("中文𠮷")', 3),
        ('string length(string: "ab")', 2),
        ('string length(["ab"])', 2),
        ("string length(null)", None),
        ("string length(123)", None),
        ("string length([])", None),
        ('string length(["a", "b"])', None),
        ('upper case("aBc4")', "ABC4"),
        ('upper case("straße")', "STRASSE"),
        ('upper case("ñ汉")', "Ñ汉"),
        ('upper case(string: "a")', "A"),
        ("upper case(null)", None),
        ('lower case("aBc4")', "abc4"),
        ('lower case("ÀÉ")', "àé"),
        ("lower case(1)", None),
        ('substring before("foobar", "bar")', "foo"),
        ('substring before("foobar", "xyz")', ""),
        ('substring before("foobar", "o")', "f"),
        ('substring before("foobar", "")', ""),
        ('substring before(string: "foobar", match: "b")', "foo"),
        ('substring before(null, "a")', None),
        ('substring before("a", null)', None),
        ('substring after("foobar", "ob")', "ar"),
        ('substring after("", "a")', ""),
        ('substring after("foobar", "xyz")', ""),
        ('substring after("foobar", "")', "foobar"),
        ('substring after("foo.bar", ".")', "bar"),
        ('substring after(null, "a")', None),
        ('contains("foobar", "of")', False),
        ('contains("foobar", "oba")', True),
        ('contains("foobar", "")', True),
        ('contains(["foobar"], "of")', False),
        ('contains(match: "o", string: "foo")', True),
        ('contains(null, "o")', None),
        ('contains("o", null)', None),
        ('starts with("foobar", "fo")', True),
        ('starts with("foobar", "of")', False),
        ('starts with(string: "foobar", match: "")', True),
        ("starts with(null, null)", None),
        ('ends with("foobar", "r")', True),
        ('ends with("foobar", "foo")', False),
        ('ends with("foobar", 1)', None),
        ('split("John Doe", "\\\\s")', ["John", "Doe"]),
        ('split("a;b;c;;", ";")', ["a", "b", "c", "", ""]),
        ('split("", ";")', [""]),
        ('split("abc", "x")', ["abc"]),
        ('split("a1b22c", "[0-9]+")', ["a", "b", "c"]),
        ('split("a.b", "\\\\.")', ["a", "b"]),
        ('split(string: "a,b", delimiter: ",")', ["a", "b"]),
        ('split("a", null)', None),
        ('split("abc", "x*")', None),
        ('string join(["a", "b", "c"], "_and_")', "a_and_b_and_c"),
        ('string join(["a", "b", "c"], "")', "abc"),
        ('string join(["a", "b", "c"], null)', "abc"),
        ('string join(["a"], "X")', "a"),
        ('string join(["a", null, "c"], "X")', "aXc"),
        ('string join([], "X")', ""),
        ('string join(["a", "b", "c"])', "abc"),
        ('string join(["a", null, "c"])', "ac"),
        ("string join([])", ""),
        ("string join([null])", ""),
        ('string join("a", "X")', "a"),
        ('string join(list: ["a", "b"], delimiter: "-")', "a-b"),
        ('string join(["a", 1])', None),
        ('string join(null, "X")', None),
        ('string join([["a"]], "X")', None),
        ('string join(["a"], 1)', None),
    ],
)
def test_strings_are_counted_cut_and_joined_by_code_points(text: str, wanted: object) -> None:
    check(text, wanted)


@pytest.mark.parametrize(
    ("subject", "pattern", "flags", "wanted"),
    [
        ("foobar", "^fo*b", "", True),
        ("foobar", "o+", "", True),
        ("foobar", "^o", "", False),
        ("", "^$", "", True),
        ("a\n", "a$", "", False),
        ("a\nb", "a.b", "", False),
        ("a\nb", "a.b", "s", True),
        ("a\nb", "^b$", "", False),
        ("a\nb", "^b$", "m", True),
        ("HELLO", "hello", "", False),
        ("HELLO", "hello", "i", True),
        ("\u212a", "k", "i", True),
        ("hello world", "hello world", "x", False),
        ("helloworld", "hello world", "x", True),
        ("helloworld", "hello[ ]world", "x", False),
        ("hello world", "hello[ ]world", "x", True),
        ("hello world", "hello\\ sworld", "x", True),
        ("a.b", "a.b", "q", True),
        ("axb", "a.b", "q", False),
        ("A.B", "a.b", "qi", True),
        ("abc", "a(?:b)c", "", True),
        ("٣", "^\\d$", "", True),
        ("x", "^\\D$", "", True),
        ("汉", "^\\w$", "", True),
        ("_", "^\\w$", "", False),
        ("-", "^\\W$", "", True),
        ("a-1", "^[\\w-]+$", "", True),
        ("\u00a0", "\\s", "", False),
        ("\t", "\\s", "", True),
        ("x", "\\S", "", True),
        ("_a:b", "^\\i\\c*$", "", True),
        ("1a", "^\\i", "", False),
        ("a.b-1", "^[\\i][\\c]+$", "", True),
        ("1", "^\\I$", "", True),
        (" ", "^\\C$", "", True),
        ("Aa", "^\\p{Lu}\\p{Ll}$", "", True),
        ("a", "^\\P{Lu}$", "", True),
        ("m", "^\\p{Lu}$", "i", False),
        ("m", "^[\\p{Lu}x]$", "i", False),
        ("X", "^[\\p{Nd}x]$", "i", True),
        ("汉", "^\\p{Lo}$", "", True),
        ("a", "^\\p{IsBasicLatin}$", "", True),
        ("é", "^\\p{IsBasicLatin}$", "", False),
        ("é", "^\\P{IsBasicLatin}$", "", True),
        ("汉", "^[\\p{IsCJKUnifiedIdeographs}]+$", "", True),
        ("b", "^[a-z-[aeiou]]$", "", True),
        ("e", "^[a-z-[aeiou]]$", "", False),
        ("B", "^[a-z-[aeiou]]$", "i", True),
        ("E", "^[a-z-[aeiou]]$", "i", False),
        ("é", "^[\\p{L}-[a-z]]$", "", True),
        ("e", "^[\\p{L}-[a-z]]$", "", False),
        ("5", "^[\\w-[\\d]]$", "", False),
        ("x", "^[\\w-[\\d]]$", "", True),
        ("b", "^[^a-z-[0-9]]$", "", False),
        ("7", "^[^a-z-[0-9]]$", "", False),
        ("!", "^[^a-z-[0-9]]$", "", True),
        ("c", "^[a-z-[^b-d]]$", "", True),
        ("a", "^[a-z-[^b-d]]$", "", False),
        ("é", "^[\\p{L}-[^é]]$", "", True),
        ("a-", "^[a-]+$", "", True),
        ("]", "^[\\]]$", "", True),
        ("^", "^[a^]$", "", True),
        ("aaa", "^a{2,3}$", "", True),
        ("a{2}", "^a\\{2\\}$", "", True),
        ("aab", "a+?b", "", True),
        ("🐎", "^.$", "", True),
        ("🐎", "^[\\U01F40D-\\U01F40F]$", "", True),
    ],
)
def test_a_text_matches_as_xpath_says(subject: str, pattern: str, flags: str, wanted: bool) -> None:
    pattern = pattern.replace("\\U01F40D", "🐍").replace("\\U01F40F", "🐏")
    found = feel.compile("matches(s, p, f)").evaluate({"s": subject, "p": pattern, "f": flags}, now=NOW)
    assert found.value is wanted, found.problems


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a)\\1", "refers back"),
        ("(?=a)", "looks around"),
        ("(?<!a)b", "looks around"),
        ("(?P<x>a)", "of a kind"),
        ("(?i:a)", "of a kind"),
        ("[\\i-[\\d]]" * 110, "too many sets"),
        ("[a-z-[b-[c]]]", "only once"),
        ("a]", "no beginning"),
        ("a}", "no beginning"),
        ("a{", "does not count"),
        ("a{,3}", "does not count"),
        ("a{2000}", "bounded time"),
        ("[", "ends too early"),
        ("[]", "square bracket"),
        ("[a[b]]", "square bracket"),
        ("[z-a]", "before it starts"),
        ("(a", "bounded time"),
        ("a**", "bounded time"),
        ("\\", "ends too early"),
        ("\\y", "no such meaning"),
        ("\\b", "no such meaning"),
        ("\\p{Foo}", "not known"),
        ("\\p{IsNowhere}", "not known"),
        ("\\p", "not known"),
        ("a" * 1001, "longer than"),
    ],
)
def test_a_pattern_that_is_none_is_null_with_the_reason(pattern: str, reason: str) -> None:
    found = feel.compile('matches("äbc", p)').evaluate({"p": pattern}, now=NOW)
    assert found.value is None
    assert reason in found.problems[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('matches(input: "foobar", pattern: "^fo*b")', True),
        ('matches("a", "a", null)', True),
        ('matches("a", "a", "")', True),
        ('matches("a", "a", "z")', None),
        ('matches(null, "a")', None),
        ('matches("a", null)', None),
        ('matches(1, "a")', None),
        ('replace("banana", "a", "o")', "bonono"),
        ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
        ('replace("abracadabra", "bra", "*")', "a*cada*"),
        ('replace("abracadabra", "a.*a", "*")', "*"),
        ('replace("abracadabra", "a.*?a", "*")', "*c*bra"),
        ('replace("abracadabra", "a", "")', "brcdbr"),
        ('replace("abracadabra", "a(.)", "a$1$1")', "abbraccaddabbra"),
        ('replace("AAAA", "A+", "b")', "b"),
        ('replace("AAAA", "A+?", "b")', "bbbb"),
        ('replace("darted", "^(.*?)d(.*)$", "$1c$2")', "carted"),
        ('replace("abc", "b", "[$0]")', "a[b]c"),
        ('replace("abc", "(b)", "$12")', "ab2c"),
        ('replace("abc", "(b)", "$2")', "ac"),
        ('replace("abc", "b", "\\\\$")', "a$c"),
        ('replace("abc", "b", "\\\\\\\\")', "a\\c"),
        ('replace("a.c", ".", "$", "q")', "a$c"),
        ('replace("aBc", "b", "x", "i")', "axc"),
        ('replace("🐎🐎", "🐎", "马")', "马马"),
        ('replace(input: "abc", pattern: "b", replacement: "x", flags: "i")', "axc"),
        ('replace("abc", "b", "x", null)', "axc"),
        ('replace("abracadabra", ".*?", "$1")', None),
        ('replace("abc", "x*", "-")', None),
        ('replace("abc", "b", "$")', None),
        ('replace("abc", "b", "$x")', None),
        ('replace("abc", "b", "\\\\x")', None),
        ('replace("abc", "(b)\\\\1", "x")', None),
        ('replace("abc", "b", "x", "g")', None),
        ('replace("abc", "b")', None),
        ('replace(null, "b", "x")', None),
        ('replace("abc", "b", null)', None),
        ('replace("abc", "b", 1)', None),
    ],
)
def test_a_text_is_replaced_as_xpath_says(text: str, wanted: object) -> None:
    check(text, wanted)


SETS = {"a-m": set("abcdefghijklm"), "\\d": set("0123456789"), "\\p{Lu}": set("ABXYZ"), "x": {"x"}, "A-C": set("ABC")}
ALPHABET = "abcdefghijklmnxyz0123456789ABCXYZ-é"


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(sorted(SETS)), min_size=1),
    st.lists(st.sampled_from(sorted(SETS)), min_size=1),
    st.booleans(),
    st.booleans(),
)
def test_a_set_of_characters_taken_from_another_leaves_the_others(
    whole: list[str], part: list[str], not_whole: bool, not_part: bool
) -> None:
    pattern = f"^[{'^' * not_whole}{''.join(whole)}-[{'^' * not_part}{''.join(part)}]]$"
    for char in ALPHABET:
        inside = any(_holds(name, char) for name in whole) is not not_whole
        taken = any(_holds(name, char) for name in part) is not not_part
        found = feel.compile("matches(c, p)").evaluate({"c": char, "p": pattern}, now=NOW)
        assert found.value is (inside and not taken), (char, pattern, found)


PIECES = "a Z 7 _ - \\d \\D \\w \\W \\s \\i \\c \\p{Lu} \\P{L} b-y é \u212a".split()


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), st.booleans(), st.booleans(), st.sampled_from(["", "i"])
)
def test_an_ascii_text_is_searched_as_any_other(pieces: list[str], negated: bool, taken: bool, flags: str) -> None:
    pattern = f"[{'^' * negated}{''.join(pieces)}{'-[ab-d]' * taken}]"
    narrow, wide = _pattern(pattern, flags, True), _pattern(pattern, flags, False)
    if isinstance(wide, str):
        assert narrow == wide
        return
    for code in range(128):
        assert bool(narrow.search(chr(code))) == bool(wide.search(chr(code))), (pattern, flags, chr(code))


def test_a_common_pattern_costs_little_on_a_common_text() -> None:
    call = feel.compile('every n in numbers satisfies matches(n, "^\\d{17}[\\dX]$")')
    outcome = call.evaluate({"numbers": ["99010119900101123X"] * 500}, now=NOW, budget=10_000)
    assert outcome.value is True


def _holds(name: str, char: str) -> bool:
    return char.isupper() if name == "\\p{Lu}" else char in SETS[name]
