"""The commands as one click group."""

from __future__ import annotations

from collections.abc import Sequence

import click
from sqlalchemy.exc import DBAPIError

from cli import commands, obeying
from domain.errors import HouseError
from domain.text import gettext as _


@click.group()
def main() -> None:
    """核对 Hedui: verification of households' economic situation."""


for command in commands.ALL:
    main.add_command(command)


def obey(words: Sequence[str]) -> int:
    """Run one command; the exit code. What the house refuses goes on to the caller."""
    try:
        return obeying.obey(main, words)
    except DBAPIError as problem:
        raise HouseError(
            _("The database refused (%(why)s) and nothing was saved. ./run do doctor looks for the cause.",
              why=type(problem.orig or problem).__name__)
        ) from problem  # fmt: skip
