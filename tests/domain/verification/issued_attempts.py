"""Raw SQL that the rules of papers given out refuse."""

from __future__ import annotations

from tests.domain.verification.house_attempts import LEAK, REPORTED

OFFICE = "(SELECT MIN(id) FROM organisation)"
# the report of the world was signed under a number, with this digest
SIGNED = "FROM report r WHERE r.id = (SELECT MIN(id) FROM report WHERE canonical IS NOT NULL)"
PAPER = f"""
INSERT INTO issued_document (ref, doc, number, org_id, about, digest, code, access, issued_on, issued_at, report_id)
SELECT 'i', 'DOC-06', {{number}}, {OFFICE}, r.ref, {{digest}}, 'c', 'INTERNAL', '2027-03-10', '2027-03-10 00:00:00',
 r.id
{SIGNED}
"""
OTHER = f"""
INSERT INTO issued_document (ref, doc, number, org_id, about, digest, code, access, issued_on, issued_at, {{own}})
SELECT 'i', 'DOC-12', 'N', {OFFICE}, {{table}}.ref, '{"1" * 64}', 'c', 'PUBLIC', '2027-03-10',
 '2027-03-10 00:00:00', {{table}}.id FROM {{table}}
"""
NOTICE = f"""
INSERT INTO notice (ref, number, case_id, determination_id, canonical, digest)
SELECT 'n', 'N1', d.case_id, d.id, d.reason, '{"0" * 64}' FROM determination d
"""
FORM = f"""
INSERT INTO issued_document (ref, doc, number, org_id, about, digest, code, access, issued_on, issued_at, canonical)
SELECT 'f', 'DOC-01', 'F1', {OFFICE}, 'p', '{"0" * 64}', 'f', 'PUBLIC', '2027-03-10', '2027-03-10 00:00:00', r.canonical
{SIGNED}
"""

ISSUED: list[tuple[str, list[str], str]] = [
    ("guard_issued_document_insert_as_signed_report", [], PAPER.format(number="r.number", digest=f"'{'1' * 64}'")),
    ("guard_issued_document_insert_as_signed_report", [], PAPER.format(number="'R9'", digest="r.digest")),
    ("guard_issued_document_insert_as_signed_notice", [NOTICE], OTHER.format(own="notice_id", table="notice")),
    ("guard_issued_document_insert_as_signed_breach", [LEAK, REPORTED], OTHER.format(own="breach_id", table="breach")),
    (
        "guard_issued_document_update_never",
        [PAPER.format(number="r.number", digest="r.digest")],
        "UPDATE issued_document SET digest = 'f'",
    ),
    ("guard_issued_document_update_never", [FORM], "UPDATE issued_document SET access = 'NOT_PUBLIC'"),
    ("guard_issued_document_delete_never", [FORM], "DELETE FROM issued_document"),
]
