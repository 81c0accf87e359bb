"""Taking a batch back: by whoever may do its kind, in their own name, and above twenty cases not alone.

It is an act of its own, so it asks for what asking for the batch asked for; a colleague who only approved it may not
take it back. It is carried out with the rights of whoever asks for it now: the one who asked for the batch may have
left. Above twenty cases a second person says yes first, as with the batch; who that is may be whoever asked for it.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, or_, select

from domain.errors import Conflict, NotPermitted
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work
from tasks.batches import batches
from tasks.batches.batches import kind_of, load, plan, told
from tasks.rows.repair_models import CANCELLED, DONE, UNDOING, UNDONE, CaseBatch, CaseBatchRow


def possible(work: Work, batch: CaseBatch) -> bool:
    """Whether there is something that could be taken back."""
    return kind_of(batch.kind).undo is not None and batch.state in (DONE, CANCELLED) and _left(work, batch) > 0


def waits(work: Work, batch: CaseBatch) -> bool:
    """Whether somebody asked to take it back and a second person has to say yes."""
    return batch.state in (DONE, CANCELLED) and batch.undo_by is not None and _active(work, batch.undo_by)


def needs_second(work: Work, batch: CaseBatch) -> bool:
    """Whether this person may not take it back alone; what they took back alone within a day counts with it."""
    if not kind_of(batch.kind).second:
        return False
    return _left(work, batch) + _alone(work, batch) > batches.SECOND_FROM


def undo(work: Work, ref: str, *, later: bool = True) -> bool:
    """Ask to take back what was done, the last first. later: by the agenda.

    True when it began, False when a second person is needed first.

    Raises NotFound, NotPermitted for who may not do the batch's kind, Conflict where nothing can be undone or somebody
    asked already.
    """
    batch = load(work, ref, lock=True)
    permissions.must(work.actor, kind_of(batch.kind).action)
    if not possible(work, batch):
        raise Conflict(_("There is nothing here that could be undone."))
    if waits(work, batch):
        raise Conflict(_("It was asked for already; a second person has to approve it."))
    batch.undo_by, batch.undo_second = work.actor.person(), None
    if needs_second(work, batch):
        told(work, batch, "batch.undo_asked", {"cases": _left(work, batch)})
        return False
    _begin(work, batch, later=later)
    return True


def approve(work: Work, ref: str) -> None:
    """A second person's word for taking it back; it begins. Raises NotFound, NotPermitted, Conflict."""
    batch = load(work, ref, lock=True)
    permissions.must(work.actor, "batch.approve")
    if not waits(work, batch) or not possible(work, batch):
        raise Conflict(_("Nobody asked to take this batch back."))
    if work.actor.person() == batch.undo_by:
        raise NotPermitted(_("You asked to take it back; a second person has to approve it."))
    batch.undo_second = work.actor.person()
    _begin(work, batch)


def _begin(work: Work, batch: CaseBatch, *, later: bool = True) -> None:
    batch.state, batch.ended_at = UNDOING, None
    told(work, batch, "batch.undo_begun", {"cases": _left(work, batch)})
    if later:
        plan(work, batch, "batch.undo", 0)


def _active(work: Work, account_id: int) -> bool:
    return work.session.scalar(select(Account.state).where(Account.id == account_id)) == "ACTIVE"


def _left(work: Work, batch: CaseBatch) -> int:
    """Cases to which it was done and that were not taken back. Uses ix_case_batch_row_result."""
    counted = select(func.count()).where(CaseBatchRow.batch_id == batch.id, CaseBatchRow.result == "DONE")
    return work.session.scalar(counted) or 0


def _alone(work: Work, batch: CaseBatch) -> int:
    """Cases of the same kind that this person lately took back, with nobody's approval. Uses ix_case_batch_org_id."""
    since = work.now - timedelta(days=1)
    wanted = select(func.coalesce(func.sum(CaseBatch.done), 0)).where(
        CaseBatch.org_id == batch.org_id, CaseBatch.kind == batch.kind, CaseBatch.id != batch.id,
        CaseBatch.undo_by == work.actor.user_id, CaseBatch.undo_second.is_(None),
        or_(CaseBatch.state == UNDOING, (CaseBatch.state == UNDONE) & (CaseBatch.ended_at > since)),
    )  # fmt: skip
    return int(work.session.scalar(wanted) or 0)
