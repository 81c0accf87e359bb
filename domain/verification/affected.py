"""What rests on a delivery: the doubts, and the reports that must be looked at again once it is withdrawn.

A review is opened once for a report and a delivery, whoever asks and however often; the department closes it with what
it found, or forwards an objection, which asks the sources again (LF-21, `domain.verification.disputes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties.permissions import may, must, relation_to_case
from domain.text import gettext as _
from domain.verification.deliveries import Delivery
from domain.verification.disputes import Dispute
from domain.verification.doubts import Doubt
from domain.verification.queries import Query, ResultRow
from domain.verification.reports import Report
from domain.work import Work

OPEN, STANDS, FORWARDED, CHANGED = "OPEN", "STANDS", "FORWARDED", "CHANGED"
OUTCOMES = (STANDS, FORWARDED, CHANGED)
SHOWN = 200


class ReportReview(Base):
    """One report that rests on a withdrawn delivery: OPEN, or how the department closed it.

    STANDS: without that delivery it says the same. FORWARDED: what rests on it is re-checked (LF-21). CHANGED: a
    supplement or a new decision corrected it.
    """

    __tablename__ = "report_review"
    __table_args__ = (
        UniqueConstraint("report_id", "delivery_id"),
        Index("ix_report_review_case_id", "case_id", "state"),
        Index("ix_report_review_delivery_id", "delivery_id", "id"),
        CheckConstraint("state IN ('OPEN','STANDS','FORWARDED','CHANGED')", name="state"),
        CheckConstraint("state = 'OPEN' OR (note IS NOT NULL AND closed_by IS NOT NULL)", name="closed_with_a_note"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    report_id: Mapped[int] = mapped_column(BigKey, ForeignKey("report.id"))
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"))
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    state: Mapped[str] = mapped_column(String(12), default=OPEN)
    opened_at: Mapped[datetime]
    note: Mapped[Sealed | None]
    closed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Resting:
    """A doubt that rests on a delivery: where its row stands, which rule raised it, in which case."""

    doubt: str
    code: str
    category: str
    row_no: str
    rule: dict[str, object] = field(repr=False)
    finding: str | None
    case_ref: str
    case_number: str


def reports(work: Work, delivery: Delivery) -> list[Report]:
    """Signed or issued papers of cases whose answers rest on a row of this delivery, oldest first.

    Uses ix_result_row_delivery_id, and of each case the unique key of its reports.
    """
    resting = select(Query.case_id).join(ResultRow, ResultRow.query_id == Query.id).where(
        ResultRow.delivery_id == delivery.id
    )  # fmt: skip
    return list(
        work.session.scalars(
            select(Report)
            .where(Report.case_id.in_(resting), Report.digest.is_not(None))
            .order_by(Report.id)
        )
    )  # fmt: skip


def open_reviews(work: Work, delivery: Delivery) -> list[ReportReview]:
    """Open the review of the newest paper of each case that rests on a delivery; those opened before stay as they are.

    Returns the new ones. Raises Conflict while the delivery is in use.
    """
    if delivery.state not in ("WITHDRAWN", "DROPPED"):
        raise Conflict(_("This delivery is in use; nothing that rests on it is to be looked at again."))
    newest = {report.case_id: report for report in reports(work, delivery)}
    known = set(
        work.session.scalars(select(ReportReview.case_id).where(ReportReview.delivery_id == delivery.id))
    )  # fmt: skip
    made = [
        ReportReview(
            ref=new_ref(), report_id=report.id, delivery_id=delivery.id, case_id=case_id, state=OPEN, opened_at=work.now
        )
        for case_id, report in newest.items()
        if case_id not in known
    ]  # fmt: skip
    work.session.add_all(made)
    work.session.flush()
    for review in made:
        case = work.session.get_one(Case, review.case_id)
        journal.of_case(work, case.ref, "report.review_opened", review.ref, {"delivery": delivery.ref})
    return made


def close(work: Work, ref: str, outcome: str, note: str) -> ReportReview:
    """The entrusting department says what came of a review.

    Raises NotFound: no such review for this actor; NotPermitted; InvalidAnswers; Conflict: closed before, or said to be
    forwarded while no objection was (LF-21).
    """
    review, case = by_ref(work, ref)
    must(work.actor, "report.review", relation_to_case(work.actor, case))
    if review.state != OPEN:
        raise Conflict(_("This review is closed already."))
    faults: dict[str, object] = {}
    if outcome not in OUTCOMES:
        faults["outcome"] = _("Choose what came of it.")
    if not note.strip():
        faults["note"] = _("Say what was looked at and what was found.")
    if faults:
        raise InvalidAnswers(faults)
    if outcome == FORWARDED:
        _must_be_forwarded(work, review)
    review.state, review.closed_by, review.closed_at = outcome, work.actor.person(), work.now
    review.note = work.home.vault.seal("report_review.note", review.ref, note.strip())
    work.session.flush()
    journal.of_case(work, case.ref, "report.review_closed", review.ref, {"outcome": outcome})
    return review


def _must_be_forwarded(work: Work, review: ReportReview) -> None:
    """A re-check is opened by a forwarded objection and by nothing else (LF-21). Uses ix_dispute_case_id."""
    found = select(Dispute.id).where(
        Dispute.case_id == review.case_id, Dispute.outcome == FORWARDED, Dispute.received_at >= review.opened_at
    )
    if work.session.scalar(found.limit(1)) is None:
        raise Conflict(
            _("Nothing was forwarded to the agency since. Record the objection in the case and forward it first."),
            clause="LF-21",
        )


def by_ref(work: Work, ref: str) -> tuple[ReportReview, Case]:
    """A review the actor's office is concerned with, and its case. Raises NotFound."""
    found = work.session.execute(
        select(ReportReview, Case).join(Case, Case.id == ReportReview.case_id).where(ReportReview.ref == ref)
    ).first()
    if found is None or not may(work.actor, "report.review_read", relation_to_case(work.actor, found[1])):
        raise NotFound(_("There is no such review for you."))
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A line of the list of reviews."""

    ref: str
    state: str
    opened_at: datetime
    report: str
    report_number: str
    delivery: str
    case_ref: str
    case_number: str
    note: str = field(repr=False)


def of_office(work: Work, delivery: Delivery | None = None) -> list[ReviewRow]:
    """Reviews of the actor's office, open ones first; of one delivery where it is given; at most 200.

    Uses ix_cases_department_state (ix_cases_agency_state) and ix_report_review_case_id.
    """
    must(work.actor, "report.review_read")
    office = Case.agency_id if work.actor.org_kind == "agency" else Case.department_id
    wanted = (
        select(ReportReview, Report, Delivery.ref, Case)
        .join(Case, Case.id == ReportReview.case_id)
        .join(Report, Report.id == ReportReview.report_id)
        .join(Delivery, Delivery.id == ReportReview.delivery_id)
        .where(office == work.actor.org_id)
        .order_by(ReportReview.state != OPEN, ReportReview.id.desc())
        .limit(SHOWN)
    )
    if delivery is not None:
        wanted = wanted.where(ReportReview.delivery_id == delivery.id)
    return [
        ReviewRow(
            review.ref, review.state, review.opened_at, report.ref, report.number or "", delivered, case.ref,
            case.number or "",
            work.home.vault.open("report_review.note", review.ref, review.note) if review.note else "",
        )
        for review, report, delivered, case in work.session.execute(wanted)
    ]  # fmt: skip


def must_concern(work: Work, delivery: Delivery) -> None:
    """Raise NotFound unless a case of the actor's office rests on the delivery: nobody else learns of it."""
    must(work.actor, "delivery.trace")
    office = Case.agency_id if work.actor.org_kind == "agency" else Case.department_id
    found = (
        select(ResultRow.id)
        .join(Query, Query.id == ResultRow.query_id)
        .join(Case, Case.id == Query.case_id)
        .where(ResultRow.delivery_id == delivery.id, office == work.actor.org_id)
        .limit(1)
    )
    if work.session.scalar(found) is None:
        raise NotFound(_("There is no such delivery for you."))


