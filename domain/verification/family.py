"""What the findings about a family say together: incomes, spending, payments, the register, who is married to whom.

Pure: plain rows in, names for the doubt table out. A figure that belongs to the family stands with one line alone, so
that it raises one doubt. Sources: model 2.6; LF-05 (a thing counts once), NM-20 (payments of one month).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from domain.verification import measures
from domain.verification.measures import Row
from domain.workdays import add_months

EARNINGS = ("WAGE", "TAX", "FISCALPAY")  # three offices speak of the same pay: the largest counts, never the sum
BENEFITS = ("PENRCV", "UIRCV", "BIZINC")
DECLARED_INCOME = ("WAGE", "PENRCV", "UIRCV", "BIZINC", "PROPINC", "TRANSFER")
SPENDING = ("EXP_MED", "EXP_EDU", "EXP_HOUSE", "EXP_UTIL", "EXP_BIG")
WORK = "WORK"  # what a member declares to do, beside the categories that sources are asked for
UNEMPLOYED, STUDENT, RETIRED, EMPLOYED = "UNEMPLOYED", "STUDENT", "RETIRED", "EMPLOYED"
_WORDS = (
    (UNEMPLOYED, ("无业", "失业", "待业", "未就业", "无工作", "赋闲")),
    (STUDENT, ("学生", "在校", "在读", "就学", "上学")),
    (RETIRED, ("退休", "离休", "领取养老金", "丧失劳动能力", "无劳动能力")),
)
_PROGRAMMES = (
    ("PRICE", ("价格补贴", "物价补贴", "价格临时补贴", "联动")),
    ("TEKUN", ("特困", "五保", "供养", "三无")),
    ("LOWINC", ("低收入", "低边")),
    ("DIBAO", ("低保", "最低生活保障")),
    ("TEMP", ("临时救助",)),
)
_YES = frozenset({"是", "有", "1", "Y", "YES", "TRUE", "已标识"})


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the letter. name (S3) tells whether a spouse is listed; work: as declared, "" for nothing."""

    id: int
    supporter: bool
    born_on: date
    name: str = field(repr=False)
    capable: bool = True
    work: str = field(default="", repr=False)
    declared: Mapping[str, Decimal] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """What was found of one person and category; found None: not obtained. Rows are those found by number."""

    person: Member
    category: str
    found: Decimal | None = field(repr=False)
    count: int
    rows: Sequence[Row] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Family:
    """The family's findings with what surrounds them.

    division: of the office that helps, 6 digits or ""; roll: programmes the family receives by our own roll.
    spending_months: how far back spending is averaged, None to leave it out.
    """

    held: Sequence[Held]
    today: date
    division: str = ""
    roll: Collection[str] = ()
    spending_months: int | None = None

    def of(self, person: int, category: str) -> Held | None:
        """What was found of one person and category, None when it was not asked."""
        return next((one for one in self.held if (one.person.id, one.category) == (person, category)), None)

    @property
    def own(self) -> list[Held]:
        """The findings about the household itself, without those who have to support it."""
        return [one for one in self.held if not one.person.supporter]


Names = dict[str, Any]
Places = dict[tuple[int, str], Names]  # by person and category


def of_lines(family: Family) -> Places:
    """The names that a comparison line is given beside its own figures."""
    made: Places = {(one.person.id, one.category): _of_person(family, one) for one in family.held}
    for part in (_sums, _spending, _paid, _register, _deaths):
        for place, names in part(family).items():
            made[place].update(names)
    return made


def of_row(family: Family, held: Held, row: Row) -> Names:
    """The names that one row is given beside its own."""
    measure = measures.measure_of(held.category)
    names = _of_person(family, held)
    names["employer"] = row.values.get("employer", "")
    names["other_amount"] = measures.yearly(row) if held.category == "INSUR" else _number(row, measure.other)
    names["newest"] = row is max(held.rows, key=lambda one: (one.values.get(measure.event, ""), one.id))
    if held.category == "MARRIAGE":
        names["spouse_listed"] = _listed(family, held, row)
    if held.category == "HUKOU":
        names |= _registered(family, row)
    return names


def work_of(text: str) -> str:
    """What a declared occupation comes to: UNEMPLOYED, STUDENT, RETIRED, EMPLOYED, "" for nothing said."""
    return next((code for code, words in _WORDS if any(word in text for word in words)), EMPLOYED if text else "")


