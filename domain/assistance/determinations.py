"""Determinations and their written notices: the department's alone (LF-17, CK-13, CK-14).

A household is decided on as a whole (NM-16), one case at a time: there is no verb for many (NM-12). Notices are
issued and delivered in `domain.assistance.notices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    String,
    UniqueConstraint,
    column,
    func,
    select,
    table,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.assistance import duplicates, recipients
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.cases import DYNAMIC, NEW, Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import households
from domain.parties.organisations import Organisation
from domain.parties.permissions import must, relation_to_case
from domain.text import gettext as _
from domain.verification import reports
from domain.verification.doubts import Doubt
from domain.verification.reports import Report
from domain.work import Work

# the roll of a campaign, named by its table: the room of oversight knows this one, not the other way round
_ON_CAMPAIGN = table("campaign_subject", column("campaign_id"), column("household_id"), column("outcome"))
APPROVE, REJECT, STOP, ADJUST, CONTINUE = "APPROVE", "REJECT", "STOP", "ADJUST", "CONTINUE"
NEGATIVE = ("REJECT", "STOP", "REFUSE_INTAKE", "SUSPEND")


class Determination(Base):
    """What the department decided on a case. New: APPROVE, REJECT, REFUSE_INTAKE; review: STOP, ADJUST, CONTINUE,
    SUSPEND. A determination that rests on a report names it; only REFUSE_INTAKE and SUSPEND (non-cooperation)
    need none."""

    __tablename__ = "determination"
    __table_args__ = (
        UniqueConstraint("case_id", "ordinal"),
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("org_kind = 'department'", name="by_department"),
        CheckConstraint(
            "outcome IN ('APPROVE','REJECT','REFUSE_INTAKE','STOP','ADJUST','CONTINUE','SUSPEND')", name="outcome"
        ),
        CheckConstraint("outcome IN ('REFUSE_INTAKE','SUSPEND') OR report_id IS NOT NULL", name="after_report"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    ordinal: Mapped[int] = mapped_column(default=1)
    report_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("report.id"))
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[Sealed]
    basis: Mapped[Sealed]
    effective_on: Mapped[date | None]
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16), default="department")
    decided_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime]


class Notice(Base):
    """A written notice (DOC-12/13) and its delivery. A negative case cannot close without a delivered one."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("determination_id"),
        CheckConstraint(
            "delivered_on IS NULL OR (way IS NOT NULL AND delivered_by IS NOT NULL)", name="delivered_whole"
        ),
        CheckConstraint(
            "way IS NULL OR way IN ('IN_PERSON','LEFT_AT_HOME','POST','PUBLIC_NOTICE','ELECTRONIC')", name="way"
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    determination_id: Mapped[int] = mapped_column(BigKey, ForeignKey("determination.id"))
    canonical: Mapped[Sealed]
    digest: Mapped[str] = mapped_column(String(64))
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    pdf_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    delivered_on: Mapped[date | None]
    way: Mapped[str | None] = mapped_column(String(16))
    receipt_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    delivered_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))


@dataclass(frozen=True, slots=True)
class Decision:
    """What a department decides. reason and basis (S3) go into the notice; effective_on None: at once."""

    outcome: str
    reason: str = field(repr=False)
    basis: str = field(repr=False)
    effective_on: date | None = None


def of_case(work: Work, case: Case) -> Sequence[Determination]:
    """The decisions on a case, the first one first; the last one counts. Uses uq_determination_case_id_ordinal."""
    return work.session.scalars(
        select(Determination).where(Determination.case_id == case.id).order_by(Determination.ordinal)
    ).all()


def latest(work: Work, case: Case) -> Determination | None:
    """The decision that counts."""
    return next(reversed(of_case(work, case)), None)


def words_of(work: Work, determination: Determination) -> Decision:
    """The decision in clear (S3)."""
    vault, ref = work.home.vault, determination.ref
    return Decision(
        determination.outcome,
        vault.open("determination.reason", ref, determination.reason),
        vault.open("determination.basis", ref, determination.basis),
        determination.effective_on,
    )


def decide(work: Work, case: Case, decision: Decision) -> Determination:
    """Decide on an application: APPROVE puts the household on the roll, REJECT needs a written notice (CK-14).

    Decided again after a re-check, the new decision counts.

    Raises:
        NotPermitted: not the department's head; never the agency (LF-17), never who worked on the report (CK-13).
        Conflict: no delivered report (BX-20, BX-21), or only a doubt list (BX-26); no new application; an approval
            while a duplicate payment stands, or beside another entitlement of a member (NM-21).
        InvalidAnswers: reason or basis missing.
    """
    _must_decide(work, case, decision)
    if case.kind != NEW or decision.outcome not in (APPROVE, REJECT):
        raise Conflict(_("A new application is approved or rejected; a review ends in stop, adjust or continue."))
    report = _delivered_report(work, case)
    _must_be_apart(work, case, report)
    reports.must_be_reported(work, case)
    if decision.outcome == APPROVE:
        duplicates.must_stand_alone(work, case)
    made = _recorded(work, case, decision, report)
    household = households.by_id(work, case.household_id)
    day = decision.effective_on or work.today
    if decision.outcome == APPROVE:
        unit = work.session.get_one(Organisation, case.department_id)
        recipients.enrol(work, household, case.programme, unit, day)
    elif made.ordinal > 1 and recipients.of_household(work, household, case.programme) is not None:
        # the re-check overturned an approval
        recipients.stop(work, household, case.programme, day)
    return made


