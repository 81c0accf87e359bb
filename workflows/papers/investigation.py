"""Records of investigations (DOC-09a/b/c, LF-08): home visit, neighbours, letters for proof; and of who does not
cooperate (DOC-16, BX-14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from documents.forms import Fact, FormData, Part, Row, Signer
from domain import rules
from domain.cases import Case
from domain.clock import OFFICE_ZONE
from domain.parties import households
from domain.policy_keys.commissions import NONCOOPERATION_REQUESTS_MIN
from domain.policy_keys.terms import OFFLINE_SURVEY_SURVEYORS_MIN
from domain.verification import noncooperation, surveys
from domain.verification.noncooperation import NonCooperation
from domain.verification.surveys import Survey
from domain.work import Work
from workflows.papers import words

VISIT, NEIGHBOURS, LETTER = "DOC-09A", "DOC-09B", "DOC-09C"
DOCS = {"VISIT": VISIT, "NEIGHBOURS": NEIGHBOURS, "LETTER": LETTER}
TITLES = {VISIT: "实地查看记录", NEIGHBOURS: "邻里访问记录", LETTER: "信函索证记录"}
CHOICES = {"REFUSE": "不予受理申请", "SUSPEND": "暂停救助", "CONTINUE": "继续告知，等待授权"}


def record(work: Work, case: Case, doc: str, number: str, day: date, survey: Survey | None = None) -> FormData:
    """The record of an investigation as it was made, or with what is known beforehand to be taken along."""
    own = words.family(work, case)
    vault = work.home.vault
    said = _opened(work, survey) if survey is not None else {}
    found = surveys.findings_of(work, survey) if survey is not None else []
    surveyors = cast(Sequence[str], vault.open_json("survey.surveyors", survey.ref, survey.surveyors)) if survey else ()
    least = rules.of_case(work, case).value(OFFLINE_SURVEY_SURVEYORS_MIN)
    names = {one.ref: households.name_of(work, one) for one in own.members}
    rows = tuple(_finding(work, names, one) for one in found)
    investigators = [Signer(role=f"调查人{place + 1}", name=(*surveyors, *[""] * least)[place])
                     for place in range(max(len(surveyors), least))]  # fmt: skip
    return FormData(
        doc=doc,
        number=number,
        issued_on=day,
        title=f"居民家庭经济状况{TITLES[doc]}",
        office=words.office(work, survey.org_id if survey is not None else case.department_id),
        parts=(
            Part(title="调查对象", facts=words.about(work, case, own)),
            Part(title="调查情况", facts=_circumstances(doc, survey, said)),
            Part(title="逐项查得情况", head=("姓名", "项目", "是否查得", "查得情况"), widths=(3, 3, 2, 6), rows=rows,
                 spare=0 if rows else 4),
            Part(title="调查结论", facts=(
                Fact(label="所见所闻", value=str(said.get("text", "")), high=True),
                Fact(label="照片、笔录、回函", value=f"{len(survey.files)} 件" if survey else "", wide=True),
            ), texts=("本记录只写明所见所闻，供社会救助管理部门参考。",)),
        ),
        signers=(*investigators, _witness(doc, own.head)),
    )  # fmt: skip


def non_cooperation(work: Work, case: Case, number: str, day: date, row: NonCooperation | None = None) -> FormData:
    """不予配合情况记录: what was asked, when and how, and what came back; decided by the department alone."""
    own = words.family(work, case)
    told = (
        cast(Sequence[str], work.home.vault.open_json("non_cooperation.requests", row.ref, row.requests)) if row else ()
    )
    least = int(rules.of_case(work, case).value(NONCOOPERATION_REQUESTS_MIN))
    department = words.office(work, case.department_id)
    rows = tuple(Row(cells=(str(place), one, "")) for place, one in enumerate(told, start=1))
    return FormData(
        doc="DOC-16",
        number=number,
        issued_on=day,
        title="不予配合核对情况记录",
        office=department,
        parts=(
            Part(title="当事人", facts=words.about(work, case, own)),
            Part(title="告知配合情况", texts=("写明每次告知的日期、方式、内容和对方的答复。",),
                 head=("次序", "告知的日期、方式和内容", "答复"), widths=(1, 6, 4), rows=rows,
                 spare=0 if rows else max(least, 3)),
            Part(title="社会救助管理部门决定", facts=(
                Fact(label="决定", value=CHOICES[row.choice] if row is not None else "", wide=True),
                Fact(label="理由", value=noncooperation.reason_of(work, row) if row is not None else "", high=True),
                Fact(label="决定人", value=words.person_of_staff(work, row.decided_by) if row is not None else ""),
                Fact(label="决定日期", value=words.day(row.decided_at) if row is not None else ""),
            )),
        ),
        signers=(Signer(role="当事人", name=own.head, fingerprint=True, note="拒绝签名的由见证人注明"),
                 Signer(role="告知人"), Signer(role="见证人")),
        sealed=department,
    )  # fmt: skip


def _circumstances(doc: str, survey: Survey | None, said: Mapping[str, Any]) -> tuple[Fact, ...]:
    at = f"{survey.made_at.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}" if survey is not None else ""
    asked, place = str(said.get("persons_asked", "")), str(said.get("place", ""))
    if doc == LETTER:
        return (
            Fact(label="收信人", value=asked, wide=True), Fact(label="发函日期", value=at),
            Fact(label="要求回复日期"), Fact(label="回函日期"), Fact(label="回函编号"),
        )  # fmt: skip
    who = "在场人员" if doc == VISIT else "被访问人及关系"
    return (
        Fact(label="调查时间", value=at),
        Fact(label="调查地点", value=place),
        Fact(label=who, value=asked, wide=True),
    )


def _witness(doc: str, head: str) -> Signer:
    if doc == VISIT:
        return Signer(role="被查看家庭", name=head, fingerprint=True, note="拒绝签名的由调查人注明")
    return Signer(role="被访问人", fingerprint=True) if doc == NEIGHBOURS else Signer(role="经办人")


def _opened(work: Work, survey: Survey) -> Mapping[str, Any]:
    return cast(dict[str, Any], work.home.vault.open_json("survey.statement", survey.ref, survey.statement))


def _finding(work: Work, names: Mapping[str, str], one: Mapping[str, Any]) -> Row:
    figures = [f"{one['amount']} 元" if one.get("amount") else "", f"{one['count']}" if one.get("count") else ""]
    told = "，".join(part for part in (*figures, one.get("text") or "") if part)
    name = names.get(one["person"], "")
    return Row(cells=(name, words.category(work, one["category"]), "是" if one["obtained"] else "未获得", told or "—"))
