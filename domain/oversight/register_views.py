"""What is read of the registers: lists, what is open and overdue, one entry with what was written to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import aliased

from domain import rules
from domain.errors import NotFound
from domain.files import StoredFile
from domain.oversight.register_kinds import REGISTERS, Register
from domain.oversight.register_rows import OPEN, RegisterEntry, RegisterLine
from domain.oversight.registers import relation_to
from domain.parties import permissions
from domain.parties.accounts import ACTIVE, Account
from domain.parties.organisations import LEVELS, Organisation
from domain.text import gettext as _
from domain.work import Work

LATE = "LATE"  # a way to narrow the list, beside the states


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries of a register somebody sees are open, and overdue."""

    open: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as pages and files show it. said: code of a column -> what was entered (S3); person: name of the person
    it speaks of, "" for none; by_office: who opened it."""

    ref: str
    register: str
    office: str
    office_id: int
    by_office: str
    said: Mapping[str, str] = field(repr=False)
    person: str = field(repr=False)
    due_on: date | None
    state: str
    late: bool
    opened_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineView:
    """What was written to an entry: text (S3), by whom, the paper's ref or ""."""

    kind: str
    text: str = field(repr=False)
    paper: str
    by: str
    at: datetime


def listed(
    work: Work, register: Register, show: str = OPEN, *, office: str = "", after: str = "", most: int
) -> list[EntryView]:
    """Entries the actor sees, the earliest due day first, those without one last.

    show: one of OPEN, LATE, DONE, DROPPED, "" for all. office: only about the office of this ref. after: ref of the
    entry before them.

    Two statements: the own office, and the list. Uses ix_register_entry_org and ix_register_entry_by_org.
    Raises NotPermitted.
    """
    permissions.must(work.actor, "register.read")
    about, opener = aliased(Organisation), aliased(Organisation)
    wanted = (
        select(RegisterEntry, about.name, opener.name, Account.name)
        .join(about, about.id == RegisterEntry.org_id)
        .join(opener, opener.id == RegisterEntry.by_org_id)
        .outerjoin(Account, Account.id == RegisterEntry.person_id)
        .where(RegisterEntry.register == register.code, _seen(work, about), *_shown(work, show))
    )
    if office:
        wanted = wanted.where(about.ref == office)
    never = date(9999, 12, 31)
    day = func.coalesce(RegisterEntry.due_on, never)
    if after:
        last = work.session.scalars(select(RegisterEntry).where(RegisterEntry.ref == after)).first()
        if last is not None:
            there = last.due_on or never
            wanted = wanted.where(or_(day > there, (day == there) & (RegisterEntry.id > last.id)))
    rows = work.session.execute(wanted.order_by(day, RegisterEntry.id).limit(most))
    return [_view(work, entry, name, by, person or "") for entry, name, by, person in rows]


def tallies(work: Work) -> dict[str, Tally]:
    """Open and overdue entries the actor sees, by register. Two statements; uses the indexes of `listed`."""
    permissions.must(work.actor, "register.read")
    late = func.sum(case((RegisterEntry.due_on < work.today, 1), else_=0))
    rows = work.session.execute(
        select(RegisterEntry.register, func.count(), late)
        .join(Organisation, Organisation.id == RegisterEntry.org_id)
        .where(RegisterEntry.state == OPEN, _seen(work, Organisation))
        .group_by(RegisterEntry.register)
    )
    found = {code: Tally(count, int(overdue or 0)) for code, count, overdue in rows}
    return {code: found.get(code, Tally()) for code in REGISTERS}


def of_ref(work: Work, ref: str) -> tuple[RegisterEntry, EntryView]:
    """One entry the actor sees. Raises NotFound for everything else (T10)."""
    permissions.must(work.actor, "register.read")
    about, opener = aliased(Organisation), aliased(Organisation)
    found = work.session.execute(
        select(RegisterEntry, about.name, opener.name, Account.name)
        .join(about, about.id == RegisterEntry.org_id)
        .join(opener, opener.id == RegisterEntry.by_org_id)
        .outerjoin(Account, Account.id == RegisterEntry.person_id)
        .where(RegisterEntry.ref == ref, _seen(work, about))
    ).first()
    if found is None:
        raise NotFound(_("There is no such entry for you."))
    entry, name, by, person = found
    return entry, _view(work, entry, name, by, person or "")


