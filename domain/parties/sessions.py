"""Signed-in browsers: a random token in a cookie, its hash in a row, one live session an account (walls 17).

All times are machine time: a stopped clock must not keep a session alive.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from domain import journal
from domain.clock import machine_now
from domain.parties import rights
from domain.parties.accounts import Account, UserSession
from domain.parties.organisations import Organisation
from domain.parties.security import SecurityRules
from domain.prepared import Prepared, as_read, columns
from domain.work import Actor, Work

NEW_SIGN_IN, SIGNED_OUT, IDLE, TOO_OLD, PASSWORD, DISABLED, LOCKED, MOVED, RESTORED = (
    "NEW_SIGN_IN", "SIGNED_OUT", "IDLE", "TOO_OLD", "PASSWORD", "DISABLED", "LOCKED", "MOVED", "RESTORED",
)  # fmt: skip
# what a signed-in person must do before anything else
SECOND_FACTOR, SET_UP_FACTOR, NEW_PASSWORD = "second_factor", "set_up_factor", "new_password"
_SEEN_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session: who it is, and what stands between them and their work (`pending`, or "")."""

    session_id: int
    mark: str
    account_id: int
    account_ref: str
    login: str
    name: str
    org_name: str
    org_name_en: str
    portal: str
    locale: str
    shortcuts: bool
    pending: str
    seen_at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that is over: why, and when (machine time)."""

    reason: str
    at: datetime


def begin(work: Work, account: Account, portal: str, address: str, agent: str, rules: SecurityRules) -> str:
    """Open a session and end the others of the account. Returns the token for the cookie (256 bits)."""
    now = machine_now()
    end_all(work.session, account.id, NEW_SIGN_IN)
    token = secrets.token_urlsafe(32)
    work.session.add(
        UserSession(
            token_hash=token_hash(token),
            account_id=account.id,
            portal=portal,
            created_at=now,
            seen_at=now,
            expires_at=now + rules.session_absolute,
            address=address[:64],
            agent_digest=sha256(agent.encode()).hexdigest(),
        )
    )
    work.session.flush()
    return token


def live_other(session: Session, account_id: int, rules: SecurityRules) -> UserSession | None:
    """The account's session that is live now, if any: the next sign-in will end it."""
    now = machine_now()
    return session.scalars(
        select(UserSession).where(
            UserSession.account_id == account_id,
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now,
            UserSession.seen_at > now - rules.session_idle,
        )
    ).first()


# asked by every request, so past the session's own machinery
_FOUND = Prepared(
    select(*columns(UserSession), *columns(Account), *columns(Organisation))
    .join_from(UserSession, Account, Account.id == UserSession.account_id)
    .join(Organisation, Organisation.id == Account.org_id)
    .where(UserSession.token_hash == bindparam("token"))
)


def find(work: Work, token: str, rules: SecurityRules, request_id: str = "") -> SignedIn | Ended | None:
    """The session behind a cookie, with the roles in force today; why it ended; or None when unknown.

    Two SELECTs, three for somebody who stands in for others. `work` may be a reading one.
    """
    work.session.flush()
    row = _FOUND.first(work.connection, {"token": token_hash(token)})
    if row is None:
        return None
    values = iter(row)
    live, account = as_read(work.session, UserSession, values), as_read(work.session, Account, values)
    org = as_read(work.session, Organisation, values)
    over = _over(live, account, rules)
    if over is not None:
        return over
    held = rights.of_account(work, account.id)
    pending = _pending(live, account, held.roles, rules)
    actor = Actor(
        kind="staff",
        user_id=account.id,
        ref=account.ref,
        display=account.name,
        roles=frozenset() if pending else held.roles,
        org_id=org.id,
        org_kind=org.kind,
        org_level=org.level,
        request_id=request_id,
        skills=held.skills,
        towns=held.towns,
        stands_for=() if pending else held.stands_for,
    )
    return SignedIn(
        live.id, live.token_hash.hex(), account.id, account.ref, account.login, account.name, org.name, org.name_en,
        live.portal, account.locale, account.shortcuts, pending, live.seen_at, actor,
    )  # fmt: skip


def due_to_be_seen(signed_in: SignedIn) -> bool:
    """True once a minute: only then does a request write that the session is in use."""
    return (machine_now() - signed_in.seen_at).total_seconds() >= _SEEN_EVERY


def seen(work: Work, session_id: int) -> None:
    """Note that a session is in use."""
    work.session.execute(update(UserSession).where(UserSession.id == session_id).values(seen_at=machine_now()))


def factor_passed(work: Work, session_id: int) -> None:
    """The second factor was shown in this session."""
    work.session.execute(update(UserSession).where(UserSession.id == session_id).values(second_factor=True))


def end(work: Work, session_id: int, account_ref: str, reason: str = SIGNED_OUT) -> None:
    """End one session."""
    work.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.ended_at.is_(None))
        .values(ended_at=machine_now(), end_reason=reason)
    )
    journal.record(work, "session.ended", account_ref, {"reason": reason}, stream=("account", account_ref))


def end_all(session: Session, account_id: int, reason: str, *, but: int | None = None) -> None:
    """End the live sessions of an account, except `but`. Uses ix_user_session_account_id."""
    wanted = update(UserSession).where(UserSession.account_id == account_id, UserSession.ended_at.is_(None))
    if but is not None:
        wanted = wanted.where(UserSession.id != but)
    session.execute(wanted.values(ended_at=machine_now(), end_reason=reason))


def token_hash(token: str) -> bytes:
    """What is stored of a token. It has 256 random bits, so a plain hash is enough."""
    return sha256(token.encode()).digest()


def _over(live: UserSession, account: Account, rules: SecurityRules) -> Ended | None:
    now = machine_now()
    if live.ended_at is not None:
        return Ended(live.end_reason, live.ended_at)
    if account.state != "ACTIVE":
        return Ended(LOCKED if account.state == LOCKED else DISABLED, now)
    if now >= live.expires_at:
        return Ended(TOO_OLD, live.expires_at)
    if now - live.seen_at >= rules.session_idle:
        return Ended(IDLE, live.seen_at + rules.session_idle)
    return None


def _pending(live: UserSession, account: Account, roles: frozenset[str], rules: SecurityRules) -> str:
    if account.totp_secret is not None and not live.second_factor:
        return SECOND_FACTOR
    if account.must_change_password:
        return NEW_PASSWORD
    if account.totp_secret is None and rules.needs_second_factor(roles):
        return SET_UP_FACTOR
    return ""
