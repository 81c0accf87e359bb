"""Leaks of what is confidential (泄密事件, CK-31, DOC-22): who, what, how far, with what result, how dealt with.

Not the failed work of the engine, which the house calls incidents. A record is written at once, names accounts and
the rows of the journal that show the access (`breach_traces`), is reported by a letter, and is closed by somebody it
does not suspect once those rows stand with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    exists,
    func,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain import issued, journal, numbers, rules
from domain.base import Base, BigKey, Code, Key, Label, Ref, Sealed, new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.issued import Given
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.policy_keys import policy_key
from domain.text import gettext as _
from domain.work import Work
from domain.workdays import Term, last_day

GRADES = NONE, MINOR, SERIOUS = ("NONE", "MINOR", "SERIOUS")
PARTS = SUSPECT, WITNESS = ("SUSPECT", "WITNESS")
OPEN, REPORTED, CLOSED = "OPEN", "REPORTED", "CLOSED"
REPORT_WITHIN = policy_key("breach_report_term")
LONGEST = 4000
LETTER = "DOC-22"
SYSTEM = "system"  # the kind of office that looks after the whole house


class Breach(Base):
    """One leak. what, reach, result and handling are sealed texts; persons: how many people it concerns, if known."""

    __tablename__ = "breach"
    __table_args__ = (
        CheckConstraint("grade IN ('NONE','MINOR','SERIOUS')", name="grade"),
        CheckConstraint("state IN ('OPEN','REPORTED','CLOSED')", name="state"),
        CheckConstraint("persons IS NULL OR persons >= 0", name="persons"),
        CheckConstraint("happened_on IS NULL OR happened_on <= found_on", name="found_after"),
        CheckConstraint(
            "state = 'OPEN' OR (reported_to IS NOT NULL AND reported_by IS NOT NULL AND reported_at IS NOT NULL"
            " AND canonical IS NOT NULL AND digest IS NOT NULL)",
            name="reported_in_writing",
        ),
        CheckConstraint(
            "state <> 'CLOSED' OR (handling IS NOT NULL AND closed_by IS NOT NULL AND closed_at IS NOT NULL)",
            name="dealt_with",
        ),
        Index("ix_breach_state", "state", "id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    found_on: Mapped[date]
    happened_on: Mapped[date | None]
    report_by: Mapped[date]
    grade: Mapped[str] = mapped_column(String(8))
    persons: Mapped[int | None]
    what: Mapped[Sealed]
    reach: Mapped[Sealed]
    result: Mapped[Sealed]
    handling: Mapped[Sealed | None]
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    recorded_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    recorded_at: Mapped[datetime]
    reported_to: Mapped[Label | None]
    reported_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    reported_at: Mapped[datetime | None]
    canonical: Mapped[Sealed | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    closed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]


class BreachAccount(Base):
    """An account that a leak speaks of: suspected of it, or a witness."""

    __tablename__ = "breach_account"
    __table_args__ = (
        UniqueConstraint("breach_id", "account_id"),
        CheckConstraint("part IN ('SUSPECT','WITNESS')", name="part"),
    )

    id: Mapped[Key]
    breach_id: Mapped[int] = mapped_column(BigKey, ForeignKey("breach.id"))
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    part: Mapped[Code]


class BreachEntry(Base):
    """A row of the journal that shows an access."""

    __tablename__ = "breach_entry"
    __table_args__ = (UniqueConstraint("breach_id", "entry_id"),)

    id: Mapped[Key]
    breach_id: Mapped[int] = mapped_column(BigKey, ForeignKey("breach.id"))
    entry_id: Mapped[int] = mapped_column(BigKey, ForeignKey("journal_entry.id"))
    linked_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    linked_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Said:
    """A leak as it is entered. happened_on, persons: None while nobody knows."""

    found_on: date | None
    happened_on: date | None
    grade: str
    persons: int | None
    what: str = field(repr=False)
    reach: str = field(repr=False)
    result: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Story:
    """The words of a record (S3)."""

    what: str = field(repr=False)
    reach: str = field(repr=False)
    result: str = field(repr=False)
    handling: str = field(repr=False)


def record(work: Work, said: Said) -> Breach:
    """Write a leak down; by when it is reported follows from the policy. Raises NotPermitted, InvalidAnswers."""
    permissions.must(work.actor, "breach.record")
    faults = _faults(work, said)
    if faults or said.found_on is None or work.actor.org_id is None:
        raise InvalidAnswers(faults)
    ref, vault, office = new_ref(), work.home.vault, work.actor.org_id
    value = numbers.take(work, office, "breach")
    made = Breach(
        ref=ref,
        number=numbers.document_number(_mark(work, office), work.today.year, value),
        org_id=office,
        found_on=said.found_on,
        happened_on=said.happened_on,
        report_by=_report_by(work, office, said.found_on),
        grade=said.grade,
        persons=said.persons,
        what=vault.seal("breach.what", ref, plain(said.what)),
        reach=vault.seal("breach.reach", ref, plain(said.reach)),
        result=vault.seal("breach.result", ref, plain(said.result)),
        state=OPEN,
        recorded_by=work.actor.person(),
        recorded_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    journal.record(work, "breach.recorded", ref, {"grade": said.grade})
    return made


def name(work: Work, breach: Breach, login: str, part: str) -> None:
    """Say which account a leak speaks of. Uses uq_account_login.

    Raises NotPermitted; InvalidAnswers: no such login or part, or named before; Conflict: closed.
    """
    permissions.must(work.actor, "breach.record")
    must_be_open(breach)
    if part not in PARTS:
        raise InvalidAnswers({"part": _("Choose what the account has to do with it.")})
    account = work.session.scalars(select(Account).where(Account.login == login.strip().lower())).first()
    if account is None:
        raise InvalidAnswers({"login": _("There is no account with this login.")})
    same = (BreachAccount.breach_id == breach.id, BreachAccount.account_id == account.id)
    if work.session.scalar(select(BreachAccount.id).where(*same)) is not None:
        raise InvalidAnswers({"login": _("This account is named already.")})
    work.session.add(BreachAccount(breach_id=breach.id, account_id=account.id, part=part))
    work.session.flush()
    journal.record(work, "breach.account_named", breach.ref, {"account": account.ref, "part": part})


def report(work: Work, breach: Breach, to: str, canonical: bytes, digest: str) -> None:
    """Report a leak in writing (DOC-22): the letter's data are fixed. Raises NotPermitted, InvalidAnswers, Conflict."""
    permissions.must(work.actor, "breach.report")
    if breach.state != OPEN:
        raise Conflict(_("This leak was reported already."), clause="CK-31")
    if not to.strip() or len(to) > 255:
        raise InvalidAnswers({"to": _("Enter the office it is reported to.")})
    breach.reported_to, breach.reported_by, breach.reported_at = to.strip(), work.actor.person(), work.now
    breach.canonical = work.home.vault.seal("breach.canonical", breach.ref, canonical)
    breach.digest, breach.state = digest, REPORTED
    work.session.flush()
    issued.issue(work, Given(LETTER, breach.number, breach.org_id, breach.ref, digest, signed=("breach", breach.id)))
    journal.record(work, "breach.reported", breach.ref, {"digest": digest})


