"""The head of a case as pages say it: its offices, its people, its legal clock, the version it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from domain import rules, term_grounds, term_sum
from domain.cases import Case
from domain.clock import office_day
from domain.errors import NotFound
from domain.parties import households
from domain.parties.households import Household, Person, PersonView
from domain.parties.organisations import Organisation
from domain.policy_shipped import Rules
from domain.term_sum import Step
from domain.text import Text
from domain.text import gettext as _
from domain.verification import authorisations
from domain.work import Work
from domain.workdays import Derivation
from tasks.finding import queues
from workflows import definitions
from workflows.definitions import Definition, DefinitionRow
from workflows.instances import CaseState


@dataclass(frozen=True, slots=True)
class Office:
    """An office by its two names."""

    name: str
    name_en: str

    def text(self, english: bool) -> str:
        """The name in the language of the page."""
        return self.name_en or self.name if english else self.name


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the household and the day of the authorisation that holds today, None without one."""

    person: PersonView
    authorised_on: date | None


@dataclass(frozen=True, slots=True)
class Clock:
    """A legal limit as a sum: kind STATUTORY, INTERNAL or NONE, its clause with its words, its length, its steps.

    version: of the calendar it was last computed with. apart: the day of the calendar published since, where the due
    day was not recomputed yet.
    """

    due_at: datetime | None
    left: int | None
    kind: str
    source: str
    steps: Sequence[Step] = ()
    clause: str = ""
    length: Text | None = None
    version: str = ""
    apart: date | None = None


@dataclass(frozen=True, slots=True)
class CaseBrief:
    """A case as the head of a page says it. members: without those who left; address is S3."""

    ref: str
    number: str
    kind: str
    state: str
    stage: str
    programme: str
    applicant: str = field(repr=False)
    department: Office
    agency: Office
    town: Office | None
    household: str
    address: str = field(repr=False)
    members: Sequence[Member]
    process: str
    process_en: str
    version: int
    opened_at: datetime
    clock: Clock


def is_past(definition: Definition, case: Case, stage: str) -> bool:
    """True when the case has gone beyond a stage of its stepper, or the stepper does not know it."""
    codes = [code for code, *_labels in definition.stages]
    return stage not in codes or case.stage not in codes or codes.index(case.stage) > codes.index(stage)


def definition_of(work: Work, case_id: int) -> Definition:
    """The version a case runs on, without touching its token state. Raises NotFound."""
    # the row is loaded along, so that the definition finds it in the session
    row = work.session.execute(
        select(CaseState.definition_id, DefinitionRow)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .where(CaseState.case_id == case_id)
    ).first()
    if row is None:
        raise NotFound(_("This case has no running process."))
    return definitions.by_id(work, row[0])


def brief_of(
    work: Work,
    case: Case,
    household: Household | None,
    offices: Sequence[Organisation | None],
    definition: Definition,
    law: Rules,
) -> CaseBrief:
    """The head of a case: one query, for its people and what they signed."""
    people = members(work, household)
    first = people[0].person.name if people else ""
    department, agency = (Office(one.name, one.name_en) for one in offices[:2] if one is not None)
    town = offices[2]
    return CaseBrief(
        ref=case.ref,
        number=case.number,
        kind=case.kind,
        state=case.state,
        stage=case.stage,
        programme=case.programme,
        applicant=first,
        department=department,
        agency=agency,
        town=Office(town.name, town.name_en) if town is not None else None,
        household=household.number if household is not None else "",
        address=households.address_of(work, household) if household is not None else "",
        members=people,
        process=definition.title,
        process_en=definition.title_en,
        version=definition.number,
        opened_at=case.opened_at,
        clock=clock_of(work, law, case.due, case.due_at, str((case.due or {}).get("kind", rules.NONE))),
    )


def members(work: Work, household: Household | None) -> list[Member]:
    """The members of a household and what they signed; one query."""
    if household is None:
        return []
    holding = authorisations.holding(work.today).where(Person.household_id == household.id).subquery()
    people = work.session.execute(
        households.members_query(household, work.today)
        .add_columns(holding.c.signed_on)
        .join(holding, holding.c.person_id == Person.id, isouter=True)
    )
    return [Member(households.view(work, one), on) for one, on in people]


def clock_of(work: Work, law: Rules, due: Mapping[str, Any] | None, due_at: datetime | None, kind: str) -> Clock:
    """The sum behind a due instant; without a derivation only the instant, or no limit at all (X-03)."""
    left = queues.days_left(work, due_at)
    if not due or "day_zero" not in due:
        return Clock(due_at, left, kind if due_at is not None else rules.NONE, "")
    made = Derivation.from_json(due)
    steps = term_sum.explain(made, law.calendar, term_grounds.event(str(due.get("key", ""))))
    stale = due_at is not None and office_day(due_at) != steps[-1].last
    return Clock(
        due_at, left, kind, made.source, steps, term_grounds.clause_text(made.source), made.term.text(),
        made.calendar_version, steps[-1].last if stale else None,
    )  # fmt: skip
