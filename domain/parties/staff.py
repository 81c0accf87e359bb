"""Keeping accounts: create, file, grant and take away roles, disable, passwords and one-time tokens.

One natural person, one account; it is dead until it is filed (LF-27). Rights are given by somebody else than
the one who holds them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update

from domain import identity, journal
from domain.base import new_ref
from domain.clock import machine_now
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import kin, rights, second_factor, sessions, signin
from domain.parties.accounts import ACTIVE, DISABLED, LOCKED, Account, OneTimeToken, RoleGrant, RoleKind, look_again
from domain.parties.organisations import Organisation
from domain.parties.passwords import About
from domain.parties.permissions import must, relation_to_account
from domain.parties.roles import ROLES, clash, role_kinds
from domain.text import Text
from domain.text import gettext as _
from domain.work import Actor, Work

LOGIN = re.compile(r"[a-z][a-z0-9-]{2,31}")
TOKEN_HOURS = 24
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A line of the list of accounts."""

    ref: str
    login: str
    name: str
    state: str
    org_name: str
    org_name_en: str
    roles: tuple[str, ...] = field(default=())


def seed_roles(work: Work) -> None:
    """Write the allowed pairs of role and kind of office (LF-26); safe to repeat."""
    known = {(row.role, row.org_kind) for row in work.session.scalars(select(RoleKind))}
    work.session.add_all(RoleKind(role=role, org_kind=kind) for role, kind in role_kinds() if (role, kind) not in known)
    work.session.flush()


def create(work: Work, org: Organisation, *, login: str, name: str, idno: str, phone: str = "") -> Account:
    """A new account, inactive until filed. Raises InvalidAnswers naming each field; NotPermitted."""
    must(work.actor, "account.create")
    normal = login.strip().lower()
    faults: dict[str, object] = {}
    number = _checked_number(work, idno, faults)
    if not LOGIN.fullmatch(normal):
        faults["login"] = _("Use 3 to 32 small letters, digits and hyphens, beginning with a letter.")
    elif work.session.scalar(select(Account.id).where(Account.login == normal)) is not None:
        faults["login"] = _("This login is taken.")
    if not name.strip():
        faults["name"] = _("Enter the real name.")
    if faults:
        raise InvalidAnswers(faults)
    account = Account(
        login=normal, name=name.strip(), org_id=org.id, org_kind=org.kind, idno=b"", idno_blind=b"", state="FILED_NOT"
    )
    work.session.add(account)
    _seal_person(work, account, number, phone)
    work.session.flush()
    kin.know_oneself(work, account, number)
    _record(work, account, "account.created", {"office": org.code})
    return account


def file(work: Work, account: Account, *, number: str, on: date) -> None:
    """Enter the filing: from then on the account works. Raises Conflict, InvalidAnswers, NotPermitted."""
    must(work.actor, "account.file", relation_to_account(work.actor, account.id))
    if account.state != "FILED_NOT":
        raise Conflict(_("This account is filed already."), clause="LF-27")
    faults: dict[str, object] = {}
    if not number.strip():
        faults["number"] = _("Enter the number of the filing.")
    if on > work.today:
        faults["on"] = _("The day of filing cannot lie after today.")
    if faults:
        raise InvalidAnswers(faults)
    account.filed_number, account.filed_on, account.filed_by = number.strip(), on, work.actor.user_id
    account.state = "ACTIVE"
    _record(work, account, "account.filed", {"number": account.filed_number})


def grant(work: Work, account: Account, role: str, *, until: date | None = None) -> None:
    """Give a role until a day (inclusive); asked by `domain.oversight.appointing` alone, which knows the trainings.

    Raises Conflict when the office or another role forbids it (LF-26).
    """
    must(work.actor, "account.grant", relation_to_account(work.actor, account.id))
    if role not in ROLES:
        raise NotFound(_("There is no such role."))
    if account.org_kind not in ROLES[role].kinds:
        raise Conflict(
            _("“%(role)s” cannot be given to somebody of this kind of office.", role=ROLES[role].title),
            clause="LF-26",
            role=role,
        )
    if until is not None and until < work.today:
        raise InvalidAnswers({"until": _("The last day cannot lie before today.")})
    granted = work.session.scalars(select(RoleGrant).where(RoleGrant.account_id == account.id)).all()
    held = {g.role for g in granted if g.until is None or g.until >= work.today}
    other = clash(held, role)
    if other is not None:
        raise Conflict(
            _("“%(role)s” and “%(other)s” must be held by different people.",
              role=ROLES[role].title, other=ROLES[other].title),
            role=role, other=other,
        )  # fmt: skip
    kept = next((g for g in granted if g.role == role), None)
    if kept is None:
        kept = RoleGrant(account_id=account.id, org_kind=account.org_kind, role=role, granted_on=work.today)
        work.session.add(kept)
    kept.until, kept.granted_by = until, work.actor.user_id
    work.session.flush()
    if until is not None:
        look_again(work, account, until)
    _record(work, account, "account.role_granted", {"role": role, "until": until.isoformat() if until else None})


