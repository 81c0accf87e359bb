"""Bringing a backup back: database, files, and every check there is, into a place where nothing was."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, update

from cli import backup_manifest, backup_postgres, migrate
from cli.backup_copy import Pulse
from cli.backup_folders import NAME, UNFINISHED, BackupRefused, megabytes, stamped
from cli.backup_manifest import FILES, MANIFEST, Entry, Manifest, state_of
from cli.backup_sqlite import damage
from domain import journal, sealing, upkeep
from domain.agenda import AgendaItem
from domain.blobs import BlobDamaged, Blobs
from domain.clock import machine_now
from domain.home import Heartbeat, Home, HomeRow, make_engine, open_home
from domain.parties import sessions
from domain.parties.accounts import OneTimeToken, UserSession
from domain.settings import Settings
from domain.text import Text
from domain.text import gettext as _
from domain.upkeep import UpkeepRun
from domain.vault import Unreadable, Vault
from domain.work import OPERATOR, Work, unit_of_work

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """What a restored copy was proved to be: rows, tables, files, journal entries and seals; migrated: from where."""

    rows: int
    tables: int
    files: int
    entries: int
    seals: int
    migrated: str = ""

    @property
    def sentence(self) -> Text:
        """The figures as a sentence."""
        return _(
            "Proved: %(rows)s rows in %(tables)s tables as counted in the backup; %(files)s files, each with its"
            " digest; the journal of %(entries)s entries and %(seals)s seals is whole.",
            rows=self.rows,
            tables=self.tables,
            files=self.files,
            entries=self.entries,
            seals=self.seals,
        )


@dataclass(frozen=True, slots=True)
class Released:
    """What of the old service was ended in the copy: sessions, one-time tokens, claims of its workers."""

    sessions: int
    tokens: int
    claims: int


def chosen(place: Path, short: str = "") -> Path:
    """A backup's folder: `place` itself, or the newest in it (of the home whose ref begins so, when given).

    Raises BackupRefused when there is none, or when there are several homes' and none was named.
    """
    if (place / MANIFEST).exists() or NAME.fullmatch(place.name) or place.suffix == UNFINISHED:
        return place  # reading it says what it lacks
    found = [path for path in stamped(place) if path.name.startswith(short)] if place.is_dir() else []
    if not found:
        raise BackupRefused(_("There is no complete backup in %(folder)s.", folder=place))
    homes = {path.name.partition("-")[0] for path in found}
    if len(homes) > 1:
        raise BackupRefused(
            _("%(folder)s holds backups of several homes (%(homes)s). Name one backup's own folder.",
              folder=place, homes=", ".join(sorted(homes)))
        )  # fmt: skip
    return found[-1]


def bring_back(folder: Path, manifest: Manifest, settings: Settings, vault: Vault, pulse: Pulse) -> Checked:
    """Restore a backup to `settings` (an empty folder; on PostgreSQL also an empty database) and check all of it.

    Nothing here serves yet: on PostgreSQL the restored home stays marked as unfinished, see `finish`.

    Raises BackupRefused naming what is damaged. What was restored until then is the caller's to remove.
    """
    _bring_database(folder, manifest, settings, pulse)
    _bring_files(folder, manifest.files, settings, vault, pulse)
    engine = make_engine(settings)
    try:
        with engine.connect() as connection:
            _same_state(manifest, connection_state=state_of(connection))
        migrated = migrate.upgrade(settings, engine, keep_copy=False)
        return _checked(manifest, open_home(settings, engine), pulse, manifest.state.revision if migrated else "")
    finally:
        engine.dispose()


def _bring_database(folder: Path, manifest: Manifest, settings: Settings, pulse: Pulse) -> None:
    source = folder / manifest.database_name
    if not source.exists() or backup_manifest.digest_of(source) != manifest.database:
        raise backup_manifest.changed(folder, manifest.database_name)
    pulse.say(_("Database: %(size)s", size=megabytes(manifest.database.size)))
    if manifest.engine == "sqlite":
        target = settings.home / "hedui.db"
        shutil.copyfile(source, target)
        target.chmod(0o600)
        if wrong := damage(target):
            raise BackupRefused(_("The database of this backup is damaged (%(why)s). Take another backup.", why=wrong))
        return
    programs = backup_postgres.find_programs(manifest.server)
    backup_postgres.load(programs, settings.url, source, pulse)
    _mark_unfinished(settings)


def _mark_unfinished(settings: Settings) -> None:
    """No process serves a restored database before all of it was checked."""
    engine = make_engine(settings)
    with engine.begin() as connection:
        connection.execute(update(HomeRow).values(founded_at=None))
    engine.dispose()


def _bring_files(folder: Path, files: dict[str, Entry], settings: Settings, vault: Vault, pulse: Pulse) -> None:
    (settings.home / FILES).mkdir(mode=0o700, exist_ok=True)
    source, target = Blobs(folder / FILES, vault), Blobs(settings.home / FILES, vault)
    for done, (name, entry) in enumerate(files.items(), 1):
        try:
            copied = Entry(*target.copy_sealed(name, source))
        except FileNotFoundError:
            copied = None
        if copied != entry:
            raise backup_manifest.changed(folder, f"{FILES}/{name[:2]}/{name}")
        pulse(_("Files: %(done)s of %(total)s", done=done, total=len(files)))


def _same_state(manifest: Manifest, connection_state: backup_manifest.State) -> None:
    if connection_state == manifest.state:
        return
    wanted, found = manifest.state.tables, connection_state.tables
    differing = [name for name in sorted(wanted.keys() | found.keys()) if wanted.get(name) != found.get(name)]
    raise BackupRefused(
        _("The restored database is not what was backed up (%(what)s). Take another backup.",
          what=", ".join(differing[:SHOWN]) or "journal")
    )  # fmt: skip


def _checked(manifest: Manifest, home: Home, pulse: Pulse, migrated: str) -> Checked:
    with unit_of_work(home, OPERATOR, write=False) as work:
        missing = set(_unreadable(home, work, pulse))
        if missing:
            raise BackupRefused(
                _("%(count)s files of the restored home do not open (%(names)s). Take another backup.",
                  count=len(missing), names=", ".join(sorted(missing)[:SHOWN]))
            )  # fmt: skip
        broken = next(sealing.verify(work.session, home.vault), None)
        if broken is not None:
            raise BackupRefused(
                _("The journal of the restored home does not add up at %(stream)s %(seq)s: %(why)s. Take another"
                  " backup.", stream=broken.stream, seq=broken.seq, why=broken.sentence)
            )  # fmt: skip
    state = manifest.state
    return Checked(
        rows=state.rows,
        tables=len(state.tables),
        files=len(manifest.files),
        entries=state.journal["entries"],
        seals=state.tables["journal_seal"],
        migrated=migrated,
    )


def _unreadable(home: Home, work: Work, pulse: Pulse) -> Iterable[str]:
    for blob in upkeep.named_files(work.session):
        try:
            home.blobs.check(blob)
        except (BlobDamaged, Unreadable):
            yield blob.name
        pulse()


def settle(home: Home, manifest: Manifest) -> Released:
    """End in the copy what belonged to the service it was taken from, and journal that it was restored.

    Nobody's browser, one-time token or worker of then may act here: sessions end, tokens used since are not given
    back, leases, claims and heartbeats of workers go. What people hold and what is planned stays.
    """
    now = machine_now()
    with unit_of_work(home, OPERATOR) as work:
        ended = work.session.execute(
            update(UserSession).where(UserSession.ended_at.is_(None)).values(ended_at=now, end_reason=sessions.RESTORED)
        )
        tokens = work.session.execute(update(OneTimeToken).where(OneTimeToken.used_at.is_(None)).values(used_at=now))
        claims = work.session.execute(
            update(AgendaItem)
            .where(AgendaItem.done_at.is_(None), AgendaItem.claimed_by.is_not(None))
            .values(claimed_by=None, claimed_until=None)
        )
        work.session.execute(delete(Heartbeat))
        row = home.row(work.session)
        row.tick_lease_by = row.tick_lease_until = None
        _settle_runs(work, manifest)
        released = Released(*(done.rowcount for done in (ended, tokens, claims)))  # type: ignore[attr-defined]
        journal.record(
            work,
            "home.restored",
            row.home_ref,
            {"backup": manifest.run, "taken": manifest.started_at, "head": manifest.state.journal["heads"],
             "sessions": released.sessions, "tokens": released.tokens, "claims": released.claims},
            stream=("home", "home"),
        )  # fmt: skip
    return released


def _settle_runs(work: Work, manifest: Manifest) -> None:
    """In the copy its own backup was still running: here it is known to have ended well."""
    for run in work.session.query(UpkeepRun).where(UpkeepRun.outcome == upkeep.RUNNING):
        if run.ref == manifest.run:
            run.outcome, run.ended_at = upkeep.DONE, datetime.fromisoformat(manifest.ended_at)
            run.bytes, run.files, run.rows = manifest.bytes, len(manifest.files), manifest.state.rows
            run.journal_head = str(manifest.state.journal["heads"])
            run.said = _("This home was restored from it.").packed()
        else:
            run.outcome, run.ended_at = upkeep.FAILED, machine_now()
            run.said = _("It was cut off; nothing of it can be used.").packed()
