"""What the pages of batches show: the list, one with its verdicts and results, and what its form offers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from domain import journal
from domain.cases import CANCELLED, DONE, Case
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.text import Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks.batches import batch_undo, batches
from tasks.finding import task_choice
from tasks.rows.models import HumanTask
from tasks.rows.repair_models import CANCELLED as STOPPED
from tasks.rows.repair_models import CaseBatch, CaseBatchRow
from workflows import definitions
from workflows.instances import CaseState
from workflows.steps import StepSpec

SIZE = 50
REFUSED, STAYS = "refused", "stays"  # besides the verdicts: refused when it was tried, could not be taken back
MOST_REASONS, FIRST = 12, 5  # sentences shown, and how many rows of each


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in the list, or the head of its page."""

    ref: str
    kind: str
    title: Text
    state: str
    total: int
    judged: int
    done: int
    failed: int
    by: str
    at: datetime
    approved_by: str
    tasks: bool


@dataclass(frozen=True, slots=True)
class RowView:
    """A case or task of a batch. number: "" for one the person may not read; name: of the task, in both languages."""

    place: int
    number: str
    ref: str
    name: Name | None
    verdict: str
    told: Text | None
    result: str
    outcome: Text | None


@dataclass(frozen=True, slots=True)
class Left:
    """Why some are left as they are: the sentence, how many, and the first of them."""

    told: Text
    count: int
    first: Sequence[RowView]


@dataclass(frozen=True, slots=True)
class BatchPage:
    """verdicts: how many of each; rows: a page of them after a place; next_after: where the next begins, 0 for none.

    names: of steps and offices that filter and parameters name, by id and ref; stopped: why it stopped by itself.
    can_go_on: it was stopped with some left. can_undo: this person may ask to take it back, undo_alone: nobody has to
    approve that; undo_waits: somebody asked (undo_by: the name, undo_own: this person) and a second has to say yes.
    tasks: it is of tasks; stays: how many could not be taken back; reasons: why some cannot, the commonest first;
    people: to whom tasks go, and how many.
    """

    line: BatchLine
    params: Mapping[str, Any]
    chosen: Mapping[str, Any]
    reason: str
    verdicts: Mapping[str, int]
    rows: Sequence[RowView]
    next_after: int
    runnable: int
    second: bool
    own: bool
    names: Mapping[str, str]
    stopped: Text | None
    may_approve: bool
    can_undo: bool
    can_go_on: bool
    undo_alone: bool
    undo_waits: bool
    undo_own: bool
    undo_by: str
    tasks: bool
    stays: int
    reasons: Sequence[Left]
    people: Sequence[tuple[str, int]]


def batch_page(work: Work, ref: str, *, verdict: str = "", after: int = 0, english: bool = False) -> BatchPage:
    """One batch. Raises NotFound."""
    batch = batches.load(work, ref)
    counted = select(CaseBatchRow.verdict, func.count()).where(CaseBatchRow.batch_id == batch.id)
    verdicts = {row[0]: row[1] for row in work.session.execute(counted.group_by(CaseBatchRow.verdict))}
    rows = _rows(work, batch, verdict, after)
    kind = batches.kind_of(batch.kind)
    (line,) = _lines(work, [batch])
    runnable = sum(verdicts.get(code, 0) for code in batches.CAN_RUN)
    possible = batch_undo.possible(work, batch)
    asked = possible and batch_undo.waits(work, batch)
    return BatchPage(
        line=line,
        params={k: v for k, v in batch.params.items() if isinstance(v, str | int) or (k == "mapping" and v)},
        chosen={k: v for k, v in batch.chosen.items() if v},
        reason=batches.reason_of(work, batch),
        verdicts=verdicts,
        rows=rows[:SIZE],
        next_after=rows[SIZE - 1].place if len(rows) > SIZE else 0,
        runnable=runnable,
        second=batches.needs_second(work, batch),
        own=batch.created_by == work.actor.user_id,
        names=_names(work, batch, english),
        stopped=_why_stopped(work, batch),
        may_approve=permissions.may(work.actor, "batch.approve"),
        can_undo=possible and not asked and permissions.may(work.actor, kind.action),
        can_go_on=batches.can_go_on(work, batch),
        undo_alone=not batch_undo.needs_second(work, batch),
        undo_waits=asked,
        undo_own=batch.undo_by is not None and batch.undo_by == work.actor.user_id,
        undo_by=_name_of(work, batch.undo_by),
        tasks=kind.subject == batches.TASK,
        stays=batches.left(work, batch, CaseBatchRow.result == "STAYS"),
        reasons=_reasons(work, batch) if verdicts.get(batches.CANNOT) else (),
        people=_people(work, batch) if "people" in batch.params else (),
    )


