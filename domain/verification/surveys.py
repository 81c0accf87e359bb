"""Offline investigation (DOC-09, LF-08): the entrusting department finds out what no source answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, rules
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.parties import permissions
from domain.parties.households import Person
from domain.policy_keys.terms import OFFLINE_SURVEY_SURVEYORS_MIN
from domain.text import gettext as _
from domain.verification import queries
from domain.verification.queries import Query
from domain.work import Work

METHODS = ("VISIT", "NEIGHBOURS", "LETTER", "OTHER")
INVESTIGATORS = ("department", "town_post")


class Survey(Base):
    """A record of 实地查看 (VISIT), 邻里访问 (NEIGHBOURS), 信函索证 (LETTER) or another method (OTHER).

    `findings` is sealed JSON: [{"person": ref, "category": code, "obtained": bool, "amount": "…", "count": n,
    "text": "…"}]. obtained=False leaves the line 未获得. Made by a department or its town post, never an agency.
    """

    __tablename__ = "survey"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("org_kind IN ('department','town_post')", name="not_by_agency"),
        CheckConstraint("method IN ('VISIT','NEIGHBOURS','LETTER','OTHER')", name="method"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    query_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("query.id"))
    doubt_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("doubt.id"))
    method: Mapped[str] = mapped_column(String(12))
    made_at: Mapped[datetime]
    surveyors: Mapped[Sealed]
    findings: Mapped[Sealed]
    statement: Mapped[Sealed]
    files: Mapped[list[Any]] = mapped_column(default=list)
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16))
    recorded_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    recorded_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was learnt of one person. person: ref; amount: yuan, a month for incomes; all S3.

    obtained False leaves the line 未获得.
    """

    person: str
    obtained: bool
    amount: Decimal | None = field(default=None, repr=False)
    count: int | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """A filled-in record. made_at: aware; persons_asked, place, statement: S3; files: refs of photographs."""

    method: str
    made_at: datetime
    surveyors: Sequence[str] = field(repr=False)
    findings: Sequence[Finding] = field(repr=False)
    statement: str = field(default="", repr=False)
    place: str = field(default="", repr=False)
    persons_asked: str = field(default="", repr=False)
    files: Sequence[str] = ()


def plan_surveys(work: Work, case: Case, round: int | None = None) -> tuple[list[Query], rules.Due]:
    """The queries of a round (None: the newest) that brought nothing, and when the department is due to find out.

    No term reaches beyond the case's own limit: what is missing then is reported as 未获得 (LF-09).
    """
    chosen = queries.newest_round(work, case) if round is None else round
    missing = [query for query in queries.of_case(work, case, chosen) if queries.lacks_somebody(query)]
    due = rules.due(work, case, "offline_survey_term")
    if due.at is not None and case.due_at is not None and due.at > case.due_at > work.now:
        due = rules.Due(case.due_at, case.due, due.kind, due.source)
    return missing, due


def record(work: Work, case: Case, query: Query, report: Report) -> Survey:
    """Keep the record of an investigation of what a query did not bring; the newest one counts.

    Raises:
        NotPermitted: not the case's department or its town post; never an agency (LF-08).
        Conflict: the source has answered. InvalidAnswers: method, made_at, surveyors.
        NotFound: a finding about somebody the query did not ask about.
    """
    org_id, account_id = _investigator(work, case)
    if query.case_id != case.id or not queries.lacks_somebody(query):
        raise Conflict(_("This query needs no investigation: its source has answered, or it is still out."))
    _check(work, case, query, report)
    ref = new_ref()
    vault = work.home.vault
    findings = [{**asdict(one), "category": query.category, "amount": _plain(one.amount)} for one in report.findings]
    words = {"text": report.statement, "place": report.place, "persons_asked": report.persons_asked}
    made = Survey(
        ref=ref,
        case_id=case.id,
        query_id=query.id,
        method=report.method,
        made_at=report.made_at,
        surveyors=vault.seal_json("survey.surveyors", ref, list(report.surveyors)),
        findings=vault.seal_json("survey.findings", ref, findings),
        statement=vault.seal_json("survey.statement", ref, words),
        files=list(report.files),
        org_id=org_id,
        org_kind=work.actor.org_kind,
        recorded_by=account_id,
        recorded_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    body = {"query": query.ref, "method": report.method, "files": len(report.files)}
    journal.of_case(work, case.ref, "survey.recorded", made.ref, body)
    return made


def of_case(work: Work, case: Case) -> list[Survey]:
    """The investigations of a case, the newest last; the caller permits. Uses ix_survey_case_id."""
    return list(work.session.scalars(select(Survey).where(Survey.case_id == case.id).order_by(Survey.id)))


def asked_about(work: Work, query: Query) -> set[str]:
    """Refs of the persons a query asked about."""
    ids = [subject.person_id for subject in queries.subjects_of(work, query)]
    return set(work.session.scalars(select(Person.ref).where(Person.id.in_(ids))))


def findings_of(work: Work, survey: Survey) -> list[dict[str, Any]]:
    """What was found (S3), as `Survey.findings` says."""
    return cast(list[dict[str, Any]], work.home.vault.open_json("survey.findings", survey.ref, survey.findings))


def _investigator(work: Work, case: Case) -> tuple[int, int]:
    actor = work.actor
    permissions.must(actor, "survey.record", permissions.relation_to_case(actor, case))
    if actor.org_kind not in INVESTIGATORS or actor.org_id is None or actor.user_id is None:
        raise NotPermitted(_("Only the entrusting department and its town posts investigate."), clause="LF-08")
    return actor.org_id, actor.user_id


def _check(work: Work, case: Case, query: Query, report: Report) -> None:
    least = rules.of_case(work, case).value(OFFLINE_SURVEY_SURVEYORS_MIN)
    faults: dict[str, object] = {}
    if report.method not in METHODS:
        faults["method"] = _("Choose how the investigation was made.")
    if report.made_at > work.now:
        faults["made_at"] = _("The investigation cannot lie in the future.")
    if len({name.strip() for name in report.surveyors if name.strip()}) < least:
        faults["surveyors"] = _("At least %(least)s people make an investigation and sign it.", least=least)
    if faults:
        raise InvalidAnswers(faults)
    if {finding.person for finding in report.findings} - asked_about(work, query):
        raise NotFound(_("There is no such person in this query."))


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
