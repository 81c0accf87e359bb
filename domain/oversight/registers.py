"""The register kit: an office's entries with owner, due day and proof, what is overdue, and who sees them.

What each register keeps stands in `domain.oversight.register_kinds`. An entry is about one office, which owes it; the
office that opened it may be one above. Nothing written to it is changed; what is dropped stays on record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import select

from domain import journal, rules
from domain.base import new_ref
from domain.errors import Conflict, InvalidAnswers
from domain.files import StoredFile
from domain.oversight import register_stages
from domain.oversight.register_kinds import (
    ABOVE,
    BELOW,
    CHOICE,
    DAY,
    NEEDED,
    NO_DUE,
    NUMBER,
    OWN,
    PERSON,
    REGISTERS,
    Column,
    Register,
)
from domain.oversight.register_rows import DONE, DROPPED, NOTE, OPEN, REOPENED, RegisterEntry, RegisterLine
from domain.parties import permissions
from domain.parties.accounts import ACTIVE, Account
from domain.parties.organisations import LEVELS, Organisation
from domain.text import gettext as _
from domain.work import Work

LONGEST = 2000


def open_entry(
    work: Work, register: Register, office: Organisation, said: Mapping[str, str], due_on: date | None
) -> RegisterEntry:
    """Open an entry about an office.

    said: code of a column -> what was typed; a person by the ref of the account.

    Raises NotPermitted: the register is not kept for this office by the actor's. InvalidAnswers naming each column,
    `office` or `due_on`. Conflict: the office has such an entry.
    """
    permissions.must(work.actor, "register.open", relation_to(work, office))
    if (
        work.actor.org_id is None
        or relation_to(work, office) not in register.opens
        or office.kind not in register.offices
    ):
        raise InvalidAnswers({"office": _("This register is not kept for this office. Choose another one.")})
    faults = _faults(register, said)
    person = _person(work, register, office, said, faults)
    if register.due == NEEDED and due_on is None:
        faults["due_on"] = _("Enter the day by which it is done.")
    if faults:
        raise InvalidAnswers(faults)
    told = {one.code: said.get(one.code, "").strip() for one in register.columns}
    key = _one_of(work, register, told)
    if key is not None and _taken(work, register, office, key):
        raise Conflict(_("This office has such an entry. Write to that one."), register=register.code)
    ref = new_ref()
    made = RegisterEntry(
        ref=ref, register=register.code, detail=_detail(register, told), org_id=office.id, by_org_id=work.actor.org_id,
        person_id=person, one_of=key, said=work.home.vault.seal_json("register_entry.said", ref, told),
        due_on=None if register.due == NO_DUE else due_on, opened_by=work.actor.person(), opened_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    register_stages.plan(work, made)
    journal.record(work, "register.opened", ref, {"register": register.code, "office": office.ref})
    return made


def add(work: Work, entry: RegisterEntry, text: str, paper: StoredFile | None = None) -> RegisterLine:
    """Write to an entry. Raises NotPermitted, InvalidAnswers, Conflict: it is not open any more."""
    _must_write(work, entry)
    return _write(work, entry, NOTE, text, paper)


def finish(work: Work, entry: RegisterEntry, text: str, paper: StoredFile | None = None) -> None:
    """Say that it is done; the office it is about says so, with a paper where the register asks for one.

    Raises NotPermitted, Conflict; InvalidAnswers: no word, or no paper.
    """
    permissions.must(work.actor, "register.finish", relation_to(work, _office(work, entry)))
    _must_be_open(entry)
    if REGISTERS[entry.register].evidence and paper is None:
        raise InvalidAnswers({"paper": _("Add the paper that shows it.")})
    _end(work, entry, DONE, text, paper)


def drop(work: Work, entry: RegisterEntry, why: str) -> None:
    """Take an entry back that was a mistake; it stays on record. The office that opened it does so.

    Raises NotPermitted, Conflict, InvalidAnswers.
    """
    _must_be_opener(work, entry)
    _must_be_open(entry)
    _end(work, entry, DROPPED, why, None)
    entry.one_of = None
    work.session.flush()


def reopen(work: Work, entry: RegisterEntry, why: str, due_on: date | None = None) -> None:
    """Open an entry again that was not done after all, with another day. The office that opened it does so.

    Raises NotPermitted; Conflict: it is not done; InvalidAnswers.
    """
    _must_be_opener(work, entry)
    if entry.state != DONE:
        raise Conflict(_("Only what was done can be opened again."))
    if REGISTERS[entry.register].due == NEEDED and (due_on is None or due_on < work.today):
        raise InvalidAnswers({"due_on": _("Enter the day by which it is done; it cannot lie before today.")})
    _write(work, entry, REOPENED, why, None)
    entry.state, entry.ended_at = OPEN, None
    entry.due_on = due_on or entry.due_on
    work.session.flush()
    register_stages.plan(work, entry)


def relation_to(work: Work, office: Organisation) -> str:
    """How an office stands to the actor's: OWN, BELOW (its jurisdiction lies below, or it is of a lower level in the
    same one), ABOVE, or none of them."""
    if work.actor.org_id is None:
        return permissions.NONE
    if office.id == work.actor.org_id:
        return OWN
    own = work.session.get_one(Organisation, work.actor.org_id)
    chain = rules.current(work).policies.chain
    if _is_below(own, office) and own.jurisdiction in chain(office.jurisdiction):
        return BELOW
    if _is_below(office, own) and office.jurisdiction in chain(own.jurisdiction):
        return ABOVE
    return permissions.NONE


def may_end(work: Work, entry: RegisterEntry) -> bool:
    """Whether the actor may say that an open entry is done."""
    relation = relation_to(work, _office(work, entry))
    return entry.state == OPEN and permissions.may(work.actor, "register.finish", relation)


def is_opener(work: Work, entry: RegisterEntry) -> bool:
    """Whether the actor's office opened it and may drop it or open it again."""
    return entry.by_org_id == work.actor.org_id and permissions.may(work.actor, "register.open", permissions.OWN)


