"""What passes between department and agency: commission letter (DOC-02), the agency's check of it (DOC-03), its
refusal (DOC-04), the request for a re-check and its answer (DOC-11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from documents.forms import Fact, FormData, Part, Row, Signer
from documents.letters import LetterData, LetterPerson, RefusalData, RefusalItem
from documents.wording import must_not_conclude
from domain import rules
from domain.cases import Case
from domain.clock import office_day
from domain.errors import Conflict
from domain.parties import households
from domain.parties.households import Person
from domain.policy_keys.commissions import AUTH_REQUIRED_SCOPE
from domain.text import gettext as _
from domain.verification import acceptances, authorisations, commissions, disputes, rechecks, reports
from domain.verification.acceptances import FAIL
from domain.verification.authorisations import Authorisation, required_scope
from domain.verification.commissions import AUTH_FREE, DRAFT, Acceptance, Commission, CommissionSubject
from domain.verification.disputes import Dispute, Recheck
from domain.work import Work
from workflows.papers import words

# the words of the form the checker filled in
CHECKS = {
    "signature": "授权书签名真实、完整", "capacity": "行为能力与监护关系相符", "scope": "授权范围符合要求",
    "dates": "授权日期不晚于委托日期且在有效期内", "members": "家庭成员齐全", "id_copies": "身份证件复印件齐全、清晰",
    "programme": "救助类别与委托单位相符", "letter": "委托书要素齐全、已盖章",
}  # fmt: skip
# what puts each of them right
REMEDIES = {
    "signature": "由本人重新签署授权书", "capacity": "由法定监护人签署并附监护证明",
    "scope": "按要求的范围重新签署授权书", "dates": "在委托之前取得有效的授权书",
    "members": "补齐家庭成员及其授权书", "id_copies": "补交清晰的身份证件复印件",
    "programme": "由主管该救助项目的部门委托", "letter": "补齐委托书要素并盖章",
}  # fmt: skip
OUTCOMES = {"ACCEPTED": "受理", "REFUSED": "不予受理，退回补正"}
RESULTS = {rechecks.UPHELD: "维持原结果", rechecks.CHANGED: "结果有变化"}


def letter(work: Work, case: Case, number: str, day: date, commission: Commission) -> LetterData:
    """核对委托书: as issued; while it is a draft, with room for signature and seal, to be signed by hand (BX-12).

    Raises Conflict for a draft whose members have not all authorised (BX-11).
    """
    head = words.family(work, case).head if case.household_id is not None else None
    draft = commission.state == DRAFT
    department = words.office(work, case.department_id)
    limit = case.due_at
    return LetterData(
        number=number if draft else commission.number or number,
        department=department,
        agency=words.office(work, commission.agency_id),
        basis=commission.basis or "社会救助有关规定和被核对人的授权",
        case_type=f"{words.KINDS.get(case.kind, case.kind)}（{words.PURPOSES[commission.purpose]}）",
        programme=words.programme(work, case),
        household_head=head,
        persons=tuple(_of_letter(work, case, commission, draft)),
        categories=tuple(words.category(work, one) for one in commissions.categories_of(work, commission)),
        region=words.SCOPES[rules.of_case(work, case).value(AUTH_REQUIRED_SCOPE)],
        output="疑点信息清单" if case.kind != "NEW" else "核对报告",
        due_on=office_day(limit) if limit is not None and not draft else None,
        contact=words.person_of_staff(work, commission.prepared_by) or "系统",
        telephone="",
        signatory=words.person_of_staff(work, commission.signatory_id) or None,
        signed_on=commission.commissioned_on if not draft else None,
        seal=department if not draft else None,
    )


def checked(work: Work, case: Case, number: str, day: date, acceptance: Acceptance) -> FormData:
    """受理单: what the checker looked at before anything was queried, and with what result (LF-19)."""
    commission = work.session.get_one(Commission, acceptance.commission_id)
    marks = {acceptances.PASS: "符合", FAIL: "不符合"}
    agency = words.office(work, commission.agency_id)
    rows = tuple(
        Row(cells=(str(place), CHECKS.get(code, code), marks.get(str(acceptance.items.get(code)), "—")))
        for place, code in enumerate(acceptances.CHECKS, start=1)
    )
    return FormData(
        doc="DOC-03",
        number=number,
        issued_on=day,
        title="核对委托受理单",
        office=agency,
        parts=(
            Part(title="委托事项", facts=(
                Fact(label="委托单位", value=words.office(work, case.department_id), wide=True),
                Fact(label="委托书编号", value=commission.number or ""),
                Fact(label="委托日期", value=words.day(commission.commissioned_on)),
                Fact(label="救助项目", value=words.programme(work, case)), Fact(label="案件编号", value=case.number),
            )),
            Part(title="授权与委托审查", head=("序号", "审查内容", "审查结果"), widths=(1, 7, 2), rows=rows),
            Part(title="审查意见", facts=(
                Fact(label="审查结论", value=OUTCOMES[acceptance.outcome], wide=True),
                Fact(label="意见", value=acceptances.reason_of(work, acceptance) or "同意受理。", wide=True),
                Fact(label="审查人", value=words.person_of_staff(work, acceptance.checker_id)),
                Fact(label="审查日期", value=words.day(acceptance.decided_at)),
            )),
        ),
        signers=(Signer(role="审查人", name=words.person_of_staff(work, acceptance.checker_id)),),
        sealed=agency,
    )  # fmt: skip


def refused(work: Work, case: Case, number: str, day: date, acceptance: Acceptance) -> RefusalData:
    """不予受理核对通知: why a commission came back and how it is put right (BX-17). Raises ConclusionWords."""
    commission = work.session.get_one(Commission, acceptance.commission_id)
    agency = words.office(work, commission.agency_id)
    made = RefusalData(
        number=number,
        agency=agency,
        department=words.office(work, case.department_id),
        commission_number=commission.number or "",
        commissioned_on=commission.commissioned_on or day,
        household_head=words.family(work, case).head if case.household_id is not None else None,
        reason_code=acceptance.reason_code,
        reason=acceptances.reason_of(work, acceptance).rstrip("。"),
        basis="未取得完整授权和书面委托的，不得核对",
        items=tuple(
            RefusalItem(subject=CHECKS[code], missing="不符合", remedy=REMEDIES[code])
            for code in acceptances.CHECKS if acceptance.items.get(code) == FAIL
        ),
        can_be_corrected=True,
        correct_by=None,
        checker=words.person_of_staff(work, acceptance.checker_id),
        signed_on=office_day(acceptance.decided_at),
        seal=agency,
    )  # fmt: skip
    must_not_conclude(made, frozenset({"reason", "missing", "remedy"}))
    return made


def recheck(work: Work, case: Case, number: str, day: date, dispute: Dispute) -> FormData:
    """复核申请书: what the department forwards of an objection; answered by the agency item by item (LF-21)."""
    own = words.family(work, case)
    department, agency = words.office(work, case.department_id), words.office(work, case.agency_id)
    report = work.session.get_one(reports.Report, dispute.report_id)
    rows = work.session.scalars(select(Recheck).where(Recheck.dispute_id == dispute.id).order_by(Recheck.id)).all()
    return FormData(
        doc="DOC-11",
        number=number,
        issued_on=day,
        title="居民家庭经济状况核对复核申请书",
        office=department,
        addressee=agency,
        parts=(
            Part(title="核对报告和申诉人", facts=(
                *words.about(work, case, own), Fact(label="核对报告", value=report.number or ""),
                Fact(label="收到异议日期", value=words.day(dispute.received_at)),
            )),
            Part(title="申请复核的信息和复核结果", head=("姓名", "信息项目", "第几次", "复核结果", "说明"),
                 widths=(3, 3, 2, 3, 5), rows=tuple(_rechecked(work, one) for one in rows)),
            Part(title="申请理由", facts=(
                Fact(label="部门理由", value=disputes.reasons_of(work, dispute), high=True),
            ), texts=("复核结果由核对机构逐项填写并返回申请单位；复核只说明查得的信息，供申请单位参考。",)),
        ),
        signers=(Signer(role="部门经办人", name=words.person_of_staff(work, dispute.recorded_by)),
                 Signer(role="核对机构复核人")),
        sealed=department,
    )  # fmt: skip


def _rechecked(work: Work, item: Recheck) -> Row:
    person = work.session.get_one(Person, item.person_id)
    result = RESULTS[item.result] if item.result is not None else ""
    cells = (households.name_of(work, person), words.category(work, item.category), str(item.ordinal), result)
    return Row(cells=(*cells, rechecks.note_of(work, item)))


def _of_letter(work: Work, case: Case, commission: Commission, draft: bool) -> Sequence[LetterPerson]:
    """Whom the letter names: those frozen at issue, or the members who would be."""
    if not draft:
        found = work.session.execute(
            select(Person, Authorisation)
            .join(CommissionSubject, CommissionSubject.person_id == Person.id)
            .outerjoin(Authorisation, Authorisation.id == CommissionSubject.authorisation_id)
            .where(CommissionSubject.commission_id == commission.id)
            .order_by(CommissionSubject.id)
        )
        return [_person(work, person, signed, commission.household_id is None) for person, signed in found]
    if case.household_id is None:
        return []
    held = authorisations.inventory(
        work, words.family(work, case).household, work.today, scope=required_scope(work, case)
    )
    if commission.purpose not in AUTH_FREE and any(one.authorisation is None for one in held):
        raise Conflict(
            _("Somebody has not authorised yet. First authorise, then commission: the letter is printed afterwards."),
            clause="BX-11",
            case=case.ref,
        )
    return [_person(work, one.person, one.authorisation, False) for one in held]


def _person(work: Work, person: Person, signed: Authorisation | None, of_many: bool) -> LetterPerson:
    return LetterPerson(
        name=households.name_of(work, person),
        relation=person.relation,
        id_number=households.number_of(work, person),
        authorisation=signed.number if signed is not None else None,
        authorised_on=signed.signed_on if signed is not None else None,
        household=person.household.number if of_many else None,
    )