def resting(work: Work, delivery: Delivery) -> Sequence[Resting]:
    """The doubts that rest on a delivery, within the cases of the actor's office; at most 200, in order of row.

    One that rests on a sum counts with every row of the sum. An agency or a department sees its own cases, a supplier
    none (LF-26). One statement. Uses ix_result_row_delivery_id and ix_doubt_case_id.
    """
    must(work.actor, "doubt.read")
    office = Case.agency_id if work.actor.org_kind == "agency" else Case.department_id
    of_a_sum = and_(
        Doubt.result_id.is_(None), Doubt.person_id == ResultRow.person_id, Doubt.category == Query.category,
        Doubt.round == Query.round,
    )  # fmt: skip
    found = work.session.execute(
        select(Doubt, ResultRow.row_no, Case.ref, Case.number)
        .select_from(ResultRow)
        .join(Query, Query.id == ResultRow.query_id)
        .join(Case, Case.id == Query.case_id)
        .join(Doubt, and_(Doubt.case_id == Query.case_id, or_(Doubt.result_id == ResultRow.id, of_a_sum)))
        .where(ResultRow.delivery_id == delivery.id, office == work.actor.org_id)
        .order_by(ResultRow.id, Doubt.id)
        .limit(SHOWN)
    )
    made: dict[str, Resting] = {}
    for one, row_no, case_ref, number in found:
        rests = Resting(one.ref, one.code, one.category, row_no, one.rule, one.finding, case_ref, number or "")
        made.setdefault(one.ref, rests)
    return list(made.values())


def how_many(work: Work, delivery: Delivery) -> int:
    """How many reports rest on a delivery, for whoever is about to withdraw it; a figure and no case."""
    resting = select(Query.case_id).join(ResultRow, ResultRow.query_id == Query.id).where(
        ResultRow.delivery_id == delivery.id
    )  # fmt: skip
    wanted = select(func.count(func.distinct(Report.case_id))).where(
        Report.case_id.in_(resting), Report.digest.is_not(None)
    )
    return work.session.scalar(wanted) or 0
