"""What decisions cost: `python -m bench.decisions`.

In one run: reading typical conditions, evaluating them beside plain Python functions written by hand that do the same
with the same values, a table of 200 rules and 6 inputs beside a loop written by hand, and the attack corpus. Every
figure of time is processor time, the median of five measurements.

By hand means: the constants made beforehand, Decimals, lookups in the dict that FEEL is given too, no checks of kinds
and no budget. What comes out of both is compared first.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import decisions
from decisions import feel
from decisions.feel.parser import parse

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
TIMES = 5
LEAST_SECONDS = 0.02  # of one measurement
Given = Mapping[str, Any]


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of one call: the median of five measurements of as many calls as take 20 ms."""
    calls = 1
    while (taken := _timed(work, calls)) < LEAST_SECONDS:
        calls = max(calls * 2, int(calls * LEAST_SECONDS / max(taken, 1e-6)))
    return median([taken, *(_timed(work, calls) for _ in range(TIMES - 1))]) / calls


def _timed(work: Callable[[], object], calls: int) -> float:
    began = time.process_time()
    for _ in range(calls):
        work()
    return time.process_time() - began


# --- conditions


@dataclass(frozen=True)
class Condition:
    """A FEEL text, and the same by hand."""

    text: str
    by_hand: Callable[[Given], object]


THOUSAND, EIGHTEEN, THIRTY, RATE = Decimal(1000), Decimal(18), Decimal(30), Decimal("2.5")
STATES = frozenset(("new", "open", "held"))
DEADLINE = date(2026, 6, 30)
CONDITIONS = [
    Condition("amount > 1000", lambda g: g["amount"] > THOUSAND),
    Condition('status = "open"', lambda g: g["status"] == "open"),
    Condition('status in ("new", "open", "held")', lambda g: g["status"] in STATES),
    Condition(
        "person.age >= 18 and person.income > 2.5 * limit",
        lambda g: g["person"]["age"] >= EIGHTEEN and g["person"]["income"] > RATE * g["limit"],
    ),
    Condition(
        'status = "new" or (status = "open" and days > 30)',
        lambda g: g["status"] == "new" or (g["status"] == "open" and g["days"] > THIRTY),
    ),
    Condition('due < date("2026-06-30")', lambda g: g["due"] < DEADLINE),
    Condition(
        'if status = "open" then amount * 2.5 else amount',
        lambda g: g["amount"] * RATE if g["status"] == "open" else g["amount"],
    ),
    Condition("some m in members satisfies m.age < 18", lambda g: any(m["age"] < EIGHTEEN for m in g["members"])),
    Condition("count(members[age < 18]) > 0", lambda g: len([m for m in g["members"] if m["age"] < EIGHTEEN]) > 0),
    Condition("sum(lines) <= limit", lambda g: sum(g["lines"], Decimal(0)) <= g["limit"]),
]
GIVEN: Given = {
    "amount": Decimal(1200),
    "status": "open",
    "days": Decimal(31),
    "limit": Decimal(2000),
    "due": date(2026, 6, 1),
    "person": {"age": Decimal(40), "income": Decimal(6000)},
    "members": [{"age": Decimal(age)} for age in (44, 41, 19, 22, 15)],
    "lines": [Decimal(n) for n in (100, 200, 300, 400, 500)],
}


def conditions() -> None:
    print(f"{'condition':52} {'read us':>8} {'FEEL us':>8} {'hand us':>8} {'ratio':>6}")
    ratios: list[float] = []
    for one in CONDITIONS:
        read = feel.compile(one.text)
        if read.evaluate(GIVEN, now=NOW).value != one.by_hand(GIVEN):
            raise RuntimeError(f"{one.text} is not what is written by hand")
        reading, evaluating, by_hand = _costs(one, read)
        ratios.append(evaluating / by_hand)
        figures = f"{reading * 1e6:8.1f} {evaluating * 1e6:8.2f} {by_hand * 1e6:8.2f} {ratios[-1]:6.1f}"
        print(f"{one.text:52} {figures}")
    print(f"{'median of the ratios':52} {'':26} {median(ratios):6.1f}\n")


def _costs(one: Condition, read: feel.Expression) -> tuple[float, float, float]:
    """Seconds of reading, of evaluating, and of the same by hand."""
    return (
        seconds(lambda: parse(one.text)),
        seconds(lambda: read.evaluate(GIVEN, now=NOW).value),
        seconds(lambda: one.by_hand(GIVEN)),
    )


# --- a table of 200 rules and 6 inputs

RULES, CASES = 200, 200
COLUMNS = {
    "amount": "number",
    "kind": "string",
    "score": "number",
    "member": "boolean",
    "area": "string",
    "since": "date",
}


@dataclass(frozen=True)
class Row:
    """A rule as it is written by hand; None is a dash."""

    least: Decimal
    most: Decimal
    kinds: frozenset[str] | None
    above: Decimal | None
    member: bool | None
    other_than: str | None
    since: date | None
    output: str

    def cells(self) -> list[str]:
        """The same rule in FEEL."""
        return [
            f"[{self.least}..{self.most}]",
            "-" if self.kinds is None else ", ".join(f'"{kind}"' for kind in sorted(self.kinds)),
            "-" if self.above is None else f"> {self.above}",
            "-" if self.member is None else str(self.member).lower(),
            "-" if self.other_than is None else f'not("{self.other_than}")',
            "-" if self.since is None else f'>= date("{self.since}")',
            f'"{self.output}"',
        ]


