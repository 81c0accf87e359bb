"""What an evaluation may cost: steps counted by entering bodies, sizes, and all that lives at once."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions import feel
from decisions.feel.values import MAX_LIST, MAX_RESULT, MAX_STRING

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TWENTY_MB = 20 * 1024 * 1024


def run(text: str, budget: int = feel.BUDGET, **context: object) -> feel.Outcome:
    return feel.compile(text).evaluate(context, now=NOW, budget=budget)


def steps(text: str, **context: object) -> int:
    outcome = feel.compile(text).evaluate(context, now=NOW)
    assert not outcome.limit
    return outcome.steps


def test_a_tree_is_charged_once_for_every_node_that_does_something() -> None:
    assert steps("1") == 0
    assert steps("a", a=1) == 1
    assert steps("a + 1", a=1) == 2
    assert steps("a + 1 + 2", a=1) == 3
    assert steps("a ** 2", a=1) == 5
    assert steps("if a > 1 then a else 2", a=1) == steps("if a > 1 then a else 2", a=2) == 4


def test_a_body_is_charged_each_time_it_is_entered() -> None:
    for body, own in {"i + 10": 2, "i * 2 + 1.5": 3}.items():
        for count in (0, 1, 7, 50):
            xs = list(range(count))
            assert steps(f"for i in xs return {body}", xs=xs) == 3 + count // 10 + count * (1 + own)
            assert steps(f"every i in xs satisfies 5 != {body}", xs=xs) == 3 + count // 10 + count * (2 + own)
    call = steps("{f: function(x) x + 1, r: 1}.r")
    assert steps("{f: function(x) x + 1, r: f(1)}.r") == call + 2 + 3
    assert steps("{f: function(x) x + 1, r: f(f(1))}.r") == call + 2 * (2 + 3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 200), st.integers(0, 1000))
def test_a_budget_is_kept_to_the_step(count: int, budget: int) -> None:
    text = "for i in xs return i * i + 1"
    needed = steps(text, xs=list(range(count)))
    outcome = run(text, budget, xs=list(range(count)))
    if budget >= needed:
        assert outcome.steps == needed and not outcome.limit
    else:
        assert (outcome.value, outcome.limit, outcome.steps) == (None, "steps", budget)
        assert outcome.problems == ("The evaluation needs more steps than it is allowed.",)


GROWING = "{a: s + s, b: a + a, c: b + b, d: c + c, e: d + d, f: e + e, g: f + f, h: g + g, i: h + h}.i"


def test_every_size_has_its_limit() -> None:
    assert run(GROWING, s="x" * (MAX_STRING // 512)).value == "x" * MAX_STRING
    assert run(GROWING, s="x" * (MAX_STRING // 512 + 1)).limit == "size"
    assert run("count(concatenate(xs, [1]))", 10**6, xs=[1] * (MAX_LIST - 1)).value == MAX_LIST
    assert run("count(concatenate(xs, [1]))", 10**6, xs=[1] * MAX_LIST).limit == "size"
    assert run("for i in 1..10001 return i", 10**6).limit == "size"
    many = "for i in 1..n return xs"
    assert run(many, 10**6, n=MAX_RESULT // 1000 - 1, xs=[1] * 999).limit == ""
    assert run(many, 10**6, n=MAX_RESULT // 1000 + 1, xs=[1] * 999).limit == "size"


@pytest.mark.parametrize(
    "text",
    [
        "for n in 1..9000 return big + string(n)",
        "for n in 1..9000 return upper case(big)",
        "for n in 1..9000 return {a: substring(big, n)}",
        'for n in 1..9000 return [split(big, "x")]',
        "for n in 1..9000 return partial",
        "for n in 1..9000 return xs",
        "for n in 1..9000 return append(xs, n)",
        "for n in 1..9000 return context put({}, string(n), xs[item > n])",
        "for n in 1..9000 return function(a) n + a",
        "for n in 1..9000 return [n, n, n, n, n, n, n, n]",
        'for n in 1..9000 return {a: n, b: n, c: "x" + string(n)}',
        "for n in 1..9000 return n ** 0.5",
        "for n in 1..9000 return sort(xs)",
        "for n in 1..9000 return [1..n]",
        'for n in 1..9000 return date("2026-01-01") + duration("P" + string(n) + "D")',
    ],
)
def test_all_that_lives_at_once_stays_below_twenty_megabytes(text: str) -> None:
    compiled = feel.compile(text)
    context = {"big": "𠮷" * (MAX_STRING - 8), "xs": list(range(1000))}
    tracemalloc.start()
    try:
        outcome = compiled.evaluate(context, now=NOW)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.limit in ("steps", "size")
    assert peak < TWENTY_MB


@pytest.mark.parametrize(
    "text",
    [
        "10 ** 6000 ** 6000",
        "10 ** 6000 * 10 ** 6000",
        "9 ** (9 ** (9 ** 9))",
        "0 ** -1",
        "(-8) ** 0.5",
        "1e6144 + 9e6144",
    ],
)
def test_a_number_that_does_not_exist_or_is_too_large_is_null_and_cheap(text: str) -> None:
    outcome = run(text)
    assert outcome.value is None and outcome.limit == "" and outcome.steps < 50
    assert outcome.problems


def test_an_outcome_is_compared_by_what_it_gave() -> None:
    assert run("1 + 1") == feel.Outcome(Decimal(2))
    assert run("1 + 1") != feel.Outcome(Decimal(2), ("why",))
