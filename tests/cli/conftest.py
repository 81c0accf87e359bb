"""Where backups are restored to, and one that was made."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cli import backup
from domain.settings import Settings
from tests.cli.backups import Fresh, quiet
from tests.homes import Office, settings_of


@pytest.fixture
def target(office: Office, fresh_place: Fresh) -> Settings:
    """Where a home of the same kind may be restored to: nothing is there; the keys are the office's."""
    place = fresh_place(office.place.kind)
    shutil.rmtree(place.home)
    return replace(settings_of(place), keys=office.home.settings.keys)


@pytest.fixture
def made(office: Office, tmp_path: Path) -> Path:
    """A backup of the office."""
    return backup.make(office.home, tmp_path / "backups", quiet)
