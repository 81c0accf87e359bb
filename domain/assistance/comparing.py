"""What a month's lists and the register say of each other, computed inside the database (NM-20, NM-21).

The number of statements does not depend on the number of payments, only, by thousands, on what is found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import String, and_, case, cast, exists, func, literal, or_, select, union_all

from domain import rules
from domain.assistance import duplicates
from domain.assistance.payments import PAYMENT, READY, PaymentList, PaymentRow, first_day
from domain.assistance.recipients import ACTIVE, STOPPED, Recipient
from domain.assistance.reconciliation_rows import AMOUNT, MISSING
from domain.parties.households import MEMBER, Person
from domain.policy_keys.sources import RECONCILED_PROGRAMMES
from domain.work import Work
from domain.workdays import add_months

AT_ONCE = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to handle: as `Difference`. unit_id: the office that keeps the household."""

    rule: str
    unit_id: int
    item: str
    facts: dict[str, Any]
    blind: bytes | None = field(default=None, repr=False)
    household_id: int | None = None


def differences(work: Work, unit_id: int, month: str, ledger: PaymentList, payment: PaymentList) -> list[Finding]:
    """Where register, ledger and payments of a unit and month do not say the same (NM-20).

    The register says who, the lists also how much. Programmes that the policy `reconciled_programmes` names are
    compared with the register, everything paid with the ledger. Two statements.
    Uses ix_payment_row_list_id, ix_payment_row_idno_blind, ix_recipient_roll, ix_person_household_id.
    """
    programmes = tuple(rules.value(work, unit_id, RECONCILED_PROGRAMMES.name))
    roll = _on_the_roll(unit_id, month, programmes)
    found = [
        Finding(
            MISSING if not (ledgered and paid and (registered or item not in programmes)) else AMOUNT,
            unit_id,
            item,
            {
                "ledger_fen": int(ledger_fen), "paid_fen": int(paid_fen), "ledger": bool(ledgered), "paid": bool(paid),
                "register": bool(registered) if item in programmes else None,
            },
            bytes(blind),
        )
        for blind, item, ledger_fen, paid_fen, ledgered, paid, registered in work.session.execute(
            _unequal(ledger, payment, roll, programmes)
        )
    ]  # fmt: skip
    unpaid = {"ledger_fen": 0, "paid_fen": 0, "ledger": False, "paid": False, "register": True}
    for household, programme in work.session.execute(_unpaid(unit_id, month, programmes, ledger, payment)):
        found.append(Finding(MISSING, unit_id, programme, dict(unpaid), None, household))
    return found


def doubles(work: Work, unit_id: int, month: str, payment: PaymentList) -> list[Finding]:
    """Whoever this unit paid and who was paid twice in the month, here or in another unit, by the four rules (NM-21).

    Uses ix_payment_list_month, ix_payment_row_list_id and ix_payment_row_idno_blind. Two statements and two for every
    thousand persons paid in more than one place or item.
    """
    lists = dict(
        work.session.execute(
            select(PaymentList.id, PaymentList.unit_id).where(
                PaymentList.month == month, PaymentList.kind == PAYMENT, PaymentList.state == READY
            )
        ).all()
    )
    found: list[Finding] = []
    for some in in_pieces(_paid_in_several(work, payment, list(lists)), AT_ONCE):
        places = _places(work, some, lists)
        keepers = _keepers(work, some)
        for blind in some:
            codes = duplicates.broken(work, unit_id, set(places[blind]))
            kept = keepers.get(blind, [])
            keeper = unit_id if unit_id in kept or not kept else kept[0]
            told = [{"item": item, "area": area, "unit": unit} for item, area, unit in sorted(set(places[blind]))]
            found += [Finding(code, keeper, "", {"places": told}, blind) for code in codes]
    return found


