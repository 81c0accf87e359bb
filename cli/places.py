"""`./run do offices`: the offices of a place out of its topology file, and what a place lacks."""

from __future__ import annotations

import click

from cli import offices as places
from cli.here import home_here
from domain.parties import topology
from domain.text import gettext as _
from domain.work import OPERATOR, unit_of_work


@click.group()
def offices() -> None:
    """The offices of this home and to whom they report."""


@offices.command("establish")
@click.argument("place")
def establish(place: str) -> None:
    """Write the offices of PLACE, or what its file says anew; offices are added, edges are ended, nothing is lost."""
    with unit_of_work(home_here(), OPERATOR) as work:
        made = places.establish(work, place, reviews_from=work.now)
    click.echo(
        _("Offices added: %(added)s, changed: %(changed)s. Edges written: %(linked)s, ended: %(ended)s.",
          added=made.added, changed=made.changed, linked=made.linked, ended=made.ended)
    )  # fmt: skip


@offices.command("gaps")
def gaps() -> None:
    """List departments that no agency of their level verifies for, and agencies that report to nobody."""
    with unit_of_work(home_here(), OPERATOR, write=False) as work:
        found = [(one.clause, one.office.name, one.kind) for one in topology.gaps(work)]
    said = {
        topology.NO_AGENCY: _("no verification agency of its own level"),
        topology.NO_ADDRESSEE: _("reports to no office"),
    }
    for clause, name, kind in found:
        click.echo(f"{clause} {name}: {said[kind]}")
    if not found:
        click.echo(_("Nothing is missing."))


ALL: list[click.Command] = [offices]
