"""Words and marks that pages of the trade share: days left, kinds, states, titles, sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from flask import Flask, g
from sqlalchemy import select

from domain import rules
from domain.cases import BATCH_LETTER, DYNAMIC, NEW, RESCUE
from domain.clock import OFFICE_ZONE
from domain.policy_shipped import Rules
from domain.text import Text
from domain.text import gettext as _
from domain.verification.authorisations import WHY
from domain.work import Work
from domain.workdays import Term
from tasks.finding import queues
from webapp.i18n import english
from workflows.definitions import DefinitionRow

KINDS: dict[str, Text] = {
    NEW: _("New application"),
    DYNAMIC: _("Dynamic review"),
    BATCH_LETTER: _("Review letter"),
    RESCUE: _("First help"),
}
# what people say in a narrow column; a programme without a short name shows its whole one
SHORT: dict[str, Text] = {
    "DIBAO": _("Dibao"),
    "LOWINC": _("Low inc."),
    "TEKUN": _("Tekun"),
    "MEDICAL": _("Medical"),
    "TEMP": _("Temporary"),
    "EDU": _("Education"),
    "HOUSING": _("Housing"),
    "DISABLED2": _("Two subsidies"),
}
STATES: dict[str, Text] = {
    "OPEN": _("in progress"),
    "PARKED": _("waiting for a correction"),
    "DONE": _("closed"),
    "CANCELLED": _("ended"),
}
LIMITS: dict[str, Text] = {
    rules.STATUTORY: _("statutory"),
    rules.INTERNAL: _("internal"),
    rules.NONE: _("no limit set by law"),
}
VERDICTS: dict[str, tuple[str, Text]] = {
    "EQUAL": ("ok", _("agrees")),
    "UNDER": ("overdue", _("declared less")),
    "OVER": ("soon", _("declared more")),
    "UNDECLARED": ("overdue", _("not declared")),
    "NOT_OBTAINED": ("today", _("not obtained")),
}
UNITS: dict[str, Text] = {
    "yuan": _("yuan"),
    "yuan_month": _("yuan a month"),
}
FINDINGS: dict[str, Text] = {
    "TRUE": _("confirmed"),
    "FALSE": _("not confirmed"),
    "SOURCE_ERROR": _("error of the source"),
    "EXPLAINED": _("explained"),
}
REASONS: dict[str, Text] = {
    "TIMEOUT": _("the source did not answer in time"),
    "NOT_SHARED": _("the source is not shared"),
    "NO_MEANS": _("there is no means of asking"),
    "NO_AUTHORISATION": _("no authorisation holds"),
    "QUOTA": _("the quota of the source is used up"),
}
CAPACITIES: dict[str, Text] = {
    "FULL": _("full capacity"),
    "LIMITED": _("limited capacity"),
    "NONE": _("no capacity"),
}
WHY_NOT = WHY


@dataclass(frozen=True, slots=True)
class Left:
    """How much time is left: the words, and the state that colours them."""

    tag: str
    text: Text


@dataclass(frozen=True, slots=True)
class Titles:
    """Names of codes in the language of the page."""

    programmes: Mapping[str, str]
    categories: Mapping[str, str]
    processes: Mapping[str, str]
    places: Mapping[str, str] = field(default_factory=dict)

    def place(self, code: str) -> str:
        """A jurisdiction that may have rules of its own."""
        return self.places.get(code, code)

    def programme(self, code: str) -> str:
        """An assistance programme."""
        return self.programmes.get(code, code)

    def short(self, code: str) -> str:
        """An assistance programme in a narrow column."""
        return str(SHORT[code]) if code in SHORT else self.programme(code)

    def category(self, code: str) -> str:
        """A category of information."""
        return self.categories.get(code, code)

    def process(self, code: str) -> str:
        """A process."""
        return self.processes.get(code, code)

    def some_processes(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """(code, title) of processes, for choosing one."""
        return [(code, self.process(code)) for code in codes]

    def some_programmes(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """(code, short title) of programmes, for choosing one."""
        return [(code, self.short(code)) for code in codes]


def titles(work: Work, law: Rules | None = None, *, processes: bool = False) -> Titles:
    """Names for a page; one query unless the rules are at hand, one more for the processes."""
    said = english()
    known = law or rules.current(work)
    named: dict[str, str] = {}
    if processes:
        rows = work.session.execute(
            select(DefinitionRow.process, DefinitionRow.title, DefinitionRow.title_en).order_by(DefinitionRow.number)
        )
        named = {process: title_en if said else title for process, title, title_en in rows}
    return Titles(
        {code: one.en if said else one.zh for code, one in known.programmes.items()},
        {code: one.en if said else one.zh for code, one in known.categories.items()},
        named,
        {code: one.en if said else one.zh for code, one in known.jurisdictions.items()},
    )


def left(due_at: datetime | None, days: int | None, now: datetime) -> Left | None:
    """Days left in words and state; None where no limit is set (X-03)."""
    if due_at is None or days is None:
        return None
    if days < 0:
        return Left("overdue", _("%(days)s d late", days=-days))
    if due_at < now:
        return Left("overdue", _("late since today"))
    if days == 0:
        return Left("today", _("due today"))
    if days <= 3:
        return Left("soon", _("%(days)s d left", days=days))
    return Left("", _("%(days)s d left", days=days))


def term(data: Mapping[str, object] | None) -> Text | str:
    """The length of a limit, e.g. 20 working days."""
    return Term.from_json(data).text() if data else ""


def month_day(moment: datetime | date) -> str:
    """06-15, in the office's zone."""
    day = moment.astimezone(OFFICE_ZONE) if isinstance(moment, datetime) else moment
    return day.strftime("%m-%d")


