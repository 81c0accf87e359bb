"""Verification reports (DOC-06) and doubt lists (DOC-07): for reference, never a decision (LF-17).

A handler drafts, another person of the agency signs, and the entrusting department alone receives (LN-29). The
data of a paper are built above this room; here they arrive as canonical bytes with their digest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import files, issued, journal, numbers, rules
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.blobs import StoredBlob
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted, OperationFailed
from domain.files import StoredFile
from domain.issued import Given
from domain.parties.organisations import Organisation
from domain.parties.permissions import may, must, relation_to_case
from domain.text import gettext as _
from domain.verification import commissions
from domain.verification.commissions import Acceptance
from domain.work import Work

REPORT, DOUBT_LIST = "REPORT", "DOUBT_LIST"
DRAFT, REVIEWED, SIGNED, DELIVERED = "DRAFT", "REVIEWED", "SIGNED", "DELIVERED"
PDF = "application/pdf"
# which paper each of them is
DOCUMENTS = {REPORT: "DOC-06", DOUBT_LIST: "DOC-07"}
# what the policy "output_kind" calls them
_OUTPUTS = {REPORT: "report", DOUBT_LIST: "doubt_list"}


class Report(Base):
    """One version of a case's report. Signing fixes the canonical data and its digest; a trigger refuses any
    later change. The PDF is rendered afterwards from that data; its digest is recorded once.

    state: DRAFT -> REVIEWED (sent to the reviewer) -> SIGNED -> DELIVERED.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("case_id", "version"),
        ForeignKeyConstraint(["agency_id", "agency_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("agency_kind = 'agency'", name="by_agency"),
        CheckConstraint("kind IN ('REPORT','DOUBT_LIST')", name="kind"),
        CheckConstraint("state IN ('DRAFT','REVIEWED','SIGNED','DELIVERED')", name="state"),
        CheckConstraint("reviewer_id IS NULL OR reviewer_id <> handler_id", name="four_eyes"),
        CheckConstraint(
            "state IN ('DRAFT','REVIEWED') OR (digest IS NOT NULL AND number IS NOT NULL AND reviewer_id IS NOT NULL"
            " AND signed_at IS NOT NULL)",
            name="signed_whole",
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    commission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("commission.id"))
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(12), default="REPORT")
    number: Mapped[str | None] = mapped_column(String(48), unique=True)
    agency_id: Mapped[int] = mapped_column(BigKey)
    agency_kind: Mapped[str] = mapped_column(String(16), default="agency")
    state: Mapped[str] = mapped_column(String(12), default="DRAFT")
    remarks: Mapped[Sealed | None]
    canonical: Mapped[Sealed | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    handler_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    reviewer_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    drafted_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signed_on: Mapped[date | None]
    delivered_at: Mapped[datetime | None]
    received_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    pdf_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    pdf_digest: Mapped[str | None] = mapped_column(String(64))


class ReportAccess(Base):
    """Who took a copy of a report, for which purpose (LN-29)."""

    __tablename__ = "report_access"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(BigKey, ForeignKey("report.id"), index=True)
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    purpose: Mapped[Sealed]
    ref: Mapped[Ref]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Notes:
    """What the handler adds to the findings: free words and the days between which sources were asked."""

    remarks: str = field(default="", repr=False)
    window_from: date | None = None
    window_to: date | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A paper as it leaves the house, with what its watermark says (LN-29). `canonical`: the signed data (S3)."""

    number: str
    kind: str
    canonical: bytes = field(repr=False)
    digest: str
    purpose: str = field(repr=False)
    person: str
    office: str
    at: datetime


def latest(work: Work, case: Case) -> Report | None:
    """The newest version of the case's report or list, in whatever state. Uses uq_report_case_id_version."""
    return work.session.scalars(
        select(Report).where(Report.case_id == case.id).order_by(Report.version.desc()).limit(1)
    ).first()


def all_of(work: Work, case: Case) -> list[Report]:
    """Every version, oldest first."""
    return list(work.session.scalars(select(Report).where(Report.case_id == case.id).order_by(Report.version)))


def reached_department(report: Report | None) -> bool:
    """True when the entrusting department has it: a delivered report, or a list that was issued."""
    return report is not None and report.delivered_at is not None


def draft(work: Work, case: Case, notes: Notes) -> Report:
    """Write or rewrite the draft; after a signed version this begins its supplement (DOC-06s).

    Whoever drafts last is the handler. Raises NotPermitted, InvalidAnswers (the window), Conflict (LF-16).
    """
    must(work.actor, "report.draft", relation_to_case(work.actor, case))
    _must_be_sound(work, notes)
    commission = commissions.must_be_accepted(work, case)
    found = latest(work, case)
    if found is None or found.digest is not None:
        found = Report(
            ref=new_ref(),
            case_id=case.id,
            commission_id=commission.id,
            version=1 if found is None else found.version + 1,
            kind=REPORT,
            agency_id=case.agency_id,
            handler_id=work.actor.person(),
            drafted_at=work.now,
        )
        work.session.add(found)
    found.handler_id, found.drafted_at = work.actor.person(), work.now
    found.remarks = work.home.vault.seal_json("report.remarks", found.ref, _written(notes))
    work.session.flush()
    journal.of_case(work, case.ref, "report.drafted", found.ref, {"version": found.version})
    return found


def notes_of(work: Work, report: Report) -> Notes:
    """What the handler added (S3)."""
    if report.remarks is None:
        return Notes()
    kept = cast(dict[str, str], work.home.vault.open_json("report.remarks", report.ref, report.remarks))
    days = (date.fromisoformat(kept[name]) if kept[name] else None for name in ("from", "to"))
    return Notes(kept["remarks"], *days)


def give_number(work: Work, case: Case, report: Report) -> str:
    """The legal number of a report about to be signed, since the signed data contain it. Raises as `sign`."""
    _must_review(work, case, report)
    if report.number is None:
        report.number = _next_number(work, case, "report", "核报")
        work.session.flush()
    return report.number


def sign(work: Work, case: Case, report: Report, canonical: bytes, digest: str) -> None:
    """Sign the draft: fixes its data and digest for good (walls 13).

    canonical: what `documents.canonical_bytes` gave; digest: its SHA-256 in hexadecimal.

    Raises:
        NotPermitted: no reviewer of the agency, or the very person who drafted it.
        Conflict: it is signed already. OperationFailed: digest and data do not belong together.
    """
    _must_review(work, case, report)
    if report.number is None:
        raise Conflict(_("A report is signed with its number."))
    report.canonical, report.digest = _sealed(work, report, canonical, digest), digest
    report.state, report.reviewer_id = SIGNED, work.actor.person()
    report.signed_at, report.signed_on = work.now, work.today
    work.session.flush()
    issued.issue(work, _given(report))
    journal.of_case(work, case.ref, "report.signed", report.ref, {"version": report.version, "digest": digest})


def canonical_of(work: Work, report: Report) -> bytes:
    """The signed data (S3). Raises Conflict while there are none."""
    if report.canonical is None:
        raise Conflict(_("This report is not signed yet."))
    return work.home.vault.open_bytes("report.canonical", report.ref, report.canonical)


def printed(work: Work, case: Case, report: Report, blob: StoredBlob) -> StoredFile:
    """Keep the PDF made from the signed data, once; a repeat gives the file that is there."""
    if report.pdf_id is not None:
        return work.session.get_one(StoredFile, report.pdf_id)
    if report.digest is None:
        raise Conflict(_("This report is not signed yet."))
    kept = files.keep(work, blob, name=f"{report.number}.pdf", media_type=PDF, purpose="report", case_id=case.id)
    report.pdf_id, report.pdf_digest = kept.id, blob.digest
    work.session.flush()
    journal.of_case(work, case.ref, "report.printed", report.ref, {"digest": blob.digest})
    return kept


def deliver(work: Work, case: Case, report: Report) -> None:
    """Hand the signed, printed report to the entrusting department and to nobody else (LN-29).

    Raises NotPermitted; Conflict when it is not signed, not printed, or delivered already.
    """
    must(work.actor, "report.deliver", relation_to_case(work.actor, case))
    if report.state != SIGNED or report.pdf_id is None:
        raise Conflict(_("Only a signed and printed report is delivered, and once."))
    report.state, report.delivered_at = DELIVERED, work.now
    work.session.flush()
    department = work.session.get_one(Organisation, case.department_id)
    journal.of_case(work, case.ref, "report.delivered", report.ref, {"to": department.ref})


def issue_doubt_list(work: Work, case: Case, number: str, canonical: bytes, digest: str) -> Report:
    """Issue the doubt list of one household in a dynamic review (DOC-07, BX-26), generated, not signed.

    No person works on it: it lists what the table raised, rests on the campaign's accepted commission, and every
    doubt on it is verified by a person of the department before anything follows (BX-40). So it carries a number and
    a digest and no signature; the person who accepted the commission answers for it. It reaches the department in
    the same moment.

    Raises NotPermitted; Conflict where the rules want a report (BX-26), or without an accepted commission.
    """
    must(work.actor, "doubt_list.issue", relation_to_case(work.actor, case))
    _must_be_allowed(work, case, DOUBT_LIST)
    commission = commissions.must_be_accepted(work, case)
    before = latest(work, case)
    checker = work.session.scalars(select(Acceptance.checker_id).where(Acceptance.commission_id == commission.id)).one()
    made = Report(
        ref=new_ref(),
        case_id=case.id,
        commission_id=commission.id,
        version=1 if before is None else before.version + 1,
        kind=DOUBT_LIST,
        number=number,
        agency_id=case.agency_id,
        state=REVIEWED,
        handler_id=checker,
        drafted_at=work.now,
        delivered_at=work.now,
    )
    made.canonical, made.digest = _sealed(work, made, canonical, digest), digest
    work.session.add(made)
    work.session.flush()
    issued.issue(work, _given(made))
    journal.of_case(work, case.ref, "doubt_list.issued", made.ref, {"version": made.version, "digest": digest})
    return made


def next_list_number(work: Work, case: Case) -> str:
    """A legal number for a doubt list, since its data contain it."""
    return _next_number(work, case, "doubt_list", "核单")


def must_be_reported(work: Work, case: Case) -> None:
    """Refuse to close a case whose paper is not the kind the rules want (BX-26). Raises Conflict."""
    last = latest(work, case)
    if last is None or not reached_department(last):
        raise Conflict(_("The department has no report of this case yet."), clause="BX-26")
    _must_be_allowed(work, case, last.kind)


def by_ref(work: Work, ref: str) -> tuple[Report, Case]:
    """The report the actor may read, with its case.

    The agency sees it in its work at any time, the entrusting department once it has it. Raises NotFound for
    everybody else: another office must not learn that there is one (LN-29).
    """
    found = work.session.execute(
        select(Report, Case).join(Case, Case.id == Report.case_id).where(Report.ref == ref)
    ).first()
    if found is None or not may(work.actor, "report.read", *_standing(work, found[1], found[0])):
        raise NotFound(_("There is no such report for you."))
    return found[0], found[1]


def take_copy(work: Work, ref: str, purpose: str) -> Copy:
    """A copy for the entrusting department, its purpose kept (LN-29). The page prints it with the watermark.

    Raises:
        NotFound: no such report for this actor.
        NotPermitted: the actor sees it in the agency's work, which takes no copy.
        InvalidAnswers: no purpose. Conflict: not signed yet.
    """
    report, case = by_ref(work, ref)
    must(work.actor, "report.download", *_standing(work, case, report))
    if not purpose.strip():
        raise InvalidAnswers({"purpose": _("Say what the copy is for; the purpose is kept and printed on it.")})
    access = ReportAccess(ref=new_ref(), report_id=report.id, account_id=work.actor.person(), at=work.now)
    access.purpose = work.home.vault.seal("report_access.purpose", access.ref, purpose.strip())
    work.session.add(access)
    work.session.flush()
    journal.of_case(work, case.ref, "report.copied", report.ref, {"access": access.ref})
    office = work.session.get_one(Organisation, case.department_id)
    return Copy(
        report.number or "",
        report.kind,
        canonical_of(work, report),
        report.digest or "",
        purpose.strip(),
        work.actor.display,
        office.name,
        work.now,
    )


def note_refused_copy(work: Work, ref: str) -> None:
    """Keep that somebody was refused a copy (LN-29); the page calls it in a work of its own after the refusal."""
    case_ref = work.session.scalar(select(Case.ref).join(Report, Report.case_id == Case.id).where(Report.ref == ref))
    if case_ref is not None:
        journal.of_case(work, case_ref, "report.copy_refused", ref)


def _standing(work: Work, case: Case, report: Report) -> tuple[str, str]:
    return relation_to_case(work.actor, case), DELIVERED if reached_department(report) else report.state


def _must_review(work: Work, case: Case, report: Report) -> None:
    must(work.actor, "report.sign", relation_to_case(work.actor, case))
    if work.actor.user_id == report.handler_id:
        raise NotPermitted(_("You drafted this report. A colleague with the role of reviewer signs it."))
    if report.state != DRAFT or report.kind != REPORT:
        raise Conflict(_("This report is signed already; a later finding becomes a supplement."), report=report.ref)


def _given(report: Report) -> Given:
    doc, number, digest = DOCUMENTS[report.kind], report.number or "", report.digest or ""
    return Given(doc, number, report.agency_id, report.ref, digest, report.case_id, signed=("report", report.id))


def _must_be_allowed(work: Work, case: Case, kind: str) -> None:
    if _OUTPUTS[kind] not in rules.of_case(work, case).value("output_kind").get(case.kind, ()):
        raise Conflict(_("A case of this kind ends with a formal report; a doubt list is not enough."), clause="BX-26")


def _must_be_sound(work: Work, notes: Notes) -> None:
    faults: dict[str, object] = {}
    if notes.window_from and notes.window_to and notes.window_from > notes.window_to:
        faults["window_to"] = _("The last day lies before the first.")
    if notes.window_to and notes.window_to > work.today:
        faults["window_to"] = _("This day is still to come.")
    if faults:
        raise InvalidAnswers(faults)


def _written(notes: Notes) -> dict[str, str | None]:
    first, last = notes.window_from, notes.window_to
    return {
        "remarks": notes.remarks.strip(),
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
    }


def _sealed(work: Work, report: Report, canonical: bytes, digest: str) -> bytes:
    if hashlib.sha256(canonical).hexdigest() != digest:
        raise OperationFailed(_("The digest does not belong to the data of this report."), report=report.ref)
    return work.home.vault.seal("report.canonical", report.ref, canonical)


def _next_number(work: Work, case: Case, kind: str, word: str) -> str:
    agency = work.session.get_one(Organisation, case.agency_id)
    value = numbers.take(work, agency.id, kind)
    return numbers.document_number(f"{agency.mark}{word}", work.today.year, value)
