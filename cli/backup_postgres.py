"""PostgreSQL's own programs: pg_dump and pg_restore, found on PATH or in the distribution's folder."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, make_url

from cli.backup_folders import BackupRefused
from domain.clock import pause
from domain.text import gettext as _

PACKAGED = Path("/usr/lib/postgresql")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
POLL = 0.1
RESTORE_LOCK = 4_849_200_002  # advisory; the one before it is that of migrations


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of pg_dump and pg_restore, and their major version."""

    folder: Path
    major: int


def find_programs(at_least: int, packaged: Path = PACKAGED) -> Programs:
    """Programs that understand a server or a dump of major version `at_least`: that version's, or newer ones.

    Raises BackupRefused saying what to install.
    """
    found = sorted(_installed(packaged), key=lambda one: one.major)
    for one in found:
        if one.major >= at_least:
            return one
    if found:
        raise BackupRefused(
            _("pg_dump and pg_restore here are of PostgreSQL %(here)s, older than the server's %(server)s. Install the"
              " client programs of PostgreSQL %(server)s (Debian, Ubuntu: apt install postgresql-client-%(server)s).",
              here=found[-1].major, server=at_least)
        )  # fmt: skip
    raise BackupRefused(
        _("pg_dump and pg_restore are missing. Install the client programs of PostgreSQL %(server)s (Debian, Ubuntu:"
          " apt install postgresql-client-%(server)s), or put them on PATH.", server=at_least)
    )  # fmt: skip


def _installed(packaged: Path) -> Iterator[Programs]:
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for folder in (*folders, *packaged.glob("*/bin")):
        if all((folder / name).exists() for name in ("pg_dump", "pg_restore")):
            said = subprocess.run(  # noqa: S603 - a program of the distribution, named by its full path
                [str(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=False
            ).stdout
            if match := VERSION.search(said):
                yield Programs(folder, int(match[1]))


def server_major(connection: Connection) -> int:
    """The server's major version."""
    return int(str(connection.exec_driver_sql("SHOW server_version_num").scalar())) // 10000


def dump(programs: Programs, url: str, snapshot: str, target: Path, going_on: Callable[[], None]) -> int:
    """Write the state of an exported snapshot to `target` in the custom format, durably. Its bytes.

    Raises BackupRefused with what pg_dump said.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
    _run(programs.folder / "pg_dump", url, options, going_on)
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return target.stat().st_size


def load(programs: Programs, url: str, source: Path, going_on: Callable[[], None]) -> None:
    """Bring a dump into an empty database, in one transaction. Raises BackupRefused with what pg_restore said."""
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(source)]
    _run(programs.folder / "pg_restore", url, options, going_on)


def _run(program: Path, url: str, options: Sequence[str], going_on: Callable[[], None]) -> None:
    parsed = make_url(url)
    address = parsed.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    # a password on a command line can be read by everybody on the machine
    secret = {"PGPASSWORD": str(parsed.password)} if parsed.password else {}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - a program of the distribution, named by its full path
            [str(program), f"--dbname={address}", *options],
            env={**os.environ, **secret},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            while process.poll() is None:
                going_on()
                pause(POLL)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
    if process.returncode:
        raise BackupRefused(
            _("%(program)s failed: %(said)s", program=program.name, said=said.splitlines()[0] if said else "?")
        )


def is_empty(connection: Connection) -> bool:
    """Whether a database holds no table of anybody."""
    found = connection.exec_driver_sql(
        "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v')"
        " AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_' LIMIT 1"
    )
    return found.first() is None


@contextmanager
def alone_in(engine: Engine) -> Iterator[bool]:
    """Hold the lock of restores into a database. False when another restore holds it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({RESTORE_LOCK})").scalar()
        try:
            yield bool(held)
        finally:
            if held:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({RESTORE_LOCK})")


def make_empty(engine: Engine) -> None:
    """Take a restored database's tables and guards away again: only what stands in the schema of this connection."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tables = connection.exec_driver_sql(
            "SELECT quote_ident(relname) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        ).scalars()
        for name in list(tables):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name} CASCADE")
        functions = connection.exec_driver_sql(
            "SELECT oid::regprocedure::text FROM pg_proc"
            " WHERE prokind = 'f' AND pronamespace = current_schema()::regnamespace"
            " AND proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        ).scalars()
        for name in list(functions):
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name} CASCADE")


@contextmanager
def temporary_database(url: str) -> Iterator[str]:
    """The address of a new database on the same server, removed at the end.

    Raises BackupRefused when the role may not make one.
    """
    home = make_url(url)
    name = f"hedui_proof_{secrets.token_hex(6)}"
    engine = create_engine(home, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            may = connection.exec_driver_sql(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).scalar()
            if not may:
                raise BackupRefused(
                    _("A proof restores into a database of its own, and the role %(role)s may not make one. Let it"
                      " (ALTER ROLE … CREATEDB), or restore on another server.", role=home.username or "?")
                )  # fmt: skip
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield _address(home, name)
        finally:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        engine.dispose()


def _address(home: URL, name: str) -> str:
    return home.set(database=name).render_as_string(hide_password=False)
