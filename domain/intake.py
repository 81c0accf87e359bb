"""Households come in from declaration files: one bad household never sinks the rest.

It stands above the rooms it writes to (parties, verification, assistance), so that none of them knows another
because of it. The files themselves are read by `sources.households`; here only the shape of what it yields is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from domain import journal, rules
from domain.assistance import recipients
from domain.errors import HouseError, NotFound
from domain.parties import households
from domain.parties.households import SUPPORTER, Guardian, Household, Person
from domain.parties.organisations import Organisation
from domain.policy_keys.commissions import GUARDIAN_REQUIRED_UNDER_AGE
from domain.text import Text
from domain.text import gettext as _
from domain.verification import declarations, family
from domain.verification.declarations import Item
from domain.work import Work

HEAD = "本人"
SPOUSES = frozenset({"配偶", "妻子", "丈夫"})
CHILDREN = frozenset("子 女 儿子 女儿 长子 次子 三子 长女 次女 三女 独生子 独生女 养子 养女 继子 继女".split())
RETIRED = frozenset({"退休", "离休", "退休人员", "离退休"})
PARENT, OTHER_GUARDIAN = "父母", "其他监护人"
# endings of an office's name that an address does not repeat
_ENDINGS = ("社会救助服务站", "社会事务办公室", "人民政府", "街道办事处", "办事处", "民政办公室", "民政办", "民政局")


class DeclaredPerson(Protocol):
    """Somebody as a file declares them; the number was found sound."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def relation(self) -> str: ...


class DeclaredMember(DeclaredPerson, Protocol):
    """A member. income: yuan a month; guardian: a name or ""; incapable: needs a guardian though of age."""

    @property
    def born(self) -> date: ...
    @property
    def work(self) -> str: ...
    @property
    def income(self) -> Decimal | None: ...
    @property
    def guardian(self) -> str: ...
    @property
    def incapable(self) -> bool: ...


