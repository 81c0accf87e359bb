"""One task of a batch done and taken back: what it was is kept with the row, put back where nobody went on since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from domain import journal
from domain.cases import Case
from domain.errors import Conflict, NotPermitted
from domain.parties import rights
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work
from tasks import bonds, held, life, line, rules, separation
from tasks.batches import batches
from tasks.desk import handing, pausing
from tasks.rows.models import SUSPENDED, HumanTask
from workflows import definitions
from workflows.instances import CaseState

INSTANTS = frozenset({"claimed_at", "started_at", "suspended_until", "due_at"})


def acting(verb: Callable[[Work, str, Mapping[str, Any]], object], columns: tuple[str, ...]) -> batches.Act:
    """The verb of the single task, with what it changed kept for taking it back."""

    def act(work: Work, ref: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        task, _case, _state = rules.held_task(work, ref)
        was = {name: _told(getattr(task, name)) for name in columns}
        verb(work, ref, params)
        return {"was": was, "version": task.version, "state": task.state, "draft_at": _told(task.draft_at)}

    return act


def undo(work: Work, ref: str, _params: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Put a task back to what it was before the batch. Raises Conflict where it went on since, or cannot go back."""
    task, case, state = rules.held_task(work, ref)
    held.must_go_on(case)
    now = {"version": task.version, "state": task.state, "draft_at": _told(task.draft_at)}
    if any(kept.get(name) != value for name, value in now.items()):
        raise Conflict(_("Somebody went on with it since; it stays as it is."), task=ref)
    was = {name: _read(name, value) for name, value in dict(kept["was"]).items()}
    _must_be_ones_own(work, task, case, was)
    _must_take_back(work, task, case, state, was)
    if "state" in was:
        was["state"] = life.target(life.must(life.RESTORE, task.state, {life.SYSTEM}), task.state, str(was["state"]))
    line.change(work, task, **was)
    if was.get("state") == SUSPENDED and was["suspended_until"] is not None:
        pausing.plan_resume(work, task, was["suspended_until"])
    journal.of_case(work, case.ref, "task.restored", task.ref, {"step": task.step_id})


def _must_be_ones_own(work: Work, task: HumanTask, case: Case, was: Mapping[str, Any]) -> None:
    """By the head, or by whom it was taken from or given to."""
    bond = bonds.of(work, task, case)
    mine = work.actor.user_id is not None and work.actor.user_id == was.get("assignee_id")
    if not mine and bond.relations.isdisjoint({life.SUPERVISOR, life.HOLDER}):
        raise NotPermitted(_("Taking this back is for whoever did it, or for the head of the office."), task=task.ref)


def _must_take_back(work: Work, task: HumanTask, case: Case, state: CaseState, was: Mapping[str, Any]) -> None:
    """Who held it before may still do it: works here, holds the role, and nothing keeps them from it."""
    holder, owner = was.get("assignee_id"), was.get("owner_id")
    if holder is None or holder == task.assignee_id:
        return
    for key in {holder, owner} - {None}:
        person = work.session.get_one(Account, key)
        if person.state != "ACTIVE":
            raise Conflict(_("It cannot go back to %(who)s, whose account is closed.", who=person.name), task=task.ref)
    person = work.session.get_one(Account, holder)
    of_today = rights.of_account(work, person.id)
    lent = was.get("held_for")
    if lent is not None:
        if not any(one.account_id == lent and one.covers(task.process) for one in of_today.stands_for):
            raise Conflict(_("It cannot go back to %(who)s, who stands in no more.", who=person.name), task=task.ref)
        steps = definitions.by_id(work, state.definition_id).diagram.steps
        for found in separation.against(work, case, steps, task.step_id, [holder, lent]):
            raise Conflict(separation.sentence(steps, found, work.actor.user_id), task=task.ref)
        return
    why = handing.why_not(work, task, case, state, person, of_today)
    if why is not None:
        raise Conflict(_("It cannot go back to %(who)s: %(why)s", who=person.name, why=why), task=task.ref)


def _told(value: object) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in INSTANTS and value is not None else value
