"""Who may see and do what with a task: the permission table asked with the true relation and state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, null, or_, select, true

from domain import journal
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound, NotPermitted
from domain.file_checks import FileCheck, shown
from domain.files import StoredFile
from domain.journal import Head, JournalStream
from domain.parties import permissions
from domain.parties.roles import listed
from domain.prepared import Prepared, as_read, columns
from domain.text import Text
from domain.text import gettext as _
from domain.work import Actor, StandIn, Work
from tasks import bonds, life, line, separation
from tasks.bonds import Bond
from tasks.rows.models import HELD, OPEN, HumanTask, TaskAttachment
from workflows import definitions
from workflows.definitions import DefinitionRow
from workflows.forms import FormSpec
from workflows.instances import CaseState
from workflows.steps import StepSpec

_MISSING = {
    "skill": _("This step is for people who were trained for it."),
    "town": _("Another colleague looks after this town."),
    "candidate": _("Others were named for this task."),
}


def task_scope(actor: Actor) -> ColumnElement[bool]:
    """The filter every list, count and look-up of a person's own tasks goes through.

    A person sees the tasks of her office whose role she holds (where she looks after certain towns: of those), those
    she holds, delegated or completed herself, and the open ones of whomever she stands in for today.
    Uses ix_human_task_inbox, ix_human_task_assignee, ix_human_task_owner, ix_human_task_done.
    """
    if actor.user_id is None or actor.org_id is None or not permissions.may(actor, "task.read"):
        return false()
    own = _scope(actor.org_id, sorted(actor.roles), actor.user_id, towns=actor.towns)
    return or_(own, *(_lent(one) for one in actor.stands_for)) if actor.stands_for else own


def supervised(actor: Actor) -> ColumnElement[bool]:
    """The filter of tasks whose people the actor is the head of; the query joins `cases`.

    The head of a department also answers for what its towns do in its cases. Uses ix_human_task_inbox.
    """
    if actor.org_id is None or not permissions.may(actor, "task.supervise", permissions.OFFICE):
        return false()
    own = HumanTask.org_id == actor.org_id
    if actor.org_kind != "department":
        return own
    return or_(own, and_(Case.department_id == actor.org_id, HumanTask.role.in_(line.TOWN_ROLES)))


def _scope(org_id: object, roles: object, user_id: object, towns: Iterable[int] = ()) -> ColumnElement[bool]:
    own = and_(HumanTask.org_id == org_id, HumanTask.role.in_(roles))  # type: ignore[arg-type]  # values or parameters
    looked_after = sorted(towns)
    if looked_after:
        own = and_(own, or_(HumanTask.town_id.is_(None), HumanTask.town_id.in_(looked_after)))
    mine = (HumanTask.assignee_id, HumanTask.completed_by, HumanTask.owner_id)
    return or_(own, *(column == user_id for column in mine))


def _lent(one: StandIn) -> ColumnElement[bool]:
    theirs = or_(
        and_(HumanTask.org_id == one.org_id, HumanTask.role.in_(sorted(one.roles))),
        HumanTask.assignee_id == one.account_id,
    )
    within = HumanTask.process.in_(sorted(one.processes)) if one.processes else true()
    return and_(HumanTask.state.in_(OPEN), theirs, within)


# written once: composing a statement costs more than sending it
_WHOLE = (
    select(
        *columns(HumanTask), *columns(Case), *columns(CaseState),
        DefinitionRow.ref, definitions.ref_in_force(DefinitionRow.process),
        JournalStream.id, JournalStream.seq, JournalStream.head,
    )
    .join_from(HumanTask, Case, Case.id == HumanTask.case_id)
    .join(CaseState, CaseState.case_id == Case.id)
    .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
    .join(JournalStream, and_(JournalStream.kind == "case", JournalStream.subject == Case.ref))
    .with_for_update(of=[Case, CaseState, HumanTask, JournalStream])
)  # fmt: skip
_ANY = Prepared(_WHOLE.where(HumanTask.ref == bindparam("ref")))


@cache
def _held(roles: int) -> Prepared:
    """A task, its case, where that stands, and by what its version and journal are known; of a person with so many
    roles. Written once: composing a statement costs more than sending it."""
    own: list[ColumnElement[Any]] = [bindparam(f"role{number}") for number in range(roles)] or [null()]
    return Prepared(_WHOLE.where(HumanTask.ref == bindparam("ref"), _scope(bindparam("org"), own, bindparam("user"))))


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
    if row is None and _within_reach(work, ref):
        row = _ANY.first(work.connection, {"ref": ref}) or _ANY.first(work.connection, {"ref": ref})
    if row is None:
        raise NotFound(_("There is no such task for you."))
    values = iter(row)
    task = as_read(work.session, HumanTask, values)
    case, state = as_read(work.session, Case, values), as_read(work.session, CaseState, values)
    definition, in_force, *head = values
    definitions.recall(work, state.definition_id, definition, case.process, in_force)
    journal.recall(work, "case", case.ref, Head(*head))
    work.memory["held", ref] = (case, state)  # the session forgets rows that nobody holds
    return task, case, state


def seen_task(work: Work, ref: str) -> tuple[HumanTask, Case, CaseState]:
    """The same for a page: nothing is locked. Raises NotFound."""
    row = work.session.execute(
        select(HumanTask, Case, CaseState)
        .join(Case, Case.id == HumanTask.case_id)
        .join(CaseState, CaseState.case_id == Case.id)
        .where(HumanTask.ref == ref, or_(task_scope(work.actor), supervised(work.actor)))
    ).first()
    if row is None:
        raise NotFound(_("There is no such task for you."))
    return row[0], row[1], row[2]


def _within_reach(work: Work, ref: str) -> bool:
    """Whether a task is in the actor's scope by standing in for somebody, or as the head of its people."""
    actor = work.actor
    if not actor.stands_for and not permissions.may(actor, "task.supervise", permissions.OFFICE):
        return False
    wanted = select(HumanTask.id).join(Case, Case.id == HumanTask.case_id).where(HumanTask.ref == ref)
    return work.session.scalar(wanted.where(or_(task_scope(actor), supervised(actor)))) is not None


