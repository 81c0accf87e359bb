"""What the law demands of the rows about recipients and of monitoring lists; a part of `guards`."""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, once

# the rule that raised it is JSON, which PostgreSQL does not compare
_SAID = (
    "id ref check_id commission_id unit_id town_id household_id person_id programme category code fingerprint"
    " delivery_id row_no data_date sentence value raised_at telling"
).split()
_NO_CHANGE = "CK-18: what a delivery says of a recipient does not change"

RECIPIENTS = [
    Guard(
        "recipient_check",
        INSERT,
        "letter",
        "NOT EXISTS (SELECT 1 FROM commission c WHERE c.id = NEW.commission_id AND c.state = 'ACCEPTED'"
        " AND c.purpose = 'STANDING')",
        "CK-18: recipients are compared under an accepted standing letter only",
    ),
    Guard("recipient_doubt", UPDATE, "kept", changed(*_SAID), _NO_CHANGE),
    Guard(
        "recipient_doubt",
        UPDATE,
        "verified",
        once("finding", "measure", "method", "note", "file_id", "settled_by", "settled_at"),
        "NM-11: a record of a verification does not change",
    ),
    Guard("recipient_doubt", DELETE, "kept", "TRUE", _NO_CHANGE),
    Guard(
        "monitoring_list",
        UPDATE,
        "whole",
        "NEW.state = 'SUBMITTED' AND OLD.state <> 'SUBMITTED' AND EXISTS (SELECT 1 FROM monitoring_item i"
        " JOIN recipient_doubt d ON d.id = i.doubt_id WHERE i.list_id = NEW.id AND d.finding IS NULL)",
        "NM-11: a list is reported when every row of it has its record",
    ),
]
