"""What the database itself holds of the house's own records: the log of its upkeep, and leaks (CK-17, CK-31).

Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, once, unchangeable

_CLOSED = "EXISTS (SELECT 1 FROM breach b WHERE b.id = NEW.breach_id AND b.state = 'CLOSED')"
_ADDED = "CK-31: nothing is added to the record of a leak that is closed"
HOUSE = [
    *unchangeable("house_log", "CK-17: a line of the log stays as it was written"),
    Guard("breach", INSERT, "open", "NEW.state <> 'OPEN'", "CK-31: the record of a leak begins open"),
    Guard(
        "breach",
        UPDATE,
        "frozen",
        changed(
            "ref", "number", "org_id", "found_on", "happened_on", "report_by", "grade", "persons", "what", "reach",
            "result", "recorded_by", "recorded_at",
        ),
        "CK-31: what was written down of a leak stays as it was written",
    ),
    Guard(
        "breach",
        UPDATE,
        "once",
        once("reported_to", "reported_by", "reported_at", "canonical", "digest", "handling", "closed_by", "closed_at")
        + " OR OLD.state = 'CLOSED' OR (OLD.state = 'REPORTED' AND NEW.state = 'OPEN')",
        "CK-31: a leak is reported once and closed once",
    ),
    Guard(
        "breach",
        UPDATE,
        "linked",
        "NEW.state = 'CLOSED' AND NOT EXISTS (SELECT 1 FROM breach_entry e WHERE e.breach_id = NEW.id)",
        "CK-31: a leak is closed when the rows of the journal that show the access are linked to it",
    ),
    Guard(
        "breach",
        UPDATE,
        "suspect",
        "NEW.closed_by IS NOT NULL AND EXISTS (SELECT 1 FROM breach_account a WHERE a.breach_id = NEW.id AND"
        " a.account_id = NEW.closed_by AND a.part = 'SUSPECT')",
        "CK-31: whoever is suspected of a leak does not close its record",
    ),
    Guard("breach", DELETE, "never", "TRUE", "CK-31: the record of a leak is kept"),
    Guard("breach_account", INSERT, "open", _CLOSED, _ADDED),
    *unchangeable("breach_account", "CK-31: whom a leak speaks of stays on record"),
    Guard("breach_entry", INSERT, "open", _CLOSED, _ADDED),
    *unchangeable("breach_entry", "CK-31: the rows of the journal linked to a leak stay linked"),
]  # fmt: skip
