"""The tick: claims due agenda rows and carries them out, each in its own transaction, exactly once.

On a live home a late item runs with the real now. On a stopped clock each item runs with its own due instant,
in order of (due, id), items made on the way included; the clock moves in the transaction of the item (walls 2).
Claims and leases are in machine time, so a killed worker's item is taken over on a stopped clock as well.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import SQLAlchemyError

from domain import clock, logs
from domain.agenda import AgendaItem
from domain.clock import machine_now, ticks
from domain.errors import Conflict, HouseError
from domain.heartbeats import is_dead as is_dead
from domain.heartbeats import process_id
from domain.home import Home, HomeRow
from domain.logs import Event
from domain.text import gettext as _
from domain.work import SCHEDULER, Actor, Work, unit_of_work
from scheduler import duties, given_up, holding, recurring
from scheduler.duties import Duty
from tasks import failures, incidents

log = logging.getLogger("scheduler.tick")
worker_id = process_id  # the name under which a process claims items

LEASE = timedelta(seconds=120)
BATCH = 20
ATTEMPTS = duties.HOUSE.attempts


@dataclass
class Swept:
    """What one sweep did: items done, put off after a failure, and how late the oldest was."""

    done: int = 0
    postponed: int = 0
    oldest_lag: timedelta = timedelta(0)


def sweep(home: Home, worker: str, *, most: int = BATCH) -> Swept:
    """Carry out what is due now, at most `most` items. On a stopped clock one process at a time, as a tick does."""
    swept = Swept()
    alone = _begin_sweep(home, worker)
    if alone is None:
        return swept
    try:
        for _number in range(most):
            item = _claim(home, worker, alone=alone) if not alone or _renew(home, worker) else None
            if item is None:
                break
            _carry_out(home, worker, item, swept)
    finally:
        if alone:
            _give_lease_back(home, worker)
    log.info(Event("tick.done", done=swept.done, postponed=swept.postponed, lag_s=_seconds(swept.oldest_lag)))
    return swept


def _begin_sweep(home: Home, worker: str) -> bool | None:
    """Plan what recurs. None: nothing is due, or a tick is at work; True: the clock stands still, the lease is ours."""
    with unit_of_work(home, SCHEDULER) as work:
        row = _locked_home(home, work)
        if row.stopped_at is not None and _leased_by_other(row, worker):
            return None
        recurring.plan(work, row)
        if not _anything_due(work, work.now):
            return None
        if row.stopped_at is not None:
            row.tick_lease_by, row.tick_lease_until = worker, machine_now() + LEASE
        return row.stopped_at is not None


def advance_to(home: Home, at: datetime, worker: str, *, wait: timedelta = timedelta(minutes=10)) -> Swept | None:
    """Move a stopped clock forward to `at` and run everything due on the way. None: it stands there or later.

    Two of these queue: one lease, in machine time. Raises Conflict on a live home, when the other does not end, or
    when an item took so long that another process went on in our place.
    """
    if not _take_lease(home, at, worker, machine_now() + wait):
        return None
    swept = Swept()
    try:
        with unit_of_work(home, SCHEDULER) as work:
            recurring.plan(work, home.row(work.session), until=at)
        while _renew(home, worker) and (item := _claim(home, worker, until=at, alone=True)) is not None:
            _carry_out(home, worker, item, swept)
        _arrive(home, at, worker)
    finally:
        _give_lease_back(home, worker)
    log.info(Event("tick.advanced", done=swept.done, postponed=swept.postponed, to=at))
    return swept


def _arrive(home: Home, at: datetime, worker: str) -> None:
    with unit_of_work(home, SCHEDULER) as work:
        row = _locked_home(home, work)
        if row.tick_lease_by != worker:
            raise Conflict(_("Another tick went on in the place of this one."))
        row.stopped_at = max(at, row.stopped_at or at)


def _due(limit: datetime) -> list[ColumnElement[bool]]:
    """What makes an item due by `limit` (legal time). Uses ix_agenda_item_due."""
    return [
        AgendaItem.done_at.is_(None),
        AgendaItem.parked.is_(False),
        AgendaItem.due_at <= limit,
        or_(AgendaItem.not_before.is_(None), AgendaItem.not_before <= machine_now()),
    ]


def _anything_due(work: Work, limit: datetime) -> bool:
    return work.session.scalar(select(AgendaItem.id).where(*_due(limit)).limit(1)) is not None


def _claim(home: Home, worker: str, *, alone: bool, until: datetime | None = None) -> AgendaItem | None:
    """The next due item, leased to us; None when nothing is due.

    alone: we hold the tick's lease, so the order is strict and a claim somebody left behind does not count;
    whoever made it finds its item taken (`_still_ours`).
    """
    with unit_of_work(home, SCHEDULER) as work:
        candidates = work.session.scalars(
            select(AgendaItem)
            .where(*_due(until if until is not None else work.now))
            .order_by(AgendaItem.due_at, AgendaItem.id)
            .limit(BATCH)
            .with_for_update(skip_locked=not alone)
        )
        real = machine_now()
        for item in candidates:
            held = item.claimed_by is not None and item.claimed_until is not None and item.claimed_until > real
            if held and not alone and item.claimed_by != worker and not is_dead(str(item.claimed_by)):
                continue
            if item.claimed_by is not None and given_up.after_a_loss(work, item):
                continue
            item.claimed_by, item.claimed_until, item.fence = worker, real + LEASE, item.fence + 1
            return item
    return None


def _carry_out(home: Home, worker: str, claimed: AgendaItem, swept: Swept) -> None:
    """One item, in a transaction of its own; its journal entries and its log lines carry the same id."""
    with logs.about(item=f"agenda-{claimed.id}", subject=claimed.subject):
        _do(home, worker, claimed, swept)


def _do(home: Home, worker: str, claimed: AgendaItem, swept: Swept) -> None:
    actor = Actor(kind="scheduler", ref="scheduler", display=SCHEDULER.display, roles=SCHEDULER.roles,
                  request_id=f"agenda-{claimed.id}")  # fmt: skip
    began = ticks()
    try:
        duty = duties.get(claimed.kind)
        result = _prepare(home, actor, duty, claimed, worker)
        with unit_of_work(home, actor, now=_now_of(home, claimed)) as work:
            item = _still_ours(work, claimed, worker)
            if item is None:
                return
            swept.oldest_lag = max(swept.oldest_lag, work.now - item.due_at)
            # done before it acts: what the act plans anew under the same key must stay planned
            item.done_at, item.claimed_by, item.claimed_until = work.now, None, None
            work.session.flush()
            left = duty.act(work, item, result)
            incidents.closed(work, item)
            _move_clock(home, work)
        swept.done += 1
        _clean_up(home, duty, claimed, left)
        took = round((ticks() - began) * 1000)
        log.info(Event("item.done", kind=claimed.kind, attempts=claimed.attempts + 1, ms=took))
    except Exception as problem:  # a duty may fail in any way; the item is put off, the others go on
        _postpone(home, claimed, problem)
        swept.postponed += 1


def _clean_up(home: Home, duty: Duty, claimed: AgendaItem, left: object) -> None:
    """What is left once the act is committed. Nothing rests on it: a file that stays is the sweeper's."""
    try:
        if duty.after is not None:
            duty.after(home, left)
    except (OSError, SQLAlchemyError) as problem:
        log.warning(Event("item.left_over", kind=claimed.kind, **logs.failure(problem)))


