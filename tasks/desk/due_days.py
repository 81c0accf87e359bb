"""A due day that an office sets for itself. What the law sets is moved by its own reasons alone, never by hand here."""

from __future__ import annotations

from datetime import date

from domain import journal, rules
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.text import gettext as _
from domain.work import Work
from domain.workdays import end_of_day
from tasks import bonds, held, life, line
from tasks.bonds import Bond
from tasks.rows.models import OPEN, SUSPENDED, HumanTask
from tasks.rules import held_task


def set_due(work: Work, ref: str, day: date) -> HumanTask:
    """Let a task be due on another day, where only the office itself says when. The head's.

    Raises NotFound, NotPermitted, Conflict for a statutory term, InvalidAnswers for a day that cannot be.
    """
    task, case, _state = held_task(work, ref)
    may_set_due(work, task, case, bonds.of(work, task, case), day)
    at = end_of_day(day, rules.current(work).calendar)
    was = task.due_at
    due = {"source": "internal", "kind": rules.INTERNAL, "set_on": work.today.isoformat()}
    line.change(work, task, due=due, due_at=at, limit_kind=rules.INTERNAL)
    body = {"step": task.step_id, "was": was.isoformat() if was is not None else "", "day": day.isoformat()}
    journal.of_case(work, case.ref, "task.due_set", task.ref, body)
    return task


def may_set_due(work: Work, task: HumanTask, case: Case, bond: Bond, day: date) -> None:
    """Raises NotPermitted, Conflict, InvalidAnswers."""
    held.must_go_on(case)
    if life.SUPERVISOR not in bond.relations:
        raise NotPermitted(_("Setting a due day is for the head of the office."), task=task.ref)
    if task.state not in OPEN:
        raise Conflict(_("The case moved on; this task is not needed any more."), task=task.ref)
    if task.limit_kind == rules.STATUTORY:
        raise Conflict(_("Its term is set by law; only a stop or an extension with its own reason moves it."))
    if day < work.today:
        raise InvalidAnswers({"day": _("This day is over. Choose a later one.")})
    at = end_of_day(day, rules.current(work).calendar)
    if case.due_at is not None and at > case.due_at:
        raise InvalidAnswers({"day": _("The case itself is due on %(day)s.", day=line.local_time(case.due_at))})
    if task.state == SUSPENDED and task.suspended_until is not None and at <= task.suspended_until:
        raise InvalidAnswers({"day": _("The task is put off until a later day.")})
    if task.due_at == at:
        raise Conflict(_("It is due on that day already."), task=task.ref)
