"""Who is too near to a household to work on its case: the person themselves and the relatives they declared (回避).

Only blind indexes are compared; whose relative it is, is shown to the person alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain import identity, journal
from domain.base import Base, BigKey, Key, Ref, Sealed, insert_once, new_ref
from domain.errors import InvalidAnswers, NotFound
from domain.parties.accounts import Account, look_again
from domain.parties.households import Guardian, Person
from domain.parties.organisations import Organisation
from domain.parties.permissions import must
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work

SELF = "SELF"
RELATIONS: dict[str, Text] = {
    "SPOUSE": _("spouse"), "PARENT": _("parent"), "CHILD": _("child"), "SIBLING": _("brother or sister"),
    "IN_LAW": _("relative by marriage"), "OTHER": _("other near relation"),
}  # fmt: skip
LONGEST_NAME, LONGEST_REASON = 64, 500


class AccountKin(Base):
    """A person near to a member of staff, found again in households by blind index. relation SELF: the person."""

    __tablename__ = "account_kin"
    __table_args__ = (
        UniqueConstraint("account_id", "person_blind"),
        Index("ix_account_kin_person_blind", "person_blind"),
        CheckConstraint("relation IN ('SELF','SPOUSE','PARENT','CHILD','SIBLING','IN_LAW','OTHER')", name="relation"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    relation: Mapped[str] = mapped_column(String(8))
    name: Mapped[Sealed]
    idno: Mapped[Sealed]
    person_blind: Mapped[bytes] = mapped_column(LargeBinary)
    guardian_blind: Mapped[bytes] = mapped_column(LargeBinary)
    declared_at: Mapped[datetime]
    # taken back: kept, because it bound until then
    withdrawn_at: Mapped[datetime | None]
    withdrawal: Mapped[Sealed | None]


@dataclass(frozen=True, slots=True)
class Near:
    """A declared relative, as its own page shows it: the number masked."""

    ref: str
    relation: str
    name: str
    idno: str
    declared_at: datetime


def know_oneself(work: Work, account: Account, number: str) -> None:
    """Keep the person's own number comparable with those of households; safe to repeat."""
    _keep(work, account, SELF, account.name, number)


def declare(work: Work, *, relation: str, name: str, idno: str) -> None:
    """Declare a near relative of oneself. Raises InvalidAnswers naming each field, NotPermitted for no person."""
    account = work.session.get_one(Account, work.actor.person())
    faults: dict[str, object] = {}
    if relation not in RELATIONS:
        faults["relation"] = _("Choose how you are related.")
    if not name.strip() or len(name) > LONGEST_NAME:
        faults["name"] = _("Enter the real name.")
    try:
        demonstration = work.home.row(work.session).kind == "demo"
        number = identity.check(idno, on=work.today, demonstration=demonstration).number
    except identity.InvalidIdentityNumber as refusal:
        faults["idno"] = refusal.args[0]
    if faults:
        raise InvalidAnswers(faults)
    if _keep(work, account, relation, name.strip(), number):
        # what they hold of that household goes to a colleague
        look_again(work, account)
        journal.record(work, "account.kin_declared", account.ref, {"relation": relation},
                       stream=("account", account.ref))  # fmt: skip


def withdraw(work: Work, ref: str, reason: str) -> None:
    """Take back a declaration of one's own; it bound until now and is kept. Raises NotFound, InvalidAnswers."""
    row = work.session.scalars(
        select(AccountKin).where(
            AccountKin.ref == ref, AccountKin.account_id == work.actor.person(), AccountKin.relation != SELF,
            AccountKin.withdrawn_at.is_(None),
        )
    ).first()  # fmt: skip
    if row is None:
        raise NotFound(_("There is no such declaration of yours."))
    why = reason.replace("\x00", "").strip()
    if not why or len(why) > LONGEST_REASON:
        raise InvalidAnswers({"reason": _("Say why, in at most %(most)s characters.", most=LONGEST_REASON)})
    row.withdrawn_at = work.now
    row.withdrawal = work.home.vault.seal("account_kin.withdrawal", row.ref, why)
    work.session.flush()
    journal.record(work, "account.kin_withdrawn", work.actor.ref, {"relation": row.relation},
                   stream=("account", work.actor.ref))  # fmt: skip


def declared(work: Work) -> Sequence[Near]:
    """What the actor declared, oldest first."""
    rows = work.session.scalars(
        select(AccountKin)
        .where(AccountKin.account_id == work.actor.person(), AccountKin.relation != SELF,
               AccountKin.withdrawn_at.is_(None))
        .order_by(AccountKin.id)
    )  # fmt: skip
    vault = work.home.vault
    return [
        Near(
            one.ref, one.relation, vault.open("account_kin.name", one.ref, one.name),
            identity.mask(vault.open("account_kin.idno", one.ref, one.idno)), one.declared_at,
        )
        for one in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declarations:
    """That somebody declared relatives, and how many; not whom (for oversight)."""

    account: str
    name: str
    office: str
    office_en: str
    count: int
    newest: datetime
    withdrawn: int


def overview(work: Work) -> Sequence[Declarations]:
    """Who declared how many relatives, newest first. Raises NotPermitted."""
    must(work.actor, "kin.overview")
    standing = func.count().filter(AccountKin.withdrawn_at.is_(None))
    newest = func.max(AccountKin.declared_at)
    rows = work.session.execute(
        select(Account.ref, Account.name, Organisation.name, Organisation.name_en, standing, newest, func.count())
        .join(Account, Account.id == AccountKin.account_id)
        .join(Organisation, Organisation.id == Account.org_id)
        .where(AccountKin.relation != SELF)
        .group_by(Account.ref, Account.name, Organisation.name, Organisation.name_en)
        .order_by(newest.desc(), Account.ref)
        .limit(500)
    )
    return [
        Declarations(ref, name, office, office_en, count, at, total - count)
        for ref, name, office, office_en, count, at, total in rows
    ]


def near(account: Any, household: Any) -> ColumnElement[bool]:
    """Whether an account is, or is near to, somebody of a household; keys or columns of keys.

    Members, supporters and guardians count. Uses ix_person_household_id, uq_account_kin_account_id_person_blind.
    """
    theirs = and_(AccountKin.account_id == account, AccountKin.withdrawn_at.is_(None))
    member = exists().where(theirs, Person.household_id == household, Person.idno_blind == AccountKin.person_blind)
    guardian = exists().where(
        theirs, Person.household_id == household, Guardian.ward_id == Person.id,
        Guardian.idno_blind == AccountKin.guardian_blind,
    )  # fmt: skip
    return or_(member, guardian)


def _keep(work: Work, account: Account, relation: str, name: str, number: str) -> bool:
    """False when the same person is declared already; one that was taken back is declared anew."""
    vault, ref = work.home.vault, new_ref()
    blind = vault.blind("person.idno", number)
    before = work.session.scalars(
        select(AccountKin).where(AccountKin.account_id == account.id, AccountKin.person_blind == blind)
    ).first()
    if before is not None and before.withdrawn_at is not None:
        before.relation, before.name = relation, vault.seal("account_kin.name", before.ref, name)
        before.declared_at, before.withdrawn_at, before.withdrawal = work.now, None, None
        work.session.flush()
        return True
    return insert_once(
        work.session,
        AccountKin,
        ["account_id", "person_blind"],
        ref=ref,
        account_id=account.id,
        relation=relation,
        name=vault.seal("account_kin.name", ref, name),
        idno=vault.seal("account_kin.idno", ref, number),
        person_blind=blind,
        guardian_blind=vault.blind("guardian.idno", number),
        declared_at=work.now,
    )
