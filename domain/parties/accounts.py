"""Accounts: one natural person each, filed before it can be used (LF-27), with one live session."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain import agenda
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.clock import office_instant
from domain.parties.organisations import Organisation
from domain.work import Work

ACTIVE, LOCKED, DISABLED = "ACTIVE", "LOCKED", "DISABLED"


class Account(Base):
    """A person who signs in. `idno_blind` is unique: one account a person (LF-27).

    state: FILED_NOT (inactive until filed) -> ACTIVE -> DISABLED. LOCKED: signed out in an emergency, until somebody
    looks into it; what the person holds stays theirs.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("id", "org_kind"),
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("state IN ('FILED_NOT','ACTIVE','LOCKED','DISABLED')", name="state"),
        CheckConstraint("state NOT IN ('ACTIVE','LOCKED') OR filed_on IS NOT NULL", name="filed_first"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    login: Mapped[str] = mapped_column(String(64), unique=True)
    # staff names are internal (S2): the law wants it visible who did what
    name: Mapped[str] = mapped_column(String(64))
    idno: Mapped[Sealed]
    idno_blind: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    phone: Mapped[Sealed | None]
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12), default="FILED_NOT")
    filed_on: Mapped[date | None]
    filed_number: Mapped[str] = mapped_column(String(48), default="")
    filed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    password_changed_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=True)
    totp_secret: Mapped[Sealed | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigKey)
    locale: Mapped[str] = mapped_column(String(16), default="zh_Hans_CN")
    shortcuts: Mapped[bool] = mapped_column(default=True)
    org: Mapped[Organisation] = relationship(
        foreign_keys=[org_id], primaryjoin="Account.org_id == Organisation.id", viewonly=True
    )
    roles: Mapped[list[RoleGrant]] = relationship(foreign_keys="RoleGrant.account_id", viewonly=True)


class RoleKind(Base):
    """Which kinds of office may hold a role: seeded from `domain.parties.permissions`, so that a query role
    outside a verification agency cannot even be inserted (LF-26)."""

    __tablename__ = "role_kind"
    __table_args__ = (UniqueConstraint("role", "org_kind"),)

    id: Mapped[Key]
    role: Mapped[str] = mapped_column(String(32))
    org_kind: Mapped[str] = mapped_column(String(16))


class RoleGrant(Base):
    """A role of an account, from and until a day."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("account_id", "role"),
        ForeignKeyConstraint(["account_id", "org_kind"], ["account.id", "account.org_kind"]),
        ForeignKeyConstraint(["role", "org_kind"], ["role_kind.role", "role_kind.org_kind"]),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(32))
    granted_on: Mapped[date]
    granted_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    until: Mapped[date | None]


def granted(on: date | ColumnElement[date]) -> ColumnElement[bool]:
    """The filter of grants that hold on a day: given on or before it and not run out."""
    return (RoleGrant.granted_on <= on) & (RoleGrant.until.is_(None) | (RoleGrant.until >= on))


def roles_in_force(work: Work, account_id: int) -> frozenset[str]:
    """The roles an account holds on the legal day. Uses uq_role_grant_account_id_role."""
    wanted = select(RoleGrant.role).where(RoleGrant.account_id == account_id, granted(work.today))
    return frozenset(work.session.scalars(wanted))


RIGHTS_CHANGED = "rights.changed"


def look_again(work: Work, account: Account, after: date | None = None) -> None:
    """Let somebody's open work be looked at again by the agenda: at once, or when the day `after` is over."""
    at = work.now if after is None else office_instant(after + timedelta(days=1))
    agenda.put(work, RIGHTS_CHANGED, f"rights:{account.ref}:{new_ref()}", max(at, work.now), subject=account.ref)


class UserSession(Base):
    """A signed-in browser, in machine time. The token is stored as a hash; a new sign-in ends the old session."""

    __tablename__ = "user_session"
    __table_args__ = (Index("ix_user_session_account_id", "account_id", "ended_at"),)

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    portal: Mapped[str] = mapped_column(String(16))
    second_factor: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(32), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    agent_digest: Mapped[str] = mapped_column(String(64), default="")


class Throttle(Base):
    """A token bucket in machine time: failed sign-ins, searches by number, exports."""

    __tablename__ = "throttle"

    id: Mapped[Key]
    bucket: Mapped[str] = mapped_column(String(160), unique=True)
    window_start: Mapped[datetime]
    count: Mapped[int]


class OneTimeToken(Base):
    """A token for a first sign-in (first administrator), hashed; good once, for a time."""

    __tablename__ = "one_time_token"

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
