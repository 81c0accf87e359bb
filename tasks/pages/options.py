"""What the program fills into a form: members, guardians, categories, sources, agreed fields, items, hints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select

from domain.cases import Case
from domain.parties.households import Person, PersonView
from domain.parties.organisations import Organisation
from domain.policy_shipped import Rules
from domain.text import gettext as _
from domain.verification import catalogue, catalogue_use, commissions, freshness, name_hints, rechecks
from domain.verification.catalogue_rows import Resource
from domain.verification.catalogue_use import Standing
from domain.verification.name_hints import Hint
from domain.work import Work
from sources.categories import CATEGORIES, title_of
from tasks.cases.briefs import Member
from workflows.forms import FieldSpec, FormSpec

if TYPE_CHECKING:
    from tasks.pages.pages import GuardianView

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that the form draws by itself; `key` is "person" or "ref" (title and note are S3)."""

    key: str
    ref: str
    title: str = field(repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Offered:
    """Options and rows by the name of their source; preset: checklists that begin with everything ticked."""

    options: Mapping[str, Choices] = field(default_factory=dict, repr=False)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict, repr=False)
    preset: Sequence[str] = ("resources", "categories")


class Formed(Protocol):
    """A task with its form and what the form may be filled from: its page, or the form alone."""

    @property
    def case_ref(self) -> str: ...

    @property
    def form(self) -> FormSpec: ...

    @property
    def members(self) -> Sequence[Member]: ...

    @property
    def guardians(self) -> Sequence[GuardianView]: ...

    @property
    def law(self) -> Rules: ...


def for_task(work: Work, page: Formed, *, english: bool = False) -> Offered:
    """The options and rows that this task's form asks for, and no others; at most six queries."""
    wanted = asked(page.form)
    options: dict[str, Choices] = {}
    rows: dict[str, Sequence[Row]] = {"members": _member_rows(page)}
    if "members" in wanted:
        options["members"] = [(one.person.ref, one.person.name) for one in page.members]
    if "guardians" in wanted:
        options["guardians"] = _guardians(page)
    if wanted & (OF_CASE.keys() | ROWS_OF_CASE.keys()):
        case = work.session.scalars(select(Case).where(Case.ref == page.case_ref)).one()
        options |= {name: fill(work, case, page.law, english) for name, fill in OF_CASE.items() if name in wanted}
        rows |= {name: fill(work, case, page, english) for name, fill in ROWS_OF_CASE.items() if name in wanted}
    return Offered(options, rows)


def asked(form: FormSpec) -> set[str]:
    """The sources that a form names."""
    found: set[str] = set()
    for one in form.inputs:
        found |= _sources(one)
    return found


def _sources(spec: FieldSpec) -> set[str]:
    names = {spec.options_from, spec.rows}
    for inner in spec.fields:
        names |= _sources(inner)
    return names - {""}


def _member_rows(page: Formed) -> list[Row]:
    return [
        Row("person", one.person.ref, one.person.name, f"{one.person.relation} {one.person.idno}")
        for one in page.members
    ]


def _guardians(page: Formed) -> list[tuple[str, str]]:
    names = {one.person.ref: one.person.name for one in page.members}
    return [
        (one.ref, f"{one.name} ({one.relation} · {names[one.ward]})") for one in page.guardians if one.ward in names
    ]


def _categories(work: Work, case: Case, law: Rules, english: bool) -> list[tuple[str, str]]:
    """Those of the accepted letter, else those the agency can ask some source for."""
    known = law.categories
    accepted = commissions.accepted(work, case)
    if accepted:
        codes = set(commissions.categories_of(work, accepted[0]))
    else:
        agency = work.session.get_one(Organisation, case.agency_id)
        codes = {one.category for one in catalogue.active_resources(work, agency)}
    return [(code, one.en if english else one.zh) for code, one in known.items() if code in codes]


def _resources(work: Work, case: Case, law: Rules, english: bool) -> list[tuple[str, str]]:
    known = law.categories
    agency = work.session.get_one(Organisation, case.agency_id)
    accepted = commissions.accepted(work, case)
    asked = commissions.categories_of(work, accepted[0]) if accepted else None
    found = catalogue.active_resources(work, agency, asked)
    offices = _suppliers(work, found)
    words = {code: one.en if english else one.zh for code, one in known.items()}
    names = {key: one.name_en if english else one.name for key, one in offices.items()}
    stand = catalogue_use.standings(work, found)
    days, oldest = freshness.newest(work, [one.id for one in found]), freshness.oldest(work, case)
    return [
        (
            one.ref,
            " · ".join((words.get(one.category, one.category), names[one.supplier_id], _level(agency, one)))
            + _opening(work, stand[one.id])
            + _age(days.get(one.id), oldest),
        )
        for one in found
    ]


