"""Holding an item while its slow part runs: the lease is renewed as long as its owner lives and is in time.

Without it a lease must outlast the slowest job, and a killed worker's job waits that long. A worker that stalls longer
than the lease loses the item: the fence has grown, and what it brings is not recorded.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from domain.agenda import AgendaItem
from domain.clock import machine_now, ticks
from domain.home import Home, HomeRow
from domain.logs import Event
from domain.work import SCHEDULER, unit_of_work

log = logging.getLogger("scheduler.holding")


@contextmanager
def holding(home: Home, item: AgendaItem, worker: str, lease: timedelta, *, limit: timedelta) -> Iterator[None]:
    """Renew the lease of a claimed item at every quarter of it, until the block ends or `limit` is over."""
    stop = threading.Event()
    beat = threading.Thread(
        target=_beat, args=(home, item.id, item.fence, worker, lease, limit, stop), name="holding", daemon=True
    )
    beat.start()
    try:
        yield
    finally:
        stop.set()
        beat.join()


def _beat(
    home: Home, item_id: int, fence: int, worker: str, lease: timedelta, limit: timedelta, stop: threading.Event
) -> None:
    until = ticks() + limit.total_seconds()
    while not stop.wait(lease.total_seconds() / 4):
        if ticks() > until:
            log.warning(Event("item.overran", item=item_id, limit_s=round(limit.total_seconds())))
            return
        try:
            if not renew(home, item_id, fence, worker, lease):
                return
        except SQLAlchemyError as problem:  # the database is away: the next beat finds it, or the lease runs out
            log.warning(Event("item.beat_failed", item=item_id, error=type(problem).__name__))


def renew(home: Home, item_id: int, fence: int, worker: str, lease: timedelta) -> bool:
    """Keep an item that is still ours; on a stopped clock also the tick's own lease. False: it was lost."""
    until = machine_now() + lease
    with unit_of_work(home, SCHEDULER) as work:
        ours = work.session.execute(
            update(AgendaItem)
            .where(AgendaItem.id == item_id, AgendaItem.fence == fence, AgendaItem.done_at.is_(None))
            .values(claimed_until=until)
        )
        kept = bool(ours.rowcount)  # type: ignore[attr-defined]  # an UPDATE always counts its rows
        if kept:
            work.session.execute(update(HomeRow).where(HomeRow.tick_lease_by == worker).values(tick_lease_until=until))
    return kept
