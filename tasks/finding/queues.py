"""Lists for people: worklist with counts, finished tasks, cases. Scope filters stand inside the queries."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Integer, and_, bindparam, func, select, union_all

from domain import rules
from domain.cases import Case
from domain.clock import office_day
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.prepared import Prepared
from domain.work import Actor, Work
from tasks.finding import branches, filters, sorting
from tasks.finding.branches import Rows
from tasks.finding.counting import Counts as Counts
from tasks.finding.counting import counts as counts
from tasks.finding.filters import Filter
from tasks.finding.paging import Page as Page
from tasks.rows.models import HumanTask

PAGE = 17
DEEPEST = 60  # pages of one list: whoever looks further narrows it
MOST_COUNTED = 1_000
MANY, OFFERED_SECONDS, MOST_OFFERED = 2_000, 60.0, 1_000


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
class Choices:
    """What the filters offer: (value, Chinese, English)."""

    processes: Sequence[str] = ()
    towns: Sequence[tuple[str, str, str]] = ()
    programmes: Sequence[str] = ()
    steps: Sequence[tuple[str, str, str]] = ()


# by the database, then by the person and what bounds their scope: until when, and what
_OFFERED: WeakKeyDictionary[Engine, dict[tuple[object, ...], tuple[float, Choices]]] = WeakKeyDictionary()


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
    """Open tasks the actor may take or holds, most pressing first. One SELECT for the keys, three for what one page
    shows of them, one for the total.

    A standing tab is counted exactly, anything narrower up to 1,000. Uses ix_human_task_inbox,
    ix_human_task_assignee; in another order than by due day (`sorting`) as its count does.
    """
    asked = asked.checked()
    number = min(asked.page, DEEPEST)
    total, more = _total(work, asked)
    sort = sorting.known(work, asked.sort, total, more)
    keys = _keys(work, replace(asked, sort=sort), number, size)
    return Page(task_rows(work, keys), total, number, size, more, DEEPEST, sort)


def _keys(work: Work, asked: Filter, number: int, size: int) -> list[int]:
    """Keys of the tasks on one page of a list."""
    if asked.sort != filters.BY_DUE or asked.tab != "all" or not _standing(asked):
        wanted = ordered(work, asked, number * size)
        return list(work.session.scalars(wanted.limit(size).offset((number - 1) * size)))
    work.session.flush()
    wanted_once = _front(branches.scope(work.actor), asked.owner)
    passed = (number - 1) * size
    rows = wanted_once.all(work.connection, {"most": number * size, "size": size, "passed": passed})
    return [key for (key,) in rows]


@lru_cache(maxsize=MOST_OFFERED)
def _front(actor: Actor, owner: str) -> Prepared:
    """The keys of a page of a list that nothing narrows, written once: its OR is long and most pages are such."""
    most, size, passed = (bindparam(name, type_=Integer) for name in ("most", "size", "passed"))
    narrowed = [filters.by_owner(actor, owner)]
    found = branches.fronts(branches.of_actor(actor, owner), narrowed, most)
    return Prepared(found.limit(size).offset(passed))


def _standing(asked: Filter) -> bool:
    """Whether nothing narrows it but its tab and who holds the tasks."""
    return asked == Filter(tab=asked.tab, owner=asked.owner, sort=asked.sort, page=asked.page)


def ordered(work: Work, asked: Filter, most: int) -> Rows:
    """Keys of the first `most` tasks under a filter, in its order, each once."""
    ways, narrowed = branches.of_actor(work.actor, filters.reach(asked)), filters.narrowed(work, asked)
    if asked.sort == filters.BY_DUE:
        return branches.fronts(ways, narrowed, most).limit(most)
    return sorting.few(ways, narrowed, filters.leading(work, asked), asked.sort)


def count_up_to(work: Work, asked: Filter, most: int = MOST_COUNTED) -> int:
    """How many tasks are under a filter; `most` + 1 stands for any number above it."""
    ways = branches.of_actor(work.actor, filters.reach(asked))
    narrowed, leading = filters.narrowed(work, asked), filters.leading(work, asked)
    found = branches.some(ways, narrowed, most + 1, leading).limit(most + 1).subquery()
    return work.session.scalar(select(func.count()).select_from(found)) or 0


def finished(work: Work, *, page: int = 1, size: int = PAGE) -> Page[TaskRow]:
    """Tasks the actor completed, newest first, counted up to 1,000. Uses ix_human_task_done."""
    number = min(page, DEEPEST)
    # only a completed task has somebody who completed it
    mine = select(HumanTask.id).where(HumanTask.completed_by == work.actor.user_id)
    newest = mine.order_by(HumanTask.completed_at.desc(), HumanTask.id.desc())
    keys = list(work.session.scalars(newest.limit(size).offset((number - 1) * size)))
    known = mine.limit(MOST_COUNTED + 1).subquery()
    total = work.session.scalar(select(func.count()).select_from(known)) or 0
    return Page(task_rows(work, keys), min(total, MOST_COUNTED), number, size, total > MOST_COUNTED, DEEPEST)


def _total(work: Work, asked: Filter) -> tuple[int, bool]:
    """How many tasks are under a filter, and whether there are more than that."""
    if asked.owner in ("open", "free") and _standing(asked):
        known = counts(work, owner="open")
        if asked.owner == "open":
            return getattr(known, asked.tab), False
        if asked.tab == "all":
            return known.free, False
    found = count_up_to(work, asked)
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def choices(work: Work) -> Choices:
    """What the filters can offer within the actor's scope: processes, steps and towns of open tasks, every programme.

    One SELECT, which reads every open task in ix_human_task_inbox alone and names what it found. Of somebody with
    thousands of open tasks what was found is offered again for a minute: a step or town that came meanwhile is in the
    list all the same.
    """
    if counts(work, owner="open").all <= MANY:
        return _choices(work)
    actor, known = work.actor, _OFFERED.setdefault(work.home.engine, {})
    whose = (actor.user_id, actor.org_id, actor.roles, actor.towns, actor.stands_for)
    until, found = known.get(whose, (0.0, None))
    if found is None or time.monotonic() >= until:
        if len(known) >= MOST_OFFERED:
            known.clear()
        found = _choices(work)
        known[whose] = (time.monotonic() + OFFERED_SECONDS, found)
    return found


def _choices(work: Work) -> Choices:
    work.session.flush()
    rows = _places(branches.scope(work.actor)).all(work.connection, {})
    named = {(process, step): (step, name, name_en) for process, step, name, name_en, *_town in rows}
    towns: set[tuple[str, str, str]] = {(ref, town, town_en) for *_step, ref, town, town_en in rows if ref is not None}
    return Choices(
        processes=sorted({process for process, _step in named}),
        steps=sorted(set(named.values())),
        programmes=sorted(rules.current(work).programmes),
        towns=sorted(towns),
    )


@lru_cache(maxsize=MOST_OFFERED)
def _places(actor: Actor) -> Prepared:
    """Process, step and town of a scope's open tasks, with their names, those of the newest last; written once."""
    task = HumanTask
    ways: list[Rows] = [
        select(task.process, task.step_id, task.town_id, func.max(task.id).label("newest"))
        .where(*where)
        .group_by(task.process, task.step_id, task.town_id)
        for where in branches.of_actor(actor, "")
    ]
    place = (union_all(*ways) if len(ways) > 1 else ways[0]).subquery("place")
    town = Organisation
    columns = (
        place.c.process, place.c.step_id, task.name, task.name_en,
        town.ref, town.name.label("town"), town.name_en.label("town_en"),
    )  # fmt: skip
    named = select(*columns).join_from(place, task, task.id == place.c.newest)
    return Prepared(named.join(town, town.id == place.c.town_id, isouter=True).order_by(place.c.newest))


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