def may_write(work: Work, entry: RegisterEntry) -> bool:
    """Whether the actor may write to an entry."""
    mine = work.actor.org_id in (entry.org_id, entry.by_org_id)
    return entry.state == OPEN and mine and permissions.may(work.actor, "register.write")


def _is_below(upper: Organisation, lower: Organisation) -> bool:
    return LEVELS.index(lower.level) < LEVELS.index(upper.level)


def _faults(register: Register, said: Mapping[str, str]) -> dict[str, object]:
    faults: dict[str, object] = {}
    for one in register.columns:
        text = said.get(one.code, "").strip()
        if not text and one.needed:
            faults[one.code] = _("Fill this in.")
        elif text and (sentence := _fault(one, text)) is not None:
            faults[one.code] = sentence
    return faults


def _fault(column: Column, text: str) -> object | None:
    if len(text) > LONGEST:
        return _("At most %(most)s characters.", most=LONGEST)
    if column.kind == CHOICE and text not in column.choices:
        return _("Choose one of the list.")
    if column.kind == NUMBER and not _is_number(text):
        return _("Enter a figure, such as 120000 or 120000.50.")
    if column.kind == DAY and not _is_day(text):
        return _("Enter a day, such as 2026-06-01.")
    return None


def _is_number(text: str) -> bool:
    try:
        figure = Decimal(text)
    except InvalidOperation:
        return False
    return figure.is_finite() and 0 <= figure < Decimal(10) ** 14


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _person(
    work: Work, register: Register, office: Organisation, said: Mapping[str, str], faults: dict[str, object]
) -> int | None:
    column = next((one for one in register.columns if one.kind == PERSON), None)
    if column is None or column.code in faults:
        return None
    found = work.session.scalar(
        select(Account.id).where(
            Account.ref == said[column.code].strip(), Account.org_id == office.id, Account.state == ACTIVE
        )
    )
    if found is None:
        faults[column.code] = _("Choose somebody of this office.")
    return found


def _detail(register: Register, told: Mapping[str, str]) -> str | None:
    return next((told[one.code] for one in register.columns if one.kind == CHOICE), None)


def _one_of(work: Work, register: Register, told: Mapping[str, str]) -> str | None:
    if not register.keyed:
        return None
    key = json.dumps([told[one.code] for one in register.keyed], ensure_ascii=False)
    return work.home.vault.mac("register.one_of", key.encode()).hex()


def _taken(work: Work, register: Register, office: Organisation, key: str) -> bool:
    wanted = select(RegisterEntry.id).where(
        RegisterEntry.register == register.code, RegisterEntry.org_id == office.id, RegisterEntry.one_of == key
    )
    return work.session.scalar(wanted) is not None


def _office(work: Work, entry: RegisterEntry) -> Organisation:
    return work.session.get_one(Organisation, entry.org_id)


def _must_be_open(entry: RegisterEntry) -> None:
    if entry.state != OPEN:
        raise Conflict(_("This entry is closed."))


def _must_write(work: Work, entry: RegisterEntry) -> None:
    mine = work.actor.org_id in (entry.org_id, entry.by_org_id)
    permissions.must(work.actor, "register.write", permissions.OWN if mine else permissions.NONE)
    _must_be_open(entry)


def _must_be_opener(work: Work, entry: RegisterEntry) -> None:
    mine = entry.by_org_id == work.actor.org_id
    permissions.must(work.actor, "register.open", permissions.OWN if mine else permissions.NONE)


def _end(work: Work, entry: RegisterEntry, kind: str, text: str, paper: StoredFile | None) -> None:
    _write(work, entry, kind, text, paper)
    entry.state, entry.ended_at = kind, work.now
    work.session.flush()


def _write(work: Work, entry: RegisterEntry, kind: str, text: str, paper: StoredFile | None) -> RegisterLine:
    if not text.strip():
        raise InvalidAnswers({"text": _("Write what was done.")})
    if len(text) > LONGEST:
        raise InvalidAnswers({"text": _("At most %(most)s characters.", most=LONGEST)})
    ref = new_ref()
    made = RegisterLine(
        ref=ref, entry_id=entry.id, kind=kind, text=work.home.vault.seal("register_line.text", ref, text.strip()),
        file_id=paper.id if paper is not None else None, by=work.actor.person(), at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    journal.record(work, f"register.{kind.lower()}", entry.ref, {"register": entry.register})
    return made
