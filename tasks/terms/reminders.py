"""Each morning: who is reminded of a term, and who above them is told of one that has run out; each stage once.

One item of the agenda goes from morning to morning and looks at the open tasks that are due soon or late, in chunks, in
the order of their due days. What was sent stands in a row a task, due day and stage, so that two workers, or a morning
that is done twice, send nothing twice; a due day that moves begins anew. After mornings that nobody worked the newest
stage of what is due soon is sent, and of what is late every rung of the ladder that was not told yet, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from domain import agenda, journal
from domain import rules as policies
from domain.agenda import AgendaItem
from domain.cases import Case
from domain.clock import office_day, office_instant
from domain.errors import Conflict
from domain.parties.organisations import Organisation
from domain.policy_keys.terms import CASE_REMINDER_DAYS, ESCALATION_DAYS
from domain.work import Work
from domain.workdays import Calendar, end_of_day, working_days_between
from tasks import closing
from tasks.rows.models import CREATED, HELD, OPEN_SQL, READY, HumanTask
from tasks.rows.notice_rows import Notification
from tasks.rows.term_models import TermAlert
from tasks.terms import ladder, mails, notifications

DUTY = KEY = "terms.remind"
HOUR = 7  # of the morning, in the office
CHUNK = 200
STATES = (CREATED, READY, *HELD)  # what is put off, broken or over is left alone
TODAY, OVERDUE, HEAD = 0, 1, 2  # stages; below: minus the working days left; above: a rung of the ladder each


@dataclass(frozen=True, slots=True)
class Steps:
    """What an office's rules say: working days before the due day; working days after it, a rung of the ladder each."""

    before: tuple[int, ...]
    after: tuple[int, ...]

    def reached(self, due: date, today: date, calendar: Calendar) -> list[int]:
        """The stages that are due to be sent today."""
        if today > due:
            late = working_days_between(due, today, calendar)
            return [OVERDUE, *(HEAD + rung for rung, days in enumerate(sorted(self.after)) if late >= days)]
        if today == due:
            return [TODAY]
        left = working_days_between(today, due, calendar)
        passed = [days for days in self.before if days and left <= days]
        return [-min(passed)] if passed else []


def plan_first(work: Work) -> bool:
    """Plan the first morning of a home. False when one is planned already. Uses uq_agenda_item_key."""
    return agenda.put(work, DUTY, KEY, _morning(work))


def run(work: Work, item: AgendaItem) -> int:
    """One chunk of a morning; plans the next chunk, or the next morning. Returns how many stages were sent.

    Uses ix_human_task_due.
    """
    rows = _chunk(work, item.subject)
    sent = _remind(work, rows)
    if len(rows) == CHUNK:
        at = rows[-1].due_at or work.now
        agenda.put_again(work, DUTY, KEY, work.now, subject=f"{at.isoformat()}|{rows[-1].id}")
        return sent
    _digests(work)
    notifications.sweep(work)
    agenda.put_again(work, DUTY, KEY, _morning(work))
    return sent


def _chunk(work: Work, after: str) -> list[HumanTask]:
    calendar = policies.current(work).calendar
    ahead = work.today
    for _day in range(_furthest(work)):
        ahead = calendar.next_working(ahead + timedelta(days=1))
    wanted = (
        select(HumanTask)
        .where(OPEN_SQL, HumanTask.state.in_(STATES), HumanTask.due_at <= end_of_day(ahead, calendar))
        .order_by(HumanTask.due_at, HumanTask.id)
        .limit(CHUNK)
    )
    if after:
        at, _bar, key = after.partition("|")
        wanted = wanted.where(tuple_(HumanTask.due_at, HumanTask.id) > tuple_(datetime.fromisoformat(at), int(key)))
    return list(work.session.scalars(wanted))


def _furthest(work: Work) -> int:
    """The most working days before a due day that any rule reminds of it."""
    known = (one.values[CASE_REMINDER_DAYS.name] for one in policies.current(work).policies.documents
             if CASE_REMINDER_DAYS.name in one.values)  # fmt: skip
    return max((max(one.value, default=0) for one in known if one.value), default=0)


def _remind(work: Work, tasks: Sequence[HumanTask]) -> int:
    cases = _going_on(work, {task.case_id for task in tasks})
    due = [(task, stages) for task, stages in _stages(work, tasks) if task.case_id in cases and stages]
    new = _unsent(work, due)
    # the journals of the cases are written in the order of the cases, as everybody locks them
    for task, stage in sorted(new, key=lambda one: (one[0].case_id, one[0].id, one[1])):
        _tell(work, task, cases[task.case_id], stage)
    return len(new)


