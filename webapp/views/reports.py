"""Reports: the list, the paper as signed, and copies for the entrusting department (LN-29)."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue

from documents import letters, report
from documents.canonical import from_canonical
from documents.codes import Stamp
from domain.clock import OFFICE_ZONE
from domain.errors import InvalidAnswers, NotFound, NotPermitted
from domain.parties import permissions
from domain.verification import reports
from domain.verification.reports import Copy
from domain.work import Work
from tasks.cases import drawings
from tasks.pages import paper_pages
from webapp import showing
from webapp.acting import acting, reading
from webapp.i18n import english
from webapp.permits import requires
from workflows import stamps

blueprint = Blueprint("reports", __name__)
LIST = "DOUBT_LIST"


@blueprint.get("/reports")
@requires("report.read")
def listing() -> ResponseReturnValue:
    """Reports the person may read, newest first."""
    with reading() as work:
        return render_template(
            "reports/listing.html", rows=paper_pages.report_rows(work), counts=showing.nav_counts(work)
        )


@blueprint.get("/reports/<ref>", endpoint="report")
@requires("report.read")
def report_page(ref: str) -> ResponseReturnValue:
    """A report or doubt list as signed."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/reports/<ref>/copy")
@requires("copy.ask")
def copy(ref: str) -> ResponseReturnValue:
    """A copy with watermark for the entrusting department; its purpose is kept, and who else asked for one."""
    try:
        with acting() as work:
            taken = reports.take_copy(work, ref, request.form.get("purpose", ""))
            stamp = stamps.stamp(work, reports.DOCUMENTS[taken.kind], taken.number, taken.digest)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, fault=str(refusal.fields["purpose"])), 422
    except (NotFound, NotPermitted):
        with acting() as work:
            reports.note_refused_copy(work, ref)
        raise
    content = _print(taken, stamp)
    return send_file(
        BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=f"{taken.number}.pdf", max_age=0
    )


def _print(taken: Copy, stamp: Stamp) -> bytes:
    """The PDF, made outside any transaction (walls 13)."""
    at = taken.at.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M")
    mark = f"{taken.office} {taken.person} {at} {taken.purpose}"
    if taken.kind == LIST:
        return letters.render_doubt_list(
            from_canonical(letters.DoubtListData, taken.canonical), watermark=mark, stamp=stamp
        )
    return report.render_report(from_canonical(report.ReportData, taken.canonical), watermark=mark, stamp=stamp)


def _page(work: Work, ref: str, *, fault: str = "") -> str:
    found, case = reports.by_ref(work, ref)
    relation = permissions.relation_to_case(work.actor, case)
    shape = letters.DoubtListData if found.kind == LIST else report.ReportData
    data = from_canonical(shape, reports.canonical_of(work, found))
    state = "DELIVERED" if reports.reached_department(found) else found.state
    # bpmn-js writes style attributes while it draws
    return render_template(
        "reports/report.html",
        row=found,
        case=case,
        data=data,
        state=state,
        is_list=found.kind == LIST,
        may_copy=permissions.may(work.actor, "report.download", relation, state),
        copies=paper_pages.copies(work, found),
        drawing=drawings.read(work, case, english=english()),
        fault=fault,
        counts=showing.nav_counts(work),
    )
