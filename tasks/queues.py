"""Lists for people: worklist with counts, finished tasks, cases. Scope filters stand inside the queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from domain.cases import Case
from domain.clock import office_day
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.work import Work
from tasks import filters
from tasks.filters import Filter
from tasks.models import COMPLETED, OPEN, READY, HumanTask
from tasks.paging import Page as Page
from tasks.rules import task_scope

PAGE = 17


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of the inbox. `left` is whole days to the due day (negative: late), None without a limit."""

    ref: str
    version: int
    name: str
    name_en: str
    process: str
    programme: str
    case_ref: str
    case_number: str
    household: str
    members: int
    place: str
    place_en: str
    due_at: datetime | None
    left: int | None
    limit_kind: str
    limit_key: str
    term: dict[str, object] | None
    assignee: str
    mine: bool
    round: int
    opened_at: datetime
    completed_at: datetime | None = None
    kind: str = ""
    on_hold: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Open tasks in the actor's scope."""

    all: int = 0
    overdue: int = 0
    today: int = 0
    soon: int = 0
    mine: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: (value, Chinese, English)."""

    processes: Sequence[str] = ()
    towns: Sequence[tuple[str, str, str]] = ()
    programmes: Sequence[str] = ()
    steps: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list of cases."""

    ref: str
    number: str
    process: str
    programme: str
    stage: str
    state: str
    household: str
    place: str
    place_en: str
    opened_at: datetime
    due_at: datetime | None
    left: int | None
    kind: str = ""
    on_hold: bool = False


def worklist(work: Work, asked: Filter, *, size: int = PAGE) -> Page[TaskRow]:
    """Open tasks the actor may take or holds, most pressing first. One SELECT for rows, one for the total.

    Uses ix_human_task_inbox and ix_human_task_assignee.
    """
    asked = asked.checked()
    wanted = _tasks(work).where(HumanTask.state.in_(OPEN), *filters.conditions(work, asked))
    total = work.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = work.session.execute(wanted.order_by(*_order(asked.sort)).limit(size).offset((asked.page - 1) * size))
    return Page([_task_row(work, row) for row in rows], total, asked.page, size)


def next_task(work: Work, asked: Filter, after: str = "") -> str | None:
    """Ref of the task to open after finishing one under the same filter: the most pressing that is mine or free."""
    page = worklist(work, replace(asked, page=1), size=25)
    free = [row for row in page.rows if row.ref != after and (row.mine or not row.assignee)]
    return free[0].ref if free else None


def finished(work: Work, *, page: int = 1, size: int = PAGE) -> Page[TaskRow]:
    """Tasks the actor completed, newest first. Uses ix_human_task_done."""
    wanted = _tasks(work).where(HumanTask.completed_by == work.actor.user_id, HumanTask.state == COMPLETED)
    total = work.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = work.session.execute(
        wanted.order_by(HumanTask.completed_at.desc(), HumanTask.id.desc()).limit(size).offset((page - 1) * size)
    )
    return Page([_task_row(work, row) for row in rows], total, page, size)


def counts(work: Work, owner: str = "all") -> Counts:
    """How many open tasks: one SELECT over the same scope as the list. owner "open": without those of colleagues."""
    edges = filters.edges(work)
    mine = (filters.mine_or_free(work),) if owner == "open" else ()
    row = work.session.execute(
        select(
            func.count(),
            _sum(filters.by_limit("overdue", edges)),
            _sum(filters.by_limit("today", edges)),
            _sum(filters.by_limit("soon", edges)),
            _sum(HumanTask.assignee_id == work.actor.user_id),
            _sum(HumanTask.state == READY),
        ).where(HumanTask.state.in_(OPEN), task_scope(work.actor), *mine)
    ).one()
    return Counts(*(int(value or 0) for value in row))


def choices(work: Work) -> Choices:
    """Distinct values the filters can offer within the actor's scope; one SELECT."""
    rows = work.session.execute(
        select(
            HumanTask.process,
            HumanTask.step_id,
            func.max(HumanTask.name),
            func.max(HumanTask.name_en),
            Case.programme,
            Organisation.ref,
            Organisation.name,
            Organisation.name_en,
        )
        .join(Case, Case.id == HumanTask.case_id)
        .join(Organisation, Organisation.id == Case.town_id, isouter=True)
        .where(HumanTask.state.in_(OPEN), task_scope(work.actor))
        .group_by(
            HumanTask.process,
            HumanTask.step_id,
            Case.programme,
            Organisation.ref,
            Organisation.name,
            Organisation.name_en,
        )
    ).all()
    return Choices(
        processes=sorted({r[0] for r in rows}),
        steps=sorted({(r[1], r[2], r[3]) for r in rows}),
        programmes=sorted({r[4] for r in rows}),
        towns=sorted({(r[5], r[6], r[7]) for r in rows if r[5]}),
    )