def _going_on(work: Work, keys: set[int]) -> dict[int, Case]:
    """The cases that are not on hold."""
    rows = work.session.scalars(select(Case).where(Case.id.in_(sorted(keys)), Case.suspended_at.is_(None)))
    return {case.id: case for case in rows}


def _stages(work: Work, tasks: Sequence[HumanTask]) -> Iterator[tuple[HumanTask, list[int]]]:
    calendar = policies.current(work).calendar
    steps: dict[int, Steps] = {}
    known: dict[tuple[int, date], list[int]] = {}
    for task in tasks:
        if task.due_at is None:
            continue
        day = office_day(task.due_at)
        if task.org_id not in steps:
            steps[task.org_id] = _steps(work, task.org_id)
        if (task.org_id, day) not in known:
            known[task.org_id, day] = steps[task.org_id].reached(day, work.today, calendar)
        yield task, known[task.org_id, day]


def _steps(work: Work, org_id: int) -> Steps:
    before = policies.value(work, org_id, CASE_REMINDER_DAYS.name)
    try:
        after = policies.value(work, org_id, ESCALATION_DAYS.name)
    except Conflict:  # rules deployed by an earlier release name no rungs: the head is told
        after = (1,)
    return Steps(tuple(before), tuple(after))


def _unsent(work: Work, due: Sequence[tuple[HumanTask, list[int]]]) -> list[tuple[HumanTask, int]]:
    """Those stages that were not sent for this due day, noted as sent. Uses uq_term_alert_task_id_due_at_stage."""
    by_key = {(task.id, stage): task for task, stages in due for stage in stages}
    if not by_key:
        return []
    rows = [
        {"task_id": key, "due_at": task.due_at, "stage": stage, "sent_at": work.now}
        for (key, stage), task in by_key.items()
    ]
    work.session.flush()
    made = (postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert)(TermAlert)
    new = made.values(rows).on_conflict_do_nothing(index_elements=["task_id", "due_at", "stage"])
    found = work.session.execute(new.returning(TermAlert.task_id, TermAlert.stage))
    return [(by_key[key, stage], stage) for key, stage in found]


def _tell(work: Work, task: HumanTask, case: Case, stage: int) -> None:
    due = office_day(task.due_at or work.now)
    key = f"term:{stage}:{task.ref}:{due.isoformat()}"
    day = due.isoformat()
    if stage > HEAD:
        org = work.session.get_one(Organisation, task.org_id)
        people = ladder.above(work, task.org_id, stage - HEAD)
        notifications.notify(work, people, "term.supervised", key=key, task=task, office=org.code, day=day)
    elif stage == HEAD:
        notifications.notify(work, ladder.heads(work, task, case), "term.escalated", key=key, task=task, day=day)
    elif stage == OVERDUE:
        closing.lapse(work, case, [task.id])  # what has run out is not extended any more
        journal.of_case(work, case.ref, "term.overdue", task.ref, {"step": task.step_id, "due": due.isoformat()})
        notifications.notify(work, ladder.holders(work, task), "term.overdue", key=key, task=task, day=day)
    elif stage == TODAY:
        notifications.notify(work, ladder.holders(work, task), "term.today", key=key, task=task, day=day)
    else:
        notifications.notify(
            work, ladder.holders(work, task), "term.reminder", key=key, task=task, left=_left(work, due), day=day
        )


def _left(work: Work, due: date) -> int:
    return working_days_between(work.today, due, policies.current(work).calendar)


def _digests(work: Work) -> None:
    """One mail to everybody who wants one a day and was told something since the last one."""
    wanting = mails.wanting_digest(work)
    if not wanting:
        return
    rows = work.session.execute(
        select(Notification.account_id, func.count(), func.max(Notification.made_at))
        .where(Notification.account_id.in_(sorted(wanting)), Notification.read_at.is_(None))
        .group_by(Notification.account_id)
    )
    fresh = {}
    for account, count, newest in rows:
        last = wanting[account]
        if last is None or newest > last:
            fresh[account] = count
    mails.digests(work, fresh)


def _morning(work: Work) -> datetime:
    """The next morning after now."""
    here = office_instant(work.today, HOUR)
    return here if here > work.now else office_instant(work.today + timedelta(days=1), HOUR)
