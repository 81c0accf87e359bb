"""What the database itself holds of reporting: one office above on a day, and what was so once stays on record.

Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed

# two edges of one office, kind and form meet on some day
_MEETS = (
    "EXISTS (SELECT 1 FROM org_edge e WHERE e.from_id = NEW.from_id AND e.kind = NEW.kind AND e.form = NEW.form"
    " AND (NEW.valid_to IS NULL OR e.valid_from <= NEW.valid_to)"
    " AND (e.valid_to IS NULL OR e.valid_to >= NEW.valid_from){but})"
)
_ONE = "NM-28: an office reports to one office a day"

TOPOLOGY = [
    Guard("org_edge", INSERT, "one", _MEETS.format(but=""), _ONE),
    Guard("org_edge", UPDATE, "one", _MEETS.format(but=" AND e.id <> NEW.id"), _ONE),
    Guard(
        "org_edge",
        UPDATE,
        "frozen",
        changed("from_id", "to_id", "kind", "form", "valid_from"),
        "NM-28: to whom an office reported does not change; an edge is ended",
    ),
    Guard("org_edge", DELETE, "never", "TRUE", "NM-28: to whom an office reported stays on record; an edge is ended"),
]
