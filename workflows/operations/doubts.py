"""Steps around doubts: the facts a table is asked about, what it said, how a person settled it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.verification import doubt_facts, doubts, whitelist
from domain.verification.doubts import Raised
from workflows.registry import Call, Decided, Fact, facts, operation, recorder


@facts("doubt.facts")
def gather(call: Call) -> Sequence[Fact]:
    """Comparison lines and result rows of the newest round (docs/decision-variables.md)."""
    return [
        Fact(about, about.context, about.ref, about.person, about.category, str(about.context["fact"]))
        for about in doubt_facts.facts(call.work, call.case)
    ]


@recorder("doubt.record", outputs=("count", "doubts"))
def record(call: Call, decided: Sequence[Decided]) -> Mapping[str, Any]:
    """Keep every rule that matched as a doubt about one person, but for records on the whitelist (NM-13)."""
    kept = {
        doubt.ref: {"ref": doubt.ref}
        for one in decided
        for raised in said_by(one)
        if (doubt := whitelist.consider(call.work, call.case, one.about, raised)) is not None
    }
    return {"count": len(kept), "doubts": list(kept.values())}


@operation("doubt.settle", outputs=("finding",))
def settle(call: Call) -> Mapping[str, Any]:
    """Keep what the county found of one doubt, answered at the step `verify_doubt`."""
    ref = call.item["ref"] if isinstance(call.item, Mapping) else str(call.item)
    answers = call.answers("verify_doubt").values
    doubt = doubts.by_ref(call.work, ref)
    doubts.settle(call.work, doubt, str(answers.get("finding") or ""), str(answers.get("note") or ""))
    return {"finding": doubt.finding}


def said_by(one: Decided) -> list[Raised]:
    """What the rules said that matched. Labels alone are kept in plain: a rule's values are the person's."""
    said = []
    for match in one.result.matched:
        outputs, notes = match.outputs, match.annotations
        code = str(outputs.get("code") or next(iter(outputs.values()), ""))
        pattern = str(outputs.get("sentence") or notes.get("sentence") or next(iter(notes.values()), code))
        rule: dict[str, Any] = {
            "decision": one.decision,
            "table": match.table_id,
            "rule": match.rule_id,
            "number": match.number,
            "version": one.version,
            "inputs": [label for label, _value, _text in match.inputs],
        }
        if one.digest:
            rule |= {"jurisdiction": one.jurisdiction, "digest": one.digest}
        said.append(Raised(code, pattern, rule))
    return said
