"""The short way to a warm start agrees with the long one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import founding, migrate, quick
from cli.backup_sqlite import copy_database, damage
from domain import revision
from tests.homes import DEMO, settings_of
from tests.infrastructure.databases import Place, Template


def test_the_newest_revision_is_alembics_head() -> None:
    assert revision.newest() == migrate.head()


def test_two_heads_are_not_guessed_about(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('revision = "a"\ndown_revision = None\n')
    (tmp_path / "b.py").write_text('revision = "b"\ndown_revision = None\n')

    assert revision.newest(tmp_path) == ""


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE alembic_version SET version_num = '0000_older'",
        "UPDATE home SET founded_at = NULL",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
        # the program ships a process that this home does not know
        "UPDATE definition SET digest = 'other' WHERE process = 'verification'",
    ],
)
def test_a_founded_home_is_served_at_once_and_any_other_takes_the_long_way(
    fresh_place: Callable[[str, Template], Place], damage: str
) -> None:
    settings = settings_of(fresh_place("sqlite", DEMO))
    assert quick.ready(settings) and founding.exists(settings)

    with sqlite3.connect(settings.home / "hedui.db") as connection:
        connection.execute(damage)
    connection.close()

    assert not quick.ready(settings)


def test_a_home_whose_folder_has_signs_of_an_address_in_its_name_is_found(
    fresh_place: Callable[[str, Template], Place],
) -> None:
    place = fresh_place("sqlite", DEMO)
    odd = place.home.with_name(f"{place.home.name} #1 100%41")
    place.home.rename(odd)
    assert quick.ready(settings_of(Place("sqlite", f"sqlite:///{odd / 'hedui.db'}", odd)))
    copy_database(odd / "hedui.db", odd / "copy.db")
    assert damage(odd / "copy.db") == ""
    odd.rename(place.home)


def test_an_empty_folder_is_not_ready(tmp_path: Path) -> None:
    assert not quick.ready(settings_of(Place("sqlite", "", tmp_path)))
