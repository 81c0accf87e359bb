"""The whitelist: one record of one source about one person, found to be wrong or explained, is not told again (NM-13).

An entry names the *content* of a record by a keyed fingerprint of its facts, never a person: what changed comes again.
It rests on a doubt that somebody verified, on evidence, and on another person's approval, and it ends on a day. What
it lets pass is kept as a row and in the journal, and shown with the case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.policy_keys.sources import WHITELIST_TERM
from domain.text import gettext as _
from domain.verification import doubts, measures, results
from domain.verification.doubt_facts import About
from domain.verification.doubts import Doubt, Raised
from domain.verification.queries import ResultRow
from domain.work import Work
from domain.workdays import add_months

PROPOSED, APPROVED, REFUSED, ENDED = STATES = ("PROPOSED", "APPROVED", "REFUSED", "ENDED")
FORM = "fp1:"  # how a fingerprint is made; another way of making it gets another name
_FRACTION = re.compile(r"-?[0-9]+\.[0-9]+")  # 1000.0 and 1000.00 are one amount; an account number keeps its zeros
_STANDING = text("state IN ('PROPOSED','APPROVED')")


class WhitelistEntry(Base):
    """A record that is let pass until a day. fingerprint: "fp1:" and 64 hex characters over its facts (keyed).

    It rests on a doubt of a case or on one about a recipient, never on both. decided_by: who approved or refused,
    never who proposed. evidence: the paper that shows the source is wrong.
    """

    __tablename__ = "whitelist_entry"
    __table_args__ = (
        # one that stands a record; also what a case's persons are looked up by
        Index(
            "uq_whitelist_entry_record", "person_id", "category", "fingerprint", unique=True,
            sqlite_where=_STANDING, postgresql_where=_STANDING,
        ),
        Index("ix_whitelist_entry_department_state", "department_id", "state", "id"),
        Index("ix_whitelist_entry_person_id", "person_id", "category", "fingerprint"),  # also of those that ended
        CheckConstraint(
            "(doubt_id IS NULL) <> (recipient_doubt_id IS NULL) AND (doubt_id IS NULL) = (case_id IS NULL)",
            name="origin",
        ),
        CheckConstraint("state IN ('PROPOSED','APPROVED','REFUSED','ENDED')", name="state"),
        CheckConstraint("substr(fingerprint, 1, 4) = 'fp1:' AND length(fingerprint) = 68", name="record"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="eyes"),
        CheckConstraint("state = 'PROPOSED' OR decided_by IS NOT NULL", name="decided"),
        CheckConstraint("state <> 'ENDED' OR ended_at IS NOT NULL", name="ended"),
    )  # fmt: skip

    id: Mapped[Key]
    ref: Mapped[Ref]
    department_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"))
    doubt_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("doubt.id"))
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    fingerprint: Mapped[str] = mapped_column(String(80))
    reason: Mapped[Sealed]
    evidence_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    valid_until: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default=PROPOSED)
    proposed_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
    note: Mapped[Sealed | None]  # why it was refused or ended
    recipient_doubt_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("recipient_doubt.id"))


class WhitelistPass(Base):
    """A doubt that was not raised because an entry let its record pass. rule: as of a doubt (no values)."""

    __tablename__ = "whitelist_pass"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "person_id", "code", "result_id"),
        Index("ix_whitelist_pass_entry_id", "entry_id"),
    )

    id: Mapped[Key]
    entry_id: Mapped[int] = mapped_column(BigKey, ForeignKey("whitelist_entry.id"))
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    round: Mapped[int]
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    code: Mapped[Code]
    result_id: Mapped[int] = mapped_column(BigKey, ForeignKey("result_row.id"))
    rule: Mapped[dict[str, Any]]
    passed_at: Mapped[datetime]


def fingerprint(work: Work, category: str, value: Mapping[str, Any]) -> str:
    """Of a record's facts, "fp1:" and 64 hex characters; keyed, because whoever guesses a record could confirm the
    guess by a bare digest. value: of a result row, {"values": {field: text}, "role": …}."""
    return FORM + work.home.vault.mac("whitelist.fp1", record_of(category, value).encode()).hex()


def record_of(category: str, value: Mapping[str, Any]) -> str:
    """What makes a record this one (S3): every field but those that only say when somebody looked.

    Texts count without blanks and in one form, amounts by what they are worth; fields in the order of their names.
    """
    moments = measures.measure_of(category).moments
    facts = {name: _canonical(said) for name, said in value.get("values", {}).items() if name not in moments}
    lines = [category, _canonical(str(value.get("role", "")))]
    lines += [f"{name}={said}" for name, said in sorted(facts.items()) if said]
    return "\x1f".join(lines)


def propose(
    work: Work, doubt: Doubt, *, reason: str, evidence: StoredFile | None, valid_until: date | None
) -> WhitelistEntry:
    """Propose that the record behind a verified doubt be let pass.

    Raises:
        NotPermitted: not the department of the case.
        InvalidAnswers: reason, evidence, valid_until (in the past, or longer than `whitelist_term`).
        Conflict: the doubt rests on no record, was not verified or found true, or the record stands here already.
    """
    case = work.session.get_one(Case, doubt.case_id)
    permissions.must(work.actor, "whitelist.propose", permissions.relation_to_case(work.actor, case))
    row = work.session.get(ResultRow, doubt.result_id) if doubt.result_id is not None else None
    if row is None:
        raise Conflict(_("This doubt rests on no single record, so there is none to let pass."), clause="NM-13")
    print_ = fingerprint(work, row.category, results.value_of(work, row))
    made = WhitelistEntry(
        department_id=case.department_id, case_id=case.id, doubt_id=doubt.id, person_id=doubt.person_id,
        category=row.category, fingerprint=print_, proposed_by=work.actor.user_id, proposed_at=work.now,
    )  # fmt: skip
    return put_forward(work, made, doubt.finding, reason=reason, evidence=evidence, valid_until=valid_until)


def put_forward(
    work: Work, made: WhitelistEntry, finding: str | None, *, reason: str, evidence: StoredFile | None,
    valid_until: date | None,
) -> WhitelistEntry:  # fmt: skip
    """Keep a proposal that names its record, its doubt and who proposes; the caller permits. finding: of that doubt.

    Raises InvalidAnswers, Conflict as `propose`.
    """
    if finding in (None, "TRUE"):
        raise Conflict(
            _("Only a record that was verified and found wrong or explained is let pass. Verify the doubt first."),
            clause="NM-13",
        )
    faults = _faults(work, made.department_id, reason, evidence, valid_until)
    if faults or evidence is None or valid_until is None:
        raise InvalidAnswers(faults)
    _make_room(work, made)
    made.ref, made.evidence_id, made.valid_until = new_ref(), evidence.id, valid_until
    made.reason = work.home.vault.seal("whitelist_entry.reason", made.ref, reason.strip())
    work.session.add(made)
    work.session.flush()
    _told(work, made, "whitelist.proposed", {"category": made.category, "until": valid_until.isoformat()})
    return made


def _make_room(work: Work, made: WhitelistEntry) -> None:
    """Raise Conflict while another entry of the record stands; one whose last day has passed ends."""
    standing = _held(work, made.person_id, made.category, made.fingerprint)
    if standing is None:
        return
    if standing.state != APPROVED or standing.valid_until >= work.today:
        raise Conflict(_("This record is on the whitelist already, or proposed for it."), clause="NM-13")
    standing.state, standing.ended_by, standing.ended_at = ENDED, work.actor.user_id, work.now
    work.session.flush()
    _told(work, standing, "whitelist.ended")


def approve(work: Work, entry: WhitelistEntry) -> None:
    """Let the record pass from now on. Raises NotPermitted, Conflict: by who proposed it, decided, or past its day."""
    _decide(work, entry)
    if entry.valid_until < work.today:
        raise Conflict(_("Its last day has passed. Refuse it, and have it proposed anew."), clause="NM-13")
    entry.state = APPROVED
    work.session.flush()
    _told(work, entry, "whitelist.approved")


def refuse(work: Work, entry: WhitelistEntry, why: str) -> None:
    """Decline a proposal. Raises NotPermitted, Conflict as `approve`, InvalidAnswers: why."""
    said = _why(why)
    _decide(work, entry)
    entry.state = REFUSED
    entry.note = work.home.vault.seal("whitelist_entry.note", entry.ref, said)
    work.session.flush()
    _told(work, entry, "whitelist.refused")


def end(work: Work, entry: WhitelistEntry, why: str) -> None:
    """The record is told again from now on. Raises NotPermitted, Conflict: it does not stand; InvalidAnswers: why."""
    permissions.must(work.actor, "whitelist.decide", relation_of(work, entry))
    said = _why(why)
    if entry.state != APPROVED:
        raise Conflict(_("Only an entry that was approved can be ended."), entry=entry.ref)
    entry.state, entry.ended_by, entry.ended_at = ENDED, work.actor.user_id, work.now
    entry.note = work.home.vault.seal("whitelist_entry.note", entry.ref, said)
    work.session.flush()
    _told(work, entry, "whitelist.ended")


def whitelisted(work: Work, person_id: int, category: str, print_: str, on: date) -> WhitelistEntry | None:
    """The approved entry that lets this record pass on a day. Uses uq_whitelist_entry_record."""
    found = _held(work, person_id, category, print_)
    return found if found is not None and found.state == APPROVED and found.valid_until >= on else None


def consider(work: Work, case: Case, about: About, raised: Raised) -> Doubt | None:
    """Keep what a rule said of a fact, unless every record behind it is let pass: then that is kept, and None given.

    A sum of which one record is not on the list is a doubt as before.
    """
    entry = _letting_pass(work, about)
    if entry is None:
        return doubts.raise_doubt(work, case, about, raised)[0]
    at = doubts.round_of(work, about)
    key = (WhitelistPass.case_id == case.id, WhitelistPass.round == at, WhitelistPass.person_id == about.person_id,
           WhitelistPass.code == raised.code, WhitelistPass.result_id == about.result_id)  # fmt: skip
    if work.session.scalar(select(WhitelistPass.id).where(*key)) is None:
        work.session.add(
            WhitelistPass(
                entry_id=entry.id, case_id=case.id, round=at, person_id=about.person_id, category=about.category,
                code=raised.code, result_id=about.result_id, rule=dict(raised.rule), passed_at=work.now,
            )
        )  # fmt: skip
        work.session.flush()
        journal.of_case(work, case.ref, "doubt.let_pass", entry.ref, {"code": raised.code, "category": about.category})
    return None


def by_ref(work: Work, ref: str) -> WhitelistEntry:
    """An entry of the reader's own department; others do not exist for them. Raises NotFound."""
    wanted = select(WhitelistEntry).where(WhitelistEntry.ref == ref, WhitelistEntry.department_id == work.actor.org_id)
    found = work.session.scalars(wanted).first()
    if found is None or not permissions.may(work.actor, "whitelist.read", relation_of(work, found)):
        raise NotFound(_("There is no such entry on the whitelist."))
    return found


