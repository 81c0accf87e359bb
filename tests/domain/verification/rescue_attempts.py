"""Raw SQL that the rules of help before the verification refuse."""

from __future__ import annotations

WHEN = "'2027-03-10 00:00:00'"
_ONE, _OTHER = "(SELECT MIN(id) FROM account)", "(SELECT MAX(id) FROM account)"
_WHAT = "ref, case_id, org_id, org_kind, state, asked_by, urgency, amount_fen, decided_by, decided_at, decision_reason"
MADE = f"""
INSERT INTO rescue ({_WHAT})
SELECT 'r', c.id, c.department_id, 'department', '{{state}}', {_ONE}, f.blob_key, 100, {_OTHER}, {WHEN}, f.blob_key
FROM cases c, stored_file f WHERE c.id = (SELECT MAX(id) FROM cases) AND f.id = (SELECT MIN(id) FROM stored_file)
"""
URGENT = "UPDATE cases SET kind = 'RESCUE' WHERE id = (SELECT MAX(id) FROM cases)"
APPROVED = MADE.format(state="APPROVED")
PAID = f"UPDATE rescue SET state = 'PAID', paid_on = '2027-03-10', paid_fen = 100, paid_by = {_ONE}, due_at = {WHEN}"
VERIFYING = """
UPDATE rescue SET verification_id =
 (SELECT MIN(c.id) FROM cases c WHERE NOT EXISTS (SELECT 1 FROM determination d WHERE d.case_id = c.id))
"""
END = f"UPDATE rescue SET state = 'CONCLUDED', outcome = 'CLOSE', outcome_reason = urgency, concluded_by = {_ONE}"

RESCUES: list[tuple[str, list[str], str]] = [
    ("guard_rescue_insert_urgent", [], APPROVED),
    ("guard_rescue_insert_begins", [URGENT], MADE.format(state="PAID")),
    ("guard_rescue_update_moves", [URGENT, MADE.format(state="REFUSED")], PAID),
    ("guard_rescue_update_verified", [URGENT, APPROVED, PAID, VERIFYING], END),
    ("guard_rescue_update_frozen", [URGENT, APPROVED], "UPDATE rescue SET amount_fen = 200"),
    ("guard_rescue_update_frozen", [URGENT, APPROVED, PAID], "UPDATE rescue SET paid_fen = 50"),
    ("guard_rescue_delete_kept", [URGENT, APPROVED], "DELETE FROM rescue"),
]
