"""The watchdog: cases that wait for nothing, timers and jobs that nobody would carry out.

Nothing of this may happen; that it does not is looked for, and what can be mended is mended. Three questions that
follow indexes and load no case: a home of a million open cases is gone through in parts, in the order of their keys.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select
from sqlalchemy.exc import OperationalError

from domain import agenda, journal
from domain.agenda import AgendaItem
from domain.cases import OPEN as OPEN_CASE
from domain.cases import Case
from domain.clock import machine_now
from domain.logs import Event
from domain.text import gettext as _
from domain.work import Work
from tasks import failures, waking
from tasks.incidents import NOTHING_AWAITED, RETRY
from tasks.rows.models import OPEN, HumanTask
from tasks.services import ask_for_job
from tasks.terms.timers import key_of
from workflows.instances import ERROR, CaseWait, Incident, WatchReport

log = logging.getLogger("tasks.watchdog")

PART = 5000
WATCH, RECOVERY = "watch", "recovery"


@dataclass(frozen=True, slots=True)
class Idle:
    """A case that waits for nothing."""

    case_id: int
    ref: str
    number: str


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A timer, a job or a step in error of a case that no item of the agenda carries on and no incident shows."""

    case_ref: str
    kind: str
    token: str
    step_id: str
    name: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Look:
    """One part looked through. last: key of its last case, None when there are no more."""

    idle: Sequence[Idle]
    unplanned: Sequence[Unplanned]
    last: int | None


def look(work: Work, after: int = 0, most: int = PART) -> Look:
    """The next `most` open cases after a key. Uses ix_cases_open, ix_human_task_case_id, ix_case_wait_case_id,
    ix_incident_case_id and uq_agenda_item_key."""
    last = work.session.scalar(select(func.max(_part(after, most).subquery().c.id)))
    if last is None:
        return Look((), (), None)
    within = (Case.state == OPEN_CASE, Case.id > after, Case.id <= last)
    idle = work.session.execute(_idle(within)).all()
    return Look([Idle(*row) for row in idle], _unplanned(work, within), last)


def mend(work: Work, found: Look) -> tuple[int, int]:
    """Plan again what nobody would carry out, write anew the rows of a case that waits for nothing by its rows, open an
    incident for each that waits for nothing by its state as well.

    Returns how much was planned or written anew, and how many incidents were opened.
    """
    for one in found.unplanned:
        _plan(work, one)
        journal.of_case(work, one.case_ref, "watchdog.planned", one.case_ref, {"step": one.step_id, "kind": one.kind})
    sentence = failures.in_source_language(_("The case waits for nothing and nobody."))
    lost = [one for one in found.idle if not _set_right(work, one)]
    for idle in lost:
        work.session.add(
            Incident(case_id=idle.case_id, step_id="", cause=NOTHING_AWAITED, sentence=sentence, opened_at=work.now)
        )
        journal.of_case(work, idle.ref, "incident.opened", idle.ref, {"step": "", "cause": NOTHING_AWAITED})
    return len(found.unplanned) + len(found.idle) - len(lost), len(lost)


def _plan(work: Work, one: Unplanned) -> None:
    again = f"watch-{machine_now():%Y%m%d%H%M%S%f}"
    if one.kind == "timer":
        agenda.put_again(work, "case.wake", key_of(one.case_ref, one.token), one.due_at or work.now,
                         subject=one.case_ref)  # fmt: skip
    elif one.kind == ERROR:
        payload = {"token": one.token}
        agenda.put(work, RETRY, f"retry:{one.case_ref}:{one.token}:{again}", work.now, subject=one.case_ref,
                   payload=payload)  # fmt: skip
    else:
        ask_for_job(work, one.case_ref, one.token, one.name, again=again)


def _set_right(work: Work, one: Idle) -> bool:
    try:
        with work.session.begin_nested():
            done = waking.set_right(work, one.ref)
    except OperationalError:  # the database's own trouble, which says nothing of the case: the look is tried again
        raise
    except Exception as problem:  # a state that is lost or spoilt fails in any way: a person must look at that case
        log.warning(Event("watchdog.not_mended", case=one.ref, error=type(problem).__name__))
        return False
    if done:
        journal.of_case(work, one.ref, "watchdog.planned", one.ref, {"step": "", "kind": "rows"})
    return done


