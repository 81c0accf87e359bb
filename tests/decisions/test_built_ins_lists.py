"""List functions (DMN 1.5, table 75), sort (table 80) and context functions (table 81)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from decisions import feel

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def same(found: object, wanted: object) -> bool:
    """Equal and, for numbers and booleans, of the same kind."""
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict) and list(found) == list(wanted) and all(same(found[k], wanted[k]) for k in wanted)
        )
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def check(text: str, wanted: object) -> None:
    outcome = feel.compile(text).evaluate({}, now=NOW, budget=100_000)
    assert same(outcome.value, wanted), outcome
    if wanted is None:
        assert outcome.problems or "null" in text or "[2]" in text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("list contains([1, 2, 3], 2)", True),
        ("list contains([1, 2, 3], 4)", False),
        ("list contains([1, null], null)", True),
        ("list contains([], null)", False),
        ("list contains([1.0], 1)", True),
        ('list contains(["1"], 1)', False),
        ("list contains([[1], [2]], [2])", True),
        ("list contains(1, 1)", True),
        ("list contains(list: [1], element: 1)", True),
        ("list contains(null, 1)", None),
        ("list contains([1])", None),
        ("count([1, 2, 3])", 3),
        ("count([])", 0),
        ("count([1, [2, 3]])", 2),
        ("count([null])", 1),
        ("count(1)", 1),
        ("count(list: [1, 2])", 2),
        ("count(null)", None),
        ("count(1, 2)", None),
        ("min([1, 2, 3])", 1),
        ("max(1, 2, 3)", 3),
        ("min(1)", 1),
        ("min([1])", 1),
        ("max([])", None),
        ("min([])", None),
        ('min("b", "a", "c")', "a"),
        ('max(["b", "a"])', "b"),
        ('max("ab", "a")', "ab"),
        ('max("\uff5e", "\\U01F40E")', "🐎"),
        ('max(@"2026-01-01", @"2026-02-01") = @"2026-02-01"', True),
        ('min(@"P1D", @"PT23H") = @"PT23H"', True),
        ("min(list: [2, 1])", 1),
        ('max([1, "a"])', None),
        ("max([1, null])", None),
        ("max(null)", None),
        ("max(1, null)", None),
        ("max()", None),
        ("max([true, false])", None),
        ("sum([1, 2, 3])", 6),
        ("sum(1, 2, 3)", 6),
        ("sum(1)", 1),
        ("sum([])", None),
        ("sum([0.1, 0.2])", Decimal("0.3")),
        ('sum([1, "2"])', None),
        ("sum([1, null])", None),
        ("sum(null)", None),
        ("sum([[1, 2]])", None),
        ("sum(list: [1, 2])", 3),
        ("mean([1, 2, 3])", 2),
        ("mean(1, 2, 3)", 2),
        ("mean(1)", 1),
        ("mean([])", None),
        ("mean([1, 2, 2])", Decimal("1.666666666666666666666666666666667")),
        ("mean(null)", None),
        ("all([false, null, true])", False),
        ("all(true)", True),
        ("all([true])", True),
        ("all([])", True),
        ("all(0)", None),
        ("all([true, null])", None),
        ("all(true, false)", False),
        ("all(list: [true, true])", True),
        ("all(null)", None),
        ("all()", None),
        ("any([false, null, true])", True),
        ("any(false)", False),
        ("any([])", False),
        ("any(0)", None),
        ("any([false, null])", None),
        ("any(false, true)", True),
        ("any(null)", None),
        ("sublist([4, 5, 6], 1, 2)", [4, 5]),
        ("sublist([4, 5, 6], 2)", [5, 6]),
        ("sublist([4, 5, 6], -2)", [5, 6]),
        ("sublist([4, 5, 6], -3, 2)", [4, 5]),
        ("sublist([4, 5, 6], 3, 1)", [6]),
        ("sublist(list: [4, 5, 6], start position: 2, length: 1)", [5]),
        ("sublist([4, 5, 6], 3, 2)", None),
        ("sublist([4, 5, 6], -1, 2)", None),
        ("sublist([4, 5, 6], 0)", None),
        ("sublist([4, 5, 6], 4)", None),
        ("sublist([4, 5, 6], 1, 0)", None),
        ("sublist([4, 5, 6], 1, -1)", None),
        ("sublist([], 1)", None),
        ("sublist([4, 5, 6], 10 ** 40)", None),
        ("sublist(null, 1)", None),
        ("append([1], 2, 3)", [1, 2, 3]),
        ("append([], null)", [None]),
        ("append([1], [2])", [1, [2]]),
        ("append(1, 2)", [1, 2]),
        ("append(list: [1], item: 2)", [1, 2]),
        ("append(null, 1)", None),
        ("concatenate([1, 2], [3])", [1, 2, 3]),
        ("concatenate([1], [[2]])", [1, [2]]),
        ("concatenate([])", []),
        ("concatenate([1], 2)", [1, 2]),
        ("concatenate([1], null)", None),
        ("insert before([1, 3], 1, 2)", [2, 1, 3]),
        ("insert before([1, 3], 2, 2)", [1, 2, 3]),
        ("insert before([1, 3], -1, 2)", [1, 2, 3]),
        ("insert before([1], 1, null)", [None, 1]),
        ("insert before(list: [1], position: 1, newItem: 0)", [0, 1]),
        ("insert before([1, 3], 3, 2)", None),
        ("insert before([1, 3], 0, 2)", None),
        ("insert before([], 1, 2)", None),
        ("insert before(null, 1, 2)", None),
        ("remove([1, 2, 3], 2)", [1, 3]),
        ("remove([1, 2, 3], -1)", [1, 2]),
        ("remove(list: [1], position: 1)", []),
        ("remove([1, 2, 3], 0)", None),
        ("remove([1, 2, 3], 4)", None),
        ("remove([1, 2, 3], null)", None),
        ("list replace([2, 4, 7, 8], 3, 6)", [2, 4, 6, 8]),
        ("list replace([2, 4, 7, 8], -1, 6)", [2, 4, 7, 6]),
        ("list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5)", [5, 5, 7, 8]),
        ("list replace([1], 1, null)", [None]),
        ("list replace([1, 2], 0, 5)", None),
        ("list replace([1, 2], 3, 5)", None),
        ("list replace([1, 2], function(item, newItem) 1, 5)", None),
        ("list replace([], function(item, newItem) true, 5)", []),
        ("reverse([1, 2, 3])", [3, 2, 1]),
        ("reverse([])", []),
        ("reverse(1)", [1]),
        ("reverse(null)", None),
        ("index of([1, 2, 3, 2], 2)", [2, 4]),
        ("index of([1, null], null)", [2]),
        ("index of([1], 2)", []),
        ("index of([[1], 1], [1])", [1]),
        ("index of(list: [5], match: 5)", [1]),
        ("index of(null, 1)", None),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ("union([1, 1.0])", [1]),
        ("union([null], [null])", [None]),
        ("union([], [])", []),
        ("union([1], null)", None),
        ("distinct values([1, 2, 3, 2, 1])", [1, 2, 3]),
        ('distinct values(["a", "A", "a"])', ["a", "A"]),
        ("distinct values([[1], [1.0], [2]])", [[1], [2]]),
        ("distinct values([{a: 1}, {a: 1}])", [{"a": 1}]),
        ('distinct values([@"2026-01-01T00:00:00Z", @"2026-01-01T08:00:00+08:00"])[2]', None),
        ("distinct values([1, null, true, null])", [1, None, True]),
        ("distinct values([])", []),
        ("distinct values(null)", None),
        ("flatten([[1, 2], [[3]], 4])", [1, 2, 3, 4]),
        ("flatten([])", []),
        ("flatten([[], [null]])", [None]),
        ("flatten(1)", [1]),
        ("flatten(null)", None),
        ("product([2, 3, 4])", 24),
        ("product([])", None),
        ("product(2, 3, 4)", 24),
        ("product([2, null])", None),
        ("median(8, 2, 5, 3, 4)", 4),
        ("median([6, 1, 2, 3])", Decimal("2.5")),
        ("median([])", None),
        ("median(null)", None),
        ('median(["a"])', None),
        ("stddev(2, 4, 7, 5)", Decimal("2.081665999466132735282297706979931")),
        ("stddev([47])", None),
        ("stddev(47)", None),
        ("stddev([])", None),
        ("stddev([0, 0])", 0),
        ("mode(6, 3, 9, 6, 6)", [6]),
        ("mode([6, 1, 9, 6, 1])", [1, 6]),
        ("mode([])", []),
        ("mode([1, 1.0, 2])", [1]),
        ("mode(null)", None),
        ('mode(["a"])', None),
    ],
)
def test_a_list_function_gives_what_the_standard_says(text: str, wanted: object) -> None:
    check(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sort(list: [3, 1, 4, 5, 2], precedes: function(x, y) x < y)", [1, 2, 3, 4, 5]),
        ("sort([3, 1, 2], function(x, y) x > y)", [3, 2, 1]),
        ("sort([{a: 2, b: 1}, {a: 1, b: 2}, {a: 2, b: 0}], function(x, y) x.a < y.a).b", [2, 1, 0]),
        ("sort([], function(x, y) x < y)", []),
        ("sort([1], function(x, y) x < y)", [1]),
        ('sort(["b", "a"])', ["a", "b"]),
        ('sort([1, "a"])', None),
        ("sort([1, null], function(x, y) x < y)", None),
        ("sort([2, 1], function(x) true)", None),
        ("sort(null, function(x, y) x < y)", None),
        ("sort([1], 1)", None),
    ],
)
def test_a_list_is_sorted_by_the_function_given(text: str, wanted: object) -> None:
    check(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('get value({key1: "value1"}, "key1")', "value1"),
        ('get value({key1: "value1"}, "unexistent-key")', None),
        ('get value(m: {a: 1}, key: "a")', 1),
        ('get value({a: null}, "a")', None),
        ('get value(null, "a")', None),
        ("get value({a: 1}, null)", None),
        ("get value({a: 1}, 1)", None),
        (
            'get entries({key1: "value1", key2: "value2"})',
            [{"key": "key1", "value": "value1"}, {"key": "key2", "value": "value2"}],
        ),
        ("get entries({})", []),
        ('get entries({key1: "value1"})[key = "key1"].value', ["value1"]),
        ("get entries(null)", None),
        ("get entries([])", None),
        ('context([{key: "a", value: 1}, {key: "b", value: 2}])', {"a": 1, "b": 2}),
        ('context([{key: "a", value: 1}, {key: "b", value: 2, something: "else"}])', {"a": 1, "b": 2}),
        ('context([{key: "a", value: 1}, {key: "b"}])', None),
        ('context({key: "a", value: null})', {"a": None}),
        ("context([])", {}),
        ('context([{key: "a", value: 1}, {key: "a", value: 2}])', None),
        ("context(null)", None),
        ("context([1])", None),
        ("context([{key: 1, value: 1}])", None),
        ('context put({x: 1}, "y", 2)', {"x": 1, "y": 2}),
        ('context put({x: 1, y: 0}, "y", 2)', {"x": 1, "y": 2}),
        ('context put({x: 1, y: 0, z: 0}, "y", 2)', {"x": 1, "y": 2, "z": 0}),
        ('context put({x: 1}, ["y"], 2)', {"x": 1, "y": 2}),
        ('context put({x: 1, y: {a: 0}}, ["y", "a"], 2)', {"x": 1, "y": {"a": 2}}),
        ('context put({x: 1, y: {a: 0}}, ["y", "b"], 2)', {"x": 1, "y": {"a": 0, "b": 2}}),
        ("context put({x: 1, y: {a: 0}}, [], 2)", None),
        ("context put({x: 1}, null, 2)", None),
        ('context put({x: 1}, ["y", "a"], 2)', None),
        ('context put({x: 1}, ["y", null], 2)', None),
        ('context put({x: 1}, "x", null)', {"x": None}),
        ('context put(context: {x: 1}, key: "y", value: 2)', {"x": 1, "y": 2}),
        ('context put(context: {x: 1}, keys: ["y"], value: 2)', {"x": 1, "y": 2}),
        ('context put(null, "y", 2)', None),
        ("context merge([{x: 1}, {y: 2}])", {"x": 1, "y": 2}),
        ("context merge([{x: 1, y: 0}, {y: 2}])", {"x": 1, "y": 2}),
        ("context merge([{x: 1, y: 0}, {y: 2, x: 3}])", {"x": 3, "y": 2}),
        ("context merge(contexts: [{x: 1}])", {"x": 1}),
        ("context merge({x: 1})", {"x": 1}),
        ("context merge([])", {}),
        ("context merge(null)", None),
        ("context merge([{x: 1}, null])", None),
        ("context merge([{x: 1}, 1])", None),
    ],
)
def test_a_context_function_gives_what_the_standard_says(text: str, wanted: object) -> None:
    check(text, wanted)


@pytest.mark.parametrize(
    "text", ["{a: many, b: many, r: a = b}", "index of([many, many], many)", "list contains([[many]], [many])"]
)
def test_what_compares_long_lists_is_charged_for_their_length(text: str) -> None:
    outcome = feel.compile(text).evaluate({"many": list(range(5000))}, now=NOW, budget=4000)
    assert outcome.value is None
    assert outcome.limit == "steps"


@pytest.mark.parametrize(
    "call",
    [
        "distinct values({0})",
        "union({0}, {0})",
        "index of({0}, -1)",
        "sort({0}, function(a, b) a < b)",
        "list replace({0}, function(a, b) false, 1)",
        "flatten({0})",
    ],
)
def test_what_walks_a_list_is_charged_for_every_item(call: str) -> None:
    outcome = feel.compile(call.format("many")).evaluate({"many": list(range(5000))}, now=NOW, budget=4000)
    assert outcome.value is None
    assert outcome.limit == "steps"
