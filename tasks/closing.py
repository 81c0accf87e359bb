"""What ends with a task: notices that asked for it to be done, and the wish for more time that nobody decided on."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, bindparam, exists, select, update

from domain import agenda, journal
from domain.cases import Case
from domain.prepared import Prepared
from domain.work import Work
from tasks.rows import notice_rows
from tasks.rows.models import HumanTask
from tasks.rows.notice_rows import Notification
from tasks.rows.term_models import LAPSED, PENDING, TermRequest

TELL_DUTY = "term.lapsed"  # whoever asked is told by the worker


# most steps leave nothing behind; asked by every move, so written once
_LEFT = Prepared(
    select(HumanTask.id).where(
        HumanTask.case_id == bindparam("case"),
        HumanTask.token == bindparam("token"),
        exists().where(Notification.task_id == HumanTask.id, Notification.read_at.is_(None))
        | exists().where(TermRequest.task_id == HumanTask.id, TermRequest.state == PENDING),
    )
)
FEW = 8


def close(work: Work, case: Case, tokens: Collection[str]) -> None:
    """The steps of these tokens are over. Uses uq_human_task_case_id_token, ix_notification_task_id."""
    if len(tokens) <= FEW and not any(
        _LEFT.first(work.connection, {"case": case.id, "token": token}) for token in tokens
    ):
        return
    tasks = select(HumanTask.id).where(HumanTask.case_id == case.id, HumanTask.token.in_(sorted(tokens)))
    notice_rows.settle(work.session, work.now, tasks, notice_rows.SETTLED_BY_END)
    lapse(work, case, tasks)


def lapse(work: Work, case: Case, tasks: Collection[int] | Select[int]) -> None:
    """End wishes for more time that wait though their step or its term is over. Uses ix_term_request_task_id."""
    # whoever decides at this moment is not waited for
    waiting = (
        select(TermRequest.id)
        .where(TermRequest.task_id.in_(tasks), TermRequest.state == PENDING)
        .with_for_update(skip_locked=True)
    )
    ended = (
        update(TermRequest)
        .where(TermRequest.id.in_(waiting))
        .values(state=LAPSED, decided_at=work.now)
        .returning(TermRequest.ref, TermRequest.task_id)
    )
    rows = work.session.execute(ended.execution_options(synchronize_session=False)).all()
    if rows:
        notice_rows.settle(work.session, work.now, tasks, ("term.asked",))
    for ref, task_id in sorted((one[0], one[1]) for one in rows):
        task = work.session.get_one(HumanTask, task_id)
        journal.of_case(work, case.ref, "term.lapsed", task.ref, {"step": task.step_id, "request": ref})
        agenda.put(work, TELL_DUTY, f"{TELL_DUTY}:{ref}", work.now, subject=ref)