def review(work: Work, case: Case, decision: Decision) -> Determination:
    """End the review of one household: STOP, ADJUST or CONTINUE, after its doubts were verified one by one (BX-40).

    The journal names the verified doubts a STOP rests on.

    Raises:
        NotPermitted: as `decide`.
        Conflict: no list or report yet; a doubt not verified (BX-40); STOP without a doubt of this very household
            that a person found true (NM-12); not a review; going on while a duplicate payment stands (NM-21).
        InvalidAnswers: reason or basis missing.
    """
    _must_decide(work, case, decision)
    if case.kind != DYNAMIC or decision.outcome not in (STOP, ADJUST, CONTINUE):
        raise Conflict(_("A review ends in stop, adjust or continue."))
    report = _delivered_report(work, case)
    _must_be_apart(work, case, report)
    grounds = _settled_true(work, case)
    if decision.outcome == STOP and not grounds:
        raise Conflict(
            _("Assistance is stopped only on a doubt of this household that a person verified and found true."),
            clause="NM-12",
        )
    if decision.outcome in (ADJUST, CONTINUE):
        duplicates.must_stand_alone(work, case)
    made = _recorded(work, case, decision, report, grounds)
    household = households.by_id(work, case.household_id)
    day = decision.effective_on or work.today
    if decision.outcome == STOP:
        recipients.stop(work, household, case.programme, day)
    elif recipients.of_household(work, household, case.programme) is not None:
        unit = work.session.get_one(Organisation, case.department_id)
        recipients.enrol(work, household, case.programme, unit, day)
    work.session.execute(
        update(_ON_CAMPAIGN)
        .where(_ON_CAMPAIGN.c.campaign_id == case.campaign_id, _ON_CAMPAIGN.c.household_id == case.household_id)
        .values(outcome=decision.outcome)
    )
    return made


def _must_decide(work: Work, case: Case, decision: Decision) -> None:
    if work.actor.org_kind == "agency":
        raise NotPermitted(
            _("A verification agency states what it found and decides nothing (LF-17). The department decides."),
            case=case.ref,
        )
    must(work.actor, "determination.decide", relation_to_case(work.actor, case))
    missing = [name for name in ("reason", "basis") if not getattr(decision, name).strip()]
    if missing:
        raise InvalidAnswers({name: _("A decision states its reason and its basis (CK-14).") for name in missing})


def _delivered_report(work: Work, case: Case) -> Report:
    report = reports.latest(work, case)
    if report is None or not reports.reached_department(report):
        raise Conflict(
            _("Nothing is decided before the verification is finished and its report delivered."),
            clause="BX-21" if case.programme == "TEKUN" else "BX-20",
            case=case.ref,
        )
    return report


def _must_be_apart(work: Work, case: Case, report: Report) -> None:
    """Who gathered does not decide (CK-13), even after changing the office; policy may allow it."""
    if work.actor.user_id not in (report.handler_id, report.reviewer_id):
        return
    if not rules.of_case(work, case).value("same_person_allowed"):
        raise NotPermitted(_("You worked on the report of this case; somebody else decides (CK-13)."), case=case.ref)


def _settled_true(work: Work, case: Case) -> list[str]:
    """Refs of the doubts found true. Raises Conflict while one of the case is open."""
    found = work.session.execute(
        select(Doubt.ref, Doubt.finding).where(Doubt.case_id == case.id).order_by(Doubt.id)
    ).all()
    still_open = sum(finding is None for _ref, finding in found)
    if still_open:
        raise Conflict(
            _("%(count)s doubts of this household are not verified yet. Verify each, then decide.", count=still_open),
            clause="BX-40",
        )
    return [ref for ref, finding in found if finding == "TRUE"]


def _recorded(work: Work, case: Case, decision: Decision, report: Report, grounds: Sequence[str] = ()) -> Determination:
    last = work.session.scalar(select(func.max(Determination.ordinal)).where(Determination.case_id == case.id))
    ref = new_ref()
    vault = work.home.vault
    made = Determination(
        ref=ref,
        case_id=case.id,
        ordinal=(last or 0) + 1,
        report_id=report.id,
        outcome=decision.outcome,
        reason=vault.seal("determination.reason", ref, decision.reason.strip()),
        basis=vault.seal("determination.basis", ref, decision.basis.strip()),
        effective_on=decision.effective_on or work.today,
        org_id=case.department_id,
        decided_by=work.actor.person(),
        decided_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    body: dict[str, Any] = {"outcome": made.outcome, "report": report.ref}
    if grounds:
        body["verified_doubts"] = list(grounds)
    journal.of_case(work, case.ref, "determination.recorded", made.ref, body)
    return made
