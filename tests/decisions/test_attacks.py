"""The attack corpus ends as it must: given up by a counted limit, refused, null, or worth nothing; never by a kill.

Every attack runs in a process of its own with 2 s of processor time and 200 MB (attacks/runner.py). What is asserted
are the counters; what it costs is printed by bench/decisions.py.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.feel import BUDGET
from tests.decisions.attacks import corpus, hosts, runner
from tests.decisions.attacks.corpus import LIMITS, Attack

CORPUS = {group: corpus.attacks(group) for group in corpus.groups()}
ALL = [attack for attacks in CORPUS.values() for attack in attacks]


@pytest.mark.parametrize("group", CORPUS)
def test_a_group_of_attacks_ends_as_it_must(group: str) -> None:
    attacks = {attack.name: attack for attack in CORPUS[group]}
    measured = runner.run(group)

    assert [one.name for one in measured] == list(attacks)
    otherwise = [
        f"{one.name}: must end by {attacks[one.name].ends}, ended by {one.ended} after {one.steps} steps: {one.why}"
        for one in measured
        if one.ended != attacks[one.name].ends
    ]
    assert not otherwise, "\n".join(otherwise)
    assert all(0 <= one.steps <= BUDGET for one in measured)
    for one in measured:
        if one.ended == "steps":
            assert one.steps == BUDGET, one
        if one.ended in (*LIMITS, "refused"):
            assert one.why, f"{one.name} ends without a reason"


def test_the_check_of_a_hostile_model_ends_with_findings_and_never_by_a_kill() -> None:
    refused = {attack.name for attack in CORPUS["models"] if attack.ends == "refused"}
    for one in runner.run("check", "models"):
        assert one.ended == "checked", one
        assert one.why or one.name not in refused, f"{one.name} is refused, but the check finds nothing"


def test_the_corpus_is_large_and_every_attack_is_another() -> None:
    kinds = Counter(attack.ends for attack in ALL)
    assert set(kinds) == set(corpus.ENDS)
    assert sum(kinds[limit] for limit in LIMITS) >= 220
    assert len({(attack.group, attack.name) for attack in ALL}) == len(ALL)
    assert len({_sense(attack) for attack in ALL}) == len(ALL)


def _sense(attack: Attack) -> tuple[object, ...]:
    return (attack.text, attack.unary, str(attack.given), str(attack.hosts), str(attack.imports))


@pytest.mark.parametrize("host", hosts.MAKERS)
def test_every_kind_of_host_object_is_handed_in(host: str) -> None:
    assert any(host in attack.hosts.values() for attack in ALL)


def test_the_costs_of_a_group_are_its_worst() -> None:
    measured = [
        runner.Measured("a", "one", "steps", milliseconds=5, megabytes=1),
        runner.Measured("a", "two", "null", milliseconds=2, megabytes=3),
        runner.Measured("b", "one", "size", milliseconds=1, megabytes=1),
    ]
    assert runner.costs(measured) == [runner.Costs("a", 2, 1, 5, 3), runner.Costs("b", 1, 1, 1, 1)]


PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|\s+|\S')
TEXTS = [attack.text for attack in ALL if not attack.model and 0 < len(attack.text) < 400]
PIECES = sorted({piece for text in TEXTS for piece in PIECE.findall(text)})


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(TEXTS), st.sampled_from(PIECES)), min_size=2, max_size=6),
    st.integers(0, 400),
    st.sampled_from(PIECES),
    st.booleans(),
)
def test_whatever_is_made_of_attacks_ends_in_a_plain_value_or_a_refusal(
    parts: list[str], at: int, piece: str, unary: bool
) -> None:
    pieces = PIECE.findall("".join(parts))
    pieces.insert(at % (len(pieces) + 1), piece)
    attack = Attack("own", "own", "".join(pieces), "plain", unary=unary, given={"x": 1, "l": [1, 2], "c": {"a": 1}})
    ended, _, steps = runner.attempted(attack)
    assert ended in corpus.ENDS and 0 <= steps <= BUDGET


HARMFUL = [
    ('"canary-4711"', "leaked"),  # as if a text of a host's attribute had come out
    ("1 + 1", "plain"),
]


@pytest.mark.parametrize(("text", "ended"), HARMFUL)
def test_the_runner_sees_a_leak(text: str, ended: str) -> None:
    assert runner.measured(Attack("own", "own", text, ended)).ended == ended


def test_the_runner_sees_what_is_killed() -> None:
    giant = Attack("own", "memory", "count(x)", "null", hosts={"x": "own giant"})
    hosts.MAKERS["own giant"] = lambda: [bytearray(50 * 1024 * 1024) for _ in range(8)]
    try:
        found = runner.measured(giant)
    finally:
        del hosts.MAKERS["own giant"]
    assert found.ended == "killed" and "MemoryError" in found.why


def test_the_runner_sees_what_takes_too_long() -> None:
    hosts.MAKERS["own ages"] = lambda: sum(number * number for number in range(10**10))
    try:
        found = runner.measured(Attack("own", "time", "x", "null", hosts={"x": "own ages"}))
    finally:
        del hosts.MAKERS["own ages"]
    assert found.ended == "killed" and "signal" in found.why
