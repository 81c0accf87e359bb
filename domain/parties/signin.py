"""Signing in: count, check outside the transaction, conclude. Unknown login, wrong password, wrong portal of
another's account: the answer is the same sentence and takes the same time (T13).

`begin` and `conclude` are two short transactions; the password is verified between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from domain import journal
from domain.clock import OFFICE_ZONE
from domain.parties import kin, second_factor, sessions, throttle
from domain.parties.accounts import Account
from domain.parties.roles import PORTAL_TITLES, portal_of
from domain.parties.security import SecurityRules
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way. `stored`: the account's password hash, "" for an unknown login."""

    portal: str
    address: str
    agent: str
    account_id: int | None
    stored: str = field(repr=False)
    bucket: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A session was opened. `replaced`: the session it ended, as (since, address), or None."""

    token: str = field(repr=False)
    replaced: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The sign-in was refused, with a sentence. Refusals are values: what was counted must be committed."""

    message: Text
    waits: bool = False


def begin(work: Work, login: str, portal: str, address: str, agent: str, rules: SecurityRules) -> Attempt | Refused:
    """Count the attempt for the login and for the address, and look the account up."""
    normal = login.strip().lower()
    # People type passwords into the wrong field: the bucket keeps a keyed hash of what was typed, not the text.
    bucket = "signin:login:" + work.home.vault.mac("signin", normal.encode()).hex()[:32]
    until = throttle.take(work.session, _address_bucket(address), rules.failures_address, rules.pause)
    if until is None:
        until = throttle.take(work.session, bucket, rules.failures_account, rules.pause)
    if until is not None:
        return Refused(_locked(until), waits=True)
    account = work.session.scalars(select(Account).where(Account.login == normal)).first()
    stored = account.password_hash if account is not None and account.state == "ACTIVE" else ""
    return Attempt(portal, address, agent, account.id if account else None, stored, bucket)


def conclude(
    work: Work, attempt: Attempt, correct: bool, rules: SecurityRules, fresh_hash: str | None = None
) -> Opened | Refused:
    """Open the session, or say why not. `correct`: the password fitted; `fresh_hash`: to be stored instead."""
    account = work.session.get(Account, attempt.account_id) if attempt.account_id is not None else None
    if account is None or not correct or account.state != "ACTIVE":
        if account is not None:
            _note(work, account, "signin.failed", attempt)
        return Refused(_("Login or password is not right. After several failures the login pauses for a while."))
    throttle.clear(work.session, attempt.bucket)
    throttle.give_back(work.session, _address_bucket(attempt.address))
    if portal_of(account.org_kind) != attempt.portal:
        _note(work, account, "signin.wrong_portal", attempt)
        return Refused(
            _("This account belongs to the portal “%(right)s”. Choose it and sign in again.",
              right=PORTAL_TITLES[portal_of(account.org_kind)])
        )  # fmt: skip
    if fresh_hash is not None:
        account.password_hash = fresh_hash
    # an account of an older version learns its own number here, so that nobody works on their own case
    kin.know_oneself(work, account, work.home.vault.open("account.idno", account.ref, account.idno))
    other = sessions.live_other(work.session, account.id, rules)
    token = sessions.begin(work, account, attempt.portal, attempt.address, attempt.agent, rules)
    _note(work, account, "signin.opened", attempt)
    return Opened(token, (other.created_at, other.address) if other is not None else None)


def pass_factor(work: Work, signed_in: sessions.SignedIn, code: str, rules: SecurityRules) -> Refused | None:
    """Check the second factor of a session that waits for it. None when it was right."""
    bucket = f"factor:{signed_in.account_ref}"
    until = throttle.take(work.session, bucket, rules.failures_account, rules.pause)
    if until is not None:
        return Refused(_locked(until), waits=True)
    account = work.session.get_one(Account, signed_in.account_id)
    if not second_factor.accept(work, account, code):
        journal.record(work, "signin.factor_failed", account.ref, stream=("account", account.ref))
        return Refused(_("The code does not fit or was used already. Wait for the next one and enter it."))
    throttle.clear(work.session, bucket)
    sessions.factor_passed(work, signed_in.session_id)
    return None


def unlock(work: Work, account: Account) -> None:
    """Forget the failures of an account's sign-in, so that its owner may try at once."""
    throttle.clear(work.session, "signin:login:" + work.home.vault.mac("signin", account.login.encode()).hex()[:32])
    throttle.clear(work.session, f"factor:{account.ref}")


def _address_bucket(address: str) -> str:
    return f"signin:address:{address[:64]}"


def _locked(until: datetime) -> Text:
    at = f"{until.astimezone(OFFICE_ZONE):%H:%M}"
    return _("Too many failed attempts. Try again after %(at)s, or ask your security administrator.", at=at)


def _note(work: Work, account: Account, event: str, attempt: Attempt) -> None:
    body = {
        "portal": attempt.portal,
        "address": attempt.address,
        "agent": sha256(attempt.agent.encode()).hexdigest()[:16],
    }
    journal.record(work, event, account.ref, body, stream=("account", account.ref))
