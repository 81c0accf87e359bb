"""Incidents and items that fail: opened with the failure, closed with the success, tried again by an operator.

What is kept of a failure is its kind and its ids, never its values: an operator sees that something failed and where,
and no case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select, true

from domain import agenda, journal
from domain.agenda import AgendaItem
from domain.cases import Case
from domain.clock import machine_now
from domain.errors import Conflict, NotFound
from domain.parties.permissions import must
from domain.text import gettext as _
from domain.work import Work
from tasks import failures, line
from tasks.rows.models import ERROR as TASK_ERROR
from tasks.rows.models import READY, RESERVED, HumanTask
from workflows.decision_words import is_known, said
from workflows.failed_steps import Stopped
from workflows.instances import ERROR, CaseWait, Incident, Instance
from workflows.registry import THREE_TIMES

# cause of the incident of a case that waits for nothing
NOTHING_AWAITED = "WaitsForNothing"
RETRY = "step.retry"  # kind of the item that tries a step in error again


def opened(work: Work, item: AgendaItem, problem: Exception) -> None:
    """Show a failure beside its case: one open incident an item, counted up. Uses ix_incident_case_id."""
    case = work.session.scalars(select(Case).where(Case.ref == item.subject)).first()
    if case is None:
        return
    step = str(getattr(problem, "step_id", "") or item.payload.get("topic", "") or item.kind)
    _open(work, case, step, str(item.payload.get("token", ""))[:32], problem, item.last_error)


def stand(work: Work, case: Case, stopped: Sequence[Stopped], problem: Exception) -> None:
    """Steps of a move stand in error: an incident each, and an item that tries it again. Uses ix_incident_case_id."""
    policy = THREE_TIMES
    for one in stopped:
        incident = _open(work, case, one.step_id, one.token, problem, failures.told(problem))
        work.session.flush()
        again = AgendaItem(
            kind=RETRY,
            key=f"retry:{case.ref}:{incident.ref}:{incident.attempts}",
            subject=case.ref,
            payload={"token": one.token},
            due_at=work.now,
            attempts=1,
            not_before=machine_now() + policy.wait(1),
            last_error=incident.sentence,
        )
        work.session.add(again)


def stand_in_error(work: Work, case: Case, task: HumanTask, problem: Exception) -> None:
    """A person's step could not be left: an incident, which nobody tries again but people. Uses ix_incident_case_id."""
    _open(work, case, task.step_id, task.token, problem, failures.told(problem))
    journal.of_case(work, case.ref, "task.broke", task.ref, {"step": task.step_id})


def mended(work: Work, case: Case, task: HumanTask) -> None:
    """A task in error goes back to whoever held it, or to the queue, and its incident is closed.

    Uses ix_incident_case_id.
    """
    line.change(work, task, state=RESERVED if task.assignee_id is not None else READY)
    journal.of_case(work, case.ref, "task.mended", task.ref, {"step": task.step_id})
    _close_of(work, case, [task.token], "done")


def task_in_error(work: Work, incident: Incident) -> HumanTask | None:
    """The person's task that stands in error behind an incident. Uses uq_human_task_case_id_token."""
    wanted = select(HumanTask).where(
        HumanTask.case_id == incident.case_id, HumanTask.token == incident.token, HumanTask.state == TASK_ERROR
    )
    return work.session.scalars(wanted).first() if incident.token else None


