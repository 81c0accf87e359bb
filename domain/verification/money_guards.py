"""What the law demands of request packages, payments and the decisions that rest on them (CK-11, NM-20, NM-21)."""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed

_OUT_TO_IT = (
    "query q JOIN request_package k ON k.resource_id = q.resource_id"
    " WHERE k.id = NEW.package_id AND k.state = 'OUT' AND q.id = NEW.query_id AND q.state = 'SENT'"
)
PACKAGES = [
    Guard(
        "request_package_person",
        INSERT,
        "out",
        f"NOT EXISTS (SELECT 1 FROM {_OUT_TO_IT})",  # noqa: S608  fixed words
        "CK-11: a package asks about persons of queries that are out to its source",
    ),
    Guard(
        "request_package_person",
        UPDATE,
        "frozen",
        changed("package_id", "position", "query_id", "person_id", "token"),
        "CK-11: the persons of a package are frozen when it is made",
    ),
    Guard("request_package_person", DELETE, "kept", "TRUE", "CK-11: who was asked about is kept"),
    Guard(
        "request_package",
        UPDATE,
        "closed",
        "OLD.state <> 'OUT' AND NEW.state <> OLD.state",
        "CK-11: a package that is closed stays so",
    ),
    Guard(
        "result_row",
        INSERT,
        "asked",
        "EXISTS (SELECT 1 FROM delivery d WHERE d.id = NEW.delivery_id AND d.package_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM request_package_person p WHERE p.package_id = d.package_id AND p.query_id = NEW.query_id"
        " AND p.person_id = NEW.person_id))",
        "CK-11: the answer speaks of somebody its package does not ask about",
    ),
]

MONEY = [
    Guard(
        "reconciliation_difference",
        UPDATE,
        "handled",
        "OLD.state = 'HANDLED' OR (OLD.state = 'GONE' AND NEW.state <> 'GONE')",
        "NM-20: what was handled stays as it was handled",
    ),
    Guard("reconciliation_difference", DELETE, "kept", "TRUE", "NM-20: what was found is kept"),
    Guard(
        "determination",
        INSERT,
        "alone",
        "NEW.outcome IN ('APPROVE','ADJUST','CONTINUE') AND EXISTS (SELECT 1 FROM cases c JOIN person p ON"
        " p.household_id = c.household_id AND p.kind = 'MEMBER' AND p.left_on IS NULL JOIN reconciliation_difference d"
        " ON d.idno_blind = p.idno_blind WHERE c.id = NEW.case_id AND d.state IN ('OPEN','CLAIMED')"
        " AND substr(d.rule, 1, 4) = 'DUP-')",
        "NM-21: a duplicate payment of this household is not handled yet",
    ),
]
