"""先行救助审批表 (DOC-18): why a household was helped before its verification, who approved it, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from documents.forms import Fact, FormData, Part, Signer
from domain.assistance import rescue_rows, rescues
from domain.assistance.rescue_rows import Rescue
from domain.cases import Case
from domain.work import Work
from workflows.papers import words

GRANTED, REFUSED = "同意先行救助", "不同意，按普通程序申请"
ENDS = {"CLOSE": "结清", "ADJUST": "调整后续救助", "RECOVER": "追回"}


def of_case(work: Work, case: Case) -> Sequence[Rescue]:
    """The first help of a case, none before it was decided on. Uses uq_rescue_case_id."""
    return work.session.scalars(select(Rescue).where(Rescue.case_id == case.id)).all()


def approval(work: Work, case: Case, number: str, day: date, row: Rescue) -> FormData:
    """The approval with the day by which the verification begins and the number of its case."""
    own = words.family(work, case)
    said = rescues.words_of(work, row)
    department = words.office(work, case.department_id)
    verification = work.session.get(Case, row.verification_id) if row.verification_id else None
    begun = words.day(verification.commissioned_at) if verification is not None else ""
    return FormData(
        doc="DOC-18",
        number=number,
        issued_on=day,
        title="先行救助审批表",
        office=department,
        parts=(
            Part(title="申请家庭", facts=words.about(work, case, own)),
            Part(title="急难情形", facts=(
                Fact(label="情形", value=said["urgency"], high=True),
                Fact(label="拟救助金额", value=yuan(row.amount_fen)),
                Fact(label="经办人", value=words.person_of_staff(work, row.asked_by)),
            )),
            Part(title="审批", facts=(
                Fact(label="意见", value=REFUSED if row.state == rescue_rows.REFUSED else GRANTED, wide=True),
                Fact(label="理由", value=said["decision_reason"], high=True),
                Fact(label="审批人", value=words.person_of_staff(work, row.decided_by)),
                Fact(label="审批日期", value=words.day(row.decided_at)),
            )),
            Part(title="发放与核对", facts=(
                Fact(label="发放日期", value=words.day(row.paid_on)),
                Fact(label="发放金额", value=yuan(row.paid_fen)),
                Fact(label="应于此日前启动核对", value=words.day(row.due_at)),
                Fact(label="核对案件编号", value=verification.number if verification is not None else ""),
                Fact(label="启动核对日期", value=begun),
                Fact(label="结论", value=ENDS.get(row.outcome or "", "")),
                Fact(label="结论理由", value=said["outcome_reason"], high=True),
            ), texts=("先行救助只推后核对，不免除授权；核对结束后依核对情况作出结论。",)),
        ),
        signers=(Signer(role="经办人"), Signer(role="审批人")),
        sealed=department,
    )  # fmt: skip


def yuan(fen: int | None) -> str:
    """An amount in fen as yuan, "" for none."""
    return "" if fen is None else f"{fen / 100:,.2f} 元"