def settle(work: Work, case: Case, instance: Instance, *, own: str = "") -> None:
    """Close the incidents of steps that a move brought out of error, or ended, whatever it was for.

    own: kind of waiting whose end the caller closes itself. Asks nothing when no such step was there before. Uses
    ix_incident_case_id. A try that a worker has in hand is left alone: it waits for the case, and finds nothing to do.
    """
    if instance.before is None:
        return
    kinds = {ERROR, "job"} - {own}
    before = {token for kind, token, _name in instance.before.waits if kind in kinds}
    gone = before - {token for token, _step in instance.run.failed()} - {job.token for job in instance.run.jobs()}
    # a person's step that stood in error and that the case left
    left = instance.before.people - {step.token for step in instance.run.human_steps()} - instance.settled
    if left:
        _close_of(work, case, left, "gone")
    if not gone:
        return
    _close_of(work, case, gone, "done" if ERROR in kinds else "gone")
    for item in work.session.scalars(
        select(AgendaItem)
        .where(
            AgendaItem.subject == case.ref, AgendaItem.done_at.is_(None), AgendaItem.attempts > 0,
            AgendaItem.claimed_by.is_(None),
        )
        .with_for_update(skip_locked=True)
    ):  # fmt: skip
        if str(item.payload.get("token", "")) in gone:
            work.session.delete(item)


def _close_of(work: Work, case: Case, tokens: Collection[str], outcome: str) -> None:
    wanted = select(Incident).where(
        Incident.case_id == case.id, Incident.token.in_(sorted(tokens)), Incident.closed_at.is_(None)
    )
    for one in work.session.scalars(wanted).all():
        _close(work, case.ref, one, outcome)


def _open(work: Work, case: Case, step: str, token: str, problem: Exception, sentence: str) -> Incident:
    """The open incident of a step, counted up, or a new one."""
    cause = type(getattr(problem, "cause", problem)).__name__[:160]
    known = work.session.scalars(
        select(Incident).where(
            Incident.case_id == case.id,
            # of the branches of one step each has its own: the end of one must not close what fails in another
            Incident.token == token,
            true() if token else Incident.step_id == step[:64],
            Incident.closed_at.is_(None),
        )
    ).first()
    if known is not None:
        known.attempts += 1
        known.cause, known.sentence = cause, sentence[:500]
        return known
    made = Incident(
        case_id=case.id, step_id=step[:64], token=token, cause=cause, sentence=sentence[:500], opened_at=work.now
    )
    work.session.add(made)
    journal.of_case(work, case.ref, "incident.opened", case.ref, {"step": step, "cause": cause})
    return made


def closed(work: Work, item: AgendaItem) -> int:
    """Close the incidents of an item that is done by now; those of another failing item stay. Returns how many.

    Asks nothing for an item that never failed and has no step behind it. Uses ix_incident_case_id.
    """
    token = str(item.payload.get("token", ""))[:32]
    if not item.attempts and not token:
        return 0
    found = work.session.scalars(
        select(Incident)
        .join(Case, Case.id == Incident.case_id)
        .where(Case.ref == item.subject, Incident.token == token, Incident.closed_at.is_(None))
        # what came due for a case on hold was kept, not done: the step is in error still
        .where(or_(Case.suspended_at.is_(None), Incident.token == ""))
    ).all()
    if not found or any(one.id != item.id for one in _failing(work, item.subject, token)):
        return 0
    for one in found:
        _close(work, item.subject, one)
    return len(found)