def days_left(work: Work, due_at: datetime | None) -> int | None:
    """Whole office days from today to the due day; 0 today, negative late."""
    return None if due_at is None else (office_day(due_at) - work.today).days


def _name(work: Work, person: Person | None) -> str:
    return "" if person is None else work.home.vault.open("person.name", person.ref, person.name)


def task_rows(work: Work, keys: Sequence[int]) -> list[TaskRow]:
    """The lines of these tasks, in this order; two SELECTs, whatever their number."""
    if not keys:
        return []
    rows = work.session.execute(_SHOWN.where(HumanTask.id.in_(keys))).all()
    households = {row.household_id for row in rows if row.household_id is not None}
    counted = select(Person.household_id, func.count()).where(
        Person.household_id.in_(households), Person.kind == "MEMBER", Person.left_on.is_(None)
    )
    members = dict(work.session.execute(counted.group_by(Person.household_id)).all()) if households else {}
    found = {row.id: _task_row(work, row, members.get(row.household_id, 0)) for row in rows}
    return [found[key] for key in keys if key in found]


# no mapped objects: a page shows few columns of many rows
_SHOWN = (
    select(
        HumanTask.id, HumanTask.ref, HumanTask.version, HumanTask.name, HumanTask.name_en, HumanTask.process,
        HumanTask.state, HumanTask.due, HumanTask.due_at, HumanTask.limit_kind, HumanTask.assignee_id, HumanTask.round,
        HumanTask.opened_at, HumanTask.completed_at,
        Case.programme, Case.ref.label("case_ref"), Case.number, Case.kind, Case.suspended_at, Case.household_id,
        Person.ref.label("person_ref"), Person.name.label("sealed"), Organisation.name.label("place"),
        Organisation.name_en.label("place_en"), Account.name.label("assignee"),
    )
    .join(Case, Case.id == HumanTask.case_id)
    .join(Person, and_(Person.household_id == Case.household_id, Person.position == 0), isouter=True)
    .join(Organisation, Organisation.id == Case.town_id, isouter=True)
    .join(Account, Account.id == HumanTask.assignee_id, isouter=True)
)  # fmt: skip


def _task_row(work: Work, row: Any, members: int) -> TaskRow:
    due: dict[str, object] = row.due or {}
    term = due.get("term")
    return TaskRow(
        ref=row.ref,
        version=row.version,
        name=row.name,
        name_en=row.name_en,
        process=row.process,
        programme=row.programme,
        case_ref=row.case_ref,
        case_number=row.number,
        household=work.home.vault.open("person.name", row.person_ref, row.sealed) if row.person_ref else "",
        members=members,
        place=row.place or "",
        place_en=row.place_en or "",
        due_at=row.due_at,
        left=days_left(work, row.due_at),
        limit_kind=row.limit_kind,
        limit_key=str(due.get("source", "")),
        term=term if isinstance(term, dict) else None,
        assignee=str(row.assignee or ""),
        mine=row.assignee_id == work.actor.user_id and row.assignee_id is not None,
        round=row.round,
        opened_at=row.opened_at,
        completed_at=row.completed_at,
        kind=row.kind,
        on_hold=row.suspended_at is not None,
    )


def _case_row(work: Work, matter: Case, person: Person | None, town: Organisation | None) -> CaseRow:
    return CaseRow(
        ref=matter.ref,
        number=matter.number,
        process=matter.process,
        programme=matter.programme,
        stage=matter.stage,
        state=matter.state,
        household=_name(work, person),
        place=town.name if town else "",
        place_en=town.name_en if town else "",
        opened_at=matter.opened_at,
        due_at=matter.due_at,
        left=days_left(work, matter.due_at),
        kind=matter.kind,
        on_hold=matter.suspended_at is not None,
    )
