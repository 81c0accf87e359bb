"""Doctor: everything that can be known to be wrong with an office before somebody notices.

Each check says what was found and what to do. `./run do doctor` and the operations page read the same ones.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text

from domain import durability, revision, sealing
from domain.clock import OFFICE_ZONE, machine_now
from domain.home import REAL, HomeRow
from domain.text import Text
from domain.text import gettext as _
from domain.upkeep import UpkeepRun
from domain.version import VERSION
from domain.work import Work
from tasks.health import machine_checks as machine
from tasks.health import watchdog
from tasks.health.machine_checks import OK, PROBLEM, WARNING, Check
from tasks.health.operations import Overview

CLOCKS_APART = timedelta(seconds=5)
CLOCKS_WRONG = timedelta(seconds=60)
LATE_ITEMS = timedelta(minutes=5)
WAITING_MESSAGES = timedelta(hours=1)
UNSEALED = timedelta(minutes=10)
UNWATCHED = timedelta(hours=1)
BACKUP_AGE = timedelta(days=1)
PROOF_AGE = timedelta(days=30)
FREE_LEAST = 500_000_000  # bytes
OLDEST_SERVER = 140_000  # PostgreSQL 14
HOUR, DAY = 3600, 86_400
TAIL = 1000  # newest entries of the journal that are checked every time


def of_office(work: Work, facts: Overview) -> list[Check]:
    """Everything that the database and the folders of an open office tell, in the order of importance."""
    real = facts.kind == REAL
    made = work.home.settings
    return [
        *database(work, real),
        *clock(work, facts),
        *space(work),
        *machine.home_folder(made, real),
        *machine.keys(made, real),
        *machine.certificate(made),
        *machine.settings(made, []),
        *processes(facts),
        *agenda(facts),
        *watch(work, facts),
        *upkeep(facts, real),
        *seals(facts),
        *machine.program(made),
    ]


def is_real(work: Work) -> bool:
    """Whether this is a real office; an office that cannot say is taken for one."""
    row = work.session.get(HomeRow, 1)
    return row is None or row.kind == REAL


def age(span: timedelta) -> Text:
    """A length of time in one figure."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 120:
        return _("%(count)s s", count=seconds)
    if seconds < 2 * HOUR:
        return _("%(count)s min", count=seconds // 60)
    if seconds < 2 * DAY:
        return _("%(count)s h", count=seconds // HOUR)
    return _("%(count)s d", count=seconds // DAY)


def size(count: float) -> str:
    """A number of bytes as people say it."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def database(work: Work, real: bool) -> Iterator[Check]:
    """The tables' revision, and whether what is committed stays (I-28)."""
    connection = work.session.connection()
    here = str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")
    if here == revision.newest():
        yield Check("database.tables", OK, _("The tables are those of this program (%(here)s).", here=here))
    else:
        yield Check(
            "database.tables",
            PROBLEM,
            _("The tables stand at %(here)s, this program knows %(newest)s.", here=here, newest=revision.newest()),
            _("./run do migrate brings older tables up; for newer ones start the newer program."),
        )
    found = durability.faults(work.home, connection)
    if found:
        yield Check(
            "database.durable",
            PROBLEM if real else WARNING,
            _("The database may lose what was acknowledged: %(flags)s.", flags=", ".join(found)),
            _("Set these flags right in the server, or move the home to a local disk; then start again."),
        )
    elif connection.dialect.name == "sqlite":
        yield Check("database.durable", OK, _("SQLite keeps what it acknowledged: write-ahead log, full sync."))
    else:
        yield Check("database.durable", OK, _("PostgreSQL keeps what it acknowledged: fsync, full_page_writes."))
    if connection.dialect.name == "postgresql":
        yield from _server(work)


def _server(work: Work) -> Iterator[Check]:
    rows = work.session.execute(
        text(
            "SELECT name, setting FROM pg_settings"
            " WHERE name IN ('server_version', 'server_version_num', 'server_encoding', 'TimeZone')"
        )
    )
    said = {str(name): str(setting) for name, setting in rows}
    version = said.get("server_version", "").split()[0]
    if int(said.get("server_version_num", "0")) < OLDEST_SERVER:
        yield Check(
            "database.server", PROBLEM, _("PostgreSQL %(version)s is too old.", version=version),
            _("Use PostgreSQL 14 or newer."),
        )  # fmt: skip
    elif said.get("server_encoding") != "UTF8" or said.get("TimeZone") != "UTC":
        yield Check(
            "database.server",
            PROBLEM,
            _("The database's encoding is %(encoding)s and its time zone %(zone)s, not UTF8 and UTC.",
              encoding=said.get("server_encoding"), zone=said.get("TimeZone")),
            _("Make the database with encoding UTF8; the time zone is set by every connection of ours."),
        )  # fmt: skip
    else:
        yield Check("database.server", OK, f"PostgreSQL {version}, UTF8.")


def clock(work: Work, facts: Overview) -> Iterator[Check]:
    """The machine's clock against the database's, and against what was written before."""
    wrong = _("Set the clock of this machine by a time server, then start again.")
    apart = timedelta(0)
    if work.session.get_bind().dialect.name == "postgresql":
        there = work.session.scalar(text("SELECT clock_timestamp()"))
        apart = abs(machine_now() - there)
    ahead = facts.journal.newest_at - facts.real if facts.journal.newest_at is not None else timedelta(0)
    if apart > CLOCKS_APART:
        yield Check(
            "clock.database",
            PROBLEM if apart > CLOCKS_WRONG else WARNING,
            _("The clocks of this machine and of the database differ by %(span)s.", span=age(apart)),
            wrong,
        )
    if ahead > CLOCKS_APART:
        yield Check(
            "clock.backwards",
            PROBLEM,
            _("The clock went back: the journal was last written %(span)s in the future.", span=age(ahead)),
            wrong,
        )
    if machine_now().astimezone(OFFICE_ZONE).utcoffset() != timedelta(hours=8):
        yield Check(
            "clock.zone",
            PROBLEM,
            _("The time zone of the office (%(zone)s) is not what it must be.", zone=str(OFFICE_ZONE)),
            _("Install the time zones of the system (tzdata)."),
        )
    if apart <= CLOCKS_APART and ahead <= CLOCKS_APART:
        yield Check("clock", OK, _("The clock agrees with the database and the journal."))


def space(work: Work) -> Iterator[Check]:
    """Room on the disk of the home against the size of the database: a backup or an upgrade needs as much again."""
    made = work.home.settings
    free = shutil.disk_usage(made.home).free
    sqlite = made.url.startswith("sqlite")
    if sqlite:
        base = made.home / "hedui.db"
        held = sum(one.stat().st_size for one in base.parent.glob(f"{base.name}*") if one.is_file())
    else:
        held = int(work.session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    need = max(FREE_LEAST, held if sqlite else 0)
    found = _("%(free)s free for the home; the database holds %(held)s.", free=size(free), held=size(held))
    state = PROBLEM if free < FREE_LEAST else WARNING if free < 2 * need else OK
    remedy = _(
        "Make room on the disk of %(path)s; nothing is lost, but nothing can be saved on a full one.", path=made.home
    )
    yield Check("space", state, found, None if state == OK else remedy)


def processes(facts: Overview) -> Iterator[Check]:
    """Whether anybody does what is due."""
    if facts.workers:
        yield Check("workers", OK, _("Workers at work: %(count)s.", count=len(facts.workers)))
    else:
        yield Check(
            "workers",
            WARNING if not facts.webs else PROBLEM,
            _("No worker is at work: nothing that is due gets done."),
            _("Start the service (./run), and look in its log for child.ended or process.refused."),
        )
    for one in facts.other_versions:
        yield Check(
            "workers.version",
            WARNING,
            _("%(name)s runs version %(theirs)s, this is %(ours)s.", name=one.name, theirs=one.version, ours=VERSION),
            _("Start that process again."),
        )


def agenda(facts: Overview) -> Iterator[Check]:
    """Late items, parked items, incidents, waiting messages."""
    due = facts.agenda
    lag = due.lag(facts.now)
    page = _("The operations page names each and tries it again; the log says where it failed (item.failed).")
    if due.parked:
        yield Check(
            "agenda.parked",
            PROBLEM,
            _("Items that failed too often and are not tried any more: %(count)s.", count=due.parked),
            page,
        )
    if facts.incident_count:
        yield Check("incidents", WARNING, _("Open incidents: %(count)s.", count=facts.incident_count), page)
    if lag > LATE_ITEMS:
        yield Check(
            "agenda.late",
            WARNING,
            _("Items that are due and not done: %(count)s, the oldest for %(span)s.", count=due.late, span=age(lag)),
            _("See that a worker runs; with PostgreSQL, start more (--workers)."),
        )
    elif not due.parked:
        yield Check("agenda", OK, _("Nothing is late; due within a day: %(count)s.", count=due.next_day))
    old = min((one.oldest for one in facts.outbox), default=None)
    if old is not None and facts.now - old > WAITING_MESSAGES:
        yield Check(
            "outbox",
            WARNING,
            _("Messages wait to be sent for %(span)s.", span=age(facts.now - old)),
            _("See that the receiver can be reached; they are sent as soon as it can."),
        )


def watch(work: Work, facts: Overview) -> Iterator[Check]:
    """Cases that wait for nothing, timers and jobs that nobody would carry out; and whether anybody looks for them."""
    page = _("The worker plans them again within ten minutes; a case that waits for nothing becomes an incident.")
    found = watchdog.look(work)
    if found.idle:
        yield Check(
            "watchdog.idle",
            PROBLEM,
            _("Cases that wait for nothing and nobody: %(count)s, first %(number)s.",
              count=len(found.idle), number=found.idle[0].number),
            page,
        )  # fmt: skip
    if found.unplanned:
        yield Check(
            "watchdog.unplanned",
            WARNING,
            _("Timers and jobs that nobody would carry out: %(count)s.", count=len(found.unplanned)),
            page,
        )
    if not found.idle and not found.unplanned:
        yield Check("watchdog", OK, _("Every open case waits for something, and somebody will carry it out."))
    if facts.workers and facts.watched is not None and facts.real - facts.watched.made_at > UNWATCHED:
        yield Check(
            "watchdog.silent",
            WARNING,
            _("Nobody looked through the cases for %(span)s.", span=age(facts.real - facts.watched.made_at)),
            _("A worker does so every ten minutes: see that one runs and what its log says."),
        )


def upkeep(facts: Overview, real: bool) -> Iterator[Check]:
    """The last backup, and the last one that was proved by restoring it. A demonstration needs neither."""
    older = facts.founded_at is not None and facts.real - facts.founded_at > BACKUP_AGE
    backup, proof = facts.upkeep.good_backup, facts.upkeep.good_proof
    yield _run(
        "backup", backup, BACKUP_AGE, facts, real and older,
        never=_("No backup was ever made."), made=_("The last backup was made %(span)s ago."),
        remedy=_("./run do backup FOLDER, every night."),
    )  # fmt: skip
    failed = facts.upkeep.backup
    if failed is not None and (backup is None or failed.id != backup.id):
        yield Check(
            "backup.failed", PROBLEM if real else WARNING, _("The newest backup failed: %(why)s", why=failed.sentence),
            _("Mend the cause and make it again."),
        )  # fmt: skip
    failed = facts.upkeep.proof
    if failed is not None and (proof is None or failed.id != proof.id):
        yield Check(
            "proof.failed", PROBLEM if real else WARNING,
            _("The newest proof of a backup failed: %(why)s", why=failed.sentence),
            _("Make a new backup and prove it at once; keep the older ones until it is proved."),
        )  # fmt: skip
    yield _run(
        "proof", proof, PROOF_AGE, facts, real and facts.founded_at is not None
        and facts.real - facts.founded_at > PROOF_AGE,
        never=_("No backup was ever proved by restoring it."),
        made=_("A backup was last proved by restoring it %(span)s ago."),
        remedy=_("./run do prove FOLDER, every month; a backup nobody restored is a hope."),
    )  # fmt: skip


def _run(
    name: str, row: UpkeepRun | None, most: timedelta, facts: Overview, strict: bool,
    *, never: Text, made: Text, remedy: Text,
) -> Check:  # fmt: skip
    if row is None:
        state = PROBLEM if strict else WARNING if facts.kind == REAL else OK
        return Check(name, state, never, None if state == OK else remedy)
    span = facts.real - (row.ended_at or row.started_at)
    found = Text(made.source, {"span": age(span)})
    if span <= most:
        return Check(name, OK, found)
    return Check(name, PROBLEM if facts.kind == REAL else WARNING, found, remedy)


def seals(facts: Overview) -> Iterator[Check]:
    """Whether the journal is bound as it grows."""
    open_since = facts.journal.unsealed_since
    if open_since is not None and facts.real - open_since > UNSEALED:
        yield Check(
            "journal.seal",
            WARNING,
            _("The journal was not sealed for %(span)s.", span=age(facts.real - open_since)),
            _("A worker seals it every half minute: see that one runs."),
        )
    else:
        yield Check(
            "journal.seal", OK, _("The journal is sealed up to entry %(entry)s.", entry=facts.journal.sealed_entry)
        )


def journal_adds_up(work: Work, *, whole: bool) -> Check:
    """The newest entries and every head they belong to; or every entry and every seal."""
    if whole:
        breaks = list(sealing.verify(work.session, work.home.vault))
        good = _("The whole journal adds up.")
    else:
        breaks = list(sealing.verify_tail(work.session, work.home.vault, TAIL))
        good = _("The newest %(count)s entries of the journal add up; --journal checks all of it.", count=TAIL)
    if not breaks:
        return Check("journal", OK, good)
    first = breaks[0]
    return Check(
        "journal",
        PROBLEM,
        _("The journal does not add up at %(count)s places, first at %(stream)s %(seq)s.",
          count=len(breaks), stream=first.stream, seq=first.seq),
        _("Keep the database as it is, tell the auditor, and compare with the last backup (./run do journal verify)."),
    )  # fmt: skip
