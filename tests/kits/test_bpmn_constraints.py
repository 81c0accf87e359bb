"""Models that break a rule of BPMN, read from $HEDUI_KITS/bpmn-constraints: each must be refused with place and rule.

The good models beside them, $HEDUI_KITS/bpmn-behaviour and miwg, must not be refused for any of these rules.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import Finding
from workflows import lint

KITS = Path(os.environ.get("HEDUI_KITS", ""))
KIT = KITS / "bpmn-constraints"
pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason="HEDUI_KITS names no folder with bpmn-constraints")


def in_bundle(xml: bytes) -> list[Finding]:
    return lint.check_diagram(xml, operations={}, roles=(), forms=(), decisions=(), drawing=False)


def from_elsewhere(xml: bytes) -> list[Finding]:
    return lint.check_files({"a.bpmn": xml})


@pytest.mark.parametrize("check", [in_bundle, from_elsewhere])
def test_every_model_that_breaks_a_rule_is_refused_with_line_sentence_remedy_and_that_rule(
    check: Callable[[bytes], list[Finding]],
) -> None:
    cases = json.loads((KIT / "cases.json").read_text("utf-8"))["cases"]
    let_through, unnamed = [], []
    for case in cases:
        errors = [found for found in check((KIT / case["file"]).read_bytes()) if found.severity == "error"]
        if not errors or not all(found.line and str(found.sentence) and str(found.remedy) for found in errors):
            let_through.append(case["id"])
        elif case["rule"] not in {found.code for found in errors}:
            unnamed.append((case["id"], case["rule"], sorted({found.code for found in errors})))
    named = len(cases) - len(let_through) - len(unnamed)
    print(f"\nbpmn-constraints: {len(cases) - len(let_through)} of {len(cases)} refused, {named} naming the rule")
    assert not let_through
    assert not unnamed


def _good() -> list[Path]:
    """Models that the kits expect to run, and those that are to be shown."""
    kit = KITS / "bpmn-behaviour"
    cases = json.loads((kit / "cases.json").read_text("utf-8"))["cases"] if kit.is_dir() else []
    wrong = {case["file"] for case in cases if case["expect"]["state"] == "refused-or-error"}
    return [
        *(kit / name for name in sorted({case["file"] for case in cases} - wrong)),
        *sorted(KITS.glob("miwg/*.bpmn")),
    ]


@pytest.mark.parametrize("path", _good(), ids=lambda path: path.name)
def test_no_good_model_is_refused_for_a_rule_of_the_standard_or_for_its_joins_and_loops(path: Path) -> None:
    ours = {"deadlock", "endless-loop"}
    errors = [found for found in from_elsewhere(path.read_bytes()) if found.severity == "error"]
    assert not [str(found) for found in errors if found.code.startswith("EXT") or found.code in ours]
