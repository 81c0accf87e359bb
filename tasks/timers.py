"""Timers that wait: seen by whoever runs the house, planned again while they are waited for, moved with a reason.

A timer is a row of `case_wait` and an item of the agenda. The instant that the process planned is kept when somebody
moves it. What the law sets is not moved here: a statutory term is changed by the act that the law knows for it.
"""

from __future__ import annotations

from sqlalchemy import select

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.work import Work
from workflows.instances import CaseWait


def key_of(case_ref: str, token: str) -> str:
    """Key of the agenda item of a timer."""
    return f"wake:{case_ref}:{token}"


def plan_again(work: Work, item: AgendaItem) -> None:
    """Open a wake-up again whose timer still waits: its round was passed over, or the clock went back.

    The item is the one in hand, marked done. Uses ix_case_wait_case_id.
    """
    token = item.key.rpartition(":")[2]
    due = work.session.scalar(
        select(CaseWait.due_at)
        .join(Case, Case.id == CaseWait.case_id)
        .where(Case.ref == item.subject, CaseWait.kind == "timer", CaseWait.token == token)
    )
    if due is not None:
        item.done_at, item.due_at = None, due
