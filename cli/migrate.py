"""Bringing a home's database to the tables this program knows, one process at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from domain.errors import Conflict
from domain.settings import Settings
from domain.text import gettext as _
from domain.work import WRITE

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
ADVISORY_LOCK = 4_849_200_001


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


def upgrade(settings: Settings, engine: Engine) -> bool:
    """Migrate to the newest revision under a lock. True when something changed.

    Raises Conflict when the home was made by a newer program: it is left as it is.
    """
    with _one_at_a_time(settings, engine), engine.connect() as plain:
        connection = plain.execution_options(**WRITE)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            here = current(connection)
            if here == head():
                return False
            if here and not _known(here):
                raise Conflict(
                    _("This home was made by a newer version of the program. Start that version, or restore a backup.")
                )
            command.upgrade(config_for(connection), "head")
            return True


def _known(revision: str) -> bool:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return any(script.revision == revision for script in ScriptDirectory.from_config(config).walk_revisions())


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
