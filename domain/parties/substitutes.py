"""Substitutes (代理): who does somebody's work while they are away, from one day to another, in which processes.

A substitution gives no right that the absent person does not hold that day, and none to a third: it is not passed on.
What a substitute does counts as done by both, so that separation of duties is judged of both (model 2.1, NM-22).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased, mapped_column

from domain import journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.accounts import Account, look_again, roles_in_force
from domain.parties.organisations import Organisation
from domain.parties.roles import ROLES, clash
from domain.text import Name
from domain.text import gettext as _
from domain.work import Work

LONGEST_REASON = 500
LONGEST = timedelta(days=366)


class Substitution(Base):
    """One person does another's work from the first to the last day, both included.

    processes, roles: only these; empty for all the absent person has. ended_at: ended before its last day.
    """

    __tablename__ = "substitution"
    __table_args__ = (
        Index("ix_substitution_substitute_id", "substitute_id", "last_day"),
        Index("ix_substitution_absent_id", "absent_id", "last_day"),
        CheckConstraint("absent_id <> substitute_id", name="two_people"),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    absent_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    substitute_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    processes: Mapped[list[str]]
    roles: Mapped[list[str]]
    reason: Mapped[Sealed]
    made_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. processes, roles: empty for all."""

    absent: str
    substitute: str
    first_day: date
    last_day: date
    reason: str
    processes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A substitution as lists show it. office: that of the two; running: it gives rights today; may_end: the actor may
    end it."""

    ref: str
    absent: str
    substitute: str
    office: Name
    first_day: date
    last_day: date
    processes: Sequence[str]
    roles: Sequence[str]
    reason: str
    made_by: str
    ended_at: datetime | None
    running: bool
    may_end: bool


def in_force(on: date | ColumnElement[date]) -> ColumnElement[bool]:
    """The filter of those that give rights on a day. Uses ix_substitution_substitute_id."""
    return (Substitution.first_day <= on) & (Substitution.last_day >= on) & Substitution.ended_at.is_(None)


def make(work: Work, wanted: Wanted) -> Substitution:
    """Name a substitute: for oneself, or, as the head, for somebody of the office or of a town below it.

    Raises NotFound, NotPermitted, InvalidAnswers naming each field, Conflict when the same days are taken.
    """
    absent = _colleague(work, wanted.absent)
    permissions.must(work.actor, "substitution.make", relation_to(work, absent))
    faults = _faults(work, absent, wanted)
    if faults:
        raise InvalidAnswers(faults)
    substitute = work.session.scalars(select(Account).where(Account.ref == wanted.substitute)).one()
    _must_be_free(work, absent, substitute, wanted)
    row = Substitution(
        ref=new_ref(), absent_id=absent.id, substitute_id=substitute.id, org_id=absent.org_id,
        first_day=wanted.first_day, last_day=wanted.last_day, processes=sorted(wanted.processes),
        roles=sorted(wanted.roles), reason=b"", made_by=work.actor.person(), made_at=work.now,
    )  # fmt: skip
    row.reason = work.home.vault.seal("substitution.reason", row.ref, wanted.reason.strip())
    work.session.add(row)
    work.session.flush()
    look_again(work, substitute, wanted.last_day)
    body = {
        "by": substitute.ref, "from": wanted.first_day.isoformat(), "until": wanted.last_day.isoformat(),
        "processes": row.processes, "roles": row.roles,
    }  # fmt: skip
    journal.record(work, "substitution.made", row.ref, body, stream=("account", absent.ref))
    return row


def end(work: Work, ref: str) -> None:
    """End one before its last day, at once. Raises NotFound, NotPermitted, Conflict when it has ended."""
    row = work.session.scalars(
        select(Substitution).where(Substitution.ref == ref, within(work, Substitution.org_id)).with_for_update()
    ).first()
    if row is None:
        raise NotFound(_("There is no such substitution for you."))
    absent = work.session.get_one(Account, row.absent_id)
    permissions.must(work.actor, "substitution.end", relation_to(work, absent))
    if row.ended_at is not None or row.last_day < work.today:
        raise Conflict(_("This substitution has ended already."))
    _close(work, row, absent)


def end_for_leaving(work: Work, ref: str) -> None:
    """End one because one of the two leaves; nothing happens when it has ended. The agenda's."""
    row = work.session.scalars(select(Substitution).where(Substitution.ref == ref).with_for_update()).first()
    if row is not None and row.ended_at is None and row.last_day >= work.today:
        _close(work, row, work.session.get_one(Account, row.absent_id))


def _close(work: Work, row: Substitution, absent: Account) -> None:
    row.ended_at, row.ended_by = work.now, work.actor.user_id
    look_again(work, work.session.get_one(Account, row.substitute_id))
    journal.record(work, "substitution.ended", row.ref, {}, stream=("account", absent.ref))


