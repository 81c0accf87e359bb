"""Where a command works and for whom: the home of this process's settings, and the person it is done for."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cli import founding
from domain.home import Home
from domain.parties import staff
from domain.settings import Settings
from domain.work import Actor, Work

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def settings_here() -> Settings:
    """The settings of this process."""
    return Settings.from_env(os.environ)


def home_here() -> Home:
    """The home of these settings, migrated and open."""
    return founding.open_or_refuse(settings_here())


def actor_of(work: Work, login: str) -> Actor:
    """The person of this login, with the roles of today, for a command done in a person's name."""
    return staff.actor(work, staff.by_login(work, login))
