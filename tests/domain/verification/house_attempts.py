"""Raw SQL that the rules of the house's own records refuse."""

from __future__ import annotations

LINE = """
INSERT INTO house_log (ref, kind, done_on, what, people, recorded_by, recorded_at)
SELECT 'l', 'MEND', '2027-03-10', f.blob_key, f.blob_key, (SELECT MIN(id) FROM account), '2027-03-10 00:00:00'
FROM stored_file f WHERE f.id = (SELECT MIN(id) FROM stored_file)
"""
HOUSE: list[tuple[str, list[str], str]] = [
    ("guard_house_log_update_never", [LINE], "UPDATE house_log SET kind = 'INSTALL'"),
    ("guard_house_log_delete_never", [LINE], "DELETE FROM house_log"),
]
