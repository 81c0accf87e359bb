"""Mail to people: that there is something new, how much, and where; never what it is about or whom.

A mail is a row of the outbox, written in the transaction of the act; sending it is a duty of the worker. What is due to
somebody who wants one mail a day waits for the morning. Its Message-ID follows from its key: a mail that is sent twice,
because the worker died between the server's yes and the commit, is one message to whoever receives it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from domain import agenda, outbox
from domain.agenda import AgendaItem
from domain.base import new_ref
from domain.clock import machine_now
from domain.errors import Conflict, InvalidAnswers
from domain.home import HomeRow
from domain.outbox import OutboxMessage
from domain.parties import throttle
from domain.parties.accounts import Account
from domain.parties.reach import MailAddress
from domain.parties.throttle import Throttled
from domain.text import Name
from domain.text import gettext as _
from domain.work import Work
from tasks.rows.notice_rows import unread_of

KIND, SEND_DUTY = "mail", "mail.send"
NOTICE, DIGEST, CODE = "notice", "digest", "code"
# one address, no display name: whatever an office's server takes and no header can be forged with
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,187}[A-Za-z0-9])?")
CODE_MINUTES, CODE_TRIES, CODES_A_DAY = 30, 5, 5

SUBJECTS: Mapping[str, Name] = {
    NOTICE: Name("核对系统：有新的提醒", "Hedui: a new notice"),
    DIGEST: Name("核对系统：今日提醒", "Hedui: your notices of today"),
    CODE: Name("核对系统：邮箱确认码", "Hedui: confirm your mail address"),
}
_FOOT = Name("本邮件不含办理内容，请勿回复。", "This mail says nothing of any case. Please do not answer it.")
BODIES: Mapping[str, Name] = {
    **dict.fromkeys(
        (NOTICE, DIGEST),
        Name("您有 {count} 条未读提醒。\n登录后查看：{link}\n", "Unread notices: {count}.\nSign in to read: {link}\n"),
    ),
    CODE: Name("邮箱确认码：{code}（{minutes} 分钟内有效）。\n不是您本人操作的，请不予理会。\n",
               "Your code: {code}, good for {minutes} minutes.\nIf you did not ask for it, do nothing.\n"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be sent. message_id: without the angle brackets, the same at every try."""

    to: str
    subject: str
    text: str
    message_id: str
    language: str
    made_at: datetime


def announce(work: Work, new: Mapping[str, int]) -> int:
    """Put a mail for each of these notices (ref -> account) into the outbox, where the person has a mail address and
    wants none a day. Returns how many. Uses uq_mail_address_account_id."""
    if not work.home.settings.mail_host or not new:
        return 0
    rows = work.session.scalars(
        select(MailAddress.account_id).where(
            MailAddress.account_id.in_(sorted(set(new.values()))), *_usable(), MailAddress.digest.is_(False)
        )
    )
    reached = set(rows)
    return sum(
        _post(work, f"mail:{ref}", {"sort": NOTICE, "account": person, "ref": ref})
        for ref, person in new.items()
        if person in reached
    )


def digests(work: Work, unread: Mapping[int, int]) -> int:
    """One mail to everybody who wants one a day and has something unread that is newer than the last such mail."""
    if not work.home.settings.mail_host:
        return 0
    wanted = select(MailAddress).where(
        MailAddress.account_id.in_(sorted(unread)), *_usable(), MailAddress.digest.is_(True)
    )
    count = 0
    for row in work.session.scalars(wanted.order_by(MailAddress.id)):
        row.digested_at = work.now
        body = {"sort": DIGEST, "account": row.account_id, "ref": ""}
        count += _post(work, f"digest:{row.ref}:{work.today.isoformat()}", body)
    return count


def wanting_digest(work: Work) -> dict[int, datetime | None]:
    """Accounts that want one mail a day, with when they last had it."""
    rows = work.session.execute(
        select(MailAddress.account_id, MailAddress.digested_at).where(*_usable(), MailAddress.digest.is_(True))
    )
    return {account: at for account, at in rows}  # noqa: C416  dict() takes a Result for a mapping


def address_of(work: Work, account_id: int) -> tuple[MailAddress, str] | None:
    """Somebody's mail address as they gave it, confirmed or not."""
    row = work.session.scalars(select(MailAddress).where(MailAddress.account_id == account_id)).first()
    return (row, work.home.vault.open("mail_address.address", row.ref, row.address)) if row is not None else None


def set_address(work: Work, address: str) -> None:
    """Keep the actor's new mail address and send a code there; nothing else goes there before the code comes back.

    Raises InvalidAnswers for what is no address, Conflict where this home sends no mail, Throttled.
    """
    wanted, person = address.strip(), work.actor.person()
    if not ADDRESS.fullmatch(wanted) or ".." in wanted:
        raise InvalidAnswers({"address": _("This is no mail address, such as name@example.gov.cn.")})
    if not work.home.settings.mail_host:
        raise Conflict(_("This office sends no mail; its system administrator can set it up."))
    if throttle.take(work.session, f"mail-code:{work.actor.ref}", CODES_A_DAY, timedelta(days=1)) is not None:
        raise Throttled(_("Too many codes were asked for. Try again tomorrow."))
    row = work.session.scalars(select(MailAddress).where(MailAddress.account_id == person)).first()
    if row is None:
        row = MailAddress(ref=new_ref(), account_id=person, address=b"")
        work.session.add(row)
    code = f"{secrets.randbelow(10**6):06d}"
    row.address = work.home.vault.seal("mail_address.address", row.ref, wanted)
    row.confirmed_at, row.failed_at, row.code_tries = None, None, 0
    row.code_hash = _hash(work, row.ref, code)
    row.code_until = machine_now() + timedelta(minutes=CODE_MINUTES)
    work.session.flush()
    _post(work, f"code:{new_ref()}", {"sort": CODE, "account": person, "ref": "", "code": code})


