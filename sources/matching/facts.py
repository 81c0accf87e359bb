"""What the files say of a household, as the facts its rules ask for (decision 0041).

A row counts for a member whom it was matched to, or whom a doubtful identity points to: a doubt is a hint, and the
identity is confirmed first. Repeated rows count once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from domain.errors import Conflict
from domain.text import gettext as _
from sources import names
from sources.matching.scratch import Line
from sources.names import Likeness

# what the rules need of each kind of file; the rest of a row is never kept
WANTED: dict[str, tuple[str, ...]] = {
    "DEPOSIT": ("account", "data_date", "balance"),
    "VEHICLE": ("type", "status"),
    "HOUSE": ("certificate", "address"),
    "PENRCV": ("month", "amount", "status", "scheme"),
    "BIZ": ("status", "capital"),
    "DEATH": ("died",),
    "MARRIAGE": ("event", "date"),
    "DISAB": ("valid_until",),
    "WAGE": ("month", "gross", "employer"),
    "TAX": ("until", "income", "item", "withholder"),
    "UIRCV": ("start", "end", "amount"),
    "PRISON": ("until", "status"),
}
_DAYS = "DEPOSIT"  # bank rows say the day they speak of; it is the day of the whole delivery
_MONTHS = ("PENRCV", "WAGE", "TAX")
DATED = {"DEPOSIT": "data_date", "PENRCV": "month", "WAGE": "month", "TAX": "until"}
_SPOUSE = ("本人", "配偶")
_WAGE_ITEM = "工资"
_NOTHING = Decimal(0)
_ALWAYS = "长期"

FactValue = str | Decimal | bool
Fact = dict[str, FactValue]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a department's file that counts for a member: kind of file, values, and the other party's person."""

    category: str
    values: dict[str, str] = field(repr=False)
    other_number: str = field(repr=False, default="")
    other_name: str = field(repr=False, default="")


