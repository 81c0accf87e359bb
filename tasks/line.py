"""Bringing human tasks, wake-ups and the case's stage into line with what the process now waits for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm.attributes import set_committed_value

from domain import agenda, finding
from domain import rules as policies
from domain.agenda import AgendaItem
from domain.base import new_ref
from domain.cases import Case, enter_stage
from domain.clock import OFFICE_ZONE
from domain.errors import OperationFailed, Stale
from domain.prepared import Prepared
from domain.text import gettext as _
from domain.work import Work
from tasks import assigning, closing, inbox_columns
from tasks.rows.models import (
    COMPLETED,
    CREATED,
    ERROR,
    EXITED,
    NORMAL,
    OPEN,
    READY,
    SUSPENDED,
    HumanTask,
    TaskComment,
    TaskDraft,
)
from tasks.services import subject_of
from workflows import form_revisions
from workflows.engine import HumanStep
from workflows.instances import Instance
from workflows.steps import StepSpec
from workflows.waits import Woken

DEPARTMENT_ROLES = ("department_clerk", "department_head")
ARCHIVIST = "archivist"
AGENCY_ROLES = ("agency_checker", "agency_handler", "agency_reviewer", ARCHIVIST)
TOWN_ROLES = ("town_post",)
LATE_SECONDS = 60
# the columns of a task that nobody holds; of one that the case left behind
FREE: Mapping[str, Any] = {
    "assignee_id": None, "held_for": None, "owner_id": None, "claimed_at": None, "started_at": None,
}  # fmt: skip
GONE: Mapping[str, Any] = {
    "state": EXITED, "assignee_id": None, "held_for": None, "owner_id": None, "prior_state": "",
    "suspended_until": None,
}  # fmt: skip


def freed(task: HumanTask) -> dict[str, Any]:
    """The columns of an open task that is taken from its holder; one that was put off comes back to be claimed."""
    if task.state == ERROR:
        return dict(FREE)  # what is wrong with it is wrong for everybody
    return {**FREE, "prior_state": READY} if task.state == SUSPENDED else {**FREE, "state": READY}


@dataclass(frozen=True, slots=True)
class Opened:
    """A task that was opened."""

    ref: str
    step_id: str


def bring_into_line(work: Work, instance: Instance) -> list[Opened]:
    """Open a task for each new waiting step, make the others obsolete, plan the case's wake-ups.

    Returns the tasks it opened, in the order of the process. What was there before the move is known from the state
    it began with; the rows are asked only where that is not so. A move of one item among a thousand therefore touches
    one row.
    """
    waiting = instance.run.human_steps()
    before = instance.before.people if instance.before is not None else _standing(work, instance.case.id)
    gone = before - {step.token for step in waiting} - instance.settled
    if gone:
        work.session.execute(
            update(HumanTask)
            .where(HumanTask.case_id == instance.case.id, HumanTask.token.in_(sorted(gone)), HumanTask.state.in_(OPEN))
            .values(**GONE, version=HumanTask.version + 1)
        )
    if gone or instance.settled:
        closing.close(work, instance.case, gone | instance.settled)
    opened = _open(work, instance, [step for step in waiting if step.token not in before])
    inbox_columns.follow(work, instance, [one.ref for one in opened], left=bool(gone or instance.settled))
    _plan_wakes(work, instance)
    _enter_stages(work, instance, opened)
    return opened


def _standing(work: Work, case_id: int) -> frozenset[str]:
    """Tokens of the open tasks of a case."""
    return frozenset(
        work.session.scalars(select(HumanTask.token).where(HumanTask.case_id == case_id, HumanTask.state.in_(OPEN)))
    )


# written once: composing a statement costs more than sending it
_TASK = Prepared(
    insert(HumanTask),
    (
        "ref", "case_id", "process", "step_id", "token", "name", "name_en", "role", "org_id", "form_key",
        "form_digest", "item", "subject", "state", "version", "opened_at", "due", "due_at", "limit_kind", "round",
        "draft", "draft_at", "priority", "skill", "town_id", "narrowed", "people", "prior_state", "assignee_id",
        "claimed_at",
    ),
)  # fmt: skip


@cache
def _change(columns: tuple[str, ...]) -> Prepared:
    """The statement that writes these columns of a task, unless it has another version by now."""
    wanted = update(HumanTask).where(HumanTask.id == bindparam("task"), HumanTask.version == bindparam("seen"))
    return Prepared(wanted.values({name: bindparam(name) for name in columns}))


def change(work: Work, task: HumanTask, **values: Any) -> None:
    """Write columns of a task that is locked, under its next version. Raises Stale when it has another one by now."""
    values["version"] = task.version + 1
    if task in work.session.dirty:
        work.session.flush()
    done = _change(tuple(values)).send(work.connection, {"task": task.id, "seen": task.version, **values})
    if done != 1:
        raise Stale(_("This task changed while you were looking at it. Open it again."), task=task.ref)
    for name, value in values.items():
        set_committed_value(task, name, value)
    if "draft" in values and task.draft_revision:  # it is over: what other windows typed is not needed any more
        work.session.execute(delete(TaskDraft).where(TaskDraft.task_id == task.id))


def _enter_stages(work: Work, instance: Instance, opened: Sequence[Opened]) -> None:
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


def _open(work: Work, instance: Instance, steps: Sequence[HumanStep]) -> list[Opened]:
    """Write the tasks of these steps, all at once."""
    if not steps:
        return []
    again = {step.step_id for step in steps} & instance.run.done().keys()  # a step never done has no earlier answers
    earlier = _earlier(work, instance.case.id, again) if again else {}
    rows = [task_row(work, instance, step, earlier) for step in steps]
    told = assigning.place(work, instance.case, instance.definition.diagram.steps, rows)
    work.session.flush()
    _TASK.send_all(work.connection, rows)
    assigning.journal_all(work, instance.case.ref, told)
    return [Opened(row["ref"], row["step_id"]) for row in rows]


# nobody had it in hand yet
UNTOUCHED: Mapping[str, Any] = {
    "assignee_id": None,
    "claimed_at": None,
    "narrowed": False,
    "people": False,
    "prior_state": "",
    "draft": None,
    "draft_at": None,
}


def task_row(
    work: Work, instance: Instance, waiting: HumanStep, earlier: Mapping[tuple[str, str], Earlier]
) -> dict[str, Any]:
    """The columns of the task of a waiting step; what was answered there before comes back as its draft."""
    step = instance.definition.diagram.steps[waiting.step_id]
    case, subject = instance.case, subject_of(waiting.item)
    due = due_of(work, case, step)
    before = earlier.get((step.id, subject))
    row: dict[str, Any] = {
        "ref": new_ref(),
        "case_id": case.id,
        "process": case.process,
        "step_id": step.id,
        "token": waiting.token,
        "name": step.name,
        "name_en": step.name_en or step.name,
        "role": step.roles[0],
        "org_id": office_of(case, step.roles[0]),
        "form_key": step.form,
        "form_digest": form_revisions.newest(work, instance.definition, step.form).digest,
        "item": waiting.item if isinstance(waiting.item, dict) else None,
        "subject": subject,
        "state": CREATED if step.properties.get("nominate", "") == "yes" else READY,
        "version": 1,
        "priority": int(step.properties.get("priority", "") or NORMAL),
        "skill": step.properties.get("skill", ""),
        "town_id": case.town_id,
        "opened_at": work.now,
        "due": due.derivation,
        "due_at": due.at,
        "limit_kind": due.kind,
        "round": before.round + 1 if before else 1,
        **UNTOUCHED,
    }
    if before is not None and before.answers is not None and step.properties.get("prefill", "yes") != "no":
        row |= _prefilled(work, row["ref"], before.ref, before.answers)
    return row


def _prefilled(work: Work, ref: str, before: str, sealed: bytes) -> dict[str, Any]:
    """The draft of a correction: it starts from what was answered before, not from nothing."""
    answers = work.home.vault.open_json("human_task.answers", before, sealed)
    return {"draft": work.home.vault.seal_json("human_task.draft", ref, answers), "draft_at": work.now}


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest completed task of a step and subject."""

    ref: str
    round: int
    answers: bytes | None


