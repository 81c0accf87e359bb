"""The second factor: a time-based code (RFC 6238). A code counts once; clocks may differ by one step."""

from __future__ import annotations

import base64
import hmac

import pyotp
from sqlalchemy import or_, update

from domain import journal
from domain.clock import machine_now
from domain.errors import InvalidAnswers
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work

ISSUER = "Hedui"
STEP_SECONDS = 30
_DRIFT = (0, -1, 1)


def enrolled(account: Account) -> bool:
    """True when the account has a confirmed second factor."""
    return account.totp_secret is not None


def offered_secret(work: Work, account_ref: str, session_mark: str) -> str:
    """The secret shown for set-up in one session: base 32, the same each time it is asked for.

    It is derived, so that showing the page writes nothing.
    """
    digest = work.home.vault.mac("second_factor.offer", f"{account_ref}|{session_mark}".encode())
    return base64.b32encode(digest[:20]).decode()


def set_up_address(secret: str, login: str) -> str:
    """What the picture for the telephone says (otpauth address)."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER))


def set_up(work: Work, account: Account, secret: str, code: str) -> None:
    """Keep the secret once a code proves that the telephone has it. Raises InvalidAnswers."""
    step = _step_of(secret, code)
    if step is None:
        raise InvalidAnswers({"code": _wrong()})
    account.totp_secret = work.home.vault.seal("account.totp_secret", account.ref, secret)
    account.totp_last_step = step
    journal.record(work, "account.factor_set", account.ref, stream=("account", account.ref))


def accept(work: Work, account: Account, code: str) -> bool:
    """True when the code is right and was not used before. The step is stored by a conditional update,
    so that of two requests with the same code one is refused."""
    if account.totp_secret is None:
        return False
    step = _step_of(work.home.vault.open("account.totp_secret", account.ref, account.totp_secret), code)
    if step is None:
        return False
    taken = work.session.execute(
        update(Account)
        .where(Account.id == account.id, or_(Account.totp_last_step.is_(None), Account.totp_last_step < step))
        .values(totp_last_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def take_away(work: Work, account: Account) -> None:
    """Forget the second factor: a lost telephone. The next sign-in sets up a new one."""
    account.totp_secret = None
    account.totp_last_step = None
    journal.record(work, "account.factor_removed", account.ref, stream=("account", account.ref))


def _step_of(secret: str, code: str) -> int | None:
    digits = "".join(code.split())
    now = int(machine_now().timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for drift in _DRIFT:
        if hmac.compare_digest(str(totp.generate_otp(now + drift)).encode(), digits.encode()):
            return now + drift
    return None


def _wrong() -> object:
    return _("The code does not fit. Wait for the next one; check that the clock of the telephone is right.")
