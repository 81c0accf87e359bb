"""Which sequence flows of a drawing a case has gone along: what its moves recorded, and what cannot be otherwise.

A case that moved before ways were recorded has only the nodes it finished. Of those a flow is added only when the
drawing leaves no other way; where two ways are possible, neither is claimed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from workflows.engine import Diagram
from workflows.steps import Flow, StepSpec


def taken(diagram: Diagram, marks: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the flows taken, in the drawing's order. `marks`: {"done": [node], "active": [node], "flows": [flow]}."""
    recorded = set(marks.get("flows") or ())
    done, active = set(marks.get("done") or ()), set(marks.get("active") or ())
    out = Counter(flow.source for flow in diagram.flows)
    into = Counter(flow.target for flow in diagram.flows)
    steps = diagram.steps
    return tuple(
        flow.id
        for flow in diagram.flows
        if flow.id in recorded
        or (out[flow.source] == 1 and _must_leave(flow, steps.get(flow.source), done))
        or (into[flow.target] == 1 and _must_have_come(flow, steps, done, active))
    )


def _must_leave(flow: Flow, source: StepSpec | None, done: set[str]) -> bool:
    """A finished node sent its token along its only flow; of a repeated one a finished instance proves nothing."""
    if source is None or source.id not in done or flow.condition:
        return False
    return not (source.multi_instance or source.looped)


def _must_have_come(flow: Flow, steps: Mapping[str, StepSpec], done: set[str], active: set[str]) -> bool:
    """A node that was reached and has one flow into it was reached along that flow."""
    source, target = steps.get(flow.source), steps.get(flow.target)
    if source is None or target is None:
        return False
    if target.id in done and not (target.multi_instance or target.looped):
        return True
    # events that wait behind an event-based gateway were not chosen yet
    waits = source.kind == "gateway" and target.kind in ("catch", "receive")
    return target.id in active and not waits
