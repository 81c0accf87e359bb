"""The rows of the journal that show an access, found and linked to the record of a leak (CK-31).

A row is named by its own seal: the key of the table never leaves the server, and a row that came meanwhile cannot be
taken for another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, func, or_, select, union

from domain import journal
from domain.cases import Case
from domain.errors import InvalidAnswers
from domain.journal import JournalEntry, JournalStream
from domain.oversight.breaches import Breach, BreachEntry, must_be_open
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.verification.reports import Report
from domain.work import Work

MOST = 50


@dataclass(frozen=True, slots=True)
class Trace:
    """A row of the journal: when, what, by whom (name of an account, else what the system calls itself), its request.

    at: legal time, as the pages of cases tell it. key: what a page names it by. stream: (kind, subject) of its chain,
    a case's for instance. step: of the case, or "".
    """

    id: int
    key: str
    at: datetime
    event: str
    by: str
    login: str
    request: str
    stream: tuple[str, str]
    step: str


def traces(work: Work, words: str, *, before: str = "", most: int = MOST) -> list[Trace]:
    """The newest rows about a case or report (by its number), an account (by its login) or a thing (by its reference).

    before: key of a row; only older ones are given. Raises NotPermitted; InvalidAnswers: nothing is called so. Uses
    uq_cases_number, uq_report_number, uq_account_login, uq_journal_stream_kind_subject,
    uq_journal_entry_stream_id_seq, ix_journal_entry_subject and ix_journal_entry_actor.
    """
    permissions.must(work.actor, "journal.read")
    which = _about(work, words.strip())
    older: Sequence[ColumnElement[bool]] = ()
    if before:
        last = select(JournalEntry.id).where(or_(*which), JournalEntry.mac.in_(_macs([before]))).scalar_subquery()
        older = (JournalEntry.id < last,)
    found = _traces(work, JournalEntry.id.in_(_newest(which, older, most)), most)
    if not found and not before:
        raise InvalidAnswers({"about": _("The journal knows no case, report, account or reference of this name.")})
    return found


def link(work: Work, breach: Breach, words: str, keys: Collection[str]) -> int:
    """Link rows that stand under these words, named by key; those linked before stay. How many were new.

    Raises NotPermitted; InvalidAnswers: none is chosen, or one that does not stand there; Conflict: closed.
    """
    permissions.must(work.actor, "breach.report")
    permissions.must(work.actor, "journal.read")
    must_be_open(breach)
    macs = _macs(keys)
    wanted = select(JournalEntry.id).where(or_(*_about(work, words.strip())), JournalEntry.mac.in_(macs))
    chosen = set(work.session.scalars(wanted)) if macs else set()
    if not chosen or len(chosen) != len(set(keys)):
        raise InvalidAnswers({"rows": _("Choose the rows that show the access.")})
    new = chosen - set(work.session.scalars(select(BreachEntry.entry_id).where(BreachEntry.breach_id == breach.id)))
    work.session.add_all(
        BreachEntry(breach_id=breach.id, entry_id=one, linked_by=work.actor.person(), linked_at=work.now)
        for one in sorted(new)
    )
    work.session.flush()
    if new:
        journal.record(work, "breach.rows_linked", breach.ref, {"rows": len(new)})
    return len(new)


def linked(work: Work, breach: Breach, *, most: int = MOST) -> list[Trace]:
    """The newest of the linked rows; the caller permits. Uses uq_breach_entry_breach_id_entry_id."""
    mine = select(BreachEntry.entry_id).where(BreachEntry.breach_id == breach.id)
    return _traces(work, JournalEntry.id.in_(mine), most)


def _traces(work: Work, which: ColumnElement[bool], most: int) -> list[Trace]:
    wanted = (
        select(JournalEntry, JournalStream.kind, JournalStream.subject, Account.name, Account.login)
        .join(JournalStream, JournalStream.id == JournalEntry.stream_id)
        .outerjoin(Account, Account.ref == JournalEntry.actor)
        .where(which)
        .order_by(JournalEntry.id.desc())
        .limit(most)
    )
    return [
        Trace(
            one.id, one.mac.hex(), one.legal_at, one.event, name or one.actor, login or "", one.request_id,
            (kind, subject), str(one.body.get("step", "")),
        )
        for one, kind, subject, name, login in work.session.execute(wanted)
    ]  # fmt: skip


def _about(work: Work, words: str) -> Sequence[ColumnElement[bool]]:
    """Which rows speak of this, a condition an index: all of a case's chain; an account's chain, what was done to it
    and what it did; a thing's own."""
    case = work.session.scalar(select(Case.ref).where(Case.number == words)) or work.session.scalar(
        select(Case.ref).join(Report, Report.case_id == Case.id).where(Report.number == words)
    )
    if case:
        return (JournalEntry.stream_id == _stream("case", case),)
    account = work.session.scalar(select(Account.ref).where(Account.login == words.lower()))
    if account:
        chain = JournalEntry.stream_id == _stream("account", account)
        return (chain, JournalEntry.subject == account, JournalEntry.actor == account)
    return (JournalEntry.subject == words,)


def _newest(
    which: Sequence[ColumnElement[bool]], more: Sequence[ColumnElement[bool]], most: int
) -> CompoundSelect[tuple[int]]:
    """Keys among which the newest `most` rows are: each condition's own newest, so that each is read off its index in
    order, however many rows an account has left in years."""
    each = [
        select(JournalEntry.id).where(one, *more).order_by(JournalEntry.id.desc()).limit(most).subquery()
        for one in which
    ]
    return union(*(select(one.c.id) for one in each))


def _stream(kind: str, subject: str) -> ColumnElement[int]:
    # the key is not null, which a subquery's type cannot say
    found: ColumnElement[int] = func.coalesce(
        select(JournalStream.id).where(JournalStream.kind == kind, JournalStream.subject == subject).scalar_subquery(),
        0,
    )
    return found


def _macs(keys: Collection[str]) -> list[bytes]:
    """The seals that these keys name; what is no key names none."""
    return [bytes.fromhex(one) for one in keys if len(one) == 64 and set(one) <= set("0123456789abcdef")]
