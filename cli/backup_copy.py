"""The two halves of a backup: the database at one instant, then every file that its rows name.

The bytes of a file are on the disk before the row that names it commits, so whatever the copied rows name was there
at that instant. It could be gone since: the sweeper waits while a backup runs, and a file that a purge removed in
between makes the backup begin anew with rows that no longer name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Error as SQLiteError

from sqlalchemy import Connection, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from cli import backup_postgres
from cli.backup_folders import BackupRefused, megabytes
from cli.backup_manifest import FILES, Entry, State, digest_of, state_of
from cli.backup_sqlite import copy_database
from domain import upkeep
from domain.blobs import BlobDamaged, Blobs, StoredBlob
from domain.clock import ticks
from domain.errors import HouseError
from domain.home import Home
from domain.text import Text
from domain.text import gettext as _
from domain.work import OPERATOR, unit_of_work

SQLITE_NAME = "database.db"
DUMP_NAME = "database.dump"
TOLD_EVERY = 5.0
BEAT_EVERY = 60.0
SHOWN = 3

Say = Callable[[object], None]


class Vanished(Exception):
    """A file was purged after the database was copied: the copy must be made anew."""


class Pulse:
    """Tells progress every few seconds, and the home about once a minute that the run goes on (`beat`)."""

    def __init__(self, say: Say, beat: Callable[[], None] | None = None) -> None:
        self.say = say
        self._beat = beat
        self._told = self._beaten = ticks()

    def __call__(self, sentence: object = None) -> None:
        """`sentence` is shown when some time has passed since the last one."""
        now = ticks()
        if sentence is not None and now - self._told >= TOLD_EVERY:
            self._told = now
            self.say(sentence)
        if self._beat is not None and now - self._beaten >= BEAT_EVERY:
            self._beaten = now
            self._beat()


def pulse_of(home: Home, run: str, say: Say) -> Pulse:
    """The pulse of a run that has a row in a home."""

    def beat() -> None:
        with unit_of_work(home, OPERATOR) as work:
            upkeep.beat(work, run)

    return Pulse(say, beat)


@dataclass(frozen=True, slots=True)
class Copied:
    """A copied database: its file, the server's major version (0: SQLite), its state, the files its rows name."""

    name: str
    entry: Entry
    server: int
    state: State
    named: list[StoredBlob]


def copy_of_database(home: Home, folder: Path, pulse: Pulse) -> Copied:
    """Copy the database of one instant into `folder`, while the service runs. Raises BackupRefused."""
    postgres = home.engine.dialect.name == "postgresql"
    target = folder / (DUMP_NAME if postgres else SQLITE_NAME)
    target.unlink(missing_ok=True)
    return _dumped(home, target, pulse) if postgres else _copied(home, target, pulse)


def _copied(home: Home, target: Path, pulse: Pulse) -> Copied:
    def told(done: int, total: int) -> None:
        pulse(_("Database: %(done)s of %(total)s", done=megabytes(done), total=megabytes(total)))

    try:
        copy_database(Path(str(home.engine.url.database)), target, told)
    except SQLiteError as problem:
        raise BackupRefused(
            _("The database cannot be copied (%(why)s). Look at the disks of the home and of the backup.", why=problem)
        ) from problem
    engine = create_engine(f"sqlite:///{target}", poolclass=NullPool)
    with engine.connect() as connection:
        state, named = state_of(connection), _named(connection)
    return Copied(target.name, digest_of(target), 0, state, named)


def _dumped(home: Home, target: Path, pulse: Pulse) -> Copied:
    with home.engine.connect() as connection:
        # one instant for our own counting and for pg_dump
        frozen = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        server = backup_postgres.server_major(frozen)
        programs = backup_postgres.find_programs(server)
        snapshot = str(frozen.exec_driver_sql("SELECT pg_export_snapshot()").scalar())

        def told() -> None:
            pulse(_("Database: %(done)s", done=megabytes(target.stat().st_size)))

        backup_postgres.dump(programs, home.settings.url, snapshot, target, told)
        state, named = state_of(frozen), _named(frozen)
        frozen.rollback()
    return Copied(target.name, digest_of(target), server, state, named)


