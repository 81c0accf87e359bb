"""Steps around the report: drafted, signed, printed, delivered; and the doubt list of a review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from documents.codes import Stamp
from documents.letters import check_doubt_list
from documents.report import ReportData, canonical_bytes, check_report, digest, from_canonical, render_report
from documents.wording import ConclusionWords, lint_conclusion_words
from domain.blobs import StoredBlob
from domain.errors import Conflict, OperationFailed
from domain.home import Home
from domain.text import gettext as _
from domain.verification import reports
from domain.verification.reports import DOUBT_LIST, SIGNED, Notes, Report
from domain.work import SCHEDULER
from workflows import stamps
from workflows.registry import Call, operation, slow_operation
from workflows.report_data import doubt_list_data, report_data

DRAFTED_AT = "draft_report"


@dataclass(frozen=True, slots=True)
class Printable:
    """What printing needs: the report's ref, its signed data (S3) and its stamp."""

    ref: str
    canonical: bytes = field(repr=False)
    stamp: Stamp


@operation("report.draft", outputs=("ref", "version"))
def draft(call: Call) -> Mapping[str, Any]:
    """Save the handler's draft; refused here already is what could not be signed later (LF-17, LN-28)."""
    values = call.answers(DRAFTED_AT).values
    remarks = str(values.get("remarks") or "")
    words = lint_conclusion_words(remarks)
    if words:
        raise ConclusionWords("remarks", words)
    made = reports.draft(
        call.work, call.case, Notes(remarks, day_of(values.get("window_from")), day_of(values.get("window_to")))
    )
    check_report(report_data(call.work, call.case, made))
    return {"ref": made.ref, "version": made.version}


@operation("report.sign", outputs=("ref", "number"))
def sign(call: Call) -> Mapping[str, Any]:
    """Sign the draft: number, data and digest are fixed; the handler cannot be the one who signs."""
    report = _latest(call)
    number = reports.give_number(call.work, call.case, report)
    data = report_data(call.work, call.case, report, number=number, signing=True)
    check_report(data)
    reports.sign(call.work, call.case, report, canonical_bytes(data), digest(data))
    return {"ref": report.ref, "number": number}


@slow_operation("report.render", outputs=("ref",))
class Render:
    """Print the signed data; the same data give the same bytes, so a repeat does no harm."""

    def gather(self, call: Call) -> Printable:
        """The signed data. Raises OperationFailed when nothing is signed."""
        report = _latest(call)
        if report.digest is None or report.kind == DOUBT_LIST:
            raise OperationFailed(_("There is no signed report to print."), case=call.case.ref)
        stamp = stamps.stamp(call.work, reports.DOCUMENTS[report.kind], report.number or "", report.digest)
        return Printable(report.ref, reports.canonical_of(call.work, report), stamp)

    def perform(self, home: Home, plan: Printable) -> StoredBlob:
        """Typeset and store the PDF; its bytes are durable before a row names them (walls 9, 13)."""
        return home.blobs.put_bytes(render_report(from_canonical(ReportData, plan.canonical), stamp=plan.stamp))

    def record(self, call: Call, result: StoredBlob) -> Mapping[str, Any]:
        """Keep the PDF with its digest, once."""
        report = _latest(call)
        reports.printed(call.work, call.case, report, result)
        return {"ref": report.ref}


@operation("report.deliver", outputs=("ref",))
def deliver(call: Call) -> Mapping[str, Any]:
    """Hand the report to the entrusting department alone (LN-29); the system does it as soon as it is printed."""
    report = _latest(call)
    if report.state != SIGNED:
        raise Conflict(_("Only a signed and printed report is delivered, and once."))
    reports.deliver(call.work.acting(SCHEDULER), call.case, report)
    return {"ref": report.ref}


@operation("doubt_list.issue", outputs=("ref", "number", "doubts"))
def issue_doubt_list(call: Call) -> Mapping[str, Any]:
    """Issue the generated doubt list of one household of a review; no person signs it (BX-26)."""
    work = call.work.acting(SCHEDULER)
    before = reports.latest(work, call.case)
    number = reports.next_list_number(work, call.case)
    data = doubt_list_data(work, call.case, number, 1 if before is None else before.version + 1)
    check_doubt_list(data)
    made = reports.issue_doubt_list(work, call.case, number, canonical_bytes(data), digest(data))
    return {"ref": made.ref, "number": number, "doubts": len(data.doubts)}


def day_of(value: object) -> date | None:
    """A day as a form's answers hold it, None for none."""
    return date.fromisoformat(str(value)) if value else None


def _latest(call: Call) -> Report:
    found = reports.latest(call.work, call.case)
    if found is None:
        raise OperationFailed(_("This case has no report yet."), case=call.case.ref)
    return found
