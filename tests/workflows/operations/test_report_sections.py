"""The report has a section for every group of information and every class of income and property, empty ones too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from documents.canonical import canonical_bytes, digest, from_canonical
from documents.report import Group, ReportData, check_report, render_report
from domain.cases import Case
from domain.errors import Conflict
from domain.parties.households import Person
from domain.verification import catalogue, comparison
from domain.verification.deliveries import Resource
from domain.work import Work
from tests.documents.samples import a_report
from tests.documents.test_report import text
from tests.domain.office import Desk
from tests.domain.verification.papered import being, drafted
from tests.domain.verification.sourced import accepted_case, answered, declared, match, planned, ready, supplier, yuan
from workflows.report_data import report_data

ASKED = ("WAGE", "PROPINC", "DEPOSIT", "HOUSE", "DEBT", "DEATH", "BIZ")
# of a report as it was signed before there were groups and classes
SIGNED_BEFORE = "a19b9a2bcd9466cdbe8c81da437a8f32ae7a10762af6369f5b9e8870d378b85b"


def _reported(work: Work) -> ReportData:
    offered: dict[str, Resource] = {
        code: catalogue.add_resource(work, supplier(work, code.lower()), code) for code in ASKED
    }
    case, family, (first, second) = accepted_case(work, categories=ASKED)
    declared(work, family, {(first, "WAGE"): yuan("1000"), (first, "DEBT"): yuan("20000")})
    rows: dict[str, list[tuple[Person, dict[str, Any]]]] = {
        "WAGE": [(first, {"employer": "某厂", "gross": "2100"})],
        "PROPINC": [(second, {"payer": "某保险", "period": "2027-01", "amount": "320"})],
        "DEPOSIT": [(first, {"bank": "农行", "account": "1", "balance": "12000"})],
        "HOUSE": [(second, {"certificate": "C1", "status": "正常"})],
        "DEBT": [(first, {"creditor": "某行", "proof": "9", "amount": "18000"})],
    }
    for code, query in planned(being(work, "handler"), case).items():
        delivery = ready(work, offered[code])
        answered(work, query, delivery, *(match(who, delivery, **said) for who, said in rows.get(code, [])))
    comparison.build(work, case)
    return _data(work, case)


def _data(work: Work, case: Case) -> ReportData:
    return report_data(work, case, drafted(work, case))


@pytest.mark.clause("BX-07")
def test_a_report_has_every_group_and_spending_stands_there_though_nothing_was_asked_of_it(both: Desk) -> None:
    with both.acting() as work:
        data = _reported(work)
    assert data.groups is not None
    assert [(group.code, group.title) for group in data.groups][:4] == [
        ("BASIC", "基本信息"), ("INCOME", "家庭收入"), ("PROPERTY", "家庭财产"), ("EXPENDITURE", "家庭支出"),
    ]  # fmt: skip
    held = {group.code: set(group.categories) for group in data.groups}
    assert held["INCOME"] == {"固定性工资", "财产性收入（利息、股息红利、保险收益、出租）"}
    assert (held["BASIC"], held["REGISTRATION"], held["EXPENDITURE"]) == ({"死亡"}, {"工商登记"}, set())
    check_report(data)
    said = text(render_report(data))
    assert "家庭支出本次委托未包含此类项目" in said and "缴纳信息本次委托未包含此类项目" in said
    short = tuple(group for group in data.groups if group.code != "EXPENDITURE")
    moved = tuple(Group(code=g.code, title=g.title, categories=()) for g in data.groups)
    for groups in (short, moved):
        with pytest.raises(Conflict) as refused:
            check_report(replace(data, groups=groups))
        assert refused.value.clause == "BX-07"


@pytest.mark.clause("CK-07")
def test_the_report_counts_by_class_and_shows_a_debt_beside_property(desk: Desk) -> None:
    with desk.acting() as work:
        data = _reported(work)
    assert data.classes is not None
    told = {line.code: (line.declared, line.found) for line in data.classes}
    assert told == {
        "WAGE": ("固定性工资 1,000 元/月", "固定性工资 2,100 元/月"),
        "BUSINESS": (None, "未委托查询金额，登记和缴纳记录见核对结果"),  # only the register was asked
        "PROPERTY_INCOME": (None, "财产性收入（利息、股息红利、保险收益、出租） 320 元"),
        "TRANSFER": (None, None),
        "PHYSICAL": (None, "房产 1 套"),
        "MONETARY": (None, "银行存款 12,000 元"),  # the debt of 18,000 lessens nothing
        "DEBT": ("债务 20,000 元", "债务 18,000 元"),
    }
    asked = {line.code: line.categories for line in data.classes}
    assert (asked["BUSINESS"], asked["TRANSFER"]) == (("工商登记",), ())
    said = text(render_report(data))
    assert "债务单独列示，不从财产中扣除" in said and "转移性收入未委托查询" in said


def test_a_report_signed_before_keeps_its_bytes_and_prints_as_it_was_signed() -> None:
    before = a_report()
    assert digest(before) == SIGNED_BEFORE
    assert from_canonical(ReportData, canonical_bytes(before)) == before
    assert "收入和财产分类" not in text(render_report(before))
