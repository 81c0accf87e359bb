"""Where a case stands on the drawing it runs on, for the picture and in words. Every page takes it from here.

One query a case (its open tasks), a second while an incident is open, one for a list of cases, whatever the data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from domain.cases import Case
from domain.errors import NotFound
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work
from tasks.rows.models import OPEN, HumanTask
from tasks.rules import task_scope
from workflows import definitions, ways
from workflows.decision_words import said
from workflows.definitions import Definition, DefinitionRow
from workflows.engine import StepSpec
from workflows.instances import CaseState, Incident

SHOWN_AHEAD = 3
MOST_TASKS, MOST_TROUBLES = 50, 5
CLOSED = ("DONE", "CANCELLED")
# what a list of steps passes over, and what only listens while a token stands elsewhere
UNNAMED = ("gateway", "start", "boundary", "catch", "throw", "subprocess", "end")
LISTENS = ("boundary",)
WAITS = ("catch", "receive")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task somebody still has to do. visible: the reader may open it."""

    ref: str
    step_id: str
    name: str
    holder: str
    office: str
    due_at: datetime | None
    visible: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A step where a token stands. who: its people or offices; done of total: instances of a repeated step.

    waits: an event is awaited there, nobody has to do anything.
    """

    step_id: str
    name: str
    who: Sequence[str] = ()
    done: int = 0
    total: int = 0
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """A step that could not be carried out. name: "" when the drawing has no such step; sentence: why, in words."""

    step_id: str
    name: str
    sentence: object


@dataclass(frozen=True, slots=True)
class Drawing:
    """The drawing of a case's own version: ids for the picture, names for the text. state: the case's own.

    done: in the order of the first time. ended: the nodes where a closed case ended, or where it stood when somebody
    ended it. moment: of its past that this shows, 0 for the present.
    """

    case_ref: str
    process: str
    process_en: str
    version: int
    state: str
    done: Sequence[str] = ()
    active: Sequence[str] = ()
    next: Sequence[str] = ()
    flows: Sequence[str] = ()
    ended: Sequence[str] = ()
    done_names: Sequence[str] = ()
    next_names: Sequence[str] = ()
    ended_names: Sequence[str] = ()
    now: Sequence[Standing] = ()
    troubles: Sequence[Trouble] = ()
    waiting: Sequence[Waiting] = field(default=(), repr=False)
    moment: int = 0

    @property
    def closed(self) -> bool:
        """Whether the case is over."""
        return self.state in CLOSED

    def marks(self) -> dict[str, Any]:
        """What the picture marks: ids of nodes and flows, and [done, total] of repeated steps."""
        return {
            "done": list(self.done),
            "active": list(self.active),
            "next": list(self.next),
            "flows": list(self.flows),
            "ended": list(self.ended),
            "troubled": [one.step_id for one in self.troubles if one.step_id],
            "counts": {one.step_id: [one.done, one.total] for one in self.now if one.total},
        }


def troubled() -> ColumnElement[bool]:
    """For a query of cases: whether an incident of the case is open."""
    return exists().where(Incident.case_id == Case.id, Incident.closed_at.is_(None)).correlate(Case)


def of_case(
    work: Work,
    case: Case,
    definition: Definition,
    marks: Mapping[str, Any] | None,
    *,
    incident: bool,
    english: bool,
) -> Drawing:
    """The drawing of a case that the actor may read. incident: what `troubled` said. One query, or two with it."""
    waiting = [] if case.state in CLOSED else _waiting(work, case, english)
    incidents = _incidents(work, case) if incident else []
    return drawn(definition, marks or {}, waiting, incidents, case=case, english=english)


def read(work: Work, case: Case, *, english: bool) -> Drawing:
    """The same for a caller that has only the case; one query more. Raises NotFound."""
    row = work.session.execute(
        # the definition's row comes along, so that the definition finds it in the session
        select(CaseState.marks, DefinitionRow, troubled())
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .join(Case, Case.id == CaseState.case_id)
        .where(CaseState.case_id == case.id)
    ).first()
    if row is None:
        raise NotFound(_("This case has no running process."))
    return of_case(work, case, definitions.by_id(work, row[1].id), row[0], incident=row[2], english=english)


def drawn(
    definition: Definition,
    marks: Mapping[str, Any],
    waiting: Sequence[Waiting],
    incidents: Sequence[tuple[str, object]],
    *,
    case: Case,
    english: bool,
) -> Drawing:
    """The drawing from what is known already. incidents: (step id, sentence)."""
    steps = definition.diagram.steps
    active = standing_at(steps, marks)
    done = [one for one in dict.fromkeys(marks.get("done") or ()) if one in steps and one not in active]
    coming = ahead(definition, active)
    ended = _ended(definition, marks, done) if case.state in CLOSED else []
    return Drawing(
        case_ref=case.ref,
        process=definition.title,
        process_en=definition.title_en,
        version=definition.number,
        state=case.state,
        done=done,
        active=active,
        next=coming,
        flows=ways.taken(definition.diagram, marks),
        ended=ended,
        done_names=_names(steps, done, english),
        next_names=_names(steps, coming, english),
        ended_names=list(dict.fromkeys(_name(steps[one], english) for one in ended if steps[one].name)),
        now=_now(steps, active, marks.get("counts") or {}, waiting, english),
        troubles=[_trouble(steps, active, step, sentence, english) for step, sentence in incidents],
        waiting=waiting,
    )


def lines(work: Work, refs: Collection[str], *, english: bool) -> dict[str, list[str]]:
    """For a list of cases the actor may read: the names of the steps each stands at, by ref; one query."""
    rows = work.session.execute(
        select(Case.ref, CaseState.marks, DefinitionRow)
        .join(CaseState, CaseState.case_id == Case.id)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .where(Case.ref.in_(list(refs)), Case.state.not_in(CLOSED))
    )
    found: dict[str, list[str]] = {}
    for ref, marks, row in rows:
        steps = definitions.by_id(work, row.id).diagram.steps
        standing = _now(steps, standing_at(steps, marks or {}), (marks or {}).get("counts") or {}, (), english)
        found[ref] = [one.name + (f" {one.done}/{one.total}" if one.total else "") for one in standing]
    return found


def standing_at(steps: Mapping[str, StepSpec], marks: Mapping[str, Any]) -> list[str]:
    """The nodes where a token stands: without events that only listen, and subprocesses that nothing runs in."""
    there = set(marks.get("active") or ())
    found = [one for one in steps if one in there]
    inside = {steps[one].scope for one in found}
    counted = marks.get("counts") or {}
    return [
        one
        for one in found
        if steps[one].kind not in LISTENS
        and (steps[one].kind != "subprocess" or one in inside or one in counted)
    ]  # fmt: skip


def ahead(definition: Definition, active: Sequence[str]) -> list[str]:
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


def _ended(definition: Definition, marks: Mapping[str, Any], done: Sequence[str]) -> list[str]:
    """Where it stood when somebody ended it, else the ends of the process that it reached."""
    steps = definition.diagram.steps
    stopped = marks.get("stopped")
    if stopped is not None:
        return standing_at(steps, {"active": stopped, "counts": {}})
    top = definition.diagram.process_id
    return [one for one in done if steps[one].kind == "end" and steps[one].scope == top]


def _now(
    steps: Mapping[str, StepSpec],
    active: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    waiting: Sequence[Waiting],
    english: bool,
) -> list[Standing]:
    """The steps that a reader is told of: those with a name, a subprocess only for its count."""
    found = []
    for one in active:
        step, (done, total) = steps[one], counts.get(one, (0, 0))
        waits = step.kind in WAITS
        if not step.name or (step.kind in UNNAMED and not waits and not total):
            continue
        own = [task for task in waiting if task.step_id == one]
        who = dict.fromkeys(task.holder or task.office for task in own)
        found.append(Standing(one, _name(step, english), tuple(who), done, total, waits))
    return found


def _trouble(
    steps: Mapping[str, StepSpec], active: Sequence[str], told: str, sentence: object, english: bool
) -> Trouble:
    """An incident names the step, or the operation that a step in hand called."""
    here = told if told in steps else next((one for one in active if steps[one].topic == told), "")
    return Trouble(here, _name(steps[here], english) if here else "", sentence)


def _name(step: StepSpec, english: bool) -> str:
    return step.name_en or step.name if english else step.name


def _names(steps: Mapping[str, StepSpec], ids: Sequence[str], english: bool) -> list[str]:
    found = [steps[one] for one in ids if steps[one].kind not in UNNAMED and steps[one].name]
    return list(dict.fromkeys(_name(one, english) for one in found))


def _waiting(work: Work, case: Case, english: bool) -> list[Waiting]:
    rows = work.session.execute(
        select(HumanTask, Account.name, Organisation, task_scope(work.actor))
        .join(Organisation, Organisation.id == HumanTask.org_id)
        .join(Account, Account.id == HumanTask.assignee_id, isouter=True)
        .where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN))
        .order_by(HumanTask.due_at.is_(None), HumanTask.due_at, HumanTask.id)
        .limit(MOST_TASKS)
    )
    return [
        Waiting(
            task.ref, task.step_id, task.name_en if english else task.name, holder or "",
            office.name_en if english else office.name, task.due_at, bool(visible),
        )
        for task, holder, office, visible in rows
    ]  # fmt: skip


def _incidents(work: Work, case: Case) -> list[tuple[str, object]]:
    rows = work.session.execute(
        select(Incident.step_id, Incident.sentence)
        .where(Incident.case_id == case.id, Incident.closed_at.is_(None))
        .order_by(Incident.id)
        .limit(MOST_TROUBLES)
    )
    return [(step, said(sentence)) for step, sentence in rows]
