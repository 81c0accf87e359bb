"""`./run do restore`: a home from a backup, checked before anybody may serve it.

Everything is brought into a folder inside the new home and checked there; the database gets its place last. A
restore that was cut off leaves nothing that could be served; the next one begins anew.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from sqlite3 import connect

import click
from sqlalchemy import Engine, update

from cli import backup_manifest, backup_postgres, restore_checks
from cli.backup import say, stopped_by_sigterm
from cli.backup_copy import Pulse, Say
from cli.backup_folders import UNCHECKED, BackupRefused, need_room, sync_folder, sync_tree
from cli.backup_manifest import FILES, Manifest
from cli.restore_checks import Checked, Released
from domain.clock import OFFICE_ZONE
from domain.home import HomeRow, make_engine, open_home
from domain.settings import Settings
from domain.text import gettext as _
from domain.vault import Keys, Vault

PLACE = click.Path(exists=True, file_okay=False, path_type=Path)
HOME = click.Path(file_okay=False, path_type=Path)
DATABASE = "hedui.db"
LOCK = "restore.lock"
# what may stand where a home is to be restored: its keys, and what a restore that was cut off left
ALLOWED = frozenset({UNCHECKED, LOCK, "lost+found"})


@click.command("restore")
@click.argument("place", type=PLACE, metavar="DIR")
@click.option("--into", "into", type=HOME, help="Folder of the restored home; HEDUI_HOME when absent.")
def restore_command(place: Path, into: Path | None) -> None:
    """Restore the backup DIR (or the newest in it) into a new home and check all of it. HEDUI_KEYS must be given."""
    if not os.environ.get("HEDUI_KEYS"):
        raise BackupRefused(
            _("A backup holds no keys. Set HEDUI_KEYS to the folder of the keys.json of the home it was made from.")
        )
    target = {"HEDUI_HOME": str(into.absolute())} if into is not None else {}
    settings = Settings.from_env({**os.environ, **target})
    with stopped_by_sigterm():
        done = restore(place.absolute(), settings, say)
    click.echo(done.checked.sentence)
    if done.checked.migrated:
        click.echo(_("Its tables were brought up from %(revision)s to this program's.", revision=done.checked.migrated))
    click.echo(
        _("Ended in the copy: %(sessions)s sessions, %(tokens)s one-time tokens, %(claims)s claims of workers.",
          sessions=done.released.sessions, tokens=done.released.tokens, claims=done.released.claims)
    )  # fmt: skip
    at = datetime.fromisoformat(done.manifest.started_at)
    click.echo(
        _("%(home)s is ready: the state of %(at)s. Serve it with HEDUI_HOME and HEDUI_KEYS set to it and its keys.",
          home=settings.home, at=f"{at.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}")
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: the backup's manifest, what was proved, what was ended in the copy."""

    manifest: Manifest
    checked: Checked
    released: Released


def restore(place: Path, settings: Settings, say: Say) -> Restored:
    """Restore a backup, or the newest in `place`, to where `settings` point.

    Raises BackupRefused: a home is there, the backup is damaged, incomplete, of a newer program or of another kind of
    database; KeysMissing. What was brought until then is removed again.
    """
    vault = Vault(Keys.read(settings.keys))
    folder = restore_checks.chosen(place)
    manifest = backup_manifest.read(folder, vault)
    _fits(manifest, settings)
    with _new_home(settings, manifest) as working:
        try:
            checked = restore_checks.bring_back(folder, manifest, working, vault, Pulse(say))
            released = _settled(manifest, working)
            _take_place(settings, working, manifest)
        except OSError as problem:
            raise BackupRefused(
                _("%(folder)s cannot be used (%(why)s). Look at the disk and at who may write there.",
                  folder=problem.filename or settings.home, why=problem.strerror or type(problem).__name__)
            ) from problem  # fmt: skip
    return Restored(manifest, checked, released)


def _settled(manifest: Manifest, working: Settings) -> Released:
    engine = make_engine(working)
    try:
        return restore_checks.settle(open_home(working, engine), manifest)
    finally:
        engine.dispose()