def _named(connection: Connection) -> list[StoredBlob]:
    with Session(connection) as session:
        return list(upkeep.named_files(session))


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier complete backup of the same home, whose unchanged files need no second copy."""

    blobs: Blobs
    files: dict[str, Entry]


def copy_of_files(
    home: Home, named: list[StoredBlob], folder: Path, earlier: Earlier | None, pulse: Pulse
) -> tuple[dict[str, Entry], int]:
    """Take over every named file, sealed as it lies, and read each to its end. Entries by name; how many were shared.

    Raises Vanished; BackupRefused naming the damaged ones.
    """
    target = Blobs(folder / FILES, home.vault)
    (folder / FILES).mkdir(mode=0o700, exist_ok=True)
    held: dict[str, Entry] = {}
    shared, size = 0, 0
    bad: list[str] = []
    for blob in named:
        try:
            linked = _shared(blob, target, earlier)
            held[blob.name] = linked if linked is not None else _taken(home, blob, target)
        except (FileNotFoundError, BlobDamaged):
            if not _still_named(home, blob.name):
                raise Vanished from None
            bad.append(blob.name)
            continue
        shared += linked is not None
        size += held[blob.name].size
        pulse(_("Files: %(done)s of %(total)s, %(size)s", done=len(held), total=len(named), size=megabytes(size)))
    if bad:
        raise BackupRefused(
            _("%(count)s stored files are missing or damaged (%(names)s). Bring them back from an earlier backup into"
              " the folder files of the home, then make this one again.",
              count=len(bad), names=", ".join(bad[:SHOWN]))
        )  # fmt: skip
    return held, shared


def _shared(blob: StoredBlob, target: Blobs, earlier: Earlier | None) -> Entry | None:
    """The entry of a file that the earlier backup holds and this one shares with it; None: it must be copied.

    It is read too: what rotted in one backup would otherwise go on into all that follow.
    """
    entry = earlier.files.get(blob.name) if earlier is not None else None
    if earlier is None or entry is None or not earlier.blobs.exists(blob.name):
        return None
    if Entry(*earlier.blobs.sealed_digest(blob.name)) != entry or not target.link_sealed(blob.name, earlier.blobs):
        return None
    return entry


def _taken(home: Home, blob: StoredBlob, target: Blobs) -> Entry:
    entry = Entry(*target.copy_sealed(blob.name, home.blobs))
    target.check(blob)
    return entry


def _still_named(home: Home, name: str) -> bool:
    with unit_of_work(home, OPERATOR, write=False) as work:
        return upkeep.still_named(work.session, name)


def size_of(home: Home, earlier: Earlier | None) -> int:
    """Bytes a backup will need at most: the database, and the files that no earlier backup holds."""
    with unit_of_work(home, OPERATOR, write=False) as work:
        connection = work.session.connection()
        if home.engine.dialect.name == "postgresql":
            database = int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)
        else:
            pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)
            database = pages * int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0)
        known = earlier.files if earlier is not None else {}
        wanted = (blob for blob in upkeep.named_files(work.session) if blob.name not in known)
        return database + sum(_size(home.blobs, blob) for blob in wanted)


def _size(blobs: Blobs, blob: StoredBlob) -> int:
    try:
        return blobs.sealed_size(blob.name)
    except FileNotFoundError:
        return blob.size  # copying finds out and says so


@contextmanager
def recorded(home: Home, kind: str, place: str) -> Iterator[upkeep.UpkeepRun]:
    """A run with its row: RUNNING inside the block, FAILED with the sentence when the block raises."""
    with unit_of_work(home, OPERATOR) as work:
        run = upkeep.begin(work, kind, place)
    try:
        yield run
    except BaseException as problem:  # the row of the run says what ended it, an interrupt too; raised on below
        if isinstance(problem, KeyboardInterrupt):
            said = _("It was stopped before its end.")
        elif isinstance(problem, HouseError):
            told = problem.args[0]
            said = told if isinstance(told, Text) else Text(problem.message, {})
        else:
            said = _("It failed (%(why)s).", why=type(problem).__name__)
        with unit_of_work(home, OPERATOR) as work:
            upkeep.finish(work, run.ref, upkeep.FAILED, said)
        raise
