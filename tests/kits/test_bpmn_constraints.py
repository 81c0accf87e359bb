"""Models that break a rule of BPMN, read from $HEDUI_KITS/bpmn-constraints: each must be refused with its place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from workflows import lint

KIT = Path(os.environ.get("HEDUI_KITS", "")) / "bpmn-constraints"
pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason="HEDUI_KITS names no folder with bpmn-constraints")


def test_every_model_that_breaks_a_rule_is_refused_with_line_sentence_and_remedy() -> None:
    cases = json.loads((KIT / "cases.json").read_text("utf-8"))["cases"]
    let_through = []
    for case in cases:
        xml = (KIT / case["file"]).read_bytes()
        findings = lint.check_diagram(xml, operations={}, roles=(), forms=(), decisions=(), drawing=False)
        errors = [found for found in findings if found.severity == "error"]
        if not errors or not all(found.line and str(found.sentence) and str(found.remedy) for found in errors):
            let_through.append(case["id"])
    print(f"\nbpmn-constraints: {len(cases) - len(let_through)} of {len(cases)} refused")
    assert not let_through
