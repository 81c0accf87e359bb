"""Steps of the department: the decision on a case, its written notice and the delivery of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from documents.canonical import canonical_bytes, digest, from_canonical
from documents.codes import Stamp
from documents.fonts import check_glyphs
from documents.letters import NoticeData, render_notice
from domain import files
from domain.assistance import determinations, notices, rescues
from domain.assistance.determinations import NEGATIVE, Decision, Determination, Notice
from domain.blobs import StoredBlob
from domain.errors import InvalidAnswers, OperationFailed
from domain.files import StoredFile
from domain.home import Home
from domain.text import gettext as _
from domain.work import Work
from workflows import stamps
from workflows.notice_data import notice_data
from workflows.operations.reports import day_of
from workflows.registry import Call, TaskAnswers, operation, slow_operation

DECIDED_AT, REVIEWED_AT, DELIVERED_AT = "decide", "outcome", "deliver_notice"


@dataclass(frozen=True, slots=True)
class Printable:
    """What printing needs: the notice's ref, its data (S3) and its stamp."""

    ref: str
    canonical: bytes = field(repr=False)
    stamp: Stamp


@operation("determination.decide", outputs=("outcome", "negative"))
def decide(call: Call) -> Mapping[str, Any]:
    """Record the department's decision on an application (CK-13); who was helped first goes on (LF-14)."""
    made = determinations.decide(call.work, call.case, _decision(call.answers(DECIDED_AT)))
    rescues.tell_decided(call.work, call.case)
    return _told(made)


@operation("determination.review", outputs=("outcome", "negative"))
def review(call: Call) -> Mapping[str, Any]:
    """Record how the review of one household ends: stop, adjust or continue (BX-40, NM-12)."""
    return _told(determinations.review(call.work, call.case, _decision(call.answers(REVIEWED_AT))))


@operation("notice.issue", outputs=("ref", "number", "due"))
def issue(call: Call) -> Mapping[str, Any]:
    """Issue the written notice of a negative decision with its term (CK-14)."""
    decided = determinations.latest(call.work, call.case)
    if decided is None or decided.outcome not in NEGATIVE:
        raise OperationFailed(_("There is no negative decision to tell of."), case=call.case.ref)
    number = notices.next_number(call.work, call.case)
    data = notice_data(call.work, call.case, decided, number)
    check_glyphs(data)
    made = notices.issue(call.work, call.case, decided, number, canonical_bytes(data), digest(data))
    return {"ref": made.ref, "number": number, "due": made.due_at.isoformat() if made.due_at else None}


@slow_operation("notice.render", outputs=("ref",))
class Render:
    """Print the issued notice; the same data give the same bytes."""

    def gather(self, call: Call) -> Printable:
        """The issued data. Raises OperationFailed when none was issued."""
        notice = _latest(call)
        doc = notices.document_of(call.work.session.get_one(Determination, notice.determination_id))
        stamp = stamps.stamp(call.work, doc, notice.number, notice.digest)
        return Printable(notice.ref, notices.canonical_of(call.work, notice), stamp)

    def perform(self, home: Home, plan: Printable) -> StoredBlob:
        """Typeset and store the PDF."""
        data = from_canonical(NoticeData, plan.canonical)
        return home.blobs.put_bytes(render_notice(data, stamp=plan.stamp))

    def record(self, call: Call, result: StoredBlob) -> Mapping[str, Any]:
        """Keep the PDF, once."""
        notice = _latest(call)
        notices.printed(call.work, call.case, notice, result)
        return {"ref": notice.ref}


@operation("notice.deliver", outputs=("ref",))
def deliver(call: Call) -> Mapping[str, Any]:
    """Record when, how and to whom the notice was delivered, with the receipt (CK-14)."""
    values = call.answers(DELIVERED_AT).values
    day = day_of(values.get("delivered_on"))
    if day is None:
        raise InvalidAnswers({"delivered_on": _("Say on which day the notice was delivered.")})
    notice = _latest(call)
    receipt = first_file(call.work, values.get("receipt"))
    notices.deliver(call.work, call.case, notice, delivered_on=day, way=str(values.get("way") or ""), receipt=receipt)
    return {"ref": notice.ref}


def first_file(work: Work, refs: object) -> StoredFile | None:
    """The first of the files a form names (a list of refs, or one), None for none."""
    named = refs[0] if isinstance(refs, list) and refs else refs
    return files.by_ref(work, named) if isinstance(named, str) and named else None


def _decision(answers: TaskAnswers) -> Decision:
    values = answers.values
    return Decision(
        str(values.get("outcome") or ""),
        str(values.get("reason") or ""),
        str(values.get("basis") or ""),
        day_of(values.get("effective_on")),
    )


def _told(made: Determination) -> Mapping[str, Any]:
    return {"outcome": made.outcome, "negative": made.outcome in NEGATIVE}


def _latest(call: Call) -> Notice:
    found = notices.latest(call.work, call.case)
    if found is None:
        raise OperationFailed(_("This case has no notice yet."), case=call.case.ref)
    return found