def _name_of(work: Work, account_id: int | None) -> str:
    return work.session.scalar(select(Account.name).where(Account.id == account_id)) or ""


def _why_stopped(work: Work, batch: CaseBatch) -> Text | None:
    """Why a batch was stopped that nobody stopped; None for every other one."""
    if batch.state != STOPPED:
        return None
    stopped = journal.newest(work, "batch.cancelled", ("batch", batch.ref)) or {}
    if stopped.get("because") != batches.CLOSED:
        return None
    return _("Stopped by itself: the account of whoever asked for it is closed. What was done stays done.")


def _names(work: Work, batch: CaseBatch, english: bool) -> dict[str, str]:
    """What the ids in a batch's filter and parameters are called: steps of the versions its cases run on, offices."""
    asked = {str(batch.chosen.get("step") or ""), *(str(batch.params.get(key) or "") for key in ("from", "to"))} - {""}
    asked |= {one for pair in (batch.params.get("mapping") or {}).items() for one in map(str, pair)}
    found: dict[str, str] = {}
    if asked:
        ids = (
            select(CaseState.definition_id)
            .join(CaseBatchRow, CaseBatchRow.case_id == CaseState.case_id)
            .where(CaseBatchRow.batch_id == batch.id)
            .distinct()
        )
        known = list(work.session.scalars(ids))
        if batch.params.get("mapping"):  # names of steps that only the version they move to has
            known.append(definitions.version(work, str(batch.params["process"]), int(batch.params["to"])).id)
        for one in known:
            steps = definitions.by_id(work, one).diagram.steps
            found |= {step: called(steps[step], english) for step in asked if step in steps}
    holder = str(batch.chosen.get("holder") or "")
    if holder:
        found |= {holder: _name_of(work, work.session.scalar(select(Account.id).where(Account.ref == holder)))}
    office = select(Organisation).where(
        Organisation.ref == str(batch.chosen.get("office") or batch.chosen.get("town") or "")
    )
    if batch.chosen.get("office") or batch.chosen.get("town"):
        found |= {one.ref: one.name_en if english else one.name for one in work.session.scalars(office)}
    return found


def called(step: StepSpec, english: bool) -> str:
    """The name of a step in the reader's language."""
    return (step.name_en or step.name if english else step.name) or step.id


def _rows(work: Work, batch: CaseBatch, verdict: str, after: int) -> list[RowView]:
    """Rows after a place. Uses uq_case_batch_row_batch_id_place or the indices on verdict and on result."""
    wanted = _seen(work, batch).where(CaseBatchRow.place > after).order_by(CaseBatchRow.place).limit(SIZE + 1)
    if verdict == REFUSED:
        wanted = wanted.where(CaseBatchRow.result == "FAILED")
    elif verdict == STAYS:
        wanted = wanted.where(CaseBatchRow.result == "STAYS")
    elif verdict:
        wanted = wanted.where(CaseBatchRow.verdict == verdict)
    return [_view(*row) for row in work.session.execute(wanted)]


def _seen(work: Work, batch: CaseBatch) -> Select[*tuple[Any, ...]]:
    """Rows of a batch with what they are called, and whether the actor may see that."""
    of_tasks = batches.kind_of(batch.kind).subject == batches.TASK
    visible = task_choice.seen(work) if of_tasks else permissions.case_scope(work.actor)
    return (
        select(CaseBatchRow, Case.number, Case.ref, HumanTask.ref, HumanTask.name, HumanTask.name_en,
               visible.label("visible"))
        .join(Case, Case.id == CaseBatchRow.case_id)
        .join(HumanTask, HumanTask.id == CaseBatchRow.task_id, isouter=True)
        .where(CaseBatchRow.batch_id == batch.id)
    )  # fmt: skip


def _view(row: CaseBatchRow, number: str, case: str, task: str | None, name: str, name_en: str, seen: bool) -> RowView:
    return RowView(
        row.place, number if seen else "", (task or case) if seen else "", Name(name, name_en) if task else None,
        row.verdict, _unpacked(row.told), row.result, _unpacked(row.outcome),
    )  # fmt: skip


