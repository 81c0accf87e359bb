"""Declarations: what applicants state, read from files into plain values; nothing is written here.

Three kinds of file belong together: households, members, supporters, told apart by their headings. A
household without a sound head, programme or member list is rejected; an unsound member or supporter is
reported and the household is kept but marked incomplete, because the missing person must be asked about.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import TypeVar

from domain import identity
from domain.identity import InvalidIdentityNumber
from domain.text import Text
from domain.text import gettext as _
from sources.categories import DECLARATIONS
from sources.faults import FileRefused, RowFault
from sources.reading import Limits, ReadReport, SheetReport, read_all
from sources.rows import MISSING, SourceRow
from sources.store import day_of

# Words of declarations -> programme codes. Low-income families (低保边缘, 刚性支出困难) are one programme here.
PROGRAMMES: dict[str, str] = {
    "城市低保": "DIBAO",
    "农村低保": "DIBAO",
    "低保": "DIBAO",
    "最低生活保障": "DIBAO",
    "低保边缘家庭": "LOWINC",
    "刚性支出困难家庭": "LOWINC",
    "低收入家庭": "LOWINC",
    "低收入": "LOWINC",
    "特困分散供养": "TEKUN",
    "特困集中供养": "TEKUN",
    "特困供养": "TEKUN",
    "特困": "TEKUN",
    "临时救助": "TEMP",
    "医疗救助": "MEDICAL",
    "教育救助": "EDU",
    "住房救助": "HOUSING",
    "残疾人两项补贴": "DISABLED2",
}
HEAD = "本人"
Person = TypeVar("Person")
_PLATES = re.compile(r"[,，、;；/\s]+")
_INCAPABLE = frozenset({"无民事行为能力", "限制民事行为能力", "无", "限制"})

UNKNOWN_PROGRAMME = _("This programme is not known. Use a word such as 城市低保, 低收入家庭 or 特困分散供养.")
TWICE = _("This household number stands in the file twice; the first one was kept.")
NO_HOUSEHOLD = _("No household in the files has this number.")
HEAD_DIFFERS = _("The head among the members has another identity number than the household. Compare the card.")
PERSON_TWICE = _("This person stands in the household twice; the first entry was kept.")


@dataclass(frozen=True, slots=True)
class DeclaredMember:
    """A member as declared (S3). relation: to the head, "本人" for the head; guardian: name, "" when none;
    incapable: an adult without full capacity to act, who needs a guardian's signature like a child."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    relation: str
    born: date = field(repr=False)
    sex: str
    ethnic: str = ""
    marital: str = ""
    health: str = field(default="", repr=False)
    disability: str = field(default="", repr=False)
    work: str = ""
    income: Decimal | None = field(default=None, repr=False)
    guardian: str = field(default="", repr=False)
    incapable: bool = False


