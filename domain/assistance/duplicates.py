"""Duplicate payments: the four rules as one decision table, and what they forbid at a decision (NM-21).

The table ships beside this module (duplicates.dmn); which of its rules hold in a jurisdiction says the policy
`duplicate_rules`. A place is a unit and area in which a person is paid: a back payment in the same place is no second.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

import decisions
from domain import rules
from domain.assistance.recipients import ACTIVE, Recipient
from domain.assistance.reconciliation_rows import WAITING, Difference
from domain.cases import Case
from domain.errors import Conflict, OperationFailed
from domain.parties.households import MEMBER, Person
from domain.policy_keys import DUPLICATE_RULES
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work

URBRUR, TK, DBTK, PRICE = RULES = ("DUP-URBRUR", "DUP-TK", "DUP-DBTK", "DUP-PRICE")
ITEMS = ("DIBAO", "TEKUN", "PRICE")
MODEL = Path(__file__).with_name("duplicates.dmn")
# who receives one of these from one household may not receive one of them from another, nor both at once
_ONE_OF = ("DIBAO", "TEKUN")
TITLES: dict[str, Text] = {
    URBRUR: _("Minimum living allowance paid twice (urban and rural, or in two places)"),
    TK: _("Support for the extremely poor paid twice"),
    DBTK: _("Minimum living allowance and support for the extremely poor together"),
    PRICE: _("Price subsidy paid twice (urban and rural, or in two places)"),
}


def broken(work: Work, unit_id: int, places: Collection[tuple[str, str, int]]) -> list[str]:
    """Codes of the rules that one person's payments of one month break, under the rules of a unit.

    places: (item, area, unit), each once. Raises OperationFailed when the table cannot decide.
    """
    counts = {item: sum(place[0] == item for place in set(places)) for item in ITEMS}
    fact = {item.lower(): count for item, count in counts.items()}
    given = {"payments": fact, "rules": list(rules.value(work, unit_id, DUPLICATE_RULES.name))}
    result = _model().evaluate("duplicates", given, now=work.now)
    if not isinstance(result.value, list):
        raise OperationFailed(
            _("The decision model of duplicate payments could not decide (%(why)s).", why="; ".join(result.reasons))
        )
    return [str(code) for code in result.value]


def must_stand_alone(work: Work, case: Case) -> None:
    """A decision that pays is not made while a duplicate stands (NM-21).

    Raises:
        Conflict: a duplicate payment of a member of this household is not handled yet; or a member receives the
            allowance or the support elsewhere already. Legal combinations pass.
    """
    standing = _standing(work, case)
    if standing:
        sentence = _(
            "%(count)s duplicate payments of this household are not handled yet: %(months)s. Handle them under"
            " Reconciliation, then decide.",
            count=len(standing),
            months=", ".join(sorted(set(standing))),
        )
        raise Conflict(sentence, clause="NM-21", case=case.ref)
    if case.programme in _ONE_OF and _elsewhere(work, case):
        sentence = _(
            "A member of this household receives the minimum living allowance or the support for the extremely poor"
            " already. End that first, or leave the member out."
        )
        raise Conflict(sentence, clause="NM-21", case=case.ref)


def _standing(work: Work, case: Case) -> list[str]:
    """Months of the unhandled duplicates of a household. Uses ix_reconciliation_difference_idno_blind."""
    return list(
        work.session.scalars(
            select(Difference.month)
            .join(Person, Person.idno_blind == Difference.idno_blind)
            .where(Person.household_id == case.household_id, Person.kind == MEMBER, Person.left_on.is_(None))
            .where(Difference.rule.in_(RULES), Difference.state.in_(WAITING))
        )
    )


def _elsewhere(work: Work, case: Case) -> int:
    """How many rolls pay a member of this household besides the one decided on.

    Uses ix_person_household_id, ix_person_idno_blind and uq_recipient_household_id_programme.
    """
    here, there = aliased(Person), aliased(Person)
    wanted = (
        select(func.count())
        .select_from(here)
        .join(there, there.idno_blind == here.idno_blind)
        .join(Recipient, Recipient.household_id == there.household_id)
        .where(here.household_id == case.household_id, here.kind == MEMBER, here.left_on.is_(None))
        .where(there.kind == MEMBER, there.left_on.is_(None))
        .where(Recipient.state == ACTIVE, Recipient.programme.in_(_ONE_OF))
        .where((Recipient.household_id != case.household_id) | (Recipient.programme != case.programme))
    )
    return work.session.scalar(wanted) or 0


@cache
def _model() -> decisions.Model:
    return decisions.load(MODEL.read_bytes(), _imports_nothing)


def _imports_nothing(namespace: str) -> bytes:
    raise LookupError(namespace)