def _prepare(home: Home, actor: Actor, duty: Duty, item: AgendaItem, worker: str) -> object:
    """The slow part of a duty, outside any write transaction; the item stays ours while we live and are in time."""
    if duty.gather is None or duty.perform is None:
        return None
    with unit_of_work(home, actor, now=_now_of(home, item), write=False) as work:
        plan = duty.gather(work, item)
    if plan is None:
        return None
    with holding.holding(home, item, worker, LEASE, limit=duty.policy(item).timeout):
        return duty.perform(home, plan)


def _now_of(home: Home, item: AgendaItem) -> datetime | None:
    """A stopped clock runs an item at its own instant, never before where the clock stands; None: the real now."""
    with home.sessions() as session:
        stopped = session.scalar(select(HomeRow.stopped_at))
    return None if stopped is None else max(item.due_at, stopped)


def _move_clock(home: Home, work: Work) -> None:
    row = home.row(work.session)
    if row.stopped_at is not None and work.now > row.stopped_at:
        row.stopped_at = work.now


def _still_ours(work: Work, claimed: AgendaItem, worker: str) -> AgendaItem | None:
    """The item, locked until the commit; None when it was lost. Nobody can take it in between: whoever lost it records
    nothing, however late it comes."""
    item = work.session.get(AgendaItem, claimed.id, with_for_update=True)
    if item is None or item.done_at is not None or item.claimed_by != worker or item.fence != claimed.fence:
        log.warning(
            Event("item.lost", kind=claimed.kind, fence=claimed.fence, now=None if item is None else item.fence)
        )
        return None
    return item


