"""Steps before the comparison: whether rows found by name alone are the person who was asked about (CK-09)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.verification import name_hints
from domain.verification.name_hints import Verdict
from workflows.registry import Call, operation

ANSWERED_AT = "confirm_hints"


@operation("name_hint.list", outputs=("count",))
def listed(call: Call) -> Mapping[str, Any]:
    """How many rows were found by name alone and wait for somebody to say whose they are."""
    return {"count": len(name_hints.waiting(call.work, call.case))}


@operation("name_hint.decide", outputs=("same",))
def decide(call: Call) -> Mapping[str, Any]:
    """Keep what was said of each row: this person, somebody else, or unknown."""
    rows = call.answers(ANSWERED_AT).values.get("name_hints") or []
    given = {
        str(row.get("ref") or ""): Verdict(str(row.get("verdict") or ""), str(row.get("note") or "")) for row in rows
    }
    made = name_hints.decide(call.work, call.case, given)
    return {"same": sum(one.verdict == name_hints.SAME for one in made)}