def letter(work: Work, breach: Breach) -> bytes:
    """The data of the letter (S3), for a copy that is taken. Raises NotPermitted; Conflict before it is reported."""
    permissions.must(work.actor, "breach.report")
    if breach.canonical is None:
        raise Conflict(_("This leak was not reported yet; there is no letter."))
    journal.record(work, "breach.letter_taken", breach.ref)
    return work.home.vault.open_bytes("breach.canonical", breach.ref, breach.canonical)


def close(work: Work, breach: Breach, handling: str) -> None:
    """Say how it was dealt with and close it.

    Raises NotPermitted; InvalidAnswers: no words; Conflict: not reported yet, closed before, no row of the journal is
    linked, or the actor is suspected.
    """
    permissions.must(work.actor, "breach.report")
    if breach.state != REPORTED:
        raise Conflict(_("A leak is closed once it was reported, and once."), clause="CK-31")
    if not handling.strip() or len(handling) > LONGEST:
        raise InvalidAnswers({"handling": _("Say how it was dealt with and what follows for whom.")})
    if not count_linked(work, breach):
        raise Conflict(_("Link the rows of the journal that show the access first."), clause="CK-31")
    own = (BreachAccount.account_id == work.actor.person(), BreachAccount.part == SUSPECT)
    if work.session.scalar(select(exists().where(BreachAccount.breach_id == breach.id, *own))):
        raise Conflict(_("Whoever is suspected does not close the record; another auditor does."), clause="CK-31")
    breach.handling = work.home.vault.seal("breach.handling", breach.ref, plain(handling))
    breach.closed_by, breach.closed_at, breach.state = work.actor.person(), work.now, CLOSED
    work.session.flush()
    journal.record(work, "breach.closed", breach.ref)


