"""One thing done to many cases: a frozen list, a verdict a case, a second person above twenty, then in chunks.

Kinds are registered by whoever knows how to judge, do and undo one case (`register`). The agenda carries a batch on,
a few cases a transaction, so that a killed worker's chunk is done again and nothing is done twice. A case that refuses
is left as it was, with the sentence why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from domain import agenda, journal
from domain.base import new_ref
from domain.cases import Case
from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound, NotPermitted
from domain.logs import Event, failure
from domain.parties import permissions, staff
from domain.parties.accounts import Account
from domain.text import Text
from domain.text import gettext as _
from domain.work import OPERATOR, Work
from tasks import batch_filter
from tasks.batch_filter import CaseFilter
from tasks.repair_models import (
    APPROVED,
    CANCELLED,
    DONE,
    JUDGED,
    JUDGING,
    RUNNING,
    UNDOING,
    UNDONE,
    CaseBatch,
    CaseBatchRow,
)

log = logging.getLogger("tasks.batches")

SECOND_FROM = 20  # above so many cases a second person approves
JUDGED_AT_ONCE, RUN_AT_ONCE = 50, 10
OK, CHANGES, MAPPING, CANNOT = "ok", "changes", "mapping", "cannot"
CAN_RUN = (OK, CHANGES)
LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would happen to one case. code: ok, changes (with something to know), mapping (a person must say more
    first) or cannot. details: JSON-able, ids and step names only."""

    code: str
    sentence: Text
    details: Mapping[str, Any] = field(default_factory=dict)