@dataclass(slots=True)
class Member:
    """A member as declared, with the rows found. income: yuan a month."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    relation: str
    marital: str
    disability: str
    income: Decimal
    households: int = 1
    rows: list[Row] = field(default_factory=list, repr=False)

    def of(self, category: str) -> list[Row]:
        """The rows out of one kind of file."""
        return [row for row in self.rows if row.category == category]


@dataclass(slots=True)
class Household:
    """One household: its number as declared, the word for its kind of assistance, its members."""

    code: str
    programme: str = ""
    members: list[Member] = field(default_factory=list)


def reference_day(seen: Mapping[str, Counter[str]]) -> date:
    """The day the files speak of: the one most bank rows name, else the end of the newest month paid.

    seen: kind of file -> how often each day or month stands in its rows. Raises Conflict when nothing tells.
    """
    days = seen.get(_DAYS) or Counter[str]()
    dated = {day: count for day, count in days.items() if len(day) == len("2025-06-30")}
    if dated:
        return date.fromisoformat(max(dated, key=lambda day: (dated[day], day)))
    months = [month[:7] for kind in _MONTHS for month in seen.get(kind, ()) if month[:4].isdigit()]
    if months:
        year, month = map(int, max(months).split("-"))
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    raise Conflict(_("No file says of which day it speaks. Name the day with --as-of."))


def facts_of(household: Household, standards: Mapping[str, Decimal], on: date) -> Iterable[Fact]:
    """Every fact of a household that a rule may ask for, each with all the places a fact has."""
    month = on.isoformat()[:7]
    size = Decimal(len(household.members))
    numbers = {member.number for member in household.members if member.number}
    balances = _newest_balances(row for member in household.members for row in member.of("DEPOSIT"))
    if balances:
        yield _fact("DEPOSITS", amount=balances, members=size)
    titles = {_title(row) for member in household.members for row in member.of("HOUSE")} - {""}
    if titles:
        yield _fact("DWELLINGS", amount=Decimal(len(titles)))
    income = _NOTHING
    for member in household.members:
        pension, wage, benefit = (read(member, month) for read in (_pension, _wage, _benefit))
        dead = any("" < row.values.get("died", "") <= on.isoformat() for row in member.of("DEATH"))
        yield from _facts_of_member(member, household, numbers)
        if pension:
            yield _fact("PENSION", amount=pension, declared=member.income, alive=not dead)
        if wage:
            yield _fact("WAGE", amount=wage, declared=member.income, alive=not dead)
        income += _NOTHING if dead else max(pension + wage + benefit, member.income)
    standard = standards.get(household.programme)
    if standard is not None and income and size:
        yield _fact("INCOME", amount=income / size, standard=standard)


def _facts_of_member(member: Member, household: Household, numbers: set[str]) -> Iterable[Fact]:
    for row in member.rows:
        made = _FACTS.get(row.category)
        if made is not None:
            yield from made(row, member)
    if member.households > 1:
        yield _fact("HOUSEHOLDS", amount=Decimal(member.households))
    if member.relation in _SPOUSE:
        yield from _marriage(member, household, numbers)


def _death(row: Row, _member: Member) -> Iterable[Fact]:
    if row.values.get("died"):
        yield _fact("DEATH", since=row.values["died"])


def _vehicle(row: Row, _member: Member) -> Iterable[Fact]:
    yield _fact("VEHICLE", type=row.values.get("type", ""), status=row.values.get("status", ""))


def _business(row: Row, _member: Member) -> Iterable[Fact]:
    yield _fact("BUSINESS", status=row.values.get("status", ""), amount=_amount(row, "capital"))


def _unemployment(row: Row, _member: Member) -> Iterable[Fact]:
    since, until = row.values.get("start", ""), row.values.get("end", _ALWAYS)
    yield _fact("UNEMPLOYMENT", since=since, until=until, amount=_amount(row, "amount"))


def _prison(row: Row, _member: Member) -> Iterable[Fact]:
    yield _fact("PRISON", status=row.values.get("status", ""), until=row.values.get("until", _ALWAYS))


def _disability(row: Row, member: Member) -> Iterable[Fact]:
    if row.values.get("valid_until"):
        yield _fact("DISABILITY", until=row.values["valid_until"], own=bool(member.disability))


_FACTS: dict[str, Callable[[Row, Member], Iterable[Fact]]] = {
    "DEATH": _death,
    "VEHICLE": _vehicle,
    "BIZ": _business,
    "UIRCV": _unemployment,
    "PRISON": _prison,
    "DISAB": _disability,
}


def _marriage(member: Member, household: Household, numbers: set[str]) -> Iterable[Fact]:
    """The newest entry of the register: own says whether the other party is a member, by number or by name."""
    entries = member.of("MARRIAGE")
    if not entries:
        return
    newest = max(entries, key=lambda row: row.values.get("date", ""))
    inside = newest.other_number in numbers or any(
        names.compare(newest.other_name, other.name) is not Likeness.DIFFERENT
        for other in household.members
        if other is not member and newest.other_name
    )
    event = newest.values.get("event", "")
    yield _fact("MARRIAGE", type="离婚" if "离婚" in event else "结婚", own=inside, status=member.marital)


def _newest_balances(rows: Iterable[Row]) -> Decimal:
    """Sum over accounts of the newest balance of each; a row without a usable account number is an account."""
    newest: dict[str, tuple[str, Decimal]] = {}
    for place, row in enumerate(rows):
        account = row.values.get("account", "")
        key = account if account.isdigit() and len(account) > 7 else f"#{place}"
        found = row.values.get("data_date", ""), _amount(row, "balance")
        newest[key] = max(found, newest.get(key, found))
    return sum((balance for _day, balance in newest.values()), _NOTHING)


def _title(row: Row) -> str:
    return row.values.get("certificate") or row.values.get("address", "")


def _pension(member: Member, month: str) -> Decimal:
    paid = [row for row in member.of("PENRCV") if row.values.get("status", "正常") == "正常"]
    return _newest_month(paid, "month", "amount", "scheme", month)


def _wage(member: Member, month: str) -> Decimal:
    """Payroll and tax speak of the same wage: the larger, never the sum."""
    taxed = [row for row in member.of("TAX") if _WAGE_ITEM in row.values.get("item", _WAGE_ITEM)]
    return max(
        _newest_month(member.of("WAGE"), "month", "gross", "employer", month),
        _newest_month(taxed, "until", "income", "withholder", month),
    )


def _benefit(member: Member, month: str) -> Decimal:
    drawn = [
        _amount(row, "amount")
        for row in member.of("UIRCV")
        if row.values.get("start", "")[:7] <= month <= row.values.get("end", _ALWAYS)
    ]
    return max(drawn, default=_NOTHING)


def _newest_month(rows: list[Row], dated: str, amount: str, payer: str, month: str) -> Decimal:
    """What was paid in the newest month up to `month`: one amount a payer, months are never added up."""
    months: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        of = row.values.get(dated, "")[:7]
        if of <= month:
            payers = months[of]
            who = row.values.get(payer, "")
            payers[who] = max(payers.get(who, _NOTHING), _amount(row, amount))
    return sum(months[max(months)].values(), _NOTHING) if months else _NOTHING


def _amount(row: Row, code: str) -> Decimal:
    written = row.values.get(code)
    return Decimal(written) if written else _NOTHING


def _fact(kind: str, **given: FactValue) -> Fact:
    fact: Fact = {"kind": kind, "type": "", "status": "", "since": "", "until": "", "own": False, "alive": True,
            "amount": _NOTHING, "declared": _NOTHING, "members": _NOTHING, "standard": _NOTHING}  # fmt: skip
    fact.update(given)
    return fact


def household_of(code: str, lines: Iterable[Line], homes: Mapping[str, tuple[int, ...]]) -> Household:
    """A household out of its declared lines."""
    household = Household(code)
    for _ordinal, kind, *rest in lines:
        if kind == "household":
            household.programme = rest[0]
        else:
            number, name, relation, marital, disability, income = rest
            many = len(homes.get(number, ()))
            household.members.append(
                Member(number, name, relation, marital, disability, Decimal(income or 0), max(1, many))
            )
    return household
