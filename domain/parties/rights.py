"""What a member of staff may work on today: roles, skills, towns, and whom they stand in for; asked in one SELECT."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Date,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    bindparam,
    cast,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key
from domain.parties.accounts import ACTIVE, LOCKED, Account, RoleGrant, granted
from domain.parties.substitutes import Substitution, in_force, lent
from domain.prepared import Prepared
from domain.work import StandIn, Work


class AccountSkill(Base):
    """Something a person was trained for, e.g. "vehicle-registry"; a step may ask for one (property `skill`)."""

    __tablename__ = "account_skill"
    __table_args__ = (UniqueConstraint("account_id", "skill"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    skill: Mapped[str] = mapped_column(String(48))


class AccountTown(Base):
    """A town a person looks after. Who has none looks after all of the office's."""

    __tablename__ = "account_town"
    __table_args__ = (UniqueConstraint("account_id", "town_id"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    town_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))


@dataclass(frozen=True, slots=True)
class Rights:
    """skills, towns: of the person alone; towns empty: all. stands_for: those away today whose work falls to them."""

    roles: frozenset[str]
    skills: frozenset[str] = frozenset()
    towns: frozenset[int] = frozenset()
    stands_for: tuple[StandIn, ...] = ()


def of_account(work: Work, account_id: int) -> Rights:
    """The rights of today. One SELECT; a second one only for somebody who stands in.

    Uses uq_role_grant_account_id_role, uq_account_skill_account_id_skill, uq_account_town_account_id_town_id,
    ix_substitution_substitute_id.
    """
    found: dict[str, list[tuple[str, int]]] = {"role": [], "skill": [], "town": [], "stand": []}
    work.session.flush()
    for kind, text, number in _rights().all(work.connection, {"account": account_id, "today": work.today}):
        found[kind].append((text, number))
    return Rights(
        frozenset(text for text, _n in found["role"]),
        frozenset(text for text, _n in found["skill"]),
        frozenset(number for _t, number in found["town"]),
        _stands(work, [number for _t, number in found["stand"]]) if found["stand"] else (),
    )


@cache
def _rights() -> Prepared:
    """Asked by every request, so written once: composing it costs more than sending it."""
    who, today = bindparam("account", type_=BigKey), bindparam("today", type_=Date)
    none = cast(null(), Integer)
    roles = select(literal("role"), RoleGrant.role, none).where(RoleGrant.account_id == who, granted(today))
    skills = select(literal("skill"), AccountSkill.skill, none).where(AccountSkill.account_id == who)
    towns = select(literal("town"), literal(""), AccountTown.town_id).where(AccountTown.account_id == who)
    stands = select(literal("stand"), literal(""), Substitution.id).where(
        Substitution.substitute_id == who, in_force(today)
    )
    return Prepared(select(union_all(roles, skills, towns, stands).subquery()))


def of_office(work: Work, org_id: int) -> dict[int, tuple[Account, Rights]]:
    """Everybody of an office whose account is in use, by name, with their own rights; whom they stand in for is left
    out. Two SELECTs, however many people."""
    people = work.session.scalars(
        select(Account).where(Account.org_id == org_id, Account.state == "ACTIVE").order_by(Account.name, Account.id)
    ).all()
    keys = [one.id for one in people]
    roles = select(literal("role"), RoleGrant.account_id, RoleGrant.role, cast(null(), Integer)).where(
        RoleGrant.account_id.in_(keys), granted(work.today)
    )
    skills = select(literal("skill"), AccountSkill.account_id, AccountSkill.skill, cast(null(), Integer)).where(
        AccountSkill.account_id.in_(keys)
    )
    towns = select(literal("town"), AccountTown.account_id, literal(""), AccountTown.town_id).where(
        AccountTown.account_id.in_(keys)
    )
    found: dict[int, dict[str, list[Any]]] = {key: {"role": [], "skill": [], "town": []} for key in keys}
    for kind, key, text, number in work.session.execute(union_all(roles, skills, towns)):
        found[key][kind].append(number if kind == "town" else text)
    return {one.id: (one, _own(found[one.id])) for one in people}


def _own(found: dict[str, list[Any]]) -> Rights:
    return Rights(frozenset(found["role"]), frozenset(found["skill"]), frozenset(found["town"]))


def _stands(work: Work, keys: Iterable[int]) -> tuple[StandIn, ...]:
    rows = work.session.execute(
        select(Substitution, Account, RoleGrant.role)
        .join(Account, Account.id == Substitution.absent_id)
        .join(RoleGrant, (RoleGrant.account_id == Account.id), isouter=True)
        .where(Substitution.id.in_(sorted(keys)), Account.state.in_((ACTIVE, LOCKED)), granted(work.today))
        .order_by(Substitution.id)
    )
    held: dict[int, tuple[Substitution, Account, set[str]]] = {}
    for substitution, absent, role in rows:
        held.setdefault(substitution.id, (substitution, absent, set()))[2].add(role)
    return tuple(
        StandIn(
            absent.id, absent.ref, absent.name, lent(roles, one.roles), absent.org_id, frozenset(one.processes),
            one.last_day, one.ref,
        )
        for one, absent, roles in held.values()
    )  # fmt: skip