class DeclaredHousehold(Protocol):
    """A household; see `sources.households.DeclaredHousehold` for units."""

    @property
    def number(self) -> str: ...
    @property
    def programme(self) -> str: ...
    @property
    def division(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def deposits(self) -> Decimal | None: ...
    @property
    def vehicles(self) -> Sequence[str]: ...
    @property
    def dwellings(self) -> int | None: ...
    @property
    def phone(self) -> str: ...
    @property
    def accepted_on(self) -> date | None: ...
    @property
    def place(self) -> tuple[str, int, int]: ...
    @property
    def members(self) -> Sequence[DeclaredMember]: ...
    @property
    def supporters(self) -> Sequence[DeclaredPerson]: ...
    @property
    def incomplete(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ImportFault:
    """A household that did not come in (refused), or came in with a remark. place: (file, sheet, row)."""

    number: str
    place: tuple[str, int, int]
    sentence: object
    refused: bool


@dataclass
class ImportReport:
    """Numbers of households, by what happened to them."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    enrolled: list[str] = field(default_factory=list)
    faults: list[ImportFault] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many came in."""
        return len(self.new)

    @property
    def updated(self) -> int:
        """How many known ones were brought up to date."""
        return len(self.changed)

    @property
    def skipped(self) -> int:
        """How many known ones were left alone."""
        return len(self.known)

    @property
    def refused(self) -> list[str]:
        """The numbers that did not come in."""
        return [fault.number for fault in self.faults if fault.refused]

    @property
    def rejected(self) -> int:
        """How many did not come in."""
        return len(self.refused)

    def sentences(self) -> list[Text]:
        """Every fault and remark with household, file and row, for a person to read."""
        return [
            _(
                "Household %(number)s (%(file)s, row %(row)s): %(sentence)s",
                number=fault.number,
                file=fault.place[0],
                row=fault.place[2],
                sentence=fault.sentence,
            )
            for fault in self.faults
        ]


def import_households(
    work: Work,
    declared: Iterable[DeclaredHousehold],
    *,
    receiving: Callable[[str], bool] = lambda _number: False,
    update: bool = True,
) -> ImportReport:
    """Bring in households with members, supporters, guardians, what they declare, and their place on the roll.

    Args:
        receiving: whether the household of that number receives its programme already; it does so since the day
            it was accepted, today where the file names none.
        update: a number that is known is brought up to date (address, telephone, new members, declaration); False
            leaves it alone. Nobody is taken out.
    """
    report = ImportReport()
    offices = _Offices(work)
    for each in declared:
        one = _One(work, offices, each, receives=receiving(each.number))
        try:
            with work.session.begin_nested():
                one.bring_in(report, update=update)
        except HouseError as problem:
            report.faults.append(ImportFault(each.number, each.place, problem.args[0], refused=True))
        except IntegrityError:
            sentence = _("This household contradicts what is registered; compare its number and members.")
            report.faults.append(ImportFault(each.number, each.place, sentence, refused=True))
        else:
            one.settle(report)
    counts = {"added": report.added, "updated": report.updated, "rejected": report.rejected}
    journal.record(work, "households.imported", "households", counts)
    return report


class _Offices:
    """Departments and town posts, read once an import."""

    def __init__(self, work: Work) -> None:
        rows = work.session.scalars(
            select(Organisation)
            .where(Organisation.kind.in_(("department", "town_post")))
            .order_by(Organisation.position, Organisation.id)
        ).all()
        self._departments = [row for row in rows if row.kind == "department"]
        self._towns = [row for row in rows if row.kind == "town_post"]

    def department(self, declared: DeclaredHousehold) -> Organisation:
        """The department by division code, unit code or the unit's name. Raises NotFound."""
        for fits in (
            lambda office: bool(declared.division) and office.division == declared.division,
            lambda office: bool(declared.unit) and declared.unit in (office.unit_code, office.code),
            lambda office: bool(declared.unit) and _stem(declared.unit) in office.name,
        ):
            found = [office for office in self._departments if fits(office)]
            if len(found) == 1:
                return found[0]
        raise NotFound(_("No department answers for this household. Give a known division code or reporting unit."))

    def town(self, department: Organisation, address: str) -> tuple[Organisation, bool]:
        """The town post whose name the address holds, and whether it does; else the department's first.

        Raises NotFound when the department has none.
        """
        posts = [town for town in self._towns if town.parent_id == department.id]
        if not posts:
            raise NotFound(_("The department of this household has no town post yet. Set one up first."))
        named = [town for town in posts if _stem(town.name) in address]
        if named:
            return max(named, key=lambda town: len(_stem(town.name))), True
        return posts[0], len(posts) == 1


def _stem(name: str) -> str:
    for ending in _ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    return name


class _One:
    """One household on its way in; what it did is reported only when its savepoint held."""

    def __init__(self, work: Work, offices: _Offices, declared: DeclaredHousehold, *, receives: bool) -> None:
        self.work, self.offices, self.declared, self.receives = work, offices, declared, receives
        self.into: list[str] = []
        self.remarks: list[Text] = []

    def bring_in(self, report: ImportReport, *, update: bool) -> None:
        known = households.by_number(self.work, self.declared.number)
        if known is not None and not update:
            self.into = report.known
            self.remarks.append(_("This household is registered already; nothing was changed."))
            return
        department = self.offices.department(self.declared)
        household = self._refresh(known, department) if known is not None else self._add(department)
        self.into = report.changed if known is not None else report.new
        people = self._people(household, known is not None)
        self._guardians(department, people)
        self._declare(household, people)
        if self.receives:
            since = self.declared.accepted_on or self.work.today
            recipients.enrol(self.work, household, self.declared.programme, department, since)

    def settle(self, report: ImportReport) -> None:
        """The savepoint held: say what happened."""
        number, place = self.declared.number, self.declared.place
        self.into.append(number)
        if self.receives and self.into is not report.known:
            report.enrolled.append(number)
        report.faults += [ImportFault(number, place, remark, refused=False) for remark in self.remarks]

    def _add(self, department: Organisation) -> Household:
        declared = self.declared
        town, sure = self.offices.town(department, declared.address)
        if not sure:
            self.remarks.append(_("The address names no town post; the household was put to %(town)s.", town=town.name))
        return households.add_household(
            self.work,
            number=declared.number,
            department=department,
            town=town,
            programme=declared.programme,
            address=declared.address,
            phone=declared.phone,
            incomplete=declared.incomplete,
        )

    def _refresh(self, known: Household, department: Organisation) -> Household:
        if known.department_id != department.id:
            raise NotFound(_("This household number belongs to another department."))
        declared = self.declared
        households.change_contact(self.work, known, address=declared.address, phone=declared.phone)
        known.incomplete = declared.incomplete
        return known

    def _people(self, household: Household, known: bool) -> dict[str, Person]:
        """Members by identity number; whoever is new to a known household joined it today."""
        joined = self.work.today if known else None
        there = {households.number_of(self.work, p): p for p in households.members(self.work, household)}
        owing = {households.number_of(self.work, p) for p in households.supporters(self.work, household)}
        for member in self.declared.members:
            if member.number not in there:
                there[member.number] = households.add_person(
                    self.work,
                    household,
                    name=member.name,
                    idno=member.number,
                    relation=member.relation,
                    # the file does not tell limited from none: the guardian signs until the department corrects it
                    capacity="NONE" if member.incapable else "FULL",
                    joined_on=joined,
                )
        for person in self.declared.supporters:
            if person.number not in there and person.number not in owing:
                households.add_person(
                    self.work,
                    household,
                    name=person.name,
                    idno=person.number,
                    relation=person.relation,
                    kind=SUPPORTER,
                )
        return there

    def _guardians(self, department: Organisation, people: dict[str, Person]) -> None:
        of_age = rules.value(self.work, department.id, GUARDIAN_REQUIRED_UNDER_AGE.name)
        for member in self.declared.members:
            ward = people[member.number]
            for guardian in self._who_guards(member, of_age):
                if not self._registered(ward, guardian):
                    relation = self._relation(member, guardian)
                    households.add_guardian(
                        self.work, ward, name=guardian.name, idno=guardian.number, relation=relation
                    )

    def _who_guards(self, ward: DeclaredMember, of_age: int) -> list[DeclaredMember]:
        """The guardian the file names, or the parents of the head's child under age."""
        others = [member for member in self.declared.members if member.number != ward.number]
        if ward.guardian:
            found = [member for member in others if member.name == ward.guardian]
            if not found:
                self.remarks.append(_("A named guardian is no member of the household; register the guardian by hand."))
            return found[:1]
        young = _years(ward.born, self.work.today) < of_age
        if young and ward.relation in CHILDREN:
            return [m for m in others if m.relation == HEAD or m.relation in SPOUSES]
        return []

    def _registered(self, ward: Person, guardian: DeclaredMember) -> bool:
        blinds = self.work.home.vault.blind_all("guardian.idno", guardian.number)
        wanted = select(Guardian.id).where(Guardian.ward_id == ward.id, Guardian.idno_blind.in_(blinds))
        return self.work.session.scalar(wanted.limit(1)) is not None

    @staticmethod
    def _relation(ward: DeclaredMember, guardian: DeclaredMember) -> str:
        if ward.relation in CHILDREN and (guardian.relation == HEAD or guardian.relation in SPOUSES):
            return PARENT
        spouses = {ward.relation, guardian.relation}
        return "配偶" if HEAD in spouses and spouses & SPOUSES else OTHER_GUARDIAN

    def _declare(self, household: Household, people: dict[str, Person]) -> None:
        declared = self.declared
        items = [
            Item(people[member.number], "PENRCV" if member.work in RETIRED else "WAGE", {"amount": str(member.income)})
            for member in declared.members
            if member.income is not None
        ]
        items += [
            Item(people[member.number], family.WORK, {"text": member.work})
            for member in declared.members
            if member.work
        ]
        if declared.deposits is not None:
            items.append(Item(None, "DEPOSIT", {"amount": str(declared.deposits)}))
        if declared.dwellings is not None:
            items.append(Item(None, "HOUSE", {"count": declared.dwellings}))
        items.append(Item(None, "VEHICLE", {"count": len(declared.vehicles), "text": "、".join(declared.vehicles)}))
        day = min(declared.accepted_on or self.work.today, self.work.today)
        declarations.record(self.work, household, items, declared_on=day, source=declarations.IMPORT)


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
