"""What somebody above the offices sees of their open tasks: how many, how late, which; never whose household.

Figures come from the counters (`tasks.finding.tallies`), so that a province costs what an office costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, bindparam, func, select, union_all
from sqlalchemy.orm import aliased

from domain.parties import permissions
from domain.parties.organisations import Organisation
from domain.prepared import Prepared
from domain.work import Work
from tasks.finding import branches, filters, tallies
from tasks.finding.branches import Rows
from tasks.finding.paging import Page
from tasks.finding.queues import DEEPEST, PAGE, days_left
from tasks.rows.models import HumanTask

FIRST_LOOK, FARTHER = 200, 4  # rows of the index that are looked at for one page, and how many times more each time
SMALL = 20_000  # tasks of an area that are sorted rather than looked for among all
AREA = "area"  # of every question below: the office
KINDS = (tallies.FREE, tallies.TAKEN, tallies.ASIDE)


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """Open tasks of an office or of an area: by limit, and by whether somebody works on them."""

    all: int = 0
    overdue: int = 0
    today: int = 0
    soon: int = 0
    free: int = 0
    taken: int = 0
    aside: int = 0


@dataclass(frozen=True, slots=True)
class OfficeCounts:
    """An office right below another with the figures of everything in it; `below`: there are offices below it too."""

    ref: str
    name: str
    name_en: str
    below: bool
    counts: AreaCounts


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One open task of an area: what, where and until when; neither the case nor the household."""

    name: str
    name_en: str
    process: str
    office: str
    office_en: str
    state: str
    due_at: datetime | None
    left: int | None
    limit_kind: str


def area_of(work: Work, ref: str = "") -> Organisation | None:
    """The office whose area is asked for: the actor's own, or one below it; None for any other."""
    permissions.must(work.actor, "task.oversee")
    if work.actor.org_id is None:
        return None
    if not ref:
        return work.session.get(Organisation, work.actor.org_id)
    wanted = select(Organisation).where(Organisation.ref == ref, Organisation.id.in_(tallies.within(work.actor.org_id)))
    return work.session.scalars(wanted).first()


def area_counts(work: Work, org_id: int) -> AreaCounts:
    """The figures of an office and everything below it; one SELECT."""
    return _figures(work, _of_area(), org_id).get(org_id, AreaCounts())


def office_counts(work: Work, org_id: int) -> list[OfficeCounts]:
    """The figures of each office right below another, with all below that; most overdue first. Two SELECTs."""
    by_office = _figures(work, _of_offices_below(), org_id)
    children = _children().all(work.connection, {AREA: org_id})
    rows = [OfficeCounts(ref, name, name_en, bool(more), by_office[key])
            for key, ref, name, name_en, more in children if key in by_office]  # fmt: skip
    return sorted(rows, key=lambda one: (-one.counts.overdue, -one.counts.all, one.ref))


def open_tasks(work: Work, org_id: int, counts: AreaCounts, *, tab: str = "all", page: int = 1) -> Page[AreaRow]:
    """The open tasks of an area, most pressing first; counts: the area's own. Uses ix_human_task_due, for a small area
    ix_human_task_inbox."""
    tab = tab if tab in filters.TABS else "all"
    number = max(1, min(page, DEEPEST))
    total: int = getattr(counts, tab)
    first = (number - 1) * PAGE
    find = _sorted if counts.all <= SMALL else _looked_for
    keys = find(work, org_id, tab, first + PAGE)[first:] if first < total else []
    return Page(_rows(work, keys), total, number, PAGE, deepest=DEEPEST)


def _looked_for(work: Work, org_id: int, tab: str, most: int) -> list[int]:
    """Keys of the first tasks of an area, among all in the order of their due days."""
    within = {key for (key,) in _within().all(work.connection, {AREA: org_id})}
    wanted = (
        select(HumanTask.id, HumanTask.org_id)
        .where(branches.IS_OPEN, filters.by_limit(tab, filters.edges(work)))
        .order_by(*branches.order())
    )
    found: list[int] = []
    seen, look = 0, max(FIRST_LOOK, most)
    while len(found) < most:
        rows = work.session.execute(wanted.limit(look).offset(seen)).all()
        found += [key for key, org in rows if org in within]
        if len(rows) < look:
            break
        seen, look = seen + look, look * FARTHER
    return found[:most]


def _sorted(work: Work, org_id: int, tab: str, most: int) -> list[int]:
    within = tallies.within(org_id)  # as a question: two thousand keys would be as many parameters
    wanted = (
        select(HumanTask.id)
        .where(branches.IS_OPEN, HumanTask.org_id.in_(within), filters.by_limit(tab, filters.edges(work)))
        .order_by(*branches.order())
    )
    return list(work.session.scalars(wanted.limit(most)))


def _rows(work: Work, keys: Sequence[int]) -> list[AreaRow]:
    task = HumanTask
    rows = work.session.execute(
        select(
            task.id, task.name, task.name_en, task.process, Organisation.name, Organisation.name_en, task.state,
            task.due_at, task.limit_kind,
        )
        .join(Organisation, Organisation.id == task.org_id)
        .where(task.id.in_(keys))
    )  # fmt: skip
    found = {
        key: AreaRow(name, name_en, process, office, office_en, state, due, days_left(work, due), limit)
        for key, name, name_en, process, office, office_en, state, due, limit in rows
    }
    return [found[key] for key in keys if key in found]


# --- the figures, each asked in words that are written once a process ------------------------------------------------


def _figures(work: Work, asked: Prepared, org_id: int) -> dict[int, AreaCounts]:
    work.session.flush()
    edges = filters.edges(work)
    values = {AREA: org_id, "now": edges.now, "tomorrow": edges.tomorrow, "soon": edges.soon}
    rows = asked.all(work.connection, values)
    return {area: AreaCounts(*(int(value or 0) for value in figures)) for area, *figures in rows}


def _asked() -> BindParameter[int]:
    return bindparam(AREA, type_=Organisation.id.type)


@cache
def _of_area() -> Prepared:
    parts = [part.subquery() for part in tallies.of_area(_asked())]
    return _added_up([select(_asked().label("area_id"), *part.c) for part in parts])


@cache
def _of_offices_below() -> Prepared:
    return _added_up(tallies.of_offices_below(_asked()))


@cache
def _children() -> Prepared:
    child, further = aliased(Organisation), aliased(Organisation)
    has_more = select(further.id).where(further.parent_id == child.id).exists()
    columns = (child.id, child.ref, child.name, child.name_en, has_more)
    return Prepared(select(*columns).where(child.parent_id == _asked()))


@cache
def _within() -> Prepared:
    return Prepared(tallies.within(_asked()))


def _added_up(parts: Sequence[Rows]) -> Prepared:
    """(area_id, kind, due_at, n) added up by area."""
    part = union_all(*parts).subquery("part")
    due, n = part.c.due_at, part.c.n
    now, tomorrow, soon = (bindparam(name, type_=due.type) for name in ("now", "tomorrow", "soon"))
    return Prepared(
        select(
            part.c.area_id,
            func.sum(n),
            func.sum(n).filter(due < now),
            func.sum(n).filter(due >= now, due < tomorrow),
            func.sum(n).filter(due >= tomorrow, due < soon),
            *(func.sum(n).filter(part.c.kind == kind) for kind in KINDS),
        ).group_by(part.c.area_id)
    )