def _earlier(work: Work, case_id: int, steps: Collection[str]) -> dict[tuple[str, str], Earlier]:
    """By step and subject. Of each only the newest row is read, however often the step was done."""
    newest = (
        select(func.max(HumanTask.id))
        .where(HumanTask.case_id == case_id, HumanTask.step_id.in_(sorted(steps)), HumanTask.state == COMPLETED)
        .group_by(HumanTask.step_id, HumanTask.subject)
    )
    rows = work.session.execute(
        select(HumanTask.step_id, HumanTask.subject, HumanTask.ref, HumanTask.round, HumanTask.answers).where(
            HumanTask.id.in_(newest)
        )
    )
    return {(step, subject): Earlier(ref, number, answers) for step, subject, ref, number, answers in rows}


def due_of(work: Work, case: Case, step: StepSpec, start: datetime | None = None) -> policies.Due:
    """The task's own term (property `term`) from `start` (default: now), or the case's (property `case-limit`)."""
    key = step.properties.get("term", "")
    if key:
        return policies.due(work, case, key, start, fallback=step.properties.get("term-internal", ""))
    if case.due_at is not None and step.properties.get("case-limit", "") == "true":
        return policies.Due(case.due_at, case.due, str((case.due or {}).get("kind", policies.STATUTORY)))
    return policies.NO_LIMIT


