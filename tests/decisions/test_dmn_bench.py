"""What the benchmark of decisions compares is the same on both sides."""

from __future__ import annotations

import random

import pytest

from bench import decisions as bench
from decisions import feel


@pytest.mark.parametrize("condition", bench.CONDITIONS, ids=lambda one: one.text)
def test_a_condition_is_what_is_written_by_hand(condition: bench.Condition) -> None:
    found = feel.compile(condition.text).evaluate(bench.GIVEN, now=bench.NOW)
    assert (found.value, found.problems) == (condition.by_hand(bench.GIVEN), ())


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "COLLECT"])
def test_the_large_table_answers_what_the_loop_by_hand_finds(policy: str) -> None:
    drawn = random.Random(7)
    table, cases = bench.rows(drawn, apart=policy == "UNIQUE"), bench.given_cases(drawn)
    model = bench.model_of(table, policy)
    answered = 0
    for given in cases:
        wanted = bench.by_hand(table, given, first=policy != "COLLECT")
        result = model.evaluate("d", given, now=bench.NOW, explain=True)
        assert [rule.outputs["d"] for rule in result.matched] == wanted
        assert len(result.matched) + len(result.missed) == bench.RULES
        answered += bool(wanted)
    assert answered > 20, "most cases find no rule"
