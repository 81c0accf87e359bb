"""Key monitoring (重点监测): lists by data type, verified row by row, reported, checked by the city (NM-10..NM-12).

A list holds what deliveries said of a unit's recipients in one category since the list before. Its rows are verified
one by one (`recipient_doubts.verify`); it is reported whole or not at all, and a second person of the city closes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, UniqueConstraint, false, func, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, insert_once, new_ref
from domain.clock import office_day
from domain.errors import Conflict, NotFound, NotPermitted
from domain.parties import organisations, permissions
from domain.parties.organisations import Organisation
from domain.parties.permissions import AGENCY, DEPARTMENT
from domain.policy_keys.reviews import MONITORING_TERM
from domain.policy_kinds import MONTH, Monitored
from domain.text import gettext as _
from domain.verification.recipient_rows import RecipientCheck, RecipientDoubt, RecipientPass
from domain.work import Actor, Work
from domain.workdays import Derivation, add_months, month_end

ISSUED, SUBMITTED, CLOSED = "ISSUED", "SUBMITTED", "CLOSED"
ISSUE = "monitoring.issue"


class MonitoringList(Base):
    """One list (DOC-25): ISSUED to the department, SUBMITTED to the city, CLOSED by it.

    data_type: category. rows: of the list; spared: records the whitelist let pass since the list before, each once,
    however often they were delivered (NM-13). due: the derivation of its term (NM-11).
    """

    __tablename__ = "monitoring_list"
    __table_args__ = (
        UniqueConstraint("data_type", "period_start", "unit_id"),
        Index("ix_monitoring_list_unit_id", "unit_id", "state", "due_at"),
        CheckConstraint("state IN ('ISSUED','SUBMITTED','CLOSED')", name="state"),
        CheckConstraint("period_end >= period_start", name="period"),
        CheckConstraint("state = 'ISSUED' OR submitted_by IS NOT NULL", name="reported"),
        CheckConstraint(
            "state <> 'CLOSED' OR (checked_by IS NOT NULL AND checked_by <> submitted_by)", name="second_person"
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    data_type: Mapped[Code]
    period_start: Mapped[date]
    period_end: Mapped[date]
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(12), default=ISSUED)
    rows: Mapped[int] = mapped_column(default=0)
    spared: Mapped[int] = mapped_column(default=0)
    issued_at: Mapped[datetime]
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    submitted_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    submitted_at: Mapped[datetime | None]
    checked_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    checked_at: Mapped[datetime | None]
    note: Mapped[Sealed | None]


class MonitoringItem(Base):
    """A row of a list; a doubt stands on one list only."""

    __tablename__ = "monitoring_item"
    __table_args__ = (UniqueConstraint("doubt_id"), UniqueConstraint("list_id", "doubt_id"))

    id: Mapped[Key]
    list_id: Mapped[int] = mapped_column(BigKey, ForeignKey("monitoring_list.id"))
    doubt_id: Mapped[int] = mapped_column(BigKey, ForeignKey("recipient_doubt.id"))


@dataclass(frozen=True, slots=True)
class Opening:
    """A list that falls due: its data type, the period it speaks of, and the day it is issued."""

    category: str
    first: date
    last: date
    on: date


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list as pages show it; open: rows without a record; overdue: not reported in time."""

    ref: str
    data_type: str
    period: str
    unit: str
    unit_en: str
    state: str
    rows: int
    open: int
    spared: int
    issued_at: datetime
    due_at: datetime | None
    overdue: bool


def openings(calendar: Sequence[Monitored], since: date, until: date) -> Iterator[Opening]:
    """Which lists are issued on the days from `since` to `until`, both included, in the calendar's order (NM-10).

    A monthly list is issued in the month that follows, a quarterly one in the month that follows the quarter.
    """
    for one in calendar:
        months = 1 if one.every == MONTH else 3
        first = date(since.year - 1, 1, 1)
        while True:
            following = add_months(first, months)
            on = following.replace(day=one.day)
            if on > until:
                break
            if on >= since:
                yield Opening(one.category, first, month_end(add_months(first, months - 1)), on)
            first = following


