"""Carrying a hand-over out: chunk by chunk, each thing judged anew when its turn comes, and a row of what became of it.

The agenda's: a killed run goes on where it stood, because a thing that has its result is not touched again.
"""

from __future__ import annotations

from sqlalchemy import select

from domain import agenda, journal
from domain.cases import Case
from domain.parties import substitutes
from domain.parties.accounts import Account
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import line, moves
from tasks.batches import batches
from tasks.leaving import leaving, leaving_lines
from tasks.rows.finding_models import PRIVATE, SavedFilter
from tasks.rows.leaving_models import (
    BATCH,
    DELEGATED,
    DONE,
    ENDED,
    OWNER,
    QUEUE,
    RUNNING,
    STAYS,
    SUBSTITUTION,
    TASK,
    TO,
    WAITS,
    Leaving,
    LeavingItem,
)
from tasks.rows.models import HELD, OPEN, RESERVED, HumanTask
from tasks.rows.repair_models import CaseBatch
from tasks.terms import notifications
from workflows.instances import CaseState

Told = tuple[str, int | None, Text | None]


def run_some(work: Work, ref: str) -> None:
    """The next things of a hand-over; plans itself again until all have their result. The agenda's."""
    row = work.session.scalars(select(Leaving).where(Leaving.ref == ref).with_for_update()).first()
    if row is None or row.state != RUNNING:
        return
    account = work.session.get_one(Account, row.account_id)
    to = work.session.get(Account, row.to_id) if row.to_id is not None else None
    wanted = select(LeavingItem).where(LeavingItem.leaving_id == row.id, LeavingItem.result == WAITS)
    chunk = work.session.scalars(wanted.order_by(LeavingItem.place).limit(leaving.CHUNK)).all()
    for item in chunk:
        result, person, why = _act(work, account, to, item)
        item.result, item.to_id, item.told = result, person, why.packed() if why is not None else []
    row.done += len(chunk)
    work.session.flush()
    if len(chunk) < leaving.CHUNK:
        _finish(work, row, account)
        return
    agenda.put(work, leaving.DUTY, f"{leaving.DUTY}:{row.ref}:{chunk[-1].place}", work.now, subject=row.ref)


def _finish(work: Work, row: Leaving, account: Account) -> None:
    row.state, row.ended_at = DONE, work.now
    results = work.session.execute(
        select(LeavingItem.result, LeavingItem.to_id).where(LeavingItem.leaving_id == row.id)
    ).all()
    got: dict[int, int] = {}
    for result, person in results:
        if result in (TO, OWNER) and person is not None:
            got[person] = got.get(person, 0) + 1
    for person, count in sorted(got.items()):
        notifications.notify(work, [person], "leaving.moved", key=f"leaving:{row.ref}", count=count, by=account.ref)
    counts = {kind: sum(1 for one, _who in results if one == kind) for kind in (TO, QUEUE, OWNER, ENDED, STAYS)}
    body = {"receipt": row.ref, **{kind.lower(): count for kind, count in counts.items()}}
    journal.record(work, "leaving.done", account.ref, body, stream=("account", account.ref))


def _act(work: Work, account: Account, to: Account | None, item: LeavingItem) -> Told:
    if item.kind == TASK:
        return _task(work, account, to, item.subject)
    if item.kind == DELEGATED:
        return _delegated(work, account, to, item.subject)
    if item.kind == SUBSTITUTION:
        substitutes.end_for_leaving(work, item.subject)
        return ENDED, None, None
    return _batch(work, item.subject) if item.kind == BATCH else _filter(work, account, to, item.subject)


def _task(work: Work, account: Account, to: Account | None, ref: str) -> Told:
    task = moves.task_for_system(work, ref)
    if task is None or task.state not in OPEN or task.assignee_id != account.id:
        return STAYS, None, _("It was not in their hands any more.")
    case = work.session.get_one(Case, task.case_id)
    state = work.session.get_one(CaseState, task.case_id)
    result, _name, why = leaving_lines.judge(work, account, to, task, case, state)
    if result == STAYS:
        return STAYS, None, why
    if result == QUEUE:
        line.change(work, task, **line.freed(task))
        _journal(work, task, case, account, "")
        return QUEUE, None, why
    person = task.owner_id if result == OWNER else (to.id if to is not None else None)
    line.change(
        work, task, state=RESERVED if task.state in HELD else task.state, assignee_id=person, held_for=None,
        owner_id=None, claimed_at=work.now, started_at=None,
    )  # fmt: skip
    _journal(work, task, case, account, work.session.get_one(Account, person).ref)
    return result, person, why


def _delegated(work: Work, account: Account, to: Account | None, ref: str) -> Told:
    """What they gave away to get it back: it comes back to the colleague, or stays with whoever has it."""
    task = moves.task_for_system(work, ref)
    if task is None or task.state not in OPEN or task.owner_id != account.id:
        return STAYS, None, _("It was not theirs to take back any more.")
    person = to.id if to is not None and to.id != task.assignee_id else None
    line.change(work, task, owner_id=person)
    if person is not None:
        return TO, person, None
    return ENDED, task.assignee_id, _("It stays with whom it was delegated to, for good.")


def _filter(work: Work, account: Account, to: Account | None, ref: str) -> Told:
    row = work.session.scalars(
        select(SavedFilter).where(SavedFilter.ref == ref, SavedFilter.owner_id == account.id)
    ).first()
    if row is None:
        return STAYS, None, _("It is not there any more.")
    person = leaving_lines.heir(work, account, to)
    if row.audience == PRIVATE or person is None:
        work.session.delete(row)
        return ENDED, None, _("“%(filter)s” was theirs alone.", filter=row.name)
    row.owner_id = person.id
    return TO, person.id, None


def _batch(work: Work, ref: str) -> Told:
    batch = work.session.scalars(select(CaseBatch).where(CaseBatch.ref == ref).with_for_update()).first()
    if batch is None or batch.state not in leaving_lines.WAITING_BATCHES:
        return STAYS, None, _("It is running; wait until it is done, or stop it.")
    batches.stop(work, batch, "leaving")
    return ENDED, None, _("A batch that waits for a yes ends with who asked for it.")


def _journal(work: Work, task: HumanTask, case: Case, account: Account, to: str) -> None:
    body = {"step": task.step_id, "from": account.ref, "because": "leaving", **({"to": to} if to else {})}
    journal.of_case(work, case.ref, "task.handed_over" if to else "task.rerouted", task.ref, body)
