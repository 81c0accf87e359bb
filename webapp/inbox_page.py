"""What the list of tasks shows around its rows: the filter of the address, chips of what narrows, columns, choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request, url_for
from sqlalchemy import select

from domain.errors import NotFound
from domain.parties.accounts import Account
from domain.parties.permissions import OFFICE, may
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import inbox_columns
from tasks.batches import batch_undo, batches
from tasks.finding import filters, saved_filters, searching, sorting
from tasks.finding.filters import Filter
from tasks.finding.queues import Choices, TaskRow
from tasks.finding.saved_filters import Saved
from tasks.inbox_columns import Column
from tasks.rows.finding_models import CHOICE, PRIVATE, ROLE, TEAM, TEXT
from webapp import showing
from webapp.i18n import english
from webapp.showing import Titles

MOST_SHOWN = 3  # columns a list shows
STATES: dict[str, Text] = {
    "CREATED": _("to be assigned"),
    "READY": _("to be claimed"),
    "RESERVED": _("claimed"),
    "IN_PROGRESS": _("in progress"),
    "SUSPENDED": _("put off"),
    "ERROR": _("in error"),
}
DUES: dict[str, Text] = {"overdue": _("overdue"), "none": _("without a limit")}
PRIORITIES: dict[str, Text] = {
    filters.URGENT: _("urgent"),
    "0": _("most urgent"),
    "5": _("normal"),
    "10": _("can wait"),
}
ORDERS: dict[str, Text] = {
    "due": _("due day, late ones first"), "-due": _("due day, last ones first"),
    "opened": _("longest waiting first"), "-opened": _("newest first"), "name": _("by step"),
    "-name": _("by step, backwards"),
}  # fmt: skip
MOST_SORTED = sorting.MOST
OWNERS: dict[str, Text] = {
    "mine": _("me"), "all": _("the whole office"), "free": _("nobody"), "delegated": _("whom I delegated it to"),
}  # fmt: skip
AUDIENCES: dict[str, Text] = {PRIVATE: _("only me"), TEAM: _("my office"), ROLE: _("a role of my office")}
LABELS: dict[str, Text] = {
    "owner": _("Held by"), "process": _("Process"), "town": _("Place"), "programme": _("Programme"),
    "step": _("Step"), "state": _("State"), "due": _("Term"), "due_from": _("Due from"), "due_to": _("Due until"),
    "older": _("Open for more than"), "priority": _("Priority"), "holder": _("Held by"), "person": _("Person"),
    "search": _("Case number"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list: what it is called, what it says, and the address without it."""

    label: str
    said: str = field(repr=False)
    away: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The filters of a list. columns: that can be asked for; shown: those with something to show on this page, with
    what they say by task. gone: words of the address that mean nothing any more."""

    chips: Sequence[Chip]
    columns: Sequence[Column]
    shown: Sequence[Column]
    cells: Mapping[str, Mapping[str, str]] = field(repr=False)
    asked: Mapping[str, inbox_columns.Asked]
    holders: Sequence[tuple[str, str]]
    saved: Sequence[Saved]
    gone: Sequence[Text]
    roles: Sequence[str]


def asked_filter(owner: str = "open") -> Filter:
    """The filter in the address; what it does not say is the default of the page."""
    return filters.read(request.args.to_dict(), owner)


def in_address(asked: Filter) -> dict[str, Any]:
    """The filter as the address says it: only what differs from the defaults."""
    return dict(filters.words(asked))


def bar(
    work: Work, asked: Filter, gone: Sequence[Text], rows: Sequence[TaskRow], choices: Choices, names: Titles,
    endpoint: str,
) -> Bar:  # fmt: skip
    """Everything around the rows of a list."""
    known = inbox_columns.columns(work, asked.process)
    cells = inbox_columns.of_tasks(work, [row.ref for row in rows], [one.key for one in known])
    said = {key for cell in cells.values() for key in cell}
    holders = _holders(work)
    return Bar(
        tuple(_chips(work, asked, choices, names, dict(holders), endpoint)),
        known[: filters.MOST_COLUMNS],
        [one for one in known if one.key in said][:MOST_SHOWN],
        {ref: {key: _cell(known, key, value) for key, value in cell.items()} for ref, cell in cells.items()},
        {one.key: one for one in asked.columns},
        holders,
        saved_filters.listing(work),
        gone,
        saved_filters.offered_roles(work),
    )


def titles(work: Work) -> Titles:
    """Names of programmes and processes for the list."""
    named = inbox_columns.in_force(work).items()
    return replace(
        showing.titles(work), processes={name: one.title_en if english() else one.title for name, one in named}
    )


def title_of(column: Column) -> str:
    """A column's title in the language of the page."""
    return column.label_en or column.label if english() else column.label