def short_time(moment: datetime) -> str:
    """06-15 09:26, in the office's zone."""
    return moment.astimezone(OFFICE_ZONE).strftime("%m-%d %H:%M")


def clock_time(moment: datetime) -> str:
    """09:26, in the office's zone."""
    return moment.astimezone(OFFICE_ZONE).strftime("%H:%M")


def size(count: int) -> str:
    """A file's size as people say it."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} KB"


def media(kind: str) -> str:
    """A file's type in a word."""
    return {
        "application/pdf": "PDF",
        "image/png": "PNG",
        "image/jpeg": "JPEG",
        "image/webp": "WebP",
        "text/csv": "CSV",
    }.get(kind, "XLSX" if "sheet" in kind else kind)


def figure(value: Decimal | None, unit: str) -> str:
    """A figure with its unit; a dash where nothing is known."""
    if value is None:
        return "—"
    if unit == "fact":
        return str(_("yes") if value else _("none"))
    number = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{number} {UNITS[unit]}" if unit in UNITS else number


def difference(value: Decimal) -> str:
    """A difference with its sign."""
    return f"{value:+,.2f}".rstrip("0").rstrip(".")


def nav_counts(work: Work) -> dict[str, int]:
    """Counts for the navigation, and of unread notices for the bell beside it: one query."""
    return as_nav(queues.counts(work, owner="open"))


def as_nav(counts: queues.Counts) -> dict[str, int]:
    """The counts by the endpoint that lists them; the page's bell need not ask again."""
    g.told = counts.told
    return {"desk.inbox": counts.all, "desk.queue": counts.free}


def init(app: Flask) -> None:
    """Hand the templates what they show with."""
    app.jinja_env.globals.update(
        left_of=left,
        kind_titles=KINDS,
        state_titles=STATES,
        limit_titles=LIMITS,
        verdict_titles=VERDICTS,
        unit_titles=UNITS,
        finding_titles=FINDINGS,
        reason_titles=REASONS,
        figure=figure,
        difference=difference,
        capacity_titles=CAPACITIES,
        term_text=term,
    )
    app.jinja_env.filters.update(
        month_day=month_day, short_time=short_time, clock_time=clock_time, file_size=size, media_name=media
    )