def issue(work: Work, unit_id: int, category: str, first: date, last: date) -> MonitoringList | None:
    """Issue a list, once; None when it was issued before. An empty one is issued and says so.

    One INSERT … SELECT of the open doubts that stand on no list; uses ix_recipient_doubt_unit_id.
    """
    term = rules.current(work).policies.resolve(MONITORING_TERM.name, rules.jurisdictions(work, unit_id), work.today)
    calendar = rules.current(work).calendar
    made = Derivation(office_day(work.now), term.value, calendar.version, term.source_clause)
    ref = new_ref()
    fresh = insert_once(
        work.session, MonitoringList, ["data_type", "period_start", "unit_id"],
        ref=ref, data_type=category, period_start=first, period_end=last, unit_id=unit_id, state=ISSUED, rows=0,
        spared=0, issued_at=work.now, due={**made.to_json(), "key": term.key}, due_at=made.due(calendar),
    )  # fmt: skip
    if not fresh:
        return None
    found = work.session.scalars(select(MonitoringList).where(MonitoringList.ref == ref)).one()
    waiting = (
        select(RecipientDoubt.id)
        .outerjoin(MonitoringItem, MonitoringItem.doubt_id == RecipientDoubt.id)
        .where(RecipientDoubt.unit_id == unit_id, RecipientDoubt.finding.is_(None), MonitoringItem.id.is_(None))
        .where(RecipientDoubt.category == category)
        .order_by(RecipientDoubt.id)
    )
    work.session.add_all(
        MonitoringItem(list_id=found.id, doubt_id=doubt) for doubt in work.session.scalars(waiting).all()
    )
    work.session.flush()
    found.rows = work.session.scalar(select(func.count()).where(MonitoringItem.list_id == found.id)) or 0
    found.spared = _spared(work, found)
    body = {"data_type": category, "first": first.isoformat(), "rows": found.rows, "spared": found.spared}
    journal.record(work, "monitoring.issued", found.ref, body)
    return found


def _spared(work: Work, made: MonitoringList) -> int:
    # by ix_recipient_check_unit_id, then the unique key of recipient_pass, which begins with the check
    before = select(func.max(MonitoringList.issued_at)).where(
        MonitoringList.data_type == made.data_type, MonitoringList.unit_id == made.unit_id,
        MonitoringList.id != made.id, MonitoringList.issued_at <= made.issued_at,
    )  # fmt: skip
    since = work.session.scalar(before)
    records = (
        select(RecipientPass.person_id, RecipientPass.code, RecipientPass.fingerprint)
        .join(RecipientCheck, RecipientCheck.id == RecipientPass.check_id)
        .where(RecipientCheck.unit_id == made.unit_id, RecipientPass.category == made.data_type)
        .distinct()
    )
    if since is not None:
        records = records.where(RecipientPass.passed_at > since)
    return work.session.scalar(select(func.count()).select_from(records.subquery())) or 0


def submit(work: Work, ref: str) -> MonitoringList:
    """Report a list to the city: every row has its own record (NM-11).

    Raises NotFound, NotPermitted; Conflict: reported before, or so many rows have no record yet.
    """
    found = visible(work, ref)
    permissions.must(work.actor, "monitoring.submit", _relation(work, found))
    work.session.refresh(found, with_for_update=True)
    if found.state != ISSUED:
        raise Conflict(_("This list was reported already."), clause="NM-11")
    left = open_rows(work, found)
    if left:
        raise Conflict(
            _("%(count)s rows of this list have no record of their verification yet.", count=left), clause="NM-11"
        )
    found.state, found.submitted_by, found.submitted_at = SUBMITTED, work.actor.user_id, work.now
    work.session.flush()
    journal.record(work, "monitoring.submitted", found.ref, {"rows": found.rows})
    return found


def close(work: Work, ref: str, note: str) -> MonitoringList:
    """The city looked the report over: another person than who reported it, of the city's agency.

    Raises NotFound, NotPermitted; Conflict: not reported, or closed before.
    """
    found = visible(work, ref)
    permissions.must(work.actor, "monitoring.check", _relation(work, found))
    work.session.refresh(found, with_for_update=True)
    if found.state != SUBMITTED:
        raise Conflict(_("This list does not wait for the city's check."), clause="NM-11")
    if found.submitted_by == work.actor.user_id:
        raise NotPermitted(_("Who reported a list does not check it."))
    found.state, found.checked_by, found.checked_at = CLOSED, work.actor.user_id, work.now
    found.note = work.home.vault.seal("monitoring_list.note", found.ref, note.strip()) if note.strip() else None
    work.session.flush()
    journal.record(work, "monitoring.closed", found.ref, {"rows": found.rows})
    return found


