"""The whitelist as pages show it: the department's entries, and what was let pass in a case (NM-13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select

from domain.cases import Case
from domain.files import StoredFile
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.households import Household, Person
from domain.verification.doubts import Doubt
from domain.verification.recipient_rows import RecipientDoubt, RecipientPass
from domain.verification.whitelist import APPROVED, WhitelistEntry, WhitelistPass
from domain.work import Work


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as pages show it. person: ref; sentence, reason, note: S3; mine: the reader proposed it.

    case, recipient: ref of the case, or of the doubt about a recipient, it rests on, the other one ""; number: of the
    case, or of the household.
    """

    ref: str
    state: str
    category: str
    person: str
    case: str
    recipient: str
    number: str
    code: str
    sentence: str = field(repr=False)
    reason: str = field(repr=False)
    note: str = field(repr=False)
    evidence: StoredFile
    valid_until: date
    expired: bool
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    ended_by: str
    ended_at: datetime | None
    passes: int
    mine: bool


@dataclass(frozen=True, slots=True)
class PassView:
    """What was let pass in a case: code of the doubt that was not raised, and the entry that did it."""

    person: str
    category: str
    code: str
    entry: str
    valid_until: date
    passed_at: datetime


def listed(work: Work, *states: str, after: str = "", most: int = 50) -> list[EntryView]:
    """Entries of the reader's own department, newest first. Uses ix_whitelist_entry_department_state.

    after: ref of the last one seen. Two statements, whatever their number.
    """
    if not permissions.may(work.actor, "whitelist.read", permissions.DEPARTMENT):
        return []
    wanted = select(WhitelistEntry.id).where(WhitelistEntry.department_id == work.actor.org_id)
    if states:
        wanted = wanted.where(WhitelistEntry.state.in_(states))
    if after:
        seen = select(WhitelistEntry.id).where(WhitelistEntry.ref == after).scalar_subquery()
        wanted = wanted.where(WhitelistEntry.id < seen)
    keys = list(work.session.scalars(wanted.order_by(WhitelistEntry.id.desc()).limit(most)))
    return views(work, keys)


def views(work: Work, keys: Iterable[int]) -> list[EntryView]:
    """Entries by their keys, newest first; the caller permits. One statement."""
    people = {name: Account.__table__.alias(name) for name in ("proposer", "decider", "ender")}
    in_cases = select(func.count()).where(WhitelistPass.entry_id == WhitelistEntry.id).scalar_subquery()
    of_recipients = select(func.count()).where(RecipientPass.entry_id == WhitelistEntry.id).scalar_subquery()
    wanted = (
        select(
            WhitelistEntry, Doubt, Case, RecipientDoubt, Household.number, Person.ref, StoredFile,
            people["proposer"].c.name, people["decider"].c.name, people["ender"].c.name, in_cases + of_recipients,
        )
        .outerjoin(Doubt, Doubt.id == WhitelistEntry.doubt_id)
        .outerjoin(Case, Case.id == WhitelistEntry.case_id)
        .outerjoin(RecipientDoubt, RecipientDoubt.id == WhitelistEntry.recipient_doubt_id)
        .join(Person, Person.id == WhitelistEntry.person_id)
        .join(Household, Household.id == Person.household_id)
        .join(StoredFile, StoredFile.id == WhitelistEntry.evidence_id)
        .join(people["proposer"], people["proposer"].c.id == WhitelistEntry.proposed_by)
        .outerjoin(people["decider"], people["decider"].c.id == WhitelistEntry.decided_by)
        .outerjoin(people["ender"], people["ender"].c.id == WhitelistEntry.ended_by)
        .where(WhitelistEntry.id.in_(list(keys)))
        .order_by(WhitelistEntry.id.desc())
    )  # fmt: skip
    return [_view(work, *row) for row in work.session.execute(wanted)]


def passes_of(work: Work, case: Case) -> list[PassView]:
    """What was let pass in a case; the caller permits.

    Uses uq_whitelist_pass_case_id_round_person_id_code_result_id.
    """
    wanted = (
        select(WhitelistPass, Person.ref, WhitelistEntry.ref, WhitelistEntry.valid_until)
        .join(WhitelistEntry, WhitelistEntry.id == WhitelistPass.entry_id)
        .join(Person, Person.id == WhitelistPass.person_id)
        .where(WhitelistPass.case_id == case.id)
        .order_by(WhitelistPass.round, WhitelistPass.id)
    )
    return [
        PassView(person, one.category, one.code, entry, until, one.passed_at)
        for one, person, entry, until in work.session.execute(wanted)
    ]


def _view(
    work: Work, entry: WhitelistEntry, doubt: Doubt | None, case: Case | None, recipient: RecipientDoubt | None,
    household: str, person: str, evidence: StoredFile, proposer: str, decider: str | None, ender: str | None,
    passes: int,
) -> EntryView:  # fmt: skip
    vault = work.home.vault
    code, sentence = _told(work, doubt, recipient)
    return EntryView(
        entry.ref, entry.state, entry.category, person, case.ref if case is not None else "",
        recipient.ref if recipient is not None else "", case.number if case is not None else household, code, sentence,
        vault.open("whitelist_entry.reason", entry.ref, entry.reason),
        vault.open("whitelist_entry.note", entry.ref, entry.note) if entry.note is not None else "",
        evidence, entry.valid_until, entry.state == APPROVED and entry.valid_until < work.today,
        proposer, entry.proposed_at, decider or "", entry.decided_at, ender or "", entry.ended_at, passes,
        entry.proposed_by == work.actor.user_id,
    )  # fmt: skip


def _told(work: Work, doubt: Doubt | None, recipient: RecipientDoubt | None) -> tuple[str, str]:
    """Code and sentence (S3) of the doubt an entry rests on."""
    if doubt is not None:
        return doubt.code, work.home.vault.open("doubt.sentence", doubt.ref, doubt.sentence)
    if recipient is not None:
        said = work.home.vault.open("recipient_doubt.sentence", recipient.ref, recipient.sentence)
        return recipient.code, said
    raise ValueError("an entry of the whitelist rests on a doubt")
