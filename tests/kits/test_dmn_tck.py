"""The DMN technology compatibility kit, read from $HEDUI_KITS/dmn-tck; figures are printed level by level."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from decisions import DecisionError
from decisions.dmn import Model, read
from decisions.feel.temporal import read_any

TEST = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)

# (cases that expect a value, cases that expect null): passed at least. Raised when the engine learns more.
FLOOR = {2: (53, 6), 3: (1553, 1327)}
TOTAL = {2: 59, 3: 2967}


@dataclass(frozen=True)
class Case:
    name: str
    model: Path
    decision: str
    output: str | None
    inputs: dict[str, object]
    expected: object


def value_of(node: etree._Element) -> object:
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
    if isinstance(wanted, Decimal):
        return isinstance(got, Decimal) and abs(got - wanted) <= Decimal("1e-8") * max(Decimal(1), abs(wanted))
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(same, got, wanted))
    if isinstance(wanted, dict):
        return isinstance(got, dict) and got.keys() == wanted.keys() and all(same(got[k], wanted[k]) for k in wanted)
    return type(got) is type(wanted) and got == wanted


def cases(kit: Path, level: int) -> Iterator[Case]:
    for path in sorted(kit.glob(f"compliance-level-{level}/*/*.xml")):
        root = etree.parse(path).getroot()
        model = path.parent / (root.findtext(f"{TEST}modelName") or "").strip()
        for case in root.findall(f"{TEST}testCase"):
            inputs = {node.get("name") or "": value_of(node) for node in case.findall(f"{TEST}inputNode")}
            for result in case.findall(f"{TEST}resultNode"):
                expected = result.find(f"{TEST}expected")
                invoked = case.get("invocableName") if case.get("type") in ("decisionService", "bkm") else None
                yield Case(
                    f"{path.stem}#{case.get('id')}/{result.get('name')}",
                    model,
                    invoked or result.get("name") or "",
                    result.get("name") if invoked else None,
                    inputs,
                    None if expected is None or result.get("errorResult") == "true" else value_of(expected),
                )


def beside(path: Path) -> Callable[[str], bytes]:
    def resolve(namespace: str) -> bytes:
        for other in path.parent.glob("*.dmn"):
            if other != path and etree.parse(other).getroot().get("namespace") == namespace:
                return other.read_bytes()
        raise DecisionError(f"No model {namespace}.")

    return resolve


def run(case: Case, models: dict[Path, Model | DecisionError]) -> object:
    if case.model not in models:
        try:
            models[case.model] = read(case.model.read_bytes(), beside(case.model))[0]
        except DecisionError as refusal:
            models[case.model] = refusal
    model = models[case.model]
    if isinstance(model, DecisionError):
        return model
    try:
        value = model.evaluate(case.decision, case.inputs, now=NOW).value
        # Of a service with several outputs the kit asks for one by its name.
        return value[case.output] if isinstance(value, dict) and case.output in value else value
    except DecisionError as refusal:
        return refusal


@pytest.fixture
def kit(request: pytest.FixtureRequest) -> Path:
    named = request.config.getoption("--kits", default=None) or os.environ.get("HEDUI_KITS")
    if not named or not (Path(named) / "dmn-tck").is_dir():
        pytest.skip("neither --kits nor HEDUI_KITS names a folder with dmn-tck")
    return Path(named) / "dmn-tck"


@pytest.mark.parametrize("level", [2, 3])
def test_the_compatibility_kit_passes_as_many_cases_as_it_did(kit: Path, level: int) -> None:
    models: dict[Path, Model | DecisionError] = {}
    total: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    failures: list[str] = []
    for case in cases(kit, level):
        kind = "null" if case.expected is None else "value"
        got = run(case, models)
        total[kind] += 1
        if same(got, case.expected):
            passed[kind] += 1
        else:
            failures.append(f"{case.name} ({case.model.parent.name}): wanted {case.expected!r}, got {got!r}")
    print(f"\nDMN TCK level {level}: {passed['value']}/{total['value']} that expect a value,", end=" ")
    print(f"{passed['null']}/{total['null']} that expect null")
    print("\n".join(failures))
    assert total.total() == TOTAL[level], "cases were dropped or added"
    assert (passed["value"], passed["null"]) >= FLOOR[level]
    assert passed["value"] >= FLOOR[level][0] and passed["null"] >= FLOOR[level][1]
