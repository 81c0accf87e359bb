"""Duplicate payments: the four rules as one decision table, and what they forbid at a decision (NM-21).

The table ships beside this module (duplicates.dmn); which of its rules hold in a jurisdiction says the policy
`duplicate_rules`. A place is a unit and area in which a person is paid: a back payment in the same place is no second.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
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
from domain.policy_keys.sources import DUPLICATE_RULES
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


@dataclass(frozen=True, slots=True)
class Standing:
    """A duplicate payment of a household's member that nobody has handled; unit_id: the office whose item it is."""

    ref: str
    rule: str
    month: str
    unit_id: int

    @property
    def title(self) -> Text:
        """What its rule is called."""
        return TITLES[self.rule]


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Why a decision that pays would be refused (NM-21). elsewhere: a member is on a roll this one excludes."""

    standing: Sequence[Standing]
    elsewhere: bool

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.standing) or self.elsewhere


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
    found = in_the_way(work, case)
    if found.standing:
        sentence = _(
            "%(count)s duplicate payments of this household are not handled yet: %(months)s. Handle them under"
            " Reconciliation, then decide.",
            count=len(found.standing),
            months=", ".join(sorted({one.month for one in found.standing})),
        )
        raise Conflict(sentence, clause="NM-21", case=case.ref)
    if found.elsewhere:
        sentence = _(
            "A member of this household receives the minimum living allowance or the support for the extremely poor"
            " already. End that first, or leave the member out."
        )
        raise Conflict(sentence, clause="NM-21", case=case.ref)


def in_the_way(work: Work, case: Case) -> InTheWay:
    """What forbids a decision that pays, before anybody tries one (NM-21). Two statements, one for other programmes."""
    elsewhere = case.programme in _ONE_OF and _elsewhere(work, case) > 0
    return InTheWay(_standing(work, case), elsewhere)


def _standing(work: Work, case: Case) -> list[Standing]:
    """The unhandled duplicates of a household, oldest month first. Uses ix_reconciliation_difference_idno_blind."""
    found = work.session.execute(
        select(Difference.ref, Difference.rule, Difference.month, Difference.unit_id)
        .join(Person, Person.idno_blind == Difference.idno_blind)
        .where(Person.household_id == case.household_id, Person.kind == MEMBER, Person.left_on.is_(None))
        .where(Difference.rule.in_(RULES), Difference.state.in_(WAITING))
        .order_by(Difference.month, Difference.id)
    )
    return [Standing(*row) for row in found]


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