def held(work: Work, ref: str) -> tuple[Incident, Case]:
    """An open incident and its case, locked: the case first, as everybody locks who moves it. Raises NotFound."""
    case = work.session.scalars(
        select(Case)
        .where(Case.id == select(Incident.case_id).where(Incident.ref == ref).scalar_subquery())
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    found = work.session.scalars(
        select(Incident)
        .where(Incident.ref == ref, Incident.closed_at.is_(None))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if case is None or found is None:
        raise NotFound(_("This incident is closed already."), incident=ref)
    return found, case


def retry(work: Work, ref: str) -> int:
    """Let everything that fails behind an incident be tried at once, parked or not. Returns how many items.

    An incident behind which nothing is left to try is closed, unless its step still stands in error: then it is tried.
    A person's task in error goes back to whoever held it: nobody else completes it in their name.
    Raises NotPermitted, NotFound.
    """
    must(work.actor, "operations.retry")
    incident, case = held(work, ref)
    case_ref = case.ref
    task = task_in_error(work, incident)
    if task is not None:
        mended(work, case, task)
        return 1
    if incident.cause == NOTHING_AWAITED:
        agenda.put(work, "case.wake", f"poke:{incident.ref}", work.now, subject=case_ref)
    items = _failing(work, case_ref, incident.token) or _lost_try(work, case, incident)
    if not items:
        _close(work, case_ref, incident)
        return 0
    _try_all(work, items)
    journal.of_case(work, case_ref, "incident.retried", case_ref, {"incident": ref, "items": [i.id for i in items]})
    return len(items)


def _lost_try(work: Work, case: Case, incident: Incident) -> list[AgendaItem]:
    """The try of a step in error that was lost from the agenda, planned anew. Uses ix_case_wait_case_id."""
    stands = select(CaseWait.id).where(
        CaseWait.case_id == case.id, CaseWait.kind == ERROR, CaseWait.token == incident.token
    )
    if work.session.scalar(stands) is None:
        return []
    item = AgendaItem(
        kind=RETRY, key=f"retry:{case.ref}:{incident.ref}:{machine_now():%Y%m%d%H%M%S%f}", subject=case.ref,
        payload={"token": incident.token}, due_at=work.now, attempts=incident.attempts, last_error=incident.sentence,
    )  # fmt: skip
    work.session.add(item)
    work.session.flush()
    return [item]


def try_items(work: Work, ref: str) -> None:
    """What still fails behind an incident that is open is tried at once."""
    row = work.session.execute(
        select(Case.ref, Incident.token)
        .join(Case, Case.id == Incident.case_id)
        .where(Incident.ref == ref, Incident.closed_at.is_(None))
    ).one_or_none()
    if row is not None:
        _try_all(work, _failing(work, *row))


def retry_item(work: Work, key: str) -> None:
    """Let one failing item be tried at once. Raises NotPermitted, NotFound, Conflict when it did not fail."""
    must(work.actor, "operations.retry")
    item = work.session.scalars(select(AgendaItem).where(AgendaItem.key == key).with_for_update()).first()
    if item is None or item.done_at is not None:
        raise NotFound(_("This item is done already."))
    if not item.attempts:
        raise Conflict(_("This item has not failed; it runs when it is due."))
    _try_now(item)
    journal.record(work, "item.retried", (item.subject or item.kind)[:64], {"kind": item.kind, "item": item.id})


def _failing(work: Work, subject: str, token: str) -> Sequence[AgendaItem]:
    """Items of a subject that failed and are not done, with this step behind them. Uses ix_agenda_item_subject."""
    found = work.session.scalars(
        select(AgendaItem)
        .where(AgendaItem.subject == subject, AgendaItem.done_at.is_(None), AgendaItem.attempts > 0)
        .order_by(AgendaItem.id)
    )
    return [item for item in found if str(item.payload.get("token", ""))[:32] == token]


def _try_all(work: Work, items: Sequence[AgendaItem]) -> None:
    """Let them be tried at once. What a worker has in hand is being tried; waiting for it, we would wait in a ring."""
    free = (
        select(AgendaItem)
        .where(AgendaItem.id.in_([item.id for item in items]), AgendaItem.done_at.is_(None))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    for item in work.session.scalars(free):
        _try_now(item)


def _try_now(item: AgendaItem) -> None:
    # the count stays: an item that was parked and fails again is parked again at once
    item.parked, item.not_before = False, None


def _close(work: Work, case_ref: str, incident: Incident, outcome: str = "done") -> None:
    incident.closed_at, incident.outcome = work.now, incident.outcome or outcome
    journal.of_case(work, case_ref, "incident.closed", case_ref, {"step": incident.step_id})


def why_of(incident: Incident) -> object:
    """What the drawing or a table did wrong, in the reader's language; "" for any other failure."""
    return said(incident.sentence) if is_known(incident.sentence) else ""
