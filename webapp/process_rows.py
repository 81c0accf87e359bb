"""What the pages of processes list: one line a process, and where running cases stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union

from domain.cases import Case
from domain.work import Work
from tasks.rows.models import OPEN, HumanTask
from webapp import words
from webapp.people import names
from workflows import definitions, drafts
from workflows.bundles import Bundle
from workflows.definition_rows import (
    DefinitionDraft,
    DefinitionDraftRevision,
    DefinitionProposal,
    DefinitionRow,
)
from workflows.instances import CaseState, CaseWait

RUNNING = ("OPEN", "PARKED")


@dataclass(frozen=True, slots=True)
class DraftLine:
    """The open draft of a process with its newest revision: by whom, when."""

    ref: str
    revision: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """A version that waits for a second owner; `mine`: the reader proposed it."""

    ref: str
    by: str
    at: datetime
    note: str
    mine: bool
    process: str


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """One process. number and since are None while no version is in force; older: (version, cases) still running."""

    process: str
    title: str
    title_en: str
    number: int | None
    since: datetime | None
    cases: int
    older: tuple[tuple[int, int], ...]
    draft: DraftLine | None
    proposals: tuple[ProposalLine, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How many running cases of one version stand at a step; a case may stand at several."""

    number: int
    step: str
    stage: str
    cases: int


def lines(work: Work) -> list[ProcessLine]:
    """Every process: those in force, then those that are only a draft."""
    rows, open_drafts, waiting = definitions.versions(work), _drafts(work), _proposals(work)
    running = definitions.running(work)
    by_process: dict[str, list[DefinitionRow]] = {}
    for row in rows:
        by_process.setdefault(row.process, []).append(row)
    made = [
        _line(found[0], found[1:], running, open_drafts.get(process), waiting.get(process, ()))
        for process, found in by_process.items()
    ]
    for process, draft in open_drafts.items():
        if process not in by_process:
            sheet = drafts.bundle_at(work, drafts.get(work, draft.ref)).sheet
            title, title_en = str(sheet.get("title") or process), str(sheet.get("title_en") or process)
            none = (None, None, 0, ())
            made.append(ProcessLine(process, title, title_en, *none, draft, tuple(waiting.get(process, ()))))
    return made


def line(work: Work, process: str) -> ProcessLine | None:
    """One process, or None when there is neither a version nor a draft of it."""
    return next((one for one in lines(work) if one.process == process), None)


def standing(work: Work, rows: Iterable[DefinitionRow], *, english: bool) -> list[Standing]:
    """Where the running cases of these versions stand, newest version first, in the order of the drawing."""
    found = []
    for row in rows:
        counted = _at_steps(work, row.id)
        if not counted:
            continue
        bundle = definitions.bundle_of(work, row)
        stages = {str(one.get("code")): str(one.get("label_en" if english else "label")) for one in _stages(bundle)}
        for step in words.steps_of(bundle).values():
            if step.id in counted:
                name = (step.name_en if english else step.name) or step.name or step.id
                stage = stages.get(step.properties.get("stage", ""), "")
                found.append(Standing(row.number, name, stage, counted[step.id]))
    return found


def _stages(bundle: Bundle) -> list[Mapping[str, object]]:
    rows = bundle.sheet.get("stages")
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _at_steps(work: Work, definition_id: int) -> dict[str, int]:
    """Step id -> cases that wait there for a person, a job, a message or a day."""
    waiting = [
        select(table.step_id, table.case_id)
        .join(CaseState, CaseState.case_id == table.case_id)
        .join(Case, Case.id == table.case_id)
        .where(CaseState.definition_id == definition_id, Case.state.in_(RUNNING), condition)
        for table, condition in ((HumanTask, HumanTask.state.in_(OPEN)), (CaseWait, CaseWait.kind != "timer"))
    ]
    places = union(*waiting).subquery()  # which keeps a case once at a step
    rows = work.session.execute(select(places.c.step_id, func.count()).group_by(places.c.step_id))
    return {step_id: count for step_id, count in rows}  # noqa: C416  dict() takes a Result for a mapping


def _line(
    current: DefinitionRow,
    others: Sequence[DefinitionRow],
    running: Mapping[int, int],
    draft: DraftLine | None,
    waiting: Sequence[ProposalLine],
) -> ProcessLine:
    older = tuple((one.number, running[one.id]) for one in others if running.get(one.id))
    return ProcessLine(
        current.process, current.title, current.title_en, current.number, current.deployed_at,
        running.get(current.id, 0), older, draft, tuple(waiting),
    )  # fmt: skip


def _drafts(work: Work) -> dict[str, DraftLine]:
    rows = work.session.execute(
        select(DefinitionDraft, DefinitionDraftRevision)
        .join(
            DefinitionDraftRevision,
            (DefinitionDraftRevision.draft_id == DefinitionDraft.id)
            & (DefinitionDraftRevision.number == DefinitionDraft.head),
        )
        .where(DefinitionDraft.state == "OPEN")
        .order_by(DefinitionDraft.process)
    ).all()
    known = names(work, [revision.author_id for _draft, revision in rows])
    return {
        draft.process: DraftLine(draft.ref, draft.head, known.get(revision.author_id or 0, ""), revision.saved_at)
        for draft, revision in rows
    }


def _proposals(work: Work) -> dict[str, list[ProposalLine]]:
    rows: Sequence[DefinitionProposal] = definitions.open_proposals(work)
    known = names(work, [one.proposed_by for one in rows])
    found: dict[str, list[ProposalLine]] = {}
    for one in rows:
        mine = one.proposed_by == work.actor.user_id
        made = ProposalLine(one.ref, known.get(one.proposed_by, ""), one.proposed_at, one.note, mine, one.process)
        found.setdefault(one.process, []).append(made)
    return found