def confirm(work: Work, code: str) -> None:
    """The code that came by mail. Raises InvalidAnswers (a wrong try stays counted: `note_wrong`), Conflict."""
    row = work.session.scalars(
        select(MailAddress).where(MailAddress.account_id == work.actor.person()).with_for_update()
    ).first()
    if row is None or row.code_hash is None or row.code_until is None or row.code_until < machine_now():
        raise Conflict(_("There is no code to confirm, or it has run out. Ask for a new one."))
    if row.code_tries >= CODE_TRIES:
        raise Conflict(_("Too many wrong codes. Ask for a new one."))
    if not hmac.compare_digest(row.code_hash, _hash(work, row.ref, code.strip())):
        raise InvalidAnswers({"code": _("This is not the code that was sent.")})
    row.confirmed_at, row.code_hash, row.code_until, row.failed_at = work.now, None, None, None


def note_wrong(work: Work) -> None:
    """Count a wrong code, in a transaction of its own."""
    row = work.session.scalars(
        select(MailAddress).where(MailAddress.account_id == work.actor.person()).with_for_update()
    ).first()
    if row is not None:
        row.code_tries += 1


def set_digest(work: Work, digest: bool) -> None:
    """One mail a day, or one a notice."""
    row = work.session.scalars(select(MailAddress).where(MailAddress.account_id == work.actor.person())).first()
    if row is not None:
        row.digest = digest


def forget(work: Work) -> None:
    """Remove the actor's mail address."""
    row = work.session.scalars(select(MailAddress).where(MailAddress.account_id == work.actor.person())).first()
    if row is not None:
        work.session.delete(row)


# --- the duty -------------------------------------------------------------------------------------------------------


def gather(work: Work, item: AgendaItem) -> Letter | None:
    """The mail of an item as it goes out; None when it is gone out already, or nobody wants it any more."""
    row = _row(work, item.subject)
    if row is None or row.sent_at is not None or row.refused_at is not None:
        return None
    body: Any = work.home.vault.open_json("outbox_message.body", row.ref, row.body)
    found = address_of(work, int(body["account"]))
    person = work.session.get_one(Account, int(body["account"]))
    if found is None or person.state != "ACTIVE":
        return None
    address, to = found
    if body["sort"] != CODE and (address.confirmed_at is None or address.failed_at is not None):
        return None
    return _letter(work, row, body, person, to)


def record(work: Work, item: AgendaItem, result: str | None) -> None:
    """What became of it: "" taken by the server; a code, refused for good; None: nobody wanted it any more."""
    row = _row(work, item.subject)
    if row is None or row.sent_at is not None or row.refused_at is not None:
        return
    row.attempts += 1
    if result == "":
        row.sent_at = work.now
        return
    row.refused_at = work.now
    if result is not None:
        body: Any = work.home.vault.open_json("outbox_message.body", row.ref, row.body)
        found = address_of(work, int(body["account"]))
        if found is not None and result.startswith("5"):
            found[0].failed_at = work.now


def message_id(home_id: str, key: str, sender: str) -> str:
    """The Message-ID of a mail, without its brackets: stable, and says nothing."""
    made = hmac.digest(home_id.encode(), key.encode(), "sha256").hex()[:32]
    return f"{made}@{sender.rpartition('@')[2] or 'hedui.invalid'}"


def _letter(work: Work, row: OutboxMessage, body: Mapping[str, Any], person: Account, to: str) -> Letter:
    settings = work.home.settings
    english = person.locale == "en"
    path = f"/notices/{body['ref']}" if body["ref"] else "/notices"
    said = {"count": unread_of(work.session, person.id), "link": settings.mail_link.rstrip("/") + path,
            "code": body.get("code", ""), "minutes": CODE_MINUTES}  # fmt: skip
    name = BODIES[body["sort"]]
    text = (name.english if english else name.chinese).format(**said)
    foot, subject = ((_FOOT.english, SUBJECTS[body["sort"]].english) if english
                     else (_FOOT.chinese, SUBJECTS[body["sort"]].chinese))  # fmt: skip
    home = work.session.scalars(select(HomeRow)).one()
    return Letter(to, subject, f"{text}\n{foot}\n", message_id(str(home.home_ref), row.key, settings.mail_from),
                  "en" if english else "zh", row.created_at)  # fmt: skip


def _usable() -> list[Any]:
    return [MailAddress.confirmed_at.is_not(None), MailAddress.failed_at.is_(None)]


def _post(work: Work, key: str, body: object) -> bool:
    if not outbox.post(work, KIND, key, body, address=KIND):
        return False
    return agenda.put(work, SEND_DUTY, f"send:{key}", work.now, subject=key[:64])


def _row(work: Work, key: str) -> OutboxMessage | None:
    return work.session.scalars(select(OutboxMessage).where(OutboxMessage.key == key)).first()


def _hash(work: Work, ref: str, code: str) -> bytes:
    return work.home.vault.mac("mail-code", f"{ref}:{code}".encode())
