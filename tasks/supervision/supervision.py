"""What the head of an office looks at: how old its queues are, who holds how much, what is late, and where time goes.

Figures and names of colleagues; nothing of any household. An office sees itself; an office above sees the sums of each
one below and may look into each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, func, select

from domain import office_hours, rules
from domain.clock import office_instant
from domain.errors import NotFound
from domain.parties import permissions, rights
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work
from domain.workdays import Calendar
from tasks.finding import filters, tallies
from tasks.rows.models import COMPLETED, HELD, IN_PROGRESS, OPEN, READY, HumanTask
from tasks.supervision import overseen
from tasks.supervision.overseen import AreaCounts, OfficeCounts
from tasks.supervision.step_times import KINDS, StepTime
from workflows import definitions
from workflows.bundles import DRAWING
from workflows.versions import Definition

AGES = (1, 5, 10)  # working days that divide fresh, usual, old and very old
PERIODS = (30, 90, 365)  # days that the figures of steps may look back
DONE_DAYS = 30
LEVELS = 4  # shades of the drawing


@dataclass(frozen=True, slots=True)
class QueueLine:
    """Open tasks of one step. ages: how many are at most 1, 5, 10 working days old, and older; oldest: working days."""

    process: str
    step_id: str
    name: str
    name_en: str
    open: int
    free: int
    taken: int
    aside: int
    overdue: int
    ages: Sequence[int]
    oldest_at: datetime
    oldest: int


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A colleague: open tasks they hold, begun ones and late ones of them, the oldest; what they completed lately."""

    ref: str
    name: str
    roles: Sequence[str]
    open: int
    begun: int
    overdue: int
    oldest_at: datetime | None
    done: int


@dataclass(frozen=True, slots=True)
class HeatLine:
    """One step: n that ended, late ones of them, and hours of working time each took in the middle, by kind.

    share: of the time of all steps, 0 to 1; level: its shade, 1 to 4, 0 for none.
    """

    step_id: str
    name: str
    name_en: str
    n: int
    late: int
    waiting: float
    working: float
    blocked: float
    share: float
    level: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Where the time of one process went. most: the kind that took most of it, "" while nothing is measured."""

    process: str
    title: str
    title_en: str
    number: int
    days: int
    lines: Sequence[HeatLine]
    most: str

    @property
    def marks(self) -> Mapping[str, Any]:
        """What the drawing is marked with."""
        shown = [one for one in self.lines if one.level]
        return {
            "heat": {one.step_id: one.level for one in shown},
            "times": {one.step_id: f"{one.waiting + one.working + one.blocked:.1f}" for one in shown},
        }


@dataclass(frozen=True, slots=True)
class SupervisionPage:
    """The page of one office."""

    office: Organisation
    above: Sequence[Organisation]
    own: bool
    whole: AreaCounts
    below: Sequence[OfficeCounts]
    queues: Sequence[QueueLine]
    people: Sequence[PersonLine]
    heat: Heat | None
    processes: Sequence[tuple[str, str, str]] = field(default=())


def page(work: Work, office: str = "", process: str = "", days: int = PERIODS[0]) -> SupervisionPage:
    """The actor's own office, or one below it. Raises NotFound for any other, NotPermitted."""
    chain = _reached(work, office)
    here = chain[-1]
    known = _processes(work, here.id)
    chosen = known.get(process) or next(iter(known.values()), None)
    own = here.id == work.actor.org_id
    return SupervisionPage(
        here, chain[:-1], own, overseen.area_counts(work, here.id), overseen.office_counts(work, here.id),
        queues(work, here.id),
        people(work, here.id) if own and permissions.may(work.actor, "task.supervise", permissions.OFFICE) else (),
        None if chosen is None else heat(work, here.id, chosen, days if days in PERIODS else PERIODS[0]),
        [(key, one.title, one.title_en) for key, one in known.items()],
    )  # fmt: skip


def queues(work: Work, org_id: int) -> list[QueueLine]:
    """Open tasks of an office by step, the oldest first. One SELECT over ix_human_task_inbox."""
    calendar = rules.current(work).calendar
    edges = [_back(work, calendar, days) for days in AGES]
    task, late = HumanTask, filters.by_limit("overdue", filters.edges(work))
    ages = [_count(task.opened_at >= edges[0])]
    ages += [_count(task.opened_at >= old, task.opened_at < new) for new, old in pairwise(edges)]
    ages.append(_count(task.opened_at < edges[-1]))
    rows = work.session.execute(
        select(
            task.process, task.step_id, func.max(task.name), func.max(task.name_en), func.count(),
            _count(task.state == READY), _count(task.state.in_(HELD)), _count(late), func.min(task.opened_at), *ages,
        )
        .where(task.org_id == org_id, task.state.in_(OPEN))
        .group_by(task.process, task.step_id)
    )  # fmt: skip
    found = []
    for process, step_id, name, name_en, count, free, taken, overdue, oldest, *old in rows:
        days = office_hours.worked(calendar, oldest, work.now) // office_hours.DAY
        found.append(
            QueueLine(process, step_id, name, name_en, count, free, taken, count - free - taken, overdue, tuple(old),
                      oldest, days)
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.overdue, one.oldest_at))


