"""What may be done with a task besides filling it in: exactly what the table of its life allows, and why not the rest.

Of each colleague it is said whether the task could be theirs, and what speaks against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from domain.cases import Case
from domain.errors import HouseError
from domain.parties import rights
from domain.parties.accounts import Account
from domain.parties.rights import Rights
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, held, life, rules, separation
from tasks.bonds import Bond
from tasks.desk import handing, pausing
from tasks.life import Offer
from tasks.rows.models import CANDIDATE, CREATED, EXCLUDED, OPEN, HumanTask, TaskPerson
from tasks.services import MoveServices
from workflows import definitions, failed_steps, instances
from workflows.instances import CaseState
from workflows.steps import StepSpec

# operations that have a page or a button of their own
ELSEWHERE = frozenset({life.CLAIM, life.DRAFT, life.COMPLETE})
MEANS: Mapping[str, Text] = {
    life.START: _("Colleagues see that it is being worked on."),
    life.STOP: _("It stays with you; colleagues see that nobody works on it now."),
    life.RELEASE: _("It can be claimed by everybody of the role again; what was typed stays with it."),
    life.DELEGATE: _("A colleague works on it and hands it back to you; you can take it back at any time."),
    life.HAND_BACK: _("It goes back to whom it came from, with what you typed."),
    life.RECALL: _("You have it again, with what was typed meanwhile."),
    life.FORWARD: _("A colleague has it from now on, with what was typed; it does not come back."),
    life.ASSIGN: _("It is given to one of your people, whoever holds it now; what was typed goes along."),
    life.NOMINATE: _("Only whom you name may take it."),
    life.SUSPEND: _("It leaves the list and comes back by itself on the day you say. Terms set by law run on."),
    life.RESUME: _("It is back in the list at once."),
    life.SKIP: _("Nobody does it and the case goes on. Whoever skips a step stands for it like who does it."),
    life.FAIL: _("The case takes the way that is drawn for it. Whoever gives a step up stands for it."),
    life.PRIORITY: _("0 comes first, 10 last. It changes the order of lists, no date."),
    life.MEND: _("What stood in the way is gone; the task can be completed again."),
}


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the task's office. held: open tasks in their hands; why: what speaks against them, None: nothing."""

    ref: str
    name: str
    held: int
    why: Text | None


@dataclass(frozen=True, slots=True)
class ActsPage:
    """The page. codes: errors that the drawing catches when the step is given up."""

    ref: str
    version: int
    name: str
    name_en: str
    state: str
    priority: int
    case_ref: str
    case_number: str
    offers: Sequence[Offer]
    colleagues: Sequence[Colleague]
    codes: Sequence[str]

    @property
    def open(self) -> Sequence[Offer]:
        """What may be done."""
        return [one for one in self.offers if one.allowed]

    def asking(self, need: str) -> list[str]:
        """Operations that ask for something ("person", "reason")."""
        return [one.operation for one in self.open if need in one.needs]

    @property
    def shut(self) -> Sequence[Offer]:
        """What may not be done here and now."""
        return [one for one in self.offers if not one.allowed]


def page(work: Work, ref: str) -> ActsPage:
    """What may be done with a task. Raises NotFound."""
    task, case, state = rules.seen_task(work, ref)
    step = definitions.by_id(work, state.definition_id).diagram.steps.get(task.step_id)
    bond = bonds.of(work, task, case)
    codes = _codes(work, case, state, task) if task.state in OPEN else []
    return ActsPage(
        task.ref, task.version, task.name, task.name_en, task.state, task.priority, case.ref, case.number,
        [one for one in life.offers(task.state, bond.relations, _against(work, task, case, step, bond, codes))
         if one.operation not in ELSEWHERE],
        _colleagues(work, task, case, state), codes,
    )  # fmt: skip


def _against(
    work: Work, task: HumanTask, case: Case, step: StepSpec | None, bond: Bond, codes: Sequence[str]
) -> dict[str, Text]:
    """Operations that something besides state and person forbids."""
    found: dict[str, Text] = {}
    try:
        held.must_go_on(case)
    except HouseError as refusal:
        return dict.fromkeys(life.OPERATIONS, refusal.args[0])
    if task.owner_id is None:
        found[life.HAND_BACK] = _("Nobody delegated it.")
    else:
        found[life.DELEGATE] = _("It was delegated already; hand it back instead.")
        if life.SUPERVISOR not in bond.relations:
            found[life.RELEASE] = _("It was delegated; hand it back instead.")
    said = pausing.may_skip(step) if step is not None else pausing.nothing_drawn()
    if said is not None:
        found[life.SKIP] = said
    if not codes:
        found[life.FAIL] = pausing.nothing_drawn()
    return found


def _codes(work: Work, case: Case, state: CaseState, task: HumanTask) -> list[str]:
    instance = instances.taken(work, case, state, MoveServices(work, case))
    if all(one.token != task.token for one in instance.run.human_steps()):
        return []
    return [one.code for one in failed_steps.catchers(instance.run, task.token)]


def _colleagues(work: Work, task: HumanTask, case: Case, state: CaseState) -> list[Colleague]:
    """Everybody of the office with what speaks against them, those who could have it first. Four SELECTs."""
    people = rights.of_office(work, task.org_id)
    steps = definitions.by_id(work, state.definition_id).diagram.steps
    apart = {one.account_id: one for one in separation.against(work, case, steps, task.step_id, list(people))}
    named: dict[str, set[int]] = {CANDIDATE: set(), EXCLUDED: set()}
    if task.people:
        rows = work.session.execute(
            select(TaskPerson.kind, TaskPerson.account_id).where(
                TaskPerson.task_id == task.id, TaskPerson.kind.in_(tuple(named))
            )
        )
        for kind, key in rows:
            named[kind].add(key)
    loads = _loads(work, list(people))
    found = []
    for person, held_by in people.values():
        why = _why(task, person, held_by, named)
        if why is None and person.id in apart:
            why = separation.sentence(steps, apart[person.id], work.actor.user_id)
        found.append(Colleague(person.ref, person.name, loads.get(person.id, 0), why))
    return sorted(found, key=lambda one: (one.why is not None, one.held, one.name))


def _why(task: HumanTask, person: Account, held_by: Rights, named: Mapping[str, set[int]]) -> Text | None:
    missing = bonds.potential(task, held_by.roles, person.org_id, held_by.skills, held_by.towns)
    if missing:
        return handing.MISSING[missing]
    if task.narrowed and task.state != CREATED and person.id not in named[CANDIDATE]:
        return handing.MISSING["candidate"]
    return handing.MISSING["excluded"] if person.id in named[EXCLUDED] else None


def _loads(work: Work, accounts: Sequence[int]) -> dict[int, int]:
    """Open tasks in each one's hands. Uses ix_human_task_assignee."""
    rows = work.session.execute(
        select(HumanTask.assignee_id, func.count())
        .where(HumanTask.assignee_id.in_(accounts), HumanTask.state.in_(OPEN))
        .group_by(HumanTask.assignee_id)
    )
    return {key: count for key, count in rows if key is not None}
