"""Due days for calendar programs: a secret address a person, an iCalendar file (RFC 5545) behind it.

The file says which step is due and of which case, never of whom. The address is kept as a hash; whoever has it reads
what its owner may see today and no more, so it ends with the account.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select

from domain.base import new_ref
from domain.cases import Case
from domain.clock import office_day
from domain.home import HomeRow
from domain.parties import staff
from domain.parties.accounts import Account
from domain.parties.reach import CalendarFeed
from domain.work import Work
from tasks import rules
from tasks.rows.models import HELD, OPEN, READY, HumanTask

MOST = 2_000  # due days in one file
PAST = timedelta(days=60)  # older ones are late, but a calendar is no place to look for them
WIDTH = 75  # octets of a line, RFC 5545 3.1
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""}


@dataclass(frozen=True, slots=True)
class Entry:
    """A due day. ref: of the task. held: somebody has it in hand; else it may be claimed."""

    ref: str
    name: str
    name_en: str
    number: str
    day: date
    opened_at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """What the file is written from. home: mark of this installation, for ids; digest: of everything that it says."""

    home: str
    english: bool
    entries: Sequence[Entry]
    digest: str


def make(work: Work, *, wide: bool) -> str:
    """A new secret address for the actor; the one before it ends. Returns what stands in the address, once."""
    forget(work)
    token = secrets.token_urlsafe(32)
    work.session.add(
        CalendarFeed(
            ref=new_ref(), account_id=work.actor.person(), token_hash=_hash(token), wide=wide, made_at=work.now
        )
    )
    work.session.flush()
    return token


def forget(work: Work) -> None:
    """End the actor's address."""
    work.session.execute(delete(CalendarFeed).where(CalendarFeed.account_id == work.actor.person()))


def mine(work: Work) -> CalendarFeed | None:
    """The actor's address as far as it is known: since when, how wide, when it was last read."""
    return work.session.scalars(select(CalendarFeed).where(CalendarFeed.account_id == work.actor.person())).first()


def feed(work: Work, token: str) -> Feed | None:
    """What stands behind an address; None for an unknown one and for an account that is not in use.

    Uses uq_calendar_feed_token_hash, ix_human_task_inbox, ix_human_task_assignee.
    """
    row = work.session.scalars(select(CalendarFeed).where(CalendarFeed.token_hash == _hash(token))).first()
    account = work.session.get(Account, row.account_id) if row is not None else None
    if row is None or account is None or account.state != "ACTIVE":
        return None
    own = work.acting(staff.actor(work, account))
    wanted: ColumnElement[bool] = (HumanTask.assignee_id == account.id) & HumanTask.state.in_(HELD)
    if row.wide:
        wanted = or_(wanted, (HumanTask.state == READY) & rules.task_scope(own.actor))
    found = work.session.execute(
        select(HumanTask.ref, HumanTask.name, HumanTask.name_en, Case.number, Case.ref, HumanTask.due_at,
               HumanTask.opened_at, HumanTask.state)
        .join(Case, Case.id == HumanTask.case_id)
        .where(HumanTask.state.in_(OPEN), HumanTask.due_at.is_not(None), HumanTask.due_at > work.now - PAST, wanted)
        .order_by(HumanTask.due_at, HumanTask.id)
        .limit(MOST)
    )  # fmt: skip
    entries = [
        Entry(ref, name, name_en, number or case[-6:], office_day(due), opened, state in HELD)
        for ref, name, name_en, number, case, due, opened, state in found
        if due is not None
    ]
    english = account.locale == "en"
    told = "|".join(f"{one.ref}{one.day}{one.held}{one.name}" for one in entries)
    digest = hashlib.sha256(f"{row.ref}|{english}|{told}".encode()).hexdigest()[:32]
    mark = work.session.scalars(select(HomeRow.home_ref)).one()
    return Feed(mark, english, entries, digest)


def note_read(work: Work, token: str) -> None:
    """Note that an address was read, once a day."""
    row = work.session.scalars(select(CalendarFeed).where(CalendarFeed.token_hash == _hash(token))).first()
    if row is not None and (row.fetched_at is None or office_day(row.fetched_at) != work.today):
        row.fetched_at = work.now


def written(made: Feed) -> bytes:
    """The file: one whole-day event a due day, with an alarm two days before. Lines end in CR LF and are folded."""
    title = "Hedui: due days" if made.english else "核对系统 办理时限"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Hedui//Due days//EN", "CALSCALE:GREGORIAN",
             "METHOD:PUBLISH", f"X-WR-CALNAME:{_text(title)}", "REFRESH-INTERVAL;VALUE=DURATION:PT4H",
             "X-PUBLISHED-TTL:PT4H"]  # fmt: skip
    for entry in made.entries:
        lines += _event(made, entry)
    lines.append("END:VCALENDAR")
    return b"".join(folded for line in lines for folded in _folded(line))


def _event(made: Feed, entry: Entry) -> list[str]:
    name = entry.name_en if made.english else entry.name
    free = ("" if entry.held else " (to be claimed)") if made.english else ("" if entry.held else "（待认领）")
    summary = _text(f"{name} {entry.number}{free}")
    return [
        "BEGIN:VEVENT",
        f"UID:{entry.ref}@{made.home}.hedui.invalid",
        f"DTSTAMP:{entry.opened_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{summary}",
        "TRANSP:TRANSPARENT",
        "CLASS:CONFIDENTIAL",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{summary}",
        "TRIGGER:-P2D",
        "END:VALARM",
        "END:VEVENT",
    ]


def _text(value: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in value)


def _folded(line: str) -> Iterator[bytes]:
    """The line in pieces of at most 75 octets, none of which cuts a letter; each further piece begins with a space."""
    piece, width = b"", WIDTH
    for sign in line:
        octets = sign.encode()
        if len(piece) + len(octets) > width:
            yield piece + b"\r\n"
            piece, width = b" ", WIDTH
        piece += octets
    yield piece + b"\r\n"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
