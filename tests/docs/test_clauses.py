"""docs/clauses.md says what the marks say."""

from __future__ import annotations

from collections import Counter

from tests.infrastructure.clauses import NOTICES, ROOT, clauses, page, proofs


def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "clauses.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m tests.infrastructure.clauses"


def test_no_test_claims_a_clause_that_there_is_not():
    assert set(proofs()) <= set(clauses())


def test_the_notices_have_their_clauses():
    counted = Counter(clause.partition("-")[0] for clause in clauses())
    assert set(counted) == set(NOTICES)
    assert min(counted.values()) > 15