Judge = Callable[[Work, str, Mapping[str, Any]], Verdict]
Act = Callable[[Work, str, Mapping[str, Any]], Mapping[str, Any] | None]
Undo = Callable[[Work, str, Mapping[str, Any], Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be done to many. action: the permission; everywhere: on all cases of the house, not only the actor's.

    check: refuses parameters that make no sense, before a list is frozen.
    """

    name: str
    title: Text
    judge: Judge
    act: Act
    undo: Undo | None
    action: str
    everywhere: bool
    check: Callable[[Work, Mapping[str, Any]], None] | None = None


KINDS: dict[str, Kind] = {}
CLOSED = "account closed"


def register(
    kind: str,
    judge: Judge,
    act: Act,
    undo: Undo | None = None,
    *,
    title: Text | None = None,
    action: str = "case.repair",
    everywhere: bool = False,
    check: Callable[[Work, Mapping[str, Any]], None] | None = None,
) -> None:
    """Make a kind known. `act` returns what `undo` will need (JSON-able, kept sealed); both raise HouseError to refuse.

    Judge, act and undo are given a `Work` of the person who asked, in a transaction of the agenda; `params` holds
    besides the batch's own "batch" (its ref) and "reason".
    """
    KINDS[kind] = Kind(kind, title or _("%(kind)s", kind=kind), judge, act, undo, action, everywhere, check)


def kind_of(name: str) -> Kind:
    """Raises NotFound."""
    found = KINDS.get(name)
    if found is None:
        raise NotFound(_("There is no such thing to do to many cases."))
    return found


def draft(work: Work, kind: str, params: Mapping[str, Any], chosen: CaseFilter, reason: str) -> str:
    """Freeze the list and let it be judged; nothing is done yet. Returns the batch's ref.

    Raises NotPermitted, InvalidAnswers without a reason, Conflict for no case, too many, or parameters of no sense.
    """
    known = kind_of(kind)
    permissions.must(work.actor, known.action)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidAnswers({"reason": _("Say why, in at most %(most)s characters.", most=LONGEST_REASON)})
    if known.check is not None:
        known.check(work, params)
    cases = batch_filter.frozen(work, chosen, everywhere=known.everywhere)
    batch = CaseBatch(
        ref=new_ref(), kind=kind, params=dict(params), chosen=chosen.kept(), reason=b"", total=len(cases),
        org_id=work.actor.org_id, created_by=work.actor.user_id, created_at=work.now,
    )  # fmt: skip
    batch.reason = work.home.vault.seal("case_batch.reason", batch.ref, reason.strip())
    work.session.add(batch)
    work.session.flush()
    rows = [
        {"ref": new_ref(), "batch_id": batch.id, "place": place, "case_id": case}
        for place, case in enumerate(cases, start=1)
    ]
    work.session.execute(insert(CaseBatchRow), rows)
    _journal(work, batch, "batch.drafted", {"kind": kind, "cases": len(cases), "params": dict(params)})
    _plan(work, batch, "batch.judge", 0)
    return batch.ref


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
    kind = KINDS.get(batch.kind)
    if kind is None or not permissions.may(work.actor, "batch.read"):
        return False
    return permissions.may(work.actor, kind.action) if kind.everywhere else batch.org_id == work.actor.org_id


def runnable(work: Work, batch: CaseBatch) -> int:
    """How many cases it would touch, by their verdicts. Uses ix_case_batch_row_verdict."""
    counted = select(func.count()).where(CaseBatchRow.batch_id == batch.id, CaseBatchRow.verdict.in_(CAN_RUN))
    return work.session.scalar(counted) or 0


def needs_second(work: Work, batch: CaseBatch) -> bool:
    """Whether a second person has to approve it first; what the same person did alone within a day counts with it."""
    return batch.approved_by is None and runnable(work, batch) + _alone(work, batch) > SECOND_FROM


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
        raise Conflict(_("A batch is approved when every case has its verdict and before it runs."))
    if work.actor.person() == batch.created_by:
        raise NotPermitted(_("You asked for this batch; a second person has to approve it."))
    batch.state, batch.approved_by, batch.approved_at = APPROVED, work.actor.user_id, work.now
    _journal(work, batch, "batch.approved", {"cases": runnable(work, batch)})


def run(work: Work, ref: str) -> None:
    """Begin to do it. Raises NotFound, Conflict while it is judged, waits for a second person, or has nothing to do."""
    batch = _own(work, ref)
    if batch.state not in (JUDGED, APPROVED):
        raise Conflict(_("This batch cannot be begun now. Look at its state."))
    if needs_second(work, batch):
        raise Conflict(_("More than %(most)s cases: a second person has to approve it first.", most=SECOND_FROM))
    if not runnable(work, batch):
        raise Conflict(_("There is no case on this list to which it could be done."))
    batch.state = RUNNING
    _journal(work, batch, "batch.begun", {"cases": runnable(work, batch)})
    _plan(work, batch, "batch.run", 0)


def cancel(work: Work, ref: str) -> None:
    """Stop it where it is; what is done stays done. Raises NotFound, Conflict when it has ended."""
    batch = _own(work, ref)
    if batch.state not in (JUDGING, JUDGED, APPROVED, RUNNING):
        raise Conflict(_("This batch has ended already."))
    batch.state, batch.ended_at = CANCELLED, work.now
    _journal(work, batch, "batch.cancelled", {"done": batch.done, "failed": batch.failed})


def undo(work: Work, ref: str) -> None:
    """Take back what was done, last case first. Raises NotFound, NotPermitted, Conflict where nothing can be undone.

    Above twenty cases the one who asked for the batch does not undo it alone.
    """
    batch = load(work, ref, lock=True)
    if kind_of(batch.kind).undo is None or batch.state not in (DONE, CANCELLED) or not batch.done:
        raise Conflict(_("There is nothing here that could be undone."))
    if batch.done > SECOND_FROM and work.actor.person() == batch.created_by:
        raise NotPermitted(_("You asked for this batch; a second person has to undo it."))
    batch.state, batch.ended_at = UNDOING, None
    _journal(work, batch, "batch.undo_begun", {"cases": batch.done})
    _plan(work, batch, "batch.undo", 0)


# --- carried on by the agenda ---------------------------------------------------------------------------------------


def judge_some(work: Work, ref: str) -> None:
    """Judge the next cases of a batch; plans itself again until each has its verdict."""
    batch, rows = _next(work, ref, JUDGING, CaseBatchRow.verdict == "", JUDGED_AT_ONCE)
    if batch is None:
        return
    mine = _as_creator(work, batch)
    if mine is None:
        return
    kind, params = kind_of(batch.kind), _params(work, batch)
    for row, case_ref in rows:
        verdict = _judged(mine, kind, case_ref, params)
        row.verdict, row.told, row.details = verdict.code, verdict.sentence.packed(), dict(verdict.details)
    batch.judged += len(rows)
    if len(rows) == JUDGED_AT_ONCE:
        _plan(work, batch, "batch.judge", rows[-1][0].place)
        return
    batch.state = JUDGED
    _journal(work, batch, "batch.judged", {"cases": runnable(work, batch)})


def run_some(work: Work, ref: str) -> None:
    """Do the next cases of a batch; plans itself again until none is left or it was cancelled."""
    todo = (CaseBatchRow.result == "") & CaseBatchRow.verdict.in_(CAN_RUN)
    batch, rows = _next(work, ref, RUNNING, todo, RUN_AT_ONCE)
    if batch is None:
        return
    mine = _as_creator(work, batch)
    if mine is None:
        return
    kind = kind_of(batch.kind)
    for row, case_ref in rows:
        _run_one(mine, kind, batch, row, case_ref)
    _journal(work, batch, "batch.ran", {"done": batch.done, "failed": batch.failed, "cases": [r for _, r in rows]})
    if len(rows) == RUN_AT_ONCE:
        _plan(work, batch, "batch.run", rows[-1][0].place)
        return
    batch.state, batch.ended_at = DONE, work.now
    _journal(work, batch, "batch.done", {"done": batch.done, "failed": batch.failed})


def undo_some(work: Work, ref: str) -> None:
    """Take back the next cases, the last first; plans itself again until none is left."""
    batch, rows = _next(work, ref, UNDOING, CaseBatchRow.result == "DONE", RUN_AT_ONCE, backwards=True)
    if batch is None:
        return
    mine = _as_creator(work, batch)
    if mine is None:
        return
    kind = kind_of(batch.kind)
    for row, case_ref in rows:
        _undo_one(mine, kind, batch, row, case_ref)
    if len(rows) == RUN_AT_ONCE:
        _plan(work, batch, "batch.undo", rows[-1][0].place)
        return
    batch.state, batch.ended_at = UNDONE, work.now
    _journal(work, batch, "batch.undone", {})


def _judged(work: Work, kind: Kind, case_ref: str, params: Mapping[str, Any]) -> Verdict:
    found: list[Verdict] = []
    refused = _in_one(work, lambda: found.append(kind.judge(work, case_ref, params)), kind, "batch.judge_failed")
    return found[0] if refused is None else Verdict(CANNOT, refused)


def _run_one(work: Work, kind: Kind, batch: CaseBatch, row: CaseBatchRow, case_ref: str) -> None:
    kept: list[Mapping[str, Any] | None] = []
    params = _params(work, batch)
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
    params = _params(work, batch)
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
    work: Work, ref: str, state: str, which: Any, most: int, *, backwards: bool = False
) -> tuple[CaseBatch | None, Sequence[tuple[CaseBatchRow, str]]]:
    """The batch, locked, and its next rows with their cases' refs; None when it is in another state by now."""
    batch = work.session.scalars(
        select(CaseBatch).where(CaseBatch.ref == ref).with_for_update().execution_options(populate_existing=True)
    ).first()
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


def _as_creator(work: Work, batch: CaseBatch) -> Work | None:
    """The work answered for by who asked, with the roles of today. None when the account is closed: it is stopped."""
    if batch.created_by is None:
        return work.acting(OPERATOR)
    account = work.session.get_one(Account, batch.created_by)
    if account.state != "ACTIVE":
        batch.state, batch.ended_at = CANCELLED, work.now
        _journal(work, batch, "batch.cancelled", {"done": batch.done, "failed": batch.failed, "because": CLOSED})
        return None
    return work.acting(staff.actor(work, account, request_id=work.actor.request_id))


def _params(work: Work, batch: CaseBatch) -> dict[str, Any]:
    return {**batch.params, "batch": batch.ref, "reason": reason_of(work, batch)}


def _plan(work: Work, batch: CaseBatch, kind: str, place: int) -> None:
    agenda.put(work, kind, f"{kind}:{batch.ref}:{place}", work.now, subject=batch.ref)


def _journal(work: Work, batch: CaseBatch, event: str, body: Mapping[str, Any]) -> None:
    journal.record(work, event, batch.ref, body, stream=("batch", batch.ref))


def reason_of(work: Work, batch: CaseBatch) -> str:
    """Why it was asked for."""
    return work.home.vault.open("case_batch.reason", batch.ref, batch.reason)
