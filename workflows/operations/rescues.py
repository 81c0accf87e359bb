"""Steps of help that is given before the verification (LF-14)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.assistance import rescues
from domain.assistance.rescue_rows import APPROVED
from domain.assistance.rescues import Asked
from domain.errors import InvalidAnswers
from domain.text import gettext as _
from workflows.operations.reports import day_of
from workflows.registry import Call, operation

ASKED_AT, DECIDED_AT, PAID_AT, CONCLUDED_AT = "request", "approve", "pay", "conclude"


@operation("rescue.decide", outputs=("approved",))
def decide(call: Call) -> Mapping[str, Any]:
    """Record the head's decision on first help."""
    asked, decided = call.answers(ASKED_AT), call.answers(DECIDED_AT)
    made = rescues.decide(
        call.work,
        call.case,
        Asked(str(asked.values.get("urgency") or ""), _fen(asked.values.get("amount")), asked.account_id),
        approve=decided.values.get("outcome") == "APPROVE",
        reason=str(decided.values.get("reason") or ""),
        by=decided.account_id,
    )
    return {"approved": made.state == APPROVED}


@operation("rescue.pay", outputs=("due",))
def pay(call: Call) -> Mapping[str, Any]:
    """Record what was paid and open the verification, due to begin by `due`."""
    answers = call.answers(PAID_AT)
    day = day_of(answers.values.get("paid_on"))
    if day is None:
        raise InvalidAnswers({"paid_on": _("Give the day.")})
    amount = _fen(answers.values.get("amount"))
    made = rescues.pay(call.work, call.case, on=day, amount_fen=amount, by=answers.account_id)
    return {"due": made.due_at.isoformat() if made.due_at else None}


@operation("rescue.late", outputs=("late",))
def late(call: Call) -> Mapping[str, Any]:
    """Note that the verification has not begun in time."""
    return {"late": rescues.mark_late(call.work, call.case)}


@operation("rescue.conclude", outputs=("outcome",))
def conclude(call: Call) -> Mapping[str, Any]:
    """Record how first help ends after its verification."""
    answers = call.answers(CONCLUDED_AT)
    values = answers.values
    back = _fen(values.get("back")) if values.get("back") not in (None, "") else None
    made = rescues.conclude(
        call.work, call.case, str(values.get("outcome") or ""), str(values.get("reason") or ""), back_fen=back,
        by=answers.account_id,
    )  # fmt: skip
    return {"outcome": made.outcome}


def _fen(said: object) -> int:
    """Yuan as a form writes them, in fen; 0 for none."""
    try:
        return int((Decimal(str(said)) * 100).to_integral_value()) if said not in (None, "") else 0
    except InvalidOperation:
        return 0