def _reasons(work: Work, batch: CaseBatch) -> list[Left]:
    """Why some are left out, the commonest first. Uses ix_case_batch_row_verdict."""
    wanted = select(CaseBatchRow.place, CaseBatchRow.told).where(
        CaseBatchRow.batch_id == batch.id, CaseBatchRow.verdict == batches.CANNOT
    )
    found: dict[str, list[int]] = {}
    told: dict[str, Text] = {}
    for place, packed in work.session.execute(wanted.order_by(CaseBatchRow.place)):
        key = json.dumps(packed, sort_keys=True)
        told.setdefault(key, Text.unpacked(packed))
        found.setdefault(key, []).append(place)
    commonest = sorted(found, key=lambda key: (-len(found[key]), found[key][0]))[:MOST_REASONS]
    first = {place for key in commonest for place in found[key][:FIRST]}
    rows = work.session.execute(_seen(work, batch).where(CaseBatchRow.place.in_(sorted(first))))
    views = {row[0].place: _view(*row) for row in rows}
    return [Left(told[key], len(found[key]), [views[place] for place in found[key][:FIRST]]) for key in commonest]


def _people(work: Work, batch: CaseBatch) -> list[tuple[str, int]]:
    """Names of those chosen, and how many of the tasks each gets."""
    chosen = select(Account.ref, Account.name).where(Account.ref.in_([str(one) for one in batch.params["people"]]))
    given = select(CaseBatchRow.details).where(CaseBatchRow.batch_id == batch.id, CaseBatchRow.verdict == batches.OK)
    count = Counter(details.get("to") for details in work.session.scalars(given))
    return [(name, count[ref]) for ref, name in work.session.execute(chosen.order_by(Account.name, Account.id))]


def _unpacked(kept: list[Any]) -> Text | None:
    return Text.unpacked(kept) if kept else None


def listing(work: Work, before: int = 0) -> tuple[list[BatchLine], int]:
    """Batches the person may see, newest first, and the key the next page begins before (0: none)."""
    permissions.must(work.actor, "batch.read")
    actor, kinds = work.actor, batches.KINDS.items()
    house = [name for name, kind in kinds if kind.everywhere and permissions.may(actor, kind.action)]
    office = [name for name, kind in kinds if not kind.everywhere and batches.sees_of_others(work, kind)]
    mine = CaseBatch.org_id == actor.org_id
    mine &= CaseBatch.kind.in_(office) | (CaseBatch.created_by == actor.user_id)
    wanted = select(CaseBatch).where(mine | CaseBatch.kind.in_(house)).order_by(CaseBatch.id.desc()).limit(SIZE + 1)
    found = list(work.session.scalars(wanted.where(CaseBatch.id < before) if before else wanted))
    return _lines(work, found[:SIZE]), found[SIZE - 1].id if len(found) > SIZE else 0


def _lines(work: Work, found: Sequence[CaseBatch]) -> list[BatchLine]:
    ids = {one for batch in found for one in (batch.created_by, batch.approved_by) if one is not None}
    rows = work.session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
    names: dict[int, str] = {row[0]: row[1] for row in rows}
    return [
        BatchLine(
            one.ref, one.kind, batches.kind_of(one.kind).title, one.state, one.total, one.judged, one.done, one.failed,
            names.get(one.created_by or 0, ""), one.created_at, names.get(one.approved_by or 0, ""),
            batches.kind_of(one.kind).subject == batches.TASK,
        )
        for one in found
    ]  # fmt: skip


def kinds(work: Work) -> list[tuple[str, Text]]:
    """What the person may do to many cases of their own office, for the form."""
    return [
        (name, kind.title)
        for name, kind in batches.KINDS.items()
        if not kind.everywhere and kind.subject == batches.CASE and permissions.may(work.actor, kind.action)
    ]


def processes(work: Work, *, english: bool = False) -> list[tuple[str, str, str]]:
    """Process, step id and name of every step of the versions that the person's open cases run on."""
    ids = work.session.scalars(
        select(CaseState.definition_id)
        .join(Case, Case.id == CaseState.case_id)
        .where(permissions.case_scope(work.actor), Case.state.not_in((DONE, CANCELLED)))
        .distinct()
    ).all()
    found: dict[tuple[str, str], str] = {}
    for one in ids:
        definition = definitions.by_id(work, one)
        for step in definition.diagram.steps.values():
            if step.kind in ("user", "manual", "service", "subprocess", "catch"):
                found.setdefault((definition.process, step.id), called(step, english))
    return [(process, step, name) for (process, step), name in found.items()]


def offices(work: Work) -> list[tuple[str, str, str]]:
    """Ref and both names of the offices that the person's cases belong to."""
    own = select(Case.town_id, Case.department_id, Case.agency_id).where(permissions.case_scope(work.actor)).distinct()
    ids = {one for row in work.session.execute(own) for one in row if one is not None}
    wanted = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.position)
    return [(one.ref, one.name, one.name_en) for one in work.session.scalars(wanted)]
