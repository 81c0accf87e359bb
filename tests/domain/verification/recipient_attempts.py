"""Raw SQL that the rules of recipients' rows and of monitoring lists refuse."""

from __future__ import annotations

LETTER = "(SELECT id FROM commission WHERE purpose = 'STANDING')"
A_CHECK = """
INSERT INTO recipient_check (ref, delivery_id, commission_id, unit_id, policy_snapshot_id, state, place, households,
 persons, left_out, found, doubts, spared, begun_at)
SELECT 'x', (SELECT MIN(id) FROM delivery), c.id, c.department_id, (SELECT MIN(id) FROM policy_snapshot), 'RUNNING',
 0, 0, 0, 0, 0, 0, 0, '2027-03-10 00:00:00'
FROM commission c WHERE c.state = 'ACCEPTED' AND c.purpose = '{purpose}'
"""
DRAFTED = """
INSERT INTO commission (ref, case_id, attempt, department_id, department_kind, agency_id, agency_kind, programme,
 purpose, basis, state, letter_id, commissioned_on, signatory_id, number, valid_from, valid_until)
SELECT 'y', case_id, 1, department_id, department_kind, agency_id, agency_kind, programme, 'STANDING', '', 'DRAFT',
 letter_id, commissioned_on, signatory_id, 'N7', commissioned_on, commissioned_on
FROM commission WHERE state = 'ACCEPTED'
"""
NAMED = """
INSERT INTO commission_subject (commission_id, person_id, purpose, commissioned_on, authorisation_id, signed_on)
SELECT c.id, a.person_id, 'STANDING', c.commissioned_on, a.id, a.signed_on FROM commission c, authorisation a
WHERE c.purpose = 'STANDING' AND a.id = (SELECT MIN(id) FROM authorisation)
"""
CHECKED = f"""
INSERT INTO acceptance (ref, commission_id, outcome, reason_code, items, checker_id, preparer_id, decided_at)
SELECT 'y', {LETTER}, 'ACCEPTED', '', '{{}}', checker_id, preparer_id, decided_at FROM acceptance
"""
RAISED = f"""
INSERT INTO recipient_doubt (ref, check_id, commission_id, unit_id, town_id, household_id, person_id, programme,
 category, code, fingerprint, telling, delivery_id, row_no, rule, sentence, value, raised_at)
SELECT 'x', k.id, k.commission_id, k.unit_id, h.town_id, h.id, p.id, 'DIBAO', 'DEPOSIT', 'D-X', 'fp1:{"0" * 64}', 1,
 k.delivery_id, '2', '{{}}', p.name, p.name, k.begun_at
FROM recipient_check k JOIN commission_subject s ON s.commission_id = k.commission_id
JOIN person p ON p.id = s.person_id JOIN household h ON h.id = p.household_id
"""
STANDING = [
    DRAFTED,
    f"INSERT INTO commission_category (commission_id, purpose, category) VALUES ({LETTER}, 'STANDING', 'DEPOSIT')",
    NAMED,
    f"UPDATE commission SET state = 'ISSUED' WHERE id = {LETTER}",
    CHECKED,
    f"UPDATE commission SET state = 'ACCEPTED' WHERE id = {LETTER}",
    A_CHECK.format(purpose="STANDING"),
    RAISED,
]
VERIFIED = """
UPDATE recipient_doubt SET finding = 'FALSE', method = 'VISIT', measure = 'NONE', note = sentence,
 settled_by = (SELECT MIN(id) FROM account), settled_at = raised_at
"""
ISSUED = """
INSERT INTO monitoring_list (ref, data_type, period_start, period_end, unit_id, state, rows, spared, issued_at)
SELECT 'x', 'DEPOSIT', '2027-02-01', '2027-02-28', unit_id, 'ISSUED', 1, 0, raised_at FROM recipient_doubt
"""
LISTED = [
    ISSUED,
    "INSERT INTO monitoring_item (list_id, doubt_id) SELECT l.id, d.id FROM monitoring_list l, recipient_doubt d",
]

PROPOSED = """
INSERT INTO whitelist_entry (ref, department_id, recipient_doubt_id, person_id, category, fingerprint, reason,
 evidence_id, valid_until, state, proposed_by, proposed_at)
SELECT 'w', d.unit_id, d.id, d.person_id, d.category, {fingerprint}, d.sentence, (SELECT MIN(id) FROM stored_file),
 '2027-09-10', 'PROPOSED', (SELECT MIN(id) FROM account), d.raised_at FROM recipient_doubt d
"""
ON_LIST = [*STANDING, VERIFIED, PROPOSED.format(fingerprint="d.fingerprint")]
LETTING = """
UPDATE whitelist_entry SET state = 'APPROVED', decided_by = (SELECT MAX(id) FROM account), decided_at = proposed_at
"""
LET_PASS = """
INSERT INTO recipient_pass (entry_id, check_id, person_id, category, code, fingerprint, row_no, rule, passed_at)
SELECT w.id, d.check_id, d.person_id, d.category, d.code, d.fingerprint, d.row_no, '{}', d.raised_at
FROM whitelist_entry w JOIN recipient_doubt d ON d.id = w.recipient_doubt_id
"""

# guard, statements before it, the statement it refuses
RECIPIENTS: list[tuple[str, list[str], str]] = [
    ("guard_recipient_check_insert_letter", [], A_CHECK.format(purpose="VERIFY")),
    ("guard_recipient_doubt_update_kept", STANDING, "UPDATE recipient_doubt SET code = 'D-Y'"),
    ("guard_recipient_doubt_update_kept", STANDING, "UPDATE recipient_doubt SET row_no = '3'"),
    ("guard_recipient_doubt_update_verified", [*STANDING, VERIFIED], "UPDATE recipient_doubt SET finding = 'TRUE'"),
    ("guard_recipient_doubt_delete_kept", STANDING, "DELETE FROM recipient_doubt"),
    ("guard_recipient_doubt_update_kept", STANDING, "UPDATE recipient_doubt SET telling = 2"),
    ("guard_whitelist_entry_insert_record", STANDING, PROPOSED.format(fingerprint="d.fingerprint")),
    (
        "guard_whitelist_entry_insert_record",
        [*STANDING, VERIFIED],
        PROPOSED.format(fingerprint=f"'fp1:{'1' * 64}'"),
    ),
    ("guard_whitelist_entry_update_frozen", ON_LIST, "UPDATE whitelist_entry SET recipient_doubt_id = NULL"),
    ("guard_recipient_pass_insert_entry", ON_LIST, LET_PASS),
    (
        "guard_recipient_pass_insert_entry",
        [*ON_LIST, LETTING],
        LET_PASS.replace("d.fingerprint", f"'fp1:{'1' * 64}'"),
    ),
    ("guard_recipient_pass_insert_entry", [*ON_LIST, LETTING], LET_PASS.replace("d.category", "'BIZ'")),
    ("guard_recipient_pass_update_never", [*ON_LIST, LETTING, LET_PASS], "UPDATE recipient_pass SET code = 'D-Y'"),
    ("guard_recipient_pass_delete_never", [*ON_LIST, LETTING, LET_PASS], "DELETE FROM recipient_pass"),
    (
        "guard_monitoring_list_update_whole",
        [*STANDING, *LISTED],
        "UPDATE monitoring_list SET state = 'SUBMITTED', submitted_by = (SELECT MIN(id) FROM account)",
    ),
]
