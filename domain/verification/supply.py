"""When a data source supplies: the rhythm of a resource, which period is expected on a day, what is due from whom.

The calendar of Chengkou (CK-19 to CK-22): what is supplied by month, quarter, half-year or year is due on a day of the
first month after the period, so that a January is about the last period of the year before. The functions on periods
are pure; rows and verbs stand below them. The ladder of reminders climbs in `tasks.supply.ladder`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.errors import Conflict, InvalidAnswers
from domain.parties import permissions
from domain.text import gettext as _
from domain.verification.deliveries import Delivery, Resource
from domain.work import Work

MONTH, QUARTER, HALF, YEAR = "MONTH", "QUARTER", "HALF", "YEAR"
MONTHS: Mapping[str, int] = {MONTH: 1, QUARTER: 3, HALF: 6, YEAR: 12}
OPEN, DONE, NIL = "OPEN", "DONE", "NIL"
USUAL_DAY = 10
_CODE = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])|H([12])))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole months, first and last day included. `code`: 2026-05, 2026-Q2, 2026-H1 or 2026."""

    start: date
    end: date

    @property
    def months(self) -> int:
        """How many calendar months it has."""
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1

    @property
    def code(self) -> str:
        """How it is written in files, commands and keys."""
        year, month = self.start.year, self.start.month
        tails = {1: f"-{month:02d}", 3: f"-Q{(month + 2) // 3}", 6: f"-H{1 if month == 1 else 2}", 12: ""}
        return f"{year}{tails[self.months]}"

    def overlaps(self, other: Period) -> bool:
        """True when they share a day."""
        return self.start <= other.end and other.start <= self.end


def months_from(year: int, month: int, count: int) -> Period:
    """The period of `count` months that begins with this one; month may be below 1 or above 12."""
    first, after = _month(year, month), _month(year, month + count)
    return Period(first, after - timedelta(days=1))


def parse(code: str) -> Period:
    """The period a code names. Raises InvalidAnswers (field "period")."""
    found = _CODE.fullmatch(code.strip())
    if found is None or not 2000 <= int(found[1]) <= 2999:
        raise InvalidAnswers({"period": _("Write the period like 2026-05, 2026-Q2, 2026-H1 or 2026.")})
    year = int(found[1])
    if found[2]:
        return months_from(year, int(found[2]), 1)
    if found[3]:
        return months_from(year, int(found[3]) * 3 - 2, 3)
    return months_from(year, int(found[4]) * 6 - 5, 6) if found[4] else months_from(year, 1, 12)


