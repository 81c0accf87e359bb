"""Bringing human tasks, wake-ups and the case's stage into line with what the process now waits for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from domain import agenda
from domain import rules as policies
from domain.agenda import AgendaItem
from domain.cases import Case, enter_stage
from domain.clock import OFFICE_ZONE
from domain.errors import OperationFailed
from domain.text import gettext as _
from domain.work import Work
from tasks.models import COMPLETED, OBSOLETE, OPEN, READY, HumanTask, TaskComment
from tasks.services import subject_of
from workflows.engine import HumanStep
from workflows.instances import Instance
from workflows.steps import StepSpec

DEPARTMENT_ROLES = ("department_clerk", "department_head")
ARCHIVIST = "archivist"
AGENCY_ROLES = ("agency_checker", "agency_handler", "agency_reviewer", ARCHIVIST)
TOWN_ROLES = ("town_post",)


def bring_into_line(work: Work, instance: Instance) -> list[HumanTask]:
    """Open a task for each new waiting step, make the others obsolete, plan the case's wake-ups.

    Returns the tasks it opened, in the order of the process.
    """
    case = instance.case
    waiting = {step.token: step for step in instance.run.human_steps()}
    standing = {
        task.token: task
        for task in work.session.scalars(
            select(HumanTask).where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN))
        )
    }
    for token, task in standing.items():
        if token not in waiting:
            task.state, task.assignee_id, task.version = OBSOLETE, None, task.version + 1
    opened = [_open(work, instance, step) for token, step in waiting.items() if token not in standing]
    work.session.flush()
    _plan_wakes(work, instance)
    _enter_stages(work, instance, opened)
    return opened


def _enter_stages(work: Work, instance: Instance, opened: Sequence[HumanTask]) -> None:
    """The stages of what was done (also by the program alone) and of the first task that opened, in that order."""
    steps = instance.definition.diagram.steps
    passed = [steps[step_id].properties.get("stage", "") for step_id in instance.run.done()]
    reached = [stage for stage in passed if stage and stage not in instance.case.stage_times]
    reached += [steps[task.step_id].properties.get("stage", "") for task in opened[:1]]
    for stage in filter(None, reached):
        enter_stage(work, instance.case, stage)


def office_of(case: Case, role: str) -> int:
    """The office whose people a role of a case means. Raises OperationFailed for a case without that office."""
    if role in DEPARTMENT_ROLES or (role == ARCHIVIST and case.commissioned_at is None):
        return case.department_id  # a file that no agency was commissioned with is none of its business (BX-42)
    if role in AGENCY_ROLES:
        return case.agency_id
    if role in TOWN_ROLES and case.town_id is not None:
        return case.town_id
    raise OperationFailed(_("This case has no office for the role %(role)s.", role=role), role=role)


def _open(work: Work, instance: Instance, waiting: HumanStep) -> HumanTask:
    step = instance.definition.diagram.steps[waiting.step_id]
    case, subject = instance.case, subject_of(waiting.item)
    due = _due(work, case, step)
    earlier = _earlier(work, case, step, subject)
    task = HumanTask(
        case_id=case.id,
        process=case.process,
        step_id=step.id,
        token=waiting.token,
        name=step.name,
        name_en=step.name_en or step.name,
        role=step.roles[0],
        org_id=office_of(case, step.roles[0]),
        form_key=step.form,
        form_digest=instance.definition.form(step.form).digest,
        item=waiting.item if isinstance(waiting.item, dict) else None,
        subject=subject,
        state=READY,
        opened_at=work.now,
        due=due.derivation,
        due_at=due.at,
        limit_kind=due.kind,
        round=earlier.round + 1 if earlier else 1,
    )
    work.session.add(task)
    work.session.flush()
    if earlier is not None and earlier.answers is not None and step.properties.get("prefill", "yes") != "no":
        # what was answered before comes back as the draft: a correction starts from it, not from nothing
        answers = work.home.vault.open_json("human_task.answers", earlier.ref, earlier.answers)
        task.draft = work.home.vault.seal_json("human_task.draft", task.ref, answers)
        task.draft_at = work.now
    return task


def _earlier(work: Work, case: Case, step: StepSpec, subject: str) -> HumanTask | None:
    return work.session.scalars(
        select(HumanTask)
        .where(
            HumanTask.case_id == case.id,
            HumanTask.step_id == step.id,
            HumanTask.subject == subject,
            HumanTask.state == COMPLETED,
        )
        .order_by(HumanTask.id.desc())
        .limit(1)
    ).first()


def _due(work: Work, case: Case, step: StepSpec) -> policies.Due:
    """The task's own term (property `term`), or the case's limit where the step carries property `case-limit`."""
    key = step.properties.get("term", "")
    if key:
        return policies.due(work, case, key, fallback=step.properties.get("term-internal", ""))
    if case.due_at is not None and step.properties.get("case-limit", "") == "true":
        return policies.Due(case.due_at, case.due, str((case.due or {}).get("kind", policies.STATUTORY)))
    return policies.NO_LIMIT


def _plan_wakes(work: Work, instance: Instance) -> None:
    """One agenda item a waiting timer; items of timers that are gone are forgotten."""
    case = instance.case
    wanted = {f"wake:{case.ref}:{timer.token}": timer.due_at for timer in instance.run.timers()}
    known = set(
        work.session.scalars(
            select(AgendaItem.key).where(
                AgendaItem.subject == case.ref, AgendaItem.kind == "case.wake", AgendaItem.done_at.is_(None)
            )
        )
    )
    gone = known - wanted.keys()
    if gone:
        work.session.execute(delete(AgendaItem).where(AgendaItem.key.in_(gone), AgendaItem.done_at.is_(None)))
    for key in wanted.keys() - known:
        agenda.put(work, "case.wake", key, wanted[key], subject=case.ref)


def add_case_note(work: Work, case: Case, text: str) -> str:
    """Keep a reason as a comment on the newest task of a case; returns the comment's ref for the journal."""
    task = work.session.scalars(
        select(HumanTask).where(HumanTask.case_id == case.id).order_by(HumanTask.id.desc()).limit(1)
    ).first()
    if task is None or work.actor.user_id is None:
        return ""
    row = TaskComment(case_id=case.id, task_id=task.id, body=b"", written_by=work.actor.user_id, written_at=work.now)
    work.session.add(row)
    work.session.flush()
    row.body = work.home.vault.seal("task_comment.body", row.ref, text)
    return row.ref


def local_time(instant: datetime | None) -> str:
    """Day and time in the office's zone, for sentences."""
    return instant.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M") if instant is not None else ""