def lines(work: Work, entry: RegisterEntry) -> list[LineView]:
    """What was written to an entry, in order; the caller asked `of_ref`. Uses ix_register_line_entry."""
    rows = work.session.execute(
        select(RegisterLine, Account.name, StoredFile.ref)
        .join(Account, Account.id == RegisterLine.by)
        .outerjoin(StoredFile, StoredFile.id == RegisterLine.file_id)
        .where(RegisterLine.entry_id == entry.id)
        .order_by(RegisterLine.id)
    )
    vault = work.home.vault
    return [
        LineView(row.kind, vault.open("register_line.text", row.ref, row.text), paper or "", by, row.at)
        for row, by, paper in rows
    ]


def offices(work: Work, register: Register) -> Sequence[Organisation]:
    """Offices about which the actor's office may open an entry, its own first."""
    wanted = select(Organisation).where(Organisation.kind.in_(sorted(register.offices)))
    found = work.session.scalars(wanted.order_by(Organisation.position, Organisation.id))
    fitting = [one for one in found if relation_to(work, one) in register.opens]
    return sorted(fitting, key=lambda one: one.id != work.actor.org_id)


def offices_seen(work: Work, register: Register) -> list[tuple[str, str]]:
    """Ref and name of the offices that entries the actor sees are about, for narrowing the list. Two statements."""
    permissions.must(work.actor, "register.read")
    rows = work.session.execute(
        select(Organisation.ref, Organisation.name)
        .join(RegisterEntry, RegisterEntry.org_id == Organisation.id)
        .where(RegisterEntry.register == register.code, _seen(work, Organisation))
        .group_by(Organisation.id, Organisation.ref, Organisation.name, Organisation.position)
        .order_by(Organisation.position, Organisation.id)
    )
    return [(ref, name) for ref, name in rows]


def people(work: Work) -> list[tuple[str, str]]:
    """Ref and name of the people of the actor's own office, for registers that name one."""
    rows = work.session.execute(
        select(Account.ref, Account.name)
        .where(Account.org_id == work.actor.org_id, Account.state == ACTIVE)
        .order_by(Account.name, Account.id)
    )
    return [(ref, name) for ref, name in rows]


def paper(work: Work, ref: str) -> StoredFile:
    """A paper of an entry the actor sees. Raises NotFound for every other file (T10)."""
    permissions.must(work.actor, "register.read")
    found = work.session.scalars(
        select(StoredFile)
        .join(RegisterLine, RegisterLine.file_id == StoredFile.id)
        .join(RegisterEntry, RegisterEntry.id == RegisterLine.entry_id)
        .join(Organisation, Organisation.id == RegisterEntry.org_id)
        .where(StoredFile.ref == ref, _seen(work, Organisation))
    ).first()
    if found is None:
        raise NotFound(_("There is no such file for you."))
    return found


def _seen(work: Work, about: type[Organisation]) -> ColumnElement[bool]:
    """What the actor sees: what is about its office or was opened by it, and for those who oversee, what is about the
    offices below."""
    me = work.actor.org_id
    mine = or_(RegisterEntry.org_id == me, RegisterEntry.by_org_id == me)
    own = work.session.get(Organisation, me) if me is not None else None
    if own is None or not permissions.may(work.actor, "register.oversee"):
        return mine
    law = rules.current(work).policies
    places = {own.jurisdiction} | {one for one in law.parents if own.jurisdiction in law.chain(one)}
    lower = LEVELS[: LEVELS.index(own.level)]
    return or_(mine, about.jurisdiction.in_(sorted(places)) & about.level.in_(lower))


def _shown(work: Work, show: str) -> list[ColumnElement[bool]]:
    if show == LATE:
        return [RegisterEntry.state == OPEN, RegisterEntry.due_on < work.today]
    return [RegisterEntry.state == show] if show else []


def _view(work: Work, entry: RegisterEntry, office: str, by: str, person: str) -> EntryView:
    said = cast(dict[str, str], work.home.vault.open_json("register_entry.said", entry.ref, entry.said))
    late = entry.state == OPEN and entry.due_on is not None and entry.due_on < work.today
    return EntryView(
        entry.ref, entry.register, office, entry.org_id, by, said, person, entry.due_on, entry.state, late,
        entry.opened_at, entry.ended_at,
    )  # fmt: skip