def _postpone(home: Home, claimed: AgendaItem, problem: Exception) -> None:
    """Note the failure (its kind and ids, never its values), try later, park after the last attempt."""
    with unit_of_work(home, SCHEDULER) as work:
        item = work.session.get(AgendaItem, claimed.id, with_for_update=True)
        if item is None or item.done_at is not None or item.fence != claimed.fence:
            return
        given_up.note(work, item, problem, failures.told(problem))
        attempts, parked, again = item.attempts, item.parked, item.not_before
    log.log(
        logging.WARNING if isinstance(problem, HouseError) else logging.ERROR,
        Event(
            "item.failed", kind=claimed.kind, attempts=attempts, parked=parked, again="" if parked else again,
            **logs.failure(problem),
        ),
    )  # fmt: skip


def _take_lease(home: Home, at: datetime, worker: str, give_up: datetime) -> bool:
    while True:
        with unit_of_work(home, SCHEDULER) as work:
            row = _locked_home(home, work)
            if row.stopped_at is None:
                raise Conflict(_("The clock of this home runs by itself; only a stopped clock can be moved."))
            if not _leased_by_other(row, worker):
                # standing at `at` with something left to do: an earlier tick to this instant was killed
                if row.stopped_at > at or (row.stopped_at == at and not _anything_due(work, at)):
                    return False
                row.tick_lease_by, row.tick_lease_until = worker, machine_now() + LEASE
                return True
        if machine_now() > give_up:
            raise Conflict(_("Another tick is at work. Try again when it has ended."))
        clock.pause(0.2)


def _leased_by_other(row: HomeRow, worker: str) -> bool:
    if row.tick_lease_by in (None, worker) or row.tick_lease_until is None:
        return False
    return row.tick_lease_until > machine_now() and not is_dead(str(row.tick_lease_by))


def _renew(home: Home, worker: str) -> bool:
    """Keep the lease; False when it is somebody else's by now."""
    with unit_of_work(home, SCHEDULER) as work:
        row = _locked_home(home, work)
        if row.tick_lease_by != worker:
            return False
        row.tick_lease_until = machine_now() + LEASE
        return True


def _give_lease_back(home: Home, worker: str) -> None:
    with unit_of_work(home, SCHEDULER) as work:
        row = _locked_home(home, work)
        if row.tick_lease_by == worker:
            row.tick_lease_by, row.tick_lease_until = None, None


def _locked_home(home: Home, work: Work) -> HomeRow:
    return work.session.get(HomeRow, 1, with_for_update=True) or home.row(work.session)


def _seconds(lag: timedelta) -> int:
    return round(lag.total_seconds())
