"""One thing done to many cases or tasks: a frozen list, a verdict for each, a second person above twenty, in chunks.

Kinds are registered by whoever knows how to judge, do and undo one (`register`). The agenda carries a batch on
(`tasks.batches.batch_chunks`), and it is taken back in the same way (`tasks.batches.batch_undo`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select

from domain import agenda, journal
from domain.base import new_ref
from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound, NotPermitted
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks.batches import batch_filter
from tasks.batches.batch_filter import CaseFilter
from tasks.finding import task_choice
from tasks.finding.task_choice import TaskChoice
from tasks.rows.repair_models import (
    APPROVED,
    CANCELLED,
    DONE,
    JUDGED,
    JUDGING,
    RUNNING,
    CaseBatch,
    CaseBatchRow,
)

log = logging.getLogger("tasks.batches")

CASE, TASK = "case", "task"  # what a kind is done to
SECOND_FROM = 20  # above so many cases a second person approves
OK, CHANGES, MAPPING, CANNOT = "ok", "changes", "mapping", "cannot"
CAN_RUN = (OK, CHANGES)
LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would happen to one case or task. code: ok, changes (with something to know), mapping (a person must say
    more first) or cannot. details: JSON-able, ids and step names only."""

    code: str
    sentence: Text
    details: Mapping[str, Any] = field(default_factory=dict)


