"""The survey of decision tables against trying every input: what is found is so, and what is so is found."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, product
from xml.sax.saxutils import escape

import pytest

from decisions import Finding, Model, feel, load
from decisions.checks.geometry import check_tables
from decisions.checks.geometry_cover import Work
from decisions.checks.geometry_survey import Survey
from decisions.tables import Table

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NUMBERS = [Decimal(n) / 2 for n in range(-1, 8)]
DAYS = [date(2024, 1, day) for day in range(1, 7)]
Point = tuple[object, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of column: its declared type, the constants its cells are made of, all inputs worth trying."""

    type: str
    constants: tuple[str, ...]
    inputs: tuple[object, ...]
    allowed: str = ""

    @property
    def ordered(self) -> bool:
        return self.type in ("number", "date")


KINDS = (
    Kind("number", ("0", "1", "2", "3"), tuple(NUMBERS)),
    Kind("number", ("0", "1", "2", "3"), tuple(n for n in NUMBERS if 0 <= n <= 2), "[0..2]"),
    Kind("Any", ("0", "1", "-1 + 3", "3"), tuple(NUMBERS)),
    Kind("string", ('"a"', '"b"', '"c"'), ("a", "b", "c", "another")),
    Kind("string", ('"a"', '"b"', '"c"', '"d"'), ("a", "b", "c"), '"a","b","c"'),
    Kind("boolean", ("true", "false"), (True, False)),
    Kind("date", ('date("2024-01-02")', '@"2024-01-03"', '@"2024-01-05"'), tuple(DAYS)),
)
COMPLETE = ("UNIQUE", "ANY", "FIRST", "PRIORITY")


def cell(kind: Kind, dice: random.Random) -> str:
    def one() -> str:
        return dice.choice(kind.constants)

    def span() -> str:
        return f"{dice.choice('[(]')}{one()}..{one()}{dice.choice('])[')}"

    forms = ["-", "-", one(), one(), f"{one()}, {one()}", f"not({one()})", f"!= {one()}", f"[{one()}, {one()}]"]
    if dice.random() < 0.15:
        forms += ["null", f"null, {one()}", f"not({one()}, null)"]
    if kind.ordered:
        sign = dice.choice(("<", "<=", ">", ">="))
        forms += [span(), span(), f"{sign} {one()}", f"{sign} {one()}", f"not({span()})", f"{span()}, {sign} {one()}"]
        forms += [f"? >= {one()} and ? < {one()}", f"? between {one()} and {one()}", f"not(? {sign} {one()})"]
        forms += [f"? in ({one()}, {span()})", f"not({span()}, {sign} {one()})"]
    return dice.choice(forms)


@dataclass
class Drawn:
    """A table drawn at random, and what every input makes of it."""

    kinds: Sequence[Kind]
    policy: str
    default: bool
    cells: list[list[str]]
    outputs: list[str]

    @property
    def source(self) -> bytes:
        names = [f"c{at}" for at in range(len(self.kinds))]
        known = [*names, "k"]
        data = "".join(f'<inputData id="{n}" name="{n}"><variable name="{n}"/></inputData>' for n in known)
        needs = "".join(
            f'<informationRequirement id="q{n}"><requiredInput href="#{n}"/></informationRequirement>' for n in known
        )
        inputs = "".join(
            f'<input id="i{n}" label="{n}"><inputExpression typeRef="{kind.type}"><text>{n}</text></inputExpression>'
            + (f"<inputValues><text>{escape(kind.allowed)}</text></inputValues>" if kind.allowed else "")
            + "</input>"
            for n, kind in zip(names, self.kinds, strict=True)
        )
        rules = "".join(
            f'<rule id="r{at}">'
            + "".join(f"<inputEntry><text>{escape(text)}</text></inputEntry>" for text in cells)
            + f"<outputEntry><text>{output}</text></outputEntry></rule>"
            for at, (cells, output) in enumerate(zip(self.cells, self.outputs, strict=True), 1)
        )
        default = "<defaultOutputEntry><text>9</text></defaultOutputEntry>" if self.default else ""
        return (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="m" namespace="urn:m">'
            f'{data}<decision id="D" name="D"><variable name="D"/>{needs}'
            f'<decisionTable id="t" hitPolicy="{self.policy}">{inputs}<output id="o" name="o">'
            f"<outputValues><text>3,1,2</text></outputValues>{default}</output>{rules}</decisionTable></decision>"
            "</definitions>"
        ).encode()

    @property
    def inputs(self) -> list[list[object]]:
        """Per column all inputs of its domain; null is one where a cell speaks of it."""
        columns = zip(self.kinds, zip(*self.cells, strict=True), strict=True)
        return [[*kind.inputs, *([None] if any("null" in text for text in cells) else [])] for kind, cells in columns]

    def points(self) -> Iterator[Point]:
        return product(*self.inputs)


