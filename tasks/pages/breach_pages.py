"""What the pages of leaks show: a record with its people, its rows of the journal, and rows looked for (CK-31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from domain.cases import Case
from domain.oversight import breach_traces, breaches
from domain.oversight.breach_traces import Trace
from domain.oversight.breaches import Breach, Story
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.work import Work


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the journal as a page shows it. process: of the case, "" outside one; about: number of a case, or ""."""

    key: str
    at: datetime
    event: str
    by: str = field(repr=False)
    login: str
    request: str
    process: str
    step: str
    about: str


@dataclass(frozen=True, slots=True)
class Page:
    """A record. people: accounts with office and part; rows: newest linked ones of `count`; names: by account's key."""

    row: Breach
    told: Story
    people: Sequence[tuple[Account, Organisation, str]] = field(repr=False)
    rows: Sequence[Row]
    count: int
    names: Mapping[int, str] = field(repr=False)
    office: Organisation
    follows: bool
    suspected: bool
    today: date


@dataclass(frozen=True, slots=True)
class Found:
    """Rows that stand under some words; more: older ones stand behind them; before: key of the row they are older than,
    or "" for the newest."""

    rows: Sequence[Row]
    more: bool
    before: str = ""


def page(work: Work, ref: str) -> Page:
    """One record. Eight SELECTs whatever it holds. Raises NotPermitted, NotFound."""
    row = breaches.by_ref(work, ref)
    follows = permissions.may(work.actor, "breach.report")
    people = breaches.accounts(work, row)
    keys = {one for one in (row.recorded_by, row.reported_by, row.closed_by) if one is not None}
    names = work.session.execute(select(Account.id, Account.name).where(Account.id.in_(keys)))
    return Page(
        row=row,
        told=breaches.story(work, row),
        people=people,
        rows=_rows(work, breach_traces.linked(work, row)) if follows else (),
        count=breaches.count_linked(work, row),
        names={one[0]: one[1] for one in names},
        office=work.session.get_one(Organisation, row.org_id),
        follows=follows,
        suspected=any(one.id == work.actor.user_id and part == breaches.SUSPECT for one, _office, part in people),
        today=work.today,
    )


def found(work: Work, words: str, *, before: str = "") -> Found:
    """Rows of the journal under a case's or report's number, a login or a reference. Raises as `traces`."""
    rows = breach_traces.traces(work, words, before=before, most=breach_traces.MOST + 1)
    return Found(_rows(work, rows[: breach_traces.MOST]), len(rows) > breach_traces.MOST, before)


def _rows(work: Work, traces: Sequence[Trace]) -> list[Row]:
    refs = {one.stream[1] for one in traces if one.stream[0] == "case"}
    cases = {
        ref: (number, process)
        for ref, number, process in work.session.execute(
            select(Case.ref, Case.number, Case.process).where(Case.ref.in_(refs))
        )
    }
    told = []
    for one in traces:
        number, process = cases.get(one.stream[1], ("", "")) if one.stream[0] == "case" else ("", "")
        told.append(
            Row(one.key, one.at, one.event, one.by, one.login, one.request, process, one.step, number)
        )  # fmt: skip
    return told