def paid_kind(row: Row) -> str:
    """Programme and side of a payment, e.g. "DIBAO-URBAN"; the side is left out where the file does not say it."""
    words = row.values.get("programme", "")
    programme = next((code for code, found in _PROGRAMMES if any(word in words for word in found)), words or "OTHER")
    said = (row.values.get("area", "") + words).replace("城乡", "").replace("非农", "城")
    side = "-URBAN" if "城" in said else "-RURAL" if any(word in said for word in ("农", "乡", "村")) else ""
    return programme + side


def income_of(family: Family, person: int) -> Decimal | None:
    """Monthly income found of a person; None when no source of income answered. The same pay counts once."""
    pay = [one.found for one in _found(family, person, EARNINGS)]
    rest = [one.found for one in _found(family, person, BENEFITS)]
    if not pay and not rest:
        return None
    return max((figure or Decimal(0) for figure in pay), default=Decimal(0)) + sum(
        (figure or Decimal(0) for figure in rest), Decimal(0)
    )


def _found(family: Family, person: int, categories: Iterable[str]) -> list[Held]:
    known = (family.of(person, category) for category in categories)
    return [one for one in known if one is not None and one.found is not None]


def _of_person(family: Family, held: Held) -> Names:
    person = held.person
    said = [person.declared[one] for one in DECLARED_INCOME if one in person.declared]
    names: Names = {
        "age": _years(person.born_on, family.today),
        "declared_work": work_of(person.work),
        "labour": person.capable and work_of(person.work) not in (STUDENT, RETIRED),
        "declared_income": sum(said, Decimal(0)) if said else None,
        "declared_wage": person.declared.get("WAGE"),
        "declared_business": person.declared.get("BIZINC"),
        "benefits": _benefits(family, person),
    }
    if person.supporter and held.category == _weightiest(family, person.id):
        names["income"] = income_of(family, person.id)
    return names


def _weightiest(family: Family, person: int) -> str:
    """The category that carries a person's income: the largest, the first among equals."""
    known = _found(family, person, (*EARNINGS, *BENEFITS))
    return max(known, key=lambda one: one.found or Decimal(0)).category if known else ""


def _benefits(family: Family, person: Member) -> list[str]:
    beside = [one.category for one in _found(family, person.id, ("ORPHAN", "DISABLED2")) if one.found]
    paid = [paid_kind(row).partition("-")[0] for one in _found(family, person.id, ("ASSIST",)) for row in _alive(one)]
    return sorted({*beside, *paid, *family.roll})


def _alive(held: Held) -> list[Row]:
    return [row for row in held.rows if row.active]


def _sums(family: Family) -> Places:
    """Sums of the household by the line that carries them: the person with most, the first among equals."""
    made: Places = {}
    for category in dict.fromkeys(one.category for one in family.own):
        mine = [one for one in family.own if one.category == category and one.found is not None]
        if not mine:
            continue
        carrier = max(mine, key=lambda one: one.found or Decimal(0))
        names: Names = {}
        unit = measures.measure_of(category).unit
        if unit in (measures.AMOUNT, measures.MONTHLY):
            names["household_total"] = sum((one.found or Decimal(0) for one in mine), Decimal(0))
        elif unit == measures.COUNT:
            names |= _things(category, mine)
        made[carrier.person.id, category] = names
    return made


def _things(category: str, mine: Sequence[Held]) -> Names:
    """Different things of the household, and their area: what two members own together counts once."""
    areas: dict[object, Decimal] = {}
    seen: set[object] = set()
    beside = 0
    for one in mine:
        total = measures.total(category, one.rows)
        seen.update(total.objects)
        beside += max(one.count - len(total.objects), 0)  # found offline, where nothing tells things apart
        for key, row in zip(total.objects, total.by_object, strict=True):
            areas.setdefault(key, _number(row, "area") or Decimal(0))
    names: Names = {"household_count": len(seen) + beside}
    if category == "HOUSE":
        names["household_area"] = sum(areas.values(), Decimal(0))
    return names


def _spending(family: Family) -> Places:
    """Spending of one kind and income of the household, both a month; on the line of who spends most."""
    if not family.spending_months:
        return {}
    since = add_months(family.today, -family.spending_months)
    people = dict.fromkeys(one.person.id for one in family.own)
    incomes = [figure for figure in (income_of(family, person) for person in people) if figure is not None]
    made: Places = {}
    for category in SPENDING:
        mine = [one for one in family.own if one.category == category and one.found is not None]
        spent = {
            one.person.id: sum(
                (measures.amount_of(category, row) for row in one.rows if row.data_date >= since), Decimal(0)
            )
            for one in mine
        }
        if spent:
            carrier = max(spent, key=lambda person: spent[person])
            made[carrier, category] = {
                "expenditure": sum(spent.values(), Decimal(0)) / family.spending_months,
                "household_income": sum(incomes, Decimal(0)) if incomes else None,
            }
    return made


