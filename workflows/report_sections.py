"""How a report is ordered: the groups of information (BX-07) and the classes of income and property (CK-03 to CK-07).

Both say only what the letter asked (LN-28); a group or class of which nothing was asked stands there and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from documents.report import ClassLine, Group, QueryLine
from domain import rules
from domain.cases import Case
from domain.parties.households import SUPPORTER
from domain.policy_catalogue import GROUPS, Category
from domain.verification import classes, comparison, measures
from domain.verification.classes import Class, Finding, Part
from domain.verification.comparison import LineView, Piece
from domain.work import Work

# the words of the paper, which is Chinese whoever prints it
TITLES = {
    "BASIC": "基本信息",
    "INCOME": "家庭收入",
    "PROPERTY": "家庭财产",
    "EXPENDITURE": "家庭支出",
    "REGISTRATION": "登记信息",
    "CONTRIB": "缴纳信息",
    "ASSIST": "在享救助信息",
}
CLASSES = {
    classes.WAGE: "工资性收入",
    classes.BUSINESS: "经营性收入",
    classes.PROPERTY_INCOME: "财产性收入",
    classes.TRANSFER: "转移性收入",
    classes.PHYSICAL: "实物财产",
    classes.MONETARY: "货币财产",
    classes.DEBT: "债务",
}
COUNTED = {"vehicle": "辆", "dwelling": "套", "registration": "户", "vessel": "艘"}
NOTHING = "无"
NO_FIGURE = "未委托查询金额，登记和缴纳记录见核对结果"
DRAWN = "公积金提取"  # what was drawn from the fund is an income, what lies there is property


def figure(known: Category, unit: str, value: Decimal | None) -> str | None:
    """A figure as the paper prints it: "12,000 元", "1,486 元/月", "1 辆", "有"; None stays None."""
    if value is None:
        return None
    if unit == measures.FACT:
        return "有" if value else NOTHING
    plain = f"{value:,.2f}".removesuffix(".00")
    if unit == measures.COUNT:
        return f"{plain} {COUNTED.get(known.unit, '项')}"
    return f"{plain} 元/月" if unit == measures.MONTHLY else f"{plain} 元"


def groups(work: Work, lines: Sequence[QueryLine]) -> tuple[Group, ...]:
    """Every group in the catalogue's order, with the categories of it that the report speaks of."""
    said = {line.category for line in lines}
    known = rules.current(work).categories.values()
    return tuple(
        Group(code=code, title=TITLES[code], categories=tuple(c.zh for c in known if c.group == code and c.zh in said))
        for code in GROUPS
    )


def class_lines(
    work: Work, case: Case, codes: Collection[str], pieces: Sequence[Piece], lines: Sequence[LineView]
) -> tuple[ClassLine, ...]:
    """What the household has of each class; codes: categories of the letter. Those who support it are left out."""
    rows = {
        (piece.person.id, piece.category): comparison.rows_to_measure(work, case, piece)
        for piece in pieces
        if piece.person.kind != SUPPORTER
    }
    found = classes.by_class(
        [
            Finding(line.person_id, line.category, line.declared, line.found, rows[line.person_id, line.category])
            for line in lines
            if (line.person_id, line.category) in rows
        ]
    )
    known = rules.current(work).categories
    return tuple(_class_line(known, one, codes, found[one.code]) for one in classes.CLASSES)


def _class_line(known: Mapping[str, Category], one: Class, codes: Collection[str], parts: Sequence[Part]) -> ClassLine:
    asked = [code for code in one.asked if code in codes]
    declared = [(part, part.declared) for part in parts if part.declared is not None]
    found = [(part, part.found) for part in parts if part.found is not None]
    return ClassLine(
        code=one.code,
        title=CLASSES[one.code],
        categories=tuple(known[code].zh for code in asked),
        declared=_said(known, one, declared) if declared else None,
        found=_said(known, one, found) if found else _unfound(one, asked),
    )


def _unfound(one: Class, asked: Sequence[str]) -> str | None:
    """Of what only points to an income there is no figure to be found; else nothing was obtained."""
    return NO_FIGURE if asked and not set(asked) & set(one.categories) else None


def _said(known: Mapping[str, Category], one: Class, told: Sequence[tuple[Part, Decimal]]) -> str:
    """ "房产 1 套；车辆 1 辆": each figure with its category, and what sums of one unit come to; 无 for nothing."""
    there = [(part, value) for part, value in told if value]
    said = [f"{_name(known, one, part)} {figure(known[part.category], part.unit, value)}" for part, value in there]
    for unit in (measures.MONTHLY, measures.AMOUNT):
        alike = [(part, value) for part, value in there if part.unit == unit]
        if len(alike) > 1:
            total = sum((value for _part, value in alike), Decimal(0))
            said.append(f"合计 {figure(known[alike[0][0].category], unit, total)}")
    return "；".join(said) or NOTHING


def _name(known: Mapping[str, Category], one: Class, part: Part) -> str:
    return DRAWN if (one.code, part.category) == (classes.TRANSFER, "HPF") else known[part.category].zh
