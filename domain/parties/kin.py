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
    exists,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain import identity, journal
from domain.base import Base, BigKey, Key, Ref, Sealed, insert_once, new_ref
from domain.errors import InvalidAnswers, NotFound
from domain.parties.accounts import Account
from domain.parties.households import Guardian, Person
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work

SELF = "SELF"
RELATIONS: dict[str, Text] = {
    "SPOUSE": _("spouse"), "PARENT": _("parent"), "CHILD": _("child"), "SIBLING": _("brother or sister"),
    "IN_LAW": _("relative by marriage"), "OTHER": _("other near relation"),
}  # fmt: skip
LONGEST_NAME = 64


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
        journal.record(work, "account.kin_declared", account.ref, {"relation": relation},
                       stream=("account", account.ref))  # fmt: skip


def withdraw(work: Work, ref: str) -> None:
    """Take back a declaration of one's own. Raises NotFound."""
    row = work.session.scalars(
        select(AccountKin).where(
            AccountKin.ref == ref, AccountKin.account_id == work.actor.person(), AccountKin.relation != SELF
        )
    ).first()
    if row is None:
        raise NotFound(_("There is no such declaration of yours."))
    work.session.delete(row)
    work.session.flush()
    journal.record(work, "account.kin_withdrawn", work.actor.ref, {"relation": row.relation},
                   stream=("account", work.actor.ref))  # fmt: skip


def declared(work: Work) -> Sequence[Near]:
    """What the actor declared, oldest first."""
    rows = work.session.scalars(
        select(AccountKin)
        .where(AccountKin.account_id == work.actor.person(), AccountKin.relation != SELF)
        .order_by(AccountKin.id)
    )
    vault = work.home.vault
    return [
        Near(
            one.ref, one.relation, vault.open("account_kin.name", one.ref, one.name),
            identity.mask(vault.open("account_kin.idno", one.ref, one.idno)), one.declared_at,
        )
        for one in rows
    ]  # fmt: skip


def near(account: Any, household: Any) -> ColumnElement[bool]:
    """Whether an account (a column of keys) is, or is near to, somebody of a household (a key or a column of keys).

    Members, supporters and guardians count. Uses ix_person_household_id, uq_account_kin_account_id_person_blind.
    """
    theirs = AccountKin.account_id == account
    member = exists().where(theirs, Person.household_id == household, Person.idno_blind == AccountKin.person_blind)
    guardian = exists().where(
        theirs, Person.household_id == household, Guardian.ward_id == Person.id,
        Guardian.idno_blind == AccountKin.guardian_blind,
    )  # fmt: skip
    return or_(member, guardian)


def _keep(work: Work, account: Account, relation: str, name: str, number: str) -> bool:
    vault, ref = work.home.vault, new_ref()
    return insert_once(
        work.session,
        AccountKin,
        ["account_id", "person_blind"],
        ref=ref,
        account_id=account.id,
        relation=relation,
        name=vault.seal("account_kin.name", ref, name),
        idno=vault.seal("account_kin.idno", ref, number),
        person_blind=vault.blind("person.idno", number),
        guardian_blind=vault.blind("guardian.idno", number),
        declared_at=work.now,
    )
