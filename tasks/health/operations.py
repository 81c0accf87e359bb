"""What an operator needs to see of a running office: figures of the house, and of no case (the facts of the page
`/operations` and of `./run do doctor`).

The number of queries does not grow with the office, and every one of them follows an index: of the agenda only what
is due is read, of incidents only the open ones, of the journal only its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, true

from domain import upkeep
from domain.agenda import AgendaItem
from domain.cases import Case
from domain.clock import machine_now
from domain.heartbeats import FORGOTTEN, LATE, WEB, WORKER, is_dead
from domain.home import Heartbeat
from domain.journal import JournalEntry, JournalSeal
from domain.outbox import OutboxMessage
from domain.parties.permissions import must
from domain.upkeep import UpkeepRun
from domain.version import VERSION
from domain.work import Work
from tasks.health import watchdog
from workflows.catching_up import GRACE
from workflows.decision_words import is_known, said
from workflows.definition_rows import DefinitionRow
from workflows.instances import CaseWait, Incident, WatchReport

ROWS = 50  # of incidents and of failing items; the counts beside them are of all
AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this office: alive when it was heard of a moment ago. Instants are machine time."""

    name: str
    kind: str
    version: str
    started_at: datetime
    seen_at: datetime
    alive: bool

    @property
    def host(self) -> str:
        """The machine it runs on."""
        return self.name.partition(":")[0]

    @property
    def number(self) -> str:
        """Its number on that machine."""
        return self.name.partition(":")[2].partition(":")[0]


@dataclass(frozen=True, slots=True)
class Failing:
    """An item that failed: it is tried again at `again` (machine time), or never by itself when `parked`.

    number: of the case it belongs to, "" for an item of the house.
    """

    key: str
    kind: str
    subject: str
    due_at: datetime
    attempts: int
    error: str
    parked: bool
    again: datetime | None
    number: str = ""

    @property
    def cause(self) -> str:
        """The kind of exception that the text of the failure begins with."""
        return self.error.partition(" ")[0].rstrip(":")


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is due. late: due, never tried or tried in vain, and not parked; `oldest`: the first of it (legal time)."""

    late: int
    oldest: datetime | None
    failing: int
    parked: int
    next_day: int
    rows: Sequence[Failing]

    def lag(self, now: datetime) -> timedelta:
        """How long the oldest late item waits."""
        return max(now - self.oldest, timedelta(0)) if self.oldest is not None else timedelta(0)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Messages of one kind to one recipient that wait to be sent."""

    kind: str
    address: str
    waiting: int
    failed: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """A step that could not be carried out: the case's number and the step, nothing of the case.

    why: what the drawing or a table did wrong, in words; "" for any other failure.
    """

    ref: str
    number: str
    process: str
    step: str
    cause: str
    attempts: int
    since: datetime
    again: datetime | None
    parked: bool
    why: object = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """The end of the journal, in machine time. unsealed_since: the oldest entry that no seal binds yet."""

    entry: int
    newest_at: datetime | None
    sealed_at: datetime | None
    sealed_entry: int
    unsealed_since: datetime | None


@dataclass(frozen=True, slots=True)
class Timers:
    """Timers of cases that came due and were not carried out, the oldest of them, and when the next one is due."""

    late: int
    oldest: datetime | None
    following: datetime | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The newest runs that ended, and the newest that ended well."""

    backup: UpkeepRun | None
    good_backup: UpkeepRun | None
    proof: UpkeepRun | None
    good_proof: UpkeepRun | None


@dataclass(frozen=True, slots=True)
class InForce:
    """A process and the version new cases take."""

    process: str
    number: int
    title: str
    title_en: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at one instant. now: legal time; real: machine time."""

    now: datetime
    real: datetime
    kind: str
    founded_at: datetime | None
    stopped_at: datetime | None
    processes: Sequence[Process]
    agenda: Agenda
    outbox: Sequence[Outgoing]
    incidents: Sequence[OpenIncident]
    incident_count: int
    first_incident: datetime | None
    upkeep: Upkeep
    journal: Journal
    timers: Timers
    watched: WatchReport | None
    recovered: WatchReport | None

    @property
    def workers(self) -> list[Process]:
        """The workers that are alive."""
        return [one for one in self.processes if one.kind == WORKER and one.alive]

    @property
    def webs(self) -> list[Process]:
        """The web processes that are alive."""
        return [one for one in self.processes if one.kind == WEB and one.alive]

    @property
    def other_versions(self) -> list[Process]:
        """Live processes of another version of the program."""
        return [one for one in self.processes if one.alive and one.version != VERSION]