def revoke(work: Work, account: Account, role: str) -> None:
    """Take a role away at once; requests of a live session lose it from the next one on."""
    must(work.actor, "account.revoke", relation_to_account(work.actor, account.id))
    work.session.execute(delete(RoleGrant).where(RoleGrant.account_id == account.id, RoleGrant.role == role))
    look_again(work, account)
    _record(work, account, "account.role_revoked", {"role": role})


def lock(work: Work, account: Account) -> None:
    """Sign somebody out at once and let them in no more until it is lifted; what they hold stays theirs.

    For an emergency: it asks for nothing to be handed over first. Raises NotPermitted, Conflict.
    """
    must(work.actor, "account.lock", relation_to_account(work.actor, account.id))
    if account.state != ACTIVE:
        raise Conflict(_("Only an account in use can be locked."))
    account.state = LOCKED
    sessions.end_all(work.session, account.id, sessions.LOCKED)
    _record(work, account, "account.locked")


def lift(work: Work, account: Account) -> None:
    """Let somebody in again who was locked in an emergency. Raises NotPermitted, Conflict."""
    must(work.actor, "account.lift", relation_to_account(work.actor, account.id))
    if account.state != LOCKED:
        raise Conflict(_("This account is not locked."))
    account.state = ACTIVE
    _record(work, account, "account.lifted")


def disable(work: Work, account: Account) -> None:
    """Switch an account off for good and end its sessions. It is kept, because the journal names it.

    Pages ask `tasks.leaving.closing`, which says what is to be handed over first; the database refuses it all the same.
    """
    must(work.actor, "account.disable", relation_to_account(work.actor, account.id))
    account.state = DISABLED
    sessions.end_all(work.session, account.id, sessions.DISABLED)
    look_again(work, account)
    _record(work, account, "account.disabled")


def transfer(work: Work, account: Account, org: Organisation) -> None:
    """Move somebody to another office of the same kind; roles end and are given anew there.

    Pages ask `tasks.leaving.closing`; the database refuses it while they hold open work. Raises NotPermitted, Conflict.
    """
    must(work.actor, "account.transfer", relation_to_account(work.actor, account.id))
    if org.id == account.org_id:
        raise Conflict(_("This person works in that office already."))
    if org.kind != account.org_kind:
        raise Conflict(_("What somebody did is recorded under the kind of their office; choose one of the same kind."))
    before = work.session.get_one(Organisation, account.org_id)
    work.session.execute(delete(RoleGrant).where(RoleGrant.account_id == account.id))
    work.session.execute(delete(rights.AccountTown).where(rights.AccountTown.account_id == account.id))
    account.org_id = org.id
    sessions.end_all(work.session, account.id, sessions.MOVED)
    work.session.flush()
    look_again(work, account)
    _record(work, account, "account.transferred", {"from": before.code, "to": org.code})


def unlock(work: Work, account: Account) -> None:
    """Let somebody try again who was locked out by failures."""
    must(work.actor, "account.unlock", relation_to_account(work.actor, account.id))
    signin.unlock(work, account)
    _record(work, account, "account.unlocked")


def reset_factor(work: Work, account: Account) -> None:
    """Forget the second factor of somebody whose telephone is lost, and end the sessions."""
    must(work.actor, "account.factor", relation_to_account(work.actor, account.id))
    sessions.end_all(work.session, account.id, sessions.PASSWORD)
    second_factor.take_away(work, account)


def issue_token(work: Work, account: Account) -> str:
    """A one-time token for choosing the first password, or a new one when it is forgotten; good for a day.

    Shown once and never stored in clear; an earlier unused token dies.
    """
    must(work.actor, "account.token", relation_to_account(work.actor, account.id))
    letters = "".join(secrets.choice(_READABLE) for _place in range(25))
    token = "-".join(letters[start : start + 5] for start in range(0, 25, 5))
    work.session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.account_id == account.id, OneTimeToken.used_at.is_(None))
        .values(used_at=machine_now())
    )
    work.session.add(
        OneTimeToken(
            token_hash=_token_hash(token),
            account_id=account.id,
            expires_at=machine_now() + timedelta(hours=TOKEN_HOURS),
        )
    )
    _record(work, account, "account.token_issued")
    return token


def account_of_token(work: Work, login: str, token: str) -> Account:
    """The account a live token was made for. Raises InvalidAnswers, without telling which part was wrong."""
    row = work.session.execute(
        select(Account, OneTimeToken)
        .join(OneTimeToken, OneTimeToken.account_id == Account.id)
        .where(
            OneTimeToken.token_hash == _token_hash(token),
            Account.login == login.strip().lower(),
            Account.state == "ACTIVE",
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > machine_now(),
        )
    ).one_or_none()
    if row is None:
        raise InvalidAnswers({"token": _("This token is not valid any more. Ask for a new one.")})
    return row[0]


def use_token(work: Work, login: str, token: str, password_hash: str) -> Account:
    """Choose a password with a token; the token is spent. Raises InvalidAnswers."""
    account = account_of_token(work, login, token)
    spent = work.session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.token_hash == _token_hash(token), OneTimeToken.used_at.is_(None))
        .values(used_at=machine_now())
    )
    if not spent.rowcount:  # type: ignore[attr-defined]
        raise InvalidAnswers({"token": _("This token is not valid any more. Ask for a new one.")})
    set_password(work, account, password_hash)
    signin.unlock(work, account)
    return account