Judge = Callable[[Work, str, Mapping[str, Any]], Verdict]
JudgeMany = Callable[[Work, Sequence[str], Mapping[str, Any]], Mapping[str, Verdict]]
Act = Callable[[Work, str, Mapping[str, Any]], Mapping[str, Any] | None]
Undo = Callable[[Work, str, Mapping[str, Any], Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be done to many. action: the permission; everywhere: on all cases of the house, not only the actor's.

    check: refuses parameters that make no sense, before a list is frozen. second: above twenty a second person
    approves; not for what the house would do by itself as well. subject: CASE or TASK. judge_many: the verdicts of
    many at once, without doing anything, instead of `judge`. reasoned: it is not asked for without a reason.
    """

    name: str
    title: Text
    judge: Judge | None
    act: Act
    undo: Undo | None
    action: str
    everywhere: bool
    check: Callable[[Work, Mapping[str, Any]], None] | None = None
    second: bool = True
    subject: str = CASE
    judge_many: JudgeMany | None = None
    reasoned: bool = True


KINDS: dict[str, Kind] = {}
CLOSED = "account closed"


def register(
    kind: str,
    judge: Judge | None,
    act: Act,
    undo: Undo | None = None,
    *,
    title: Text | None = None,
    action: str = "case.repair",
    everywhere: bool = False,
    check: Callable[[Work, Mapping[str, Any]], None] | None = None,
    second: bool = True,
    subject: str = CASE,
    judge_many: JudgeMany | None = None,
    reasoned: bool = True,
) -> None:
    """Make a kind known. `act` returns what `undo` will need (JSON-able, kept sealed); both raise HouseError to refuse.

    Judge, act and undo are given a `Work` of the person who asked, in a transaction of the agenda; `params` holds
    besides the batch's own "batch" (its ref) and "reason", and for one row the details of its verdict under "row".
    """
    named = title or _("%(kind)s", kind=kind)
    KINDS[kind] = Kind(
        kind, named, judge, act, undo, action, everywhere, check, second, subject, judge_many, reasoned
    )  # fmt: skip


def said(refusal: HouseError) -> Text:
    """The sentence of a refusal; of a refused form that of its first field."""
    found = refusal.args[0]
    if isinstance(refusal, InvalidAnswers) and refusal.fields:
        found = next(iter(refusal.fields.values()))
    return found if isinstance(found, Text) else _("%(why)s", why=found)


def kind_of(name: str) -> Kind:
    """Raises NotFound."""
    found = KINDS.get(name)
    if found is None:
        raise NotFound(_("There is no such thing to do to many at once."))
    return found


def draft(
    work: Work,
    kind: str,
    params: Mapping[str, Any],
    chosen: CaseFilter | TaskChoice,
    reason: str,
    *,
    later: bool = True,
) -> str:
    """Freeze the list and let it be judged; nothing is done yet. Returns the batch's ref. later: by the agenda.

    Raises NotPermitted, InvalidAnswers without a reason, Conflict for none, too many, or parameters of no sense.
    """
    known = kind_of(kind)
    permissions.must(work.actor, known.action)
    if len(reason) > LONGEST_REASON or (known.reasoned and not reason.strip()):
        raise InvalidAnswers({"reason": _("Say why, in at most %(most)s characters.", most=LONGEST_REASON)})
    if known.check is not None:
        known.check(work, params)
    subjects = _frozen(work, known, chosen)
    batch = CaseBatch(
        ref=new_ref(), kind=kind, params=dict(params), chosen=chosen.kept(), reason=b"", total=len(subjects),
        org_id=work.actor.org_id, created_by=work.actor.user_id, created_at=work.now,
    )  # fmt: skip
    batch.reason = work.home.vault.seal("case_batch.reason", batch.ref, reason.strip())
    work.session.add(batch)
    work.session.flush()
    rows = [
        {"ref": new_ref(), "batch_id": batch.id, "place": place, "case_id": case, "task_id": task}
        for place, (case, task) in enumerate(subjects, start=1)
    ]
    work.session.execute(insert(CaseBatchRow), rows)
    told(work, batch, "batch.drafted", {"kind": kind, "cases": len(rows), "params": dict(params)})
    if later:
        plan(work, batch, "batch.judge", 0)
    return batch.ref


def _frozen(work: Work, kind: Kind, chosen: CaseFilter | TaskChoice) -> Sequence[tuple[int, int | None]]:
    """Keys of case and task, in the order everybody locks them."""
    if isinstance(chosen, TaskChoice):
        if kind.subject != TASK:
            raise Conflict(_("This is not done to tasks."))
        return task_choice.frozen(work, chosen)
    if kind.subject != CASE:
        raise Conflict(_("This is not done to cases."))
    return [(case, None) for case in batch_filter.frozen(work, chosen, everywhere=kind.everywhere)]


def load(work: Work, ref: str, *, lock: bool = False) -> CaseBatch:
    """A batch the actor may see: of the actor's office, or of the house where the actor may do its kind. NotFound."""
    wanted = select(CaseBatch).where(CaseBatch.ref == ref).execution_options(populate_existing=True)
    found = work.session.scalars(wanted.with_for_update() if lock else wanted).first()
    if found is None or not _visible(work, found):
        raise NotFound(_("There is no such batch for you."))
    return found


def _own(work: Work, ref: str) -> CaseBatch:
    """A batch to begin or to stop: by who asked for it, who approved it, or who may do its kind. NotPermitted."""
    batch = load(work, ref, lock=True)
    if work.actor.user_id is None or work.actor.user_id not in (batch.created_by, batch.approved_by):
        permissions.must(work.actor, kind_of(batch.kind).action)
    return batch


def _visible(work: Work, batch: CaseBatch) -> bool:
    kind, actor = KINDS.get(batch.kind), work.actor
    if kind is None or not permissions.may(actor, "batch.read"):
        return False
    if kind.everywhere:
        return permissions.may(actor, kind.action)
    if batch.org_id != actor.org_id:
        return False
    return (actor.user_id is not None and batch.created_by == actor.user_id) or sees_of_others(work, kind)


def sees_of_others(work: Work, kind: Kind) -> bool:
    """Whether the actor is shown what colleagues of the office do in this way: repairs of cases to everybody who
    keeps an eye on batches, tasks to those who supervise them or may be asked to say yes."""
    if kind.subject == CASE:
        return permissions.may(work.actor, "batch.read", permissions.OFFICE)
    if permissions.may(work.actor, "task.supervise", permissions.OFFICE):
        return True
    return kind.second and permissions.may(work.actor, "batch.approve")


def runnable(work: Work, batch: CaseBatch) -> int:
    """How many it would touch, by their verdicts. Uses ix_case_batch_row_verdict."""
    counted = select(func.count()).where(CaseBatchRow.batch_id == batch.id, CaseBatchRow.verdict.in_(CAN_RUN))
    return work.session.scalar(counted) or 0


def needs_second(work: Work, batch: CaseBatch) -> bool:
    """Whether a second person has to approve it first; what the same person did alone within a day counts with it."""
    if batch.approved_by is not None or not kind_of(batch.kind).second:
        return False
    return runnable(work, batch) + _alone(work, batch) > SECOND_FROM


def _alone(work: Work, batch: CaseBatch) -> int:
    """Cases to which the same person lately began to do the same, with nobody's approval. Uses ix_case_batch_org_id."""
    wanted = select(func.count(CaseBatchRow.id)).join(CaseBatch, CaseBatch.id == CaseBatchRow.batch_id)
    return work.session.scalar(
        wanted.where(
            CaseBatch.org_id == batch.org_id, CaseBatch.created_by == batch.created_by, CaseBatch.kind == batch.kind,
            CaseBatch.id != batch.id, CaseBatch.created_at > work.now - timedelta(days=1),
            CaseBatch.state.in_((RUNNING, DONE)) | (CaseBatch.done > 0), CaseBatchRow.verdict.in_(CAN_RUN),
            CaseBatch.approved_by.is_(None),
        )
    ) or 0  # fmt: skip


def approve(work: Work, ref: str) -> None:
    """A second person's word. Raises NotFound, NotPermitted for the one who asked, Conflict in any other state."""
    batch = load(work, ref, lock=True)
    permissions.must(work.actor, "batch.approve")
    if batch.state != JUDGED:
        raise Conflict(_("A batch is approved when each has its verdict and before it runs."))
    if work.actor.person() == batch.created_by:
        raise NotPermitted(_("You asked for this batch; a second person has to approve it."))
    batch.state, batch.approved_by, batch.approved_at = APPROVED, work.actor.user_id, work.now
    told(work, batch, "batch.approved", {"cases": runnable(work, batch)})


def run(work: Work, ref: str, *, later: bool = True) -> None:
    """Begin to do it, or go on where it was stopped. later: by the agenda.

    Raises NotFound, Conflict while it is judged, waits for a second person, or has nothing to do.
    """
    batch = _own(work, ref)
    if batch.state not in (JUDGED, APPROVED) and not can_go_on(work, batch):
        raise Conflict(_("This batch cannot be begun now. Look at its state."))
    if left(work, batch, CaseBatchRow.verdict == ""):
        batch.state, batch.ended_at = JUDGING, None
        if later:
            plan(work, batch, "batch.judge", 0)
        return
    if needs_second(work, batch):
        raise Conflict(_("More than %(most)s: a second person has to approve it first.", most=SECOND_FROM))
    if not runnable(work, batch):
        raise Conflict(_("There is nothing on this list to which it could be done."))
    batch.state, batch.ended_at = RUNNING, None
    told(work, batch, "batch.begun", {"cases": runnable(work, batch)})
    if later:
        plan(work, batch, "batch.run", 0)


def can_go_on(work: Work, batch: CaseBatch) -> bool:
    """Whether it was stopped with cases left, and nobody began to take back what was done."""
    if batch.state != CANCELLED or batch.undo_by is not None:
        return False
    back = left(work, batch, CaseBatchRow.result.in_(("UNDONE", "STAYS")))
    return not back and left(work, batch, (CaseBatchRow.result == "") & CaseBatchRow.verdict.in_(("", *CAN_RUN))) > 0


def left(work: Work, batch: CaseBatch, which: ColumnElement[bool]) -> int:
    """How many of its cases meet something. Uses ix_case_batch_row_verdict or ix_case_batch_row_result."""
    return work.session.scalar(select(func.count()).where(CaseBatchRow.batch_id == batch.id, which)) or 0


def cancel(work: Work, ref: str) -> None:
    """Stop it where it is; what is done stays done. Raises NotFound, Conflict when it has ended."""
    batch = _own(work, ref)
    if batch.state not in (JUDGING, JUDGED, APPROVED, RUNNING):
        raise Conflict(_("This batch has ended already."))
    batch.state, batch.ended_at = CANCELLED, work.now
    told(work, batch, "batch.cancelled", {"done": batch.done, "failed": batch.failed})


def stop(work: Work, batch: CaseBatch, because: str) -> None:
    """End it by itself, for a reason that its page tells; what is done stays done."""
    batch.state, batch.ended_at = CANCELLED, work.now
    told(work, batch, "batch.cancelled", {"done": batch.done, "failed": batch.failed, "because": because})


def params_of(work: Work, batch: CaseBatch) -> dict[str, Any]:
    """What judge, act and undo of its kind are given."""
    return {**batch.params, "batch": batch.ref, "reason": reason_of(work, batch)}


def plan(work: Work, batch: CaseBatch, kind: str, place: int) -> None:
    """Let the agenda carry it on behind a place; from the beginning again when it was carried on before."""
    key = f"{kind}:{batch.ref}:{place}"
    agenda.put_again(work, kind, key, work.now, subject=batch.ref)


def told(work: Work, batch: CaseBatch, event: str, body: Mapping[str, Any]) -> None:
    """Say in the batch's journal what happened to it."""
    journal.record(work, event, batch.ref, body, stream=("batch", batch.ref))


def reason_of(work: Work, batch: CaseBatch) -> str:
    """Why it was asked for."""
    return work.home.vault.open("case_batch.reason", batch.ref, batch.reason)
