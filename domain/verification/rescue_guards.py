"""What the database itself holds of help given before the verification (LF-14).

Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, once

RESCUES = [
    Guard(
        "rescue",
        INSERT,
        "urgent",
        "NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.kind = 'RESCUE')",
        "LF-14: nothing but an urgent need is helped before the verification",
    ),
    Guard(
        "rescue",
        INSERT,
        "begins",
        "NEW.state NOT IN ('APPROVED','REFUSED')",
        "LF-14: first help begins with a decision of the head",
    ),
    Guard(
        "rescue",
        UPDATE,
        "moves",
        "NEW.state <> OLD.state AND NOT ((OLD.state = 'APPROVED' AND NEW.state = 'PAID')"
        " OR (OLD.state = 'PAID' AND NEW.state = 'CONCLUDED'))",
        "LF-14: first help is approved, paid, verified and concluded, in this order",
    ),
    Guard(
        "rescue",
        UPDATE,
        "verified",
        "NEW.state = 'CONCLUDED' AND OLD.state = 'PAID' AND NOT EXISTS (SELECT 1 FROM determination d"
        " WHERE d.case_id = NEW.verification_id)",
        "LF-14: first help is concluded after its verification was decided on",
    ),
    Guard(
        "rescue",
        UPDATE,
        "frozen",
        changed(
            *"id ref case_id org_id org_kind asked_by urgency amount_fen decided_by decided_at decision_reason".split()
        )
        + " OR "
        + once(*"paid_on paid_fen paid_by due_at late_at outcome outcome_reason back_fen concluded_by".split()),
        "LF-14: what was asked, approved and paid stays as it was written",
    ),
    Guard("rescue", DELETE, "kept", "TRUE", "LF-14: the record of first help stays"),
]