def _paid(family: Family) -> Places:
    """Payments by month and person; and against our own roll, on the first line of the family."""
    mine = [one for one in family.own if one.category == "ASSIST" and one.found is not None]
    made: Places = {(one.person.id, "ASSIST"): {"months_paid": _months_paid(one)} for one in mine}
    if mine:
        rows = [row for one in mine for row in _alive(one)]
        newest = max((row.data_date for row in rows), default=None)
        paid = {paid_kind(row).partition("-")[0] for row in rows if row.data_date == newest}
        programmes = paid & {code for code, _words in _PROGRAMMES if code not in ("PRICE", "TEMP")}
        made[mine[0].person.id, "ASSIST"] |= {
            "paid_unregistered": bool(programmes - set(family.roll)),
            "registered_unpaid": bool(set(family.roll) - paid),
        }
    return made


def _months_paid(held: Held) -> list[Names]:
    months: dict[str, list[str]] = {}
    for row in _alive(held):
        month = row.values.get("month") or row.data_date.isoformat()[:7]
        months.setdefault(month, []).append(paid_kind(row))
    return [{"month": month, "kinds": sorted(kinds)} for month, kinds in sorted(months.items())]


def _register(family: Family) -> Places:
    """Whether the declared household is the registered one, on the first line of the family."""
    mine = [one for one in family.own if one.category == "HUKOU" and one.found is not None]
    rows = [row for one in mine for row in _alive(one)]
    if not rows:
        return {}
    numbers = {row.values["household_no"] for row in rows if row.values.get("household_no")}
    sizes = {figure for row in rows if (figure := _number(row, "members")) is not None}
    differs = len(numbers) > 1 or any(size != len(mine) for size in sizes)
    return {(mine[0].person.id, "HUKOU"): {"register_differs": differs}}


def _registered(family: Family, row: Row) -> Names:
    """Where one is registered, and where one lives."""
    at, lives = _county(row.values.get("division", "")), _county(row.values.get("residence_division", ""))
    home = lives or _county(family.division)
    marked = row.values.get("separated", "").upper() in _YES
    since = day_of(row.values.get("resident_since", ""))
    apart = bool(at and home and at != home and not marked and since)
    address = _folded(row.values.get("address", ""))
    others = [one for one in family.held if one.category == "HUKOU" and one.person.supporter]
    return {
        "outside": bool(at and family.division and at != _county(family.division)),
        "separated_months": months_between(since, family.today) if apart and since else None,
        "address_shared": bool(address)
        and any(_folded(their.values.get("address", "")) == address for one in others for their in _alive(one)),
    }


def _deaths(family: Family) -> Places:
    """Whether the register of deaths and the funeral office disagree, on the line of the former."""
    made: Places = {}
    for one in family.held:
        other = family.of(one.person.id, "FUNERAL")
        if one.category == "DEATH" and one.found is not None and other is not None and other.found is not None:
            died = {day for row in (*one.rows, *other.rows) if (day := row.values.get("died"))}
            burnt = [day for row in other.rows if (day := row.values.get("cremated"))]
            early = bool(died and burnt and min(burnt) < min(died))
            made[one.person.id, "DEATH"] = {"deaths_differ": one.found != other.found or len(died) > 1 or early}
    return made


def _listed(family: Family, held: Held, row: Row) -> bool | None:
    """Whether the other party of a marriage is one of us, a name with one lost or other character included; None when
    the row does not name them."""
    other = row.values.get("wife" if row.role == "husband" else "husband", "")
    ours = {one.person.id: one.person.name for one in family.held if one.person.id != held.person.id}
    return any(_alike(_folded(other), _folded(name)) for name in ours.values()) if other else None


def _alike(one: str, other: str) -> bool:
    differing = sum(a != b for a, b in zip(one, other, strict=False))
    return one[:1] == other[:1] and len(one) == len(other) and differing <= 1


def _folded(text: str) -> str:
    return re.sub(r"[\s·・.•‧()（）]", "", unicodedata.normalize("NFKC", text))


def _county(code: str) -> str:
    digits = re.sub(r"\D", "", code)
    return digits[:6] if len(digits) >= 6 else ""


def _number(row: Row, name: str) -> Decimal | None:
    return measures.number(row.values.get(name)) if name else None


def day_of(text: str) -> date | None:
    """A day in ISO form; "长期" and months alone are none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def months_between(since: date, today: date) -> int:
    """Whole months that have passed; negative for a day to come."""
    months = (today.year - since.year) * 12 + today.month - since.month
    return months - 1 if add_months(since, months) > today else months


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
