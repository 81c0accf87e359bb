"""Raw SQL that the rules of reporting refuse, and a letter of another unit without its legal basis."""

from __future__ import annotations

_ONE, _TWO, _THREE = (f"(SELECT id FROM organisation ORDER BY id LIMIT 1 OFFSET {at})" for at in range(3))
EDGE = (
    "INSERT INTO org_edge (from_id, to_id, kind, form, valid_from, valid_to, source)"
    f" VALUES ({_ONE}, {{to}}, 'report_to', '', {{begins}}, {{ends}}, 'NM-28')"
)
OPEN = EDGE.format(to=_TWO, begins="'2027-01-01'", ends="NULL")
BEFORE = EDGE.format(to=_THREE, begins="'2026-01-01'", ends="'2026-12-31'")

TOPOLOGY: list[tuple[str, list[str], str]] = [
    ("guard_org_edge_insert_one", [OPEN], EDGE.format(to=_THREE, begins="'2027-03-01'", ends="NULL")),
    ("guard_org_edge_insert_one", [OPEN], EDGE.format(to=_THREE, begins="'2026-03-01'", ends="'2027-01-01'")),
    ("guard_org_edge_update_one", [OPEN, BEFORE], "UPDATE org_edge SET valid_to = NULL WHERE valid_to IS NOT NULL"),
    ("guard_org_edge_update_frozen", [OPEN], f"UPDATE org_edge SET to_id = {_THREE}"),
    ("guard_org_edge_update_frozen", [OPEN], "UPDATE org_edge SET valid_from = '2026-01-01'"),
    ("guard_org_edge_delete_never", [OPEN], "DELETE FROM org_edge"),
]
