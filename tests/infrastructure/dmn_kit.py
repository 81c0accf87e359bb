"""The DMN technology compatibility kit, run through the interface that outsiders use.

A kit is a folder with `compliance-level-N/GROUP/*.xml` (test cases) and the models beside them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from lxml import etree

import decisions
from decisions import DecisionError
from decisions.feel.temporal import read_any

TEST = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
LEVELS = (2, 3)


@dataclass(frozen=True)
class Case:
    """One expected result. `kind` is "decision", "bkm" or "decisionService"; `output` the result asked for by name."""

    group: str
    name: str
    model: Path
    kind: str
    invoked: str
    output: str
    inputs: dict[str, object]
    expected: object

    @property
    def wants_null(self) -> bool:
        return self.expected is None


@dataclass(frozen=True)
class Failure:
    """A case that came out otherwise."""

    case: Case
    got: object

    @property
    def key(self) -> str:
        """Unique in the kit."""
        return f"{self.case.group}/{self.case.name}"


@dataclass
class Figures:
    """Cases passed and run, apart by whether a value or null is expected; what failed; the slowest in milliseconds."""

    value: list[int] = field(default_factory=lambda: [0, 0])
    null: list[int] = field(default_factory=lambda: [0, 0])
    failures: list[Failure] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    def add(self, case: Case, got: object, milliseconds: float) -> None:
        passed = same(got, case.expected)
        counts = self.null if case.wants_null else self.value
        counts[0] += passed
        counts[1] += 1
        self.slowest = max(self.slowest, (milliseconds, f"{case.group}/{case.name}"))
        if not passed:
            self.failures.append(Failure(case, got))

    def __iadd__(self, other: Figures) -> Figures:
        for mine, theirs in ((self.value, other.value), (self.null, other.null)):
            mine[:] = [a + b for a, b in zip(mine, theirs, strict=True)]
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)
        return self


def cases(kit: Path, level: int) -> Iterator[Case]:
    """Every expected result of a level, in the order of the folders."""
    for path in sorted(kit.glob(f"compliance-level-{level}/*/*.xml")):
        root = etree.parse(path).getroot()
        model = path.parent / (root.findtext(f"{TEST}modelName") or "").strip()
        for case in root.findall(f"{TEST}testCase"):
            inputs = {node.get("name") or "": value_of(node) for node in case.findall(f"{TEST}inputNode")}
            kind = case.get("type") or "decision"
            for result in case.findall(f"{TEST}resultNode"):
                expected = result.find(f"{TEST}expected")
                name = result.get("name") or ""
                yield Case(
                    path.parent.name,
                    f"{path.stem.partition('-test-')[2] or path.stem}#{case.get('id')}/{name}",
                    model,
                    kind,
                    (case.get("invocableName") if kind != "decision" else None) or name,
                    name,
                    inputs,
                    None if expected is None or result.get("errorResult") == "true" else value_of(expected),
                )


def run(case: Case) -> object:
    """What the public interface answers; a refusal is answered as itself."""
    try:
        if case.kind != "decisionService":
            return decisions.evaluate(case.model, case.invoked, case.inputs, now=NOW)
        value = decisions.evaluate_service(case.model, case.invoked, case.inputs, now=NOW)
        # of a service with several outputs the kit asks for one by its name
        return value[case.output] if isinstance(value, dict) and case.output in value else value
    except DecisionError as refusal:
        return refusal


def figures(kit: Path, level: int) -> dict[str, Figures]:
    """Group -> its figures."""
    found: dict[str, Figures] = {}
    for case in cases(kit, level):
        began = time.process_time()
        got = run(case)
        found.setdefault(case.group, Figures()).add(case, got, (time.process_time() - began) * 1000)
    return found


def together(groups: dict[str, Figures]) -> Figures:
    """The sum of all groups."""
    total = Figures()
    for one in groups.values():
        total += one
    return total


# --- values of the kit


def value_of(node: etree._Element) -> object:
    """An input or expected value."""
    components = node.findall(f"{TEST}component")
    if components:
        return {component.get("name"): value_of(component) for component in components}
    items = node.find(f"{TEST}list")
    if items is not None:
        return None if items.get(f"{XSI}nil") == "true" else [value_of(item) for item in items.findall(f"{TEST}item")]
    value = node.find(f"{TEST}value")
    if value is None or value.get(f"{XSI}nil") == "true":
        return None
    return scalar(value.text or "", (value.get(f"{XSI}type") or "xsd:string").split(":")[-1])


def scalar(text: str, kind: str) -> object:
    if kind in ("decimal", "double", "integer", "int", "float"):
        return Decimal(text.strip())
    if kind == "boolean":
        return text.strip() in ("true", "1")
    if kind in ("date", "dateTime", "time", "duration"):
        value = read_any(text.strip())
        return value if value is not None else ("unreadable", text)
    return text


def same(got: object, wanted: object) -> bool:
    """Equal, numbers to eight digits."""
    if isinstance(wanted, Decimal):
        return isinstance(got, Decimal) and abs(got - wanted) <= Decimal("1e-8") * max(Decimal(1), abs(wanted))
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(same, got, wanted))
    if isinstance(wanted, dict):
        return isinstance(got, dict) and got.keys() == wanted.keys() and all(same(got[k], wanted[k]) for k in wanted)
    return type(got) is type(wanted) and got == wanted
