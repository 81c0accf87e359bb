"""What the case page shows, read at once: where the case stands, what was found, who did what, the papers.

Everything is scoped before it is read; the number of queries does not grow with the data. Values of S3 leave here
for pages only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from domain import journal, rules
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound
from domain.parties import households, permissions
from domain.parties.accounts import Account
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.policy_shipped import Rules
from domain.text import gettext as _
from domain.verification import reports
from domain.verification.comparison import LineView
from domain.verification.doubts import DoubtView
from domain.work import Work
from tasks import events, line, pages
from tasks.events import Happening
from tasks.models import OPEN, HumanTask
from tasks.pages import CaseBrief, FileView, Paper, Remark
from tasks.rules import task_scope, visible_case
from workflows import definitions
from workflows.definitions import Definition, DefinitionRow
from workflows.instances import CaseState, Incident

SHOWN_AHEAD = 3
PASSED_OVER = ("gateway", "start", "boundary", "catch", "throw", "subprocess", "end")


@dataclass(frozen=True, slots=True)
class Stage:
    """One field of the stepper. state: done, now or ahead; at: the first time it was reached."""

    code: str
    name: str
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Marks:
    """What the drawing marks: element ids, and the same as names of steps."""

    done: Sequence[str] = ()
    active: Sequence[str] = ()
    next: Sequence[str] = ()
    done_names: Sequence[str] = ()
    active_names: Sequence[str] = ()
    next_names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task somebody still has to do. mine: the reader may open it."""

    ref: str
    name: str
    holder: str
    office: str
    due_at: datetime | None
    visible: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case with all that may be shown of it to this actor."""

    brief: CaseBrief
    law: Rules = field(repr=False)
    relation: str
    stages: Sequence[Stage]
    marks: Marks
    waiting: Sequence[Waiting]
    lines: Sequence[LineView] = field(repr=False)
    doubts: Sequence[DoubtView] = field(repr=False)
    story: Sequence[Happening] = ()
    papers: Sequence[FileView] = ()
    reports: Sequence[Paper] = ()
    remarks: Sequence[Remark] = ()
    incidents: Sequence[str] = ()
    people: Mapping[str, str] = field(default_factory=dict, repr=False)
    reveal: bool = False


def case_page(work: Work, ref: str, *, english: bool = False) -> CasePage:
    """The page of a case. Raises NotFound, also for a case of another office."""
    department, agency, town = aliased(Organisation), aliased(Organisation), aliased(Organisation)
    row = work.session.execute(
        select(Case, Household, department, agency, town, CaseState.marks, DefinitionRow)
        .join(Household, Household.id == Case.household_id, isouter=True)
        .join(department, department.id == Case.department_id)
        .join(agency, agency.id == Case.agency_id)
        .join(town, town.id == Case.town_id, isouter=True)
        .join(CaseState, CaseState.case_id == Case.id)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .where(Case.ref == ref, permissions.case_scope(work.actor))
    ).first()
    if row is None:
        raise NotFound(_("There is no such case for you."))
    case, definition = row[0], definitions.by_id(work, row[6].id)
    law = rules.current(work)
    brief = pages.brief_of(work, case, row[1], row[2:5], definition, law)
    relation = permissions.relation_to_case(work.actor, case)
    compared = pages.is_past(definition, case, "query")
    versions = reports.all_of(work, case) if compared else []
    reached = any(reports.reached_department(one) for one in versions)
    results = relation == permissions.AGENCY or reached
    return CasePage(
        brief=brief,
        law=law,
        relation=relation,
        stages=_stages(case, definition, english),
        marks=marks_of(definition, row[5] or {}, english=english),
        waiting=_waiting(work, case, english),
        lines=pages.visible_lines(work, case, reached) if compared else [],
        doubts=pages.visible_doubts(work, case, reached=reached) if compared else [],
        story=events.story(work, case, definition, english=english, results=results),
        papers=[*pages.papers(work, case, definition), *pages.made_here(work, case)],
        reports=pages.visible_reports(work, case, versions),
        remarks=pages.remarks(work, case, definition),
        incidents=_incidents(work, case),
        people={one.person.ref: one.person.name for one in brief.members},
        reveal=permissions.may(work.actor, "reveal.idno", relation),
    )


def drawing(work: Work, ref: str) -> tuple[bytes, Marks]:
    """The drawing of a case's own version, and its marks. Raises NotFound."""
    case = visible_case(work, ref)
    definition = pages.definition_of(work, case.id)
    marks = work.session.scalar(select(CaseState.marks).where(CaseState.case_id == case.id))
    return definition.bundle.files["process.bpmn"], marks_of(definition, marks or {}, english=False)


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


def marks_of(definition: Definition, marks: Mapping[str, Any], *, english: bool) -> Marks:
    """Done, standing and next, for the drawing and in words."""
    steps = definition.diagram.steps
    active = [one for one in dict.fromkeys(marks.get("active") or ()) if one in steps]
    done = [one for one in dict.fromkeys(marks.get("done") or ()) if one in steps and one not in active]
    coming = _ahead(definition, active)

    def names(ids: Sequence[str]) -> list[str]:
        found = [steps[one] for one in ids if steps[one].kind not in PASSED_OVER and steps[one].name]
        return list(dict.fromkeys(one.name_en or one.name if english else one.name for one in found))

    order = {one: place for place, one in enumerate(steps)}
    done.sort(key=lambda one: order[one])
    return Marks(done, active, coming, names(done), names(active), names(coming))


def _ahead(definition: Definition, active: Sequence[str]) -> list[str]:
    """The people's steps that may come next, along the flows, each once."""
    steps, flows = definition.diagram.steps, definition.diagram.flows
    after: dict[str, list[str]] = {}
    for flow in flows:
        after.setdefault(flow.source, []).append(flow.target)
    found: list[str] = []
    seen, queue = set(active), [target for one in active for target in after.get(one, ())]
    while queue and len(found) < SHOWN_AHEAD:
        here = queue.pop(0)
        if here in seen or here not in steps:
            continue
        seen.add(here)
        if steps[here].kind == "user":
            found.append(here)
        else:
            queue += after.get(here, ())
    return found


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


def _waiting(work: Work, case: Case, english: bool) -> list[Waiting]:
    if case.state in ("DONE", "CANCELLED"):
        return []
    rows = work.session.execute(
        select(HumanTask, Account.name, Organisation, task_scope(work.actor))
        .join(Organisation, Organisation.id == HumanTask.org_id)
        .join(Account, Account.id == HumanTask.assignee_id, isouter=True)
        .where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN))
        .order_by(HumanTask.due_at.is_(None), HumanTask.due_at, HumanTask.id)
        .limit(20)
    )
    return [
        Waiting(
            task.ref, task.name_en if english else task.name, holder or "",
            office.name_en if english else office.name, task.due_at, bool(visible),
        )
        for task, holder, office, visible in rows
    ]  # fmt: skip


def _incidents(work: Work, case: Case) -> list[str]:
    return list(
        work.session.scalars(
            select(Incident.sentence)
            .where(Incident.case_id == case.id, Incident.closed_at.is_(None))
            .order_by(Incident.id)
            .limit(5)
        )
    )
