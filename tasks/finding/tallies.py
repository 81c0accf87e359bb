"""How many tasks are open, by office, role, whether somebody holds them, and due instant: counted as they change.

A trigger writes what a change of `human_task` adds or takes away into `task_count_delta`, in the same transaction; no
two writers meet in a row. `fold` adds the deltas to `task_count` and to the office's areas (every office above it);
whoever reads adds up both in one statement, so a figure is exact at any moment, folded or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Index,
    Select,
    String,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key
from domain.parties.organisations import Organisation
from domain.work import Work
from tasks.finding.tally_triggers import ASIDE as ASIDE
from tasks.finding.tally_triggers import FREE as FREE
from tasks.finding.tally_triggers import NEVER as NEVER
from tasks.finding.tally_triggers import TAKEN as TAKEN
from tasks.rows.models import HELD, OPEN, READY, HumanTask

ALL_ROLES = ""  # of the sums of an area
CHUNK = 2_000
Rows = Select[*tuple[Any, ...]]
Sums = Counter[tuple[int, str, str, datetime]]


class TaskCount(Base):
    """Open tasks of an office and role; or, with the role "", of an area: an office and all below it.

    kind: FREE (to be claimed), TAKEN (somebody works on it), ASIDE (nobody can work on it now).
    """

    __tablename__ = "task_count"
    __table_args__ = (
        Index("ix_task_count_none", "area_id", sqlite_where=text("n = 0"), postgresql_where=text("n = 0")),
    )

    area_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    n: Mapped[int]


class TaskCountDelta(Base):
    """What one change added (or took away) and no fold has counted in yet. Written by triggers alone."""

    __tablename__ = "task_count_delta"
    __table_args__ = (Index("ix_task_count_delta_org_id", "org_id", "role", "kind"),)

    id: Mapped[Key]
    org_id: Mapped[int] = mapped_column(BigKey)
    role: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(8))
    due_at: Mapped[datetime]
    n: Mapped[int]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A figure that is not what a recount gives."""

    area_id: int
    role: str
    kind: str
    due_at: datetime
    off_by: int


# --- reading ---------------------------------------------------------------------------------------------------------


def of_queues(pairs: Iterable[tuple[int, str]]) -> list[Rows]:
    """(kind, due_at, n) of these offices' roles, as SELECTs to be added up. Uses the keys of both tables."""
    found: list[Rows] = []
    for org_id, role in pairs:
        found.append(_counted().where(TaskCount.area_id == org_id, TaskCount.role == role))
        found.append(_added().where(TaskCountDelta.org_id == org_id, TaskCountDelta.role == role))
    return found


def of_area(org_id: int | BindParameter[int]) -> list[Rows]:
    """The same of an office and everything below it: one sum an instant, whatever its size."""
    delta, above = TaskCountDelta, _above_the_changed()
    added = select(delta.kind.label("kind"), delta.due_at.label("due_at"), delta.n.label("n"))
    return [
        _counted().where(TaskCount.area_id == org_id, TaskCount.role == ALL_ROLES),
        added.join(above, above.c.org_id == delta.org_id).where(above.c.area_id == org_id),
    ]


def of_offices_below(org_id: int | BindParameter[int]) -> list[Rows]:
    """(area_id, kind, due_at, n) of each office right below another, with everything below that."""
    delta, above = TaskCountDelta, _above_the_changed()
    children = select(Organisation.id).where(Organisation.parent_id == org_id)
    counted = select(TaskCount.area_id, TaskCount.kind, TaskCount.due_at, TaskCount.n).where(
        TaskCount.role == ALL_ROLES, TaskCount.area_id.in_(children)
    )
    added = select(above.c.area_id, delta.kind, delta.due_at, delta.n).join(above, above.c.org_id == delta.org_id)
    return [counted, added.where(above.c.area_id.in_(children))]


def _above_the_changed() -> Any:
    """(org_id, area_id) of the few offices whose deltas wait, with each office above them: climbing is less than going
    through everything below a province."""
    changed = select(TaskCountDelta.org_id).distinct().subquery("changed")
    return _climbing(select(changed.c.org_id, changed.c.org_id.label("area_id")))


def within(org_id: int | BindParameter[int]) -> Rows:
    """Keys of an office and of every office below it. Uses ix_organisation_parent_id."""
    below = select(Organisation.id).where(Organisation.id == org_id).cte("below", recursive=True)
    below = below.union(select(Organisation.id).join(below, Organisation.parent_id == below.c.id))
    return select(below.c.id)


def _counted() -> Rows:
    return select(TaskCount.kind.label("kind"), TaskCount.due_at.label("due_at"), TaskCount.n.label("n"))


def _added() -> Rows:
    delta = TaskCountDelta
    return select(delta.kind.label("kind"), delta.due_at.label("due_at"), delta.n.label("n"))


# --- folding ---------------------------------------------------------------------------------------------------------