def report(work: Work, kind: str, process: str, figures: dict[str, object]) -> None:
    """Keep what was found: of the watchdog the newest look alone. Uses ix_watch_report_kind."""
    row = last_report(work, kind) if kind == WATCH else None
    if row is None:
        row = WatchReport(kind=kind, process=process, made_at=machine_now(), figures={})
        work.session.add(row)
    row.process, row.made_at, row.figures = process, machine_now(), figures


def last_report(work: Work, kind: str) -> WatchReport | None:
    """The newest report of a kind. Uses ix_watch_report_kind."""
    wanted = select(WatchReport).where(WatchReport.kind == kind).order_by(WatchReport.id.desc()).limit(1)
    return work.session.scalars(wanted).first()


def _part(after: int, most: int) -> Select[int]:
    return select(Case.id).where(Case.state == OPEN_CASE, Case.id > after).order_by(Case.id).limit(most)


def _key(kind: str) -> ColumnElement[str]:
    """The key of the agenda item of a wait, as tasks.terms.timers and tasks.services write it."""
    return literal(f"{kind}:") + Case.ref + literal(":") + CaseWait.token


def _idle(within: Sequence[ColumnElement[bool]]) -> Select[int, str, str]:
    """Open cases, not on hold, with no open task, no wait and no open incident; those that lost their state as well."""
    return (
        select(Case.id, Case.ref, Case.number)
        .where(
            *within,
            Case.suspended_at.is_(None),
            ~exists().where(HumanTask.case_id == Case.id, HumanTask.state.in_(OPEN)),
            ~exists().where(CaseWait.case_id == Case.id),
            ~exists().where(Incident.case_id == Case.id, Incident.closed_at.is_(None)),
        )
        .order_by(Case.id)
    )


def _unplanned(work: Work, within: Sequence[ColumnElement[bool]]) -> list[Unplanned]:
    """Timers whose wake-up, jobs that do not sleep whose run, and steps in error whose next try is not in the agenda.

    What is parked is carried on by nobody: it counts as long as an open incident shows it to a person.
    """
    wanted = (Case.ref, CaseWait.kind, CaseWait.token, CaseWait.step_id, CaseWait.name, CaseWait.due_at)
    waiting = select(*wanted).join(CaseWait, CaseWait.case_id == Case.id).where(*within, Case.suspended_at.is_(None))
    # correlated by name: it also stands two levels below the question about the case
    shown = exists().where(Incident.case_id == Case.id, Incident.closed_at.is_(None)).correlate(Case, CaseWait)
    shown_step = shown.where(Incident.token == CaseWait.token)
    planned = exists().where(AgendaItem.done_at.is_(None))
    wake = planned.where(AgendaItem.key == _key("wake"), or_(AgendaItem.parked.is_(False), shown))
    of_case = planned.where(AgendaItem.subject == Case.ref)
    run = of_case.where(AgendaItem.key.like(_key("job") + literal("%")), or_(AgendaItem.parked.is_(False), shown_step))
    again = of_case.where(AgendaItem.kind == RETRY, AgendaItem.parked.is_(False))
    timers = waiting.where(CaseWait.kind == "timer", ~wake)
    jobs = waiting.where(CaseWait.kind == "job", CaseWait.asleep.is_(False), ~run)
    errors = waiting.where(CaseWait.kind == ERROR, ~shown_step, ~again)
    return [Unplanned(*row) for asked in (timers, jobs, errors) for row in work.session.execute(asked)]


def confirmed(work: Work, found: Look) -> Look:
    """Those of a look that are so still, asked in the transaction that will mend them."""
    cases = {one.case_id for one in found.idle}
    refs = {one.case_ref for one in found.unplanned}
    idle = work.session.execute(_idle([Case.id.in_(cases), Case.state == OPEN_CASE])).all() if cases else []
    unplanned = _unplanned(work, [Case.ref.in_(refs), Case.state == OPEN_CASE]) if refs else []
    return Look([Idle(*row) for row in idle], unplanned, found.last)
