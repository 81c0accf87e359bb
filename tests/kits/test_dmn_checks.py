"""The static checks over the compatibility kit of --kits DIR (dmn-tck): nothing is said of what rightly has a value."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

import decisions
from decisions.errors import Finding
from decisions.files import beside
from tests.infrastructure import dmn_kit

NEVER_WRONGLY = frozenset(("unknown-name", "unknown-function", "type-conflict"))
DECIDING = ("decision", "businessKnowledgeModel", "decisionService", "inputData")


@pytest.fixture
def kit(kits: Path) -> Path:
    if not (kits / "dmn-tck").is_dir():
        pytest.skip("the folder of kits has no dmn-tck")
    return kits / "dmn-tck"


def owners(model: Path) -> dict[str, str]:
    """Id or name of every element -> name of the part of the model it lies in."""
    found: dict[str, str] = {}
    for part in etree.parse(model).getroot():
        if not isinstance(part.tag, str) or etree.QName(part).localname not in DECIDING:
            continue
        for element in part.iter(etree.Element):
            for place in (element.get("id"), element.get("name")):
                if place:
                    found.setdefault(place, part.get("name") or "")
    return found


def told_of_values(kit: Path, level: int, told: dict[Path, list[Finding]]) -> list[str]:
    """Findings that can be no slip, in decisions whose cases all expect a value and get it."""
    wanting: dict[tuple[Path, str], bool] = {}
    for case in dmn_kit.cases(kit, level):
        key = (case.model, case.output)
        wanting[key] = wanting.get(key, True) and not case.wants_null
    wrong: list[str] = []
    for model, findings in told.items():
        names = owners(model)
        wrong += [
            f"{model.parent.name}/{one.where}: {one.code}: {one.sentence}"
            for one in findings
            if (one.code in NEVER_WRONGLY or _unread(one)) and wanting.get((model, names.get(one.where, "")))
        ]
    return wrong


def _unread(one: Finding) -> bool:
    # a part that is always null may stand in a decision that tests for null
    return one.code == "unreadable-cell" and not one.sentence.endswith("has no value.")


@pytest.mark.parametrize("level", dmn_kit.LEVELS)
def test_no_decision_of_the_kit_that_has_a_value_is_said_to_be_wrong(kit: Path, level: int) -> None:
    told: dict[Path, list[Finding]] = {}
    slowest = 0.0
    for model in sorted(kit.glob(f"compliance-level-{level}/*/*.dmn")):
        began = time.process_time()
        told[model] = decisions.check(model.read_bytes(), beside(model))
        slowest = max(slowest, time.process_time() - began)
    counts = Counter(finding.code or "reading" for findings in told.values() for finding in findings)
    print(f"\nDMN TCK level {level}: {len(told)} models, slowest {slowest * 1000:.0f} ms, findings {dict(counts)}")
    assert told_of_values(kit, level, told) == []
