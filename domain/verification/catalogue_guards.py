"""What the database itself holds of the catalogue: what was published does not change, what was spent is not more
than was granted (LF-30, LN-23, LN-35, BX-30). Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, unchangeable

_CONTENT = (
    "id ref resource_id number taken_over purpose channel fields limit_length limit_unit agreement_id written_by"
    " written_at"
).split()
_PUBLISHING = "NEW.state = 'PUBLISHED' AND OLD.state = 'DRAFT'"


def _state_of(row: str) -> str:
    # locked on PostgreSQL, so that an item cannot be published while somebody adds a window
    return f"(SELECT v.state FROM resource_version v WHERE v.id = {row}.version_id FOR SHARE)"  # noqa: S608  NEW or OLD


def _windows() -> list[Guard]:
    sentence = "LN-13: the acceptance windows of a published item do not change; write a new version"
    new, old = f"{_state_of('NEW')} <> 'DRAFT'", f"{_state_of('OLD')} <> 'DRAFT'"
    return [
        Guard("resource_window", INSERT, "frozen", new, sentence),
        Guard("resource_window", UPDATE, "frozen", f"{old} OR {new}", sentence),
        Guard("resource_window", DELETE, "frozen", old, sentence),
    ]


CATALOGUE = [
    Guard(
        "resource_version",
        INSERT,
        "draft",
        "NEW.state <> 'DRAFT' AND NOT NEW.taken_over",
        "LF-30: an item of the catalogue begins as a draft",
    ),
    Guard(
        "resource_version",
        UPDATE,
        "moves",
        "NEW.state <> OLD.state AND NOT ((OLD.state = 'DRAFT' AND NEW.state = 'PUBLISHED')"
        " OR (OLD.state = 'PUBLISHED' AND NEW.state IN ('SUSPENDED','RETIRED'))"
        " OR (OLD.state = 'SUSPENDED' AND NEW.state IN ('PUBLISHED','RETIRED')))",
        "LF-30: an item goes from draft to published, is suspended and taken up again, and retired for good",
    ),
    Guard(
        "resource_version",
        UPDATE,
        "frozen",
        f"OLD.state <> 'DRAFT' AND {changed(*_CONTENT, 'published_by', 'published_at')}",
        "LN-23: the content of a published item does not change; write a new version",
    ),
    Guard(
        "resource_version",
        UPDATE,
        "agreed",
        f"{_PUBLISHING} AND NEW.agreement_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM agreement a"  # noqa: S608  fixed words
        " JOIN agreement_category c ON c.agreement_id = a.id JOIN resource r ON r.id = NEW.resource_id"
        " WHERE a.id = NEW.agreement_id AND a.supplier_id = r.supplier_id AND c.category = r.category)",
        "BX-30: the agreement is another office's, or does not cover this category",
    ),
    Guard(
        "resource_version",
        DELETE,
        "kept",
        "OLD.state <> 'DRAFT'",
        "LF-30: every published version of an item is kept",
    ),
    *_windows(),
    Guard(
        "agreement",
        UPDATE,
        "frozen",
        changed("id", "ref", "number", "supplier_id", "channel", "valid_from", "registered_by", "registered_at")
        + " OR NEW.valid_until < OLD.valid_until",
        "BX-30: an agreement keeps its content; it is only made to last longer, or ended",
    ),
    Guard("agreement", DELETE, "kept", "TRUE", "BX-30: an agreement is kept"),
    *unchangeable("agreement_category", "BX-30: the categories of an agreement do not change"),
    *unchangeable("quota", "LN-35: a quota does not change; grant a new one with its day"),
    Guard(
        "quota_use",
        UPDATE,
        "grows",
        f"NEW.used < OLD.used OR {changed('quota_id', 'most', 'period_start')}",
        "LN-35: what was used of a quota is not taken back",
    ),
    Guard("quota_use", DELETE, "kept", "TRUE", "LN-35: what was used of a quota is not taken back"),
    *unchangeable("query_terms", "LN-13: the terms a query was planned under do not change"),
    *unchangeable("catalogue_gap_note", "LF-06: a note on a gap is kept; write another one"),
]
