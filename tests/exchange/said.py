"""A body of every kind of package, as one service would say it to another."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from domain.wire import kinds
from exchange.certificates import OwnDevice, make

NOW = datetime(2027, 3, 10, 1, 0, tzinfo=UTC)
REF = "0123456789abcdefghjkmnpqrs"
HERE, THERE, ELSEWHERE = REF, REF[::-1], "z" * 26
BODIES: dict[str, dict[str, object]] = {
    kinds.ASSIST_REQUEST: {
        "request": REF, "number": "本核协〔2027〕1号", "case_kind": "NEW", "reach": "INTRA_PROV",
        "starter_office": "BX-CITY-AGENCY", "starter_name": "本溪市核对中心", "target_division": "210100",
        "commission_number": "平委〔2027〕8号", "commissioned_on": "2027-03-09", "special_agreement": "NO",
        "reason": "在外地有住房", "persons": [{"person": REF, "name": "王芳", "idno": "210502198001011234"}],
        "items": [{"item": REF, "resource": "bank.balance", "category": "money"}],
        "attachments": [{
            "paper": "AUTHORISATION", "file_name": "授权书.pdf", "digest": "0" * 64,
            "content": base64.b64encode(b"%PDF").decode(),
        }],
    },
    kinds.ASSIST_ITEMS: {
        "request": REF, "received_at": "2027-03-10T01:00:00+00:00",
        "items": [{"item": REF, "state": "OPEN", "due_on": "2027-04-21"}],
    },
    kinds.ASSIST_ANSWER: {
        "request": REF, "item": REF, "state": "ANSWERED", "answered_at": "2027-03-12T01:00:00+00:00",
        "results": [{"person": REF, "state": "FOUND", "values": [{"element": "balance", "value": "12.50"}]}],
    },
    kinds.ASSIST_TERMINATION: {"request": REF, "ended_at": "2027-03-12T01:00:00+00:00", "reason": "不再需要"},
    kinds.RECHECK_REQUEST: {
        "request": REF, "recheck": REF, "item": REF, "person": REF, "category": "money", "objector": "OBJECT",
        "applied_on": "2027-03-20", "reason": "户主提出异议",
    },
    kinds.RECEIPT: {
        "package": REF, "digest": "a" * 64, "received_at": "2027-03-10T01:00:00+00:00", "state": kinds.TAKEN,
    },
    kinds.PROBE: {"mark": "a-1"},
}  # fmt: skip


def device(home_ref: str, *, days: int = 30) -> OwnDevice:
    """A new device of a service."""
    return make(home_ref, "BX-CITY-AGENCY", NOW, days=days)
