"""Batches carried on by the agenda: judged, done and taken back, a few cases at a time.

A killed worker's chunk is done again and nothing is done twice; a case that refuses is left as it was, with the
sentence why. Judging does to each case what will be done and takes it back, in a transaction of its own that is never
kept, so that a clerk waits for the look at one case at most. Doing and undoing hold a few cases, because the progress
is written with them.
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
from domain.errors import HouseError
from domain.home import Home
from domain.logs import Event, failure
from domain.parties import staff
from domain.parties.accounts import Account
from domain.text import Text
from domain.text import gettext as _
from domain.work import OPERATOR, Actor, Work, unit_of_work
from tasks.batches import CAN_RUN, CANNOT, CLOSED, Kind, Verdict, kind_of, params_of, plan, runnable, stop, told
from tasks.repair_models import DONE, JUDGED, JUDGING, RUNNING, UNDOING, UNDONE, CaseBatch, CaseBatchRow

log = logging.getLogger("tasks.batches")

JUDGED_AT_ONCE, RUN_AT_ONCE = 50, 10


# --- judging: read, look at each on its own, write what was found ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """Cases to be looked at next, (key of the row, ref of the case) each; by whom, of what kind, with what, when."""

    rows: Sequence[tuple[int, str]]
    actor: Actor
    kind: str
    params: Mapping[str, Any]
    now: datetime


Looked = Mapping[int, Verdict]


def gather_judging(work: Work, ref: str) -> Look | None:
    """The cases that have no verdict yet, the first of them. None when there is nothing to look at."""
    batch, rows = _next(work, ref, JUDGING, CaseBatchRow.verdict == "", JUDGED_AT_ONCE, lock=False)
    actor = _actor(work, batch.created_by) if batch is not None else None
    if batch is None or actor is None:
        return None
    return Look([(row.id, case) for row, case in rows], actor, batch.kind, params_of(work, batch), work.now)


def judge(home: Home, look: Look) -> Looked:
    """What would happen to each; one transaction a case, rolled back."""
    return {row: _looked_at(home, look, case_ref) for row, case_ref in look.rows}


def record_judging(work: Work, ref: str, found: Looked | None) -> None:
    """Write the verdicts; plans the next look until each case has its own."""
    batch, rows = _next(work, ref, JUDGING, CaseBatchRow.verdict == "", JUDGED_AT_ONCE)
    if batch is None:
        return
    if _for(work, batch, batch.created_by) is None:
        return
    for row, _case in rows:
        verdict = (found or {}).get(row.id)
        if verdict is not None:
            row.verdict, row.told, row.details = verdict.code, verdict.sentence.packed(), dict(verdict.details)
            batch.judged += 1
    work.session.flush()
    left = [row.id for row, _case in rows if not row.verdict]
    if left or len(rows) == JUDGED_AT_ONCE:
        plan(work, batch, "batch.judge", batch.judged)
        return
    batch.state = JUDGED
    told(work, batch, "batch.judged", {"cases": runnable(work, batch)})


class _TakenBack(Exception):  # noqa: N818 - it ends the transaction that is rolled back
    pass


def _looked_at(home: Home, look: Look, case_ref: str) -> Verdict:
    found: list[Verdict] = []
    kind = kind_of(look.kind)
    try:
        with unit_of_work(home, look.actor, now=look.now) as work:
            said = _in_one(
                work, lambda: found.append(kind.judge(work, case_ref, look.params)), kind, "batch.judge_failed"
            )
            found += [Verdict(CANNOT, said)] if said is not None else []
            raise _TakenBack
    except _TakenBack:
        return found[0]


# --- doing and undoing -----------------------------------------------------------------------------------------------


def run_some(work: Work, ref: str) -> None:
    """Do the next cases of a batch; plans itself again until none is left or it was cancelled."""
    todo = (CaseBatchRow.result == "") & CaseBatchRow.verdict.in_(CAN_RUN)
    batch, rows = _next(work, ref, RUNNING, todo, RUN_AT_ONCE)
    if batch is None:
        return
    mine = _for(work, batch, batch.created_by)
    if mine is None:
        return
    kind = kind_of(batch.kind)
    for row, case_ref in rows:
        _run_one(mine, kind, batch, row, case_ref)
    told(work, batch, "batch.ran", {"done": batch.done, "failed": batch.failed, "cases": [r for _, r in rows]})
    if len(rows) == RUN_AT_ONCE:
        plan(work, batch, "batch.run", rows[-1][0].place)
        return
    batch.state, batch.ended_at = DONE, work.now
    told(work, batch, "batch.done", {"done": batch.done, "failed": batch.failed})


def undo_some(work: Work, ref: str) -> None:
    """Take back the next cases, the last first; plans itself again until none is left."""
    batch, rows = _next(work, ref, UNDOING, CaseBatchRow.result == "DONE", RUN_AT_ONCE, backwards=True)
    if batch is None:
        return
    # a batch that was being taken back before it was kept who asked for that goes on in the name of its own asker
    mine = _for(work, batch, batch.undo_by if batch.undo_by is not None else batch.created_by)
    if mine is None:
        batch.undo_by = batch.undo_second = None
        return
    kind = kind_of(batch.kind)
    for row, case_ref in rows:
        _undo_one(mine, kind, batch, row, case_ref)
    if len(rows) == RUN_AT_ONCE:
        plan(work, batch, "batch.undo", rows[-1][0].place)
        return
    batch.state, batch.ended_at = UNDONE, work.now
    told(work, batch, "batch.undone", {})


def _run_one(work: Work, kind: Kind, batch: CaseBatch, row: CaseBatchRow, case_ref: str) -> None:
    kept: list[Mapping[str, Any] | None] = []
    params = params_of(work, batch)
    refused = _in_one(work, lambda: kept.append(kind.act(work, case_ref, params)), kind, "batch.act_failed")
    if refused is not None:
        row.result, row.outcome = "FAILED", refused.packed()
        batch.failed += 1
        return
    row.result = "DONE"
    row.kept = work.home.vault.seal_json("case_batch_row.kept", row.ref, dict(kept[0] or {}))
    batch.done += 1
    journal.of_case(work, case_ref, "case.in_batch", case_ref, {"batch": batch.ref, "kind": batch.kind})


def _undo_one(work: Work, kind: Kind, batch: CaseBatch, row: CaseBatchRow, case_ref: str) -> None:
    undo_it = kind.undo
    if undo_it is None or row.kept is None:
        row.result = "STAYS"
        return
    kept = work.home.vault.open_json("case_batch_row.kept", row.ref, row.kept)
    needed = kept if isinstance(kept, dict) else {}
    params = params_of(work, batch)
    refused = _in_one(work, lambda: undo_it(work, case_ref, params, needed), kind, "batch.undo_failed")
    row.result = "UNDONE" if refused is None else "STAYS"
    row.outcome = [] if refused is None else refused.packed()


def _in_one(work: Work, act: Callable[[], None], kind: Kind, event: str) -> Text | None:
    """Do something to one case, all of it or nothing. Returns the sentence of a refusal, None when it worked."""
    try:
        with work.session.begin_nested():
            act()
    except HouseError as refusal:
        said = refusal.args[0]
        return said if isinstance(said, Text) else _("%(why)s", why=refusal.message)
    except SQLAlchemyError:  # the database's own trouble is the whole chunk's: it is tried again
        raise
    except Exception as problem:  # one case must not hold up the others, whatever is wrong with it
        log.error(Event(event, kind=kind.name, **failure(problem)))
        return _("It could not be carried out (%(why)s); nothing was changed.", why=type(problem).__name__)
    return None


def _next(
    work: Work, ref: str, state: str, which: Any, most: int, *, backwards: bool = False, lock: bool = True
) -> tuple[CaseBatch | None, Sequence[tuple[CaseBatchRow, str]]]:
    """The batch and its next rows with their cases' refs; None when it is in another state by now."""
    wanted = select(CaseBatch).where(CaseBatch.ref == ref).execution_options(populate_existing=True)
    batch = work.session.scalars(wanted.with_for_update() if lock else wanted).first()
    if batch is None or batch.state != state:
        return None, ()
    place = CaseBatchRow.place.desc() if backwards else CaseBatchRow.place
    rows = work.session.execute(
        select(CaseBatchRow, Case.ref)
        .join(Case, Case.id == CaseBatchRow.case_id)
        .where(CaseBatchRow.batch_id == batch.id, which)
        .order_by(place)
        .limit(most)
    )
    return batch, [(row, case_ref) for row, case_ref in rows]


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
