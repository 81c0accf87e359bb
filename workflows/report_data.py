"""What a report or a doubt list says, gathered from the rows of a case into the documents' own shapes.

Only the persons and categories of the accepted letter appear (LN-28); numbers are masked; a category the family
declared and the letter does not ask for stands as not requested, without its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from documents.letters import DoubtListData, ListedDoubt
from documents.report import (
    HOUSEHOLD,
    Comparison,
    Doubt,
    Member,
    OfflineFinding,
    QueryLine,
    ReportData,
    ResultState,
    Verdict,
)
from domain import files, identity, rules
from domain.cases import Case
from domain.clock import office_day
from domain.files import StoredFile
from domain.oversight.campaigns import Campaign
from domain.parties import households
from domain.parties.accounts import Account
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.verification import (
    commissions,
    comparison,
    declarations,
    doubts,
    freshness,
    measures,
    queries,
    reports,
    surveys,
)
from domain.verification.authorisations import Authorisation
from domain.verification.commissions import Commission, CommissionSubject
from domain.verification.comparison import LineView, Piece
from domain.verification.deliveries import Delivery, Resource
from domain.verification.queries import Query, ResultRow
from domain.verification.reports import Report
from domain.work import Work
from workflows import report_sections

# the words of the paper, which is Chinese whoever prints it
LEVELS = {"nation": "国家级", "province": "省级", "city": "市级", "county": "县级", "town": "乡级"}
REASONS = {
    queries.TIMEOUT: "约定时限内未反馈",
    queries.NOT_SHARED: "该数据来源尚未共享",
    queries.NO_MEANS: "没有可用的查询手段",
    queries.NO_AUTHORISATION: "查询时授权已失效或撤回",
    queries.QUOTA: "查询限额已用完",
    comparison.PENDING: "出具报告时尚未反馈",
}
NO_SOURCE = "没有可用的数据来源"
METHODS = {"VISIT": "实地查看", "NEIGHBOURS": "邻里访问", "LETTER": "信函索证", "OTHER": "其他方式"}
VERDICTS = {
    measures.EQUAL: Verdict.SAME,
    measures.UNDER: Verdict.DIFFERENT,
    measures.UNDECLARED: Verdict.UNDECLARED,
    measures.OVER: Verdict.DIFFERENT,
    "NOT_OBTAINED": Verdict.NOT_COMPARED,
}
UNNUMBERED = "（草稿）"


def report_data(work: Work, case: Case, report: Report, *, number: str = "", signing: bool = False) -> ReportData:
    """The data of a report. `signing`: with reviewer (the actor), day and seal; else as a draft.

    Raises Conflict without an accepted commission (LF-16).
    """
    commission = commissions.must_be_accepted(work, case)
    notes = reports.notes_of(work, report)
    pieces = comparison.gathered(work, case, queries.newest_round(work, case))
    lines = comparison.lines(work, case)
    first, last = _window(work, case)
    before = [one for one in reports.all_of(work, case) if one.version < report.version and one.number]
    agency = work.session.get_one(Organisation, case.agency_id)
    letters = commissions.accepted(work, case)
    codes = dict.fromkeys(code for letter in letters for code in commissions.categories_of(work, letter))
    said = (*_query_lines(work, case, pieces, lines), *_not_requested(work, case, set(codes)))
    return ReportData(
        number=number or report.number or UNNUMBERED,
        version=report.version,
        commission_number=commission.number or "",
        commissioned_on=commission.commissioned_on or work.today,
        department=work.session.get_one(Organisation, case.department_id).name,
        agency=agency.name,
        programme=rules.current(work).programmes[case.programme].zh,
        household_head=_head(work, case),
        categories=tuple(category(work, code) for code in codes),
        members=_members(work, pieces, commission),
        query_from=notes.window_from or first,
        query_to=notes.window_to or last,
        lines=said,
        comparisons=tuple(_comparison(work, line) for line in lines),
        doubts=tuple(_doubts(work, case)),
        offline=tuple(_offline(work, case)),
        remarks=notes.remarks or None,
        handler=_name_of(work, report.handler_id),
        reviewer=_name_of(work, work.actor.person()) if signing else None,
        signed_on=work.today if signing else None,
        seal=agency.name if signing else None,
        supplement_of=before[-1].number if before else None,
        supplement_reason="异议复核后补充出具" if before else None,
        groups=report_sections.groups(work, said),
        classes=report_sections.class_lines(work, case, codes, pieces, lines),
    )


def doubt_list_data(work: Work, case: Case, number: str, version: int) -> DoubtListData:
    """The data of the doubt list of one household in a review. Raises Conflict without an accepted commission."""
    commission = commissions.must_be_accepted(work, case)
    department = work.session.get_one(Organisation, case.department_id)
    agency = work.session.get_one(Organisation, case.agency_id)
    pieces = comparison.gathered(work, case, queries.newest_round(work, case))
    lines = {(line.person, line.category): line for line in comparison.lines(work, case)}
    campaign = work.session.get(Campaign, case.campaign_id) if case.campaign_id is not None else None
    household = households.by_id(work, case.household_id)
    missing = [
        f"{_person_name(work, piece.person)}：{category(work, piece.category)}（{_missing(piece)}）"
        for piece in pieces
        if not piece.answered and not piece.offline
    ]
    return DoubtListData(
        number=number,
        version=version,
        batch=case.number,
        period=campaign.period if campaign is not None else work.today.isoformat()[:7],
        commission_number=commission.number or "",
        agency=agency.name,
        department=department.name,
        unit=department.name,
        programme=rules.current(work).programmes[case.programme].zh,
        households=1,
        persons=len({piece.person.id for piece in pieces}),
        doubts=tuple(_listed(work, household.number, row, lines) for row in _doubt_rows(work, case)),
        not_obtained=tuple(missing),
        handler="系统生成",
        seal=agency.name,
    )


def category(work: Work, code: str) -> str:
    """The Chinese name of a category."""
    return rules.current(work).categories[code].zh


def figure(work: Work, code: str, unit: str, value: Decimal | None) -> str | None:
    """A figure as the paper prints it: "12,000 元", "1,486 元/月", "1 辆", "有"; None stays None."""
    return report_sections.figure(rules.current(work).categories[code], unit, value)


def _window(work: Work, case: Case) -> tuple[date, date]:
    asked = queries.of_case(work, case)
    sent = [office_day(query.sent_at) for query in asked if query.sent_at]
    answered = [office_day(query.answered_at) for query in asked if query.answered_at]
    return min(sent, default=work.today), max(answered, default=work.today)


def _head(work: Work, case: Case) -> str:
    members = households.members(work, households.by_id(work, case.household_id))
    return households.name_of(work, members[0]) if members else ""


def _person_name(work: Work, person: Person) -> str:
    return households.name_of(work, person)


def _name_of(work: Work, account_id: int) -> str:
    return work.session.get_one(Account, account_id).name


def _members(work: Work, pieces: Sequence[Piece], commission: Commission) -> tuple[Member, ...]:
    persons = {piece.person.id: piece.person for piece in pieces}
    signed = {
        person_id: (number, signer)
        for person_id, number, signer in work.session.execute(
            select(CommissionSubject.person_id, Authorisation.number, Authorisation.signer)
            .join(Authorisation, Authorisation.id == CommissionSubject.authorisation_id)
            .where(CommissionSubject.commission_id == commission.id, CommissionSubject.person_id.in_(persons))
        )
    }
    made = []
    for person in persons.values():
        number, signer = signed.get(person.id, ("无需授权", "SELF"))
        made.append(
            Member(
                name=_person_name(work, person),
                relation=person.relation,
                masked_id=identity.mask(households.number_of(work, person)),
                authorisation=number,
                note="监护人代签" if signer == "GUARDIAN" else None,
            )
        )
    return tuple(made)


def _query_lines(work: Work, case: Case, pieces: Sequence[Piece], lines: Sequence[LineView]) -> Iterator[QueryLine]:
    told = {(line.person_id, line.category): line for line in lines}
    days = freshness.searched(work, {query.id: query for piece in pieces for query, _state in piece.asked}.values())
    for piece in pieces:
        line = told.get((piece.person.id, piece.category))
        declared = figure(work, piece.category, line.unit, line.declared) if line is not None else None
        blank = QueryLine(
            category=category(work, piece.category),
            person=_person_name(work, piece.person),
            state=ResultState.NOT_OBTAINED,
            declared=declared,
            reason=NO_SOURCE,
        )
        if not piece.asked:
            yield blank
        for query, state in piece.asked:
            answered = _answered(work, case, piece, query, state, blank)
            too_old = line.too_old if line is not None and len(piece.asked) == 1 else None
            yield _aged(answered, days.get(query.id), too_old)


def _aged(answered: QueryLine, looked_through: date | None, too_old: date | None) -> QueryLine:
    """With the day of the data in which nothing was found, or of those that were too old to be compared (CK-10)."""
    if answered.state is ResultState.NOT_FOUND and looked_through is not None:
        return replace(answered, data_date=looked_through.isoformat())
    if answered.state is ResultState.NOT_OBTAINED and too_old is not None:
        said = f"{answered.reason}；该单位最新数据日期为 {too_old.isoformat()}，已超过时效，未用于比对"
        return replace(answered, reason=said)
    return answered


def _answered(work: Work, case: Case, piece: Piece, query: Query, state: str, blank: QueryLine) -> QueryLine:
    resource = work.session.get_one(Resource, query.resource_id)
    line = replace(
        blank,
        source=work.session.get_one(Organisation, resource.supplier_id).name,
        level=LEVELS.get(resource.level, resource.level),
        reason=None,
    )
    rows = tuple(row for row in piece.rows if row.query_ref == query.ref)
    if state == queries.FOUND and rows:
        total = measures.total(piece.category, comparison.rows_to_measure(work, case, replace(piece, rows=rows)))
        unit = measures.measure_of(piece.category)
        said = f"记录 {len(rows)} 条" if unit.described else figure(work, piece.category, unit.unit, total.value)
        data_date = max(row.data_date for row in rows).isoformat()
        return replace(line, state=ResultState.FOUND, found=said, data_date=data_date)
    if state == queries.NOT_FOUND:
        return replace(line, state=ResultState.NOT_FOUND)
    return replace(line, reason=_reason(query))


def _reason(query: Query) -> str:
    if query.state == queries.ANSWERED:
        return REASONS[query.reason or queries.NO_AUTHORISATION]
    said = REASONS.get(query.reason or comparison.PENDING, NO_SOURCE)
    return f"查询请求已于 {office_day(query.sent_at).isoformat()} 发出，{said}" if query.sent_at else said


def _missing(piece: Piece) -> str:
    return "；".join(REASONS.get(one, NO_SOURCE) for one in piece.missing) or NO_SOURCE


def _not_requested(work: Work, case: Case, requested: set[str]) -> Iterator[QueryLine]:
    said = declarations.latest(work, households.by_id(work, case.household_id))
    known = rules.current(work).categories
    for code in sorted({code for _person, code in said} - requested):
        if code in known:
            yield QueryLine(category=known[code].zh, person=HOUSEHOLD, state=ResultState.NOT_REQUESTED)


def _comparison(work: Work, line: LineView) -> Comparison:
    difference = figure(work, line.category, line.unit, line.difference)
    declared_only = line.verdict == measures.OVER and not line.found
    return Comparison(
        item=category(work, line.category),
        person=_person_name(work, work.session.get_one(Person, line.person_id)),
        declared=figure(work, line.category, line.unit, line.declared),
        found=figure(work, line.category, line.unit, line.found),
        difference=None if line.unit == measures.FACT else difference,
        verdict=Verdict.DECLARED_ONLY if declared_only else VERDICTS[line.verdict],
    )


def _doubt_rows(work: Work, case: Case) -> Sequence[doubts.Doubt]:
    """The doubts of the newest round that has any standing, in the order they were raised."""
    return work.session.scalars(
        select(doubts.Doubt)
        .where(doubts.Doubt.case_id == case.id, doubts.Doubt.round == queries.newest_round(work, case))
        .order_by(doubts.Doubt.id)
    ).all()


def _doubts(work: Work, case: Case) -> Iterator[Doubt]:
    for row in _doubt_rows(work, case):
        source, file, place, day = _trace(work, row)
        yield Doubt(
            code=row.code,
            person=_person_name(work, work.session.get_one(Person, row.person_id)),
            sentence=work.home.vault.open("doubt.sentence", row.ref, row.sentence),
            rule=str(row.rule.get("number", row.rule.get("rule", ""))),
            table=f"{row.rule.get('table', '')} 第 {row.rule.get('version', 1)} 版",
            source=source,
            file=file,
            row=place,
            data_date=day,
        )


def _listed(work: Work, household: str, row: doubts.Doubt, lines: dict[tuple[str, str], LineView]) -> ListedDoubt:
    source, file, place, day = _trace(work, row)
    person = work.session.get_one(Person, row.person_id)
    line = lines.get((person.ref, row.category))
    return ListedDoubt(
        household=household,
        person=_person_name(work, person),
        masked_id=identity.mask(households.number_of(work, person)),
        category=category(work, row.category),
        code=row.code,
        sentence=work.home.vault.open("doubt.sentence", row.ref, row.sentence),
        source=source,
        data_date=day,
        found=figure(work, row.category, line.unit, line.found) if line is not None else None,
        rule=str(row.rule.get("number", row.rule.get("rule", ""))),
        table=f"{row.rule.get('table', '')} 第 {row.rule.get('version', 1)} 版",
        file=file,
        row=place,
    )


def _trace(work: Work, doubt: doubts.Doubt) -> tuple[str, str | None, int | None, str | None]:
    """Source, file, row and data date a doubt rests on; a doubt without a row rests on the comparison."""
    found = work.session.execute(
        select(ResultRow, Organisation.name, StoredFile)
        .join(Organisation, Organisation.id == ResultRow.source_org_id)
        .join(Delivery, Delivery.id == ResultRow.delivery_id)
        .join(StoredFile, StoredFile.id == Delivery.file_id)
        .where(ResultRow.id == doubt.result_id)
    ).first()
    if found is None:
        return "申报与核对结果比对", None, None, None
    row, source, file = found
    name, sheet, place = files.name_of(work, file), *_place(row.row_no)
    return source, f"{name} 第 {sheet} 表" if sheet else name, place, row.data_date.isoformat()


def _place(row_no: str) -> tuple[str, int | None]:
    """("", 17) of "17", ("2", 17) of "2!17"."""
    sheet, _sign, row = row_no.rpartition("!")
    return sheet, int(row) if row.isdigit() else None


def _offline(work: Work, case: Case) -> Iterator[OfflineFinding]:
    for survey in surveys.of_case(work, case):
        if survey.query_id is None:
            continue  # the department's verification of a doubt, made after the report
        names = work.home.vault.open_json("survey.surveyors", survey.ref, survey.surveyors)
        for finding in surveys.findings_of(work, survey):
            code = finding["category"]
            person = households.person_by_ref(work, finding["person"])
            yield OfflineFinding(
                item=category(work, code),
                person=_person_name(work, person),
                method=METHODS[survey.method],
                on=office_day(survey.made_at),
                surveyors=tuple(str(name) for name in names) if isinstance(names, list) else (),
                finding=_told(work, code, finding),
            )


def _told(work: Work, code: str, finding: dict[str, object]) -> str:
    if not finding["obtained"]:
        return "未获得"
    unit = measures.measure_of(code).unit
    amount, count = (measures.number(finding.get(name)) for name in ("amount", "count"))
    said = [figure(work, code, unit if unit in (measures.AMOUNT, measures.MONTHLY) else measures.AMOUNT, amount)]
    said.append(figure(work, code, measures.COUNT, count))
    said.append(str(finding.get("text") or "") or None)
    return "；".join(one for one in said if one) or "已查明，无"
