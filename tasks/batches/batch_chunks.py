"""Batches carried on by the agenda, small ones of tasks at once: judged, done and taken back, a few rows at a time.

A killed worker's chunk is done again and nothing is done twice; what refuses is left as it was, with the sentence why.
Tasks are judged many at a time by reading alone. Judging a case does to it what will be done and takes it back, in a
transaction of its own that is never kept, so that a clerk waits for the look at one case at most. Doing and undoing
hold a few cases, because the progress is written with them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from domain import journal
from domain.cases import Case
from domain.errors import Conflict, HouseError
from domain.home import Home
from domain.logs import Event, failure
from domain.parties import staff
from domain.parties.accounts import Account
from domain.text import Text
from domain.text import gettext as _
from domain.work import OPERATOR, Actor, Work, unit_of_work
from tasks.batches import batch_undo
from tasks.batches.batches import (
    CAN_RUN,
    CANNOT,
    CLOSED,
    TASK,
    Kind,
    Verdict,
    kind_of,
    load,
    params_of,
    plan,
    run,
    runnable,
    said,
    stop,
    told,
)
from tasks.rows.models import HumanTask
from tasks.rows.repair_models import DONE, JUDGED, JUDGING, RUNNING, UNDOING, UNDONE, CaseBatch, CaseBatchRow
from tasks.terms import notifications

log = logging.getLogger("tasks.batches")

JUDGED_AT_ONCE, RUN_AT_ONCE = 50, 10
TASKS_JUDGED_AT_ONCE, TASKS_RUN_AT_ONCE = 500, 25
SMALL = 50  # so many tasks are done while the person waits; more are carried on by the agenda


# --- judging: read, look at each on its own, write what was found ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be looked at next, (key of the row, ref of the case or task) each; by whom, of what kind, with what,
    when."""

    rows: Sequence[tuple[int, str]]
    actor: Actor
    kind: str
    params: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A row with the refs of its case and of its task ("" for a row of a case); subject: what it is done to."""

    row: CaseBatchRow
    case: str
    task: str

    @property
    def subject(self) -> str:
        """Ref of the task, or of the case."""
        return self.task or self.case


Looked = Mapping[int, Verdict]
_UNJUDGED = CaseBatchRow.verdict == ""


def gather_judging(work: Work, ref: str) -> Look | None:
    """What has no verdict yet, the first of it. None when there is nothing to look at."""
    batch, items = _next(work, ref, JUDGING, _UNJUDGED, _judged_at_once, lock=False)
    actor = _actor(work, batch.created_by) if batch is not None else None
    if batch is None or actor is None:
        return None
    rows = [(item.row.id, item.subject) for item in items]
    return Look(rows, actor, batch.kind, params_of(work, batch), work.now)


def judge(home: Home, look: Look) -> Looked:
    """What would happen to each: a case in a transaction of its own, rolled back; tasks together, by reading."""
    if kind_of(look.kind).judge_many is None:
        return {row: _looked_at(home, look, case_ref) for row, case_ref in look.rows}
    with unit_of_work(home, look.actor, now=look.now, write=False) as work:
        return _together(work, look)


def _together(work: Work, look: Look) -> Looked:
    judge_many = kind_of(look.kind).judge_many
    if judge_many is None:
        return {}
    found = judge_many(work, [subject for _row, subject in look.rows], look.params)
    return {row: found[subject] for row, subject in look.rows}


def record_judging(work: Work, ref: str, found: Looked | None, *, later: bool = True) -> None:
    """Write the verdicts; plans the next look (later) until each has its own."""
    batch, items = _next(work, ref, JUDGING, _UNJUDGED, _judged_at_once)
    if batch is None:
        return
    if _for(work, batch, batch.created_by) is None:
        return
    for item in items:
        verdict = (found or {}).get(item.row.id)
        if verdict is not None:
            item.row.verdict, item.row.told = verdict.code, verdict.sentence.packed()
            item.row.details = dict(verdict.details)
            batch.judged += 1
    work.session.flush()
    if any(not item.row.verdict for item in items) or len(items) == _judged_at_once(batch):
        if later:
            plan(work, batch, "batch.judge", batch.judged)
        return
    batch.state = JUDGED
    told(work, batch, "batch.judged", {"cases": runnable(work, batch)})


def judge_now(work: Work, ref: str) -> None:
    """Judge a list of tasks while the person waits; one that is longer than a look is left to the agenda."""
    for _look in range(2):  # the second finds nothing left, or what is left to the agenda
        look = gather_judging(work, ref)
        if look is None:
            return
        more = len(look.rows) == TASKS_JUDGED_AT_ONCE
        record_judging(work, ref, _together(work, look), later=more)
        if more:
            return


class _TakenBack(Exception):  # noqa: N818 - it ends the transaction that is rolled back
    pass


def _looked_at(home: Home, look: Look, case_ref: str) -> Verdict:
    found: list[Verdict] = []
    kind = kind_of(look.kind)
    try:
        with unit_of_work(home, look.actor, now=look.now) as work:
            refused = _in_one(
                work, lambda: found.append(_alone(kind, work, case_ref, look.params)), kind, "batch.judge_failed"
            )
            found += [Verdict(CANNOT, refused)] if refused is not None else []
            raise _TakenBack
    except _TakenBack:
        return found[0]


def _alone(kind: Kind, work: Work, subject: str, params: Mapping[str, Any]) -> Verdict:
    if kind.judge is None:
        raise Conflict(_("This cannot be judged alone."))
    return kind.judge(work, subject, params)


# --- doing and undoing -----------------------------------------------------------------------------------------------


def begin(work: Work, ref: str) -> None:
    """Begin it, or go on: a few tasks at once, more by the agenda. Raises what `batches.run` raises."""
    batch = load(work, ref)
    small = _small(batch, runnable(work, batch))
    run(work, ref, later=not small)
    while small and batch.state == RUNNING:
        run_some(work, ref, later=False)


def take_back(work: Work, ref: str) -> bool:
    """Take it back: a few tasks at once, more by the agenda. False when a second person is needed first."""
    batch = load(work, ref)
    small = _small(batch, batch.done)
    began = batch_undo.undo(work, ref, later=not small)
    while small and batch.state == UNDOING:
        undo_some(work, ref, later=False)
    return began


def _small(batch: CaseBatch, rows: int) -> bool:
    return kind_of(batch.kind).subject == TASK and rows <= SMALL


def run_some(work: Work, ref: str, *, later: bool = True) -> None:
    """Do the next rows of a batch; plans itself again (later) until none is left or it was cancelled."""
    todo = (CaseBatchRow.result == "") & CaseBatchRow.verdict.in_(CAN_RUN)
    batch, items = _next(work, ref, RUNNING, todo, _run_at_once)
    if batch is None:
        return
    mine = _for(work, batch, batch.created_by)
    if mine is None:
        return
    kind = kind_of(batch.kind)
    for item in items:
        _run_one(mine, kind, batch, item)
    told(
        work, batch, "batch.ran", {"done": batch.done, "failed": batch.failed, "cases": [one.subject for one in items]}
    )
    if len(items) == _run_at_once(batch):
        if later:
            plan(work, batch, "batch.run", items[-1].row.place)
        return
    batch.state, batch.ended_at = DONE, work.now
    told(work, batch, "batch.done", {"done": batch.done, "failed": batch.failed})
    _tell(work, batch, "batch.done", batch.created_by)


def undo_some(work: Work, ref: str, *, later: bool = True) -> None:
    """Take back the next rows, the last first; plans itself again (later) until none is left."""
    batch, items = _next(work, ref, UNDOING, CaseBatchRow.result == "DONE", _run_at_once, backwards=True)
    if batch is None:
        return
    # a batch that was being taken back before it was kept who asked for that goes on in the name of its own asker
    mine = _for(work, batch, batch.undo_by if batch.undo_by is not None else batch.created_by)
    if mine is None:
        batch.undo_by = batch.undo_second = None
        return
    kind = kind_of(batch.kind)
    for item in reversed(items):  # within one transaction in the order in which everybody locks cases
        _undo_one(mine, kind, batch, item)
    if len(items) == _run_at_once(batch):
        if later:
            plan(work, batch, "batch.undo", items[-1].row.place)
        return
    batch.state, batch.ended_at = UNDONE, work.now
    told(work, batch, "batch.undone", {})
    _tell(work, batch, "batch.undone", batch.undo_by)


def _run_one(work: Work, kind: Kind, batch: CaseBatch, item: Item) -> None:
    kept: list[Mapping[str, Any] | None] = []
    row, params = item.row, {**params_of(work, batch), "row": item.row.details}
    refused = _in_one(work, lambda: kept.append(kind.act(work, item.subject, params)), kind, "batch.act_failed")
    if refused is not None:
        row.result, row.outcome = "FAILED", refused.packed()
        batch.failed += 1
        return
    row.result = "DONE"
    row.kept = work.home.vault.seal_json("case_batch_row.kept", row.ref, dict(kept[0] or {}))
    batch.done += 1
    journal.of_case(work, item.case, "case.in_batch", item.subject, {"batch": batch.ref, "kind": batch.kind})


def _undo_one(work: Work, kind: Kind, batch: CaseBatch, item: Item) -> None:
    undo_it, row = kind.undo, item.row
    if undo_it is None or row.kept is None:
        row.result = "STAYS"
        return
    kept = work.home.vault.open_json("case_batch_row.kept", row.ref, row.kept)
    needed = kept if isinstance(kept, dict) else {}
    params = {**params_of(work, batch), "row": row.details}
    refused = _in_one(work, lambda: undo_it(work, item.subject, params, needed), kind, "batch.undo_failed")
    row.result = "UNDONE" if refused is None else "STAYS"
    row.outcome = [] if refused is None else refused.packed()


def _tell(work: Work, batch: CaseBatch, kind: str, whom: int | None) -> None:
    """Tell whoever asked for it that it is through, unless they are looking on."""
    if whom is None or whom == work.actor.user_id:
        return
    key = f"{kind}:{batch.ref}:{batch.done}"
    notifications.notify(work, [whom], kind, key=key, batch=batch.ref, count=batch.total, done=batch.done)


def _in_one(work: Work, act: Callable[[], None], kind: Kind, event: str) -> Text | None:
    """Do something to one, all of it or nothing. Returns the sentence of a refusal, None when it worked."""
    try:
        with work.session.begin_nested():
            act()
    except HouseError as refusal:
        return said(refusal)
    except SQLAlchemyError:  # the database's own trouble is the whole chunk's: it is tried again
        raise
    except Exception as problem:  # one must not hold up the others, whatever is wrong with it
        log.error(Event(event, kind=kind.name, **failure(problem)))
        return _("It could not be carried out (%(why)s); nothing was changed.", why=type(problem).__name__)
    return None


def _next(
    work: Work,
    ref: str,
    state: str,
    which: Any,
    most: Callable[[CaseBatch], int],
    *,
    backwards: bool = False,
    lock: bool = True,
) -> tuple[CaseBatch | None, Sequence[Item]]:
    """The batch and its next rows with what they are about; None when it is in another state by now."""
    wanted = select(CaseBatch).where(CaseBatch.ref == ref).execution_options(populate_existing=True)
    batch = work.session.scalars(wanted.with_for_update() if lock else wanted).first()
    if batch is None or batch.state != state:
        return None, ()
    place = CaseBatchRow.place.desc() if backwards else CaseBatchRow.place
    rows = work.session.execute(
        select(CaseBatchRow, Case.ref, HumanTask.ref)
        .join(Case, Case.id == CaseBatchRow.case_id)
        .join(HumanTask, HumanTask.id == CaseBatchRow.task_id, isouter=True)
        .where(CaseBatchRow.batch_id == batch.id, which)
        .order_by(place)
        .limit(most(batch))
    )
    return batch, [Item(row, case, task or "") for row, case, task in rows]


def _judged_at_once(batch: CaseBatch) -> int:
    return TASKS_JUDGED_AT_ONCE if kind_of(batch.kind).judge_many is not None else JUDGED_AT_ONCE


def _run_at_once(batch: CaseBatch) -> int:
    return TASKS_RUN_AT_ONCE if kind_of(batch.kind).subject == TASK else RUN_AT_ONCE


def _actor(work: Work, account_id: int | None) -> Actor | None:
    """Who answers for it, with the roles of today; None when the account is closed."""
    if account_id is None:
        return OPERATOR
    account = work.session.get_one(Account, account_id)
    return staff.actor(work, account, request_id=work.actor.request_id) if account.state == "ACTIVE" else None


def _for(work: Work, batch: CaseBatch, account_id: int | None) -> Work | None:
    """The work answered for by an account. None when it is closed: the batch is stopped."""
    actor = _actor(work, account_id)
    if actor is None:
        stop(work, batch, CLOSED)
        return None
    return work.acting(actor)