def _plan_wakes(work: Work, instance: Instance) -> None:
    """One agenda item a waiting timer; items of timers that are gone are forgotten."""
    ref = instance.case.ref
    wanted = {f"wake:{ref}:{timer.token}": timer.due_at for timer in instance.run.timers()}
    known = _planned(work, instance)
    gone = {key for key, at in known.items() if wanted.get(key) != at}
    if gone:
        _forget(work, gone)
    for key in wanted.keys() - (known.keys() - gone):
        agenda.put(work, "case.wake", key, wanted[key], subject=ref)


def _planned(work: Work, instance: Instance) -> dict[str, datetime]:
    """The wake-ups planned before the move, by key."""
    ref = instance.case.ref
    if instance.before is not None:
        waits = instance.before.waits.items()
        return {f"wake:{ref}:{token}": at for (kind, token, _n), (_s, _c, at) in waits if kind == "timer" and at}
    rows = work.session.execute(
        select(AgendaItem.key, AgendaItem.due_at).where(
            AgendaItem.subject == ref, AgendaItem.kind == "case.wake", AgendaItem.done_at.is_(None)
        )
    )
    return {key: at for key, at in rows}  # noqa: C416  dict() takes a Result for a mapping


def _forget(work: Work, keys: Collection[str]) -> None:
    """Forget planned items, but for those being carried out at this moment: their process holds the row and waits for
    this case; it will then find nothing to wake."""
    free = (
        select(AgendaItem.id)
        .where(AgendaItem.key.in_(sorted(keys)), AgendaItem.done_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    work.session.execute(delete(AgendaItem).where(AgendaItem.id.in_(free)))


def of_timers(work: Work, woken: Sequence[Woken]) -> dict[str, Any]:
    """What the journal keeps of timers that came due; of late ones by how much and what became of missed rounds."""
    body: dict[str, Any] = {"steps": sorted({one.step_id for one in woken})}
    late = max((work.now - one.planned_at).total_seconds() for one in woken)
    if late >= LATE_SECONDS:
        body |= {"late_s": round(late), "planned": min(one.planned_at for one in woken).isoformat()}
    passed = sum(one.passed_over for one in woken)
    if passed:
        body |= {"passed_over": passed, "catch_up": sorted({one.catch_up for one in woken if one.passed_over})}
    return body


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
    finding.learn_note(work, case.id, task.org_id, text)
    return row.ref


def local_time(instant: datetime | None) -> str:
    """Day and time in the office's zone, for sentences."""
    return instant.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M") if instant is not None else ""
