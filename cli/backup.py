"""`./run do backup` and `./run do prove`: a whole copy of a home while it serves, and the proof that it restores.

A backup is a folder <first letters of the home's ref>-<UTC time>. It is written under a name with a dot in front and
gets its own when everything in it is on the disk, so a killed one never looks complete. Keys and passwords are never
in it.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from cli import backup_copy, backup_manifest, backup_postgres, founding, restore_checks
from cli.backup_copy import Copied, Earlier, Pulse, Say, Vanished, pulse_of, recorded
from cli.backup_folders import (
    SHORT,
    BackupRefused,
    alone_in,
    clear_unfinished,
    megabytes,
    need_room,
    new_names,
    stamped,
    sync_folder,
    sync_tree,
)
from cli.backup_manifest import FILES, Entry, Manifest
from domain import clock, sealing, upkeep
from domain.blobs import Blobs
from domain.clock import machine_now
from domain.home import Home
from domain.settings import Settings
from domain.text import Text
from domain.text import gettext as _
from domain.upkeep import Figures, UpkeepRun
from domain.version import VERSION
from domain.work import OPERATOR, unit_of_work

PLACE = click.Path(file_okay=False, path_type=Path)
ATTEMPTS = 3
_STARTED = clock.ticks()


def say(sentence: object) -> None:
    """One line of progress, with the seconds since the start."""
    click.echo(f"[{clock.ticks() - _STARTED:5.1f}s] {sentence}", err=True)


@click.command("backup")
@click.argument("place", type=PLACE, metavar="DIR")
@click.option("--prove", "proving", is_flag=True, help="Then restore it into a temporary place and check all of it.")
def backup_command(place: Path, proving: bool) -> None:
    """Back up database and files into a new folder in DIR, while the service runs. Keys are never in it."""
    home = founding.open_or_refuse(Settings.from_env(os.environ))
    with stopped_by_sigterm():
        made = make(home, place.absolute(), say)
        click.echo(made)
        if proving:
            click.echo(prove(home, made, say))


@click.command("prove")
@click.argument("place", type=PLACE, metavar="DIR")
def prove_command(place: Path) -> None:
    """Restore the newest backup in DIR into a temporary place, check all of it, and remove it again."""
    home = founding.open_or_refuse(Settings.from_env(os.environ))
    with stopped_by_sigterm():
        click.echo(prove(home, newest_of(home, place.absolute()), say))


def make(home: Home, place: Path, say: Say) -> Path:
    """Back up a home into a new folder in `place`; the folder. Its row says how it went.

    Raises BackupRefused: inside the home, no room, another one running, damaged files, programs missing.
    """
    if place == home.settings.home or home.settings.home in place.parents:
        raise BackupRefused(_("A backup inside the home would be lost with it. Name a folder on another disk."))
    with _written(place):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        short = described(home).short
        with alone_in(place, short), recorded(home, upkeep.BACKUP, str(place)) as run:
            clear_unfinished(place, short)
            return _make(home, place, run, say)


def _make(home: Home, place: Path, run: UpkeepRun, say: Say) -> Path:
    row = described(home)
    earlier = _earlier(home, place, row.short)
    need_room(place, backup_copy.size_of(home, earlier), _("The backup"))
    with unit_of_work(home, OPERATOR) as work:
        sealing.seal(work)  # what was done until now is bound before it is copied
    part, final = new_names(place, row.short, run.started_at)
    try:  # from before it is made: a signal may come at any instant
        part.mkdir(mode=0o700)
        copied, files, shared = _copy(home, part, earlier, pulse_of(home, run.ref, say))
        manifest = Manifest(
            home_ref=row.home_ref,
            kind=row.kind,
            founded_at=row.founded_at,
            engine=home.engine.dialect.name,
            server=copied.server,
            program=VERSION,
            run=run.ref,
            started_at=run.started_at.isoformat(),
            ended_at=machine_now().isoformat(),
            state=copied.state,
            database_name=copied.name,
            database=copied.entry,
            files=files,
            keys={str(i): mark for i, mark in home.vault.fingerprints().items()},
        )
        backup_manifest.write(part, manifest, home.vault)
        sync_tree(part)
        part.rename(final)
    except BaseException:  # half a copy goes, whatever stopped it, an interrupt too
        shutil.rmtree(part, ignore_errors=True)
        raise
    sync_folder(place)
    with unit_of_work(home, OPERATOR) as work:
        upkeep.finish(work, run.ref, upkeep.DONE, _told(manifest, shared), figures_of(manifest))
    say(_told(manifest, shared))
    return final


def _copy(home: Home, part: Path, earlier: Earlier | None, pulse: Pulse) -> tuple[Copied, dict[str, Entry], int]:
    for _attempt in range(ATTEMPTS):
        copied = backup_copy.copy_of_database(home, part, pulse)
        try:
            files, shared = backup_copy.copy_of_files(home, copied.named, part, earlier, pulse)
        except Vanished:
            shutil.rmtree(part / FILES, ignore_errors=True)
            continue
        return copied, files, shared
    raise BackupRefused(_("Files were removed again and again while they were copied. Begin the backup again later."))


def _told(manifest: Manifest, shared: int) -> Text:
    return _(
        "%(size)s: %(rows)s rows in %(tables)s tables, %(files)s files (%(shared)s shared with the backup before),"
        " journal of %(entries)s entries.",
        size=megabytes(manifest.bytes),
        rows=manifest.state.rows,
        tables=len(manifest.state.tables),
        files=len(manifest.files),
        shared=shared,
        entries=manifest.state.journal["entries"],
    )


def figures_of(manifest: Manifest) -> Figures:
    """The figures of a backup for its row."""
    return Figures(manifest.bytes, len(manifest.files), manifest.state.rows, str(manifest.state.journal["heads"]))


@dataclass(frozen=True, slots=True)
class Described:
    """Which home it is. founded_at: ISO 8601."""

    home_ref: str
    kind: str
    founded_at: str

    @property
    def short(self) -> str:
        """The first letters of its reference, with which its backups' names begin."""
        return self.home_ref[:SHORT]


