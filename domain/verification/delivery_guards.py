"""What the database itself holds of deliveries: none is used before it was accepted, and what happened stays on record.

Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, unchangeable

_OF_THE_OFFICE = (
    "SELECT 1 FROM delivery d JOIN resource r ON r.id = d.resource_id"
    " JOIN account a ON a.org_id = r.supplier_id AND a.state = 'ACTIVE'"
    " JOIN role_grant g ON g.account_id = a.id WHERE d.id = NEW.delivery_id AND g.role ="
)
DELIVERIES = [
    Guard(
        "delivery", UPDATE, "accepted",
        "NEW.state = 'READY' AND OLD.state IN ('LOOKING','WAITING','WITHDRAWN','DROPPED')",
        "CK-15: a delivery is read once it was accepted, and what was withdrawn stays so",
    ),
    Guard(
        "delivery", UPDATE, "medium",
        "NEW.state = 'READING' AND OLD.state = 'WAITING' AND EXISTS (SELECT 1 FROM resource_version v"
        " WHERE v.resource_id = NEW.resource_id AND v.state IN ('PUBLISHED','SUSPENDED') AND v.channel = 'MEDIUM')"
        " AND NOT EXISTS (SELECT 1 FROM medium_handover h WHERE h.delivery_id = NEW.id)",
        "BX-30: what came on a medium counts once its hand-over is recorded",
    ),
    Guard(
        "intake", INSERT, "named",
        f"NOT EXISTS ({_OF_THE_OFFICE} 'supplier_leader') OR NOT EXISTS ({_OF_THE_OFFICE} 'data_supplier')",
        "CK-16: an office names the person responsible and the one who handles the data before its first file",
    ),
    *unchangeable("medium_handover", "LF-10: the record of a medium stays as it was written"),
    *unchangeable("delivery_withdrawal", "CK-15: that a delivery was withdrawn stays on record"),
    Guard(
        "name_hint", INSERT, "by_name",
        "NOT EXISTS (SELECT 1 FROM result_row r WHERE r.id = NEW.result_id AND r.match_kind = 'NAME_ONLY')",
        "CK-09: only a row found by name alone needs somebody to say whose it is",
    ),
    *unchangeable("name_hint", "CK-09: what was said of a row found by name stays as it was said"),
    Guard(
        "doubt", INSERT, "confirmed",
        "EXISTS (SELECT 1 FROM result_row r WHERE r.id = NEW.result_id AND r.match_kind = 'NAME_ONLY')"
        " AND NOT EXISTS (SELECT 1 FROM name_hint n WHERE n.result_id = NEW.result_id AND n.verdict = 'SAME')",
        "CK-09: a row found by name alone is no doubt before a person confirmed whose it is",
    ),
    Guard("report_review", DELETE, "never", "TRUE", "LF-21: a review that was opened stays on record"),
]  # fmt: skip
