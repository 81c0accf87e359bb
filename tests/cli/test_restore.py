"""A restored home: what of the old service ends in it, what brings it up, and where none may be made."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from cli import backup, backup_postgres, migrate, restore
from cli.backup_folders import BackupRefused
from domain import revision, sealing, upkeep
from domain.agenda import AgendaItem
from domain.clock import machine_now
from domain.home import Heartbeat, make_engine
from domain.journal import JournalEntry
from domain.parties.accounts import Account, OneTimeToken, UserSession
from domain.settings import Settings
from domain.upkeep import UpkeepRun
from domain.vault import KEYFILE, Keys
from domain.work import OPERATOR, unit_of_work
from tests.cli.backups import do, nothing_there, opened, quiet
from tests.homes import Office
from tests.infrastructure.databases import SQLITE

pytestmark = pytest.mark.slow


def test_in_the_copy_sessions_tokens_claims_leases_and_heartbeats_of_then_are_over(
    office: Office, target: Settings, tmp_path: Path
) -> None:
    later = machine_now() + timedelta(days=1)
    with unit_of_work(office.home, OPERATOR) as work:
        account = work.session.scalars(select(Account.id)).first()
        now = machine_now()
        work.session.add_all([
            UserSession(token_hash=b"s", account_id=account, portal="desk", created_at=now, seen_at=now,
                        expires_at=later),
            OneTimeToken(token_hash=b"t", account_id=account, expires_at=later),
            Heartbeat(process="web-1", kind="web", version="1", started_at=now, seen_at=now),
        ])  # fmt: skip
        work.session.execute(
            update(AgendaItem).where(AgendaItem.done_at.is_(None)).values(claimed_by="w", claimed_until=later)
        )
        claimed = work.session.scalar(select(func.count()).where(AgendaItem.claimed_by == "w"))
        row = office.home.row(work.session)
        row.tick_lease_by, row.tick_lease_until = "w", later
    backup.make(office.home, tmp_path / "backups", quiet)

    released = restore.restore(tmp_path / "backups", target, quiet).released

    assert (released.sessions, released.tokens, released.claims) == (1, 1, claimed)
    copy = opened(target)
    with unit_of_work(copy.home, OPERATOR, write=False) as work:
        assert work.session.scalars(select(UserSession.end_reason)).all() == ["RESTORED"]
        assert work.session.scalars(select(OneTimeToken.used_at)).one() is not None
        assert work.session.scalars(select(Heartbeat)).all() == []
        left = select(AgendaItem).where(AgendaItem.claimed_by == "w", AgendaItem.done_at.is_(None))
        assert work.session.scalars(left).all() == []
        assert copy.home.row(work.session).tick_lease_by is None
        assert copy.home.row(work.session).founded_at is not None
        (run,) = work.session.scalars(select(UpkeepRun))  # the backup it came from, which was running when copied
        assert run.outcome == upkeep.DONE and run.files > 0
        entry = work.session.scalars(select(JournalEntry).where(JournalEntry.event == "home.restored")).one()
        assert entry.body["backup"] == run.ref
        assert list(sealing.verify(work.session, copy.home.vault)) == []
    copy.home.engine.dispose()
    with unit_of_work(office.home, OPERATOR, write=False) as work:  # the office itself goes on as it was
        assert work.session.scalars(select(UserSession.ended_at)).one() is None


NEXT = '''"""What a later program would add."""
import sqlalchemy as sa
from alembic import op
revision = "9998_next"
down_revision = "{head}"
def upgrade():
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
'''


def test_a_backup_of_an_earlier_program_is_brought_up_and_checked_by_its_own_figures(
    office: Office, target: Settings, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder)
    (folder / "versions" / "9998_next.py").write_text(NEXT.format(head=revision.newest()))
    monkeypatch.setattr(migrate, "FOLDER", folder)

    restored = restore.restore(made, target, quiet)

    assert restored.checked.migrated == revision.newest()
    assert restored.checked.tables == len(restored.manifest.state.tables)
    copy = opened(target)
    with copy.home.engine.connect() as connection:
        assert migrate.current(connection) == "9998_next"
        assert connection.scalar(text("SELECT count(*) FROM later")) == 0
    copy.home.engine.dispose()
    assert not (target.home / migrate.ASIDE).exists()  # the backup itself is the copy of before


def test_wrong_keys_are_refused_and_so_are_no_keys(
    office: Office, target: Settings, made: Path, tmp_path: Path
) -> None:
    Keys.create(tmp_path / "other")
    with pytest.raises(BackupRefused, match="not the keys of this backup"):
        restore.restore(made, replace(target, keys=tmp_path / "other"), quiet)

    environment = {"HEDUI_HOME": str(target.home), "HEDUI_DATABASE_URL": target.database_url}
    without = do({**environment, "HEDUI_KEYS": str(tmp_path / "nowhere")}, "restore", str(made))

    assert without.returncode == 1 and "cannot be read" in without.stderr
    assert nothing_there(target)


def test_a_restore_never_overwrites(office: Office, target: Settings, made: Path) -> None:
    before = (office.home.settings.home / "keys" / KEYFILE).read_bytes()
    with pytest.raises(BackupRefused, match="never overwrites"):
        restore.restore(made, office.home.settings, quiet)
    if target.database_url:
        with pytest.raises(BackupRefused, match="holds tables already"):
            restore.restore(made, replace(target, database_url=office.home.settings.url), quiet)
    assert (office.home.settings.home / "keys" / KEYFILE).read_bytes() == before
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert office.home.row(work.session).founded_at is not None

    target.home.mkdir()
    shutil.copytree(office.home.settings.keys, target.home / "keys")  # keys that were brought first are no home
    restore.restore(made, replace(target, keys=target.home / "keys"), quiet)
    assert {path.name for path in target.home.iterdir()} >= {"files", "keys"}


def test_a_backup_goes_back_to_its_own_kind_of_database(
    office: Office, target: Settings, made: Path, tmp_path: Path
) -> None:
    other = "" if target.database_url else "postgresql+psycopg://nobody@/nothing"
    with pytest.raises(BackupRefused, match="HEDUI_DATABASE_URL"):
        restore.restore(made, replace(target, database_url=other), quiet)


def test_of_several_homes_backups_one_must_be_named(made: Path, target: Settings) -> None:
    shutil.copytree(made, made.parent / made.name.replace(made.name[:8], "00000000"))
    with pytest.raises(BackupRefused, match="several homes"):
        restore.restore(made.parent, target, quiet)


def test_one_restore_at_a_time_and_the_one_that_is_refused_takes_nothing_away(
    office: Office, target: Settings, made: Path
) -> None:
    engine = make_engine(target)
    with ExitStack() as another:
        if target.database_url:  # whatever folders they have: it is one database
            assert another.enter_context(backup_postgres.alone_in(engine))
        else:
            target.home.mkdir()
            lock = another.enter_context((target.home / restore.LOCK).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupRefused, match="Another restore into"):
            restore.restore(made, target, quiet)
    engine.dispose()
    assert restore.restore(made, target, quiet).checked.files > 20


@pytest.mark.parametrize("database_kind", [SQLITE])
def test_a_restore_that_fails_at_its_last_step_leaves_no_files_behind(
    office: Office, target: Settings, made: Path
) -> None:
    def somebody_comes_between(_sentence: object) -> None:
        (target.home / restore.DATABASE / "x").mkdir(parents=True, exist_ok=True)

    with pytest.raises(BackupRefused, match="cannot be used"):
        restore.restore(made, target, somebody_comes_between)

    assert [path.name for path in target.home.iterdir() if path.name != restore.LOCK] == [restore.DATABASE]
