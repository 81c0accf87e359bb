"""The classes in which a notice counts income and property (CK-03 to CK-07), and which finding belongs to which. Pure.

What several offices say of the same pay or business counts once, the larger of it. A debt is a class of its own: it
stands beside property and is never subtracted from it (CK-07).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from domain.verification import measures
from domain.verification.measures import Row

WAGE, BUSINESS, PROPERTY_INCOME, TRANSFER = "WAGE", "BUSINESS", "PROPERTY_INCOME", "TRANSFER"
PHYSICAL, MONETARY, DEBT = "PHYSICAL", "MONETARY", "DEBT"
_TAX, _FUND = "TAX", "HPF"


@dataclass(frozen=True, slots=True)
class Class:
    """A class. categories: those whose figures are counted in it; evidence: those that only point to such an income."""

    code: str
    categories: tuple[str, ...]
    evidence: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """Every category that says something of it."""
        return (*self.categories, *self.evidence)


CLASSES = (
    # 就业和劳动报酬、福利收入、社会保险、个人所得税缴纳 (CK-03)
    Class(WAGE, ("WAGE", "FISCALPAY", _TAX), ("EMP", "PENPAY", "MEDINS", "UIPAY")),
    # 工商登记、企业或个体工商户经营状况、所得税 (CK-04)
    Class(BUSINESS, ("BIZINC", _TAX), ("BIZ",)),
    # 利息、股息与红利、保险收益、出租房屋收益 (CK-05)
    Class(PROPERTY_INCOME, ("PROPINC", _TAX)),
    # 养老金、失业保险金、社会救助金、公积金领取、赠与、补偿、赔偿 (CK-06)
    Class(TRANSFER, ("PENRCV", "UIRCV", "ASSIST", "ORPHAN", "DISABLED2", _FUND, "TRANSFER", _TAX)),
    # 房产、车辆; 存款、有价证券; 债务情况 (CK-07)
    Class(PHYSICAL, ("HOUSE", "VEHICLE", "VESSEL", "OPVEH", "TAXI")),
    Class(MONETARY, ("DEPOSIT", "SECURITY", "INSUR", _FUND)),
    Class(DEBT, ("DEBT",)),
)
INCOMES = (WAGE, BUSINESS, PROPERTY_INCOME, TRANSFER)
# Words of the tax files by which an item is told; the first that fits counts.
_ITEMS = (
    (PROPERTY_INCOME, ("利息", "股息", "红利", "租赁", "出租", "财产转让")),
    (TRANSFER, ("偶然", "受赠", "赠与")),
    (BUSINESS, ("经营", "个体", "企业所得税", "增值税", "营业税")),
    (WAGE, ("工资", "薪金", "劳务", "稿酬", "综合所得")),
)
_DEFAULT = {code: one.code for one in CLASSES for code in one.categories if code not in (_TAX, _FUND)}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was declared and found of one person and category, S3. found None: not obtained."""

    person: int
    category: str
    declared: Decimal | None = field(repr=False)
    found: Decimal | None = field(repr=False)
    rows: Sequence[Row] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """A figure within a class, in the unit of its category ("yuan" of what a fund paid out). None: nothing said."""

    category: str
    unit: str
    declared: Decimal | None = field(repr=False)
    found: Decimal | None = field(repr=False)


def class_of_tax(row: Row) -> str:
    """The class of income that a row of the tax office speaks of.

    One whose item says nothing is pay when somebody withheld it, else the income of a business.
    """
    item = row.values.get("item", "")
    told = next((code for code, words in _ITEMS if any(word in item for word in words)), "")
    return told or (WAGE if row.values.get("withholder") else BUSINESS)


def parts_of(one: Finding) -> list[tuple[str, Part]]:
    """The classes that a finding belongs to, each with its figure; none for what is neither income nor property."""
    unit = measures.measure_of(one.category).unit
    if one.category == _TAX:
        return _of_tax(one, unit)
    if one.category == _FUND:
        # deposited it is theirs; what was drawn is an income (CK-06, CK-29)
        counted = measures.total(_FUND, one.rows).rows
        drawn = [figure for row in counted if (figure := measures.number(row.values.get("withdrawn"))) is not None]
        taken = None if one.found is None else sum(drawn, Decimal(0))
        return [(MONETARY, Part(_FUND, unit, one.declared, one.found)), (TRANSFER, Part(_FUND, unit, None, taken))]
    home = _DEFAULT.get(one.category)
    return [(home, Part(one.category, unit, one.declared, one.found))] if home is not None else []


def by_class(findings: Sequence[Finding]) -> dict[str, tuple[Part, ...]]:
    """The household's figures by class, every class there, each category once.

    Within one person and an income the tax office is heard where it says more than the source itself; pay from public
    funds and a wage are the same pay, the larger counts.
    """
    kept: dict[tuple[int, str], list[Part]] = {}
    for one in findings:
        for code, part in parts_of(one):
            kept.setdefault((one.person, code), []).append(part)
    made: dict[str, dict[str, Part]] = {one.code: {} for one in CLASSES}
    for (_person, code), parts in kept.items():
        for part in _once(code, parts):
            made[code][part.category] = _added(made[code].get(part.category), part)
    return {code: tuple(parts.values()) for code, parts in made.items()}


def _of_tax(one: Finding, unit: str) -> list[tuple[str, Part]]:
    """A part in every class of income, nothing where no row speaks of it: the office was asked and said so."""
    told: dict[str, list[Row]] = {}
    for row in one.rows:
        told.setdefault(class_of_tax(row), []).append(row)
    first = next(iter(told), WAGE)
    made = []
    for code in INCOMES:
        found = None if one.found is None else measures.total(_TAX, told.get(code, ())).value
        if code == first and not told:
            found = one.found  # told by an investigation, which has no rows
        made.append((code, Part(_TAX, unit, one.declared if code == first else None, found)))
    return made


def _once(code: str, parts: Sequence[Part]) -> list[Part]:
    """What is counted of one person in one class: of several offices on the same income only the one that says most."""
    same = {WAGE: ("WAGE", "FISCALPAY", _TAX), BUSINESS: ("BIZINC", _TAX)}.get(code, ())
    told = [part for part in parts if part.category in same and part.found is not None]
    if len(told) < 2:
        return list(parts)
    most = max(told, key=lambda part: part.found or Decimal(0))
    return [part if part is most or part not in told else _silent(part) for part in parts]


def _silent(part: Part) -> Part:
    """What was declared of it stays; what was found is counted elsewhere."""
    return Part(part.category, part.unit, part.declared, Decimal(0))


def _added(before: Part | None, part: Part) -> Part:
    if before is None:
        return part
    return Part(part.category, part.unit, _sum(before.declared, part.declared), _sum(before.found, part.found))


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one if other is None else one + other
