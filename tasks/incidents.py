"""Incidents and items that fail: opened with the failure, closed with the success, tried again by an operator.

What is kept of a failure is its kind and its ids, never its values: an operator sees that something failed and where,
and no case.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from domain import journal
from domain.agenda import AgendaItem
from domain.cases import Case
from domain.errors import Conflict, NotFound
from domain.parties.permissions import must
from domain.text import gettext as _
from domain.work import Work
from workflows.instances import Incident


def opened(work: Work, item: AgendaItem, problem: Exception) -> None:
    """Show a failure beside its case: one open incident an item, counted up. Uses ix_incident_case_id."""
    case = work.session.scalars(select(Case).where(Case.ref == item.subject)).first()
    if case is None:
        return
    step = str(getattr(problem, "step_id", "") or item.payload.get("topic", "") or item.kind)
    token = str(item.payload.get("token", ""))[:32]
    known = work.session.scalars(
        select(Incident).where(
            Incident.case_id == case.id,
            Incident.step_id == step[:64],
            # of the branches of one step each has its own: the end of one must not close what fails in another
            Incident.token == token,
            Incident.closed_at.is_(None),
        )
    ).first()
    if known is not None:
        known.attempts += 1
        return
    cause = type(getattr(problem, "cause", problem)).__name__
    work.session.add(
        Incident(
            case_id=case.id,
            step_id=step[:64],
            token=token,
            cause=cause[:160],
            sentence=item.last_error,
            opened_at=work.now,
        )
    )
    journal.of_case(work, case.ref, "incident.opened", case.ref, {"step": step, "cause": cause})


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
    ).all()
    if not found or any(one.id != item.id for one in _failing(work, item.subject, token)):
        return 0
    for one in found:
        _close(work, item.subject, one)
    return len(found)


def retry(work: Work, ref: str) -> int:
    """Let everything that fails behind an incident be tried at once, parked or not. Returns how many items.

    An incident behind which nothing is left to try is closed. Raises NotPermitted, NotFound.
    """
    must(work.actor, "operations.retry")
    row = work.session.execute(
        select(Incident, Case.ref)
        .join(Case, Case.id == Incident.case_id)
        .where(Incident.ref == ref, Incident.closed_at.is_(None))
        .with_for_update(of=Incident)
    ).one_or_none()
    if row is None:
        raise NotFound(_("This incident is closed already."), incident=ref)
    incident, case_ref = row
    items = _failing(work, case_ref, incident.token)
    if not items:
        _close(work, case_ref, incident)
        return 0
    for item in items:
        _try_now(item)
    journal.of_case(work, case_ref, "incident.retried", case_ref, {"incident": ref, "items": [i.id for i in items]})
    return len(items)


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
        .with_for_update()
    )
    return [item for item in found if str(item.payload.get("token", ""))[:32] == token]


def _try_now(item: AgendaItem) -> None:
    # the count stays: an item that was parked and fails again is parked again at once
    item.parked, item.not_before = False, None


def _close(work: Work, case_ref: str, incident: Incident) -> None:
    incident.closed_at = work.now
    journal.of_case(work, case_ref, "incident.closed", case_ref, {"step": incident.step_id})
