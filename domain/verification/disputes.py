"""Objections (DOC-10) enter at the department only; it settles them or forwards them for re-check (LF-21).

How often one person's category may be re-checked is policy, counted apart for results of the own region and of
others (LN-19). The re-checks themselves are planned and answered in `domain.verification.rechecks`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.files import StoredFile
from domain.parties.households import Person
from domain.parties.organisations import Organisation, jurisdiction_chain
from domain.parties.permissions import must, relation_to_case
from domain.text import gettext as _
from domain.verification import reports
from domain.verification.commissions import CommissionCategory, CommissionSubject
from domain.verification.deliveries import Resource
from domain.verification.queries import Query, QuerySubject
from domain.verification.reports import Report
from domain.work import Work

SETTLED, FORWARDED, NOT_ACCEPTED = "SETTLED", "FORWARDED", "NOT_ACCEPTED"
LOCAL, CROSS_REGION = "LOCAL", "CROSS_REGION"
LIMITS = {LOCAL: "recheck_max_per_category", CROSS_REGION: "cross_region.recheck_max_per_category"}


class Dispute(Base):
    """One objection: items are person and category, reasons are the department's own words.

    outcome: SETTLED (explained, nothing to re-check), FORWARDED, NOT_ACCEPTED (over the limit, LN-19).
    """

    __tablename__ = "dispute"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("org_kind = 'department'", name="at_department"),
        CheckConstraint("outcome IN ('SETTLED','FORWARDED','NOT_ACCEPTED')", name="outcome"),
        CheckConstraint("outcome <> 'FORWARDED' OR reasons IS NOT NULL", name="forwarded_with_reasons"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    report_id: Mapped[int] = mapped_column(BigKey, ForeignKey("report.id"))
    received_at: Mapped[datetime]
    statement: Mapped[Sealed]
    reasons: Mapped[Sealed | None]
    outcome: Mapped[str] = mapped_column(String(16))
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16), default="department")
    recorded_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))


class Recheck(Base):
    """One re-check (异议复核) of one person and category; `ordinal` counts them, limited by policy (LN-19).

    origin LOCAL or CROSS_REGION decides which limit holds. result: UPHELD or CHANGED; null while open.
    """

    __tablename__ = "recheck"
    __table_args__ = (
        UniqueConstraint("case_id", "person_id", "category", "ordinal"),
        Index("ix_recheck_dispute_id", "dispute_id"),
        CheckConstraint("result IS NULL OR result IN ('UPHELD','CHANGED')", name="result"),
        CheckConstraint("origin IN ('LOCAL','CROSS_REGION')", name="origin"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    dispute_id: Mapped[int] = mapped_column(BigKey, ForeignKey("dispute.id"))
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    origin: Mapped[str] = mapped_column(String(16), default="LOCAL")
    ordinal: Mapped[int]
    round: Mapped[int]
    query_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("query.id"))
    result: Mapped[str | None] = mapped_column(String(12))
    note: Mapped[Sealed | None]
    answered_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Disputed:
    """One thing objected to: what the report says of a person in a category."""

    person: Person
    category: str


def record(
    work: Work,
    case: Case,
    *,
    statement: str,
    items: Sequence[Disputed],
    reasons: str,
    outcome: str,
    evidence: Collection[StoredFile] = (),
) -> Dispute:
    """Record an objection at the department, with what the department makes of it.

    statement: what the person objects. reasons: the department's own words. outcome: FORWARDED opens one re-check for
    each item; SETTLED and NOT_ACCEPTED open none, the latter also where the limit of LN-19 is reached.

    Raises:
        NotPermitted: at the agency, or anywhere but the entrusting department (LF-21).
        InvalidAnswers: no statement, reasons or items; an item the report does not contain.
        Conflict: nothing was reported yet; a category may not be re-checked again (LN-19); a re-check is under way.
    """
    _must_be_department(work, case, outcome)
    report = reports.latest(work, case)
    if report is None or not reports.reached_department(report):
        raise Conflict(_("There is no report of this case to object to yet."), clause="LF-21")
    once = list(dict.fromkeys(items))
    _must_be_whole(work, report, statement, reasons, once, outcome)
    origins = [_forwardable(work, case, item) for item in once] if outcome == FORWARDED else []
    made = _written(work, case, report, statement, once, reasons, outcome, evidence)
    turn = next_round(work, case)
    for item, origin in zip(once, origins, strict=bool(origins)):
        work.session.add(_recheck(work, made, item, origin, turn))
    work.session.flush()
    body = {"outcome": outcome, "items": [[item.person.ref, item.category] for item in once]}
    journal.of_case(work, case.ref, "dispute.recorded", made.ref, body)
    return made


def next_round(work: Work, case: Case) -> int:
    """The round a re-check of this case runs in: one after the last query or re-check."""
    asked = work.session.scalar(select(func.max(Query.round)).where(Query.case_id == case.id))
    again = work.session.scalar(select(func.max(Recheck.round)).where(Recheck.case_id == case.id))
    return max(asked or 0, again or 0) + 1


def latest(work: Work, case: Case) -> Dispute | None:
    """The newest objection of a case. Uses ix_dispute_case_id."""
    return work.session.scalars(
        select(Dispute).where(Dispute.case_id == case.id).order_by(Dispute.id.desc()).limit(1)
    ).first()


def statement_of(work: Work, dispute: Dispute) -> Mapping[str, Any]:
    """The objection in clear (S3): {"text": …, "items": [{"person": ref, "category": code}]}."""
    return cast(dict[str, Any], work.home.vault.open_json("dispute.statement", dispute.ref, dispute.statement))


def reasons_of(work: Work, dispute: Dispute) -> str:
    """The department's reasons (S3)."""
    return work.home.vault.open("dispute.reasons", dispute.ref, dispute.reasons) if dispute.reasons else ""


