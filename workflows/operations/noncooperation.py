"""The step after the department decided on a household that does not cooperate (BX-14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.assistance import rescues
from domain.assistance.non_cooperation import by_non_cooperation
from domain.verification import noncooperation
from domain.verification.noncooperation import CONTINUE
from workflows.registry import Call, operation


@operation("non_cooperation.decide", outputs=("choice",))
def decide(call: Call) -> Mapping[str, Any]:
    """Record what was answered at the step `non_cooperation`; a refusal or suspension becomes a determination."""
    answers = call.answers("non_cooperation")
    values = answers.values
    record = noncooperation.decide(
        call.work,
        call.case,
        requests=_requests(values.get("requests")),
        choice=str(values.get("choice") or ""),
        reason=str(values.get("reason") or ""),
        by=answers.account_id,
    )
    if record.choice != CONTINUE:
        by_non_cooperation(call.work, call.case, record)
        rescues.tell_decided(call.work, call.case)
    return {"choice": record.choice}


def _requests(said: object) -> list[str]:
    """One entry a request: the lines of a text, or the rows of a list."""
    if isinstance(said, list):
        return ["; ".join(str(v) for v in row.values()) if isinstance(row, Mapping) else str(row) for row in said]
    return str(said or "").splitlines()