def expected_period(rhythm: str, on: date) -> Period:
    """The last period that was over before this day (CK-19 to CK-22): on 10 January the last one of the year before.

    rhythm: MONTH, QUARTER, HALF or YEAR. Raises KeyError for another.
    """
    size = MONTHS[rhythm]
    return months_from(on.year, ((on.month - 1) // size) * size + 1 - size, size)


def due_on(period: Period, day: int = USUAL_DAY) -> date:
    """The day of the first month after the period on which it is due (day 1 to 28)."""
    return (period.end + timedelta(days=1)).replace(day=day)


def after(period: Period) -> Period:
    """The period of the same length that follows."""
    return months_from(period.end.year, period.end.month + 1, period.months)


def _month(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


class Supply(Base):
    """How often one resource is supplied, and by which day of the month after the period."""

    __tablename__ = "supply"
    __table_args__ = (
        CheckConstraint("rhythm IN ('MONTH','QUARTER','HALF','YEAR')", name="rhythm"),
        CheckConstraint("day BETWEEN 1 AND 28", name="day"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"), unique=True)
    rhythm: Mapped[str] = mapped_column(String(8))
    day: Mapped[int] = mapped_column(default=USUAL_DAY)
    set_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    set_at: Mapped[datetime]


class SupplyDue(Base):
    """One period of one resource: OPEN, DONE by a delivery, or NIL, an explicit return that there was nothing.

    period_end of two rhythms may agree while their beginnings differ: the key is the beginning and the end.
    """

    __tablename__ = "supply_due"
    __table_args__ = (
        UniqueConstraint("resource_id", "period_start", "period_end"),
        Index("ix_supply_due_state", "state", "due_on"),
        CheckConstraint("state IN ('OPEN','DONE','NIL')", name="state"),
        CheckConstraint("period_start < period_end", name="period"),
        CheckConstraint("state <> 'DONE' OR delivery_id IS NOT NULL", name="done_by_a_delivery"),
        CheckConstraint("state <> 'NIL' OR (nil_by IS NOT NULL AND nil_reason IS NOT NULL)", name="nil_is_said"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    period_start: Mapped[date]
    period_end: Mapped[date]
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(4), default=OPEN)
    delivery_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("delivery.id"))
    settled_at: Mapped[datetime | None]
    nil_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    nil_reason: Mapped[Sealed | None]

    @property
    def period(self) -> Period:
        """The period it is about."""
        return Period(self.period_start, self.period_end)


def set_rhythm(work: Work, resource: Resource, rhythm: str, day: int = USUAL_DAY) -> Supply:
    """Say how often a resource is supplied; what is due from the next due day on follows from it.

    Raises NotPermitted; InvalidAnswers: no such rhythm, or a day that not every month has.
    """
    permissions.must(work.actor, "supply.set")
    if rhythm not in MONTHS or not 1 <= day <= 28:
        raise InvalidAnswers({"rhythm": _("Choose month, quarter, half-year or year, and a day from 1 to 28.")})
    row = of_resource(work, resource)
    if row is None:
        row = Supply(ref=new_ref(), resource_id=resource.id)
        work.session.add(row)
    row.rhythm, row.day, row.set_by, row.set_at = rhythm, day, work.actor.user_id, work.now
    work.session.flush()
    journal.record(work, "supply.set", row.ref, {"resource": resource.ref, "rhythm": rhythm, "day": day})
    return row


def usual_rhythm(work: Work, resource: Resource) -> str:
    """How often the notice has this category supplied (CK-19 to CK-22), "" where none says it."""
    known = rules.current(work).categories.get(resource.category)
    return known.rhythm if known is not None else ""


def of_resource(work: Work, resource: Resource) -> Supply | None:
    """The rhythm of a resource, None for one that is supplied when it is asked. Uses uq_supply_resource_id."""
    return work.session.scalars(select(Supply).where(Supply.resource_id == resource.id)).first()


def due_of(work: Work, supply: Supply, period: Period) -> SupplyDue:
    """The row of one period, made when it is not there yet. Uses uq_supply_due_resource_id."""
    same = (
        SupplyDue.resource_id == supply.resource_id,
        SupplyDue.period_start == period.start,
        SupplyDue.period_end == period.end,
    )
    found = work.session.scalars(select(SupplyDue).where(*same)).first()
    if found is None:
        found = SupplyDue(ref=new_ref(), resource_id=supply.resource_id, state=OPEN)
        found.period_start, found.period_end, found.due_on = period.start, period.end, due_on(period, supply.day)
        work.session.add(found)
        work.session.flush()
    return found


def wanted_period(work: Work, supply: Supply, code: str) -> Period:
    """The period a delivery is for: the named one, else the expected one of today (CK-19 to CK-22).

    Raises InvalidAnswers: another length than the rhythm's, or a period that is not over.
    """
    expected = expected_period(supply.rhythm, work.today)
    if not code:
        return expected
    named = parse(code)
    if named.months != expected.months:
        raise InvalidAnswers({"period": _("This source is supplied for periods like %(like)s.", like=expected.code)})
    if named > expected:
        raise InvalidAnswers(
            {"period": _("This period is not over yet; expected is %(period)s.", period=expected.code)}
        )
    return named


def settle(work: Work, delivery: Delivery, period: Period) -> None:
    """A delivery was taken in: the period is no longer due. A rhythm that ended meanwhile is nobody's concern."""
    supply = of_resource(work, work.session.get_one(Resource, delivery.resource_id))
    if supply is None:
        return
    row = due_of(work, supply, period)
    row.state, row.delivery_id, row.settled_at = DONE, delivery.id, work.now
    work.session.flush()


def reopen(work: Work, delivery: Delivery) -> None:
    """What a delivery had settled is due again, for it was withdrawn."""
    wanted = select(SupplyDue).where(
        SupplyDue.resource_id == delivery.resource_id, SupplyDue.delivery_id == delivery.id
    )
    for row in work.session.scalars(wanted):
        row.state, row.delivery_id, row.settled_at = OPEN, None, None
    work.session.flush()


def return_nil(work: Work, resource: Resource, code: str, reason: str) -> SupplyDue:
    """Say that a period brought nothing; an empty file is refused, so that nothing is never mistaken for a mistake.

    Raises NotPermitted; Conflict: the source has no calendar, or the period was supplied already; InvalidAnswers.
    """
    permissions.must(work.actor, "delivery.upload", relation_to(work, resource))
    supply = of_resource(work, resource)
    if supply is None:
        raise Conflict(_("This source has no calendar, so nothing is due from it."))
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Say why the period brought nothing.")})
    row = due_of(work, supply, wanted_period(work, supply, code))
    if row.state != OPEN:
        raise Conflict(_("This period was supplied already."), clause="CK-19")
    row.state, row.nil_by, row.settled_at = NIL, work.actor.person(), work.now
    row.nil_reason = work.home.vault.seal("supply_due.nil_reason", row.ref, reason.strip())
    work.session.flush()
    journal.record(work, "supply.nil", row.ref, {"resource": resource.ref, "period": row.period.code})
    return row


def relation_to(work: Work, resource: Resource) -> str:
    """OWN for the office that supplies it."""
    return permissions.OWN if work.actor.org_id == resource.supplier_id else permissions.NONE


@dataclass(frozen=True, slots=True)
class Due:
    """A line of “what is due from my office”: left is days until due_on, negative when it is late."""

    resource: Resource
    period: Period
    due_on: date
    state: str
    left: int
    delivery: str


def due_from(work: Work, supplier_id: int) -> list[Due]:
    """What is due from an office, the earliest first: the expected period of every source, and all older open ones.

    Two statements whatever the office supplies. Uses uq_supply_resource_id and uq_supply_due_resource_id.
    """
    permissions.must(
        work.actor, "delivery.read", permissions.OWN if work.actor.org_id == supplier_id else permissions.NONE
    )
    rows = work.session.execute(
        select(Resource, Supply).join(Supply, Supply.resource_id == Resource.id)
        .where(Resource.supplier_id == supplier_id).order_by(Resource.category)
    ).all()  # fmt: skip
    known = _known(work, [resource.id for resource, _supply in rows])
    lines: list[Due] = []
    for resource, supply in rows:
        expected = expected_period(supply.rhythm, work.today)
        seen = known.get(resource.id, {})
        shown = {p for p, (row, _ref) in seen.items() if row.state == OPEN} | {expected}
        for period in shown:
            row, ref = seen.get(period, (None, ""))
            on = row.due_on if row is not None else due_on(period, supply.day)
            state = row.state if row is not None else OPEN
            lines.append(Due(resource, period, on, state, (on - work.today).days, ref))
    return sorted(lines, key=lambda line: (line.due_on, line.resource.category, line.period))


def _known(work: Work, resources: Sequence[int]) -> dict[int, dict[Period, tuple[SupplyDue, str]]]:
    found = work.session.execute(
        select(SupplyDue, Delivery.ref).join(Delivery, Delivery.id == SupplyDue.delivery_id, isouter=True)
        .where(SupplyDue.resource_id.in_(resources))
    )  # fmt: skip
    made: dict[int, dict[Period, tuple[SupplyDue, str]]] = {}
    for row, ref in found:
        made.setdefault(row.resource_id, {})[row.period] = (row, ref or "")
    return made