def drawn(dice: random.Random) -> Drawn:
    kinds = [dice.choice(KINDS) for _ in range(dice.choice((1, 1, 2, 2, 2, 3)))]
    rules = dice.randint(1, 6)
    cells = [[cell(kind, dice) for kind in kinds] for _ in range(rules)]
    for at, kind in enumerate(kinds):
        if kind.type == "Any" and all(not re.search(r"\d", row[at]) for row in cells):
            cells[0][at] = "1"
    policy = dice.choice(("UNIQUE", "UNIQUE", "ANY", "FIRST", "FIRST", "PRIORITY", "COLLECT", "RULE ORDER"))
    return Drawn(kinds, policy, dice.random() < 0.15, cells, [dice.choice("123") for _ in range(rules)])


@lru_cache(100_000, typed=True)
def passes(text: str, value: object) -> bool:
    return feel.compile(text, unary=True).test(value, {}, now=NOW).value is True


def matched(model: Model, point: Point, k: object = None) -> list[int]:
    given = {"k": k} | {f"c{at}": value for at, value in enumerate(point)}
    return [rule.number for rule in model.evaluate("D", given, now=NOW).matched]


def findings_of(table: Drawn) -> tuple[Model, list[Finding]]:
    model = load(table.source)
    return model, list(check_tables(model.module))


def rules_in(finding: Finding) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", finding.sentence.partition(":")[0]))


def told(finding: Finding) -> dict[int, str]:
    """Column -> unary tests of a gap."""
    text = finding.sentence.removeprefix("No rule matches ").removesuffix(".")
    return {int(label[1:]): tests for label, tests in re.findall(r"(c\d): (.*?)(?:; (?=c\d: )|$)", text)}


def given(finding: Finding, columns: int) -> Point:
    values = {name: feel.compile(text).evaluate({}, now=NOW).value for name, text in finding.example.items()}
    return tuple(values[f"c{at}"] for at in range(columns))


def check_overlaps(table: Drawn, seen: Mapping[Point, list[int]], found: list[Finding]) -> None:
    pairs = {pair for numbers in seen.values() for pair in combinations(numbers, 2)}
    if table.policy == "ANY":
        pairs = {(a, b) for a, b in pairs if table.outputs[a - 1] != table.outputs[b - 1]}
    elif table.policy != "UNIQUE":
        pairs = set()
    assert {rules_in(finding) for finding in found} == pairs
    for finding in found:
        assert finding.severity == "error"


def check_gaps(table: Drawn, seen: Mapping[Point, list[int]], found: list[Finding]) -> None:
    missing = {point for point, numbers in seen.items() if not numbers}
    if table.policy not in COMPLETE or table.default:
        assert not found
        return
    more = [finding for finding in found if finding.sentence == "More inputs match no rule."]
    boxes = [told(finding) for finding in found if finding not in more]
    covered = {
        point for point in seen if any(all(passes(text, point[at]) for at, text in box.items()) for box in boxes)
    }
    assert covered <= missing
    assert more or covered == missing
    assert bool(found) == bool(missing)


def check_idle(table: Drawn, model: Model, seen: Mapping[Point, list[int]], found: list[Finding]) -> None:
    expected: set[tuple[int, bool]] = set()
    if table.policy in ("FIRST", "PRIORITY"):
        wider = [[*dict.fromkeys([*values, None])] for values in table.inputs]
        for number, cells in enumerate(table.cells, 1):
            alive = all(
                any(passes(text, value) for value in values) for text, values in zip(cells, table.inputs, strict=True)
            )
            if alive and not any(number in numbers for numbers in seen.values()):
                missing = any(number in matched(model, point) for point in product(*wider))
                expected.add((number, missing))
    assert {(finding.rule, "missing" in finding.sentence) for finding in found} == expected


