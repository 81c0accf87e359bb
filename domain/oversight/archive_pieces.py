"""What a case leaves for its file: every paper with the digest of its bytes.

Records that have no paper of their own (a declaration typed in, a check, a decision) enter with a keyed digest of
what they say. A plain one could be guessed back to an amount or a name, since such records say so little.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from domain.assistance import determinations
from domain.assistance.determinations import Notice
from domain.cases import Case
from domain.files import StoredFile
from domain.parties import households
from domain.parties.households import Person
from domain.verification import declarations, name_hints, reports
from domain.verification.authorisations import Authorisation
from domain.verification.commissions import VERIFY, Acceptance, Commission, CommissionSubject
from domain.verification.declarations import Declaration
from domain.verification.disputes import Dispute, Recheck
from domain.verification.noncooperation import NonCooperation
from domain.verification.surveys import Survey
from domain.work import Work

AUTHORISATION, DECLARATION, COMMISSION, ACCEPTANCE = "AUTHORISATION", "DECLARATION", "COMMISSION", "ACCEPTANCE"
REPORT, DOUBT_LIST, SURVEY, PHOTOGRAPH = "REPORT", "DOUBT_LIST", "SURVEY", "PHOTOGRAPH"
DETERMINATION, NOTICE, RECEIPT, NON_COOPERATION = "DETERMINATION", "NOTICE", "RECEIPT", "NON_COOPERATION"
DISPUTE, EVIDENCE, RECHECK = "DISPUTE", "EVIDENCE", "RECHECK"
NAME_HINT = "NAME_HINT"


@dataclass(frozen=True, slots=True)
class Piece:
    """One document: what it is, its ref or number, the SHA-256 of its bytes or keyed digest, its file if it has one."""

    kind: str
    subject: str
    digest: str
    file_id: int | None = None


def of_case(work: Work, case: Case) -> list[Piece]:
    """Every paper of a case, each once (a photograph may belong to two records)."""
    found = (
        *_authorisations(work, case),
        *_declaration(work, case),
        *_commissions(work, case),
        *_reports(work, case),
        *_name_hints(work, case),
        *_investigations(work, case),
        *_decisions(work, case),
        *_objections(work, case),
    )
    return list({(piece.kind, piece.subject): piece for piece in found}.values())


def nobody_asked_about(work: Work, case: Case) -> bool:
    """True when no letter of the case names anybody of its household."""
    named = (
        select(CommissionSubject.id)
        .join(Person, Person.id == CommissionSubject.person_id)
        .where(
            CommissionSubject.commission_id.in_([letter.id for letter in _letters(work, case)]),
            Person.household_id == case.household_id,
        )
    )
    return work.session.scalar(named.limit(1)) is None


def _letters(work: Work, case: Case) -> Sequence[Commission]:
    mine = Commission.case_id == case.id
    if case.campaign_id is not None:
        mine |= Commission.campaign_id == case.campaign_id
    return work.session.scalars(
        select(Commission).where(mine, Commission.letter_id.is_not(None)).order_by(Commission.id)
    ).all()


def _authorisations(work: Work, case: Case) -> list[Piece]:
    """Those the letters rest on; before there is a letter, those that were collected for the case."""
    letters = [letter.id for letter in _letters(work, case) if letter.purpose == VERIFY]
    rows = work.session.execute(
        select(Authorisation.ref, StoredFile.digest, StoredFile.id)
        .join(StoredFile, StoredFile.id == Authorisation.scan_id)
        .join(Person, Person.id == Authorisation.person_id)
        .outerjoin(CommissionSubject, CommissionSubject.authorisation_id == Authorisation.id)
        .where(
            Person.household_id == case.household_id,
            CommissionSubject.commission_id.in_(letters) | (Authorisation.case_id == case.id),
        )
        .distinct()
        .order_by(Authorisation.ref)
    )
    return [Piece(AUTHORISATION, ref, digest, file_id) for ref, digest, file_id in rows]


def _declaration(work: Work, case: Case) -> Iterator[Piece]:
    own = work.session.scalars(
        select(Declaration).where(Declaration.case_id == case.id).order_by(Declaration.id.desc()).limit(1)
    ).first()
    found = own or declarations.newest(work, households.by_id(work, case.household_id))
    if found is None:
        return
    if found.file_id is not None:
        yield _paper(work, DECLARATION, found.ref, found.file_id)
        return
    said = [[person, category, value] for (person, category), value in declarations.items_of(work, found).items()]
    yield _record(work, DECLARATION, found.ref, [found.declared_on.isoformat(), said])


def _commissions(work: Work, case: Case) -> Iterator[Piece]:
    for letter in _letters(work, case):
        if letter.letter_id is not None:
            yield _paper(work, COMMISSION, letter.ref, letter.letter_id)
        check = work.session.scalars(select(Acceptance).where(Acceptance.commission_id == letter.id)).first()
        if check is not None:
            reason = work.home.vault.open("acceptance.reason", check.ref, check.reason) if check.reason else ""
            yield _record(work, ACCEPTANCE, check.ref, [check.outcome, check.items, reason])


def _reports(work: Work, case: Case) -> Iterator[Piece]:
    for report in reports.all_of(work, case):
        if report.digest is None:
            continue
        kind = DOUBT_LIST if report.kind == reports.DOUBT_LIST else REPORT
        if report.pdf_id is not None:
            yield _paper(work, kind, report.ref, report.pdf_id)
        else:
            yield Piece(kind, report.ref, report.digest)


def _name_hints(work: Work, case: Case) -> Iterator[Piece]:
    for row, source_row in name_hints.of_case(work, case):
        yield _record(work, NAME_HINT, row.ref, [source_row, row.verdict, name_hints.note_of(work, row)])


def _investigations(work: Work, case: Case) -> Iterator[Piece]:
    vault = work.home.vault
    for survey in work.session.scalars(select(Survey).where(Survey.case_id == case.id).order_by(Survey.id)):
        said = [
            vault.open(f"survey.{name}", survey.ref, getattr(survey, name))
            for name in ("surveyors", "findings", "statement")
        ]
        yield _record(work, SURVEY, survey.ref, [survey.method, survey.made_at.isoformat(), said])
        yield from _files(work, PHOTOGRAPH, survey.files)


def _decisions(work: Work, case: Case) -> Iterator[Piece]:
    vault = work.home.vault
    refusals = select(NonCooperation).where(NonCooperation.case_id == case.id).order_by(NonCooperation.id)
    for refusal in work.session.scalars(refusals):
        requests = vault.open("non_cooperation.requests", refusal.ref, refusal.requests)
        reason = vault.open("non_cooperation.reason", refusal.ref, refusal.reason)
        yield _record(work, NON_COOPERATION, refusal.ref, [refusal.choice, requests, reason])
    for decision in determinations.of_case(work, case):
        told = determinations.words_of(work, decision)
        said = [told.outcome, told.reason, told.basis, str(told.effective_on)]
        yield _record(work, DETERMINATION, decision.ref, said)
    for notice in work.session.scalars(select(Notice).where(Notice.case_id == case.id).order_by(Notice.id)):
        if notice.pdf_id is not None:
            yield _paper(work, NOTICE, notice.ref, notice.pdf_id)
        else:
            yield Piece(NOTICE, notice.ref, notice.digest)
        if notice.receipt_id is not None:
            yield _paper(work, RECEIPT, notice.ref, notice.receipt_id)


def _objections(work: Work, case: Case) -> Iterator[Piece]:
    vault = work.home.vault
    for dispute in work.session.scalars(select(Dispute).where(Dispute.case_id == case.id).order_by(Dispute.id)):
        reasons = vault.open("dispute.reasons", dispute.ref, dispute.reasons) if dispute.reasons else ""
        statement = vault.open("dispute.statement", dispute.ref, dispute.statement)
        yield _record(work, DISPUTE, dispute.ref, [dispute.outcome, statement, reasons])
        yield from _files(work, EVIDENCE, dispute.evidence)
    for item in work.session.scalars(select(Recheck).where(Recheck.case_id == case.id).order_by(Recheck.id)):
        note = vault.open("recheck.note", item.ref, item.note) if item.note else ""
        yield _record(work, RECHECK, item.ref, [item.category, item.ordinal, item.result, note])


def _paper(work: Work, kind: str, subject: str, file_id: int) -> Piece:
    file = work.session.get_one(StoredFile, file_id)
    return Piece(kind, subject, file.digest, file.id)


def _files(work: Work, kind: str, refs: Sequence[str]) -> list[Piece]:
    rows = work.session.scalars(select(StoredFile).where(StoredFile.ref.in_(refs)).order_by(StoredFile.id))
    return [Piece(kind, row.ref, row.digest, row.id) for row in rows]


def _record(work: Work, kind: str, subject: str, said: Any) -> Piece:
    told = json.dumps([kind, subject, said], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return Piece(kind, subject, work.home.vault.mac("archive", told).hex())
