"""Declarations: what a family says of itself; the newest one counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.errors import InvalidAnswers, NotFound
from domain.verification import declarations
from domain.verification.declarations import Item
from tests.domain.office import TODAY, Desk, case_of, household, people


def test_the_newest_declaration_counts_and_the_older_one_is_kept(both: Desk) -> None:
    with both.acting("town") as work:
        family = household(work)
        case = case_of(work, family)
        first, second = people(work, family)
        old = declarations.record(
            work, family, [Item(first, "WAGE", {"amount": "900.00"})], declared_on=TODAY - timedelta(days=1), case=case
        )
        declarations.record(
            work,
            family,
            [Item(second, "PENRCV", {"amount": "1200.00"}), Item(None, "DEPOSIT", {"amount": "50000.00"})],
            declared_on=TODAY,
            case=case,
        )

        assert declarations.latest(work, family) == {
            (second.ref, "PENRCV"): {"amount": "1200.00"},
            (None, "DEPOSIT"): {"amount": "50000.00"},
        }
        assert declarations.items_of(work, old) == {(first.ref, "WAGE"): {"amount": "900.00"}}


def test_declared_amounts_do_not_stand_in_the_database_in_clear(both: Desk) -> None:
    with both.acting("town") as work:
        family = household(work)
        declarations.record(work, family, [Item(None, "DEPOSIT", {"amount": "73519.28"})], declared_on=TODAY)
        cells = work.session.execute(text("SELECT value FROM declared_item")).scalars()
        assert all(b"73519" not in bytes(cell) for cell in cells)


def test_a_declaration_cannot_be_of_tomorrow(desk: Desk) -> None:
    with desk.acting("town") as work:
        family = household(work)
        with pytest.raises(InvalidAnswers):
            declarations.record(work, family, [], declared_on=TODAY + timedelta(days=1))


def test_nobody_elses_member_is_declared(desk: Desk) -> None:
    with desk.acting("town") as work:
        family, other = household(work), household(work)
        with pytest.raises(NotFound):
            declarations.record(
                work, family, [Item(people(work, other)[0], "WAGE", {"amount": "1"})], declared_on=TODAY
            )


def test_a_family_that_declared_nothing_has_no_items(desk: Desk) -> None:
    with desk.acting("town") as work:
        assert declarations.latest(work, household(work)) == {}
