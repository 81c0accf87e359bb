"""How many tasks are open in somebody's scope, by the standing tabs: exact, in one SELECT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, literal, select, union, union_all

from domain.parties import permissions
from domain.prepared import Prepared
from domain.work import Actor, Work
from tasks.finding import branches, filters, tallies
from tasks.finding.branches import Rows
from tasks.rows.models import ERROR, READY, SUSPENDED, HumanTask
from tasks.rows.notice_rows import some_unread

MOST_SCOPES = 1_000  # whose question a process keeps


@dataclass(frozen=True, slots=True)
class Counts:
    """Open tasks in the actor's scope. off, broken: in their hands, put off or in error; delegated: by them.

    told: notices they have not read, at most MANY + 1; None where nothing was asked. Pages show it beside the counts.
    """

    all: int = 0
    overdue: int = 0
    today: int = 0
    soon: int = 0
    mine: int = 0
    free: int = 0
    off: int = 0
    broken: int = 0
    delegated: int = 0
    told: int | None = None


def counts(work: Work, owner: str = "all") -> Counts:
    """How many open tasks: one SELECT over the same scope as the list. owner "open": without those of colleagues.

    It is asked once a piece of work. What nobody holds is read from the counters (`tasks.finding.tallies`), unless the
    actor looks after certain towns or stands in for certain processes: then from ix_human_task_inbox alone.
    """
    known: Counts | None = work.memory.get(("counts", owner))
    if known is not None:
        return known
    found = _counted(work, owner) if permissions.may(work.actor, "task.read") else Counts()
    work.memory["counts", owner] = found
    return found


def _counted(work: Work, owner: str) -> Counts:
    edges = filters.edges(work)
    work.session.flush()
    wanted = _counting(branches.scope(work.actor), owner)
    row = wanted.first(work.connection, {"now": edges.now, "tomorrow": edges.tomorrow, "soon": edges.soon})
    return Counts(*(int(value or 0) for value in row or ()))


@lru_cache(maxsize=MOST_SCOPES)
def _counting(actor: Actor, owner: str) -> Prepared:
    """What counts the open tasks of a scope; written once, for every page asks it and its OR is long."""
    queues = branches.whole_queues(actor) if owner == "open" else None
    parts = _one_by_one(actor, owner) if queues is None else [*_free(queues), *_mine(actor)]
    return Prepared(_added_up(actor, parts))


def _free(queues: Sequence[tuple[int, str]]) -> list[Rows]:
    """(due_at, n, mine, free) of what nobody holds in these queues."""
    rows = []
    for part in tallies.of_queues(queues):
        one = part.subquery()
        columns = (one.c.due_at.label("due_at"), one.c.n.label("n"), literal(0).label("mine"), one.c.n.label("free"))
        rows.append(select(*columns).where(one.c.kind == tallies.FREE))
    return rows


def _mine(actor: Actor) -> list[Rows]:
    """The same of what the actor holds. Uses ix_human_task_assignee."""
    one = literal(1)
    columns = (_due().label("due_at"), one.label("n"), one.label("mine"), literal(0).label("free"))
    return [select(*columns).where(branches.IS_OPEN, HumanTask.assignee_id == actor.user_id)]


def _one_by_one(actor: Actor, owner: str) -> list[Rows]:
    """The same of every task in the scope, each once."""
    columns = (HumanTask.id, _due().label("due_at"), HumanTask.state, HumanTask.assignee_id)
    ways = [select(*columns).where(*where) for where in branches.of_actor(actor, owner if owner == "open" else "")]
    task = union(*ways).subquery("task")
    mine = case((task.c.assignee_id == actor.user_id, 1), else_=0)
    return [select(task.c.due_at, literal(1).label("n"), mine.label("mine"), _one_if(task.c.state == READY, "free"))]


def _one_if(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return case((condition, 1), else_=0).label(name)


def _due() -> ColumnElement[datetime]:
    return func.coalesce(HumanTask.due_at, tallies.NEVER, type_=HumanTask.due_at.type)


def _added_up(actor: Actor, parts: Sequence[Rows]) -> Rows:
    part = (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("part")
    due, n = part.c.due_at, part.c.n
    now, tomorrow, soon = (bindparam(name, type_=due.type) for name in ("now", "tomorrow", "soon"))
    return select(
        func.sum(n),
        func.sum(n).filter(due < now),
        func.sum(n).filter(due >= now, due < tomorrow),
        func.sum(n).filter(due >= tomorrow, due < soon),
        func.sum(part.c.mine),
        func.sum(part.c.free),
        _aside(HumanTask.assignee_id == actor.user_id, HumanTask.state == SUSPENDED),
        _aside(HumanTask.assignee_id == actor.user_id, HumanTask.state == ERROR),
        _aside(HumanTask.owner_id == actor.user_id),
        some_unread(actor.user_id).scalar_subquery(),
    )


def _aside(*where: ColumnElement[bool]) -> Any:
    """How many of the actor's own nobody works on now. Uses ix_human_task_assignee, ix_human_task_owner."""
    return select(func.count()).select_from(HumanTask).where(branches.IS_OPEN, *where).scalar_subquery()
