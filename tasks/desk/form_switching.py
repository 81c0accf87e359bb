"""An open task and a newer revision of its form: what changed, and taking it with all that was typed (decision 0035).

One task is switched by whoever holds it; all open tasks of a process by a process owner (`tasks.repair.form_moves`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain import journal
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers
from domain.text import gettext as _
from domain.work import Work
from tasks import form_facts, inbox_columns, life, line, pinned_forms, rules, words
from tasks.desk import drafts
from tasks.rows.models import OPEN, HumanTask
from workflows import compare_forms, definitions, form_revisions
from workflows.compare_parts import Change
from workflows.definitions import Definition
from workflows.forms import FormSpec


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that the newer form does not take: where it stands, what it says (S3), why."""

    label: str
    said: str = field(repr=False)
    why: object


@dataclass(frozen=True, slots=True)
class Newer:
    """A newer revision of the form of an open task. kept: what was typed and has to be changed by hand."""

    changes: Sequence[Change]
    kept: Sequence[Kept] = field(repr=False)


def newer(
    work: Work, task: HumanTask, definition: Definition, form: FormSpec, values: Mapping[str, Any],
    names: words.Names, *, english: bool,
) -> Newer | None:  # fmt: skip
    """What a newer revision would bring to a task; None when it has the newest. Two SELECTs where there is one."""
    if task.state not in OPEN:
        return None
    latest = form_revisions.newest(work, definition, task.form_key)
    if latest.digest == task.form_digest:
        return None
    changes = changes_of(work, task.form_key, task.form_digest, latest.digest, english=english)
    return Newer(changes, tuple(_not_taken(work, task, form, latest, values, names, english)))


def changes_of(work: Work, key: str, old: str, new: str, *, english: bool) -> tuple[Change, ...]:
    """What differs between two revisions of a form, in words."""
    found = form_revisions.sources(work, [old, new])
    before, after = (compare_forms.load(found[digest]) for digest in (old, new))
    read = compare_forms.read_both(before, after)
    return tuple(compare_forms.FormWords(*read, form_revisions.path_of(key), key, "", english).changes())


def _not_taken(
    work: Work, task: HumanTask, form: FormSpec, latest: FormSpec, values: Mapping[str, Any], names: words.Names,
    english: bool,
) -> Iterator[Kept]:  # fmt: skip
    """Values that the newer form refuses and the older did not, in the order of the form."""
    wrong = _refused(work, task, latest, values)
    known = _refused(work, task, form, values)
    # in the words of the form they were given on: the newer one may have none for them
    for path, label, said in words.cells(form, values, names, english=english):
        if path in wrong and path not in known and said:
            yield Kept(label, said, wrong[path])


def _refused(work: Work, task: HumanTask, form: FormSpec, values: Mapping[str, Any]) -> Mapping[str, object]:
    given = {one.key: values[one.key] for one in form.inputs if one.key in values}
    try:
        form.clean(given, now=form_facts.instant(work), files=form_facts.of_case(work, task.case_id, form))
    except InvalidAnswers as refusal:
        return refusal.fields
    return {}


def switch(work: Work, ref: str) -> HumanTask:
    """Take the newer revision for a task that the actor holds; what was typed, marked and handed in stays as it is.

    Raises NotFound, NotPermitted, Conflict when it has the newest.
    """
    task, case, state = rules.held_task(work, ref)
    rules.must_hold(work, task, case, life.DRAFT)
    definition = definitions.by_id(work, state.definition_id)
    if not take_newest(work, case, task, definition):
        raise Conflict(_("The task has the newest version of its form."), task=task.ref)
    return task


def take_newest(work: Work, case: Case, task: HumanTask, definition: Definition) -> bool:
    """Give a locked task the newest revision that fits. False when it has it."""
    latest = form_revisions.newest(work, definition, task.form_key).digest
    if latest == task.form_digest:
        return False
    put(work, case, task, latest)
    return True


def put(work: Work, case: Case, task: HumanTask, digest: str) -> None:
    """Give a locked task this revision, journalled; its draft stays as it is to the byte."""
    body = {"step": task.step_id, "from": task.form_digest, "to": digest}
    line.change(work, task, form_digest=digest)
    if task.draft is not None:
        inbox_columns.keep(work, task, pinned_forms.form_of(work, task), drafts.of(work, task))
    journal.of_case(work, case.ref, "task.form_switched", task.ref, body)
