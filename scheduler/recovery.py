"""What a worker sets right when it begins, and what the watchdog looks for while it works.

When a worker begins: items held by workers that are dead are free again at once, what nobody would carry out is planned
again, and how much came due while nobody worked is reported with the rule by which it catches up.
"""

from __future__ import annotations

import logging

from sqlalchemy import func, select, update

from domain.agenda import AgendaItem
from domain.clock import machine_now
from domain.heartbeats import is_dead
from domain.home import Home
from domain.logs import Event
from domain.work import SCHEDULER, Work, unit_of_work
from scheduler.tick import LEASE
from tasks.health import watchdog
from tasks.health.watchdog import RECOVERY, WATCH
from tasks.terms import reminders
from workflows.catching_up import GRACE
from workflows.instances import CaseWait
from workflows.registry import LONGEST_WAIT

log = logging.getLogger("scheduler.recovery")


def recover(home: Home, worker: str) -> dict[str, object]:
    """Set right what was left behind; a report is kept when there was anything. Returns its figures."""
    with unit_of_work(home, SCHEDULER) as work:
        reminders.plan_first(work)
        figures: dict[str, object] = {"freed": _free(work), "hastened": _hasten(work), **_late(work)}
    planned, idle = watch(home, worker)
    figures |= {"planned": planned, "idle": idle}
    if any(figures.values()):
        with unit_of_work(home, SCHEDULER) as work:
            watchdog.report(work, RECOVERY, worker, figures)
        log.info(Event("recovery.done", **{name: str(value) for name, value in figures.items()}))
    return figures


def watch(home: Home, worker: str) -> tuple[int, int]:
    """Look through all open cases, part by part, and mend what is found. Returns planned items, new incidents."""
    after: int | None = 0
    planned = idle = 0
    while after is not None:
        with unit_of_work(home, SCHEDULER, write=False) as work:
            found = watchdog.look(work, after)
        after = found.last
        if found.idle or found.unplanned:
            with unit_of_work(home, SCHEDULER) as work:
                # once more in the transaction that mends: a move may have been in the middle of it
                mended = watchdog.mend(work, watchdog.confirmed(work, found))
            planned, idle = planned + mended[0], idle + mended[1]
    with unit_of_work(home, SCHEDULER) as work:
        watchdog.report(work, WATCH, worker, {"planned": planned, "idle": idle})
    if planned or idle:
        log.warning(Event("watchdog.found", planned=planned, idle=idle))
    return planned, idle


def _free(work: Work) -> int:
    """Free the items of dead workers of this machine; of other machines their leases tell. Uses ix_agenda_item_due.

    A lease that reaches further than leases do was taken before the clock went back, and nobody has renewed it since.
    """
    held = work.session.scalars(
        select(AgendaItem).where(
            AgendaItem.done_at.is_(None), AgendaItem.parked.is_(False), AgendaItem.due_at <= work.now,
            AgendaItem.claimed_by.is_not(None),
        )
    )  # fmt: skip
    real, count = machine_now(), 0
    for item in held:
        lapsed = item.claimed_until is not None and not real < item.claimed_until <= real + 2 * LEASE
        if is_dead(str(item.claimed_by)) or lapsed:
            item.claimed_until, count = real, count + 1  # the next claim counts it as a try that was lost
    return count


def _hasten(work: Work) -> int:
    """What was put off further than anything is, before the clock went back, may be tried now. Uses
    ix_agenda_item_due."""
    real = machine_now()
    put_off = update(AgendaItem).where(
        AgendaItem.done_at.is_(None), AgendaItem.parked.is_(False), AgendaItem.due_at <= work.now,
        AgendaItem.not_before > real + LONGEST_WAIT,
    )  # fmt: skip
    return int(work.session.execute(put_off.values(not_before=real)).rowcount)  # type: ignore[attr-defined]


def _late(work: Work) -> dict[str, object]:
    """Timers that came due while nobody worked, by their rule, and the instant of the oldest. Uses ix_case_wait_due."""
    rows = work.session.execute(
        select(CaseWait.catch_up, func.count(), func.min(CaseWait.due_at))
        .where(CaseWait.due_at.is_not(None), CaseWait.due_at < work.now - GRACE)
        .group_by(CaseWait.catch_up)
    ).all()
    if not rows:
        return {}
    oldest = min(first for _rule, _count, first in rows if first is not None)
    late = {rule or "late": count for rule, count, _first in rows}
    return {"late": late, "oldest": oldest.isoformat(), "late_s": round((work.now - oldest).total_seconds())}
