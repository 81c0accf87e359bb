"""Authorisations (DOC-01): a person's legal consent to be queried. First authorise, then commission (BX-11).

One statement says which of them hold: for a person, a household and a roll of 100,000 families. An authorisation
holds on a day when it was signed by then, is wide enough (BX-15), was not withdrawn, its term has not run out, no
decision that stands has ended it, and the household has the members it had (DOC-01).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    column,
    exists,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Key, Ref, Sealed
from domain.cases import DONE, Case
from domain.clock import office_instant
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import households
from domain.parties.households import MEMBER, Household, Person
from domain.policy_keys.commissions import AUTH_REQUIRED_SCOPE
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work

SCOPES = ("NATIONWIDE", "PROVINCE", "CITY", "COUNTY")
UNTIL_RULES = ("ON_DECISION_NEGATIVE", "WHILE_RECEIVING", "FIXED_TERM")
SELF, GUARDIAN = "SELF", "GUARDIAN"
WIDEST = SCOPES[0]

# Read by column only: assistance rests on verification, so that verification cannot import it.
_DETERMINATION = table("determination", column("case_id"), column("ordinal"), column("outcome"))
_RECIPIENT = table("recipient", column("household_id"), column("state"), column("until"))
ENDING = ("REJECT", "STOP", "REFUSE_INTAKE")

NEVER, LATER, WITHDRAWN, EXPIRED, NARROW, ENDED, CHANGED = (
    "NEVER",
    "LATER",
    "WITHDRAWN",
    "EXPIRED",
    "AUTH_SCOPE",
    "ENDED",
    "CHANGED",
)
WHY: dict[str, Text] = {
    NEVER: _("no authorisation was collected"),
    LATER: _("the authorisation is dated after the commission"),
    WITHDRAWN: _("the authorisation was withdrawn"),
    EXPIRED: _("the authorisation has run out"),
    NARROW: _("the authorisation does not cover the area the rules demand"),
    ENDED: _("the authorisation ended with an earlier decision"),
    CHANGED: _("the members of the household changed after the signature"),
}


class Authorisation(Base):
    """One signed authorisation of one person, with its scan.

    signer SELF or GUARDIAN; a guardian must be the registered one of this very person (composite key).
    withdrawn_on ends it; valid_until is set for FIXED_TERM only.
    """

    __tablename__ = "authorisation"
    __table_args__ = (
        UniqueConstraint("id", "person_id", "signed_on"),
        Index("ix_authorisation_person_id", "person_id", "signed_on"),
        ForeignKeyConstraint(["guardian_id", "person_id"], ["guardian.id", "guardian.ward_id"]),
        CheckConstraint("signer IN ('SELF','GUARDIAN')", name="signer"),
        CheckConstraint("(signer = 'GUARDIAN') = (guardian_id IS NOT NULL)", name="guardian_named"),
        CheckConstraint("scope IN ('NATIONWIDE','PROVINCE','CITY','COUNTY')", name="scope"),
        CheckConstraint("until_rule IN ('ON_DECISION_NEGATIVE','WHILE_RECEIVING','FIXED_TERM')", name="until_rule"),
        CheckConstraint("(until_rule = 'FIXED_TERM') = (valid_until IS NOT NULL)", name="fixed_term"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"))
    signed_on: Mapped[date]
    signer: Mapped[str] = mapped_column(String(8))
    guardian_id: Mapped[int | None] = mapped_column(BigKey)
    scope: Mapped[str] = mapped_column(String(12))
    until_rule: Mapped[str] = mapped_column(String(24))
    valid_until: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    withdrawal_reason: Mapped[Sealed | None]
    scan_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    collected_at: Mapped[datetime]
    collected_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))


@dataclass(frozen=True, slots=True)
class Held:
    """A member and the authorisation that holds for them, or why none does (`why`: a key of WHY, "" when one does)."""

    person: Person
    authorisation: Authorisation | None
    why: str

    @property
    def sentence(self) -> Text | None:
        """Why there is none, for a person to read."""
        return WHY.get(self.why)


@dataclass(frozen=True, slots=True)
class _Checks:
    """Each reason an authorisation may not hold, as a condition that is true when it does not stand in the way."""

    conditions: dict[str, ColumnElement[bool]]

    def all(self) -> ColumnElement[bool]:
        return and_(*self.conditions.values())


def by_ref(work: Work, ref: str) -> Authorisation:
    """The authorisation with this reference. Raises NotFound."""
    found = work.session.scalars(select(Authorisation).where(Authorisation.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such authorisation."))
    return found


def of_person(work: Work, person: Person) -> Sequence[Authorisation]:
    """Everything this person ever signed, newest first. Uses ix_authorisation_person_id."""
    return work.session.scalars(
        select(Authorisation)
        .where(Authorisation.person_id == person.id)
        .order_by(Authorisation.signed_on.desc(), Authorisation.id.desc())
    ).all()


def holding(on: date, *, signed_by: date | None = None, scope: str = WIDEST) -> Select[int, int, date]:
    """Person, authorisation and day of signature of every person with one that holds on `on`; the newest of each.

    signed_by: the latest day of signature, e.g. the commission's (None: `on`). scope: the least one.
    Narrow it with `where` on `Person`; uses ix_authorisation_person_id.
    """
    rank = func.row_number().over(
        partition_by=Authorisation.person_id, order_by=(Authorisation.signed_on.desc(), Authorisation.id.desc())
    )
    inner = (
        select(Authorisation.person_id, Authorisation.id, Authorisation.signed_on, rank.label("rank"))
        .join(Person, Person.id == Authorisation.person_id)
        .where(_checks(on, signed_by or on, scope).all())
        .subquery()
    )
    return (
        select(inner.c.person_id, inner.c.id, inner.c.signed_on)
        .join(Person, Person.id == inner.c.person_id)
        .where(inner.c.rank == 1)
    )


def in_force(
    work: Work, person: Person, on: date, *, signed_by: date | None = None, scope: str = WIDEST
) -> Authorisation | None:
    """The authorisation that holds for a person on a day, the newest one, or None."""
    return work.session.scalars(
        select(Authorisation)
        .join(Person, Person.id == Authorisation.person_id)
        .where(Authorisation.person_id == person.id, _checks(on, signed_by or on, scope).all())
        .order_by(Authorisation.signed_on.desc(), Authorisation.id.desc())
        .limit(1)
    ).first()


def inventory(
    work: Work, household: Household, on: date, *, signed_by: date | None = None, scope: str = WIDEST
) -> list[Held]:
    """Every member with the authorisation that holds, or why there is none; the applicant first (NM-07)."""
    return [
        held(work, person, on, signed_by=signed_by, scope=scope) for person in households.members(work, household, on)
    ]


def missing(work: Work, of: Collection[int] | Select[int], on: date, *, scope: str = WIDEST) -> dict[int, int]:
    """By household, of those with these keys, how many members are without an authorisation that holds on `on`, as
    `inventory` says it; those that miss none are left out. One SELECT however many.

    of: keys of households, or the query of them.
    """
    signed = (
        select(Authorisation.person_id)
        .join(Person, Person.id == Authorisation.person_id)
        .where(Person.household_id.in_(of), _checks(on, on, scope).all())
        .correlate(None)
    )
    rows = work.session.execute(
        select(Person.household_id, func.count())
        .where(Person.household_id.in_(of), Person.kind == MEMBER, households.still_there(on))
        .where(Person.id.not_in(signed))
        .group_by(Person.household_id)
    )
    return {household: count for household, count in rows}  # noqa: C416  dict() takes a Result for a mapping


def who_hold(
    work: Work, of: Collection[int], on: date, *, signed_by: date | None = None, scope: str = WIDEST
) -> set[int]:
    """Keys of the people of these households for whom an authorisation holds on `on`. One SELECT however many.

    Uses ix_person_household_id and ix_authorisation_person_id.
    """
    wanted = (
        select(Authorisation.person_id)
        .join(Person, Person.id == Authorisation.person_id)
        .where(Person.household_id.in_(of), _checks(on, signed_by or on, scope).all())
    )
    return set(work.session.scalars(wanted))


def held(work: Work, person: Person, on: date, *, signed_by: date | None = None, scope: str = WIDEST) -> Held:
    """One line of the inventory."""
    found = in_force(work, person, on, signed_by=signed_by, scope=scope)
    return Held(person, found, "" if found is not None else _why(work, person, on, signed_by or on, scope))


def withdraw(work: Work, authorisation: Authorisation, *, on: date, reason: str) -> None:
    """The person takes the consent back; from `on` nothing more is queried on it.

    Raises InvalidAnswers (on, reason); Conflict when it was withdrawn before.
    """
    if authorisation.withdrawn_on is not None:
        raise Conflict(_("This authorisation was withdrawn already."), clause="BX-11")
    faults: dict[str, object] = {}
    if not authorisation.signed_on <= on <= work.today:
        faults["on"] = _("The day lies between the signature and today.")
    if not reason.strip():
        faults["reason"] = _("Say why the authorisation is withdrawn.")
    if faults:
        raise InvalidAnswers(faults)
    authorisation.withdrawn_on = on
    authorisation.withdrawal_reason = work.home.vault.seal(
        "authorisation.withdrawal_reason", authorisation.ref, reason.strip()
    )
    work.session.flush()
    person = work.session.get_one(Person, authorisation.person_id)
    journal.record(work, "authorisation.withdrawn", authorisation.ref, {"person": person.ref})


def required_scope(work: Work, case: Case) -> str:
    """The least area an authorisation must cover under the rules of a case (BX-15)."""
    return rules.of_case(work, case).value(AUTH_REQUIRED_SCOPE)


def wide_enough(scope: str) -> tuple[str, ...]:
    """Every scope that covers at least `scope`."""
    return SCOPES[: SCOPES.index(scope) + 1]


def _why(work: Work, person: Person, on: date, signed_by: date, scope: str) -> str:
    """The first reason the newest authorisation does not hold."""
    signed = of_person(work, person)
    if not signed:
        return NEVER
    for why, condition in _checks(on, signed_by, scope).conditions.items():
        fits = (
            select(Authorisation.id)
            .join(Person, Person.id == Authorisation.person_id)
            .where(Authorisation.id == signed[0].id, condition)
        )
        if work.session.scalar(fits) is None:
            return why
    return LATER  # an older one would hold but for its date


def _checks(on: date, signed_by: date, scope: str) -> _Checks:
    row = Authorisation
    return _Checks(
        {
            LATER: row.signed_on <= signed_by,
            WITHDRAWN: or_(row.withdrawn_on.is_(None), row.withdrawn_on > on),
            EXPIRED: or_(row.valid_until.is_(None), row.valid_until >= on),
            NARROW: row.scope.in_(wide_enough(scope)),
            ENDED: and_(~_decided_against(on), ~_stopped(on)),
            CHANGED: ~_members_changed(on),
        }
    )


def _members_changed(on: date) -> ColumnElement[bool]:
    other = aliased(Person)
    return exists().where(
        other.household_id == Person.household_id,
        other.id != Person.id,
        other.kind == MEMBER,
        or_(
            and_(other.left_on > Authorisation.signed_on, other.left_on <= on),
            and_(other.joined_on > Authorisation.signed_on, other.joined_on <= on),
        ),
    )


def _decided_against(on: date) -> ColumnElement[bool]:
    """A closed case of the household, this authorisation's own or one opened after it, whose last decision was
    negative. An open case ends nothing: its re-check still rests on the authorisation."""
    decided, newer = _DETERMINATION.alias(), _DETERMINATION.alias()
    last = select(func.max(newer.c.ordinal)).where(newer.c.case_id == Case.id).scalar_subquery()
    return exists().where(
        Authorisation.until_rule != "FIXED_TERM",
        Case.household_id == Person.household_id,
        Case.state == DONE,
        Case.closed_at < office_instant(on + timedelta(days=1)),
        or_(
            Case.id == Authorisation.case_id,
            # by key too: on a stopped clock both may bear one instant
            and_(Case.id > func.coalesce(Authorisation.case_id, 0), Case.opened_at >= Authorisation.collected_at),
        ),
        decided.c.case_id == Case.id,
        decided.c.ordinal == last,
        decided.c.outcome.in_(ENDING),
    )


def _stopped(on: date) -> ColumnElement[bool]:
    """WHILE_RECEIVING ends when the last assistance that was received has stopped."""
    gone, left = _RECIPIENT.alias(), _RECIPIENT.alias()
    return and_(
        Authorisation.until_rule == "WHILE_RECEIVING",
        exists().where(
            gone.c.household_id == Person.household_id,
            gone.c.state == "STOPPED",
            gone.c.until >= Authorisation.signed_on,
            gone.c.until <= on,
        ),
        ~exists().where(left.c.household_id == Person.household_id, left.c.state != "STOPPED"),
    )
