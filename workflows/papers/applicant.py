"""What a household signs: authorisation (DOC-01), declaration (DOC-08), objection (DOC-10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from documents.forms import Fact, FormData, Part, Row, Signer
from domain import rules
from domain.cases import Case
from domain.parties import households
from domain.parties.households import Person
from domain.policy_catalogue import GROUPS
from domain.policy_keys.commissions import AUTH_REQUIRED_SCOPE, AUTH_UNTIL_RULE
from domain.verification import declarations, disputes, reports
from domain.work import Work
from workflows.papers import words
from workflows.report_sections import TITLES

INCOMES = ("WAGE", "PENRCV", "BIZINC")
_UNITS = {"VEHICLE": " 辆", "HOUSE": " 套"}


def authorisation(work: Work, case: Case, number: str, day: date) -> FormData:
    """核对授权书: everybody who is to be verified, what may be asked, where, for how long; each signs.

    The identity numbers stand in full: an authorisation binds the person it names and nobody of the same name.
    """
    own, law = words.family(work, case), rules.of_case(work, case)
    scope = words.SCOPES[law.value(AUTH_REQUIRED_SCOPE)]
    until = words.UNTIL[law.value(AUTH_UNTIL_RULE)]
    department, agency = words.office(work, case.department_id), words.office(work, case.agency_id)
    people = [*own.members, *households.supporters(work, own.household)]
    asked = (
        f"本人因申请或享受{words.programme(work, case)}，自愿授权{department}委托{agency}，在{scope}范围内"
        f"向掌握有关信息的单位查询、核对本人的下列信息：{'、'.join(TITLES[code] for code in GROUPS)}。"
    )
    return FormData(
        doc="DOC-01",
        number=number,
        issued_on=day,
        title="居民家庭经济状况核对授权书",
        office=department,
        addressee=f"{department}、{agency}",
        parts=(
            Part(title="授权人", facts=words.about(work, case, own), head=("姓名", "与申请人关系", "身份号码"),
                 widths=(3, 3, 5), rows=tuple(_named(work, one) for one in people)),
            Part(title="授权事项", texts=(
                asked,
                "查询所得只用于社会救助的审核确认和动态管理，只提供给委托核对的社会救助管理部门。",
                f"授权有效期：{until}。家庭成员发生变化的，重新签署授权书。",
            )),
            Part(title="承诺", texts=(
                "本人所申报的家庭成员、收入、财产和支出情况真实、完整，并及时报告变化。",
                "本人知道：不授权或者不配合核对的，社会救助管理部门可以不予受理申请或者暂停救助。",
                "本人知道：虚报、隐瞒的，依法承担责任；本人可以书面撤回授权。",
            )),
        ),
        signers=(*_who_sign(work, people), Signer(role="见证人（经办人）")),
    )  # fmt: skip


def declaration(work: Work, case: Case, number: str, day: date) -> FormData:
    """申报表: as declared; before anything was declared, the rows of the members with room to write."""
    own = words.family(work, case)
    said = declarations.latest(work, own.household)
    newest = declarations.newest(work, own.household)
    people = {one.ref: households.name_of(work, one) for one in own.members}
    return FormData(
        doc="DOC-08",
        number=number,
        issued_on=day,
        title="居民家庭经济状况申报表",
        office=words.office(work, case.department_id),
        parts=(
            Part(title="家庭情况", facts=(*words.about(work, case, own), Fact(label="户籍地址", wide=True),
                 Fact(label="申报日期", value=words.day(newest.declared_on) if newest is not None else ""))),
            Part(title="家庭成员", head=("姓名", "关系", "身份号码", "职业或就学", "婚姻", "残疾或重病"),
                 widths=(3, 2, 5, 3, 2, 3), rows=tuple(_member(work, one, said) for one in own.members)),
            Part(title="近十二个月收入（元/月）", head=("姓名", "工资性收入", "养老金", "经营净收入", "其他收入"),
                 widths=(3, 3, 3, 3, 4), rows=tuple(_income(people, one, said) for one in own.members)),
            Part(title="财产、债务和支出", head=("姓名", "存款（元）", "机动车", "住房", "市场主体", "其他财产"),
                 widths=(3, 3, 2, 2, 3, 3), rows=tuple(_property(people, one, said) for one in own.members)),
            Part(facts=(
                Fact(label="家庭债务", value=_text(said, None, "DEBT"), wide=True),
                Fact(label="必要支出", wide=True), Fact(label="赡养抚养扶养人", wide=True),
                Fact(label="其他说明", value=_text(said, None, "NOTE"), wide=True),
            )),
            Part(title="承诺", texts=("以上申报真实、完整。情况发生变化的，及时报告。虚报、隐瞒的，依法承担责任。",)),
        ),
        signers=(Signer(role="申请人", name=own.head, fingerprint=True), Signer(role="经办人")),
    )  # fmt: skip


def objection(work: Work, case: Case, number: str, day: date, dispute: disputes.Dispute | None = None) -> FormData:
    """异议申诉书: what somebody objects to in a report, made at the department (LF-21); empty before it is made."""
    own = words.family(work, case)
    report = reports.latest(work, case)
    told: Mapping[str, Any] = disputes.statement_of(work, dispute) if dispute is not None else {}
    names = {one.ref: households.name_of(work, one) for one in own.members}
    items = tuple(
        Row(cells=(names.get(one["person"], ""), words.category(work, one["category"])))
        for one in told.get("items", ())
    )
    department = words.office(work, case.department_id)
    return FormData(
        doc="DOC-10",
        number=number,
        issued_on=day,
        title="居民家庭经济状况核对异议申诉书",
        office=department,
        addressee=department,
        parts=(
            Part(title="申诉人和核对报告", facts=(*words.about(work, case, own),
                 Fact(label="核对报告编号", value=(report.number or "") if report is not None else "", wide=True))),
            Part(title="有异议的信息", head=("姓名", "信息项目"), widths=(2, 5), rows=items, spare=0 if items else 3),
            Part(title="异议内容和理由", facts=(
                Fact(label="异议内容", value=str(told.get("text", "")), high=True),
                Fact(label="证明材料", value=f"{len(dispute.evidence)} 件" if dispute is not None else "", wide=True),
            )),
            Part(title="社会救助管理部门意见", facts=(
                Fact(label="意见和理由", value=disputes.reasons_of(work, dispute) if dispute else "", high=True),
            )),
        ),
        signers=(Signer(role="申诉人", name=own.head, fingerprint=True), Signer(role="部门经办人")),
        sealed=department,
    )  # fmt: skip


def _named(work: Work, person: Person) -> Row:
    return Row(cells=(households.name_of(work, person), person.relation, households.number_of(work, person)))


def _who_sign(work: Work, people: list[Person]) -> Iterator[Signer]:
    for person in people:
        name = households.name_of(work, person)
        guardians = households.guardians(work, person)
        if not guardians:
            yield Signer(role="授权人", name=name, fingerprint=True)
        for guardian in guardians:
            known = households.guardian_view(work, guardian)
            yield Signer(role=f"监护人（{known.relation}）", name=known.name, fingerprint=True, note=f"代{name}签署")


Said = Mapping[tuple[str | None, str], Mapping[str, Any]]


def _member(work: Work, person: Person, said: Said) -> Row:
    cells = (households.name_of(work, person), person.relation, words.masked(work, person))
    return Row(cells=(*cells, _text(said, person.ref, "WORK"), "", ""))


def _income(names: Mapping[str, str], person: Person, said: Said) -> Row:
    amounts = (_figure(said, person.ref, code) for code in INCOMES)
    return Row(cells=(names[person.ref], *amounts, _text(said, person.ref, "OTHER")))


def _property(names: Mapping[str, str], person: Person, said: Said) -> Row:
    owned = said.get((person.ref, "BIZ"), {}).get("count")
    figures = (_figure(said, person.ref, code) for code in ("DEPOSIT", "VEHICLE", "HOUSE"))
    return Row(cells=(names[person.ref], *figures, "" if owned is None else "有" if owned else "无", ""))


def _figure(said: Said, person: str, code: str) -> str:
    value = said.get((person, code), {})
    if value.get("amount") is not None:
        return str(value["amount"])
    return "" if value.get("count") is None else f"{value['count']}{_UNITS.get(code, '')}"


def _text(said: Said, person: str | None, code: str) -> str:
    return str(said.get((person, code), {}).get("text", ""))
