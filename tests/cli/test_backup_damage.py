"""A changed, incomplete or foreign backup is refused, naming what is wrong, and leaves no home behind."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from cli import backup, backup_manifest, restore
from cli.backup_folders import BackupRefused
from domain import upkeep
from domain.settings import Settings
from tests.cli.backups import (
    database_of,
    flip,
    last,
    nothing_there,
    quiet,
    stored,
)
from tests.homes import Office

pytestmark = pytest.mark.slow


def _reseal_without_key(folder: Path) -> Path:
    """Change the manifest and correct its plain digest, as somebody without the keys could."""
    content = (folder / backup_manifest.MANIFEST).read_bytes().replace(b'"kind": "demo"', b'"kind": "real"')
    return _written_without_key(folder, content)


def _written_without_key(folder: Path, content: bytes, mac: str = "") -> Path:
    path = folder / backup_manifest.MANIFEST
    path.write_bytes(content)
    proof = json.loads((folder / backup_manifest.MAC).read_bytes())
    proof |= {"sha256": hashlib.sha256(content).hexdigest()} | ({"hmac": mac} if mac else {})
    (folder / backup_manifest.MAC).write_text(json.dumps(proof))
    return path


DAMAGE: dict[str, Callable[[Path], Path]] = {
    "database": lambda folder: _damaged(database_of(folder)),
    "file": lambda folder: _damaged(stored(folder)),
    "manifest": lambda folder: _damaged(folder / backup_manifest.MANIFEST),
    "database-gone": lambda folder: _gone(database_of(folder)),
    "file-gone": lambda folder: _gone(stored(folder)),
    "manifest-gone": lambda folder: _gone(folder / backup_manifest.MANIFEST),
    "mac-gone": lambda folder: _gone(folder / backup_manifest.MAC),
    "resealed": _reseal_without_key,
    "list": lambda folder: _written_without_key(folder, b"[]"),
    "odd-format": lambda folder: _written_without_key(folder, b'{"format": "1"}'),
    "odd-mac": lambda folder: _written_without_key(folder, (folder / backup_manifest.MANIFEST).read_bytes(), "\u00e9"),
}


def _damaged(path: Path) -> Path:
    flip(path)
    return path


def _gone(path: Path) -> Path:
    path.unlink()
    return path


@pytest.mark.parametrize("how", DAMAGE)
def test_a_changed_or_incomplete_backup_is_refused_naming_the_file_and_leaves_no_home(
    office: Office, target: Settings, made: Path, how: str
) -> None:
    touched = DAMAGE[how](made)

    with pytest.raises(BackupRefused) as refused:
        restore.restore(made, target, quiet)

    assert touched.name in str(refused.value) and "another backup" in str(refused.value)
    assert nothing_there(target)
    with pytest.raises(BackupRefused):
        backup.prove(office.home, made, quiet)
    proof = last(office, upkeep.PROOF)
    assert proof.outcome == upkeep.FAILED and touched.name in str(proof.sentence)
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob(f"hedui-proof-*/{touched.name}"))


def _resealed(office: Office, folder: Path, **state: object) -> None:
    """The manifest with another state, sealed with the keys, as another program would have written it."""
    manifest = backup_manifest.read(folder, office.home.vault)
    for name in (backup_manifest.MANIFEST, backup_manifest.MAC):
        (folder / name).unlink()
    changed = replace(manifest, state=backup_manifest.State(**{**asdict(manifest.state), **state}))
    backup_manifest.write(folder, changed, office.home.vault)


def test_a_backup_of_a_newer_program_is_refused(office: Office, target: Settings, made: Path) -> None:
    _resealed(office, made, revision="9999_future")

    with pytest.raises(BackupRefused, match=r"newer version of the program .*9999_future"):
        restore.restore(made, target, quiet)

    assert nothing_there(target)


def test_a_database_with_other_rows_than_were_counted_is_refused(office: Office, target: Settings, made: Path) -> None:
    counted = backup_manifest.read(made, office.home.vault).state.tables
    _resealed(office, made, tables={**counted, "person": counted["person"] + 1})

    with pytest.raises(BackupRefused, match="person"):
        restore.restore(made, target, quiet)

    assert nothing_there(target)