def origin_of(work: Work, case: Case, item: Disputed) -> str:
    """LOCAL or CROSS_REGION: whether the newest answer came from an office of another region than the agency's.

    Offices at and above the agency, and those below it, are of its own region.
    """
    source = work.session.scalars(
        select(Organisation)
        .join(Resource, Resource.supplier_id == Organisation.id)
        .join(Query, Query.resource_id == Resource.id)
        .join(QuerySubject, QuerySubject.query_id == Query.id)
        .where(Query.case_id == case.id, Query.category == item.category, QuerySubject.person_id == item.person.id)
        .order_by(Query.round.desc(), Query.id.desc())
        .limit(1)
    ).first()
    if source is None:
        return LOCAL
    agency = work.session.get_one(Organisation, case.agency_id)
    above_agency = jurisdiction_chain(work, case.agency_id)
    own = source.jurisdiction in above_agency or agency.jurisdiction in jurisdiction_chain(work, source.id)
    return LOCAL if own else CROSS_REGION


def _must_be_department(work: Work, case: Case, outcome: str) -> None:
    if work.actor.org_kind != "department":
        raise NotPermitted(
            _("An objection is made at the department that commissioned the verification; it explains or forwards it."),
            clause="LF-21",
        )
    relation = relation_to_case(work.actor, case)
    must(work.actor, "dispute.forward" if outcome == FORWARDED else "dispute.receive", relation)


def _must_be_whole(
    work: Work, report: Report, statement: str, reasons: str, items: Sequence[Disputed], outcome: str
) -> None:
    faults: dict[str, object] = {}
    if outcome not in (SETTLED, FORWARDED, NOT_ACCEPTED):
        faults["outcome"] = _("Choose what becomes of the objection.")
    if not statement.strip():
        faults["statement"] = _("Write down what the person objects to.")
    if not reasons.strip():
        faults["reasons"] = _("The department gives its reasons, whether it explains, forwards or refuses (LF-21).")
    if not items:
        faults["disputed"] = _("Name at least one person and category.")
    elif not all(_is_reported(work, report, item) for item in items):
        faults["disputed"] = _("The report says nothing about one of these persons and categories.")
    if faults:
        raise InvalidAnswers(faults)


def _is_reported(work: Work, report: Report, item: Disputed) -> bool:
    letter = report.commission_id
    person = select(CommissionSubject.id).where(
        CommissionSubject.commission_id == letter, CommissionSubject.person_id == item.person.id
    )
    category = select(CommissionCategory.id).where(
        CommissionCategory.commission_id == letter, CommissionCategory.category == item.category
    )
    return work.session.scalar(person) is not None and work.session.scalar(category) is not None


def _forwardable(work: Work, case: Case, item: Disputed) -> str:
    """The origin of the disputed result, when one more re-check is allowed. Raises Conflict."""
    before = work.session.scalars(
        select(Recheck).where(
            Recheck.case_id == case.id, Recheck.person_id == item.person.id, Recheck.category == item.category
        )
    ).all()
    named = rules.current(work).categories[item.category].zh
    if any(one.result is None for one in before):
        raise Conflict(_("“%(category)s” is being re-checked already.", category=named))
    origin = origin_of(work, case, item)
    limit = rules.of_case(work, case).resolve(LIMITS[origin])
    if limit.value is not None and len(before) >= limit.value:
        raise Conflict(
            _(
                "“%(category)s” of this person was re-checked %(count)s times, and a further objection to it is not"
                " accepted. Record it as not accepted, or take this item out.",
                category=named,
                count=len(before),
            ),
            clause=limit.source_clause,
            category=item.category,
        )
    return origin


def _written(
    work: Work,
    case: Case,
    report: Report,
    statement: str,
    items: Sequence[Disputed],
    reasons: str,
    outcome: str,
    evidence: Collection[StoredFile],
) -> Dispute:
    ref = new_ref()
    vault = work.home.vault
    told = {
        "text": statement.strip(),
        "items": [{"person": item.person.ref, "category": item.category} for item in items],
    }
    made = Dispute(
        ref=ref,
        case_id=case.id,
        report_id=report.id,
        received_at=work.now,
        statement=vault.seal_json("dispute.statement", ref, told),
        reasons=vault.seal("dispute.reasons", ref, reasons.strip()),
        outcome=outcome,
        evidence=[file.ref for file in evidence],
        org_id=case.department_id,
        recorded_by=work.actor.person(),
    )
    work.session.add(made)
    work.session.flush()
    return made


def _recheck(work: Work, dispute: Dispute, item: Disputed, origin: str, turn: int) -> Recheck:
    before = work.session.scalar(
        select(func.max(Recheck.ordinal)).where(
            Recheck.case_id == dispute.case_id,
            Recheck.person_id == item.person.id,
            Recheck.category == item.category,
        )
    )
    return Recheck(
        dispute_id=dispute.id,
        case_id=dispute.case_id,
        person_id=item.person.id,
        category=item.category,
        origin=origin,
        ordinal=(before or 0) + 1,
        round=turn,
    )