def _fits(manifest: Manifest, settings: Settings) -> None:
    """Backups go back to the kind of database they came from."""
    postgres = settings.url.startswith("postgresql")
    if manifest.engine == "postgresql" and not postgres:
        raise BackupRefused(
            _("This backup is of a PostgreSQL database: set HEDUI_DATABASE_URL to an empty database made for it.")
        )
    if manifest.engine == "sqlite" and postgres:
        raise BackupRefused(
            _("This backup is of a SQLite database and is restored to one: leave HEDUI_DATABASE_URL unset.")
        )


@contextmanager
def _new_home(settings: Settings, manifest: Manifest) -> Iterator[Settings]:
    """The settings of the unchecked home inside the new one; after a failure nothing of it is left."""
    _must_be_new(settings)
    made = not settings.home.exists()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    working = replace(settings, home=settings.home / UNCHECKED)
    try:
        with _alone(settings.home), _empty_database(settings, manifest):
            shutil.rmtree(working.home, ignore_errors=True)
            need_room(settings.home, manifest.bytes, _("The restored home"))
            try:  # from before it is made: a signal may come at any instant
                working.home.mkdir(mode=0o700)
                yield working
            finally:
                shutil.rmtree(working.home, ignore_errors=True)
                (settings.home / LOCK).unlink(missing_ok=True)
    finally:
        if made and {path.name for path in settings.home.iterdir()} <= {LOCK}:
            (settings.home / LOCK).unlink(missing_ok=True)
            settings.home.rmdir()


def _must_be_new(settings: Settings) -> None:
    if not settings.home.exists():
        return
    inside = settings.keys.is_relative_to(settings.home)
    keys = set(settings.keys.relative_to(settings.home).parts[:1]) if inside else set()
    if any(path.name not in ALLOWED | keys for path in settings.home.iterdir()):
        raise BackupRefused(
            _("There is something in %(home)s already, and a restore never overwrites. Name a new folder with --into.",
              home=settings.home)
        )  # fmt: skip


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise BackupRefused(
                _("Another restore into %(home)s is at work. Wait for its end.", home=home)
            ) from problem
        yield


@contextmanager
def _empty_database(settings: Settings, manifest: Manifest) -> Iterator[None]:
    """PostgreSQL: the database must hold nothing, and holds nothing again after a failure.

    One restore at a time into a database: one that fails must not take away what another brought.
    """
    if manifest.engine == "sqlite":
        yield
        return
    engine = make_engine(settings)
    try:
        with backup_postgres.alone_in(engine) as alone, engine.connect() as connection:
            if not alone:
                raise BackupRefused(
                    _("Another restore into %(home)s is at work. Wait for its end.", home=engine.url.database)
                )
            if not backup_postgres.is_empty(connection):
                raise BackupRefused(
                    _("The database of HEDUI_DATABASE_URL holds tables already, and a restore never overwrites. Make a"
                      " new database for it.")
                )  # fmt: skip
            connection.rollback()
            try:
                yield
            except BaseException:  # half a home goes, whatever stopped it, an interrupt too
                backup_postgres.make_empty(engine)
                raise
    finally:
        engine.dispose()


def _take_place(settings: Settings, working: Settings, manifest: Manifest) -> None:
    """The checked home becomes the home: files first, the database last."""
    if manifest.engine == "sqlite":
        with closing(connect(working.home / DATABASE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sync_tree(working.home)
    (working.home / FILES).rename(settings.home / FILES)
    try:
        if manifest.engine == "sqlite":
            (working.home / DATABASE).rename(settings.home / DATABASE)
        else:
            engine = make_engine(settings)
            _mark_founded(engine, manifest)
            engine.dispose()
    except BaseException:  # half a home goes, whatever stopped it, an interrupt too
        shutil.rmtree(settings.home / FILES, ignore_errors=True)
        raise
    sync_folder(settings.home)


def _mark_founded(engine: Engine, manifest: Manifest) -> None:
    founded = datetime.fromisoformat(manifest.founded_at) if manifest.founded_at else None
    with engine.begin() as connection:
        connection.execute(update(HomeRow).values(founded_at=founded))
