"""docs/clauses.md says what the marks say."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.infrastructure import mutation
from tests.infrastructure.clauses import GUARDED, MOST, NOTICES, ROOT, clauses, kinds, page, proofs
from tests.infrastructure.guards import Guard, all_guards, kept, unknown


def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "clauses.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m tests.infrastructure.clauses"


def test_no_test_claims_a_clause_that_there_is_not():
    assert set(proofs()) <= set(clauses())


def test_the_notices_have_their_clauses():
    counted = Counter(clause.partition("-")[0] for clause in clauses())
    assert set(counted) == set(NOTICES)
    assert min(counted.values()) > 15
    assert set(kinds().values()) == set("HDSCRG")


def test_no_test_claims_more_clauses_than_it_can_show():
    claimed = Counter(one for tests in proofs().values() for one in tests)
    assert {one: count for one, count in claimed.items() if count > MOST} == {}


def test_what_must_be_enforced_names_what_enforces_it():
    """Write `clause="…"` on the refusal, begin the trigger with the clause, or name the guard in docs/guards.tsv."""
    guards = all_guards()
    assert [one for one in proofs() if kinds()[one] in GUARDED and not guards.get(one)] == []


def test_every_guard_is_of_a_clause_that_there_is():
    assert set(all_guards()) <= set(clauses())


@pytest.mark.parametrize("guard", kept(), ids=lambda guard: f"{guard.clause} {guard.name}")
def test_every_guard_that_is_named_by_hand_is_there(guard: Guard):
    assert guard.says
    assert unknown(guard) == ""


@pytest.mark.parametrize(
    "name",
    [
        "py:domain/nowhere.py::must", "py:domain/cases.py::must_be_gone",
        "py:domain/verification/commissions.py::must_have_letter#BX-99",
        "py:domain/verification/commissions.py::must_have_letter#BX-12.7", "db:guard_commission_update_gone",
        "db:ck_commission_gone", "perm:determination.gone", "term:gone", "said:so",
    ],
)  # fmt: skip
def test_a_guard_that_was_renamed_or_removed_is_noticed(name: str):
    assert unknown(Guard("BX-12", name, "x"))


def test_what_runs_without_a_guard_found_is_of_guards_that_there_are():
    known = {(clause, guard.name) for clause, guards in all_guards().items() for guard in guards}
    gone = set(mutation.written()) - known
    assert not gone, "named otherwise now: take their lines out of docs/mutants.tsv, or run the mutation again"
