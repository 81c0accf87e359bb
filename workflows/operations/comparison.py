"""The step that compares what was declared with what was found (CK-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.verification import comparison
from workflows.registry import Call, operation


@operation("comparison.build", outputs=("lines", "missing"))
def build(call: Call) -> Mapping[str, Any]:
    """Compare declared and found, person by person; what is missing is a line too."""
    lines = comparison.build(call.work, call.case)
    return {"lines": len(lines), "missing": sum(line.verdict == "NOT_OBTAINED" for line in lines)}