def cases(work: Work, *, state: str = "OPEN", search: str = "", page: int = 1, size: int = PAGE) -> Page[CaseRow]:
    """Cases the actor may read, due ones first. Uses ix_cases_department_state and its siblings."""
    wanted = (
        select(Case, Person, Organisation)
        .join(Household, Household.id == Case.household_id, isouter=True)
        .join(Person, and_(Person.household_id == Household.id, Person.position == 0), isouter=True)
        .join(Organisation, Organisation.id == Case.town_id, isouter=True)
        .where(permissions.case_scope(work.actor))
    )
    if state in ("OPEN", "PARKED", "DONE", "CANCELLED"):
        wanted = wanted.where(Case.state == state)
    if search:
        wanted = wanted.where(filters.by_number(search))
    total = work.session.scalar(select(func.count()).select_from(wanted.with_only_columns(Case.id).subquery())) or 0
    order = (Case.due_at.is_(None), Case.due_at, Case.id.desc())
    rows = work.session.execute(wanted.order_by(*order).limit(size).offset((page - 1) * size))
    return Page([_case_row(work, *row) for row in rows], total, page, size)


def _tasks(work: Work) -> Select[tuple[HumanTask, Case, Person, Organisation, str, int]]:
    members = (
        select(func.count())
        .where(Person.household_id == Case.household_id, Person.kind == "MEMBER", Person.left_on.is_(None))
        .correlate(Case)
        .scalar_subquery()
    )
    return (
        select(HumanTask, Case, Person, Organisation, Account.name, members)
        .join(Case, Case.id == HumanTask.case_id)
        .join(Person, and_(Person.household_id == Case.household_id, Person.position == 0), isouter=True)
        .join(Organisation, Organisation.id == Case.town_id, isouter=True)
        .join(Account, Account.id == HumanTask.assignee_id, isouter=True)
    )


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def _order(sort: str) -> tuple[ColumnElement[object], ...]:
    # A task without a due day is never late, so it stands last; the key makes pages stable.
    if sort == "opened":
        return (HumanTask.opened_at, HumanTask.id)  # type: ignore[return-value]
    if sort == "name":
        return (HumanTask.name, HumanTask.id)  # type: ignore[return-value]
    return (HumanTask.due_at.is_(None), HumanTask.due_at, HumanTask.id)  # type: ignore[return-value]


def days_left(work: Work, due_at: datetime | None) -> int | None:
    """Whole office days from today to the due day; 0 today, negative late."""
    return None if due_at is None else (office_day(due_at) - work.today).days


def _name(work: Work, person: Person | None) -> str:
    return "" if person is None else work.home.vault.open("person.name", person.ref, person.name)


def _task_row(work: Work, row: Sequence[Any]) -> TaskRow:
    task: HumanTask = row[0]
    case: Case = row[1]
    person: Person | None = row[2]
    town: Organisation | None = row[3]
    assignee, members = row[4], row[5]
    due: dict[str, object] = task.due or {}
    term = due.get("term")
    return TaskRow(
        ref=task.ref,
        version=task.version,
        name=task.name,
        name_en=task.name_en,
        process=task.process,
        programme=case.programme,
        case_ref=case.ref,
        case_number=case.number,
        household=_name(work, person),
        members=members or 0,
        place=town.name if town else "",
        place_en=town.name_en if town else "",
        due_at=task.due_at,
        left=days_left(work, task.due_at),
        limit_kind=task.limit_kind,
        limit_key=str(due.get("source", "")),
        term=term if isinstance(term, dict) else None,
        assignee=str(assignee or ""),
        mine=task.assignee_id == work.actor.user_id and task.assignee_id is not None,
        round=task.round,
        opened_at=task.opened_at,
        completed_at=task.completed_at,
        kind=case.kind,
        on_hold=case.suspended_at is not None,
    )


def _case_row(work: Work, case: Case, person: Person | None, town: Organisation | None) -> CaseRow:
    return CaseRow(
        ref=case.ref,
        number=case.number,
        process=case.process,
        programme=case.programme,
        stage=case.stage,
        state=case.state,
        household=_name(work, person),
        place=town.name if town else "",
        place_en=town.name_en if town else "",
        opened_at=case.opened_at,
        due_at=case.due_at,
        left=days_left(work, case.due_at),
        kind=case.kind,
        on_hold=case.suspended_at is not None,
    )
