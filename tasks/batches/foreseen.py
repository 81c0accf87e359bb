"""Many tasks looked at at once: read with all that the rules will ask of each, in a handful of statements.

What is put by in the memory of the work is what `bonds`, `separation` and `handing` would else ask a task at a time. A
work that looked so does nothing: what it knows of one task may be old after an act on another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import defer, load_only

from domain.cases import Case
from domain.parties import rights
from domain.parties.accounts import Account
from domain.parties.rights import Rights
from domain.work import Work
from tasks import bonds, separation, separation_many
from tasks.finding.task_choice import seen
from tasks.rows.models import HumanTask, TaskPerson
from tasks.separation_many import Asked
from workflows import definitions
from workflows.instances import CaseState

AT_ONCE = 500  # tasks in one statement
People = Mapping[int, tuple[Account, Rights]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A task with its case and which version of the process that runs on."""

    task: HumanTask
    case: Case
    state: CaseState


@dataclass(frozen=True, slots=True)
class View:
    """What was read. work: the one to ask the rules with; tasks: by ref, those the actor may see; people: of the
    offices asked for, by key."""

    work: Work
    tasks: Mapping[str, Seen]
    people: People
    named: Sequence[Account]


def look(work: Work, refs: Sequence[str], *, colleagues: bool = False) -> View:
    """Read these tasks for rules that judge the actor, and with `colleagues` everybody of the tasks' offices.

    About ten SELECTs for each 500 tasks, two more an office.
    """
    apart = replace(work, memory={})
    found: dict[str, Seen] = {}
    for start in range(0, len(refs), AT_ONCE):
        rows = apart.session.execute(
            select(HumanTask, Case, CaseState)
            .join(Case, Case.id == HumanTask.case_id)
            .join(CaseState, CaseState.case_id == Case.id)
            .where(HumanTask.ref.in_(refs[start : start + AT_ONCE]), seen(work))
            .options(
                load_only(CaseState.case_id, CaseState.definition_id), defer(HumanTask.answers),
                defer(HumanTask.draft),
            )
        )  # fmt: skip
        found |= {task.ref: Seen(task, case, state) for task, case, state in rows}
    people: dict[int, tuple[Account, Rights]] = {}
    if colleagues:
        for office in sorted({one.task.org_id for one in found.values()}):
            people |= rights.of_office(apart, office)
    asked = _may_be_asked(apart, found.values()) | set(people)
    _name(apart, found.values(), asked)
    _separate(apart, found.values(), asked)
    return View(apart, found, people, _holders(apart, found.values()))


def _may_be_asked(work: Work, tasks: Iterable[Seen]) -> set[int]:
    """Whom the rules may be asked about when the actor takes one of these tasks."""
    actor = work.actor
    found = {one.account_id for one in actor.stands_for}
    found |= {one.task.held_for for one in tasks if one.task.held_for is not None}
    return found | ({actor.user_id} if actor.user_id is not None else set())


def _name(work: Work, tasks: Iterable[Seen], people: Collection[int]) -> None:
    """Uses uq_task_person_task_id_account_id_kind."""
    named = {one.task.id: one.task for one in tasks if one.task.people}
    found: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for part in _parts(sorted(named)):
        rows = work.session.execute(
            select(TaskPerson.task_id, TaskPerson.account_id, TaskPerson.kind).where(TaskPerson.task_id.in_(part))
        )
        for task_id, account_id, kind in rows:
            if account_id in people:
                found[task_id][account_id].add(kind)
    for task_id, task in named.items():
        work.memory[bonds.foreseen(task)] = {who: frozenset(kinds) for who, kinds in found[task_id].items()}


def _separate(work: Work, tasks: Iterable[Seen], people: Collection[int]) -> None:
    asked = [
        Asked(one.case.id, one.case.household_id, definitions.by_id(work, one.state.definition_id).diagram.steps,
              one.task.step_id)
        for one in tasks
    ]  # fmt: skip
    for (case_id, step_id), against in separation_many.against(work, asked, people).items():
        work.memory[separation.foreseen(case_id, step_id)] = against


def _holders(work: Work, tasks: Iterable[Seen]) -> list[Account]:
    """Who holds or has done them: sentences name them. Kept by whoever looks, or the session forgets them."""
    keys = {one.task.assignee_id for one in tasks} | {one.task.completed_by for one in tasks}
    wanted = select(Account).where(Account.id.in_(sorted(one for one in keys if one is not None)))
    return list(work.session.scalars(wanted))


def _parts(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
