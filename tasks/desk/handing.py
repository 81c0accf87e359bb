"""Work handed from one person to another: delegated (and back), passed on, assigned by the head, candidates named.

Whoever gets a task gets what was typed with it. Nobody gets one that separation of duties keeps from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from domain import journal
from domain.base import insert_once
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import rights
from domain.parties.accounts import Account
from domain.parties.rights import Rights
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, held, incidents, life, line, rules, separation
from tasks.bonds import Bond
from tasks.rows.models import CANDIDATE, CREATED, ERROR, EXCLUDED, RESERVED, HumanTask, TaskPerson
from tasks.terms import notifications
from workflows import definitions
from workflows.instances import CaseState

MOST_PEOPLE = 50
# what keeps somebody of the house from a task, as a sentence about them
MISSING: Mapping[str, Text] = {
    "office": _("works in another office"), "role": _("does not hold the role of this step"),
    "skill": _("was not trained for this step"), "town": _("does not look after this town"),
    "candidate": _("was not named for this task"), "excluded": _("was excluded from this task"),
}  # fmt: skip


def delegate(work: Work, ref: str, account: str) -> HumanTask:
    """Give a task that one holds to a colleague, to get it back when they are through with it.

    Raises NotFound, NotPermitted, Conflict, InvalidAnswers for a colleague who may not do it.
    """
    task, case, bond, state = _opened(work, ref)
    if task.owner_id is not None:
        raise Conflict(_("This task was delegated to you; hand it back instead."), task=ref)
    row = life.must(life.DELEGATE, task.state, bond.relations)
    person = _person(work, task, case, state, account)
    line.change(
        work, task, state=life.target(row, task.state, ""), assignee_id=person.id, held_for=None,
        owner_id=task.assignee_id, claimed_at=work.now, started_at=None,
    )  # fmt: skip
    _journal(work, task, case, "task.delegated", to=person.ref)
    _tell(work, task, case, "task.delegated", [person.id])
    return task


def hand_back(work: Work, ref: str) -> HumanTask:
    """Give a delegated task back to whom it came from, or to the queue where separation of duties keeps that person
    from it by now. Raises NotFound, NotPermitted, Conflict."""
    task, case, bond, state = _opened(work, ref)
    if task.owner_id is None:
        raise Conflict(_("Nobody delegated this task to you; give it back instead."), task=ref)
    row = life.must(life.HAND_BACK, task.state, bond.relations)
    if separation.against(work, case, _steps(work, state), task.step_id, [task.owner_id]):
        # whom it came from did the other half meanwhile: it comes back to nobody but the queue
        line.change(work, task, **line.freed(task))
        _journal(work, task, case, "task.released", because="separation")
        return task
    return _return(work, task, case, row, "task.handed_back")


def recall(work: Work, ref: str) -> HumanTask:
    """Take back a task that one delegated; what was typed comes along. Raises NotFound, NotPermitted."""
    task, case, bond, state = _opened(work, ref)
    row = life.must(life.RECALL, task.state, bond.relations)
    separation.must_be_apart(work, case, _steps(work, state), task.step_id, [task.owner_id])
    helper = task.assignee_id
    _return(work, task, case, row, "task.recalled")
    _tell(work, task, case, "task.recalled", [helper])
    return task


def forward(work: Work, ref: str, account: str) -> HumanTask:
    """Pass a task on to a colleague for good. Raises NotFound, NotPermitted, Conflict, InvalidAnswers."""
    task, case, bond, state = _opened(work, ref)
    row = life.must(life.FORWARD, task.state, bond.relations)
    return _give(work, task, case, state, row, account, "task.forwarded")


def assign(work: Work, ref: str, account: str, *, batch: str = "") -> HumanTask:
    """Give a task to one of the office's people, whoever holds it: the head's. Raises as `forward` does.

    batch: it is one of many; each person is then told once of all of them.
    """
    task, case, bond, state = _opened(work, ref)
    row = life.must(life.ASSIGN, task.state, bond.relations)
    return _give(work, task, case, state, row, account, "task.assigned", batch)


def nominate(work: Work, ref: str, accounts: Sequence[str]) -> HumanTask:
    """Name who may take a task that waits for that. Raises NotFound, NotPermitted, Conflict, InvalidAnswers."""
    task, case, bond, state = _opened(work, ref)
    row = life.must(life.NOMINATE, task.state, bond.relations)
    chosen = list(dict.fromkeys(accounts))
    if not chosen or len(chosen) > MOST_PEOPLE:
        raise InvalidAnswers({"account": _("Name between 1 and %(most)s colleagues.", most=MOST_PEOPLE)})
    people = [_person(work, task, case, state, one) for one in chosen]
    name_people(work, task, CANDIDATE, people)
    line.change(work, task, state=life.target(row, task.state, ""), narrowed=True, people=True)
    _journal(work, task, case, "task.nominated", to=[one.ref for one in people])
    _tell(work, task, case, "task.named", [one.id for one in people])
    return task


def exclude(work: Work, ref: str, account: str) -> HumanTask:
    """Keep somebody from a task for good; they give it back if they hold it. The head's. Raises as `assign` does."""
    task, case, bond, _state = _opened(work, ref)
    if life.SUPERVISOR not in bond.relations:
        raise NotPermitted(_("Keeping somebody from a task is for the head of the office."), task=ref)
    person = _account(work, task, account)
    name_people(work, task, EXCLUDED, [person])
    values: dict[str, Any] = {"people": True}
    if person.id in (task.assignee_id, task.held_for):
        values |= line.freed(task)
    line.change(work, task, **values)
    _journal(work, task, case, "task.excluded", who=person.ref)
    return task


