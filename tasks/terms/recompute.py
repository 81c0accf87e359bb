"""Open terms counted anew when working days are published: in chunks of cases, with a list of every day that moved.

A later day is taken as it is. An earlier one binds the office and is taken too, but never one that has come or gone by:
then the next working day stands, so that nobody is late unawares. What the family was told of (policy
`announced_terms`) never ends earlier than they were told. A term that has run out stays run out. Each case is a chunk's
smallest part: killed in between, the run goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from domain import agenda, journal
from domain import rules as policies
from domain.agenda import AgendaItem
from domain.cases import CANCELLED, DONE, Case
from domain.clock import office_day
from domain.errors import Conflict
from domain.policy_keys.terms import ANNOUNCED_TERMS
from domain.rules import RECOMPUTE
from domain.verification.queries import PLANNED, SENT, Query
from domain.work import Work
from domain.workdays import Derivation
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.term_models import DONE as RUN_DONE
from tasks.rows.term_models import KEPT, MOVED, SUPERSEDED, TermMove, TermRun
from tasks.terms import ladder, notifications, term_moving

CASES = 50  # a chunk
Subject = Case | HumanTask | Query


def run(work: Work, item: AgendaItem) -> TermRun:
    """One chunk of a run; plans the next one. A newer calendar takes over."""
    made = _run(work, item)
    if policies.current(work).calendar.version != made.version:
        made.state, made.done_at = SUPERSEDED, work.now
        return made
    keys = work.session.scalars(
        select(Case.id).where(Case.id > made.after, Case.state.not_in((DONE, CANCELLED))).order_by(Case.id).limit(CASES)
    ).all()
    for key in keys:
        _case(work, made, key)
        made.after = key
    if len(keys) == CASES:
        agenda.put(work, RECOMPUTE, f"recompute:{made.version}:{made.after}", work.now, subject=made.version)
    else:
        made.state, made.done_at = RUN_DONE, work.now
        work.session.flush()
        _tell(work, made)
    return made


def _run(work: Work, item: AgendaItem) -> TermRun:
    found = work.session.scalars(select(TermRun).where(TermRun.version == item.subject).with_for_update()).first()
    if found is not None and found.state != SUPERSEDED:
        return found
    if found is not None:  # this calendar was in force before, and is again
        found.state, found.done_at, found.after, found.began_at = "RUNNING", None, 0, work.now
        return found
    made = TermRun(version=item.subject, before=str(item.payload.get("before", "")), began_at=work.now)
    work.session.add(made)
    work.session.flush()
    return made


def _case(work: Work, made: TermRun, key: int) -> None:
    case = work.session.get(Case, key, with_for_update=True, populate_existing=True)
    if case is None or case.state in (DONE, CANCELLED):
        return
    moved: dict[datetime, datetime] = {}
    for subject in _terms(work, case):
        made.looked += 1
        change = _changed(work, case, subject)
        if change is None:
            continue
        due, at, computed = change
        old = subject.due_at
        outcome = _write(work, subject, due, at, old)
        if old is None or outcome is None:
            continue
        made.moved += outcome == MOVED
        made.kept += outcome == KEPT
        _note(work, made, case, subject, outcome, (old, at, computed))
        if outcome == MOVED:
            moved[old] = at
    term_moving.move_timers(work, case, moved)


def _terms(work: Work, case: Case) -> Iterator[Subject]:
    """Everything of a case that has a running term. Two SELECTs."""
    if case.due_at is not None:
        yield case
    yield from work.session.scalars(
        select(HumanTask)
        .where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN), HumanTask.due_at.is_not(None))
        .order_by(HumanTask.id)
    ).all()
    yield from work.session.scalars(
        select(Query)
        .where(Query.case_id == case.id, Query.state.in_((PLANNED, SENT)), Query.due_at.is_not(None))
        .order_by(Query.id)
    ).all()


def _changed(work: Work, case: Case, subject: Subject) -> tuple[dict[str, Any], datetime, datetime] | None:
    """The new derivation, the due instant it gives and the one the calendar alone gives; None where it is counted with
    this calendar already, or has no derivation."""
    due, old = subject.due, subject.due_at
    calendar = policies.current(work).calendar
    if not due or old is None or "day_zero" not in due or due.get("calendar") == calendar.version:
        return None
    made = Derivation.from_json(due)
    computed = made.due(calendar)
    if computed < old:
        if old < work.now or str(due.get("key", "")) in _announced(work, case):
            made = replace(made, not_before=office_day(old))
        elif office_day(computed) <= work.today:
            soon = calendar.next_working(work.today + timedelta(days=1))
            made = replace(made, not_before=min(soon, office_day(old)))
    return (*term_moving.derived(work, due, made), computed)


def _announced(work: Work, case: Case) -> tuple[str, ...]:
    try:
        found: tuple[str, ...] = policies.value(work, case.department_id, ANNOUNCED_TERMS.name)
    except Conflict:  # rules deployed by an earlier release name none
        return ()
    return found


def _write(work: Work, subject: Subject, due: dict[str, Any], at: datetime, old: datetime | None) -> str | None:
    """Keep the new derivation; what became of the due day, None where it is the same."""
    term_moving.set_due(work, subject, due, at)
    if at != old:
        return MOVED
    return KEPT if due.get("not_before") else None


def _note(
    work: Work, made: TermRun, case: Case, subject: Subject, outcome: str, days: tuple[datetime, datetime, datetime]
) -> None:
    kind = {Case: "case", HumanTask: "task", Query: "query"}[type(subject)]
    old, at, computed = days
    org = {"case": case.department_id, "query": case.agency_id}.get(kind)
    task = subject if isinstance(subject, HumanTask) else None
    known = work.session.scalar(
        select(TermMove.id).where(
            TermMove.run_id == made.id, TermMove.subject == kind, TermMove.subject_ref == subject.ref
        )
    )
    if known is None:
        work.session.add(
            TermMove(
                run_id=made.id, case_id=case.id, task_id=task.id if task is not None else None,
                org_id=task.org_id if task is not None else (org or case.department_id), subject=kind,
                subject_ref=subject.ref, outcome=outcome, old_at=old, new_at=at, computed_at=computed,
            )
        )  # fmt: skip
    body = {"subject": kind, "outcome": outcome, "from": old.isoformat(), "to": at.isoformat(),
            "computed": computed.isoformat(), "calendar": made.version}  # fmt: skip
    journal.of_case(work, case.ref, "term.recomputed", subject.ref, body)


def _tell(work: Work, made: TermRun) -> None:
    """One notice to everybody whose terms moved: who holds the step; where nobody does, the head of its office."""
    rows = work.session.execute(
        select(HumanTask.assignee_id, HumanTask.org_id, func.count())
        .join(TermMove, TermMove.task_id == HumanTask.id)
        .where(TermMove.run_id == made.id, TermMove.outcome == MOVED, HumanTask.state.in_(OPEN))
        .group_by(HumanTask.assignee_id, HumanTask.org_id)
    ).all()
    counts: dict[int, int] = {}
    for holder, org, count in rows:
        for person in [holder] if holder is not None else ladder.of_offices(work, [org], ladder.HEADS):
            counts[person] = counts.get(person, 0) + count
    _told(work, made, counts)


def _told(work: Work, made: TermRun, counts: Mapping[int, int]) -> None:
    for person, count in sorted(counts.items()):
        notifications.notify(
            work, [person], "term.moved", key=f"moved:{made.ref}:{made.began_at:%Y%m%d%H%M%S}", count=count,
            run=made.ref,
        )  # fmt: skip
