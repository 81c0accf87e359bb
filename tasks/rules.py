"""Who may see and do what with a task: the permission table asked with the true relation and state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, null, or_, select, union_all

from domain import journal
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound, NotPermitted
from domain.files import StoredFile
from domain.journal import Head, JournalStream
from domain.parties import permissions
from domain.prepared import Prepared, as_read, columns
from domain.text import gettext as _
from domain.work import Actor, Work
from tasks import four_eyes
from tasks.models import COMPLETED, OPEN, RESERVED, HumanTask, TaskAttachment
from workflows import definitions
from workflows.definitions import DefinitionRow
from workflows.forms import FormSpec
from workflows.instances import CaseState
from workflows.steps import StepSpec


def task_scope(actor: Actor) -> ColumnElement[bool]:
    """The filter every list, count and look-up of tasks goes through.

    A person sees the tasks of her office whose role she holds, and those she holds or completed herself.
    Uses ix_human_task_inbox, ix_human_task_assignee, ix_human_task_done.
    """
    if actor.user_id is None or actor.org_id is None or not permissions.may(actor, "task.read"):
        return false()
    return _scope(actor.org_id, sorted(actor.roles), actor.user_id)


def _scope(org_id: object, roles: object, user_id: object) -> ColumnElement[bool]:
    own = and_(HumanTask.org_id == org_id, HumanTask.role.in_(roles))  # type: ignore[arg-type]  # values or parameters
    return or_(own, HumanTask.assignee_id == user_id, HumanTask.completed_by == user_id)


@cache
def _held(roles: int) -> Prepared:
    """A task, its case, where that stands, and by what its version and journal are known; of a person with so many
    roles. Written once: composing a statement costs more than sending it."""
    own: list[ColumnElement[Any]] = [bindparam(f"role{number}") for number in range(roles)] or [null()]
    task, case, state = columns(HumanTask), columns(Case), columns(CaseState)
    return Prepared(
        select(*task, *case, *state, DefinitionRow.ref, JournalStream.id, JournalStream.seq, JournalStream.head)
        .join_from(HumanTask, Case, Case.id == HumanTask.case_id)
        .join(CaseState, CaseState.case_id == Case.id)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .join(JournalStream, and_(JournalStream.kind == "case", JournalStream.subject == Case.ref))
        .where(HumanTask.ref == bindparam("ref"), _scope(bindparam("org"), own, bindparam("user")))
        .with_for_update(of=[Case, CaseState, HumanTask, JournalStream])
    )


def held_task(work: Work, ref: str) -> tuple[HumanTask, Case, CaseState]:
    """A task with its case and where the case stands, if the actor may see it: all three locked, and current.

    Everybody locks in this order: case, state, task, journal. Whoever began with the task would wait for a move that
    waits for the task. Raises NotFound.
    """
    actor = work.actor
    if actor.user_id is None or actor.org_id is None or not permissions.may(actor, "task.read"):
        raise NotFound(_("There is no such task for you."))
    asked = {"ref": ref, "org": actor.org_id, "user": actor.user_id}
    asked |= {f"role{number}": role for number, role in enumerate(sorted(actor.roles))}
    work.session.flush()
    # whoever waits here while the case is moved to another version finds no row that joins: a fresh look finds it
    statement = _held(len(actor.roles))
    row = statement.first(work.connection, asked) or statement.first(work.connection, asked)
    if row is None:
        raise NotFound(_("There is no such task for you."))
    values = iter(row)
    task = as_read(work.session, HumanTask, values)
    case, state = as_read(work.session, Case, values), as_read(work.session, CaseState, values)
    definition, *head = values
    definitions.recall(work, state.definition_id, definition)
    journal.recall(work, "case", case.ref, Head(*head))
    work.memory["held", ref] = (case, state)  # the session forgets rows that nobody holds
    return task, case, state


def visible_case(work: Work, ref: str) -> Case:
    """The case, if the actor may read it. Raises NotFound: a foreign case looks like none."""
    found = work.session.scalars(select(Case).where(Case.ref == ref, permissions.case_scope(work.actor))).first()
    if found is None:
        raise NotFound(_("There is no such case for you."))
    return found


def relation(actor: Actor, task: HumanTask) -> str:
    """What binds the actor to a task."""
    return permissions.relation_to_task(actor, role=task.role, org_id=task.org_id, assignee_id=task.assignee_id)


def state_of(task: HumanTask) -> str:
    """The permission table's word for a task's state."""
    return {"READY": "OPEN", "RESERVED": "CLAIMED"}.get(task.state, task.state)


def must_claim(work: Work, task: HumanTask) -> None:
    """The role is the actor's, and separation of duties allows it. Raises NotPermitted."""
    permissions.must(work.actor, "task.claim", relation(work.actor, task), state_of(task))
    must_be_separate(work, task)


