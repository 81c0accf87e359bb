"""Return for correction: which fields of an earlier form are wrong, why, and what became of them.

A step that checks others (it may not be done by who did them: `separate-from`) offers their answers for marking. The
marks belong to the task that opens again for it; whoever does it finds each note beside its field and the earlier
answers filled in, and the checker sees next time what changed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from domain import journal
from domain.cases import Case
from domain.errors import InvalidAnswers
from domain.parties.accounts import Account
from domain.text import Name
from domain.text import gettext as _
from domain.work import Work
from tasks import pinned_forms, rules, words
from tasks.cases import followed
from tasks.rows.mark_models import TaskMark
from tasks.rows.models import COMPLETED, HumanTask
from tasks.terms import notifications
from workflows import definitions
from workflows.definitions import Definition

MARKS = "_marks"  # beside the draft of the checking step: step -> path -> [code of a standard reason, words]
MOST = 60
Given = Mapping[str, Mapping[str, str]]  # step -> path -> why


@dataclass(frozen=True, slots=True)
class Mark:
    """A field to be corrected, as it is shown beside it (S3)."""

    note: str = field(repr=False)
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One answer at an earlier step. before: what it was the round before, None where nothing changed (S3)."""

    path: str
    label: str
    said: str = field(repr=False)
    before: str | None = field(default=None, repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """What somebody answered at a step that is checked now."""

    step: str
    name: str
    name_en: str
    who: str
    at: datetime
    round: int
    lines: Sequence[Change] = field(repr=False)

    @property
    def changed(self) -> Sequence[Change]:
        """What is different since the last round, and what was marked then and is as it was."""
        return [one for one in self.lines if one.before is not None or one.note]


def standing(work: Work, ref: str) -> dict[str, Mark]:
    """The marks of a task by path. Only for a task that the actor may see. Uses uq_task_mark_task_id_path."""
    rows = work.session.execute(
        select(TaskMark, Account.name)
        .join(HumanTask, HumanTask.id == TaskMark.task_id)
        .join(Account, Account.id == TaskMark.marked_by)
        .where(HumanTask.ref == ref, rules.task_scope(work.actor))
    )
    return {one.path: Mark(_note(work, one), who, one.marked_at) for one, who in rows}


def checked(work: Work, ref: str, names: words.Names, *, english: bool) -> list[Checked]:
    """What the actor checks at this task, step by step, with what changed since the round before. Three SELECTs."""
    task, case, state = rules.seen_task(work, ref)
    definition = definitions.by_id(work, state.definition_id)
    step = definition.diagram.steps.get(task.step_id)
    wanted = [one for one in (step.separate_from if step is not None else ()) if one in definition.diagram.steps]
    if not wanted:
        return []
    found: dict[str, list[tuple[HumanTask, str]]] = {}
    for row, who in _rounds(work, case, wanted):
        if followed.may_follow(work.actor, row.role, followed.stage_of(definition, row)):
            found.setdefault(row.step_id, []).append((row, who))
    notes = _notes(work, [rounds[0][0].id for rounds in found.values()])
    return [
        _checked(work, definition, rounds, notes.get(rounds[0][0].id, {}), names, english)
        for rounds in found.values()
    ]  # fmt: skip


def _rounds(work: Work, case: Case, steps: Sequence[str]) -> Iterator[tuple[HumanTask, str]]:
    """Completed tasks of these steps, newest first; of a step that is done for several subjects none."""
    rows = work.session.execute(
        select(HumanTask, Account.name)
        .join(Account, Account.id == HumanTask.completed_by)
        .where(
            HumanTask.case_id == case.id, HumanTask.step_id.in_(steps), HumanTask.state == COMPLETED,
            HumanTask.subject == "",
        )
        .order_by(HumanTask.id.desc())
        .limit(2 * MOST)
    )  # fmt: skip
    for row in rows:
        yield row[0], row[1]


def _checked(
    work: Work, definition: Definition, rounds: Sequence[tuple[HumanTask, str]], notes: Mapping[str, str],
    names: words.Names, english: bool,
) -> Checked:  # fmt: skip
    (task, who), *earlier = rounds
    form = pinned_forms.form_of(work, task, definition)
    now = list(words.cells(form, followed.answers_of(work, task), names, english=english))
    was: dict[str, str] | None = None
    if earlier:
        # in the words of today's form: another label alone is no change of an answer
        before = list(words.cells(form, followed.answers_of(work, earlier[0][0]), names, english=english))
        was = {path: said for path, _label, said in before}
        here = {path for path, _label, _said in now}
        now += [(path, label, "") for path, label, said in before if path not in here]
    lines = []
    for path, label, said in now:
        old = None if was is None or was.get(path, "") == said else was.get(path, "")
        lines.append(Change(path, label, said, old, notes.get(path, "")))
    at = task.completed_at or task.opened_at
    return Checked(task.step_id, task.name, task.name_en, who, at, task.round, tuple(lines))


def record(work: Work, ref: str, given: Given, opened: Sequence[str]) -> int:
    """Keep the marks made at a task that has just been completed, at the tasks that opened again. Returns how many.

    given: step -> path -> why; opened: refs of the tasks that the move opened. Part of the move's transaction.
    Raises InvalidAnswers where a mark has no reason, is of no field, or its step does not open again.
    """
    wanted = {step: paths for step, paths in given.items() if paths}
    if not wanted:
        return 0
    task, case, state = rules.seen_task(work, ref)
    definition = definitions.by_id(work, state.definition_id)
    again = {
        one.step_id: one
        for one in work.session.scalars(
            select(HumanTask).where(HumanTask.ref.in_(opened), HumanTask.case_id == case.id)
        )
    }
    step = definition.diagram.steps[task.step_id]
    kept = 0
    for name, paths in wanted.items():
        target = again.get(name)
        if name not in step.separate_from or target is None:
            spec = definition.diagram.steps.get(name)
            said = Name(spec.name, spec.name_en) if spec is not None else name[:48]
            raise InvalidAnswers({MARKS: _(
                "Fields of “%(step)s” are marked, but this answer does not send the case back there. Send it back, or"
                " take the marks away.", step=said)})  # fmt: skip
        kept += _keep(work, task, target, definition, paths)
    journal.of_case(work, case.ref, "task.marked", task.ref, {"fields": kept, "steps": sorted(wanted)})
    return kept


def _keep(
    work: Work, task: HumanTask, target: HumanTask, definition: Definition, paths: Mapping[str, str]
) -> int:  # fmt: skip
    form = pinned_forms.form_of(work, target, definition)
    before = _last(work, target)
    known = {path for path, _label, _said in words.cells(form, before, words.Names(), english=False, empty=True)}
    for path, why in paths.items():
        if path not in known or len(paths) > MOST:
            raise InvalidAnswers({MARKS: _("This form has no such field.")})
        if not why.strip():
            raise InvalidAnswers({MARKS: _("Say of every field that you mark what is wrong with it.")})
        row = TaskMark(
            task_id=target.id, path=path, note=b"", marked_in=task.id, marked_by=work.actor.person(), marked_at=work.now
        )
        work.session.add(row)
        work.session.flush()
        row.note = work.home.vault.seal("task_mark.note", row.ref, why.strip())
    notifications.notify(
        work, [one for one in (_done_by(work, target),) if one is not None], "task.returned",
        key=f"returned:{target.ref}", task=target,
    )  # fmt: skip
    return len(paths)


def _last(work: Work, target: HumanTask) -> dict[str, Any]:
    """What was answered the last time at the step of a task."""
    task = work.session.scalars(_before(target)).first()
    return followed.answers_of(work, task) if task is not None else {}


def _done_by(work: Work, target: HumanTask) -> int | None:
    task = work.session.scalars(_before(target)).first()
    return task.completed_by if task is not None else None


def _before(target: HumanTask) -> Any:
    return (
        select(HumanTask)
        .where(
            HumanTask.case_id == target.case_id, HumanTask.step_id == target.step_id,
            HumanTask.subject == target.subject, HumanTask.state == COMPLETED,
        )
        .order_by(HumanTask.id.desc())
        .limit(1)
    )  # fmt: skip


def _notes(work: Work, tasks: Sequence[int]) -> dict[int, dict[str, str]]:
    """The notes under which these tasks were done, by path."""
    found: dict[int, dict[str, str]] = {}
    for one in work.session.scalars(select(TaskMark).where(TaskMark.task_id.in_(tasks))):
        found.setdefault(one.task_id, {})[one.path] = _note(work, one)
    return found


def _note(work: Work, mark: TaskMark) -> str:
    return work.home.vault.open("task_mark.note", mark.ref, mark.note)