def overview(work: Work) -> Overview:
    """The facts. Raises NotPermitted. Legal time is the work's; heartbeats, seals and backups are in machine time."""
    must(work.actor, "operations.read")
    home = work.home.row(work.session)
    incidents = _incidents(work)
    count, first = work.session.execute(
        select(func.count(), func.min(Incident.opened_at)).where(Incident.closed_at.is_(None))
    ).one()
    return Overview(
        now=work.now,
        real=machine_now(),
        kind=home.kind,
        founded_at=home.founded_at,
        stopped_at=home.stopped_at,
        processes=_processes(work),
        agenda=_agenda(work),
        outbox=_outbox(work),
        incidents=incidents,
        incident_count=count,
        first_incident=first,
        upkeep=_upkeep(work),
        journal=_journal(work),
        timers=_timers(work),
        watched=watchdog.last_report(work, watchdog.WATCH),
        recovered=watchdog.last_report(work, watchdog.RECOVERY),
    )


def _timers(work: Work) -> Timers:
    """Uses ix_case_wait_due."""
    late = work.session.execute(
        select(func.count(), func.min(CaseWait.due_at)).where(
            CaseWait.due_at.is_not(None), CaseWait.due_at < work.now - GRACE
        )
    ).one()
    following = work.session.scalar(select(func.min(CaseWait.due_at)).where(
        CaseWait.due_at.is_not(None), CaseWait.due_at >= work.now - GRACE
    ))  # fmt: skip
    return Timers(late[0], late[1], following)


def in_force(work: Work) -> list[InForce]:
    """The version of each process that new cases take. Uses uq_definition_process_number."""
    newest = select(func.max(DefinitionRow.id).label("id")).group_by(DefinitionRow.process).subquery()
    rows = work.session.execute(
        select(DefinitionRow.process, DefinitionRow.number, DefinitionRow.title, DefinitionRow.title_en,
               DefinitionRow.deployed_at)
        .join(newest, newest.c.id == DefinitionRow.id)
        .order_by(DefinitionRow.process)
    )  # fmt: skip
    return [InForce(*row) for row in rows]


def _processes(work: Work) -> list[Process]:
    real = machine_now()
    rows = work.session.scalars(select(Heartbeat).where(Heartbeat.seen_at > real - FORGOTTEN))
    found = [
        Process(
            row.process, row.kind, row.version, row.started_at, row.seen_at,
            row.seen_at > real - LATE and not is_dead(row.process),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one.alive, one.kind, one.started_at))


def _agenda(work: Work) -> Agenda:
    """Reads what is due alone. Uses ix_agenda_item_due and ix_agenda_item_parked."""
    waiting = and_(AgendaItem.done_at.is_(None), AgendaItem.parked.is_(False))
    given_up = and_(AgendaItem.done_at.is_(None), AgendaItem.parked.is_(True))
    due = and_(waiting, AgendaItem.due_at <= work.now)
    failed = (AgendaItem.attempts > 0).label("failed")
    groups = work.session.execute(
        select(failed, func.count(), func.min(AgendaItem.due_at)).where(due).group_by(failed)
    ).all()
    soon = select(func.count()).where(waiting, AgendaItem.due_at > work.now, AgendaItem.due_at <= work.now + AHEAD)
    rows = [
        (row, number or "")
        for which in (and_(due, AgendaItem.attempts > 0), given_up)
        for row, number in work.session.execute(
            select(AgendaItem, Case.number)
            .outerjoin(Case, Case.ref == AgendaItem.subject)
            .where(which)
            .order_by(AgendaItem.due_at, AgendaItem.id)
            .limit(ROWS)
        )
    ]
    return Agenda(
        late=sum(count for _failed, count, _first in groups),
        oldest=min((first for _failed, _count, first in groups), default=None),
        failing=sum(count for bad, count, _first in groups if bad),
        parked=work.session.scalar(select(func.count()).where(given_up)) or 0,
        next_day=work.session.scalar(soon) or 0,
        rows=[_failing(*one) for one in sorted(rows, key=lambda one: (one[0].due_at, one[0].id))[:ROWS]],
    )