def _level(agency: Organisation, resource: Resource) -> str:
    """Whether it is the own level that is asked, which comes first (LF-04), or one above."""
    return str(_("own level") if catalogue.is_own_level(agency, resource) else _("level above"))


def _agreed_fields(work: Work, case: Case, law: Rules, english: bool) -> list[tuple[str, str]]:
    """(category and code, name) of every field that some usable source has agreed to tell (LF-30).

    Of a category taken over from before fields were written down, those its files can have. Four SELECTs.
    """
    agency = work.session.get_one(Organisation, case.agency_id)
    found = catalogue.reachable(work, agency)
    agreed: dict[str, dict[str, None]] = {}
    for line in catalogue_use.standings(work, found).values():
        if line.usable and line.version is not None:
            written = line.version.field_codes or _readable(line.resource.category)
            agreed.setdefault(line.resource.category, {}).update(dict.fromkeys(written))
    return [
        (f"{category}.{code}", f"{one.en if english else one.zh} · {title_of(category, code, english=english)}")
        for category, one in law.categories.items()
        for code in agreed.get(category, ())
    ]


def _readable(category: str) -> list[str]:
    known = CATEGORIES.get(category)
    return [one.code for one in known.fields] if known is not None else []


def _opening(work: Work, found: Standing) -> str:
    """From when the source takes a query, "" for at once (LN-13): untick it, or let it wait."""
    opens = found.opens(work.today)
    if opens == work.today:
        return ""
    return str(_(" (takes it from %(day)s on; until then it waits)", day=f"{opens:%Y-%m-%d}"))


def _age(newest: date | None, oldest: date | None) -> str:
    """That the source has nothing but data too old to be compared, so that asking it brings nothing yet (CK-10)."""
    if newest is None or oldest is None or newest >= oldest:
        return ""
    return str(
        _(" (its newest data are of %(day)s, too old to compare; it answers once newer ones come)", day=f"{newest}")
    )


def _suppliers(work: Work, resources: Sequence[Resource]) -> Mapping[int, Organisation]:
    wanted = {one.supplier_id for one in resources}
    found = work.session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))
    return {one.id: one for one in found}


def _recheck_rows(work: Work, case: Case, page: Formed, english: bool) -> list[Row]:
    known = page.law.categories
    found = work.session.execute(select(Person.id, Person.ref).where(Person.household_id == case.household_id))
    names = {key: ref for key, ref in found}  # noqa: C416  dict() takes a Result for a mapping
    people = {one.person.ref: one.person.name for one in page.members}
    return [
        Row(
            "ref",
            one.ref,
            people.get(names.get(one.person_id, ""), ""),
            (known[one.category].en if english else known[one.category].zh) if one.category in known else one.category,
        )
        for one in rechecks.current(work, case)
        if one.result is None
    ]


def _hint_rows(work: Work, case: Case, page: Formed, english: bool) -> list[Row]:
    """Rows found by name alone: who was asked about, where the row stands, and whom it names (CK-09)."""
    people = {one.person.ref: one.person for one in page.members}
    return [
        Row("ref", one.ref, _asked_about(people.get(one.person)), _found(one, page.law, english))
        for one in name_hints.waiting(work, case)
    ]


def _asked_about(person: PersonView | None) -> str:
    return f"{person.name} {person.idno}" if person is not None else ""


def _found(one: Hint, law: Rules, english: bool) -> str:
    known = law.categories.get(one.category)
    title = one.category if known is None else known.en if english else known.zh
    said = _(
        "%(category)s · %(source)s · row %(row)s · %(day)s. The row names %(name)s, number %(number)s.",
        category=title, source=one.source, row=one.row_no, day=f"{one.data_date:%Y-%m-%d}", name=one.name,
        number=one.number or "—",
    )  # fmt: skip
    return str(said)


OF_CASE: Mapping[str, Callable[[Work, Case, Rules, bool], Choices]] = {
    "categories": _categories,
    "resources": _resources,
    "agreed_fields": _agreed_fields,
}
ROWS_OF_CASE: Mapping[str, Callable[[Work, Case, Formed, bool], Sequence[Row]]] = {
    "recheck_items": _recheck_rows,
    "name_hints": _hint_rows,
}
