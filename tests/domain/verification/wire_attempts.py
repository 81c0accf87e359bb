"""Raw SQL that the rules of the exchange refuse."""

from __future__ import annotations

WHO, OTHER = "(SELECT MIN(id) FROM account)", "(SELECT MAX(id) FROM account)"
WHEN, FROM, UNTIL = "'2027-03-10 00:00:00'", "'2027-01-01 00:00:00'", "'2028-01-01 00:00:00'"
PEER = f"""
INSERT INTO peer (ref, home_ref, name, channel, address, suite, added_by, added_at)
VALUES ('p', 'h', 'x', 'FILE', '', 's', {WHO}, {WHEN})
"""
DEVICE = f"""
INSERT INTO device (ref, peer_id, office, fingerprint, certificate, valid_from, valid_until, proposed_by, proposed_at,
 approved_by, approved_at, reason)
SELECT 'd', p.id, 'o', 'f', 'c', {FROM}, {UNTIL}, {WHO}, {WHEN}, {{by}}, {{at}}, '' FROM peer p
"""
BARE = DEVICE.format(by="NULL", at="NULL")
APPROVE = f"UPDATE device SET approved_by = {OTHER}, approved_at = {WHEN}"
WITHDRAW = f"UPDATE device SET withdrawn_by = {WHO}, withdrawn_at = {WHEN}, reason = 'x'"
CAME = f"""
INSERT INTO inbox_message (ref, peer_id, device_id, package_ref, answers, kind, suite, channel, digest, content, body,
 made_at, received_at, state)
SELECT 'i', d.peer_id, d.id, 'k', '', 'assist_request', 's', 'FILE', 'd', 'c', f.blob_key, {WHEN}, {{when}}, 'WAITING'
FROM device d, stored_file f WHERE f.id = (SELECT MIN(id) FROM stored_file)
"""
TAKEN = CAME.format(when=WHEN)
SENT = f"""
INSERT INTO outbox_message (ref, key, kind, address, body, created_at, sent_at, attempts)
SELECT 'o', 'o', 'exchange', 'p', f.blob_key, {WHEN}, {WHEN}, 1 FROM stored_file f
WHERE f.id = (SELECT MIN(id) FROM stored_file)
"""
DEALT = f"UPDATE inbox_message SET state = 'DONE', handled_at = {WHEN}"
KNOWN = [PEER, BARE, APPROVE]

WIRE: list[tuple[str, list[str], str]] = [
    ("guard_peer_update_frozen", [PEER], "UPDATE peer SET home_ref = 'other'"),
    ("guard_peer_update_once", [PEER, f"UPDATE peer SET closed_at = {WHEN}, closed_by = {WHO}"],
     "UPDATE peer SET closed_at = NULL, closed_by = NULL"),
    ("guard_peer_delete_never", [PEER], "DELETE FROM peer"),
    ("guard_device_insert_unapproved", [PEER], DEVICE.format(by=OTHER, at=WHEN)),
    ("guard_device_update_frozen", KNOWN, "UPDATE device SET certificate = 'other'"),
    ("guard_device_update_frozen", KNOWN, "UPDATE device SET valid_until = '2099-01-01 00:00:00'"),
    ("guard_device_update_once", [*KNOWN, WITHDRAW],
     "UPDATE device SET withdrawn_by = NULL, withdrawn_at = NULL, reason = ''"),
    ("guard_device_update_gone", [PEER, BARE, WITHDRAW], APPROVE),
    ("guard_device_delete_never", [PEER, BARE], "DELETE FROM device"),
    ("guard_inbox_message_insert_known", [PEER, BARE], TAKEN),
    ("guard_inbox_message_insert_known", [*KNOWN, WITHDRAW], TAKEN),
    ("guard_inbox_message_insert_known", KNOWN, CAME.format(when=UNTIL)),
    ("guard_inbox_message_update_frozen", [*KNOWN, TAKEN], "UPDATE inbox_message SET digest = 'other'"),
    ("guard_inbox_message_update_once", [*KNOWN, TAKEN, DEALT],
     f"UPDATE inbox_message SET handled_at = {UNTIL}"),
    ("guard_inbox_message_delete_never", [*KNOWN, TAKEN], "DELETE FROM inbox_message"),
    ("guard_outbox_message_update_frozen", [SENT], "UPDATE outbox_message SET address = 'other'"),
    ("guard_outbox_message_update_once", [SENT], "UPDATE outbox_message SET sent_at = NULL"),
]  # fmt: skip
# what no trigger is needed for
KEYS: list[tuple[list[str], str]] = [
    ([PEER, BARE], APPROVE.replace(OTHER, WHO)),
    ([PEER, BARE], WITHDRAW.replace("'x'", "''")),
    ([*KNOWN, TAKEN], TAKEN.replace("'i'", "'j'", 1)),
]
