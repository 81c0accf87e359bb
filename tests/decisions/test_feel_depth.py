"""However deeply a text or its evaluation nests, the engine's own counters end it, never the host's stack."""

from __future__ import annotations

import bisect
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from decisions import FeelSyntaxError, feel
from decisions.feel.values import MAX_DEPTH, MAX_NESTING

NOW = datetime(2026, 6, 1, tzinfo=UTC)
# What the host needs at most: a tree's height, all functions inside one another, and a value walked at the very end.
FRAMES = MAX_NESTING + MAX_DEPTH + 350
PLENTY = 10**9


@contextmanager
def frames_left(count: int) -> Iterator[None]:
    """Inside, the host refuses to stand on more than `count` further frames."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + count)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


NESTS = {
    "brackets": ("(", "1", ")"),
    "lists": ("[", "1", "]"),
    "contexts": ("{a: ", "1", "}"),
    "paths": ("{a: ", "1", "}.a"),
    "negations": ("-", "1", ""),
    "sums": ("(1 + ", "1", ")"),
    "logic": ("(true and ", "true", ")"),
    "comparisons": ("(1 = ", "1", ")"),
    "conditions": ("if true then ", "1", " else 2"),
    "conditions in conditions": ("if ", "true", " then true else false"),
    "iterations": ("for i in [1] return ", "1", ""),
    "iterations over iterations": ("for i in ", "[1]", " return i"),
    "quantifiers": ("some i in [1] satisfies ", "true", ""),
    "filters": ("[1][", "true", "]"),
    "filters of filters": ("", "[1]", "[true]"),
    "tests": ("1 in (", "1", ", 2)"),
    "ranges": ("[1..", "2", "][1].end"),
    "functions": ("(function(x) ", "1", ")(1)"),
    "invocations": ("abs(", "1", ")"),
    "invocations by name": ("abs(n: ", "1", ")"),
    "between": ("(", "1", " between 0 and 2)"),
    "types": ("(", "1", " instance of number)"),
    "negated tests": ("not(", "true", ")"),
}


@pytest.mark.parametrize("name", NESTS)
def test_the_deepest_text_allowed_is_evaluated_on_few_frames_and_one_level_more_is_refused(name: str) -> None:
    before, core, after = NESTS[name]

    def limit(depth: int) -> str:
        try:
            feel.compile(before * depth + core + after * depth)
        except FeelSyntaxError as refusal:
            return refusal.limit
        return ""

    with frames_left(FRAMES):
        deepest = bisect.bisect_left(range(1, 2 * MAX_NESTING), "depth", key=limit)
        text = before * deepest + core + after * deepest
        outcome = feel.compile(text).evaluate({}, now=NOW, budget=PLENTY)
    assert MAX_NESTING // 4 < deepest <= MAX_NESTING
    assert limit(deepest + 1) == "depth"
    assert outcome.limit in ("", "depth"), outcome


@pytest.mark.parametrize("name", NESTS)
def test_a_text_of_thousands_of_levels_is_refused_by_the_counter(name: str) -> None:
    before, core, after = NESTS[name]
    depth = min(3000, 19_000 // len(before + after))
    with frames_left(FRAMES), pytest.raises(FeelSyntaxError) as caught:
        feel.compile(before * depth + core + after * depth)
    assert caught.value.limit in ("depth", "size")


CHAINS = {
    "itself": "f(n + 1)",
    "in a sum": "1 + f(n + 1)",
    "in a condition": "if f(n + 1) then 1 else 2",
    "in a list": "[f(n + 1)]",
    "in a context": "{a: f(n + 1)}.a",
    "in an iteration": "for i in [1] return f(n + 1)",
    "in an iteration's list": "for i in f(n + 1) return i",
    "in the second of its lists": "for i in [1], j in f(n + 1) return i",
    "in partial": "for i in [1] return if count(partial) = 0 then f(n + 1) else 1",
    "in a quantifier": "some i in [1] satisfies f(n + 1)",
    "in a filter": "[1][f(n + 1)]",
    "in a test": "1 in (f(n + 1), 2)",
    "in a comparison's bound": "1 in (> f(n + 1))",
    "in a range": "[1..f(n + 1)]",
    "in between": "1 between f(n + 1) and 3",
    "in a function made there": "(function(x) f(x + 1))(n)",
    "by name": "f(n: n + 1)",
    "as an argument": "abs(f(n + 1))",
    "in sort": "sort([2, 1], function(a, b) f(n + 1))",
    "in list replace": "list replace([2, 1], function(a, b) f(n + 1), 3)",
    "passed as a value": "(function(g) g(n + 1))(f)",
    "in instance of": "f(n + 1) instance of number",
    "in logic": "f(n + 1) and true",
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_functions_that_call_without_end_are_stopped_by_the_counter_on_few_frames(chain: str) -> None:
    expression = feel.compile(f"{{f: function(n) {chain}, r: f(0)}}.r")
    with frames_left(FRAMES):
        outcome = expression.evaluate({}, now=NOW, budget=PLENTY)
    assert outcome.limit == "depth"
    assert outcome.problems[-1] == "Functions call one another too deeply."


def test_the_deepest_chain_of_calls_is_evaluated_and_one_call_more_is_not() -> None:
    expression = feel.compile("{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(m)}.r")
    with frames_left(FRAMES):
        outcomes = [expression.evaluate({"m": m}, now=NOW, budget=PLENTY) for m in range(1, 80)]
    limits = [outcome.limit for outcome in outcomes]
    deepest = limits.index("depth")
    assert 40 <= deepest < 60
    assert set(limits[:deepest]) == {""} and set(limits[deepest:]) == {"depth"}


@pytest.mark.parametrize(
    "use",
    ["v", "v = v", "v = w", "string(v)", "flatten(v)", "distinct values([v, w])", "list contains([v], w)", "[v] = [w]"],
)
def test_values_nested_without_end_are_ended_by_the_counter(use: str) -> None:
    grown = "for i in 1..150 return if i = 1 then [1] else [partial[-1]]"
    expression = feel.compile(f"{{v: ({grown})[-1], w: ({grown})[-1], r: {use}}}.r")
    with frames_left(FRAMES):
        outcome = expression.evaluate({}, now=NOW, budget=PLENTY)
    assert outcome.limit == "depth"


def test_an_input_nested_without_end_is_refused() -> None:
    value: object = 1
    for _ in range(5000):
        value = [value]
    with frames_left(FRAMES):
        outcome = feel.compile("count(v)").evaluate({"v": value}, now=NOW)
    assert outcome.limit == "depth"