def rows(drawn: random.Random, *, apart: bool) -> list[Row]:
    """Rules of a table; with `apart`, no two of them can match together."""
    made = []
    for number in range(RULES):
        least = Decimal(number * 10 if apart else drawn.randrange(RULES * 10))
        made.append(
            Row(
                least,
                least + (Decimal("9.99") if apart else drawn.randrange(20, 400)),
                drawn.choice([None, frozenset(drawn.sample("abcd", 2)), frozenset(drawn.sample("abcd", 1))]),
                drawn.choice([None, Decimal(drawn.randrange(100))]),
                drawn.choice([None, None, True, False]),
                drawn.choice([None, "north", "south"]),
                drawn.choice([None, None, date(drawn.randrange(2000, 2026), 1, 1)]),
                f"out {number % 9}",
            )
        )
    return made


def given_cases(drawn: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "amount": Decimal(drawn.randrange(RULES * 10)),
            "kind": drawn.choice("abcd"),
            "score": Decimal(drawn.randrange(100)),
            "member": drawn.random() < 0.5,
            "area": drawn.choice(["north", "south", "west"]),
            "since": date(drawn.randrange(1995, 2027), 5, 5),
        }
        for _ in range(CASES)
    ]


def by_hand(table: Sequence[Row], given: Given, first: bool) -> list[str]:
    """The outputs of the rules that hold; only of the first one when that is asked for."""
    amount, kind, score = given["amount"], given["kind"], given["score"]
    member, area, since = given["member"], given["area"], given["since"]
    found = []
    for row in table:
        if (
            row.least <= amount <= row.most
            and (row.kinds is None or kind in row.kinds)
            and (row.above is None or score > row.above)
            and (row.member is None or member is row.member)
            and (row.other_than is None or area != row.other_than)
            and (row.since is None or since >= row.since)
        ):
            found.append(row.output)
            if first:
                break
    return found


def model_of(table: Sequence[Row], policy: str) -> decisions.Model:
    """The rows as a DMN model."""
    data = "".join(
        f'<inputData id="{n}" name="{n}"><variable name="{n}" typeRef="{t}"/></inputData>' for n, t in COLUMNS.items()
    )
    needs = "".join(f'<informationRequirement><requiredInput href="#{n}"/></informationRequirement>' for n in COLUMNS)
    inputs = "".join(
        f'<input><inputExpression typeRef="{t}"><text>{n}</text></inputExpression></input>' for n, t in COLUMNS.items()
    )
    rules = "".join(f"<rule>{''.join(_cell(at, cell) for at, cell in enumerate(row.cells()))}</rule>" for row in table)
    return decisions.load(
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="urn:m">{data}'
        f'<decision id="d" name="d"><variable name="d"/>{needs}<decisionTable hitPolicy="{policy}">{inputs}'
        f'<output typeRef="string"/>{rules}</decisionTable></decision></definitions>'.encode()
    )


def _cell(at: int, cell: str) -> str:
    entry = "inputEntry" if at < len(COLUMNS) else "outputEntry"
    return f"<{entry}><text>{cell.replace('>', '&gt;')}</text></{entry}>"


def tables() -> None:
    title = f"table of {RULES} rules, {len(COLUMNS)} inputs"
    print(f"{title:26} {'a second':>9} {'us':>8} {'hand us':>8} {'ratio':>6} {'read ms':>8}")
    for policy in ("UNIQUE", "FIRST", "COLLECT"):
        table_costs(policy, random.Random(4))
    print()


def table_costs(policy: str, drawn: random.Random) -> None:
    table, cases, first = rows(drawn, apart=policy == "UNIQUE"), given_cases(drawn), policy != "COLLECT"
    model = model_of(table, policy)
    for given in cases:
        _compared(model.evaluate("d", given, now=NOW).value, by_hand(table, given, first), policy)
    reading = seconds(lambda: model_of(table, policy))
    taken = seconds(lambda: [model.evaluate("d", given, now=NOW) for given in cases]) / CASES
    hand = seconds(lambda: [by_hand(table, given, first) for given in cases]) / CASES
    figures = f"{1 / taken:9.0f} {taken * 1e6:8.1f} {hand * 1e6:8.1f} {taken / hand:6.2f} {reading * 1e3:8.1f}"
    print(f"{policy:26} {figures}")


def _compared(value: object, wanted: list[str], policy: str) -> None:
    if value != ((wanted or None) if policy == "COLLECT" else wanted[0] if wanted else None):
        raise RuntimeError(f"The table {policy} is not what is written by hand")


# --- attacks


def attack_corpus() -> None:
    """What the attacks cost, the dearest first."""
    from tests.decisions.attacks import runner  # the corpus belongs to the tests; without them the rest still runs

    measured = runner.run()
    took = sorted((one.milliseconds for one in measured), reverse=True)
    peaks = sorted((one.megabytes for one in measured), reverse=True)
    print(f"{len(measured)} attacks: median {median(took):.1f} ms and {median(peaks):.1f} MB,", end=" ")
    print(f"most {took[0]:.1f} ms and {peaks[0]:.1f} MB; above 100 ms: {sum(ms > 100 for ms in took)},", end=" ")
    print(f"above 20 MB: {sum(mb > 20 for mb in peaks)}")
    for one in sorted(measured, key=lambda one: -one.milliseconds)[:5]:
        print(f"  {one.group}/{one.name}: {one.milliseconds:.1f} ms, {one.megabytes:.1f} MB, ended by {one.ended}")


def main() -> int:
    """Print all figures."""
    print(f"Python {sys.version.split()[0]}, processor time, median of {TIMES}\n")
    conditions()
    tables()
    if (Path(__file__).resolve().parents[1] / "tests" / "decisions" / "attacks" / "runner.py").exists():
        attack_corpus()
    return 0


if __name__ == "__main__":
    sys.exit(main())
