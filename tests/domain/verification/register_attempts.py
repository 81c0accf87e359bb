"""Raw SQL that the rules of the registers refuse."""

from __future__ import annotations

WHO, WHEN = "(SELECT MIN(id) FROM account)", "'2027-03-10 00:00:00'"
OFFICE = "(SELECT MIN(id) FROM organisation)"
ENTRY = f"""
INSERT INTO register_entry (ref, register, org_id, by_org_id, one_of, detail, said, state, opened_by, opened_at)
SELECT 'e', 'TRAINING', {OFFICE}, {OFFICE}, 'k', 'BUSINESS', f.blob_key, 'OPEN', {WHO}, {WHEN}
FROM stored_file f WHERE f.id = (SELECT MIN(id) FROM stored_file)
"""
LINE = f"""
INSERT INTO register_line (ref, entry_id, kind, text, file_id, by, at)
SELECT '{{ref}}', e.id, '{{kind}}', e.said, {{file}}, {WHO}, {WHEN} FROM register_entry e
"""
NOTE = LINE.format(ref="n", kind="NOTE", file="NULL")
BARE = LINE.format(ref="b", kind="DONE", file="NULL")
PROVED = LINE.format(ref="p", kind="DONE", file="(SELECT MIN(id) FROM stored_file)")
DONE = f"UPDATE register_entry SET state = 'DONE', ended_at = {WHEN}"

REGISTERS: list[tuple[str, list[str], str]] = [
    ("guard_register_entry_insert_open", [], ENTRY.replace("'OPEN'", "'DONE'")),
    ("guard_register_entry_update_frozen", [ENTRY], "UPDATE register_entry SET register = 'GOAL'"),
    ("guard_register_entry_update_frozen", [ENTRY], "UPDATE register_entry SET one_of = 'other'"),
    ("guard_register_entry_update_said", [ENTRY, NOTE], DONE.replace("'DONE'", "'DROPPED'")),
    ("guard_register_entry_update_proved", [ENTRY, BARE], DONE),
    ("guard_register_entry_delete_never", [ENTRY], "DELETE FROM register_entry"),
    ("guard_register_line_insert_open", [ENTRY, PROVED, DONE], NOTE),
    ("guard_register_line_update_never", [ENTRY, NOTE], "UPDATE register_line SET kind = 'DONE'"),
    ("guard_register_line_delete_never", [ENTRY, NOTE], "DELETE FROM register_line"),
]
