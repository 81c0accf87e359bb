"""What the case page shows, read at once: where the case stands, what was found, who did what, the papers.

Everything is scoped before it is read; the number of queries does not grow with the data. Values of S3 leave here
for pages only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from domain import journal, rules
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound
from domain.parties import households, permissions
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.policy_shipped import Rules
from domain.text import gettext as _
from domain.verification.comparison import LineView
from domain.verification.doubts import DoubtView
from domain.work import Work
from tasks import events, line
from tasks.cases import briefs, decided, drawings, followed, replay
from tasks.cases.briefs import CaseBrief
from tasks.cases.decided import DecisionView
from tasks.cases.drawings import Drawing
from tasks.cases.followed import FileView, Paper
from tasks.cases.replay import Span
from tasks.desk import comments
from tasks.desk.comments import Remark
from tasks.events import Happening
from tasks.rules import visible_case
from workflows import definitions
from workflows.bundles import DRAWING
from workflows.definitions import Definition, DefinitionRow
from workflows.instances import CaseState


@dataclass(frozen=True, slots=True)
class Stage:
    """One field of the stepper. state: done, now or ahead; at: the first time it was reached."""

    code: str
    name: str
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case with all that may be shown of it to this actor."""

    brief: CaseBrief
    law: Rules = field(repr=False)
    relation: str
    stages: Sequence[Stage]
    drawing: Drawing
    lines: Sequence[LineView] = field(repr=False)
    doubts: Sequence[DoubtView] = field(repr=False)
    story: Sequence[Happening] = ()
    papers: Sequence[FileView] = ()
    reports: Sequence[Paper] = ()
    remarks: Sequence[Remark] = ()
    people: Mapping[str, str] = field(default_factory=dict, repr=False)
    reveal: bool = False
    decisions: Sequence[DecisionView] = field(default=(), repr=False)
    past: Span = field(default_factory=Span)
    repairs: bool = False
    on_hold_since: datetime | None = None


def case_page(work: Work, ref: str, *, english: bool = False) -> CasePage:
    """The page of a case. Raises NotFound, also for a case of another office."""
    row = work.session.execute(_whole().where(Case.ref == ref, permissions.case_scope(work.actor))).first()
    if row is None:
        raise NotFound(_("There is no such case for you."))
    case, definition = row[0], definitions.by_id(work, row[6].id)
    law = rules.current(work)
    brief = briefs.brief_of(work, case, row[1], row[2:5], definition, law)
    relation = permissions.relation_to_case(work.actor, case)
    found = followed.compared(work, case, definition)
    results = relation == permissions.AGENCY or found.reached
    return CasePage(
        brief=brief,
        law=law,
        relation=relation,
        stages=_stages(case, definition, english),
        drawing=drawings.of_case(work, case, definition, row[5], incident=row[7], english=english),
        lines=found.lines,
        doubts=found.doubts,
        story=events.story(work, case, definition, english=english, results=results),
        papers=followed.papers(work, case, definition, printed=True),
        reports=found.reports,
        remarks=comments.of_case(work, case, definition),
        people={one.person.ref: one.person.name for one in brief.members},
        reveal=permissions.may(work.actor, "reveal.idno", relation),
        decisions=decided.visible(work, case, reached=found.reached, english=english),
        past=Span(row[8] or 0, row[9] or 0),
        repairs=permissions.may(work.actor, "case.repair", relation),
        on_hold_since=case.suspended_at,
    )


@cache
def _whole() -> Select[*tuple[Any, ...]]:
    """Everything of a case's page that one row holds; written once, for an alias costs more than sending it."""
    department, agency, town = aliased(Organisation), aliased(Organisation), aliased(Organisation)
    return (
        select(
            Case,
            Household,
            department,
            agency,
            town,
            CaseState.marks,
            DefinitionRow,
            drawings.troubled(),
            *replay.on_record(),
        )
        .join(Household, Household.id == Case.household_id, isouter=True)
        .join(department, department.id == Case.department_id)
        .join(agency, agency.id == Case.agency_id)
        .join(town, town.id == Case.town_id, isouter=True)
        .join(CaseState, CaseState.case_id == Case.id)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
    )


def drawing(work: Work, ref: str, moment: int = 0) -> bytes:
    """The drawing of a case's own version, as BPMN; with a moment of its past, that of then. Raises NotFound."""
    if moment:
        return replay.version_at(work, ref, moment).bundle.files[DRAWING]
    case = visible_case(work, ref)
    return briefs.definition_of(work, case.id).bundle.files[DRAWING]


def reveal(work: Work, case_ref: str, person_ref: str, reason: str) -> str:
    """The identity number of a member in clear, shown once; the reason is kept and the look journalled (S3).

    Raises NotFound, NotPermitted, InvalidAnswers without a reason.
    """
    case = visible_case(work, case_ref)
    permissions.must(work.actor, "reveal.idno", permissions.relation_to_case(work.actor, case))
    if len(reason.strip()) < 4:
        raise InvalidAnswers({"reason": _("Say in a few words why you need the whole number.")})
    person = work.session.scalars(
        select(Person).where(Person.ref == person_ref, Person.household_id == case.household_id)
    ).first()
    if person is None:
        raise NotFound(_("There is no such person in this case."))
    body = {"person": person.ref, "reason": line.add_case_note(work, case, reason.strip()[:500])}
    journal.of_case(work, case.ref, "idno.revealed", person.ref, body)
    return households.number_of(work, person)


def _stages(case: Case, definition: Definition, english: bool) -> list[Stage]:
    found, over = [], case.state in ("DONE", "CANCELLED")
    before = case.stage in {code for code, *_labels in definition.stages}
    for code, label, label_en in definition.stages:
        reached = case.stage_times.get(code)
        here = code == case.stage
        before = before and not here
        # a stage that people had nothing to do in was passed all the same
        state = "now" if here and not over else "done" if reached or before else "ahead"
        at = datetime.fromisoformat(reached) if reached else None
        found.append(Stage(code, label_en if english else label, state, at))
    return found