def listing(work: Work, *, over: bool = False) -> Sequence[Line]:
    """Substitutions of the actor's office that run or are to come (over: those that have ended), by first day.

    The head of a department sees those of its towns too; who is no head those in which they are one of the two.
    """
    absent, substitute, maker = aliased(Account), aliased(Account), aliased(Account)
    ended = (Substitution.last_day < work.today) | Substitution.ended_at.is_not(None)
    wanted = (
        select(Substitution, absent, substitute, maker.name, Organisation)
        .join(absent, absent.id == Substitution.absent_id)
        .join(substitute, substitute.id == Substitution.substitute_id)
        .join(maker, maker.id == Substitution.made_by)
        .join(Organisation, Organisation.id == Substitution.org_id)
        .where(within(work, Substitution.org_id), ended if over else ~ended)
        .order_by(Substitution.first_day, Substitution.id)
        .limit(500)
    )
    if not permissions.may(work.actor, "substitution.make", permissions.OFFICE):
        me = work.actor.user_id
        wanted = wanted.where((Substitution.absent_id == me) | (Substitution.substitute_id == me))
    return [_line(work, *row) for row in work.session.execute(wanted)]


def within(work: Work, org_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The filter of the offices whose people the actor may be concerned with: their own, and the towns of a head."""
    mine = org_id == work.actor.org_id
    if work.actor.org_kind != "department" or not permissions.may(work.actor, "substitution.make", permissions.TOWN):
        return mine
    towns = select(Organisation.id).where(Organisation.parent_id == work.actor.org_id, Organisation.kind == "town_post")
    return mine | org_id.in_(towns)


def relation_to(work: Work, absent: Account) -> str:
    """What binds the actor to somebody found `within` their offices: oneself, one's office, one's town's people."""
    if absent.id == work.actor.user_id:
        return permissions.SELF
    return permissions.OFFICE if absent.org_id == work.actor.org_id else permissions.TOWN


def lent(roles: Collection[str], asked: Collection[str]) -> frozenset[str]:
    """Roles of the absent person that a substitute takes over: those asked for, but none that stands alone (三员)."""
    return frozenset(role for role in roles if (not asked or role in asked) and role in ROLES and not ROLES[role].alone)


def _line(
    work: Work, row: Substitution, absent: Account, substitute: Account, maker: str, office: Organisation
) -> Line:
    over = row.ended_at is not None or row.last_day < work.today
    return Line(
        row.ref, absent.name, substitute.name, Name(office.name, office.name_en),
        row.first_day, row.last_day, row.processes, row.roles,
        work.home.vault.open("substitution.reason", row.ref, row.reason), maker, row.ended_at,
        running=not over and row.first_day <= work.today,
        may_end=not over and permissions.may(work.actor, "substitution.end", relation_to(work, absent)),
    )  # fmt: skip


def _colleague(work: Work, ref: str) -> Account:
    wanted = select(Account).where(Account.ref == ref, within(work, Account.org_id))
    found = work.session.scalars(wanted).first()
    if found is None:
        raise NotFound(_("There is no such colleague in your office."))
    return found


def _faults(work: Work, absent: Account, wanted: Wanted) -> dict[str, object]:
    faults: dict[str, object] = {}
    other = work.session.scalars(
        select(Account).where(Account.ref == wanted.substitute, Account.org_id == absent.org_id)
    ).first()
    if other is None or other.state != "ACTIVE":
        faults["substitute"] = _("Choose a colleague of the same office whose account is in use.")
    elif other.id == absent.id:
        faults["substitute"] = _("Nobody stands in for themselves; choose a colleague.")
    else:
        from_both = _clashing(work, absent, other, wanted)
        if from_both is not None:
            faults["substitute"] = from_both
    if wanted.first_day > wanted.last_day:
        faults["last_day"] = _("The last day cannot lie before the first.")
    elif wanted.last_day < work.today:
        faults["last_day"] = _("The last day cannot lie before today.")
    elif wanted.last_day - wanted.first_day > LONGEST:
        faults["last_day"] = _("At most a year at a time; somebody who is away for longer hands the work over.")
    reason = wanted.reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        faults["reason"] = _("Say why, in at most %(most)s characters.", most=LONGEST_REASON)
    return faults


def _clashing(work: Work, absent: Account, other: Account, wanted: Wanted) -> object | None:
    """A sentence when the two people's roles may not meet in one person."""
    own = roles_in_force(work, other.id)
    for role in sorted(lent(roles_in_force(work, absent.id), wanted.roles)):
        held = clash(own, role)
        if held is not None:
            return _(
                "“%(role)s” and “%(other)s” must be held by different people.",
                role=ROLES[role].title,
                other=ROLES[held].title,
            )
    return None


def _must_be_free(work: Work, absent: Account, substitute: Account, wanted: Wanted) -> None:
    """The same substitute is named once for a day. Raises Conflict."""
    twice = select(Substitution.id).where(
        Substitution.absent_id == absent.id,
        Substitution.substitute_id == substitute.id,
        Substitution.ended_at.is_(None),
        Substitution.first_day <= wanted.last_day,
        Substitution.last_day >= wanted.first_day,
    )
    if work.session.scalar(twice.limit(1)) is not None:
        raise Conflict(
            _("%(who)s stands in on some of these days already. End that first, or choose other days.",
              who=substitute.name)
        )  # fmt: skip