def set_password(
    work: Work, account: Account, password_hash: str, *, must_change: bool = False, keep_session: int | None = None
) -> None:
    """Store a password's hash and end the other sessions of the account."""
    account.password_hash = password_hash
    account.password_changed_at = machine_now()
    account.must_change_password = must_change
    sessions.end_all(work.session, account.id, sessions.PASSWORD, but=keep_session)
    _record(work, account, "account.password_set")


def about(work: Work, account: Account) -> About:
    """What a password of this person must not be made of."""
    vault = work.home.vault
    phone = vault.open("account.phone", account.ref, account.phone) if account.phone is not None else ""
    org = work.session.get_one(Organisation, account.org_id)
    return About(
        account.login,
        vault.open("account.idno", account.ref, account.idno),
        phone,
        (org.code, org.name_en, account.name),
    )


def by_ref(work: Work, ref: str) -> Account:
    """The account with this reference. Raises NotFound."""
    found = work.session.scalars(select(Account).where(Account.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such account."))
    return found


def by_login(work: Work, login: str) -> Account:
    """The account with this login. Raises NotFound."""
    found = work.session.scalars(select(Account).where(Account.login == login.strip().lower())).first()
    if found is None:
        raise NotFound(_("There is no account with this login."))
    return found


def listing(work: Work, *, office: str = "", text: str = "") -> Sequence[AccountRow]:
    """Accounts with their offices and roles, by office and login; two SELECTs. Raises NotPermitted."""
    must(work.actor, "account.read")
    wanted = (
        select(Account, Organisation)
        .join(Organisation, Organisation.id == Account.org_id)
        .order_by(Organisation.position, Organisation.id, Account.login)
    )
    if office:
        wanted = wanted.where(Organisation.code == office)
    if text:
        wanted = wanted.where(
            Account.login.contains(text, autoescape=True) | Account.name.contains(text, autoescape=True)
        )
    found = work.session.execute(wanted).all()
    roles: dict[int, list[str]] = {}
    for account_id, role in work.session.execute(
        select(RoleGrant.account_id, RoleGrant.role)
        .where((RoleGrant.until.is_(None)) | (RoleGrant.until >= work.today))
        .order_by(RoleGrant.id)
    ):
        roles.setdefault(account_id, []).append(role)
    return [
        AccountRow(a.ref, a.login, a.name, a.state, o.name, o.name_en, tuple(roles.get(a.id, ()))) for a, o in found
    ]


def grants_of(work: Work, account: Account) -> Sequence[RoleGrant]:
    """Roles of one account, also those run out."""
    return work.session.scalars(
        select(RoleGrant).where(RoleGrant.account_id == account.id).order_by(RoleGrant.id)
    ).all()


def _checked_number(work: Work, idno: str, faults: dict[str, object]) -> str:
    demonstration = work.home.row(work.session).kind == "demo"
    try:
        number = identity.check(idno, on=work.today, demonstration=demonstration).number
    except identity.InvalidIdentityNumber as refusal:
        faults["idno"] = refusal.args[0]
        return ""
    blind = work.home.vault.blind_all("account.idno", number)
    if work.session.scalar(select(Account.id).where(Account.idno_blind.in_(blind))) is not None:
        faults["idno"] = _("This person has an account already; one person holds one account (LF-27).")
    return number


def _seal_person(work: Work, account: Account, number: str, phone: str) -> None:
    vault = work.home.vault
    account.ref = new_ref()
    account.idno = vault.seal("account.idno", account.ref, number)
    account.idno_blind = vault.blind("account.idno", number)
    account.phone = vault.seal("account.phone", account.ref, phone.strip()) if phone.strip() else None


def _token_hash(token: str) -> bytes:
    return sha256("".join(token.split()).lower().encode()).digest()


def _record(work: Work, account: Account, event: str, body: dict[str, object] | None = None) -> None:
    journal.record(work, event, account.ref, body, stream=("account", account.ref))


def state_title(state: str) -> Text:
    """The state of an account in words."""
    return {
        "FILED_NOT": _("not filed yet"), ACTIVE: _("active"), LOCKED: _("locked"), DISABLED: _("disabled"),
    }[state]  # fmt: skip


def actor(work: Work, account: Account, request_id: str = "") -> Actor:
    """The account as an actor with the roles of today, for a command done in a person's name.

    Raises NotPermitted when the account is not active.
    """
    if account.state != "ACTIVE":
        raise NotPermitted(_("This account is not active."))
    org = work.session.get_one(Organisation, account.org_id)
    held = rights.of_account(work, account.id)
    return Actor(
        kind="staff",
        user_id=account.id,
        ref=account.ref,
        display=account.name,
        roles=held.roles,
        org_id=org.id,
        org_kind=org.kind,
        org_level=org.level,
        request_id=request_id,
        skills=held.skills,
        towns=held.towns,
        stands_for=held.stands_for,
    )
