"""Written notices (DOC-12, DOC-13): a negative decision is told in writing, and its delivery is recorded (CK-14)."""

from __future__ import annotations

import hashlib
from datetime import date

from sqlalchemy import select

from domain import files, issued, journal, numbers, rules
from domain.assistance.determinations import NEGATIVE, Determination, Notice
from domain.base import new_ref
from domain.blobs import StoredBlob
from domain.cases import Case
from domain.clock import office_day
from domain.errors import Conflict, InvalidAnswers, OperationFailed
from domain.files import StoredFile
from domain.issued import Given
from domain.parties.organisations import Organisation
from domain.parties.permissions import must, relation_to_case
from domain.text import gettext as _
from domain.work import Work

PDF = "application/pdf"
WAYS = ("IN_PERSON", "LEFT_AT_HOME", "POST", "PUBLIC_NOTICE", "ELECTRONIC")


def of_determination(work: Work, determination: Determination) -> Notice | None:
    """The notice of one decision. Uses uq_notice_determination_id."""
    return work.session.scalars(select(Notice).where(Notice.determination_id == determination.id)).first()


def latest(work: Work, case: Case) -> Notice | None:
    """The newest notice of a case. Uses ix_notice_case_id."""
    return work.session.scalars(
        select(Notice).where(Notice.case_id == case.id).order_by(Notice.id.desc()).limit(1)
    ).first()


def next_number(work: Work, case: Case) -> str:
    """A legal number for a notice, since its data contain it."""
    department = work.session.get_one(Organisation, case.department_id)
    value = numbers.take(work, department.id, "notice")
    return numbers.document_number(f"{department.mark}告", work.today.year, value)


def issue(work: Work, case: Case, determination: Determination, number: str, canonical: bytes, digest: str) -> Notice:
    """Issue the notice of a negative decision; it is due for delivery under the policy "notice_term".

    canonical: what `documents.canonical_bytes` gave; digest: its SHA-256 in hexadecimal.

    Raises NotPermitted; Conflict when the decision is not negative or was told already; OperationFailed.
    """
    must(work.actor, "notice.issue", relation_to_case(work.actor, case))
    if determination.outcome not in NEGATIVE or determination.case_id != case.id:
        raise Conflict(_("Only a negative decision needs a written notice."), clause="CK-14")
    if of_determination(work, determination) is not None:
        raise Conflict(_("This decision has its notice already."), clause="CK-14")
    if hashlib.sha256(canonical).hexdigest() != digest:
        raise OperationFailed(_("The digest does not belong to the data of this notice."))
    due = rules.due(work, case, "notice_term", determination.decided_at)
    ref = new_ref()
    made = Notice(
        ref=ref,
        number=number,
        case_id=case.id,
        determination_id=determination.id,
        canonical=work.home.vault.seal("notice.canonical", ref, canonical),
        digest=digest,
        due=due.derivation,
        due_at=due.at,
    )
    work.session.add(made)
    work.session.flush()
    doc = document_of(determination)
    issued.issue(work, Given(doc, number, case.department_id, ref, digest, case.id, signed=("notice", made.id)))
    journal.of_case(work, case.ref, "notice.issued", made.ref, {"digest": digest})
    return made


def document_of(determination: Determination) -> str:
    """Which paper tells of a decision: DOC-13 of one on running assistance, DOC-12 of one on an application."""
    return "DOC-12" if determination.outcome in ("REJECT", "REFUSE_INTAKE") else "DOC-13"


def canonical_of(work: Work, notice: Notice) -> bytes:
    """The issued data (S3)."""
    return work.home.vault.open_bytes("notice.canonical", notice.ref, notice.canonical)


def printed(work: Work, case: Case, notice: Notice, blob: StoredBlob) -> StoredFile:
    """Keep the PDF made from the issued data, once; a repeat gives the file that is there."""
    if notice.pdf_id is not None:
        return work.session.get_one(StoredFile, notice.pdf_id)
    kept = files.keep(work, blob, name=f"{notice.number}.pdf", media_type=PDF, purpose="notice", case_id=case.id)
    notice.pdf_id = kept.id
    work.session.flush()
    journal.of_case(work, case.ref, "notice.printed", notice.ref, {"digest": blob.digest})
    return kept


def deliver(
    work: Work, case: Case, notice: Notice, *, delivered_on: date, way: str, receipt: StoredFile | None
) -> None:
    """Record how and when the notice reached the household, with its receipt (CK-14).

    way: one of WAYS that the policy "notice_delivery" allows. receipt: the signed receipt, the photograph of a notice
    left or posted up, the postal proof.

    Raises NotPermitted; Conflict when delivered already; InvalidAnswers: a day before the decision or in the future,
    a way the policy does not allow, no receipt.
    """
    must(work.actor, "notice.deliver", relation_to_case(work.actor, case))
    if notice.delivered_on is not None:
        raise Conflict(_("The delivery of this notice is recorded already."), clause="CK-14")
    determination = work.session.get_one(Determination, notice.determination_id)
    faults: dict[str, object] = {}
    if delivered_on > work.today:
        faults["delivered_on"] = _("This day is still to come.")
    elif delivered_on < office_day(determination.decided_at):
        faults["delivered_on"] = _("A notice cannot be delivered before the decision it tells of.")
    if way not in WAYS or way.lower() not in rules.of_case(work, case).value("notice_delivery"):
        faults["way"] = _("The rules here do not allow this way of delivery.")
    if receipt is None:
        faults["receipt"] = _("Add the receipt or another proof of the delivery.")
    if faults or receipt is None:
        raise InvalidAnswers(faults)
    notice.delivered_on, notice.way = delivered_on, way
    notice.receipt_id, notice.delivered_by = receipt.id, work.actor.person()
    work.session.flush()
    journal.of_case(work, case.ref, "notice.delivered", notice.ref, {"way": way, "receipt": receipt.ref})


def must_be_closable(work: Work, case: Case) -> None:
    """Refuse to close a case with a negative decision that was not told in writing. Raises Conflict (CK-14)."""
    untold = work.session.scalars(
        select(Determination.ref)
        .outerjoin(Notice, Notice.determination_id == Determination.id)
        .where(Determination.case_id == case.id, Determination.outcome.in_(NEGATIVE), Notice.delivered_on.is_(None))
        .limit(1)
    ).first()
    if untold is not None:
        raise Conflict(
            _("The negative decision was not told in writing yet. Deliver the notice, then close the case."),
            clause="CK-14",
            determination=untold,
        )