def scope(work: Work) -> ColumnElement[bool]:
    """The filter every list goes through: a department sees its own, the city's agency those of the city's units."""
    actor = work.actor
    if actor.org_id is None:
        return false()
    if actor.org_kind == "department" and permissions.may(actor, "monitoring.read", DEPARTMENT):
        return MonitoringList.unit_id == actor.org_id
    if _of_the_city(work, actor) and permissions.may(actor, "monitoring.read", AGENCY):
        return MonitoringList.unit_id.in_(_units_of(work, actor))
    return false()


def visible(work: Work, ref: str) -> MonitoringList:
    """The list with this reference, where the actor may see it. Raises NotFound."""
    found = work.session.scalars(select(MonitoringList).where(MonitoringList.ref == ref, scope(work))).first()
    if found is None:
        raise NotFound(_("There is no such list."))
    return found


def listed(work: Work, most: int = 200) -> list[ListRow]:
    """The lists of the actor's scope, the newest first. Uses ix_monitoring_list_unit_id."""
    waiting = (
        select(func.count())
        .select_from(MonitoringItem)
        .join(RecipientDoubt, RecipientDoubt.id == MonitoringItem.doubt_id)
        .where(MonitoringItem.list_id == MonitoringList.id, RecipientDoubt.finding.is_(None))
        .scalar_subquery()
    )
    rows = work.session.execute(
        select(MonitoringList, Organisation, waiting)
        .join(Organisation, Organisation.id == MonitoringList.unit_id)
        .where(scope(work))
        .order_by(MonitoringList.issued_at.desc(), MonitoringList.id.desc())
        .limit(most)
    )
    return [_shown(work, found, unit, left) for found, unit, left in rows]


def row_of(work: Work, found: MonitoringList) -> ListRow:
    """One list as pages show it."""
    unit = work.session.get_one(Organisation, found.unit_id)
    return _shown(work, found, unit, open_rows(work, found))


def doubts_of(work: Work, found: MonitoringList) -> Sequence[RecipientDoubt]:
    """The rows of a list in their order. Uses uq_monitoring_item_list_id_doubt_id."""
    return work.session.scalars(
        select(RecipientDoubt)
        .join(MonitoringItem, MonitoringItem.doubt_id == RecipientDoubt.id)
        .where(MonitoringItem.list_id == found.id)
        .order_by(RecipientDoubt.id)
    ).all()


def open_rows(work: Work, found: MonitoringList) -> int:
    """How many rows of a list have no record of their verification yet."""
    return (
        work.session.scalar(
            select(func.count())
            .select_from(MonitoringItem)
            .join(RecipientDoubt, RecipientDoubt.id == MonitoringItem.doubt_id)
            .where(MonitoringItem.list_id == found.id, RecipientDoubt.finding.is_(None))
        )
        or 0
    )


def _shown(work: Work, found: MonitoringList, unit: Organisation, left: int) -> ListRow:
    months = (found.period_end.year - found.period_start.year) * 12 + found.period_end.month - found.period_start.month
    period = f"{found.period_start:%Y-%m}" if not months else f"{found.period_start:%Y-%m} – {found.period_end:%m}"
    overdue = found.state == ISSUED and found.due_at is not None and found.due_at < work.now
    return ListRow(
        found.ref, found.data_type, period, unit.name, unit.name_en, found.state, found.rows, left, found.spared,
        found.issued_at, found.due_at, overdue,
    )  # fmt: skip


def _relation(work: Work, found: MonitoringList) -> str:
    if work.actor.org_id == found.unit_id:
        return DEPARTMENT
    return AGENCY if _of_the_city(work, work.actor) else permissions.NONE


def _of_the_city(work: Work, actor: Actor) -> bool:
    office = work.session.get(Organisation, actor.org_id) if actor.org_id is not None else None
    return office is not None and office.kind == "agency" and office.level == "city"


def _units_of(work: Work, actor: Actor) -> list[int]:
    """The departments in whose chain of jurisdictions the agency's own stands."""
    office = work.session.get_one(Organisation, actor.org_id)
    units = organisations.of_kind(work, "department")
    return [unit.id for unit in units if office.jurisdiction in organisations.jurisdiction_chain(work, unit.id)]
