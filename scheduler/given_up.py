"""What a failure does to an item: tried again later, and parked after the last attempt of its policy (dead letter)."""

from __future__ import annotations

import logging

from sqlalchemy.exc import DBAPIError

from domain.agenda import AgendaItem
from domain.clock import machine_now
from domain.errors import OperationFailed
from domain.logs import Event
from domain.text import gettext as _
from domain.work import Work
from scheduler import duties
from tasks import incidents

log = logging.getLogger("scheduler.given_up")


class WorkerLost(OperationFailed):
    """Whoever held the item stopped in the middle of it, or was silent for longer than its lease."""


def note(work: Work, item: AgendaItem, problem: Exception, told: str) -> None:
    """Count a failure, put the item off, park it after the last attempt, and show the incident beside its case.

    A database that fails is no fault of the item: it is tried as often as the house's own items are.
    """
    policy = duties.policy_of(item)
    last = max(policy.attempts, duties.HOUSE.attempts) if isinstance(problem, DBAPIError) else policy.attempts
    item.attempts += 1
    item.last_error = told[:500]
    item.claimed_by, item.claimed_until = None, None
    item.not_before = machine_now() + policy.wait(item.attempts)
    item.parked = item.attempts >= last
    incidents.opened(work, item, problem)


def after_a_loss(work: Work, item: AgendaItem) -> bool:
    """An item whose last owner never finished it: a try that failed. True when it was the last one and it is parked.

    So what kills its worker does not kill them one after the other for ever. Quick work is given as many tries as the
    house's own: it was rolled back whole, and a worker is stopped for many reasons.
    """
    duty, policy = duties.DUTIES.get(item.kind), duties.policy_of(item)
    slow = duty is not None and duty.perform is not None
    item.attempts += 1
    item.last_error = "WorkerLost"
    log.warning(Event("item.taken_over", kind=item.kind, attempts=item.attempts, worker=item.claimed_by))
    if item.attempts < (policy.attempts if slow else max(policy.attempts, duties.HOUSE.attempts)):
        return False
    item.parked, item.claimed_by, item.claimed_until = True, None, None
    incidents.opened(work, item, WorkerLost(_("Whoever carried it out stopped in the middle.")))
    return True
