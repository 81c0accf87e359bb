"""All open tasks of a process given the newer revision of their forms: a batch that can be undone (decision 0035)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from domain.cases import Case
from domain.errors import Conflict, NotFound
from domain.text import gettext as _
from domain.work import Work
from tasks.batches import batches
from tasks.batches.batches import Verdict
from tasks.desk import form_switching
from tasks.rows.models import OPEN, HumanTask
from workflows import definitions, form_revisions
from workflows.definitions import Definition
from workflows.instances import CaseState

KIND = "forms"


@dataclass(frozen=True, slots=True)
class Behind:
    """Open tasks of a step that have an older revision of a form. digest, newest: of the forms."""

    step_id: str
    name: str
    name_en: str
    key: str
    digest: str
    newest: str
    tasks: int


def behind(work: Work, process: str) -> list[Behind]:
    """Which open tasks of a process could take a newer form, by step and form; most first.

    One SELECT over its cases, by ix_case_state_definition_id and the key of a case's tasks.
    """
    grouped = (CaseState.definition_id, HumanTask.step_id, HumanTask.form_key, HumanTask.form_digest)
    rows = work.session.execute(
        select(*grouped, func.min(HumanTask.name), func.min(HumanTask.name_en), func.count())
        .join(CaseState, CaseState.case_id == HumanTask.case_id)
        .where(HumanTask.process == process, HumanTask.state.in_(OPEN))
        .group_by(*grouped)
    )
    found: dict[tuple[str, str, str], Behind] = {}
    for key, step_id, form_key, digest, name, name_en, count in rows.all():
        latest = form_revisions.newest(work, definitions.by_id(work, key), form_key).digest
        if latest != digest:
            place = (step_id, digest, latest)
            before = found[place].tasks if place in found else 0
            found[place] = Behind(step_id, name, name_en, form_key, digest, latest, before + count)
    return sorted(found.values(), key=lambda one: (-one.tasks, one.step_id))


def cases_behind(work: Work, process: str, rows: Sequence[Behind]) -> list[str]:
    """Refs of the cases with such tasks, in the order of their keys."""
    wanted = sorted({one.digest for one in rows})
    found = select(Case.id, Case.ref).join(HumanTask, HumanTask.case_id == Case.id)
    found = found.where(
        HumanTask.process == process, HumanTask.state.in_(OPEN), HumanTask.form_digest.in_(wanted),
        HumanTask.step_id.in_(sorted({one.step_id for one in rows})),
    )  # fmt: skip
    return [ref for _key, ref in work.session.execute(found.distinct().order_by(Case.id))]


def _case(work: Work, ref: str, *, lock: bool = False) -> tuple[Case, Definition]:
    wanted = select(Case).where(Case.ref == ref)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    case = work.session.scalars(wanted).first()
    state = work.session.get(CaseState, case.id, with_for_update=lock or None) if case is not None else None
    if case is None or state is None:
        raise NotFound(_("There is no such case."))
    return case, definitions.by_id(work, state.definition_id)


def _tasks(work: Work, case: Case, params: Mapping[str, Any], *, lock: bool = False) -> Sequence[HumanTask]:
    wanted = select(HumanTask).where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN)).order_by(HumanTask.id)
    if params.get("steps"):
        wanted = wanted.where(HumanTask.step_id.in_(list(params["steps"])))
    return work.session.scalars(wanted.with_for_update() if lock else wanted).all()


def _judge(work: Work, case_ref: str, params: Mapping[str, Any]) -> Verdict:
    case, definition = _case(work, case_ref)
    tasks = _tasks(work, case, params)
    if any(form_revisions.newest(work, definition, one.form_key).digest != one.form_digest for one in tasks):
        return Verdict(batches.OK, _("Its open tasks take the newer form; what was typed stays."))
    return Verdict(batches.CANNOT, _("Its open tasks have the newest version of their forms."))


def _act(work: Work, case_ref: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    case, definition = _case(work, case_ref, lock=True)
    was = [(task, task.form_digest) for task in _tasks(work, case, params, lock=True)]
    taken = [[task.ref, before] for task, before in was if form_switching.take_newest(work, case, task, definition)]
    if not taken:
        raise Conflict(_("Its open tasks have the newest version of their forms."))
    return {"tasks": taken, "to": {task.ref: task.form_digest for task, _before in was}}


def _undo(work: Work, case_ref: str, params: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    case, _definition = _case(work, case_ref, lock=True)
    tasks = {one.ref: one for one in _tasks(work, case, params, lock=True)}
    back = [(tasks[ref], before) for ref, before in kept["tasks"]
            if ref in tasks and tasks[ref].form_digest == kept["to"][ref]]  # fmt: skip
    if not back:
        raise Conflict(_("Its tasks went on since; they keep the form."))
    for task, before in back:
        form_switching.put(work, case, task, before)


def register_all() -> None:
    """Make the kind known to the program that calls this; saying so twice does no harm."""
    batches.register(KIND, _judge, _act, _undo, title=_("Give open tasks the newer form"), action="process.migrate",
                     everywhere=True)  # fmt: skip
