"""A due day that moves, by an act or with the calendar: the row, the tasks that share it, and timers bound to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from domain import rules as policies
from domain.cases import Case
from domain.verification.queries import Query
from domain.work import Work
from domain.workdays import Derivation
from tasks import moves
from tasks.rows import notice_rows
from tasks.rows.models import OPEN, HumanTask
from tasks.services import MoveServices
from workflows import failed_steps, instances
from workflows.instances import CaseWait
from workflows.moments import Act

TIMER = "timer"


def derived(work: Work, due: Mapping[str, Any], made: Derivation) -> tuple[dict[str, Any], datetime]:
    """The stored form of a changed derivation and the due instant that follows from it with today's calendar."""
    calendar = policies.current(work).calendar
    told = {**due, **made.to_json(), "calendar": calendar.version}
    if made.not_before is None:
        told.pop("not_before", None)
    return told, made.due(calendar)


def sharing(work: Work, case: Case, due: Mapping[str, Any] | None) -> list[HumanTask]:
    """The open tasks of a case whose due day is that of the case, in the order of their keys."""
    rows = work.session.scalars(
        select(HumanTask).where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN)).order_by(HumanTask.id)
    )
    return [task for task in rows if due is not None and task.due == due]


def set_due(work: Work, row: Case | HumanTask | Query, due: dict[str, Any], at: datetime) -> None:
    """Write a due day. The case is locked; a task keeps its version, since nothing that anybody fills in changed."""
    table = type(row)
    work.session.execute(
        update(table).where(table.id == row.id).values(due=due, due_at=at).execution_options(synchronize_session=False)
    )
    moved = row.due_at != at
    work.session.refresh(row, ["due", "due_at"])
    if moved and isinstance(row, HumanTask):  # what was told of the old day
        notice_rows.settle(work.session, work.now, [row.id], notice_rows.NEARING)


def move_timers(work: Work, case: Case, moved: Mapping[datetime, datetime]) -> int:
    """Let every timer of the case that waits for one of these instants wait for the new one. Returns how many.

    Uses ix_case_wait_case_id. The case's process is loaded only where there is such a timer.
    """
    waits = work.session.execute(
        select(CaseWait.token, CaseWait.step_id, CaseWait.due_at).where(
            CaseWait.case_id == case.id, CaseWait.kind == TIMER, CaseWait.due_at.in_(sorted(moved))
        )
    ).all()
    bound = [(token, step, moved[at]) for token, step, at in waits if at is not None and moved[at] != at]
    if not bound:
        return 0
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    for token, _step, at in bound:
        failed_steps.move_timer(instance.run, token, at)
    moves.carry_on(work, instance, Act("timer_moved", bound[0][1]), services)
    return len(bound)
