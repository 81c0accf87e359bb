"""What an inbox is narrowed to: the words of its address, checked, and the conditions they become.

A condition speaks of `human_task` and `cases` alone, or is a subselect with an index of its own, so that every list,
count and batch can be narrowed alike. No word is personal: a person stands in them as a reference of
`tasks.finding.searching`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, literal_column, or_, select, true

from domain import rules
from domain.cases import Case
from domain.clock import office_instant
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.work import Actor, Work
from domain.workdays import Calendar
from tasks import inbox_columns
from tasks.finding import searching
from tasks.finding.branches import Led
from tasks.rows.finding_models import TEXT
from tasks.rows.models import NORMAL, OPEN, READY, WORKABLE, HumanTask
from tasks.rules import task_scope

TABS = ("all", "overdue", "today", "soon")
# "open": what the actor holds or may claim; "all" shows what colleagues of the office hold too
OWNERS = ("open", "all", "mine", "free", "delegated")
BY_DUE, BACKWARDS = "due", "-"
SORTS = (BY_DUE, "-due", "opened", "-opened", "name", "-name")
DUES = ("", "overdue", "none")
OLDEST = 999  # working days
URGENT = "urgent"  # any priority before the normal one
VALUE, LEAST, MOST = "v.", ".from", ".to"  # words of inbox columns: v.key, v.key.from, v.key.to
MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL of an inbox says. Every word is checked against an allow-list here.

    state: one state of an open task. due: "overdue" or "none"; due_from, due_to: days, both included. older: open for
    more than so many working days. priority: "0" … "10" or "urgent". holder: ref of an account, for its head. person:
    reference of a search. columns: what columns of the inbox are asked for. sort: one of SORTS or a column as `v.key`,
    "-" before it for the other way round.
    """

    tab: str = "all"
    owner: str = "all"
    process: str = ""
    town: str = ""
    programme: str = ""
    step: str = ""
    state: str = ""
    due: str = ""
    due_from: str = ""
    due_to: str = ""
    older: int = 0
    priority: str = ""
    holder: str = ""
    person: str = ""
    search: str = ""
    columns: tuple[inbox_columns.Asked, ...] = ()
    sort: str = BY_DUE
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
            state=self.state if self.state in OPEN else "",
            due=self.due if self.due in DUES else "",
            due_from=_day(self.due_from),
            due_to=_day(self.due_to),
            older=max(0, min(self.older, OLDEST)),
            priority=self.priority if self.priority in PRIORITIES else "",
            holder=self.holder[:26],
            person=self.person[:26],
            search=self.search.strip()[:48],
            columns=tuple(one for one in self.columns[:MOST_COLUMNS] if one.equals or one.least or one.most),
            sort=_sort(self.sort),
            page=max(1, min(self.page, 10_000)),
        )


PRIORITIES = frozenset({"", URGENT, *(str(number) for number in range(11))})
# words that are no narrowing: they only say which part of the list is shown, and how
PLACE = frozenset({"tab", "sort", "page"})
_PLAIN = tuple(one.name for one in fields(Filter) if one.name not in ("older", "page", "columns"))


def read(said: Mapping[str, str], owner: str = "open") -> Filter:
    """The filter that words say, as in an address or a saved filter; what they do not say is the default.

    owner: the default of the page.
    """
    plain = {name: str(said[name]) for name in _PLAIN if name in said}
    if plain.get("owner") not in OWNERS:
        plain["owner"] = owner
    numbers = {name: _number(said[name]) for name in ("older", "page") if name in said}
    return Filter(**plain, **numbers, columns=tuple(_columns(said))).checked()  # type: ignore[arg-type]


def words(asked: Filter, owner: str = "open") -> dict[str, str]:
    """The words that say a filter: only what differs from the defaults. The inverse of `read`."""
    said = {name: str(getattr(asked, name)) for name in (*_PLAIN, "older", "page")}
    plain = {name: str(getattr(Filter(owner=owner), name)) for name in said}
    found = {name: value for name, value in said.items() if value != plain[name]}
    for one in asked.columns:
        place = VALUE + one.key
        said_of = {place: one.equals, place + LEAST: one.least, place + MOST: one.most}
        found |= {name: value for name, value in said_of.items() if value}
    return found


def narrowing(asked: Filter) -> list[str]:
    """Names of the words that narrow beyond tab, order and page, a column as its `v.key`; for the chips of a page."""
    said = words(asked)
    return list(dict.fromkeys(_bare(name) for name in said if name not in PLACE))


def without(asked: Filter, name: str) -> dict[str, str]:
    """The words without one of them: both ends of a span go together."""
    gone = {"due_from", "due_to"} if name in ("due_from", "due_to") else {name}
    return {word: value for word, value in words(asked).items() if _bare(word) not in gone and word != "page"}


def _bare(name: str) -> str:
    return name.removesuffix(LEAST).removesuffix(MOST) if name.startswith(VALUE) else name


def _columns(said: Mapping[str, str]) -> Iterator[inbox_columns.Asked]:
    """What columns are asked for; a number or day as it is written, not yet as it is compared."""
    keys = dict.fromkeys(_bare(name) for name in said if name.startswith(VALUE))
    for place in keys:
        equals, least, most = (str(said.get(place + end, "")).strip()[:60] for end in ("", LEAST, MOST))
        yield inbox_columns.Asked(place.removeprefix(VALUE)[:64], equals, least, most)