@dataclass(frozen=True, slots=True)
class DeclaredSupporter:
    """Somebody who owes support (S3). supported: name of the member; amount: yuan a month as declared."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    relation: str
    supported: str = field(repr=False)
    amount: Decimal | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DeclaredHousehold:
    """A household as declared (S3).

    number: the applicant file's own number; programme: code; programme_words: as written; division: six-digit
    code or ""; unit: reporting unit's name or ""; income, deposits: yuan; vehicles: plates; dwellings: count;
    place: (file, sheet, row); incomplete: a member or supporter was not sound and is missing here.
    """

    number: str
    head: DeclaredMember = field(repr=False)
    programme: str
    programme_words: str
    division: str
    unit: str
    address: str = field(repr=False)
    size: int | None
    income: Decimal | None = field(repr=False)
    deposits: Decimal | None = field(repr=False)
    vehicles: tuple[str, ...] = field(repr=False)
    dwellings: int | None = field(repr=False)
    phone: str = field(repr=False)
    accepted_on: date | None
    place: tuple[str, int, int]
    members: tuple[DeclaredMember, ...] = field(default=(), repr=False)
    supporters: tuple[DeclaredSupporter, ...] = field(default=(), repr=False)
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class DeclarationFault:
    """A fault and the file it stands in; `fault.kept` is False when the whole household fell with it."""

    file: str
    fault: RowFault


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the files declare: sound households, every fault by file, row and column, and one report a file."""

    households: tuple[DeclaredHousehold, ...] = field(repr=False)
    rejected: int
    faults: tuple[DeclarationFault, ...]
    reports: dict[str, ReadReport]


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of a declaration file with what is needed to name its place."""

    file: str
    row: SourceRow
    sheet: SheetReport

    def get(self, code: str) -> str:
        return self.row.values.get(code, "")

    def count(self, code: str) -> int | None:
        value = self.get(code)
        return int(Decimal(value)) if value else None

    def money(self, code: str) -> Decimal | None:
        value = self.get(code)
        return Decimal(value) if value else None

    def fault(self, code: str, sentence: Text, *, kept: bool) -> DeclarationFault:
        index, heading = next(((i, h) for i, h, c in self.sheet.columns if c == code), (None, ""))
        return DeclarationFault(self.file, RowFault(self.row.sheet, self.row.row, index, heading, sentence, kept))


def read_declaration(
    files: Mapping[str, bytes], *, on: date | None = None, demonstration: bool = False, limits: Limits | None = None
) -> Declaration:
    """Read declaration files (CSV or XLSX, in any order) into households.

    Args:
        files: name as shown to people -> content.
        on: the legal day; births after it are refused.
        demonstration: accept identity numbers of division 99xxxx.

    Raises:
        FileRefused: a file is no declaration, or no file holds households.
    """
    assembling = _Assembling(on, demonstration)
    by_kind: dict[str, list[_Line]] = defaultdict(list)
    for name, content in files.items():
        kind, rows, report = _read_one(name, content, limits)
        assembling.reports[name] = report
        assembling.faults += [DeclarationFault(name, fault) for fault in report.faults]
        sheets = {sheet.number: sheet for sheet in report.sheets}
        by_kind[kind] += [_Line(name, row, sheets[row.sheet]) for row in rows]
    if not by_kind["HOUSEHOLDS"]:
        raise FileRefused(_("None of the files holds households. Add the file with the heading 申请人身份证号."))
    return assembling.run(by_kind)


def _read_one(name: str, content: bytes, limits: Limits | None) -> tuple[str, list[SourceRow], ReadReport]:
    """Read a file as the first kind whose headings fit."""
    problem: FileRefused | None = None
    for kind in DECLARATIONS:
        try:
            rows, report = read_all(BytesIO(content), kind, limits=limits)
        except FileRefused as refusal:
            problem = problem or refusal
        else:
            return kind, rows, report
    raise FileRefused(_("%(file)s cannot be read as a declaration. %(why)s", file=name, why=problem)) from problem


class _Assembling:
    """Puts members and supporters to their households and collects what is wrong."""

    def __init__(self, on: date | None, demonstration: bool) -> None:
        self.faults: list[DeclarationFault] = []
        self.reports: dict[str, ReadReport] = {}
        self._on = on
        self._demonstration = demonstration
        self._incomplete: set[str] = set()

    def run(self, lines: Mapping[str, list[_Line]]) -> Declaration:
        members = self._people(lines["MEMBERS"], _member)
        supporters = self._people(lines["SUPPORTERS"], _supporter)
        households: dict[str, DeclaredHousehold] = {}
        known = {line.get("household") for line in lines["HOUSEHOLDS"]}
        for line in lines["HOUSEHOLDS"]:
            number = line.get("household")
            if number in households:
                self.faults.append(line.fault("household", TWICE, kept=False))
                continue
            found = self._household(line, members.get(number, {}))
            if found is not None:
                owing = tuple(supporters.get(number, {}).values())
                households[number] = replace(found, supporters=owing, incomplete=number in self._incomplete)
        for line in (*lines["MEMBERS"], *lines["SUPPORTERS"]):
            if line.get("household") not in known:
                self.faults.append(line.fault("household", NO_HOUSEHOLD, kept=False))
        read = sum(report.total for report in self.reports.values() if report.category == "HOUSEHOLDS")
        return Declaration(tuple(households.values()), read - len(households), tuple(self.faults), self.reports)

    def _people(
        self, lines: list[_Line], make: Callable[[_Line, identity.Identity], Person]
    ) -> dict[str, dict[str, Person]]:
        """Sound persons by household and identity number; whoever is not sound leaves the household incomplete."""
        people: dict[str, dict[str, Person]] = defaultdict(dict)
        for line in lines:
            household = line.get("household")
            sound = self._identity(line, "name", kept=True)
            if sound is None:
                self._incomplete.add(household)
            elif sound.number in people[household]:
                self.faults.append(line.fault("number", PERSON_TWICE, kept=True))
            else:
                people[household][sound.number] = make(line, sound)
        return people

    def _household(self, line: _Line, members: dict[str, DeclaredMember]) -> DeclaredHousehold | None:
        programme = PROGRAMMES.get(line.get("programme"))
        if programme is None:
            self.faults.append(line.fault("programme", UNKNOWN_PROGRAMME, kept=False))
            return None
        sound = self._identity(line, "head", kept=False)
        if sound is None:
            return None
        heads = [member for member in members.values() if member.relation == HEAD]
        if any(head.number != sound.number for head in heads):
            self.faults.append(line.fault("number", HEAD_DIFFERS, kept=False))
            return None
        head = members.get(sound.number) or _plain_head(line, sound)
        others = [member for member in members.values() if member.number != sound.number]
        return _declared(line, programme, head, (head, *others))

    def _identity(self, line: _Line, name: str, *, kept: bool) -> identity.Identity | None:
        if not line.get(name):
            self.faults.append(line.fault(name, MISSING, kept=kept))
            return None
        try:
            return identity.check(line.get("number"), on=self._on, demonstration=self._demonstration)
        except InvalidIdentityNumber as problem:
            self.faults.append(line.fault("number", identity.SENTENCES[problem.reason], kept=kept))
            return None


def _member(line: _Line, sound: identity.Identity) -> DeclaredMember:
    return DeclaredMember(
        name=line.get("name"),
        number=sound.number,
        relation=line.get("relation"),
        born=sound.born,
        sex=sound.sex,
        ethnic=line.get("ethnic"),
        marital=line.get("marital"),
        health=line.get("health"),
        disability=line.get("disability"),
        work=line.get("work"),
        income=line.money("income"),
        guardian=line.get("guardian"),
        incapable=line.get("capacity") in _INCAPABLE,
    )


def _supporter(line: _Line, sound: identity.Identity) -> DeclaredSupporter:
    return DeclaredSupporter(
        line.get("name"), sound.number, line.get("relation"), line.get("supported"), line.money("amount")
    )


def _plain_head(line: _Line, sound: identity.Identity) -> DeclaredMember:
    return DeclaredMember(line.get("head"), sound.number, HEAD, sound.born, sound.sex)


def _declared(
    line: _Line, programme: str, head: DeclaredMember, members: tuple[DeclaredMember, ...]
) -> DeclaredHousehold:
    return DeclaredHousehold(
        number=line.get("household"),
        head=head,
        programme=programme,
        programme_words=line.get("programme"),
        division=line.get("division"),
        unit=line.get("unit"),
        address=line.get("address"),
        size=line.count("size"),
        income=line.money("income"),
        deposits=line.money("deposits"),
        vehicles=tuple(plate for plate in _PLATES.split(line.get("vehicles")) if plate),
        dwellings=line.count("dwellings"),
        phone=line.get("phone"),
        accepted_on=day_of(line.get("accepted_on")),
        place=(line.file, line.row.sheet, line.row.row),
        members=members,
    )
