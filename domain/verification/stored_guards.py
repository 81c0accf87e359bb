"""Guards of what departments deliver: stored parts, certificates of deleted data."""

from __future__ import annotations

from domain.verification.guarding import DELETE, UPDATE, Guard, changed, unchangeable

STORED = [
    Guard(
        "delivery_part",
        UPDATE,
        "rows",
        changed("delivery_id", "position", "rows", "content"),
        "LF-10: the rows of a stored part never change",
    ),
    Guard(
        "delivery_part",
        DELETE,
        "seen",
        "EXISTS (SELECT 1 FROM delivery d WHERE d.id = OLD.delivery_id AND d.state = 'READY')",
        "LF-10: a part of a delivery that matching sees is not removed",
    ),
    *unchangeable("delivery_purge", "BX-28: the certificate of deleted data stays as it is"),
]
