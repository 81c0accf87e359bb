"""What is demanded of rows of the whitelist (NM-13) and of the tables that cases were decided by (LN-39)."""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, unchangeable

WHITELIST = [
    Guard(
        "whitelist_entry",
        UPDATE,
        "frozen",
        changed(
            *("id ref department_id case_id doubt_id person_id category fingerprint reason evidence_id".split()),
            *("valid_until proposed_by proposed_at recipient_doubt_id".split()),
        ),
        "NM-13: what a whitelist entry lets pass, why and until when does not change",
    ),
    Guard(
        "whitelist_entry",
        UPDATE,
        "moves",
        "NEW.state <> OLD.state AND NOT ((OLD.state = 'PROPOSED' AND NEW.state IN ('APPROVED','REFUSED'))"
        " OR (OLD.state = 'APPROVED' AND NEW.state = 'ENDED'))",
        "NM-13: a whitelist entry is proposed, then approved or refused, and ended, never back",
    ),
    Guard(
        "whitelist_entry",
        INSERT,
        "record",
        "NEW.state <> 'PROPOSED' OR NOT ( EXISTS (SELECT 1 FROM doubt d JOIN result_row r ON r.id = d.result_id"
        " WHERE d.id = NEW.doubt_id AND d.person_id = NEW.person_id AND r.category = NEW.category"
        " AND d.finding IN ('FALSE','SOURCE_ERROR','EXPLAINED'))"
        " OR EXISTS (SELECT 1 FROM recipient_doubt d WHERE d.id = NEW.recipient_doubt_id"
        " AND d.person_id = NEW.person_id"
        " AND d.category = NEW.category AND d.fingerprint = NEW.fingerprint AND d.unit_id = NEW.department_id"
        " AND d.finding IN ('FALSE','SOURCE_ERROR','EXPLAINED')))",
        "NM-13: a whitelist entry begins as a proposal about the record of a verified doubt",
    ),
    Guard("whitelist_entry", DELETE, "kept", "TRUE", "NM-13: a whitelist entry is kept"),
    *unchangeable("whitelist_pass", "NM-13: what was let pass does not change"),
    Guard(
        "recipient_pass",
        INSERT,
        "entry",
        "NOT EXISTS (SELECT 1 FROM whitelist_entry e WHERE e.id = NEW.entry_id AND e.person_id = NEW.person_id"
        " AND e.category = NEW.category AND e.state IN ('APPROVED','ENDED')"  # ended between look and record: it stood
        " AND (e.fingerprint = NEW.fingerprint OR substr(NEW.fingerprint, 1, 5) = 'fps1:'))",
        "NM-13: only an approved entry lets pass, and only its own record",
    ),
    *unchangeable("recipient_pass", "NM-13: what was let pass does not change"),
]

TABLES = unchangeable("policy_table", "LN-39: a decision table that cases stand on does not change")