def in_pieces(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items, so many at a time."""
    return (items[place : place + size] for place in range(0, len(items), size))


def _on_the_roll(unit_id: int, month: str, programmes: Sequence[str]) -> Any:
    return (
        select(Person.idno_blind, Recipient.programme.label("item"))
        .join(Recipient, Recipient.household_id == Person.household_id)
        .where(Person.kind == MEMBER, *_receives(unit_id, month, programmes))
        .distinct()
        .subquery()
    )


def _receives(unit_id: int, month: str, programmes: Sequence[str]) -> tuple[Any, ...]:
    first = first_day(month)
    if first is None:
        raise ValueError(f"not a month: {month}")
    following: date = add_months(first, 1)
    return (
        Recipient.unit_id == unit_id,
        Recipient.programme.in_(programmes),
        Recipient.since < following,
        or_(Recipient.state == ACTIVE, and_(Recipient.state == STOPPED, Recipient.until >= first)),
    )


def _unequal(ledger: PaymentList, payment: PaymentList, roll: Any, programmes: Sequence[str]) -> Any:
    both = union_all(*(_side(one, own) for one, own in ((ledger, True), (payment, False)))).subquery()
    sums = (
        select(
            both.c.idno_blind, both.c.item,
            func.sum(both.c.ledger).label("ledger"), func.sum(both.c.paid).label("paid"),
            func.max(both.c.in_ledger).label("in_ledger"), func.max(both.c.in_paid).label("in_paid"),
        )
        .group_by(both.c.idno_blind, both.c.item)
        .subquery()
    )  # fmt: skip
    registered = case((roll.c.item.is_not(None), 1), else_=0)
    return (
        select(*sums.c, registered)
        .outerjoin(roll, and_(roll.c.idno_blind == sums.c.idno_blind, roll.c.item == sums.c.item))
        .where(
            or_(
                sums.c.ledger != sums.c.paid,
                sums.c.in_ledger == 0,
                sums.c.in_paid == 0,
                and_(sums.c.item.in_(programmes), roll.c.item.is_(None)),
            )
        )
        .order_by(sums.c.idno_blind, sums.c.item)
    )


def _side(one: PaymentList, ledger: bool) -> Any:
    nothing, amount = literal(0), PaymentRow.amount_fen
    return select(
        PaymentRow.idno_blind, PaymentRow.item, (amount if ledger else nothing).label("ledger"),
        (nothing if ledger else amount).label("paid"), literal(int(ledger)).label("in_ledger"),
        literal(int(not ledger)).label("in_paid"),
    ).where(PaymentRow.list_id == one.id)  # fmt: skip


def _unpaid(unit_id: int, month: str, programmes: Sequence[str], ledger: PaymentList, payment: PaymentList) -> Any:
    """Households of the register none of whose members stands in either list."""
    some = exists(
        select(PaymentRow.id)
        .join(Person, Person.idno_blind == PaymentRow.idno_blind)
        .where(
            Person.household_id == Recipient.household_id,
            PaymentRow.list_id.in_((ledger.id, payment.id)),
            PaymentRow.item == Recipient.programme,
        )
    )
    receives = _receives(unit_id, month, programmes)
    return select(Recipient.household_id, Recipient.programme).where(*receives, ~some).order_by(Recipient.id)


def _paid_in_several(work: Work, payment: PaymentList, lists: Sequence[int]) -> list[bytes]:
    mine = select(PaymentRow.idno_blind).where(PaymentRow.list_id == payment.id, PaymentRow.item.in_(duplicates.ITEMS))
    place = cast(PaymentRow.list_id, String) + "|" + PaymentRow.item + "|" + PaymentRow.area
    wanted = (
        select(PaymentRow.idno_blind)
        .where(PaymentRow.list_id.in_(lists), PaymentRow.item.in_(duplicates.ITEMS), PaymentRow.idno_blind.in_(mine))
        .group_by(PaymentRow.idno_blind)
        .having(func.count(place.distinct()) > 1)
        .order_by(PaymentRow.idno_blind)
    )
    return [bytes(blind) for blind in work.session.scalars(wanted)]


def _places(work: Work, blinds: Sequence[bytes], lists: dict[int, int]) -> dict[bytes, list[tuple[str, str, int]]]:
    found: dict[bytes, list[tuple[str, str, int]]] = defaultdict(list)
    wanted = (
        select(PaymentRow.idno_blind, PaymentRow.item, PaymentRow.area, PaymentRow.list_id)
        .where(PaymentRow.idno_blind.in_(blinds), PaymentRow.list_id.in_(lists))
        .distinct()
    )
    for blind, item, area, one in work.session.execute(wanted):
        found[bytes(blind)].append((item, area, lists[one]))
    return found


def _keepers(work: Work, blinds: Sequence[bytes]) -> dict[bytes, list[int]]:
    """The offices on whose roll a payee's household stands. Uses ix_person_idno_blind."""
    found: dict[bytes, list[int]] = defaultdict(list)
    wanted = (
        select(Person.idno_blind, Recipient.unit_id)
        .join(Recipient, Recipient.household_id == Person.household_id)
        .where(Person.idno_blind.in_(blinds), Recipient.state == ACTIVE)
        .order_by(Recipient.id)
    )
    for blind, unit in work.session.execute(wanted):
        found[bytes(blind)].append(unit)
    return found