def by_ref(work: Work, ref: str, *, hold: bool = False) -> Breach:
    """The record with this reference; hold: locked until the work ends. Uses uq_breach_ref.

    Raises NotPermitted; NotFound also for a record that is not the actor's to see.
    """
    permissions.must(work.actor, "breach.read")
    wanted = select(Breach).where(Breach.ref == ref, _scope(work))
    if hold:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = work.session.scalars(wanted).first()
    if found is None:
        raise NotFound(_("There is no such record."))
    return found


def listed(work: Work, state: str = "", *, after: str = "", most: int) -> list[Breach]:
    """Records the actor may see, the newest first; state: only these; after: ref of the one before them.

    One statement; uses ix_breach_state, the key itself without a state, and uq_breach_ref.
    """
    permissions.must(work.actor, "breach.read")
    wanted = select(Breach).where(_scope(work)).order_by(Breach.id.desc()).limit(most)
    if state:
        wanted = wanted.where(Breach.state == state)
    if after:
        wanted = wanted.where(Breach.id < select(Breach.id).where(Breach.ref == after).scalar_subquery())
    return list(work.session.scalars(wanted))


def story(work: Work, breach: Breach) -> Story:
    """The words of a record (S3); the caller permits."""
    vault, ref = work.home.vault, breach.ref
    handling = "" if breach.handling is None else vault.open("breach.handling", ref, breach.handling)
    return Story(
        vault.open("breach.what", ref, breach.what),
        vault.open("breach.reach", ref, breach.reach),
        vault.open("breach.result", ref, breach.result),
        handling,
    )


def accounts(work: Work, breach: Breach) -> list[tuple[Account, Organisation, str]]:
    """The accounts it speaks of, each with its office and its part. Uses uq_breach_account_breach_id_account_id."""
    wanted = (
        select(Account, Organisation, BreachAccount.part)
        .join(BreachAccount, BreachAccount.account_id == Account.id)
        .join(Organisation, Organisation.id == Account.org_id)
        .where(BreachAccount.breach_id == breach.id)
        .order_by(BreachAccount.id)
    )
    return [(account, office, part) for account, office, part in work.session.execute(wanted)]


def count_linked(work: Work, breach: Breach) -> int:
    """How many rows are linked."""
    wanted = select(func.count()).select_from(BreachEntry).where(BreachEntry.breach_id == breach.id)
    return work.session.scalar(wanted) or 0


def plain(text: str) -> str:
    """A text as it is kept and printed: its lines end as lines do here, whatever a browser sends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()


def must_be_open(breach: Breach) -> None:
    """Raises Conflict when the record is closed."""
    if breach.state == CLOSED:
        raise Conflict(_("This record is closed; nothing is added to it."), clause="CK-31")


def _scope(work: Work) -> ColumnElement[bool]:
    """Which records somebody sees: those that follow leaks up their office's, of the system's office all; others what
    they wrote down themselves.
    """
    actor = work.actor
    if not permissions.may(actor, "breach.report"):
        return Breach.recorded_by == actor.user_id
    return true() if actor.org_kind == SYSTEM else Breach.org_id == actor.org_id


def _report_by(work: Work, office: int, found: date) -> date:
    """The last day to report it in time; of a home whose rules set no term, the day it was found: at once."""
    try:
        term = rules.value(work, office, REPORT_WITHIN.name)
    except NotFound:
        return found
    return last_day(found, term, rules.current(work).calendar).day if isinstance(term, Term) else found


def _mark(work: Work, office: int) -> str:
    return f"{work.session.get_one(Organisation, office).mark}泄"


def _faults(work: Work, said: Said) -> dict[str, object]:
    faults: dict[str, object] = {}
    if said.found_on is None or said.found_on > work.today:
        faults["found_on"] = _("Enter the day on which it was found; it cannot lie ahead.")
    elif said.happened_on is not None and said.happened_on > said.found_on:
        faults["happened_on"] = _("It cannot have happened after it was found.")
    if said.grade not in GRADES:
        faults["grade"] = _("Choose how serious the result is.")
    if said.persons is not None and said.persons < 0:
        faults["persons"] = _("Enter how many people it concerns, or leave it empty.")
    for name_, text in (("what", said.what), ("reach", said.reach), ("result", said.result)):
        if not text.strip() or len(text) > LONGEST:
            faults[name_] = _("Write between 1 and %(most)s characters.", most=LONGEST)
    return faults
