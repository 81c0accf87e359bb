"""Which task comes next for somebody who takes what comes: the most pressing they may do, and why this one.

First by priority, then by due day, then what they were trained for or whose town they look after, then what has waited
longest. What separation of duties keeps from them is passed over when it is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, literal_column, or_, select

from domain.clock import office_day
from domain.parties.organisations import Organisation
from domain.text import Joined, Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks.finding import branches, filters
from tasks.finding.filters import Filter
from tasks.rows.models import CANDIDATE, EXCLUDED, HELD, NORMAL, READY, HumanTask, TaskPerson

AT_ONCE = 60  # tasks looked at for one that may be claimed


@dataclass(frozen=True, slots=True)
class Next:
    """A task and why it comes next. free: nobody holds it yet."""

    ref: str
    free: bool
    why: Text


def free(work: Work, asked: Filter) -> list[Next]:
    """Tasks to be claimed under a filter, in the order they should be done; at most sixty.

    Uses ix_human_task_pull; PostgreSQL takes it because of st_human_task_queue (migration 0024).
    """
    return [_next(work, one) for one in _sorted(work, _to_claim(work, asked.checked()))]


def following(work: Work, asked: Filter, after: str = "") -> Next | None:
    """What to open after finishing a task under a filter: the most pressing one that the actor holds or may claim.

    Uses ix_human_task_pull, ix_human_task_assignee.
    """
    asked = asked.checked()
    rows = [*_to_claim(work, asked), *_in_hand(work, asked)]
    found = next((one for one in _sorted(work, rows) if one.ref != after), None)
    return _next(work, found) if found is not None else None


@dataclass(frozen=True, slots=True)
class Row:
    """What of a task decides when it comes, and what is said of that. town: its names in both languages."""

    id: int
    ref: str
    state: str
    priority: int
    due_at: datetime | None
    opened_at: datetime
    skill: str
    town_id: int | None
    town: str | None
    town_en: str | None


# no mapped objects: sixty tasks are looked at, and one is opened
_ROWS = select(
    HumanTask.id, HumanTask.ref, HumanTask.state, HumanTask.priority, HumanTask.due_at, HumanTask.opened_at,
    HumanTask.skill, HumanTask.town_id, Organisation.name, Organisation.name_en,
).join(Organisation, Organisation.id == HumanTask.town_id, isouter=True)  # fmt: skip


def _to_claim(work: Work, asked: Filter) -> list[Row]:
    """In the order of the index: of each queue the first by priority and due day, those without a day after them."""
    if asked.owner == "mine":
        return []
    me = work.actor.user_id
    able = [
        or_(HumanTask.skill == "", HumanTask.skill.in_(sorted(work.actor.skills))),
        or_(~HumanTask.people, ~_named(me, EXCLUDED)),
        or_(~HumanTask.narrowed, _named(me, CANDIDATE), *([HumanTask.people] if work.actor.stands_for else [])),
        # in the words of the index, for SQLite to see that it serves
        HumanTask.state == literal_column(f"'{READY}'"),
        *filters.narrowed(work, filters.as_free(asked)),
    ]
    found: list[Row] = []
    for branch in branches.of_actor(work.actor, "free"):
        for day in (HumanTask.due_at.is_not(None), HumanTask.due_at.is_(None)):
            wanted = branches.narrow(_ROWS, (*branch, day, *able))
            found += _read(work, wanted.order_by(HumanTask.priority, HumanTask.due_at, HumanTask.id))
    return found


def _in_hand(work: Work, asked: Filter) -> list[Row]:
    if asked.owner == "free":
        return []
    mine = (branches.IS_OPEN, HumanTask.assignee_id == work.actor.user_id, HumanTask.state.in_(HELD))
    wanted = branches.narrow(_ROWS, (*mine, *filters.narrowed(work, filters.as_mine(asked))))
    return _read(work, wanted.order_by(*branches.order()))


def _read(work: Work, wanted: Select[*tuple[Any, ...]]) -> list[Row]:
    return [Row(*row) for row in work.session.execute(wanted.limit(AT_ONCE))]


def _named(account_id: int | None, kind: str) -> ColumnElement[bool]:
    """Uses uq_task_person_task_id_account_id_kind."""
    return exists().where(
        TaskPerson.task_id == HumanTask.id, TaskPerson.account_id == account_id, TaskPerson.kind == kind
    )


def _sorted(work: Work, rows: Sequence[Row]) -> list[Row]:
    once = {one.id: one for one in rows}
    return sorted(once.values(), key=_order(work))[:AT_ONCE]


def _order(work: Work) -> Callable[[Row], tuple[Any, ...]]:
    def place(task: Row) -> tuple[Any, ...]:
        due = office_day(task.due_at) if task.due_at is not None else date.max
        return task.priority, due, not _fits(work, task), task.opened_at, task.id

    return place


def _fits(work: Work, task: Row) -> bool:
    """What the actor was trained for, or a town they look after."""
    return bool(task.skill) or (task.town_id is not None and task.town_id in work.actor.towns)


def _next(work: Work, task: Row) -> Next:
    why = Joined(_(" and "), _reasons(work, task))
    return Next(task.ref, task.state == READY, _("This one because %(why)s.", why=why))


def _reasons(work: Work, task: Row) -> list[Text]:
    found = []
    if task.priority < NORMAL:
        found.append(_("it is urgent"))
    if task.due_at is not None:
        left = (office_day(task.due_at) - work.today).days
        if left < 0:
            found.append(_("it is overdue by %(days)s d", days=-left))
        elif left == 0:
            found.append(_("it is due today"))
        else:
            found.append(_("it is due first, on %(day)s", day=office_day(task.due_at)))
    if task.skill:
        found.append(_("it asks for your training “%(skill)s”", skill=task.skill))
    if task.town is not None and task.town_id in work.actor.towns:
        found.append(_("it is of your town %(town)s", town=Name(task.town, task.town_en or "")))
    return found or [_("it has waited longest")]
