"""Raw SQL that the rules of the house's own records refuse."""

from __future__ import annotations

WHO, WHEN = "(SELECT MIN(id) FROM account)", "'2027-03-10 00:00:00'"
LINE = f"""
INSERT INTO house_log (ref, kind, done_on, what, people, recorded_by, recorded_at)
SELECT 'l', 'MEND', '2027-03-10', f.blob_key, f.blob_key, {WHO}, {WHEN}
FROM stored_file f WHERE f.id = (SELECT MIN(id) FROM stored_file)
"""
LEAK = f"""
INSERT INTO breach (ref, number, org_id, found_on, report_by, grade, what, reach, result, state, recorded_by,
 recorded_at)
SELECT 'b', 'B1', (SELECT MIN(id) FROM organisation), '2027-03-10', '2027-03-10', 'MINOR', f.blob_key, f.blob_key,
 f.blob_key, 'OPEN', {WHO}, {WHEN} FROM stored_file f WHERE f.id = (SELECT MIN(id) FROM stored_file)
"""
NAMED = f"INSERT INTO breach_account (breach_id, account_id, part) SELECT id, {WHO}, 'SUSPECT' FROM breach"
LINKED = f"""
INSERT INTO breach_entry (breach_id, entry_id, linked_by, linked_at)
SELECT id, (SELECT MIN(id) FROM journal_entry), {WHO}, {WHEN} FROM breach
"""
REPORTED = f"""
UPDATE breach SET state = 'REPORTED', reported_to = 'x', reported_by = {WHO}, reported_at = {WHEN}, canonical = what,
 digest = 'd'
"""
CLOSED = f"UPDATE breach SET state = 'CLOSED', handling = what, closed_by = {WHO}, closed_at = {WHEN}"

HOUSE: list[tuple[str, list[str], str]] = [
    ("guard_house_log_update_never", [LINE], "UPDATE house_log SET kind = 'INSTALL'"),
    ("guard_house_log_delete_never", [LINE], "DELETE FROM house_log"),
    ("guard_breach_insert_open", [], LEAK.replace("'OPEN'", "'REPORTED'")),
    ("guard_breach_update_frozen", [LEAK], "UPDATE breach SET grade = 'NONE'"),
    ("guard_breach_update_frozen", [LEAK], "UPDATE breach SET found_on = '2027-03-09', report_by = '2027-04-09'"),
    ("guard_breach_update_once", [LEAK, REPORTED], "UPDATE breach SET reported_to = 'y'"),
    ("guard_breach_update_once", [LEAK, REPORTED], "UPDATE breach SET state = 'OPEN'"),
    ("guard_breach_update_once", [LEAK, LINKED, REPORTED, CLOSED], "UPDATE breach SET state = 'REPORTED'"),
    ("guard_breach_update_linked", [LEAK, REPORTED], CLOSED),
    ("guard_breach_update_suspect", [LEAK, LINKED, NAMED, REPORTED], CLOSED),
    ("guard_breach_delete_never", [LEAK], "DELETE FROM breach"),
    ("guard_breach_account_insert_open", [LEAK, LINKED, REPORTED, CLOSED], NAMED),
    ("guard_breach_account_update_never", [LEAK, NAMED], "UPDATE breach_account SET part = 'WITNESS'"),
    ("guard_breach_account_delete_never", [LEAK, NAMED], "DELETE FROM breach_account"),
    (
        "guard_breach_entry_insert_open",
        [LEAK, LINKED, REPORTED, CLOSED],
        LINKED.replace("MIN(id) FROM journal", "MAX(id) FROM journal"),
    ),
    ("guard_breach_entry_update_never", [LEAK, LINKED], "UPDATE breach_entry SET linked_at = '2027-03-11 00:00:00'"),
    ("guard_breach_entry_delete_never", [LEAK, LINKED], "DELETE FROM breach_entry"),
]