def check_dead(table: Drawn, found: list[Finding]) -> None:
    expected: set[tuple[int, str, str]] = set()
    for at, (kind, values) in enumerate(zip(table.kinds, table.inputs, strict=True)):
        anywhere = [*NUMBERS, *DAYS, True, False, "a", "b", "c", "d", "another"] if kind.allowed else []
        for number, cells in enumerate(table.cells, 1):
            if not any(passes(cells[at], value) for value in values):
                if passes(cells[at], None):
                    expected.add((number, f"c{at}", "never-true"))
                else:
                    outside = any(passes(cells[at], value) for value in anywhere)
                    expected.add((number, f"c{at}", "outside-allowed" if outside else "never-true"))
    whole = {
        (finding.rule, finding.column, finding.code)
        for finding in found
        if finding.sentence.split("'")[1] == table.cells[(finding.rule or 0) - 1][int(finding.column[1:])]
    }
    assert {one for one in whole if one[2] == "never-true"} == {one for one in expected if one[2] == "never-true"}
    assert whole >= expected


def check(table: Drawn) -> int:
    model, found = findings_of(table)
    seen = {point: matched(model, point) for point in table.points()}
    by_code: dict[str, list[Finding]] = {}
    for finding in found:
        by_code.setdefault(finding.code, []).append(finding)
    check_overlaps(table, seen, by_code.get("overlap", []))
    check_gaps(table, seen, by_code.get("gap", []))
    check_idle(table, model, seen, by_code.get("unreachable", []))
    check_dead(table, [*by_code.get("never-true", []), *by_code.get("outside-allowed", [])])
    check_examples(table, model, found)
    assert "not-analysed" not in by_code
    assert disagreements(table, model) == 0
    return len(found)


def disagreements(table: Drawn, model: Model) -> int:
    """Answers of the survey that it took back when the table, evaluated, did not confirm them."""
    node = model.module.parts["D"].node
    assert isinstance(node, Table)
    survey = Survey(node, {}, Work(10**9))
    asked = [*survey.idle(), *survey.dead()]
    asked += survey.overlaps() if table.policy in ("UNIQUE", "ANY") else []
    asked += survey.gaps()[0] if table.policy in COMPLETE else []
    return survey.disagreed


def check_examples(table: Drawn, model: Model, found: list[Finding]) -> None:
    """Every example, tried with the model itself, shows what its finding says."""
    for finding in found:
        if not finding.example:
            continue
        numbers = matched(model, given(finding, len(table.kinds)))
        if finding.code == "gap":
            assert numbers == []
        elif finding.code == "overlap":
            assert set(rules_in(finding)) <= set(numbers)
        else:
            assert numbers and finding.rule not in numbers


@pytest.mark.parametrize("batch", range(10))
def test_the_survey_of_a_table_agrees_with_trying_every_input(batch: int) -> None:
    total = 0
    for number in range(50):
        table = drawn(random.Random(f"{batch}/{number}"))
        try:
            total += check(table)
        except AssertionError as fault:
            raise AssertionError(f"table {batch}/{number}: {table}\n{fault}") from fault
    assert total > 50


UNKNOWN = ("k", "> k", "not(k)", "? = k or ? = 1", "[k..3]", 'contains(string(?), "1")', "k, 2", "abs(?) > 1")


@pytest.mark.parametrize("batch", range(4))
def test_what_is_found_beside_cells_that_are_not_known_holds_whatever_they_say(batch: int) -> None:
    total = 0
    for number in range(25):
        dice = random.Random(f"unknown {batch}/{number}")
        table = drawn(dice)
        for cells in table.cells:
            if dice.random() < 0.4:
                cells[dice.randrange(len(cells))] = dice.choice(UNKNOWN)
        model, found = findings_of(table)
        for k in (Decimal(1), Decimal("2.5"), "a", True, None):
            for finding in found:
                check_unknown(table, model, finding, k)
        total += len(found)
    assert total > 10


def check_unknown(table: Drawn, model: Model, finding: Finding, k: object) -> None:
    if finding.code in ("overlap", "gap") and finding.example:
        numbers = matched(model, given(finding, len(table.kinds)), k)
        assert numbers == [] if finding.code == "gap" else set(rules_in(finding)) <= set(numbers)
    if finding.code == "gap" and finding.example:
        for point in table.points():
            if all(passes(text, point[at]) for at, text in told(finding).items()):
                assert matched(model, point, k) == []
    if finding.code == "unreachable":
        assert not any(finding.rule in matched(model, point, k) for point in table.points())
