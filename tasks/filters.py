"""What an inbox is narrowed to: the words of its address, checked, and the conditions they become.

A condition speaks of `human_task` and `cases` alone, so that every list, count and batch can be narrowed alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, true

from domain.cases import Case
from domain.clock import office_instant
from domain.parties.organisations import Organisation
from domain.work import Work
from tasks.models import READY, WORKABLE, HumanTask
from tasks.rules import task_scope

TABS = ("all", "overdue", "today", "soon")
# "open": what the actor holds or may claim; "all" shows what colleagues of the office hold too
OWNERS = ("open", "all", "mine", "free")
SORTS = ("due", "opened", "name")


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL of an inbox says. Every word is checked against an allow-list here."""

    tab: str = "all"
    owner: str = "all"
    process: str = ""
    town: str = ""
    programme: str = ""
    step: str = ""
    search: str = ""
    sort: str = "due"
    page: int = 1

    def checked(self) -> Filter:
        """The same filter with impossible words replaced by the defaults."""
        return Filter(
            tab=self.tab if self.tab in TABS else "all",
            owner=self.owner if self.owner in OWNERS else "all",
            process=self.process[:64],
            town=self.town[:26],
            programme=self.programme[:64],
            step=self.step[:64],
            search=self.search.strip()[:48],
            sort=self.sort if self.sort in SORTS else "due",
            page=max(1, min(self.page, 10_000)),
        )


@dataclass(frozen=True, slots=True)
class Edges:
    """Instants that divide late, today and soon, from the office's midnight."""

    now: datetime
    tomorrow: datetime
    soon: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "soon", self.tomorrow + timedelta(days=3))


def conditions(work: Work, asked: Filter) -> list[ColumnElement[bool]]:
    """What a task has to meet, the scope of the actor among it. The query joins `cases`."""
    return [task_scope(work.actor), *narrowed(work, asked)]


def narrowed(work: Work, asked: Filter) -> list[ColumnElement[bool]]:
    """What a task has to meet besides standing in the actor's scope: lists read that branch by branch."""
    found: list[ColumnElement[bool]] = [by_limit(asked.tab, edges(work))]
    if asked.owner == "mine":
        found.append(HumanTask.assignee_id == work.actor.user_id)
    elif asked.owner == "free":
        found.append(HumanTask.state == READY)
    elif asked.owner == "open":
        found.append(mine_or_free(work))
    else:
        found.append(HumanTask.state.in_(WORKABLE))
    for column, value in (
        (HumanTask.process, asked.process),
        (HumanTask.step_id, asked.step),
        (Case.programme, asked.programme),
    ):
        if value:
            found.append(column == value)
    if asked.town:
        found.append(
            HumanTask.town_id == select(Organisation.id).where(Organisation.ref == asked.town).scalar_subquery()
        )
    if asked.search:
        found.append(by_number(asked.search))
    return found


def mine_or_free(work: Work) -> ColumnElement[bool]:
    """What the actor holds, or nobody."""
    return or_(HumanTask.state == READY, HumanTask.assignee_id == work.actor.user_id)


def by_number(text: str) -> ColumnElement[bool]:
    """A case number or part of one. Names are sealed; searching by them needs term rows and is not offered here."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Case.number.like(f"%{escaped}%", escape="\\")


def by_limit(tab: str, edges: Edges) -> ColumnElement[bool]:
    """One tab: overdue, due today, due within three days, or all."""
    due = HumanTask.due_at
    if tab == "overdue":
        return due < edges.now
    if tab == "today":
        return and_(due >= edges.now, due < edges.tomorrow)
    if tab == "soon":
        return and_(due >= edges.tomorrow, due < edges.soon)
    return true()


def edges(work: Work) -> Edges:
    """Of the work's instant."""
    return Edges(work.now, office_instant(work.today + timedelta(days=1)))