def visible_case(work: Work, ref: str) -> Case:
    """The case, if the actor may read it. Raises NotFound: a foreign case looks like none."""
    found = work.session.scalars(select(Case).where(Case.ref == ref, permissions.case_scope(work.actor))).first()
    if found is None:
        raise NotFound(_("There is no such case for you."))
    return found


def state_of(task: HumanTask) -> str:
    """The permission table's word for a task's state."""
    return {"READY": "OPEN", "RESERVED": "CLAIMED", "IN_PROGRESS": "CLAIMED"}.get(task.state, task.state)


def must_claim(work: Work, task: HumanTask, case: Case, bond: Bond) -> None:
    """The actor is a potential owner whom nothing keeps from it. Raises NotPermitted, Conflict."""
    if life.QUEUE not in bond.relations:
        missing = bond.missing or "role"
        raise NotPermitted(_MISSING.get(missing) or _work_of(task), task=task.ref, missing=missing)
    must_not_be_kept_from(work, task, case, bond)


def must_complete(work: Work, task: HumanTask, case: Case, bond: Bond) -> None:
    """Role and separation of duties, whoever holds the task. Raises NotPermitted.

    Holding and state are judged afterwards, so that the loser of a race is told who was faster.
    """
    if not work.actor.has(task.role) and bond.stand_in is None:
        raise NotPermitted(_work_of(task), task=task.ref)
    must_not_be_kept_from(work, task, case, bond)


def must_not_be_kept_from(work: Work, task: HumanTask, case: Case, bond: Bond) -> None:
    """Nobody excluded the actor, and separation of duties allows it to all whom the act counts for. NotPermitted."""
    if bond.excluded:
        raise NotPermitted(_("You were excluded from this task; leave it to a colleague."), task=task.ref, excluded=1)
    people = bonds.represented(task, bond, work.actor)
    separation.must_be_apart(work, case, _diagram_steps(work, task), task.step_id, people)


def must_hold(work: Work, task: HumanTask, case: Case, operation: str) -> Bond:
    """The actor holds the task, for themselves or for somebody absent. Raises NotPermitted, Conflict."""
    bond = bonds.of(work, task, case)
    life.must(operation, task.state, bond.relations)
    return bond


def holding(work: Work, bond: Bond) -> dict[str, Any]:
    """The columns of a task that the actor takes."""
    for_whom = bond.stand_in.account_id if bond.stand_in is not None else None
    return {"assignee_id": work.actor.user_id, "held_for": for_whom, "claimed_at": work.now}


def must_cancel(work: Work, case: Case) -> None:
    """Raises NotPermitted."""
    permissions.must(work.actor, "case.cancel", permissions.relation_to_case(work.actor, case))


def must_own_files(work: Work, task: HumanTask, form: FormSpec, clean: Mapping[str, Any]) -> None:
    """Every file an answer names was handed in with this task or earlier in this case, and may be shown.

    Raises InvalidAnswers.
    """
    named = dict(_named_files(form, clean))
    if not named:
        return
    known = {
        ref: shown(check)
        for ref, check in work.session.execute(
            select(StoredFile.ref, FileCheck)
            .join(FileCheck, FileCheck.file_id == StoredFile.id, isouter=True)
            .where(StoredFile.ref.in_(named.keys()), StoredFile.case_id == task.case_id)
        )
    }
    missing = {field: _("Upload the file first.") for ref, field in named.items() if ref not in known}
    missing |= {
        field: _("A file here is held back or still being looked through. Take it out, or hand in another one.")
        for ref, field in named.items()
        if not known.get(ref, True)
    }
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
    """True when the actor, or somebody they stand in for, holds the open task."""
    return task.state in HELD and (
        task.assignee_id == actor.user_id or any(one.account_id == task.assignee_id for one in actor.stands_for)
    )


def is_open(task: HumanTask) -> bool:
    """True while somebody still has to do it."""
    return task.state in OPEN


def _work_of(task: HumanTask) -> Text:
    return _("This is the work of: %(roles)s. Ask a colleague who holds that role.", roles=listed({task.role}))


def recall_steps(work: Work, case_id: int, steps: Mapping[str, StepSpec]) -> None:
    """Remember the drawing of a case that was read already."""
    work.memory["steps", str(case_id)] = steps


def _diagram_steps(work: Work, task: HumanTask) -> Mapping[str, StepSpec]:
    known: Mapping[str, StepSpec] | None = work.memory.get(("steps", str(task.case_id)))
    if known is not None:
        return known
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
