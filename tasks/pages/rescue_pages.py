"""What the pages of help before the verification show: who waits for it, and one household's whole record (LF-14)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import and_, case, select
from sqlalchemy.orm import aliased

from domain.assistance import rescues
from domain.assistance.rescue_rows import APPROVED, PAID, Rescue
from domain.cases import Case
from domain.errors import NotFound
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.households import Person
from domain.parties.permissions import case_scope
from domain.text import gettext as _
from domain.work import Work

_VERIFYING = aliased(Case, name="verifying")
_FIRST = case((Rescue.state == PAID, 0), (Rescue.state == APPROVED, 1), else_=2)


@dataclass(frozen=True, slots=True)
class RescueRow:
    """One line (name is S3). late: the verification has not begun though its day is over; begun: it has."""

    ref: str
    case: str
    number: str
    name: str = field(repr=False)
    programme: str
    state: str
    amount_fen: int
    paid_fen: int | None
    paid_on: date | None
    due_at: datetime | None
    late: bool
    begun: bool
    verification: str
    verification_number: str
    outcome: str
    back_fen: int | None


@dataclass(frozen=True, slots=True)
class RescuePage:
    """One household's record; words: S3, by name; people: the names of who acted."""

    row: RescueRow
    words: dict[str, str] = field(repr=False)
    people: dict[str, str]
    decided_at: datetime
    concluded_at: datetime | None


def listed(work: Work, most: int, after: str = "") -> list[RescueRow]:
    """Of the actor's office: paid and not yet concluded first, the earliest term first. Uses ix_rescue_org_state."""
    wanted = _wanted(work).order_by(_FIRST, Rescue.due_at, Rescue.id.desc())
    return [_row(work, *one) for one in work.session.execute(wanted.offset(int(after or 0)).limit(most))]


def page(work: Work, ref: str) -> RescuePage:
    """One record of the actor's office. Raises NotFound."""
    found = work.session.execute(_wanted(work).where(Rescue.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such record for you."))
    rescue: Rescue = found[0]
    acted = {"asked": rescue.asked_by, "decided": rescue.decided_by, "paid": rescue.paid_by, "end": rescue.concluded_by}
    names = dict(
        work.session.execute(select(Account.id, Account.name).where(Account.id.in_(set(acted.values()) - {None}))).all()
    )
    return RescuePage(
        _row(work, *found),
        rescues.words_of(work, rescue),
        {what: names[key] for what, key in acted.items() if key is not None},
        rescue.decided_at,
        rescue.concluded_at,
    )


def _wanted(work: Work):  # type: ignore[no-untyped-def]  # the columns' types would say no more than _row does
    permissions.must(work.actor, "rescue.read", permissions.DEPARTMENT)
    head = and_(Person.household_id == Case.household_id, Person.position == 0)
    return (
        select(Rescue, Case, Person, _VERIFYING)
        .join(Case, Case.id == Rescue.case_id)
        .join(Person, head, isouter=True)
        .join(_VERIFYING, _VERIFYING.id == Rescue.verification_id, isouter=True)
        .where(Rescue.org_id == work.actor.org_id, case_scope(work.actor))
    )


def _row(work: Work, rescue: Rescue, home: Case, head: Person | None, verifying: Case | None) -> RescueRow:
    begun = verifying is not None and verifying.commissioned_at is not None
    overdue = rescue.state == PAID and rescue.due_at is not None and rescue.due_at < work.now
    return RescueRow(
        ref=rescue.ref,
        case=home.ref,
        number=home.number,
        name="" if head is None else work.home.vault.open("person.name", head.ref, head.name),
        programme=home.programme,
        state=rescue.state,
        amount_fen=rescue.amount_fen,
        paid_fen=rescue.paid_fen,
        paid_on=rescue.paid_on,
        due_at=rescue.due_at,
        late=overdue and not begun,
        begun=begun,
        verification=verifying.ref if verifying is not None else "",
        verification_number=verifying.number if verifying is not None else "",
        outcome=rescue.outcome or "",
        back_fen=rescue.back_fen,
    )