def _sort(text: str) -> str:
    by_column = text.removeprefix(BACKWARDS).startswith(VALUE)
    return text[: 64 + len(BACKWARDS + VALUE)] if text in SORTS or by_column else BY_DUE


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""


def _number(text: str) -> int:
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) <= 6 else 0


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
    found: list[ColumnElement[bool]] = [by_limit(asked.tab, edges(work)), _by_holder(work, asked)]
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
    found += _by_time(work, asked)
    if asked.priority:
        urgent = HumanTask.priority < NORMAL
        found.append(urgent if asked.priority == URGENT else HumanTask.priority == int(asked.priority))
    if asked.person:
        found.append(_by_person(work, asked.person))
    found += [_by_column(work, one) for one in asked.columns]
    return found


def as_free(asked: Filter) -> Filter:
    """The same filter of what nobody holds."""
    return replace(asked, owner="free", state="", holder="")


def as_mine(asked: Filter) -> Filter:
    """The same filter of what the actor holds."""
    return replace(asked, owner="mine", state="", holder="")


def reach(asked: Filter) -> str:
    """Which branches of the scope (`branches.of_actor`) can hold what is asked for: an owner, "" for all of them."""
    return "" if asked.holder or (asked.state and asked.owner == "all") else asked.owner


def _by_holder(work: Work, asked: Filter) -> ColumnElement[bool]:
    """Who holds it, and in which state it is."""
    state = HumanTask.state == asked.state if asked.state else true()
    if asked.holder:
        return and_(state, _held_by(work, asked.holder))
    return and_(state, by_owner(work.actor, asked.owner, workable=not asked.state))


def by_owner(actor: Actor, owner: str, *, workable: bool = True) -> ColumnElement[bool]:
    """Who holds it. workable: of the whole office only what somebody can work on now."""
    if owner == "mine":
        return HumanTask.assignee_id == actor.user_id
    if owner == "delegated":
        return HumanTask.owner_id == actor.user_id
    if owner == "free":
        return HumanTask.state == READY
    if owner == "open":
        return or_(HumanTask.state == READY, HumanTask.assignee_id == actor.user_id)
    return HumanTask.state.in_([literal_column(f"'{one}'") for one in WORKABLE]) if workable else true()


def _held_by(work: Work, ref: str) -> ColumnElement[bool]:
    """Held by a colleague: a question of the head of the office. Uses ix_human_task_assignee."""
    if not permissions.may(work.actor, "task.supervise", permissions.OFFICE):
        return false()
    of_office = (Account.ref == ref, Account.org_id == work.actor.org_id)
    return HumanTask.assignee_id == select(Account.id).where(*of_office).scalar_subquery()


def _by_time(work: Work, asked: Filter) -> Iterator[ColumnElement[bool]]:
    due = HumanTask.due_at
    if asked.due == "overdue":
        yield due < work.now
    if asked.due == "none":
        yield due.is_(None)
    if asked.due_from:
        yield due >= office_instant(date.fromisoformat(asked.due_from))
    if asked.due_to:
        yield due < office_instant(date.fromisoformat(asked.due_to) + timedelta(days=1))
    if asked.older:
        last = days_ago(rules.current(work).calendar, work.today, asked.older + 1)
        yield HumanTask.opened_at < office_instant(last + timedelta(days=1))


def days_ago(calendar: Calendar, today: date, count: int) -> date:
    """The working day so many working days before today."""
    day = today
    while count > 0:
        day -= timedelta(days=1)
        count -= calendar.is_working(day)
    return day


def _by_person(work: Work, ref: str) -> ColumnElement[bool]:
    """Cases of the households that a search found, or tasks whose column says what it asked. Nothing when it is over.

    Uses ix_cases_household_id, uq_human_task_case_id_token, ix_task_value_open.
    """
    search = searching.asked(work, ref)
    if search is None:
        return false()
    if search.kind == searching.BY_VALUE:
        return inbox_columns.text_condition(work, search.key, search.blinds)
    return HumanTask.case_id.in_(searching.cases_of(work, search))


def leading(work: Work, asked: Filter) -> Led | None:
    """What a count of a filter by a column begins with (on `task_value`); None where nothing of the kind helps."""
    columns = {one.key: one for one in inbox_columns.columns(work)} if asked.columns else {}
    for one in asked.columns:
        known = columns.get(one.key)
        comparable = inbox_columns.comparable_words(known, one) if known is not None and known.kind != TEXT else None
        rows = inbox_columns.leading(work, comparable) if comparable is not None else []
        if rows:
            others = tuple(other for other in asked.columns if other is not one)
            return Led(rows, narrowed(work, replace(asked, columns=others)))
    return None


def _by_column(work: Work, asked: inbox_columns.Asked) -> ColumnElement[bool]:
    """A column of the inbox. One that no process declares any more narrows nothing; the page says so."""
    known = {one.key: one for one in inbox_columns.columns(work)}.get(asked.key)
    if known is None or known.kind == TEXT:
        return true()
    comparable = inbox_columns.comparable_words(known, asked)
    return inbox_columns.condition(work, comparable) if comparable is not None else false()


def by_number(text: str) -> ColumnElement[bool]:
    """A case number or part of one. Names are sealed and found through `tasks.finding.searching`."""
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
