"""Who acts, when, under which rules, in which transaction.

`unit_of_work` holds the only commit in the tree. Every verb takes a `Work` first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from sqlite3 import SQLITE_BUSY
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from domain.clock import office_day
from domain.errors import NotPermitted
from domain.prepared import execute
from domain.still_there import ask_when_in_doubt
from domain.text import gettext as _

if TYPE_CHECKING:
    from domain.home import Home

WRITE = {"hedui_write": True}
READ = {"hedui_read": True}
AT_ONE_INSTANT = {**READ, "isolation_level": "REPEATABLE READ"}
# statements that fail are logged without their values; the connection that was used last has its statements planned and
# its pages in memory, so it is used next; a web process has eight threads, none of which should connect anew
POOL: dict[str, Any] = {"pool_use_lifo": True, "pool_size": 10}
# a filter of a large office looks at a thousand tasks, each on a page of its own; SQLite's own 2 MB hold 500 pages, and
# reading them from the system anew costs four times the question
CACHE_KIB = 32 * 1024
# after how many times a connection to PostgreSQL keeps a statement prepared, and how many: a page and its act send 60
PREPARED_AFTER, PREPARED = 2, 500
IN_MEMORY = ("sqlite://", "sqlite:///:memory:")
QUERY_ONLY = "hedui_query_only"
CONNECTION = ("connection",)  # where a work remembers its own
BUSY_SECONDS, LOOK_SECONDS = 30, 0.002  # how long a writer waits for another on SQLite, and how often it looks


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who is away and whose work the actor does until `last_day` (included). roles: those taken over;
    processes: only these, empty for all. ref: of the person; substitution: of the row that says so."""

    account_id: int
    ref: str
    name: str
    roles: frozenset[str]
    org_id: int
    processes: frozenset[str]
    last_day: date
    substitution: str

    def covers(self, process: str) -> bool:
        """True for a process that is taken over."""
        return not self.processes or process in self.processes


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a member of staff, the scheduler, or the operator at the command line.

    user_id: key of the account, None for the scheduler and the operator.
    roles: role ids such as "agency_handler". org_id: the office; org_kind: its kind
    ("department", "agency", "town_post", "supplier", "bureau", ...). level: "town" … "province".
    request_id: id of the request or move, for journal and log. skills, towns: what narrows the tasks a person may
    claim (no towns: all of the office's). stands_for: whose work falls to them today.
    """

    kind: str
    user_id: int | None = None
    ref: str = ""
    display: str = ""
    roles: frozenset[str] = frozenset()
    org_id: int | None = None
    org_kind: str = ""
    org_level: str = ""
    request_id: str = ""
    skills: frozenset[str] = frozenset()
    towns: frozenset[int] = frozenset()
    stands_for: tuple[StandIn, ...] = ()

    def person(self) -> int:
        """Key of the acting person's account. Raises NotPermitted when the system itself acts."""
        if self.user_id is None:
            raise NotPermitted(_("Only a person can do this; sign in first."))
        return self.user_id

    def has(self, *roles: str) -> bool:
        """True when the actor holds one of `roles`."""
        return not self.roles.isdisjoint(roles)


SCHEDULER = Actor(kind="scheduler", ref="scheduler", display="定时任务", roles=frozenset({"scheduler"}))
OPERATOR = Actor(kind="operator", ref="operator", display="运维", roles=frozenset({"operator"}))


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work in one transaction.

    session: the open session. actor: who answers for it. now: legal time, aware UTC, read once.
    home: keys, blobs, settings and policies of this installation. memory: what this transaction has read and locked
    already and need not ask again.
    """

    session: Session
    actor: Actor
    now: datetime
    home: Home = field(repr=False)
    memory: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def today(self) -> date:
        """The office's calendar day of `now`."""
        return office_day(self.now)

    @property
    def connection(self) -> Connection:
        """The connection of this transaction, for statements that need nothing of the session.

        Within a savepoint it is the session that is asked: only then it sets the savepoint that it was told of.
        """
        if self.session.in_nested_transaction():
            return self.session.connection()
        known: Connection | None = self.memory.get(CONNECTION)
        if known is None:
            known = self.memory[CONNECTION] = self.session.connection()
        return known

    def acting(self, actor: Actor) -> Work:
        """The same work answered for by `actor`: a move carried on by the system after a person's act."""
        return replace(self, actor=actor)


@contextmanager
def unit_of_work(
    home: Home,
    actor: Actor,
    *,
    session: Session | None = None,
    now: datetime | None = None,
    write: bool = True,
    one_instant: bool = False,
) -> Iterator[Work]:
    """One transaction: commit when the block ends, roll back when it raises.

    A writing work begins with BEGIN IMMEDIATE on SQLite, so that reading before writing cannot
    meet "database is locked". `session` is the web's own session; without it one is opened here.
    Of a reading work nothing stays: SQLite refuses what writes in it (DBAPIError), PostgreSQL rolls it back.
    one_instant: everything it reads is as it was at its first question, whoever commits meanwhile; a
    reading work on SQLite is so by itself.
    """
    own = session is None
    active = session if session is not None else home.sessions()
    try:
        if write:
            active.connection(execution_options=WRITE)
        else:
            several = one_instant and home.engine.dialect.name == "postgresql"
            active.connection(execution_options=AT_ONE_INSTANT if several else READ)
        yield Work(active, actor, now if now is not None else home.legal_now(active), home)
        if write:
            active.commit()
        else:
            _close_reading(active)
    except BaseException:  # nothing stays half done, whatever stopped it
        active.rollback()
        raise
    finally:
        if own:
            active.close()


def _close_reading(session: Session) -> None:
    """End what only read. On PostgreSQL the driver commits it where nothing was written or locked: at a rollback it
    drops every statement that the connection has prepared, and each would be parsed and planned anew for the next
    page."""
    if session.in_transaction() and session.is_active:
        connection = session.connection()
        if connection.dialect.name == "postgresql" and _has_touched_nothing(connection):
            connection.connection.commit()
    session.rollback()


def _has_touched_nothing(connection: Connection) -> bool:
    """Whether this transaction of PostgreSQL wrote and locked nothing, for which it would have been given a number."""
    driver: Any = connection.connection.dbapi_connection
    if driver.info.transaction_status.name != "INTRANS":
        return False
    with driver.cursor() as cursor:  # like BEGIN and COMMIT the driver's own affair, and none of the page's questions
        return cursor.execute("SELECT txid_current_if_assigned()").fetchone()[0] is None


def engine_options(url: str) -> dict[str, Any]:
    """What an engine of a home is made with; a database in memory has one connection and no pool."""
    return {"hide_parameters": True, **({} if url in IN_MEMORY else POOL)}


def harden(engine: Engine) -> Engine:
    """Give an engine the durability and locking the house relies on (invariant I-28).

    SQLite: WAL, synchronous=FULL, foreign keys, secure_delete, 30 s busy wait, BEGIN IMMEDIATE for
    works that write. PostgreSQL: synchronous_commit on, UTC, and no connection whose server is gone.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "connect", _postgresql_connect)
        ask_when_in_doubt(engine)
    return engine


def _sqlite_connect(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # we write BEGIN ourselves
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        # INSERT OR REPLACE must meet the triggers that refuse a deletion
        "recursive_triggers=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        f"cache_size=-{CACHE_KIB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _postgresql_connect(connection: object, _record: object) -> None:
    # the server's own default may be weaker; a commit we answered for must be on its disk
    connection.prepare_threshold = PREPARED_AFTER  # type: ignore[attr-defined]
    connection.prepared_max = PREPARED  # type: ignore[attr-defined]
    connection.autocommit = True  # type: ignore[attr-defined]
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SET synchronous_commit TO on")
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = False  # type: ignore[attr-defined]


def _sqlite_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    _hold_to_reading(connection, bool(options.get("hedui_read", False)))
    if not options.get("hedui_write", False):
        connection.exec_driver_sql("BEGIN")
        return
    # SQLite's own waiting sleeps up to 100 ms between two looks, so that whoever writes again and again is always
    # faster than whoever waits; looking often, a clerk gets in between two chunks of a launch
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        until = time.monotonic() + BUSY_SECONDS
        while not _begun(connection, last=time.monotonic() >= until):
            time.sleep(LOOK_SECONDS)
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.close()


def _hold_to_reading(connection: Connection, wanted: bool) -> None:
    """Have SQLite refuse every change on this connection, or accept them again; said only where it is news."""
    if connection.info.get(QUERY_ONLY, False) is not wanted:
        execute(connection, f"PRAGMA query_only={int(wanted)}").close()
        connection.info[QUERY_ONLY] = wanted


def _begun(connection: Connection, *, last: bool) -> bool:
    """Whether this connection writes now. Raises OperationalError when somebody else does and it was the last try."""
    try:
        execute(connection, "BEGIN IMMEDIATE").close()
    except OperationalError as problem:
        if last or getattr(problem.orig, "sqlite_errorcode", 0) & 0xFF != SQLITE_BUSY:
            raise
        return False
    return True