def described(home: Home) -> Described:
    """Which home it is. Raises HomeMissing."""
    with unit_of_work(home, OPERATOR, write=False) as work:
        row = home.row(work.session)
        return Described(row.home_ref, row.kind, row.founded_at.isoformat() if row.founded_at else "")


def _earlier(home: Home, place: Path, short: str) -> Earlier | None:
    """The newest backup of this home that is whole by its manifest."""
    for folder in reversed(stamped(place)):
        if folder.name.startswith(f"{short}-"):
            try:
                return Earlier(Blobs(folder / FILES, home.vault), backup_manifest.read(folder, home.vault).files)
            except BackupRefused:
                continue  # not to be built upon: one that was changed, or of other keys
    return None


def newest_of(home: Home, place: Path) -> Path:
    """The newest backup of this home in `place`, or `place` itself. Raises BackupRefused when there is none."""
    return restore_checks.chosen(place, described(home).short)


def prove(home: Home, folder: Path, say: Say) -> Text:
    """Restore a backup into a temporary place, check all of it, and remove it. What was proved, in figures.

    Raises BackupRefused with what is wrong; the row of the proof says so too.
    """
    with _written(folder), recorded(home, upkeep.PROOF, str(folder)) as run:
        manifest = backup_manifest.read(folder, home.vault)
        if manifest.home_ref != described(home).home_ref:
            raise BackupRefused(_("%(folder)s is a backup of another home.", folder=folder))
        temporary = Path(tempfile.mkdtemp(prefix="hedui-proof-"))
        try:
            need_room(temporary, manifest.bytes, _("The proof"))
            with _place_of_proof(home, manifest, temporary) as settings:
                checked = restore_checks.bring_back(
                    folder, manifest, settings, home.vault, pulse_of(home, run.ref, say)
                )
        finally:
            shutil.rmtree(temporary)
        with unit_of_work(home, OPERATOR) as work:
            upkeep.finish(work, run.ref, upkeep.DONE, checked.sentence, figures_of(manifest))
        return checked.sentence


@contextmanager
def _place_of_proof(home: Home, manifest: Manifest, temporary: Path) -> Iterator[Settings]:
    if manifest.engine == "sqlite":
        yield replace(home.settings, home=temporary, database_url="")
        return
    with backup_postgres.temporary_database(home.settings.url) as url:
        yield replace(home.settings, home=temporary, database_url=url)


@contextmanager
def _written(place: Path) -> Iterator[None]:
    """What the disk refuses, as a sentence."""
    try:
        yield
    except OSError as problem:
        raise BackupRefused(
            _("%(folder)s cannot be used (%(why)s). Look at the disk and at who may write there.",
              folder=problem.filename or place, why=problem.strerror or type(problem).__name__)
        ) from problem  # fmt: skip


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """A supervisor's SIGTERM ends a backup as Ctrl-C does: what is half done is removed."""
    before: Callable[..., object] | int | None = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
