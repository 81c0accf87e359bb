"""`./run do counts`: whether the counts of open tasks are right, and counting them anew."""

from __future__ import annotations

import click

from cli.here import home_here
from domain.errors import Conflict
from domain.text import gettext as _
from domain.work import OPERATOR, unit_of_work
from tasks.finding import tallies


@click.group()
def counts() -> None:
    """The counts of open tasks."""


@counts.command("verify")
def verify() -> None:
    """Count all open tasks and compare; exit code 1 and the first figures that differ."""
    with unit_of_work(home_here(), OPERATOR, write=False) as work:
        found = tallies.wrong(work)
    for one in found:
        click.echo(f"{one.area_id} {one.role or '*'} {one.kind} {one.due_at:%Y-%m-%d}: {one.off_by:+d}", err=True)
    if found:
        raise Conflict(_("Counts of open tasks are wrong; ./run do counts mend counts them anew."))
    click.echo(_("The counts of open tasks are those of a recount."))


@counts.command("mend")
def mend() -> None:
    """Count all open tasks anew."""
    with unit_of_work(home_here(), OPERATOR) as work:
        tallies.recount(work)
    click.echo(_("The open tasks were counted anew."))


ALL: list[click.Command] = [counts]