def options_of(column: Column) -> list[tuple[str, str]]:
    """What a choice offers in the language of the page."""
    return [(code, en if english() else zh) for code, zh, en in column.options]


def orders(columns: Sequence[Column]) -> dict[str, str]:
    """The orders that a list can have, in words."""
    found = {sort: str(said) for sort, said in ORDERS.items()}
    for one in sorting.orders(columns):
        title = title_of(one)
        found[filters.VALUE + one.key] = str(_("%(column)s, lowest first", column=title))
        found[filters.BACKWARDS + filters.VALUE + one.key] = str(_("%(column)s, highest first", column=title))
    return found


def in_part() -> bool:
    """Whether htmx asks for the list alone, to put it in the place of the one that is there."""
    again = "HX-History-Restore-Request" in request.headers  # the back button, between two lists of one page
    return again or request.headers.get("HX-Target") == "div#worklist"


def without_place(kept: Mapping[str, str]) -> dict[str, str]:
    """The words of a filter as a saved one has them: without the page, without a person."""
    return {name: value for name, value in kept.items() if name not in ("page", "person")}


def _cell(known: Sequence[Column], key: str, value: str) -> str:
    column = next((one for one in known if one.key == key), None)
    if column is not None and column.kind == CHOICE:
        return next((en if english() else zh for code, zh, en in column.options if code == value), value)
    return value


def _holders(work: Work) -> list[tuple[str, str]]:
    """Colleagues whose tasks the head of an office may list: (ref, name)."""
    if not may(work.actor, "task.supervise", OFFICE):
        return []
    rows = work.session.execute(
        select(Account.ref, Account.name)
        .where(Account.org_id == work.actor.org_id, Account.state == "ACTIVE")
        .order_by(Account.name, Account.id)
    )
    return [(ref, name) for ref, name in rows]


def _chips(
    work: Work, asked: Filter, choices: Choices, titles: Titles, holders: Mapping[str, str], endpoint: str
) -> Iterator[Chip]:
    words = filters.words(asked)
    for name in filters.narrowing(asked):
        kept: dict[str, Any] = dict(filters.without(asked, name))
        away = url_for(endpoint, **kept)
        if name.startswith(filters.VALUE):
            yield _column_chip(work, asked, name.removeprefix(filters.VALUE), away)
        elif not (name == "owner" and endpoint == "desk.queue"):
            yield Chip(str(LABELS[name]), _said(work, name, words[name], choices, titles, holders), away)


def _said(work: Work, name: str, value: str, choices: Choices, titles: Titles, holders: Mapping[str, str]) -> str:
    plain: Mapping[str, Mapping[str, Text]] = {
        "state": STATES, "due": DUES, "priority": PRIORITIES, "owner": OWNERS,
    }  # fmt: skip
    if name in plain:
        return str(plain[name].get(value, value))
    if name in ("town", "step"):
        offered = choices.towns if name == "town" else choices.steps
        return next((en if english() else zh for code, zh, en in offered if code == value), value)
    if name == "programme":
        return titles.short(value)
    if name == "process":
        return titles.process(value)
    if name == "holder":
        return holders.get(value, value)
    if name == "older":
        return str(_("%(count)s working days", count=value))
    return _person(work, value) if name == "person" else value


def _person(work: Work, ref: str) -> str:
    """What a search was for, as far as a page may say it: of a number only that it was one."""
    search = searching.asked(work, ref)
    if search is None:
        return str(_("this search is over"))
    return search.text if search.kind == searching.BY_TEXT else str(_("found by what was typed"))


def _column_chip(work: Work, asked: Filter, key: str, away: str) -> Chip:
    known = inbox_columns.columns(work)
    column = next((one for one in known if one.key == key), None)
    one = next(one for one in asked.columns if one.key == key)
    said = _cell(known, key, one.equals) if one.equals else f"{one.least or '…'} – {one.most or '…'}"
    return Chip(title_of(column) if column is not None else key, said, away)


def text_columns(columns: Sequence[Column]) -> list[Column]:
    """Columns whose text is sealed: they are asked for as a person is, by POST."""
    return [one for one in columns if one.kind == TEXT]


def done_batch(work: Work) -> str:
    """The batch that has just been done from a list, named in its address, where it can be taken back; else ""."""
    ref = request.args.get("batch", "")[:26]
    try:
        return ref if ref and batch_undo.possible(work, batches.load(work, ref)) else ""
    except NotFound:
        return ""