def longest(work: Work, department_id: int) -> date:
    """The last day an entry of a department made today may have, by the policy `whitelist_term`."""
    term = rules.value(work, department_id, WHITELIST_TERM.name)
    if term.unit == "month":
        return add_months(work.today, term.length)
    return work.today + timedelta(days=term.length)


def _faults(
    work: Work, department_id: int, reason: str, evidence: StoredFile | None, until: date | None
) -> dict[str, object]:
    faults: dict[str, object] = {}
    if not reason.strip():
        faults["reason"] = _("Say why the record is wrong, or what explains it.")
    if evidence is None:
        faults["evidence"] = _("Nothing is let pass without evidence. Add the paper that shows it.")
    last = longest(work, department_id)
    if until is None or until < work.today:
        faults["valid_until"] = _("Enter the last day, today or later.")
    elif until > last:
        faults["valid_until"] = _("An entry ends on %(day)s at the latest.", day=last.isoformat())
    return faults


def _why(why: str) -> str:
    if not why.strip():
        raise InvalidAnswers({"note": _("Say why.")})
    return why.strip()


def _decide(work: Work, entry: WhitelistEntry) -> None:
    permissions.must(work.actor, "whitelist.decide", relation_of(work, entry))
    if entry.proposed_by == work.actor.user_id:
        raise Conflict(_("Another person decides on what you proposed."), clause="NM-13", entry=entry.ref)
    if entry.state != PROPOSED:
        raise Conflict(_("This proposal was decided already."), entry=entry.ref)
    entry.decided_by, entry.decided_at = work.actor.user_id, work.now