def _failing(row: AgendaItem, number: str) -> Failing:
    return Failing(
        row.key, row.kind, row.subject, row.due_at, row.attempts, row.last_error, row.parked,
        None if row.parked else row.not_before, number,
    )  # fmt: skip


def _outbox(work: Work) -> list[Outgoing]:
    """Uses ix_outbox_message_waiting."""
    rows = work.session.execute(
        select(
            OutboxMessage.kind,
            OutboxMessage.address,
            func.count(),
            func.count().filter(OutboxMessage.attempts > 0),
            func.min(OutboxMessage.created_at),
        )
        .where(OutboxMessage.sent_at.is_(None), OutboxMessage.refused_at.is_(None), OutboxMessage.dead_at.is_(None))
        .group_by(OutboxMessage.kind, OutboxMessage.address)
        .order_by(OutboxMessage.kind, OutboxMessage.address)
    )
    return [Outgoing(*row) for row in rows]


def _incidents(work: Work) -> list[OpenIncident]:
    """The oldest open ones. Uses ix_incident_open and ix_agenda_item_subject."""
    found = work.session.execute(
        select(Incident, Case.ref, Case.number, Case.process)
        .join(Case, Case.id == Incident.case_id)
        .where(Incident.closed_at.is_(None))
        .order_by(Incident.id)
        .limit(ROWS)
    ).all()
    next_try = _next_tries(work, [case_ref for _incident, case_ref, _number, _process in found])
    rows = []
    for incident, case_ref, number, process in found:
        again, parked = next_try.get((case_ref, incident.token), (None, False))
        rows.append(
            OpenIncident(
                incident.ref, number or case_ref[-6:], process, incident.step_id, incident.cause, incident.attempts,
                incident.opened_at, again, parked, said(incident.sentence) if is_known(incident.sentence) else "",
            )
        )  # fmt: skip
    return rows


def _next_tries(work: Work, subjects: Sequence[str]) -> Mapping[tuple[str, str], tuple[datetime | None, bool]]:
    items = work.session.scalars(
        select(AgendaItem).where(
            AgendaItem.subject.in_(subjects) if subjects else ~true(),
            AgendaItem.done_at.is_(None),
            AgendaItem.attempts > 0,
        )
    )
    return {
        (item.subject, str(item.payload.get("token", ""))[:32]): (None if item.parked else item.not_before, item.parked)
        for item in items
    }


def _upkeep(work: Work) -> Upkeep:
    return Upkeep(
        backup=upkeep.last(work, upkeep.BACKUP),
        good_backup=upkeep.last(work, upkeep.BACKUP, upkeep.DONE),
        proof=upkeep.last(work, upkeep.PROOF),
        good_proof=upkeep.last(work, upkeep.PROOF, upkeep.DONE),
    )


def _journal(work: Work) -> Journal:
    """Reads both ends by their keys alone. Uses pk_journal_entry and pk_journal_seal."""
    newest = work.session.execute(
        select(JournalEntry.id, JournalEntry.machine_at).order_by(JournalEntry.id.desc()).limit(1)
    ).first()
    sealed = work.session.execute(
        select(JournalSeal.sealed_at, JournalSeal.last_entry_id).order_by(JournalSeal.id.desc()).limit(1)
    ).first()
    behind = sealed.last_entry_id if sealed is not None else 0
    unsealed = work.session.scalar(
        select(JournalEntry.machine_at).where(JournalEntry.id > behind).order_by(JournalEntry.id).limit(1)
    )
    return Journal(
        entry=newest.id if newest is not None else 0,
        newest_at=newest.machine_at if newest is not None else None,
        sealed_at=sealed.sealed_at if sealed is not None else None,
        sealed_entry=behind,
        unsealed_since=unsealed,
    )
