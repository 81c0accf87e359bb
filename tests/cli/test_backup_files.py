"""Files between the copy of the rows and their own: sweeper, purge, damage, and every column that names one."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cli import backup, backup_copy
from cli.backup_copy import Pulse, Vanished
from cli.backup_folders import BackupRefused, stamped
from domain import upkeep
from domain.clock import machine_now
from domain.upkeep import UpkeepRun
from domain.work import OPERATOR, unit_of_work
from scheduler import orphans
from tests.cli.backups import flip, last, quiet, stored
from tests.homes import Office


def test_the_sweeper_waits_while_a_backup_runs_and_not_for_one_that_was_cut_off(office: Office) -> None:
    blob = office.home.blobs.put_bytes(b"nobody's")
    path = office.home.settings.home / "files" / blob.name[:2] / blob.name
    long_ago = (machine_now() - orphans.GRACE - timedelta(minutes=1)).timestamp()
    os.utime(path, (long_ago, long_ago))
    with unit_of_work(office.home, OPERATOR) as work:
        run = upkeep.begin(work, upkeep.BACKUP, "somewhere")
    assert orphans.remove(office.home) == 0 and path.exists()

    with unit_of_work(office.home, OPERATOR) as work:
        work.session.execute(update(UpkeepRun).values(seen_at=machine_now() - 2 * upkeep.SILENT))
    assert orphans.remove(office.home) == 1 and not path.exists()
    with unit_of_work(office.home, OPERATOR) as work:
        upkeep.begin(work, upkeep.BACKUP, "elsewhere")
        assert work.session.scalars(select(UpkeepRun.outcome).where(UpkeepRun.ref == run.ref)).one() == upkeep.FAILED


def test_a_file_purged_after_the_rows_were_copied_makes_the_copy_begin_anew(office: Office, tmp_path: Path) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        named = list(upkeep.named_files(work.session))
    gone = next(iter(named))
    office.home.blobs.delete(gone.name)

    with pytest.raises(BackupRefused, match=gone.name):  # its row is there still: it is lost
        backup_copy.copy_of_files(office.home, named, tmp_path, None, Pulse(quiet))

    unnamed = office.home.blobs.put_bytes(b"purged")
    office.home.blobs.delete(unnamed.name)
    with pytest.raises(Vanished):
        backup_copy.copy_of_files(office.home, [unnamed], tmp_path, None, Pulse(quiet))


def test_a_damaged_file_of_the_office_is_found_while_it_is_backed_up(office: Office, tmp_path: Path) -> None:
    flip(stored(office.home.settings.home))

    with pytest.raises(BackupRefused, match="missing or damaged"):
        backup.make(office.home, tmp_path / "backups", quiet)

    assert stamped(tmp_path / "backups") == []
    assert last(office, upkeep.BACKUP).outcome == upkeep.FAILED


def test_every_column_that_names_a_stored_file_is_known_to_backup_and_sweeper() -> None:
    from tasks import schema

    known = {(column.class_.__tablename__, column.key) for column in upkeep.NAMING}
    for table in schema.metadata().tables.values():
        for column in table.columns:
            if column.name.endswith(("blob_name", "store_name")):
                assert (table.name, column.name) in known
