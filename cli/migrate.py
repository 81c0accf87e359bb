"""Bringing a home's database to the tables this program knows, one process at a time.

On SQLite a copy of the database is laid aside first; on PostgreSQL the migration is one transaction and the
office's own backup stands for the copy.
"""

from __future__ import annotations

import fcntl
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from sqlite3 import Error as SQLiteError

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from cli.backup_folders import STAMP, need_room, sync_folder
from cli.backup_sqlite import copy_database, database_size
from domain import logs, revision
from domain.clock import machine_now
from domain.errors import Conflict, HouseError
from domain.logs import Event
from domain.settings import Settings
from domain.text import gettext as _
from domain.work import WRITE

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
ADVISORY_LOCK = 4_849_200_001
ASIDE = "before-upgrade"
KEPT = 3

Say = Callable[[object], None]
log = logging.getLogger("migrate")


def to_stderr(sentence: object) -> None:
    """One line for whoever started the program."""
    print(sentence, file=sys.stderr, flush=True)


def config_for(connection: Connection) -> Config:
    """Alembic's configuration for work on one connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision this program knows."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def current(connection: Connection) -> str:
    """The revision a database stands at, "" when it is empty."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def upgrade(settings: Settings, engine: Engine, *, say: Say = to_stderr, keep_copy: bool = True) -> bool:
    """Migrate to the newest revision under a lock. True when something changed.

    say: told in one line where the copy of a SQLite database lies. keep_copy: False for what is itself a copy.

    Raises Conflict when the home was made by a newer program, when there is no room for the copy, or when the
    migration fails: the home is left as it was.
    """
    with _one_at_a_time(settings, engine), engine.connect() as plain, _tables_written_anew(plain):
        connection = plain.execution_options(**WRITE)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            here = current(connection)
            if here == head():
                return False
            if here and not revision.known(here):
                raise Conflict(revision.newer())
            aside = _lay_aside(settings, connection, here) if here and keep_copy else None
            _migrate(connection, here, aside)
    if aside is not None:
        _forget_older(aside.parent)
        say(_("The database as it was before the upgrade is kept in %(file)s.", file=aside))
    return True


def _migrate(connection: Connection, here: str, aside: Path | None) -> None:
    try:
        command.upgrade(config_for(connection), "head")
        _nothing_dangles(connection)
    except Exception as problem:  # a migration fails in any way; each is raised on or told, with its trace in the log
        if aside is not None:
            aside.unlink()  # the home itself is what it was; older copies must not give way to it
        if not here or isinstance(problem, HouseError):
            raise
        log.error(Event("migrate.failed", here=here, to=head(), **logs.failure(problem)))
        raise Conflict(
            _("The upgrade to %(to)s failed (%(why)s) and the home was left as it was. Start the version before, and"
              " report this with the lines above.", to=head(), why=type(problem).__name__)
        ) from problem  # fmt: skip


def _lay_aside(settings: Settings, connection: Connection, here: str) -> Path | None:
    """A copy of a SQLite database; no writer is at work, for the transaction of the migration has begun."""
    if connection.dialect.name != "sqlite":
        return None
    database = Path(str(connection.engine.url.database))
    folder = settings.home / ASIDE
    folder.mkdir(mode=0o700, exist_ok=True)
    # the copy, and as much again for the tables that are written anew
    need_room(folder, 2 * database_size(database), _("The copy before the upgrade"))
    made = folder / f"{here}-{machine_now():{STAMP}}.db"
    partial = made.with_suffix(".part")
    partial.unlink(missing_ok=True)
    try:
        copy_database(database, partial)
    except (OSError, SQLiteError) as problem:
        partial.unlink(missing_ok=True)
        raise Conflict(
            _("The database could not be copied before the upgrade (%(why)s); nothing was changed.", why=problem)
        ) from problem
    partial.replace(made)
    sync_folder(folder)
    return made


def _forget_older(folder: Path) -> None:
    """Only the last few copies stay."""

    def stamp(path: Path) -> datetime:
        return datetime.strptime(path.stem.rpartition("-")[2] + "+0000", f"{STAMP}%z")

    for old in sorted(folder.glob("*Z.db"), key=stamp)[:-KEPT]:
        old.unlink()


@contextmanager
def _tables_written_anew(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by writing it anew; its foreign keys, checked at the end, must not see it gone between."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.close()


def _nothing_dangles(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if dangling is not None:
        raise Conflict(
            _("The upgrade would leave a row of %(table)s without its %(parent)s; the home was left as it was.",
              table=dangling[0], parent=dangling[2])
        )  # fmt: skip


@contextmanager
def _one_at_a_time(settings: Settings, engine: Engine) -> Iterator[None]:
    """On SQLite several processes may start at once: the file lock queues them before the database exists."""
    if engine.dialect.name != "sqlite":
        yield
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
