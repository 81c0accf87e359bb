"""What a written notice says (DOC-12, DOC-13), gathered from the department's decision and the case's rows."""

from __future__ import annotations

from documents.letters import NoticeData, NoticeItem, NoticeKind
from domain import rules
from domain.assistance import determinations
from domain.assistance.determinations import Determination
from domain.cases import Case
from domain.clock import office_day
from domain.parties import households
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.verification import comparison, declarations, measures
from domain.work import Work
from domain.workdays import Term
from workflows.report_data import category, figure

KINDS = {
    "REJECT": NoticeKind.NOT_ELIGIBLE,
    "REFUSE_INTAKE": NoticeKind.NOT_ACCEPTED,
    "STOP": NoticeKind.STOPPED,
    "SUSPEND": NoticeKind.SUSPENDED,
}
DECISIONS = {
    "REJECT": "不予批准{programme}。",
    "REFUSE_INTAKE": "不予受理{programme}申请。",
    "STOP": "自{day}起停止{programme}。",
    "SUSPEND": "自{day}起暂停{programme}。",
}
UNITS = {"working": "个工作日", "natural": "日", "month": "个月"}
# what differs from the declaration is a fact the decision may rest on
_TOLD = (measures.UNDER, measures.UNDECLARED)


def notice_data(work: Work, case: Case, determination: Determination, number: str) -> NoticeData:
    """The data of the notice of a negative decision. Raises KeyError for a decision that is not negative."""
    household = households.by_id(work, case.household_id)
    members = households.members(work, household)
    department = work.session.get_one(Organisation, case.department_id)
    programme = rules.current(work).programmes[case.programme].zh
    told = determinations.words_of(work, determination)
    declared = declarations.newest(work, household)
    day = determination.effective_on or office_day(determination.decided_at)
    return NoticeData(
        number=number,
        kind=KINDS[determination.outcome],
        department=department.name,
        applicant=households.name_of(work, members[0]) if members else "",
        address=households.address_of(work, household),
        programme=programme,
        applied_on=declared.declared_on if declared is not None else office_day(case.opened_at),
        decision=DECISIONS[determination.outcome].format(
            programme=programme, day=f"{day.year} 年 {day.month} 月 {day.day} 日"
        ),
        facts=told.reason,
        basis=(told.basis,),
        items=_items(work, case) if determination.report_id is not None else (),
        appeal_way=f"向{department.name}提出书面异议，写明有异议的事项和理由。",
        appeal_term=_appeal_term(work, case),
        contact=department.name,
        signed_on=office_day(determination.decided_at),
        seal=department.name,
    )


def _items(work: Work, case: Case) -> tuple[NoticeItem, ...]:
    return tuple(
        NoticeItem(
            item=category(work, line.category),
            person=households.name_of(work, work.session.get_one(Person, line.person_id)),
            declared=figure(work, line.category, line.unit, line.declared) or "无",
            found=figure(work, line.category, line.unit, line.found),
        )
        for line in comparison.lines(work, case)
        if line.verdict in _TOLD
    )


def _appeal_term(work: Work, case: Case) -> str:
    term = rules.of_case(work, case).value("objection_term")
    if not isinstance(term, Term):
        return "现行规定未设提出异议的期限，请在收到本告知书后及时提出。"
    return f"自收到本告知书之日起 {term.length} {UNITS.get(str(term.unit), '日')}内提出。"
