"""A case that went the whole way and some that did not, for raw SQL to be tried on."""

from __future__ import annotations

from sqlalchemy import create_engine

from domain import sealing
from domain.assistance.determinations import Determination
from domain.cases import Case
from domain.home import open_home
from domain.oversight.archive import ArchiveFile, ArchiveItem
from domain.parties import organisations
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.verification import acceptances, collecting, commissions, noncooperation
from domain.verification.acceptances import CHECKS, PASS
from domain.verification.catalogue_rows import ResourceVersion
from domain.verification.commissions import Commission
from domain.verification.deliveries import Delivery, Resource
from domain.verification.queries import Query, QuerySubject, ResultRow
from domain.verification.reports import Report
from domain.verification.surveys import Survey
from domain.work import Work, harden
from tests.domain.office import (
    DAY_BEFORE,
    NOW,
    OFFICE,
    TODAY,
    Desk,
    account,
    case_of,
    household,
    paper,
    people,
    settings_of,
)
from tests.infrastructure.databases import Place, Template

DIGEST = "0" * 64
ALL_PASS = dict.fromkeys(CHECKS, PASS)


def authorise(work: Work, case: Case, family: Household, **options: object) -> None:
    """Every member signs the day before."""
    for person in people(work, family):
        chosen = {"signed_on": DAY_BEFORE, "scan": paper(work, case), **options}
        collecting.collect(work, case, person, by=account(work, "town"), **chosen)  # type: ignore[arg-type]


def prepared(work: Work, *names: str) -> tuple[Case, Household, Commission]:
    """A case whose members authorised and whose commission is drafted."""
    family = household(work, *names)
    case = case_of(work, family)
    authorise(work, case, family)
    draft = commissions.prepare(work, case, categories=["DEPOSIT", "DEATH"], by=account(work, "clerk"))
    return case, family, draft


def issued(work: Work, *names: str) -> tuple[Case, Household, Commission]:
    case, family, _draft = prepared(work, *names)
    made = commissions.issue(work, case, signed_on=TODAY, letter=paper(work, case), by=account(work, "head"))
    return case, family, made


def accepted(work: Work, *names: str) -> tuple[Case, Household, Commission]:
    case, family, made = issued(work, *names)
    acceptances.decide(work, made, items=ALL_PASS, outcome="ACCEPTED", by=account(work, "checker"))
    return case, family, made


def supplier(work: Work) -> Organisation:
    made = Organisation(
        code="bank",
        kind="supplier",
        level="city",
        name="银行",
        name_en="Bank",
        jurisdiction="benxi",
        supplier_kind="bank",
        parent_id=organisations.by_code(work, "benxi-bureau").id,
    )
    work.session.add(made)
    work.session.flush()
    return made


def resource(work: Work, category: str = "DEPOSIT") -> Resource:
    bank = supplier(work)
    made = Resource(
        code=f"bank.{category}",
        category=category,
        supplier_id=bank.id,
        level="city",
        limit_key=f"query_limit.{category}",
    )
    work.session.add(made)
    work.session.flush()
    limit = {"limit_length": 5, "limit_unit": "working"}
    work.session.add(
        ResourceVersion(resource_id=made.id, number=1, state="PUBLISHED", taken_over=True, written_at=NOW, **limit)
    )
    work.session.flush()
    return made


def play(work: Work) -> None:
    """One draft, one issued and one accepted commission; everything else hangs on the accepted one."""
    prepared(work, "草稿")
    issued(work, "已发")
    case, family, commission = accepted(work, "甲某", "乙某")
    _queried(work, case, family, commission)
    _papers(work, case, commission)
    noncooperation.decide(
        work, case, requests=["3月1日上门", "3月5日电话"], choice="CONTINUE", reason="再等", by=account(work, "head")
    )
    sealing.seal(work)


def _queried(work: Work, case: Case, family: Household, commission: Commission) -> None:
    source = resource(work)
    file = paper(work)
    session = work.session
    delivery = Delivery(
        resource_id=source.id,
        file_id=file.id,
        file_digest=DIGEST,
        data_date=TODAY,
        state="READY",
        store_name="store",
        uploaded_at=NOW,
    )
    query = Query(case_id=case.id, commission_id=commission.id, category="DEPOSIT", resource_id=source.id)
    session.add_all([delivery, query])
    session.flush()
    person = people(work, family)[0]
    session.add(QuerySubject(query_id=query.id, commission_id=commission.id, person_id=person.id))
    session.flush()
    session.add(
        ResultRow(
            query_id=query.id,
            person_id=person.id,
            category="DEPOSIT",
            source_org_id=source.supplier_id,
            source_level="city",
            delivery_id=delivery.id,
            row_no="2",
            data_date=TODAY,
            obtained_at=NOW,
            match_kind="ID",
            fingerprint=DIGEST,
            value=b"sealed",
        )
    )
    session.flush()


def _papers(work: Work, case: Case, commission: Commission) -> None:
    session = work.session
    head = account(work, "head")
    report = Report(
        case_id=case.id,
        commission_id=commission.id,
        number="R1",
        agency_id=case.agency_id,
        handler_id=account(work, "handler"),
        reviewer_id=account(work, "checker"),
        drafted_at=NOW,
        signed_at=NOW,
        signed_on=TODAY,
        state="SIGNED",
        canonical=b"sealed",
        digest=DIGEST,
    )
    survey = Survey(
        case_id=case.id,
        method="VISIT",
        made_at=NOW,
        surveyors=b"s",
        findings=b"s",
        statement=b"s",
        org_id=case.department_id,
        org_kind="department",
        recorded_by=head,
        recorded_at=NOW,
    )
    archive = ArchiveFile(case_id=case.id, number="A1", holder_id=case.agency_id, completed_at=NOW)
    session.add_all([report, survey, archive])
    session.flush()
    session.add_all(
        [
            Determination(
                case_id=case.id,
                report_id=report.id,
                outcome="APPROVE",
                reason=b"s",
                basis=b"s",
                org_id=case.department_id,
                decided_by=head,
                decided_at=NOW,
            ),
            ArchiveItem(archive_id=archive.id, kind="REPORT", subject="R1", digest=DIGEST),
        ]
    )
    session.flush()


def _make(place: Place) -> None:
    OFFICE.make(place)
    engine = harden(create_engine(place.url))
    with Desk(open_home(settings_of(place), engine)).acting("clerk") as work:
        play(work)
    engine.dispose()


WORLD = Template("domain-world", _make)
