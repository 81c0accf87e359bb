"""Backups and restores that are killed, stopped or meet each other: nothing half is ever taken for whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cli import backup, backup_manifest, restore
from cli.backup_folders import UNCHECKED, BackupRefused, stamped
from domain import upkeep
from domain.settings import Settings
from tests.cli.backups import ROOT, add_big_file, begun, do, environment_of, last, quiet
from tests.homes import Office

pytestmark = pytest.mark.torture


def test_a_backup_killed_at_any_moment_is_no_backup_and_the_next_one_clears_it_away(
    office: Office, target: Settings, tmp_path: Path
) -> None:
    add_big_file(office)
    place, chance, kills = tmp_path / "backups", random.Random(3), 0
    for _number in range(5):
        process = begun(office, place)
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        process.communicate(timeout=30)
        kills += process.returncode == -signal.SIGKILL
        for folder in [path for path in place.iterdir() if path.name.endswith(".part")]:
            with pytest.raises(BackupRefused):
                restore.restore(folder, target, quiet)
        for folder in stamped(place):  # a kill that came too late: then it is whole
            backup_manifest.read(folder, office.home.vault)
    assert kills >= 3

    made = backup.make(office.home, place, quiet)

    assert not list(place.glob(".*.part"))
    assert restore.restore(made, target, quiet).checked.files > 20


def test_a_killed_restore_leaves_nothing_that_is_served(office: Office, target: Settings, tmp_path: Path) -> None:
    add_big_file(office)
    made = backup.make(office.home, tmp_path / "backups", quiet)
    place = {"HEDUI_HOME": str(target.home), "HEDUI_DATABASE_URL": target.database_url, "HEDUI_KEYS": str(target.keys)}
    process = subprocess.Popen([sys.executable, "-m", "cli", "restore", str(made)], cwd=ROOT, env=environment_of(place),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    while process.poll() is None and not (target.home / UNCHECKED / "files").exists():
        time.sleep(0.002)
    process.kill()
    assert process.wait(30) == -signal.SIGKILL

    served = do(place, "serve")
    assert served.returncode == 1 and "was cut off" in served.stderr
    if target.database_url:  # its database must be made anew; until then nothing begins there
        with pytest.raises(BackupRefused, match="holds tables already"):
            restore.restore(made, target, quiet)
    else:
        assert restore.restore(made, target, quiet).checked.files > 20


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_backup_that_is_stopped_removes_what_it_wrote_and_says_so(
    office: Office, tmp_path: Path, number: signal.Signals
) -> None:
    add_big_file(office)
    place = tmp_path / "backups"
    process = begun(office, place)
    process.send_signal(number)
    _out, err = process.communicate(timeout=60)

    if process.returncode:  # else it was done already
        assert process.returncode == 130, err
        assert stamped(place) == [] and not list(place.glob(".*.part"))
        run = last(office, upkeep.BACKUP)
        assert run.outcome == upkeep.FAILED and "stopped" in str(run.sentence)


def test_one_backup_of_a_home_at_a_time_in_a_folder(office: Office, tmp_path: Path) -> None:
    add_big_file(office)
    process = begun(office, tmp_path / "backups")
    try:
        with pytest.raises(BackupRefused, match="Another backup"):
            backup.make(office.home, tmp_path / "backups", quiet)
    finally:
        process.communicate(timeout=60)


def test_a_signal_right_after_the_folder_was_made_leaves_none(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.mkdir

    def mkdir(folder: Path, *arguments: Any, **named: Any) -> None:
        really(folder, *arguments, **named)
        if folder.name.endswith(".part"):
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(KeyboardInterrupt):
        backup.make(office.home, tmp_path / "backups", quiet)

    assert not list((tmp_path / "backups").glob(".*.part"))
    assert last(office, upkeep.BACKUP).outcome == upkeep.FAILED
