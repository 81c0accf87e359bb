"""What the database itself holds of the exchange: devices need two people, and nothing of a stranger comes in (LN-31).

Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, once

_IN_FORCE = (
    "SELECT 1 FROM device d JOIN peer p ON p.id = d.peer_id WHERE d.id = NEW.device_id AND d.peer_id = NEW.peer_id"
    " AND d.approved_at IS NOT NULL AND d.withdrawn_at IS NULL AND d.valid_from <= NEW.received_at"
    " AND d.valid_until > NEW.received_at AND p.closed_at IS NULL"
)
WIRE = [
    Guard("peer", UPDATE, "frozen", changed("ref", "home_ref", "added_by", "added_at"),
          "LN-31: which service this is does not change"),
    Guard("peer", UPDATE, "once", once("closed_at", "closed_by"), "LN-31: a service that is closed stays closed"),
    Guard("peer", DELETE, "never", "TRUE", "LN-31: a service that was registered is kept"),
    Guard("device", INSERT, "unapproved", "NEW.approved_at IS NOT NULL OR NEW.withdrawn_at IS NOT NULL",
          "LN-31: a device is registered first and approved by a second person"),
    Guard(
        "device", UPDATE, "frozen",
        changed("ref", "peer_id", "office", "fingerprint", "certificate", "valid_from", "valid_until", "proposed_by",
                "proposed_at"),
        "LN-31: what was registered of a device does not change",
    ),
    Guard("device", UPDATE, "once", once("approved_at", "approved_by", "withdrawn_at", "withdrawn_by"),
          "LN-31: a device is approved once and withdrawn once"),
    Guard("device", UPDATE, "gone", "OLD.withdrawn_at IS NOT NULL AND NEW.approved_at IS DISTINCT FROM OLD.approved_at",
          "LN-31: a device that was withdrawn is not approved"),
    Guard("device", DELETE, "never", "TRUE", "LN-31: a device that was registered is kept"),
    Guard("inbox_message", INSERT, "known", f"NOT EXISTS ({_IN_FORCE})",
          "LN-31: nothing is taken in but from an approved device of a registered service"),
    Guard(
        "inbox_message", UPDATE, "frozen",
        changed("ref", "peer_id", "device_id", "package_ref", "answers", "kind", "suite", "channel", "digest",
                "content", "body", "made_at", "received_at"),
        "LN-31: what came stays as it came",
    ),
    Guard("inbox_message", UPDATE, "once", once("handled_at"), "LN-31: what came is dealt with once"),
    Guard("inbox_message", DELETE, "never", "TRUE", "LN-31: what came is kept"),
    Guard("outbox_message", UPDATE, "frozen", changed("ref", "key", "kind", "address", "body", "created_at"),
          "LN-31: what was to be sent stays as it was written"),
    Guard("outbox_message", UPDATE, "once", once("sent_at", "receipt"), "LN-31: what was received was received"),
]  # fmt: skip
