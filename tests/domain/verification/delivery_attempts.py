"""Raw SQL that the rules of deliveries refuse: none is used before it was accepted, what happened stays on record."""

from __future__ import annotations

FIRST = "(SELECT MIN(id) FROM delivery)"
UNNAMED = "DELETE FROM role_grant WHERE role = 'supplier_leader'"
LOOKED_AT = f"INSERT INTO intake (ref, delivery_id, looks, quality) VALUES ('i', {FIRST}, 1, '{{}}')"
HANDED = f"""
INSERT INTO medium_handover (ref, delivery_id, medium, serial, people, handed_at, recorded_at)
SELECT 'h', d.id, 'CD', '7', f.blob_key, '2027-03-10 00:00:00', '2027-03-10 00:00:00' FROM delivery d
JOIN stored_file f ON f.id = d.file_id WHERE d.id = {FIRST}
"""
WITHDRAWN = f"""
INSERT INTO delivery_withdrawal (ref, delivery_id, kind, replaced_by, at)
VALUES ('v', {FIRST}, 'REPLACED', (SELECT MAX(id) FROM delivery), '2027-03-10 00:00:00')
"""
REVIEWED = f"""
INSERT INTO report_review (ref, report_id, delivery_id, case_id, state, opened_at)
SELECT 'w', MIN(id), {FIRST}, MIN(case_id), 'OPEN', '2027-03-10 00:00:00' FROM report
"""
USED = f"UPDATE delivery SET state = 'READY' WHERE id = {FIRST}"
OF_FIRST = f"resource_id = (SELECT resource_id FROM delivery WHERE id = {FIRST})"
ON_MEDIUM = [
    f"UPDATE resource_version SET state = 'RETIRED', state_reason = 'x' WHERE state = 'PUBLISHED' AND {OF_FIRST}",
    f"""
INSERT INTO resource_version (ref, resource_id, number, state, taken_over, purpose, channel, fields, limit_length,
limit_unit, written_at, state_reason) SELECT 'm', resource_id, 90, 'PUBLISHED', TRUE, 'x', 'MEDIUM', 'x', 1, 'working',
'2027-03-10 00:00:00', '' FROM delivery WHERE id = {FIRST}
""",
    f"UPDATE delivery SET state = 'WAITING' WHERE id = {FIRST}",
]
BY_NAME = """
INSERT INTO result_row (ref, query_id, person_id, category, source_org_id, source_level, delivery_id, row_no, data_date,
obtained_at, match_kind, name_differs, fingerprint, value) SELECT 'byname', query_id, person_id, category,
source_org_id, source_level, delivery_id, row_no, data_date, obtained_at, 'NAME_ONLY', FALSE, 'another', value
FROM result_row LIMIT 1
"""
SAID = """
INSERT INTO name_hint (ref, result_id, verdict, note, decided_by, decided_at) SELECT 'n', id, 'UNKNOWN', value,
(SELECT MIN(id) FROM account), '2027-03-10 00:00:00' FROM result_row WHERE match_kind {kind} LIMIT 1
"""
OF_THE_NAME = """
INSERT INTO doubt (ref, case_id, round, person_id, category, code, result_id, rule, sentence, raised_at)
SELECT 'd', q.case_id, 7, r.person_id, 'X', 'X', r.id, '{}', r.value, '2027-03-10 00:00:00'
FROM result_row r JOIN query q ON q.id = r.query_id WHERE r.match_kind = 'NAME_ONLY'
"""

DELIVERIES: list[tuple[str, list[str], str]] = [
    *(
        ("guard_delivery_update_accepted", [f"UPDATE delivery SET state = '{state}' WHERE id = {FIRST}"], USED)
        for state in ("LOOKING", "WAITING", "WITHDRAWN")
    ),
    ("guard_delivery_update_medium", ON_MEDIUM, f"UPDATE delivery SET state = 'READING' WHERE id = {FIRST}"),
    ("guard_name_hint_insert_by_name", [], SAID.format(kind="<> 'NAME_ONLY'")),
    ("guard_name_hint_update_never", [BY_NAME, SAID.format(kind="= 'NAME_ONLY'")], "UPDATE name_hint SET ref = 'm'"),
    ("guard_name_hint_delete_never", [BY_NAME, SAID.format(kind="= 'NAME_ONLY'")], "DELETE FROM name_hint"),
    ("guard_doubt_insert_confirmed", [BY_NAME, SAID.format(kind="= 'NAME_ONLY'")], OF_THE_NAME),
    ("guard_intake_insert_named", [UNNAMED], LOOKED_AT),
    ("guard_medium_handover_update_never", [HANDED], "UPDATE medium_handover SET serial = '8'"),
    ("guard_medium_handover_delete_never", [HANDED], "DELETE FROM medium_handover"),
    ("guard_delivery_withdrawal_update_never", [WITHDRAWN], "UPDATE delivery_withdrawal SET ref = 'w'"),
    ("guard_delivery_withdrawal_delete_never", [WITHDRAWN], "DELETE FROM delivery_withdrawal"),
    ("guard_report_review_delete_never", [REVIEWED], "DELETE FROM report_review"),
]