def people(work: Work, org_id: int) -> list[PersonLine]:
    """Everybody of an office, those with late work first. Four SELECTs; uses ix_human_task_assignee, _done."""
    staff = rights.of_office(work, org_id)
    task, late = HumanTask, filters.by_limit("overdue", filters.edges(work))
    held = {
        row[0]: row[1:]
        for row in work.session.execute(
            select(task.assignee_id, func.count(), _count(task.state == IN_PROGRESS), _count(late),
                   func.min(task.opened_at))
            .where(task.assignee_id.in_(staff), task.state.in_(OPEN))
            .group_by(task.assignee_id)
        )
    }  # fmt: skip
    since = work.now - timedelta(days=DONE_DAYS)
    done = dict(
        work.session.execute(
            select(task.completed_by, func.count())
            .where(task.completed_by.in_(staff), task.completed_at >= since, task.state == COMPLETED)
            .group_by(task.completed_by)
        ).all()
    )
    found = []
    for key, (account, own) in staff.items():
        count, begun, overdue, oldest = held.get(key, (0, 0, 0, None))
        found.append(
            PersonLine(account.ref, account.name, sorted(own.roles), count, begun, overdue, oldest, done.get(key, 0))
        )
    return sorted(found, key=lambda one: (-one.overdue, -one.open, one.name))


def heat(work: Work, org_id: int, definition: Definition, days: int) -> Heat:
    """Where the time of a process went in an office and those below. Uses uq_step_time_org_id_day_process_step_id."""
    process = definition.process
    rows = work.session.execute(
        select(
            StepTime.step_id, func.sum(StepTime.n), func.sum(StepTime.late), func.sum(StepTime.waiting),
            func.sum(StepTime.working), func.sum(StepTime.blocked),
        )
        .where(
            StepTime.org_id.in_(tallies.within(org_id)), StepTime.day >= work.today - timedelta(days=days),
            StepTime.process == process,
        )
        .group_by(StepTime.step_id)
    ).all()  # fmt: skip
    lines = _shaded(definition, {row[0]: [int(one) for one in row[1:]] for row in rows})
    by_kind = Counter({kind: sum(int(row[3 + place]) for row in rows) for place, kind in enumerate(KINDS)})
    most = by_kind.most_common(1)[0][0] if by_kind.total() else ""
    title, title_en = definition.title, definition.title_en
    return Heat(process, title, title_en, definition.number, days, lines, most)


def drawing(work: Work, process: str) -> bytes:
    """The drawing in force, for the picture. Raises NotFound, NotPermitted."""
    permissions.must(work.actor, "task.oversee")
    return definitions.in_force(work, process).bundle.files[DRAWING]


def _shaded(definition: Definition, sums: Mapping[str, Sequence[int]]) -> list[HeatLine]:
    steps = definition.diagram.steps
    whole = sum(sum(one[2:]) for one in sums.values())
    highest = max((sum(one[2:]) for one in sums.values()), default=0)
    found = []
    for step_id, (n, late, *spent) in sums.items():
        step = steps.get(step_id)
        waiting, working, blocked = (round(one / (n or 1) / 3600, 1) for one in spent)
        total = sum(spent)
        level = -(-LEVELS * total // highest) if total else 0
        found.append(
            HeatLine(
                step_id, step.name if step else step_id, step.name_en if step else step_id, n, late,
                waiting, working, blocked, total / whole if whole else 0.0, level if step else 0,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.share, one.step_id))


def _reached(work: Work, office: str) -> list[Organisation]:
    """Offices from the actor's own down to the one asked for. Raises NotFound."""
    current = overseen.area_of(work, office)
    if current is None:
        raise NotFound(_("There is no such office for you."))
    chain = [current]
    while current is not None and current.id != work.actor.org_id and current.parent_id is not None:
        current = work.session.get(Organisation, current.parent_id)
        chain += [current] if current is not None else []
    return chain[::-1]


def _processes(work: Work, org_id: int) -> dict[str, Definition]:
    """What is in force of the processes that took time of an office or one below."""
    keys = work.session.scalars(
        select(StepTime.process)
        .where(StepTime.org_id.in_(tallies.within(org_id)))
        .distinct()
        .order_by(StepTime.process)
    ).all()
    return {key: definitions.in_force(work, key) for key in keys}


def _back(work: Work, calendar: Calendar, days: int) -> datetime:
    """The office's midnight so many working days ago."""
    day = work.today
    while days:
        day -= timedelta(days=1)
        days -= calendar.is_working(day)
    return office_instant(day)


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(*conditions)