def name_people(work: Work, task: HumanTask, kind: str, people: Iterable[Account]) -> None:
    """Bind people to a task by name; those bound so already stay."""
    for one in people:
        insert_once(
            work.session, TaskPerson, ["task_id", "account_id", "kind"], task_id=task.id, account_id=one.id, kind=kind,
            named_by=work.actor.user_id, named_at=work.now,
        )  # fmt: skip


def forget_people(work: Work, task: HumanTask, kind: str) -> None:
    """Unbind everybody bound to a task in one way."""
    work.session.execute(delete(TaskPerson).where(TaskPerson.task_id == task.id, TaskPerson.kind == kind))


def must_get(work: Work, task: HumanTask, case: Case, state: CaseState, person: Account, held_by: Rights) -> None:
    """Somebody may be given a task for good. Raises InvalidAnswers with what speaks against, Conflict who has it."""
    _must_be_of_office(task, person)
    why = why_not(work, task, case, state, person, held_by)
    if why is not None:
        raise InvalidAnswers({"account": _("%(who)s: %(why)s", who=person.name, why=why)})
    if task.assignee_id == person.id and task.held_for is None and task.owner_id is None:
        raise Conflict(_("%(who)s holds this task already.", who=person.name), task=task.ref)


def why_not(work: Work, task: HumanTask, case: Case, state: CaseState, person: Account, held_by: Rights) -> Text | None:
    """What speaks against somebody of the office getting a task; None: nothing does."""
    missing = bonds.potential(task, held_by.roles, person.org_id, held_by.skills, held_by.towns)
    if missing:
        return MISSING[missing]
    if task.narrowed and task.state != CREATED and not _is_named(work, task, person, CANDIDATE):
        return MISSING["candidate"]
    if task.people and _is_named(work, task, person, EXCLUDED):
        return MISSING["excluded"]
    steps = _steps(work, state)
    for found in separation.against(work, case, steps, task.step_id, [person.id]):
        return separation.sentence(steps, found, work.actor.user_id)
    return None


def _give(
    work: Work, task: HumanTask, case: Case, state: CaseState, row: life.Transition, account: str, event: str,
    batch: str = "",
) -> HumanTask:  # fmt: skip
    person, before = _account(work, task, account), task.assignee_id
    must_get(work, task, case, state, person, rights.of_account(work, person.id))
    if task.state == ERROR:
        incidents.mended(work, case, task)
    line.change(
        work, task, state=life.target(row, task.state, task.prior_state), assignee_id=person.id, held_for=None,
        owner_id=None, claimed_at=work.now, started_at=None,
    )  # fmt: skip
    _journal(work, task, case, event, to=person.ref)
    _tell(work, task, case, "task.assigned", [person.id], batch)
    if before != person.id:
        _tell(work, task, case, "task.taken", [before], batch)
    return task


def _return(work: Work, task: HumanTask, case: Case, row: life.Transition, event: str) -> HumanTask:
    owner = work.session.get_one(Account, task.owner_id)
    line.change(
        work, task, state=RESERVED if row.target == RESERVED else row.target, assignee_id=owner.id, held_for=None,
        owner_id=None, claimed_at=work.now, started_at=None,
    )  # fmt: skip
    _journal(work, task, case, event, to=owner.ref)
    _tell(work, task, case, "task.handed_back", [owner.id])
    return task


def _tell(work: Work, task: HumanTask, case: Case, kind: str, people: Sequence[int | None], batch: str = "") -> None:
    """Tell people what became of a task; of many in one batch once."""
    meant = [one for one in people if one is not None]
    if batch:
        notifications.notify(work, meant, f"{kind}_many", key=f"{kind}:{batch}", inbox="mine")
        return
    key = f"{kind}:{task.ref}:{task.version}"
    notifications.notify(work, meant, kind, key=key, task=task, case_ref=case.ref)


def _opened(work: Work, ref: str) -> tuple[HumanTask, Case, Bond, CaseState]:
    """The task, locked, of a case that goes on. Raises NotFound, Conflict."""
    task, case, state = rules.held_task(work, ref)
    held.must_go_on(case)
    return task, case, bonds.of(work, task, case), state


def _person(work: Work, task: HumanTask, case: Case, state: CaseState, ref: str) -> Account:
    person = _account(work, task, ref)
    why = why_not(work, task, case, state, person, rights.of_account(work, person.id))
    if why is not None:
        raise InvalidAnswers({"account": _("%(who)s: %(why)s", who=person.name, why=why)})
    return person


def _account(work: Work, task: HumanTask, ref: str) -> Account:
    return _must_be_of_office(task, work.session.scalars(select(Account).where(Account.ref == ref)).first())


def _must_be_of_office(task: HumanTask, person: Account | None) -> Account:
    if person is None or person.org_id != task.org_id or person.state != "ACTIVE":
        raise InvalidAnswers({"account": _("Choose a colleague of the office whose account is in use.")})
    return person


def _is_named(work: Work, task: HumanTask, person: Account, kind: str) -> bool:
    known: Mapping[int, frozenset[str]] | None = work.memory.get(bonds.foreseen(task))
    if known is not None:
        return kind in known.get(person.id, frozenset())
    wanted = select(TaskPerson.id).where(
        TaskPerson.task_id == task.id, TaskPerson.account_id == person.id, TaskPerson.kind == kind
    )
    return work.session.scalar(wanted) is not None


def _steps(work: Work, state: CaseState) -> Any:
    return definitions.by_id(work, state.definition_id).diagram.steps


def _journal(work: Work, task: HumanTask, case: Case, event: str, **body: Any) -> None:
    journal.of_case(work, case.ref, event, task.ref, {"step": task.step_id, **body})