def fold(work: Work, most: int = CHUNK) -> int:
    """Count in up to so many deltas; how many it took. Two that fold at once take different ones."""
    wanted = select(TaskCountDelta.id).order_by(TaskCountDelta.id).limit(most).with_for_update(skip_locked=True)
    delta = TaskCountDelta
    taken = work.session.execute(
        delete(delta)
        .where(delta.id.in_(wanted.scalar_subquery()))
        .returning(delta.org_id, delta.role, delta.kind, delta.due_at, delta.n)
        .execution_options(synchronize_session=False)
    ).all()
    if taken:
        _add(work, _summed(work, taken))
    return len(taken)


def recount(work: Work) -> None:
    """Count everything anew; whoever changes a task waits meanwhile."""
    if work.session.get_bind().dialect.name == "postgresql":
        work.session.execute(text("LOCK TABLE human_task, task_count, task_count_delta IN EXCLUSIVE MODE"))
    for table in (TaskCountDelta, TaskCount):
        work.session.execute(delete(table).execution_options(synchronize_session=False))
    rows = work.session.execute(_truth(func.count())).all()
    sums = _summed(work, rows)
    values = [_as_row(key, n) for key, n in sums.items()]
    for first in range(0, len(values), CHUNK):
        work.session.execute(insert(TaskCount), values[first : first + CHUNK])


def wrong(work: Work, most: int = 20) -> list[Wrong]:
    """Figures that a recount would change, the office's own and the areas'; one statement, so nobody comes between."""
    above = _above()
    own = select(TaskCount.area_id, TaskCount.role, TaskCount.kind, TaskCount.due_at, TaskCount.n)
    delta = TaskCountDelta
    added = select(delta.org_id, delta.role, delta.kind, delta.due_at, delta.n)
    truth = _truth(-func.count()).subquery("truth")
    apart = added.subquery("added")
    parts = [own, added, select(*truth.c)]
    for one in (apart, truth):
        _org, _role, kind, due, n = one.c
        parts.append(select(above.c.area_id, literal(ALL_ROLES), kind, due, n).join(above, above.c.org_id == one.c[0]))
    everything = union_all(*parts).subquery("everything")
    area, role, kind, due, n = everything.c
    rows = work.session.execute(
        select(area, role, kind, due, func.sum(n)).group_by(area, role, kind, due).having(func.sum(n) != 0).limit(most)
    )
    return [Wrong(*row[:4], int(row[4])) for row in rows]


def waiting(work: Work) -> int:
    """How many deltas no fold has counted in yet."""
    return work.session.scalar(select(func.count()).select_from(TaskCountDelta)) or 0


def kind_of() -> ColumnElement[str]:
    """FREE, TAKEN or ASIDE of an open task."""
    return case((HumanTask.state == READY, FREE), (HumanTask.state.in_(HELD), TAKEN), else_=ASIDE)


def _truth(n: ColumnElement[int]) -> Rows:
    kind, due = kind_of().label("kind"), func.coalesce(HumanTask.due_at, NEVER, type_=HumanTask.due_at.type)
    rows = (
        select(HumanTask.org_id, HumanTask.role, kind, due.label("due_at"))
        .where(HumanTask.state.in_(OPEN))
        .subquery("open_tasks")
    )
    return select(*rows.c, n.label("n")).group_by(*rows.c)


def _above() -> Any:
    """(org_id, area_id): every office with itself and each office above it."""
    return _climbing(select(Organisation.id.label("org_id"), Organisation.id.label("area_id")))


def _climbing(own: Rows) -> Any:
    org, above = Organisation, own.cte("above", recursive=True)
    further = select(above.c.org_id, org.parent_id).join(org, org.id == above.c.area_id)
    return above.union(further.where(org.parent_id.is_not(None)))


def _summed(work: Work, rows: Sequence[Any]) -> Sums:
    """Rows (office, role, kind, due, n) with what they are in the sums of the areas."""
    parents = dict(work.session.execute(select(Organisation.id, Organisation.parent_id)).all())
    areas = {org: _chain(parents, org) for org in {row[0] for row in rows}}
    sums: Sums = Counter()
    for org, role, kind, due, n in rows:
        sums[org, role, kind, due] += n
        for area in areas[org]:
            sums[area, ALL_ROLES, kind, due] += n
    return sums


def _chain(parents: dict[int, int | None], org: int) -> list[int]:
    chain: list[int] = []
    current: int | None = org
    while current is not None and current not in chain:
        chain.append(current)
        current = parents.get(current)
    return chain


def _add(work: Work, sums: Sums) -> None:
    """In the order of the keys, as everybody locks them."""
    make = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = make(TaskCount)
    keys = [TaskCount.area_id, TaskCount.role, TaskCount.kind, TaskCount.due_at]
    added = {"n": TaskCount.n + statement.excluded.n}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=added)
    rows = [_as_row(key, n) for key, n in sorted(sums.items()) if n]
    if not rows:  # what came and went meanwhile leaves nothing to count
        return
    work.session.connection().execute(statement, rows)
    work.session.execute(delete(TaskCount).where(text("n = 0")).execution_options(synchronize_session=False))


def _as_row(key: tuple[int, str, str, datetime], n: int) -> dict[str, Any]:
    area, role, kind, due = key
    return {"area_id": area, "role": role, "kind": kind, "due_at": due, "n": n}