def relation_of(work: Work, entry: WhitelistEntry) -> str:
    """What binds the actor to an entry."""
    return permissions.DEPARTMENT if entry.department_id == work.actor.org_id else permissions.NONE


def _held(work: Work, person_id: int, category: str, print_: str) -> WhitelistEntry | None:
    return work.session.scalars(
        select(WhitelistEntry).where(
            WhitelistEntry.person_id == person_id,
            WhitelistEntry.category == category,
            WhitelistEntry.fingerprint == print_,
            WhitelistEntry.state.in_((PROPOSED, APPROVED)),
        )
    ).first()


def _letting_pass(work: Work, about: About) -> WhitelistEntry | None:
    """The entry of the weightiest record, when every record behind the fact is let pass."""
    if about.result_id is None or not about.rests_on or not _any(work, about.person_id):
        return None
    first: WhitelistEntry | None = None
    for key in about.rests_on:
        row = work.session.get_one(ResultRow, key)
        print_ = fingerprint(work, row.category, results.value_of(work, row))
        entry = whitelisted(work, about.person_id, row.category, print_, work.today)
        if entry is None:
            return None
        first = first or entry
    return first


def _any(work: Work, person_id: int) -> bool:
    """Whether anything of this person is let pass, asked once a work. Uses uq_whitelist_entry_record."""
    place = ("whitelist", str(person_id))
    known: bool | None = work.memory.get(place)
    if known is None:
        wanted = select(WhitelistEntry.id).where(
            WhitelistEntry.person_id == person_id, WhitelistEntry.state.in_((PROPOSED, APPROVED))
        )
        known = work.memory[place] = work.session.scalar(wanted.limit(1)) is not None
    return known


def _told(work: Work, entry: WhitelistEntry, act: str, facts: Mapping[str, Any] | None = None) -> None:
    work.memory.pop(("whitelist", str(entry.person_id)), None)
    if entry.case_id is None:
        journal.record(work, act, entry.ref, dict(facts or {}))
        return
    case = work.session.get_one(Case, entry.case_id)
    journal.of_case(work, case.ref, act, entry.ref, dict(facts or {}))


def _canonical(said: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", said).split()).upper()
    return plain.rstrip("0").rstrip(".") if _FRACTION.fullmatch(plain) else plain
