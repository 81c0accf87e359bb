"""A person's open tasks as branches that one index each holds in the order of their due days.

The scope of a person is an OR of offices, roles and names, for which a database sorts a whole office to show a page.
Each branch alone is read from the front of an index; `fronts` merges as many rows of each as a page needs.
Together the branches are `rules.task_scope` of open tasks; a property test holds them to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, literal, literal_column, or_, select, union
from sqlalchemy.sql import visitors

from domain.cases import Case
from domain.parties import permissions
from domain.work import Actor
from tasks.rows.finding_models import TaskValue
from tasks.rows.models import OPEN, READY, WORKABLE, HumanTask

Where = tuple[ColumnElement[bool], ...]
Rows = Select[*tuple[Any, ...]]
# in the words of the indexes, for SQLite to see that they serve
IS_OPEN = HumanTask.state.in_([literal_column(f"'{one}'") for one in OPEN])


def scope(actor: Actor) -> Actor:
    """The actor without what no scope depends on: what is composed for one serves all their requests."""
    return replace(actor, request_id="", ref="", display="")


def of_actor(actor: Actor, owner: str) -> list[Where]:
    """The branches of the actor's scope that can hold what `owner` (`filters.OWNERS`) asks for.

    Uses ix_human_task_inbox, ix_human_task_assignee, ix_human_task_owner.
    """
    if actor.user_id is None or actor.org_id is None or not permissions.may(actor, "task.read"):
        return [(false(),)]
    people: list[Where] = [(HumanTask.assignee_id == actor.user_id,)]
    if owner == "mine":
        return [(IS_OPEN, *one) for one in people]
    if owner == "delegated":
        return [(IS_OPEN, HumanTask.owner_id == actor.user_id)]
    if owner not in ("open", "free"):
        people.append((HumanTask.owner_id == actor.user_id,))
        people += [(HumanTask.assignee_id == one.account_id, *_of(one.processes)) for one in actor.stands_for]
    states = {"open": (READY,), "free": (READY,), "all": WORKABLE}.get(owner, OPEN)
    queues = [
        (HumanTask.org_id == org, HumanTask.role == role, HumanTask.state == state, *more)
        for org, role, more in _queues(actor)
        for state in states
    ]
    found = queues if owner == "free" else [*queues, *people]
    return [(IS_OPEN, *one) for one in found]


def _queues(actor: Actor) -> Iterator[tuple[int, str, Where]]:
    """Offices and roles whose queues the actor sees, and what narrows each; none twice."""
    looked_after = sorted(actor.towns)
    narrowed = (
        (or_(HumanTask.town_id.is_(None), HumanTask.town_id.in_([literal(one) for one in looked_after])),)
        if looked_after
        else ()
    )
    for role in sorted(actor.roles):
        yield actor.org_id or 0, role, narrowed
    own = {(actor.org_id, role) for role in actor.roles} if not looked_after else set()
    for one in actor.stands_for:
        for role in sorted(one.roles):
            if (one.org_id, role) not in own:
                yield one.org_id, role, _of(one.processes)


def _of(processes: frozenset[str]) -> Where:
    return (HumanTask.process.in_([literal(one) for one in sorted(processes)]),) if processes else ()


def whole_queues(actor: Actor) -> list[tuple[int, str]] | None:
    """Offices and roles whose queues the actor sees; None where something narrows one of them."""
    found = list(_queues(actor))
    return None if any(more for _org, _role, more in found) else [(org, role) for org, role, _more in found]


def order() -> tuple[Any, ...]:
    """Most pressing first. A task without a due day is never late, so it stands last; the key makes pages stable."""
    return (HumanTask.due_at.nulls_last(), HumanTask.id)


def fronts(branches: Sequence[Where], narrowed: Sequence[ColumnElement[bool]], most: int | ColumnElement[int]) -> Rows:
    """Keys of the first `most` tasks of each branch that meet `narrowed`, each once, in their order."""
    ways: list[Rows] = [
        select(narrow(select(HumanTask.id, HumanTask.due_at), (*where, *narrowed)).order_by(*order())
               .limit(most).subquery())
        for where in branches
    ]  # fmt: skip
    merged = (union(*ways) if len(ways) > 1 else ways[0]).subquery("merged")
    return select(merged.c.id).order_by(merged.c.due_at.nulls_last(), merged.c.id)


@dataclass(frozen=True, slots=True)
class Led:
    """A column that many tasks say the same in. rows: what `task_value` has to say; narrowed: what the task has to
    meet besides."""

    rows: Sequence[ColumnElement[bool]]
    narrowed: Sequence[ColumnElement[bool]]


def some(branches: Sequence[Where], narrowed: Sequence[ColumnElement[bool]], most: int, led: Led | None = None) -> Rows:
    """Keys of up to `most` tasks of each branch that meet `narrowed`, in no order, each once.

    led: the same as `narrowed`, for branches of whole queues: they begin with the column (`filters.leading`).
    """
    ways = []
    for where in branches:
        if led is None or _of_a_person(where):
            found = narrow(select(HumanTask.id), (*where, *narrowed))
        else:
            found = _led(led, where)
        ways.append(select(found.limit(most).subquery()))
    return select((union(*ways) if len(ways) > 1 else ways[0]).subquery("merged").c.id)


def _led(led: Led, where: Where) -> Rows:
    """Tasks whose column says it, each looked up. Not as a join: for that PostgreSQL reads the whole queue first."""
    task = narrow(select(HumanTask.id).where(HumanTask.id == TaskValue.task_id), (*where, *led.narrowed))
    return select(TaskValue.task_id.label("id")).where(
        *led.rows, task.correlate(TaskValue).scalar_subquery().is_not(None)
    )


def narrow(wanted: Rows, conditions: Sequence[ColumnElement[bool]]) -> Rows:
    """Only what meets the conditions; the case is joined only where one of them asks for it."""
    if any(_asks_for_the_case(one) for one in conditions):
        wanted = wanted.join(Case, Case.id == HumanTask.case_id)
    return wanted.where(and_(*conditions))


def _of_a_person(where: Where) -> bool:
    held = ("assignee_id", "owner_id")
    return any(getattr(part, "key", None) in held for one in where for part in visitors.iterate(one))


def _asks_for_the_case(condition: ColumnElement[bool]) -> bool:
    return any(getattr(one, "table", None) is Case.__table__ for one in visitors.iterate(condition))