def must_complete(work: Work, task: HumanTask) -> None:
    """Role and separation of duties, whoever holds the task. Raises NotPermitted.

    Holding and state are judged afterwards, so that the loser of a race is told who was faster.
    """
    if not work.actor.has(task.role):
        permissions.must(work.actor, "task.complete", permissions.NONE, state_of(task))
    must_be_separate(work, task)


def must_hold(work: Work, task: HumanTask, action: str) -> None:
    """The actor holds the task. Raises NotPermitted."""
    permissions.must(work.actor, action, relation(work.actor, task), state_of(task))


def must_cancel(work: Work, case: Case) -> None:
    """Raises NotPermitted."""
    permissions.must(work.actor, "case.cancel", permissions.relation_to_case(work.actor, case))


def must_be_separate(work: Work, task: HumanTask) -> None:
    """Four eyes: who completed a step that this one is declared separate from, or let it pass, may not do this one.

    The pairs stand on the step (`separate-from`, walls 7) and hold in both directions, also through a claim.
    Raises NotPermitted.
    """
    steps = _diagram_steps(work, task)
    others = four_eyes.others_of(steps, task.step_id)
    if not others:
        return
    names = four_eyes.names(work, task.case_id, others)
    did = select(HumanTask.step_id).where(
        HumanTask.case_id == task.case_id,
        HumanTask.step_id.in_(sorted(names)),
        HumanTask.state == COMPLETED,
        or_(HumanTask.completed_by == work.actor.user_id, HumanTask.done_for == work.actor.user_id),
    )
    let_pass = four_eyes.let_pass(task.case_id, names, work.actor.user_id)
    done = work.session.scalar(union_all(did, let_pass).limit(1))
    if done is not None:
        done = names.get(done, done)
        raise NotPermitted(
            _(
                "You completed “%(step)s” of this case; a second person has to do this step. Leave it to a colleague.",
                step=steps[done].name if done in steps else done,
            ),
            task=task.ref,
        )


def must_own_files(work: Work, task: HumanTask, form: FormSpec, clean: Mapping[str, Any]) -> None:
    """Every file an answer names was handed in with this task or earlier in this case. Raises InvalidAnswers."""
    named = dict(_named_files(form, clean))
    if not named:
        return
    known = set(
        work.session.scalars(
            select(StoredFile.ref).where(StoredFile.ref.in_(named.keys()), StoredFile.case_id == task.case_id)
        )
    )
    missing = {field: _("Upload the file first.") for ref, field in named.items() if ref not in known}
    if missing:
        raise InvalidAnswers(missing)


def attachments(work: Work, task: HumanTask) -> list[StoredFile]:
    """Files handed in with a task, oldest first."""
    return list(
        work.session.scalars(
            select(StoredFile)
            .join(TaskAttachment, TaskAttachment.file_id == StoredFile.id)
            .where(TaskAttachment.task_id == task.id)
            .order_by(TaskAttachment.id)
        )
    )


def is_mine(task: HumanTask, actor: Actor) -> bool:
    """True when the actor holds the open task."""
    return task.state == RESERVED and task.assignee_id == actor.user_id


def is_open(task: HumanTask) -> bool:
    """True while somebody still has to do it."""
    return task.state in OPEN


def _diagram_steps(work: Work, task: HumanTask) -> Mapping[str, StepSpec]:
    state = work.session.get(CaseState, task.case_id)
    return definitions.by_id(work, state.definition_id).diagram.steps if state is not None else {}


def _named_files(form: FormSpec, clean: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for spec in form.inputs:
        value = clean.get(spec.key)
        if spec.kind == "filepicker":
            yield from ((ref, spec.key) for ref in value or ())
        elif spec.kind == "dynamiclist":
            pickers = [inner.key for inner in spec.fields if inner.kind == "filepicker"]
            for place, row in enumerate(value or ()):
                yield from _in_row(row, pickers, f"{spec.key}-{place}")


def _in_row(row: Mapping[str, Any], pickers: Iterable[str], path: str) -> Iterator[tuple[str, str]]:
    for key in pickers:
        yield from ((ref, f"{path}-{key}") for ref in row.get(key) or ())
